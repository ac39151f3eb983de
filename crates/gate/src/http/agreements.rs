use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{id::AgreementId, wire};
use gongqiao_domain::decide::Command;

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/agreements", post(sign))
        .route("/v1/agreements/{agreement}/amend", post(amend))
        .route("/v1/agreements/{agreement}/terminate", post(terminate))
        .route("/v1/agreements/{agreement}/end", post(end))
}

async fn sign(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::SignAgreement>,
) -> Result<Answer, Problem> {
    let command = Command::SignAgreement(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/agreements"))
}

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

async fn terminate(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(agreement): Id<AgreementId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::TerminateAgreement(agreement)).await?))
}

async fn end(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(agreement): Id<AgreementId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::EndAgreement(agreement)).await?))
}
