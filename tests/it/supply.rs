//! The supply of workers as partner cities are told of it: with the real
//! program, over HTTP.

use gongqiao_client::Client;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    feeds::{Held, subscribe},
    isolation::{CITY, party},
    support::{Exchange, enterprise, key, point, refusal, row, test_id, until, upload},
};

const GUIYANG: &str = "431021102205";
const LINWU: &str = "431025100001";

async fn people(desk: &Client, village: &str, serials: std::ops::Range<u16>) {
    let rows: Vec<Value> =
        serials.map(|serial| row(&test_id(date!(1990 - 03 - 01), serial), village)).collect();
    upload(desk, village, &rows).await;
}

async fn agree(operator: &Client, classes: &[&str]) -> String {
    let agreement = json!({
        "party": CITY, "until": "2099-01-01T00:00:00Z",
        "scope": { "classes": classes, "purpose": "COOPERATION" },
    });
    operator.post("/v1/agreements", &agreement, None).await.unwrap().id
}

/// What a supply feed says, as soon as it says anything that will do.
async fn told(
    who: &Client,
    subscription: &view::Subscription,
    held: &mut Held,
    will_do: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    until("the supply", async || {
        held.follow(who, subscription).await;
        let items: Vec<Value> =
            held.items.values().map(|item| serde_json::from_str(item).unwrap()).collect();
        will_do(&items).then_some(items)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_city_is_told_how_many_could_come_and_never_of_a_few() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let guiyang = point(&operator, GUIYANG).await;
    let linwu = point(&operator, LINWU).await;
    people(&guiyang, GUIYANG, 1..63).await;
    people(&linwu, LINWU, 200..209).await;
    party(&operator, CITY, "CITY").await;
    let desk = key(&operator, CITY, "CLERK").await;

    let ask = |filter: Value| json!({ "kind": "SUPPLY", "filter": filter });
    let not_yet = desk.post("/v1/subscriptions", &ask(json!({})), None).await;
    assert_eq!(refusal(not_yet).status, 403, "no agreement opens it");
    let agreement = agree(&operator, &["SUPPLY"]).await;
    let urgent = desk.post("/v1/subscriptions", &ask(json!({ "urgent": true })), None).await;
    let urgent = refusal(urgent);
    assert_eq!(
        (urgent.code.as_str(), urgent.pointer.as_deref()),
        ("field.invalid", Some("/filter/urgent"))
    );
    let (_, factory) = enterprise(&operator, 1).await;
    let none = factory.post("/v1/subscriptions", &ask(json!({})), None).await;
    assert_eq!(refusal(none).code, "subscription.kind");

    let all = subscribe(&desk, &ask(json!({}))).await;
    let county = subscribe(&desk, &ask(json!({ "divisions": ["431021"] }))).await;
    let other = subscribe(&desk, &ask(json!({ "divisions": ["431025"] }))).await;
    let (mut of_all, mut of_county, mut of_other) =
        (Held::default(), Held::default(), Held::default());
    let items = told(&desk, &county, &mut of_county, |items| !items.is_empty()).await;
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(item["division"], "431021");
    assert_eq!(item["level"], "NONE");
    assert!([60, 65].contains(&item["free"].as_u64().unwrap()), "{item}");
    assert_eq!((&item["willing"], item.get("held")), (&item["free"], None));
    // Those of the other county are too few to be told of, there and anywhere.
    told(&desk, &all, &mut of_all, |items| !items.is_empty()).await;
    assert_eq!(of_all.items, of_county.items);
    told(&desk, &other, &mut of_other, |_| true).await;
    assert!(of_other.items.is_empty());

    people(&guiyang, GUIYANG, 63..103).await;
    let more = |items: &[Value]| items.iter().any(|item| item["free"].as_u64() >= Some(100));
    told(&desk, &county, &mut of_county, more).await;
    let snapshot: Value = desk.get(&county.snapshot).await.unwrap();
    assert_eq!(snapshot["manifest"]["digest"], of_county.digest());

    operator.post_empty(&format!("/v1/agreements/{agreement}/terminate")).await.unwrap();
    told(&desk, &county, &mut of_county, <[Value]>::is_empty).await;
}
