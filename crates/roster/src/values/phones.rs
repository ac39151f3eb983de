//! 联系电话: one number, or several, with whatever people write beside them.

use gongqiao_contract::refusal::{Code, Refusal};

use crate::{
    sheet::Value,
    text::{half_width, is_blank},
};

/// What a cell says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Phones {
    /// The first number; empty where there is none.
    pub(crate) first: String,
    /// The second one.
    pub(crate) second: String,
    /// What there is to look at.
    pub(crate) notes: Vec<Refusal>,
}

/// ITU-T E.164 ends at fifteen digits.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// A mobile number of the mainland.
const MOBILE: usize = 11;
/// What stands between two numbers.
const BETWEEN: [char; 9] = ['/', ',', '、', ';', '|', '\n', '\r', '或', '和'];
/// Words for "none".
const NONE: [&str; 7] = ["无", "没有", "暂无", "不详", "空", "无电话", "/"];

/// Reads the numbers of a cell. `max`: longer texts are not read.
pub(crate) fn read(value: &Value<'_>, max: usize) -> Phones {
    match value {
        Value::Text(text) if text.chars().count() <= max => from_text(text),
        Value::Number(number) if number.fract() == 0.0 && (0.0..1e15).contains(number) => {
            if *number == 0.0 { Phones::default() } else { from_text(&format!("{number:.0}")) }
        }
        _ => Phones { notes: vec![Code::RowPhone.into()], ..Phones::default() },
    }
}

fn from_text(text: &str) -> Phones {
    let text = text.trim_matches(is_blank);
    // Why: the usual cell, without anything to undo.
    if text.len() == MOBILE && text.starts_with('1') && text.bytes().all(|b| b.is_ascii_digit()) {
        return Phones { first: text.to_owned(), ..Phones::default() };
    }
    let text: String = text.chars().map(half_width).collect();
    if text.is_empty()
        || NONE.contains(&text.as_str())
        || text.chars().all(|c| c == '0' || c == '-')
    {
        return Phones::default();
    }
    if is_rounded(&text) {
        return Phones { notes: vec![Code::RowPhoneLost.into()], ..Phones::default() };
    }
    let (mut numbers, mut has_text, mut has_odd) = (Vec::new(), false, false);
    for piece in text.split(BETWEEN).filter(|piece| !piece.trim_matches(is_blank).is_empty()) {
        let (found, text, odd) = numbers_of(piece);
        numbers.extend(found);
        has_text |= text;
        has_odd |= odd;
    }
    let mut notes = Vec::new();
    let several = numbers.len() > 1;
    let mut numbers = numbers.into_iter();
    let (first, second) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if first.is_empty() || has_odd {
        notes.push(Code::RowPhone.into());
    }
    if several {
        notes.push(Code::RowPhoneSeveral.into());
    }
    if has_text && !first.is_empty() {
        notes.push(Code::RowPhoneNote.into());
    }
    if let Some(digits) = odd_mobile(&first) {
        notes.push(Refusal::new(Code::RowPhoneOdd).with("digits", digits));
    }
    Phones { first, second, notes }
}

/// `1.38E+10`.
fn is_rounded(text: &str) -> bool {
    text.to_ascii_uppercase().contains("E+") && text.parse::<f64>().is_ok()
}

/// The numbers in a piece of text, whether there is a text beside them, and
/// whether there are digits that are no number.
fn numbers_of(piece: &str) -> (Vec<String>, bool, bool) {
    let (mut numbers, mut has_text, mut has_odd) = (Vec::new(), false, false);
    // Why: an extension is no part of the number.
    let (piece, extension) = match piece.split_once('转') {
        Some((before, _)) => (before, true),
        None => (piece, false),
    };
    has_text |= extension;
    let is_part = |c: char| {
        c.is_ascii_digit() || is_blank(c) || matches!(c, '-' | '—' | '–' | '(' | ')' | '+' | '.')
    };
    for run in piece.split(|c: char| !is_part(c)) {
        let mut digits: String = run.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            continue;
        }
        for prefix in ["0086", "86"] {
            let is_home = |rest: &&str| rest.len() == MOBILE && rest.starts_with('1');
            if let Some(rest) = digits.strip_prefix(prefix).filter(is_home) {
                digits = rest.to_owned();
            }
        }
        let abroad = run.trim_matches(is_blank).starts_with('+') && !is_mobile(&digits);
        match digits.len() {
            length if length == 2 * MOBILE && is_mobile(&digits[..MOBILE]) => {
                numbers.push(digits[..MOBILE].to_owned());
                numbers.push(digits[MOBILE..].to_owned());
            }
            length if DIGITS.contains(&length) => {
                numbers.push(if abroad { format!("+{digits}") } else { digits });
            }
            _ => has_odd = true,
        }
    }
    has_text |= piece.chars().any(|c| !is_part(c) && !matches!(c, ':' | '*'));
    (numbers, has_text, has_odd)
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == MOBILE && digits.starts_with('1')
}

/// How many digits a number has that begins like a mobile one and is none.
fn odd_mobile(number: &str) -> Option<usize> {
    let begins = ["13", "14", "15", "16", "17", "18", "19"];
    let is_odd = number.len() != MOBILE && begins.iter().any(|begin| number.starts_with(begin));
    (is_odd && number.len() > 8).then_some(number.len())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[track_caller]
    fn check(text: &str, first: &str, second: &str, codes: &[Code]) {
        let found = read(&Value::Text(Cow::Borrowed(text)), 1_000);
        let notes: Vec<Code> = found.notes.iter().map(|note| note.code).collect();
        assert_eq!(
            (found.first.as_str(), found.second.as_str(), notes.as_slice()),
            (first, second, codes),
            "{text}"
        );
    }

    #[test]
    fn one_number_is_read_however_it_is_written() {
        for text in [
            "19900000001",
            "199 0000 0001",
            "199-0000-0001",
            "１９９０００００００１",
            "+8619900000001",
            "+86 199-0000-0001",
            "008619900000001",
            "8619900000001",
            " 19900000001\t",
            "(199)00000001",
        ] {
            check(text, "19900000001", "", &[]);
        }
        check("0735-0000002", "07350000002", "", &[]);
        check("+852 00000002", "+85200000002", "", &[]);
    }

    #[test]
    fn several_numbers_and_notes_are_told() {
        use Code::{RowPhone, RowPhoneLost, RowPhoneNote, RowPhoneOdd, RowPhoneSeveral};
        let (one, two) = ("19900000001", "19900000002");
        for text in [
            "19900000001/19900000002",
            "19900000001、19900000002",
            "19900000001 19900000002",
            "1990000000119900000002",
            "19900000001，19900000002",
            "19900000001\n19900000002",
        ] {
            check(text, one, two, &[RowPhoneSeveral]);
        }
        check("19900000001 (儿子)", one, "", &[RowPhoneNote]);
        check("儿子：19900000001", one, "", &[RowPhoneNote]);
        check("19900000001（本人）、19900000002（妻）", one, two, &[RowPhoneSeveral, RowPhoneNote]);
        check("0735-0000002转801", "07350000002", "", &[RowPhoneNote]);
        check("1.99E+10", "", "", &[RowPhoneLost]);
        check("12", "", "", &[RowPhone]);
        check("19900000001/12", one, "", &[RowPhone]);
        check("abc", "", "", &[RowPhone]);
        check("1990000000", "1990000000", "", &[RowPhoneOdd]);
        for text in ["", "无", "0", "-", "00000000000"] {
            check(text, "", "", &[]);
        }
    }

    #[test]
    fn numbers_and_other_things_are_read_or_told() {
        assert_eq!(read(&Value::Number(19_900_000_001.0), 1_000).first, "19900000001");
        for value in [
            Value::Number(1.5),
            Value::Number(-1.0),
            Value::Number(f64::NAN),
            Value::Other(Cow::Borrowed("TRUE")),
        ] {
            assert_eq!(read(&value, 1_000).notes, [Refusal::new(Code::RowPhone)]);
        }
        assert_eq!(read(&Value::Text(Cow::Borrowed("19900000001")), 5).notes.len(), 1);
    }
}
