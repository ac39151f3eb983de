//! Corrections (更正): what was recorded about people was wrong. For ten
//! minutes the party that recorded it corrects it alone; later, or when the
//! other side asks, the other side must agree first.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId, PartyId},
    subject::Entity,
    wire::{
        self, correction_reason::Value as Reason, dispatch_state::Value as Group, fact::Body,
        placement_state::Value as Person, record_dispatch_event::Correct,
    },
};

use super::{Context, Decision, cards_at, serves, vacancy, writable};
use crate::entity::{
    Case, Dispatch, Placement, VacancyState, dispatch_state_name, placement_state_name, timestamp,
};

/// How long whoever recorded a step corrects it alone: long enough to notice a
/// misclick, too short for anybody to have built on it.
const FREE: time::Duration = time::Duration::minutes(10);

type Events = Vec<(Entity, Body)>;

/// What is asked for, parsed.
struct Wish {
    cards: Vec<CardId>,
    to: Person,
    reason: Reason,
}

/// One person's record, and the steps that should stand in it.
struct Change<'a> {
    card: &'a CardId,
    placement: &'a Placement,
    path: Vec<Person>,
}

pub(super) fn correct(
    cx: &Context<'_>,
    dispatch: &Dispatch,
    ask: &Correct,
) -> Result<Decision, Refusal> {
    let wish = wish(ask)?;
    let changes = changes(cx, dispatch, &wish)?;
    let speaker = &cx.speaker.party;
    let own = |change: &Change<'_>| {
        change.placement.by.as_ref() == Some(speaker) && cx.now - change.placement.since <= FREE
    };
    let corrected = corrected(cx, dispatch, &wish, &changes, &Source::of(speaker))?;
    if changes.iter().all(own) {
        return Ok(Decision::of(&dispatch.id, corrected).under(&dispatch.agreement));
    }
    let counterparty = counterparty(cx, dispatch, &wish.cards)?;
    for card in &wish.cards {
        if let Some(case) = asked_already(cx, card) {
            return Err(Refusal::new(Code::CorrectionAsked).with("case", case));
        }
    }
    let case = CaseId::from_uuid(cx.fresh);
    let requested = Body::CorrectionRequested(wire::CorrectionRequested {
        case: case.to_string(),
        dispatch: dispatch.id.to_string(),
        vacancy: dispatch.vacancy.to_string(),
        cards: ask.cards.clone(),
        to: ask.to,
        reason: ask.reason,
        by: speaker.to_string(),
        counterparty: counterparty.to_string(),
    });
    let told = wire::Told { waits_for: case.to_string(), ..Default::default() };
    let events = vec![(Entity::Case(case), requested)];
    Ok(Decision::of(&dispatch.id, events).under(&dispatch.agreement).telling(told))
}

/// The other side has answered: if it agrees, what was asked for happens, as
/// far as it still can.
pub(super) fn answered(
    cx: &Context<'_>,
    case: &Case,
    ask: &wire::CorrectionRequested,
    agreed: bool,
) -> Result<Events, Refusal> {
    let answered = wire::CorrectionAnswered { case: case.id.to_string(), agreed };
    let mut events = vec![(Entity::Case(case.id.clone()), Body::CorrectionAnswered(answered))];
    if !agreed {
        return Ok(events);
    }
    let missing = |_| Refusal::new(Code::DispatchNotFound);
    let dispatch = ask.dispatch.parse().map_err(missing)?;
    let dispatch = writable(cx.draft.dispatch(&dispatch), Code::DispatchNotFound)?;
    let wish = wish(&Correct { cards: ask.cards.clone(), to: ask.to, reason: ask.reason })?;
    let changes = changes(cx, dispatch, &wish)?;
    let by = ask.by.parse().map_err(|_| Refusal::new(Code::PartyNotFound))?;
    let source = Source { case: Some(&case.id), by: &by };
    events.extend(corrected(cx, dispatch, &wish, &changes, &source)?);
    Ok(events)
}

fn wish(ask: &Correct) -> Result<Wish, Refusal> {
    let cards = cards_at("/correct/cards", &ask.cards)?;
    let required = |pointer: &str| Refusal::new(Code::FieldRequired).at(pointer);
    let to = Person::try_from(ask.to).unwrap_or_default();
    let reason = Reason::try_from(ask.reason).unwrap_or_default();
    if to == Person::Unspecified {
        return Err(required("/correct/to"));
    }
    if reason == Reason::Unspecified {
        return Err(required("/correct/reason"));
    }
    Ok(Wish { cards, to, reason })
}

/// What changes for each person, if all of it can.
fn changes<'a>(
    cx: &'a Context<'_>,
    dispatch: &Dispatch,
    wish: &'a Wish,
) -> Result<Vec<Change<'a>>, Refusal> {
    let change = |(index, card): (usize, &'a CardId)| {
        let at = |refusal: Refusal| refusal.at(format!("/correct/cards/{index}"));
        let placement = record(cx, dispatch, card).map_err(at)?;
        if placement.state() == wish.to {
            let refusal = Refusal::new(Code::CorrectionNothing);
            return Err(at(refusal.with("to", placement_state_name(wish.to))));
        }
        let path: Vec<Person> = placement.path().collect();
        let path = way_to(dispatch, &path, wish.to).ok_or_else(|| {
            Refusal::new(Code::CorrectionTarget)
                .with("group", dispatch_state_name(dispatch.state()))
                .with("to", placement_state_name(wish.to))
                .at("/correct/to")
        })?;
        Ok(Change { card, placement, path })
    };
    wish.cards.iter().enumerate().map(change).collect()
}

/// The person's record with this group, if it can be corrected at all.
fn record<'a>(
    cx: &'a Context<'_>,
    dispatch: &Dispatch,
    card: &CardId,
) -> Result<&'a Placement, Refusal> {
    if !dispatch.manifest.contains_key(card) {
        return Err(Code::CardNotFound.into());
    }
    let placement = cx.placement(card, Code::CardNotFound)?;
    // Why: also a promise that has ended since has left nothing of this record.
    if placement.vacancy != dispatch.vacancy || placement.dispatch.as_ref() != Some(&dispatch.id) {
        return Err(Code::CorrectionElsewhere.into());
    }
    match placement.state() {
        Person::Released => Err(Code::CorrectionReleased.into()),
        Person::Substituted => Err(Code::CorrectionSubstituted.into()),
        _ => Ok(placement),
    }
}

/// The steps after the hold by which somebody of this group comes to `to`, or
/// none where the group's own way leaves none. `path` is what stands now.
fn way_to(dispatch: &Dispatch, path: &[Person], to: Person) -> Option<Vec<Person>> {
    use Person as P;
    let group = dispatch.state();
    let (left, arrived) = (dispatch.departed_at.is_some(), dispatch.arrived_at.is_some());
    let received = matches!(group, Group::Arrived | Group::Closed);
    let setting_out = matches!(group, Group::Opened | Group::Accepted);
    let (possible, way): (bool, &[P]) = match to {
        P::Held => (setting_out, &[]),
        P::Boarded => (matches!(group, Group::Accepted | Group::Departed), &[P::Boarded]),
        P::NoShow => (group != Group::Opened, &[P::NoShow]),
        P::Declined if path.contains(&P::Arrived) => {
            (arrived, &[P::Boarded, P::Arrived, P::Declined])
        }
        P::Declined => (true, &[P::Declined]),
        P::LeftEnRoute => (left, &[P::Boarded, P::LeftEnRoute]),
        P::Arrived => (group == Group::Arrived, &[P::Boarded, P::Arrived]),
        P::Onboarded => (received, &[P::Boarded, P::Arrived, P::Onboarded]),
        P::NotHired => (received, &[P::Boarded, P::Arrived, P::NotHired]),
        P::Ended => (received, &[P::Boarded, P::Arrived, P::Onboarded, P::Ended]),
        P::Transferred => (received, &[P::Boarded, P::Arrived, P::Onboarded, P::Transferred]),
        P::Returned if path.contains(&P::Onboarded) => {
            (arrived, &[P::Boarded, P::Arrived, P::Onboarded, P::Returned])
        }
        P::Returned if arrived => (true, &[P::Boarded, P::Arrived, P::Returned]),
        P::Returned => (left && group == Group::Cancelled, &[P::Boarded, P::Returned]),
        P::Unspecified | P::Released | P::Substituted => (false, &[]),
    };
    possible.then(|| way.to_vec())
}

/// On whose word a correction rests.
struct Source<'a> {
    by: &'a PartyId,
    case: Option<&'a CaseId>,
}

impl<'a> Source<'a> {
    fn of(by: &'a PartyId) -> Self {
        Self { by, case: None }
    }
}

/// The correction itself: each person's record, the seats, the group.
fn corrected(
    cx: &Context<'_>,
    dispatch: &Dispatch,
    wish: &Wish,
    changes: &[Change<'_>],
    source: &Source<'_>,
) -> Result<Events, Refusal> {
    let mut events = Vec::with_capacity(changes.len() + 3);
    let mut departed = 0;
    for change in changes {
        let corrected = placement_corrected(dispatch, wish, change, source);
        departed += corrected.departed;
        events.push((Entity::Placement(change.card.clone()), Body::PlacementCorrected(corrected)));
    }
    seats(cx, dispatch, wish, changes, &mut events)?;
    let group = wire::DispatchCorrected {
        dispatch: dispatch.id.to_string(),
        cards: wish.cards.iter().map(ToString::to_string).collect(),
        to: wish.to as i32,
        reason: wish.reason as i32,
        departed,
    };
    let entity = Entity::Dispatch { to: dispatch.to, dispatch: dispatch.id.clone() };
    events.push((entity, Body::DispatchCorrected(group)));
    Ok(events)
}

fn placement_corrected(
    dispatch: &Dispatch,
    wish: &Wish,
    change: &Change<'_>,
    source: &Source<'_>,
) -> wire::PlacementCorrected {
    let before: Vec<Person> = change.placement.path().collect();
    let after = &change.path;
    let kept = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let steps = |path: &[Person]| path[kept..].iter().map(|step| *step as i32).collect();
    let aboard = |path: &[Person]| i32::from(path.first() == Some(&Person::Boarded));
    let moved = if dispatch.departed_at.is_some() { aboard(after) - aboard(&before) } else { 0 };
    wire::PlacementCorrected {
        card: change.card.to_string(),
        vacancy: dispatch.vacancy.to_string(),
        dispatch: dispatch.id.to_string(),
        from: change.placement.state() as i32,
        to: wish.to as i32,
        reason: wish.reason as i32,
        undone: steps(&before),
        done: steps(after),
        departed: moved,
        recorded_at: Some(timestamp(change.placement.recorded_at)),
        case: source.case.map(ToString::to_string).unwrap_or_default(),
        by: source.by.to_string(),
    }
}

/// Takes the seats of those who have one after all, and gives back those of
/// people who have none.
fn seats(
    cx: &Context<'_>,
    dispatch: &Dispatch,
    wish: &Wish,
    changes: &[Change<'_>],
    events: &mut Events,
) -> Result<(), Refusal> {
    let vacancy = writable(cx.draft.vacancy(&dispatch.vacancy), Code::VacancyNotFound)?;
    let mut taken: BTreeMap<&PartyId, Vec<String>> = BTreeMap::new();
    let mut freed = Vec::new();
    for change in changes {
        let before = Placement::takes_seat(change.placement.state());
        match (before, Placement::takes_seat(wish.to)) {
            (false, true) => {
                taken.entry(&change.placement.point).or_default().push(change.card.to_string());
            }
            (true, false) => freed.push(change.card.to_string()),
            _ => {}
        }
    }
    let asked: usize = taken.values().map(Vec::len).sum();
    // Why: when nobody is promised any more, a seat keeps nobody out; and who
    // is at work can be recorded although the headcount can't be raised.
    if vacancy.state == VacancyState::Open && asked > vacancy.free_seats() as usize {
        return Err(Refusal::new(Code::VacancyFull)
            .with("remaining", vacancy.free_seats())
            .with("asked", asked));
    }
    let id = vacancy.id.to_string();
    for (point, cards) in taken {
        let point = point.to_string();
        let taken = wire::SeatsTaken { vacancy: id.clone(), point, cards, again: true };
        events.push((vacancy::entity(vacancy), Body::SeatsTaken(taken)));
    }
    if !freed.is_empty() {
        let freed = wire::SeatsFreed { vacancy: id, cards: freed };
        events.push((vacancy::entity(vacancy), Body::SeatsFreed(freed)));
    }
    Ok(())
}

/// Who must agree: the people's own point when the enterprise asks, the
/// enterprise when a point does.
fn counterparty<'a>(
    cx: &Context<'_>,
    dispatch: &'a Dispatch,
    cards: &[CardId],
) -> Result<&'a PartyId, Refusal> {
    let speaker = &cx.speaker.party;
    let mut points = cards.iter().filter_map(|card| Some(&dispatch.manifest.get(card)?.point));
    if *speaker == dispatch.enterprise {
        let point = points.next().ok_or(Refusal::new(Code::CardNotFound))?;
        if points.any(|other| other != point) {
            let why = "these people belong to several points, and each answers for its own";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/correct/cards"));
        }
        return Ok(point);
    }
    if serves(speaker, &dispatch.point) || points.all(|point| serves(speaker, point)) {
        return Ok(&dispatch.enterprise);
    }
    Err(Code::AuthNotYours.into())
}

/// The open case in which the other side was asked about this person.
fn asked_already<'a>(cx: &'a Context<'_>, card: &CardId) -> Option<&'a CaseId> {
    cx.city.index.correction_of.get(card)
}
