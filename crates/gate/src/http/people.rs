use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{id::CardId, wire};
use gongqiao_domain::decide::Command;

use super::{Answer, Id, Key, changed};
use crate::Gate;

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/people/{card}/erase", post(erase))
        .route("/v1/people/{card}/freeze", post(freeze))
        .route("/v1/people/{card}/unfreeze", post(unfreeze))
        .route("/v1/people/{card}/consents", post(consent))
        .route("/v1/people/{card}/consents/withdraw", post(withdraw))
}

/// Records the erasure, and answers once it is carried out here.
async fn erase(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
    body: Body<wire::ErasePerson>,
) -> Result<Answer, Problem> {
    let command = Command::ErasePerson { card, reason: body.value.reason() };
    let accepted = gate.submit(caller, key, &body.bytes, command).await?;
    let mut erasures = gate.erasures.clone();
    let carried_out = erasures.wait_for(|done| *done >= accepted.sequence);
    // Why: it is recorded, so it will be; whoever asks need not wait for a
    // vault that is busy.
    if tokio::time::timeout(gate.api.patience, carried_out).await.is_err() {
        tracing::warn!("gate.erasure_late");
    }
    Ok(changed(accepted))
}

async fn freeze(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
) -> Result<Answer, Problem> {
    let command = Command::FreezePerson { card, frozen: true };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}

async fn unfreeze(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
) -> Result<Answer, Problem> {
    let command = Command::FreezePerson { card, frozen: false };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}

async fn consent(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
    body: Body<wire::GiveConsent>,
) -> Result<Answer, Problem> {
    let command = Command::GiveConsent { card, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

async fn withdraw(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
    body: Body<wire::WithdrawConsent>,
) -> Result<Answer, Problem> {
    let command = Command::WithdrawConsent { card, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}
