use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{Caller, Language, Problem, Query, page::PageQuery};
use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId, SignalId, VacancyId},
    view,
    wire::{access_purpose, person_field::Value as Field},
};
use gongqiao_domain::{City, decide::Speaker};
use gongqiao_vault::{Fields, MAX_ITEMS};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, call_list, people, show};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: Option<String>,
    vacancy: Option<VacancyId>,
    point: Option<PartyId>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Signals that the speaker may see.
#[utoipa::path(
    get,
    path = "/v1/signals",
    tag = "signals",
    params(Filter),
    responses((status = 200, body = view::Page<view::Signal>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Signal>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let city = board.api.live.city();
    let ids: Box<dyn Iterator<Item = (u64, &SignalId)>> = if sight::sees_all(&speaker) {
        Box::new(city.index.signals.iter().map(|(sequence, id)| (*sequence, id)))
    } else {
        Box::new(of_desk(&city, &speaker).into_iter())
    };
    let seen = ids.filter_map(|(sequence, id)| {
        let signal = city.signal(id)?;
        let wanted = sight::signal(&speaker, signal)
            && filter.vacancy.as_ref().is_none_or(|one| id.vacancy == *one)
            && filter.point.as_ref().is_none_or(|one| id.point == *one)
            && super::wanted(filter.state.as_ref(), signal.state.as_str());
        wanted.then(|| (sequence, show::signal(&city, signal)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// The signals of the points that a desk serves, and not all of the city's,
/// in the order of their sequences.
fn of_desk<'a>(city: &'a City, speaker: &Speaker) -> Vec<(u64, &'a SignalId)> {
    let points = city.index.signals_at.iter();
    let served = points.filter(|(point, _)| sight::is_desk(speaker, point));
    let mut ids: Vec<_> = served.flat_map(|(_, ids)| ids).map(|(at, id)| (*at, id)).collect();
    ids.sort_unstable_by_key(|(sequence, _)| *sequence);
    ids
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    /// Also the names of those who can't be proposed.
    #[serde(default)]
    excluded_names: bool,
    min_sequence: Option<u64>,
}

/// One signal with its call list; names and numbers for a desk that serves
/// the point, with an access record.
#[utoipa::path(
    get,
    path = "/v1/signals/{signal}",
    tag = "signals",
    params(OneQuery),
    responses((status = 200, body = view::Signal)),
    extensions(("x-refusals" = json!([Code::SignalNotFound, Code::BrokerUnavailable]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Language(lang): Language,
    Path(id): Path<String>,
    Query(query): Query<OneQuery>,
) -> Result<Json<view::Signal>, Problem> {
    board.api.at_least(query.min_sequence).await?;
    let mut shown = {
        let city = board.api.live.city();
        let missing = || Refusal::new(Code::SignalNotFound);
        let id: SignalId = id.parse().map_err(|_| missing())?;
        let found = city.signal(&id).filter(|found| sight::signal(&speaker, found));
        let found = found.ok_or_else(missing)?;
        let now = board.api.clock.now();
        call_list::whole(&city, &board.api.live.register(), found, lang, now)
    };
    if sight::is_desk(&speaker, &shown.point) {
        name(&board, &speaker, &mut shown, query.excluded_names).await?;
    }
    Ok(Json(shown))
}

/// Names the people whom the desk serves, and no others.
async fn name(
    board: &Board,
    speaker: &Speaker,
    shown: &mut view::Signal,
    excluded: bool,
) -> Result<(), Refusal> {
    let called = shown.candidates.iter().chain(&shown.walk_in).map(|one| &one.card);
    let called = called.chain(shown.standby.iter().map(|one| &one.card)).cloned().collect();
    let fields = vec![Field::Name, Field::Phone];
    let named = open(board, speaker, &shown.vacancy, fields, called).await?;
    let field = |card: &CardId, field| named.get(card)?.get(field).map(str::to_owned);
    for one in shown.candidates.iter_mut().chain(&mut shown.walk_in) {
        one.name = field(&one.card, Field::Name);
        one.phone = field(&one.card, Field::Phone);
    }
    for one in &mut shown.standby {
        one.name = field(&one.card, Field::Name);
        one.phone = field(&one.card, Field::Phone);
    }
    if excluded {
        let cards = shown.excluded.iter().map(|one| one.card.clone()).collect();
        let named = open(board, speaker, &shown.vacancy, vec![Field::Name], cards).await?;
        for one in &mut shown.excluded {
            let fields = named.get(&one.card);
            one.name = fields.and_then(|fields| fields.get(Field::Name)).map(str::to_owned);
        }
    }
    Ok(())
}

async fn open(
    board: &Board,
    speaker: &Speaker,
    vacancy: &VacancyId,
    fields: Vec<Field>,
    cards: Vec<CardId>,
) -> Result<HashMap<CardId, Fields>, Refusal> {
    let mut cards = people::served(board, speaker, cards);
    cards.sort_unstable();
    cards.dedup();
    let mut named = HashMap::with_capacity(cards.len());
    for part in cards.chunks(MAX_ITEMS) {
        let subject = vacancy.to_string();
        let (fields, part) = (fields.clone(), part.to_vec());
        let purpose = access_purpose::Value::AnswerSignal;
        named.extend(people::open(board, speaker, purpose, subject, fields, part).await?);
    }
    Ok(named)
}
