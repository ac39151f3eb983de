use axum::extract::State;
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{Code, id::AgreementId, view, wire};
use gongqiao_domain::decide::Command;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(sign))
        .routes(routes!(amend))
        .routes(routes!(terminate))
        .routes(routes!(end))
}

/// Records an agreement with a party. By an approver of the bureau.
#[utoipa::path(
    post,
    path = "/v1/agreements",
    tag = "agreements",
    request_body(
        content = wire::SignAgreement,
        example = json!({
            "party": "440300", "until": "2028-01-01T00:00:00Z",
            "scope": { "classes": ["VACANCIES", "DISPATCHES"], "purpose": "COOPERATION" },
        }),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::FieldInvalid, Code::FieldRequired, Code::FieldUnknownCode,
        Code::PartyNotFound, Code::PartyRevoked,
    ]))),
)]
async fn sign(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::SignAgreement>,
) -> Result<Answer, Problem> {
    let command = Command::SignAgreement(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/agreements"))
}

/// Changes how far an agreement reaches, or until when it holds.
#[utoipa::path(
    post,
    path = "/v1/agreements/{agreement}/amend",
    tag = "agreements",
    request_body(
        content = wire::AmendAgreement,
        example = json!({ "until": "2029-01-01T00:00:00Z" }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AgreementNotFound, Code::AgreementNotInForce, Code::FieldInvalid,
        Code::FieldRequired, Code::FieldUnknownCode,
    ]))),
)]
async fn amend(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(agreement): Id<AgreementId>,
    body: Body<wire::AmendAgreement>,
) -> Result<Answer, Problem> {
    let command = Command::AmendAgreement { agreement, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Ends an agreement before its time.
#[utoipa::path(
    post,
    path = "/v1/agreements/{agreement}/terminate",
    tag = "agreements",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AgreementNotFound, Code::AgreementNotInForce,
    ]))),
)]
async fn terminate(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(agreement): Id<AgreementId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::TerminateAgreement(agreement)).await?))
}

/// Records that an agreement has reached its end. By the steward.
#[utoipa::path(
    post,
    path = "/v1/agreements/{agreement}/end",
    tag = "agreements",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AgreementNotFound, Code::AgreementNotInForce,
    ]))),
)]
async fn end(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(agreement): Id<AgreementId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::EndAgreement(agreement)).await?))
}
