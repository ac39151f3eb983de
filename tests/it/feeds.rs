//! Feeds as subscribers meet them: over NATS with a partner city's own
//! credentials, over HTTP in pages, snapshots and streams.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, consumer::PullConsumer};
use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::view;
use gongqiao_stream::feed::{FeedMessage, read_feed};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    isolation::{CITY, User, party, shenzhen, user},
    support::{Exchange, PATIENCE, enterprise, refusal, sign, until, vacancy},
};

pub async fn subscribe(who: &Client, ask: &Value) -> view::Subscription {
    let receipt = who.post("/v1/subscriptions", ask, None).await.unwrap();
    who.get(&format!("/v1/subscriptions/{}", receipt.id)).await.unwrap()
}

/// The durable consumer of a subscription, found with nothing but what the
/// subscriber was told.
pub(crate) async fn consumer(city: &User, subscription: &view::Subscription) -> PullConsumer {
    let feed = subscription.nats.as_ref().unwrap();
    let context = jetstream::with_domain(city.nats.clone(), &feed.domain);
    until("the consumer", async || {
        context.get_consumer_from_stream(&feed.consumer, &feed.stream).await.ok()
    })
    .await
}

/// What a subscriber holds, by nothing but the documented rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    pub epoch: u64,
    pub sequence: u64,
    pub items: BTreeMap<String, String>,
    pub digests: usize,
    pub closed: bool,
}

impl Held {
    /// Takes in an event: its CloudEvents attributes, and its data as bytes.
    fn take(&mut self, id: &str, ce_type: &str, key: &str, data: &str) {
        let (epoch, sequence) = id.split_once('.').unwrap();
        let (epoch, sequence) = (epoch.parse().unwrap(), sequence.parse().unwrap());
        if (epoch, sequence) <= (self.epoch, self.sequence) {
            return;
        }
        if epoch > self.epoch {
            *self = Self { epoch, ..Self::default() };
        }
        // Why not of an end: what came before it may be read no more.
        if ce_type != "gongqiao.v1.FeedClosed" {
            assert_eq!(sequence, self.sequence + 1, "a gap before {id}");
        }
        self.sequence = sequence;
        match ce_type {
            "gongqiao.v1.FeedRemoved" => drop(self.items.remove(key).expect("it was there")),
            "gongqiao.v1.FeedClosed" => {
                self.items.clear();
                self.closed = true;
            }
            "gongqiao.v1.FeedDigest" => {
                let said: Value = serde_json::from_str(data).unwrap();
                assert_eq!(said["digest"], self.digest(), "at {id}");
                self.digests += 1;
            }
            _ => drop(self.items.insert(key.to_owned(), data.to_owned())),
        }
    }

    /// Sum modulo 2^256 of SHA-256(key, line feed, data).
    pub fn digest(&self) -> String {
        let mut sum = [0u8; 32];
        for (key, data) in &self.items {
            let leaf = Sha256::digest(format!("{key}\n{data}"));
            let mut carry = 0u16;
            for at in (0..32).rev() {
                let digit = u16::from(sum[at]) + u16::from(leaf[at]) + carry;
                (sum[at], carry) = (u8::try_from(digit & 0xff).unwrap(), digit >> 8);
            }
        }
        hex::encode(sum)
    }

    pub fn take_cloud_event(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        self.take(&text("id"), &text("type"), &text("subject"), &event["data"].to_string());
    }

    pub(crate) async fn follow(&mut self, who: &Client, subscription: &view::Subscription) {
        loop {
            let after = format!("{}?after={}.{}", subscription.events, self.epoch, self.sequence);
            let path = if self.epoch == 0 { subscription.events.clone() } else { after };
            let page: Value = who.get(&path).await.unwrap();
            page["events"].as_array().unwrap().iter().for_each(|one| self.take_cloud_event(one));
            if page["more"] != true {
                return;
            }
        }
    }
}

async fn pull(consumer: &PullConsumer, held: &mut Held, within: Duration) -> usize {
    let fetch = consumer.fetch().max_messages(100).expires(within).messages().await;
    let Ok(mut messages) = fetch else { return 0 };
    let mut count = 0;
    while let Some(Ok(message)) = messages.next().await {
        let headers = message.headers.clone().unwrap();
        let header = |name: &str| headers.get(name).unwrap().as_str().to_owned();
        assert_eq!(header("content-type"), "application/json");
        let data = std::str::from_utf8(&message.payload).unwrap().to_owned();
        held.take(&header("ce-id"), &header("ce-type"), &header("ce-subject"), &data);
        message.ack().await.unwrap();
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_city_consumes_its_feed_over_nats_and_reads_the_same_over_http() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let (_, factory) = enterprise(&operator, 1).await;
    let first = factory.post("/v1/vacancies", &vacancy(12), None).await.unwrap().id;
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let desk = crate::support::key(&operator, CITY, "CLERK").await;

    let asked = until("the permission", async || {
        city.is_answered("out.subscriptions.open").await.then_some(())
    });
    asked.await;
    let (status, receipt) =
        city.json("out.subscriptions.open", &json!({ "kind": "VACANCY" })).await;
    assert_eq!(status, 201, "{receipt}");
    let path = format!("/v1/subscriptions/{}", receipt["id"].as_str().unwrap());
    let subscription: view::Subscription = desk.get(&path).await.unwrap();
    assert_eq!((subscription.state.as_str(), subscription.format.as_str()), ("open", "JSON"));

    let consumer = consumer(&city, &subscription).await;
    let mut held = Held::default();
    until("the first vacancy and a digest", async || {
        pull(&consumer, &mut held, Duration::from_millis(300)).await;
        (held.items.contains_key(&first) && held.digests > 0).then_some(())
    })
    .await;
    let item: Value = serde_json::from_str(&held.items[&first]).unwrap();
    assert_eq!((&item["freeSeats"], &item["terms"]["title"]), (&json!(12), &json!("电子装配工")));

    // What came from the city does not come back to it.
    desk.post("/v1/vacancies", &shenzhen(5), None).await.unwrap();
    let second = factory.post("/v1/vacancies", &vacancy(7), None).await.unwrap().id;
    let reduce = format!("/v1/vacancies/{first}/reduce");
    factory.post(&reduce, &json!({ "headcount": 8 }), None).await.unwrap();
    until("what followed", async || {
        pull(&consumer, &mut held, Duration::from_millis(300)).await;
        let reduced = held.items[&first].contains("\"freeSeats\":8");
        (reduced && held.items.contains_key(&second)).then_some(())
    })
    .await;
    factory.post_empty(&format!("/v1/vacancies/{first}/withdraw")).await.unwrap();
    until("the tombstone", async || {
        pull(&consumer, &mut held, Duration::from_millis(300)).await;
        (held.items.keys().collect::<Vec<_>>() == [&second]).then_some(())
    })
    .await;

    // Why waited for: the broker gives out an event before the writer has heard
    // that it is stored.
    until("the same over HTTP", async || {
        let mut paged = Held::default();
        paged.follow(&desk, &subscription).await;
        (paged.items == held.items).then_some(())
    })
    .await;
    let snapshot: Value = desk.get(&subscription.snapshot).await.unwrap();
    assert_eq!(snapshot["manifest"]["digest"], held.digest());
    assert_eq!(snapshot["items"][0]["key"], *second);
    assert_eq!(snapshot["items"][0]["data"].to_string(), held.items[&second]);

    // Nobody else reads it, and a cursor that is none is refused.
    let (_, other) = enterprise(&operator, 2).await;
    assert_eq!(refusal(other.get::<Value>(&subscription.events).await).status, 404);
    let ahead = format!("{}?after=1.1", subscription.events);
    let gone = refusal(desk.get::<Value>(&ahead).await);
    assert_eq!((gone.status, gone.code.as_str()), (410, "feed.gone"));
    let wrong = format!("{}?after=soon", subscription.events);
    assert_eq!(refusal(desk.get::<Value>(&wrong).await).code, "feed.cursor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_feed_goes_on_over_a_restart_without_a_gap_or_a_repeat() {
    let mut exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await;
    let mut held = Held::default();
    for headcount in 1..=20 {
        factory.post("/v1/vacancies", &vacancy(headcount), None).await.unwrap();
    }
    until("twenty items", async || {
        held.follow(&factory, &subscription).await;
        (held.items.len() == 20).then_some(())
    })
    .await;
    exchange.restart();
    let factory = factory.at(&exchange.process.origin);
    factory.post("/v1/vacancies", &vacancy(21), None).await.unwrap();
    let epoch = held.epoch;
    until("one more item", async || {
        held.follow(&factory, &subscription).await;
        (held.items.len() == 21).then_some(())
    })
    .await;
    assert_eq!(held.epoch, epoch, "it did not begin anew");
    // Whoever listens does not hold up the end of the program.
    let listening = factory.stream(&subscription.events, None).await.unwrap();
    let stopping = Instant::now();
    exchange.process.stop();
    let took = stopping.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}, with a stream open");
    drop(listening);
    exchange.restart_stopped();
    let factory = factory.at(&exchange.process.origin);
    let snapshot: Value = factory.get(&subscription.snapshot).await.unwrap();
    assert_eq!(snapshot["manifest"]["digest"], held.digest());
    factory.post_empty(&format!("/v1/subscriptions/{}/close", subscription.id)).await.unwrap();
    until("the end", async || {
        held.follow(&factory, &subscription).await;
        held.closed.then_some(())
    })
    .await;
    assert!(held.items.is_empty());
    assert_eq!(
        refusal(factory.get::<Value>(&subscription.snapshot).await).code,
        "subscription.over"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn expiry_a_stream_over_http_says_nothing_but_closed_once_the_clock_is_past_the_end() {
    let exchange = Exchange::up_with(&[("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-19 08:00")]);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    party(&operator, CITY, "CITY").await;
    let agreement = json!({
        "party": CITY, "until": "2021-07-19T12:00:00+08:00",
        "scope": { "classes": ["VACANCIES"], "purpose": "COOPERATION" },
    });
    operator.post("/v1/agreements", &agreement, None).await.unwrap();
    let desk = crate::support::key(&operator, CITY, "CLERK").await;
    let subscription = subscribe(&desk, &json!({ "kind": "VACANCY" })).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Box::pin(desk.stream(&subscription.events, None).await.unwrap()));
    }
    let posted = factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap().id;
    for stream in &mut streams {
        // The control: what is posted before the end comes.
        while let Some(Ok(event)) = stream.next().await {
            if event.event == "set" && event.data.contains(&posted) {
                break;
            }
        }
    }
    // A minute before the end all goes on; at the end nothing does.
    operator.post("/v1/clock", &json!({ "to": "2021-07-19 11:59" }), None).await.unwrap();
    let last = factory.post("/v1/vacancies", &vacancy(4), None).await.unwrap().id;
    operator.post("/v1/clock", &json!({ "to": "2021-07-19 12:00" }), None).await.unwrap();
    let late = factory.post("/v1/vacancies", &vacancy(5), None).await.unwrap().id;
    let (mut came, mut after) = (0, 0);
    for mut stream in streams {
        let mut words = Vec::new();
        while let Some(Ok(event)) = tokio::time::timeout(PATIENCE, stream.next()).await.unwrap() {
            came += usize::from(event.data.contains(&last));
            after += usize::from(event.data.contains(&late));
            words.push(event.event);
        }
        assert_eq!(words.last().map(String::as_str), Some("closed"), "{words:?}");
    }
    println!(
        "expiry over HTTP: 20 streams, {came} had the last item, {after} one from after the end"
    );
    assert_eq!(after, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn expiry_a_pull_and_a_stream_held_open_end_with_their_agreement() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    party(&operator, CITY, "CITY").await;
    let clock = gongqiao_shell::Clock::system();
    let end = clock.now() + Duration::from_secs(7);
    let agreement = json!({
        "party": CITY, "until": gongqiao_shell::beijing::rfc3339(end),
        "scope": { "classes": ["VACANCIES"], "purpose": "COOPERATION" },
    });
    operator.post("/v1/agreements", &agreement, None).await.unwrap();
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let desk = crate::support::key(&operator, CITY, "CLERK").await;
    let subscription = subscribe(&desk, &json!({ "kind": "VACANCY" })).await;
    let consumer = consumer(&city, &subscription).await;

    // Somebody posts all the time.
    let posting = tokio::spawn(async move {
        for headcount in 1.. {
            let Ok(_) = factory.post("/v1/vacancies", &vacancy(headcount % 200 + 1), None).await
            else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut held = Held::default();
    let mut last_pull = None;
    let stream = desk.stream(&subscription.events, None).await.unwrap();
    let reading = tokio::spawn(async move {
        let (mut last, mut words) = (None, Vec::new());
        let mut stream = std::pin::pin!(stream);
        while let Some(Ok(event)) = stream.next().await {
            if event.event == "set" {
                last = Some(gongqiao_shell::Clock::system().now());
            }
            words.push(event.event);
        }
        (last, words)
    });
    let deadline = Instant::now() + Duration::from_secs(11);
    while Instant::now() < deadline {
        // A pull that would stand open for half a minute.
        let batch = consumer.batch().max_messages(5).expires(Duration::from_secs(30));
        let Ok(Ok(mut messages)) =
            tokio::time::timeout(Duration::from_secs(1), batch.messages()).await
        else {
            continue;
        };
        let rest = deadline.saturating_duration_since(Instant::now());
        while let Ok(Some(Ok(message))) = tokio::time::timeout(rest, messages.next()).await {
            last_pull = Some(clock.now());
            let headers = message.headers.clone().unwrap();
            let header = |name: &str| headers.get(name).unwrap().as_str().to_owned();
            let data = std::str::from_utf8(&message.payload).unwrap().to_owned();
            held.take(&header("ce-id"), &header("ce-type"), &header("ce-subject"), &data);
            let _ = message.ack().await;
        }
    }
    let (last_event, words) = tokio::time::timeout(PATIENCE, reading).await.unwrap().unwrap();
    posting.abort();
    let (last_pull, last_event) = (last_pull.unwrap(), last_event.unwrap());
    println!(
        "expiry: the last event came {} before the end over NATS, {} before it as a stream",
        end - last_pull,
        end - last_event
    );
    assert!(held.items.len() > 10, "the control: events came");
    assert!(last_pull < end + Duration::from_secs(1), "{last_pull}");
    assert!(last_event < end + Duration::from_secs(1), "{last_event}");
    assert!(words.iter().any(|word| word == "caught-up"));
    assert_eq!(words.last().map(String::as_str), Some("closed"));
    // The word that it is closed is read without an agreement, and nothing else.
    let page: Value = desk.get(&subscription.events).await.unwrap();
    let events = page["events"].as_array().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "gongqiao.v1.FeedClosed");
    assert_eq!(events[0]["data"]["why"], "AGREEMENT");
    assert_eq!(refusal(desk.get::<Value>(&subscription.snapshot).await).code, "subscription.over");
}

/// Keys that a feed's stream still says anything about.
async fn stored_keys(exchange: &Exchange, stream: &str, subscription: &str) -> Vec<String> {
    let connection = exchange.connection().await;
    let filter = format!("gq.v1.feed.{subscription}.>");
    let stored = read_feed(&connection, stream, &filter, 1, usize::MAX).await.unwrap();
    let key = |one: &FeedMessage| one.header("ce-subject").unwrap().to_owned();
    stored.iter().map(key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_narrowed_agreement_leaves_nothing_to_read_of_what_it_covered_before() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let desk = crate::support::key(&operator, CITY, "CLERK").await;
    let first = factory.post("/v1/vacancies", &vacancy(12), None).await.unwrap().id;
    let second = factory.post("/v1/vacancies", &vacancy(13), None).await.unwrap().id;
    // A stream of its own, and a place in the one that others share.
    for (who, party, stream) in [(&desk, CITY, None), (&factory, &*id, Some("FEED_SHARED"))] {
        let subscription = subscribe(who, &json!({ "kind": "VACANCY" })).await;
        let name = subscription.id.to_string();
        let stream = stream.map_or_else(|| format!("FEED_{name}"), str::to_owned);
        let mut held = Held::default();
        until("both items", async || {
            held.follow(who, &subscription).await;
            (held.items.len() == 2).then_some(())
        })
        .await;
        let before = format!("{}?after={}.{}", subscription.events, held.epoch, held.sequence);
        let page: Value = who.get(&format!("{}?page_size=1", subscription.snapshot)).await.unwrap();
        let token = page["next_page_token"].as_str().unwrap();
        let second_page = format!("{}?page_token={token}", subscription.snapshot);
        who.get::<Value>(&second_page).await.unwrap();
        let control = stored_keys(&exchange, &stream, &name).await;
        assert!([&first, &second].iter().all(|one| control.contains(one)), "{control:?}");

        let all: Vec<view::Agreement> = operator.list("/v1/agreements").await.unwrap();
        let agreement = all.iter().find(|one| one.party.as_str() == party).unwrap();
        let amend = async |divisions: &[&str]| {
            let scope = json!({
                "classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT",
                "divisions": divisions,
            });
            let path = format!("/v1/agreements/{}/amend", agreement.id);
            operator.post(&path, &json!({ "scope": scope }), None).await.unwrap();
        };
        amend(&["110000"]).await;
        let gone = until("the new epoch", async || match who.get::<Value>(&before).await {
            // What is about to begin anew is read by nobody.
            Err(e) => Some(refusal::<Value>(Err(e))).filter(|gone| gone.code != "read.behind"),
            Ok(page) => panic!("what the agreement no longer covers was read: {page}"),
        });
        let gone = gone.await;
        assert_eq!((gone.status, gone.code.as_str()), (410, "feed.gone"));
        let gone = refusal(who.get::<Value>(&second_page).await);
        assert_eq!((gone.status, gone.code.as_str()), (410, "feed.gone"));
        let mut anew = Held::default();
        anew.follow(who, &subscription).await;
        assert!(anew.epoch > held.epoch && anew.items.is_empty() && anew.digests > 0, "{anew:?}");
        until("the stream to forget", async || {
            let left = stored_keys(&exchange, &stream, &name).await;
            left.iter().all(|key| key == "digest").then_some(())
        })
        .await;

        // What is opened again comes as events, and nobody has to begin anew.
        amend(&[]).await;
        until("both items again", async || {
            anew.follow(who, &subscription).await;
            (anew.items == held.items).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subscriber_proves_on_the_command_line_that_it_holds_what_it_should() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let ask = json!({ "person": "staff-2", "role": "CLERK" });
    let path = format!("/v1/parties/{id}/credentials");
    let key = operator.post(&path, &ask, None).await.unwrap().key.unwrap();
    let gongqiao = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(args).args(["--url", &exchange.process.origin]).env("GONGQIAO_KEY", &key);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let opened = gongqiao(&["subscription", "open", "--kind", "vacancy", "--urgent", "--json"]);
    let subscription = json(&opened)["id"].as_str().unwrap().to_owned();
    for headcount in 1..=3 {
        factory.post("/v1/vacancies", &vacancy(headcount), None).await.unwrap();
    }
    until("three items", async || {
        let feed: Value = factory.get(&format!("/v1/feeds/{subscription}/snapshot")).await.ok()?;
        (feed["manifest"]["items"] == json!(3)).then_some(())
    })
    .await;
    let proof = json(&gongqiao(&["feed", "verify", &subscription, "--json"]));
    assert_eq!(proof["items"], 3);
    let lines = gongqiao(&["feed", "tail", &subscription, "--once"]);
    let events: Vec<Value> = lines.lines().map(json).collect();
    let sets = events.iter().filter(|event| event["type"] == "gongqiao.v1.VacancyItem").count();
    assert_eq!((sets, &events[0]["specversion"]), (3, &json!("1.0")));
    let cursor = events.last().unwrap()["id"].as_str().unwrap().to_owned();
    let nothing = gongqiao(&["feed", "tail", &subscription, "--once", "--after", &cursor]);
    assert_eq!(nothing, "");
    assert_eq!(gongqiao(&["feed", "snapshot", &subscription]).lines().count(), 3);
    let table = gongqiao(&["subscription", "list", "--lang", "zh"]);
    assert!(table.contains("用工需求") && table.contains("推送中"), "{table}");
    gongqiao(&["subscription", "close", &subscription]);
    let shown = json(&gongqiao(&["subscription", "show", &subscription, "--json"]));
    assert_eq!(shown["state"], "unsubscribed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_filter_a_kind_and_a_number_of_subscriptions_have_their_limits() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = crate::support::point(&operator, "431021001001").await;
    let refused = async |who: &Client, ask: Value| {
        let problem = refusal(who.post("/v1/subscriptions", &ask, None).await);
        (problem.code, problem.pointer.unwrap_or_default())
    };
    let check = |found: (String, String), code: &str, pointer: &str| {
        assert_eq!((found.0.as_str(), found.1.as_str()), (code, pointer));
    };
    check(refused(&factory, json!({})).await, "field.required", "/kind");
    check(refused(&factory, json!({ "kind": "SIGNAL" })).await, "subscription.kind", "/kind");
    check(refused(&factory, json!({ "kind": "SUPPLY" })).await, "subscription.kind", "/kind");
    check(refused(&desk, json!({ "kind": "VACANCY" })).await, "subscription.kind", "/kind");
    check(
        refused(&desk, json!({ "kind": "SIGNAL", "party": "441900" })).await,
        "auth.not_yours",
        "/party",
    );
    let with = |filter: Value| json!({ "kind": "VACANCY", "filter": filter });
    check(
        refused(&factory, with(json!({ "divisions": ["431021", "999999"] }))).await,
        "field.unknown_code",
        "/filter/divisions/1",
    );
    check(
        refused(&factory, with(json!({ "occupations": ["x"] }))).await,
        "field.unknown_code",
        "/filter/occupations/0",
    );
    check(
        refused(&factory, with(json!({ "level": 6 }))).await,
        "field.out_of_range",
        "/filter/level",
    );
    check(
        refused(&factory, with(json!({ "from": "tomorrow" }))).await,
        "field.date",
        "/filter/from",
    );
    check(
        refused(&factory, with(json!({ "from": "2027-02-01", "until": "2027-01-31" }))).await,
        "field.invalid",
        "/filter/until",
    );
    // A point needs no agreement; a feed that holds nothing says that it does.
    let groups = subscribe(&desk, &json!({ "kind": "DISPATCH" })).await;
    let mut held = Held::default();
    until("the first digest", async || {
        held.follow(&desk, &groups).await;
        (held.digests > 0).then_some(())
    })
    .await;
    assert!(held.items.is_empty());
    for _ in 0..16 {
        factory.post("/v1/subscriptions", &json!({ "kind": "DISPATCH" }), None).await.unwrap();
    }
    check(refused(&factory, json!({ "kind": "DISPATCH" })).await, "subscription.too_many", "");
    let all: Vec<view::Subscription> = factory.list("/v1/subscriptions").await.unwrap();
    factory.post_empty(&format!("/v1/subscriptions/{}/close", all[0].id)).await.unwrap();
    let again = factory.post_empty(&format!("/v1/subscriptions/{}/close", all[0].id)).await;
    assert_eq!(refusal(again).code, "subscription.over");
    let foreign = desk.post_empty(&format!("/v1/subscriptions/{}/close", all[1].id)).await;
    assert_eq!(refusal(foreign).code, "subscription.not_found");
    factory.post("/v1/subscriptions", &json!({ "kind": "DISPATCH" }), None).await.unwrap();
}

/// Sends a command until it is answered: under one key it happens once.
async fn post_surely(who: &Client, path: &str, ask: &Value, key: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match who.post(path, ask, Some(key)).await {
            Ok(receipt) => return receipt.id,
            Err(e) => assert!(e.may_retry() && Instant::now() < deadline, "{e}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_feed_has_no_gap_and_no_repeat_when_the_broker_is_killed_while_it_is_written() {
    let kills: u32 = std::env::var("GONGQIAO_FEED_KILLS").map_or(6, |n| n.parse().unwrap());
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await;
    let poster = factory.clone();
    let posting = tokio::spawn(async move {
        let mut posted = Vec::new();
        for number in 0.. {
            let key = format!("post-{number}");
            let ask = vacancy(number % 50 + 1);
            posted.push(post_surely(&poster, "/v1/vacancies", &ask, &key).await);
            if number > 0 && number % 3 == 0 {
                let path = format!("/v1/vacancies/{}/withdraw", posted.remove(0));
                post_surely(&poster, &path, &json!({}), &format!("withdraw-{number}")).await;
            }
            if posted.len() > 400 {
                break;
            }
            tokio::task::yield_now().await;
        }
        posted
    });
    // Somebody listens all the time, and goes on where a broken stream ended.
    let listener = factory.stream(&subscription.events, None).await.unwrap();
    let listening = tokio::spawn(async move {
        let mut heard = Held::default();
        let mut events = std::pin::pin!(listener);
        while let Some(Ok(event)) = events.next().await {
            match event.event.as_str() {
                "caught-up" => {}
                "resync" => panic!("it fell behind"),
                _ => heard.take_cloud_event(&serde_json::from_str(&event.data).unwrap()),
            }
            if heard.closed {
                break;
            }
        }
        heard
    });
    let mut held = Held::default();
    for kill in 0..kills {
        let before = held.sequence;
        until("more events", async || {
            held.follow(&factory, &subscription).await;
            (held.sequence >= before + 10 + u64::from(kill) || posting.is_finished()).then_some(())
        })
        .await;
        let pid = exchange.broker_pid().unwrap();
        let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
        until("the broker", async || exchange.broker_pid().filter(|now| *now != pid).map(drop))
            .await;
    }
    let posted = tokio::time::timeout(PATIENCE, posting).await.unwrap().unwrap();
    until("the last item", async || {
        held.follow(&factory, &subscription).await;
        (held.items.len() == posted.len()).then_some(())
    })
    .await;
    let expected: std::collections::BTreeSet<&String> = posted.iter().collect();
    assert!(held.items.keys().eq(expected), "the open vacancies, and nothing else");
    let snapshot: Value = factory.get(&subscription.snapshot).await.unwrap();
    assert_eq!(snapshot["manifest"]["digest"], held.digest());
    assert!(held.digests > 0, "digests were compared");
    factory.post_empty(&format!("/v1/subscriptions/{}/close", subscription.id)).await.unwrap();
    let heard = tokio::time::timeout(PATIENCE, listening).await.unwrap().unwrap();
    assert!(heard.closed, "one stream, over all deaths of the broker, to its end");
    assert_eq!((heard.epoch, heard.sequence > held.sequence), (held.epoch, true));
    // One writing of the feed: nobody had to begin anew.
    let (events, digests) = (held.sequence, held.digests);
    println!("feed: {kills} kills of the broker, {events} events, {digests} digests compared");
}
