//! `bench`: speed measured through the public API, as a ratio against a
//! baseline of the same run, since machines are noisy.

mod commit;
mod feeds;
mod ground;
mod history;
mod ingest;
mod load;
mod replay;
mod sse;
mod webhooks;

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

/// Measure speed through the public API (性能测试).
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What to measure.
    what: What,
    /// Connections at once.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Seconds of load in each run.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Runs of each kind, alternating.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Events of the log that is replayed.
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    events: u64,
    /// Never download a nats-server.
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Vacancies a second through POST /v1/vacancies, against a gate whose
    /// batches hold one command.
    Ingest,
    /// Commitments a second on one hot vacancy through one gate.
    Commit,
    /// Events of a feed to a thousand readers of server-sent events, against
    /// axum's own `Sse`, which formats each event for each reader.
    Sse,
    /// Requests a second to a webhook, signed, against unsigned ones.
    Webhooks,
    /// The supply to 36 cities, over a register of 210,000 cards of which 1,000
    /// change each second.
    Feeds,
    /// The same people to four cities, card by card.
    Cards,
    /// Replays of dispatch events: how fast against a plain client of the
    /// broker, in how much memory, how soon, and how punctual over at least ten
    /// seconds.
    Replay,
}

/// One result, a line of JSON.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    unit: &'static str,
    /// Median over the runs.
    value: f64,
    /// Median of the baseline over the runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
    runs: usize,
}

impl Line {
    fn plain(name: &'static str, unit: &'static str, value: f64, runs: usize) -> Self {
        Self { name, unit, value, baseline: None, ratio: None, goal: None, met: None, runs }
    }
}

pub(crate) async fn bench(args: BenchArgs, json: bool) -> anyhow::Result<ExitCode> {
    let lines = match args.what {
        What::Ingest => ingest::run(&args).await?,
        What::Commit => commit::run(&args).await?,
        What::Feeds => feeds::run(&args, &feeds::COUNTS).await?,
        What::Cards => feeds::run(&args, &feeds::CARDS_EACH).await?,
        What::Replay => replay::run(&args).await?,
        What::Sse => sse::run(&args).await?,
        What::Webhooks => webhooks::run(&args).await?,
    };
    for line in &lines {
        print(line, json)?;
    }
    Ok(if lines.iter().any(|line| line.met == Some(false)) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(line: &Line, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(line)?);
        return Ok(());
    }
    print!("{:<28} {:>10.1} {}", line.name, line.value, line.unit);
    if let (Some(baseline), Some(ratio)) = (line.baseline, line.ratio) {
        print!("   baseline {baseline:.1}, ratio {ratio:.2}");
    }
    if let (Some(goal), Some(met)) = (line.goal, line.met) {
        print!("   goal {goal} {}", if met { "met" } else { "NOT MET" });
    }
    println!("   ({} runs, median)", line.runs);
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
