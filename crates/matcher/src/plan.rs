//! One vacancy's next signals, from the live view.

use std::collections::{HashMap, HashSet};

use gongqiao_access::Live;
use gongqiao_contract::{
    codes::DivisionCode,
    id::{CardId, VacancyId},
    wire::{Candidate, party_kind, raise_signals},
};
use gongqiao_domain::{
    City,
    entity::{Signal, SignalState, timestamp},
    matching::{
        fit::Demand,
        quota::{Ask, History, LAST_RING, MOST_NAMES, PlanInput, PointSupply, Rings, plan},
        rank::rank_points,
    },
};
use time::{Duration, OffsetDateTime};

/// What the vacancy needs and who was asked, taken out of the city so that
/// ranking does not hold it.
struct Need {
    demand: Demand,
    deficit: u32,
    max_ring: u8,
    asked: HashSet<DivisionCode>,
    histories: HashMap<DivisionCode, History>,
    placed: HashSet<CardId>,
    /// Points that gave all they were asked for, and may have more.
    generous: HashSet<DivisionCode>,
    /// What each point has committed already: a new quota comes on top.
    committed: HashMap<DivisionCode, u32>,
    active: HashSet<DivisionCode>,
}

/// The signals to raise now; none if what is under way should do.
pub(crate) fn asks(
    live: &Live,
    vacancy: &VacancyId,
    now: OffsetDateTime,
    respond: Duration,
) -> Vec<raise_signals::Ask> {
    let Some(need) = need(&live.city(), vacancy) else { return Vec::new() };
    if need.deficit == 0 {
        return Vec::new();
    }
    let rankings = {
        let register = live.register();
        let placed = |card: &CardId| need.placed.contains(card);
        rank_points(&register, &need.demand, now, MOST_NAMES, placed)
    };
    let points: Vec<PointSupply<'_>> = rankings
        .iter()
        .filter(|ranking| need.active.contains(&ranking.point))
        .map(|ranking| PointSupply {
            ranking,
            history: need.histories.get(&ranking.point).copied().unwrap_or_default(),
        })
        .collect();
    let rings = Rings::around(need.demand.place, need.demand.park);
    let mut input = PlanInput {
        deficit: need.deficit,
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
    planned.asks.iter().map(|ask| to_wire(ask, &need.committed, now + respond)).collect()
}

fn need(city: &City, id: &VacancyId) -> Option<Need> {
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
    let points = city.entities.parties.values().filter_map(|p| p.value.as_ref());
    Some(Need {
        deficit: vacancy.free_seats().saturating_sub(expected),
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
            .placements
            .iter()
            // Why: whoever was on this vacancy before and is no longer has had
            // the chance.
            .filter(|(_, p)| {
                let placement = p.value.as_ref();
                p.read_only || placement.is_some_and(|p| p.is_bound() || p.vacancy == *id)
            })
            .map(|(card, _)| card.clone())
            .collect(),
        active: points
            .filter(|p| !p.revoked && p.kind() == party_kind::Value::ServicePoint)
            .filter_map(|p| p.id.as_str().parse().ok())
            .collect(),
        demand,
    })
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
