//! A point's answer. A commitment is one transaction: cards held, seats
//! taken, signal answered, together or not at all.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, SignalId},
    subject::Entity,
    wire::{self, answer_signal::Answer, decline_reason, fact::Body, party_kind::Value as Kind},
};

use super::{Context, Decision, cards_at, signal, vacancy, writable};
use crate::{
    entity::{Placement, Signal, Vacancy, timestamp},
    matching::fit::{Demand, fit},
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
    let signal = signal::open(cx, id)?;
    match answer {
        Answer::Commit(ask) => commit(cx, id, signal, ask),
        Answer::Decline(ask) => decline(id, ask.reason),
    }
}

fn commit(
    cx: &Context<'_>,
    id: &SignalId,
    signal: &Signal,
    ask: &wire::answer_signal::Commit,
) -> Result<Decision, Refusal> {
    let vacancy = vacancy::open(cx, &id.vacancy)?;
    let cards = cards_at("/commit/cards", &ask.cards)?;
    let asked = u32::try_from(cards.len()).unwrap_or(u32::MAX);
    if asked > vacancy.free_seats() {
        return Err(Refusal::new(Code::VacancyFull)
            .with("remaining", vacancy.free_seats())
            .with("asked", asked));
    }
    for (index, card) in cards.iter().enumerate() {
        may_promise(cx, id, signal, vacancy, card)
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
                dispatch: String::new(),
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
    });
    events.push((vacancy::entity(vacancy), taken));
    events.push((Entity::Signal(id.clone()), answered));
    Ok(Decision::of(id, events).under(&vacancy.agreement))
}

/// Whether this card may be promised to this vacancy now.
fn may_promise(
    cx: &Context<'_>,
    id: &SignalId,
    signal: &Signal,
    vacancy: &Vacancy,
    card: &CardId,
) -> Result<(), Refusal> {
    own_card(cx, id.point.as_str(), card)?;
    free(cx, card)?;
    // Why: those on the list were found fit when it was made; the age is
    // looked at again by whoever can open the date of birth.
    if signal.candidates.iter().any(|c| c.card == card.as_str()) {
        return Ok(());
    }
    suitable(cx, vacancy, card)
}

/// Whether a card that nobody proposed fits the vacancy all the same.
pub(super) fn suitable(cx: &Context<'_>, vacancy: &Vacancy, card: &CardId) -> Result<(), Refusal> {
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    let unfit = |why: &str| Refusal::new(Code::CardUnfit).with("why", why);
    let demand = Demand::of(&vacancy.terms).map_err(|why| unfit(why.code()))?;
    fit(facets, &demand, false).map(drop).map_err(|why| unfit(why.code()))
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
    });
    Ok(Decision::of(id, vec![(Entity::Signal(id.clone()), event)]))
}
