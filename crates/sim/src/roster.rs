//! A point's roster in the three forms in which clerks send them.

use gongqiao_contract::codes::DivisionCode;
use rust_xlsxwriter::Workbook;
use serde::Serialize;

use crate::{City, SimError, people::Person, points::Point};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Ndjson,
    Csv,
    Xlsx,
}

/// The template's columns.
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

impl Form {
    /// Most points send lines by machine; some send spreadsheets.
    pub(crate) fn of(index: usize) -> Self {
        match index % 120 {
            7 => Self::Xlsx,
            13 | 77 => Self::Csv,
            _ => Self::Ndjson,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// The file.
pub(crate) fn roster(city: &City, point: &Point, form: Form) -> Result<Vec<u8>, SimError> {
    let people = city.people_of(point);
    match form {
        Form::Ndjson => ndjson(people),
        Form::Csv => csv(people),
        Form::Xlsx => xlsx(people),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    name: &'a str,
    citizen_id: &'a str,
    phone: &'a str,
    home_village: DivisionCode,
    occupations: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wage_expected: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_from: Option<String>,
    destinations: &'a str,
    consents: &'a str,
}

fn ndjson(people: impl Iterator<Item = Result<Person, SimError>>) -> Result<Vec<u8>, SimError> {
    let mut bytes = Vec::new();
    for person in people {
        let person = person?;
        let line = Line {
            name: &person.name,
            citizen_id: person.citizen_id.expose(),
            phone: &person.phone,
            home_village: person.home,
            occupations: &person.occupations,
            wage_expected: (person.wage_yuan > 0).then_some(person.wage_yuan),
            available_from: person.available_from.map(|day| day.to_string()),
            destinations: person.destinations,
            consents: person.consents,
        };
        serde_json::to_writer(&mut bytes, &line).map_err(|_| SimError::Table("JSON form"))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// As a spreadsheet saves it: with the byte order mark. No cell of ours holds
/// a comma, a quote or a line end.
fn csv(people: impl Iterator<Item = Result<Person, SimError>>) -> Result<Vec<u8>, SimError> {
    let mut text = format!("\u{feff}{}\r\n", HEADER.join(","));
    for person in people {
        text.push_str(&cells(&person?).join(","));
        text.push_str("\r\n");
    }
    Ok(text.into_bytes())
}

fn xlsx(people: impl Iterator<Item = Result<Person, SimError>>) -> Result<Vec<u8>, SimError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADER)?;
    for (row, person) in (1..).zip(people) {
        sheet.write_row(row, 0, cells(&person?))?;
    }
    Ok(book.save_to_buffer()?)
}

fn cells(person: &Person) -> [String; 9] {
    [
        person.name.clone(),
        person.citizen_id.expose().to_owned(),
        person.phone.clone(),
        person.home.to_string(),
        person.occupations.clone(),
        if person.wage_yuan > 0 { person.wage_yuan.to_string() } else { String::new() },
        person.available_from.map(|day| day.to_string()).unwrap_or_default(),
        person.destinations.to_owned(),
        person.consents.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::codes::IdRule;
    use gongqiao_roster::{Context, Format, Limits, Outcome, Row, RowOutcome, read};
    use time::macros::date;

    use super::*;
    use crate::SimConfig;

    fn rows(city: &City, point: &Point, form: Form) -> Vec<Row> {
        let bytes = roster(city, point, form).unwrap();
        let context = Context {
            point: point.code,
            rule: IdRule::Test,
            limits: Limits::default(),
            today: date!(2021 - 07 - 12),
        };
        let format = Format::of(form.media_type(), &bytes).unwrap();
        let roster = read(&bytes, format, &context).unwrap();
        assert!(roster.unknown_columns.is_empty() && roster.warnings.is_empty());
        let rows = roster.rows.into_iter().inspect(|row| assert!(row.warnings.is_empty()));
        let taken = |row: RowOutcome| match row.outcome {
            Outcome::Taken(row) => row,
            other => panic!("not taken: {other:?}"),
        };
        rows.map(taken).collect()
    }

    #[test]
    fn every_roster_is_read_without_a_refusal() {
        let city = City::new(&SimConfig { workers: 20_000, seed: 3 }).unwrap();
        let count: usize =
            city.points.iter().map(|point| rows(&city, point, Form::Ndjson).len()).sum();
        assert_eq!(count, 20_000);
    }

    #[test]
    fn all_forms_say_the_same() {
        let city = City::new(&SimConfig { workers: 60_000, seed: 4 }).unwrap();
        for point in city.points.iter().step_by(200) {
            let lines = rows(&city, point, Form::Ndjson);
            assert!(!lines.is_empty());
            assert!(lines == rows(&city, point, Form::Csv));
            assert!(lines == rows(&city, point, Form::Xlsx));
        }
    }

    #[test]
    fn each_form_is_used_and_most_is_lines() {
        let count = |form| (0..1_267).filter(|index| Form::of(*index) == form).count();
        assert!(count(Form::Xlsx) >= 5 && count(Form::Csv) >= 10 && count(Form::Ndjson) > 1_200);
    }
}
