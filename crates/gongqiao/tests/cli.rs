//! The command as its users run it, against a stand-in for the exchange that
//! answers as the gate does.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{
    path::Path,
    process::{Command, Output},
};

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use calamine::{Data, Reader as _, Xlsx, open_workbook};
use serde_json::{Value, json};

fn gongqiao(dir: &Path, url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
    // Why: nothing of whoever runs the tests gets in.
    command.env_clear().current_dir(dir).env("GONGQIAO_URL", url).env("GONGQIAO_KEY", "gqk_a_b");
    command.args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An address at which nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// Answers `router` on a free port for as long as the test runs.
async fn exchange(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

async fn run(dir: &Path, url: &str, args: &[&str]) -> Output {
    let (dir, url) = (dir.to_owned(), url.to_owned());
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        gongqiao(&dir, &url, &args)
    })
    .await
    .unwrap()
}

const HEADER: [&str; 9] = [
    "姓名",
    "身份证号",
    "联系电话",
    "户籍村",
    "工种",
    "期望月薪",
    "可到岗日期",
    "意向地区",
    "同意事项",
];

fn header(path: &Path) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let row = range.rows().next().unwrap();
    let names = row.iter().map(ToString::to_string).filter(|text| !text.is_empty());
    // Why: the template marks what must be filled in.
    names.map(|name| name.trim_end_matches('*').to_owned()).collect()
}

#[test]
fn the_template_is_a_workbook_with_the_columns_that_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let output = gongqiao(dir.path(), NOBODY, &["import", "template", "--out", "t.xlsx"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).trim(), "t.xlsx");
    assert_eq!(header(&dir.path().join("t.xlsx")), HEADER);
}

#[test]
fn a_wrong_command_line_is_64_and_help_is_0() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = gongqiao(dir.path(), NOBODY, &["party", "listen"]);
    assert_eq!(wrong.status.code(), Some(64));
    assert!(wrong.stdout.is_empty());
    let help = gongqiao(dir.path(), NOBODY, &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for code in ["64", "error[code]"] {
        assert!(stdout(&help).contains(code), "{code} is not documented");
    }
}

#[test]
fn nobody_at_the_address_is_1_with_a_code_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let text = gongqiao(dir.path(), NOBODY, &["party", "list"]);
    assert_eq!(text.status.code(), Some(1));
    assert!(stderr(&text).starts_with("error[client.unreachable]: "), "{}", stderr(&text));
    assert!(stderr(&text).contains("gongqiao up"));

    let json = gongqiao(dir.path(), NOBODY, &["party", "list", "--json"]);
    let problem: Value = serde_json::from_str(stderr(&json).trim()).unwrap();
    assert_eq!(problem["code"], "client.unreachable");
    assert!(json.stdout.is_empty());
}

#[test]
fn without_a_key_it_says_where_one_was_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
    command.env_clear().current_dir(dir.path());
    let output = command.args(["--data-dir", "there", "party", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.starts_with("error[key.missing]"), "{said}");
    assert!(said.contains("there/keys/operator.key"), "{said}");
}

#[test]
fn the_completion_script_knows_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = gongqiao(dir.path(), NOBODY, &["completion", shell]);
        assert!(stdout(&output).contains("credential"), "{shell}");
    }
}

/// Answers an upload with these lines.
fn register(lines: &[Value]) -> Router {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let answer = move || async move { ([("content-type", "application/x-ndjson")], text.clone()) };
    Router::new().route("/v1/register/431021106203/cards", post(answer))
}

fn report(refused: u32, refusals: Value) -> Value {
    json!({ "report": {
        "point": "431021106203", "dryRun": false, "rows": 3, "created": 3 - refused,
        "updated": 0, "unchanged": 0, "refused": refused, "leftOutRows": 2,
        "refusals": refusals, "warnings": [], "unknownColumns": ["备注"], "sequence": 7,
    }})
}

const ROSTER: [&str; 6] = ["import", "roster", "r.csv", "--point", "431021106203", "--errors"];

fn write_roster(dir: &Path) {
    let row = "甲,1,13900000000,洋市村,,,,,入册";
    std::fs::write(dir.join("r.csv"), format!("{}\n{row}\n{row}\n{row}\n", HEADER.join(",")))
        .unwrap();
}

#[tokio::test]
async fn an_import_whose_rows_were_all_taken_is_0() {
    let dir = tempfile::tempdir().unwrap();
    write_roster(dir.path());
    let progress = json!({ "progress": { "done": 3, "total": 3 } });
    let url = exchange(register(&[progress, report(0, json!([]))])).await;
    let output = run(dir.path(), &url, &[&ROSTER[..], &["e.xlsx"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("备注"), "unknown columns are not named");
    assert!(stderr(&output).is_empty(), "a bar was drawn where nobody sees it");
    assert!(!dir.path().join("e.xlsx").exists(), "there was nothing to send back");
}

#[tokio::test]
async fn an_import_with_refused_rows_is_2_and_sends_the_sheet_back() {
    let dir = tempfile::tempdir().unwrap();
    write_roster(dir.path());
    let refusal = json!([{
        "row": 3, "column": "身份证号", "code": "row.citizen_id_length", "reason": "身份证号应为 18 位。",
    }]);
    let url = exchange(register(&[report(1, refusal)])).await;
    let output = run(dir.path(), &url, &[&ROSTER[..], &["e.xlsx", "--json"]].concat()).await;
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let back: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(back["refused"], 1);
    assert_eq!(back["refusals"][0]["row"], 3);

    let mut workbook: Xlsx<_> = open_workbook(dir.path().join("e.xlsx")).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let told: Vec<usize> = range
        .rows()
        .enumerate()
        .filter(|(_, row)| row.contains(&Data::String("row.citizen_id_length".to_owned())))
        .map(|(index, _)| index + 1)
        .collect();
    assert_eq!(told, [3]);
}

#[tokio::test]
async fn a_dry_run_is_told_row_by_row_in_the_users_language() {
    let dir = tempfile::tempdir().unwrap();
    write_roster(dir.path());
    let note = |row: u32, code: &str, reason: &str| json!({ "sheet": "台账", "row": row, "column": "", "code": code, "reason": reason });
    let told = json!({ "report": {
        "point": "431021106203", "dryRun": true, "rows": 5, "created": 2, "updated": 0, "unchanged": 1,
        "unverified": 1, "refused": 0, "leftOutRows": 2, "elsewhere": 1, "refusals": [],
        "unverifiedRows": [note(6, "row.citizen_id_length", "十八位")],
        "leftOut": [note(7, "row.total", "合计行"), note(8, "row.elsewhere", "他村")],
        "warnings": [{ "row": 0, "column": "", "code": "roster.consents_missing", "reason": "没有" }],
        "absent": { "count": 3, "people": [{ "card": "card_a", "name": "测试甲" }, { "card": "card_b" }] }, "droppedColumns": ["民族"], "unknownColumns": ["某某"],
        "sheets": [{ "sheet": "旧", "code": "sheet.hidden", "reason": "已隐藏" }],
        "outcomes": [
            { "sheet": "台账", "row": 4, "outcome": "created" },
            { "sheet": "台账", "row": 5, "outcome": "unchanged", "codes": ["row.sex_conflict"] },
            { "sheet": "台账", "row": 6, "outcome": "created", "unverified": true, "codes": ["row.citizen_id_length"] },
            { "sheet": "台账", "row": 7, "outcome": "left_out", "codes": ["row.total"] },
            { "sheet": "台账", "row": 8, "outcome": "elsewhere", "codes": ["row.elsewhere"] },
        ],
    }});
    let url = exchange(register(&[told])).await;
    for lang in ["zh", "en"] {
        let ask =
            ["import", "roster", "r.csv", "--point", "431021106203", "--dry-run", "--lang", lang];
        let output = run(dir.path(), &url, &ask).await;
        assert_eq!(output.status.code(), Some(2), "somebody was not taken: {}", stderr(&output));
        insta::assert_snapshot!(format!("dry_run_{lang}"), stdout(&output));
    }
}

#[tokio::test]
async fn an_import_that_is_refused_or_breaks_off_is_1() {
    let dir = tempfile::tempdir().unwrap();
    write_roster(dir.path());
    let problem = json!({ "problem": { "code": "roster.header", "detail": "missing" } });
    let progress = json!({ "progress": { "done": 1, "total": 3 } });
    for (lines, code) in [(vec![problem], "roster.header"), (vec![progress], "import.broken_off")] {
        let url = exchange(register(&lines)).await;
        let output = run(dir.path(), &url, &[&ROSTER[..], &["e.xlsx"]].concat()).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).starts_with(&format!("error[{code}]")), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn the_roster_itself_is_never_overwritten_by_its_errors() {
    let dir = tempfile::tempdir().unwrap();
    write_roster(dir.path());
    let before = std::fs::read(dir.path().join("r.csv")).unwrap();
    let url = exchange(register(&[report(1, json!([]))])).await;
    let output = run(dir.path(), &url, &[&ROSTER[..], &["./r.csv"]].concat()).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error[output.same_file]"));
    assert_eq!(std::fs::read(dir.path().join("r.csv")).unwrap(), before);
}

#[tokio::test]
async fn a_posted_vacancy_carries_its_terms_and_an_idempotency_key() {
    let dir = tempfile::tempdir().unwrap();
    let echo = |headers: axum::http::HeaderMap, Json(body): Json<Value>| async move {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        let terms = &body["terms"];
        let as_asked = terms["headcount"] == 200
            && terms["trainable"] == true
            && terms["pay"] == json!({"unit": "MONTH", "baseYuan": 3000})
            && terms["validUntil"] == "2021-07-31T10:00:00+00:00"
            && key.len() == 36;
        if as_asked {
            let receipt = json!({ "id": "vac_1", "sequence": 9 });
            return (StatusCode::CREATED, Json(receipt));
        }
        (StatusCode::BAD_REQUEST, Json(json!({ "code": "test.body", "detail": body.to_string() })))
    };
    let url = exchange(Router::new().route("/v1/vacancies", post(echo))).await;
    let output = run(
        dir.path(),
        &url,
        &[
            "vacancy",
            "post",
            "--json",
            "--title",
            "装配工",
            "--headcount",
            "200",
            "--duties",
            "d",
            "--conditions",
            "c",
            "--park",
            "chenzhou-hitech",
            "--base-yuan",
            "3000",
            "--needed-by",
            "2021-07-20",
            "--valid-until",
            "2021-07-31 18:00",
            "--trainable",
            "--urgent",
        ],
    )
    .await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let receipt: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(receipt["id"], "vac_1");
    assert_eq!(receipt["idempotencyKey"].as_str().map(str::len), Some(36));
}

fn me(party: &str, kind: &str) -> Value {
    json!({ "party": party, "kind": kind, "name": "n", "person": "staff-1", "role": "CLERK" })
}

/// A group that 431021106203 leads.
fn group(state: &str, manifest: Value) -> Value {
    json!({
        "id": "dsp_1", "vacancy": "vac_1", "enterprise": "e", "agreement": "agr_1",
        "point": "431021106203", "pointName": "p", "to": "431003", "state": state,
        "mode": "COACH", "stops": [], "openedAt": "2021-07-19T00:00:00Z", "sequence": 41,
        "position": 50, "manifest": manifest,
    })
}

/// Whom `args --all` names, asked by this party of that group.
async fn named_by_all(party: &str, kind: &str, group: Value, args: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let who = me(party, kind);
    let tell = |Json(body): Json<Value>| async move {
        // Why: what came stands in the answer, where the test sees it.
        let problem =
            json!({ "code": "test.cards", "detail": body["people"]["cards"].to_string() });
        (StatusCode::BAD_REQUEST, Json(problem))
    };
    let router = Router::new()
        .route("/v1/me", get(move || async move { Json(who) }))
        .route("/v1/dispatches/dsp_1", get(move || async move { Json(group) }))
        .route("/v1/dispatches/dsp_1/events", post(tell));
    run(dir.path(), &exchange(router).await, args).await
}

#[tokio::test]
async fn all_means_a_points_own_people_on_a_coach_that_it_shares() {
    let people = |state: &str| {
        json!([
            {"card": "card_led", "state": state, "point": "431021106203"},
            {"card": "card_joined", "state": state, "point": "431021102205"},
        ])
    };
    let onboard = ["dispatch", "onboard", "dsp_1", "--all", "--evidence", "worker-call"];
    let board = ["dispatch", "board", "dsp_1", "--all"];
    let (leads, joins, works) =
        (("431021106203", "SERVICE_POINT"), ("431021102205", "SERVICE_POINT"), ("e", "ENTERPRISE"));
    let cases = [
        (leads, &onboard[..], "arrived", vec!["card_led"]),
        (joins, &onboard[..], "arrived", vec!["card_joined"]),
        (works, &onboard[..], "arrived", vec!["card_led", "card_joined"]),
        // The roll at the coach door is called by whoever leads.
        (leads, &board[..], "held", vec!["card_led", "card_joined"]),
        (joins, &board[..], "held", vec!["card_joined"]),
    ];
    for ((party, kind), args, state, expected) in cases {
        let group = group("arrived", people(state));
        let output = named_by_all(party, kind, group, args).await;
        let said = stderr(&output);
        assert!(said.contains(&json!(expected).to_string()), "{party} {args:?}: {said}");
    }
    let none =
        named_by_all("431021102205", "SERVICE_POINT", group("arrived", json!([])), &board).await;
    assert!(stderr(&none).starts_with("error[dispatch.nobody]"), "{}", stderr(&none));
}

#[tokio::test]
async fn a_group_is_shown_to_a_point_with_names_and_states_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let shown = group(
        "departed",
        json!([
            {"card": "card_a", "state": "no_show", "point": "431021106203"},
            {"card": "card_b", "state": "boarded", "point": "431021106203"},
            {"card": "card_c", "state": "boarded", "point": "431021102205"},
        ]),
    );
    let person = |card: &str, state: &str, name: &str| json!({ "card": card, "point": "431021106203", "pointName": "甲村", "state": state, "name": name });
    let people = json!({ "position": 50, "items": [
        person("card_a", "no_show", "测试甲"), person("card_b", "boarded", "测试乙"),
    ]});
    let of = |kind: &'static str| {
        let (shown, people) = (shown.clone(), people.clone());
        Router::new()
            .route("/v1/me", get(move || async move { Json(me("431021106203", kind)) }))
            .route("/v1/dispatches/dsp_1", get(move || async move { Json(shown) }))
            .route("/v1/dispatches/dsp_1/people", get(move || async move { Json(people) }))
    };
    let show = ["dispatch", "show", "dsp_1", "--lang", "zh"];
    let point = run(dir.path(), &exchange(of("SERVICE_POINT")).await, &show).await;
    let text = stdout(&point);
    insta::assert_snapshot!("group_of_a_point", text);

    let operator = exchange(of("OPERATOR")).await;
    let text = stdout(&run(dir.path(), &operator, &show).await);
    assert!(text.contains("未到") && !text.contains("测试甲"), "{text}");
    let json = stdout(&run(dir.path(), &operator, &[&show[..], &["--json"]].concat()).await);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["manifest"][0]["state"], "no_show", "codes stay codes in JSON");
}

#[tokio::test]
async fn the_register_is_listed_and_filtered_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let card = |card: &str, name: &str, verified: bool, state: &str| {
        json!({
            "card": card, "home": "431021102205", "verified": verified, "birthYear": 1985,
            "skills": [], "wageExpectedYuan": 0, "availableFrom": "2021-07-01", "destinations": [],
            "state": state, "bound": state == "held", "updatedAt": "2021-07-01T00:00:00Z",
            "name": name, "phone": "19900000000",
        })
    };
    let page = json!({ "position": 3, "items": [
        card("card_a", "测试甲", true, "free"), card("card_b", "测试乙", false, "free"),
        card("card_c", "试验丙", true, "held"),
    ]});
    let router = Router::new()
        .route("/v1/register/431021102205/cards", get(move || async move { Json(page) }));
    let url = exchange(router).await;
    let list = ["register", "list", "--point", "431021102205", "--lang", "zh"];
    let all = run(dir.path(), &url, &list).await;
    insta::assert_snapshot!("register_zh", stdout(&all));
    let some = run(dir.path(), &url, &[&list[..], &["--name", "测试", "--json"]].concat()).await;
    let some: Value = serde_json::from_str(&stdout(&some)).unwrap();
    let cards: Vec<_> = some.as_array().unwrap().iter().map(|one| one["card"].clone()).collect();
    assert_eq!(cards, ["card_a", "card_b"]);
}

#[tokio::test]
async fn placements_of_a_point_have_names() {
    let dir = tempfile::tempdir().unwrap();
    let placement = |card: &str, dispatch: Value| {
        json!({
            "card": card, "vacancy": "vac_1", "title": "装配工", "enterprise": "e",
            "enterpriseName": "示例电子", "point": "431021102205", "dispatch": dispatch,
            "state": "held", "since": "2021-07-19T00:00:00Z",
        })
    };
    let page = json!({ "position": 3, "items": [
        placement("card_a", Value::Null), placement("card_b", json!("dsp_1")),
    ]});
    let people = |card: &str, name: &str| {
        let one = json!({
            "card": card, "point": "431021102205", "pointName": "p", "state": "held", "name": name,
        });
        let page = json!({ "position": 3, "items": [one] });
        get(move || async move { Json(page) })
    };
    let router = Router::new()
        .route("/v1/me", get(|| async { Json(me("431021102205", "SERVICE_POINT")) }))
        .route("/v1/placements", get(move || async move { Json(page) }))
        .route("/v1/vacancies/vac_1/people", people("card_a", "测试甲"))
        .route("/v1/dispatches/dsp_1/people", people("card_b", "测试乙"));
    let output =
        run(dir.path(), &exchange(router).await, &["placement", "list", "--lang", "zh"]).await;
    let text = stdout(&output);
    for expected in ["测试甲", "测试乙", "已锁定"] {
        assert!(text.contains(expected), "{expected}: {text} {}", stderr(&output));
    }
}

#[tokio::test]
async fn a_list_of_what_waits_for_us_asks_for_open_cases() {
    let dir = tempfile::tempdir().unwrap();
    let answer = |uri: axum::http::Uri| async move {
        let problem = json!({ "code": "test.query", "detail": uri.query() });
        (StatusCode::BAD_REQUEST, Json(problem))
    };
    let url = exchange(Router::new().route("/v1/cases", get(answer))).await;
    let mine = stderr(&run(dir.path(), &url, &["case", "list", "--mine"]).await);
    assert!(mine.contains("state=open&with=me"), "{mine}");
    let done = stderr(&run(dir.path(), &url, &["case", "list", "--mine", "--state", "done"]).await);
    assert!(done.contains("state=done&with=me"), "{done}");
}

#[tokio::test]
async fn a_file_that_is_there_already_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let workbook = || async { "a workbook" };
    let router = Router::new()
        .route("/v1/reports/2021-07", get(workbook))
        .route("/v1/dispatches/dsp_1/manifest", get(workbook));
    let url = exchange(router).await;
    let there = dir.path().join("o.xlsx");
    std::fs::write(&there, "somebody's work").unwrap();
    write_roster(dir.path());
    let ask = [
        // Nothing is sent for which there would be no place afterwards.
        &[&ROSTER[..], &["o.xlsx"]].concat()[..],
        &["report", "month", "2021-07", "--out", "o.xlsx"],
        &["dispatch", "manifest", "dsp_1", "--for", "carrier", "--out", "o.xlsx"],
        &["import", "template", "--out", "o.xlsx"],
    ];
    for args in ask {
        let output = run(dir.path(), &url, &[args, &["--lang", "zh"]].concat()).await;
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains("已有同名文件"), "{}", stderr(&output));
        assert_eq!(std::fs::read_to_string(&there).unwrap(), "somebody's work", "{args:?}");
    }
    let new = ["report", "month", "2021-07", "--out", "n.xlsx"];
    assert_eq!(run(dir.path(), &url, &new).await.status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(dir.path().join("n.xlsx")).unwrap(), "a workbook");
}

#[test]
fn a_wrong_argument_is_told_what_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        (&["dispatch", "board", "dsp_1", "测试甲"][..], "card_…"),
        (&["dispatch", "show", "批次"], "dsp_…"),
        (&["signal", "show", "vac_1"], "431021102205-vac_…"),
        (&["vacancy", "show", "需求 1"], "vac_…"),
    ];
    for (args, expected) in cases {
        let output = gongqiao(dir.path(), NOBODY, args);
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
    let usage = stderr(&gongqiao(dir.path(), NOBODY, &["dispatch", "board", "dsp_1"]));
    assert!(usage.contains("Usage: gongqiao dispatch board [OPTIONS] "), "{usage}");
    assert!(!usage.contains("--url"), "{usage}");
}

#[tokio::test]
async fn all_means_those_who_were_seen_at_that_sequence() {
    let dir = tempfile::tempdir().unwrap();
    let shown = group(
        "accepted",
        json!([
            {"card": "card_a", "state": "held", "point": "431021106203"},
            {"card": "card_b", "state": "no_show", "point": "431021106203"},
            {"card": "card_c", "state": "held", "point": "431021102205"},
        ]),
    );
    let expected = json!({
        "people": {"cards": ["card_a", "card_c"], "to": "BOARDED"}, "expectedSequence": "41",
    });
    let take = move |Json(body): Json<Value>| async move {
        if body == expected {
            return (StatusCode::OK, Json(json!({ "id": "dsp_1", "sequence": 51 })));
        }
        (StatusCode::BAD_REQUEST, Json(json!({ "code": "test.body", "detail": body.to_string() })))
    };
    let router = Router::new()
        .route("/v1/me", get(|| async { Json(me("431021106203", "SERVICE_POINT")) }))
        .route("/v1/dispatches/dsp_1", get(move || async move { Json(shown) }))
        .route("/v1/dispatches/dsp_1/events", post(take));
    let url = exchange(router).await;
    let output = run(dir.path(), &url, &["dispatch", "board", "dsp_1", "--all"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("51"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_goes_to_a_file_is_private_and_not_shown() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let answer = || async { Json(json!({ "id": "abc", "sequence": 3, "key": "gqk_abc_secret" })) };
    let url = exchange(Router::new().route("/v1/parties/320614/credentials", post(answer))).await;
    let args = [
        "credential",
        "issue",
        "320614",
        "--person",
        "s",
        "--role",
        "clerk",
        "--out",
        "k",
        "--json",
    ];
    let output = run(dir.path(), &url, &args).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains("secret"));
    let path = dir.path().join("k");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "gqk_abc_secret\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // The same file again: an older key is never overwritten.
    let again = run(dir.path(), &url, &args).await;
    assert!(stderr(&again).contains("output.unwritable"), "{}", stderr(&again));
}

#[tokio::test]
async fn the_keys_of_a_party_are_listed_without_asking_for_pages() {
    let dir = tempfile::tempdir().unwrap();
    let answer = |uri: axum::http::Uri| async move {
        // Why: the board takes no paging here, and says so.
        if uri.query().is_some() {
            let refusal = json!({ "code": "request.query", "detail": "unknown field" });
            return (StatusCode::BAD_REQUEST, Json(refusal));
        }
        let key = json!({ "id": "abc", "person": "s", "role": "CLERK", "revoked": true });
        (StatusCode::OK, Json(json!({ "items": [key], "position": 3 })))
    };
    let url = exchange(Router::new().route("/v1/parties/320614/credentials", get(answer))).await;
    let output = run(dir.path(), &url, &["credential", "list", "320614"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("revoked"), "{}", stdout(&output));
}

#[tokio::test]
async fn doctor_tells_a_stranger_from_the_exchange() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["doctor", "--json", "--data-dir", "d"];
    let grade = |output: &Output, name: &str| {
        let report: Value = serde_json::from_str(&stdout(output)).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        let found = checks.into_iter().find(|check| check["name"] == name);
        found.map(|check| check["status"].as_str().unwrap().to_owned())
    };

    let stranger = exchange(Router::new()).await;
    let output = run(dir.path(), &stranger, &args).await;
    assert_eq!(grade(&output, "exchange").as_deref(), Some("fail"));
    assert_eq!(output.status.code(), Some(1));

    let ready = json!({ "status": "degraded", "checks": {
        "broker": {"status": "ok"}, "schema": {"status": "degraded", "reason": "two entities"},
    }});
    let refusal = json!({ "code": "auth.unknown_key", "detail": "not known", "status": 401 });
    let ours = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { Json(ready) }))
        .route(
            "/v1/indicators",
            get(move || async move { (StatusCode::UNAUTHORIZED, Json(refusal)) }),
        );
    let output = run(dir.path(), &exchange(ours).await, &args).await;
    assert_eq!(grade(&output, "exchange").as_deref(), Some("warn"));
    assert_eq!(grade(&output, "API key").as_deref(), Some("fail"));
    assert_eq!(grade(&output, "configuration").as_deref(), Some("ok"));
}
