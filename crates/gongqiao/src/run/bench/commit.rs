//! Commitments a second on one hot vacancy, one card each, through one gate.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::{
    codes::{CitizenId, DivisionLevel, Divisions},
    view,
};
use serde_json::json;
use time::macros::date;

use super::{
    BenchArgs, Line,
    ground::{self, GROUPED, Ground, SINGLE, clerk, enterprise, vacancy},
    load::{Measured, drive},
    median,
};
use crate::run::stack::Stack;

/// Commitments a second that one gate must reach.
const GOAL: f64 = 1_000.0;
/// Points that answer at once.
const POINTS: usize = 50;
/// People of each point; the most that one answer could name.
const PEOPLE: usize = 300;

pub(super) async fn run(args: &BenchArgs) -> anyhow::Result<Vec<Line>> {
    let ground = Ground::new(args)?;
    let fsync = ground.fsync_ms()?;
    let (mut grouped, mut single) = (Vec::new(), Vec::new());
    for run in 0..args.runs {
        single.push(measure(args, &ground, SINGLE, run * 2).await?.rate);
        grouped.push(measure(args, &ground, GROUPED, run * 2 + 1).await?.rate);
    }
    let (value, baseline) = (median(&mut grouped), median(&mut single));
    Ok(vec![
        Line::plain("fsync", "ms", fsync, 100),
        Line {
            name: "commit.hot_vacancy",
            unit: "1/s",
            value,
            baseline: Some(baseline),
            ratio: Some(value / baseline),
            goal: Some(GOAL),
            met: Some(value >= GOAL),
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
    let measured = on(&stack, args, number).await;
    ground::end(stack).await?;
    measured
}

async fn on(stack: &Stack, args: &BenchArgs, number: usize) -> anyhow::Result<Measured> {
    let operator = stack.client("operator")?;
    let factory = enterprise(&operator, u32::try_from(1_000 + number)?).await?;
    let seats = u32::try_from(POINTS * PEOPLE)?;
    let posted = factory.post("/v1/vacancies", &vacancy(seats), None).await?;
    let mut turns = Vec::new();
    let villages = Divisions::table().all().iter().filter(|d| d.level == DivisionLevel::Village);
    for (index, village) in villages.enumerate().skip(number * POINTS).take(POINTS) {
        let point = village.code.to_string();
        let desk = desk(&operator, &point, village.name, i64::try_from(index)?).await?;
        let cards = raise(stack, &operator, &posted.id, &point).await?;
        turns.extend(cards.into_iter().map(|card| (desk.clone(), point.clone(), card)));
    }
    // Why: neighbours in the queue then belong to different points.
    let turns = Arc::new(interleave(turns));
    let vacancy = Arc::new(posted.id);
    drive(args.connections, Duration::from_secs(args.seconds), move |n| {
        let (turns, vacancy) = (Arc::clone(&turns), Arc::clone(&vacancy));
        async move {
            let Some((desk, point, card)) = usize::try_from(n).ok().and_then(|n| turns.get(n))
            else {
                return Ok(false);
            };
            let path = format!("/v1/signals/{point}-{vacancy}/answer");
            let answer = json!({
                "calls": [{ "card": card, "outcome": "WILLING" }],
                "commit": { "cards": [card], "complete": false, "seatsOnly": true },
            });
            desk.post(&path, &answer, None).await?;
            Ok(true)
        }
    })
    .await
}

/// Opens a point and fills its register.
async fn desk(operator: &Client, point: &str, name: &str, number: i64) -> anyhow::Result<Client> {
    let party = json!({ "party": point, "kind": "SERVICE_POINT", "name": name });
    operator.post("/v1/parties", &party, None).await?;
    let desk = clerk(operator, point).await?;
    let mut roster = String::new();
    for serial in 0..PEOPLE {
        // Why: a day and region have a thousand serials; each point takes its own day.
        let day = date!(1980 - 01 - 01) + time::Duration::days(number);
        let id = CitizenId::test_id("431021", day, u16::try_from(serial)?)?;
        let row = json!({
            "name": "测试", "citizenId": id.expose(), "phone": "19900000000", "homeVillage": point,
            "occupations": "普工", "consents": "入册;推荐;提供",
        });
        roster.push_str(&row.to_string());
        roster.push('\n');
    }
    let path = format!("/v1/register/{point}/cards");
    let mut lines =
        Box::pin(desk.upload(&path, "application/x-ndjson", roster.into_bytes()).await?);
    let mut last = serde_json::Value::Null;
    while let Some(line) = lines.next().await {
        last = line?;
    }
    let created = last["report"]["created"].as_u64();
    anyhow::ensure!(created == Some(PEOPLE as u64), "the roster was not taken: {last}");
    Ok(desk)
}

/// Asks a point for all of its people, and returns their cards.
async fn raise(
    stack: &Stack,
    operator: &Client,
    vacancy: &str,
    point: &str,
) -> anyhow::Result<Vec<String>> {
    let cards: Vec<String> = {
        let register = stack.live.register();
        register.of_point(point.parse()?).map(|card| card.card.to_string()).collect()
    };
    let candidates: Vec<_> = cards.iter().map(|card| json!({ "card": card, "score": 1 })).collect();
    let asks = json!({ "asks": [{
        "point": point, "quota": PEOPLE, "ring": 0, "candidates": candidates,
        "respondBy": "2098-11-01T00:00:00Z",
    }]});
    let matcher = operator.with_key(gongqiao_access::key::load(&stack.keys().join("matcher.key"))?);
    matcher.post(&format!("/v1/vacancies/{vacancy}/signals"), &asks, None).await?;
    let shown: view::Signal = matcher.get(&format!("/v1/signals/{point}-{vacancy}")).await?;
    anyhow::ensure!(shown.quota as usize == PEOPLE, "the signal was not raised");
    Ok(cards)
}

fn interleave<T>(items: Vec<T>) -> Vec<T> {
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let count = slots.len();
    (0..count)
        .map(|n| (n % POINTS) * PEOPLE + n / POINTS)
        .filter_map(|index| slots.get_mut(index)?.take())
        .collect()
}
