//! How a person stands with the register: erased, frozen, agreeing or not.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId, DispatchId, PartyId, VacancyId},
    subject::Entity,
    wire::{
        self, case_kind::Value as CaseKind, consent::Value as Consent,
        dispatch_state::Value as State, erasure_reason::Value as Reason, fact::Body, hold_end,
        party_kind::Value as Kind, person_field::Value as Field,
        recipient_kind::Value as RecipientKind, standby_end,
    },
};
use time::Duration;
use uuid::Uuid;

use super::{Context, Decision, release, serves, standby, writable};
use crate::{
    consent::{self, is_frozen},
    entity::{Dispatch, Placement, Standing, beijing_day, instant},
};

/// Most fields that one consent names.
const MAX_FIELDS: usize = 16;
/// How far off a consent may end.
const FARTHEST: Duration = Duration::days(3_660);

/// Records that a person is to be erased: what was promised and not begun is
/// given back, what waits about the person is dropped, and whoever may have
/// got the data is told. Who travels or works already goes on as a card
/// without a name, so that all sums stay as they are.
pub(super) fn erase(cx: &Context<'_>, card: &CardId, reason: Reason) -> Result<Decision, Refusal> {
    let point = keeper(cx, card, reason == Reason::Retention)?;
    if reason == Reason::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/reason"));
    }
    if cx.speaker.kind == Kind::Service && !is_unused(cx, card) {
        return Err(Code::CardHeld.into());
    }
    let gone_on = beijing_day(cx.now + cx.terms.key_backup).to_string();
    let mut events = promise(cx, card)?;
    events.extend(waiting(cx, card));
    let notices = notices(cx, card, &point);
    let recipients = u32::try_from(notices.len()).unwrap_or(u32::MAX);
    events.extend(dropped(cx, card));
    events.extend(notices);
    let erased = wire::PersonErased {
        card: card.to_string(),
        point: point.to_string(),
        reason: reason as i32,
        by: cx.speaker.party.to_string(),
        keys_gone_on: gone_on.clone(),
    };
    events.push((Entity::Placement(card.clone()), Body::PersonErased(erased)));
    let told = wire::Told { keys_gone_on: gone_on, recipients, ..Default::default() };
    Ok(Decision::of(card, events).telling(told))
}

/// Sets processing aside, or takes it up again.
pub(super) fn freeze(cx: &Context<'_>, card: &CardId, frozen: bool) -> Result<Decision, Refusal> {
    keeper(cx, card, false)?;
    if is_frozen(standing(cx, card)) == frozen {
        let code = if frozen { Code::CardFrozen } else { Code::CardNotFrozen };
        return Err(code.into());
    }
    let (card_id, by) = (card.to_string(), cx.speaker.party.to_string());
    let body = if frozen {
        Body::PersonFrozen(wire::PersonFrozen { card: card_id, by })
    } else {
        Body::PersonUnfrozen(wire::PersonUnfrozen { card: card_id, by })
    };
    Ok(Decision::of(card, vec![(Entity::Placement(card.clone()), body)]))
}

/// Records that the person agrees.
pub(super) fn consent(
    cx: &Context<'_>,
    card: &CardId,
    ask: &wire::GiveConsent,
) -> Result<Decision, Refusal> {
    only_point(cx, card)?;
    scope(cx, ask.purpose(), ask.recipient(), &ask.party)?;
    let disclosure = ask.purpose() == Consent::Disclosure;
    let invalid = |why: &str, at: &str| Refusal::new(Code::FieldInvalid).with("why", why).at(at);
    if !ask.fields.is_empty() && !disclosure {
        return Err(invalid("only of a disclosure", "/fields"));
    }
    if ask.fields.len() > MAX_FIELDS || ask.fields().any(|field| field == Field::Unspecified) {
        return Err(invalid("names of fields, as NAME or PHONE", "/fields"));
    }
    let until = ask.until.as_ref().map(instant);
    if until.is_some_and(|until| until <= cx.now || until - cx.now > FARTHEST) {
        return Err(invalid("a moment to come, at most ten years off", "/until"));
    }
    let given = wire::ConsentGiven {
        card: card.to_string(),
        purpose: ask.purpose,
        recipient: ask.recipient,
        party: ask.party.clone(),
        fields: ask.fields.clone(),
        until: ask.until,
        by: cx.speaker.party.to_string(),
    };
    let entity = Entity::Placement(card.clone());
    Ok(Decision::of(card, vec![(entity, Body::ConsentGiven(given))]))
}

/// Records that the person no longer agrees. Who waits for a seat and no
/// longer wants to be proposed is taken from the lists.
pub(super) fn withdraw(
    cx: &Context<'_>,
    card: &CardId,
    ask: &wire::WithdrawConsent,
) -> Result<Decision, Refusal> {
    only_point(cx, card)?;
    scope(cx, ask.purpose(), ask.recipient(), &ask.party)?;
    let mut events = Vec::new();
    if ask.purpose() == Consent::Matching {
        events.extend(waiting(cx, card));
    }
    let withdrawn = wire::ConsentWithdrawn {
        card: card.to_string(),
        purpose: ask.purpose,
        recipient: ask.recipient,
        party: ask.party.clone(),
        by: cx.speaker.party.to_string(),
    };
    events.push((Entity::Placement(card.clone()), Body::ConsentWithdrawn(withdrawn)));
    Ok(Decision::of(card, events))
}

/// The point whose register holds the card, if the speaker may act for it:
/// the point, its township's desk, the bureau; or the steward, where time
/// alone says so.
fn keeper(cx: &Context<'_>, card: &CardId, by_time: bool) -> Result<PartyId, Refusal> {
    cx.not_erased(card)?;
    let unknown = || Refusal::new(Code::CardNotFound);
    let facets = cx.register.get(card).ok_or_else(unknown)?;
    let point: PartyId = facets.point.to_string().parse().map_err(|_| unknown())?;
    let own = cx.speaker.kind == Kind::ServicePoint && serves(&cx.speaker.party, &point);
    let steward = by_time && cx.speaker.kind == Kind::Service;
    if own || steward || cx.speaker.is_operator() {
        return Ok(point);
    }
    if cx.speaker.kind == Kind::ServicePoint {
        Err(unknown())
    } else {
        cx.only(KEEPERS).map(|()| point)
    }
}

/// Who may act for a card at all.
const KEEPERS: &[Kind] = &[Kind::ServicePoint, Kind::Operator];

/// Whom the person tells: the own point, or its township's desk.
fn only_point(cx: &Context<'_>, card: &CardId) -> Result<PartyId, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    keeper(cx, card, false)
}

/// Whether a word on consent says what for, and for whom.
fn scope(
    cx: &Context<'_>,
    purpose: Consent,
    recipient: RecipientKind,
    party: &str,
) -> Result<(), Refusal> {
    let invalid = |why: &str, at: &str| Refusal::new(Code::FieldInvalid).with("why", why).at(at);
    match purpose {
        Consent::Unspecified => return Err(Refusal::new(Code::FieldRequired).at("/purpose")),
        Consent::Register => {
            let why = "who is no longer to be kept is erased: POST /v1/people/{card}/erase";
            return Err(invalid(why, "/purpose"));
        }
        Consent::Matching if recipient != RecipientKind::Unspecified || !party.is_empty() => {
            return Err(invalid("only of a disclosure", "/recipient"));
        }
        Consent::Matching | Consent::Disclosure => {}
    }
    if party.is_empty() {
        return Ok(());
    }
    let unknown = || Refusal::new(Code::PartyNotFound).at("/party");
    let id: PartyId = party.parse().map_err(|_| unknown())?;
    let known = writable(cx.draft.party(&id), Code::PartyNotFound).map_err(|_| unknown())?;
    // Why: carriers and insurers are no parties here, and can't be named.
    match (known.kind(), recipient) {
        (Kind::Enterprise, RecipientKind::Enterprise) | (Kind::City, RecipientKind::City) => Ok(()),
        _ => {
            let why = "an enterprise with the recipient ENTERPRISE, or a city with CITY";
            Err(invalid(why, "/party"))
        }
    }
}

fn standing<'a>(cx: &'a Context<'_>, card: &CardId) -> Option<&'a Standing> {
    cx.draft.worker(card)?.value.as_ref().map(|worker| &worker.standing)
}

/// Whether time alone may erase the person: promised to nobody, waiting for
/// nothing, with no case open, and not frozen.
fn is_unused(cx: &Context<'_>, card: &CardId) -> bool {
    let bound = cx.draft.placement(card).is_some_and(Placement::is_bound);
    !bound
        && !is_frozen(standing(cx, card))
        && waiting(cx, card).is_empty()
        && dropped(cx, card).is_empty()
}

/// A promise that has not begun is given back, with the seat on a group.
fn promise(cx: &Context<'_>, card: &CardId) -> Result<Vec<(Entity, Body)>, Refusal> {
    let placement = cx.placement_if_any(card)?;
    let Some(placement) = placement else { return Ok(Vec::new()) };
    let vacancy = writable(cx.draft.vacancy(&placement.vacancy), Code::VacancyNotFound)?;
    let one: Vec<_> = release::not_on_board(cx, vacancy, card).into_iter().collect();
    if one.is_empty() {
        return Ok(Vec::new());
    }
    Ok(release::events(vacancy, &one, hold_end::Value::PersonErased))
}

/// The lists on which the person waits, left.
fn waiting(cx: &Context<'_>, card: &CardId) -> Vec<(Entity, Body)> {
    let lists = cx.city.index.with_standby.iter().filter_map(|id| cx.draft.vacancy(id));
    let on = lists.filter_map(|entry| entry.value.as_ref().filter(|_| !entry.read_only));
    on.filter(|vacancy| vacancy.on_standby(card))
        .map(|vacancy| {
            standby::left(vacancy, vec![card.to_string()], standby_end::Value::PersonGone)
        })
        .collect()
}

/// Cases in which somebody would have to reach the person, or to move a card
/// that is no longer there. Corrections go on: they are about records.
fn dropped(cx: &Context<'_>, card: &CardId) -> Vec<(Entity, Body)> {
    let kinds = [CaseKind::FollowUp, CaseKind::Grievance, CaseKind::Transfer];
    let open = cx.city.index.open_cases.iter().filter_map(|id| cx.draft.case(id));
    open.filter_map(|entry| entry.value.as_ref().filter(|_| !entry.read_only))
        .filter(|case| case.card == *card && kinds.contains(&case.kind()))
        .map(|case| {
            let dropped = Body::CaseDropped(wire::CaseDropped { case: case.id.to_string() });
            (Entity::Case(case.id.clone()), dropped)
        })
        .collect()
}

/// Who is told: a party of its own copies, or one that may have handed a cut
/// of the manifest to a firm outside.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Notified<'a> {
    outside: RecipientKind,
    party: &'a PartyId,
    firm: &'a str,
}

/// What one recipient got: groups, and the last of their vacancies.
struct Got<'a> {
    dispatches: Vec<&'a DispatchId>,
    vacancy: &'a VacancyId,
    enterprise: &'a PartyId,
}

/// A case for each that may have got the person's data: enterprises of groups
/// on whose manifest the person stood, points that led them, and, through the
/// leading point, carriers and insurers.
fn notices(cx: &Context<'_>, card: &CardId, point: &PartyId) -> Vec<(Entity, Body)> {
    let mut got: BTreeMap<Notified<'_>, Got<'_>> = BTreeMap::new();
    let facets = cx.register.get(card);
    let may_know = |kind, since| {
        facets.is_none_or(|facets| consent::may_know(facets, standing(cx, card), kind, since))
    };
    for dispatch in cx.city.index.dispatches.values().filter_map(|id| cx.draft.dispatch(id)) {
        let Some(dispatch) = dispatch.value.as_ref().filter(|one| was_given(one, card)) else {
            continue;
        };
        let leader = &dispatch.point;
        let own = |party| Notified { party, outside: RecipientKind::Unspecified, firm: "" };
        let vehicle = dispatch.opened.vehicle.as_ref();
        let outside = |outside, firm| {
            let told = may_know(outside, dispatch.opened_at);
            told.then_some(Notified { party: leader, outside, firm })
        };
        let recipients = [
            Some(own(&dispatch.enterprise)),
            (!serves(leader, point)).then(|| own(leader)),
            vehicle.and_then(|one| outside(RecipientKind::Carrier, &one.carrier)),
            outside(RecipientKind::Insurer, ""),
        ];
        for recipient in recipients.into_iter().flatten() {
            let known = got.entry(recipient).or_insert(Got {
                dispatches: Vec::new(),
                vacancy: &dispatch.vacancy,
                enterprise: &dispatch.enterprise,
            });
            known.dispatches.push(&dispatch.id);
            (known.vacancy, known.enterprise) = (&dispatch.vacancy, &dispatch.enterprise);
        }
    }
    let notice = |(index, (told, got)): (u128, (Notified<'_>, Got<'_>))| {
        // Why: one fresh id stands for the command; its neighbours are as new.
        let id = CaseId::from_uuid(Uuid::from_u128(cx.fresh.as_u128().wrapping_add(index)));
        let notified = wire::ErasureNotified {
            case: id.to_string(),
            card: card.to_string(),
            recipient: told.party.to_string(),
            point: point.to_string(),
            vacancy: got.vacancy.to_string(),
            enterprise: got.enterprise.to_string(),
            dispatches: got.dispatches.iter().map(ToString::to_string).collect(),
            outside: told.outside as i32,
            firm: told.firm.to_owned(),
        };
        (Entity::Case(id), Body::ErasureNotified(notified))
    };
    (0..).zip(got).map(notice).collect()
}

/// Whether the group's manifest may have been read with this person on it.
fn was_given(dispatch: &Dispatch, card: &CardId) -> bool {
    let given = !matches!(dispatch.state(), State::Opened | State::Declined);
    given && dispatch.manifest.contains_key(card)
}

impl Context<'_> {
    /// Whether the person has not been erased.
    pub(super) fn not_erased(&self, card: &CardId) -> Result<(), Refusal> {
        match standing(self, card).and_then(|standing| standing.erased.as_ref()) {
            Some(erased) => {
                Err(Refusal::new(Code::CardErased).with("keys_gone_on", &erased.keys_gone_on))
            }
            None => Ok(()),
        }
    }

    /// Whether anything may be done with the person at all.
    pub(super) fn usable(&self, card: &CardId) -> Result<(), Refusal> {
        self.not_erased(card)?;
        if is_frozen(standing(self, card)) { Err(Code::CardFrozen.into()) } else { Ok(()) }
    }
}
