//! Webhooks as receivers meet them: signed requests to a server of their own,
//! which answers well, badly, late or not at all.

use std::{
    collections::{BTreeMap, HashMap},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use gongqiao_client::Client;
use gongqiao_contract::view::{self, Receipt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    feeds::{Held, subscribe},
    support::{Exchange, PATIENCE, enterprise, refusal, until, vacancy},
};

/// Short waits, and receivers on this machine.
pub const SETTINGS: [(&str, &str); 5] = [
    ("GONGQIAO__WEBHOOKS__ALLOW_NETWORKS", "127.0.0.1/32"),
    ("GONGQIAO__WEBHOOKS__ALLOW_HTTP", "true"),
    ("GONGQIAO__WEBHOOKS__RETRIES_MS", "100,200"),
    ("GONGQIAO__WEBHOOKS__TIMEOUT_MS", "2000"),
    ("GONGQIAO__WEBHOOKS__RETRY_AFTER_MAX_MS", "5000"),
];

/// How a receiver answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    Well,
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Later(u64),
    /// After some milliseconds, well.
    Slow(u64),
    Never,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub id: String,
    at: String,
    signature: String,
    /// The replay that it says it is part of.
    pub replay: Option<String>,
    pub body: Bytes,
    when: Instant,
    manner: Manner,
}

/// A receiver: a server of its own.
#[derive(Clone)]
pub struct Sink(Arc<Inner>);

struct Inner {
    url: String,
    manner: Mutex<Manner>,
    got: Mutex<Vec<Got>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Sink {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let sink = Self(Arc::new(Inner {
            url,
            manner: Mutex::new(manner),
            got: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        }));
        let router = Router::new().route("/hook", post(take)).with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        sink
    }

    fn answer(&self, manner: Manner) {
        *self.0.manner.lock() = manner;
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn got(&self) -> Vec<Got> {
        self.0.got.lock().clone()
    }

    /// What was answered well, each id once: what a receiver applies that
    /// knows ids it has seen.
    fn applied(&self) -> Vec<Got> {
        let mut seen = HashMap::new();
        let well = |one: &Got| matches!(one.manner, Manner::Well | Manner::Slow(_));
        self.got()
            .into_iter()
            .filter(well)
            .filter(|g| seen.insert(g.id.clone(), ()).is_none())
            .collect()
    }

    fn events(&self) -> Vec<Value> {
        self.applied().iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
    }

    /// Waits until so many items are applied.
    async fn items(&self, count: usize) {
        let is_item = |event: &Value| event["type"] == "gongqiao.v1.VacancyItem";
        until("the items", async || {
            (self.events().iter().filter(|event| is_item(event)).count() >= count).then_some(())
        })
        .await;
    }
}

async fn take(State(sink): State<Sink>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/cloudevents+json; charset=utf-8");
    let inner = &sink.0;
    let at_once = inner.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    inner.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    let manner = *inner.manner.lock();
    inner.got.lock().push(Got {
        id: header("webhook-id"),
        at: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        replay: headers.get("gongqiao-replay").map(|name| name.to_str().unwrap().to_owned()),
        body,
        when: Instant::now(),
        manner,
    });
    let answer = match manner {
        Manner::Well => StatusCode::NO_CONTENT.into_response(),
        Manner::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Later(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Manner::Slow(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            StatusCode::OK.into_response()
        }
        Manner::Never => std::future::pending().await,
    };
    inner.at_once.fetch_sub(1, Ordering::SeqCst);
    answer
}

/// An exchange with an enterprise that subscribes to vacancies: its own.
struct Stage {
    exchange: Exchange,
    factory: Client,
    subscription: view::Subscription,
}

impl Stage {
    async fn open(settings: &[(&str, &str)]) -> Self {
        let exchange = Exchange::up_with(&[&SETTINGS, settings].concat());
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await;
        Self { exchange, factory, subscription }
    }

    async fn post(&self, count: u32) {
        for headcount in 1..=count {
            self.factory.post("/v1/vacancies", &vacancy(headcount), None).await.unwrap();
        }
    }

    async fn add(&self, url: &str, more: &Value) -> Receipt {
        let mut ask = json!({ "subscription": self.subscription.id, "url": url });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.factory.post("/v1/webhooks", &ask, None).await.unwrap()
    }

    async fn show(&self, id: &str) -> view::Webhook {
        self.factory.get(&format!("/v1/webhooks/{id}")).await.unwrap()
    }

    async fn state(&self, id: &str, state: &str) {
        until(state, async || (self.show(id).await.state == state).then_some(())).await;
    }

    async fn log(&self, id: &str) -> view::Deliveries {
        self.factory.get(&format!("/v1/webhooks/{id}/deliveries")).await.unwrap()
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, id: &str, verb: &str, ask: Value) -> T {
        self.factory.ask(&format!("/v1/webhooks/{id}/{verb}"), &ask).await.unwrap()
    }
}

/// Whether one of the signatures is by this secret.
fn verifies(secret: &str, got: &Got) -> bool {
    let theirs = standardwebhooks::Webhook::new(secret).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("webhook-id", &got.id),
        ("webhook-timestamp", &got.at),
        ("webhook-signature", &got.signature),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    theirs.verify(&got.body, &headers).is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_webhook_gets_the_feed_signed_in_order_and_each_event_once() {
    let stage = Stage::open(&[]).await;
    let sink = Sink::start(Manner::Well).await;
    let added = stage.add(&sink.0.url, &json!({})).await;
    let secret = added.key.clone().unwrap();
    stage.post(12).await;
    sink.items(12).await;
    let (mut by_hook, mut by_pages) = (Held::default(), Held::default());
    for got in sink.got() {
        by_hook.take_cloud_event(&serde_json::from_slice(&got.body).unwrap());
        assert!(verifies(&secret, &got), "{}", got.signature);
    }
    by_pages.follow(&stage.factory, &stage.subscription).await;
    assert_eq!(by_hook, by_pages);
    let page: Value = stage.factory.get(&stage.subscription.events).await.unwrap();
    let first = sink.got()[0].clone();
    assert_eq!(first.body, page["events"][0].to_string().as_bytes(), "the bytes of the pages");
    assert_eq!(sink.0.most_at_once.load(Ordering::SeqCst), 1);

    // Nobody else knows of it.
    let operator = stage.exchange.client("operator");
    let (_, other) = enterprise(&operator, 2).await;
    let path = format!("/v1/webhooks/{}", added.id);
    for path in [path.clone(), format!("{path}/deliveries")] {
        assert_eq!(refusal(other.get::<Value>(&path).await).code, "webhook.not_found");
        operator.get::<Value>(&path).await.unwrap();
    }
    for verb in ["remove", "enable", "rotate", "test", "resend", "recover", "disable"] {
        let refused = refusal(other.post(&format!("{path}/{verb}"), &json!({}), None).await);
        let expected = if verb == "disable" { "auth.party_kind" } else { "webhook.not_found" };
        assert_eq!(refused.code, expected, "{verb}");
    }
    assert!(other.list::<view::Webhook>("/v1/webhooks").await.unwrap().is_empty());

    // A new secret signs beside the earlier one, and alone once that is known.
    let rotated: Receipt = stage.ask(&added.id, "rotate", json!({})).await;
    let second = rotated.key.unwrap();
    until("both secrets", async || {
        let test: view::DeliveryAttempt = stage.ask(&added.id, "test", json!({})).await;
        assert_eq!((test.outcome.as_str(), test.status), ("delivered", Some(204)));
        let got = sink.got().pop().unwrap();
        (verifies(&secret, &got) && verifies(&second, &got)).then_some(())
    })
    .await;
    assert_eq!(stage.show(&added.id).await.keys.len(), 2);
    let third: Receipt = stage.ask(&added.id, "rotate", json!({ "overlapSeconds": 0 })).await;
    until("the third alone", async || {
        let _: Value = stage.ask(&added.id, "test", json!({})).await;
        let got = sink.got().pop().unwrap();
        let earlier = verifies(&secret, &got) || verifies(&second, &got);
        (verifies(third.key.as_ref().unwrap(), &got) && !earlier).then_some(())
    })
    .await;

    // Sent again, an event has its id; so has everything that came after it.
    let before = sink.got().len();
    let event = page["events"][2]["id"].as_str().unwrap();
    let again: view::DeliveryAttempt =
        stage.ask(&added.id, "resend", json!({ "event": event })).await;
    assert_eq!((again.outcome.as_str(), again.event.as_deref()), ("delivered", Some(event)));
    let known = |got: &Got| sink.got()[..before].iter().any(|one| one.id == got.id);
    assert!(known(sink.got().last().unwrap()));
    let before = sink.got().len();
    let recovered: view::Recovered =
        stage.ask(&added.id, "recover", json!({ "since": event })).await;
    assert_eq!(recovered.after, event);
    until("what came later", async || (sink.got().len() >= before + 9).then_some(())).await;
    assert!(sink.got()[before..before + 9].iter().all(known));
    let since: view::Recovered =
        stage.ask(&added.id, "recover", json!({ "since": "2020-01-01T00:00:00Z" })).await;
    assert!(since.after.ends_with(".0"), "{}", since.after);
    let (recover, soon) = (format!("{path}/recover"), json!({ "since": "x" }));
    let wrong = stage.factory.ask::<Value>(&recover, &soon);
    assert_eq!(refusal(wrong.await).code, "feed.cursor");

    let log = stage.log(&added.id).await;
    assert!(log.attempts.iter().any(|one| one.event.is_none()), "the tests");
    assert!(log.attempts.iter().all(|one| one.outcome == "delivered"));
    let _: Receipt = stage.factory.post_empty(&format!("{path}/remove")).await.unwrap();
    assert_eq!(refusal(stage.factory.get::<Value>(&path).await).code, "webhook.not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_ed25519_webhook_that_takes_any_order_is_checked_with_its_public_key() {
    let stage = Stage::open(&[]).await;
    let sink = Sink::start(Manner::Slow(50)).await;
    let added = stage.add(&sink.0.url, &json!({ "signing": "ED25519", "anyOrder": true })).await;
    assert_eq!(added.key, None);
    let public = added.public_key.unwrap();
    assert_eq!(stage.show(&added.id).await.keys[0].public_key, Some(public.clone()));
    stage.post(30).await;
    sink.items(30).await;
    let bytes = STANDARD.decode(public.strip_prefix("whpk_").unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
    for got in sink.got() {
        let signature = STANDARD.decode(got.signature.strip_prefix("v1a,").unwrap()).unwrap();
        let signed = [format!("{}.{}.", got.id, got.at).as_bytes(), &got.body].concat();
        key.verify(&signed, &Signature::from_slice(&signature).unwrap()).unwrap();
    }
    assert!(sink.0.most_at_once.load(Ordering::SeqCst) > 1, "several at once");
    assert!(sink.0.most_at_once.load(Ordering::SeqCst) <= 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_fails_is_tried_again_in_order_and_a_receiver_that_is_gone_is_left_alone() {
    let stage = Stage::open(&[("GONGQIAO__WEBHOOKS__DISABLE_AFTER_MS", "3000")]).await;
    let sink = Sink::start(Manner::Status(500)).await;
    let added = stage.add(&sink.0.url, &json!({})).await;
    stage.post(3).await;
    until("two attempts", async || (sink.got().len() >= 3).then_some(())).await;
    let ids = |got: &[Got]| got.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let failed = ids(&sink.got());
    assert!(failed.iter().all(|id| *id == failed[0]), "the head blocks: {failed:?}");
    assert_eq!(stage.log(&added.id).await.pending.len(), 1);

    // The receiver asks for a second, and gets it.
    sink.answer(Manner::Later(1));
    until("429", async || {
        sink.got().iter().any(|one| matches!(one.manner, Manner::Later(_))).then_some(())
    })
    .await;
    sink.answer(Manner::Well);
    sink.items(3).await;
    let got = sink.got();
    let later = got.iter().position(|one| matches!(one.manner, Manner::Later(_))).unwrap();
    let waited = got[later + 1].when - got[later].when;
    assert!(waited >= Duration::from_millis(950), "{waited:?}");
    let cursors: Vec<u64> = sink.events().iter().map(sequence).collect();
    assert!(cursors.is_sorted(), "{cursors:?}");

    // One that fails for too long is disabled, and goes on when it is enabled.
    sink.answer(Manner::Status(503));
    stage.post(2).await;
    stage.state(&added.id, "failing").await;
    let shown = stage.show(&added.id).await;
    assert!(shown.disabled_at.is_some());
    let count = sink.got().len();
    let path = format!("/v1/webhooks/{}/recover", added.id);
    let refused = stage.factory.ask::<Value>(&path, &json!({ "since": "1.1" })).await;
    assert_eq!(refusal(refused).code, "webhook.disabled");
    sink.answer(Manner::Well);
    let test: view::DeliveryAttempt = stage.ask(&added.id, "test", json!({})).await;
    assert_eq!(test.outcome, "delivered", "a test reaches a disabled one");
    assert_eq!(sink.got().len(), count + 1, "and nothing else does");
    let enable = format!("/v1/webhooks/{}/enable", added.id);
    stage.factory.post_empty(&enable).await.unwrap();
    sink.items(5).await;
    assert_eq!(refusal(stage.factory.post_empty(&enable).await).code, "webhook.enabled");

    // 410 is the end at once.
    sink.answer(Manner::Status(410));
    stage.post(1).await;
    stage.state(&added.id, "gone").await;
    let gone = sink.got().iter().filter(|one| one.manner == Manner::Status(410)).count();
    assert_eq!(gone, 1);
    let log = stage.log(&added.id).await;
    assert_eq!((log.attempts[0].outcome.as_str(), log.attempts[0].status), ("refused", Some(410)));
}

fn sequence(event: &Value) -> u64 {
    let (_, sequence) = event["id"].as_str().unwrap().split_once('.').unwrap();
    sequence.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cursor_that_leads_nowhere_is_told_with_the_snapshot_and_an_old_epoch_begins_anew() {
    let stage = Stage::open(&[]).await;
    stage.post(3).await;
    let all: Value = until("three items", async || {
        let page: Value = stage.factory.get(&stage.subscription.events).await.ok()?;
        (page["events"].as_array()?.len() >= 3).then_some(page)
    })
    .await;
    let at = all["next"].as_str().unwrap();
    let (ahead, old, last) = (
        Sink::start(Manner::Well).await,
        Sink::start(Manner::Well).await,
        Sink::start(Manner::Well).await,
    );
    stage.add(&ahead.0.url, &json!({ "after": "99999999999.5" })).await;
    stage.add(&old.0.url, &json!({ "after": "1.5", "anyOrder": true })).await;
    stage.add(&last.0.url, &json!({ "after": at })).await;
    until("the word", async || (!ahead.events().is_empty()).then_some(())).await;
    stage.post(1).await;
    ahead.items(1).await;
    old.items(4).await;
    last.items(1).await;
    let told = ahead.events();
    assert_eq!(told[0]["type"], "gongqiao.v1.FeedGone");
    assert_eq!(told[0]["data"]["snapshot"], stage.subscription.snapshot);
    let (_, sequence_told) = told[0]["data"]["cursor"].as_str().unwrap().split_once('.').unwrap();
    let next: u64 = sequence_told.parse::<u64>().unwrap() + 1;
    assert_eq!(sequence(&told[1]), next, "what comes next follows its cursor");
    assert_eq!(old.events().iter().map(sequence).min(), Some(1));
    let (_, at) = at.split_once('.').unwrap();
    assert_eq!(sequence(&last.events()[0]), at.parse::<u64>().unwrap() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_program_that_is_killed_in_the_middle_loses_nothing() {
    let mut stage = Stage::open(&[]).await;
    let (ordered, any) = (Sink::start(Manner::Slow(20)).await, Sink::start(Manner::Slow(20)).await);
    stage.add(&ordered.0.url, &json!({})).await;
    stage.add(&any.0.url, &json!({ "anyOrder": true })).await;
    stage.post(40).await;
    ordered.items(5).await;
    stage.exchange.process.kill();
    stage.exchange.restart_stopped();
    let operator = stage.exchange.client("operator");
    let factory = stage.factory.at(operator.origin());
    factory.post("/v1/vacancies", &vacancy(41), None).await.unwrap();
    for sink in [&ordered, &any] {
        sink.items(41).await;
        let mut sequences: Vec<u64> = sink.events().iter().map(sequence).collect();
        sequences.sort_unstable();
        let last = *sequences.last().unwrap();
        assert_eq!(sequences, (1..=last).collect::<Vec<_>>(), "each applied once");
        let repeats = sink.got().len() - sequences.len();
        println!("killed: {repeats} of {} were sent twice", sink.got().len());
    }
    let applied: Vec<u64> = ordered.events().iter().map(sequence).collect();
    assert!(applied.is_sorted(), "in order, also over the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn expiry_a_webhook_is_sent_nothing_after_its_agreement_but_the_end() {
    let exchange = Exchange::up_with(&SETTINGS);
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let all: Vec<view::Agreement> = operator.list("/v1/agreements").await.unwrap();
    let first = all.iter().find(|one| one.party.as_str() == id).unwrap();
    let clock = gongqiao_shell::Clock::system();
    let end = clock.now() + Duration::from_secs(6);
    let amend = json!({ "until": gongqiao_shell::beijing::rfc3339(end) });
    operator.post(&format!("/v1/agreements/{}/amend", first.id), &amend, None).await.unwrap();
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await;
    // One answers well, one slowly, and one fails until the agreement has ended.
    let sinks = [
        Sink::start(Manner::Well).await,
        Sink::start(Manner::Slow(900)).await,
        Sink::start(Manner::Status(500)).await,
    ];
    for sink in &sinks {
        for any_order in [false, true] {
            let ask = json!({ "subscription": subscription.id, "url": sink.0.url, "anyOrder": any_order });
            factory.post("/v1/webhooks", &ask, None).await.unwrap();
        }
    }
    let posting = tokio::spawn(async move {
        for headcount in 1.. {
            let posted = factory.post("/v1/vacancies", &vacancy(headcount % 200 + 1), None).await;
            if posted.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    });
    clock.sleep_until(end + Duration::from_secs(1)).await;
    let late = Instant::now();
    sinks[2].answer(Manner::Well);
    let is_closed = |got: &Got| {
        let event: Value = serde_json::from_slice(&got.body).unwrap();
        event["type"] == "gongqiao.v1.FeedClosed"
    };
    for sink in &sinks {
        until("the end", async || {
            let ends = sink.applied().iter().filter(|got| is_closed(got)).count();
            (ends == 2).then_some(())
        })
        .await;
        let after: Vec<Got> =
            sink.got().into_iter().filter(|got| got.when > late && !is_closed(got)).collect();
        assert!(after.is_empty(), "{after:?}");
        assert!(sink.got().len() > 4, "the control: events came");
    }
    posting.abort();
    let count: usize = sinks.iter().map(|sink| sink.got().len()).sum();
    println!("expiry: {count} requests to webhooks, 0 but the end later than a second after it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_does_not_wait_for_what_is_tried_again_later() {
    let stage = Stage::open(&[("GONGQIAO__WEBHOOKS__RETRIES_MS", "3600000")]).await;
    let sink = Sink::start(Manner::Status(500)).await;
    let added = stage.add(&sink.0.url, &json!({})).await;
    stage.post(1).await;
    until("an attempt", async || {
        let log = stage.log(&added.id).await;
        (log.pending.len() == 1).then_some(())
    })
    .await;
    sink.answer(Manner::Well);
    let close = format!("/v1/subscriptions/{}/close", stage.subscription.id);
    stage.factory.post_empty(&close).await.unwrap();
    until("the end", async || (!sink.events().is_empty()).then_some(())).await;
    assert_eq!(sink.events()[0]["type"], "gongqiao.v1.FeedClosed");
}

/// A receiver that is none: it ends each connection with a reset, or speaks
/// something else than TLS.
async fn broken(reset: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if reset {
                #[expect(deprecated, reason = "that it waits for nothing is what is wanted")]
                stream.set_linger(Some(Duration::ZERO)).unwrap();
            } else {
                let _ = stream.try_write(b"this is not TLS\r\n");
            }
        }
    });
    if reset { format!("http://{address}/") } else { format!("https://{address}/") }
}

/// The 99th of a hundred.
fn p99(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all.get(all.len() * 99 / 100).copied().unwrap_or_default()
}

/// Posts `events` vacancies to healthy webhooks, beside so many faulty ones.
/// Returns how long each event took to each healthy one after it was written.
async fn run_beside(faulty: bool, events: u32) -> Vec<Duration> {
    let stage = Stage::open(&[("GONGQIAO__WEBHOOKS__DISABLE_AFTER_MS", "600000")]).await;
    let mut healthy = Vec::new();
    for number in 0..7 {
        let sink = Sink::start(Manner::Well).await;
        stage.add(&sink.0.url, &json!({ "anyOrder": number % 2 == 0 })).await;
        healthy.push(sink);
    }
    let manners = [
        Manner::Status(500),
        Manner::Never,
        Manner::Slow(700),
        Manner::Later(1),
        Manner::Status(410),
    ];
    let mut bad = Vec::new();
    if faulty {
        for (number, manner) in manners.into_iter().enumerate() {
            let sink = Sink::start(manner).await;
            let added = stage.add(&sink.0.url, &json!({ "anyOrder": number % 2 == 0 })).await;
            bad.push((sink, added));
        }
        stage.add(&broken(true).await, &json!({ "anyOrder": true })).await;
        stage.add(&broken(false).await, &json!({})).await;
    }
    stage.post(events).await;
    for sink in &healthy {
        sink.items(events as usize).await;
    }
    // Those that recover get everything as well, each event once.
    for (sink, added) in &bad {
        sink.answer(Manner::Well);
        if stage.show(&added.id).await.state == "gone" {
            stage.factory.post_empty(&format!("/v1/webhooks/{}/enable", added.id)).await.unwrap();
        }
    }
    for sink in healthy.iter().chain(bad.iter().map(|(sink, _)| sink)) {
        sink.items(events as usize).await;
        let mut sequences: BTreeMap<u64, usize> = BTreeMap::new();
        sink.events().iter().for_each(|event| *sequences.entry(sequence(event)).or_default() += 1);
        assert!(sequences.values().all(|count| *count == 1), "each applied once");
        let last = *sequences.keys().last().unwrap();
        assert_eq!(sequences.len() as u64, last, "and none is missing");
    }
    healthy.iter().flat_map(latencies).collect()
}

/// From the writing of each event to its arrival.
fn latencies(sink: &Sink) -> Vec<Duration> {
    let clock = gongqiao_shell::Clock::system();
    let (now, instant) = (clock.now(), Instant::now());
    let took = |got: &Got| {
        let event: Value = serde_json::from_slice(&got.body).unwrap();
        let written = gongqiao_shell::beijing::parse(event["time"].as_str().unwrap()).unwrap();
        let ago = Duration::try_from(now - written).unwrap_or_default();
        ago.saturating_sub(instant - got.when)
    };
    sink.applied().iter().map(took).collect()
}

/// Short by default; `GONGQIAO_WEBHOOK_DELIVERIES=100000` for the long form.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn webhook_faults_each_event_is_applied_once_and_healthy_receivers_notice_nothing() {
    let wanted = std::env::var("GONGQIAO_WEBHOOK_DELIVERIES").ok();
    let wanted: u32 = wanted.map_or(1_000, |text| text.parse().unwrap());
    let events = wanted.div_ceil(12);
    let alone = p99(run_beside(false, events).await);
    let began = Instant::now();
    let beside = p99(run_beside(true, events).await);
    println!(
        "webhook_faults: {} deliveries wanted in {:?}; p99 of the healthy {alone:?} alone, {beside:?} beside faulty ones ({:.2} times)",
        events * 12,
        began.elapsed(),
        beside.as_secs_f64() / alone.as_secs_f64().max(1e-6),
    );
    assert!(beside < PATIENCE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_of_webhooks_and_addresses_that_are_refused() {
    let stage = Stage::open(&[]).await;
    let ask = |url: &str| json!({ "subscription": stage.subscription.id, "url": url });
    for url in [
        "http://hooks.example.com/",
        "https://10.0.0.1/",
        "https://u@hooks.example.com/",
        "https://localhost/",
        "https://[::ffff:127.0.0.2]/",
        "https://hooks.example.com:22/",
    ] {
        let problem = refusal(stage.factory.post("/v1/webhooks", &ask(url), None).await);
        assert_eq!(problem.code, "webhook.url", "{url}");
    }
    let none = refusal(stage.factory.post("/v1/webhooks", &ask(""), None).await);
    assert_eq!(none.code, "field.required");
    let foreign = json!({ "subscription": "sub_1", "url": "https://hooks.example.com/" });
    let foreign = refusal(stage.factory.post("/v1/webhooks", &foreign, None).await);
    assert_eq!(foreign.code, "subscription.not_found");
    for _ in 0..16 {
        stage.add("https://hooks.example.com/", &json!({})).await;
    }
    let many =
        refusal(stage.factory.post("/v1/webhooks", &ask("https://a.example.com/"), None).await);
    assert_eq!(many.code, "webhook.too_many");
    let all: Vec<view::Webhook> = stage.factory.list("/v1/webhooks").await.unwrap();
    assert_eq!(all.len(), 16);
    let id = all[0].id.to_string();
    for _ in 0..2 {
        let _: Receipt = stage.ask(&id, "rotate", json!({})).await;
    }
    let path = format!("/v1/webhooks/{id}/rotate");
    assert_eq!(refusal(stage.factory.post(&path, &json!({}), None).await).code, "webhook.rotating");
    let long = json!({ "overlapSeconds": 9_999_999 });
    assert_eq!(refusal(stage.factory.post(&path, &long, None).await).code, "field.out_of_range");
    let _: Receipt = stage.ask(&id, "rotate", json!({ "overlapSeconds": 0 })).await;
    assert_eq!(stage.show(&id).await.keys.len(), 1, "the earlier ones have become known");
    let close = format!("/v1/subscriptions/{}/close", stage.subscription.id);
    stage.factory.post_empty(&close).await.unwrap();
    assert_eq!(stage.show(&id).await.state, "over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_command_line_adds_tests_shows_and_removes_a_webhook() {
    let stage = Stage::open(&[]).await;
    let sink = Sink::start(Manner::Well).await;
    let key = stage.exchange.data().join("keys/operator.key").display().to_string();
    let gongqiao = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(args).env("GONGQIAO_URL", &stage.exchange.process.origin);
        let done = command.env("GONGQIAO_KEY_FILE", &key).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let subscription = stage.subscription.id.to_string();
    let added = gongqiao(&["webhook", "add", &subscription, "--to", &sink.0.url, "--json"]);
    let added: Value = serde_json::from_str(&added).unwrap();
    let id = added["id"].as_str().unwrap();
    assert!(added["key"].as_str().unwrap().starts_with("whsec_"));
    stage.post(2).await;
    sink.items(2).await;
    until("a courier", async || {
        let path = format!("/v1/webhooks/{id}/deliveries");
        let log = stage.factory.get::<view::Deliveries>(&path).await;
        log.ok().filter(|log| log.attempts.len() >= 2)
    })
    .await;
    assert!(gongqiao(&["webhook", "test", id]).contains("delivered (204)"));
    assert!(gongqiao(&["webhook", "log", id, "--lang", "zh"]).contains("已送达"));
    assert!(gongqiao(&["webhook", "list", "--lang", "zh"]).contains("推送中"));
    let rotated = gongqiao(&["webhook", "rotate", id, "--overlap", "60"]);
    assert!(rotated.contains("whsec_"), "{rotated}");
    assert!(!gongqiao(&["webhook", "show", id]).contains("whsec_"));
    let event: Value = serde_json::from_slice(&sink.got()[0].body).unwrap();
    let event = event["id"].as_str().unwrap();
    assert!(gongqiao(&["webhook", "resend", id, event]).contains("delivered"));
    assert!(gongqiao(&["webhook", "recover", id, "--since", event]).contains(event));
    gongqiao(&["webhook", "remove", id]);
    assert_eq!(gongqiao(&["webhook", "list", "--json"]).trim(), "[]");
}
