//! Who was brought to work, and how long it lasted: what visits follow up
//! and subsidies are claimed for.

use std::collections::{BTreeMap, HashMap};

use gongqiao_contract::{
    id::{CardId, DispatchId, PartyId, VacancyId},
    wire::{fact::Body, placement_state::Value as State},
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, macros::offset};

use crate::entity::{At, Entities};

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
}

impl Employment {
    /// Whole calendar months of work until `now`, as subsidies count them: from
    /// 15 July they are three on 15 October, and two on 14 October.
    pub fn months(&self, now: OffsetDateTime) -> u32 {
        let until = self.ended.map_or(now, |(at, _)| at);
        whole_months(beijing(self.onboarded_at), beijing(until))
    }
}

/// The day in Beijing.
fn beijing(at: OffsetDateTime) -> Date {
    at.to_offset(offset!(+8)).date()
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
    last_of: HashMap<CardId, u64>,
}

impl Employments {
    /// The one that began with this event.
    pub fn get(&self, onboarding: u64) -> Option<&Employment> {
        self.by_onboarding.get(&onboarding)
    }

    /// The last one of a person, with the sequence of its onboarding.
    pub fn last_of(&self, card: &CardId) -> Option<(u64, &Employment)> {
        let sequence = *self.last_of.get(card)?;
        Some((sequence, self.by_onboarding.get(&sequence)?))
    }

    /// All, in the order in which they began.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Employment)> {
        self.by_onboarding.iter().map(|(sequence, one)| (*sequence, one))
    }

    pub(crate) fn record(&mut self, entities: &Entities, at: At, card: &CardId, body: &Body) {
        match body {
            Body::PlacementMoved(e) => self.step(entities, at, card, e.to, e.evidence),
            Body::PlacementCorrected(e) => {
                for undone in e.undone.iter().rev() {
                    self.step_back(card, *undone);
                }
                for done in &e.done {
                    self.step(entities, at, card, *done, 0);
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, entities: &Entities, at: At, card: &CardId, to: i32, evidence: i32) {
        match State::try_from(to) {
            Ok(State::Onboarded) => {
                let Some(begun) = begun(entities, at, card, evidence) else { return };
                self.by_onboarding.insert(at.sequence, begun);
                self.last_of.insert(card.clone(), at.sequence);
            }
            Ok(State::Ended | State::Returned) => {
                if let Some(last) = self.last_mut(card) {
                    last.ended.get_or_insert((at.recorded_at, to));
                }
            }
            _ => {}
        }
    }

    fn step_back(&mut self, card: &CardId, undone: i32) {
        match State::try_from(undone) {
            Ok(State::Onboarded) => {
                if let Some(sequence) = self.last_of.remove(card) {
                    self.by_onboarding.remove(&sequence);
                }
            }
            Ok(State::Ended | State::Returned) => {
                if let Some(last) = self.last_mut(card) {
                    last.ended = None;
                }
            }
            _ => {}
        }
    }

    fn last_mut(&mut self, card: &CardId) -> Option<&mut Employment> {
        self.by_onboarding.get_mut(self.last_of.get(card)?)
    }
}

fn begun(entities: &Entities, at: At, card: &CardId, evidence: i32) -> Option<Employment> {
    let placement = entities.placements.get(card)?.value.as_ref()?;
    let vacancy = entities.vacancies.get(&placement.vacancy)?.value.as_ref()?;
    Some(Employment {
        card: card.clone(),
        vacancy: placement.vacancy.clone(),
        dispatch: placement.dispatch.clone(),
        enterprise: vacancy.enterprise.clone(),
        point: placement.point.clone(),
        evidence,
        onboarded_at: at.recorded_at,
        ended: None,
    })
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
