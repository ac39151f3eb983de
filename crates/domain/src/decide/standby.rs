//! Who waits for a seat (候补): the best first, each gets one when it becomes
//! free.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId, SignalId, VacancyId},
    subject::Entity,
    wire::{self, data_class::Value as Class, fact::Body, standby_end},
};

use super::{Context, Decision, MAX_CARDS, answer, vacancy, writable};
use crate::{
    entity::{Vacancy, VacancyState},
    matching::fit::{Age, Demand},
};

/// Most people who are told at once that they no longer wait.
const MOST_LEAVING: usize = 5_000;

/// Gives free seats to those who wait; whoever can't take one any more, and
/// whose turn it is, no longer waits. For a vacancy that is over nobody does.
pub(super) fn promote(cx: &Context<'_>, id: &VacancyId) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let vacancy = writable(cx.draft.vacancy(id), Code::VacancyNotFound)?;
    if vacancy.standby.is_empty() {
        return Err(Code::CardNotFound.into());
    }
    if vacancy.state != VacancyState::Open {
        let waiting = vacancy.standby.iter().take(MOST_LEAVING);
        let cards = waiting.map(|one| one.card.clone()).collect();
        let over = left(vacancy, cards, standby_end::Value::VacancyOver);
        return Ok(Decision::of(id, vec![over]));
    }
    cx.still_covered(vacancy, Class::Vacancies)?;
    let seats = vacancy.free_seats();
    if seats == 0 {
        return Err(Refusal::new(Code::VacancyFull).with("remaining", 0).with("asked", 1));
    }
    let (promoted, unfit) = called_up(cx, vacancy, seats as usize)?;
    let mut events = answer::seated(cx, vacancy, &promoted)?;
    let names: Vec<String> = promoted.iter().map(|one| one.card.clone()).collect();
    for (cards, why) in [(names, standby_end::Value::Promoted), (unfit, standby_end::Value::Unfit)]
    {
        if !cards.is_empty() {
            events.push(left(vacancy, cards, why));
        }
    }
    events.extend(answered(cx, id, &promoted));
    let committed = u32::try_from(promoted.len()).unwrap_or(u32::MAX);
    let told = wire::Told { committed, ..Default::default() };
    Ok(Decision::of(id, events).telling(told).under(&vacancy.agreement))
}

/// As many of those who wait as there are seats, the best first; and the
/// cards of those before them who can't take one.
fn called_up(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    seats: usize,
) -> Result<(Vec<wire::Standby>, Vec<String>), Refusal> {
    let demand = answer::demand(vacancy)?;
    let (mut promoted, mut unfit) = (Vec::new(), Vec::new());
    for one in vacancy.standby_ranked() {
        if promoted.len() == seats.min(MAX_CARDS) || unfit.len() == MOST_LEAVING {
            break;
        }
        match may_take_seat(cx, &demand, one) {
            Some(age) => {
                promoted.push(wire::Standby { minor: age == Age::Minor, ..one.clone() });
            }
            None => unfit.push(one.card.clone()),
        }
    }
    Ok((promoted, unfit))
}

/// Each point is told on its signal which of its people got a seat.
fn answered(cx: &Context<'_>, id: &VacancyId, promoted: &[wire::Standby]) -> Vec<(Entity, Body)> {
    let mut of_points: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in promoted {
        of_points.entry(&one.point).or_default().push(one.card.clone());
    }
    let of_point = |(point, cards): (&str, Vec<String>)| {
        let point: PartyId = point.parse().ok()?;
        let signal = SignalId { point, vacancy: id.clone() };
        let known = writable(cx.draft.signal(&signal), Code::SignalNotFound).ok()?;
        let answered = Body::SignalAnswered(wire::SignalAnswered {
            vacancy: id.to_string(),
            point: signal.point.to_string(),
            cards,
            complete: false,
            desk: known.other_desk(),
            standby: Vec::new(),
        });
        Some((Entity::Signal(signal), answered))
    };
    of_points.into_iter().filter_map(of_point).collect()
}

/// Seats for those who come now: free ones, less those for whoever waits.
pub(super) fn seats_left(cx: &Context<'_>, vacancy: &Vacancy, demand: &Demand) -> usize {
    let free = vacancy.free_seats() as usize;
    if free == 0 {
        return 0;
    }
    let ready = vacancy.standby.iter().filter(|one| may_take_seat(cx, demand, one).is_some());
    free - ready.take(free).count()
}

/// The age of somebody who waits, if still free and fitting.
fn may_take_seat(cx: &Context<'_>, demand: &Demand, one: &wire::Standby) -> Option<Age> {
    let card: CardId = one.card.parse().ok()?;
    answer::free(cx, &card).ok()?;
    match answer::fits(cx, demand, &card) {
        Ok(fit) => Some(fit.age),
        Err(_) => None,
    }
}

/// Somebody takes a seat otherwise than by a turn on the list, as a substitute
/// or at the coach door, and no longer waits for one.
pub(super) fn seated(vacancy: &Vacancy, card: &CardId) -> Option<(Entity, Body)> {
    let promoted = || left(vacancy, vec![card.to_string()], standby_end::Value::Promoted);
    vacancy.on_standby(card).then(promoted)
}

/// These people no longer wait.
pub(super) fn left(
    vacancy: &Vacancy,
    cards: Vec<String>,
    why: standby_end::Value,
) -> (Entity, Body) {
    let left = wire::StandbyLeft { vacancy: vacancy.id.to_string(), cards, why: why as i32 };
    (vacancy::entity(vacancy), Body::StandbyLeft(left))
}
