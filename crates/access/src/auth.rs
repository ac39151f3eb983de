//! Who speaks. The party comes from the credential and from nowhere else.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderValue, header, request::Parts},
};
use gongqiao_contract::{
    Code, Refusal,
    id::{KeyId, PartyId},
};
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
        let token = header.and_then(bearer).ok_or(Refusal::new(Code::AuthMissing))?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(authenticate(&api, token, peer.map(|peer| peer.ip()))?))
    }
}

/// The API key in an `Authorization` header.
pub fn bearer(header: &HeaderValue) -> Option<&str> {
    header.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// Finds out who holds an API key that came from `peer`.
///
/// # Errors
/// Unknown, wrong, expired or revoked keys, and parties that left; too many
/// requests with one key, or too many wrong ones.
pub fn authenticate(api: &Api, token: &str, peer: Option<IpAddr>) -> Result<Speaker, Refusal> {
    let wrong = |known: Option<&KeyId>| match api.limits.guessed(known, peer) {
        Ok(()) => Refusal::new(Code::AuthUnknown),
        Err(too_many) => too_many,
    };
    let (id, secret) = key::split(token).ok_or_else(|| wrong(None))?;
    let city = api.live.city();
    let party = city.index.party_of_key.get(&id).and_then(|party| city.party(party));
    let party = party.ok_or_else(|| wrong(None))?;
    let credential = party.credentials.get(&id).ok_or_else(|| wrong(None))?;
    if !api.pepper.verifies(secret, &credential.mac) {
        return Err(wrong(Some(&id)));
    }
    admitted(api, party, &id, credential)
}

/// Who is a user of the broker, of whom the broker says that it is this
/// party's.
///
/// # Errors
/// As of [`authenticate`].
pub fn of_nats_user(api: &Api, party: &PartyId, user: &str) -> Result<Speaker, Refusal> {
    let city = api.live.city();
    let party = city.party(party).ok_or(Code::AuthUnknown)?;
    let (id, credential) = party.credential_of(user).ok_or(Code::AuthUnknown)?;
    admitted(api, party, id, credential)
}

/// As [`of_nats_user`], of what was said before and is looked at again: it is
/// not counted.
///
/// # Errors
/// As of [`authenticate`], but for too many requests.
pub fn who_said(api: &Api, party: &PartyId, user: &str) -> Result<Speaker, Refusal> {
    let city = api.live.city();
    let party = city.party(party).ok_or(Code::AuthUnknown)?;
    let (_, credential) = party.credential_of(user).ok_or(Code::AuthUnknown)?;
    speaker(api, party, credential)
}

/// Whether a key whose secret was found right still is one: of a stream that
/// stands open. It asks for nothing, and is not counted.
pub fn still_holds(api: &Api, token: &str) -> bool {
    let Some((id, _)) = key::split(token) else { return false };
    let city = api.live.city();
    let party = city.index.party_of_key.get(&id).and_then(|party| city.party(party));
    let found = party.and_then(|party| Some((party, party.credentials.get(&id)?)));
    found.is_some_and(|(party, credential)| speaker(api, party, credential).is_ok())
}

fn admitted(
    api: &Api,
    party: &Party,
    key: &KeyId,
    credential: &Credential,
) -> Result<Speaker, Refusal> {
    let speaker = speaker(api, party, credential)?;
    api.limits.admit(key, &speaker)?;
    Ok(speaker)
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
