use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{id::SubscriptionId, wire};
use gongqiao_domain::decide::Command;

use super::{Answer, Id, Key, changed, made};
use crate::Gate;

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/subscriptions", post(open))
        .route("/v1/subscriptions/{subscription}/close", post(close))
}

async fn open(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::OpenSubscription>,
) -> Result<Answer, Problem> {
    let command = Command::OpenSubscription(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/subscriptions"))
}

async fn close(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(subscription): Id<SubscriptionId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::CloseSubscription(subscription)).await?))
}
