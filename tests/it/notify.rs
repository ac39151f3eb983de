//! Those concerned are told of what happens, by the program as it runs: a
//! vacancy reaches the village's group chat without anybody looking.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_client::http_client;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use time::macros::date;
use tokio::{net::TcpListener, sync::mpsc};

use crate::support::{
    Exchange, PATIENCE, cards, commit, enterprise, point, row, signal, test_id, until, upload,
    vacancy,
};

const POINT: &str = "431021001001";
const NAME: &str = "欧阳植苗";
const PHONE: &str = "19900812345";
const KEY: [u8; 24] = *b"24 bytes for the webhook";

#[derive(Clone)]
struct Desk {
    told: mpsc::UnboundedSender<(String, String)>,
    status: Arc<Mutex<StatusCode>>,
}

/// A receiver that looks at signatures and takes what it likes.
struct Receiver {
    url: String,
    told: mpsc::UnboundedReceiver<(String, String)>,
    status: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notices", listener.local_addr().unwrap());
        let (tell, told) = mpsc::unbounded_channel();
        let status = Arc::new(Mutex::new(StatusCode::NO_CONTENT));
        let desk = Desk { told: tell, status: Arc::clone(&status) };
        let router = Router::new().route("/notices", post(take)).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, told, status }
    }

    fn answer(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    /// The next notice, with its id.
    async fn next(&mut self) -> (String, Value) {
        let (id, body) = tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap().unwrap();
        for hidden in [NAME, PHONE, "card_"] {
            assert!(!body.contains(hidden), "{hidden} in {body}");
        }
        (id, serde_json::from_str(&body).unwrap())
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    if header("webhook-signature") != signature {
        return StatusCode::UNAUTHORIZED;
    }
    let body = String::from_utf8(body.to_vec()).unwrap();
    desk.told.send((id.to_owned(), body)).unwrap();
    *desk.status.lock().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vacancy_reaches_the_point_by_its_webhook_and_a_restart_loses_and_repeats_nothing() {
    let mut receiver = Receiver::start().await;
    let secret = format!("whsec_{}", STANDARD.encode(KEY));
    let mut exchange = Exchange::up_with(&[
        ("GONGQIAO__NOTIFY__ADAPTER", "webhook"),
        ("GONGQIAO__NOTIFY__URL", &receiver.url),
        ("GONGQIAO__NOTIFY__SECRET", &secret),
    ]);
    let operator = exchange.client("operator");
    let (plant, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let person = json!({
        "name": NAME, "citizenId": test_id(date!(1985 - 03 - 07), 7).expose(), "phone": PHONE,
        "homeVillage": POINT, "occupations": "普工", "consents": "入册;推荐;提供",
    });
    upload(&desk, POINT, &[person]).await;
    let id = factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap().id;
    let (raised, notice) = receiver.next().await;
    assert_eq!((&notice["type"], &notice["data"]["to"]), (&json!("signal.raised"), &json!(POINT)));
    let text = notice["data"]["textZh"].as_str().unwrap();
    assert!(text.contains("测试电子1厂") && text.contains("电子装配工"), "{text}");
    assert!(notice["data"]["deadline"].is_string());
    let link = notice["data"]["link"].as_str().unwrap();
    assert_eq!(link, format!("{}/v1/signals/{POINT}-{id}", exchange.process.origin));
    let signal = link.strip_prefix(&exchange.process.origin).unwrap();
    desk.get::<Value>(signal).await.unwrap();

    // What nobody takes waits over an end of the program, and comes once.
    receiver.answer(StatusCode::BAD_GATEWAY);
    factory.post_empty(&format!("/v1/vacancies/{id}/withdraw")).await.unwrap();
    let (recalled, notice) = receiver.next().await;
    assert_eq!(notice["type"], "signal.recalled");
    exchange.process.stop();
    assert!(exchange.process.log().contains("notify.not_taken"));
    while receiver.told.try_recv().is_ok() {}
    receiver.answer(StatusCode::OK);
    exchange.restart_stopped();
    let operator = exchange.client("operator");
    let agreements: Vec<Value> = operator.list("/v1/agreements").await.unwrap();
    let agreement = agreements[0]["id"].as_str().unwrap();
    operator.post_empty(&format!("/v1/agreements/{agreement}/terminate")).await.unwrap();
    let told = BTreeSet::from([receiver.next().await.0, receiver.next().await.0]);
    assert!(told.contains(&recalled) && !told.contains(&raised), "{told:?}");
    assert!(told.iter().any(|id| id.ends_with(&plant)), "of the end of its agreement: {told:?}");

    let line = "notify_sent_total{kind=\"agreement.ended\",outcome=\"taken\"} 1";
    let metrics = format!("{}/metrics", exchange.process.origin);
    until(line, async || {
        let said = http_client().unwrap().get(&metrics).send().await.unwrap();
        said.text().await.unwrap().contains(line).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_setting_a_notice_is_a_line_in_the_log() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let id = test_id(date!(1985 - 03 - 07), 7);
    upload(&desk, POINT, &[row(&id, POINT)]).await;
    factory.post("/v1/vacancies", &vacancy(1), None).await.unwrap();
    let line = line(&exchange, "signal.raised").await;
    assert_eq!(line["to"], POINT);
    assert!(line["text_zh"].as_str().unwrap().contains("请贵点推荐1人"), "{line}");
    assert!(line["link"].as_str().unwrap().starts_with(&exchange.process.origin), "{line}");
    assert!(line["deadline"].as_str().unwrap().ends_with('Z'), "{line}");
}

/// The first notice of a kind in the log.
async fn line(exchange: &Exchange, kind: &str) -> Value {
    until(kind, async || {
        let log = exchange.process.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut notices = lines.filter(|line| line["target"] == "notice");
        notices.find(|line| line["kind"] == kind)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_moves_up_or_is_released_is_told_through_the_point() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<Value> =
        (1..=3).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let id = factory.post("/v1/vacancies", &vacancy(2), None).await.unwrap().id;
    let signal = signal(&desk, POINT, &id).await.id.to_string();
    let told = commit(&desk, &signal, &cards(&desk, POINT).await).await;
    assert_eq!((told.committed, told.standby), (2, 1), "the control");

    let path = format!("/v1/vacancies/{id}");
    factory.post(&format!("{path}/update"), &vacancy(3), None).await.unwrap();
    let promoted = line(&exchange, "standby.promoted").await;
    assert_eq!(promoted["to"], POINT);
    let text = promoted["text_zh"].as_str().unwrap();
    assert!(text.contains("候补人员中1人已锁定"), "{text}");

    factory.post(&format!("{path}/reduce"), &json!({ "headcount": 1 }), None).await.unwrap();
    let released = line(&exchange, "people.released").await;
    assert_eq!(released["to"], POINT);
    let text = released["text_zh"].as_str().unwrap();
    assert!(text.contains("名额减少，贵点2人已解除锁定"), "{text}");
}
