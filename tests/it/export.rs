//! Tables of a range as files: the same rows in every format, read back by
//! other libraries, as things stood at the end of the range.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

use calamine::{Data, Reader as _, Xlsx};
use gongqiao_client::Client;
use gongqiao_contract::view::ExportDictionary;
use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::Field,
};
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    isolation::CITY,
    support::{
        Exchange, cards, commit, enterprise, key, next_year, point, refusal, row, signal, test_id,
        upload, vacancy,
    },
};

const POINT: &str = "431021001001";
const FORMULA: &str = "=HYPERLINK(\"http://x\")";
const TABLES: [&str; 4] = ["dispatch", "vacancy", "signal", "placement"];

/// One row: every column by its name, as text.
type Row = BTreeMap<String, String>;

/// A city in which somebody was promised, travelled with a group, and a
/// vacancy was withdrawn.
struct Ground {
    exchange: Exchange,
    operator: Client,
    vacancy: String,
    /// The place in the log right after the vacancy was posted.
    posted: u64,
}

impl Ground {
    async fn new() -> Self {
        let exchange = Exchange::up();
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let desk = point(&operator, POINT).await;
        let rows: Vec<Value> =
            (1..=3).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
        upload(&desk, POINT, &rows).await;
        let mut ask = vacancy(3);
        ask["terms"]["address"] = json!(FORMULA);
        let posted = factory.post("/v1/vacancies", &ask, None).await.unwrap();
        let signal = signal(&desk, POINT, &posted.id).await.id.to_string();
        let people = cards(&desk, POINT).await;
        commit(&desk, &signal, &people).await;
        let group = json!({
            "vacancy": posted.id, "mode": "COACH", "manifest": people[..2],
            "vehicle": { "plate": "湘L00001", "seats": 49, "carrier": "+客运" },
            "departsAt": format!("{}-07-18T00:30:00Z", next_year()),
        });
        desk.post("/v1/dispatches", &group, None).await.unwrap();
        Self { exchange, operator, vacancy: posted.id, posted: posted.sequence }
    }

    async fn file(&self, table: &str, query: &str) -> Vec<u8> {
        self.operator.download(&format!("/v1/exports/{table}{query}"), "*/*").await.unwrap()
    }

    async fn rows(&self, table: &str, range: &str) -> Vec<Row> {
        jsonl(&self.file(table, &format!("?format=jsonl{range}")).await)
    }
}

fn jsonl(bytes: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(bytes).unwrap();
    let read = |line: &str| {
        let fields: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        fields.into_iter().map(|(name, value)| (name, plain(&value))).collect()
    };
    text.lines().map(read).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// As a spreadsheet shows it: the apostrophe only says that it is a text.
fn csv(bytes: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(bytes).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let shown = |cell: &str| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
    let read = |record: csv::StringRecord| {
        names.iter().map(str::to_owned).zip(record.iter().map(shown)).collect()
    };
    reader.records().map(|record| read(record.unwrap())).collect()
}

fn xlsx(bytes: &[u8], table: &str) -> Vec<Row> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(table).unwrap();
    let formulas = book.worksheet_formula(table).unwrap();
    assert!(formulas.used_cells().next().is_none(), "a formula");
    let mut lines = range.rows();
    let names: Vec<String> = lines.next().unwrap().iter().map(ToString::to_string).collect();
    let cell = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::Bool(yes) => yes.to_string(),
        Data::Float(number) => number.to_string(),
        other => other.to_string(),
    };
    lines.map(|line| names.iter().cloned().zip(line.iter().map(cell)).collect()).collect()
}

fn parquet(bytes: Vec<u8>) -> Vec<Row> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let field = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Bool(yes) => yes.to_string(),
        other => panic!("{other}"),
    };
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        row.get_column_iter().map(|(name, value)| (name.clone(), field(value))).collect()
    })
    .collect()
}

fn database(bytes: &[u8]) -> (tempfile::NamedTempFile, rusqlite::Connection) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let connection = rusqlite::Connection::open(file.path()).unwrap();
    (file, connection)
}

fn sqlite(bytes: &[u8], table: &str, booleans: &BTreeSet<String>) -> Vec<Row> {
    let (_file, connection) = database(bytes);
    let mut select = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let names: Vec<String> = select.column_names().map(str::to_owned).collect();
    let rows = select.query_map([], |row| {
        let cell = |(index, name): (usize, &String)| {
            let text = match row.get_ref(index).unwrap() {
                rusqlite::types::ValueRef::Null => String::new(),
                rusqlite::types::ValueRef::Integer(number) if booleans.contains(name) => {
                    (number == 1).to_string()
                }
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                other => panic!("{other:?}"),
            };
            (name.clone(), text)
        };
        Ok(names.iter().enumerate().map(cell).collect::<Row>())
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn export_gives_the_same_rows_in_every_format_and_the_dictionary_has_every_column() {
    let ground = Ground::new().await;
    let dictionary: ExportDictionary = ground.operator.get("/v1/exports/dictionary").await.unwrap();
    for (table, count) in TABLES.into_iter().zip([1, 1, 1, 3]) {
        let rows = ground.rows(table, "").await;
        assert_eq!(rows.len(), count, "{table}");
        let described: BTreeSet<String> = dictionary
            .columns
            .iter()
            .filter(|one| one.table == table)
            .map(|one| one.column.clone())
            .collect();
        assert_eq!(rows[0].keys().cloned().collect::<BTreeSet<_>>(), described, "{table}");
        let booleans = dictionary.columns.iter().filter(|one| one.kind == "boolean");
        let booleans = booleans.map(|one| one.column.clone()).collect();

        let file = async |format: &str| ground.file(table, &format!("?format={format}")).await;
        assert_eq!(csv(&file("csv").await), rows, "{table} as CSV");
        let book = file("xlsx").await;
        assert_eq!(xlsx(&book, table), rows, "{table} as a workbook");
        let sheets = Xlsx::new(Cursor::new(&book)).unwrap().sheet_names();
        assert_eq!(sheets, [table, "数据字典 dictionary"]);
        assert_eq!(parquet(file("parquet").await), rows, "{table} as Parquet");
        let base = file("sqlite").await;
        assert_eq!(sqlite(&base, table, &booleans), rows, "{table} as SQLite");
        let (_file, connection) = database(&base);
        let words: i64 =
            connection.query_row("SELECT count(*) FROM dictionary", [], |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(words).unwrap(), described.len());
        assert_eq!(file("jsonl").await, file("jsonl").await, "the same range, the same bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn export_has_codes_with_names_beijing_times_texts_for_formulas_and_nobody_by_name() {
    let ground = Ground::new().await;
    let posts = ground.rows("vacancy", "").await;
    let post = &posts[0];
    assert_eq!((post["place"].as_str(), post["address"].as_str()), ("431003", FORMULA));
    assert!(post["place_name"].ends_with("郴州市苏仙区"), "{post:?}");
    assert_eq!((post["headcount"].as_str(), post["committed"].as_str()), ("3", "3"));
    assert_eq!(post["state_zh"], "招工中", "{post:?}");
    assert!(post["posted_at"].ends_with("+08:00"), "{post:?}");
    let text = String::from_utf8(ground.file("vacancy", "?format=csv").await).unwrap();
    assert!(text.contains("'=HYPERLINK"), "{text}");
    let group = &ground.rows("dispatch", "").await[0];
    assert_eq!((group["people"].as_str(), group["plate"].as_str()), ("2", "湘L00001"));
    assert_eq!(group["point_name"], format!("{POINT}劳务服务点"));
    let people = ground.rows("placement", "").await;
    assert!(people.iter().all(|one| one["card"].starts_with("card_") && one["state"] == "HELD"));
    assert_eq!(people.iter().filter(|one| !one["dispatch"].is_empty()).count(), 2);
    for table in TABLES {
        let text = String::from_utf8(ground.file(table, "?format=jsonl").await).unwrap();
        for hidden in ["测试\"", "19900000000", "19850307"] {
            assert!(!text.contains(hidden), "{hidden} in {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn export_shows_things_as_they_stood_at_the_end_of_the_range_and_only_those_in_it() {
    let ground = Ground::new().await;
    let withdraw = format!("/v1/vacancies/{}/withdraw", ground.vacancy);
    let head: Value = ground.operator.get("/v1/indicators").await.unwrap();
    let before = head["position"].as_u64().unwrap();
    let factory = ground.operator.get::<Value>(&format!("/v1/vacancies/{}", ground.vacancy)).await;
    let factory = factory.unwrap()["enterprise"].as_str().unwrap().to_owned();
    let clerk = key(&ground.operator, &factory, "CLERK").await;
    clerk.post_empty(&withdraw).await.unwrap();

    let then = ground.rows("vacancy", &format!("&until={}", ground.posted)).await;
    assert_eq!((then[0]["state"].as_str(), then[0]["committed"].as_str()), ("open", "0"));
    let later = ground.rows("vacancy", &format!("&until={before}")).await;
    assert_eq!((later[0]["state"].as_str(), later[0]["committed"].as_str()), ("open", "3"));
    let now = ground.rows("vacancy", "").await;
    assert_eq!(now[0]["state"], "withdrawn");
    let none = ground.rows("dispatch", &format!("&until={}", ground.posted)).await;
    assert!(none.is_empty());
    let one = ground.rows("vacancy", &format!("&from={0}&until={0}", ground.posted)).await;
    assert_eq!(one.len(), 1, "a sequence counts itself");
    let ahead = ground.rows("placement", "&from=-0s&until=now").await;
    assert!(ahead.len() <= 3);
    let past = ground.rows("vacancy", "&until=2020-01-01").await;
    assert!(past.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn export_is_the_bureaus_and_refuses_what_it_does_not_know() {
    let ground = Ground::new().await;
    crate::isolation::party(&ground.operator, CITY, "CITY").await;
    let city = key(&ground.operator, CITY, "APPROVER").await;
    for path in ["/v1/exports/vacancy", "/v1/exports/dictionary"] {
        assert_eq!(refusal(city.get::<Value>(path).await).code, "auth.party_kind");
    }
    for (path, code) in [
        ("/v1/exports/people", "export.table"),
        ("/v1/exports/vacancy?format=doc", "export.format"),
        ("/v1/exports/vacancy?from=yesterday", "moment.unreadable"),
        ("/v1/exports/vacancy?until=999999", "read.ahead"),
        ("/v1/exports/vacancy?from=9&until=3", "past.order"),
        ("/v1/exports/vacancy?since=1", "request.query"),
    ] {
        assert_eq!(refusal(ground.operator.get::<Value>(path).await).code, code, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn export_writes_new_files_from_the_command_line() {
    let ground = Ground::new().await;
    let data = ground.exchange.data();
    let run = |args: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_gongqiao"))
            .args(["--url", &ground.exchange.process.origin, "--lang", "zh", "--data-dir"])
            .arg(data)
            .arg("export")
            .args(args)
            .output()
            .unwrap()
    };
    let out = data.join("placement.parquet");
    let args =
        ["placement", "--from", "-1d", "--format", "parquet", "--out", out.to_str().unwrap()];
    let done = run(&args);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(parquet(std::fs::read(&out).unwrap()).len(), 3);
    let again = run(&args);
    assert!(String::from_utf8(again.stderr).unwrap().contains("output.unwritable"));
    let words = run(&["--dictionary"]);
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("seats_taken") && words.contains("已占名额"), "{words}");
}
