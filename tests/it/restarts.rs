//! What is known after a restart is what was known before, however it is read
//! back; and the same question under the same key has the same answer.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use gongqiao_contract::{SCHEMA, subject::Cell, subject::Entity, view, wire, wire::fact::Body};
use gongqiao_stream::{Write, commit};
use prost::Message as _;
use serde_json::Value;

use crate::support::{Exchange, PATIENCE, enterprise, refusal, vacancy};

async fn whole_board(exchange: &Exchange) -> Value {
    let operator = exchange.client("operator");
    let mut board = Vec::new();
    for path in ["/v1/parties", "/v1/agreements", "/v1/vacancies", "/v1/signals"] {
        board.push(operator.list::<Value>(path).await.unwrap().into());
    }
    Value::Array(board)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_is_the_same_from_a_snapshot_and_from_the_log_alone() {
    let mut exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let first = factory.post("/v1/vacancies", &vacancy(3), Some("key")).await.unwrap();
    let before = whole_board(&exchange).await;
    let snapshot = exchange.data().join("snapshots/city.snapshot");
    exchange.restart();
    assert!(snapshot.exists(), "a snapshot was kept");
    assert!(!exchange.process.log().contains("snapshot.passed_over"));
    assert_eq!(whole_board(&exchange).await, before, "from the snapshot");
    let factory = factory.at(&exchange.process.origin);
    let again = factory.post("/v1/vacancies", &vacancy(3), Some("key")).await.unwrap();
    assert_eq!((again.id, again.sequence), (first.id, first.sequence), "the same answer");
    let other = refusal(factory.post("/v1/vacancies", &vacancy(4), Some("key")).await);
    assert_eq!((other.status, other.code.as_str()), (422, "idempotency.key_reused"));
    exchange.process.stop();
    std::fs::remove_file(&snapshot).unwrap();
    exchange.restart_stopped();
    assert_eq!(whole_board(&exchange).await, before, "from the log alone");
}

#[test]
fn it_ends_when_asked_although_nobody_reads_its_log_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gongqiao"))
        .args(["up", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(dir.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("operator_key") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it did not come up");
    }
    drop(log);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_newer_version_makes_its_vacancy_read_only_and_readiness_says_so() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let hit = factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    let spared = factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    let entity =
        Entity::Vacancy { enterprise: id.parse().unwrap(), vacancy: hit.id.parse().unwrap() };
    let fact = wire::Fact {
        event_id: "future".into(),
        min_reader: SCHEMA + 1,
        body: Some(Body::VacancyWithdrawn(wire::VacancyWithdrawn { vacancy: hit.id.clone() })),
        ..Default::default()
    };
    let write = Write {
        subject: entity.subject(&Cell::new("431000".parse().unwrap())),
        payload: fact.encode_to_vec().into(),
        expect: None,
        headers: Vec::new(),
    };
    commit(&exchange.connection().await, &[write]).await.unwrap();
    let deadline = std::time::Instant::now() + PATIENCE;
    let path = format!("/v1/vacancies/{}", hit.id);
    while !factory.get::<view::Vacancy>(&path).await.unwrap().read_only {
        assert!(std::time::Instant::now() < deadline, "it was never noticed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let shown: view::Vacancy = factory.get(&path).await.unwrap();
    assert_eq!(shown.state, "open", "read up to the event, which is not guessed at");
    let refused = refusal(factory.post_empty(&format!("{path}/withdraw")).await);
    assert_eq!((refused.status, refused.code.as_str()), (409, "entity.newer_schema"));
    factory.post_empty(&format!("/v1/vacancies/{}/withdraw", spared.id)).await.unwrap();
    let ready = format!("{}/readyz", exchange.process.origin);
    let said = gongqiao_client::http_client().unwrap().get(ready).send().await.unwrap();
    assert!(said.text().await.unwrap().contains("newer version"));
}
