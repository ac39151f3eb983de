//! Promises taken back since fewer people are wanted: the latest first, of
//! those who have not got on.

use std::{cmp::Reverse, collections::BTreeMap};

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, DispatchId},
    subject::Entity,
    wire::{self, fact::Body, hold_end, placement_state::Value as State},
};

use super::{Context, vacancy, writable};
use crate::entity::{Dispatch, Vacancy};

/// Most promises that one command takes back. Why: each may stand on a group
/// of its own, and a transaction holds a thousand events.
const MOST: usize = 450;

/// What must happen so that no more than `headcount` seats are taken; and how
/// many people lose their promise.
///
/// # Errors
/// Too many are on the road already, or too many would have to be released.
pub(super) fn down_to(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    headcount: u32,
) -> Result<(Vec<(Entity, Body)>, u32), Refusal> {
    let surplus = vacancy.taken().saturating_sub(headcount);
    if surplus == 0 {
        return Ok((Vec::new(), 0));
    }
    let mut latest: Vec<(&CardId, &u64)> = vacancy.seats.iter().collect();
    latest.sort_unstable_by_key(|(_, order)| Reverse(**order));
    let waiting = latest.into_iter().filter_map(|(card, _)| not_on_board(cx, vacancy, card));
    let waiting: Vec<(&CardId, Option<&Dispatch>)> = waiting.collect();
    if waiting.len() < surplus as usize {
        let on_road = vacancy.taken() - u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        return Err(Refusal::new(Code::VacancyBelowCommitted).with("committed", on_road));
    }
    if surplus as usize > MOST {
        let refusal = Refusal::new(Code::VacancyReleaseTooMany).with("people", surplus);
        return Err(refusal.with("most", MOST));
    }
    let released = &waiting[..surplus as usize];
    Ok((events(vacancy, released, hold_end::Value::VacancyReduced), surplus))
}

/// Somebody who is only promised, with the group on whose manifest the
/// person stands.
pub(super) fn not_on_board<'a>(
    cx: &'a Context<'_>,
    vacancy: &Vacancy,
    card: &'a CardId,
) -> Option<(&'a CardId, Option<&'a Dispatch>)> {
    let placement = cx.placement(card, Code::CardNotFound).ok()?;
    if placement.state() != State::Held || placement.vacancy != vacancy.id {
        return None;
    }
    let Some(id) = &placement.dispatch else { return Some((card, None)) };
    let dispatch = writable(cx.draft.dispatch(id), Code::DispatchNotFound).ok()?;
    dispatch.manifest.contains_key(card).then_some((card, Some(dispatch)))
}

/// Their promises end for this reason; seats and places on groups are free.
pub(super) fn events(
    vacancy: &Vacancy,
    people: &[(&CardId, Option<&Dispatch>)],
    why: hold_end::Value,
) -> Vec<(Entity, Body)> {
    let mut events = Vec::with_capacity(people.len() + 2);
    let mut groups: BTreeMap<&DispatchId, (&Dispatch, Vec<String>)> = BTreeMap::new();
    for (card, dispatch) in people {
        let ended = Body::HoldEnded(wire::HoldEnded {
            card: card.to_string(),
            vacancy: vacancy.id.to_string(),
            why: why as i32,
        });
        events.push((Entity::Placement((*card).clone()), ended));
        if let Some(dispatch) = dispatch {
            groups.entry(&dispatch.id).or_insert((dispatch, Vec::new())).1.push(card.to_string());
        }
    }
    for (dispatch, cards) in groups.into_values() {
        let entity = Entity::Dispatch { to: dispatch.to, dispatch: dispatch.id.clone() };
        let moved = Body::DispatchPeopleMoved(wire::DispatchPeopleMoved {
            dispatch: dispatch.id.to_string(),
            cards,
            to: State::Released as i32,
        });
        events.push((entity, moved));
    }
    let cards = people.iter().map(|(card, _)| card.to_string()).collect();
    let freed = wire::SeatsFreed { vacancy: vacancy.id.to_string(), cards };
    events.push((vacancy::entity(vacancy), Body::SeatsFreed(freed)));
    events
}
