//! Workbooks, also those of a foreign program (`data/make.py`).

use gongqiao_contract::refusal::Code;
use gongqiao_roster::{Column, Context, Format, Limits, Outcome, read, table::PassedOver};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use time::macros::date;

use crate::support::{
    VILLAGE, codes, context, headers, left_out, read_ok, refusals, right, taken, test_id, xlsx,
};

#[test]
fn a_foreign_workbook_in_the_templates_order_is_read() {
    let roster = read_ok(include_bytes!("../data/template_order.xlsx"), Format::Xlsx);
    assert_eq!(roster.dropped_columns, ["备注"]);
    let rows = taken(&roster);
    assert_eq!(rows.len(), 2);
    let (number, first) = rows[0];
    assert_eq!((number, first.person.name.as_str()), (2, "测试甲"));
    assert_eq!(first.available_from, date!(2026 - 07 - 15));
    assert_eq!(first.wage_expected_yuan, 5000);
    let (number, second) = rows[1];
    assert_eq!((number, second.person.phone.as_str()), (3, "13800000002"));
    assert_eq!(second.home.to_string(), VILLAGE);
}

#[test]
fn a_foreign_workbook_with_faults_keeps_its_row_numbers() {
    let roster = read_ok(include_bytes!("../data/mixed.xlsx"), Format::Xlsx);
    let numbers: Vec<u32> = roster.rows.iter().map(|row| row.row).collect();
    assert_eq!(numbers, [4, 5, 6, 7, 8, 9]);
    assert!(matches!(roster.rows[0].outcome, Outcome::Taken(_)));
    match &roster.rows[1].outcome {
        Outcome::Unverified(row, why) => {
            assert_eq!((row.birth_year, why.refusal.code), (1990, Code::RowIdNumeric));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(left_out(&roster), [(7, Code::RowDuplicate)]);
    use Column::{CitizenId, Consents, HomeVillage, Name};
    for (at, expected) in [
        (
            2,
            &[
                (Name, Code::RowRequired),
                (HomeVillage, Code::RowDivision),
                (Consents, Code::RowConsent),
            ][..],
        ),
        // A formula that no program has computed yet holds no value.
        (4, &[(CitizenId, Code::RowUnidentifiable)]),
        (5, &[(HomeVillage, Code::RowValueType), (Consents, Code::RowValueType)]),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(column, code)| (Some(*column), *code)).collect();
        assert_eq!(refusals(&roster.rows[at]), expected, "row {}", roster.rows[at].row);
    }
}

#[test]
fn hidden_sheets_are_passed_over_and_dates_follow_the_workbooks_epoch() {
    let mut bytes = include_bytes!("../data/hidden_first.xlsx").to_vec();
    let roster = read_ok(&bytes, Format::Xlsx);
    assert_eq!(codes(&roster.rows[0].warnings), [(Some(Column::Occupations), Code::RowSkill)]);
    assert_eq!(taken(&roster)[0].1.available_from, date!(2026 - 08 - 01));
    assert_eq!(roster.passed_over, [("隐藏".to_owned(), PassedOver::Hidden)]);
    bytes.truncate(bytes.len() / 2);
    assert_eq!(read(&bytes, Format::Xlsx, &context()).unwrap_err().code, Code::RosterDamaged);
}

#[test]
fn cells_are_read_by_their_kind() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(headers()) {
        sheet.write(0, column, header).unwrap();
    }
    let day = CellFormat::new().set_num_format("yyyy-mm-dd");
    for (row, number) in (1..).zip([1, 2, 3]) {
        for (column, text) in (0..).zip(right(number)) {
            sheet.write(row, column, text).unwrap();
        }
    }
    sheet.write_number(1, 1, 431_021_199_001_159_000.0).unwrap();
    sheet.write_number(2, 2, 13_800_000_000.0).unwrap();
    sheet.write_number(2, 3, 431_021_102_205.0).unwrap();
    sheet.write_number(2, 5, 4500.0).unwrap();
    let serial = ExcelDateTime::from_ymd(2026, 8, 9).unwrap();
    sheet.write_datetime_with_format(2, 6, &serial, &day).unwrap();
    sheet.write_number(3, 5, 4500.5).unwrap();
    sheet.write_number(3, 6, 46_000.0).unwrap();
    let roster = read_ok(&workbook.save_to_buffer().unwrap(), Format::Xlsx);

    assert!(matches!(roster.rows[0].outcome, Outcome::Unverified(..)));
    let row = roster.rows[1].person().unwrap();
    assert_eq!(row.person.phone, "13800000000");
    assert_eq!(row.home.to_string(), VILLAGE);
    assert_eq!(row.wage_expected_yuan, 4500);
    assert_eq!(row.available_from, date!(2026 - 08 - 09));
    let told = [
        (Some(Column::WageExpected), Code::RowWageRead),
        (Some(Column::AvailableFrom), Code::RowAvailableRead),
    ];
    assert_eq!(codes(&roster.rows[2].warnings), told);
    let row = roster.rows[2].person().unwrap();
    assert_eq!((row.wage_expected_yuan, row.available_from), (4501, date!(2025 - 12 - 09)));
}

#[test]
fn a_sheet_that_spans_far_is_read_by_its_cells_alone() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(headers()) {
        sheet.write(0, column, header).unwrap();
    }
    for (column, text) in (0..).zip(right(1)) {
        sheet.write(1_048_575, column, text).unwrap();
    }
    sheet.write(0, 16_383, "远").unwrap();
    let roster = read_ok(&workbook.save_to_buffer().unwrap(), Format::Xlsx);
    assert_eq!(taken(&roster)[0].0, 1_048_576);
    assert_eq!(roster.unknown_columns, ["远"]);
}

#[test]
fn rows_beyond_the_limit_refuse_the_file() {
    let bytes = xlsx(&[right(1), right(2)]);
    let limits = Limits { rows: 1, ..Limits::default() };
    let refusal = read(&bytes, Format::Xlsx, &Context { limits, ..context() }).unwrap_err();
    assert_eq!(refusal.code, Code::RosterTooManyRows);
}

#[test]
fn the_form_is_found_by_media_type_and_by_the_first_bytes() {
    assert_eq!(Format::sniff(&xlsx(&[right(1)])), Format::Xlsx);
    assert_eq!(Format::sniff(&crate::support::csv(&[right(1)])), Format::Csv);
    assert_eq!(Format::sniff(b"\xEF\xBB\xBF \n{\"name\":"), Format::Ndjson);
    assert_eq!(Format::sniff(b""), Format::Csv);
    assert_eq!(Format::of("Text/CSV; charset=utf-8", b""), Some(Format::Csv));
    for known in Format::MEDIA_TYPES.split(", ") {
        assert!(Format::of(known, b"").is_some(), "{known}");
    }
    assert_eq!(Format::of("application/json", b""), None);
    assert_eq!(test_id(3).len(), 18);
}
