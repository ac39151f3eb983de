//! 可到岗日期: at once, a day, a season of country life, or something that a
//! person has to look at. What is not understood makes nobody available.

use gongqiao_contract::{
    codes::{Availability, resolve_availability},
    refusal::{Code, Refusal},
};
use time::Date;

use super::dates;
use crate::{row::NOT_AVAILABLE, sheet::Value, text::plain};

/// From when somebody can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Available {
    pub(super) from: Date,
    pub(super) at_once: bool,
    /// What the cell said, where it was no day.
    pub(super) as_written: Option<String>,
    pub(super) note: Option<Refusal>,
}

/// Words that mean "now", beside those of the season tables.
const AT_ONCE: [&str; 12] = [
    "随时可到岗",
    "随时可上岗",
    "可随时到岗",
    "可随时外出",
    "随时外出",
    "随时都可以",
    "是",
    "可以",
    "愿意",
    "有意愿",
    "在家",
    "待业",
];

/// Words of somebody who stays at home.
const NEVER: [&str; 22] = [
    "否",
    "无",
    "不",
    "不外出",
    "不愿意",
    "不愿外出",
    "不想外出",
    "无意愿",
    "无外出意愿",
    "暂不外出",
    "暂不",
    "不去",
    "不打算外出",
    "无意向",
    "无就业意愿",
    "不便外出",
    "不能外出",
    "不出去",
    "暂无",
    "暂无意愿",
    "无外出打算",
    "无法外出",
];

impl Available {
    pub(super) fn at_once(today: Date) -> Self {
        Self { from: today, at_once: true, as_written: None, note: None }
    }

    /// Not until the clerk says so, for a reason.
    pub(super) fn not(why: Code, as_written: Option<String>) -> Self {
        Self { from: NOT_AVAILABLE, at_once: false, as_written, note: Some(why.into()) }
    }
}

/// What a cell says on `today`. `max`: longer texts are not kept whole.
pub(super) fn read(value: &Value<'_>, today: Date, max: usize) -> Available {
    if let Some(day) = dates::read(value, today) {
        let note = (!day.certain).then(|| interpreted(day.date));
        return Available { from: day.date, at_once: false, as_written: None, note };
    }
    let Value::Text(text) = value else { return Available::not(Code::RowAvailableUnknown, None) };
    let written = || Some(text.trim().chars().take(max).collect());
    let word = plain(text);
    if AT_ONCE.contains(&word.as_str()) {
        return Available::at_once(today);
    }
    if NEVER.contains(&word.as_str()) {
        return Available::not(Code::RowUnavailable, written());
    }
    match resolve_availability(text, today) {
        Some(Availability::AtOnce) => Available::at_once(today),
        Some(season @ Availability::After(_)) => {
            let from = season.day(today);
            let note = Some(interpreted(from));
            Available { from, at_once: false, as_written: written(), note }
        }
        None => Available::not(Code::RowAvailableUnknown, written()),
    }
}

fn interpreted(date: Date) -> Refusal {
    Refusal::new(Code::RowAvailableRead).with("date", dates::iso_date(date))
}
