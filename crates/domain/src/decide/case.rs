//! Follow-ups, grievances, transfers, and answers to requests for correction.
//! No agreement is asked for: what is owed to a worker outlives it.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId, PartyId},
    subject::Entity,
    wire::{
        self, Sealed,
        answer::Value as Answer,
        case_kind::Value as CaseKind,
        fact::Body,
        grievance_end, grievance_kind,
        party_kind::Value as Kind,
        record_case_event::{Attempt, Close, Event, HandOn},
        visit_method,
        visit_outcome::Value as Outcome,
    },
};
use uuid::Uuid;

use super::{Context, Decision, MAX_CARDS, Speaker, correction, serves, writable};
use crate::{
    Register,
    consent::is_frozen,
    employment::VISIT_DAYS,
    entity::{Case, CaseState, Draft, Matter, Placement},
};

/// How long a point that has said no to a transfer is not asked again.
const ASK_AGAIN: time::Duration = time::Duration::days(30);

/// The point in whose register the person of a case stands now.
pub fn home(register: &Register, case: &Case) -> PartyId {
    let point = register.get(&case.card).and_then(|facets| facets.point.to_string().parse().ok());
    point.unwrap_or_else(|| case.point.clone())
}

/// Who must act next. What is with the person's point follows the person.
pub fn holder(register: &Register, case: &Case) -> PartyId {
    let follows = matches!(case.kind(), CaseKind::FollowUp | CaseKind::Grievance);
    if follows && case.with == case.point { home(register, case) } else { case.with.clone() }
}

/// Whether the case is any of the speaker's business.
pub fn concerns(register: &Register, speaker: &Speaker, case: &Case) -> bool {
    let party = &speaker.party;
    let desk = |point: &PartyId| serves(party, point);
    matches!(speaker.kind, Kind::Operator | Kind::Service)
        || match &case.matter {
            Matter::FollowUp { .. } => desk(&home(register, case)),
            Matter::Grievance { .. } => desk(&home(register, case)) || *party == case.with,
            Matter::Transfer { to } => desk(&case.point) || desk(to),
            Matter::Correction { .. } | Matter::Erasure { .. } => {
                desk(&case.point) || desk(&case.with)
            }
        }
}

/// By the steward: a visit has fallen due.
pub(super) fn follow_up(cx: &Context<'_>, onboarding: u64, day: u32) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let not_due = |why: &str| Refusal::new(Code::CaseNotDue).with("why", why);
    let found = cx.city.employments.get(onboarding);
    let employment = found.ok_or_else(|| not_due("nobody began work with this event"))?;
    if !VISIT_DAYS.contains(&day) {
        return Err(not_due("there is no visit on this day").at("/followUp/day"));
    }
    if employment.ended.is_some() {
        return Err(not_due("the work has ended"));
    }
    if cx.city.employments.visits_due(cx.now).get(&onboarding) != Some(&day) {
        return Err(not_due("too early, opened before, or made good by a later one"));
    }
    cx.usable(&employment.card)?;
    let id = CaseId::follow_up(onboarding, day);
    if cx.draft.case(&id).is_some() {
        return Err(Code::CaseExists.into());
    }
    let point = cx.register.get(&employment.card).map(|facets| facets.point.to_string());
    let due = wire::FollowUpDue {
        case: id.to_string(),
        card: employment.card.to_string(),
        vacancy: employment.vacancy.to_string(),
        enterprise: employment.enterprise.to_string(),
        point: point.unwrap_or_else(|| employment.point.to_string()),
        day,
        onboarding,
    };
    Ok(Decision::of(&id, vec![(Entity::Case(id.clone()), Body::FollowUpDue(due))]))
}

/// By a point, for one of its people. Such a case needs no promise: also who
/// found work alone may be owed wages.
pub(super) fn grievance(
    cx: &Context<'_>,
    card: &CardId,
    kind: grievance_kind::Value,
    note: Option<&Sealed>,
) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    let unknown = || Refusal::new(Code::CardNotFound).at("/grievance/card");
    cx.not_erased(card).map_err(|refusal| refusal.at("/grievance/card"))?;
    let facets = cx.register.get(card).ok_or_else(unknown)?;
    let point: PartyId = facets.point.to_string().parse().map_err(|_| unknown())?;
    if !serves(&cx.speaker.party, &point) {
        return Err(unknown());
    }
    if kind == grievance_kind::Value::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/grievance/kind"));
    }
    let id = CaseId::from_uuid(cx.fresh);
    let work = cx.city.employments.last_of(card).map(|(_, one)| (&one.vacancy, &one.enterprise));
    let promise = || {
        let placement = cx.draft.placement(card).filter(|p| p.is_bound())?;
        let vacancy = cx.draft.vacancy(&placement.vacancy)?.value.as_ref()?;
        Some((&vacancy.id, &vacancy.enterprise))
    };
    let work = work.or_else(promise);
    let opened = wire::GrievanceOpened {
        case: id.to_string(),
        card: card.to_string(),
        vacancy: work.map(|(vacancy, _)| vacancy.to_string()).unwrap_or_default(),
        enterprise: work.map(|(_, enterprise)| enterprise.to_string()).unwrap_or_default(),
        point: point.to_string(),
        kind: kind as i32,
        note: note.cloned(),
    };
    Ok(Decision::of(&id, vec![(Entity::Case(id.clone()), Body::GrievanceOpened(opened))]))
}

/// By a point whose roster names people of other registers: one case for each,
/// but none where one is open, or this point was refused within thirty days.
pub(super) fn request_transfers(
    cx: &Context<'_>,
    to: &PartyId,
    cards: &[CardId],
) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    if !serves(&cx.speaker.party, to) {
        return Err(Code::AuthNotYours.into());
    }
    let mut events = Vec::new();
    for card in cards.iter().take(MAX_CARDS) {
        let Some(from) = cx.register.get(card).map(|facets| facets.point.to_string()) else {
            continue;
        };
        if from == to.as_str() || asked_for(cx, card, &from, to) {
            continue;
        }
        // Why: one fresh id stands for the command; its neighbours are as new.
        let id = Uuid::from_u128(cx.fresh.as_u128().wrapping_add(events.len() as u128));
        let id = CaseId::from_uuid(id);
        let requested = wire::TransferRequested {
            case: id.to_string(),
            card: card.to_string(),
            from,
            to: to.to_string(),
        };
        events.push((Entity::Case(id), Body::TransferRequested(requested)));
    }
    if events.is_empty() {
        return Err(Code::CaseExists.into());
    }
    Ok(Decision::of(to, events))
}

fn asked_for(cx: &Context<'_>, card: &CardId, from: &str, to: &PartyId) -> bool {
    let last = cx.city.index.transfer_of.get(card).and_then(|id| cx.draft.case(id));
    let Some(last) = last.and_then(|entry| entry.value.as_ref()) else { return false };
    let by_us = matches!(&last.matter, Matter::Transfer { to: earlier } if earlier == to);
    match last.state {
        // Why: who has given the person away since can't answer any more.
        CaseState::Open => last.with.as_str() == from,
        CaseState::Refused => by_us && cx.now - last.updated_at < ASK_AGAIN,
        _ => false,
    }
}

pub(super) fn record(
    cx: &Context<'_>,
    id: &CaseId,
    event: &Event,
    note: Option<&Sealed>,
) -> Result<Decision, Refusal> {
    let case = writable(cx.draft.case(id), Code::CaseNotFound)?;
    if !concerns(cx.register, cx.speaker, case) {
        return Err(Code::CaseNotFound.into());
    }
    let events = match event {
        Event::Attempt(ask) => vec![(Entity::Case(id.clone()), attempt(cx, case, ask, note)?)],
        Event::HandOn(ask) => vec![(Entity::Case(id.clone()), hand_on(cx, case, ask, note)?)],
        Event::Close(ask) => vec![(Entity::Case(id.clone()), close(cx, case, ask, note)?)],
        Event::Reply(_) if note.is_some() => {
            let why = "a reply is a yes or a no, without a note";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/note"));
        }
        Event::Reply(ask) => reply(cx, case, ask.agreed)?,
    };
    Ok(Decision::of(id, events))
}

fn attempt(
    cx: &Context<'_>,
    case: &Case,
    ask: &Attempt,
    note: Option<&Sealed>,
) -> Result<Body, Refusal> {
    let Matter::FollowUp { day, .. } = &case.matter else { return Err(not_for(case)) };
    // Why: who was given up as unreachable may call back.
    if !matches!(case.state, CaseState::Open | CaseState::Unreachable) {
        return Err(not_open(case));
    }
    if !serves(&cx.speaker.party, &home(cx.register, case)) {
        return Err(Code::AuthNotYours.into());
    }
    cx.usable(&case.card)?;
    let required = |pointer: &str| Refusal::new(Code::FieldRequired).at(pointer);
    let known = visit_method::Value::try_from(ask.method).unwrap_or_default();
    if known == visit_method::Value::Unspecified {
        return Err(required("/attempt/method"));
    }
    let reached = match Outcome::try_from(ask.outcome).unwrap_or_default() {
        Outcome::Unspecified => return Err(required("/attempt/outcome")),
        outcome => outcome == Outcome::Reached,
    };
    let said = |answer: i32| Answer::try_from(answer).unwrap_or_default() != Answer::Unspecified;
    if reached && !said(ask.at_work) {
        return Err(required("/attempt/atWork"));
    }
    if !reached && [ask.at_work, ask.paid_on_time, ask.insured].into_iter().any(said) {
        let why = "who was not reached has answered nothing";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/attempt"));
    }
    Ok(Body::FollowUpAttempted(wire::FollowUpAttempted {
        case: case.id.to_string(),
        vacancy: case.vacancy.as_ref().map(ToString::to_string).unwrap_or_default(),
        day: *day,
        method: ask.method,
        outcome: ask.outcome,
        at_work: ask.at_work,
        paid_on_time: ask.paid_on_time,
        insured: ask.insured,
        note: note.cloned(),
    }))
}

fn hand_on(
    cx: &Context<'_>,
    case: &Case,
    ask: &HandOn,
    note: Option<&Sealed>,
) -> Result<Body, Refusal> {
    open_grievance(case)?;
    let holder = holder(cx.register, case);
    if !serves(&cx.speaker.party, &holder) {
        return Err(Code::AuthNotYours.into());
    }
    let unknown = || Refusal::new(Code::PartyNotFound).at("/handOn/to");
    let to: PartyId = ask.to.parse().map_err(|_| unknown())?;
    let party = writable(cx.draft.party(&to), Code::PartyNotFound).map_err(|_| unknown())?;
    let partner = || cx.city.index.agreements_of.contains_key(&to);
    let concerned = match party.kind() {
        Kind::Operator => true,
        Kind::Enterprise => case.enterprise.as_ref() == Some(&to),
        Kind::City => partner(),
        Kind::ServicePoint => to == home(cx.register, case),
        Kind::Service | Kind::Unspecified => false,
    };
    if party.revoked || !concerned {
        return Err(unknown());
    }
    if to == holder {
        let why = "that party has it already";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/handOn/to"));
    }
    Ok(Body::GrievanceHandedOn(wire::GrievanceHandedOn {
        case: case.id.to_string(),
        to: to.to_string(),
        note: note.cloned(),
    }))
}

fn close(
    cx: &Context<'_>,
    case: &Case,
    ask: &Close,
    note: Option<&Sealed>,
) -> Result<Body, Refusal> {
    open_grievance(case)?;
    if !cx.speaker.is_operator() && !serves(&cx.speaker.party, &holder(cx.register, case)) {
        return Err(Code::AuthNotYours.into());
    }
    let end = grievance_end::Value::try_from(ask.end).unwrap_or_default();
    if end == grievance_end::Value::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/close/end"));
    }
    Ok(Body::GrievanceClosed(wire::GrievanceClosed {
        case: case.id.to_string(),
        end: ask.end,
        note: note.cloned(),
    }))
}

fn reply(cx: &Context<'_>, case: &Case, agreed: bool) -> Result<Vec<(Entity, Body)>, Refusal> {
    if matches!(case.matter, Matter::FollowUp { .. } | Matter::Grievance { .. }) {
        return Err(not_for(case));
    }
    if case.state != CaseState::Open {
        return Err(not_open(case));
    }
    if !serves(&cx.speaker.party, &case.with) {
        return Err(Code::AuthNotYours.into());
    }
    if let Matter::Erasure { .. } = &case.matter {
        return acknowledged(cx, case, agreed);
    }
    if let Matter::Correction { ask, .. } = &case.matter {
        return correction::answered(cx, case, ask, agreed);
    }
    if agreed {
        transferable(cx.draft, cx.register, case)?;
    }
    let answered = wire::TransferAnswered { case: case.id.to_string(), agreed };
    Ok(vec![(Entity::Case(case.id.clone()), Body::TransferAnswered(answered))])
}

/// The recipient has erased its copies. Why: nothing else may be answered; it
/// is no question.
fn acknowledged(
    cx: &Context<'_>,
    case: &Case,
    agreed: bool,
) -> Result<Vec<(Entity, Body)>, Refusal> {
    if !agreed {
        let why = "an erasure is carried out and acknowledged, with true";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/reply/agreed"));
    }
    let acknowledged =
        wire::ErasureAcknowledged { case: case.id.to_string(), by: cx.speaker.party.to_string() };
    Ok(vec![(Entity::Case(case.id.clone()), Body::ErasureAcknowledged(acknowledged))])
}

/// Whether the person may move to the point that asks; `true` while the card
/// has not been moved yet.
fn transferable(draft: &Draft<'_>, register: &Register, case: &Case) -> Result<bool, Refusal> {
    let Matter::Transfer { to } = &case.matter else { return Err(not_for(case)) };
    let gone = || Refusal::new(Code::TransferGone);
    let facets = register.get(&case.card).ok_or_else(gone)?;
    if facets.read_only {
        return Err(Code::NewerSchema.into());
    }
    let now = facets.point.to_string();
    if now == to.as_str() {
        return Ok(false);
    }
    if now != case.point.as_str() {
        return Err(gone());
    }
    let worker = draft.worker(&case.card).and_then(|worker| worker.value.as_ref());
    if is_frozen(worker.map(|worker| &worker.standing)) {
        return Err(Code::CardFrozen.into());
    }
    let placement = draft.placement(&case.card);
    if placement.is_some_and(Placement::is_bound) {
        Err(Code::TransferBound.into())
    } else {
        Ok(true)
    }
}

/// The card that must be moved, and to which point, before the agreement of
/// `speaker` to a transfer is recorded; nothing if it was moved before, or the
/// case is no transfer.
///
/// # Errors
/// Why the agreement will be refused.
pub fn card_to_move(
    draft: &Draft<'_>,
    register: &Register,
    speaker: &Speaker,
    case: &CaseId,
) -> Result<Option<(CardId, PartyId)>, Refusal> {
    let case = writable(draft.case(case), Code::CaseNotFound)?;
    let Matter::Transfer { to } = &case.matter else { return Ok(None) };
    if !concerns(register, speaker, case) {
        return Err(Code::CaseNotFound.into());
    }
    if case.state != CaseState::Open {
        return Err(not_open(case));
    }
    if speaker.role == wire::role::Value::Auditor || !serves(&speaker.party, &case.with) {
        return Err(Code::AuthNotYours.into());
    }
    let still_here = transferable(draft, register, case)?;
    Ok(still_here.then(|| (case.card.clone(), to.clone())))
}

fn open_grievance(case: &Case) -> Result<(), Refusal> {
    if !matches!(case.matter, Matter::Grievance { .. }) {
        return Err(not_for(case));
    }
    if case.state == CaseState::Open { Ok(()) } else { Err(not_open(case)) }
}

fn not_for(case: &Case) -> Refusal {
    Refusal::new(Code::CaseOther).with("kind", case.kind().as_str_name().to_lowercase())
}

fn not_open(case: &Case) -> Refusal {
    Refusal::new(Code::CaseNotOpen).with("state", case.state.as_str())
}
