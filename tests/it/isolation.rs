//! Parties over NATS: with the credentials that they were issued, each says
//! what its agreement permits, as nobody else, and no longer than that.

use std::time::{Duration, Instant};

use async_nats::{Client as Nats, ConnectOptions, HeaderMap};
use gongqiao_client::Client;
use gongqiao_contract::{
    codes::CreditCode,
    view::{self, Receipt},
    wire,
};
use prost::Message as _;
use serde_json::{Value, json};

use gongqiao_stream::broker::{
    accounts::{Accounts, Claimant},
    claims::{AccountTerms, Rights},
};

use crate::raw;
use crate::support::{Exchange, PATIENCE, next_year, sign, until, vacancy};

pub const CITY: &str = "440300";
/// Within which something must stop.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How long an answer that must not come is waited for.
const SILENCE: Duration = Duration::from_millis(500);

/// A party's user of the broker.
pub struct User {
    pub party: String,
    pub key: String,
    pub creds: String,
    pub inbox: String,
    pub nats: Nats,
}

pub async fn party(operator: &Client, id: &str, kind: &str) {
    let party = json!({ "party": id, "kind": kind, "name": format!("{id}人社局") });
    operator.post("/v1/parties", &party, None).await.unwrap();
}

pub async fn user(exchange: &Exchange, operator: &Client, party: &str, role: &str) -> User {
    let ask = json!({ "person": "staff-1", "role": role, "nats": true });
    let path = format!("/v1/parties/{party}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    let (creds, inbox) = (issued.creds.unwrap(), issued.inbox_prefix.unwrap());
    let nats =
        until("the account at the broker", async || connect(exchange, &creds, &inbox).await.ok());
    let nats = nats.await;
    User { party: party.to_owned(), key: issued.id, creds, inbox, nats }
}

pub async fn connect(exchange: &Exchange, creds: &str, inbox: &str) -> Result<Nats, String> {
    let options = ConnectOptions::with_credentials(creds).map_err(|e| e.to_string())?;
    let options = options.custom_inbox_prefix(inbox).request_timeout(Some(PATIENCE));
    options.connect(exchange.broker()).await.map_err(|e| e.to_string())
}

impl User {
    /// Asks, and reads status and answer.
    pub async fn ask(
        &self,
        subject: &str,
        id: Option<&str>,
        body: Vec<u8>,
        media: &str,
    ) -> (u16, Value) {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", media);
        if let Some(id) = id {
            headers.insert("Nats-Msg-Id", id);
        }
        let subject = subject.to_owned();
        let answer = self.nats.request_with_headers(subject, headers, body.into()).await.unwrap();
        let status = answer.headers.as_ref().unwrap().get("Gq-Status").unwrap();
        let said = serde_json::from_slice(&answer.payload).unwrap();
        (status.as_str().parse().unwrap(), said)
    }

    pub async fn json(&self, subject: &str, body: &Value) -> (u16, Value) {
        self.ask(subject, None, body.to_string().into_bytes(), "application/json").await
    }

    /// Whether anybody answers within a moment.
    pub async fn is_answered(&self, subject: &str) -> bool {
        let asked = self.nats.request(subject.to_owned(), "{}".into());
        matches!(tokio::time::timeout(SILENCE, asked).await, Ok(Ok(_)))
    }
}

pub fn shenzhen(headcount: u32) -> Value {
    let mut ask = vacancy(headcount);
    ask["terms"].as_object_mut().unwrap().remove("park");
    ask["terms"]["place"] = json!("440306");
    ask["terms"]["neededBy"] = json!(format!("{}-07-20", next_year()));
    ask
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn isolation_a_city_publishes_over_nats_and_is_answered_with_a_receipt() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let body = shenzhen(20);
    let answered = until("the permission", async || {
        city.is_answered("out.vacancies.post").await.then_some(())
    });
    answered.await;

    let bytes = body.to_string().into_bytes();
    let post = "out.vacancies.post";
    let (status, receipt) =
        city.ask(post, Some("order-1"), bytes.clone(), "application/json").await;
    assert_eq!(status, 201, "{receipt}");
    let again = city.ask(post, Some("order-1"), bytes, "application/json").await;
    assert_eq!(again, (201, receipt.clone()), "the same answer");
    let id = receipt["id"].as_str().unwrap();
    let shown: view::Vacancy = operator.get(&format!("/v1/vacancies/{id}")).await.unwrap();
    assert_eq!((shown.enterprise.as_str(), shown.terms.headcount), (CITY, 20));

    let terms: wire::PostVacancy = serde_json::from_value(body.clone()).unwrap();
    let media = "application/protobuf";
    let (status, receipt) = city.ask(post, None, terms.encode_to_vec(), media).await;
    assert_eq!(status, 201, "{receipt}");
    let (status, refused) = city.json(post, &json!({ "terms": { "colour": 1 } })).await;
    assert_eq!((status, &refused["code"]), (400, &json!("body.unknown_field")), "{refused}");
    assert_eq!(refused["pointer"], "/terms/colour");
    let (status, refused) = city.json("out.vacancies.paint", &json!({})).await;
    assert_eq!((status, &refused["code"]), (404, &json!("nats.subject")), "{refused}");
    let reduce = format!("out.vacancies.{id}.reduce");
    let (status, receipt) = city.json(&reduce, &json!({ "headcount": 12 })).await;
    assert_eq!(status, 201, "{receipt}");
}

/// What a party may not ask, made from who the others are: their subjects,
/// their feeds, the streams themselves, the system.
fn forbidden(own: &str, parties: &[(&str, &str)], feeds: &[(String, String)]) -> Vec<String> {
    let others = parties.iter().filter(|(id, _)| *id != own).flat_map(|(id, _)| {
        [
            format!("gq.v1.in.{id}.vacancies.post"),
            format!("gq.v1.in.{id}.dispatches.dsp_x.events"),
            format!("gq.v1.in.{id}.signals.x.answer"),
            format!("gq.v1.in.{id}.subscriptions.open"),
            format!("gq.v1.in.{id}.*.post"),
            format!("gq.v1.in.{id}.>"),
        ]
    });
    let feeds = feeds.iter().filter(|(party, _)| party != own).flat_map(|(_, stream)| {
        [
            format!("$JS.gq.API.CONSUMER.MSG.NEXT.{stream}.feed"),
            format!("$JS.gq.API.CONSUMER.INFO.{stream}.feed"),
            format!("$JS.ACK.{stream}.feed.1.1.1.1.0"),
            format!("gq.v1.feed.{}.vacancy.x", stream.trim_start_matches("FEED_")),
        ]
    });
    let streams =
        ["FACTS", "REGISTER", "AUDIT", "PARKED", "FEED_SHARED"].iter().flat_map(|stream| {
            [
                format!("$JS.API.STREAM.INFO.{stream}"),
                format!("$JS.API.STREAM.MSG.GET.{stream}"),
                format!("$JS.API.CONSUMER.CREATE.{stream}"),
                format!("$JS.API.DIRECT.GET.{stream}"),
                format!("$JS.API.STREAM.PURGE.{stream}"),
                format!("$JS.API.STREAM.DELETE.{stream}"),
                format!("$JS.gq.API.STREAM.INFO.{stream}"),
                format!("$JS.gq.API.CONSUMER.CREATE.{stream}"),
                format!("$JS.gq.API.CONSUMER.MSG.NEXT.{stream}.feed"),
            ]
        });
    let system = [
        "$SYS.REQ.CLAIMS.UPDATE",
        "$SYS.REQ.ACCOUNT.PING.INFO",
        "gq.v1.party.>",
        "gq.v1.parked.intake.prk_x",
        "gq.v1.redrive.notify",
    ];
    others.chain(feeds).chain(streams).chain(system.map(str::to_owned)).collect()
}

/// Those of the subjects on which somebody answers.
async fn answered(one: &User, subjects: &[String]) -> Vec<String> {
    let asked = futures::future::join_all(subjects.iter().map(|one_of| one.is_answered(one_of)));
    let all = subjects.iter().zip(asked.await);
    all.filter(|(_, answered)| *answered).map(|(subject, _)| subject.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn isolation_nobody_speaks_for_another_or_hears_another() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let factory = CreditCode::make("Y14310000TEXT0001").unwrap().to_string();
    let other = CreditCode::make("Y14310000TEXT0002").unwrap().to_string();
    let point = "431021001001";
    let parties = [
        (CITY, "CITY"),
        ("441900", "CITY"),
        (factory.as_str(), "ENTERPRISE"),
        (other.as_str(), "ENTERPRISE"),
        (point, "SERVICE_POINT"),
    ];
    let (mut users, mut feeds) = (Vec::new(), Vec::new());
    for (id, kind) in parties {
        party(&operator, id, kind).await;
        if kind != "SERVICE_POINT" {
            sign(&operator, id).await;
        }
        if kind == "CITY" {
            let ask = json!({ "party": id, "kind": "VACANCY" });
            let opened = operator.post("/v1/subscriptions", &ask, None).await.unwrap();
            feeds.push((id.to_owned(), format!("FEED_{}", opened.id)));
        }
        users.push(user(&exchange, &operator, id, "CLERK").await);
    }
    // The control: each is heard under its own name, and reads its own feed.
    for one in &users {
        let own = format!("gq.v1.in.{}.dispatches.dsp_x.events", one.party);
        until("its own permission", async || one.is_answered(&own).await.then_some(())).await;
    }
    for (id, stream) in &feeds {
        let one = users.iter().find(|one| one.party == *id).unwrap();
        let own = format!("$JS.gq.API.CONSUMER.INFO.{stream}.feed");
        until("its own feed", async || one.is_answered(&own).await.then_some(())).await;
    }
    let (mut tried, mut refused, mut open) = (0, 0, Vec::new());
    for one in &users {
        let subjects = forbidden(&one.party, &parties, &feeds);
        tried += subjects.len();
        open.extend(answered(one, &subjects).await);
        let (denied, passed) = raw::denied(&exchange.broker(), one, &users).await;
        tried += denied;
        refused += denied;
        open.extend(passed);
    }
    assert!(open.is_empty(), "{open:?}");
    let facts: view::Indicators = operator.get("/v1/indicators").await.unwrap();
    assert_eq!(facts.open_vacancies, 0, "nothing was posted for anybody");
    let log = std::fs::read_to_string(exchange.data().join("nats/nats-server.log")).unwrap();
    let logged = log.lines().filter(|line| line.contains("Violation")).count();
    assert!(logged >= refused, "{logged} of {refused} stand in the broker's log");
    println!("isolation: {tried} attempts over NATS, {} denied", tried - open.len());

    // The control of the attempts: one rule that is loosened is found, and no other.
    let loosened = loosen(&exchange, &users[0], "441900").await;
    let subjects = forbidden(CITY, &parties, &feeds);
    let found = until("the loosened rule", async || {
        let found = answered(&loosened, &subjects).await;
        (!found.is_empty()).then_some(found)
    });
    let found = found.await;
    assert!(found.iter().all(|one| one.starts_with("gq.v1.in.441900.vacancies.")), "{found:?}");
    println!("isolation: the loosened rule was found by {found:?}");
}

/// A user of the same account who may say what another city says: what nothing
/// in the exchange would ever make.
async fn loosen(exchange: &Exchange, one: &User, other: &str) -> User {
    let accounts = Accounts::open(&exchange.data().join("keys")).unwrap();
    let now = gongqiao_shell::Clock::system().now();
    let account = accounts.account(&one.party).unwrap();
    let subject = format!("gq.v1.in.{other}.vacancies.>");
    let import = accounts.import(&account, &subject, true, (now, None)).unwrap();
    let terms = AccountTerms { imports: vec![import], ..AccountTerms::default() };
    let token = accounts.token(&account, &one.party, &terms, now).unwrap();
    let claimant =
        Claimant::open(&exchange.broker(), &exchange.data().join("keys/sys-admin.creds")).await;
    claimant.unwrap().push(&token).await.unwrap();
    let rights = Rights {
        publish: vec!["gq.v1.in.>".into()],
        subscribe: vec![format!("{}.>", one.inbox)],
        until: None,
    };
    let made = accounts.user(&one.party, "loose", &rights, now).unwrap();
    let nats = connect(exchange, &made.creds, &one.inbox).await.unwrap();
    let (party, key, inbox) = (one.party.clone(), one.key.clone(), one.inbox.clone());
    User { party, key, creds: made.creds, inbox, nats }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn isolation_a_revoked_or_foreign_credential_opens_nothing() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let post = "out.vacancies.post";
    until("the permission", async || city.is_answered(post).await.then_some(())).await;
    operator.post_empty(&format!("/v1/credentials/{}/revoke", city.key)).await.unwrap();
    let revoked = Instant::now();
    while city.is_answered(post).await {
        assert!(revoked.elapsed() < AT_ONCE, "it still works a second after it was revoked");
    }
    assert!(connect(&exchange, &city.creds, &city.inbox).await.is_err(), "nor can it connect");
    // Another exchange's operator vouches for nobody here.
    let elsewhere = Exchange::up();
    let there = elsewhere.client("operator");
    party(&there, CITY, "CITY").await;
    let foreign = user(&elsewhere, &there, CITY, "CLERK").await;
    assert!(connect(&exchange, &foreign.creds, &foreign.inbox).await.is_err());
    let tampered = foreign.creds.replacen("eyJ", "eyK", 1);
    assert!(connect(&exchange, &tampered, &foreign.inbox).await.is_err());
    // An auditor reads, and says nothing.
    let auditor = user(&exchange, &operator, CITY, "AUDITOR").await;
    until("its permission", async || auditor.is_answered(post).await.then_some(())).await;
    let (status, refused) = auditor.json(post, &shenzhen(2)).await;
    assert_eq!((status, &refused["code"]), (403, &json!("auth.role")), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn expiry_an_agreement_of_a_few_seconds_ends_at_the_broker_and_a_new_one_begins() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    let end = gongqiao_shell::Clock::system().now() + Duration::from_secs(5);
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    let agreement = json!({
        "party": CITY, "until": end.format(rfc3339).unwrap(),
        "scope": { "classes": ["VACANCIES", "DISPATCHES"], "purpose": "COOPERATION" },
    });
    operator.post("/v1/agreements", &agreement, None).await.unwrap();
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    let post = "out.vacancies.post";
    until("the permission", async || city.is_answered(post).await.then_some(())).await;
    let mut last = gongqiao_shell::Clock::system().now();
    while city.is_answered(post).await {
        last = gongqiao_shell::Clock::system().now();
        assert!(last < end + AT_ONCE, "it still works a second after its end");
    }
    println!("expiry: the last answer came {} before the end", end - last);
    let signed = sign(&operator, CITY).await;
    until("the new permission", async || city.is_answered(post).await.then_some(())).await;
    operator.post_empty(&format!("/v1/agreements/{signed}/terminate")).await.unwrap();
    let ended = Instant::now();
    while city.is_answered(post).await {
        assert!(ended.elapsed() < AT_ONCE, "it still works a second after it was terminated");
    }
    println!("expiry: silent {:?} after the termination", ended.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restore_leaves_a_citys_credentials_as_they_were() {
    let mut exchange = Exchange::up();
    let operator = exchange.client("operator");
    party(&operator, CITY, "CITY").await;
    sign(&operator, CITY).await;
    let city = user(&exchange, &operator, CITY, "CLERK").await;
    exchange.process.stop();
    let dir = tempfile::tempdir().unwrap();
    let backups = crate::restore::Backups::take(exchange.data(), dir.path());
    let to = dir.path().join("restored");
    backups.restore(&to, &[]).unwrap();
    let data = to.display().to_string();
    let args = ["up", "--listen", "127.0.0.1:0", "--data-dir", &data];
    let process = crate::support::Process::start(&args, &[], to.join("up.log"));
    let broker = process.hello["broker"].as_str().unwrap().to_owned();
    let again = until("its account at the restored broker", async || {
        let options = ConnectOptions::with_credentials(&city.creds).unwrap();
        options.custom_inbox_prefix(&city.inbox).connect(&broker).await.ok()
    });
    let again = User { nats: again.await, ..city };
    let post = "out.vacancies.post";
    until("its permission", async || again.is_answered(post).await.then_some(())).await;
}
