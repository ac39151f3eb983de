//! A key that asks too often, or a wrong one, is told to wait; nobody else is.

use gongqiao_client::{Client, http_client};
use gongqiao_contract::view::Receipt;
use reqwest::{Response, header};
use serde_json::{Value, json};

use crate::support::{Exchange, point};

/// Asks whom a key speaks for.
async fn ask(exchange: &Exchange, token: &str) -> Response {
    let url = format!("{}/v1/me", exchange.process.origin);
    http_client().unwrap().get(url).bearer_auth(token).send().await.unwrap()
}

async fn token(operator: &Client, party: &str) -> String {
    let ask = json!({ "person": "staff-7", "role": "CLERK" });
    let path = format!("/v1/parties/{party}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    issued.key.unwrap()
}

/// Asks with a key until it is told to wait; says how often it was answered.
async fn until_told_to_wait(exchange: &Exchange, token: &str, otherwise: u16) -> usize {
    for answered in 0..200 {
        let response = ask(exchange, token).await;
        if response.status() != 429 {
            assert_eq!(response.status(), otherwise);
            continue;
        }
        let wait = response.headers()[header::RETRY_AFTER].to_str().unwrap().to_owned();
        assert!((1..=6).contains(&wait.parse::<u32>().unwrap()), "{wait}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "auth.too_many");
        assert_eq!(problem["params"]["seconds"], wait);
        return answered;
    }
    panic!("it was never told to wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_beyond_its_quota_is_told_how_long_to_wait_and_another_is_served() {
    let exchange = Exchange::up_with(&[("GONGQIAO__SERVER__REQUESTS_PER_SECOND_PER_KEY", "5")]);
    let operator = exchange.client("operator");
    point(&operator, "431021001001").await;
    let (busy, other) =
        (token(&operator, "431021001001").await, token(&operator, "431021001001").await);
    assert!(until_told_to_wait(&exchange, &busy, 200).await >= 10, "a burst is borne");
    assert_eq!(ask(&exchange, &other).await.status(), 200, "a colleague is not hindered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_is_told_to_wait_and_the_holder_is_served_meanwhile() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    point(&operator, "431021001001").await;
    let real = token(&operator, "431021001001").await;
    let (id, secret) = real.strip_prefix("gqk_").unwrap().split_once('_').unwrap();
    let guess = format!("gqk_{id}_planted-guess");
    assert!(until_told_to_wait(&exchange, &guess, 401).await >= 10, "a slip is borne");
    assert_eq!(ask(&exchange, &real).await.status(), 200, "the holder is not shut out");
    until_told_to_wait(&exchange, "gqk_000000000000_planted-guess", 401).await;
    assert_eq!(ask(&exchange, &real).await.status(), 200);
    let log = exchange.process.log();
    assert!(!log.contains("planted-guess") && !log.contains(secret), "a secret stands in the log");
}
