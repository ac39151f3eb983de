//! What the monthly reports count, by county of origin and by how far people
//! went. A closed month (封账) never changes, nor does any before it: what is
//! recorded later, also a correction of it, counts in the first month that is
//! still open.

use std::collections::{BTreeMap, HashMap};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{CardId, PartyId},
    wire::{
        PlacementCorrected, dispatch_state::Value as DispatchState, fact::Body,
        placement_state::Value as State,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    City,
    entity::{At, beijing_day, instant},
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
        let day = beijing_day(at);
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
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
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
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
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
    /// The point that sent them.
    pub point: PartyId,
    /// The enterprise that receives them.
    pub enterprise: PartyId,
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

impl Line {
    /// Where in a report it stands.
    pub fn place(&self) -> Place {
        Place { county: self.county, reach: self.reach, measure: self.measure }
    }
}

/// One line of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "as in Line")]
pub struct Place {
    pub county: DivisionCode,
    pub reach: Reach,
    pub measure: Measure,
}

/// Which of what is counted a number takes in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The month's own, corrections apart.
    Month,
    /// Corrections that count in the month.
    Corrections,
    /// Everything since January.
    Year,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Month, Self::Corrections, Self::Year];

    /// Whether a line counts in this part of the report of `period`.
    pub fn takes(self, line: &Line, period: Period) -> bool {
        match self {
            Self::Month => line.period == period && !line.correction,
            Self::Corrections => line.period == period && line.correction,
            Self::Year => line.period.year == period.year && line.period <= period,
        }
    }
}

/// Person-times and people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in Line")]
pub struct Sum {
    pub times: i64,
    pub people: i64,
}

/// The numbers of one line of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Part, Sum>);

impl Sums {
    /// One of the numbers.
    pub fn of(&self, part: Part) -> Sum {
        self.0.get(&part).copied().unwrap_or_default()
    }
}

/// What has been counted so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    lines: Vec<Line>,
    /// Closed months, with the last sequence that each takes in.
    closed: BTreeMap<Period, u64>,
    /// What a person counts for now, the latest last: so that a correction
    /// takes away exactly what was counted.
    counted: HashMap<(Measure, CardId), Vec<Counted>>,
}

impl Report {
    /// Every line, in the order of the log.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The sequence as of which a month was closed, if it was. To close a
    /// month closes all before it: its sums since January take them in.
    pub fn closed(&self, period: Period) -> Option<u64> {
        self.closed.range(period..).next().map(|(_, sequence)| *sequence)
    }

    /// The first month from `period` on that is still open.
    pub fn open_from(&self, period: Period) -> Period {
        let last = self.closed.last_key_value().map(|(period, _)| period.next());
        last.map_or(period, |open| open.max(period))
    }

    /// A month in sums, each line as far as it is `seen`.
    pub fn month(&self, period: Period, seen: impl Fn(&Line) -> bool) -> BTreeMap<Place, Sums> {
        let mut sums: BTreeMap<Place, Sums> = BTreeMap::new();
        let year = |line: &&Line| line.period.year == period.year && line.period <= period;
        for line in self.lines.iter().filter(year).filter(|line| seen(line)) {
            let sum = sums.entry(line.place()).or_default();
            for part in Part::ALL.into_iter().filter(|part| part.takes(line, period)) {
                let count = sum.0.entry(part).or_default();
                count.times += line.times;
                count.people += line.people;
            }
        }
        sums
    }

    fn count(&mut self, at: At, card: &CardId, one: Counted, measure: Measure) {
        let key = (measure, card.clone());
        let counted = self.counted.entry(key).or_default();
        let first = counted.iter().all(|before| before.period.year != one.period.year);
        counted.push(one.clone());
        self.enter(at, one, measure, 1, i64::from(first));
    }

    /// What was counted last is taken back: in its own month, or in the first
    /// that is still open.
    fn take_back(&mut self, at: At, card: &CardId, measure: Measure) {
        let key = (measure, card.clone());
        let Some(counted) = self.counted.get_mut(&key) else { return };
        let Some(one) = counted.pop() else { return };
        let last = counted.iter().all(|before| before.period.year != one.period.year);
        let period = self.open_from(one.period);
        let one = Counted { period, correction: true, ..one };
        self.enter(at, one, measure, -1, -i64::from(last));
    }

    fn enter(&mut self, at: At, one: Counted, measure: Measure, times: i64, people: i64) {
        self.lines.push(Line {
            period: one.period,
            county: one.county,
            reach: one.reach,
            point: one.point,
            enterprise: one.enterprise,
            measure,
            times,
            people,
            correction: one.correction,
            sequence: at.sequence,
        });
    }
}

/// As what somebody is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    period: Period,
    county: DivisionCode,
    reach: Reach,
    point: PartyId,
    enterprise: PartyId,
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
            let dispatch = e.dispatch.parse().ok().and_then(|id| city.dispatch(&id));
            let aboard = dispatch.map(|one| one.people_in(State::Boarded).cloned().collect());
            let aboard: Vec<CardId> = aboard.unwrap_or_default();
            for card in aboard {
                count(city, at, &card, Measure::Dispatched, at.recorded_at, false);
            }
        }
        Body::PlacementMoved(e) => {
            let Ok(card) = e.card.parse() else { return };
            let path = city.placement(&card).map_or(&[][..], |one| &one.path);
            if let Some(measure) = measure(e.to, path) {
                count(city, at, &card, measure, at.recorded_at, false);
            }
        }
        Body::PlacementCorrected(e) => {
            let Ok(card) = e.card.parse() else { return };
            if e.departed < 0 {
                city.report.take_back(at, &card, Measure::Dispatched);
            }
            let (was, is) = paths(city, &card, e);
            for undone in e.undone.iter().rev().filter_map(|step| measure(*step, &was)) {
                city.report.take_back(at, &card, undone);
            }
            let of = e.recorded_at.as_ref().map_or(at.recorded_at, instant);
            if e.departed > 0 {
                count(city, at, &card, Measure::Dispatched, of, true);
            }
            for done in e.done.iter().filter_map(|step| measure(*step, &is)) {
                count(city, at, &card, done, of, true);
            }
        }
        _ => {}
    }
}

fn count(
    city: &mut City,
    at: At,
    card: &CardId,
    measure: Measure,
    of: OffsetDateTime,
    correction: bool,
) {
    let period = city.report.open_from(Period::of(of));
    if let Some(one) = counted(city, card, period, correction) {
        city.report.count(at, card, one, measure);
    }
}

/// The way of somebody before and after a correction.
fn paths(city: &City, card: &CardId, e: &PlacementCorrected) -> (Vec<i32>, Vec<i32>) {
    let is = city.placement(card).map(|one| one.path.clone()).unwrap_or_default();
    let kept = &is[..is.len().saturating_sub(e.done.len())];
    (kept.iter().chain(&e.undone).copied().collect(), is)
}

/// As what a step on this way is counted. Work that never began has not ended.
fn measure(step: i32, path: &[i32]) -> Option<Measure> {
    match State::try_from(step) {
        Ok(State::Onboarded) => Some(Measure::Onboarded),
        Ok(State::Ended | State::Returned) if path.contains(&(State::Onboarded as i32)) => {
            Some(Measure::Ended)
        }
        _ => None,
    }
}

fn counted(city: &City, card: &CardId, period: Period, correction: bool) -> Option<Counted> {
    let placement = city.placement(card)?;
    let vacancy = city.vacancy(&placement.vacancy)?;
    let home: DivisionCode = placement.point.as_str().parse().ok()?;
    let work: DivisionCode = vacancy.terms.place.parse().ok()?;
    Some(Counted {
        period,
        county: home.county().or(home.prefecture()).unwrap_or(home),
        reach: Reach::between(home, work),
        point: placement.point.clone(),
        enterprise: vacancy.enterprise.clone(),
        correction,
    })
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
        for (closed, sequence) in [("2021-05", 10), ("2021-08", 20)] {
            report.closed.insert(closed.parse().unwrap(), sequence);
        }
        let open = |text: &str| report.open_from(text.parse().unwrap()).to_string();
        assert_eq!(["2021-04", "2021-07", "2021-10"].map(open), ["2021-09", "2021-09", "2021-10"]);
        let closed = |text: &str| report.closed(text.parse().unwrap());
        assert_eq!(
            ["2021-04", "2021-05", "2021-06", "2021-08", "2021-09"].map(closed),
            [Some(10), Some(10), Some(20), Some(20), None]
        );
    }
}
