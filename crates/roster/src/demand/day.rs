//! Days as demand sheets write them: `8月1日前`, `2021.8.1`, `8月中旬`.

use time::{Date, Duration, Month};

use crate::{sheet::Value, text::plain};

/// A day without a year that has passed by more than this is the next year's.
const PASSED: Duration = Duration::days(60);
/// Words behind a day that do not change it.
const BEHIND: [&str; 14] = [
    "以前",
    "之前",
    "前到岗",
    "前报到",
    "前",
    "到岗",
    "报到",
    "上岗",
    "入职",
    "进厂",
    "左右",
    "起",
    "需",
    "到",
];
const BEFORE: [&str; 6] = ["预计", "计划", "最迟", "要求", "务必", "于"];

/// A day that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: Date,
    /// Something had to be supplied: the year, or the day of the month.
    pub(crate) supplied: bool,
}

/// The day in a cell.
pub(super) fn of_value(value: &Value<'_>, today: Date) -> Option<Day> {
    match value {
        Value::Date(date, _) => Some(Day { date: *date, supplied: false }),
        Value::Text(text) => of_text(text, today),
        Value::Number(_) | Value::Other(_) => None,
    }
}

/// The day that a text names, seen on `today`. Of a part of a month (中旬) its
/// last day, since people are needed by then; of a whole month its first.
pub(crate) fn of_text(text: &str, today: Date) -> Option<Day> {
    let text = plain(text);
    let text = bare(&text);
    let (text, part) = part_of_month(text);
    let (numbers, marks) = pieces(text)?;
    match (numbers.as_slice(), marks.as_str()) {
        ([y, m, d], "年月" | "年月日" | "年月号" | "--" | ".." | "//") if part.is_none() => {
            let year = if *y < 100 { 2000 + y } else { *y };
            Some(Day { date: date(year, *m, *d)?, supplied: *y < 100 })
        }
        ([y, m], "年月") => of_month(Some(*y), *m, part, today),
        ([m], "月") => of_month(None, *m, part, today),
        ([m, d], "月" | "月日" | "月号" | "." | "/" | "-") if part.is_none() => {
            Some(Day { date: nearest_year(today, |year| date(year, *m, *d))?, supplied: true })
        }
        _ => None,
    }
}

fn bare(mut text: &str) -> &str {
    loop {
        let shorter = BEHIND.iter().find_map(|word| text.strip_suffix(word));
        match shorter.or_else(|| BEFORE.iter().find_map(|word| text.strip_prefix(word))) {
            Some(shorter) => text = shorter,
            None => return text,
        }
    }
}

/// The numbers of a text, and what stands behind each.
fn pieces(text: &str) -> Option<(Vec<i32>, String)> {
    let (mut numbers, mut marks) = (Vec::new(), String::new());
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        marks.push_str(&piece[digits.len()..]);
        numbers.push(digits.parse().ok()?);
    }
    Some((numbers, marks))
}

/// A part of a month and the day on which it ends; 0 for the month's last.
fn part_of_month(text: &str) -> (&str, Option<u8>) {
    let parts = [
        ("上旬", 10),
        ("初", 5),
        ("中旬", 20),
        ("中", 15),
        ("下旬", 0),
        ("底", 0),
        ("末", 0),
        ("份", 1),
    ];
    let found = parts.into_iter().find_map(|(word, day)| {
        text.strip_suffix(word).filter(|rest| rest.ends_with('月')).map(|rest| (rest, Some(day)))
    });
    found.unwrap_or((text, None))
}

fn of_month(year: Option<i32>, month: i32, part: Option<u8>, today: Date) -> Option<Day> {
    let in_year = |year: i32| {
        let first = date(year, month, 1)?;
        match part.unwrap_or(1) {
            0 => first.replace_day(first.month().length(first.year())).ok(),
            day => first.replace_day(day).ok(),
        }
    };
    let year = year.map(|year| if year < 100 { 2000 + year } else { year });
    let date = year.map_or_else(|| nearest_year(today, in_year), in_year)?;
    Some(Day { date, supplied: true })
}

/// The day of this year, or of the next where this year's is long past.
fn nearest_year(today: Date, day: impl Fn(i32) -> Option<Date>) -> Option<Date> {
    let this = day(today.year());
    this.filter(|date| *date >= today - PASSED).or_else(|| day(today.year() + 1)).or(this)
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()?;
    (1900..2200).contains(&year).then_some(date)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2021 - 07 - 12);

    #[test]
    fn days_are_read_as_people_write_them() {
        for (text, expected, supplied) in [
            ("2021-07-20", date!(2021 - 07 - 20), false),
            ("2021.7.20", date!(2021 - 07 - 20), false),
            ("2021/7/20前", date!(2021 - 07 - 20), false),
            ("2021年7月20日", date!(2021 - 07 - 20), false),
            ("21年7月20日", date!(2021 - 07 - 20), true),
            ("7月20日前", date!(2021 - 07 - 20), true),
            ("７月２０号前到岗", date!(2021 - 07 - 20), true),
            ("8.1", date!(2021 - 08 - 01), true),
            ("7月底", date!(2021 - 07 - 31), true),
            ("8月中旬", date!(2021 - 08 - 20), true),
            ("8月上旬", date!(2021 - 08 - 10), true),
            ("8月", date!(2021 - 08 - 01), true),
            ("8月份", date!(2021 - 08 - 01), true),
            ("7月1日", date!(2021 - 07 - 01), true),
            ("3月1日", date!(2022 - 03 - 01), true),
            ("2024年2月底", date!(2024 - 02 - 29), true),
        ] {
            assert_eq!(of_text(text, TODAY), Some(Day { date: expected, supplied }), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in
            ["", "若干", "尽快", "2021-02-30", "13月1日", "20人", "8月1日50人", "20:00", "5000"]
        {
            assert_eq!(of_text(text, TODAY), None, "{text}");
        }
    }
}
