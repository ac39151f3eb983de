//! The operator sees who tried what without permission, and nobody else does.

use std::process::Command;

use gongqiao_client::{Client, http_client};
use gongqiao_contract::view::{Page, Receipt, RefusedAttempt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    isolation::user,
    support::{Exchange, enterprise, key, point, refusal, until},
};

const POINT: &str = "431021001001";

async fn ask(exchange: &Exchange, method: Method, path: &str, token: &str) -> u16 {
    let url = format!("{}{path}", exchange.process.origin);
    let request = http_client().unwrap().request(method, url).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

/// A key of a party, as key id and secret.
async fn issued(operator: &Client, party: &str, person: &str) -> (String, String) {
    let ask = json!({ "person": person, "role": "CLERK" });
    let path = format!("/v1/parties/{party}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    let token = issued.key.unwrap();
    let (id, secret) = token.strip_prefix("gqk_").unwrap().split_once('_').unwrap();
    (id.to_owned(), secret.to_owned())
}

async fn latest(operator: &Client) -> Vec<RefusedAttempt> {
    let page: Page<RefusedAttempt> = operator.get("/v1/refusals").await.unwrap();
    page.items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refused_attempts_are_listed_with_party_person_and_key_and_without_any_secret() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (factory, _) = enterprise(&operator, 1).await;
    point(&operator, POINT).await;
    let (id, secret) = issued(&operator, &factory, "staff-5").await;
    let (gone, gone_secret) = issued(&operator, POINT, "staff-6").await;
    operator.post_empty(&format!("/v1/credentials/{gone}/revoke")).await.unwrap();
    let get = async |path: &str, token: &str| ask(&exchange, Method::GET, path, token).await;

    assert_eq!(get("/v1/parties?note=planted", "gqk_0123456789ab_planted").await, 401);
    for _ in 0..3 {
        assert_eq!(get("/v1/parties", &format!("gqk_{id}_planted")).await, 401);
    }
    assert_eq!(get("/v1/parties", &format!("gqk_{gone}_{gone_secret}")).await, 401);
    let real = format!("gqk_{id}_{secret}");
    assert_eq!(ask(&exchange, Method::POST, "/v1/reports/2026-01/close", &real).await, 403);
    // Somebody pastes the secret where the id belongs, and the key into a path.
    assert_eq!(get(&format!("/v1/parties/{real}"), &format!("gqk_{secret}_x")).await, 401);
    // What does not exist for somebody is no attempt.
    assert_eq!(get("/v1/parties/operator", &real).await, 404);

    let listed = latest(&operator).await;
    let lines: Vec<_> = listed
        .iter()
        .map(|a| {
            let party = a.party.as_ref().map(ToString::to_string).unwrap_or_default();
            let key = a.key.as_ref().map(ToString::to_string).unwrap_or_default();
            let person = a.person.clone().unwrap_or_default();
            (party, person, key, a.path.as_str(), a.code.as_str(), a.count)
        })
        .collect();
    let line = |party: &str, person: &str, key: &str, path, code, count| {
        (party.to_owned(), person.to_owned(), key.to_owned(), path, code, count)
    };
    let expected = [
        line("", "", "", "/v1/parties/gqk_…", "auth.unknown_key", 1),
        line(&factory, "staff-5", &id, "/v1/reports/2026-01/close", "auth.party_kind", 1),
        line(POINT, "staff-6", &gone, "/v1/parties", "auth.revoked", 1),
        line(&factory, "staff-5", &id, "/v1/parties", "auth.unknown_key", 3),
        line("", "", "0123456789ab", "/v1/parties", "auth.unknown_key", 1),
    ];
    assert_eq!(lines, expected);
    assert!(listed.iter().all(|a| a.door == "http" && a.first_at <= a.last_at));
    assert_eq!(listed[1].method.as_deref(), Some("POST"));

    let log = exchange.process.log();
    let logged: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |party: &str, key: &str, code: &str| {
        logged
            .iter()
            .filter(|line| line["message"] == "http.refused")
            .any(|line| line["party"] == party && line["key"] == key && line["code"] == code)
    };
    assert!(of(&factory, &id, "auth.party_kind"), "{log}");
    assert!(of(POINT, &gone, "auth.revoked"), "{log}");
    let shown = serde_json::to_string(&listed).unwrap();
    for hidden in ["planted", secret.as_str(), gone_secret.as_str()] {
        assert!(!shown.contains(hidden) && !log.contains(hidden), "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_over_nats_stand_in_the_same_list() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    point(&operator, POINT).await;
    let auditor = user(&exchange, &operator, POINT, "AUDITOR").await;
    let subject = format!("gq.v1.in.{POINT}.dispatches.dsp_x.events");
    until("its permission", async || auditor.is_answered(&subject).await.then_some(())).await;
    let (status, refused) = auditor.json(&subject, &json!({ "move": "CANCELLED" })).await;
    assert_eq!((status, &refused["code"]), (403, &json!("auth.role")), "{refused}");
    let last = latest(&operator).await.remove(0);
    assert_eq!((last.door.as_str(), last.method, last.path), ("nats", None, subject));
    assert_eq!(last.party.unwrap().as_str(), POINT);
    assert_eq!((last.person.as_deref(), last.code.as_str()), (Some("staff-1"), "auth.role"));
    assert!(last.key.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_the_operators_people_read_the_refusals() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    for other in [factory, desk, exchange.client("matcher")] {
        let refused = refusal(other.get::<Value>("/v1/refusals").await);
        assert_eq!((refused.status, refused.code.as_str()), (403, "auth.party_kind"));
    }
    let auditor = key(&operator, "operator", "AUDITOR").await;
    assert_eq!(latest(&auditor).await.len(), 3, "and these are among them");

    let command = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(["--url", &exchange.process.origin, "--data-dir"]).arg(exchange.data());
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let listed: Vec<RefusedAttempt> =
        serde_json::from_str(&command(&["refusal", "list", "--json"])).unwrap();
    assert_eq!(listed.len(), 3);
    let table = command(&["refusal", "list", "--lang", "zh"]);
    assert!(table.contains("密钥编号") && table.contains("GET /v1/refusals"), "{table}");
}
