use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{
    Code, Refusal,
    id::{DispatchId, VacancyId},
    view,
};
use gongqiao_domain::{
    City,
    decide::Speaker,
    entity::{Dispatch, dispatch_state_name},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight::{self, Depth, Groups};
use crate::{
    Board, after,
    events::read_events,
    show,
    story::{self, Chapter, Telling},
};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(history))
        .routes(routes!(story))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: Option<String>,
    vacancy: Option<VacancyId>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Groups that the speaker may see.
#[utoipa::path(
    get,
    path = "/v1/dispatches",
    tag = "dispatches",
    params(Filter),
    responses((status = 200, body = view::Page<view::Dispatch>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Dispatch>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let city = board.api.live.city();
    let groups = Groups::of(&city, &speaker);
    let seen = city.index.dispatches.iter().filter_map(|(sequence, id)| {
        let dispatch = city.dispatch(id)?;
        let wanted = filter.vacancy.as_ref().is_none_or(|one| dispatch.vacancy == *one)
            && super::wanted(filter.state.as_ref(), dispatch_state_name(dispatch.state()));
        let depth = wanted.then(|| groups.depth(&city, dispatch)).flatten()?;
        Some((*sequence, show::dispatch(&city, dispatch, depth == Depth::Whole)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One group.
#[utoipa::path(
    get,
    path = "/v1/dispatches/{dispatch}",
    tag = "dispatches",
    params(AtLeast),
    responses((status = 200, body = view::Dispatch)),
    extensions(("x-refusals" = json!([Code::DispatchNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Dispatch>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let missing = || Refusal::new(Code::DispatchNotFound);
    let id: DispatchId = id.parse().map_err(|_| missing())?;
    let found = city.dispatch(&id).ok_or_else(missing)?;
    let depth = Groups::of(&city, &speaker).depth(&city, found).ok_or_else(missing)?;
    let mut shown = show::dispatch(&city, found, depth == Depth::Whole);
    after::add_work(&city, &mut shown, board.api.clock.now());
    Ok(Json(shown))
}

/// Every event of a dispatch, in order.
#[utoipa::path(
    get,
    path = "/v1/dispatches/{dispatch}/history",
    tag = "dispatches",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::Event>)),
    extensions(("x-refusals" = json!([Code::DispatchNotFound, Code::BrokerUnavailable]))),
)]
async fn history(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::Event>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let found = {
        let city = board.api.live.city();
        let found = whole(&city, &speaker, &id)?;
        let sequences = city.index.dispatch_events.get(&found.id).into_iter().flatten();
        page.take(city.position, sequences.map(|sequence| (*sequence, (*sequence, None))))?
    };
    let items = read_events(&board.api.live, &speaker, found.items).await?;
    Ok(Json(view::Page { items, next_page_token: found.next_page_token, position: found.position }))
}

/// Every event of a dispatch with its headers, transaction, receipt and names,
/// and what followed from it.
#[utoipa::path(
    get,
    path = "/v1/dispatches/{dispatch}/story",
    tag = "dispatches",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::StoryEvent>)),
    extensions(("x-refusals" = json!([Code::DispatchNotFound, Code::BrokerUnavailable]))),
)]
async fn story(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::StoryEvent>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let (telling, found) = {
        let city = board.api.live.city();
        let found = whole(&city, &speaker, &id)?;
        let telling = Telling::of(&city, found);
        let sequences = city.index.dispatch_events.get(&found.id).into_iter().flatten();
        let chapters = sequences.map(|one| (*one, Chapter::of(&city, &telling, *one)));
        let page = page.take(city.position, chapters)?;
        (telling, page)
    };
    let items = story::tell(&board.api.live, &speaker, &telling, found.items).await?;
    Ok(Json(view::Page { items, next_page_token: found.next_page_token, position: found.position }))
}

/// The group, for whoever sees it whole.
fn whole<'a>(city: &'a City, speaker: &Speaker, id: &str) -> Result<&'a Dispatch, Refusal> {
    let id: Option<DispatchId> = id.parse().ok();
    let found = id.and_then(|id| city.dispatch(&id));
    let found = found.filter(|found| sight::whole_dispatch(city, speaker, found));
    found.ok_or_else(|| Refusal::new(Code::DispatchNotFound))
}
