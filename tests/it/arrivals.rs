//! The list of groups that are to arrive, for whoever receives them: over HTTP,
//! from the command line, and as a feed of groups reads.

use gongqiao_client::Client;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    afterwards_cli::User,
    feeds::{Held, subscribe},
    isolation::party,
    scenarios::afterwards::vacancy,
    support::{
        Exchange, cards, commit, enterprise, key, point, refusal, row, sign, signal, test_id,
        until, upload,
    },
};

const POINT: &str = "431021001001";
/// A city to which people travel from the county beside it.
const CITY: &str = "431081";
/// Another city, in which none of the groups arrives.
const ELSEWHERE: &str = "320600";
const NOW: &str = "2021-07-18 18:00";

/// Groups of one person each that travel to that city, on a clock of its own.
struct World {
    _exchange: Exchange,
    operator: Client,
    factory: Client,
    desk: Client,
    city: Client,
    vacancy: String,
    people: Vec<String>,
}

impl World {
    async fn new(people: u16) -> Self {
        let exchange = Exchange::up_with(&[("GONGQIAO__CLOCK__MANUAL_FROM", NOW)]);
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let desk = point(&operator, POINT).await;
        let rows: Vec<Value> =
            (0..people).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
        upload(&desk, POINT, &rows).await;
        let mut ask = vacancy(people);
        ask["terms"].as_object_mut().unwrap().remove("park");
        ask["terms"]["place"] = json!("431081");
        let vacancy = factory.post("/v1/vacancies", &ask, None).await.unwrap().id;
        let people = cards(&desk, POINT).await;
        let asked = signal(&desk, POINT, &vacancy).await.id.to_string();
        commit(&desk, &asked, &people).await;
        party(&operator, CITY, "CITY").await;
        let city = key(&operator, CITY, "CLERK").await;
        Self { _exchange: exchange, operator, factory, desk, city, vacancy, people }
    }

    /// A group that should arrive then.
    async fn group(&self, person: usize, arrives: Option<&str>) -> String {
        let mut ask = json!({
            "vacancy": self.vacancy, "mode": "COACH", "manifest": [self.people[person]],
            "vehicle": { "plate": "湘L00001", "seats": 45, "carrier": "示例客运" },
            "departsAt": "2021-07-19T00:30:00Z",
        });
        if let Some(arrives) = arrives {
            ask["arrivesAt"] = json!(arrives);
        }
        self.desk.post("/v1/dispatches", &ask, None).await.unwrap().id
    }

    async fn say(&self, who: &Client, group: &str, event: Value) {
        who.post(&format!("/v1/dispatches/{group}/events"), &event, None).await.unwrap();
    }

    async fn delay(&self, who: &Client, group: &str, arrives: &str) {
        self.say(who, group, json!({ "delay": { "arrivesAt": arrives } })).await;
    }
}

async fn list(who: &Client, query: &str) -> view::Arrivals {
    who.get(&format!("/v1/arrivals{query}")).await.unwrap()
}

async fn groups(who: &Client, query: &str) -> Vec<String> {
    list(who, query).await.items.into_iter().map(|one| one.dispatch.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_receives_groups_is_told_a_day_ahead_and_nobody_else_is() {
    let world = World::new(4).await;
    // It is 18:00 in Beijing: 23 and 25 hours later.
    let soon = world.group(0, Some("2021-07-19T09:00:00Z")).await;
    let later = world.group(1, Some("2021-07-19T11:00:00Z")).await;
    let cancelled = world.group(2, Some("2021-07-19T08:00:00Z")).await;
    world.group(3, None).await;
    world.say(&world.desk, &cancelled, json!({ "move": "CANCELLED" })).await;

    assert!(groups(&world.city, "").await.is_empty(), "no agreement yet");
    let agreement = sign(&world.operator, CITY).await;
    for who in [&world.city, &world.factory, &world.operator] {
        assert_eq!(groups(who, "").await, [soon.as_str()]);
        assert_eq!(groups(who, "?hours=48").await, [soon.as_str(), later.as_str()]);
    }
    let window = "?from=2021-07-19T10:00:00Z&until=2021-07-19T11:00:01Z";
    assert_eq!(groups(&world.city, window).await, [later.as_str()]);
    let (_, other) = enterprise(&world.operator, 2).await;
    party(&world.operator, ELSEWHERE, "CITY").await;
    sign(&world.operator, ELSEWHERE).await;
    let elsewhere = key(&world.operator, ELSEWHERE, "CLERK").await;
    for who in [&other, &elsewhere, &world.desk] {
        assert!(groups(who, "?hours=48").await.is_empty());
    }

    let shown: Value = world.city.get("/v1/arrivals").await.unwrap();
    let one = &shown["items"][0];
    assert_eq!(one["expectedAt"], "2021-07-19T09:00:00Z");
    assert_eq!((&one["from"], &one["to"]), (&json!("431021"), &json!("431081")));
    assert_eq!(
        (&one["people"], &one["mode"], &one["plate"]),
        (&json!(1), &json!("COACH"), &json!("湘L00001"))
    );
    let text = shown.to_string();
    assert!(world.people.iter().all(|card| !text.contains(card.as_str())), "{text}");

    let path = format!("/v1/agreements/{agreement}/terminate");
    world.operator.post_empty(&path).await.unwrap();
    assert!(groups(&world.city, "").await.is_empty(), "its agreement is at an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_scope_that_leaves_out_the_place_leaves_out_its_arrivals() {
    let world = World::new(1).await;
    let group = world.group(0, Some("2021-07-19T09:00:00Z")).await;
    let scope = |division: &str| {
        json!({
            "classes": ["DISPATCHES"], "purpose": "COOPERATION", "divisions": [division],
        })
    };
    let agreement = json!({
        "party": CITY, "until": "2099-01-01T00:00:00Z", "scope": scope("431021"),
    });
    let agreement = world.operator.post("/v1/agreements", &agreement, None).await.unwrap().id;
    assert!(groups(&world.city, "").await.is_empty());
    let path = format!("/v1/agreements/{agreement}/amend");
    let wider = json!({ "scope": scope("431000") });
    world.operator.post(&path, &wider, None).await.unwrap();
    assert_eq!(groups(&world.city, "").await, [group.as_str()]);
    let supply = json!({ "scope": { "classes": ["SUPPLY"], "purpose": "COOPERATION" } });
    world.operator.post(&path, &supply, None).await.unwrap();
    assert!(groups(&world.city, "").await.is_empty(), "the class is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_delay_moves_a_group_in_the_list_in_the_feed_and_in_the_window() {
    let world = World::new(2).await;
    sign(&world.operator, CITY).await;
    let first = world.group(0, Some("2021-07-19T07:00:00Z")).await;
    let second = world.group(1, Some("2021-07-19T08:00:00Z")).await;
    let feed = subscribe(&world.city, &json!({ "kind": "DISPATCH" })).await;
    let mut held = Held::default();
    until("both groups", async || {
        held.follow(&world.city, &feed).await;
        (held.items.len() == 2).then_some(())
    })
    .await;
    assert_eq!(groups(&world.city, "").await, [first.as_str(), second.as_str()]);

    world.delay(&world.desk, &first, "2021-07-19T09:30:00Z").await;
    assert_eq!(groups(&world.city, "").await, [second.as_str(), first.as_str()]);
    until("the new time", async || {
        held.follow(&world.city, &feed).await;
        held.items[&first].contains("\"arrivesAt\":\"2021-07-19T09:30:00").then_some(())
    })
    .await;
    let user = User::new(&world.operator, CITY).await;
    let listed = user.done(&["dispatch", "arrivals", "--within", "24h"]);
    assert_eq!(listed["items"][1]["dispatch"], first.as_str());
    assert_eq!(listed["items"][1]["expectedAt"], "2021-07-19T09:30:00Z");

    // By the enterprise as well, and out of the window.
    world.delay(&world.factory, &first, "2021-07-19T10:30:00Z").await;
    assert_eq!(groups(&world.city, "").await, [second.as_str()]);
    let path = format!("/v1/dispatches/{first}");
    let shown: view::Dispatch = world.factory.get(&path).await.unwrap();
    assert_eq!(shown.arrives_at.as_deref(), Some("2021-07-19T10:30:00Z"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_delay_and_a_window_that_make_no_sense_are_refused() {
    let world = World::new(1).await;
    let group = world.group(0, Some("2021-07-19T07:00:00Z")).await;
    let path = format!("/v1/dispatches/{group}/events");
    let say = async |who: &Client, delay: Value| {
        let refused = refusal(who.post(&path, &json!({ "delay": delay }), None).await);
        (refused.code, refused.pointer.unwrap_or_default())
    };
    let to = |at: &str| json!({ "arrivesAt": at });
    for (delay, code) in [
        (json!({}), "field.required"),
        (to("2021-07-19T00:30:00Z"), "field.invalid"),
        (to("2023-07-19T00:30:00Z"), "field.invalid"),
    ] {
        assert_eq!(say(&world.desk, delay).await, (code.into(), "/delay/arrivesAt".into()));
    }
    let (_, other) = enterprise(&world.operator, 2).await;
    let late = to("2021-07-19T08:00:00Z");
    assert_eq!(say(&other, late.clone()).await.0, "dispatch.not_found");
    world.say(&world.factory, &group, json!({ "move": "DECLINED" })).await;
    assert_eq!(
        say(&world.desk, late).await,
        ("dispatch.illegal_transition".into(), "/delay".into())
    );

    for query in [
        "?until=2021-07-18T09:00:00Z",
        "?hours=169",
        "?hours=0",
        "?hours=4&until=2021-07-19T00:00:00Z",
        "?from=tomorrow",
        "?from=2021-07-19T00:00:00Z&until=2021-07-26T00:00:01Z",
    ] {
        let refused = world.factory.get::<Value>(&format!("/v1/arrivals{query}")).await;
        assert_eq!(refusal(refused).code, "request.query", "{query}");
    }
}
