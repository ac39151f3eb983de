//! What each column takes, tells and refuses, the same in all three forms.

use gongqiao_contract::{
    codes::IdRule,
    refusal::{Code, Lang},
    wire::consent::Value::{Disclosure, Matching, Register},
};
use gongqiao_roster::{
    Column, Context, Format, NOT_AVAILABLE, Outcome, Row, RowOutcome, content, provisional_keys,
    read,
};
use time::{Date, macros::date};

use crate::support::{
    TODAY, VILLAGE, codes, context, csv, left_out, one, read_ok, refusals, right, right_but, taken,
    test_id,
};

#[track_caller]
fn row_of(outcome: RowOutcome) -> Row {
    match outcome.outcome {
        Outcome::Taken(row) | Outcome::Unverified(row, _) => row,
        other => panic!("no person: {other:?}"),
    }
}

#[track_caller]
fn check_taken(column: Column, text: &str) -> Row {
    let outcome = one(&right_but(column, text));
    assert!(matches!(outcome.outcome, Outcome::Taken(_)), "{column:?} {text:?}: {outcome:?}");
    row_of(outcome)
}

#[track_caller]
fn check_refused(column: Column, text: &str, code: Code) {
    assert_eq!(refusals(&one(&right_but(column, text))), [(Some(column), code)], "{text:?}");
}

/// The row stands, with these warnings, all on the column.
#[track_caller]
fn check_told(column: Column, text: &str, expected: &[Code]) -> Row {
    let outcome = one(&right_but(column, text));
    let told: Vec<_> = expected.iter().map(|code| (Some(column), *code)).collect();
    assert_eq!(codes(&outcome.warnings), told, "{column:?} {text:?}");
    row_of(outcome)
}

#[track_caller]
fn check_unverified(text: &str, code: Code) -> Row {
    let outcome = one(&right_but(Column::CitizenId, text));
    match &outcome.outcome {
        Outcome::Unverified(row, why) => {
            assert_eq!((why.column, why.refusal.code), (Some(Column::CitizenId), code), "{text:?}");
            assert!(row.citizen_id.is_none() && row.person.citizen_id.is_empty());
            assert_eq!(provisional_keys(row).len(), 1);
        }
        other => panic!("{text:?}: {other:?}"),
    }
    row_of(outcome)
}

#[test]
fn a_right_row_is_read_whole() {
    let outcome = one(&right(1));
    assert!(outcome.warnings.is_empty());
    let row = row_of(outcome);
    assert_eq!(row.person.name, "测试1");
    assert_eq!(row.person.citizen_id, test_id(1));
    assert_eq!(row.person.phone, "13800000000");
    assert_eq!(row.person.birth_date, "1975-01-01");
    assert_eq!(row.person.occupations_as_written, "普工");
    assert_eq!(row.citizen_id.unwrap().expose(), test_id(1));
    assert_eq!(row.provisional, None);
    assert_eq!(row.home.to_string(), VILLAGE);
    assert_eq!(row.birth_year, 1975);
    assert_eq!(row.wage_expected_yuan, 5000);
    assert_eq!(row.available_from, date!(2026 - 07 - 15));
    assert!(!row.available_at_once);
    assert_eq!(row.destinations, ["440000".parse().unwrap()]);
    assert_eq!(row.consents, [Register, Matching]);
    assert!(!row.poverty_lifted);
}

#[test]
fn every_problem_of_a_row_is_told() {
    let row = ["", "11010519491231002X", "2", "3", "焊工:高手", "多", "改天", "无此地", "也许"]
        .map(String::from);
    let outcome = one(&row);
    let refused = [
        (Column::Name, Code::RowRequired),
        (Column::CitizenId, Code::RowIdReal),
        (Column::HomeVillage, Code::RowDivision),
        (Column::Consents, Code::RowConsent),
    ];
    assert_eq!(refusals(&outcome), refused.map(|(column, code)| (Some(column), code)));
    let told = [
        (Column::Phone, Code::RowPhone),
        (Column::Phone, Code::RowPhoneMissing),
        (Column::Occupations, Code::RowSkill),
        (Column::WageExpected, Code::RowWage),
        (Column::AvailableFrom, Code::RowAvailableUnknown),
        (Column::Destinations, Code::RowDestination),
    ];
    assert_eq!(codes(&outcome.warnings), told.map(|(column, code)| (Some(column), code)));
}

#[test]
fn only_the_name_and_the_village_must_be_filled_in() {
    for column in Column::TEMPLATE {
        let outcome = one(&right_but(column, "  "));
        match column {
            Column::Name | Column::HomeVillage => {
                assert_eq!(refusals(&outcome), [(Some(column), Code::RowRequired)]);
            }
            Column::CitizenId => {
                assert!(matches!(outcome.outcome, Outcome::Unverified(..)));
            }
            _ => assert!(matches!(outcome.outcome, Outcome::Taken(_)), "{column:?}"),
        }
    }
}

#[test]
fn an_id_follows_the_rule_of_the_cell() {
    check_refused(Column::CitizenId, "11010519491231002X", Code::RowIdReal);
    let real = Context { rule: IdRule::Real, ..context() };
    let roster = read(&csv(&[right(1)]), Format::Csv, &real).unwrap();
    assert_eq!(refusals(&roster.rows[0]), [(Some(Column::CitizenId), Code::RowIdTest)]);
}

#[test]
fn an_id_is_read_however_it_is_written() {
    let id = test_id(1);
    let (start, end) = id.split_at(14);
    let wide: String = id.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    for text in [
        format!("'{id}"),
        id.to_lowercase(),
        format!(" {start} {end} "),
        format!("{start}-{end}"),
        format!("\u{feff}{id}\t"),
        wide,
    ] {
        assert_eq!(check_taken(Column::CitizenId, &text).person.citizen_id, id, "{text:?}");
        check_told(Column::CitizenId, &text, &[]);
    }
}

#[test]
fn an_old_id_is_converted_and_told() {
    let id = test_id(1);
    let old = format!("{}{}", &id[..6], &id[8..17]);
    let row = check_told(Column::CitizenId, &old, &[Code::RowIdOld]);
    assert_eq!(row.person.citizen_id, id);
}

#[test]
fn a_damaged_id_makes_a_person_unverified_and_keeps_what_can_be_read() {
    let id = test_id(1);
    let wrong_check = format!("{}{}", &id[..17], if id.ends_with('1') { '2' } else { '1' });
    for (text, code) in [
        (wrong_check.as_str(), Code::RowIdCheck),
        (&id[..17], Code::RowIdLength),
        (&id[..14], Code::RowIdLength),
        ("4310211975010100AX", Code::RowIdCharacters),
        ("4.31021197501010E+17", Code::RowIdNumeric),
    ] {
        let row = check_unverified(text, code);
        assert_eq!(
            (row.birth_year, row.person.birth_date.as_str()),
            (1975, "1975-01-01"),
            "{text}"
        );
        let known = &provisional_keys(&row)[0];
        assert!(provisional_keys(&check_taken(Column::CitizenId, &id)).contains(known), "{text}");
        assert!(!row.person.citizen_id_as_written.is_empty());
    }
    for (text, code, year) in [
        ("43102119751301001X", Code::RowIdBirth, 0),
        ("990105194912310024", Code::RowIdRegion, 0),
        ("000000000000000000", Code::RowIdPlaceholder, 0),
        ("000000197501010000", Code::RowIdPlaceholder, 0),
        ("111111", Code::RowIdPlaceholder, 0),
        ("无", Code::RowIdMissing, 0),
        ("12", Code::RowIdLength, 0),
        ("4.31021E+17", Code::RowIdNumeric, 0),
    ] {
        assert_eq!(check_unverified(text, code).birth_year, year, "{text}");
    }
}

#[test]
fn somebody_unverified_is_known_by_the_phone_where_the_id_says_nothing() {
    let missing = check_unverified("", Code::RowIdMissing);
    let keys = provisional_keys(&check_taken(Column::CitizenId, &test_id(1)));
    assert_eq!(keys.len(), 2);
    assert_eq!(provisional_keys(&missing), keys[1..]);
    let mut nameless = right_but(Column::CitizenId, "");
    nameless[2] = String::new();
    let outcome = one(&nameless);
    assert_eq!(refusals(&outcome), [(Some(Column::CitizenId), Code::RowUnidentifiable)]);
    nameless[1] = "000000197501010000".into();
    assert!(matches!(one(&nameless).outcome, Outcome::Unverified(..)), "a birth date tells apart");
}

#[test]
fn the_key_of_an_unverified_person_is_shown_by_nothing_and_bears_blanks_and_dots() {
    let row = check_unverified("", Code::RowIdMissing);
    assert_eq!(format!("{:?}", provisional_keys(&row)), "[Provisional(…)]");
    let mut other = right_but(Column::Name, "阿依·古丽");
    other[1] = String::new();
    let first = provisional_keys(&row_of(one(&other)));
    for name in ["阿依•古丽", "阿依 . 古丽", "阿 依・古丽"] {
        other[0] = name.into();
        assert_eq!(provisional_keys(&row_of(one(&other))), first, "{name}");
    }
}

#[test]
fn phones_are_kept_where_they_can_be_read() {
    for (text, phone, told) in [
        ("138 0000-0000", "13800000000", &[][..]),
        ("(0735)1234567", "07351234567", &[]),
        ("+8613800000000", "13800000000", &[]),
        ("13800000000/13900000000", "13800000000", &[Code::RowPhoneSeveral]),
        ("13800000000（儿子）", "13800000000", &[Code::RowPhoneNote]),
        ("1.38E+10", "", &[Code::RowPhoneLost, Code::RowPhoneMissing]),
        ("电话", "", &[Code::RowPhone, Code::RowPhoneMissing]),
        ("", "", &[Code::RowPhoneMissing]),
    ] {
        assert_eq!(check_told(Column::Phone, text, told).person.phone, phone, "{text}");
    }
    let row = check_told(Column::Phone, "13800000000、13900000000", &[Code::RowPhoneSeveral]);
    assert_eq!(row.person.phone2, "13900000000");
}

#[test]
fn a_village_is_named_by_code_or_by_a_name_unique_around_the_point() {
    for text in [VILLAGE, "白云村村委会", "白云村", "白云", "仁义镇白云村3组"] {
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

    let row = check_told(Column::Occupations, "呜哩哇啦:三级", &[Code::RowOccupationUnmapped]);
    assert!(row.skills.is_empty());
    assert_eq!(row.person.occupations_as_written, "呜哩哇啦:三级");
    let row = check_told(Column::Occupations, "焊工:高手", &[Code::RowSkill]);
    assert_eq!(row.skills[0].level, 0);
}

#[test]
fn a_wage_is_whole_yuan_a_month_or_none_in_particular() {
    for (text, wage, told) in [
        ("", 0, &[][..]),
        ("100000", 100_000, &[]),
        ("4,500", 4_500, &[]),
        ("5000-7000", 5_000, &[Code::RowWageRead]),
        ("面议", 0, &[Code::RowWageOpen]),
        ("100001", 0, &[Code::RowWage]),
        ("五千", 0, &[Code::RowWage]),
        ("99999999999999999999", 0, &[Code::RowWage]),
    ] {
        assert_eq!(check_told(Column::WageExpected, text, told).wage_expected_yuan, wage, "{text}");
    }
}

#[test]
fn availability_is_a_day_a_season_or_at_once() {
    for (text, from, told) in [
        ("2028-02-29", date!(2028 - 02 - 29), &[][..]),
        ("2026.7.15", date!(2026 - 07 - 15), &[]),
        ("2026.8", date!(2026 - 08 - 01), &[Code::RowAvailableRead]),
        ("7月15日", date!(2026 - 07 - 15), &[Code::RowAvailableRead]),
        ("开学后", date!(2026 - 09 - 02), &[Code::RowAvailableRead]),
    ] {
        let row = check_told(Column::AvailableFrom, text, told);
        assert_eq!((row.available_from, row.available_at_once), (from, false), "{text}");
    }
    for text in ["", "随时", "立即", "随时可到岗", "马上"] {
        let row = check_told(Column::AvailableFrom, text, &[]);
        assert_eq!((row.available_from, row.available_at_once), (TODAY, true), "{text}");
    }
}

#[test]
fn what_is_not_understood_makes_nobody_available() {
    for text in ["2026-02-29", "0000-01-01", "改天", "看情况", "2026-07-1५"] {
        let row = check_told(Column::AvailableFrom, text, &[Code::RowAvailableUnknown]);
        assert_eq!((row.available_from, row.available_at_once), (NOT_AVAILABLE, false), "{text}");
        assert_eq!(row.person.availability_as_written, text);
    }
    for text in ["不外出", "否", "无意愿"] {
        let row = check_told(Column::AvailableFrom, text, &[Code::RowUnavailable]);
        assert_eq!(row.available_from, NOT_AVAILABLE, "{text}");
    }
}

#[test]
fn destinations_are_codes_or_names_and_the_rest_is_told() {
    let found = |text: &str, told: &[Code]| {
        let row = check_told(Column::Destinations, text, told);
        row.destinations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(found("", &[]).is_empty());
    assert!(found("不限", &[]).is_empty());
    assert_eq!(found("郴州市；广东省、431000;海门区", &[]), ["320614", "431000", "440000"]);
    assert!(found("鼓楼区", &[Code::RowDestination]).is_empty());
    assert_eq!(found("广东省;火星", &[Code::RowDestination]), ["440000"]);
}

#[test]
fn consents_need_the_first_one_or_a_yes_or_no() {
    for (text, expected) in [
        ("提供;入册、推荐;入册", &[Register, Matching, Disclosure][..]),
        ("REGISTER", &[Register]),
        ("是", &[Register, Matching, Disclosure]),
        ("√", &[Register, Matching, Disclosure]),
        ("已授权", &[Register, Matching, Disclosure]),
        ("否", &[Register]),
        ("不同意", &[Register]),
    ] {
        assert_eq!(check_told(Column::Consents, text, &[]).consents, expected, "{text}");
    }
    let row = check_told(Column::Consents, "", &[Code::RowConsentBlank]);
    assert_eq!(row.consents, [Register]);
    for text in ["推荐;提供", "入册;别的", ";"] {
        check_refused(Column::Consents, text, Code::RowConsent);
    }
}

#[test]
fn a_name_that_is_too_long_or_unprintable_refuses_the_row_and_other_cells_are_left_out() {
    check_refused(Column::Name, &"名".repeat(61), Code::RowTooLong);
    check_refused(Column::Name, "测\u{1}试", Code::RowCharacters);
    check_refused(Column::Name, "测\n试", Code::RowCharacters);
    let row = check_told(Column::Occupations, &"工".repeat(1_001), &[Code::RowTooLong]);
    assert!(row.person.occupations_as_written.is_empty());
    assert_eq!(check_taken(Column::Name, "测 试　甲").person.name, "测试甲");
    assert_eq!(check_taken(Column::Name, "Test  Person").person.name, "Test  Person");
}

#[test]
fn the_later_of_two_rows_of_one_person_is_left_out_and_names_the_first() {
    let mut damaged = right(1);
    damaged[1].truncate(17);
    let mut by_phone = right(3);
    by_phone[1] = "无".into();
    let mut refused = right(1);
    refused[8] = "推荐".into();
    let rows =
        [refused, right(1), right(2), right(1), damaged, by_phone.clone(), by_phone, right(3)];
    let roster = read_ok(&csv(&rows), Format::Csv);
    assert!(matches!(roster.rows[0].outcome, Outcome::Refused(_)), "takes no ID away");
    assert_eq!(taken(&roster).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3, 4, 9]);
    let duplicate = Code::RowDuplicate;
    assert_eq!(left_out(&roster), [(5, duplicate), (6, duplicate), (7, duplicate), (8, duplicate)]);
    let first = |at: usize| match &roster.rows[at].outcome {
        Outcome::LeftOut(why) => why.params[0].1.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!([first(3), first(4), first(5), first(6)], ["3", "3", "9", "7"]);
}

#[test]
fn nothing_personal_is_shown_by_debug_or_in_a_note() {
    let secret = "4310211975010100AX";
    let rows = [
        right(1),
        right_but(Column::CitizenId, secret),
        right_but(Column::HomeVillage, "秘密村"),
        right_but(Column::Destinations, "秘密地"),
        right_but(Column::AvailableFrom, "秘密时"),
    ];
    let roster = read(&csv(&rows), Format::Csv, &context()).unwrap();
    let mut shown = format!("{roster:?}");
    for row in &roster.rows {
        let refused = match &row.outcome {
            Outcome::Refused(notes) => notes.clone(),
            Outcome::Unverified(_, note) => vec![note.clone()],
            _ => Vec::new(),
        };
        for note in refused.iter().chain(&row.warnings) {
            shown.push_str(&note.refusal.detail(Lang::Zh));
            shown.push_str(&note.refusal.detail(Lang::En));
        }
    }
    for planted in [test_id(1).as_str(), secret, "测试1", "13800000000", "秘密", "1975"] {
        assert!(!shown.contains(planted), "{planted} in {shown}");
    }
}

#[test]
fn content_differs_exactly_when_a_cell_does() {
    let base = content(&row_of(one(&right(1))));
    assert_eq!(base, content(&row_of(one(&right(1)))));
    let changes = [
        (Column::Name, "测试二"),
        (Column::CitizenId, &test_id(2)),
        (Column::CitizenId, "无"),
        (Column::Phone, "13800000001"),
        (Column::Phone, "13800000000、13900000000"),
        (Column::HomeVillage, "431021102003"),
        (Column::Occupations, "普工;焊工"),
        (Column::WageExpected, "5001"),
        (Column::AvailableFrom, "2026-07-16"),
        (Column::AvailableFrom, ""),
        (Column::AvailableFrom, "改天"),
        (Column::Destinations, "不限"),
        (Column::Consents, "入册"),
    ];
    let mut contents = vec![base.clone()];
    for (column, text) in changes {
        contents.push(content(&row_of(one(&right_but(column, text)))));
    }
    for (at, one) in contents.iter().enumerate() {
        assert!(!contents[..at].contains(one), "change {at}");
    }
    let reordered = check_taken(Column::Consents, "推荐;入册");
    assert_eq!(base, content(&reordered));
}

#[test]
fn available_at_once_is_the_same_content_on_another_day() {
    let on = |today: Date| {
        let bytes = csv(&[right_but(Column::AvailableFrom, "")]);
        let roster = read(&bytes, Format::Csv, &Context { today, ..context() }).unwrap();
        row_of(roster.rows.into_iter().next().unwrap())
    };
    let (first, second) = (on(TODAY), on(TODAY.next_day().unwrap()));
    assert_ne!(first.available_from, second.available_from);
    assert_eq!(content(&first), content(&second));
}
