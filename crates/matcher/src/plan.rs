//! One vacancy's next signals, from the live view.

use std::collections::{HashMap, HashSet};

use gongqiao_access::Live;
use gongqiao_contract::{
    codes::DivisionCode,
    id::{CardId, VacancyId},
    wire::{Candidate, raise_signals},
};
use gongqiao_domain::{
    City, Register, consent,
    entity::{Signal, SignalState, timestamp},
    matching::{
        fit::{Demand, Said, fit},
        quota::{Ask, History, LAST_RING, MOST_NAMES, PlanInput, PointSupply, Rings, plan},
        rank::{by_desk, rank_points},
    },
};
use time::OffsetDateTime;

use crate::Respond;

/// What the vacancy needs and who was asked, taken out of the city so that
/// ranking does not hold it.
struct Need {
    demand: Demand,
    urgent: bool,
    free_seats: u32,
    /// People whom open signals may still be expected to bring.
    expected: u32,
    /// Those who wait for a seat and are promised to nobody.
    standby: Vec<CardId>,
    max_ring: u8,
    asked: HashSet<DivisionCode>,
    histories: HashMap<DivisionCode, History>,
    placed: HashSet<CardId>,
    /// What events say of being proposed.
    said: HashMap<CardId, Said>,
    /// Points that gave all they were asked for, and may have more.
    generous: HashSet<DivisionCode>,
    /// What each point has committed already: a new quota comes on top.
    committed: HashMap<DivisionCode, u32>,
    /// The desk that acts for each point of the register.
    desks: HashMap<DivisionCode, DivisionCode>,
}

impl Need {
    /// Seats for which somebody must be asked: not those that are for whoever
    /// waits already.
    fn deficit(&self, register: &Register) -> u32 {
        let fits = |card: &&CardId| {
            let said = self.said.get(*card).copied();
            register.get(card).is_some_and(|facets| fit(facets, &self.demand, false, said).is_ok())
        };
        let waiting = self.standby.iter().filter(fits).count();
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        self.free_seats.saturating_sub(waiting).saturating_sub(self.expected)
    }
}

/// The signals to raise now; none if what is under way should do.
pub(crate) fn asks(
    live: &Live,
    vacancy: &VacancyId,
    now: OffsetDateTime,
    respond: Respond,
) -> Vec<raise_signals::Ask> {
    let need = {
        let city = live.city();
        need(&city, &live.register(), vacancy, now)
    };
    let Some(need) = need else { return Vec::new() };
    let (deficit, rankings) = {
        let register = live.register();
        let deficit = need.deficit(&register);
        if deficit == 0 {
            return Vec::new();
        }
        let placed = |card: &CardId| need.placed.contains(card);
        (deficit, rank_points(&register, &need.demand, now, MOST_NAMES, placed, &need.said))
    };
    let rankings = by_desk(rankings, MOST_NAMES, |point| need.desks.get(&point).copied());
    let points: Vec<PointSupply<'_>> = rankings
        .iter()
        .map(|ranking| PointSupply {
            ranking,
            history: need.histories.get(&ranking.point).copied().unwrap_or_default(),
        })
        .collect();
    let rings = Rings::around(need.demand.place, need.demand.park);
    let mut input = PlanInput {
        deficit,
        rings: &rings,
        max_ring: need.max_ring,
        points: &points,
        asked: &need.asked,
    };
    let mut planned = plan(&input);
    // Why: a ring that can't fill the need on paper is not waited for.
    while planned.is_short() && input.max_ring < LAST_RING {
        input.max_ring += 1;
        planned = plan(&input);
    }
    // Why: nobody new is left to ask; those who gave all they were asked for
    // are asked for more.
    if planned.is_short() {
        let asked = need.asked.difference(&need.generous).copied().collect();
        let again = PlanInput { asked: &asked, max_ring: LAST_RING, ..input };
        planned = plan(&again);
    }
    let by = respond.by(need.urgent, now);
    planned.asks.iter().map(|ask| to_wire(ask, &need.committed, by)).collect()
}

fn need(city: &City, register: &Register, id: &VacancyId, now: OffsetDateTime) -> Option<Need> {
    let vacancy = city.vacancy(id).filter(|vacancy| vacancy.wants_people())?;
    let demand = Demand::of(&vacancy.terms)
        .inspect_err(|e| tracing::error!(code = e.code(), vacancy = %id, "matcher.demand"))
        .ok()?;
    let signals: Vec<&Signal> = city
        .index
        .signals_for
        .get(id)
        .into_iter()
        .flatten()
        .filter_map(|signal| city.signal(signal))
        .collect();
    let history =
        |signal: &Signal| city.histories.get(&signal.id.point).copied().unwrap_or_default();
    let expected_milli: u64 = signals
        .iter()
        .filter(|signal| signal.is_open())
        .map(|signal| still_expected(signal, history(signal)))
        .sum();
    let expected = u32::try_from(expected_milli / 1000).unwrap_or(u32::MAX);
    let escalated = signals.iter().filter(|s| s.state == SignalState::Escalated);
    let farthest = escalated.map(|s| u8::try_from(s.ring).unwrap_or(LAST_RING) + 1).max();
    let waiting = vacancy.standby.iter().filter_map(|one| one.card.parse().ok());
    let is_bound = |card: &CardId| city.placement(card).is_some_and(|p| p.is_bound());
    Some(Need {
        urgent: vacancy.terms.urgent,
        free_seats: vacancy.free_seats(),
        expected,
        standby: waiting.clone().filter(|card| !is_bound(card)).collect(),
        max_ring: farthest.unwrap_or(0).min(LAST_RING),
        // Why: a recalled point was not asked in vain, and may be asked again.
        asked: signals
            .iter()
            .filter(|s| s.state != SignalState::Recalled)
            .filter_map(|s| s.id.point.as_str().parse().ok())
            .collect(),
        generous: signals
            .iter()
            .filter(|s| s.state == SignalState::Answered && s.missing() == 0)
            .filter_map(|s| s.id.point.as_str().parse().ok())
            .collect(),
        committed: signals
            .iter()
            .filter_map(|s| Some((s.id.point.as_str().parse().ok()?, s.committed)))
            .collect(),
        histories: city
            .histories
            .iter()
            .filter_map(|(point, history)| Some((point.as_str().parse().ok()?, *history)))
            .collect(),
        placed: city
            .entities
            .workers
            .iter()
            // Why: whoever was on this vacancy before and is no longer has had
            // the chance.
            .filter(|(_, p)| {
                let placement = p.value.as_ref().and_then(|worker| worker.placement.as_ref());
                p.read_only || placement.is_some_and(|p| p.is_bound() || p.vacancy == *id)
            })
            .map(|(card, _)| card.clone())
            // Why: whoever waits for a seat has been asked.
            .chain(waiting)
            .collect(),
        said: said(city, register, now),
        desks: register.points().filter_map(|point| Some((point, city.desk_of(point)?))).collect(),
        demand,
    })
}

/// What events say of being proposed, of everybody of whom they say anything.
fn said(city: &City, register: &Register, now: OffsetDateTime) -> HashMap<CardId, Said> {
    let spoken = city.index.spoken.iter().filter_map(|card| {
        Some((card.clone(), consent::said(register.get(card)?, city.standing(card), now)?))
    });
    spoken.collect()
}

/// People that an open signal may still be expected to bring, in thousandths:
/// what was expected of it as a whole, less what it has brought.
fn still_expected(signal: &Signal, history: History) -> u64 {
    let whole =
        (signal.candidates.len() as u64 * history.rate_milli()).min(u64::from(signal.quota) * 1000);
    whole.saturating_sub(u64::from(signal.committed) * 1000)
}

fn to_wire(
    ask: &Ask,
    committed: &HashMap<DivisionCode, u32>,
    respond_by: OffsetDateTime,
) -> raise_signals::Ask {
    raise_signals::Ask {
        point: ask.point.to_string(),
        quota: ask.quota + committed.get(&ask.point).copied().unwrap_or(0),
        ring: u32::from(ask.ring),
        candidates: ask.candidates.iter().map(Candidate::from).collect(),
        respond_by: Some(timestamp(respond_by)),
    }
}
