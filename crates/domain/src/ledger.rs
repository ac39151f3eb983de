//! The ledger of a vacancy. Every number is the sum of entries, and every
//! entry names the event it comes from: so every number opens to its events.

use std::collections::{BTreeMap, HashMap};

use gongqiao_contract::{
    id::VacancyId,
    wire::{
        answer::Value as Answer, dispatch_state::Value as DispatchState, fact::Body,
        placement_state::Value as State, visit_outcome::Value as VisitOutcome,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entity::At;

/// The visit that tells who is retained (稳定在岗): thirty days after onboarding.
pub const RETAINED_DAY: u32 = 30;

/// What is counted. Figures marked (now) go down again; the others only up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Figure {
    /// Headcount asked for (now).
    Requested,
    /// People asked for by signals, over all points.
    Signalled,
    /// Signals raised, one per point.
    Signals,
    /// Signals answered "nobody to send".
    DeclinedSignals,
    /// Signals that ran out and went to the next ring.
    EscalatedSignals,
    /// Signals recalled because they were no longer needed.
    RecalledSignals,
    /// People whose last word was yes (now).
    Willing,
    /// People promised, ever.
    Committed,
    /// People who wait for a seat (now).
    Standby,
    /// Seats that are promised (now).
    SeatsTaken,
    /// People whose hold ended without anything.
    Released,
    /// People who were turned away at the coach door.
    RefusedBoarding,
    /// People who got on.
    Boarded,
    /// People whose coach has left.
    Departed,
    /// People handed over at the other end.
    Arrived,
    /// People at work.
    Onboarded,
    /// People whom the factory did not take.
    NotHired,
    /// People who changed their mind.
    Declined,
    /// People who did not turn up.
    NoShow,
    /// People in whose place another went.
    Substituted,
    /// People who got off on the way.
    LeftEnRoute,
    /// People who went home again.
    Returned,
    /// People who took another post.
    Transferred,
    /// People whose work ended.
    Ended,
    /// People found at work at the visit after thirty days.
    Retained,
    /// Records that were corrected.
    Corrected,
}

impl Figure {
    /// All figures, in the order of the way through them.
    pub const ALL: [Self; 26] = [
        Self::Requested,
        Self::Signalled,
        Self::Signals,
        Self::DeclinedSignals,
        Self::EscalatedSignals,
        Self::RecalledSignals,
        Self::Willing,
        Self::Committed,
        Self::Standby,
        Self::SeatsTaken,
        Self::Released,
        Self::RefusedBoarding,
        Self::Boarded,
        Self::Departed,
        Self::Arrived,
        Self::Onboarded,
        Self::NotHired,
        Self::Declined,
        Self::NoShow,
        Self::Substituted,
        Self::LeftEnRoute,
        Self::Returned,
        Self::Transferred,
        Self::Ended,
        Self::Retained,
        Self::Corrected,
    ];
}

/// One event's part in one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which figure.
    pub figure: Figure,
    /// The event's sequence in FACTS.
    pub sequence: u64,
    /// By how much it moved the figure.
    pub change: i64,
}

/// One vacancy's entries, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    entries: Vec<Entry>,
    sums: BTreeMap<Figure, i64>,
    /// Points that were ever asked, with what they are asked for in all.
    asked: BTreeMap<String, u32>,
    /// Points that ever promised somebody.
    promised: std::collections::BTreeSet<String>,
}

impl Ledger {
    /// The figure now.
    pub fn get(&self, figure: Figure) -> i64 {
        self.sums.get(&figure).copied().unwrap_or(0)
    }

    /// The events behind a figure.
    pub fn entries(&self, figure: Figure) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.figure == figure)
    }

    /// Every entry.
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Points that promised somebody.
    pub fn points_involved(&self) -> usize {
        self.promised.len()
    }

    fn add(&mut self, figure: Figure, at: At, change: i64) {
        if change != 0 {
            self.entries.push(Entry { figure, sequence: at.sequence, change });
            *self.sums.entry(figure).or_default() += change;
        }
    }
}

/// Enters an event into the ledger of the vacancy that it is about.
pub(crate) fn record(ledgers: &mut HashMap<VacancyId, Ledger>, at: At, body: &Body) {
    let Some(vacancy) = vacancy_of(body) else { return };
    // Why: look first, so that the id is copied only for a new vacancy.
    if !ledgers.contains_key(vacancy) {
        let Ok(id) = vacancy.parse() else { return };
        ledgers.insert(id, Ledger::default());
    }
    let Some(ledger) = ledgers.get_mut(vacancy) else { return };
    enter(ledger, at, body);
}

fn enter(ledger: &mut Ledger, at: At, body: &Body) {
    let people = |cards: &[String]| i64::try_from(cards.len()).unwrap_or(i64::MAX);
    match body {
        Body::VacancyPosted(e) => {
            let headcount = e.terms.as_ref().map_or(0, |t| t.headcount);
            ledger.add(Figure::Requested, at, i64::from(headcount));
        }
        Body::VacancyUpdated(e) => {
            let headcount = i64::from(e.terms.as_ref().map_or(0, |t| t.headcount));
            let change = headcount - ledger.get(Figure::Requested);
            ledger.add(Figure::Requested, at, change);
        }
        Body::VacancyReduced(e) => {
            let change = i64::from(e.headcount) - ledger.get(Figure::Requested);
            ledger.add(Figure::Requested, at, change);
        }
        Body::SignalRaised(e) => {
            let before = ledger.asked.insert(e.point.clone(), e.quota);
            let more = i64::from(e.quota) - i64::from(before.unwrap_or(0));
            ledger.add(Figure::Signalled, at, more);
            ledger.add(Figure::Signals, at, i64::from(before.is_none()));
        }
        Body::SignalDeclined(_) => ledger.add(Figure::DeclinedSignals, at, 1),
        Body::SignalEscalated(_) => ledger.add(Figure::EscalatedSignals, at, 1),
        Body::SignalRecalled(_) => ledger.add(Figure::RecalledSignals, at, 1),
        Body::SeatsTaken(e) => {
            ledger.promised.insert(e.point.clone());
            ledger.add(Figure::Committed, at, if e.again { 0 } else { people(&e.cards) });
            ledger.add(Figure::SeatsTaken, at, people(&e.cards));
        }
        Body::SeatsFreed(e) => ledger.add(Figure::SeatsTaken, at, -people(&e.cards)),
        Body::DispatchMoved(e) if e.to() == DispatchState::Departed => {
            ledger.add(Figure::Departed, at, i64::from(e.people));
        }
        Body::HoldEnded(_) => ledger.add(Figure::Released, at, 1),
        Body::SignalCalled(e) => ledger.add(Figure::Willing, at, i64::from(e.willing)),
        Body::StandbyJoined(e) => {
            let joined = i64::try_from(e.people.len()).unwrap_or(i64::MAX);
            ledger.add(Figure::Standby, at, joined);
        }
        Body::StandbyLeft(e) => ledger.add(Figure::Standby, at, -people(&e.cards)),
        Body::BoardingRefused(_) => ledger.add(Figure::RefusedBoarding, at, 1),
        Body::FollowUpAttempted(e) => {
            let found = e.outcome() == VisitOutcome::Reached && e.at_work() == Answer::Yes;
            ledger.add(Figure::Retained, at, i64::from(found && e.day == RETAINED_DAY));
        }
        Body::PlacementCorrected(e) => {
            for (steps, change) in [(&e.undone, -1), (&e.done, 1)] {
                for figure in
                    steps.iter().filter_map(|step| figure_of(State::try_from(*step).ok()?))
                {
                    ledger.add(figure, at, change);
                }
            }
            ledger.add(Figure::Departed, at, i64::from(e.departed));
            ledger.add(Figure::Corrected, at, 1);
        }
        Body::PlacementMoved(e) => {
            let to = State::try_from(e.to).unwrap_or(State::Unspecified);
            if let Some(figure) = figure_of(to) {
                ledger.add(figure, at, 1);
            }
        }
        _ => {}
    }
}

fn figure_of(state: State) -> Option<Figure> {
    Some(match state {
        State::Boarded => Figure::Boarded,
        State::Arrived => Figure::Arrived,
        State::Onboarded => Figure::Onboarded,
        State::NotHired => Figure::NotHired,
        State::Declined => Figure::Declined,
        State::NoShow => Figure::NoShow,
        State::Substituted => Figure::Substituted,
        State::LeftEnRoute => Figure::LeftEnRoute,
        State::Returned => Figure::Returned,
        State::Transferred => Figure::Transferred,
        State::Ended => Figure::Ended,
        State::Released => Figure::Released,
        State::Unspecified | State::Held => return None,
    })
}

fn vacancy_of(body: &Body) -> Option<&str> {
    Some(match body {
        Body::VacancyPosted(e) => &e.vacancy,
        Body::VacancyUpdated(e) => &e.vacancy,
        Body::VacancyReduced(e) => &e.vacancy,
        Body::SeatsTaken(e) => &e.vacancy,
        Body::SeatsFreed(e) => &e.vacancy,
        Body::SignalRaised(e) => &e.vacancy,
        Body::SignalDeclined(e) => &e.vacancy,
        Body::SignalEscalated(e) => &e.vacancy,
        Body::SignalRecalled(e) => &e.vacancy,
        Body::DispatchMoved(e) => &e.vacancy,
        Body::HoldEnded(e) => &e.vacancy,
        Body::PlacementMoved(e) => &e.vacancy,
        Body::PlacementCorrected(e) => &e.vacancy,
        Body::SignalCalled(e) => &e.vacancy,
        Body::StandbyJoined(e) => &e.vacancy,
        Body::StandbyLeft(e) => &e.vacancy,
        Body::BoardingRefused(e) => &e.vacancy,
        Body::FollowUpAttempted(e) => &e.vacancy,
        _ => return None,
    })
}
