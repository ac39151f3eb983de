//! Streams into files and back, on real brokers, while others write.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, time::Duration};

use gongqiao_stream::{
    Connection, Endpoint, Message, StreamName, Write,
    broker::{Broker, BrokerConfig, TestBroker},
    commit, declare, read_all,
    snapshot::{self, SnapshotError},
};
use tokio_util::sync::CancellationToken;

async fn connect(broker: &Broker) -> Connection {
    let endpoint = Endpoint {
        url: broker.url().to_owned(),
        creds: Some(broker.creds_path().to_owned()),
        timeout: Duration::from_secs(10),
        name: "test".into(),
    };
    Connection::open(&endpoint).await.unwrap()
}

const NOW: time::OffsetDateTime = time::macros::datetime!(2025-07-01 00:00 UTC);

fn write(subject: String, payload: String) -> Write {
    let headers = vec![("ce-id", format!("id of {payload}"))];
    Write { subject, payload: payload.into(), expect: None, headers }
}

/// Why: on a fast disk a writer without a pause adds faster than a stream that
/// grows can be saved, again and again.
const PACE: Duration = Duration::from_millis(5);
/// Between two rosters: what was replaced while cards were copied is read up
/// to a moment at which nothing follows, and there must be one.
const UPLOADS: Duration = Duration::from_millis(400);

/// Transactions of twenty facts, one after the other, until it is stopped.
async fn facts(connection: Connection, stop: CancellationToken) -> u64 {
    let mut batches = 0;
    while !stop.is_cancelled() {
        let one = |n| write(format!("gq.v1.party.43.431000.p{n}"), format!("{batches}/{n}"));
        let batch: Vec<Write> = (0..20).map(one).collect();
        commit(&connection, &batch).await.unwrap();
        batches += 1;
        tokio::time::sleep(PACE).await;
    }
    batches
}

/// Replaces cards, one after the other, until it is stopped.
async fn cards(connection: Connection, stop: CancellationToken) -> u64 {
    let mut round = 0;
    while !stop.is_cancelled() {
        let one = |n| write(format!("gq.v1.card.43.431000.c{n}"), format!("{round}/{n}"));
        let batch: Vec<Write> = (0..500).map(one).collect();
        commit(&connection, &batch).await.unwrap();
        round += 1;
        tokio::time::sleep(UPLOADS).await;
    }
    round
}

fn parts(message: &Message) -> (u64, &str, &[u8], time::OffsetDateTime) {
    (message.sequence, &message.subject, &message.payload, message.stored_at)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_saved_while_others_write_comes_back_as_it_was_with_whole_transactions() {
    let (from, dir) = (TestBroker::start().await, tempfile::tempdir().unwrap());
    let from = from.broker();
    let filling = BrokerConfig { filling: true, ..BrokerConfig::new(dir.path().join("to"), NOW) };
    let to = Broker::start(filling).await.unwrap();
    let (source, target) = (connect(from).await, connect(&to).await);
    declare(&source, 1).await.unwrap();
    let stop = CancellationToken::new();
    let writers = [
        tokio::spawn(facts(connect(from).await, stop.clone())),
        tokio::spawn(cards(connect(from).await, stop.clone())),
    ];
    let path = |name: StreamName| dir.path().join(name.as_str());
    let mut saved = Vec::new();
    for round in 0..4 {
        for name in StreamName::ALL {
            let _ = std::fs::remove_file(path(name));
            let contents = snapshot::save(&source, name, &path(name), &mut |_, _| {}).await;
            let contents = contents.unwrap_or_else(|e| panic!("round {round}: {e}"));
            if name == StreamName::Facts {
                assert_eq!(contents.last_sequence % 20, 0, "half a transaction");
            }
            if name == StreamName::Register && round > 0 {
                assert!(contents.messages >= 500, "cards are missing");
            }
            saved.push((name, contents));
        }
    }
    stop.cancel();
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
    for (name, contents) in saved.split_off(saved.len() - 3) {
        let began = std::time::Instant::now();
        let state = snapshot::restore(&target, name, 1, &path(name), &mut |_, _| {}).await.unwrap();
        println!("{name:?}: {contents:?}, restored in {:?}", began.elapsed());
        assert_eq!(state.last_sequence, contents.last_sequence);
        let (before, after) =
            (read_all(&source, name).await.unwrap(), read_all(&target, name).await.unwrap());
        match name {
            StreamName::Register => assert_eq!(after.len(), 500),
            _ => {
                assert_eq!(after.len() as u64, contents.messages);
                for (before, after) in before.iter().zip(&after) {
                    assert_eq!(parts(before), parts(after));
                }
            }
        }
        let again = snapshot::restore(&target, name, 1, &path(name), &mut |_, _| {}).await;
        assert!(matches!(again, Err(SnapshotError::Exists { .. })), "{again:?}");
    }
    // What is declared fits what was restored, and it takes more.
    declare(&target, 1).await.unwrap();
    commit(&target, &[write("gq.v1.party.43.431000.p1".into(), "more".into())]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_or_foreign_file_is_refused_before_anything_is_restored() {
    let broker = TestBroker::start().await;
    let connection = connect(broker.broker()).await;
    declare(&connection, 1).await.unwrap();
    let one = write("gq.v1.party.43.431000.p1".into(), "x".repeat(1000));
    commit(&connection, &[one]).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("facts");
    snapshot::save(&connection, StreamName::Facts, &path, &mut |_, _| {}).await.unwrap();
    let damaged = async |name, path: &Path| {
        let found = snapshot::inspect(name, path).await.unwrap_err();
        assert_eq!(found.code(), "backup.damaged", "{found}");
    };
    damaged(StreamName::Register, &path).await;
    let whole = std::fs::read(&path).unwrap();
    for at in [0, 9, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..at]).unwrap();
        damaged(StreamName::Facts, &path).await;
        let mut altered = whole.clone();
        altered[at] ^= 0x10;
        std::fs::write(&path, altered).unwrap();
        damaged(StreamName::Facts, &path).await;
    }
}
