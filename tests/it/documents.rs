//! What the exchange says of itself over NATS, a vacancy as others read it, and
//! answers made smaller.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use gongqiao_client::{Client, http_client};
use gongqiao_contract::view;
use reqwest::header;
use serde_json::{Value, json};

use crate::{
    isolation::{CITY, User, party, user},
    support::{Exchange, enterprise, point, sign, until, vacancy},
};

const POINT: &str = "431021001001";

async fn asyncapi(exchange: &Exchange) -> Value {
    let url = format!("{}/asyncapi.json", exchange.process.origin);
    http_client().unwrap().get(url).send().await.unwrap().json().await.unwrap()
}

/// Asks until the broker has heard of the permission, and returns the code.
async fn refused(user: &User, subject: &str) -> String {
    until("the permission", async || user.is_answered(subject).await.then_some(())).await;
    let (_, answer) = user.json(subject, &json!({})).await;
    answer["code"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_that_the_document_names_is_taken_over_nats() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    point(&operator, POINT).await;
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let desk = user(&exchange, &operator, POINT, "CLERK").await;
    let document = asyncapi(&exchange).await;
    let channels = document["channels"].as_object().unwrap().values();
    let addresses: Vec<&str> = channels.filter_map(|one| one["address"].as_str()).collect();
    let said = addresses.iter().filter_map(|address| address.strip_prefix("gq.v1.in.{party}."));
    let said: Vec<&str> = said.collect();
    assert_eq!(said.len(), 8, "{said:?}");
    for saying in said {
        let tokens: Vec<&str> =
            saying.split('.').map(|one| if one.starts_with('{') { "x_1" } else { one }).collect();
        let tail = tokens.join(".");
        let (who, subject) = match tokens[0] {
            "signals" => (&desk, format!("gq.v1.in.{POINT}.{tail}")),
            _ => (&city, format!("out.{tail}")),
        };
        assert_ne!(refused(who, &subject).await, "nats.subject", "{saying}");
    }
    assert_eq!(refused(&city, "out.vacancies.x_1.burn").await, "nats.subject", "the control");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_on_the_broker_is_what_the_document_says() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let (_, factory) = enterprise(&operator, 1).await;
    factory.post("/v1/vacancies", &vacancy(12), None).await.unwrap();
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let desk = crate::support::key(&operator, CITY, "CLERK").await;
    let made = desk.post("/v1/subscriptions", &json!({ "kind": "VACANCY" }), None).await.unwrap();
    let path = format!("/v1/subscriptions/{}", made.id);
    let subscription: view::Subscription = desk.get(&path).await.unwrap();
    let document = asyncapi(&exchange).await;
    let channel = &document["channels"]["feed"];
    let named = subscription.nats.unwrap();
    let stream = channel["x-jetstream-stream"]["name"].as_str().unwrap();
    assert_eq!(stream.replace("{subscription}", &made.id), named.stream);
    assert_eq!(channel["x-jetstream-stream"]["domain"], named.domain);
    assert_eq!(channel["x-jetstream-consumer"]["durable_name"], named.consumer);

    let context = async_nats::jetstream::with_domain(city.nats.clone(), &named.domain);
    let consumer: async_nats::jetstream::consumer::PullConsumer =
        until("the consumer", async || {
            context.get_consumer_from_stream(&named.consumer, &named.stream).await.ok()
        })
        .await;
    let declared = &channel["x-jetstream-consumer"];
    let config = &consumer.cached_info().config;
    assert_eq!(declared["max_ack_pending"], config.max_ack_pending);
    assert_eq!(declared["ack_wait_seconds"], config.ack_wait.as_secs());
    let mut messages = consumer.messages().await.unwrap();
    let message = messages.next().await.unwrap().unwrap();
    let headers = message.headers.as_ref().unwrap();
    let names = headers.iter().map(|(name, _)| name.to_string());
    // Why: the broker adds its own, of the batch in which it came.
    let names: BTreeSet<String> = names.filter(|name| !name.starts_with("Nats-")).collect();
    let kind = headers.get("ce-type").unwrap().as_str();
    let name = kind.strip_prefix("gongqiao.v1.").unwrap();
    assert!(channel["messages"][name].is_object(), "{name}");
    let said = &document["components"]["messages"][name]["headers"]["required"];
    let said: BTreeSet<String> = serde_json::from_value(said.clone()).unwrap();
    assert_eq!(names, said);
    let kinds = channel["parameters"]["kind"]["enum"].as_array().unwrap();
    let token = message.subject.split('.').nth(4).unwrap();
    assert!(kinds.contains(&json!(token)), "{token}");
}

#[tokio::test]
async fn a_vacancy_is_read_as_a_job_posting() {
    let exchange = Exchange::up();
    let (_, factory) = enterprise(&exchange.client("operator"), 1).await;
    let id = factory.post("/v1/vacancies", &vacancy(12), None).await.unwrap().id;
    let path = format!("/v1/vacancies/{id}");
    let bytes = factory.download(&path, "application/ld+json").await.unwrap();
    let posting: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(posting["@type"], "JobPosting");
    assert_eq!(
        (&posting["identifier"]["value"], &posting["totalJobOpenings"]),
        (&json!(id), &json!(12))
    );
    assert_eq!(posting["hiringOrganization"]["name"], "测试电子1厂");
    let plain: view::Vacancy = factory.get(&path).await.unwrap();
    assert_eq!(plain.id.as_str(), id);
}

/// The form and the size in which an answer comes to somebody who takes all.
async fn sent(exchange: &Exchange, who: &str, path: &str, accept: &str) -> (Option<String>, usize) {
    let request = http_client().unwrap().get(format!("{}{path}", exchange.process.origin));
    let request = request.header(header::ACCEPT_ENCODING, "gzip, zstd");
    let answer = request.header(header::ACCEPT, accept).bearer_auth(who).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let form = answer.headers().get(header::CONTENT_ENCODING);
    let form = form.map(|form| form.to_str().unwrap().to_owned());
    let size = match accept {
        "text/event-stream" => answer.bytes_stream().next().await.unwrap().unwrap().len(),
        _ => answer.bytes().await.unwrap().len(),
    };
    (form, size)
}

async fn token(operator: &Client, party: &str) -> String {
    let ask = json!({ "person": "staff-2", "role": "CLERK" });
    let path = format!("/v1/parties/{party}/credentials");
    operator.post(&path, &ask, None).await.unwrap().key.unwrap()
}

#[tokio::test]
async fn lists_and_feeds_are_compressed_and_what_names_people_is_not() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let (other, _) = enterprise(&operator, 2).await;
    for _ in 0..5 {
        factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    }
    sign(&operator, &other).await;
    let reader = token(&operator, &id).await;
    let list = sent(&exchange, &reader, "/v1/vacancies", "application/json").await;
    assert_eq!(list.0.as_deref(), Some("zstd"));
    assert!(list.1 < 4_000, "{}", list.1);
    for path in ["/openapi.json", "/asyncapi.json"] {
        assert!(sent(&exchange, &reader, path, "application/json").await.0.is_some(), "{path}");
    }

    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let city = token(&operator, CITY).await;
    let desk = crate::support::key(&operator, CITY, "CLERK").await;
    let made = desk.post("/v1/subscriptions", &json!({ "kind": "VACANCY" }), None).await.unwrap();
    let feed = format!("/v1/feeds/{}", made.id);
    for path in [format!("{feed}/snapshot"), format!("{feed}/events")] {
        let whole = until("the feed", async || {
            let answer = sent(&exchange, &city, &path, "application/json").await;
            answer.0.is_some().then_some(answer)
        });
        assert_eq!(whole.await.0.as_deref(), Some("zstd"), "{path}");
    }
    let stream = format!("{feed}/events");
    assert_eq!(sent(&exchange, &city, &stream, "text/event-stream").await.0, None);

    let desk = point(&operator, POINT).await;
    let year = crate::support::next_year();
    let birth = time::Date::from_calendar_date(year - 30, time::Month::March, 7).unwrap();
    let rows: Vec<Value> =
        (1..20).map(|n| crate::support::row(&crate::support::test_id(birth, n), POINT)).collect();
    crate::support::upload(&desk, POINT, &rows).await;
    let reader = token(&operator, POINT).await;
    let path = format!("/v1/register/{POINT}/cards");
    let named = sent(&exchange, &reader, &path, "application/json").await;
    assert!(named.0.is_none() && named.1 > 4_000, "{named:?}");
}
