//! Corrections, cases and reports from the command line, against the running
//! exchange.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use gongqiao_client::Client;
use gongqiao_contract::view::Receipt;
use serde_json::{Value, json};

use crate::scenarios::afterwards::{City, POINT};

/// Somebody with a key, at the command line.
pub struct User {
    key: String,
    origin: String,
}

impl User {
    pub async fn new(operator: &Client, party: &str) -> Self {
        let ask = json!({ "person": "staff-2", "role": "CLERK" });
        let path = format!("/v1/parties/{party}/credentials");
        let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
        Self { key: issued.key.unwrap(), origin: operator.origin().to_owned() }
    }

    /// Runs a command with `input` on stdin; what it printed, and its exit code.
    pub fn run(&self, args: &[&str], input: &str) -> (Value, i32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(args).arg("--json");
        command.env("GONGQIAO_URL", &self.origin).env("GONGQIAO_KEY", &self.key);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let code = output.status.code().unwrap();
        let printed = if code == 0 { output.stdout } else { output.stderr };
        (serde_json::from_slice(&printed).unwrap(), code)
    }

    /// What is read in Chinese, whether it was done or refused.
    fn reads(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(args).args(["--lang", "zh"]);
        command.env("GONGQIAO_URL", &self.origin).env("GONGQIAO_KEY", &self.key);
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    pub fn done(&self, args: &[&str]) -> Value {
        let (value, code) = self.run(args, "");
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clerk_corrects_visits_writes_and_files_from_the_command_line() {
    let city = City::arrived("2021-07-15 09:00", 2).await;
    let desk = User::new(&city.operator, POINT).await;
    let factory = User::new(&city.operator, &city.factory_id).await;
    let cards: Vec<&str> = city.cards.iter().map(String::as_str).collect();
    let on = city.dispatch.as_str();
    factory.done(&["dispatch", "not-hired", on, cards[0], cards[1]]);
    let correct =
        ["dispatch", "correct", on, cards[0], "--to", "onboarded", "--reason", "misclick"];
    assert_eq!(factory.done(&correct).get("waitsFor"), None);
    city.at("2021-07-15 10:00").await;
    let late = ["dispatch", "correct", on, cards[1], "--to", "onboarded", "--reason", "late-news"];
    let case = factory.done(&late)["waitsFor"].as_str().unwrap().to_owned();
    let (refused, code) = factory.run(&["case", "reply", &case, "--agree"], "");
    assert_eq!((code, refused["code"].as_str()), (1, Some("auth.not_yours")));
    desk.done(&["case", "reply", &case, "--agree"]);
    let at_work = desk.done(&["placement", "list", "--state", "onboarded"]);
    assert_eq!(at_work.as_array().unwrap().len(), 2);

    city.at("2021-07-18 09:00").await;
    let visits = desk.done(&["case", "list", "--kind", "follow-up", "--state", "open", "--mine"]);
    let visit = visits[0]["id"].as_str().unwrap();
    let attempt = [
        "case",
        "attempt",
        visit,
        "--method",
        "phone",
        "--outcome",
        "reached",
        "--at-work",
        "yes",
        "--paid-on-time",
        "no",
        "--note-file",
        "-",
    ];
    let (receipt, code) = desk.run(&attempt, "七月工资未发");
    assert_eq!(code, 0, "{receipt}");
    let shown = desk.done(&["case", "show", visit]);
    assert_eq!(shown["history"][1]["note"], "七月工资未发");
    assert_eq!(shown["offers"]["grievance"]["kind"], "WAGES");
    let card = shown["card"].as_str().unwrap();
    let opened = desk.done(&["case", "grievance", card, "--kind", "wages"]);
    let grievance = opened["id"].as_str().unwrap();
    desk.done(&["case", "hand-on", grievance, "--to", &city.factory_id]);
    factory.done(&["case", "close", grievance, "--end", "settled"]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("台账.xlsx").display().to_string();
    let written = desk.done(&["report", "cooperation", "--out", &file]);
    assert_eq!(written["bytes"].as_u64(), Some(std::fs::metadata(&file).unwrap().len()));
    let month = desk.done(&["report", "month", "2021-07"]);
    assert_eq!(month["lines"].as_array().unwrap().len(), 2, "{month}");
    let data = city.exchange.data().join("keys/operator.key");
    let key = std::fs::read_to_string(data).unwrap().trim().to_owned();
    let bureau = User { key, origin: desk.origin.clone() };
    bureau.done(&["report", "close", "2021-07"]);
    let (twice, code) = bureau.run(&["report", "close", "2021-07"], "");
    assert_eq!((code, twice["code"].as_str()), (1, Some("period.closed")));
}

/// Nothing that only programs should meet: a code of the wire.
fn without_codes(text: &str) {
    for code in
        ["NO_SHOW", "no_show", "BOARDED", "boarded", "arrived", "accepted", "COACH", "ROLL_CALL"]
    {
        assert!(!text.contains(code), "{code} is shown to a person: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clerk_reads_names_and_words_and_no_codes() {
    let city = City::new("2021-07-15 09:00", 3).await;
    let desk = User::new(&city.operator, POINT).await;
    let factory = User::new(&city.operator, &city.factory_id).await;
    let on = city.dispatch.as_str();
    let again = factory.reads(&["dispatch", "accept", on]);
    assert!(again.contains("状态为“企业已接收”，不能变为“企业已接收”"), "{again}");
    // Why with a comma and a blank: both part cards.
    desk.reads(&["dispatch", "board", on, &format!("{},", city.cards[0]), &city.cards[1]]);
    desk.reads(&["dispatch", "no-show", on, &city.cards[2]]);

    let coach = desk.reads(&["dispatch", "show", on]);
    without_codes(&coach);
    assert!(coach.contains("已上车 2，未到 1") && coach.contains("包车"), "{coach}");
    assert_eq!(coach.matches("测试").count(), 3, "{coach}");
    let seen = factory.reads(&["dispatch", "show", on]);
    assert!(seen.contains("未到") && !seen.contains("测试"), "{seen}");

    let absent = desk.reads(&["placement", "list", "--state", "no-show"]);
    assert_eq!(absent.matches("测试  card_").count(), 1, "{absent}");
    let seats = desk.reads(&["vacancy", "people", &city.vacancy]);
    assert!(seats.contains("已上车 2") && seats.contains("19900000000"), "{seats}");
    let history = desk.reads(&["dispatch", "show", on, "--history"]);
    without_codes(&history);
    assert!(history.contains("派遣人员变更") && history.contains("至：未到"), "{history}");

    let register = desk.reads(&["register", "list", "--point", POINT, "--name", "测"]);
    assert_eq!(register.matches("测试").count(), 3, "{register}");
    assert!(register.contains(&city.cards[2]) && register.contains("已核"), "{register}");
    let nobody = desk.reads(&["register", "list", "--point", POINT, "--name", "某"]);
    assert_eq!(nobody.trim(), "没有内容");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_case_that_is_over_waits_for_nobody() {
    let city = City::arrived("2021-07-15 09:00", 1).await;
    let desk = User::new(&city.operator, POINT).await;
    let opened = desk.done(&["case", "grievance", &city.cards[0], "--kind", "wages"]);
    let case = opened["id"].as_str().unwrap();
    let mine = ["case", "list", "--mine"];
    let waiting = desk.reads(&mine);
    assert!(waiting.contains("维权") && waiting.contains("工资"), "{waiting}");
    desk.done(&["case", "close", case, "--end", "settled"]);
    assert_eq!(desk.done(&mine), json!([]));
}
