//! Who speaks. The party comes from the credential and from nowhere else.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};
use gongqiao_contract::{Code, Refusal, id::PartyId};
use gongqiao_domain::{
    decide::Speaker,
    entity::{Credential, Party},
};

use crate::{api::Api, key, problem::Problem};

/// The one who calls, proved by an API key.
#[derive(Debug, Clone)]
pub struct Caller(pub Speaker);

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Api: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let api = Api::from_ref(state);
        let header = parts.headers.get(header::AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok());
        let token = header
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Refusal::new(Code::AuthMissing))?;
        Ok(Self(authenticate(&api, token.trim())?))
    }
}

/// Finds out who holds an API key.
///
/// # Errors
/// Unknown, wrong, expired or revoked keys, and parties that left.
pub fn authenticate(api: &Api, token: &str) -> Result<Speaker, Refusal> {
    let unknown = || Refusal::new(Code::AuthUnknown);
    let (id, secret) = key::split(token).ok_or_else(unknown)?;
    let city = api.live.city();
    let party = city.index.party_of_key.get(&id).and_then(|party| city.party(party));
    let party = party.ok_or_else(unknown)?;
    let credential = party.credentials.get(&id).ok_or_else(unknown)?;
    if !api.pepper.verifies(secret, &credential.mac) {
        return Err(unknown());
    }
    speaker(api, party, credential)
}

/// Who is a user of the broker, of whom the broker says that it is this
/// party's.
///
/// # Errors
/// As of [`authenticate`].
pub fn of_nats_user(api: &Api, party: &PartyId, user: &str) -> Result<Speaker, Refusal> {
    let city = api.live.city();
    let party = city.party(party).ok_or(Code::AuthUnknown)?;
    let credential = party.credential_of(user).ok_or(Code::AuthUnknown)?;
    speaker(api, party, credential)
}

fn speaker(api: &Api, party: &Party, credential: &Credential) -> Result<Speaker, Refusal> {
    if credential.revoked || party.revoked {
        return Err(Code::AuthRevoked.into());
    }
    if credential.expires_at.is_some_and(|at| at <= api.clock.now()) {
        return Err(Code::AuthExpired.into());
    }
    Ok(Speaker {
        party: party.id.clone(),
        kind: party.kind(),
        person: credential.person.clone(),
        role: credential.role(),
    })
}
