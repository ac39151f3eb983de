//! A roster comes in, and comes in again.

use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{Exchange, XLSX, point, row, test_id, upload, upload_file};

const POINT: &str = "431021001001";
const OTHER: &str = "431021001002";

fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "refused"].map(|field| report[field].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_roster_again_changes_nothing_and_a_changed_row_is_updated() {
    let mut exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (desk, other) = (point(&operator, POINT).await, point(&operator, OTHER).await);
    let mut rows: Vec<Value> = (0..1_200)
        .map(|n| {
            row(
                &test_id(
                    date!(1990 - 01 - 01) + time::Duration::days(n / 500),
                    u16::try_from(n % 500).unwrap(),
                ),
                POINT,
            )
        })
        .collect();
    assert_eq!(counts(&upload(&desk, POINT, &rows).await), [1_200, 0, 0, 0]);
    assert_eq!(counts(&upload(&desk, POINT, &rows).await), [0, 0, 1_200, 0]);
    rows[3]["phone"] = json!("19900000001");
    rows[4]["citizenId"] = json!("4310211990010100");
    rows[4]["name"] = json!("测试乙");
    rows[5] = json!({ "name": "", "citizenId": "x", "surprise": 1 });
    let changed = upload(&desk, POINT, &rows).await;
    assert_eq!(counts(&changed), [0, 1, 1_197, 1], "{changed}");
    assert_eq!((&changed["unverified"], &changed["absent"]["count"]), (&json!(1), &json!(2)));
    let elsewhere = upload(&other, OTHER, &[row(&test_id(date!(1990 - 01 - 01), 0), OTHER)]).await;
    assert_eq!(elsewhere["leftOut"][0]["code"], "row.elsewhere", "{elsewhere}");
    assert_eq!((counts(&elsewhere), &elsewhere["elsewhere"]), ([0, 0, 0, 0], &json!(1)));
    exchange.restart();
    let desk = desk.at(&exchange.process.origin);
    rows.truncate(3);
    let after = upload(&desk, POINT, &rows).await;
    assert_eq!(counts(&after), [0, 0, 3, 0], "after a restart");
    assert_eq!(after["absent"]["count"], 1_198, "{after}");
    assert_eq!(after["absent"]["people"].as_array().unwrap().len(), 200);
    let indicators: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators.cards, 1_201, "absent people stay");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let desk = point(&operator, POINT).await;
    let rows = [
        row(&test_id(date!(1990 - 01 - 01), 1), POINT),
        row(&test_id(date!(1990 - 01 - 01), 2), POINT),
    ];
    upload(&desk, POINT, &rows[..1]).await;
    let before: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    let body: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let path = format!("/v1/register/{POINT}/cards?dry_run=true");
    let lines = desk.upload(&path, "application/x-ndjson", body.into_bytes()).await.unwrap();
    let lines: Vec<Value> = lines.map(Result::unwrap).collect().await;
    let report = &lines.last().unwrap()["report"];
    assert_eq!(counts(report), [1, 0, 1, 0], "{report}");
    assert_eq!(report["dryRun"], true);
    let outcomes =
        json!([{ "row": 1, "outcome": "unchanged" }, { "row": 2, "outcome": "created" }]);
    assert_eq!(report["outcomes"], outcomes);
    let after: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    assert_eq!(after.cards, before.cards);
    assert_eq!(after.events, before.events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_points_uploading_the_same_person_at_once_leave_one_card() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (desk, other) = (point(&operator, POINT).await, point(&operator, OTHER).await);
    let people: Vec<_> = (0..400).map(|n| test_id(date!(1991 - 01 - 01), n)).collect();
    let rows = |village: &str| -> Vec<Value> { people.iter().map(|id| row(id, village)).collect() };
    let (ours, theirs) = (rows(POINT), rows(OTHER));
    let (first, second) = tokio::join!(upload(&desk, POINT, &ours), upload(&other, OTHER, &theirs));
    let elsewhere = |report: &Value| report["elsewhere"].as_u64().unwrap();
    assert_eq!(elsewhere(&first) + elsewhere(&second), 400, "and left out at the other");
    let (first, second) = (counts(&first), counts(&second));
    assert_eq!(first[0] + second[0], 400, "each person once: {first:?} {second:?}");
    let indicators: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators.cards, 400);
}

async fn unverified(desk: &Client, point: &str) -> Vec<String> {
    let path = format!("/v1/register/{point}/cards?verified=false&page_size=100");
    let page: view::Page<view::Card> = desk.get(&path).await.unwrap();
    page.items.iter().map(|shown| shown.card.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_unverified_keeps_the_card_when_the_id_becomes_known() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (desk, other) = (point(&operator, POINT).await, point(&operator, OTHER).await);
    let id = test_id(date!(1988 - 05 - 06), 7);
    let mut person = row(&id, POINT);
    person["name"] = json!("测试待核");
    person["citizenId"] = json!(id.expose()[..16]);
    let report = upload(&desk, POINT, std::slice::from_ref(&person)).await;
    assert_eq!((counts(&report), &report["unverified"]), ([0, 0, 0, 0], &json!(1)), "{report}");
    assert_eq!(report["unverifiedRows"][0]["code"], "row.citizen_id_length");
    let cards = unverified(&desk, POINT).await;
    assert_eq!(cards.len(), 1);
    let elsewhere = upload(&other, OTHER, std::slice::from_ref(&person)).await;
    assert_eq!(elsewhere["elsewhere"], 1, "unverified people are known city-wide: {elsewhere}");

    let damaged = person.clone();
    person["citizenId"] = json!(id.expose());
    let report = upload(&desk, POINT, std::slice::from_ref(&person)).await;
    assert_eq!((counts(&report), &report["unverified"]), ([0, 1, 0, 0], &json!(0)), "{report}");
    assert!(unverified(&desk, POINT).await.is_empty());
    let path = format!("/v1/register/{POINT}/cards");
    let page: view::Page<view::Card> = desk.get(&path).await.unwrap();
    let now: Vec<String> = page.items.iter().map(|shown| shown.card.to_string()).collect();
    assert_eq!(now, cards, "the same card");
    assert!(page.items[0].verified && page.items[0].birth_year == 1988);

    let report = upload(&desk, POINT, &[damaged]).await;
    assert_eq!(report["leftOut"][0]["code"], "row.known", "{report}");
    assert_eq!(report["absent"]["count"], 0);
    assert_eq!(counts(&upload(&desk, POINT, &[person]).await), [0, 0, 1, 0], "nothing was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rows_that_lead_to_one_card_are_taken_once() {
    let exchange = Exchange::up();
    let desk = point(&exchange.client("operator"), POINT).await;
    let id = test_id(date!(1988 - 05 - 06), 8);
    let verified = row(&id, POINT);
    upload(&desk, POINT, std::slice::from_ref(&verified)).await;
    // By the readable digits, and by the phone number: each alone is another key.
    let (mut digits, mut phone) = (verified.clone(), verified);
    digits["citizenId"] = json!(id.expose()[..15]);
    phone["citizenId"] = json!("无");
    let report = upload(&desk, POINT, &[digits, phone]).await;
    assert_eq!(counts(&report), [0, 0, 0, 0], "{report}");
    let codes: Vec<&str> = report["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["row.known", "row.duplicate"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sheets_and_columns_that_are_not_read_are_named() {
    let exchange = Exchange::up();
    let desk = point(&exchange.client("operator"), POINT).await;
    let bytes = include_bytes!("../../crates/roster/tests/corpus/files/sheets_hidden.xlsx");
    let report = upload_file(&desk, POINT, "?dry_run=true", XLSX, bytes).await;
    assert_eq!(
        (&report["sheets"][0]["sheet"], &report["sheets"][0]["code"]),
        (&json!("旧"), &json!("sheet.hidden"))
    );
    assert_eq!(
        (&report["warnings"][0]["code"], &report["warnings"][0]["row"]),
        (&json!("roster.consents_missing"), &json!(0))
    );
    let bytes = include_bytes!("../../crates/roster/tests/corpus/files/cells_not_needed.csv");
    let report = upload_file(&desk, POINT, "?dry_run=true", "text/csv", bytes).await;
    assert_eq!(report["unknownColumns"], json!(["某某"]));
    assert_eq!(report["droppedColumns"].as_array().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_were_moved_against_the_ids_change_nothing_and_a_new_name_is_told() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let desk = point(&operator, POINT).await;
    let person = |name: &str, serial: u16| {
        let mut row = row(&test_id(date!(1988 - 05 - 06), serial), POINT);
        row["name"] = json!(name);
        row
    };
    let right: Vec<Value> =
        [("测试甲", 1), ("测试乙", 2), ("测试丙", 3)].map(|(name, n)| person(name, n)).to_vec();
    assert_eq!(counts(&upload(&desk, POINT, &right).await), [3, 0, 0, 0]);
    let shifted: Vec<Value> =
        [("测试乙", 1), ("测试丙", 2), ("测试甲", 3)].map(|(name, n)| person(name, n)).to_vec();
    let report = upload(&desk, POINT, &shifted).await;
    assert_eq!(counts(&report), [0, 0, 0, 3], "{report}");
    assert!(
        report["refusals"].as_array().unwrap().iter().all(|n| n["code"] == "row.names_shifted")
    );
    let renamed = upload(&desk, POINT, &[person("测试甲（改名）", 1)]).await;
    assert_eq!(counts(&renamed), [0, 1, 0, 0], "{renamed}");
    assert_eq!(renamed["warnings"][0]["code"], "row.name_changed");
    assert_eq!(counts(&upload(&desk, POINT, &right).await), [0, 1, 2, 0], "and back");
}
