//! Whether a vacancy says what a lawful job advert must say, and nothing that
//! it must not. Looks at the terms alone, so it needs no state.
//!
//! Mandatory content: employer, headcount, conditions, duties, place, base
//! pay, validity; prohibitions as in `codes::check_advert`.

use gongqiao_contract::{
    Code, Refusal,
    codes::{DivisionCode, Divisions, OccupationCode, Occupations, Park, check_advert, map_title},
    wire::{Pay, VacancyTerms, pay_unit, shift},
};
use time::{Date, OffsetDateTime, macros::format_description};

use crate::entity::{beijing_day, instant};

/// Most people that one vacancy may ask for.
pub const MAX_HEADCOUNT: u32 = 100_000;
/// Longest free text, in characters.
const MAX_TEXT: usize = 2_000;
/// Longest title, in characters.
const MAX_TITLE: usize = 60;
/// Highest pay of any unit, in yuan.
const MAX_YUAN: u32 = 1_000_000;

/// Checks terms and fills in what they leave to us: the occupation codes that
/// the title means, and the park's county as the place.
///
/// # Errors
/// The first thing that is wrong, with a pointer below `/terms`.
pub fn check(mut terms: VacancyTerms, now: OffsetDateTime) -> Result<VacancyTerms, Refusal> {
    texts(&terms)?;
    number("/terms/headcount", terms.headcount, 1, MAX_HEADCOUNT)?;
    number("/terms/level", terms.level, 0, 5)?;
    number("/terms/minimumStayDays", terms.minimum_stay_days, 0, 3_660)?;
    let pay = terms.pay.as_ref().ok_or_else(|| required("/terms/pay"))?;
    check_pay(pay)?;
    if shift::Value::try_from(terms.shift).is_err() {
        return Err(invalid("/terms/shift", "not one of the shift menus"));
    }
    place(&mut terms)?;
    occupations(&mut terms)?;
    dates(&terms, now)?;
    batches(&terms)?;
    lawful(&terms)?;
    Ok(terms)
}

fn texts(terms: &VacancyTerms) -> Result<(), Refusal> {
    let mandatory = [
        ("/terms/title", &terms.title, MAX_TITLE),
        ("/terms/duties", &terms.duties, MAX_TEXT),
        ("/terms/conditions", &terms.conditions, MAX_TEXT),
    ];
    for (pointer, text, max) in mandatory {
        if text.trim().is_empty() {
            return Err(required(pointer));
        }
        length(pointer, text, max)?;
    }
    length("/terms/address", &terms.address, MAX_TEXT)?;
    let deductions = terms.pay.as_ref().map_or("", |pay| &pay.deductions);
    length("/terms/pay/deductions", deductions, MAX_TEXT)
}

fn check_pay(pay: &Pay) -> Result<(), Refusal> {
    let unit = pay_unit::Value::try_from(pay.unit).unwrap_or_default();
    if unit == pay_unit::Value::Unspecified {
        return Err(required("/terms/pay/unit"));
    }
    number("/terms/pay/baseYuan", pay.base_yuan, 1, MAX_YUAN)?;
    number("/terms/pay/hourlyYuan", pay.hourly_yuan, 0, MAX_YUAN)?;
    number("/terms/pay/payday", pay.payday, 0, 31)?;
    number("/terms/pay/totalToYuan", pay.total_to_yuan, 0, MAX_YUAN)?;
    if pay.total_from_yuan > pay.total_to_yuan {
        return Err(invalid("/terms/pay/totalFromYuan", "more than totalToYuan"));
    }
    if pay.total_to_yuan != 0 && pay.total_to_yuan < pay.base_yuan {
        return Err(invalid("/terms/pay/totalToYuan", "less than baseYuan"));
    }
    Ok(())
}

fn place(terms: &mut VacancyTerms) -> Result<(), Refusal> {
    if !terms.park.is_empty() {
        let park = Park::get(&terms.park).ok_or_else(|| unknown("/terms/park", "parks"))?;
        if terms.place.is_empty() {
            terms.place = park.county.to_string();
        }
    }
    if terms.place.is_empty() {
        return Err(required("/terms/place"));
    }
    let not_there = || unknown("/terms/place", "GB/T 2260");
    let code: DivisionCode = terms.place.parse().map_err(|_| not_there())?;
    let found = Divisions::table().resolve(code).ok_or_else(not_there)?;
    // Why: people travel to a county; a prefecture or province is no place.
    if found.code.county().is_none() {
        return Err(invalid("/terms/place", "name the county or a division below it"));
    }
    terms.place = found.code.to_string();
    Ok(())
}

fn occupations(terms: &mut VacancyTerms) -> Result<(), Refusal> {
    if terms.occupations.len() > 20 {
        return Err(Refusal::new(Code::FieldRange)
            .with("min", 0)
            .with("max", 20)
            .at("/terms/occupations"));
    }
    for (index, code) in terms.occupations.iter().enumerate() {
        let known = code.parse::<OccupationCode>().ok().and_then(|c| Occupations::table().get(c));
        if known.is_none() {
            return Err(unknown(&format!("/terms/occupations/{index}"), "the 2022 classification"));
        }
    }
    if terms.occupations.is_empty() {
        terms.occupations = map_title(&terms.title).codes.iter().map(ToString::to_string).collect();
    }
    Ok(())
}

fn dates(terms: &VacancyTerms, now: OffsetDateTime) -> Result<(), Refusal> {
    if terms.needed_by.is_empty() {
        return Err(required("/terms/neededBy"));
    }
    let needed_by = day("/terms/neededBy", &terms.needed_by)?;
    if needed_by < beijing_day(now) {
        return Err(invalid("/terms/neededBy", "this day has passed"));
    }
    let until = terms.valid_until.as_ref().ok_or_else(|| required("/terms/validUntil"))?;
    if instant(until) <= now {
        return Err(invalid("/terms/validUntil", "this moment has passed"));
    }
    Ok(())
}

fn batches(terms: &VacancyTerms) -> Result<(), Refusal> {
    if terms.batches.len() > 60 {
        let refusal = Refusal::new(Code::FieldRange).with("min", 0).with("max", 60);
        return Err(refusal.at("/terms/batches"));
    }
    let mut sum: u64 = 0;
    for (index, batch) in terms.batches.iter().enumerate() {
        day(&format!("/terms/batches/{index}/date"), &batch.date)?;
        sum += u64::from(batch.headcount);
    }
    if !terms.batches.is_empty() && sum != u64::from(terms.headcount) {
        return Err(invalid("/terms/batches", "the batches do not add up to the headcount"));
    }
    Ok(())
}

fn lawful(terms: &VacancyTerms) -> Result<(), Refusal> {
    let texts = [
        ("/terms/title", &terms.title),
        ("/terms/duties", &terms.duties),
        ("/terms/conditions", &terms.conditions),
    ];
    for (pointer, text) in texts {
        if let Some(found) = check_advert(text).first() {
            return Err(Refusal::new(Code::VacancyUnlawful)
                .with("category", found.category.code())
                .with("found", &text[found.range.clone()])
                .with_words("limit", found.category.words())
                .with_words("proposal", found.proposal.clone())
                .at(pointer));
        }
    }
    Ok(())
}

/// Reads `YYYY-MM-DD`.
///
/// # Errors
/// [`Code::FieldDate`] at `pointer`.
pub fn day(pointer: &str, text: &str) -> Result<Date, Refusal> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| Refusal::new(Code::FieldDate).at(pointer))
}

fn required(pointer: &str) -> Refusal {
    Refusal::new(Code::FieldRequired).at(pointer)
}

fn invalid(pointer: &str, why: &str) -> Refusal {
    Refusal::new(Code::FieldInvalid).with("why", why).at(pointer)
}

fn unknown(pointer: &str, system: &str) -> Refusal {
    Refusal::new(Code::FieldUnknownCode).with("system", system).at(pointer)
}

fn number(pointer: &str, value: u32, min: u32, max: u32) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Refusal::new(Code::FieldRange).with("min", min).with("max", max).at(pointer))
}

fn length(pointer: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.chars().count() <= max {
        return Ok(());
    }
    Err(Refusal::new(Code::FieldTooLong).with("max", max).at(pointer))
}
