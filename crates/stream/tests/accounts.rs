//! Accounts of parties at a real server: what reaches us, from whom it says it
//! comes, and what ends it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, time::Duration};

use async_nats::{Client, ConnectOptions};
use futures::StreamExt as _;
use gongqiao_stream::broker::{
    TestBroker,
    accounts::{Accounts, Claimant, NewUser},
    claims::{AccountTerms, Export, Rights},
};
use time::OffsetDateTime;

const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for what is allowed to come, in a check that something does not.
const NOT_WITHIN: Duration = Duration::from_millis(400);

struct City {
    account: String,
    user: NewUser,
    terms: AccountTerms,
}

struct Exchange {
    broker: TestBroker,
    accounts: Accounts,
    claimant: Claimant,
    now: OffsetDateTime,
}

impl Exchange {
    async fn start(dir: &Path) -> Self {
        let broker = TestBroker::start_in(dir).await;
        let accounts = Accounts::open(&dir.join("keys")).unwrap();
        let creds = dir.join("keys/sys-admin.creds");
        let claimant = Claimant::open(broker.url(), &creds).await.unwrap();
        let exchange = Self { broker, accounts, claimant, now: wall() };
        let exports = vec![Export { subject: "gq.v1.in.>".into(), streams: false }];
        let terms = AccountTerms { jetstream: true, exports, ..AccountTerms::default() };
        let own = exchange.accounts.own().unwrap();
        exchange.push(&own, "GQ", &terms).await;
        exchange
    }

    async fn push(&self, account: &str, name: &str, terms: &AccountTerms) {
        let token = self.accounts.token(account, name, terms, self.now).unwrap();
        self.claimant.push(&token).await.unwrap();
    }

    /// A city that may send vacancies, with one user, until `until` from now.
    async fn city(&self, code: &str, until: Duration) -> City {
        let account = self.accounts.account(code).unwrap();
        let rights = Rights {
            publish: vec!["out.>".into(), format!("gq.v1.in.{code}.>")],
            subscribe: vec!["_INBOX_u1.>".into()],
            until: None,
        };
        let user = self.accounts.user(code, "u1", &rights, self.now).unwrap();
        let subject = format!("gq.v1.in.{code}.vacancies.>");
        let span = (self.now, Some(self.now + until));
        let import = self.accounts.import(&account, &subject, true, span).unwrap();
        let mappings = BTreeMap::from([("out.vacancies.>".to_owned(), subject)]);
        let terms = AccountTerms { imports: vec![import], mappings, ..AccountTerms::default() };
        self.push(&account, code, &terms).await;
        City { account, user, terms }
    }

    async fn connect(&self, user: &NewUser) -> Client {
        let options = ConnectOptions::with_credentials(&user.creds).unwrap();
        let options = options.custom_inbox_prefix("_INBOX_u1").request_timeout(Some(PATIENCE));
        options.connect(self.broker.url()).await.unwrap()
    }

    /// Answers whatever comes in with the subject and the header that tells who asks.
    async fn answer(&self) {
        let client = self.broker.client().await;
        let mut asked = client.subscribe("gq.v1.in.>").await.unwrap();
        client.flush().await.unwrap();
        tokio::spawn(async move {
            while let Some(message) = asked.next().await {
                let who = message.headers.as_ref().and_then(|all| all.get("Nats-Request-Info"));
                let told = format!("{} {}", message.subject, who.map_or("", |who| who.as_str()));
                if let Some(reply) = message.reply {
                    client.publish(reply, told.into()).await.unwrap();
                }
            }
        });
    }
}

async fn ask(client: &Client, subject: &'static str) -> Result<String, String> {
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Nats-Request-Info", r#"{"user":"somebody else"}"#);
    let asked = client.request_with_headers(subject, headers, "x".into()).await;
    let answer = asked.map_err(|e| e.to_string())?;
    Ok(String::from_utf8(answer.payload.to_vec()).unwrap())
}

/// Whether the subject reaches anybody within a moment.
async fn reaches(client: &Client, subject: &'static str) -> bool {
    matches!(tokio::time::timeout(NOT_WITHIN, ask(client, subject)).await, Ok(Ok(_)))
}

#[tokio::test]
async fn a_citys_requests_are_stamped_with_its_account_and_user() {
    let dir = tempfile::tempdir().unwrap();
    let exchange = Exchange::start(dir.path()).await;
    exchange.answer().await;
    let city = exchange.city("441900", Duration::from_secs(600)).await;
    let client = exchange.connect(&city.user).await;
    let told = ask(&client, "out.vacancies.post").await.unwrap();
    let (subject, who) = told.split_once(' ').unwrap();
    assert_eq!(subject, "gq.v1.in.441900.vacancies.post");
    assert!(who.contains(&city.user.public_key) && !who.contains("somebody else"), "{who}");

    for foreign in ["gq.v1.in.440300.vacancies.post", "gq.v1.in.441900.dispatches.event"] {
        assert!(!reaches(&client, foreign).await, "{foreign}");
    }
    assert!(!reaches(&client, "out.dispatches.event").await, "not imported");
    assert!(reaches(&client, "out.vacancies.post").await, "the control");
}

#[tokio::test]
async fn the_end_of_an_import_and_the_revocation_of_a_user_hold_at_once_and_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let exchange = Exchange::start(dir.path()).await;
    exchange.answer().await;
    let city = exchange.city("441900", Duration::from_secs(600)).await;
    let client = exchange.connect(&city.user).await;
    assert!(reaches(&client, "out.vacancies.post").await);

    let none = AccountTerms { imports: Vec::new(), ..city.terms.clone() };
    exchange.push(&city.account, "441900", &none).await;
    assert!(!reaches(&client, "out.vacancies.post").await, "the import is gone");
    exchange.push(&city.account, "441900", &city.terms).await;
    assert!(reaches(&client, "out.vacancies.post").await, "and back");

    exchange.broker.restart().await;
    exchange.answer().await;
    let client = exchange.connect(&city.user).await;
    assert!(reaches(&client, "out.vacancies.post").await, "the broker keeps its claims");

    let revoked = BTreeMap::from([(city.user.public_key.clone(), exchange.now.unix_timestamp())]);
    let terms = AccountTerms { revoked, ..city.terms.clone() };
    exchange.push(&city.account, "441900", &terms).await;
    assert!(!reaches(&client, "out.vacancies.post").await, "the live connection is ended");
    let again = ConnectOptions::with_credentials(&city.user.creds).unwrap();
    assert!(again.connect(exchange.broker.url()).await.is_err(), "and none can be opened");
}

#[tokio::test]
async fn the_token_of_an_import_runs_out_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let exchange = Exchange::start(dir.path()).await;
    exchange.answer().await;
    let city = exchange.city("441900", Duration::from_secs(2)).await;
    let client = exchange.connect(&city.user).await;
    assert!(reaches(&client, "out.vacancies.post").await);
    let end = exchange.now + Duration::from_secs(4);
    while reaches(&client, "out.vacancies.post").await {
        assert!(wall() < end, "it still holds two seconds after its end");
    }
}

/// The broker's own clock.
#[expect(clippy::disallowed_methods, reason = "no clock of ours moves the broker's")]
fn wall() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
