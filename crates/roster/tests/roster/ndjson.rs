//! One JSON object a line.

use gongqiao_contract::refusal::Code;
use gongqiao_roster::{Column, Format, Outcome, Row};

use crate::support::{VILLAGE, context, ndjson, read_ok, refusals, right, taken, test_id};

fn line(extra: &str) -> String {
    format!(
        "{{\"name\":\"测试\",\"citizenId\":\"{}\",\"homeVillage\":\"{VILLAGE}\",\"consents\":[\"REGISTER\"]{extra}}}\n",
        test_id(1)
    )
}

#[track_caller]
fn check_refused(line: &str, column: Option<Column>, code: Code) {
    let roster = read_ok(format!("{line}\n").as_bytes(), Format::Ndjson);
    assert_eq!(refusals(&roster.rows[0]), [(column, code)], "{line}");
}

#[test]
fn lists_and_numbers_are_taken_as_json_writes_them() {
    let text = line(
        ",\"occupations\":[\"焊工:三级\",\"普工\"],\"destinations\":[\"440000\",\"郴州市\"],\"wageExpected\":5000,\"availableFrom\":null,\"phone\":13800000000",
    );
    let roster = read_ok(text.as_bytes(), Format::Ndjson);
    let row: &Row = taken(&roster)[0].1;
    assert_eq!(row.wage_expected_yuan, 5000);
    assert_eq!(row.person.phone, "13800000000");
    assert_eq!(row.person.occupations_as_written, "焊工:三级;普工");
    assert_eq!(row.destinations.len(), 2);
    assert!(row.available_at_once);
}

#[test]
fn a_broken_line_refuses_only_itself() {
    let mut lines: Vec<String> =
        String::from_utf8(ndjson(&[right(1), right(2)])).unwrap().lines().map(Into::into).collect();
    lines.insert(1, "{\"name\": \"测".into());
    lines.insert(2, "   ".into());
    lines.insert(3, "[1]".into());
    let roster = read_ok(lines.join("\n").as_bytes(), Format::Ndjson);
    let rows: Vec<_> = roster.rows.iter().map(|row| (row.row, row.person().is_some())).collect();
    assert_eq!(rows, [(1, true), (2, false), (4, false), (5, true)]);
    assert_eq!(refusals(&roster.rows[1]), [(None, Code::RowShape)]);
}

#[test]
fn a_line_of_another_shape_is_refused() {
    check_refused("\"x\"", None, Code::RowShape);
    check_refused(&format!("{} 1", line("").trim()), None, Code::RowShape);
    check_refused(line(",\"name\":\"again\"").trim(), None, Code::RowShape);
    check_refused(line(",\"nickname\":1").trim(), None, Code::RowUnknownField);
    check_refused(&line("").replace("\"测试\"", "[1]"), Some(Column::Name), Code::RowValueType);
}

#[test]
fn values_of_the_wrong_kind_are_told_and_left_out() {
    for (extra, code) in [
        (",\"phone\":true", Code::RowPhone),
        (",\"phone\":{\"a\":[1]}", Code::RowPhone),
        (",\"occupations\":[1]", Code::RowValueType),
        (",\"wageExpected\":[1]", Code::RowWage),
        (",\"availableFrom\":true", Code::RowAvailableUnknown),
    ] {
        let roster = read_ok(line(extra).as_bytes(), Format::Ndjson);
        let told = roster.rows[0].warnings.iter().any(|one| one.refusal.code == code);
        assert!(told, "{extra}: {:?}", roster.rows[0].warnings);
        assert!(roster.rows[0].person().is_some(), "{extra}");
    }
}

#[test]
fn a_number_has_lost_the_end_of_an_id() {
    let text = line(",\"phone\":\"19900000001\"")
        .replace(&format!("\"{}\"", test_id(1)), "431021197501010019");
    let roster = read_ok(text.as_bytes(), Format::Ndjson);
    match &roster.rows[0].outcome {
        Outcome::Unverified(row, why) => {
            assert_eq!((why.refusal.code, row.birth_year), (Code::RowIdNumeric, 1975));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn invalid_utf8_refuses_only_its_line() {
    let mut bytes = ndjson(&[right(1)]);
    bytes.extend(b"{\"name\":\"\xFF\"}\n");
    bytes.extend(ndjson(&[right(2)]));
    let roster = read_ok(&bytes, Format::Ndjson);
    assert_eq!(refusals(&roster.rows[1]), [(None, Code::RowShape)]);
    assert_eq!(taken(&roster).len(), 2);
}

#[test]
fn deep_nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        for field in ["phone", "unknown"] {
            let text = format!("{}{}", line(&format!(",\"{field}\":{deep}")), line(""));
            let roster = read_ok(text.as_bytes(), Format::Ndjson);
            assert_eq!(roster.rows.len(), 2);
            let is_left =
                roster.rows[0].warnings.iter().any(|one| one.column == Some(Column::Phone));
            assert!(is_left || matches!(roster.rows[0].outcome, Outcome::Refused(_)), "{field}");
        }
    }
}

#[test]
fn the_name_of_an_unknown_field_is_not_repeated_if_it_could_be_data() {
    let text = line(&format!(",\"{}\":1", test_id(7)));
    let roster = gongqiao_roster::read(text.as_bytes(), Format::Ndjson, &context()).unwrap();
    assert!(!format!("{:?}", roster.rows[0]).contains(&test_id(7)));
}
