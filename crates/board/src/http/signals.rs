use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_access::{Caller, Language, Problem, Query, page::PageQuery};
use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId, SignalId, VacancyId},
    subject::Entity,
    view,
    wire::{self, access_purpose, person_field::Value as Field},
};
use gongqiao_domain::{
    City,
    decide::{Speaker, serves_division},
};
use gongqiao_stream::{StreamName, read};
use gongqiao_vault::{Access, MAX_ITEMS};
use prost::Message as _;
use serde::Deserialize;

use super::sight;
use crate::{Board, call_list, show};

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
            && filter.state.as_ref().is_none_or(|one| signal.state.as_str() == one);
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    /// Also the names of those who can't be proposed.
    #[serde(default)]
    excluded_names: bool,
    min_sequence: Option<u64>,
}

/// One signal with its call list; names and numbers for a desk that serves
/// the point, with an access record.
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
        call_list::whole(&city, &board.api.live.register(), found, lang)
    };
    if sight::is_desk(&speaker, &shown.point) {
        name(&board, &speaker, &mut shown, query.excluded_names).await?;
    }
    Ok(Json(shown))
}

/// Where a name goes, and a number unless the person can't be proposed.
type Slot<'a> = (&'a CardId, &'a mut Option<String>, Option<&'a mut Option<String>>);

async fn name(
    board: &Board,
    speaker: &Speaker,
    shown: &mut view::Signal,
    excluded: bool,
) -> Result<(), Refusal> {
    let subject = shown.vacancy.to_string();
    let people = shown.candidates.iter_mut().chain(&mut shown.walk_in);
    let people = people.map(|one| (&one.card, &mut one.name, Some(&mut one.phone)));
    let waiting = shown.standby.iter_mut();
    let waiting = waiting.map(|one| (&one.card, &mut one.name, Some(&mut one.phone)));
    let named = people.chain(waiting).collect();
    open(board, speaker, &subject, vec![Field::Name, Field::Phone], named).await?;
    if excluded {
        let named = shown.excluded.iter_mut().map(|one| (&one.card, &mut one.name, None));
        open(board, speaker, &subject, vec![Field::Name], named.collect()).await?;
    }
    Ok(())
}

/// Opens these fields of people whom the desk serves now, and of no others.
async fn open(
    board: &Board,
    speaker: &Speaker,
    subject: &str,
    fields: Vec<Field>,
    mut slots: Vec<Slot<'_>>,
) -> Result<(), Refusal> {
    {
        let register = board.api.live.register();
        slots.retain(|(card, ..)| {
            let facets = register.get(card);
            facets.is_some_and(|facets| serves_division(&speaker.party, facets.point))
        });
    }
    for part in slots.chunks_mut(MAX_ITEMS) {
        let cards = part.iter().map(|(card, ..)| (*card).clone()).collect();
        let access = Access {
            actor: speaker.actor(),
            purpose: access_purpose::Value::AnswerSignal,
            subject: subject.to_owned(),
            fields: fields.clone(),
        };
        let opened = board.opener.open(access, sealed(board, cards).await?).await;
        let opened = opened.map_err(|e| {
            tracing::error!(code = e.code(), error = %e, "board.names");
            Refusal::new(Code::BrokerUnavailable)
        })?;
        for ((_, name, phone), opened) in part.iter_mut().zip(opened) {
            let field = |field| opened.fields()?.get(field).map(str::to_owned);
            **name = field(Field::Name);
            if let Some(phone) = phone {
                **phone = field(Field::Phone);
            }
        }
    }
    Ok(())
}

/// The sealed parts, from the register's stream; an empty one for a card
/// that is no longer there.
async fn sealed(board: &Board, cards: Vec<CardId>) -> Result<Vec<(CardId, wire::Sealed)>, Refusal> {
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
