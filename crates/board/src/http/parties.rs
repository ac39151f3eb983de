use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{Code, Refusal, id::PartyId, view};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, show};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(credentials))
        .routes(routes!(agreements))
        .routes(routes!(agreement))
        .routes(routes!(indicators))
}

/// Whom a key speaks for: what a page shows depends on it.
#[utoipa::path(get, path = "/v1/me", tag = "parties", responses((status = 200, body = view::Me)))]
async fn me(State(board): State<Board>, Caller(speaker): Caller) -> Json<view::Me> {
    let city = board.api.live.city();
    Json(view::Me {
        kind: speaker.kind.as_str_name().to_owned(),
        name: city.party(&speaker.party).map(|party| party.name.clone()).unwrap_or_default(),
        role: speaker.role.as_str_name().to_owned(),
        person: speaker.person,
        party: speaker.party,
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PartyFilter {
    kind: Option<String>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Parties that the speaker may see.
#[utoipa::path(
    get,
    path = "/v1/parties",
    tag = "parties",
    params(PartyFilter),
    responses((status = 200, body = view::Page<view::Party>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<PartyFilter>,
) -> Result<Json<view::Page<view::Party>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let city = board.api.live.city();
    let seen = city.index.parties.iter().filter_map(|(sequence, id)| {
        let party = city.party(id)?;
        let wanted = filter.kind.as_deref().is_none_or(|kind| party.kind().as_str_name() == kind);
        (wanted && sight::party(&speaker, id)).then(|| (*sequence, show::party(party)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One party.
#[utoipa::path(
    get,
    path = "/v1/parties/{party}",
    tag = "parties",
    params(AtLeast),
    responses((status = 200, body = view::Party)),
    extensions(("x-refusals" = json!([Code::PartyNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Party>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let id: PartyId = id.parse().map_err(|_| Refusal::new(Code::PartyNotFound))?;
    let party = city.party(&id).filter(|_| sight::party(&speaker, &id));
    Ok(Json(show::party(party.ok_or(Refusal::new(Code::PartyNotFound))?)))
}

/// The keys of a party, without their secrets.
#[utoipa::path(
    get,
    path = "/v1/parties/{party}/credentials",
    tag = "parties",
    params(AtLeast),
    responses((status = 200, body = view::Page<view::Credential>)),
    extensions(("x-refusals" = json!([Code::PartyNotFound]))),
)]
async fn credentials(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Page<view::Credential>>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let id: PartyId = id.parse().map_err(|_| Refusal::new(Code::PartyNotFound))?;
    let party = city.party(&id).filter(|_| sight::party(&speaker, &id));
    let party = party.ok_or(Refusal::new(Code::PartyNotFound))?;
    let items = party.credentials.iter().map(|(id, c)| show::credential(id, c)).collect();
    Ok(Json(view::Page { items, next_page_token: None, position: city.position }))
}

/// Agreements that the speaker may see.
#[utoipa::path(
    get,
    path = "/v1/agreements",
    tag = "agreements",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::Agreement>)),
)]
async fn agreements(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::Agreement>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let city = board.api.live.city();
    let now = board.api.clock.now();
    let seen = city.index.agreements.iter().filter_map(|(sequence, id)| {
        let agreement = city.agreement(id)?;
        sight::agreement(&speaker, agreement).then(|| (*sequence, show::agreement(agreement, now)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One agreement.
#[utoipa::path(
    get,
    path = "/v1/agreements/{agreement}",
    tag = "agreements",
    params(AtLeast),
    responses((status = 200, body = view::Agreement)),
    extensions(("x-refusals" = json!([Code::AgreementNotFound]))),
)]
async fn agreement(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Agreement>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let city = board.api.live.city();
    let missing = || Refusal::new(Code::AgreementNotFound);
    let id = id.parse().map_err(|_| missing())?;
    let found = city.agreement(&id).filter(|found| sight::agreement(&speaker, found));
    Ok(Json(show::agreement(found.ok_or_else(missing)?, board.api.clock.now())))
}

/// The state of the city in a few numbers.
#[utoipa::path(
    get,
    path = "/v1/indicators",
    tag = "reports",
    params(PageQuery),
    responses((status = 200, body = view::Indicators)),
)]
async fn indicators(
    State(board): State<Board>,
    Caller(_): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Indicators>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let city = board.api.live.city();
    let cards = board.api.live.register().len();
    Ok(Json(show::indicators(&city, cards, board.api.clock.now())))
}
