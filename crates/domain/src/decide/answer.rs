//! A point's answer. A commitment is one transaction: cards held, seats
//! taken, signal answered, together or not at all.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, SignalId},
    subject::Entity,
    wire::{
        self, answer_signal::Answer, data_class::Value as Class, decline_reason, fact::Body,
        party_kind::Value as Kind,
    },
};

use super::{Context, Decision, cards_at, signal, vacancy, writable};
use crate::{
    entity::{Placement, Vacancy, timestamp},
    matching::fit::{Demand, Fit, fit},
};

pub(super) fn answer(
    cx: &Context<'_>,
    id: &SignalId,
    answer: &Answer,
) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    if id.point != cx.speaker.party {
        // Why: whom else was asked is not for this speaker to learn.
        return Err(Code::SignalNotFound.into());
    }
    signal::open(cx, id)?;
    match answer {
        Answer::Commit(ask) => commit(cx, id, ask),
        Answer::Decline(ask) => decline(id, ask.reason),
    }
}

fn commit(
    cx: &Context<'_>,
    id: &SignalId,
    ask: &wire::answer_signal::Commit,
) -> Result<Decision, Refusal> {
    let vacancy = vacancy::open(cx, &id.vacancy)?;
    cx.agreement_for(&vacancy.enterprise, Class::Vacancies, None)?;
    let demand = demand(vacancy)?;
    let cards = cards_at("/commit/cards", &ask.cards)?;
    let asked = u32::try_from(cards.len()).unwrap_or(u32::MAX);
    if asked > vacancy.free_seats() {
        return Err(Refusal::new(Code::VacancyFull)
            .with("remaining", vacancy.free_seats())
            .with("asked", asked));
    }
    for (index, card) in cards.iter().enumerate() {
        may_promise(cx, id, &demand, card)
            .map_err(|refusal| refusal.at(format!("/commit/cards/{index}")))?;
    }
    let names: Vec<String> = cards.iter().map(ToString::to_string).collect();
    let mut events: Vec<(Entity, Body)> = cards
        .iter()
        .map(|card| {
            let held = Body::Held(wire::Held {
                card: card.to_string(),
                vacancy: id.vacancy.to_string(),
                point: id.point.to_string(),
                expires_at: Some(timestamp(cx.now + cx.terms.hold)),
                ..Default::default()
            });
            (Entity::Placement(card.clone()), held)
        })
        .collect();
    let taken = Body::SeatsTaken(wire::SeatsTaken {
        vacancy: id.vacancy.to_string(),
        point: id.point.to_string(),
        cards: names.clone(),
    });
    let answered = Body::SignalAnswered(wire::SignalAnswered {
        vacancy: id.vacancy.to_string(),
        point: id.point.to_string(),
        cards: names,
        complete: ask.complete,
        ..Default::default()
    });
    events.push((vacancy::entity(vacancy), taken));
    events.push((Entity::Signal(id.clone()), answered));
    Ok(Decision::of(id, events).under(&vacancy.agreement))
}

/// Whether this card may be promised to this vacancy now. Also those on the
/// signal's list are looked at anew: they may have changed since.
fn may_promise(
    cx: &Context<'_>,
    id: &SignalId,
    demand: &Demand,
    card: &CardId,
) -> Result<(), Refusal> {
    own_card(cx, id.point.as_str(), card)?;
    free(cx, card)?;
    suitable(cx, demand, card)
}

/// What the vacancy asks, prepared for many cards.
pub(super) fn demand(vacancy: &Vacancy) -> Result<Demand, Refusal> {
    Demand::of(&vacancy.terms).map_err(|why| Refusal::new(Code::CardUnfit).with("why", why.code()))
}

/// Whether a card fits what is asked.
pub(super) fn suitable(cx: &Context<'_>, demand: &Demand, card: &CardId) -> Result<(), Refusal> {
    fits(cx, demand, card).map(drop)
}

/// How a card fits what is asked.
pub(super) fn fits(cx: &Context<'_>, demand: &Demand, card: &CardId) -> Result<Fit, Refusal> {
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    if facets.read_only {
        return Err(Code::NewerSchema.into());
    }
    fit(facets, demand, false).map_err(|why| Refusal::new(Code::CardUnfit).with("why", why.code()))
}

/// Whether the card stands in the register of `point`.
pub(super) fn own_card(cx: &Context<'_>, point: &str, card: &CardId) -> Result<(), Refusal> {
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    if facets.point.to_string() == point { Ok(()) } else { Err(Code::CardNotFound.into()) }
}

/// Whether the person is promised to nobody.
pub(super) fn free(cx: &Context<'_>, card: &CardId) -> Result<(), Refusal> {
    let Some(entry) = cx.draft.placement(card) else { return Ok(()) };
    let placement = writable(Some(entry), Code::CardNotFound)?;
    if Placement::is_bound(placement) { Err(Code::CardHeld.into()) } else { Ok(()) }
}

fn decline(id: &SignalId, reason: i32) -> Result<Decision, Refusal> {
    if reason == decline_reason::Value::Unspecified as i32
        || decline_reason::Value::try_from(reason).is_err()
    {
        return Err(Refusal::new(Code::FieldRequired).at("/decline/reason"));
    }
    let event = Body::SignalDeclined(wire::SignalDeclined {
        vacancy: id.vacancy.to_string(),
        point: id.point.to_string(),
        reason,
        ..Default::default()
    });
    Ok(Decision::of(id, vec![(Entity::Signal(id.clone()), event)]))
}
