//! How many people which service points are asked for: local points first,
//! sized by how each has answered before, and no more than sensible.
//!
//! | rule | value |
//! |---|---|
//! | rings | 0: the counties that dock with the vacancy's park (the whole prefecture for a park that names none), without a park the county of the place; 1: the rest of the prefecture; 2: beyond |
//! | rate of a point | (committed + 5) / (proposed + 10): half until it has answered |
//! | names for a quota of q | q and half as many again, to phone down |
//! | expected from a point | the rate × its names, but at most q |
//! | expected in all | 1.15 × the deficit, and less than one more ask of one above that |
//! | quota of one point | at most a sixteenth of the deficit, but 8 to 26 |
//! | quotas in all | at most 3 × the deficit |
//! | order within a ring | points that can send four or more first; then by rate × the sum of their best scores |
//!
//! Why the order counts small points last: phoning a village for one person is
//! not worth it while another can send ten.

use std::{cmp::Reverse, collections::HashSet};

use gongqiao_contract::codes::{DivisionCode, Park};
use serde::{Deserialize, Serialize};

use super::rank::{PointRanking, Ranked};

/// Rings above this one are partner cities, which get allotments and no
/// signals.
pub const LAST_RING: u8 = 1;

/// What is aimed at, in percent of the deficit.
pub const MARGIN_PERCENT: u64 = 115;

/// The quotas of one plan sum to at most this many times the deficit.
pub const MOST_ASKED: u32 = 3;

/// One point is asked for at most one person in so many of the deficit, so
/// that one silent point doesn't sink the plan.
pub const SPREAD: u32 = 16;

/// Bounds of the largest quota of one point: below, a group is hardly worth a
/// stop of the coach; above, one clerk can't phone them all.
pub const POINT_CAP: (u32, u32) = (8, 26);

/// A point that can't send so many is asked after those that can.
pub const USEFUL_GROUP: u32 = 4;

/// The most names that one ask holds, and thus the most that ranking must
/// give per point.
pub const MOST_NAMES: usize = 40;

/// What speaks for a point of which nothing is known yet: so many proposed,
/// and so many of them committed.
const PRIOR: (u64, u64) = (10, 5);

const _: () = assert!(names_for(POINT_CAP.1) <= MOST_NAMES);

/// How a service point answered the signals it had, of any vacancy. Those count
/// that ended by an answer, by a decline or by their deadline; the open and the
/// recalled ones don't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// People that were proposed to it: the names of its asks.
    pub asked: u32,
    /// People that it committed.
    pub committed: u32,
    /// Signals that it declined.
    pub declined: u32,
}

impl History {
    /// The share of the people proposed to it whom the point may be expected
    /// to commit, in thousandths.
    pub fn rate_milli(&self) -> u64 {
        let asked = u64::from(self.asked) + PRIOR.0;
        let committed = u64::from(self.committed) + PRIOR.1;
        (committed * 1000 / asked).min(1000)
    }
}

/// What one service point has, and how it has answered before.
#[derive(Debug, Clone, Copy)]
pub struct PointSupply<'a> {
    /// Its candidates in the total order, the best [`MOST_NAMES`] at least.
    pub ranking: &'a PointRanking,
    /// How it answered before.
    pub history: History,
}

/// Where the rings lie around a vacancy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rings {
    local: Box<[DivisionCode]>,
    prefecture: DivisionCode,
}

impl Rings {
    /// The rings around a workplace and the park in which it may stand.
    pub fn around(place: DivisionCode, park: Option<&Park>) -> Self {
        let prefecture = place.prefecture().unwrap_or(place);
        let local = match park {
            Some(park) if park.docking.is_empty() => Box::from([park.prefecture]),
            Some(park) => park.docking.as_slice().into(),
            None => Box::from([place.county().unwrap_or(prefecture)]),
        };
        Self { local, prefecture }
    }

    /// The ring of a service point.
    pub fn of(&self, point: DivisionCode) -> u8 {
        if self.local.iter().any(|division| division.contains(point)) {
            0
        } else if self.prefecture.contains(point) {
            1
        } else {
            2
        }
    }
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// Seats missing, less what open signals may still be expected to bring.
    pub deficit: u32,
    /// Where the rings lie.
    pub rings: &'a Rings,
    /// The farthest ring that may be asked now. Raise it when signals have
    /// escalated, or when a plan was short.
    pub max_ring: u8,
    /// What the points have, each point once.
    pub points: &'a [PointSupply<'a>],
    /// Points that were asked for this vacancy already; not asked again.
    pub asked: &'a HashSet<DivisionCode>,
}

/// What one service point is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The point.
    pub point: DivisionCode,
    /// For how many.
    pub quota: u32,
    /// 0 is local.
    pub ring: u8,
    /// Whom to phone, best first; the quota and half as many again, where the
    /// point has them.
    pub candidates: Vec<Ranked>,
}

/// What to ask of whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// By ring, then in the order in which they were chosen.
    pub asks: Vec<Ask>,
    /// People that may be expected to be committed, in thousandths.
    pub expected_milli: u64,
    /// What was aimed at, in thousandths.
    pub target_milli: u64,
}

impl Plan {
    /// Whether less may be expected than is aimed at: the rings allowed have
    /// no more, or the most that may be asked is reached.
    pub fn is_short(&self) -> bool {
        self.expected_milli < self.target_milli
    }

    /// The sum of the quotas.
    pub fn asked(&self) -> u32 {
        self.asks.iter().map(|ask| ask.quota).sum()
    }
}

/// Names that go with a quota.
pub const fn names_for(quota: u32) -> usize {
    (quota + quota.div_ceil(2)) as usize
}

/// Plans the next asks for one vacancy.
///
/// The order of `points` doesn't matter. No card stands in two asks, since
/// every card is in one point's register.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let target = u64::from(input.deficit) * MARGIN_PERCENT * 10;
    let mut plan = Plan { target_milli: target, ..Plan::default() };
    let mut budget = input.deficit.saturating_mul(MOST_ASKED);
    for ring in 0..=input.max_ring.min(LAST_RING) {
        let mut choices = choices(input, ring);
        limit(&mut choices, budget);
        trim(&mut choices, target.saturating_sub(plan.expected_milli));
        plan.expected_milli += expected(&choices);
        let asks: Vec<Ask> = choices.iter().map(|choice| choice.ask(ring)).collect();
        budget -= asks.iter().map(|ask| ask.quota).sum::<u32>();
        plan.asks.extend(asks);
    }
    plan
}

/// A point that may be asked, and for how many.
struct Choice<'a> {
    supply: PointSupply<'a>,
    rate_milli: u64,
    quota: u32,
}

impl<'a> Choice<'a> {
    fn new(supply: PointSupply<'a>, cap: u32) -> Self {
        let has = u32::try_from(supply.ranking.best.len()).unwrap_or(u32::MAX);
        Self { supply, rate_milli: supply.history.rate_milli(), quota: has.min(cap) }
    }

    fn names(&self, quota: u32) -> &'a [Ranked] {
        let best = &self.supply.ranking.best;
        &best[..names_for(quota).min(best.len())]
    }

    fn expected(&self, quota: u32) -> u64 {
        (self.names(quota).len() as u64 * self.rate_milli).min(u64::from(quota) * 1000)
    }

    fn worth(&self) -> u64 {
        let scores: u64 = self.names(self.quota).iter().map(|card| u64::from(card.score)).sum();
        scores * self.rate_milli
    }

    fn ask(&self, ring: u8) -> Ask {
        Ask {
            point: self.supply.ranking.point,
            quota: self.quota,
            ring,
            candidates: self.names(self.quota).to_vec(),
        }
    }
}

/// Every point of the ring that may be asked, the best choice first, each with
/// the most that it may be asked for.
fn choices<'a>(input: &PlanInput<'a>, ring: u8) -> Vec<Choice<'a>> {
    let cap = input.deficit.div_ceil(SPREAD).clamp(POINT_CAP.0, POINT_CAP.1);
    let mut choices: Vec<Choice<'a>> = input
        .points
        .iter()
        .filter(|supply| !input.asked.contains(&supply.ranking.point))
        .filter(|supply| input.rings.of(supply.ranking.point) == ring)
        .map(|supply| Choice::new(*supply, cap))
        .filter(|choice| choice.quota > 0)
        .collect();
    choices.sort_by_cached_key(|choice| {
        let small = choice.quota < USEFUL_GROUP;
        let History { asked, committed, declined } = choice.supply.history;
        let record = (declined, Reverse(committed), asked);
        (small, Reverse(choice.worth()), record, choice.supply.ranking.point)
    });
    choices
}

/// Cuts the choices, from the last, to `budget` people asked.
fn limit(choices: &mut Vec<Choice<'_>>, mut budget: u32) {
    for choice in choices.iter_mut() {
        choice.quota = choice.quota.min(budget);
        budget -= choice.quota;
    }
    choices.retain(|choice| choice.quota > 0);
}

/// Cuts the choices to what is needed to expect `target`: as few points as
/// will do, then lower quotas, alike for all that have so many.
///
/// Why alike: cutting only the last point would leave it with an ask of one
/// or two.
fn trim(choices: &mut Vec<Choice<'_>>, target: u64) {
    let mut sum = 0;
    let enough = choices.iter().take_while(|choice| {
        let more = sum < target;
        sum += choice.expected(choice.quota);
        more
    });
    let enough = enough.count();
    choices.truncate(enough);
    if expected(choices) < target {
        return;
    }
    let at_most = |choice: &Choice<'_>, level: u32| choice.expected(choice.quota.min(level));
    let level = (1..=POINT_CAP.1)
        .find(|level| choices.iter().map(|choice| at_most(choice, *level)).sum::<u64>() >= target)
        .unwrap_or(POINT_CAP.1);
    for choice in choices.iter_mut() {
        choice.quota = choice.quota.min(level);
    }
    // Those at the level may give up one more, the last choice first.
    let mut spare = expected(choices).saturating_sub(target);
    for choice in choices.iter_mut().rev().filter(|choice| choice.quota == level && level > 1) {
        let one = choice.expected(level) - choice.expected(level - 1);
        if one > spare {
            break;
        }
        spare -= one;
        choice.quota -= 1;
    }
}

fn expected(choices: &[Choice<'_>]) -> u64 {
    choices.iter().map(|choice| choice.expected(choice.quota)).sum()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
