use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{Caller, Problem, Query, page::PageQuery};
use gongqiao_contract::{
    Code, Refusal,
    codes::DivisionCode,
    id::PartyId,
    view,
    wire::{access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_domain::decide::serves;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, people, show};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only those whose ID is (not) verified.
    verified: Option<bool>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// A point's own people (一村一册), with names for the point itself and for
/// its township's desk, with an access record.
#[utoipa::path(
    get,
    path = "/v1/register/{point}/cards",
    tag = "register",
    params(Filter),
    responses((status = 200, body = view::Page<view::Card>)),
    extensions(("x-refusals" = json!([Code::PartyNotFound, Code::BrokerUnavailable]))),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(point): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Card>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let missing = || Refusal::new(Code::PartyNotFound);
    let id: PartyId = point.parse().map_err(|_| missing())?;
    let code: DivisionCode = point.parse().map_err(|_| missing())?;
    let own = serves(&speaker.party, &id);
    if !own && !sight::sees_all(&speaker) {
        return Err(missing().into());
    }
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let mut page = {
        let city = board.api.live.city();
        let register = board.api.live.register();
        let cards = register
            .of_point(code)
            .filter(|facets| filter.verified.is_none_or(|wanted| facets.verified == wanted))
            .map(|facets| (facets.sequence, show::card(&city, facets)));
        page.take(city.position, cards)?
    };
    if own {
        let cards = page.items.iter().map(|shown| shown.card.clone()).collect();
        let fields = vec![Field::Name, Field::Phone];
        let named = people::open(&board, &speaker, Purpose::Register, point, fields, cards).await?;
        for shown in &mut page.items {
            let Some(fields) = named.get(&shown.card) else { continue };
            shown.name = fields.get(Field::Name).map(str::to_owned);
            shown.phone = fields.get(Field::Phone).map(str::to_owned);
        }
    }
    Ok(Json(page))
}
