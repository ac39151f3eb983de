//! Cards without names, as a partner city holds them whose agreement opens
//! them: with the real program, over HTTP and out of the stream itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_nats::jetstream::consumer::PullConsumer;
use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::{
    view,
    wire::{self, card_state::Value as State, feed_exit::Value as Exit},
};
use gongqiao_stream::feed::read_feed;
use prost::Message as _;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::date};

use crate::{
    feeds::{Held, consumer, subscribe},
    isolation::{CITY, party, user},
    support::{Exchange, cards, enterprise, key, point, refusal, row, test_id, until, upload},
};

const GUIYANG: &str = "431021102205";
const LINWU: &str = "431025100001";
/// How late a tombstone may be: one tick, and what storing it takes.
const A_TICK: Duration = Duration::from_secs(15);

fn people(village: &str, serials: std::ops::Range<u16>) -> Vec<Value> {
    serials.map(|serial| row(&test_id(date!(1990 - 03 - 01), serial), village)).collect()
}

fn scope(classes: &[&str]) -> Value {
    json!({ "classes": classes, "purpose": "COOPERATION" })
}

fn ask(filter: Value) -> Value {
    json!({ "kind": "SUPPLY", "detail": "CARD", "filter": filter })
}

/// A city with an agreement, a village with twelve people and one with nine.
struct World {
    exchange: Exchange,
    operator: Client,
    guiyang: Client,
    city: Client,
    agreement: String,
}

impl World {
    async fn new(classes: &[&str]) -> Self {
        let exchange = Exchange::up();
        let operator = exchange.client("operator");
        let guiyang = point(&operator, GUIYANG).await;
        let linwu = point(&operator, LINWU).await;
        upload(&guiyang, GUIYANG, &people(GUIYANG, 1..13)).await;
        upload(&linwu, LINWU, &people(LINWU, 200..209)).await;
        party(&operator, CITY, "CITY").await;
        let city = key(&operator, CITY, "CLERK").await;
        let agreement =
            json!({ "party": CITY, "until": "2099-01-01T00:00:00Z", "scope": scope(classes) });
        let agreement = operator.post("/v1/agreements", &agreement, None).await.unwrap().id;
        Self { exchange, operator, guiyang, city, agreement }
    }

    async fn amend(&self, classes: &[&str]) {
        let path = format!("/v1/agreements/{}/amend", self.agreement);
        self.operator.post(&path, &json!({ "scope": scope(classes) }), None).await.unwrap();
    }

    /// Follows until so many cards are held.
    async fn hold(&self, subscription: &view::Subscription, held: &mut Held, cards: usize) {
        until("the cards", async || {
            held.follow(&self.city, subscription).await;
            (held.items.len() == cards).then_some(())
        })
        .await;
    }

    async fn say(&self, card: &str, what: &str, body: &Value) {
        self.guiyang.post(&format!("/v1/people/{card}/{what}"), body, None).await.unwrap();
    }

    async fn events(&self, subscription: &view::Subscription) -> Vec<Value> {
        let page: Value = self.city.get(&subscription.events).await.unwrap();
        page["events"].as_array().unwrap().clone()
    }

    async fn snapshot(&self, subscription: &view::Subscription) -> Held {
        let page: Value = self.city.get(&subscription.snapshot).await.unwrap();
        let cursor = page["manifest"]["cursor"].as_str().unwrap();
        let (epoch, sequence) = cursor.split_once('.').unwrap();
        let items = page["items"].as_array().unwrap().iter();
        let item =
            |item: &Value| (item["key"].as_str().unwrap().to_owned(), item["data"].to_string());
        Held {
            epoch: epoch.parse().unwrap(),
            sequence: sequence.parse().unwrap(),
            items: items.map(item).collect(),
            ..Held::default()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cards_are_opened_by_a_class_of_their_own_and_closed_with_it() {
    let world = World::new(&["SUPPLY", "VACANCIES"]).await;
    let city = &world.city;
    let refused = refusal(city.post("/v1/subscriptions", &ask(json!({})), None).await);
    assert_eq!((refused.code.as_str(), refused.status), ("agreement.scope", 403));
    let vacancies = json!({ "kind": "VACANCY", "detail": "CARD" });
    let refused = refusal(city.post("/v1/subscriptions", &vacancies, None).await);
    assert_eq!(
        (refused.code.as_str(), refused.pointer.as_deref()),
        ("field.invalid", Some("/detail"))
    );
    let (_, factory) = enterprise(&world.operator, 1).await;
    let refused = refusal(factory.post("/v1/subscriptions", &ask(json!({})), None).await);
    assert_eq!(refused.code, "subscription.kind");

    world.amend(&["SUPPLY", "VACANCIES", "CARDS"]).await;
    let subscription = subscribe(city, &ask(json!({}))).await;
    assert_eq!(subscription.detail.as_deref(), Some("CARD"));
    let mut held = Held::default();
    world.hold(&subscription, &mut held, 12).await;
    world.amend(&["SUPPLY"]).await;
    until("the end", async || {
        held.follow(city, &subscription).await;
        held.closed.then_some(())
    })
    .await;
    assert!(held.items.is_empty());
    let over = refusal(city.get::<Value>(&subscription.snapshot).await);
    assert_eq!(over.code, "subscription.over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_says_coarse_facets_under_a_name_that_joins_to_nothing() {
    let world = World::new(&["CARDS"]).await;
    let counts = json!({ "kind": "SUPPLY" });
    let refused = refusal(world.city.post("/v1/subscriptions", &counts, None).await);
    assert_eq!(refused.code, "agreement.scope", "cards do not open counts");
    let one = subscribe(&world.city, &ask(json!({}))).await;
    let other = subscribe(&world.city, &ask(json!({ "divisions": ["431021"] }))).await;
    let few = subscribe(&world.city, &ask(json!({ "divisions": ["431025"] }))).await;
    let (mut of_one, mut of_other) = (Held::default(), Held::default());
    world.hold(&one, &mut of_one, 12).await;
    world.hold(&other, &mut of_other, 12).await;

    let names = |item: &String| {
        let item: Value = serde_json::from_str(item).unwrap();
        item.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    for item in of_one.items.values().chain(of_other.items.values()) {
        // Who can come at once has no week, and what is empty is left out.
        assert_eq!(names(item), ["division", "level", "occupation", "state"], "{item}");
        assert!(item.contains("\"431021\"") && item.contains("FREE"), "{item}");
    }
    let keys = |held: &Held| held.items.keys().cloned().collect::<BTreeSet<_>>();
    assert!(keys(&of_one).is_disjoint(&keys(&of_other)), "no pseudonym serves two");
    let ids: BTreeSet<String> = cards(&world.guiyang, GUIYANG).await.into_iter().collect();
    let is_hash = |key: &String| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(keys(&of_one).iter().all(is_hash), "{of_one:?}");
    assert!(keys(&of_one).is_disjoint(&ids));

    // The order in which cards are told is that of their pseudonyms.
    for subscription in [&one, &other] {
        let events = world.events(subscription).await;
        let told: Vec<&str> = events
            .iter()
            .filter(|event| event["type"] == "gongqiao.v1.CardItem")
            .map(|event| event["subject"].as_str().unwrap())
            .collect();
        assert_eq!(told.len(), 12);
        assert!(told.is_sorted(), "{told:?}");
    }
    // Nothing in the stream itself leads to a card.
    let stream = &one.nats.as_ref().unwrap().stream;
    let connection = world.exchange.connection().await;
    let stored = read_feed(&connection, stream, ">", 1, 1_000).await.unwrap();
    let cards = stored.iter().filter(|message| message.subject.contains(".card."));
    assert_eq!(cards.count(), 12);
    for message in &stored {
        let text = format!("{message:?}{}", String::from_utf8_lossy(&message.payload));
        assert!(ids.iter().all(|id| !text.contains(id.as_str())), "{text}");
    }
    // Of nine alike nobody is told, in the county or anywhere.
    let page: Value = world.city.get(&few.snapshot).await.unwrap();
    assert_eq!(page["manifest"]["items"], 0, "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_is_not_to_be_shown_any_more_is_gone_within_a_tick() {
    let mut world = World::new(&["CARDS"]).await;
    let subscription = subscribe(&world.city, &ask(json!({}))).await;
    let mut held = Held::default();
    world.hold(&subscription, &mut held, 12).await;
    let mut resumed = world.snapshot(&subscription).await;
    assert_eq!(resumed.items, held.items);

    let ids = cards(&world.guiyang, GUIYANG).await;
    let since = gongqiao_shell::Clock::system().now();
    world.say(&ids[0], "erase", &json!({ "reason": "REQUEST" })).await;
    world.say(&ids[1], "freeze", &json!({})).await;
    let to_city = json!({ "purpose": "DISCLOSURE", "recipient": "CITY", "party": CITY });
    world.say(&ids[2], "consents/withdraw", &to_city).await;
    world.hold(&subscription, &mut held, 9).await;
    let events = world.events(&subscription).await;
    let gone: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "gongqiao.v1.FeedRemoved").collect();
    assert_eq!(gone.len(), 3);
    for event in gone {
        // Why it is gone is not told; what it was found by is.
        let facets = json!({ "why": "GONE", "division": "431021", "occupations": ["6-00-00-00"] });
        assert_eq!(event["data"], facets);
        let told = event["time"].as_str().unwrap();
        let late = OffsetDateTime::parse(told, &Rfc3339).unwrap() - since;
        assert!(late < A_TICK, "{late}");
    }

    // Who agrees again comes back as before, also after a restart.
    world.say(&ids[2], "consents", &to_city).await;
    world.hold(&subscription, &mut held, 10).await;
    world.exchange.restart();
    world.operator = world.exchange.client("operator");
    world.city = key(&world.operator, CITY, "CLERK").await;
    world.guiyang = key(&world.operator, GUIYANG, "CLERK").await;
    resumed.follow(&world.city, &subscription).await;
    let fresh = world.snapshot(&subscription).await;
    assert_eq!((&resumed.items, resumed.epoch), (&fresh.items, fresh.epoch));
    assert_eq!(resumed.items, held.items);

    // Ten are alike; when one is not to be proposed any more, the others are told
    // as coarsely as all are alike: with the nine of the other county.
    world.say(&ids[3], "consents/withdraw", &json!({ "purpose": "MATCHING" })).await;
    world.hold(&subscription, &mut held, 18).await;
    assert!(held.items.values().all(|item| item.contains("\"division\":\"431000\"")));
    assert_eq!(world.snapshot(&subscription).await.items, held.items);
}

/// Takes what a consumer has into what is held, as protobuf has it.
async fn pull(consumer: &PullConsumer, held: &mut BTreeMap<String, wire::CardItem>) {
    let fetch = consumer.fetch().max_messages(100).expires(Duration::from_millis(300));
    let mut messages = fetch.messages().await.unwrap();
    while let Some(Ok(message)) = messages.next().await {
        let headers = message.headers.clone().unwrap();
        let header = |name: &str| headers.get(name).unwrap().as_str().to_owned();
        match header("ce-type").as_str() {
            "gongqiao.v1.CardItem" => {
                let item = wire::CardItem::decode(message.payload.clone()).unwrap();
                held.insert(header("ce-subject"), item);
            }
            "gongqiao.v1.FeedRemoved" => {
                let gone = wire::FeedRemoved::decode(message.payload.clone()).unwrap();
                let before = held.remove(&header("ce-subject")).unwrap();
                assert_eq!(gone.why(), Exit::Gone);
                assert_eq!(
                    (gone.division, gone.occupations),
                    (before.division, vec![before.occupation])
                );
            }
            _ => {}
        }
        message.ack().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cards_come_over_nats_and_in_protobuf_as_well() {
    let world = World::new(&["CARDS"]).await;
    let city = user(&world.exchange, &world.operator, CITY, "CLERK").await;
    until("the permission", async || {
        city.is_answered("out.subscriptions.open").await.then_some(())
    })
    .await;
    let mut ask = ask(json!({}));
    ask["format"] = json!("PROTOBUF");
    let (status, receipt) = city.json("out.subscriptions.open", &ask).await;
    assert_eq!(status, 201, "{receipt}");
    let path = format!("/v1/subscriptions/{}", receipt["id"].as_str().unwrap());
    let subscription: view::Subscription = world.city.get(&path).await.unwrap();
    let consumer = consumer(&city, &subscription).await;
    let mut held = BTreeMap::new();
    until("the cards", async || {
        pull(&consumer, &mut held).await;
        (held.len() == 12).then_some(())
    })
    .await;
    assert!(held.values().all(|item| item.state() == State::Free && item.division == "431021"));
    let ids = cards(&world.guiyang, GUIYANG).await;
    world.say(&ids[0], "erase", &json!({ "reason": "REQUEST" })).await;
    until("the tombstone", async || {
        pull(&consumer, &mut held).await;
        (held.len() == 11).then_some(())
    })
    .await;
}
