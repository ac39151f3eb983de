//! What stands beside the ID and says the same, or should: the ID wins.

use gongqiao_contract::{
    codes::CitizenId,
    refusal::{Code, Refusal},
};
use time::Date;

use super::{dates, fields::Fields};
use crate::{columns::Column, row::Note, sheet::Value, text::plain};

/// By how many years an age may differ: forms are older than their import,
/// and some count from one.
const AGE_TOLERANCE: i32 = 1;
/// Ages that are believed.
const AGES: std::ops::RangeInclusive<i32> = 1..=120;

/// Compares sex, age and birth date with a right ID.
pub(super) fn against_id(fields: &Fields<'_>, id: &CitizenId, today: Date, notes: &mut Vec<Note>) {
    if let Some(is_male) = fields.get(Column::Sex).and_then(is_male)
        && is_male != id.is_male()
    {
        notes.push(Note::at(Column::Sex, Code::RowSexConflict));
    }
    let age = age_on(id.birth_date(), today);
    if let Some(written) = fields.get(Column::Age).and_then(years)
        && (written - age).abs() > AGE_TOLERANCE
    {
        let conflict = Refusal::new(Code::RowAgeConflict).with("age", age);
        notes.push(Note::at(Column::Age, conflict));
    }
    let born = fields.get(Column::BirthDate).and_then(|value| dates::read(value, today));
    if born.is_some_and(|born| {
        let same_month = (born.date.year(), born.date.month())
            == (id.birth_date().year(), id.birth_date().month());
        !same_month || (born.to_the_day && born.date != id.birth_date())
    }) {
        notes.push(Note::at(Column::BirthDate, Code::RowBirthConflict));
    }
}

/// When somebody was born whose ID does not say it.
pub(super) struct Born {
    pub(super) year: u16,
    /// Known to the day.
    pub(super) date: Option<Date>,
}

/// What the columns say, the birth date before the age.
pub(super) fn born(fields: &Fields<'_>, today: Date, notes: &mut Vec<Note>) -> Option<Born> {
    let is_past = |day: &dates::Day| day.date <= today;
    if let Some(day) =
        fields.get(Column::BirthDate).and_then(|value| dates::read(value, today)).filter(is_past)
    {
        let year = u16::try_from(day.date.year()).ok()?;
        return Some(Born { year, date: day.to_the_day.then_some(day.date) });
    }
    let age = fields.get(Column::Age).and_then(years)?;
    let year = today.year() - age;
    notes.push(Note::at(Column::Age, Refusal::new(Code::RowBirthEstimated).with("year", year)));
    Some(Born { year: u16::try_from(year).ok()?, date: None })
}

fn is_male(value: &Value<'_>) -> Option<bool> {
    match value {
        // GB/T 2261.1
        Value::Number(number) if *number == 1.0 => Some(true),
        Value::Number(number) if *number == 2.0 => Some(false),
        Value::Text(text) if *text == "男" => Some(true),
        Value::Text(text) if *text == "女" => Some(false),
        Value::Text(text) => match plain(text).as_str() {
            "男" | "男性" | "M" | "1" => Some(true),
            "女" | "女性" | "F" | "2" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// `35`, `35岁`, `35周岁`.
fn years(value: &Value<'_>) -> Option<i32> {
    let years = match value {
        Value::Number(number) => Some(number.floor() as i32),
        Value::Text(text) if text.len() <= 30 => {
            plain(text).trim_end_matches(['岁', '周']).parse().ok()
        }
        _ => None,
    };
    years.filter(|years| AGES.contains(years))
}

fn age_on(birth: Date, day: Date) -> i32 {
    let had_birthday = (day.month() as u8, day.day()) >= (birth.month() as u8, birth.day());
    day.year() - birth.year() - i32::from(!had_birthday)
}
