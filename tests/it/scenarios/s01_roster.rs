//! A clerk's own register of 312 people: 9 truncated and 5 placeholder IDs,
//! two people twice, a row of totals and one of signatures.

use gongqiao_contract::view::Card;
use serde_json::{Value, json};

use crate::support::{Exchange, XLSX, point, upload_file};

const POINT: &str = "431021102205";
const FILE: &[u8] = include_bytes!("../../../crates/roster/tests/corpus/files/scenario_312.xlsx");
const OLD_FILE: &[u8] =
    include_bytes!("../../../crates/roster/tests/corpus/files/scenario_312.xls");

/// Created, updated, unchanged, unverified, refused and left out.
fn ends(report: &Value) -> [u64; 6] {
    let fields = ["created", "updated", "unchanged", "unverified", "refused", "leftOutRows"];
    let ends = fields.map(|field| report[field].as_u64().unwrap());
    assert_eq!(ends.iter().sum::<u64>(), report["rows"].as_u64().unwrap(), "{report}");
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_01_a_roster_of_312_as_a_clerk_keeps_it() {
    let exchange = Exchange::up();
    let desk = point(&exchange.client("operator"), POINT).await;
    let register = format!("/v1/register/{POINT}/cards");

    let preview = upload_file(&desk, POINT, "?dry_run=true", XLSX, FILE).await;
    assert_eq!(ends(&preview), [296, 0, 0, 14, 0, 4]);
    let outcomes = preview["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 314, "row by row what would happen");
    let end = |row: u64| outcomes.iter().find(|end| end["row"] == row).unwrap();
    let duplicate = json!({ "sheet": "劳动力台账", "row": 205, "outcome": "left_out", "codes": ["row.duplicate"] });
    assert_eq!(*end(205), duplicate);
    assert_eq!((&end(15)["unverified"], &end(15)["outcome"]), (&json!(true), &json!("created")));
    assert!(desk.list::<Card>(&register).await.unwrap().is_empty(), "a preview stores nothing");

    let report = upload_file(&desk, POINT, "", XLSX, FILE).await;
    assert_eq!(ends(&report), [296, 0, 0, 14, 0, 4], "{report}");
    let codes =
        [("sex_conflict", 7), ("citizen_id_old", 3), ("duplicate", 2), ("total", 1), ("footer", 1)];
    for (code, rows) in codes {
        assert_eq!(report["counts"][format!("row.{code}")], rows, "{code}");
    }
    assert_eq!(report["absent"]["count"], 0);
    let held = desk.list::<Card>(&register).await.unwrap();
    assert_eq!((held.len(), held.iter().filter(|card| card.verified).count()), (310, 296));

    for (again, media) in [(FILE, XLSX), (OLD_FILE, "application/vnd.ms-excel")] {
        let again = upload_file(&desk, POINT, "", media, again).await;
        assert_eq!(ends(&again), [0, 0, 310, 0, 0, 4], "all unchanged: {again}");
        assert_eq!(again["absent"]["count"], 0);
    }
    let held = desk.list::<Card>(&register).await.unwrap();
    assert_eq!((held.len(), held.iter().filter(|card| card.verified).count()), (310, 296));
}
