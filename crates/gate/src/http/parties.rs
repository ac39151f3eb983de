use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    id::{KeyId, PartyId},
    wire,
};
use gongqiao_domain::decide::Command;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/parties", post(register))
        .route("/v1/parties/{party}/revoke", post(revoke))
        .route("/v1/parties/{party}/credentials", post(issue))
        .route("/v1/credentials/{key}/revoke", post(revoke_credential))
}

async fn register(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::RegisterParty>,
) -> Result<Answer, Problem> {
    let command = Command::RegisterParty(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/parties"))
}

async fn revoke(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(party): Id<PartyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::RevokeParty(party)).await?))
}

/// The secret is in this answer and nowhere else; so an Idempotency-Key can't
/// bring it back, and is not taken here.
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
    let command = Command::IssueCredential { party, key: new.id, mac: new.mac, ask: body.value };
    let none = Key { key: None, path: String::new() };
    let accepted = gate.submit(caller, none, &body.bytes, command).await?;
    let answer = json!({
        "id": accepted.entity,
        "sequence": accepted.sequence,
        "key": new.token.expose_secret(),
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn revoke_credential(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(credential): Id<KeyId>,
) -> Result<Answer, Problem> {
    let command = Command::RevokeCredential { key: credential };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}
