use axum::extract::State;
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{Code, id::SubscriptionId, view, wire};
use gongqiao_domain::decide::Command;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(close))
}

/// Opens a feed for the speaker, written from now on.
#[utoipa::path(
    post,
    path = "/v1/subscriptions",
    tag = "feeds",
    request_body(
        content = wire::OpenSubscription,
        example = json!({
            "kind": "VACANCY", "format": "JSON",
            "filter": { "divisions": ["431000"], "urgent": true },
        }),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthNotYours, Code::FieldRequired, Code::FieldRange, Code::FieldDate,
        Code::FieldInvalid, Code::FieldUnknownCode, Code::SubscriptionKind,
        Code::SubscriptionMany, Code::AgreementNone, Code::AgreementScope, Code::PartyNotFound,
        Code::PartyRevoked,
    ]))),
)]
async fn open(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::OpenSubscription>,
) -> Result<Answer, Problem> {
    let command = Command::OpenSubscription(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/subscriptions"))
}

/// Closes a feed; nothing is written to it any more.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{subscription}/close",
    tag = "feeds",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::PartyNotFound, Code::SubscriptionNotFound, Code::SubscriptionOver,
    ]))),
)]
async fn close(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(subscription): Id<SubscriptionId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::CloseSubscription(subscription)).await?))
}
