//! Replays of a log of dispatch events by the engine of jobs alone: no exchange
//! holds the same events in memory, and no job is recorded. The baselines are a
//! plain ordered consumer and a plain loop that publishes what it reads.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use gongqiao_contract::{id::ReplayId, subject, wire::ReplayFilter};
use gongqiao_replay::Staged;
use gongqiao_stream::{Connection, bare, originals, repeat};
use uuid::Uuid;

use super::{
    BenchArgs, Line,
    ground::{Bare, Ground},
    history, median,
};

/// What is left of a plain client's rate.
const FILE_GOAL: f64 = 0.8;
const SUBJECT_GOAL: f64 = 0.9;
/// Events that are stored again: fewer, since each one that the plain loop
/// publishes waits for the disk.
const COPIED: u64 = 50_000;
/// The shorter replay whose memory the whole one may not exceed.
const SHORTER: u64 = 10;
const MEMORY_GOAL: f64 = 1.2;
/// Places at which replays begin.
const STARTS: u64 = 100;
/// Milliseconds until the first event.
const FIRST_GOAL: f64 = 100.0;
/// Seconds of a paced replay, at least.
const PACED: u64 = 10;
/// Milliseconds that an event may be off its time.
const PACE_GOAL: f64 = 20.0;
/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(10);

pub(super) async fn run(args: &BenchArgs) -> anyhow::Result<Vec<Line>> {
    let ground = Ground::new(args)?;
    let fsync = ground.fsync_ms()?;
    let broker = ground.broker().await?;
    let measured = on(args, &broker, &ground.dir("replays")).await;
    broker.broker.stop().await;
    let mut lines = measured?;
    lines.insert(0, Line::plain("fsync", "ms", fsync, 100));
    Ok(lines)
}

async fn on(args: &BenchArgs, broker: &Bare, dir: &Path) -> anyhow::Result<Vec<Line>> {
    history::write(&broker.connection, args.events).await?;
    let bench = Bench {
        staged: Staged::open(&broker.connection, broker.replays.clone(), dir).await?,
        connection: &broker.replays,
        events: args.events,
        runs: args.runs,
    };
    let mut lines = bench.file().await?;
    lines.push(bench.subject().await?);
    lines.extend(bench.filtered().await?);
    lines.push(bench.first().await?);
    let seconds = args.seconds.max(PACED);
    let once = ["replay.pace.p99", "replay.pace.max"];
    lines.extend(bench.pace(1.0, seconds, once).await?);
    let tenfold = ["replay.pace.x10.p99", "replay.pace.x10.max"];
    lines.extend(bench.pace(10.0, seconds, tenfold).await?);
    Ok(lines)
}

struct Bench<'a> {
    staged: Staged,
    connection: &'a Connection,
    events: u64,
    runs: usize,
}

impl Bench<'_> {
    /// To a file, and what memory that takes.
    async fn file(&self) -> anyhow::Result<Vec<Line>> {
        let all = ReplayFilter::default();
        let shorter = Memory::watch();
        self.staged.to_file(self.events / SHORTER, &all).await?;
        let shorter = shorter.most();
        let (mut plain, mut ours, mut held) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.runs {
            plain.push(rate(self.discard()).await?);
            let memory = Memory::watch();
            ours.push(rate(self.staged.to_file(self.events, &all)).await?);
            held.extend(memory.most());
        }
        let mut lines = vec![self.faster("replay.file", "1/s", [&mut ours, &mut plain], FILE_GOAL)];
        if let Some(shorter) = shorter {
            let held = median(&mut held);
            let (ratio, goal) = (held / shorter, MEMORY_GOAL);
            lines.push(Line {
                baseline: Some(shorter),
                ratio: Some(ratio),
                ..at_most("replay.memory", "MiB", held, ratio, goal, self.runs)
            });
        }
        Ok(lines)
    }

    async fn discard(&self) -> anyhow::Result<u64> {
        let all = usize::try_from(self.events)?;
        Ok(bare::discard(self.connection, subject::FACTS, all).await?)
    }

    /// To a subject.
    async fn subject(&self) -> anyhow::Result<Line> {
        let some = self.events.min(COPIED);
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..self.runs {
            plain.push(rate(self.copy(some)).await?);
            let staged = async {
                self.staged.to_subject((1, some), 0.0).await?;
                anyhow::Ok(some)
            };
            ours.push(rate(staged).await?);
        }
        Ok(self.faster("replay.subject", "1/s", [&mut ours, &mut plain], SUBJECT_GOAL))
    }

    async fn copy(&self, events: u64) -> anyhow::Result<u64> {
        let job = ReplayId::from_uuid(Uuid::now_v7());
        let to = subject::replay(&job, "copy");
        let some = usize::try_from(events)?;
        Ok(bare::copy(self.connection, subject::FACTS, &to, some).await?)
    }

    /// One event in a thousand, against reading all. What the index costs once
    /// is told beside it.
    async fn filtered(&self) -> anyhow::Result<[Line; 2]> {
        let index = rate(async {
            anyhow::ensure!(self.staged.index(self.events).await, "no index");
            anyhow::Ok(self.events)
        });
        let index = index.await?;
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for run in (0_u64..).take(self.runs) {
            let begun = Instant::now();
            self.discard().await?;
            all.push(begun.elapsed().as_secs_f64());
            let vacancies = vec![history::vacancy(run)];
            let filter = ReplayFilter { vacancies, ..ReplayFilter::default() };
            let begun = Instant::now();
            let found = self.staged.to_file(self.events, &filter).await?;
            some.push(begun.elapsed().as_secs_f64());
            let wanted = self.events / history::VACANCIES;
            anyhow::ensure!(found.abs_diff(wanted) <= 1, "{found} found of {wanted}");
        }
        let (value, baseline) = (median(&mut some), median(&mut all));
        let ratio = value / baseline;
        Ok([
            Line::plain("replay.index", "1/s", index, 1),
            Line {
                baseline: Some(baseline),
                ratio: Some(ratio),
                ..at_most("replay.filtered", "s", value, ratio, 1.0, self.runs)
            },
        ])
    }

    /// From the command, with a time to begin at, to the first event.
    async fn first(&self) -> anyhow::Result<Line> {
        let mut took = Vec::new();
        for start in 0..STARTS {
            // Why not in order: what is near to the one before is at hand.
            let after = self.events * (start * 37 % STARTS) / STARTS;
            let begun = Instant::now();
            let first = self.staged.first(history::happened(after), self.events).await?;
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            anyhow::ensure!(first == Some(after + 1), "{first:?} came first after {after}");
        }
        let p99 = percentile(&mut took, 99);
        Ok(at_most("replay.first.p99", "ms", p99, p99, FIRST_GOAL, took.len()))
    }

    /// How far off its time each event of a paced replay is stored, by the time
    /// of the first.
    async fn pace(
        &self,
        times: f64,
        seconds: u64,
        names: [&'static str; 2],
    ) -> anyhow::Result<[Line; 2]> {
        let span = Duration::from_secs(seconds).mul_f64(times);
        let last = (1..=self.events)
            .rev()
            .find(|last| history::between(1, *last) <= span)
            .context("no event in the time")?;
        let job = self.staged.to_subject((1, last), times).await?;
        let mut off = self.deviations(&job, last, times).await?;
        let p99 = percentile(&mut off, 99);
        let most = percentile(&mut off, 100);
        Ok([
            at_most(names[0], "ms", p99, p99, PACE_GOAL, 1),
            at_most(names[1], "ms", most, most, PACE_GOAL, 1),
        ])
    }

    async fn deviations(&self, job: &ReplayId, last: u64, times: f64) -> anyhow::Result<Vec<f64>> {
        let all = subject::replay_all(job);
        let mut stored = originals(self.connection, subject::REPLAY, &all, 1).await?;
        let mut off = Vec::new();
        let mut begun = None;
        while (off.len() as u64) < last {
            for message in stored.next().await? {
                let sequence = message.header(repeat::SEQUENCE).context("no sequence")?.parse()?;
                let due = history::between(1, sequence).as_seconds_f64() / times;
                let begun = *begun.get_or_insert(message.stored_at);
                let came = (message.stored_at - begun).as_seconds_f64();
                off.push((came - due).abs() * 1e3);
            }
        }
        Ok(off)
    }

    fn faster(
        &self,
        name: &'static str,
        unit: &'static str,
        [ours, plain]: [&mut Vec<f64>; 2],
        goal: f64,
    ) -> Line {
        let (value, baseline) = (median(ours), median(plain));
        let ratio = value / baseline;
        Line {
            name,
            unit,
            value,
            baseline: Some(baseline),
            ratio: Some(ratio),
            goal: Some(goal),
            met: Some(ratio >= goal),
            runs: self.runs,
        }
    }
}

/// A result whose `measure` may not exceed the goal.
fn at_most(
    name: &'static str,
    unit: &'static str,
    value: f64,
    measure: f64,
    goal: f64,
    runs: usize,
) -> Line {
    Line { goal: Some(goal), met: Some(measure <= goal), ..Line::plain(name, unit, value, runs) }
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

/// Events a second of what returns how many there were.
async fn rate<E>(work: impl Future<Output = Result<u64, E>>) -> anyhow::Result<f64>
where
    anyhow::Error: From<E>,
{
    let begun = Instant::now();
    let events = work.await?;
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
    let events = events as f64;
    Ok(events / begun.elapsed().as_secs_f64())
}

/// Looks at how much memory this process holds, again and again.
struct Memory {
    most: Arc<AtomicU64>,
    looking: tokio::task::JoinHandle<()>,
}

impl Memory {
    fn watch() -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&most);
        let looking = tokio::spawn(async move {
            loop {
                seen.fetch_max(resident_kib().unwrap_or(0), Ordering::Relaxed);
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { most, looking }
    }

    /// The most that was held, in MiB; none where the system does not tell.
    fn most(self) -> Option<f64> {
        self.looking.abort();
        let most = self.most.load(Ordering::Relaxed);
        (most > 0).then(|| most as f64 / 1024.0)
    }
}

fn resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
