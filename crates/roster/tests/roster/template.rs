//! The workbook that clerks fill in.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use gongqiao_contract::refusal::Code;
use gongqiao_roster::{Column, EXAMPLE_PREFIX, Format, read, table::PassedOver, template};

use crate::support::{context, csv, left_out, read_ok, right, taken};

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_template_reads_as_nothing_but_examples() {
    let roster = read_ok(&template().unwrap(), Format::Xlsx);
    let example = Code::RowExample;
    assert_eq!(left_out(&roster), [(2, example), (3, example), (4, example)]);
    assert_eq!(roster.rows.len(), 3);
    assert_eq!(roster.passed_over, [("填写说明".to_owned(), PassedOver::NoHeader)]);
    assert!(roster.unknown_columns.is_empty() && roster.warnings.is_empty());
}

#[test]
fn the_examples_are_right_but_for_their_mark() {
    let mut workbook = Xlsx::new(Cursor::new(template().unwrap())).unwrap();
    assert_eq!(workbook.sheet_names(), ["名册", "填写说明"]);
    let range = workbook.worksheet_range("名册").unwrap();
    let rows: Vec<[String; 9]> = range
        .rows()
        .skip(1)
        .map(|row| std::array::from_fn(|at| row[at].to_string().replace(EXAMPLE_PREFIX, "")))
        .collect();
    assert!(range.rows().flatten().all(|cell| matches!(cell, Data::String(_) | Data::Empty)));
    let mut there = context();
    there.point = "431025100000".parse().unwrap();
    let roster = read(&csv(&rows), Format::Csv, &there).unwrap();
    assert_eq!(taken(&roster).len(), 3, "{roster:?}");
}

#[test]
fn excel_makes_no_numbers_of_ids_phones_and_codes() {
    let bytes = template().unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    let styles = part(&bytes, "xl/styles.xml");
    assert!(styles.contains("numFmtId=\"49\""), "49 is Excel's text format");
    for column in [Column::CitizenId, Column::Phone, Column::HomeVillage] {
        let number = column as usize + 1;
        assert!(
            sheet.contains(&format!("<col min=\"{number}\" max=\"{number}\"")),
            "column {number} has a format of its own"
        );
    }
    assert!(sheet.contains("state=\"frozen\""));
    assert!(sheet.contains("入册;推荐;提供"), "there are drop-downs");
    assert!(sheet.contains("type=\"list\""));
}

#[test]
fn example_rows_are_left_out_wherever_they_stand() {
    let mut example = right(1);
    example[0] = format!(" {EXAMPLE_PREFIX}张三");
    let roster = read_ok(&csv(&[right(2), example.clone(), right(1)]), Format::Csv);
    assert_eq!((taken(&roster).len(), left_out(&roster).len()), (2, 1));
    let mut broken = example;
    broken[1] = "x".into();
    assert_eq!(left_out(&read_ok(&csv(&[broken]), Format::Csv)).len(), 1);
    assert_eq!(read(&csv(&[]), Format::Csv, &context()).unwrap_err().code, Code::RosterEmpty);
}
