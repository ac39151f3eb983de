use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use gongqiao_access::{Body, Caller, Problem, nats};
use gongqiao_contract::{
    Code, Refusal,
    id::{KeyId, PartyId},
    view, wire,
};
use gongqiao_domain::{decide::Command, entity::instant};
use gongqiao_stream::broker::accounts::NewUser;
use secrecy::ExposeSecret as _;
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(revoke))
        .routes(routes!(issue))
        .routes(routes!(revoke_credential))
}

/// Registers a party. By an approver of the bureau.
#[utoipa::path(
    post,
    path = "/v1/parties",
    tag = "parties",
    request_body(
        content = wire::RegisterParty,
        example = json!({
            "party": "431021001001", "kind": "SERVICE_POINT", "name": "某村劳务服务点",
        }),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::FieldInvalid, Code::FieldRequired, Code::FieldTooLong,
        Code::FieldUnknownCode, Code::PartyExists,
    ]))),
)]
async fn register(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::RegisterParty>,
) -> Result<Answer, Problem> {
    let command = Command::RegisterParty(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/parties"))
}

/// Ends a party's part in the exchange, with all its keys. By an approver of
/// the bureau.
#[utoipa::path(
    post,
    path = "/v1/parties/{party}/revoke",
    tag = "parties",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([Code::AuthKind, Code::PartyNotFound]))),
)]
async fn revoke(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(party): Id<PartyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::RevokeParty(party)).await?))
}

/// Issues an API key to one person of a party, and with `nats` a user of the
/// broker.
/// The secret is in this answer and nowhere else; so an Idempotency-Key can't
/// bring it back, and is not taken here.
#[utoipa::path(
    post,
    path = "/v1/parties/{party}/credentials",
    tag = "parties",
    request_body(
        content = wire::IssueCredential,
        example = json!({ "person": "staff-1", "role": "CLERK", "nats": true }),
    ),
    responses((status = 201, body = view::Receipt, description = "The key, shown this once")),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::FieldInvalid, Code::FieldRequired, Code::PartyNotFound,
        Code::PartyRevoked, Code::NatsKeys,
    ]))),
)]
async fn issue(
    State(gate): State<Gate>,
    caller: Caller,
    Id(party): Id<PartyId>,
    body: Body<wire::IssueCredential>,
) -> Result<impl IntoResponse, Problem> {
    let new = gate.api.pepper.mint().map_err(|e| {
        tracing::error!(error = %e, "gate.mint");
        Refusal::new(Code::Internal)
    })?;
    let user = match body.value.nats {
        true => Some(nats_user(&gate, &caller, &party, &new.id, &body.value)?),
        false => None,
    };
    let command = Command::IssueCredential {
        party,
        key: new.id.clone(),
        mac: new.mac,
        nats_user: user.as_ref().map(|user| user.public_key.clone()),
        ask: body.value,
    };
    let none = Key { key: None, path: String::new() };
    let accepted = gate.submit(caller, none, &body.bytes, command).await?;
    let mut answer = json!({
        "id": accepted.entity,
        "sequence": accepted.sequence,
        "key": new.token.expose_secret(),
    });
    if let Some(user) = user {
        answer["creds"] = user.creds.into();
        answer["inboxPrefix"] = nats::inbox(&new.id).into();
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

/// A user of the broker for a party's person. Its rights begin when the
/// command is stored and the broker has heard of the account.
fn nats_user(
    gate: &Gate,
    caller: &Caller,
    party: &PartyId,
    key: &KeyId,
    ask: &wire::IssueCredential,
) -> Result<NewUser, Refusal> {
    // Why: nobody else may have keys made; the decision says so of the rest.
    if !caller.0.is_operator() {
        return Err(Refusal::new(Code::AuthKind).with("needed", "operator"));
    }
    let until = ask.expires_at.as_ref().map(instant);
    let (account, rights) = {
        let city = gate.api.live.city();
        let party = city.party(party).ok_or(Code::PartyNotFound)?;
        let account = nats::account_of(party).ok_or_else(|| {
            let needed = "city, enterprise, service_point";
            Refusal::new(Code::AuthKind).with("needed", needed).at("/nats")
        })?;
        (account, nats::rights(party, key, until))
    };
    let accounts = gate.accounts.as_ref().ok_or(Code::NatsKeys)?;
    // Why: by the clock on the wall, which is the broker's.
    let now = gongqiao_shell::Clock::system().now();
    accounts.user(&account, key.as_str(), &rights, now).map_err(|e| {
        tracing::error!(code = e.code(), error = %e, "gate.nats_user");
        Refusal::new(Code::NatsKeys)
    })
}

/// Revokes a key, at once. By an approver of the bureau.
#[utoipa::path(
    post,
    path = "/v1/credentials/{key}/revoke",
    tag = "parties",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::PartyNotFound, Code::CredentialNotFound,
    ]))),
)]
async fn revoke_credential(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(credential): Id<KeyId>,
) -> Result<Answer, Problem> {
    let command = Command::RevokeCredential { key: credential };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}
