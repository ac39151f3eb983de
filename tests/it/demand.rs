//! A demand sheet comes in: each row is posted, or told why it is not.

use std::process::Command;

use gongqiao_client::Client;
use gongqiao_contract::{
    Lang,
    view::{DemandReport, Indicators, Vacancy},
};
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use crate::support::{Exchange, enterprise, key, refusal};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const DEFAULTS: &str = "?needed_by=2098-11-30&valid_until=2098-12-31T00:00:00Z";

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

/// As a personnel department keeps it; `some` is what the third row says of
/// how many people it needs.
fn sheet(some: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("用工需求").unwrap();
    sheet.merge_range(0, 0, 0, 9, "用工需求表", &Format::new()).unwrap();
    write(
        sheet,
        2,
        &[
            "序号",
            "园区",
            "岗位名称",
            "需求人数",
            "年龄要求",
            "底薪/综合工资",
            "班次",
            "食宿",
            "到岗时间",
            "联系人",
        ],
    );
    let (park, contact) = ("高新区", "测试甲19900000001");
    write(
        sheet,
        3,
        &[
            "1",
            park,
            "普工",
            "200",
            "18-45周岁",
            "2200/5000-7000元",
            "两班倒",
            "包吃住",
            "2098年12月1日前80人，2098年12月15日前120人",
            contact,
        ],
    );
    write(
        sheet,
        4,
        &["2", park, "质检员", "10", "18周岁以上", "20-22元/小时", "长白班", "包吃", "", contact],
    );
    write(sheet, 5, &["3", park, "仓管", some, "", "2500元/月", "", "", "", contact]);
    write(sheet, 6, &["4", park, "男普工", "5", "", "2200", "", "", "", contact]);
    write(sheet, 7, &["合计", "", "", "215"]);
    workbook.save_to_buffer().unwrap()
}

async fn import(factory: &Client, query: &str, bytes: Vec<u8>) -> DemandReport {
    let path = format!("/v1/vacancies/import{query}");
    factory.send_file(&path, XLSX, bytes, None).await.unwrap()
}

fn counts(report: &DemandReport) -> [u32; 4] {
    [report.rows, report.created, report.unchanged, report.refused]
}

fn refused(report: &DemandReport) -> Vec<(u32, &str, &str)> {
    let refusals = report.refusals.iter();
    refusals.map(|note| (note.row, note.column.as_str(), note.code.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_of_a_demand_sheet_is_posted_once_or_told_why_not() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let factory = factory.speaking(Lang::Zh);

    let dry = import(&factory, &format!("{DEFAULTS}&dry_run=true"), sheet("若干")).await;
    assert_eq!((counts(&dry), dry.dry_run), ([4, 2, 0, 2], true));
    assert!(dry.vacancies.iter().all(|one| one.id.is_none()));
    let before: Indicators = factory.get("/v1/indicators").await.unwrap();
    assert_eq!(before.open_vacancies, 0, "a dry run posts nothing");

    let report = import(&factory, DEFAULTS, sheet("若干")).await;
    assert_eq!((counts(&report), report.enterprise.as_str()), ([4, 2, 0, 2], id.as_str()));
    let expected = [(6, "人数", "demand.headcount"), (7, "岗位", "vacancy.unlawful")];
    assert_eq!(refused(&report), expected);
    assert!(report.refusals[1].reason.contains("建议改为：男女不限"), "{:?}", report.refusals);
    assert_eq!(report.dropped_columns, ["联系人"]);
    assert_eq!((report.left_out[0].row, report.left_out[0].code.as_str()), (8, "row.total"));
    let age = report.warnings.iter().find(|note| note.code == "demand.unlawful_left_out").unwrap();
    assert!(
        (age.row, age.column.as_str()) == (4, "年龄") && age.reason.contains("18-45周岁"),
        "{age:?}"
    );

    let posted = report.vacancies[0].id.clone().unwrap();
    let vacancy: Vacancy = factory.get(&format!("/v1/vacancies/{posted}")).await.unwrap();
    let terms = &vacancy.terms;
    assert_eq!((terms.title.as_str(), terms.headcount, vacancy.free_seats), ("普工", 200, 200));
    assert_eq!((terms.needed_by.as_str(), terms.batches.len()), ("2098-12-01", 2));
    assert_eq!((terms.place.as_str(), terms.park.as_str()), ("431003", "chenzhou-hitech"));
    assert_eq!(terms.conditions, "年满18周岁，身体健康，能胜任岗位工作");
    assert!(!terms.occupations.is_empty() && terms.trainable);
    let shown = serde_json::to_string(&vacancy.terms).unwrap();
    assert!(!shown.contains("测试甲") && !shown.contains("1990000"), "{shown}");

    // The sheet, corrected in one row and sent again whole.
    let corrected = import(&factory, DEFAULTS, sheet("6")).await;
    assert_eq!(counts(&corrected), [4, 1, 2, 1]);
    assert_eq!(corrected.vacancies[0].id.as_ref(), Some(&posted), "the same row, the same vacancy");
    let after: Indicators = factory.get("/v1/indicators").await.unwrap();
    assert_eq!(after.open_vacancies, 3);

    // Another key means: once more.
    let path = format!("/v1/vacancies/import{DEFAULTS}");
    let more: DemandReport =
        factory.send_file(&path, XLSX, sheet("6"), Some("order-2")).await.unwrap();
    assert_eq!(counts(&more), [4, 3, 0, 1]);
    let again: DemandReport =
        factory.send_file(&path, XLSX, sheet("6"), Some("order-2")).await.unwrap();
    assert_eq!(counts(&again), [4, 0, 3, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demand_sheet_is_refused_whole_where_nothing_of_it_may_be_posted() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 2).await;
    let path = format!("/v1/vacancies/import{DEFAULTS}");
    let problem = |client: &Client, path: &str, bytes: Vec<u8>| {
        let (client, path) = (client.clone(), path.to_owned());
        async move {
            let sent = client.send_file::<DemandReport>(&path, XLSX, bytes, None).await;
            refusal(sent).code
        }
    };
    assert_eq!(problem(&operator, &path, sheet("6")).await, "auth.party_kind");
    let auditor = key(&operator, &id, "AUDITOR").await;
    assert_eq!(problem(&auditor, &path, sheet("6")).await, "auth.role");
    let no_day = "/v1/vacancies/import?needed_by=tomorrow";
    assert_eq!(problem(&factory, no_day, sheet("6")).await, "request.query");
    assert_eq!(problem(&factory, &path, b"PK\x03\x04damaged".to_vec()).await, "roster.damaged");
    assert_eq!(problem(&factory, &path, b"{}".to_vec()).await, "roster.not_workbook");

    // Without defaults, each row is told what to add.
    let report = import(&factory, "", sheet("6")).await;
    let codes: Vec<&str> = report.refusals.iter().map(|note| note.code.as_str()).collect();
    assert!(
        codes.contains(&"demand.needed_by") && codes.contains(&"demand.valid_until"),
        "{codes:?}"
    );
    assert_eq!(report.created, 0);

    // Without an agreement no row is posted, and a dry run says so.
    let party = serde_json::json!({
        "party": gongqiao_contract::codes::CreditCode::make("Y14310000TEXT9999").unwrap().to_string(),
        "kind": "ENTERPRISE", "name": "无协议测试厂",
    });
    operator.post("/v1/parties", &party, None).await.unwrap();
    let stranger = key(&operator, party["party"].as_str().unwrap(), "CLERK").await;
    for query in [DEFAULTS.to_owned(), format!("{DEFAULTS}&dry_run=true")] {
        let report = import(&stranger, &query, sheet("6")).await;
        assert_eq!(counts(&report), [4, 0, 0, 4], "{query}");
        let of_agreement = report.refusals.iter().filter(|note| note.code == "agreement.none");
        assert_eq!(of_agreement.count(), 3, "{:?}", report.refusals);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_imports_a_sheet_and_writes_the_reasons_back() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, _) = enterprise(&operator, 3).await;
    let ask = serde_json::json!({ "person": "staff-2", "role": "CLERK" });
    let issued: gongqiao_contract::view::Receipt =
        operator.post(&format!("/v1/parties/{id}/credentials"), &ask, None).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("demand.xlsx"), sheet("若干")).unwrap();
    let origin = exchange.process.origin.clone();
    let secret = issued.key.unwrap();
    let folder = dir.path().to_owned();
    let run = move |arguments: &'static str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.current_dir(&folder).env("GONGQIAO_URL", &origin).env("GONGQIAO_KEY", &secret);
        command.args(arguments.split(' '));
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let output = run(
        "vacancy import demand.xlsx --needed-by 2098-11-30 --valid-until 2098-12-31T18:00 --errors back.xlsx --json",
    );
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let report: DemandReport = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(counts(&report), [4, 2, 0, 2]);
    let mut back: calamine::Xlsx<_> =
        calamine::open_workbook(dir.path().join("back.xlsx")).unwrap();
    let range = calamine::Reader::worksheet_range(&mut back, "用工需求").unwrap();
    let reason = range.rows().nth(5).unwrap().last().unwrap().to_string();
    assert!(reason.starts_with("人数："), "{reason}");

    let template = run("import template --kind demand --out t.xlsx").await.unwrap();
    assert!(template.status.success());
    let filled = run("vacancy import t.xlsx --dry-run").await.unwrap();
    assert_eq!(filled.status.code(), Some(1), "an empty template holds no rows");
    assert!(String::from_utf8_lossy(&filled.stderr).contains("roster.empty"));
}
