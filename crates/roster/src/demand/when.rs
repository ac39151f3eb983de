//! When people are needed, and until when the vacancy stands.

use gongqiao_contract::{
    codes::{Availability, resolve_availability},
    refusal::{Code, Refusal},
    wire::{ArrivalBatch, VacancyTerms},
};
use time::{Date, OffsetDateTime, Time, macros::offset};

use super::{Column, DemandContext, cell::Cells, day};
use crate::{sheet::Value, text::plain, values::iso_date};

/// Words for "as soon as can be", which is no day.
const SOON: [&str; 12] = [
    "尽快",
    "立即",
    "立刻",
    "马上",
    "随时",
    "即日",
    "急",
    "急招",
    "越快越好",
    "近期",
    "现在",
    "长期",
];

/// Fills in the day of need and the batches. `None` if it is refused, which
/// is noted.
pub(super) fn needed_by(
    cells: &mut Cells<'_>,
    context: &DemandContext,
    terms: &mut VacancyTerms,
) -> Option<()> {
    let written = cells.text(Column::Arrival);
    let text = plain(&written);
    if let Some(batches) = batches(&text, context.today) {
        return by_batches(cells, terms, batches);
    }
    let found = match cells.value(Column::Arrival) {
        Some(value @ Value::Date(..)) => day::of_value(value, context.today),
        _ => day::of_text(&text, context.today),
    };
    let season = || match resolve_availability(&text, context.today) {
        Some(Availability::After(season)) => Some(day::Day { date: season.from, supplied: true }),
        _ => None,
    };
    if let Some(day) = found.or_else(season) {
        if day.supplied {
            read_as(cells, Column::Arrival, day.date);
        }
        terms.needed_by = iso_date(day.date);
        return Some(());
    }
    let says_nothing = text.is_empty() || SOON.iter().any(|word| text.starts_with(word));
    if !says_nothing {
        cells.refuse(Column::Arrival, Code::DemandDate);
        return None;
    }
    let Some(date) = context.needed_by else {
        cells.refuse(Column::Arrival, Code::DemandNeededBy);
        return None;
    };
    cells.filled(Column::Arrival, iso_date(date), iso_date(date));
    terms.needed_by = iso_date(date);
    Some(())
}

fn read_as(cells: &mut Cells<'_>, column: Column, date: Date) {
    cells.read_as(column, iso_date(date), iso_date(date));
}

/// Waves: each adds its people, or names all that are there by then.
fn by_batches(
    cells: &mut Cells<'_>,
    terms: &mut VacancyTerms,
    mut batches: Vec<(Date, u32)>,
) -> Option<()> {
    batches.sort_by_key(|(date, _)| *date);
    let sum: u64 = batches.iter().map(|(_, n)| u64::from(*n)).sum();
    let wanted = u64::from(terms.headcount);
    let grows = batches.windows(2).all(|two| two[0].1 < two[1].1);
    let is_running_total =
        sum != wanted && grows && batches.last().is_some_and(|(_, n)| u64::from(*n) == wanted);
    if is_running_total {
        let mut before = 0;
        for (_, n) in &mut batches {
            (*n, before) = (*n - before, *n);
        }
    } else if sum != wanted {
        let refusal = Refusal::new(Code::DemandBatches).with("headcount", wanted);
        cells.refuse(Column::Arrival, refusal);
        return None;
    }
    let shown = |zh: bool| {
        let one = |(date, n): &(Date, u32)| {
            let date = iso_date(*date);
            if zh { format!("{date}前{n}人") } else { format!("{n} by {date}") }
        };
        batches.iter().map(one).collect::<Vec<_>>().join(if zh { "，" } else { ", " })
    };
    cells.read_as(Column::Arrival, shown(true), shown(false));
    terms.needed_by = batches.first().map(|(date, _)| iso_date(*date)).unwrap_or_default();
    // Why: a single wave of all is no more than the day of need.
    if batches.len() > 1 {
        let batch =
            |(date, headcount): (Date, u32)| ArrivalBatch { date: iso_date(date), headcount };
        terms.batches = batches.into_iter().map(batch).collect();
    }
    Some(())
}

/// `8月1日前50人，8月15日前100人`; `None` if some part has no day or no number.
fn batches(text: &str, today: Date) -> Option<Vec<(Date, u32)>> {
    let clauses = text.split([',', ';', '、', '。', '\n', '/', '|', '，', '；']);
    let clauses: Vec<&str> = clauses.map(str::trim).filter(|clause| !clause.is_empty()).collect();
    let batch = |clause: &&str| {
        let (before, _) = clause.rsplit_once(['人', '名'])?;
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let headcount = before[start..].parse().ok().filter(|n| *n > 0)?;
        let behind = &clause[before.len()..].trim_start_matches(['人', '名']);
        let day = format!("{}{behind}", &before[..start]);
        let day = without_number(&day);
        let day = day.trim_end_matches(['需', '到', '要', ':', '(']).trim_start_matches(['(', ':']);
        Some((day::of_text(day, today)?.date, headcount))
    };
    (!clauses.is_empty()).then(|| clauses.iter().map(batch).collect()).flatten()
}

/// 第一批, 首批.
fn without_number(text: &str) -> &str {
    match text.split_once('批') {
        Some((number, rest)) if number.chars().count() <= 3 => rest.trim_start_matches(['次', ':']),
        _ => text,
    }
}

/// Fills in until when the vacancy stands: the end of a day. `None` if it is
/// refused, which is noted.
pub(super) fn valid_until(
    cells: &mut Cells<'_>,
    context: &DemandContext,
    terms: &mut VacancyTerms,
) -> Option<()> {
    let text = plain(&cells.text(Column::ValidUntil));
    let value = cells.value(Column::ValidUntil);
    let until = match value.and_then(|value| day::of_value(value, context.today)) {
        Some(day) => {
            if day.supplied {
                read_as(cells, Column::ValidUntil, day.date);
            }
            end_of(day.date)
        }
        None if !text.is_empty() && !SOON.contains(&text.as_str()) => {
            cells.refuse(Column::ValidUntil, Code::DemandDate);
            return None;
        }
        None => {
            let Some(until) = context.valid_until else {
                cells.refuse(Column::ValidUntil, Code::DemandValidUntil);
                return None;
            };
            let shown = iso_date(until.to_offset(offset!(+8)).date());
            cells.filled(Column::ValidUntil, shown.clone(), shown);
            until
        }
    };
    terms.valid_until = Some(pbjson_types::Timestamp { seconds: until.unix_timestamp(), nanos: 0 });
    Some(())
}

/// The last moment of a day in Beijing.
fn end_of(day: Date) -> OffsetDateTime {
    let next = day.next_day().unwrap_or(day);
    next.with_time(Time::MIDNIGHT).assume_offset(offset!(+8))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn waves_are_read_as_people_write_them() {
        let today = date!(2021 - 07 - 12);
        let two = Some(vec![(date!(2021 - 08 - 01), 50), (date!(2021 - 08 - 15), 100)]);
        for text in [
            "8月1日前50人,8月15日前100人",
            "8月1日前50人，8月15日前100人",
            "8月1日50名；8月15日100名",
            "第一批8月1日50人,第二批8月15日100人",
            "8月1日前到岗50人/8月15日前到岗100人",
            "50人8月1日前,100人8月15日前",
            "8月1日:50人,8月15日:100人",
        ] {
            assert_eq!(batches(text, today), two, "{text}");
        }
        for text in ["", "8月1日前", "50人", "8月1日前50人,尽快100人", "若干人"] {
            assert_eq!(batches(text, today), None, "{text}");
        }
    }
}
