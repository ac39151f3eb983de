//! How one person stands: consents with who recorded them, a freeze, the
//! erasure; and who has looked at a point's people.

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
    codes::DivisionCode,
    id::{CardId, PartyId},
    view,
    wire::{
        self, access_purpose, case_kind::Value as CaseKind, consent::Value as Consent, person_field,
    },
};
use gongqiao_domain::{
    City, Register,
    consent::closed_name,
    decide::{Speaker, serves},
    entity::{CaseState, Matter, Standing, Word, erasure_reason_name, instant, outside_name},
    register::CardFacets,
};
use gongqiao_shell::beijing::rfc3339;
use gongqiao_stream::{Message, StreamName, read_some};
use prost::Message as _;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, show::name_of};

/// Access records that are looked through for one page.
const LOOKED_THROUGH: usize = 5_000;

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(one)).routes(routes!(accesses))
}

/// One person, without a name: for the own point, its township's desk, and the
/// bureau.
#[utoipa::path(
    get,
    path = "/v1/people/{card}",
    tag = "people",
    params(AtLeast),
    responses((status = 200, body = view::PersonStanding)),
    extensions(("x-refusals" = json!([Code::CardNotFound]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(card): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::PersonStanding>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let missing = || Refusal::new(Code::CardNotFound);
    let card: CardId = card.parse().map_err(|_| missing())?;
    let (city, register) = (board.api.live.city(), board.api.live.register());
    let nothing = Standing::default();
    let standing = city.standing(&card).unwrap_or(&nothing);
    let facets = register.get(&card);
    let point = point_of(standing, facets).ok_or_else(missing)?;
    if !sight::sees_all(&speaker) && !sight::is_desk(&speaker, &point) {
        return Err(missing().into());
    }
    Ok(Json(shown(&city, card, point, standing, facets)))
}

/// The point that keeps the person's card, or kept it.
fn point_of(standing: &Standing, facets: Option<&CardFacets>) -> Option<PartyId> {
    match (&standing.erased, facets) {
        (Some(erased), _) => Some(erased.point.clone()),
        (None, Some(facets)) => facets.point.to_string().parse().ok(),
        (None, None) => None,
    }
}

fn shown(
    city: &City,
    card: CardId,
    point: PartyId,
    standing: &Standing,
    facets: Option<&CardFacets>,
) -> view::PersonStanding {
    let erased = standing.erased.as_ref().map(|erased| view::Erasure {
        at: rfc3339(erased.at),
        reason: erasure_reason_name(erased.reason()).to_owned(),
        keys_gone_on: erased.keys_gone_on.clone(),
        recipients: told(city, &card),
    });
    let facets = facets.filter(|_| standing.erased.is_none());
    let roster = facets.into_iter().flat_map(of_roster);
    view::PersonStanding {
        standing: closed_name(standing).unwrap_or("kept").to_owned(),
        frozen_at: standing.frozen.map(rfc3339),
        erased,
        consents: roster.chain(standing.words.iter().map(|word| of_event(city, word))).collect(),
        position: city.position,
        card,
        point,
    }
}

/// Who was told of the erasure, and whether they have acknowledged it.
fn told(city: &City, card: &CardId) -> Vec<view::Told> {
    let cases = city.index.cases.values().filter_map(|id| city.case(id));
    let notices = cases.filter(|case| case.kind() == CaseKind::Erasure && case.card == *card);
    let told = notices.map(|case| {
        let (outside, firm) = match &case.matter {
            Matter::Erasure { outside, firm, .. } => (outside_name(*outside), firm.as_str()),
            _ => (None, ""),
        };
        view::Told {
            case: case.id.clone(),
            recipient: case.with.clone(),
            recipient_name: name_of(city, case.with.as_str()),
            outside: outside.map(str::to_owned),
            firm: firm.to_owned(),
            acknowledged: case.state == CaseState::Done,
            since: rfc3339(case.updated_at),
        }
    });
    told.collect()
}

/// What the roster says, and since when.
fn of_roster(facets: &CardFacets) -> Vec<view::ConsentWord> {
    [Consent::Register, Consent::Matching, Consent::Disclosure]
        .into_iter()
        .map(|purpose| view::ConsentWord {
            source: "roster".to_owned(),
            purpose: purpose.as_str_name().to_owned(),
            agrees: facets.consents.has(purpose),
            at: rfc3339(facets.said_at(purpose)),
            by: facets.point.to_string(),
            ..view::ConsentWord::default()
        })
        .collect()
}

fn of_event(city: &City, word: &Word) -> view::ConsentWord {
    let by = word.by.as_ref().map(ToString::to_string).unwrap_or_default();
    let kind = word.recipient();
    let any = kind == wire::recipient_kind::Value::Unspecified;
    view::ConsentWord {
        source: "event".to_owned(),
        purpose: word.purpose().as_str_name().to_owned(),
        agrees: word.agrees,
        recipient: Some(kind.as_str_name().to_owned()).filter(|_| !any),
        party_name: word.party.as_ref().map(|party| name_of(city, party.as_str())),
        party: word.party.clone(),
        fields: word.fields().map(|field| field.as_str_name().to_owned()).collect(),
        until: word.until.map(rfc3339),
        at: rfc3339(word.at),
        by,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    card: Option<CardId>,
    page_size: Option<usize>,
    page_token: Option<String>,
}

/// Who has looked at the point's own people, oldest first. A page may hold
/// fewer than were asked for, and be followed by others all the same: so many
/// records are looked through at once, and no more.
#[utoipa::path(
    get,
    path = "/v1/register/{point}/accesses",
    tag = "register",
    params(Filter),
    responses((status = 200, body = view::Page<view::Access>)),
    extensions(("x-refusals" = json!([Code::PartyNotFound, Code::BrokerUnavailable]))),
)]
async fn accesses(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(point): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Access>>, Problem> {
    let missing = || Refusal::new(Code::PartyNotFound);
    let id: PartyId = point.parse().map_err(|_| missing())?;
    let code: DivisionCode = point.parse().map_err(|_| missing())?;
    if !serves(&speaker.party, &id) && !sight::sees_all(&speaker) {
        return Err(missing().into());
    }
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let unavailable = |_| Refusal::new(Code::BrokerUnavailable);
    let (connection, stream) = (board.api.live.connection(), StreamName::Audit);
    let after = page.after()?;
    let records = read_some(connection, stream, after.saturating_add(1), LOOKED_THROUGH).await;
    let records = records.map_err(unavailable)?;
    let (city, register) = (board.api.live.city(), board.api.live.register());
    let own = |card: &CardId| is_own(&city, &register, code, card);
    let shown = records.iter().filter_map(|message| {
        let record = access(message, &speaker, filter.card.as_ref(), own)?;
        Some((message.sequence, record))
    });
    let mut taken = page.take(city.position, shown)?;
    let last = records.last().map_or(0, |message| message.sequence);
    if taken.next_page_token.is_none() && records.len() == LOOKED_THROUGH {
        taken.next_page_token = Some(PageQuery::token(last));
    }
    Ok(Json(taken))
}

/// Whether the card stands, or stood until it was erased, in the register of
/// this point.
fn is_own(city: &City, register: &Register, point: DivisionCode, card: &CardId) -> bool {
    match register.get(card) {
        Some(facets) => facets.point == point,
        None => city
            .standing(card)
            .and_then(|standing| standing.erased.as_ref())
            .is_some_and(|erased| erased.point.as_str().parse() == Ok(point)),
    }
}

fn access(
    message: &Message,
    speaker: &Speaker,
    wanted: Option<&CardId>,
    own: impl Fn(&CardId) -> bool,
) -> Option<view::Access> {
    let record = wire::AccessRecord::decode(message.payload.clone()).ok()?;
    let cards = record.cards.iter().filter_map(|card| card.parse::<CardId>().ok());
    let cards: Vec<CardId> =
        cards.filter(|card| wanted.is_none_or(|one| one == card) && own(card)).collect();
    if cards.is_empty() {
        return None;
    }
    let actor = record.actor.clone().unwrap_or_default();
    // Why: who at another party it was is that party's business.
    let person = if sight::sees_all(speaker) || actor.party == speaker.party.as_str() {
        actor.person
    } else {
        String::new()
    };
    let fields = record.fields().filter(|field| *field != person_field::Value::Unspecified);
    Some(view::Access {
        id: record.record_id.clone(),
        at: record.recorded_at.as_ref().map(instant).map(rfc3339).unwrap_or_default(),
        party: actor.party,
        person,
        purpose: access_purpose::Value::try_from(record.purpose)
            .unwrap_or_default()
            .as_str_name()
            .to_owned(),
        fields: fields.map(|field| field.as_str_name().to_owned()).collect(),
        subject: record.subject.clone(),
        agreement: Some(record.agreement.clone()).filter(|agreement| !agreement.is_empty()),
        cards,
    })
}
