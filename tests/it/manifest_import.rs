//! A dispatch roster as a township writes it: titles, the vehicle above the
//! table, people with and without an ID, rows that must not travel.

use gongqiao_client::Client;
use gongqiao_contract::{
    codes::CitizenId,
    view::{Dispatch, DispatchReport, Indicators},
    wire::{self, access_purpose::Value as Purpose},
};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    scenarios::afterwards::vacancy,
    support::{
        Exchange, XLSX, cards, commit, enterprise, point, refusal, row, signal, test_id, upload,
    },
};

const VILLAGE: &str = "431021001001";
const OTHER: &str = "431021001002";
const DESK: &str = "431021001000";
const ELSEWHERE: &str = "431021102205";
const DRIVER: &str = "测试司机王";

struct City {
    exchange: Exchange,
    operator: Client,
    desk: Client,
    vacancy: String,
}

fn id(serial: u16) -> CitizenId {
    test_id(date!(1985 - 03 - 07), serial)
}

/// People of two villages, promised to a factory's vacancy but for the last.
async fn city() -> City {
    let exchange = Exchange::up_with(&[("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-18 18:00")]);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let village = point(&operator, VILLAGE).await;
    let other = point(&operator, OTHER).await;
    let elsewhere = point(&operator, ELSEWHERE).await;
    let desk = point(&operator, DESK).await;
    let person = |name: &str, serial: u16, village: &str| {
        let mut row = row(&id(serial), village);
        row["name"] = json!(name);
        row["phone"] = json!(format!("199000000{serial:02}"));
        row
    };
    let own = [("测试甲", 1), ("测试乙", 2), ("测试丙", 3), ("测试丁", 4), ("测试戊", 5)];
    let own: Vec<Value> = own.iter().map(|(name, n)| person(name, *n, VILLAGE)).collect();
    upload(&village, VILLAGE, &own).await;
    // Two people of one name in the other village.
    let others =
        [person("测试己", 11, OTHER), person("测试庚", 12, OTHER), person("测试庚", 13, OTHER)];
    upload(&other, OTHER, &others).await;
    upload(&elsewhere, ELSEWHERE, &[person("测试辛", 21, ELSEWHERE)]).await;
    let vacancy = factory.post("/v1/vacancies", &vacancy(20), None).await.unwrap().id;
    for (point, desk) in [(VILLAGE, &village), (OTHER, &other)] {
        let mut people = cards(desk, point).await;
        if point == VILLAGE {
            // Why: one stays at home, and is not promised.
            let last = card_of(desk, point, "测试戊").await;
            people.retain(|card| *card != last);
        }
        let signal = signal(desk, point, &vacancy).await.id.to_string();
        assert_eq!(commit(desk, &signal, &people).await.committed as usize, people.len());
    }
    City { exchange, operator, desk, vacancy }
}

async fn card_of(desk: &Client, point: &str, name: &str) -> String {
    let all: Vec<Value> = desk.list(&format!("/v1/register/{point}/cards")).await.unwrap();
    let found = all.iter().find(|one| one["name"] == name).unwrap();
    found["card"].as_str().unwrap().to_owned()
}

/// A workbook with one sheet a list of rows, under a title and a vehicle.
fn roster(sheets: &[(&str, &str, Vec<[String; 4]>)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, plate, people) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name).unwrap();
        sheet.write(0, 0, "城郊街道输送花名册").unwrap();
        sheet
            .write(1, 0, "企业：测试电子1厂  出发时间：2021年7月19日8:30  出行方式：包车")
            .unwrap();
        sheet
            .write(2, 0, format!("车牌：{plate}  承运单位：示例客运  驾驶员：{DRIVER} 19900000091"))
            .unwrap();
        let header = ["序号", "姓名", "身份证号", "手机", "上车点", "紧急联系人", "签字"];
        for (column, text) in (0..).zip(header) {
            sheet.write(3, column, text).unwrap();
        }
        let mut at = 4;
        for (number, person) in (1u32..).zip(people) {
            sheet.write(at, 0, number).unwrap();
            for (column, text) in (1..).zip(person) {
                sheet.write(at, column, text).unwrap();
            }
            sheet.write(at, 5, "测试家属 19900000099").unwrap();
            at += 1;
        }
        sheet.write(at, 0, format!("合计：{}人", people.len())).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

fn person(name: &str, id: &str, phone: &str, stop: &str) -> [String; 4] {
    [name, id, phone, stop].map(str::to_owned)
}

async fn import(city: &City, query: &str, bytes: Vec<u8>) -> DispatchReport {
    let path = format!("/v1/dispatches/import?vacancy={}{query}", city.vacancy);
    let report: DispatchReport = city.desk.send_file(&path, XLSX, bytes, None).await.unwrap();
    let ends = report.listed + report.unchanged + report.refused + report.left_out_rows;
    assert_eq!(report.rows, ends, "every row ends once: {report:?}");
    report
}

/// (row, code) of each refusal or warning.
fn codes(notes: &[gongqiao_contract::view::RowNote]) -> Vec<(u32, &str)> {
    notes.iter().map(|note| (note.row, note.code.as_str())).collect()
}

fn one_coach(third: &str) -> Vec<u8> {
    let id = |serial| id(serial).expose().to_owned();
    roster(&[(
        "一车",
        "湘L·00001  核载：45",
        vec![
            person("测试甲", &id(1), "19900000001", "高码头社区门口"),
            person("测 试 乙", "", "19900000002", "高码头社区门口"),
            person(third, &id(3), "19900000003", "高码头社区门口"),
            person("测试己", &id(11), "19900000011", "北关社区居委会"),
            person("测试庚", "431021", "19900000012", "县汽车站"),
            person("测试庚", "", "19900000088", "县汽车站"),
            person("测试戊", &id(5), "19900000005", ""),
            person("测试辛", &id(21), "19900000021", ""),
            person("测试壬", "", "19900000077", ""),
            person("测试甲", &id(1), "19900000001", ""),
        ],
    )])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dispatch_roster_becomes_a_group_of_those_who_are_promised() {
    let city = city().await;
    let before: Indicators = city.operator.get("/v1/indicators").await.unwrap();
    let preview = import(&city, "&dry_run=true", one_coach("测试丁")).await;
    let after: Indicators = city.operator.get("/v1/indicators").await.unwrap();
    assert_eq!(after.events, before.events, "a dry run stores nothing");

    let report = import(&city, "", one_coach("测试丁")).await;
    assert_eq!((report.listed, report.unchanged, report.refused), (4, 0, 6), "{report:?}");
    assert_eq!((preview.listed, preview.refused, preview.left_out_rows), (4, 6, 1));
    assert_eq!(preview.refusals, report.refusals, "the preview says what will happen");
    assert_eq!(preview.warnings, report.warnings);
    assert_eq!(preview.groups[0].warnings, report.groups[0].warnings);
    assert!(preview.groups[0].dispatch.is_none());
    assert_eq!(
        codes(&report.refusals),
        [
            (7, "manifest.name_differs"),
            (10, "manifest.namesakes"),
            (11, "card.not_promised"),
            (12, "manifest.person_unknown"),
            (13, "manifest.nobody_of_this_name"),
            (14, "row.duplicate"),
        ]
    );
    let warned = codes(&report.warnings);
    assert!(warned.contains(&(6, "manifest.found_by_name")), "{warned:?}");
    assert!(warned.contains(&(9, "manifest.found_by_name")), "{warned:?}");
    assert!(warned.contains(&(9, "manifest.stop_unknown")), "{warned:?}");
    assert!(report.dropped_columns.iter().any(|one| one == "紧急联系人"), "{report:?}");

    let group = &report.groups[0];
    assert_eq!((group.outcome.as_str(), group.listed), ("opened", 4));
    let path = format!("/v1/dispatches/{}", group.dispatch.as_ref().unwrap());
    let dispatch: Dispatch = city.desk.get(&path).await.unwrap();
    assert_eq!((dispatch.state.as_str(), dispatch.mode.as_str()), ("opened", "COACH"));
    assert_eq!(dispatch.departs_at.as_deref(), Some("2021-07-19T00:30:00Z"));
    assert_eq!((dispatch.manifest.len(), dispatch.drivers), (4, 1));
    let vehicle = dispatch.vehicle.unwrap();
    assert_eq!((vehicle.plate.as_str(), vehicle.seats), ("湘L00001", 45));
    assert_eq!(vehicle.carrier, "示例客运");
    let stops: Vec<&str> = dispatch.stops.iter().map(|stop| stop.point.as_str()).collect();
    assert_eq!(stops, [VILLAGE, OTHER]);

    // Names were read, so that there is a record; the driver's stands nowhere in clear.
    let connection = city.exchange.connection().await;
    let records = read_all(&connection, StreamName::Audit).await.unwrap();
    let records = records.iter().map(|m| wire::AccessRecord::decode(m.payload.clone()).unwrap());
    let about = |one: &wire::AccessRecord| {
        one.purpose() == Purpose::Dispatch && one.subject == city.vacancy
    };
    let mine: Vec<wire::AccessRecord> = records.filter(about).collect();
    assert_eq!(mine.len(), 2, "one of the preview, one of the import: {mine:?}");
    assert!(
        mine.iter().all(|one| one.actor.as_ref().unwrap().party == DESK && one.cards.len() == 7)
    );
    let facts = read_all(&connection, StreamName::Facts).await.unwrap();
    let holds = |text: &str| {
        facts.iter().any(|m| memchr::memmem::find(&m.payload, text.as_bytes()).is_some())
    };
    assert!(holds("示例客运") && !holds(DRIVER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_roster_again_adds_who_was_missing_and_opens_nothing() {
    let city = city().await;
    let first = import(&city, "", one_coach("测试丁")).await;
    let again = import(&city, "", one_coach("测试丁")).await;
    assert_eq!((again.listed, again.unchanged, again.refused), (0, 4, 6), "{again:?}");
    assert_eq!(again.groups[0].outcome, "unchanged");
    assert_eq!(again.groups[0].dispatch, first.groups[0].dispatch);

    let corrected = import(&city, "", one_coach("测试丙")).await;
    assert_eq!((corrected.listed, corrected.unchanged, corrected.refused), (1, 4, 5));
    assert_eq!(corrected.groups[0].outcome, "joined");
    assert_eq!(corrected.groups[0].dispatch, first.groups[0].dispatch);
    let groups: Vec<Dispatch> = city.desk.list("/v1/dispatches").await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].riding, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_sheet_is_a_group_and_a_bad_one_does_not_stop_the_others() {
    let city = city().await;
    let id = |serial| id(serial).expose().to_owned();
    let people = |serials: &[(&str, u16)]| -> Vec<[String; 4]> {
        serials.iter().map(|(name, n)| person(name, &id(*n), "", "")).collect()
    };
    let bytes = roster(&[
        ("一车", "湘L00001  核载：45", people(&[("测试甲", 1), ("测试乙", 2)])),
        ("二车", "湘L00002  核载：1", people(&[("测试丙", 3), ("测试戊", 5), ("测试己", 11)])),
        ("三车", "湘L00003  核载：45", people(&[("测试丁", 4), ("测试甲", 1)])),
    ]);
    let report = import(&city, "&departs_at=2021-07-19%2009:15", bytes).await;
    let outcomes: Vec<(&str, &str, u32)> = report
        .groups
        .iter()
        .map(|group| (group.sheet.as_str(), group.outcome.as_str(), group.listed))
        .collect();
    assert_eq!(outcomes, [("一车", "opened", 2), ("二车", "refused", 0), ("三车", "opened", 1)]);
    let refused: Vec<(&str, u32, &str)> =
        report.refusals.iter().map(|n| (n.sheet.as_str(), n.row, n.column.as_str())).collect();
    let expected = [("二车", 6, ""), ("二车", 5, "核载"), ("二车", 7, "核载"), ("三车", 6, "")];
    assert_eq!(refused, expected, "{:?}", report.refusals);
    assert_eq!(report.refusals[3].code, "row.duplicate");
    assert!(report.refusals[3].reason.contains("一车 5"), "{:?}", report.refusals);
    assert_eq!(report.groups[0].departs_at.as_deref(), Some("2021-07-19T01:15:00Z"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_a_point_takes_in_a_roster_and_only_of_a_vacancy_that_exists() {
    let city = city().await;
    let path = format!("/v1/dispatches/import?vacancy={}", city.vacancy);
    let of = |client: Client, path: String| async move {
        let sent = client.send_file::<DispatchReport>(&path, XLSX, one_coach("测试丙"), None).await;
        refusal(sent).code
    };
    assert_eq!(of(city.operator.clone(), path.clone()).await, "auth.party_kind");
    let auditor = crate::support::key(&city.operator, DESK, "AUDITOR").await;
    assert_eq!(of(auditor, path.clone()).await, "auth.role");
    let nowhere = "/v1/dispatches/import?vacancy=vac_00000000000000000000000000000000";
    assert_eq!(of(city.desk.clone(), nowhere.into()).await, "vacancy.not_found");
    assert_eq!(of(city.desk.clone(), format!("{path}&departs_at=soon")).await, "request.query");
    // Whoever was not asked does not learn that there is such a vacancy.
    let stranger = point(&city.operator, "431021103000").await;
    assert_eq!(of(stranger, path).await, "vacancy.not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_passenger_of_another_coach_does_not_pull_the_sheet_onto_it() {
    let city = city().await;
    let id = |serial| id(serial).expose().to_owned();
    let people = |serials: &[(&str, u16)]| -> Vec<[String; 4]> {
        serials.iter().map(|(name, n)| person(name, &id(*n), "", "")).collect()
    };
    let first = roster(&[("一车", "湘L00001  核载：45", people(&[("测试甲", 1), ("测试乙", 2)]))]);
    let first = import(&city, "", first).await;
    let second = people(&[("测试丙", 3), ("测试丁", 4), ("测试甲", 1)]);
    let second = import(&city, "", roster(&[("二车", "湘L00002  核载：45", second)])).await;
    assert_eq!((second.listed, second.unchanged, second.refused), (2, 0, 1), "{second:?}");
    assert_eq!(codes(&second.refusals), [(7, "card.on_group")]);
    assert_eq!(second.groups[0].outcome, "opened");
    assert_ne!(second.groups[0].dispatch, first.groups[0].dispatch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_goes_another_way_or_day_does_not_go_with_the_coach() {
    let city = city().await;
    let id = |serial| id(serial).expose().to_owned();
    let text = format!(
        "车牌：湘L00001 核载：45 驾驶员：{DRIVER} 19900000091\n\
         姓名,身份证号,出发日期,出行方式\n\
         测试甲,{},7月19日8:30,包车\n\
         测试乙,{},7月19日8:30,包车\n\
         测试丙,{},7月19日8:30,自行前往\n\
         测试丁,{},7月20日8:30,包车\n",
        id(1),
        id(2),
        id(3),
        id(4)
    );
    let path = format!("/v1/dispatches/import?vacancy={}", city.vacancy);
    let report: DispatchReport =
        city.desk.send_file(&path, "text/csv", text.into_bytes(), None).await.unwrap();
    assert_eq!((report.listed, report.refused), (3, 1), "{report:?}");
    assert_eq!(codes(&report.refusals), [(6, "manifest.other_day")]);
    let mut ways = Vec::new();
    for group in &report.groups {
        let path = format!("/v1/dispatches/{}", group.dispatch.as_ref().unwrap());
        let dispatch: Dispatch = city.desk.get(&path).await.unwrap();
        ways.push((dispatch.mode, dispatch.manifest.len(), dispatch.drivers));
    }
    ways.sort();
    assert_eq!(ways, [("ALONE".into(), 1, 0), ("COACH".into(), 2, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn names_and_numbers_beside_plate_and_firm_stay_out_of_the_log() {
    let city = city().await;
    let text = format!(
        "车牌：湘L00001 测试司机赵 19900000092\n\
         核载：45\n\
         承运单位：示例客运（联系人：测试经理钱 19900000093）\n\
         姓名,身份证号\n\
         测试甲,{}\n",
        id(1).expose()
    );
    let path = format!("/v1/dispatches/import?vacancy={}", city.vacancy);
    let report: DispatchReport =
        city.desk.send_file(&path, "text/csv", text.into_bytes(), None).await.unwrap();
    assert_eq!(report.listed, 1, "{report:?}");
    let connection = city.exchange.connection().await;
    let facts = read_all(&connection, StreamName::Facts).await.unwrap();
    let holds = |text: &str| {
        facts.iter().any(|m| memchr::memmem::find(&m.payload, text.as_bytes()).is_some())
    };
    assert!(holds("湘L00001") && holds("示例客运"), "the control");
    for planted in ["赵", "钱", "1990000009"] {
        assert!(!holds(planted), "{planted}");
    }
}
