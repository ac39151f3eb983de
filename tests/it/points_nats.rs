//! A service point answers its signals over NATS as over HTTP.

use gongqiao_contract::{
    view,
    wire::{self, call_outcome},
};
use prost::Message as _;
use serde_json::json;
use time::{Date, Month};

use crate::{
    isolation::{User, user},
    support::{
        Exchange, cards, enterprise, next_year, point, row, signal, test_id, until, upload, vacancy,
    },
};

const POINT: &str = "431021001001";
const NEIGHBOUR: &str = "431021102205";
const JSON: &str = "application/json";

/// A point with people, whom a vacancy has a signal for; and its user of the
/// broker, who may speak already.
async fn asked(exchange: &Exchange) -> (User, Vec<String>, String) {
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let year = next_year();
    // Why: the year alone leaves open whether the first is sixteen by then.
    let birth = |age| Date::from_calendar_date(year - age, Month::March, 7).unwrap();
    let rows: Vec<_> =
        [16, 30, 31].iter().zip(1..).map(|(age, n)| row(&test_id(birth(*age), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let people = cards(&desk, POINT).await;
    let mut ask = vacancy(3);
    ask["terms"]["neededBy"] = json!(format!("{year}-07-20"));
    ask["terms"]["validUntil"] = json!(format!("{year}-12-31T00:00:00Z"));
    let vacancy = factory.post("/v1/vacancies", &ask, None).await.unwrap().id;
    signal(&desk, POINT, &vacancy).await;
    (heard(exchange, POINT).await, people, vacancy)
}

/// A user of a point, once the broker lets it answer signals.
async fn heard(exchange: &Exchange, point: &str) -> User {
    let user = user(exchange, &exchange.client("operator"), point, "CLERK").await;
    let any = format!("gq.v1.in.{point}.signals.x.answer");
    until("its permission", async || user.is_answered(&any).await.then_some(())).await;
    user
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_point_answers_a_signal_over_nats_in_parts_and_a_repeat_does_nothing_twice() {
    let exchange = Exchange::up();
    let (point, people, vacancy) = asked(&exchange).await;
    let own = format!("gq.v1.in.{POINT}.signals.{vacancy}.answer");
    let part = json!({
        "calls": people[..2].iter().map(|c| json!({ "card": c, "outcome": "WILLING" })).collect::<Vec<_>>(),
        "commit": { "cards": people[..2] },
    });
    let bytes = part.to_string().into_bytes();
    let (status, receipt) = point.ask(&own, Some("part-1"), bytes.clone(), JSON).await;
    assert_eq!((status, &receipt["committed"]), (201, &json!(2)), "{receipt}");
    assert_eq!(receipt["id"], format!("{POINT}-{vacancy}"));
    let again = point.ask(&own, Some("part-1"), bytes, JSON).await;
    assert_eq!(again, (201, receipt.clone()), "the same receipt");
    let told: view::Receipt = serde_json::from_value(receipt).unwrap();
    assert!(told.recorded_at.is_some());

    // The rest as protobuf, under the id that the signal has everywhere else.
    let rest = wire::AnswerSignal {
        calls: vec![wire::Call {
            card: people[2].clone(),
            outcome: call_outcome::Value::Willing as i32,
        }],
        answer: Some(wire::answer_signal::Answer::Commit(wire::answer_signal::Commit {
            cards: vec![people[2].clone()],
            complete: true,
            ..Default::default()
        })),
        ..Default::default()
    };
    let by_id = format!("gq.v1.in.{POINT}.signals.{POINT}-{vacancy}.answer");
    let media = "application/protobuf";
    let (status, receipt) = point.ask(&by_id, None, rest.encode_to_vec(), media).await;
    assert_eq!((status, &receipt["committed"]), (201, &json!(1)), "{receipt}");
    let path = format!("/v1/vacancies/{vacancy}");
    let shown: view::Vacancy = exchange.client("operator").get(&path).await.unwrap();
    assert_eq!(shown.free_seats, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_point_answers_no_other_points_signal_and_a_wrong_body_is_told_where() {
    let exchange = Exchange::up();
    let (point_user, people, vacancy) = asked(&exchange).await;
    point(&exchange.client("operator"), NEIGHBOUR).await;
    let neighbour = heard(&exchange, NEIGHBOUR).await;
    let body = json!({ "calls": [{ "card": people[0], "outcome": "UNWILLING" }] });
    for token in [format!("{POINT}-{vacancy}"), vacancy.clone()] {
        let subject = format!("gq.v1.in.{NEIGHBOUR}.signals.{token}.answer");
        let (status, refused) = neighbour.json(&subject, &body).await;
        assert_eq!((status, &refused["code"]), (404, &json!("signal.not_found")), "{refused}");
    }
    let own = format!("gq.v1.in.{POINT}.signals.{vacancy}.answer");
    let wrong = json!({ "calls": [{ "card": people[0], "colour": 1 }] });
    let (status, refused) = point_user.json(&own, &wrong).await;
    assert_eq!((status, &refused["code"]), (400, &json!("body.unknown_field")), "{refused}");
    assert_eq!(refused["pointer"], "/calls/0/colour");
    let (status, refused) = point_user.json(&own, &json!({})).await;
    assert_eq!((status, &refused["code"]), (422, &json!("field.invalid")), "{refused}");
    // The problem is HTTP's, with what its text says in codes.
    assert_eq!(refused["type"], "urn:gongqiao:problem:field.invalid");
    assert!(refused["params"]["why"].as_str().unwrap().contains("commit"), "{refused}");
    let (status, _) = point_user.json(&own, &body).await;
    assert_eq!(status, 201, "the control: the point itself may");
}
