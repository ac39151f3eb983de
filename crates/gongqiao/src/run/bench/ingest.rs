//! Vacancies a second through the door, with every check.

use std::{sync::Arc, time::Duration};

use super::{
    BenchArgs, Line,
    ground::{self, GROUPED, Ground, SINGLE, enterprise, vacancy},
    load::{Measured, drive},
    median,
};

/// How many times the baseline's rate it must reach.
const GOAL: f64 = 3.0;

pub(super) async fn run(args: &BenchArgs) -> anyhow::Result<Vec<Line>> {
    let ground = Ground::new(args)?;
    let fsync = ground.fsync_ms()?;
    let (mut grouped, mut single, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..args.runs {
        let baseline = measure(args, &ground, SINGLE, run * 2).await?;
        let value = measure(args, &ground, GROUPED, run * 2 + 1).await?;
        single.push(baseline.rate);
        grouped.push(value.rate);
        p99.push(value.p99_ms);
    }
    let (value, baseline) = (median(&mut grouped), median(&mut single));
    let ratio = value / baseline;
    Ok(vec![
        Line::plain("fsync", "ms", fsync, 100),
        Line::plain("ingest.vacancies.p99", "ms", median(&mut p99), args.runs),
        Line {
            name: "ingest.vacancies",
            unit: "1/s",
            value,
            baseline: Some(baseline),
            ratio: Some(ratio),
            goal: Some(GOAL),
            met: Some(ratio >= GOAL),
            runs: args.runs,
        },
    ])
}

async fn measure(
    args: &BenchArgs,
    ground: &Ground,
    max_batch: usize,
    number: usize,
) -> anyhow::Result<Measured> {
    let stack = ground.start(max_batch).await?;
    let factory = enterprise(&stack.client("operator")?, u32::try_from(number)?).await?;
    let body = Arc::new(vacancy(20));
    let lasting = Duration::from_secs(args.seconds);
    let measured = drive(args.connections, lasting, move |n| {
        let (factory, body) = (factory.clone(), Arc::clone(&body));
        async move {
            factory.post("/v1/vacancies", &*body, Some(&format!("bench-{n}"))).await?;
            Ok(true)
        }
    })
    .await;
    ground::end(stack).await?;
    measured
}
