//! What the monthly reports count, by county of origin and by how far people
//! went. A closed month (封账) never changes: what is recorded later, also a
//! correction of it, counts in the first month that is still open.

use std::collections::{BTreeMap, HashMap};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{CardId, VacancyId},
    wire::{dispatch_state::Value as DispatchState, fact::Body, placement_state::Value as State},
};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, macros::offset};

use crate::{
    City,
    entity::{At, instant},
};

/// A calendar month in Beijing. Written `2021-07`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
}

impl Period {
    /// The month of a moment.
    pub fn of(at: OffsetDateTime) -> Self {
        let day = at.to_offset(offset!(+8)).date();
        Self { year: day.year(), month: day.month().into() }
    }

    fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl std::str::FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, month) = text.split_once('-').ok_or(())?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(());
        }
        let period =
            Self { year: year.parse().map_err(|_| ())?, month: month.parse().map_err(|_| ())? };
        if (1..=12).contains(&period.month) { Ok(period) } else { Err(()) }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// People whose coach has left (输送).
    Dispatched,
    /// People at work (就业).
    Onboarded,
    /// People whose work ended, or who went home (离职返乡).
    Ended,
}

/// How far from home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// 县内
    County,
    /// 县外省内
    Province,
    /// 省外
    Beyond,
}

impl Reach {
    fn between(from: DivisionCode, to: DivisionCode) -> Self {
        if from.county().is_some() && from.county() == to.county() {
            Self::County
        } else if from.province() == to.province() {
            Self::Province
        } else {
            Self::Beyond
        }
    }
}

/// One event's part in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The month in which it counts.
    pub period: Period,
    /// The county that the people come from.
    pub county: DivisionCode,
    /// How far they went.
    pub reach: Reach,
    /// What is counted.
    pub measure: Measure,
    /// Person-times (人次).
    pub times: i64,
    /// People who were not counted yet this year (人数).
    pub people: i64,
    /// It corrects what was recorded before.
    pub correction: bool,
    /// The event in FACTS.
    pub sequence: u64,
}

/// What has been counted so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    lines: Vec<Line>,
    /// Closed months, with the last sequence that each takes in.
    closed: BTreeMap<Period, u64>,
    /// How often a person was counted in a year.
    counted: HashMap<(i32, Measure, CardId), i64>,
}

impl Report {
    /// Every line, in the order of the log.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The sequence as of which a month was closed, if it was.
    pub fn closed(&self, period: Period) -> Option<u64> {
        self.closed.get(&period).copied()
    }

    /// The first month from `period` on that is still open.
    pub fn open_from(&self, period: Period) -> Period {
        let mut open = period;
        while self.closed.contains_key(&open) {
            open = open.next();
        }
        open
    }

    fn count(&mut self, at: At, one: &Counted, of: Period, measure: Measure, times: i64) {
        if times == 0 {
            return;
        }
        let period = self.open_from(of);
        let key = (period.year, measure, one.card.clone());
        let before = self.counted.get(&key).copied().unwrap_or(0);
        let after = before + times;
        self.counted.insert(key, after);
        self.lines.push(Line {
            period,
            county: one.county,
            reach: one.reach,
            measure,
            times,
            people: i64::from(after > 0) - i64::from(before > 0),
            correction: one.correction,
            sequence: at.sequence,
        });
    }
}

/// Who is counted.
struct Counted {
    card: CardId,
    county: DivisionCode,
    reach: Reach,
    correction: bool,
}

/// Enters an event that was folded into the city already.
pub(crate) fn record(city: &mut City, at: At, body: &Body) {
    match body {
        Body::PeriodClosed(e) => {
            if let Ok(period) = e.period.parse() {
                city.report.closed.entry(period).or_insert(at.sequence);
            }
        }
        Body::DispatchMoved(e) if e.to() == DispatchState::Departed => {
            let Some(dispatch) = e.dispatch.parse().ok().and_then(|id| city.dispatch(&id)) else {
                return;
            };
            let aboard: Vec<Counted> = dispatch
                .people_in(State::Boarded)
                .filter_map(|card| counted(city, card, false))
                .collect();
            for one in aboard {
                city.report.count(at, &one, Period::of(at.recorded_at), Measure::Dispatched, 1);
            }
        }
        Body::PlacementMoved(e) => {
            let Some(measure) = measure(e.to) else { return };
            let Some(one) = e.card.parse().ok().and_then(|card| counted(city, &card, false)) else {
                return;
            };
            city.report.count(at, &one, Period::of(at.recorded_at), measure, 1);
        }
        Body::PlacementCorrected(e) => {
            let Some(one) = e.card.parse().ok().and_then(|card| counted(city, &card, true)) else {
                return;
            };
            let of = Period::of(e.recorded_at.as_ref().map_or(at.recorded_at, instant));
            city.report.count(at, &one, of, Measure::Dispatched, i64::from(e.departed));
            for (steps, times) in [(&e.undone, -1), (&e.done, 1)] {
                for measure in steps.iter().filter_map(|step| measure(*step)) {
                    city.report.count(at, &one, of, measure, times);
                }
            }
        }
        _ => {}
    }
}

fn measure(step: i32) -> Option<Measure> {
    match State::try_from(step) {
        Ok(State::Onboarded) => Some(Measure::Onboarded),
        Ok(State::Ended | State::Returned) => Some(Measure::Ended),
        _ => None,
    }
}

fn counted(city: &City, card: &CardId, correction: bool) -> Option<Counted> {
    let placement = city.placement(card)?;
    let home: DivisionCode = placement.point.as_str().parse().ok()?;
    let work = place(city, &placement.vacancy)?;
    let county = home.county()?;
    Some(Counted { card: card.clone(), county, reach: Reach::between(home, work), correction })
}

fn place(city: &City, vacancy: &VacancyId) -> Option<DivisionCode> {
    city.vacancy(vacancy)?.terms.place.parse().ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_month_begins_at_midnight_in_beijing() {
        assert_eq!(Period::of(datetime!(2021-07-31 16:00 UTC)).to_string(), "2021-08");
        assert_eq!(Period::of(datetime!(2021-07-31 15:59 UTC)).to_string(), "2021-07");
    }

    #[test]
    fn a_period_reads_back_and_nothing_else_is_one() {
        assert_eq!(
            "2021-12".parse::<Period>().map(Period::next).map(|p| p.to_string()),
            Ok("2022-01".into())
        );
        for bad in ["2021-13", "2021-00", "2021-7", "21-07", "2021-07-01", "+021-07", ""] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_comes_after_the_closing_counts_in_the_next_open_month() {
        let mut report = Report::default();
        for closed in ["2021-07", "2021-08"] {
            report.closed.insert(closed.parse().unwrap(), 1);
        }
        let open = |text: &str| report.open_from(text.parse().unwrap()).to_string();
        assert_eq!((open("2021-07").as_str(), open("2021-06").as_str()), ("2021-09", "2021-06"));
    }
}
