//! Bad input gets a clear answer: a stable code, the place, no panic, and
//! nothing in the log.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use gongqiao_client::http_client;
use gongqiao_contract::view;
use gongqiao_stream::{StreamName, read};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Exchange, PATIENCE, enterprise, point, refusal, vacancy};

struct Door {
    http: reqwest::Client,
    origin: String,
    key: String,
}

impl Door {
    async fn send(
        &self,
        method: Method,
        path: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> (StatusCode, Value) {
        let request = self
            .http
            .request(method, format!("{}{path}", self.origin))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, media)
            .body(body);
        let response = request.send().await.unwrap();
        let status = response.status();
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let body = response.bytes().await.unwrap();
        assert_eq!(kind.unwrap(), "application/problem+json", "{status} {body:?}");
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn refused(&self, path: &str, body: &str) -> (u16, String, String) {
        let (status, problem) =
            self.send(Method::POST, path, "application/json", body.to_owned()).await;
        let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        assert!(!text("detail").is_empty(), "{problem}");
        (status.as_u16(), text("code"), text("pointer"))
    }
}

async fn door(exchange: &Exchange, number: u32) -> Door {
    let operator = exchange.client("operator");
    let (id, _) = enterprise(&operator, number).await;
    let ask = json!({ "person": "staff-2", "role": "CLERK" });
    let issued: view::Receipt =
        operator.post(&format!("/v1/parties/{id}/credentials"), &ask, None).await.unwrap();
    Door {
        http: http_client().unwrap(),
        origin: exchange.process.origin.clone(),
        key: issued.key.unwrap(),
    }
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut body = vacancy(5);
    change(&mut body);
    body.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_bodies_are_refused_with_a_code_and_a_place_and_leave_no_trace() {
    let exchange = Exchange::up();
    let door = door(&exchange, 1).await;
    let connection = exchange.connection().await;
    let before = read::head(&connection, StreamName::Facts).await.unwrap();
    let cases: Vec<(String, u16, &str, &str)> = vec![
        ("{".into(), 400, "body.malformed", ""),
        ("[]".into(), 400, "body.wrong_type", ""),
        ("{} trailing".into(), 400, "body.malformed", ""),
        ("[".repeat(100_000), 400, "body.wrong_type", ""),
        (
            format!("{{\"terms\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)),
            400,
            "body.wrong_type",
            "/terms",
        ),
        (with(|b| b["terms"]["salary"] = json!(1)), 400, "body.unknown_field", "/terms/salary"),
        (with(|b| b["other"] = json!(1)), 400, "body.unknown_field", "/other"),
        (
            with(|b| b["terms"]["headcount"] = json!("many")),
            400,
            "body.wrong_type",
            "/terms/headcount",
        ),
        (with(|b| b["terms"]["headcount"] = json!(-1)), 400, "body.wrong_type", "/terms/headcount"),
        (
            with(|b| b["terms"]["headcount"] = json!(1u64 << 40)),
            400,
            "body.wrong_type",
            "/terms/headcount",
        ),
        (with(|b| b["terms"]["shift"] = json!("NIGHT")), 400, "body.wrong_type", "/terms/shift"),
        (
            with(|b| b["terms"]["headcount"] = json!(0)),
            422,
            "field.out_of_range",
            "/terms/headcount",
        ),
        (
            with(|b| b["terms"]["place"] = json!("43.*.>")),
            422,
            "field.unknown_code",
            "/terms/place",
        ),
        (
            with(|b| b["terms"]["place"] = json!("991021")),
            422,
            "field.unknown_code",
            "/terms/place",
        ),
        (with(|b| b["terms"]["park"] = json!("nowhere")), 422, "field.unknown_code", "/terms/park"),
        (
            with(|b| b["terms"]["occupations"] = json!(["9-99-99-99"])),
            422,
            "field.unknown_code",
            "/terms/occupations/0",
        ),
        (
            with(|b| b["terms"]["neededBy"] = json!("2098-02-30")),
            422,
            "field.date",
            "/terms/neededBy",
        ),
        (
            with(|b| b["terms"]["neededBy"] = json!("2001-01-01")),
            422,
            "field.invalid",
            "/terms/neededBy",
        ),
        (
            with(|b| b["terms"]["conditions"] = json!("限女性，18岁以上")),
            422,
            "vacancy.unlawful",
            "/terms/conditions",
        ),
        (
            with(|b| b["terms"]["conditions"] = json!("本市户籍优先，非本地户口勿扰")),
            422,
            "vacancy.unlawful",
            "/terms/conditions",
        ),
        (with(|b| b["enterprise"] = json!("operator")), 403, "auth.not_yours", "/enterprise"),
        (with(|b| b["enterprise"] = json!("a.b c\r\n")), 404, "party.not_found", "/enterprise"),
        (json!({}).to_string(), 422, "field.required", "/terms"),
    ];
    for (body, status, code, pointer) in cases {
        let got = door.refused("/v1/vacancies", &body).await;
        let shown: String = body.chars().take(80).collect();
        assert_eq!(got, (status, code.to_owned(), pointer.to_owned()), "{shown}");
    }
    let big = " ".repeat(2 << 20);
    assert_eq!(door.refused("/v1/vacancies", &big).await.1, "body.too_large");
    let (status, problem) = door.send(Method::POST, "/v1/vacancies", "text/xml", "<a/>").await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (415, Some("body.media_type")));
    let after = read::head(&connection, StreamName::Facts).await.unwrap();
    assert_eq!(before, after, "a refusal left an event");
    assert!(!exchange.process.log().contains("panicked"), "{}", exchange.process.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_paths_ids_queries_and_keys_are_refused() {
    let exchange = Exchange::up();
    let door = door(&exchange, 1).await;
    let get = |path: &'static str| door.send(Method::GET, path, "application/json", "");
    for (path, status, code) in [
        ("/v1/nothing", 404, "request.unknown_path"),
        ("/v1/vacancies/vac_unknown", 404, "vacancy.not_found"),
        ("/v1/vacancies/a%2Eb%20c", 404, "vacancy.not_found"),
        ("/v1/vacancies/%3E", 404, "vacancy.not_found"),
        ("/v1/dispatches/x", 404, "dispatch.not_found"),
        ("/v1/signals/x", 404, "signal.not_found"),
        ("/v1/vacancies?page_token=***", 400, "request.page_token"),
        ("/v1/vacancies?page_size=many", 400, "request.query"),
        ("/v1/vacancies?colour=red", 400, "request.query"),
        ("/v1/parties/operator", 404, "party.not_found"),
    ] {
        let (got, problem) = get(path).await;
        assert_eq!((got.as_u16(), problem["code"].as_str()), (status, Some(code)), "{path}");
    }
    let (status, problem) =
        door.send(Method::DELETE, "/v1/vacancies", "application/json", "").await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (405, Some("request.method")));
    for (key, code) in [
        (String::new(), "auth.missing"),
        ("gqk_000000000000_x".into(), "auth.unknown_key"),
        (format!("{}x", door.key), "auth.unknown_key"),
        (door.key.replace("gqk_", "gqk-"), "auth.unknown_key"),
    ] {
        let door = Door { key, http: door.http.clone(), origin: door.origin.clone() };
        let (status, problem) =
            door.send(Method::GET, "/v1/vacancies", "application/json", "").await;
        assert_eq!((status.as_u16(), problem["code"].as_str()), (401, Some(code)));
    }
    let bare = door.http.get(format!("{}/v1/vacancies", door.origin));
    let response = bare.header(header::ACCEPT_LANGUAGE, "zh-CN").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "auth.missing");
    assert!(problem["detail"].as_str().unwrap().contains("密钥"), "{problem}");
    assert!(!exchange.process.log().contains(&door.key), "a key stands in the log");
}

/// A workbook that is small, and unpacks to a hundred megabytes.
fn bomb() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let mut part = |name: &str, text: &[u8], times: usize| {
        zip.start_file(name, options).unwrap();
        (0..times).for_each(|_| zip.write_all(text).unwrap());
    };
    part("[Content_Types].xml", b"<Types/>", 1);
    part("xl/workbook.xml", b"<workbook/>", 1);
    part("xl/worksheets/sheet1.xml", &[b' '; 1 << 20], 100);
    zip.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_rosters_and_bombs_are_refused_and_nothing_is_kept() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let desk_point = "431021001001";
    point(&operator, desk_point).await;
    let ask = json!({ "person": "staff-3", "role": "CLERK" });
    let path = format!("/v1/parties/{desk_point}/credentials");
    let issued: view::Receipt = operator.post(&path, &ask, None).await.unwrap();
    let door = Door {
        http: http_client().unwrap(),
        origin: exchange.process.origin.clone(),
        key: issued.key.unwrap(),
    };
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let path = format!("/v1/register/{desk_point}/cards");
    let bomb = bomb();
    for (media, body, status) in [
        (xlsx, b"not a zip".to_vec(), 422),
        (xlsx, bomb[..200].to_vec(), 422),
        (xlsx, bomb.clone(), 413),
        ("text/csv", b"name,phone\n\xff\xfe".to_vec(), 422),
        ("text/csv", Vec::new(), 422),
        ("application/pdf", b"%PDF".to_vec(), 415),
    ] {
        let length = body.len();
        let (got, problem) = door.send(Method::POST, &path, media, body).await;
        assert_eq!(got.as_u16(), status, "{media} of {length}: {problem}");
    }
    let (status, problem) =
        door.send(Method::POST, "/v1/register/431021001002/cards", "text/csv", "x").await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("auth.not_yours")));
    let connection = exchange.connection().await;
    assert_eq!(read::head(&connection, StreamName::Register).await.unwrap(), 0);
    assert!(!exchange.process.log().contains("panicked"), "{}", exchange.process.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_broker_away_writes_get_503_and_readiness_says_so() {
    let exchange = Exchange::up_with(&[
        ("GONGQIAO__GATE__COMMIT_TIMEOUT_MS", "700"),
        ("GONGQIAO__NATS__ACK_TIMEOUT_MS", "500"),
    ]);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let pid = exchange.broker_pid().unwrap().to_string();
    // Why: stopped and not killed, since a killed one is back in no time.
    let signal = |name: &str| {
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    let refused = refusal(factory.post("/v1/vacancies", &vacancy(3), Some("once")).await);
    assert_eq!((refused.status, refused.code.as_str()), (503, "broker.unavailable"));
    let read: view::Page<view::Vacancy> = factory.get("/v1/vacancies").await.unwrap();
    assert!(read.items.is_empty(), "reads go on");
    signal("-CONT");
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        match factory.post("/v1/vacancies", &vacancy(3), Some("once")).await {
            Ok(_) => break,
            Err(e) => assert!(std::time::Instant::now() < deadline && e.may_retry(), "{e}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let all: Vec<view::Vacancy> = factory.list("/v1/vacancies").await.unwrap();
    assert_eq!(all.len(), 1, "carried out once, although asked more than once");
    signal("-KILL");
    let http = http_client().unwrap();
    let ready = format!("{}/readyz", exchange.process.origin);
    let mut said = false;
    while !said {
        assert!(std::time::Instant::now() < deadline + PATIENCE, "readiness never said so");
        let response = http.get(&ready).send().await.unwrap();
        said = response.status() == 503 && response.text().await.unwrap().contains("broker");
    }
}

#[test]
fn a_request_that_is_no_http_does_no_harm() {
    let exchange = Exchange::up();
    let address = exchange.process.origin.trim_start_matches("http://").to_owned();
    for bytes in [
        &b"\0\0\0\0"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        b"PUB gq.v1.party.> 1\r\nx\r\n",
    ] {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.write_all(bytes).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 400"), "{text}");
    }
    assert!(!exchange.process.log().contains("panicked"));
}
