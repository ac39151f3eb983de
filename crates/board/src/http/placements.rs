use std::collections::BTreeMap;

use axum::{Json, extract::State};
use gongqiao_access::{Caller, Problem, Query, page::PageQuery};
use gongqiao_contract::{
    id::{CardId, DispatchId, PartyId, VacancyId},
    view,
};
use gongqiao_domain::City;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, after};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: Option<String>,
    vacancy: Option<VacancyId>,
    point: Option<PartyId>,
    enterprise: Option<PartyId>,
    dispatch: Option<DispatchId>,
    card: Option<CardId>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Where people stand, and the work that they have had: in the order of the
/// last event of each, so that whatever changes comes again at the end.
#[utoipa::path(
    get,
    path = "/v1/placements",
    tag = "placements",
    params(Filter),
    responses((status = 200, body = view::Page<view::Placement>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Placement>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let city = board.api.live.city();
    let wanted = |shown: &view::Placement| {
        sight::placement(&speaker, shown)
            && super::wanted(filter.state.as_ref(), &shown.state)
            && filter.vacancy.as_ref().is_none_or(|one| shown.vacancy == *one)
            && filter.point.as_ref().is_none_or(|one| shown.point == *one)
            && filter.enterprise.as_ref().is_none_or(|one| shown.enterprise == *one)
            && filter.dispatch.as_ref().is_none_or(|one| shown.dispatch.as_ref() == Some(one))
            && filter.card.as_ref().is_none_or(|one| shown.card == *one)
    };
    let mut all = all(&city, board.api.clock.now());
    all.retain(|_, shown| wanted(shown));
    Ok(Json(page.take(city.position, all.into_iter())?))
}

fn all(city: &City, now: OffsetDateTime) -> BTreeMap<u64, view::Placement> {
    let stored = city.entities.workers.values();
    let now_at = stored.filter_map(|entry| {
        let placement = entry.value.as_ref()?.placement.as_ref()?;
        Some((entry.last, after::placement(city, placement, now)?))
    });
    let left = city.employments.iter().filter(|(onboarding, one)| {
        let placement = city.placement(&one.card);
        let current = placement.and_then(|placement| city.employments.of(placement));
        current.is_none_or(|(current, _)| current != *onboarding)
    });
    let past = left.filter_map(|(onboarding, one)| {
        Some((onboarding, after::past_work(city, onboarding, one, now)?))
    });
    now_at.chain(past).collect()
}
