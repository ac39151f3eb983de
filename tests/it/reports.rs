//! Reports open to their events, and each party reads its own.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use gongqiao_contract::view;
use serde_json::Value;

use crate::{
    scenarios::afterwards::City,
    support::{enterprise, key, point, refusal},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const OTHER: &str = "431021001002";

/// A sheet's cells as text.
fn cells(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let sheet = book.worksheet_range(&name).unwrap();
    let text = |cell: &Data| cell.to_string();
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

async fn worked() -> City {
    let city = City::arrived("2021-07-15 09:00", 3).await;
    city.come_to(&city.factory, &city.cards[..2], "ONBOARDED").await;
    city.come_to(&city.factory, &city.cards[2..], "NOT_HIRED").await;
    city.at("2021-08-10 09:00").await;
    city.come_to(&city.factory, &city.cards[..1], "ENDED").await;
    city
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_number_of_a_month_opens_to_events_that_add_up_to_it() {
    let city = worked().await;
    let july: view::Report = city.operator.get("/v1/reports/2021-07").await.unwrap();
    assert!(!july.closed && july.as_of > 0);
    let numbers: Vec<(&str, &str, &str, i64, i64, i64)> = july
        .lines
        .iter()
        .map(|line| {
            let (measure, reach) = (line.measure.as_str(), line.reach.as_str());
            let (month, year) = (line.month.times.value, line.year.people.value);
            (line.county_name.as_str(), reach, measure, month, line.month.people.value, year)
        })
        .collect();
    assert_eq!(
        numbers,
        [
            ("桂阳县", "province", "dispatched", 3, 3, 3),
            ("桂阳县", "province", "onboarded", 2, 2, 2),
        ]
    );
    let august: view::Report = city.operator.get("/v1/reports/2021-08").await.unwrap();
    let ended = august.lines.iter().find(|line| line.measure == "ended").unwrap();
    assert_eq!((ended.month.times.value, ended.year.times.value), (1, 1));
    for line in july.lines.iter().chain(&august.lines) {
        for count in [&line.month, &line.corrections, &line.year] {
            for number in [&count.times, &count.people] {
                let events: Vec<view::Event> = city.operator.list(&number.events).await.unwrap();
                let sum: i64 = events.iter().map(|event| event.change.unwrap()).sum();
                assert_eq!(sum, number.value, "{}", number.events);
            }
        }
    }
    let missing = refusal(city.operator.get::<view::Report>("/v1/reports/2021-13").await);
    assert_eq!((missing.status, missing.code.as_str()), (404, "request.id"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_month_as_a_workbook_says_the_same_with_its_definition_and_as_of() {
    let city = worked().await;
    let july: view::Report = city.operator.get("/v1/reports/2021-07").await.unwrap();
    let rows = cells(city.operator.download("/v1/reports/2021-07", XLSX).await.unwrap());
    assert_eq!(rows[0][0], "郴州市劳务协作月报（2021-07）");
    assert!(rows[1][0].starts_with("口径："), "{:?}", rows[1]);
    assert!(rows[2][0].contains(&format!("截至：日志序号 {}", july.as_of)), "{:?}", rows[2]);
    assert_eq!((rows[3][2].as_str(), rows[3][8].as_str()), ("输送", "就业"));
    assert_eq!(
        &rows[4][2..8],
        ["本月人次", "本月人数", "更正人次", "更正人数", "累计人次", "累计人数"]
    );
    assert_eq!(&rows[5][..4], ["桂阳县", "县外省内", "3", "3"]);
    assert_eq!((rows[5][8].as_str(), rows[6][0].as_str(), rows[6][2].as_str()), ("2", "合计", "3"));
    let by_query = city.operator.download("/v1/reports/2021-07?format=xlsx", "*/*").await.unwrap();
    assert_eq!(cells(by_query), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cooperation_ledger_has_a_line_for_each_group_that_left() {
    let city = worked().await;
    let path = "/v1/reports/cooperation?from=2021-07-01&to=2021-07-31";
    let ledger: view::Cooperation = city.operator.get(path).await.unwrap();
    assert_eq!(ledger.lines.len(), 1);
    let line = &ledger.lines[0];
    assert_eq!((line.people, line.batch, line.mode.as_str()), (3, 1, "COACH"));
    assert_eq!(line.place, "湖南省郴州市苏仙区");
    assert_eq!(
        (line.docked_on.as_str(), line.work_from.as_deref()),
        ("2021-07-15", Some("2021-07-15"))
    );
    assert_eq!((line.work_to.as_deref(), line.monthly_yuan), (None, Some((5_000, 7_000))));
    assert_eq!(
        (line.evidence.as_slice(), line.ends.as_slice()),
        (&["INSURANCE_RECORD".to_owned()][..], &[("ended".to_owned(), 1)][..])
    );
    city.come_to(&city.factory, &city.cards[1..2], "RETURNED").await;
    let rows = cells(city.operator.download(path, XLSX).await.unwrap());
    let row = rows.last().unwrap();
    let agreements: Vec<view::Agreement> = city.factory.list("/v1/agreements").await.unwrap();
    let expected = [
        "1",
        "2021-07-15",
        "湖南省郴州市苏仙区",
        "测试电子1厂",
        agreements[0].id.as_str(),
        "1",
        "3",
        "",
        "包车",
        "",
        "参保记录",
        "",
        "2021-07-15",
        "2021-08-10",
        "5000-7000",
        "离职 1、返乡 1",
    ];
    assert_eq!(*row, expected);
    let none: view::Cooperation =
        city.operator.get("/v1/reports/cooperation?from=2021-08-01").await.unwrap();
    assert!(none.lines.is_empty());
    let wrong = "/v1/reports/cooperation?from=yesterday";
    assert_eq!(refusal(city.operator.get::<Value>(wrong).await).code, "request.query");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_whole_is_for_the_bureau_and_the_others_read_their_own_lines() {
    let city = worked().await;
    let (_, rival) = enterprise(&city.operator, 2).await;
    let neighbour = point(&city.operator, OTHER).await;
    let township = point(&city.operator, "431021001000").await;
    let cooperation = "/v1/reports/cooperation?from=2021-07-01&to=2021-07-31";
    for (who, lines, groups) in
        [(&city.desk, 2, 1), (&city.factory, 2, 1), (&rival, 0, 0), (&neighbour, 0, 0)]
    {
        let july: view::Report = who.get("/v1/reports/2021-07").await.unwrap();
        assert_eq!(july.lines.len(), lines);
        let events: Vec<view::Event> = who.list("/v1/reports/2021-07/events").await.unwrap();
        assert_eq!(events.is_empty(), lines == 0);
        let ledger: view::Cooperation = who.get(cooperation).await.unwrap();
        assert_eq!(ledger.lines.len(), groups);
        let placements: Vec<view::Placement> = who.list("/v1/placements").await.unwrap();
        assert_eq!(placements.len(), if lines == 0 { 0 } else { 3 });
    }
    let of_village: view::Report = township.get("/v1/reports/2021-07").await.unwrap();
    assert_eq!(of_village.lines.len(), 2, "a township's desk serves its villages");
    let onboarded: Vec<view::Placement> =
        city.desk.list("/v1/placements?state=onboarded").await.unwrap();
    assert_eq!(onboarded.len(), 1);

    let close = "/v1/reports/2021-07/close";
    assert_eq!(refusal(city.factory.post_empty(close).await).code, "auth.party_kind");
    let clerk = key(&city.operator, "operator", "CLERK").await;
    assert_eq!(refusal(clerk.post_empty(close).await).code, "auth.role");
    let future = refusal(city.operator.post_empty("/v1/reports/2021-09/close").await);
    assert_eq!((future.status, future.code.as_str()), (409, "period.not_begun"));
    city.operator.post_empty(close).await.unwrap();
    let july: view::Report = city.operator.get("/v1/reports/2021-07").await.unwrap();
    assert!(july.closed);
    let june: view::Report = city.operator.get("/v1/reports/2021-06").await.unwrap();
    assert!(june.closed, "to close a month closes those before it");
}
