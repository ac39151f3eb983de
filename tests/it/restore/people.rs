//! Whoever was erased stays erased, though the copy of the keys is older.

use std::path::Path;

use gongqiao_contract::{
    SCHEMA,
    codes::CitizenId,
    subject::{Cell, Entity},
    wire::{self, erasure_reason, fact::Body},
};
use gongqiao_stream::{Connection, Write};
use gongqiao_vault::{Claim, Vault};
use prost::Message as _;
use serde_json::{Value, json};
use time::macros::date;

use super::{Backups, run};
use crate::support::{Exchange, cards, point, row, test_id, upload};

const POINT: &str = "431021001001";

fn known(data: &Path, people: &[CitizenId]) -> Vec<bool> {
    let vault = Vault::open(data).unwrap();
    let claims: Vec<Claim> = people.iter().map(Claim::of).collect();
    vault.lookup(&claims).unwrap().iter().map(Option::is_some).collect()
}

async fn erase(connection: &Connection, card: &str) {
    let erased = wire::PersonErased {
        card: card.to_owned(),
        point: POINT.to_owned(),
        reason: erasure_reason::Value::Request.into(),
        by: "operator".into(),
        keys_gone_on: "2098-12-31".into(),
    };
    let fact = wire::Fact {
        event_id: format!("erased-{card}"),
        recorded_at: Some(Default::default()),
        min_reader: SCHEMA,
        body: Some(Body::PersonErased(erased)),
        ..Default::default()
    };
    let cell = Cell::new("431000".parse().unwrap());
    let write = Write {
        subject: Entity::Placement(card.parse().unwrap()).subject(&cell),
        payload: fact.encode_to_vec().into(),
        expect: None,
        headers: Vec::new(),
    };
    gongqiao_stream::commit(connection, &[write]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_with_older_keys_leaves_erased_people_erased_and_names_whom_it_cannot_open() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let desk = point(&operator, POINT).await;
    let people: Vec<CitizenId> = (0..3).map(|n| test_id(date!(1985 - 03 - 07), n)).collect();
    let rows: Vec<Value> = people.iter().map(|id| row(id, POINT)).collect();
    upload(&desk, POINT, &rows[..1]).await;
    let erased = cards(&desk, POINT).await.pop().unwrap();
    upload(&desk, POINT, &rows[1..2]).await;
    let dir = tempfile::tempdir().unwrap();
    let data = exchange.data().display().to_string();
    let (streams, keys) = (dir.path().join("streams"), dir.path().join("keys"));
    let out = keys.display().to_string();
    let told = run(&["backup", "--keys", "--data-dir", &data, "--out", &out], &[]).unwrap();
    assert_eq!((&told["keptForDays"], &told["deleted"]), (&json!(7), &json!([])));

    // After the copy of the keys: one is erased, and one comes in.
    erase(&exchange.connection().await, &erased).await;
    upload(&desk, POINT, &rows[2..]).await;
    let out = streams.display().to_string();
    let told = run(&["backup", "--data-dir", &data, "--out", &out], &[]).unwrap();
    let to = dir.path().join("restored");
    let restored = Backups { streams, keys: keys.clone(), told }.restore(&to, &[]).unwrap();
    let counts = ["cards", "erased", "keysDestroyed", "cardsWithoutKey"].map(|n| &restored[n]);
    assert_eq!(counts, [&json!(3), &json!(1), &json!(1), &json!(1)], "{restored}");
    assert_eq!(known(&to, &people), [false, true, false]);
    let copy = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    assert_eq!(known(&copy, &people), [true, true, false], "the copy itself is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_of_keys_that_are_too_old_cannot_be_since_the_next_backup_deletes_them() {
    let exchange = Exchange::up();
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (exchange.data().display().to_string(), dir.path().display().to_string());
    let keys = ["backup", "--keys", "--data-dir", &data, "--out", &out];
    run(&keys, &[]).unwrap();
    let old = dir.path().join("keys-20200101T000000Z");
    let made = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::rename(made, &old).unwrap();
    let told = run(&keys, &[("GONGQIAO__VAULT__KEY_BACKUP_DAYS", "30")]).unwrap();
    assert_eq!(told["deleted"], json!(["keys-20200101T000000Z"]), "{told}");
    assert_eq!(told["keptForDays"], 30);
    assert!(!old.exists());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
