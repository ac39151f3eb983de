//! Who was brought to work, and how long it lasted: what visits follow up
//! and subsidies are claimed for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gongqiao_contract::{
    id::{CardId, DispatchId, PartyId, VacancyId},
    wire::{fact::Body, placement_state::Value as State},
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::entity::{At, Entities, Placement, beijing_day};

/// Days after the onboarding on which a visit falls due.
pub const VISIT_DAYS: [u32; 5] = [3, 7, 30, 90, 180];

/// One person at one post, from the onboarding on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Employment {
    pub card: CardId,
    pub vacancy: VacancyId,
    pub dispatch: Option<DispatchId>,
    pub enterprise: PartyId,
    pub point: PartyId,
    /// What it rests on: an `Evidence`.
    pub evidence: i32,
    pub onboarded_at: OffsetDateTime,
    /// When it ended, and into which [`State`]. A change of post within the
    /// enterprise (转岗) ends nothing.
    pub ended: Option<(OffsetDateTime, i32)>,
    /// The last of [`VISIT_DAYS`] for which a visit was opened; 0 for none.
    pub visited: u32,
}

impl Employment {
    /// When the visit of that day falls due.
    pub fn visit_at(&self, day: u32) -> OffsetDateTime {
        self.onboarded_at + time::Duration::days(day.into())
    }

    /// Whole calendar months of work until `now`, as subsidies count them: from
    /// 15 July they are three on 15 October, and two on 14 October.
    pub fn months(&self, now: OffsetDateTime) -> u32 {
        let until = self.ended.map_or(now, |(at, _)| at);
        whole_months(beijing_day(self.onboarded_at), beijing_day(until))
    }
}

/// Whole calendar months from one day to another. Who begins on the 31st has
/// worked a month on the last day of a shorter one.
fn whole_months(from: Date, to: Date) -> u32 {
    let count = |day: Date| day.year() * 12 + i32::from(u8::from(day.month()));
    let last_day = to.month().length(to.year());
    let full = to.day() >= from.day().min(last_day);
    u32::try_from(count(to) - count(from) - i32::from(!full)).unwrap_or(0)
}

/// All employments of a city, by the sequence of their onboarding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Employments {
    by_onboarding: BTreeMap<u64, Employment>,
    /// A person's, the latest last.
    of_person: HashMap<CardId, Vec<u64>>,
    /// Visits to come: when, after which onboarding, on which day.
    visits: BTreeSet<(OffsetDateTime, u64, u32)>,
}

impl Employments {
    /// The one that began with this event.
    pub fn get(&self, onboarding: u64) -> Option<&Employment> {
        self.by_onboarding.get(&onboarding)
    }

    /// The last one of a person, with the sequence of its onboarding.
    pub fn last_of(&self, card: &CardId) -> Option<(u64, &Employment)> {
        let sequence = *self.of_person.get(card)?.last()?;
        Some((sequence, self.by_onboarding.get(&sequence)?))
    }

    /// The one that this promise has led to, if it has.
    pub fn of(&self, placement: &Placement) -> Option<(u64, &Employment)> {
        let same = |one: &Employment| {
            one.vacancy == placement.vacancy && one.dispatch == placement.dispatch
        };
        self.last_of(&placement.card).filter(|(_, one)| same(one))
    }

    /// All, in the order in which they began.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Employment)> {
        self.by_onboarding.iter().map(|(sequence, one)| (*sequence, one))
    }

    /// The visits that are due: after which onboarding, and of which day. One
    /// for each person: what was missed, as over a long standstill, is made
    /// good by the latest, for it asks the same questions.
    pub fn visits_due(&self, now: OffsetDateTime) -> BTreeMap<u64, u32> {
        let due = self.visits.range(..=(now, u64::MAX, u32::MAX));
        due.map(|(_, onboarding, day)| (*onboarding, *day)).collect()
    }

    pub(crate) fn record(&mut self, entities: &Entities, at: At, card: &CardId, body: &Body) {
        let Some(placement) =
            entities.workers.get(card).and_then(|w| w.value.as_ref()?.placement.as_ref())
        else {
            return;
        };
        match body {
            Body::PlacementMoved(e) => {
                let begun = begun(entities, placement, at.recorded_at, e.evidence);
                self.step(at, placement, begun, e.to);
            }
            Body::PlacementCorrected(e) => {
                for undone in e.undone.iter().rev() {
                    self.step_back(placement, *undone);
                }
                // Why: a record that was wrong must not cost the worker the
                // days since the group arrived.
                let since = arrival(entities, placement).unwrap_or(at.recorded_at);
                for done in &e.done {
                    self.step(at, placement, begun(entities, placement, since, 0), *done);
                }
            }
            _ => {}
        }
    }

    /// A visit was opened; whatever was due before it is made good by it.
    pub(crate) fn visited(&mut self, onboarding: u64, day: u32) {
        self.unschedule(onboarding);
        if let Some(one) = self.by_onboarding.get_mut(&onboarding) {
            one.visited = day;
        }
        self.schedule(onboarding);
    }

    fn step(&mut self, at: At, placement: &Placement, begun: Option<Employment>, to: i32) {
        match State::try_from(to) {
            Ok(State::Onboarded) => {
                let Some(begun) = begun else { return };
                self.of_person.entry(begun.card.clone()).or_default().push(at.sequence);
                self.by_onboarding.insert(at.sequence, begun);
                self.schedule(at.sequence);
            }
            Ok(State::Ended | State::Returned) => {
                self.set_end(placement, Some((at.recorded_at, to)));
            }
            _ => {}
        }
    }

    fn step_back(&mut self, placement: &Placement, undone: i32) {
        match State::try_from(undone) {
            Ok(State::Onboarded) => {
                let Some((onboarding, _)) = self.of(placement) else { return };
                self.unschedule(onboarding);
                self.by_onboarding.remove(&onboarding);
                self.of_person.get_mut(&placement.card).and_then(Vec::pop);
            }
            Ok(State::Ended | State::Returned) => self.set_end(placement, None),
            _ => {}
        }
    }

    fn set_end(&mut self, placement: &Placement, end: Option<(OffsetDateTime, i32)>) {
        let Some((onboarding, _)) = self.of(placement) else { return };
        self.unschedule(onboarding);
        if let Some(one) = self.by_onboarding.get_mut(&onboarding) {
            one.ended = end;
        }
        self.schedule(onboarding);
    }

    fn schedule(&mut self, onboarding: u64) {
        let Some(one) = self.by_onboarding.get(&onboarding) else { return };
        let to_come = |day: &u32| *day > one.visited && one.ended.is_none();
        let visits = VISIT_DAYS.into_iter().filter(to_come);
        self.visits.extend(visits.map(|day| (one.visit_at(day), onboarding, day)));
    }

    fn unschedule(&mut self, onboarding: u64) {
        let Some(one) = self.by_onboarding.get(&onboarding) else { return };
        for day in VISIT_DAYS {
            self.visits.remove(&(one.visit_at(day), onboarding, day));
        }
    }
}

/// The employment to which this promise leads, if the person is at work.
fn begun(
    entities: &Entities,
    placement: &Placement,
    onboarded_at: OffsetDateTime,
    evidence: i32,
) -> Option<Employment> {
    let vacancy = entities.vacancies.get(&placement.vacancy)?.value.as_ref()?;
    Some(Employment {
        card: placement.card.clone(),
        vacancy: placement.vacancy.clone(),
        dispatch: placement.dispatch.clone(),
        enterprise: vacancy.enterprise.clone(),
        point: placement.point.clone(),
        evidence,
        onboarded_at,
        ended: None,
        visited: 0,
    })
}

fn arrival(entities: &Entities, placement: &Placement) -> Option<OffsetDateTime> {
    entities.dispatches.get(placement.dispatch.as_ref()?)?.value.as_ref()?.arrived_at
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn subsidies_count_calendar_months_and_not_days() {
        for (from, to, months) in [
            (date!(2021 - 07 - 15), date!(2021 - 10 - 14), 2),
            (date!(2021 - 07 - 15), date!(2021 - 10 - 15), 3),
            (date!(2021 - 12 - 31), date!(2022 - 02 - 28), 2),
            (date!(2021 - 12 - 31), date!(2022 - 02 - 27), 1),
            (date!(2021 - 07 - 15), date!(2021 - 07 - 15), 0),
            (date!(2021 - 07 - 15), date!(2021 - 07 - 01), 0),
            (date!(2021 - 11 - 30), date!(2022 - 05 - 30), 6),
        ] {
            assert_eq!(whole_months(from, to), months, "{from} to {to}");
        }
    }
}
