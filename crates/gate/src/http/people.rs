use axum::extract::State;
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{Code, id::CardId, view, wire};
use gongqiao_domain::decide::Command;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed};
use crate::Gate;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(erase))
        .routes(routes!(freeze))
        .routes(routes!(unfreeze))
        .routes(routes!(consent))
        .routes(routes!(withdraw))
}

/// Records the erasure, and answers once it is carried out here.
#[utoipa::path(
    post,
    path = "/v1/people/{card}/erase",
    tag = "people",
    request_body(content = wire::ErasePerson, example = json!({ "reason": "REQUEST" })),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardHeld, Code::FieldRequired, Code::VacancyNotFound, Code::PartyNotFound,
    ]))),
)]
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

/// Keeps a person's data, and does nothing else with it.
#[utoipa::path(
    post,
    path = "/v1/people/{card}/freeze",
    tag = "people",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardFrozen, Code::VacancyNotFound, Code::PartyNotFound,
    ]))),
)]
async fn freeze(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
) -> Result<Answer, Problem> {
    let command = Command::FreezePerson { card, frozen: true };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}

/// Takes a freeze back.
#[utoipa::path(
    post,
    path = "/v1/people/{card}/unfreeze",
    tag = "people",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardNotFrozen, Code::VacancyNotFound, Code::PartyNotFound,
    ]))),
)]
async fn unfreeze(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(card): Id<CardId>,
) -> Result<Answer, Problem> {
    let command = Command::FreezePerson { card, frozen: false };
    Ok(changed(gate.submit(caller, key, &[], command).await?))
}

/// Records what a person agrees to.
#[utoipa::path(
    post,
    path = "/v1/people/{card}/consents",
    tag = "people",
    request_body(
        content = wire::GiveConsent,
        example = json!({
            "purpose": "DISCLOSURE", "recipient": "ENTERPRISE", "fields": ["NAME"],
        }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardFrozen, Code::FieldInvalid, Code::FieldRequired, Code::PartyNotFound,
        Code::VacancyNotFound,
    ]))),
)]
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

/// Records that a person no longer agrees.
#[utoipa::path(
    post,
    path = "/v1/people/{card}/consents/withdraw",
    tag = "people",
    request_body(
        content = wire::WithdrawConsent,
        example = json!({ "purpose": "DISCLOSURE", "recipient": "ENTERPRISE" }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardFrozen, Code::FieldInvalid, Code::FieldRequired, Code::PartyNotFound,
        Code::VacancyNotFound,
    ]))),
)]
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
