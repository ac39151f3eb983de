//! A group's story as each party reads it.

use std::process::Command;

use gongqiao_contract::{
    id::DispatchId,
    view::{StoryEvent, Vacancy},
};
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{
    Exchange, cards, commit, enterprise, key, point, refusal, row, signal, test_id, until, upload,
    vacancy,
};

const POINT: &str = "431021001001";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_story_tells_each_event_with_its_record_and_what_followed() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<Value> = (0..3).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let posted = factory.post("/v1/vacancies", &vacancy(2), None).await.unwrap().id;
    let asked = signal(&desk, POINT, &posted).await.id.to_string();
    let people = cards(&desk, POINT).await;
    commit(&desk, &asked, &people[..2]).await;
    let body = json!({ "vacancy": posted, "mode": "ALONE", "manifest": people[..2] });
    let opened = desk.post("/v1/dispatches", &body, Some("once")).await.unwrap();
    let events = format!("/v1/dispatches/{}/events", opened.id);
    factory.post(&events, &json!({ "move": "ACCEPTED" }), None).await.unwrap();
    let gone = json!({ "people": { "cards": [people[0]], "to": "DECLINED" } });
    let gone = desk.post(&events, &gone, Some("gone")).await.unwrap();
    // The matcher asks again for the seat that became free.
    until("a seat is asked for again", async || {
        let now: Vacancy = operator.get(&format!("/v1/vacancies/{posted}")).await.unwrap();
        (now.ledger["signalled"].value > 2 || now.position > gone.sequence + 3).then_some(())
    })
    .await;

    let path = format!("/v1/dispatches/{}/story", opened.id);
    let story: Vec<StoryEvent> = operator.list(&path).await.unwrap();
    let kinds: Vec<&str> = story.iter().map(|one| one.event.kind.as_str()).collect();
    assert_eq!(kinds, ["DispatchOpened", "DispatchMoved", "DispatchPeopleMoved"]);
    let first = &story[0];
    assert_eq!(first.headers["ce-type"], "gongqiao.v1.DispatchOpened");
    assert_eq!(first.headers["ce-id"], first.event.fact["eventId"]);
    let receipt = first.receipt.as_ref().unwrap();
    assert_eq!((receipt.sequence, receipt.entity.as_str()), (opened.sequence, opened.id.as_str()));
    assert!((first.transaction_first..=first.transaction_last).contains(&receipt.sequence));
    assert_eq!(receipt.agreement, first.agreement.as_str());
    assert!(story[1].receipt.is_none(), "it came without a key");
    assert!(!story[1].headers["Nats-Batch-Id"].is_empty());
    assert!(first.names[POINT].zh.contains("劳务服务点"));
    assert!(first.names[&id].zh.contains("测试电子"));
    assert!(!first.names["DispatchOpened"].zh.is_empty());

    let left = &story[2];
    let followed = |kind: &str| left.follows.iter().find(|one| one.event.kind == kind);
    assert_eq!(followed("PlacementMoved").unwrap().how, "transaction");
    let freed = followed("SeatsFreed").unwrap();
    assert_eq!(freed.how, "transaction");
    assert_eq!(freed.event.fact["seatsFreed"]["cards"], json!([people[0]]));
    assert_eq!(left.receipt.as_ref().unwrap().sequence, gone.sequence);

    // The enterprise sees the group whole: but neither who acted, nor the
    // point's receipt, nor what the point is asked thereupon.
    let seen: Vec<StoryEvent> = factory.list(&path).await.unwrap();
    assert_eq!(seen.len(), 3);
    assert!(seen[0].receipt.is_none());
    assert!(seen[0].event.fact["actor"]["person"].is_null(), "{}", seen[0].event.fact);
    let subjects = seen.iter().flat_map(|one| &one.follows).map(|one| &one.event.subject);
    assert!(subjects.clone().all(|one| !one.contains(".signal.")));
    assert!(subjects.count() > 0);
    let other = enterprise(&operator, 2).await.1;
    assert_eq!(refusal(other.get::<Value>(&path).await).code, "dispatch.not_found");
    let stranger = point(&operator, "431021001002").await;
    assert_eq!(refusal(stranger.get::<Value>(&path).await).code, "dispatch.not_found");
    let missing = format!("/v1/dispatches/{}/story", "dsp_none".parse::<DispatchId>().unwrap());
    assert_eq!(refusal(operator.get::<Value>(&missing).await).code, "dispatch.not_found");
    let auditor = key(&operator, POINT, "AUDITOR").await;
    assert_eq!(auditor.list::<Value>(&path).await.unwrap().len(), 3);

    let file = exchange.data().join("keys/operator.key");
    let run = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(["dispatch", "show", &opened.id, "--history", "--lang", lang]);
        command.args(["--url", &exchange.process.origin, "--key-file"]).arg(&file);
        let output = command.output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (zh, en) = (run("zh"), run("en"));
    assert!(zh.contains("同一事务") && zh.contains("退回名额"), "{zh}");
    assert!(en.contains("With it") && en.contains("ce-type"), "{en}");
}
