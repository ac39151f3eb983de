use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId, SignalId, VacancyId},
    subject::Entity,
    view,
    wire::{self, access_purpose, person_field::Value as Field},
};
use gongqiao_domain::decide::Speaker;
use gongqiao_stream::{StreamName, read};
use gongqiao_vault::Access;
use prost::Message as _;
use serde::Deserialize;

use super::sight;
use crate::{Board, show};

pub(super) fn routes() -> Router<Board> {
    Router::new().route("/v1/signals", get(list)).route("/v1/signals/{signal}", get(one))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: Option<String>,
    vacancy: Option<VacancyId>,
    point: Option<PartyId>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Signal>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery {
        page_size: filter.page_size,
        page_token: filter.page_token,
        min_sequence: None,
    };
    let city = board.api.live.city();
    // Why: a point's own few, and not all of the city's, when a point asks.
    let own = city.index.signals_at.get(&speaker.party).into_iter().flatten();
    let all = city.index.signals.iter().map(|(sequence, id)| (*sequence, id));
    let ids: Box<dyn Iterator<Item = (u64, &SignalId)>> = if sight::sees_all(&speaker) {
        Box::new(all)
    } else {
        Box::new(own.map(|(sequence, id)| (*sequence, id)))
    };
    let seen = ids.filter_map(|(sequence, id)| {
        let signal = city.signal(id)?;
        let wanted = sight::signal(&speaker, signal)
            && filter.vacancy.as_ref().is_none_or(|one| id.vacancy == *one)
            && filter.point.as_ref().is_none_or(|one| id.point == *one)
            && filter.state.as_ref().is_none_or(|one| signal.state.as_str() == one);
        wanted.then(|| (sequence, show::signal(&city, signal, false)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

/// One signal with its candidates; their names and numbers for the point
/// itself, with an access record.
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Signal>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let mut shown = {
        let city = board.api.live.city();
        let missing = || Refusal::new(Code::SignalNotFound);
        let id: SignalId = id.parse().map_err(|_| missing())?;
        let found = city.signal(&id).filter(|found| sight::signal(&speaker, found));
        show::signal(&city, found.ok_or_else(missing)?, true)
    };
    if speaker.party == shown.point {
        name(&board, &speaker, &mut shown).await?;
    }
    Ok(Json(shown))
}

async fn name(board: &Board, speaker: &Speaker, shown: &mut view::Signal) -> Result<(), Refusal> {
    let cards: Vec<CardId> = shown.candidates.iter().map(|c| c.card.clone()).collect();
    let sealed = sealed(board, cards).await?;
    let access = Access {
        actor: speaker.actor(),
        purpose: access_purpose::Value::AnswerSignal,
        subject: shown.vacancy.to_string(),
        fields: vec![Field::Name, Field::Phone],
    };
    let opened = board.opener.open(access, sealed).await.map_err(|e| {
        tracing::error!(code = e.code(), error = %e, "board.names");
        Refusal::new(Code::BrokerUnavailable)
    })?;
    for (candidate, opened) in shown.candidates.iter_mut().zip(opened) {
        let field = |field| opened.fields()?.get(field).map(str::to_owned);
        candidate.name = field(Field::Name);
        candidate.phone = field(Field::Phone);
    }
    Ok(())
}

/// The sealed parts, from the register's stream; an empty one for a card
/// that is no longer there.
pub(super) async fn sealed(
    board: &Board,
    cards: Vec<CardId>,
) -> Result<Vec<(CardId, wire::Sealed)>, Refusal> {
    let live = &board.api.live;
    futures::stream::iter(cards)
        .map(|card| async move {
            let subject = Entity::Card(card.clone()).subject(&live.cell());
            let found = read::next_on_subject(live.connection(), StreamName::Register, &subject, 1);
            let found = found.await.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
            let sealed = found.and_then(|m| wire::Card::decode(m.payload).ok()?.person);
            Ok((card, sealed.unwrap_or_default()))
        })
        .buffered(16)
        .try_collect()
        .await
}
