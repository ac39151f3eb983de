//! 身份证号: a right ID, or what is left of one.

use gongqiao_contract::{
    codes::{CitizenId, CitizenIdError, IdRule, IdStart},
    refusal::{Code, Refusal},
};

use crate::{
    sheet::Value,
    text::{half_width, is_blank},
};

/// What a cell says of who somebody is.
pub(crate) enum Identity {
    /// A right ID, and what had to be done to read it, if a person should look.
    Verified { id: CitizenId, note: Option<Code> },
    /// None that could be right.
    Damaged(Damaged),
    /// Somebody who may not get in here at all.
    Refused(Refusal),
}

/// What is left of an ID.
#[derive(Default)]
pub(crate) struct Damaged {
    /// Why it is none.
    pub(crate) why: Option<Code>,
    /// As it stood there, without what a cell does to an ID.
    pub(crate) as_written: String,
    /// The division and birth date, where they can be right.
    pub(crate) start: Option<IdStart>,
    /// Fourteen digits that can't, or a placeholder's birth date.
    pub(crate) digits: Option<String>,
}

/// Words for "none".
const NONE: [&str; 11] =
    ["无", "暂无", "没有", "不详", "未知", "未办", "未办理", "无证", "遗失", "丢失", "/"];

/// How many digits Excel keeps of a number.
const EXCEL_DIGITS: usize = 15;
/// Longer texts are no IDs.
const LONGEST: usize = 64;

pub(crate) fn read(value: Option<&Value<'_>>, rule: IdRule) -> Identity {
    match value {
        None => damaged(Code::RowIdMissing, String::new()),
        Some(Value::Number(number)) => number_in(*number, rule),
        Some(Value::Text(text)) => text_in(text, rule),
        Some(Value::Date(..) | Value::Other(_)) => damaged(Code::RowIdCharacters, String::new()),
    }
}

/// Has it as many digits as an ID that is worth a look?
pub(crate) fn is_like_an_id(text: &str) -> bool {
    text.chars().filter(|c| half_width(*c).is_ascii_digit()).count() >= 14
}

fn damaged(why: Code, as_written: String) -> Identity {
    Identity::Damaged(Damaged { why: Some(why), as_written, ..Damaged::default() })
}

/// An ID that became a number: of eighteen digits fifteen are left, those of
/// the old form are all there.
fn number_in(number: f64, rule: IdRule) -> Identity {
    if number == 0.0 || !number.is_finite() {
        return damaged(Code::RowIdMissing, String::new());
    }
    // Why: the digits that Excel keeps, not those of the binary number.
    let scientific = format!("{:.*e}", EXCEL_DIGITS - 1, number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    match exponent.parse::<usize>().unwrap_or(0) + 1 {
        EXCEL_DIGITS => text_in(&digits, rule),
        length if length > EXCEL_DIGITS => begun(Code::RowIdNumeric, digits),
        length => begun(Code::RowIdLength, digits.chars().take(length).collect()),
    }
}

fn text_in(text: &str, rule: IdRule) -> Identity {
    // Why: most are right, and need nothing undone.
    if text.len() == 18
        && let Ok(id) = CitizenId::parse(text, rule)
    {
        return Identity::Verified { id, note: None };
    }
    let written: String = text
        .chars()
        .filter(|c| !is_blank(*c) && !is_mark(*c))
        .map(|c| half_width(c).to_ascii_uppercase())
        .filter(|c| !is_mark(*c))
        .take(LONGEST)
        .collect();
    if written.is_empty() || NONE.contains(&written.as_str()) {
        return damaged(Code::RowIdMissing, String::new());
    }
    if let Some(placeholder) = placeholder(&written) {
        return Identity::Damaged(placeholder);
    }
    if let Some(number) = number_beside_text(&written) {
        return match text_in(number, rule) {
            Identity::Verified { id, .. } => Identity::Verified { id, note: Some(Code::RowIdNote) },
            other => other,
        };
    }
    match CitizenId::parse(&written, rule) {
        Ok(id) => Identity::Verified { id, note: None },
        Err(error @ (CitizenIdError::RealIdInTestMode | CitizenIdError::TestIdInRealMode)) => {
            Identity::Refused(error.code().into())
        }
        // Why: what is left of eighteen digits may look like fifteen of somebody
        // born in 1919 or 1920, who looks for no work any more.
        Err(CitizenIdError::Length) if written.len() == 15 && IdStart::read(&written).is_none() => {
            match CitizenId::from_old(&written, rule) {
                Ok(id) => Identity::Verified { id, note: Some(Code::RowIdOld) },
                Err(error) => begun(error.code(), written),
            }
        }
        Err(CitizenIdError::Length | CitizenIdError::Characters) if is_scientific(&written) => {
            let mantissa = written.split('E').next().unwrap_or_default();
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            begun(Code::RowIdNumeric, digits)
        }
        Err(error) => begun(error.code(), written),
    }
}

/// The eighteen characters of an ID beside which something else stands:
/// `…（长期）`.
fn number_beside_text(written: &str) -> Option<&str> {
    let is_other = |c: char| !(c.is_ascii_digit() || c == 'X');
    let mut numbers = written.split(is_other).filter(|run| run.len() == 18);
    let number = numbers.next()?;
    (number.len() < written.len() && numbers.next().is_none()).then_some(number)
}

/// `4.31021E+17`.
fn is_scientific(text: &str) -> bool {
    text.contains("E+") && text.contains('.') && text.parse::<f64>().is_ok()
}

/// What people and programs put around an ID or between its parts.
fn is_mark(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '"' | '“' | '”' | '-' | '–' | '—' | '_' | ',')
}

/// Damaged, with what it begins with.
fn begun(why: Code, written: String) -> Identity {
    let start = IdStart::read(&written);
    let digits = match start {
        Some(_) => None,
        None => written
            .get(..14)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .map(str::to_owned),
    };
    Identity::Damaged(Damaged { why: Some(why), as_written: written, start, digits })
}

/// Zeros, one digit all over, or zeros around a birth date.
fn placeholder(written: &str) -> Option<Damaged> {
    let bytes = written.as_bytes();
    let first = *bytes.first()?;
    let is_digits = bytes.iter().all(u8::is_ascii_digit);
    let of_one_digit = is_digits && bytes.len() >= 6 && bytes.iter().all(|byte| *byte == first);
    let around_birth = is_digits && bytes.len() >= 14 && written.starts_with("000000");
    if !(of_one_digit || around_birth) {
        return None;
    }
    // Why: any division does to find out whether the date exists.
    let birth = written
        .get(6..14)
        .filter(|birth| around_birth && IdStart::read(&format!("110105{birth}")).is_some());
    Some(Damaged {
        why: Some(Code::RowIdPlaceholder),
        as_written: written.to_owned(),
        start: None,
        digits: birth.map(|birth| format!("000000{birth}")),
    })
}
