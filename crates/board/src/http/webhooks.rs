use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{Code, Refusal, view};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, show};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Where feeds are sent to.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    operation_id = "list_webhooks",
    tag = "feeds",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::Webhook>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::Webhook>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let city = board.api.live.city();
    let now = board.api.clock.now();
    let seen = city.index.webhooks.iter().filter_map(|(sequence, id)| {
        let one = city.webhook(id).filter(|one| sight::party(&speaker, &one.party))?;
        Some((*sequence, show::webhook(&city, one, now)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One webhook, with what signs.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook}",
    operation_id = "show_webhook",
    tag = "feeds",
    params(AtLeast),
    responses((status = 200, body = view::Webhook)),
    extensions(("x-refusals" = json!([Code::WebhookNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Webhook>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let missing = || Refusal::new(Code::WebhookNotFound);
    let id = id.parse().map_err(|_| missing())?;
    let one = city.webhook(&id).filter(|one| sight::party(&speaker, &one.party));
    Ok(Json(show::webhook(&city, one.ok_or_else(missing)?, board.api.clock.now())))
}
