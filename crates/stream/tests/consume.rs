//! Durable readers on a real broker: nothing is lost, nothing is handed over
//! twice without need, and what fails does not stop the rest.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use gongqiao_stream::{
    Connection, Endpoint, StreamName,
    broker::TestBroker,
    consume::{Delivery, Durable, Verdict, attach, consume, detach},
    declare, publish,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);

const DURABLE: Durable = Durable {
    name: "test",
    stream: StreamName::Facts,
    subjects: &["gq.v1.signal.>", "gq.v1.case.>"],
    in_flight: 4,
    waiting: 100,
    silence: Duration::from_secs(3),
    first_pause: Duration::from_millis(20),
    longest_pause: Duration::from_millis(80),
};

async fn connect(broker: &TestBroker) -> Connection {
    let endpoint = Endpoint {
        url: broker.url().to_owned(),
        creds: Some(broker.creds_path().to_owned()),
        timeout: Duration::from_secs(10),
        name: "test".into(),
    };
    let connection = Connection::open(&endpoint).await.unwrap();
    declare(&connection, 1).await.unwrap();
    connection
}

async fn say(connection: &Connection, kind: &str, number: usize) -> u64 {
    let subject = format!("gq.v1.{kind}.43.431000.p{number}");
    publish(connection, subject, number.to_string().into()).await.unwrap()
}

/// A reader at work.
struct Reader {
    stop: CancellationToken,
    task: JoinHandle<()>,
    seen: mpsc::UnboundedReceiver<(usize, u64)>,
}

impl Reader {
    /// Reads with `durable`; `judge` gets a message's number and attempt.
    fn start(
        connection: &Connection,
        durable: Durable,
        judge: impl Fn(usize, u64) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        let (stop, connection) = (CancellationToken::new(), connection.clone());
        let (tell, seen) = mpsc::unbounded_channel();
        let (token, judge) = (stop.clone(), Arc::new(judge));
        let task = tokio::spawn(async move {
            consume(&connection, &durable, &token, move |delivery: Delivery| {
                let (tell, judge) = (tell.clone(), Arc::clone(&judge));
                async move {
                    let number = std::str::from_utf8(&delivery.message.payload).unwrap();
                    let number = number.parse().unwrap();
                    let verdict = judge(number, delivery.attempt);
                    tell.send((number, delivery.attempt)).unwrap();
                    verdict
                }
            })
            .await;
        });
        Self { stop, task, seen }
    }

    async fn next(&mut self) -> (usize, u64) {
        tokio::time::timeout(PATIENCE, self.seen.recv()).await.unwrap().unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_new_reader_begins_at_the_present_and_an_old_one_where_it_stood() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    say(&connection, "signal", 1).await;
    attach(&connection, &DURABLE).await.unwrap();
    say(&connection, "signal", 2).await;
    say(&connection, "placement", 3).await;
    say(&connection, "case", 4).await;
    let mut reader = Reader::start(&connection, DURABLE, |_, _| Verdict::Done);
    let seen = BTreeSet::from([reader.next().await, reader.next().await]);
    assert_eq!(seen, BTreeSet::from([(2, 1), (4, 1)]), "its subjects alone, from the present on");
    reader.end().await;

    say(&connection, "signal", 5).await;
    attach(&connection, &DURABLE).await.unwrap();
    let mut reader = Reader::start(&connection, DURABLE, |_, _| Verdict::Done);
    assert_eq!(reader.next().await, (5, 1), "neither again nor lost while nobody read");
    reader.end().await;

    say(&connection, "signal", 6).await;
    detach(&connection, &DURABLE).await.unwrap();
    detach(&connection, &DURABLE).await.unwrap();
    attach(&connection, &DURABLE).await.unwrap();
    say(&connection, "signal", 7).await;
    let mut reader = Reader::start(&connection, DURABLE, |_, _| Verdict::Done);
    assert_eq!(reader.next().await, (7, 1), "a removed one has forgotten its place");
    reader.end().await;
}

#[tokio::test]
async fn what_fails_comes_again_and_does_not_stop_the_rest() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    attach(&connection, &DURABLE).await.unwrap();
    for number in 0..20 {
        say(&connection, "signal", number).await;
    }
    let judge = |number, attempt| match number {
        7 if attempt < 4 => Verdict::Again,
        _ => Verdict::Done,
    };
    let one = Durable { in_flight: 1, ..DURABLE };
    let mut reader = Reader::start(&connection, one, judge);
    let mut seen = Vec::new();
    while seen.last() != Some(&(7, 4)) {
        seen.push(reader.next().await);
    }
    let mut expected: Vec<(usize, u64)> = (0..20).map(|number| (number, 1)).collect();
    expected.extend([(7, 2), (7, 3), (7, 4)]);
    let first_again = seen.iter().position(|one| *one == (7, 2)).unwrap();
    assert!(first_again > 8, "the next one did not wait for it: {seen:?}");
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    reader.end().await;
}

#[tokio::test]
async fn a_reader_that_dies_in_the_middle_loses_nothing() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    attach(&connection, &DURABLE).await.unwrap();
    for number in 0..10 {
        say(&connection, "signal", number).await;
    }
    let (tell, mut begun) = mpsc::unbounded_channel();
    let task = {
        let connection = connection.clone();
        tokio::spawn(async move {
            let stop = CancellationToken::new();
            let durable = Durable { in_flight: 3, ..DURABLE };
            consume(&connection, &durable, &stop, move |delivery| {
                let tell = tell.clone();
                async move {
                    tell.send(delivery.message.sequence).unwrap();
                    std::future::pending().await
                }
            })
            .await;
        })
    };
    for _ in 0..3 {
        tokio::time::timeout(PATIENCE, begun.recv()).await.unwrap().unwrap();
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());

    let mut reader = Reader::start(&connection, DURABLE, |_, _| Verdict::Done);
    let mut seen = BTreeMap::new();
    while seen.len() < 10 {
        let (number, attempt) = reader.next().await;
        assert!(seen.insert(number, attempt).is_none(), "{number} twice");
    }
    let again: Vec<usize> = seen.iter().filter(|(_, a)| **a == 2).map(|(n, _)| *n).collect();
    assert_eq!(again, [0, 1, 2], "those that were begun, and no other");
    reader.end().await;
}

#[tokio::test]
async fn what_is_worked_on_for_long_is_not_handed_over_again() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let durable = Durable { silence: Duration::from_millis(400), ..DURABLE };
    attach(&connection, &durable).await.unwrap();
    say(&connection, "signal", 0).await;
    let times = Arc::new(AtomicUsize::new(0));
    let (stop, counted) = (CancellationToken::new(), Arc::clone(&times));
    let reading = consume(&connection, &durable, &stop, |_| {
        let (stop, counted) = (stop.clone(), Arc::clone(&counted));
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            // Why a time: that it exceeds the silence is what is tested.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            stop.cancel();
            Verdict::Done
        }
    });
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    assert_eq!(times.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_goes_on_after_the_broker_was_killed() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    attach(&connection, &DURABLE).await.unwrap();
    for number in 0..5 {
        say(&connection, "signal", number).await;
    }
    let mut reader = Reader::start(&connection, DURABLE, |number, attempt| {
        if number == 3 && attempt == 1 { Verdict::Again } else { Verdict::Done }
    });
    let mut seen = BTreeSet::new();
    while seen.len() < 6 {
        seen.insert(reader.next().await);
    }
    broker.kill().await;
    broker.restart().await;
    let deadline = std::time::Instant::now() + PATIENCE;
    let subject = || "gq.v1.signal.43.431000.late".to_owned();
    while let Err(e) = publish(&connection, subject(), "9".into()).await {
        assert!(std::time::Instant::now() < deadline, "{e}");
    }
    while !seen.iter().any(|(number, _)| *number == 9) {
        seen.insert(reader.next().await);
    }
    reader.end().await;
}

#[tokio::test]
async fn a_handler_that_stops_the_reading_keeps_its_message_for_the_next_reader() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    attach(&connection, &DURABLE).await.unwrap();
    for number in 0..3 {
        say(&connection, "signal", number).await;
    }
    let one = Durable { in_flight: 1, ..DURABLE };
    let stopping = |number, _| if number == 1 { Verdict::Stop } else { Verdict::Done };
    let mut reader = Reader::start(&connection, one.clone(), stopping);
    assert_eq!((reader.next().await, reader.next().await), ((0, 1), (1, 1)));
    tokio::time::timeout(PATIENCE, reader.task).await.unwrap().unwrap();
    assert!(!reader.stop.is_cancelled(), "it ended by itself");

    let mut reader = Reader::start(&connection, one, |_, _| Verdict::Done);
    let seen = BTreeSet::from([reader.next().await, reader.next().await]);
    assert_eq!(seen, BTreeSet::from([(1, 2), (2, 1)]));
    reader.end().await;
}

#[tokio::test]
async fn no_more_than_agreed_waits_for_another_attempt() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let durable = Durable { in_flight: 1, waiting: 1, ..DURABLE };
    attach(&connection, &durable).await.unwrap();
    for number in 0..3 {
        say(&connection, "signal", number).await;
    }
    let works = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&works);
    let judge = move |_, _| match there.load(Ordering::SeqCst) {
        true => Verdict::Done,
        false => Verdict::Again,
    };
    let mut reader = Reader::start(&connection, durable, judge);
    for _ in 0..12 {
        assert!(reader.next().await.0 < 2, "two wait, so the third stays in the stream");
    }
    works.store(true, Ordering::SeqCst);
    while reader.next().await.0 != 2 {}
    reader.end().await;
}

#[tokio::test]
async fn no_more_is_begun_at_once_than_was_agreed() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    attach(&connection, &DURABLE).await.unwrap();
    for number in 0..12 {
        say(&connection, "signal", number).await;
    }
    let at_once = Arc::new(Mutex::new((0_usize, 0_usize, 0_usize)));
    let stop = CancellationToken::new();
    let reading = consume(&connection, &DURABLE, &stop, |_| {
        let (at_once, stop) = (Arc::clone(&at_once), stop.clone());
        async move {
            {
                let mut counts = at_once.lock().unwrap();
                counts.0 += 1;
                counts.1 = counts.1.max(counts.0);
            }
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            let mut counts = at_once.lock().unwrap();
            counts.0 -= 1;
            counts.2 += 1;
            if counts.2 == 12 {
                stop.cancel();
            }
            Verdict::Done
        }
    });
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    let (_, most, all) = *at_once.lock().unwrap();
    assert_eq!(all, 12);
    assert!((2..=DURABLE.in_flight).contains(&most), "{most} at once");
}
