//! Streams of feeds at a real server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use gongqiao_stream::{
    Connection, Endpoint, Outcome, Write,
    broker::TestBroker,
    commit_after,
    feed::{
        FeedStream, declare_feed, declare_feed_consumer, delete_feed, delete_feed_consumer,
        read_feed,
    },
};

fn stream(subjects: &[&str]) -> FeedStream {
    FeedStream {
        name: "FEED_x".into(),
        subjects: subjects.iter().map(|one| (*one).to_owned()).collect(),
        keep: Duration::from_secs(3_600),
        replicas: 1,
    }
}

fn write(subject: &str, payload: &str) -> Write {
    let headers = vec![("ce-id", payload.to_owned())];
    Write { subject: subject.into(), payload: payload.to_owned().into(), expect: None, headers }
}

async fn connection(broker: &TestBroker) -> Connection {
    let endpoint = Endpoint {
        url: broker.url().to_owned(),
        creds: Some(broker.creds_path().to_owned()),
        timeout: Duration::from_secs(10),
        name: "test".into(),
    };
    Connection::open(&endpoint).await.unwrap()
}

#[tokio::test]
async fn of_two_writers_of_a_feed_the_second_finds_out_and_nothing_of_it_is_stored() {
    let broker = TestBroker::start().await;
    let connection = connection(&broker).await;
    let feed = stream(&["gq.v1.feed.sub_a.>"]);
    assert_eq!(declare_feed(&connection, &feed).await.unwrap(), 0);
    let events = |from: u32| -> Vec<Write> {
        (from..from + 3).map(|n| write("gq.v1.feed.sub_a.vacancy.v", &n.to_string())).collect()
    };
    let first = commit_after(&connection, &events(1), 0).await.unwrap();
    let Outcome::Stored(stored) = first else { panic!("{first:?}") };
    assert_eq!((stored.last_sequence, stored.count), (3, 3));
    assert_eq!(commit_after(&connection, &events(4), 0).await.unwrap(), Outcome::Conflict);
    assert_eq!(commit_after(&connection, &events(4)[..1], 2).await.unwrap(), Outcome::Conflict);
    let next = commit_after(&connection, &events(4)[..1], 3).await.unwrap();
    assert!(matches!(next, Outcome::Stored(stored) if stored.last_sequence == 4));

    let read = read_feed(&connection, "FEED_x", "gq.v1.feed.sub_a.>", 2, 10).await.unwrap();
    let ids: Vec<&str> = read.iter().map(|one| one.header("ce-id").unwrap()).collect();
    assert_eq!(ids, ["2", "3", "4"]);
    assert_eq!(read[0].sequence, 2);
    let two = read_feed(&connection, "FEED_x", "gq.v1.feed.sub_a.>", 1, 2).await.unwrap();
    assert_eq!(two.len(), 2);
    let none = read_feed(&connection, "FEED_x", "gq.v1.feed.sub_b.>", 1, 2).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_feed_stream_gains_subjects_and_its_consumer_comes_and_goes() {
    let broker = TestBroker::start().await;
    let connection = connection(&broker).await;
    assert!(!declare_feed_consumer(&connection, "FEED_x", "feed").await.unwrap(), "no stream");
    delete_feed_consumer(&connection, "FEED_x", "feed").await.unwrap();
    declare_feed(&connection, &stream(&["gq.v1.feed.sub_a.>"])).await.unwrap();
    declare_feed(&connection, &stream(&["gq.v1.feed.sub_b.>"])).await.unwrap();
    let both = [write("gq.v1.feed.sub_a.x.1", "a"), write("gq.v1.feed.sub_b.x.1", "b")];
    let stored = commit_after(&connection, &both, 0).await.unwrap();
    assert!(matches!(stored, Outcome::Stored(_)), "{stored:?}");
    for _ in 0..2 {
        assert!(declare_feed_consumer(&connection, "FEED_x", "feed").await.unwrap());
    }
    for _ in 0..2 {
        delete_feed_consumer(&connection, "FEED_x", "feed").await.unwrap();
    }
    for _ in 0..2 {
        delete_feed(&connection, "FEED_x").await.unwrap();
    }
    assert_eq!(declare_feed(&connection, &stream(&["gq.v1.feed.sub_a.>"])).await.unwrap(), 0);
}
