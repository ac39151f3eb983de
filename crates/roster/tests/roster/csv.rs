//! Comma-separated values.

use gongqiao_contract::refusal::Code;
use gongqiao_roster::{Column, Context, Format, Limits, read};

use crate::support::{context, csv, headers, read_ok, right, taken, test_id};

#[test]
fn a_byte_order_mark_is_passed_over() {
    let mut bytes = vec![0xEF, 0xBB, 0xBF];
    bytes.extend(csv(&[right(1), right(2)]));
    assert_eq!(taken(&read_ok(&bytes, Format::Csv)).len(), 2);
}

#[test]
fn rows_keep_the_number_that_a_spreadsheet_shows() {
    let mut third = right(3);
    third[4] = "普工\n焊工".into();
    let text = String::from_utf8(csv(&[right(1), third, right(4)])).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (header, rest) = lines.split_first().unwrap();
    // Two blank lines before the header, one after the first row.
    let spaced = format!("\n\n{header}{}\n{}", rest[0], rest[1..].concat());
    for text in [spaced.clone(), spaced.replace('\n', "\r\n")] {
        let roster = read_ok(text.as_bytes(), Format::Csv);
        let numbers: Vec<u32> = roster.rows.iter().map(|row| row.row).collect();
        assert_eq!(numbers, [4, 6, 7]);
        assert_eq!(taken(&roster).len(), 3);
    }
}

#[test]
fn columns_come_in_any_order_and_unknown_ones_are_reported() {
    let text = format!(
        "备注,同意事项, 姓名 *,citizenId,户籍村,某某,姓名\nx,入册,测试,{},白云村,z,y\n",
        test_id(1)
    );
    let roster = read_ok(text.as_bytes(), Format::Csv);
    assert_eq!(roster.unknown_columns, ["某某", "姓名"]);
    assert_eq!(roster.dropped_columns, ["备注"]);
    assert_eq!(taken(&roster)[0].1.person.name, "测试");
}

#[test]
fn a_missing_mandatory_column_is_named() {
    for column in Column::TEMPLATE {
        let names = headers().into_iter().filter(|name| name != column.header());
        let header = names.collect::<Vec<_>>().join(",");
        let result = read(format!("{header}\na,b\n").as_bytes(), Format::Csv, &context());
        if column.is_mandatory() {
            let refusal = result.unwrap_err();
            assert_eq!(refusal.code, Code::RosterHeader);
            assert_eq!(refusal.params[0].1, column.header());
        } else {
            assert!(result.is_ok());
        }
    }
}

#[test]
fn damaged_text_is_refused_with_the_line() {
    let mut bytes = csv(&[right(1)]);
    bytes.extend([0xD0, 0xD5, 0xC3, 0xFB]);
    let refusal = read(&bytes, Format::Csv, &context()).unwrap_err();
    assert_eq!(refusal.code, Code::RosterEncoding);
    assert_eq!(refusal.params[0].1, "3");
}

#[test]
fn a_quotation_mark_left_open_is_told_instead_of_swallowing_rows() {
    let text = String::from_utf8(csv(&[right(1), right(2), right(3)])).unwrap();
    let broken = text.replacen("测试2", "\"测试2", 1);
    let refusal = read(broken.as_bytes(), Format::Csv, &context()).unwrap_err();
    assert_eq!(refusal.code, Code::RosterQuote);
    assert_eq!(refusal.params[0].1, "3");
}

#[test]
fn a_file_without_rows_is_refused() {
    for text in ["", "\n\n , ,\n"] {
        let refusal = read(text.as_bytes(), Format::Csv, &context()).unwrap_err();
        assert_eq!(refusal.code, Code::RosterEmpty);
    }
    let refusal = read(&csv(&[]), Format::Csv, &context()).unwrap_err();
    assert_eq!(refusal.code, Code::RosterEmpty);
}

#[test]
fn files_beyond_the_limits_are_refused() {
    let bytes = csv(&[right(1), right(2), right(3)]);
    let with = |limits| read(&bytes, Format::Csv, &Context { limits, ..context() });
    assert!(with(Limits { rows: 3, ..Limits::default() }).is_ok());
    let refusal = with(Limits { rows: 2, ..Limits::default() }).unwrap_err();
    assert_eq!(refusal.code, Code::RosterTooManyRows);
    let refusal = with(Limits { file_bytes: bytes.len() - 1, ..Limits::default() }).unwrap_err();
    assert_eq!(refusal.code, Code::RosterTooLarge);
}

#[test]
fn a_consent_column_that_is_not_understood_is_no_yes() {
    use gongqiao_contract::wire::consent::Value as Consent;
    let id = gongqiao_contract::codes::CitizenId::test_id(
        "431021",
        time::macros::date!(1985 - 03 - 07),
        1,
    );
    let taken = |header: &str| {
        let id = id.clone().unwrap();
        let text = format!(
            "姓名,身份证号,电话,户籍村,{header}\n测试甲,{},19900000001,431021102205,否\n",
            id.expose()
        );
        let roster = read(text.as_bytes(), Format::Csv, &context()).unwrap();
        let row = roster.rows[0].person().unwrap_or_else(|| panic!("{header}: {roster:?}"));
        (
            row.consents.clone(),
            roster.warnings.iter().map(|note| note.refusal.code).collect::<Vec<_>>(),
        )
    };
    for header in ["是否愿意被推荐", "是否同意采集信息", "是否同意"] {
        let (consents, warnings) = taken(header);
        assert_eq!(consents, [Consent::Register], "{header}");
        assert!(!warnings.contains(&Code::RosterConsentsMissing), "{header}");
    }
    let (consents, warnings) = taken("是否愿意由他人代为联系");
    assert_eq!(consents, [Consent::Register]);
    assert!(warnings.contains(&Code::RosterConsentsUnclear), "{warnings:?}");
    let (consents, warnings) = taken("就业意愿");
    assert_eq!(consents, [Consent::Register, Consent::Matching], "a wish is another thing");
    assert!(warnings.contains(&Code::RosterConsentsMissing), "{warnings:?}");
}
