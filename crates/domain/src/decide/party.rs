//! Parties and their keys.

use gongqiao_contract::{
    Code, Refusal,
    codes::{CreditCode, DivisionCode, Divisions, Park},
    id::{KeyId, PartyId, check_token},
    subject::Entity,
    wire::{self, fact::Body, party_kind::Value as Kind, role::Value as Role},
};

use super::{Context, Decision, writable};
use crate::entity::instant;

pub(super) fn register(cx: &Context<'_>, ask: &wire::RegisterParty) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let kind = Kind::try_from(ask.kind).unwrap_or(Kind::Unspecified);
    let invalid = |pointer: &str, why: &str| {
        Err(Refusal::new(Code::FieldInvalid).with("why", why).at(pointer))
    };
    if ask.name.trim().is_empty() {
        return Err(Refusal::new(Code::FieldRequired).at("/name"));
    }
    if ask.name.chars().count() > 120 {
        return Err(Refusal::new(Code::FieldTooLong).with("max", 120).at("/name"));
    }
    let id: PartyId = match ask.party.parse() {
        Ok(id) => id,
        Err(_) => return invalid("/party", "not an id of this kind of party"),
    };
    let mut division = ask.division.clone();
    match kind {
        Kind::Enterprise if ask.party.parse::<CreditCode>().is_err() => {
            return invalid("/party", "an enterprise's id is its 18-character GB 32100 code");
        }
        Kind::ServicePoint | Kind::City => {
            let digits = if kind == Kind::City { 6 } else { 12 };
            let known = ask.party.parse::<DivisionCode>().ok();
            let known = known.filter(|code| Divisions::table().get(*code).is_some());
            if ask.party.len() != digits {
                return invalid("/party", "the id is the division's code of 6 (city) or 12 digits");
            }
            if known.is_none() {
                let refusal = Refusal::new(Code::FieldUnknownCode).with("system", "GB/T 2260");
                return Err(refusal.at("/party"));
            }
            division.clone_from(&ask.party);
        }
        Kind::Enterprise => {}
        _ => return invalid("/kind", "ENTERPRISE, SERVICE_POINT or CITY"),
    }
    if !division.is_empty() {
        let known = division.parse().ok().and_then(|code| Divisions::table().get(code));
        if known.is_none() {
            let refusal = Refusal::new(Code::FieldUnknownCode).with("system", "GB/T 2260");
            return Err(refusal.at("/division"));
        }
    }
    if !ask.park.is_empty() && Park::get(&ask.park).is_none() {
        return Err(Refusal::new(Code::FieldUnknownCode).with("system", "parks").at("/park"));
    }
    if cx.draft.party(&id).is_some() {
        return Err(Refusal::new(Code::PartyExists).at("/party"));
    }
    let event = Body::PartyRegistered(wire::PartyRegistered {
        party: id.to_string(),
        kind: ask.kind,
        name: ask.name.clone(),
        division,
        park: ask.park.clone(),
    });
    Ok(Decision::of(id.clone(), vec![(Entity::Party(id), event)]))
}

pub(super) fn revoke(cx: &Context<'_>, id: &PartyId) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let party = writable(cx.draft.party(id), Code::PartyNotFound)?;
    if matches!(party.kind(), Kind::Operator | Kind::Service) {
        return Err(Refusal::new(Code::AuthKind).with("needed", "enterprise, service_point, city"));
    }
    let event = Body::PartyRevoked(wire::PartyRevoked { party: id.to_string() });
    Ok(Decision::of(id, vec![(Entity::Party(id.clone()), event)]))
}

pub(super) fn issue(
    cx: &Context<'_>,
    id: &PartyId,
    key: &KeyId,
    (mac, nats_user): (&[u8], Option<&str>),
    ask: &wire::IssueCredential,
) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let party = writable(cx.draft.party(id), Code::PartyNotFound)?;
    if party.revoked {
        return Err(Code::PartyRevoked.into());
    }
    if check_token(&ask.person).is_err() {
        let why = "a staff number of 1 to 64 letters, digits, _ or -, not a name";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/person"));
    }
    let role = Role::try_from(ask.role).unwrap_or(Role::Unspecified);
    let service = party.kind() == Kind::Service;
    if role == Role::Unspecified || (role == Role::Service) != service {
        let why = "CLERK, APPROVER or AUDITOR";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/role"));
    }
    if role == Role::Mender && party.kind() != Kind::Operator {
        let why = "only the operator has menders";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/role"));
    }
    if ask.expires_at.as_ref().is_some_and(|at| instant(at) <= cx.now) {
        let why = "this moment has passed";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/expiresAt"));
    }
    let event = Body::CredentialIssued(wire::CredentialIssued {
        party: id.to_string(),
        key_id: key.to_string(),
        person: ask.person.clone(),
        role: ask.role,
        mac: mac.to_vec().into(),
        expires_at: ask.expires_at,
        nats_user: nats_user.unwrap_or_default().to_owned(),
    });
    Ok(Decision::of(key, vec![(Entity::Party(id.clone()), event)]))
}

pub(super) fn revoke_credential(cx: &Context<'_>, key: &KeyId) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    let party = cx.city.index.party_of_key.get(key);
    let id = party.ok_or(Refusal::new(Code::CredentialNotFound))?;
    let event = Body::CredentialRevoked(wire::CredentialRevoked {
        party: id.to_string(),
        key_id: key.to_string(),
    });
    Ok(Decision::of(key, vec![(Entity::Party(id.clone()), event)]))
}

pub(super) fn record_import(
    cx: &Context<'_>,
    ask: &wire::RosterImported,
) -> Result<Decision, Refusal> {
    let point: PartyId = ask.point.parse().map_err(|_| Refusal::new(Code::PartyNotFound))?;
    may_keep_register(cx, &point)?;
    let event = Body::RosterImported(ask.clone());
    Ok(Decision::of(point.clone(), vec![(Entity::Party(point), event)]))
}

/// Whether the speaker may keep `point`'s register.
///
/// # Errors
/// The refusal, for everybody but the point itself.
pub(super) fn may_keep_register(cx: &Context<'_>, point: &PartyId) -> Result<(), Refusal> {
    let party = writable(cx.draft.party(point), Code::PartyNotFound)?;
    if cx.speaker.party != *point {
        return Err(Code::AuthNotYours.into());
    }
    cx.only(&[Kind::ServicePoint])?;
    if party.revoked { Err(Code::PartyRevoked.into()) } else { Ok(()) }
}
