//! Events of one feed to many readers at once. Ours and the baseline tell the
//! same events at the same pace to readers of the same kind, in turns.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    response::sse::{Event, Sse},
    routing::get,
};
use bytes::{Buf as _, BytesMut};
use futures::{Stream, StreamExt as _};
use gongqiao_feeds::{Feeds, Options};
use gongqiao_shell::http;
use memchr::memmem::Finder;
use parking_lot::{Mutex, RwLock};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    BenchArgs, Line,
    ground::{self, GROUPED, Ground, enterprise_key},
    median,
};
use crate::run::stack::Parts;

/// Readers at once.
const READERS: usize = 1_000;
/// Of so many readers one measures how late each event comes; all count.
const MEASURING: usize = 20;
/// How often events are told: a few of them each time.
const BEAT: Duration = Duration::from_millis(5);
/// How long readers may take for what is left when all is told.
const REST: Duration = Duration::from_secs(1);
/// The end of what was read, which may hold the beginning of an event.
const TAIL: usize = 32;
/// Events that the baseline holds for readers that lag.
const BACKLOG: usize = 65_536;
/// Ours may be so late, of the baseline, at 1,000 events a second.
const GOAL_RATIO: f64 = 1.0 / 3.0;
/// Ours may be so late at 2,000 events a second, milliseconds.
const GOAL_MS: f64 = 100.0;

/// What came of one run.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// Milliseconds within which 99 of 100 events came.
    p99_ms: f64,
    /// Which part of all events came to all readers, percent.
    delivered: f64,
}

pub(super) async fn run(args: &BenchArgs) -> anyhow::Result<Vec<Line>> {
    let ground = Ground::new(args)?;
    let parts = Parts {
        feeds: false,
        matcher: false,
        steward: false,
        notify: false,
        replay: false,
        ..Parts::ALL
    };
    let stack = ground.start_parts(parts, GROUPED).await?;
    let operator = stack.client("operator")?;
    let key = enterprise_key(&operator, 1).await?;
    let factory = operator.with_key(key.clone());
    let ask = json!({ "kind": "VACANCY" });
    let subscription = factory.post("/v1/subscriptions", &ask, None).await?.id;
    let path = format!("/v1/feeds/{subscription}/events");
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\
         authorization: Bearer {}\r\n\r\n",
        key.expose_secret()
    );
    let mut lines = Vec::new();
    for rate in [1_000, 2_000] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..args.runs {
            let stop = CancellationToken::new();
            let options = Options { keep: Duration::from_secs(60), replicas: 1 };
            let feeds = Feeds::new(stack.api()?, options, stack.post()?, stop.clone());
            let staged = feeds.stage(subscription.parse()?);
            let say = |events| staged.say(events);
            // Why: a feed that has not begun has nobody wait for its first event.
            say(1);
            let event = staged.latest().unwrap_or_default();
            theirs.push(baseline(args, rate, event.into()).await?);
            let (router, _) = feeds.router().split_for_parts();
            ours.push(measure(args, rate, router, &head, 1, stop, say).await?);
        }
        lines.extend(lines_of(rate, &ours, &theirs));
    }
    ground::end(stack).await?;
    Ok(lines)
}

fn lines_of(rate: u64, ours: &[Told], theirs: &[Told]) -> [Line; 2] {
    let (late, delivered) = if rate == 1_000 {
        ("sse.1000.p99", "sse.1000.delivered")
    } else {
        ("sse.2000.p99", "sse.2000.delivered")
    };
    let of = |all: &[Told], what: fn(&Told) -> f64| {
        median(&mut all.iter().map(what).collect::<Vec<_>>())
    };
    let (value, baseline) = (of(ours, |one| one.p99_ms), of(theirs, |one| one.p99_ms));
    let ratio = value / baseline;
    let (goal, met) =
        if rate == 1_000 { (GOAL_RATIO, ratio <= GOAL_RATIO) } else { (GOAL_MS, value <= GOAL_MS) };
    // Why the worst and not the median: one event that is lost is one too many.
    let least = ours.iter().map(|one| one.delivered).fold(100.0, f64::min);
    let runs = ours.len();
    [
        Line {
            name: late,
            unit: "ms",
            value,
            baseline: Some(baseline),
            ratio: Some(ratio),
            goal: Some(goal),
            met: Some(met),
            runs,
        },
        Line {
            name: delivered,
            unit: "%",
            value: least,
            baseline: Some(of(theirs, |one| one.delivered)),
            ratio: None,
            goal: Some(100.0),
            met: Some(least >= 100.0),
            runs,
        },
    ]
}

/// The same events through axum's `Sse`.
async fn baseline(args: &BenchArgs, rate: u64, json: Arc<str>) -> anyhow::Result<Told> {
    let (sender, _) = broadcast::channel::<(u64, Arc<str>)>(BACKLOG);
    let router = Router::new().route("/events", get(sse)).with_state(sender.clone());
    let next = AtomicU64::new(0);
    let say = |events: u64| {
        for _ in 0..events {
            let number = next.fetch_add(1, Ordering::Relaxed) + 1;
            // Why: it fails only when no reader is there.
            let _ = sender.send((number, Arc::clone(&json)));
        }
        next.load(Ordering::Relaxed)
    };
    let head = "GET /events HTTP/1.1\r\nhost: bench\r\n\r\n";
    measure(args, rate, router, head, 0, CancellationToken::new(), say).await
}

async fn sse(
    State(sender): State<broadcast::Sender<(u64, Arc<str>)>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let receiver = sender.subscribe();
    // Why it begins with a word: readers know by it that they are there.
    let begun = futures::stream::once(async { Ok(Event::default().event("caught-up").data("{}")) });
    let events = futures::stream::unfold(receiver, |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok((number, json)) => {
                    let event =
                        Event::default().id(format!("1.{number}")).event("set").data(&*json);
                    return Some((Ok(event), receiver));
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(begun.chain(events))
}

/// Serves `router`, lets all readers come, and tells events at `rate` a second
/// to them. `before` were told already.
async fn measure(
    args: &BenchArgs,
    rate: u64,
    router: Router,
    head: &str,
    before: u64,
    stop: CancellationToken,
    say: impl Fn(u64) -> u64,
) -> anyhow::Result<Told> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(http::serve(listener, router, stop.clone()));
    let got = Arc::new(Got::default());
    *got.times.write() = vec![Instant::now(); usize::try_from(before)? + 1];
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        let (got, head) = (Arc::clone(&got), head.to_owned());
        readers.spawn(read(address, head, got, number.is_multiple_of(MEASURING)));
    }
    while got.ready.load(Ordering::Relaxed) < READERS {
        anyhow::ensure!(readers.try_join_next().is_none(), "a reader was not let in");
        tokio::time::sleep(BEAT).await;
    }
    got.events.store(0, Ordering::Relaxed);
    got.late.lock().clear();
    let total = tell(rate, args.seconds, &got, say).await;
    let all = total * u64::try_from(READERS)?;
    let deadline = Instant::now() + REST;
    while got.events.load(Ordering::Relaxed) < all && Instant::now() < deadline {
        tokio::time::sleep(BEAT).await;
    }
    let events = got.events.load(Ordering::Relaxed);
    readers.shutdown().await;
    stop.cancel();
    serving.await?;
    let mut late = std::mem::take(&mut *got.late.lock());
    late.sort_unstable();
    let p99 = late.get(late.len() * 99 / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
    let delivered = events as f64 / all as f64 * 100.0;
    Ok(Told { p99_ms: p99.as_secs_f64() * 1e3, delivered })
}

/// Tells events evenly for as many seconds; returns how many.
async fn tell(rate: u64, seconds: u64, got: &Got, say: impl Fn(u64) -> u64) -> u64 {
    let mut beat = tokio::time::interval(BEAT);
    let begun = Instant::now();
    let total = rate * seconds;
    let mut told = 0;
    while told < total {
        beat.tick().await;
        let due = begun.elapsed().as_micros() * u128::from(rate) / 1_000_000;
        let due = u64::try_from(due).unwrap_or(total).min(total);
        let now = Instant::now();
        got.times.write().extend((told..due).map(|_| now));
        say(due - told);
        told = due;
    }
    told
}

/// What readers got.
#[derive(Default)]
struct Got {
    /// Readers that are there.
    ready: AtomicUsize,
    /// Events, over all readers.
    events: AtomicU64,
    /// When each event was told, by its number.
    times: RwLock<Vec<Instant>>,
    /// How late events came.
    late: Mutex<Vec<Duration>>,
}

/// One reader: counts events, and maybe measures how late they come.
async fn read(address: SocketAddr, head: String, got: Arc<Got>, measures: bool) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(1 << 16);
    let (is_id, caught_up) = (Finder::new(b"id: 1."), Finder::new(b"caught-up"));
    let mut is_ready = false;
    while stream.read_buf(&mut buffer).await? > 0 {
        let now = Instant::now();
        if !is_ready && caught_up.find(&buffer).is_some() {
            is_ready = true;
            got.ready.fetch_add(1, Ordering::Relaxed);
        }
        // Why: what is cut off by the end of the buffer is found with the next.
        let whole = buffer.len() - buffer.len().min(TAIL);
        let mut events = 0;
        for at in is_id.find_iter(&buffer).take_while(|at| *at < whole) {
            events += 1;
            if measures {
                let digits = buffer[at + 6..].iter().take_while(|byte| byte.is_ascii_digit());
                let number = digits.fold(0_usize, |n, digit| n * 10 + usize::from(digit - b'0'));
                let told = got.times.read().get(number).copied();
                got.late.lock().extend(told.map(|told| now.saturating_duration_since(told)));
            }
        }
        buffer.advance(whole);
        got.events.fetch_add(events, Ordering::Relaxed);
    }
    Ok(())
}
