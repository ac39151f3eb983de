//! Days as people write them.

use time::{Date, Duration, Month, macros::date};

use crate::{
    sheet::Value,
    text::{half_width, is_blank},
};

/// A day that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    /// The day; of a month without a day its first.
    pub(super) date: Date,
    /// A day was written, not only a month.
    pub(super) to_the_day: bool,
    /// The writing has one meaning; otherwise part of it was supplied.
    pub(super) certain: bool,
}

/// Excel's day 0 for every day from March 1900 on.
const EPOCH: Date = date!(1899 - 12 - 30);
/// Serial numbers that are believed: 1930 to 2119.
const SERIALS: std::ops::Range<f64> = 10_959.0..80_353.0;
/// Longer texts hold no day.
const LONGEST: usize = 40;

/// `YYYY-MM-DD` to a day between 1900 and 2199.
pub(crate) fn parse_iso_date(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
        })
    };
    day(number(&[y1, y2, y3, y4])?.into(), number(&[m1, m2])?.into(), number(&[d1, d2])?.into())
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn iso_date(day: Date) -> String {
    // Why: of every row, and `format!` takes its time.
    let (year, month, day) = (day.year().unsigned_abs(), u8::from(day.month()), day.day());
    let digit = |number: u32| char::from(b'0' + (number % 10) as u8);
    let [month, day] = [month, day].map(u32::from);
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        '-',
        digit(month / 10),
        digit(month),
        '-',
        digit(day / 10),
        digit(day),
    ]
    .iter()
    .collect()
}

fn day(year: u32, month: u32, day: u32) -> Option<Date> {
    if !(1900..2200).contains(&year) {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

/// The day in a cell. A day without a year is the next one from `today` on.
pub(super) fn read(value: &Value<'_>, today: Date) -> Option<Day> {
    match value {
        Value::Date(date, _) if (1900..2200).contains(&date.year()) => {
            Some(Day { date: *date, to_the_day: true, certain: true })
        }
        Value::Number(number) => from_number(*number),
        Value::Text(text) => from_text(text, today),
        Value::Date(..) | Value::Other(_) => None,
    }
}

/// 20210715, 202107, or a serial number.
fn from_number(number: f64) -> Option<Day> {
    if SERIALS.contains(&number) {
        let date = EPOCH.checked_add(Duration::days(number as i64))?;
        return Some(Day { date, to_the_day: true, certain: false });
    }
    // Why: `2021.7` in a cell is a number.
    if (1900.0..2200.0).contains(&number) && number.fract() != 0.0 {
        return from_text(&format!("{number}"), EPOCH);
    }
    if number.fract() == 0.0 && (190_000.0..22_000_000.0).contains(&number) {
        return from_digits(&format!("{number:.0}"));
    }
    None
}

fn from_digits(digits: &str) -> Option<Day> {
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u32>().ok();
    match digits.len() {
        8 => {
            let date = day(number(0..4)?, number(4..6)?, number(6..8)?)?;
            Some(Day { date, to_the_day: true, certain: true })
        }
        6 => month_of(number(0..4)?, number(4..6)?),
        5 => from_number(digits.parse().ok()?),
        _ => None,
    }
}

fn month_of(year: u32, month: u32) -> Option<Day> {
    Some(Day { date: day(year, month, 1)?, to_the_day: false, certain: false })
}

fn from_text(text: &str, today: Date) -> Option<Day> {
    if let Some(date) = parse_iso_date(text) {
        return Some(Day { date, to_the_day: true, certain: true });
    }
    if text.len() > LONGEST {
        return None;
    }
    // Why: exports add the time of day behind a blank or a T.
    let text = text.trim_matches(is_blank);
    let text = match text.split_once(['T', ' ']) {
        Some((date, time)) if time.contains(':') => date,
        _ => text,
    };
    let text: String = text.chars().filter(|c| !is_blank(*c)).map(half_width).collect();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_digits(&text);
    }
    let (text, part) = part_of_month(&text);
    let text = text.trim_end_matches(['起', '后', '前', '.']).trim_end_matches("左右");
    let mut numbers = Vec::with_capacity(3);
    let mut marks = Vec::with_capacity(3);
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        numbers.push(digits.parse::<u32>().ok()?);
        marks.extend(piece[digits.len()..].chars());
    }
    let date = match (numbers.as_slice(), marks.as_slice()) {
        (
            [y, m, d],
            ['年', '月'] | ['年', '月', '日' | '号'] | ['.', '.'] | ['/', '/'] | ['-', '-'],
        ) => {
            let (year, certain) = full_year(*y);
            Some(Day { date: day(year, *m, *d)?, to_the_day: true, certain })
        }
        ([y, m], ['年', '月'] | ['.' | '/' | '-']) if *y >= 1900 => month_of(*y, *m),
        ([y, m], ['年', '月']) => month_of(full_year(*y).0, *m),
        ([m, d], ['月'] | ['月', '日' | '号'] | ['.' | '/' | '-']) => {
            Some(Day { date: next(*m, *d, today)?, to_the_day: true, certain: false })
        }
        ([m], ['月']) => {
            Some(Day { date: next_month(*m, today)?, to_the_day: false, certain: false })
        }
        _ => None,
    }?;
    Some(match part {
        Some(part) if !date.to_the_day => Day { date: in_month(date.date, part), ..date },
        Some(_) => return None,
        None => date,
    })
}

/// `21` is 2021 where a day is meant.
fn full_year(year: u32) -> (u32, bool) {
    if (10..100).contains(&year) { (2000 + year, false) } else { (year, true) }
}

fn next(month: u32, of_month: u32, today: Date) -> Option<Date> {
    let year = u32::try_from(today.year()).ok()?;
    // Why: the 29th of February comes every eighth year at the least.
    (year..year + 9).filter_map(|year| day(year, month, of_month)).find(|date| *date >= today)
}

/// The first day of the month that is meant; of this month it is its first,
/// too, for it has begun.
fn next_month(month: u32, today: Date) -> Option<Date> {
    let first = today.replace_day(1).ok()?;
    next(month, 1, first)
}

/// Parts of a month, and the day on which each begins; 0 for its last day.
const PARTS: [(&str, u8); 8] = [
    ("上旬", 1),
    ("初", 1),
    ("中旬", 11),
    ("中", 11),
    ("下旬", 21),
    ("底", 0),
    ("末", 0),
    ("份", 1),
];

fn part_of_month(text: &str) -> (&str, Option<u8>) {
    let text = text.trim_end_matches(['起', '后']);
    let found = PARTS.iter().find_map(|(word, from)| {
        let rest = text.strip_suffix(word)?;
        rest.ends_with('月').then_some((rest, Some(*from)))
    });
    found.unwrap_or((text, None))
}

fn in_month(first: Date, from: u8) -> Date {
    let from = if from == 0 { first.month().length(first.year()) } else { from };
    first.replace_day(from).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    const TODAY: Date = date!(2026 - 07 - 16);

    #[track_caller]
    fn check(text: &str, expected: Option<(Date, bool, bool)>) {
        let found = read(&Value::Text(Cow::Borrowed(text)), TODAY);
        assert_eq!(found.map(|day| (day.date, day.to_the_day, day.certain)), expected, "{text}");
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        for text in [
            "2021-07-15",
            "2021.7.15",
            "2021/7/15",
            "20210715",
            "2021年7月15日",
            "2021年7月15号",
            "2021年7月15",
            "２０２１．７．１５",
            " 2021 年 7 月 15 日 ",
            "2021-7-15 00:00:00",
            "2021/7/15 8:30",
            "2021-07-15T00:00:00",
            "2021.7.15起",
        ] {
            check(text, Some((date!(2021 - 07 - 15), true, true)));
        }
    }

    #[test]
    fn what_is_not_written_is_supplied_and_told() {
        for (text, date, to_the_day) in [
            ("2021.7", date!(2021 - 07 - 01), false),
            ("202107", date!(2021 - 07 - 01), false),
            ("2021年7月", date!(2021 - 07 - 01), false),
            ("2021年7月底", date!(2021 - 07 - 31), false),
            ("2024年2月末", date!(2024 - 02 - 29), false),
            ("8月中旬", date!(2026 - 08 - 11), false),
            ("8月份", date!(2026 - 08 - 01), false),
            ("7月15日", date!(2027 - 07 - 15), true),
            ("7月16日", date!(2026 - 07 - 16), true),
            ("8月1号", date!(2026 - 08 - 01), true),
            ("8.20", date!(2026 - 08 - 20), true),
            ("7月", date!(2026 - 07 - 01), false),
            ("6月", date!(2027 - 06 - 01), false),
            ("2月29日", date!(2028 - 02 - 29), true),
            ("21.7.15", date!(2021 - 07 - 15), true),
            ("44392", date!(2021 - 07 - 15), true),
        ] {
            check(text, Some((date, to_the_day, false)));
        }
    }

    #[test]
    fn numbers_are_days_too() {
        for (number, expected) in [
            (44_392.0, Some(date!(2021 - 07 - 15))),
            (44_392.75, Some(date!(2021 - 07 - 15))),
            (20_210_715.0, Some(date!(2021 - 07 - 15))),
            (2021.7, Some(date!(2021 - 07 - 01))),
            (0.0, None),
            (18.0, None),
            (2021.0, None),
            (1e300, None),
            (f64::NAN, None),
        ] {
            assert_eq!(
                read(&Value::Number(number), TODAY).map(|day| day.date),
                expected,
                "{number}"
            );
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "随时",
            "2021-02-30",
            "2021.13.1",
            "0000-00-00",
            "13月1日",
            "2021",
            "99999999",
            "7月32日",
            "1899-12-31",
            "2021-7",
            "双抢后",
            "月",
            "年月日",
            "7月15日底",
            "1/2/3/4",
            "-",
            "2021年7月15日到8月",
            "99999999999999999999",
        ] {
            if text == "2021-7" {
                check(text, Some((date!(2021 - 07 - 01), false, false)));
            } else {
                check(text, None);
            }
        }
    }
}
