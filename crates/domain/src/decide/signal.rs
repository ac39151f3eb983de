//! What our own services do with signals and holds.

use std::collections::{BTreeSet, HashSet};

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId, SignalId, VacancyId},
    subject::Entity,
    wire::{
        self, data_class::Value as Class, fact::Body, hold_end, party_kind,
        placement_state::Value as State,
    },
};

use super::{Context, Decision, MAX_CARDS, serves_division, vacancy, writable};
use crate::entity::{Signal, VacancyState, instant};

/// Most points that one command may ask: each candidate list is long.
const MAX_ASKS: usize = 100;

pub(super) fn raise(
    cx: &Context<'_>,
    id: &VacancyId,
    ask: &wire::RaiseSignals,
) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let vacancy = vacancy::open(cx, id)?;
    cx.still_covered(vacancy, Class::Vacancies)?;
    let mut seen = HashSet::with_capacity(ask.asks.len());
    if ask.asks.is_empty() || ask.asks.len() > MAX_ASKS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 1).with("max", MAX_ASKS);
        return Err(refusal.at("/asks"));
    }
    let mut events = Vec::with_capacity(ask.asks.len());
    for (index, one) in ask.asks.iter().enumerate() {
        let at = |field: &str| format!("/asks/{index}/{field}");
        let point: PartyId =
            one.point.parse().map_err(|_| Refusal::new(Code::PartyNotFound).at(at("point")))?;
        let party = writable(cx.draft.party(&point), Code::PartyNotFound)?;
        if party.kind() != party_kind::Value::ServicePoint || party.revoked {
            return Err(Refusal::new(Code::PartyNotFound).at(at("point")));
        }
        if !seen.insert(point.clone()) {
            let why = "the same point twice";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).at(at("point")));
        }
        let signal = SignalId { point: point.clone(), vacancy: vacancy.id.clone() };
        if let Some(earlier) = cx.draft.signal(&signal) {
            let earlier = writable(Some(earlier), Code::SignalNotFound)?;
            if earlier.is_open() || one.quota <= earlier.committed {
                let refusal =
                    Refusal::new(Code::SignalNotOpen).with("state", earlier.state.as_str());
                return Err(refusal.at(at("point")));
            }
        }
        if one.respond_by.as_ref().is_none_or(|by| instant(by) <= cx.now) {
            return Err(Refusal::new(Code::FieldRequired).at(at("respondBy")));
        }
        if one.quota == 0 {
            return Err(Refusal::new(Code::FieldRequired).at(at("quota")));
        }
        only_its_own(cx, &point, one).map_err(|r| r.at(at("candidates")))?;
        let event = Body::SignalRaised(wire::SignalRaised {
            vacancy: id.to_string(),
            point: one.point.clone(),
            quota: one.quota,
            ring: one.ring,
            candidates: one.candidates.clone(),
            respond_by: one.respond_by,
        });
        events.push((Entity::Signal(signal), event));
    }
    Ok(Decision::of(id, events))
}

/// Each signal shows a point only people whom its desk serves.
fn only_its_own(
    cx: &Context<'_>,
    point: &PartyId,
    ask: &wire::raise_signals::Ask,
) -> Result<(), Refusal> {
    for candidate in &ask.candidates {
        let card: CardId = candidate.card.parse().map_err(|_| Refusal::new(Code::CardNotFound))?;
        let facets = cx.register.get(&card).ok_or(Refusal::new(Code::CardNotFound))?;
        if !serves_division(point, facets.point) {
            return Err(Code::CardNotFound.into());
        }
    }
    Ok(())
}

/// Escalates those of the points' signals whose time is up, together: so that
/// whoever plans for what is missing sees all of it at once.
pub(super) fn escalate(
    cx: &Context<'_>,
    id: &VacancyId,
    points: &[PartyId],
) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let due = open_at(cx, id, points).filter(|signal| signal.respond_by <= cx.now);
    let events = due.map(|signal| {
        let event = Body::SignalEscalated(wire::SignalEscalated {
            vacancy: id.to_string(),
            point: signal.id.point.to_string(),
            missing: signal.missing(),
        });
        (Entity::Signal(signal.id.clone()), event)
    });
    some(id, events.collect())
}

pub(super) fn recall(
    cx: &Context<'_>,
    id: &VacancyId,
    points: &[PartyId],
) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let vacancy = writable(cx.draft.vacancy(id), Code::VacancyNotFound)?;
    if vacancy.wants_people() && cx.still_covered(vacancy, Class::Vacancies).is_ok() {
        return Err(Refusal::new(Code::VacancyNotOpen).with("state", "short of people"));
    }
    let events = open_at(cx, id, points).map(|signal| {
        let event = Body::SignalRecalled(wire::SignalRecalled {
            vacancy: id.to_string(),
            point: signal.id.point.to_string(),
        });
        (Entity::Signal(signal.id.clone()), event)
    });
    some(id, events.collect())
}

/// The open signals of one vacancy at these points.
fn open_at<'a>(
    cx: &'a Context<'_>,
    id: &'a VacancyId,
    points: &'a [PartyId],
) -> impl Iterator<Item = &'a Signal> {
    let distinct: BTreeSet<&PartyId> = points.iter().collect();
    let named =
        distinct.into_iter().map(|point| SignalId { point: point.clone(), vacancy: id.clone() });
    named.filter_map(|id| open(cx, &id).ok())
}

/// A decision, unless nothing is left to do.
fn some(id: &VacancyId, events: Vec<(Entity, Body)>) -> Result<Decision, Refusal> {
    if events.is_empty() { Err(Code::SignalNotFound.into()) } else { Ok(Decision::of(id, events)) }
}

pub(super) fn end_holds(
    cx: &Context<'_>,
    id: &VacancyId,
    cards: &[CardId],
    why: hold_end::Value,
) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let vacancy = writable(cx.draft.vacancy(id), Code::VacancyNotFound)?;
    let over = vacancy.state != VacancyState::Open;
    let mut events = Vec::new();
    let mut freed = Vec::new();
    let mut seen = HashSet::with_capacity(cards.len());
    for card in cards.iter().take(MAX_CARDS).filter(|card| seen.insert(*card)) {
        // Why: one that can't be written must not keep the others held.
        let Ok(placement) = cx.placement(card, Code::CardNotFound) else {
            continue;
        };
        let held = placement.state() == State::Held
            && placement.vacancy == *id
            && placement.dispatch.is_none();
        let due = placement.expires_at.is_some_and(|at| at <= cx.now);
        if !held || !(due || over) {
            continue;
        }
        let event = Body::HoldEnded(wire::HoldEnded {
            card: card.to_string(),
            vacancy: id.to_string(),
            why: why as i32,
        });
        events.push((Entity::Placement(card.clone()), event));
        freed.push(card.to_string());
    }
    if freed.is_empty() {
        return Err(Refusal::new(Code::CardNotFound));
    }
    let seats = Body::SeatsFreed(wire::SeatsFreed { vacancy: id.to_string(), cards: freed });
    events.push((vacancy::entity(vacancy), seats));
    Ok(Decision::of(id, events))
}

/// The signal, if an answer to it is still taken.
pub(super) fn open<'a>(cx: &'a Context<'_>, id: &SignalId) -> Result<&'a Signal, Refusal> {
    let signal = writable(cx.draft.signal(id), Code::SignalNotFound)?;
    if signal.is_open() {
        Ok(signal)
    } else {
        Err(Refusal::new(Code::SignalNotOpen).with("state", signal.state.as_str()))
    }
}
