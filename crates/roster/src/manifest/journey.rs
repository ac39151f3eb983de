//! When, from where, where to, how and for whom the group travels: said by
//! the block beside the table, or by the rows.

use gongqiao_contract::{codes::DivisionCode, refusal::Code, wire::travel_mode::Value as Mode};
use time::{Date, PrimitiveDateTime, Time};

use super::{
    Column, ManifestNote,
    block::{Block, Key},
};
use crate::{
    demand::day,
    table::{Row, Value},
    text::{half_width, is_blank, plain},
    values::places,
};

/// The way of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journey {
    /// The day on which it leaves.
    pub departs_on: Option<Date>,
    /// The time of that day, in Beijing, if it is said.
    pub departs_at: Option<Time>,
    /// When it should arrive, if that is said: Beijing time without a zone.
    pub arrives: Option<PrimitiveDateTime>,
    /// From where, as written.
    pub from: String,
    /// Where to, as written.
    pub destination: String,
    /// How.
    pub mode: Option<Mode>,
    /// For which enterprise, as written.
    pub enterprise: String,
}

/// Where people get on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickUp {
    /// As written.
    pub place: String,
    /// How many get on there.
    pub people: u32,
}

impl Journey {
    /// When it leaves, if day and time are said: Beijing time without a zone.
    pub fn departs(&self) -> Option<PrimitiveDateTime> {
        Some(self.departs_on?.with_time(self.departs_at?))
    }
}

impl PickUp {
    /// Which of these points the place names: by its code, or by the village's
    /// or township's name. `None` where it is none of them, or several.
    pub fn point(&self, points: &[DivisionCode]) -> Option<DivisionCode> {
        places::named_among(&self.place, points)
    }
}

/// Whether both can be the same enterprise: one name holds the other. Nothing
/// written is no other enterprise.
pub fn same_enterprise(written: &str, name: &str) -> bool {
    let (written, name) = (plain(written), plain(name));
    name.contains(&written) || written.contains(&name)
}

/// What one row says for itself.
pub(super) struct OfRow {
    pub(super) mode: Option<Mode>,
    pub(super) departs_on: Option<Date>,
}

pub(super) fn of_row(row: &Row<'_, Column>, today: Date) -> OfRow {
    OfRow {
        mode: row.get(Column::Mode).and_then(|value| mode_of(&value.shown())),
        departs_on: row.get(Column::Departs).and_then(|value| departure(value, today).on),
    }
}

/// What the rows say, with how often.
#[derive(Default)]
pub(super) struct Said {
    departs: Vec<(Departure, u32)>,
    from: Vec<(String, u32)>,
    destination: Vec<(String, u32)>,
    mode: Vec<(String, u32)>,
    enterprise: Vec<(String, u32)>,
}

/// When, and perhaps from where: `7月15日8:00县汽车站`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Departure {
    on: Option<Date>,
    at: Option<Time>,
    from: String,
}

impl Said {
    /// Takes in one row.
    pub(super) fn add(&mut self, row: &Row<'_, Column>, today: Date) {
        if let Some(value) = row.get(Column::Departs) {
            count(&mut self.departs, departure(value, today));
        }
        for (column, counts) in [
            (Column::From, &mut self.from),
            (Column::Destination, &mut self.destination),
            (Column::Mode, &mut self.mode),
            (Column::Enterprise, &mut self.enterprise),
        ] {
            if let Some(value) = row.get(column) {
                count(counts, value.shown().trim_matches(is_blank).to_owned());
            }
        }
    }

    /// What most rows say, or else the block; with a warning where rows differ.
    pub(super) fn finish(
        self,
        block: &Block,
        today: Date,
        warnings: &mut Vec<ManifestNote>,
    ) -> Journey {
        let entries = block.entries();
        let said = |key: Key| {
            let value = entries.iter().find(|(found, value)| *found == key && !value.is_empty());
            value.map(|(_, value)| {
                value.split('\u{1F}').next().unwrap_or_default().trim().to_owned()
            })
        };
        let by_block =
            || said(Key::Departs).map(|text| departure(&Value::Text(text.into()), today));
        let is_said = !self.departs.is_empty() || said(Key::Departs).is_some();
        let departs =
            most(self.departs, Column::Departs, warnings).or_else(by_block).unwrap_or_default();
        if is_said && departs.on.is_none() {
            warnings.push(ManifestNote::at(Column::Departs, Code::ManifestDeparture));
        }
        let mut text = |counts: Vec<(String, u32)>, column: Column, key: Key| {
            most(counts, column, warnings).or_else(|| said(key)).unwrap_or_default()
        };
        let from = text(self.from, Column::From, Key::From);
        let destination = text(self.destination, Column::Destination, Key::Destination);
        let enterprise = text(self.enterprise, Column::Enterprise, Key::Enterprise);
        let mode = text(self.mode, Column::Mode, Key::Mode);
        let arrives = said(Key::Arrives).map(|text| departure(&Value::Text(text.into()), today));
        let known = mode_of(&mode);
        if known.is_none() && !mode.is_empty() {
            warnings.push(ManifestNote::at(Column::Mode, Code::ManifestMode));
        }
        Journey {
            arrives: arrives.and_then(|arrives| arrival(&departs, &arrives)),
            departs_on: departs.on,
            departs_at: departs.at,
            from: if from.is_empty() { departs.from } else { from },
            destination,
            mode: known,
            enterprise,
        }
    }
}

/// Where only the time is said, the first such time after the departure.
fn arrival(departs: &Departure, arrives: &Departure) -> Option<PrimitiveDateTime> {
    let at = arrives.at?;
    let day = match arrives.on {
        Some(day) => day,
        None if departs.at.is_some_and(|departs| departs >= at) => departs.on?.next_day()?,
        None => departs.on?,
    };
    Some(day.with_time(at))
}

fn count<T: PartialEq>(counts: &mut Vec<(T, u32)>, value: T) {
    match counts.iter_mut().find(|(known, _)| *known == value) {
        Some((_, times)) => *times += 1,
        None => counts.push((value, 1)),
    }
}

/// What is said most often; of equals the first.
fn most<T>(counts: Vec<(T, u32)>, column: Column, warnings: &mut Vec<ManifestNote>) -> Option<T> {
    if counts.len() > 1 {
        warnings.push(ManifestNote::at(column, Code::ManifestDiffers));
    }
    let highest = counts.iter().map(|(_, times)| *times).max()?;
    counts.into_iter().find(|(_, times)| *times == highest).map(|(value, _)| value)
}

fn mode_of(text: &str) -> Option<Mode> {
    let text = plain(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["企业接送", "企业接", "厂车", "厂里接"]) {
        Some(Mode::EnterprisePickup)
    } else if has(&["专列", "高铁", "火车", "动车"]) {
        Some(Mode::Train)
    } else if has(&["自行", "自驾", "自己", "个人"]) {
        Some(Mode::Alone)
    } else if has(&["包车", "专车", "大巴", "客车", "点对点", "班车", "汽车"]) {
        Some(Mode::Coach)
    } else {
        None
    }
}

/// Day, time and place of a cell, as far as they stand there.
fn departure(value: &Value<'_>, today: Date) -> Departure {
    if let Value::Date(on, at) = value {
        let at = Some(*at).filter(|at| *at != Time::MIDNIGHT);
        return Departure { on: Some(*on), at, ..Departure::default() };
    }
    let text: String = value.shown().chars().map(half_width).collect();
    let (text, at) = time_in(&text);
    // Why: the longest beginning that is a day; a place may follow.
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect::<Vec<_>>();
    let day = ends.iter().rev().find_map(|end| Some((day::of_text(&text[..*end], today)?, *end)));
    let (on, end) = day.map_or((None, 0), |(day, end)| (Some(day.date), end));
    let mark = |c: char| is_blank(c) || matches!(c, '/' | ',' | ';' | '、' | ':' | '在' | '从');
    Departure { on, at, from: text[end..].trim_matches(mark).to_owned() }
}

/// The time of day in a text, and the text without it: `8:00`, `8点30分`,
/// `下午2点`.
fn time_in(text: &str) -> (String, Option<Time>) {
    for (at, mark) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '点' | '时')) {
        let digits = text[..at].bytes().rev().take(2).take_while(u8::is_ascii_digit).count();
        let start = at - digits;
        let behind = at + mark.len_utf8();
        let rest = &text[behind..];
        let minutes = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(mut hour) = text[start..at].parse::<u8>() else { continue };
        let mut minute = rest[..minutes].parse::<u8>().unwrap_or(0);
        let mut end = behind + minutes;
        for word in ["分", "半"] {
            if let Some(tail) = text[end..].strip_prefix(word) {
                minute = if word == "半" { 30 } else { minute };
                end = text.len() - tail.len();
            }
        }
        // Why: exports add seconds.
        let seconds = text[end..]
            .strip_prefix(':')
            .map(|tail| tail.trim_start_matches(|c: char| c.is_ascii_digit()));
        end = seconds.map_or(end, |tail| text.len() - tail.len());
        let before = &text[..start];
        let part = ["凌晨", "上午", "早上", "早", "下午", "晚上", "晚", "中午"]
            .iter()
            .find(|part| before.ends_with(**part));
        if part.is_some_and(|part| matches!(*part, "下午" | "晚上" | "晚")) && hour < 12 {
            hour += 12;
        }
        let before = part.map_or(before, |part| &before[..before.len() - part.len()]);
        if let Ok(time) = Time::from_hms(hour, minute, 0) {
            return (format!("{before}{}", &text[end..]), Some(time));
        }
    }
    (text.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, time};

    use super::*;

    #[test]
    fn departures_are_read_as_people_write_them() {
        let today = date!(2021 - 07 - 12);
        let (on, at) = (Some(date!(2021 - 07 - 15)), Some(time!(08:00)));
        for (text, expected) in [
            ("2021-07-15 08:00", (on, at, "")),
            ("2021-07-15 08:00:00", (on, at, "")),
            ("7月15日8:00", (on, at, "")),
            ("7月15日上午8点", (on, at, "")),
            ("7月15日下午2点半", (on, Some(time!(14:30)), "")),
            ("7月15日凌晨2点", (on, Some(time!(02:00)), "")),
            ("2021.7.15/县汽车站", (on, None, "县汽车站")),
            ("7月15日8:00 县汽车站", (on, at, "县汽车站")),
            ("7月15日", (on, None, "")),
            ("待定", (None, None, "待定")),
            ("", (None, None, "")),
        ] {
            let found = departure(&Value::Text(text.into()), today);
            assert_eq!((found.on, found.at, found.from.as_str()), expected, "{text}");
        }
    }

    #[test]
    fn ways_of_travel_are_told_by_their_words() {
        for (text, mode) in [
            ("包车", Some(Mode::Coach)),
            ("专车（点对点）", Some(Mode::Coach)),
            ("企业接送", Some(Mode::EnterprisePickup)),
            ("高铁专列", Some(Mode::Train)),
            ("自行前往", Some(Mode::Alone)),
            ("飞", None),
            ("", None),
        ] {
            assert_eq!(mode_of(text), mode, "{text}");
        }
    }
}
