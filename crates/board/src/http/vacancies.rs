use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{
    Code, Refusal,
    id::{PartyId, VacancyId},
    view,
};
use gongqiao_domain::ledger::Figure;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, events::read_events, job_posting, show};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(events))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    urgent: Option<bool>,
    state: Option<String>,
    enterprise: Option<PartyId>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Vacancies that the speaker may see, in the order of their last events.
#[utoipa::path(
    get,
    path = "/v1/vacancies",
    tag = "vacancies",
    params(Filter),
    responses((status = 200, body = view::Page<view::Vacancy>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Vacancy>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let city = board.api.live.city();
    let seen = city.index.vacancies.iter().filter_map(|(sequence, id)| {
        let vacancy = city.vacancy(id)?;
        let wanted = sight::vacancy(&city, &speaker, vacancy)
            && filter.urgent.is_none_or(|urgent| vacancy.terms.urgent == urgent)
            && filter.enterprise.as_ref().is_none_or(|one| vacancy.enterprise == *one);
        let shown = wanted.then(|| show::vacancy(&city, vacancy))?;
        filter
            .state
            .as_ref()
            .is_none_or(|state| shown.state == *state)
            .then_some((*sequence, shown))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One vacancy with its ledger. With `Accept: application/ld+json`, as
/// schema.org's JobPosting.
#[utoipa::path(
    get,
    path = "/v1/vacancies/{vacancy}",
    tag = "vacancies",
    params(AtLeast),
    responses((
        status = 200,
        content((view::Vacancy = "application/json"), (Object = "application/ld+json")),
    )),
    extensions(("x-refusals" = json!([Code::VacancyNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let missing = || Refusal::new(Code::VacancyNotFound);
    let id: VacancyId = id.parse().map_err(|_| missing())?;
    let found = city.vacancy(&id).filter(|found| sight::vacancy(&city, &speaker, found));
    let shown = show::vacancy(&city, found.ok_or_else(missing)?);
    let varies = (header::VARY, "accept");
    if !wants_posting(&headers) {
        return Ok(([varies], Json(shown)).into_response());
    }
    let headers = [varies, (header::CONTENT_TYPE, job_posting::MEDIA)];
    Ok((headers, job_posting::of(&shown).to_string()).into_response())
}

fn wants_posting(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains(job_posting::MEDIA))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    #[param(inline)]
    figure: Option<Figure>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// The events behind one figure, or behind all of them.
#[utoipa::path(
    get,
    path = "/v1/vacancies/{vacancy}/events",
    tag = "vacancies",
    params(EventsQuery),
    responses((status = 200, body = view::Page<view::Event>)),
    extensions(("x-refusals" = json!([Code::VacancyNotFound, Code::BrokerUnavailable]))),
)]
async fn events(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<view::Page<view::Event>>, Problem> {
    board.api.at_least(query.min_sequence).await?;
    let page =
        PageQuery { page_size: query.page_size, page_token: query.page_token, min_sequence: None };
    let entries = {
        let city = board.api.live.city();
        let missing = || Refusal::new(Code::VacancyNotFound);
        let id: VacancyId = id.parse().map_err(|_| missing())?;
        // Why: events name the points that were asked, which is the bureau's
        // and the enterprise's business and not another point's.
        let found = city
            .vacancy(&id)
            .filter(|found| sight::sees_all(&speaker) || speaker.party == found.enterprise);
        let found = found.ok_or_else(missing)?;
        let ledger = city.ledgers.get(&found.id);
        let entries = ledger.into_iter().flat_map(|ledger| ledger.all());
        let entries = entries.filter(|entry| query.figure.is_none_or(|f| entry.figure == f));
        let mut last = 0;
        let entries = entries.filter(|entry| {
            // Why: without a figure, an event that counts in several is shown once.
            let first = entry.sequence != last || query.figure.is_some();
            last = entry.sequence;
            first
        });
        let change = |change: i64| query.figure.map(|_| change);
        page.take(city.position, entries.map(|e| (e.sequence, (e.sequence, change(e.change)))))?
    };
    let items = read_events(&board.api.live, &speaker, entries.items).await?;
    Ok(Json(view::Page {
        items,
        next_page_token: entries.next_page_token,
        position: entries.position,
    }))
}
