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

/// Feeds that were opened, and where they are read.
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    tag = "feeds",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::Subscription>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::Subscription>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let city = board.api.live.city();
    let now = board.api.clock.now();
    let seen = city.index.subscriptions.iter().filter_map(|(sequence, id)| {
        let one = city.subscription(id).filter(|one| sight::party(&speaker, &one.party))?;
        Some((*sequence, show::subscription(&city, one, now)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One feed, and where it is read.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{subscription}",
    tag = "feeds",
    params(AtLeast),
    responses((status = 200, body = view::Subscription)),
    extensions(("x-refusals" = json!([Code::SubscriptionNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Subscription>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let missing = || Refusal::new(Code::SubscriptionNotFound);
    let id = id.parse().map_err(|_| missing())?;
    let one = city.subscription(&id).filter(|one| sight::party(&speaker, &one.party));
    Ok(Json(show::subscription(&city, one.ok_or_else(missing)?, board.api.clock.now())))
}
