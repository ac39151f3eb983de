//! A roster comes in, and comes in again.

use futures::StreamExt as _;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{Exchange, point, row, test_id, upload};

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
    rows[4]["citizenId"] = json!("431021199001010010");
    rows[5] = json!({ "name": "", "citizenId": "x", "surprise": 1 });
    assert_eq!(counts(&upload(&desk, POINT, &rows).await), [0, 1, 1_197, 2]);
    let elsewhere = upload(&other, OTHER, &[row(&test_id(date!(1990 - 01 - 01), 0), OTHER)]).await;
    assert_eq!(elsewhere["refusals"][0]["code"], "row.elsewhere", "{elsewhere}");
    assert_eq!(counts(&elsewhere), [0, 0, 0, 1]);
    exchange.restart();
    let desk = desk.at(&exchange.process.origin);
    rows.truncate(3);
    assert_eq!(counts(&upload(&desk, POINT, &rows).await), [0, 0, 3, 0], "after a restart");
    let indicators: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators.cards, 1_200);
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
    let (first, second) = (counts(&first), counts(&second));
    assert_eq!(first[0] + second[0], 400, "each person once: {first:?} {second:?}");
    assert_eq!(first[3] + second[3], 400, "and refused at the other: {first:?} {second:?}");
    let indicators: view::Indicators = desk.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators.cards, 400);
}
