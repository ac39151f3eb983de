use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use gongqiao_access::{
    Body, Caller, Problem,
    webhook::{Signer, WebhookKeys},
};
use gongqiao_contract::{
    Code, Refusal,
    id::WebhookId,
    view,
    wire::{self, webhook_signing::Value as Signing},
};
use gongqiao_domain::decide::{Command, NewSecret, webhook_signing};
use secrecy::ExposeSecret as _;
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed};
use crate::{Accepted, Gate};

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(add))
        .routes(routes!(rotate))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(remove))
}

/// Has a feed sent to an address, signed with a secret that is in this answer
/// and nowhere else; so an Idempotency-Key can't bring it back, and is not taken
/// here.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    operation_id = "add_webhook",
    tag = "feeds",
    request_body(
        content = wire::AddWebhook,
        example = json!({
            "subscription": "sub_019a1c2e7d5b7c0e9f3a4b5c6d7e8f90",
            "url": "https://hooks.example.com/gongqiao", "signing": "HMAC",
        }),
    ),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::FieldRequired, Code::FieldTooLong, Code::FeedCursor, Code::WebhookUrl,
        Code::WebhookMany, Code::SubscriptionNotFound, Code::SubscriptionOver,
        Code::PartyNotFound,
    ]))),
)]
async fn add(
    State(gate): State<Gate>,
    caller: Caller,
    mut body: Body<wire::AddWebhook>,
) -> Result<impl IntoResponse, Problem> {
    if !body.value.url.is_empty() {
        let url = gate.outside.url(&body.value.url);
        let refused = |why| Refusal::new(Code::WebhookUrl).with("why", why).at("/url");
        body.value.url = url.map_err(refused)?.to_string();
    }
    let (signer, secret) = mint(&gate, webhook_signing(&body.value))?;
    let command = Command::AddWebhook { secret, ask: body.value };
    let accepted = gate.submit(caller, no_key(), &body.bytes, command).await?;
    Ok((StatusCode::CREATED, Json(shown_once(&accepted, &signer))))
}

/// Signs with a new secret, shown in this answer alone, and for a while with the
/// earlier one as well.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/rotate",
    operation_id = "rotate_webhook",
    tag = "feeds",
    request_body(content = wire::RotateWebhook, example = json!({ "overlapSeconds": 3600 })),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([Code::FieldRange, Code::WebhookNotFound, Code::WebhookRotating, Code::PartyNotFound]))),
)]
async fn rotate(
    State(gate): State<Gate>,
    caller: Caller,
    Id(webhook): Id<WebhookId>,
    body: Body<wire::RotateWebhook>,
) -> Result<impl IntoResponse, Problem> {
    let signing = gate.api.live.city().webhook(&webhook).map(|one| one.signing());
    let signing = signing.ok_or(Refusal::new(Code::WebhookNotFound))?;
    let (signer, secret) = mint(&gate, signing)?;
    let command = Command::RotateWebhook { webhook, secret, ask: body.value };
    let accepted = gate.submit(caller, no_key(), &body.bytes, command).await?;
    Ok(Json(shown_once(&accepted, &signer)))
}

/// Says that nothing can be delivered: of the one who delivers.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/disable",
    operation_id = "disable_webhook",
    tag = "feeds",
    request_body(content = wire::DisableWebhook, example = json!({ "why": "GONE" })),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([Code::FieldRequired, Code::WebhookNotFound, Code::WebhookDisabled, Code::AuthKind, Code::PartyNotFound]))),
)]
async fn disable(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(webhook): Id<WebhookId>,
    body: Body<wire::DisableWebhook>,
) -> Result<Answer, Problem> {
    let command = Command::DisableWebhook { webhook, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Sends again, from where it stopped.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/enable",
    operation_id = "enable_webhook",
    tag = "feeds",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([Code::WebhookNotFound, Code::WebhookEnabled, Code::PartyNotFound]))),
)]
async fn enable(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(webhook): Id<WebhookId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::EnableWebhook(webhook)).await?))
}

/// Sends nothing any more.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/remove",
    operation_id = "remove_webhook",
    tag = "feeds",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([Code::WebhookNotFound, Code::PartyNotFound]))),
)]
async fn remove(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(webhook): Id<WebhookId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::RemoveWebhook(webhook)).await?))
}

/// A new secret, and what is stored of it.
fn mint(gate: &Gate, signing: Signing) -> Result<(Signer, NewSecret), Refusal> {
    let salt = WebhookKeys::salt().map_err(|e| {
        tracing::error!(error = %e, "gate.mint");
        Refusal::new(Code::Internal)
    })?;
    let signer = gate.webhooks.signer(signing, &salt);
    let public_key = signer.public_key();
    Ok((signer, NewSecret { salt, public_key }))
}

fn no_key() -> Key {
    Key { key: None, path: String::new() }
}

fn shown_once(accepted: &Accepted, signer: &Signer) -> serde_json::Value {
    let mut answer = json!({ "id": accepted.entity, "sequence": accepted.sequence });
    if let Some(secret) = signer.secret() {
        answer["key"] = secret.expose_secret().into();
    }
    if let Some(public) = signer.public_key() {
        answer["publicKey"] = public.into();
    }
    answer
}
