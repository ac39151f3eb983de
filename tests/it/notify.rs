//! Those concerned are told of what happens, by the program as it runs: a
//! vacancy reaches the village's group chat without anybody looking.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Instant,
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

use crate::support::{Exchange, PATIENCE, enterprise, point, row, test_id, upload, vacancy};

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
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = http_client().unwrap().get(&metrics).send().await.unwrap();
        let said = said.text().await.unwrap();
        if said.contains(line) {
            break;
        }
        assert!(Instant::now() < deadline, "{said}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
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
    let deadline = Instant::now() + PATIENCE;
    let line = loop {
        let log = exchange.process.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(line) = lines.into_iter().find(|line| line["target"] == "notice") {
            break line;
        }
        assert!(Instant::now() < deadline, "{log}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!((&line["kind"], &line["to"]), (&json!("signal.raised"), &json!(POINT)));
    assert!(line["text_zh"].as_str().unwrap().contains("请贵点推荐1人"), "{line}");
    assert!(line["link"].as_str().unwrap().starts_with(&exchange.process.origin), "{line}");
    assert!(line["deadline"].as_str().unwrap().ends_with('Z'), "{line}");
}
