//! Transactions on a real broker: all or nothing, and seen whole.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use gongqiao_stream::{
    Connection, Endpoint, Outcome, StreamError, StreamName, Write, broker::TestBroker, commit,
    declare, follow, read, read_all, resolve,
};
use tokio_util::sync::CancellationToken;

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

fn write(entity: usize, payload: impl Into<Vec<u8>>, expect: Option<u64>) -> Write {
    Write {
        subject: format!("gq.v1.party.43.431000.p{entity}"),
        payload: payload.into().into(),
        expect,
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn one_wrong_expectation_stores_nothing_of_the_batch() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let first = commit(&connection, &[write(0, "a", Some(0))]).await.unwrap();
    assert!(matches!(first, Outcome::Stored(stored) if stored.last_sequence == 1));
    let batch = [write(1, "b", Some(0)), write(0, "c", Some(0)), write(2, "d", Some(0))];
    assert_eq!(commit(&connection, &batch).await.unwrap(), Outcome::Conflict);
    assert_eq!(read::head(&connection, StreamName::Facts).await.unwrap(), 1);
    let batch = [write(1, "b", Some(0)), write(0, "c", Some(1)), write(2, "d", Some(0))];
    let Outcome::Stored(stored) = commit(&connection, &batch).await.unwrap() else {
        panic!("a conflict without a reason");
    };
    assert_eq!([0, 1, 2].map(|index| stored.sequence_of(index)), [2, 3, 4]);
}

#[tokio::test]
async fn the_fate_of_a_batch_can_be_found_out_afterwards() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let batch = [write(0, "ours", Some(0)), write(1, "too", None)];
    assert_eq!(resolve(&connection, StreamName::Facts, &batch).await.unwrap(), None);
    let Outcome::Stored(stored) = commit(&connection, &batch).await.unwrap() else {
        panic!("a conflict without a reason");
    };
    let found = resolve(&connection, StreamName::Facts, &batch).await.unwrap();
    assert_eq!(found, Some(stored));
    let theirs = [write(0, "theirs", Some(0)), write(1, "too", None)];
    assert_eq!(resolve(&connection, StreamName::Facts, &theirs).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_handed_over_whole_however_the_messages_arrive() {
    const BATCHES: usize = 30;
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let stop = CancellationToken::new();
    let reader = {
        let (connection, stop) = (connection.clone(), stop.clone());
        tokio::spawn(async move {
            let mut seen = Vec::new();
            let done = stop.clone();
            follow(&connection, StreamName::Facts, 1, &stop, |chunk| {
                let last = chunk.last().unwrap();
                assert_eq!(&last.payload[..], b"last", "half a transaction at {}", last.sequence);
                seen.extend(chunk.iter().map(|message| message.sequence));
                if seen.len() == BATCHES * 900 {
                    done.cancel();
                }
            })
            .await;
            seen
        })
    };
    for batch in 0..BATCHES {
        let mut writes: Vec<Write> = (0..899).map(|n| write(n, format!("{batch}"), None)).collect();
        writes.push(write(899, "last", None));
        assert!(matches!(commit(&connection, &writes).await.unwrap(), Outcome::Stored(_)));
    }
    let seen = tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
    assert!(seen.iter().copied().eq(1..=(BATCHES * 900) as u64), "each once and in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_goes_on_after_the_broker_was_killed() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    commit(&connection, &[write(0, "before", None)]).await.unwrap();
    broker.kill().await;
    broker.restart().await;
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        match commit(&connection, &[write(0, "after", Some(1))]).await {
            Ok(_) => break,
            Err(e) => assert!(std::time::Instant::now() < deadline, "{e}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let all = read_all(&connection, StreamName::Facts).await.unwrap();
    assert_eq!(all.iter().map(|m| &m.payload[..]).collect::<Vec<_>>(), [&b"before"[..], b"after"]);
}

#[tokio::test]
async fn a_stream_that_somebody_changed_is_refused_and_left_as_it_is() {
    let broker = TestBroker::start().await;
    let connection = connect(&broker).await;
    let client = broker.client().await;
    let context = async_nats::jetstream::new(client);
    let mut config = context.get_stream("FACTS").await.unwrap().cached_info().config.clone();
    config.max_age = Duration::from_secs(3600);
    context.update_stream(&config).await.unwrap();
    let refused = declare(&connection, 1).await.unwrap_err();
    assert!(
        matches!(&refused, StreamError::Drift { stream: "FACTS", fields } if fields == "max_age"),
        "{refused}"
    );
}
