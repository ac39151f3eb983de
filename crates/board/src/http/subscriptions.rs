use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{Code, Refusal, view};

use super::sight;
use crate::{Board, show};

pub(super) fn routes() -> Router<Board> {
    Router::new()
        .route("/v1/subscriptions", get(list))
        .route("/v1/subscriptions/{subscription}", get(one))
}

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
