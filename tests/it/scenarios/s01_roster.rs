//! A clerk's own register of 312 rows goes in as it is, and again.

use std::path::Path;

use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::view::{Card, ImportReport};

use crate::support::{Exchange, point};

const POINT: &str = "431021102205";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn take(desk: &Client, file: &[u8], query: &str) -> ImportReport {
    let path = format!("/v1/register/{POINT}/cards{query}");
    let lines = desk.upload(&path, XLSX, file.to_vec()).await.unwrap();
    let lines: Vec<serde_json::Value> = lines.map(Result::unwrap).collect().await;
    serde_json::from_value(lines.last().unwrap()["report"].clone()).unwrap()
}

fn count(report: &ImportReport, code: &str) -> u32 {
    report.counts.get(code).copied().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_01_a_roster_of_312_as_a_clerk_keeps_it() {
    let exchange = Exchange::up();
    let desk = point(&exchange.client("operator"), POINT).await;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../roster/tests/corpus/files");
    let file = std::fs::read(corpus.join("scenario_312.xlsx")).unwrap();

    let preview = take(&desk, &file, "?dry_run=true").await;
    // Below the people stand a row of totals and one of signatures.
    assert_eq!((preview.rows, preview.outcomes.len()), (314, 314), "row by row what would happen");
    let path = format!("/v1/register/{POINT}/cards");
    assert!(desk.list::<Card>(&path).await.unwrap().is_empty(), "a preview stores nothing");

    let first = take(&desk, &file, "").await;
    assert_eq!(first.rows - count(&first, "row.total") - count(&first, "row.footer"), 312);
    assert_eq!((first.created, first.unverified, first.refused), (296, 14, 0));
    assert_eq!((first.left_out_rows, count(&first, "row.duplicate")), (4, 2));
    assert_eq!(count(&first, "row.citizen_id_old"), 3);
    assert_eq!(count(&first, "row.sex_conflict"), 7);
    let held = desk.list::<Card>(&path).await.unwrap();
    assert_eq!(held.iter().filter(|card| card.verified).count(), 296);
    assert_eq!(held.iter().filter(|card| !card.verified).count(), 14);

    let again = take(&desk, &file, "").await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 310), "all unchanged");
    assert_eq!((again.left_out_rows, again.absent.count), (4, 0));
    assert_eq!(desk.list::<Card>(&path).await.unwrap().len(), 310);
}
