//! What the tests share: a context, people who do not exist, and workbooks.

use gongqiao_contract::{
    codes::{CitizenId, IdRule},
    refusal::Code,
};
use gongqiao_roster::{
    Column, Context, Format, Limits, Note, Outcome, Roster, Row, RowOutcome, read,
};
use rust_xlsxwriter::Workbook;
use time::{Date, macros::date};

/// A village of 桂阳县仁义镇, and the township's desk that it belongs to.
pub(crate) const VILLAGE: &str = "431021102205";
pub(crate) const POINT: &str = "431021102000";
pub(crate) const TODAY: Date = date!(2026 - 07 - 01);

pub(crate) fn context() -> Context {
    Context {
        point: POINT.parse().unwrap(),
        rule: IdRule::Test,
        limits: Limits::default(),
        today: TODAY,
    }
}

/// Distinct for every number.
pub(crate) fn test_id(number: u32) -> String {
    let birth = date!(1975 - 01 - 01) + time::Duration::days(i64::from(number / 1_000 % 9_000));
    let serial = u16::try_from(number % 1_000).unwrap();
    CitizenId::test_id("431021", birth, serial).unwrap().expose().to_owned()
}

/// A row of the template that is right in every column.
pub(crate) fn right(number: u32) -> [String; 9] {
    [
        format!("测试{number}"),
        test_id(number),
        "13800000000".into(),
        VILLAGE.into(),
        "普工".into(),
        "5000".into(),
        "2026-07-15".into(),
        "广东省".into(),
        "入册;推荐".into(),
    ]
}

/// One right row with one cell changed.
pub(crate) fn right_but(column: Column, text: &str) -> [String; 9] {
    let mut row = right(1);
    row[column as usize] = text.into();
    row
}

pub(crate) fn headers() -> [String; 9] {
    Column::TEMPLATE.map(|column| column.header().to_owned())
}

/// A workbook of texts.
pub(crate) fn xlsx(rows: &[[String; 9]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(std::iter::once(&headers()).chain(rows)) {
        for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

pub(crate) fn csv(rows: &[[String; 9]]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(headers()).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

pub(crate) fn ndjson(rows: &[[String; 9]]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let object: serde_json::Map<String, serde_json::Value> = Column::ALL
            .iter()
            .zip(row)
            .map(|(column, cell)| (column.field().to_owned(), cell.clone().into()))
            .collect();
        text.push_str(&serde_json::Value::from(object).to_string());
        text.push('\n');
    }
    text.into_bytes()
}

pub(crate) fn read_ok(bytes: &[u8], format: Format) -> Roster {
    read(bytes, format, &context()).unwrap()
}

/// The people who were taken with a right ID.
pub(crate) fn taken(roster: &Roster) -> Vec<(u32, &Row)> {
    let verified = |row: &RowOutcome| matches!(row.outcome, Outcome::Taken(_));
    roster
        .rows
        .iter()
        .filter(|row| verified(row))
        .filter_map(|row| Some((row.row, row.person()?)))
        .collect()
}

/// Where and why a row was refused.
#[track_caller]
pub(crate) fn refusals(outcome: &RowOutcome) -> Vec<(Option<Column>, Code)> {
    match &outcome.outcome {
        Outcome::Refused(notes) => codes(notes),
        other => panic!("the row was not refused: {other:?}"),
    }
}

/// Why a row was left out.
pub(crate) fn left_out(roster: &Roster) -> Vec<(u32, Code)> {
    let why = |row: &RowOutcome| match &row.outcome {
        Outcome::LeftOut(why) => Some((row.row, why.code)),
        _ => None,
    };
    roster.rows.iter().filter_map(why).collect()
}

pub(crate) fn codes(notes: &[Note]) -> Vec<(Option<Column>, Code)> {
    notes.iter().map(|note| (note.column, note.refusal.code)).collect()
}

/// Reads one row in each of the three forms and checks that all agree.
#[track_caller]
pub(crate) fn one(row: &[String; 9]) -> RowOutcome {
    let rows = std::slice::from_ref(row);
    let files = [
        (csv(rows), Format::Csv, 2),
        (ndjson(rows), Format::Ndjson, 1),
        (xlsx(rows), Format::Xlsx, 2),
    ];
    let mut outcomes: Vec<RowOutcome> = files
        .into_iter()
        .map(|(bytes, format, number)| {
            let mut outcome = read_ok(&bytes, format).rows.remove(0);
            assert_eq!(outcome.row, number, "{format:?}");
            outcome.row = 0;
            outcome
        })
        .collect();
    for other in &outcomes[1..] {
        assert!(*other == outcomes[0], "the forms differ: {other:?} {:?}", outcomes[0]);
    }
    outcomes.remove(0)
}
