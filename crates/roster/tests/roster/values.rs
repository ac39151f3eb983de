//! What each column takes and refuses, the same in all three forms.

use gongqiao_contract::{
    codes::IdRule,
    refusal::{Code, Lang},
    wire::consent::Value::{Disclosure, Matching, Register},
};
use gongqiao_roster::{Column, Context, Format, Row, WarningKind, content, read};
use time::{Date, macros::date};

use crate::support::{TODAY, VILLAGE, context, csv, one, refusals, right, right_but, test_id};

#[track_caller]
fn check_taken(column: Column, text: &str) -> Row {
    match one(&right_but(column, text)).result {
        Ok(row) => row,
        Err(refusals) => panic!("{column:?} {text:?} was refused: {refusals:?}"),
    }
}

#[track_caller]
fn check_refused(column: Column, text: &str, code: Code) {
    assert_eq!(refusals(&one(&right_but(column, text))), [(Some(column), code)], "{text:?}");
}

#[test]
fn a_right_row_is_read_whole() {
    let outcome = one(&right(1));
    let row = outcome.result.unwrap();
    assert_eq!(row.person.name, "测试1");
    assert_eq!(row.person.citizen_id, test_id(1));
    assert_eq!(row.person.phone, "13800000000");
    assert_eq!(row.person.birth_date, "1975-01-01");
    assert_eq!(row.person.occupations_as_written, "普工");
    assert_eq!(row.citizen_id.expose(), test_id(1));
    assert_eq!(row.home.to_string(), VILLAGE);
    assert_eq!(row.birth_year, 1975);
    assert_eq!(row.wage_expected_yuan, 5000);
    assert_eq!(row.available_from, date!(2026 - 07 - 15));
    assert!(!row.available_at_once);
    assert_eq!(row.destinations, ["440000".parse().unwrap()]);
    assert_eq!(row.consents, [Register, Matching]);
    assert!(outcome.warnings.is_empty());
}

#[test]
fn every_problem_of_a_row_is_told() {
    let row = ["", "1", "2", "3", "焊工:高手", "多", "明天", "无此地", "同意"].map(String::from);
    let expected = [
        (Column::Name, Code::RowRequired),
        (Column::CitizenId, Code::RowIdLength),
        (Column::Phone, Code::RowPhone),
        (Column::HomeVillage, Code::RowDivision),
        (Column::Occupations, Code::RowSkill),
        (Column::WageExpected, Code::RowWage),
        (Column::AvailableFrom, Code::RowDate),
        (Column::Destinations, Code::RowDivision),
        (Column::Consents, Code::RowConsent),
    ];
    assert_eq!(refusals(&one(&row)), expected.map(|(column, code)| (Some(column), code)));
}

#[test]
fn mandatory_columns_must_be_filled_in() {
    for column in Column::ALL {
        let outcome = one(&right_but(column, "  "));
        if column.is_mandatory() {
            assert_eq!(refusals(&outcome), [(Some(column), Code::RowRequired)]);
        } else {
            assert!(outcome.result.is_ok(), "{column:?}");
        }
    }
}

#[test]
fn an_id_follows_the_rule_of_the_cell() {
    check_refused(Column::CitizenId, "11010519491231002X", Code::RowIdReal);
    check_refused(Column::CitizenId, "43102119751301001X", Code::RowIdBirth);
    check_refused(Column::CitizenId, "4310211975010100AX", Code::RowIdCharacters);
    let real = Context { rule: IdRule::Real, ..context() };
    let roster = read(&csv(&[right(1)]), Format::Csv, &real).unwrap();
    assert_eq!(refusals(&roster.rows[0]), [(Some(Column::CitizenId), Code::RowIdTest)]);
}

#[test]
fn a_phone_has_7_to_15_digits() {
    for (text, phone) in [
        ("138 0000-0000", "13800000000"),
        ("(0735)1234567", "07351234567"),
        ("+8613800000000", "+8613800000000"),
    ] {
        assert_eq!(check_taken(Column::Phone, text).person.phone, phone);
    }
    for text in ["123456", "1234567890123456", "1.38E+10", "13800000000/2", "电话", "1+3800000000"]
    {
        check_refused(Column::Phone, text, Code::RowPhone);
    }
    let outcome = one(&right_but(Column::Phone, ""));
    assert_eq!(outcome.warnings[0].kind, WarningKind::PhoneMissing);
}

#[test]
fn a_village_is_named_by_code_or_by_a_name_unique_around_the_point() {
    for text in [VILLAGE, "白云村村委会", "白云村", "白云"] {
        assert_eq!(check_taken(Column::HomeVillage, text).home.to_string(), VILLAGE, "{text}");
    }
    for text in ["431021", "431021102000", "431021102999", "没有的村", "村", "999"] {
        check_refused(Column::HomeVillage, text, Code::RowDivision);
    }
}

#[test]
fn a_name_that_several_villages_have_is_refused() {
    use gongqiao_contract::codes::Divisions;
    let county = "431021".parse().unwrap();
    let table = Divisions::table();
    let twice = table
        .villages_of(county)
        .find(|one| {
            let same = table.villages_of(county).filter(|other| other.name == one.name);
            same.count() > 1 && one.code.township() != Some("431021102000".parse().unwrap())
        })
        .expect("the county has two villages of one name");
    check_refused(Column::HomeVillage, twice.name, Code::RowDivision);
}

#[test]
fn occupations_are_mapped_as_far_as_they_go() {
    let row = check_taken(Column::Occupations, "焊工:三级；养老护理员、焊工：高级技师\n育婴员:5");
    let skills: Vec<_> =
        row.skills.iter().map(|skill| (skill.occupation.as_str(), skill.level)).collect();
    assert!(skills.contains(&("4-10-01-05", 0)), "{skills:?}");
    assert!(skills.contains(&("4-10-01-03", 5)), "{skills:?}");
    assert!(skills.iter().any(|(_, level)| *level == 1), "the better level counts: {skills:?}");
    assert!(!skills.iter().any(|(_, level)| *level == 3), "{skills:?}");

    let outcome = one(&right_but(Column::Occupations, "呜哩哇啦:三级"));
    assert_eq!(outcome.warnings[0].kind, WarningKind::OccupationUnmapped);
    let row = outcome.result.unwrap();
    assert!(row.skills.is_empty());
    assert_eq!(row.person.occupations_as_written, "呜哩哇啦:三级");
    check_refused(Column::Occupations, "焊工:高手", Code::RowSkill);
}

#[test]
fn a_wage_is_a_whole_number_of_yuan() {
    assert_eq!(check_taken(Column::WageExpected, "").wage_expected_yuan, 0);
    assert_eq!(check_taken(Column::WageExpected, "100000").wage_expected_yuan, 100_000);
    for text in ["100001", "-1", "+5", "5000.5", "五千", "5e3", "99999999999999999999"] {
        check_refused(Column::WageExpected, text, Code::RowWage);
    }
}

#[test]
fn a_date_is_a_day_that_exists() {
    let row = check_taken(Column::AvailableFrom, "");
    assert_eq!((row.available_from, row.available_at_once), (TODAY, true));
    assert_eq!(
        check_taken(Column::AvailableFrom, "2028-02-29").available_from,
        date!(2028 - 02 - 29)
    );
    for text in
        ["2026-02-29", "2026-7-1", "2026.07.01", "0000-01-01", "随时", "2026-07-1५", "45000"]
    {
        check_refused(Column::AvailableFrom, text, Code::RowDate);
    }
}

#[test]
fn destinations_are_codes_or_unique_names() {
    let codes = |text: &str| {
        let row = check_taken(Column::Destinations, text);
        row.destinations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(codes("").is_empty());
    assert!(codes("不限").is_empty());
    assert_eq!(codes("郴州市；广东省、431000;海门区"), ["320614", "431000", "440000"]);
    check_refused(Column::Destinations, "鼓楼区", Code::RowDivision);
    check_refused(Column::Destinations, "广东省;火星", Code::RowDivision);
}

#[test]
fn consents_need_the_first_one() {
    assert_eq!(
        check_taken(Column::Consents, "提供;入册、推荐;入册").consents,
        [Register, Matching, Disclosure]
    );
    assert_eq!(check_taken(Column::Consents, "REGISTER").consents, [Register]);
    for text in ["推荐;提供", "入册;别的", ";", "是"] {
        check_refused(Column::Consents, text, Code::RowConsent);
    }
}

#[test]
fn a_cell_that_is_too_long_or_unprintable_is_refused() {
    check_refused(Column::Name, &"名".repeat(61), Code::RowTooLong);
    check_refused(Column::Occupations, &"工".repeat(1_001), Code::RowTooLong);
    check_refused(Column::Name, "测\u{1}试", Code::RowCharacters);
    check_refused(Column::Name, "测\n试", Code::RowCharacters);
}

#[test]
fn nothing_personal_is_shown_by_debug_or_in_a_refusal() {
    let secret = "4310211975010100AX";
    let rows =
        [right(1), right_but(Column::CitizenId, secret), right_but(Column::HomeVillage, "秘密村")];
    let roster = read(&csv(&rows), Format::Csv, &context()).unwrap();
    let mut shown = format!("{roster:?}");
    for refusal in roster.rows.iter().filter_map(|row| row.result.as_ref().err()).flatten() {
        shown.push_str(&refusal.refusal.detail(Lang::Zh));
        shown.push_str(&refusal.refusal.detail(Lang::En));
    }
    for planted in [test_id(1).as_str(), secret, "测试1", "13800000000", "秘密", "1975"] {
        assert!(!shown.contains(planted), "{planted} in {shown}");
    }
}

#[test]
fn content_differs_exactly_when_a_cell_does() {
    let base = content(&one(&right(1)).result.unwrap());
    assert_eq!(base, content(&one(&right(1)).result.unwrap()));
    let changes = [
        (Column::Name, "测试二"),
        (Column::CitizenId, &test_id(2)),
        (Column::Phone, "13800000001"),
        (Column::HomeVillage, "431021102003"),
        (Column::Occupations, "普工;焊工"),
        (Column::WageExpected, "5001"),
        (Column::AvailableFrom, "2026-07-16"),
        (Column::AvailableFrom, ""),
        (Column::Destinations, "不限"),
        (Column::Consents, "入册"),
    ];
    for (column, text) in changes {
        assert_ne!(base, content(&check_taken(column, text)), "{column:?}");
    }
    let reordered = check_taken(Column::Consents, "推荐;入册");
    assert_eq!(base, content(&reordered));
}

#[test]
fn available_at_once_is_the_same_content_on_another_day() {
    let on = |today: Date| {
        let bytes = csv(&[right_but(Column::AvailableFrom, "")]);
        let roster = read(&bytes, Format::Csv, &Context { today, ..context() }).unwrap();
        roster.rows.into_iter().next().unwrap().result.unwrap()
    };
    let (first, second) = (on(TODAY), on(TODAY.next_day().unwrap()));
    assert_ne!(first.available_from, second.available_from);
    assert_eq!(content(&first), content(&second));
}
