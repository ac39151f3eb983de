use gongqiao_contract::{Lang, wire::verification};
use time::macros::date;

use super::*;
use crate::matching::fixture::{
    ASSEMBLER, HOUSEKEEPER, SetConsents, TESTER, demand, facets, terms,
};

fn check(
    change_card: impl FnOnce(&mut wire::Card),
    change_terms: impl FnOnce(&mut wire::VacancyTerms),
    expected: Result<Fit, Unfit>,
) {
    assert_eq!(fit(&facets(change_card), &demand(change_terms), false, None), expected);
}

fn fits(exactness: Exactness, level: u32) -> Result<Fit, Unfit> {
    aged(exactness, level, Age::Full)
}

fn aged(exactness: Exactness, level: u32, age: Age) -> Result<Fit, Unfit> {
    Ok(Fit { exactness, level: SkillLevel::new(level).unwrap(), age })
}

fn skills(of: &[(&str, u32)]) -> Vec<wire::Skill> {
    of.iter()
        .map(|(code, level)| wire::Skill { occupation: (*code).to_owned(), level: *level })
        .collect()
}

#[test]
fn a_card_that_meets_everything_fits() {
    check(|_| {}, |_| {}, fits(Exactness::Same, 4));
}

#[test]
fn a_placed_card_is_refused() {
    assert_eq!(fit(&facets(|_| {}), &demand(|_| {}), true, None), Err(Unfit::Placed));
}

#[test]
fn consent_to_register_and_to_matching_are_both_needed() {
    use consent::Value::{Disclosure, Matching, Register};
    check(|c| c.set_consents([]), |_| {}, Err(Unfit::Consent));
    check(|c| c.set_consents([Register, Disclosure]), |_| {}, Err(Unfit::Consent));
    check(|c| c.set_consents([Matching, Disclosure]), |_| {}, Err(Unfit::Consent));
    check(|c| c.set_consents([Matching, Register]), |_| {}, fits(Exactness::Same, 4));
}

#[test]
fn an_unverified_card_is_refused() {
    check(|c| c.set_verification(verification::Value::Unverified), |_| {}, Err(Unfit::Unverified));
    check(|c| c.set_verification(verification::Value::Unspecified), |_| {}, Err(Unfit::Unverified));
}

#[test]
fn a_card_of_a_newer_schema_is_refused() {
    check(|c| c.min_reader = gongqiao_contract::SCHEMA, |_| {}, fits(Exactness::Same, 4));
    check(|c| c.min_reader = gongqiao_contract::SCHEMA + 1, |_| {}, Err(Unfit::ReadOnly));
}

#[test]
fn age_goes_by_the_day_of_need_and_the_year_of_birth() {
    let age = |birth_year, expected: Result<Age, Unfit>| {
        check(
            |c| c.birth_year = birth_year,
            |_| {},
            expected.and_then(|age| aged(Exactness::Same, 4, age)),
        );
    };
    age(0, Err(Unfit::AgeUnknown));
    age(2021, Err(Unfit::Underage));
    age(2006, Err(Unfit::Underage));
    age(2005, Ok(Age::ToCheck));
    age(2004, Ok(Age::Minor));
    age(2003, Ok(Age::Minor));
    age(2002, Ok(Age::Full));
    // The need a year later, not the day on which the card was made.
    check(
        |c| c.birth_year = 2006,
        |t| t.needed_by = "2022-01-01".to_owned(),
        aged(Exactness::Same, 4, Age::ToCheck),
    );
}

#[test]
fn an_occupation_of_the_same_small_group_fits_and_another_does_not() {
    check(|c| c.skills = skills(&[(TESTER, 4)]), |_| {}, fits(Exactness::Related, 4));
    check(|c| c.skills = skills(&[(HOUSEKEEPER, 1)]), |_| {}, Err(Unfit::Occupation));
    check(|c| c.skills = skills(&[]), |_| {}, Err(Unfit::Occupation));
    check(
        |c| c.skills = skills(&[(HOUSEKEEPER, 1), (TESTER, 3), (ASSEMBLER, 5)]),
        |_| {},
        fits(Exactness::Same, 5),
    );
    check(
        |c| c.skills = skills(&[(HOUSEKEEPER, 3)]),
        |t| t.occupations.push(HOUSEKEEPER.to_owned()),
        fits(Exactness::Same, 3),
    );
    // A whole group asked for (6-25: electronics) takes whoever is in it.
    let group = |t: &mut wire::VacancyTerms| t.occupations = vec!["6-25-00-00".to_owned()];
    check(|_| {}, group, fits(Exactness::Related, 4));
    check(|c| c.skills = skills(&[(HOUSEKEEPER, 1)]), group, Err(Unfit::Occupation));
}

#[test]
fn anybody_fits_a_post_that_is_learned_on_the_job_and_the_occupation_only_ranks() {
    let trainable = |t: &mut wire::VacancyTerms| {
        t.trainable = true;
        t.level = 0;
    };
    check(|c| c.skills = skills(&[]), trainable, fits(Exactness::Learns, 0));
    check(|c| c.skills = skills(&[(HOUSEKEEPER, 2)]), trainable, fits(Exactness::Learns, 2));
    check(
        |c| c.skills = skills(&[(HOUSEKEEPER, 2), (TESTER, 0)]),
        trainable,
        fits(Exactness::Related, 0),
    );
    check(|_| {}, trainable, fits(Exactness::Same, 4));
}

#[test]
fn a_level_asked_is_reached_by_the_same_or_a_better_one_in_a_fitting_occupation() {
    let has = |level, asked, expected| {
        check(|c| c.skills = skills(&[(ASSEMBLER, level)]), |t| t.level = asked, expected);
    };
    has(0, 0, fits(Exactness::Same, 0));
    has(0, 5, Err(Unfit::Level));
    has(5, 5, fits(Exactness::Same, 5));
    has(4, 3, Err(Unfit::Level));
    has(3, 3, fits(Exactness::Same, 3));
    has(1, 3, fits(Exactness::Same, 1));
    // A level in another occupation doesn't count,
    check(
        |c| c.skills = skills(&[(ASSEMBLER, 5), (HOUSEKEEPER, 1)]),
        |t| t.level = 3,
        Err(Unfit::Level),
    );
    // one in a related occupation does, and goes before a nearer one without,
    check(
        |c| c.skills = skills(&[(ASSEMBLER, 5), (TESTER, 2)]),
        |t| t.level = 3,
        fits(Exactness::Related, 2),
    );
    // and of two the better is taken.
    check(
        |c| c.skills = skills(&[(ASSEMBLER, 4), (ASSEMBLER, 2)]),
        |_| {},
        fits(Exactness::Same, 2),
    );
}

#[test]
fn a_level_asked_for_a_post_learned_on_the_job_may_be_of_any_occupation() {
    let trainable = |t: &mut wire::VacancyTerms| t.trainable = true;
    check(|c| c.skills = skills(&[(HOUSEKEEPER, 5)]), trainable, fits(Exactness::Learns, 5));
    check(|c| c.skills = skills(&[(HOUSEKEEPER, 0)]), trainable, Err(Unfit::Level));
    check(|c| c.skills = skills(&[]), trainable, Err(Unfit::Level));
}

#[test]
fn the_person_is_free_by_the_day_of_need() {
    let from = |day: &str, expected| {
        check(|c| c.available_from = day.to_owned(), |_| {}, expected);
    };
    from("2021-07-20", fits(Exactness::Same, 4));
    from("2021-07-21", Err(Unfit::Available));
    let after_harvest = facets(|c| c.available_from = "2021-08-10".to_owned());
    let later = Demand::prepare(&terms(), date!(2021 - 08 - 15)).unwrap();
    assert_eq!(fit(&after_harvest, &later, false, None), fits(Exactness::Same, 4));
}

#[test]
fn the_day_of_need_is_that_of_the_first_batch_for_which_the_person_is_free() {
    let batches = |days: &[&str]| {
        let days = days.iter().map(|day| (*day).to_owned());
        let batches: Vec<_> = days.map(|date| wire::ArrivalBatch { date, headcount: 1 }).collect();
        demand(|terms| terms.batches = batches)
    };
    let need = |demand: &Demand, free: Date| demand.day_of_need(free);
    let two = batches(&["2021-08-15", "2021-07-25"]);
    assert_eq!(need(&two, date!(2021 - 07 - 01)), date!(2021 - 07 - 25));
    assert_eq!(need(&two, date!(2021 - 07 - 25)), date!(2021 - 07 - 25));
    assert_eq!(need(&two, date!(2021 - 07 - 26)), date!(2021 - 08 - 15));
    assert_eq!(need(&two, date!(2021 - 08 - 16)), date!(2021 - 07 - 20), "the vacancy's own");
    assert_eq!(need(&batches(&[]), date!(2021 - 07 - 01)), date!(2021 - 07 - 20));
    let from = |day: &str| facets(|c| c.available_from = day.to_owned());
    assert_eq!(fit(&from("2021-08-15"), &two, false, None), fits(Exactness::Same, 4));
    assert_eq!(fit(&from("2021-08-16"), &two, false, None), Err(Unfit::Available));
    // A year later: sixteen in the course of the year of the batch.
    let later = batches(&["2022-01-10"]);
    let young = facets(|c| c.birth_year = 2006);
    assert_eq!(fit(&young, &later, false, None), aged(Exactness::Same, 4, Age::ToCheck));
    let mut terms = terms();
    terms.batches.push(wire::ArrivalBatch { date: "August".to_owned(), headcount: 1 });
    assert_eq!(Demand::of(&terms).unwrap_err().field, "batches");
}

#[test]
fn an_age_is_reached_on_the_birthday_and_of_29_february_a_day_later() {
    let age = |birth, day| age_by_date(birth, day);
    assert_eq!(age(date!(2005 - 08 - 02), date!(2021 - 08 - 01)), Err(Unfit::Underage));
    assert_eq!(age(date!(2005 - 08 - 02), date!(2021 - 08 - 02)), Ok(Age::Minor));
    assert_eq!(age(date!(2003 - 08 - 02), date!(2021 - 08 - 01)), Ok(Age::Minor));
    assert_eq!(age(date!(2003 - 08 - 02), date!(2021 - 08 - 02)), Ok(Age::Full));
    assert_eq!(age(date!(2004 - 02 - 29), date!(2022 - 02 - 28)), Ok(Age::Minor));
    assert_eq!(age(date!(2004 - 02 - 29), date!(2022 - 03 - 01)), Ok(Age::Full));
}

#[test]
fn the_date_is_looked_at_where_the_year_leaves_sixteen_or_eighteen_open() {
    let day = date!(2021 - 07 - 20);
    let open: Vec<u16> = (2000..2008).filter(|year| age_is_open(*year, day)).collect();
    assert_eq!(open, [2003, 2005]);
    assert!(!age_is_open(0, day));
}

#[test]
fn the_wage_expected_is_at_most_the_pay_offered() {
    let expects = |yuan, expected| check(|c| c.wage_expected_yuan = yuan, |_| {}, expected);
    expects(0, fits(Exactness::Same, 4));
    expects(5000, fits(Exactness::Same, 4));
    expects(5001, Err(Unfit::Wage));
}

#[test]
fn a_destination_of_any_level_must_hold_the_workplace() {
    let to = |codes: &[&str], expected| {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        check(|c| c.destinations = codes, |_| {}, expected);
    };
    to(&[], fits(Exactness::Same, 4));
    for code in ["430000", "431000", "431003"] {
        to(&[code], fits(Exactness::Same, 4));
        to(&["440300", code], fits(Exactness::Same, 4));
    }
    for code in ["440000", "431002", "430100", "431003001000"] {
        to(&[code], Err(Unfit::Destination));
    }
}

#[test]
fn what_is_earned_in_a_month_is_the_lower_total_else_the_hours_else_the_base() {
    let pay = |unit, base_yuan, total_from_yuan, hourly_yuan, expected| {
        let mut pay = wire::Pay {
            base_yuan,
            total_from_yuan,
            total_to_yuan: 9999,
            hourly_yuan,
            ..wire::Pay::default()
        };
        pay.set_unit(unit);
        assert_eq!(monthly_pay(&pay), expected);
    };
    use pay_unit::Value::{Hour, Month, Piece};
    pay(Month, 2000, 5000, 0, 5000);
    pay(Month, 2000, 0, 0, 2000);
    pay(Month, 2000, 0, 20, 2000);
    pay(Hour, 2000, 0, 20, 3480);
    pay(Hour, 2000, 5000, 20, 5000);
    pay(Hour, 2000, 0, 0, 2000);
    pay(Piece, 2100, 0, 0, 2100);
    pay(Hour, 0, 0, u32::MAX, u32::MAX);
}

#[test]
fn terms_that_cannot_be_read_are_named_by_their_field() {
    let unreadable = |change: fn(&mut wire::VacancyTerms)| {
        let mut terms = terms();
        change(&mut terms);
        Demand::of(&terms).unwrap_err().field
    };
    assert_eq!(unreadable(|t| t.needed_by = "20 July".to_owned()), "needed_by");
    assert_eq!(unreadable(|t| t.occupations = vec!["组装工".to_owned()]), "occupations");
    assert_eq!(unreadable(|t| t.level = 6), "level");
    assert_eq!(unreadable(|t| t.place = "郴州".to_owned()), "place");
    assert_eq!(unreadable(|t| t.pay = None), "pay");
}

#[test]
fn reasons_of_refusal_have_distinct_codes_and_both_texts() {
    let codes: std::collections::HashSet<_> = Unfit::ALL.iter().map(|unfit| unfit.code()).collect();
    assert_eq!(codes.len(), Unfit::ALL.len());
    for unfit in Unfit::ALL {
        assert_eq!(unfit.text(Lang::En), unfit.to_string());
        assert!(!unfit.text(Lang::Zh).is_ascii(), "{}", unfit.code());
    }
}
