//! What could not be processed is parked with the reason, and mended by an
//! operator: nothing of it stops the others, is lost, or is done twice.

use std::sync::{Arc, Mutex};

use async_nats::{Client as Nats, HeaderMap};
use axum::{Router, extract::State, http::StatusCode, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_client::Client;
use gongqiao_contract::view::{Mended, Page, Parked, ParkedMessage, Receipt};
use serde_json::{Value, json};

use crate::{
    isolation::{CITY, User, party, shenzhen, user},
    support::{Exchange, key, refusal, sign, until},
};

const POST: &str = "out.vacancies.post";

/// A partner city with an agreement, whose user may speak; and a mender.
struct Ground {
    exchange: Exchange,
    operator: Client,
    mender: Client,
    city: User,
    agreement: String,
}

impl Ground {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(env: &[(&str, &str)]) -> Self {
        let exchange = Exchange::up_with(env);
        let operator = exchange.client("operator");
        let mender = key(&operator, "operator", "MENDER").await;
        party(&operator, CITY, "CITY").await;
        let agreement = sign(&operator, CITY).await;
        let city = user(&exchange, &operator, CITY, "CLERK").await;
        // Why a subject of another class: an answered question that a rule
        // refuses is parked nowhere.
        until("the permission", async || {
            city.is_answered("out.vacancies.vac_x.withdraw").await.then_some(())
        })
        .await;
        let ground = Self { exchange, operator, mender, city, agreement };
        assert!(ground.parked().await.is_empty(), "the control");
        ground
    }

    /// Whoever puts messages in by hand: with the rights of our own account.
    async fn hand(&self) -> Nats {
        let creds = self.exchange.data().join("keys/gq-service.creds");
        let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
        options.connect(self.exchange.broker()).await.unwrap()
    }

    async fn parked(&self) -> Vec<Parked> {
        self.operator.list("/v1/parked").await.unwrap()
    }

    /// All that is parked, once so many are.
    async fn so_many(&self, count: usize) -> Vec<Parked> {
        until("what is parked", async || {
            let all = self.parked().await;
            (all.len() >= count).then_some(all)
        })
        .await
    }

    async fn show(&self, one: &Parked) -> ParkedMessage {
        self.mender.get(&format!("/v1/parked/{}", one.id)).await.unwrap()
    }

    async fn redrive(&self, ask: &Value) -> Mended {
        self.mender.ask("/v1/parked/redrive", ask).await.unwrap()
    }

    /// How many vacancies the city has.
    async fn vacancies(&self) -> usize {
        let all: Vec<Value> = self.operator.list("/v1/vacancies").await.unwrap();
        all.len()
    }

    /// Publishes and waits for no answer.
    async fn tell(&self, subject: &str, body: &Value) {
        let body = body.to_string().into();
        self.city.nats.publish(subject.to_owned(), body).await.unwrap();
        self.city.nats.flush().await.unwrap();
    }
}

fn reasons(all: &[Parked]) -> Vec<&str> {
    let mut reasons: Vec<&str> = all.iter().map(|one| one.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_is_what_is_not_understood_or_not_answered_and_nothing_that_a_rule_refuses() {
    let ground = Ground::new().await;
    // Refused by rules, and answered: parked nowhere.
    let mut unlawful = shenzhen(1);
    unlawful["terms"]["conditions"] = json!("限男性");
    let (status, _) = ground.city.json(POST, &unlawful).await;
    assert_eq!(status, 422);
    let (status, _) = ground.city.json("out.vacancies.vac_x.withdraw", &json!(null)).await;
    assert_eq!(status, 404);
    assert!(ground.parked().await.is_empty());

    // Not understood, and answered.
    let json = "application/json";
    let (status, _) = ground.city.ask(POST, None, b"{ half".to_vec(), json).await;
    assert_eq!(status, 400);
    let (status, _) =
        ground.city.ask(POST, None, b"\xff\xff".to_vec(), "application/protobuf").await;
    assert_eq!(status, 400);
    let (status, _) = ground.city.ask(POST, None, b"{}".to_vec(), "text/plain").await;
    assert_eq!(status, 415);
    let (status, _) = ground.city.json("out.vacancies.paint", &json!({})).await;
    assert_eq!(status, 404);
    let large = vec![b' '; (1 << 20) + 1];
    let (status, refused) = ground.city.ask(POST, None, large, json).await;
    assert_eq!((status, &refused["code"]), (413, &json!("body.too_large")));
    // Refused by a rule, and nobody waits for the answer; taken without one.
    ground.tell(POST, &unlawful).await;
    ground.tell(POST, &shenzhen(7)).await;
    let all = ground.so_many(6).await;
    let wanted = [
        "body.malformed",
        "body.malformed",
        "body.media_type",
        "body.too_large",
        "nats.subject",
        "vacancy.unlawful",
    ];
    assert_eq!(reasons(&all), wanted);
    assert!(all.iter().all(|one| one.party.as_ref().unwrap().as_str() == CITY));
    assert!(all.iter().all(|one| one.answered == (one.reason != "vacancy.unlawful")), "{all:?}");
    until("the one that was taken", async || (ground.vacancies().await == 1).then_some(())).await;
    assert_eq!(ground.parked().await.len(), 6, "what is taken is parked nowhere");

    let large = all.iter().find(|one| one.reason == "body.too_large").unwrap();
    let shown = ground.show(large).await.content.unwrap();
    assert_eq!((large.size, shown.base64), ((1 << 20) + 1, None), "known, and not kept");
    let tried = ground.redrive(&json!({ "ids": [large.id], "why": "看看" })).await;
    assert_eq!(tried.items[0].code.as_deref(), Some("parked.without_body"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_is_what_comes_from_a_credential_that_has_ended_and_stays_refused() {
    let ground = Ground::new().await;
    let hand = ground.hand().await;
    let user = nats_user(&ground.city.creds);
    let path = format!("/v1/credentials/{}/revoke", ground.city.key);
    ground.operator.post_empty(&path).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Request-Info", json!({ "user": user }).to_string().as_str());
    let subject = format!("gq.v1.in.{CITY}.vacancies.post");
    let body = shenzhen(3).to_string();
    hand.publish_with_headers(subject.clone(), headers, body.clone().into()).await.unwrap();
    hand.publish(subject, body.into()).await.unwrap();
    let all = ground.so_many(2).await;
    assert_eq!(reasons(&all), ["auth.revoked", "nats.user_unknown"]);
    let tried = ground.redrive(&json!({ "filter": {}, "why": "再试" })).await;
    let mut codes: Vec<_> = tried.items.iter().map(|one| one.code.as_deref().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["auth.revoked", "nats.user_unknown"]);
    let all = ground.parked().await;
    assert_eq!(all.iter().map(|one| one.attempts).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(ground.vacancies().await, 0);
}

/// A receiver of notices that answers as it is told, and counts.
#[derive(Clone)]
struct Receiver {
    status: Arc<Mutex<StatusCode>>,
    ids: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start(status: StatusCode) -> (Self, String) {
        let one = Self { status: Arc::new(Mutex::new(status)), ids: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(Self::take)).with_state(one.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (one, url)
    }

    async fn take(State(one): State<Self>, headers: axum::http::HeaderMap) -> StatusCode {
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        one.ids.lock().unwrap().push(id);
        *one.status.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_notices_are_redriven_under_the_id_they_had_once_somebody_takes_them() {
    let (receiver, url) = Receiver::start(StatusCode::UNPROCESSABLE_ENTITY).await;
    let secret = format!("whsec_{}", STANDARD.encode([7; 24]));
    let ground = Ground::with(&[
        ("GONGQIAO__NOTIFY__ADAPTER", "webhook"),
        ("GONGQIAO__NOTIFY__URL", &url),
        ("GONGQIAO__NOTIFY__SECRET", &secret),
        ("GONGQIAO__NOTIFY__ATTEMPTS", "1"),
    ])
    .await;
    let terminate = format!("/v1/agreements/{}/terminate", ground.agreement);
    ground.operator.post_empty(&terminate).await.unwrap();
    let one = ground.so_many(1).await.remove(0);
    assert_eq!((one.service.as_str(), one.reason.as_str()), ("notify", "notice.not_taken"));
    assert_eq!(one.party.as_ref().unwrap().as_str(), CITY);
    let shown = ground.show(&one).await.content.unwrap();
    assert_eq!(shown.message.unwrap()["kind"], "agreement.ended");
    let copy = json!({ "message": {}, "why": "改写" });
    let refused = ground.mender.ask::<Parked>(&format!("/v1/parked/{}/edit", one.id), &copy).await;
    assert_eq!(refusal(refused).code, "parked.not_editable");

    let filter = json!({ "service": "notify" });
    let would = ground.redrive(&json!({ "filter": filter, "dryRun": true })).await;
    assert_eq!(would.items[0].outcome, "accepted");
    assert_eq!(receiver.ids.lock().unwrap().len(), 1, "a dry run sends nothing");
    let tried = ground.redrive(&json!({ "filter": filter, "why": "再试" })).await;
    assert_eq!(tried.items[0].code.as_deref(), Some("notice.not_taken"));
    *receiver.status.lock().unwrap() = StatusCode::OK;
    let tried = ground.redrive(&json!({ "filter": filter, "why": "对方已修复" })).await;
    assert_eq!(tried.items[0].outcome, "accepted", "{tried:?}");
    assert!(ground.parked().await.is_empty());
    let ids = receiver.ids.lock().unwrap().clone();
    assert_eq!((ids.len(), &ids[0], &ids[1]), (3, &ids[1], &ids[2]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_messages_are_listed_edited_redriven_and_discarded_on_the_command_line() {
    let ground = Ground::new().await;
    for _ in 0..2 {
        ground.city.json("out.vacancies.paint", &shenzhen(4)).await;
    }
    let all = ground.so_many(2).await;
    let keys = ground.exchange.data().join("mender.key");
    let ask = json!({ "person": "staff-7", "role": "MENDER" });
    let path = "/v1/parties/operator/credentials";
    let issued: Receipt = ground.operator.post(path, &ask, None).await.unwrap();
    std::fs::write(&keys, issued.key.unwrap()).unwrap();
    let run = |args: &[&str]| -> (bool, String) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_gongqiao"))
            .args(["--url", &ground.exchange.process.origin, "--lang", "zh", "--key-file"])
            .arg(&keys)
            .arg("parked")
            .args(args)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), text + &String::from_utf8(output.stderr).unwrap())
    };
    let (first, second) = (all[0].id.as_str(), all[1].id.as_str());
    let (_, text) = run(&["list", "--reason", "nats.subject"]);
    assert!(text.contains(first) && text.contains(second) && text.contains(CITY), "{text}");
    let (_, text) = run(&["list", "--until", "2020-01-01"]);
    assert!(!text.contains(first), "{text}");
    let (_, text) = run(&["show", first]);
    assert!(text.contains("电子装配工") && text.contains("搁置中"), "{text}");

    let file = ground.exchange.data().join("message.json");
    std::fs::write(&file, shenzhen(4).to_string()).unwrap();
    let file = file.to_str().unwrap();
    let to = ["--subject", "vacancies.post", "--why", "主题写错", "--json"];
    let (done, text) = run(&[&["edit", first, "--file", file][..], &to].concat());
    assert!(done, "{text}");
    let copy: Parked = serde_json::from_str(&text).unwrap();
    assert!(!run(&["redrive", "--dry-run"]).0, "which ones must be said");
    let (done, text) = run(&["redrive", "--all", "--dry-run"]);
    assert!(done && text.contains("仅试算") && text.contains("没有这个主题"), "{text}");
    let (done, text) = run(&["redrive", copy.id.as_str(), "--why", "主题写错"]);
    assert!(done && text.contains("已处理"), "{text}");
    assert_eq!(ground.vacancies().await, 1);
    let (done, text) = run(&["discard", first, second, "--why", "已改正重发"]);
    assert!(done && text.contains("已丢弃"), "{text}");
    assert!(ground.parked().await.is_empty());
    let (_, text) = run(&["show", first]);
    assert!(text.contains("已编辑副本") && text.contains("已改正重发"), "{text}");
}

/// The public key of the user in a `.creds` file.
fn nats_user(creds: &str) -> String {
    let seed = creds.lines().skip_while(|line| !line.contains("USER NKEY SEED")).nth(1).unwrap();
    nkeys::KeyPair::from_seed(seed).unwrap().public_key()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_messages_are_shown_edited_and_redriven_through_all_checks_and_survive_a_restart() {
    let mut ground = Ground::new().await;
    let mut wrong = shenzhen(12);
    wrong["terms"]["headcount"] = json!("十二");
    let (status, _) = ground.city.json(POST, &wrong).await;
    assert_eq!(status, 400);
    let original = ground.so_many(1).await.remove(0);
    assert_eq!(original.pointer.as_deref(), Some("/terms/headcount"));
    assert!(!original.detail.contains("十二"), "no values in reasons: {}", original.detail);

    ground.exchange.restart();
    ground.operator = ground.exchange.client("operator");
    ground.mender = key(&ground.operator, "operator", "MENDER").await;
    assert_eq!(ground.parked().await.len(), 1, "a restart keeps it");

    let shown = ground.show(&original).await;
    let content = shown.content.unwrap();
    assert_eq!(content.subject, format!("gq.v1.in.{CITY}.vacancies.post"));
    assert!(content.message.is_none() && content.text.unwrap().contains("十二"));
    assert!(content.headers.iter().any(|header| header.name == "Nats-Request-Info"));

    let path = format!("/v1/parked/{}/edit", original.id);
    let bad = json!({ "message": wrong, "why": "照旧" });
    let refused = refusal(ground.mender.ask::<Parked>(&path, &bad).await);
    assert_eq!(refused.code, "body.wrong_type");
    assert_eq!(refused.pointer.as_deref(), Some("/message/terms/headcount"));
    let without = json!({ "message": shenzhen(12) });
    let refused = refusal(ground.mender.ask::<Parked>(&path, &without).await);
    assert_eq!(
        (refused.code.as_str(), refused.pointer.as_deref()),
        ("field.required", Some("/why"))
    );
    let right = json!({ "message": shenzhen(12), "why": "人数误写为文字" });
    let copy: Parked = ground.mender.ask(&path, &right).await.unwrap();
    assert_eq!(copy.copy_of.as_ref(), Some(&original.id));
    assert_eq!(copy.attempts, 0);
    assert_eq!(ground.parked().await.len(), 2, "the original stays");

    // A dry run says what would come of it, and changes nothing.
    let dry = json!({ "ids": [original.id, copy.id], "dryRun": true });
    let would = ground.redrive(&dry).await;
    let outcomes: Vec<_> = would.items.iter().map(|one| one.outcome.as_str()).collect();
    assert_eq!(outcomes, ["refused", "accepted"]);
    assert_eq!((ground.vacancies().await, ground.parked().await.len()), (0, 2));
    assert_eq!(ground.parked().await[0].attempts, 1);

    let why = json!({ "ids": [copy.id], "why": "人数误写为文字" });
    let done = ground.redrive(&why).await;
    assert_eq!(done.items[0].outcome, "accepted", "{done:?}");
    let vacancy = done.items[0].entity.clone().unwrap();
    let shown: Value = ground.operator.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    assert_eq!(shown["enterprise"], CITY, "as whoever sent it, and not as the operator");
    let ended = ground.show(&copy).await;
    assert_eq!((ended.state.as_str(), ended.content.is_none()), ("accepted", true));
    let deeds: Vec<_> = ended.acts.iter().map(|act| act.deed.as_str()).collect();
    assert_eq!(deeds, ["REDRIVEN", "ACCEPTED"]);
    assert_eq!(ended.acts[0].why, "人数误写为文字");
    assert_eq!(ended.acts[1].sequence, done.items[0].sequence);

    // Of one message that came, one thing is done, whichever copy says it.
    let other = json!({ "message": shenzhen(13), "why": "又一份" });
    let other: Parked = ground.mender.ask(&path, &other).await.unwrap();
    let tried = ground.redrive(&json!({ "ids": [other.id, copy.id], "why": "再试" })).await;
    assert_eq!(tried.items[0].code.as_deref(), Some("idempotency.key_reused"));
    assert_eq!(tried.items[1].code.as_deref(), Some("parked.gone"));
    assert_eq!(ground.vacancies().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_messages_of_an_ended_agreement_stay_refused_until_there_is_one_again() {
    let ground = Ground::new().await;
    let terminate = format!("/v1/agreements/{}/terminate", ground.agreement);
    ground.operator.post_empty(&terminate).await.unwrap();
    // Why by hand: the broker lets nothing through any more.
    let hand = ground.hand().await;
    let mut headers = HeaderMap::new();
    let user = nats_user(&ground.city.creds);
    headers.insert("Nats-Request-Info", json!({ "user": user }).to_string().as_str());
    headers.insert("Nats-Msg-Id", "order-7");
    let subject = format!("gq.v1.in.{CITY}.vacancies.post");
    let body = shenzhen(5).to_string();
    hand.publish_with_headers(subject.clone(), headers.clone(), body.clone().into()).await.unwrap();
    let parked = ground.so_many(1).await;
    assert_eq!(reasons(&parked), ["agreement.none"]);
    let filter = json!({ "filter": { "reason": "agreement.none", "party": CITY }, "why": "补签" });
    let tried = ground.redrive(&filter).await;
    assert_eq!(tried.items[0].code.as_deref(), Some("agreement.none"));
    let elsewhere = json!({ "filter": { "party": "320614" }, "why": "补签" });
    assert!(ground.redrive(&elsewhere).await.items.is_empty());

    sign(&ground.operator, CITY).await;
    // The sender sends it anew under its own mark, before it is redriven.
    let answer = hand.request_with_headers(subject, headers, body.into()).await.unwrap();
    let receipt: Receipt = serde_json::from_slice(&answer.payload).unwrap();
    let done = ground.redrive(&filter).await;
    assert_eq!(done.items[0].outcome, "accepted", "{done:?}");
    assert_eq!(done.items[0].entity.as_deref(), Some(receipt.id.as_str()), "the same one");
    assert_eq!((ground.vacancies().await, ground.parked().await.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_redrive_after_a_crash_between_commit_and_removal_does_nothing_twice() {
    let mut ground = Ground::new().await;
    let terminate = format!("/v1/agreements/{}/terminate", ground.agreement);
    let mut unlawful = shenzhen(5);
    unlawful["terms"]["neededBy"] = json!("2000-01-01");
    ground.tell(POST, &unlawful).await;
    let original = ground.so_many(1).await.remove(0);
    let path = format!("/v1/parked/{}/edit", original.id);
    let right = json!({ "message": shenzhen(5), "why": "日期写错" });
    let copy: Parked = ground.mender.ask(&path, &right).await.unwrap();

    // What stands in PARKED before is put back after: as if the process had
    // died right after the commit.
    let hand = ground.hand().await;
    let stream = async_nats::jetstream::new(hand.clone()).get_stream("PARKED").await.unwrap();
    let subject = format!("gq.v1.parked.intake.{}", copy.id);
    let before = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
    let ask = json!({ "ids": [copy.id], "why": "日期写错" });
    let first = ground.redrive(&ask).await;
    assert_eq!(first.items[0].outcome, "accepted", "{first:?}");
    assert!(stream.get_last_raw_message_by_subject(&subject).await.is_err(), "it is gone");
    let put = async_nats::jetstream::new(hand).publish(subject, before.payload).await.unwrap();
    put.await.unwrap();
    ground.exchange.process.kill();
    ground.exchange.restart_stopped();
    ground.operator = ground.exchange.client("operator");
    ground.mender = key(&ground.operator, "operator", "MENDER").await;
    assert_eq!(ground.parked().await.len(), 2);
    // Why: what is done is done, whatever has ended since.
    ground.operator.post_empty(&terminate).await.unwrap();
    let second = ground.redrive(&ask).await;
    assert_eq!(second.items[0].outcome, "accepted", "{second:?}");
    assert_eq!(second.items[0].sequence, first.items[0].sequence);
    assert_eq!((ground.vacancies().await, ground.parked().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_messages_are_mended_by_menders_alone_and_discarded_only_for_a_reason() {
    let ground = Ground::new().await;
    let (status, _) = ground.city.json("out.vacancies.paint", &json!({ "a": 1 })).await;
    assert_eq!(status, 404);
    let one = ground.so_many(1).await.remove(0);
    let enterprise = key(&ground.operator, CITY, "APPROVER").await;
    let clerk = key(&ground.operator, "operator", "CLERK").await;
    let show = format!("/v1/parked/{}", one.id);
    let edit = format!("{show}/edit");
    let discard = json!({ "ids": [one.id], "why": "试" });
    for (who, code) in
        [(&enterprise, "auth.party_kind"), (&clerk, "auth.role"), (&ground.operator, "auth.role")]
    {
        assert_eq!(refusal(who.get::<Value>(&show).await).code, code);
        let redrive = who.ask::<Mended>("/v1/parked/redrive", &discard).await;
        assert_eq!(refusal(redrive).code, code);
        assert_eq!(refusal(who.ask::<Mended>("/v1/parked/discard", &discard).await).code, code);
        let copy = json!({ "message": {}, "subject": "vacancies.post", "why": "试" });
        assert_eq!(refusal(who.ask::<Parked>(&edit, &copy).await).code, code);
    }
    let list = enterprise.get::<Page<Parked>>("/v1/parked").await;
    assert_eq!(refusal(list).code, "auth.party_kind");
    let role = json!({ "person": "staff-9", "role": "MENDER" });
    let issue = format!("/v1/parties/{CITY}/credentials");
    assert_eq!(refusal(ground.operator.post(&issue, &role, None).await).code, "field.invalid");

    for why in ["", "  "] {
        let ask = json!({ "ids": [one.id], "why": why });
        let refused = refusal(ground.mender.ask::<Mended>("/v1/parked/discard", &ask).await);
        assert_eq!(refused.code, "field.required");
        let refused = refusal(ground.mender.ask::<Mended>("/v1/parked/redrive", &ask).await);
        assert_eq!(refused.code, "field.required");
    }
    assert_eq!(ground.parked().await.len(), 1);
    let done: Mended = ground.mender.ask("/v1/parked/discard", &discard).await.unwrap();
    assert_eq!(done.items[0].outcome, "discarded");
    assert!(ground.parked().await.is_empty());
    let ended = ground.show(&one).await;
    assert_eq!((ended.state.as_str(), ended.acts[0].why.as_str()), ("discarded", "试"));
    let again: Mended = ground.mender.ask("/v1/parked/discard", &discard).await.unwrap();
    assert_eq!(again.items[0].code.as_deref(), Some("parked.gone"));
    let never: Mended = ground
        .mender
        .ask("/v1/parked/discard", &json!({ "ids": ["prk_no"], "why": "试" }))
        .await
        .unwrap();
    assert_eq!(never.items[0].code.as_deref(), Some("parked.not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_bodies_and_reasons_stand_nowhere_in_clear() {
    let ground = Ground::new().await;
    let planted = "欧阳植苗19900812345";
    let body = format!("{{ \"{planted}\"").into_bytes();
    ground.city.ask(POST, None, body, "application/json").await;
    let mut field = shenzhen(1);
    field["terms"][planted] = json!(1);
    ground.city.json(POST, &field).await;
    let all = ground.so_many(2).await;
    assert!(!serde_json::to_string(&all).unwrap().contains(planted), "{all:?}");
    let why = json!({ "ids": [all[0].id], "why": planted });
    ground.mender.ask::<Mended>("/v1/parked/discard", &why).await.unwrap();
    assert_eq!(ground.show(&all[0]).await.acts[0].why, planted, "the control");
    let text = ground.show(&all[1]).await.content.unwrap().text.unwrap();
    assert!(text.contains(planted), "the control");
    let hand = ground.hand().await;
    let context = async_nats::jetstream::new(hand);
    for name in ["PARKED", "AUDIT"] {
        let mut stream = context.get_stream(name).await.unwrap();
        let state = stream.info().await.unwrap().state.clone();
        for sequence in state.first_sequence..=state.last_sequence {
            let Ok(message) = stream.get_raw_message(sequence).await else { continue };
            let text = String::from_utf8_lossy(&message.payload);
            assert!(!text.contains("植苗") && !text.contains("19900812345"), "in {name}");
        }
    }
    assert!(!ground.exchange.process.log().contains("植苗"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_at_its_bound_refuses_the_newest_and_readiness_says_so() {
    let ground = Ground::new().await;
    for _ in 0..2 {
        ground.city.json("out.vacancies.paint", &json!({})).await;
    }
    let all = ground.so_many(2).await;
    let hand = ground.hand().await;
    let context = async_nats::jetstream::new(hand);
    let stream = context.get_stream("PARKED").await.unwrap();
    let config = stream.cached_info().config.clone();
    let bounded = async_nats::jetstream::stream::Config { max_messages: 2, ..config };
    context.update_stream(bounded).await.unwrap();
    let (status, refused) = ground.city.json("out.vacancies.paint", &json!({})).await;
    assert_eq!((status, &refused["code"]), (404, &json!("nats.subject")), "it is answered");
    let ready = format!("{}/readyz", ground.exchange.process.origin);
    let readiness = async || -> Value {
        let http = gongqiao_client::http_client().unwrap();
        http.get(&ready).send().await.unwrap().json().await.unwrap()
    };
    let full = until("readiness", async || {
        Some(readiness().await).filter(|all| all["checks"]["parked"]["status"] == "degraded")
    });
    full.await;
    let metrics = format!("{}/metrics", ground.exchange.process.origin);
    let line = "outcome=\"full\"";
    until("the metric", async || {
        let said = gongqiao_client::http_client().unwrap().get(&metrics).send().await.unwrap();
        said.text().await.unwrap().contains(line).then_some(())
    })
    .await;
    let kept = ground.parked().await;
    assert_eq!(kept.iter().map(|one| &one.id).collect::<Vec<_>>(), [&all[0].id, &all[1].id]);
    // A copy finds no room either, a further attempt does.
    let edit = format!("/v1/parked/{}/edit", all[0].id);
    let copy = json!({ "message": shenzhen(1), "subject": "vacancies.post", "why": "主题写错" });
    assert_eq!(refusal(ground.mender.ask::<Parked>(&edit, &copy).await).code, "parked.full");
    let tried = ground.redrive(&json!({ "ids": [all[0].id], "why": "再试" })).await;
    assert_eq!(tried.items[0].code.as_deref(), Some("nats.subject"));
    let discard = json!({ "ids": [all[0].id], "why": "测试" });
    ground.mender.ask::<Mended>("/v1/parked/discard", &discard).await.unwrap();
    assert_eq!(readiness().await["checks"]["parked"]["status"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parked_poison_one_in_a_thousand_stops_nobody_and_all_others_go_through_in_order() {
    let ground = Ground::with(&[("GONGQIAO__SERVER__REQUESTS_PER_SECOND_PER_KEY", "0")]).await;
    let (status, receipt) = ground.city.json(POST, &shenzhen(3_000)).await;
    assert_eq!(status, 201, "{receipt}");
    let vacancy = receipt["id"].as_str().unwrap().to_owned();
    let reduce = format!("out.vacancies.{vacancy}.reduce");
    let (mut sequence, mut poisoned) = (0, 0);
    for number in 0..2_000_u32 {
        if number % 1_000 == 500 {
            let (status, _) =
                ground.city.ask(&reduce, None, vec![0xff; 64], "application/json").await;
            assert_eq!(status, 400);
            poisoned += 1;
            continue;
        }
        let ask = json!({ "headcount": 2_999 - number });
        let (status, receipt) = ground.city.json(&reduce, &ask).await;
        assert_eq!(status, 201, "{number}: {receipt}");
        let at = receipt["sequence"].as_u64().unwrap();
        assert!(at > sequence, "in order");
        sequence = at;
    }
    let shown: Value = ground.operator.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    assert_eq!(shown["terms"]["headcount"], 1_000);
    assert_eq!(ground.parked().await.len(), poisoned);
    println!("parked: {poisoned} of 2,000 messages, and the others in order");
}
