//! Agreements: signed, amended, terminated by the operator; ended by time.

use gongqiao_contract::{
    Code, Refusal,
    codes::{DivisionCode, Divisions, OccupationCode},
    id::{AgreementId, PartyId},
    subject::Entity,
    wire::{self, Scope, data_class, fact::Body, party_kind::Value as Kind, purpose},
};

use super::{Context, Decision, writable};
use crate::entity::{Agreement, AgreementState, instant};

pub(super) fn sign(cx: &Context<'_>, ask: &wire::SignAgreement) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let missing = |pointer: &str| Refusal::new(Code::FieldRequired).at(pointer);
    let id: PartyId =
        ask.party.parse().map_err(|_| Refusal::new(Code::PartyNotFound).at("/party"))?;
    let party = writable(cx.draft.party(&id), Code::PartyNotFound)?;
    if party.revoked {
        return Err(Code::PartyRevoked.into());
    }
    if !matches!(party.kind(), Kind::Enterprise | Kind::City) {
        return Err(Refusal::new(Code::AuthKind).with("needed", "enterprise, city").at("/party"));
    }
    let scope = ask.scope.clone().ok_or_else(|| missing("/scope"))?;
    check_scope(&scope)?;
    let until = ask.until.ok_or_else(|| missing("/until"))?;
    let from = ask.from.unwrap_or_else(|| crate::entity::timestamp(cx.now));
    if instant(&until) <= instant(&from) || instant(&until) <= cx.now {
        let why = "the end must come after the beginning and after now";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/until"));
    }
    let agreement = AgreementId::from_uuid(cx.fresh);
    let event = Body::AgreementSigned(wire::AgreementSigned {
        agreement: agreement.to_string(),
        party: id.to_string(),
        scope: Some(scope),
        from: Some(from),
        until: Some(until),
    });
    Ok(Decision::of(agreement.clone(), vec![(Entity::Agreement(agreement), event)]))
}

pub(super) fn amend(
    cx: &Context<'_>,
    id: &AgreementId,
    ask: &wire::AmendAgreement,
) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let agreement = live(cx, id)?;
    if let Some(scope) = &ask.scope {
        check_scope(scope)?;
    }
    if let Some(until) = &ask.until
        && (instant(until) <= cx.now || instant(until) <= agreement.from)
    {
        let why = "the end must lie ahead; to end it now, terminate it";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/until"));
    }
    let event = Body::AgreementAmended(wire::AgreementAmended {
        agreement: id.to_string(),
        scope: ask.scope.clone(),
        until: ask.until,
    });
    Ok(Decision::of(id, vec![(Entity::Agreement(id.clone()), event)]))
}

pub(super) fn terminate(cx: &Context<'_>, id: &AgreementId) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    live(cx, id)?;
    let event = Body::AgreementTerminated(wire::AgreementTerminated { agreement: id.to_string() });
    Ok(Decision::of(id, vec![(Entity::Agreement(id.clone()), event)]))
}

pub(super) fn end(cx: &Context<'_>, id: &AgreementId) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let agreement = live(cx, id)?;
    if agreement.until > cx.now {
        return Err(Refusal::new(Code::AgreementNotInForce).with("state", "in force"));
    }
    let event = Body::AgreementEnded(wire::AgreementEnded { agreement: id.to_string() });
    Ok(Decision::of(id, vec![(Entity::Agreement(id.clone()), event)]))
}

fn live<'a>(cx: &'a Context<'_>, id: &AgreementId) -> Result<&'a Agreement, Refusal> {
    let agreement = writable(cx.draft.agreement(id), Code::AgreementNotFound)?;
    if agreement.state == AgreementState::Signed {
        Ok(agreement)
    } else {
        Err(Refusal::new(Code::AgreementNotInForce).with("state", agreement.state.as_str()))
    }
}

fn check_scope(scope: &Scope) -> Result<(), Refusal> {
    let known = |class: &i32| *class != 0 && data_class::Value::try_from(*class).is_ok();
    if scope.classes.is_empty() || !scope.classes.iter().all(known) {
        return Err(Refusal::new(Code::FieldRequired).at("/scope/classes"));
    }
    if scope.purpose == purpose::Value::Unspecified as i32
        || purpose::Value::try_from(scope.purpose).is_err()
    {
        return Err(Refusal::new(Code::FieldRequired).at("/scope/purpose"));
    }
    check_divisions(&scope.divisions, "/scope/divisions")?;
    check_occupations(&scope.occupations, "/scope/occupations")
}

/// Refuses codes that are no divisions.
pub(super) fn check_divisions(list: &[String], pointer: &str) -> Result<(), Refusal> {
    let known = |code: &String| {
        code.parse().ok().and_then(|code: DivisionCode| Divisions::table().get(code)).is_some()
    };
    known_all(list, known, "GB/T 2260", pointer)
}

/// Refuses codes that are no occupations or groups of them.
pub(super) fn check_occupations(list: &[String], pointer: &str) -> Result<(), Refusal> {
    let known = |code: &String| code.parse::<OccupationCode>().is_ok();
    known_all(list, known, "the 2022 classification", pointer)
}

fn known_all(
    list: &[String],
    known: impl Fn(&String) -> bool,
    system: &str,
    pointer: &str,
) -> Result<(), Refusal> {
    match list.iter().position(|code| !known(code)) {
        None => Ok(()),
        Some(index) => {
            let refusal = Refusal::new(Code::FieldUnknownCode).with("system", system);
            Err(refusal.at(format!("{pointer}/{index}")))
        }
    }
}
