//! The people with whom a desk travels, named for the roll at the coach door.

use std::collections::BTreeMap;

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
    id::{CardId, DispatchId, VacancyId},
    view,
    wire::{
        access_purpose::Value as Purpose, dispatch_state::Value as Group,
        person_field::Value as Field, recipient_kind::Value as RecipientKind,
    },
};
use gongqiao_domain::{
    City, Register,
    consent::{self, Recipient},
    decide::Speaker,
    entity::{Dispatch, Placement, placement_state_name},
};
use gongqiao_shell::beijing::rfc3339;
use time::OffsetDateTime;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, people, show::name_of};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(of_vacancy)).routes(routes!(of_dispatch))
}

/// A desk's own people who have a seat of a vacancy, in the order in which
/// they were promised.
#[utoipa::path(
    get,
    path = "/v1/vacancies/{vacancy}/people",
    tag = "vacancies",
    params(PageQuery),
    responses((status = 200, body = view::Page<view::Traveller>)),
    extensions(("x-refusals" = json!([Code::VacancyNotFound, Code::BrokerUnavailable]))),
)]
async fn of_vacancy(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<view::Page<view::Traveller>>, Problem> {
    board.api.at_least(page.min_sequence).await?;
    let (mut shown, subject) = {
        let city = board.api.live.city();
        let missing = || Refusal::new(Code::VacancyNotFound);
        let id: VacancyId = id.parse().map_err(|_| missing())?;
        let found = city.vacancy(&id).filter(|found| sight::vacancy(&city, &speaker, found));
        let vacancy = found.ok_or_else(missing)?;
        let seats: BTreeMap<u64, &CardId> =
            vacancy.seats.iter().map(|(card, at)| (*at, card)).collect();
        let own = seats.into_iter().filter_map(|(at, card)| {
            let placement = city.placement(card)?;
            let served = sight::is_desk(&speaker, &placement.point);
            // Why plus one: a page begins after a number, and seats count from nought.
            served.then(|| (at + 1, promised(&city, placement)))
        });
        (page.take(city.position, own)?, id.to_string())
    };
    let cards = shown.items.iter().map(|one| one.card.clone()).collect();
    name(&board, &speaker, subject, &mut shown.items, cards, Vec::new()).await?;
    Ok(Json(shown))
}

fn promised(city: &City, placement: &Placement) -> view::Traveller {
    view::Traveller {
        card: placement.card.clone(),
        point_name: name_of(city, placement.point.as_str()),
        point: placement.point.clone(),
        state: placement_state_name(placement.state()).to_owned(),
        minor: placement.minor,
        dispatch: placement.dispatch.clone(),
        expires_at: placement.expires_at.map(rfc3339),
        name: None,
        phone: None,
    }
}

/// Everyone ever on the manifest of a group that a desk leads or sends people
/// with.
#[utoipa::path(
    get,
    path = "/v1/dispatches/{dispatch}/people",
    tag = "dispatches",
    params(AtLeast),
    responses((status = 200, body = view::Page<view::Traveller>)),
    extensions(("x-refusals" = json!([Code::DispatchNotFound, Code::BrokerUnavailable]))),
)]
async fn of_dispatch(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Page<view::Traveller>>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let (mut shown, own, consented) = {
        let now = board.api.clock.now();
        let (city, register) = (board.api.live.city(), board.api.live.register());
        let missing = || Refusal::new(Code::DispatchNotFound);
        let id: DispatchId = id.parse().map_err(|_| missing())?;
        let found = city.dispatch(&id).filter(|found| travels(&speaker, found));
        let dispatch = found.ok_or_else(missing)?;
        let items = riders(&city, dispatch);
        let served = |one: &&view::Traveller| sight::is_desk(&speaker, &one.point);
        let (own, others): (Vec<_>, Vec<_>) = items.iter().partition(served);
        let handed_on = leads(&speaker, dispatch) && is_handed_on(dispatch);
        let named = others
            .iter()
            .filter(|one| handed_on && may_be_named((&city, &register), dispatch, &one.card, now));
        let consented: Vec<CardId> = named.map(|one| one.card.clone()).collect();
        let own = own.iter().map(|one| one.card.clone()).collect();
        let page = view::Page { items, next_page_token: None, position: city.position };
        (page, own, consented)
    };
    name(&board, &speaker, id, &mut shown.items, own, consented).await?;
    Ok(Json(shown))
}

/// Whether the speaker is a desk with people in the group, or leads it.
fn travels(speaker: &Speaker, dispatch: &Dispatch) -> bool {
    leads(speaker, dispatch)
        || dispatch.points().into_iter().any(|point| sight::is_desk(speaker, point))
}

fn leads(speaker: &Speaker, dispatch: &Dispatch) -> bool {
    sight::is_desk(speaker, &dispatch.point)
}

/// From the acceptance to the end the leading desk looks after everybody, also
/// those of other points.
fn is_handed_on(dispatch: &Dispatch) -> bool {
    matches!(dispatch.state(), Group::Accepted | Group::Departed | Group::Arrived)
}

/// Why as to the enterprise: the leading desk looks after people for it.
fn may_be_named(
    (city, register): (&City, &Register),
    dispatch: &Dispatch,
    card: &CardId,
    now: OffsetDateTime,
) -> bool {
    let asked = Recipient { kind: RecipientKind::Enterprise, party: Some(&dispatch.enterprise) };
    let may = |facets| consent::disclosure(facets, city.standing(card), asked, now);
    register.get(card).is_some_and(|facets| may(facets).covers(Field::Name))
}

fn riders(city: &City, dispatch: &Dispatch) -> Vec<view::Traveller> {
    let riders = dispatch.manifest.iter().map(|(card, rider)| view::Traveller {
        card: card.clone(),
        point: rider.point.clone(),
        point_name: name_of(city, rider.point.as_str()),
        state: placement_state_name(rider.state()).to_owned(),
        minor: rider.minor,
        dispatch: Some(dispatch.id.clone()),
        expires_at: None,
        name: None,
        phone: None,
    });
    riders.collect()
}

/// Writes names and numbers of `own` people into the list, and the names alone
/// of `others`, with an access record for each of the two.
async fn name(
    board: &Board,
    speaker: &Speaker,
    subject: String,
    shown: &mut [view::Traveller],
    own: Vec<CardId>,
    others: Vec<CardId>,
) -> Result<(), Refusal> {
    let own = people::served(board, speaker, own);
    let both = vec![Field::Name, Field::Phone];
    let purpose = Purpose::Dispatch;
    let mut named = people::open(board, speaker, purpose, subject.clone(), both, own).await?;
    let name = vec![Field::Name];
    named.extend(people::open(board, speaker, purpose, subject, name, others).await?);
    for one in shown {
        let Some(fields) = named.get(&one.card) else { continue };
        one.name = fields.get(Field::Name).map(str::to_owned);
        one.phone = fields.get(Field::Phone).map(str::to_owned);
    }
    Ok(())
}
