//! Columns that hold one value.

use gongqiao_contract::refusal::{Code, Refusal};
use time::{Date, Month};

use super::Fields;
use crate::{columns::Column, sheet::Value};

/// Highest wage expected that is believed, yuan a month.
const WAGE_MAX: u32 = 100_000;

/// Largest number below which every whole number has its own `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The digits of a whole number, as a cell wide enough shows them.
pub(crate) fn number_text(number: f64) -> Option<String> {
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| format!("{number:.0}"))
}

/// `YYYY-MM-DD` to a day between 1900 and 2199.
pub(crate) fn parse_iso_date(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
        })
    };
    let year = number(&[y1, y2, y3, y4])?;
    let month = Month::try_from(u8::try_from(number(&[m1, m2])?).ok()?).ok()?;
    let day = u8::try_from(number(&[d1, d2])?).ok()?;
    if !(1900..2200).contains(&year) {
        return None;
    }
    Date::from_calendar_date(i32::from(year), month, day).ok()
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn iso_date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// 姓名: any text in one line. White space at the ends is dropped; inside it
/// stays, as does `·`.
pub(super) fn name(fields: &Fields<'_>, max: usize) -> Result<String, Refusal> {
    let name = fields.required_text(Column::Name, max)?;
    if name.contains(char::is_control) {
        return Err(Code::RowCharacters.into());
    }
    Ok(name.into_owned())
}

/// 联系电话: 7 to 15 digits (ITU-T E.164 ends at 15), written with spaces,
/// dashes or parentheses as people do; empty where there is none.
pub(super) fn phone(fields: &Fields<'_>, max: usize) -> Result<String, Refusal> {
    let Some(text) = fields.text(Column::Phone, max)? else { return Ok(String::new()) };
    let mut phone = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => phone.push(c),
            '+' if phone.is_empty() => phone.push(c),
            ' ' | '-' | '(' | ')' | '（' | '）' => {}
            _ => return Err(Code::RowPhone.into()),
        }
    }
    let digits = phone.trim_start_matches('+').len();
    if (7..=15).contains(&digits) { Ok(phone) } else { Err(Code::RowPhone.into()) }
}

/// 期望月薪: whole yuan; 0 where the cell is empty.
pub(super) fn wage(fields: &Fields<'_>, max: usize) -> Result<u32, Refusal> {
    let wrong = || Refusal::new(Code::RowWage);
    let text = match fields.text(Column::WageExpected, max) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(0),
        Err(_) => return Err(wrong()),
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(wage) if digits && wage <= WAGE_MAX => Ok(wage),
        _ => Err(wrong()),
    }
}

/// 可到岗日期: a day, or `None` (at once) where the cell is empty.
pub(super) fn available_from(fields: &Fields<'_>, max: usize) -> Result<Option<Date>, Refusal> {
    let day = match fields.get(Column::AvailableFrom) {
        None => return Ok(None),
        Some(Value::Date(day)) => Some(*day).filter(|day| (1900..2200).contains(&day.year())),
        Some(Value::Text(text)) if text.len() <= max => parse_iso_date(text.trim()),
        Some(_) => None,
    };
    day.map(Some).ok_or_else(|| Code::RowDate.into())
}
