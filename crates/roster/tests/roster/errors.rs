//! The sheet that goes back.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use gongqiao_contract::refusal::{Code, Lang};
use gongqiao_roster::{Column, Format, Limits, Outcome, Roster, RowNote, errors_workbook};

use crate::support::{csv, ndjson, read_ok, right, right_but, taken, test_id, xlsx};

/// Workbooks made here have one sheet, of this name.
fn sheet_of(format: Format) -> &'static str {
    if format == Format::Xlsx { "Sheet1" } else { "" }
}

fn notes(roster: &Roster, sheet: &str) -> Vec<RowNote> {
    let mut notes = Vec::new();
    for outcome in &roster.rows {
        let (refusals, unverified) = match &outcome.outcome {
            Outcome::Refused(refusals) => (refusals.clone(), false),
            Outcome::Unverified(_, why) => (vec![why.clone()], true),
            _ => continue,
        };
        for refusal in refusals {
            notes.push(RowNote {
                sheet: sheet.to_owned(),
                row: outcome.row,
                column: refusal.column.map_or("", Column::header).to_owned(),
                code: refusal.refusal.code.as_str().to_owned(),
                reason: refusal.refusal.detail(Lang::Zh),
                unverified,
            });
        }
    }
    notes
}

fn back(bytes: &[u8], format: Format) -> Range<Data> {
    let notes = notes(&read_ok(bytes, format), sheet_of(format));
    let sheet = errors_workbook(bytes, format, &notes, &Limits::default()).unwrap();
    let mut workbook = Xlsx::new(Cursor::new(sheet)).unwrap();
    workbook.worksheet_range_at(0).unwrap().unwrap()
}

fn text(range: &Range<Data>, row: u32, column: u32) -> String {
    range.get_value((row - 1, column)).map(ToString::to_string).unwrap_or_default()
}

fn rows() -> [[String; 9]; 4] {
    let mut bad = right_but(Column::HomeVillage, "没有的村");
    bad[8] = "推荐".into();
    bad[5] = String::new();
    [right(2), bad, right(3), right_but(Column::CitizenId, "43102119900115")]
}

#[test]
fn reasons_stand_beside_the_bad_rows() {
    for (bytes, format, first) in [
        (xlsx(&rows()), Format::Xlsx, 1),
        (csv(&rows()), Format::Csv, 1),
        (ndjson(&rows()), Format::Ndjson, 1),
    ] {
        let range = back(&bytes, format);
        let codes = if format == Format::Ndjson { 10 } else { 9 };
        let more = |row: u32| [0, 1, 2].map(|column| text(&range, row, codes + column));
        assert_eq!(more(first), ["办理结果", "代码", "说明"]);
        let [result, found, reason] = more(first + 2);
        assert_eq!((result.as_str(), found.as_str()), ("退回", "row.division; row.consent"));
        assert!(reason.contains("户籍村：") && reason.contains("同意事项："), "{reason}");
        assert_eq!(more(first + 1), ["", "", ""]);
        assert_eq!(text(&range, first + 3, 1), test_id(3));
        let [result, found, _] = more(first + 4);
        assert_eq!((result.as_str(), found.as_str()), ("待核", "row.citizen_id_length"));
    }
}

#[test]
fn the_sheet_that_went_back_can_be_corrected_and_imported() {
    let bytes = xlsx(&rows());
    let sheet = errors_workbook(
        &bytes,
        Format::Xlsx,
        &notes(&read_ok(&bytes, Format::Xlsx), "Sheet1"),
        &Limits::default(),
    )
    .unwrap();
    let roster = read_ok(&sheet, Format::Xlsx);
    assert_eq!(roster.dropped_columns, ["办理结果", "代码", "说明"]);
    assert_eq!(taken(&roster).len(), 2);
    assert_eq!(roster.rows[1].row, 3);
}

#[test]
fn no_cell_becomes_a_formula() {
    let mut row = right(1);
    row[0] = "=HYPERLINK(\"http://x\",\"y\")".into();
    row[2] = "+1234567".into();
    row[4] = "@SUM(1)".into();
    row[7] = "-1".into();
    row[8] = "\t=1".into();
    let range = back(&csv(std::slice::from_ref(&row)), Format::Csv);
    for (column, cell) in (0..).zip(&row) {
        assert_eq!(range.get_value((1, column)), Some(&Data::String(cell.clone())));
    }
    let sheet = errors_workbook(&csv(&[row]), Format::Csv, &[], &Limits::default()).unwrap();
    let mut workbook = Xlsx::new(Cursor::new(sheet)).unwrap();
    let formulas = workbook.worksheet_formula("名册").unwrap();
    assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
}

#[test]
fn numbers_dates_and_errors_come_back_as_texts() {
    let bytes = include_bytes!("../data/mixed.xlsx");
    let range = back(bytes, Format::Xlsx);
    assert_eq!(range.get_value((4, 2)), Some(&Data::String("431021199001159000".into())));
    assert_eq!(range.get_value((8, 1)), Some(&Data::String("TRUE".into())));
    assert_eq!(range.get_value((8, 3)), Some(&Data::String("#N/A".into())));
    assert!(range.used_cells().all(|(_, _, cell)| matches!(cell, Data::String(_))));
    let range = back(include_bytes!("../data/template_order.xlsx"), Format::Xlsx);
    assert_eq!(range.get_value((1, 6)), Some(&Data::String("2026-07-15".into())));
}

#[test]
fn an_overlong_cell_is_cut_to_what_excel_takes() {
    let row = right_but(Column::Occupations, &"工".repeat(40_000));
    let range = back(&csv(&[row]), Format::Csv);
    assert_eq!(text(&range, 2, 4).chars().count(), 32_767);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_here_too() {
    let refusal =
        errors_workbook(b"PK\x03\x04", Format::Xlsx, &[], &Limits::default()).unwrap_err();
    assert_eq!(refusal.code, Code::RosterDamaged);
}
