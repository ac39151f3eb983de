//! The order among those who fit, with its reasons.
//!
//! | what | points | how |
//! |---|---|---|
//! | occupation | 0, 220, 350 | learns it on the job, related, the very one |
//! | level | 0 to 150 | 30 for level 5 up to 150 for level 1, in a same or related occupation |
//! | closeness | 0 to 250 | home and workplace share the province 50, city 120, county 190, township or village 250 |
//! | wage | 50 to 100 | 50 when the pay just reaches what is expected, 100 when it lies 20 % above |
//! | freshness | 0 to 150 | 150 for a card confirmed within 30 days, falling evenly to 0 at 365 days |
//!
//! The sum is 0 to 1000. Equal scores go by point code, then by REGISTER
//! sequence. Card ids are random and never decide, so that equal seeds give
//! equal runs.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use gongqiao_contract::{
    codes::{Closeness, DivisionCode, SkillLevel},
    id::CardId,
    wire::{self, match_reason},
};
use time::{Duration, OffsetDateTime};

use super::fit::{Age, Demand, Exactness, Fit, Said, fit, goodness};
use crate::register::{CardFacets, Register};

const SAME_OCCUPATION: u16 = 350;
const RELATED_OCCUPATION: u16 = 220;
const EACH_LEVEL: u16 = 30;
const SAME_TOWNSHIP: u16 = 250;
const SAME_COUNTY: u16 = 190;
const SAME_CITY: u16 = 120;
const SAME_PROVINCE: u16 = 50;
const WAGE_MET: u16 = 50;
const WAGE_ABOVE: u16 = 50;
/// The pay that lies this many percent above the expectation earns all of
/// `WAGE_ABOVE`.
const WAGE_ABOVE_PERCENT: u64 = 20;
const FRESH: u16 = 150;
const FRESH_DAYS: i64 = 30;
const STALE_DAYS: i64 = 365;

/// Why a card was proposed, as a set in the order of the wire's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons(u16);

impl Reasons {
    fn add(&mut self, reason: match_reason::Value) {
        self.0 |= 1 << (reason as u16);
    }

    /// Whether `reason` is among them.
    pub fn has(self, reason: match_reason::Value) -> bool {
        self.0 & (1 << (reason as u16)) != 0
    }

    /// The reasons, in the order of their numbers on the wire.
    pub fn iter(self) -> impl Iterator<Item = match_reason::Value> {
        (0..16)
            .filter(move |number| self.0 & (1 << number) != 0)
            .filter_map(|number| match_reason::Value::try_from(number).ok())
    }
}

/// One who fits, with what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The card.
    pub card: CardId,
    /// The service point whose register holds it.
    pub point: DivisionCode,
    /// REGISTER sequence of the version that was looked at.
    pub sequence: u64,
    /// 0 to 1000.
    pub score: u16,
    /// What speaks for it, and what to look at.
    pub reasons: Reasons,
}

impl Ranked {
    /// The key of the total order: smaller comes first.
    pub fn order(&self) -> impl Ord + use<> {
        (Reverse(self.score), self.point, self.sequence)
    }
}

impl From<&Ranked> for wire::Candidate {
    fn from(ranked: &Ranked) -> Self {
        Self {
            card: ranked.card.to_string(),
            score: u32::from(ranked.score),
            reasons: ranked.reasons.iter().map(i32::from).collect(),
        }
    }
}

/// What one service point, or one desk, has for one vacancy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointRanking {
    /// The point.
    pub point: DivisionCode,
    /// How many of its cards fit.
    pub fitting: usize,
    /// The best of them, in the total order.
    pub best: Vec<Ranked>,
}

/// The best `most` cards of every service point that has one that fits, by
/// point code. `placed` tells whether a card is held or on the way, `said` what
/// events say of being proposed.
pub fn rank_points(
    register: &Register,
    demand: &Demand,
    now: OffsetDateTime,
    most: usize,
    placed: impl Fn(&CardId) -> bool,
    said: &HashMap<CardId, Said>,
) -> Vec<PointRanking> {
    register
        .points()
        .filter_map(|point| {
            let ranking = rank_point(register, point, demand, now, most, &placed, said);
            (ranking.fitting > 0).then_some(ranking)
        })
        .collect()
}

/// The best `most` cards of one service point.
pub fn rank_point(
    register: &Register,
    point: DivisionCode,
    demand: &Demand,
    now: OffsetDateTime,
    most: usize,
    placed: impl Fn(&CardId) -> bool,
    said: &HashMap<CardId, Said>,
) -> PointRanking {
    // Why: whether a card is placed is looked up last, and only for those who
    // fit otherwise, since it is the dearest of the conditions.
    let mut fits: Vec<(Reverse<u16>, u64, Reasons, &CardFacets)> = register
        .of_point(point)
        .filter_map(|card| {
            let fit = fit(card, demand, false, said.get(&card.card).copied()).ok()?;
            if placed(&card.card) {
                return None;
            }
            let (score, reasons) = score(card, demand, &fit, now);
            Some((Reverse(score), card.sequence, reasons, card))
        })
        .collect();
    let fitting = fits.len();
    let key = |entry: &(Reverse<u16>, u64, Reasons, &CardFacets)| (entry.0, entry.1);
    if most < fitting {
        fits.select_nth_unstable_by_key(most, key);
        fits.truncate(most);
    }
    fits.sort_unstable_by_key(key);
    let best = fits
        .into_iter()
        .map(|(Reverse(score), sequence, reasons, card)| Ranked {
            card: card.card.clone(),
            point,
            sequence,
            score,
            reasons,
        })
        .collect();
    PointRanking { point, fitting, best }
}

/// The rankings of points put together at the desks that act for them: a
/// township's holds its villages' people who have no desk of their own. Each
/// desk's best are in the total order; points without any desk are left out.
pub fn by_desk(
    rankings: Vec<PointRanking>,
    most: usize,
    desk_of: impl Fn(DivisionCode) -> Option<DivisionCode>,
) -> Vec<PointRanking> {
    let mut desks: BTreeMap<DivisionCode, PointRanking> = BTreeMap::new();
    for ranking in rankings {
        let Some(desk) = desk_of(ranking.point) else { continue };
        let empty = || PointRanking { point: desk, fitting: 0, best: Vec::new() };
        let all = desks.entry(desk).or_insert_with(empty);
        all.fitting += ranking.fitting;
        all.best.extend(ranking.best);
    }
    let mut rankings: Vec<PointRanking> = desks.into_values().collect();
    for ranking in &mut rankings {
        ranking.best.sort_by_key(Ranked::order);
        ranking.best.truncate(most);
    }
    rankings
}

/// Score and reasons of one card that fits.
pub fn score(card: &CardFacets, demand: &Demand, fit: &Fit, now: OffsetDateTime) -> (u16, Reasons) {
    let mut reasons = Reasons::default();
    let points = occupation_points(demand, fit, &mut reasons)
        + closeness_points(card.home, demand.place, &mut reasons)
        + wage_points(card.wage_expected_yuan, demand.pay_yuan, &mut reasons)
        + freshness_points(card.updated_at, now, &mut reasons);
    match fit.age {
        Age::Full => {}
        Age::Minor => reasons.add(match_reason::Value::Minor),
        Age::ToCheck => {
            reasons.add(match_reason::Value::AgeToCheck);
            reasons.add(match_reason::Value::Minor);
        }
    }
    (points, reasons)
}

fn occupation_points(demand: &Demand, fit: &Fit, reasons: &mut Reasons) -> u16 {
    if demand.trainable {
        reasons.add(match_reason::Value::Trainable);
    }
    if demand.level != SkillLevel::NONE {
        reasons.add(match_reason::Value::LevelMet);
    }
    let level = EACH_LEVEL * goodness(fit.level);
    match fit.exactness {
        Exactness::Same => {
            reasons.add(match_reason::Value::SameOccupation);
            SAME_OCCUPATION + level
        }
        Exactness::Related => {
            reasons.add(match_reason::Value::RelatedOccupation);
            RELATED_OCCUPATION + level
        }
        Exactness::Learns => 0,
    }
}

fn closeness_points(home: DivisionCode, place: DivisionCode, reasons: &mut Reasons) -> u16 {
    match home.closeness(place) {
        Closeness::SameVillage | Closeness::SameTownship => {
            reasons.add(match_reason::Value::SameTownship);
            SAME_TOWNSHIP
        }
        Closeness::SameCounty => {
            reasons.add(match_reason::Value::SameCounty);
            SAME_COUNTY
        }
        Closeness::SamePrefecture => {
            reasons.add(match_reason::Value::SameCity);
            SAME_CITY
        }
        Closeness::SameProvince => SAME_PROVINCE,
        Closeness::Elsewhere => 0,
    }
}

fn wage_points(expected: u32, offered: u32, reasons: &mut Reasons) -> u16 {
    reasons.add(match_reason::Value::WageMet);
    let above = u64::from(offered.saturating_sub(expected));
    let enough = u64::from(expected) * WAGE_ABOVE_PERCENT;
    let scaled = if above * 100 >= enough {
        u64::from(WAGE_ABOVE)
    } else {
        u64::from(WAGE_ABOVE) * above * 100 / enough
    };
    WAGE_MET + u16::try_from(scaled).unwrap_or(WAGE_ABOVE)
}

fn freshness_points(updated_at: OffsetDateTime, now: OffsetDateTime, reasons: &mut Reasons) -> u16 {
    let age = (now - updated_at).max(Duration::ZERO);
    if age <= Duration::days(FRESH_DAYS) {
        reasons.add(match_reason::Value::Fresh);
    }
    let left = (STALE_DAYS - age.whole_days()).clamp(0, STALE_DAYS - FRESH_DAYS);
    let points = i64::from(FRESH) * left / (STALE_DAYS - FRESH_DAYS);
    u16::try_from(points).unwrap_or_default()
}

#[cfg(test)]
mod tests;
