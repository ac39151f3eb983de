use std::sync::Arc;

use axum::{
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{HeaderMap, header},
};
use bytes::Bytes;
use gongqiao_access::{Body, Caller, Problem, Query, body::unreadable};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::{PartyId, VacancyId},
    view,
    wire::{self, party_kind, role},
};
use gongqiao_domain::{decide::Command, terms};
use gongqiao_shell::beijing;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, form_of, made, notes};
use crate::{
    Gate, age,
    demand::{self, DemandOptions},
};

pub(super) fn routes(upload_limit: usize) -> OpenApiRouter<Gate> {
    let upload =
        OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(upload_limit));
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(post_one))
        .routes(routes!(update))
        .routes(routes!(reduce))
        .routes(routes!(withdraw))
        .routes(routes!(lapse))
        .routes(routes!(raise))
        .routes(routes!(recall))
        .routes(routes!(escalate))
        .routes(routes!(release))
        .routes(routes!(promote))
}

/// Posts a demand for people, as a lawful advert.
#[utoipa::path(
    post,
    path = "/v1/vacancies",
    tag = "vacancies",
    request_body(
        content = wire::PostVacancy,
        example = json!({ "terms": {
            "title": "电子装配工", "trainable": true, "headcount": 30,
            "duties": "在流水线上装配电子产品", "conditions": "身体健康，能适应倒班",
            "park": "chenzhou-hitech",
            "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000 },
            "neededBy": "2027-03-01", "validUntil": "2027-03-31T00:00:00Z",
        }}),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::FieldRequired, Code::FieldInvalid, Code::FieldRange, Code::FieldTooLong,
        Code::FieldUnknownCode, Code::FieldDate, Code::VacancyUnlawful, Code::AuthKind,
        Code::AuthNotYours, Code::AgreementNone, Code::AgreementScope, Code::PartyNotFound,
        Code::PartyRevoked,
    ]))),
)]
async fn post_one(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::PostVacancy>,
) -> Result<Answer, Problem> {
    let enterprise = match body.value.enterprise.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Refusal::new(Code::PartyNotFound).at("/enterprise"))?),
    };
    let terms = match checked(&gate, body.value.terms) {
        Ok(terms) => terms,
        Err(refusal) => {
            let first = gate.first_answer(&caller, &key, &body.bytes, refusal).await?;
            return Ok(made(first, "/v1/vacancies"));
        }
    };
    let command = Command::PostVacancy { enterprise, terms };
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/vacancies"))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    #[serde(default)]
    dry_run: bool,
    needed_by: Option<String>,
    valid_until: Option<String>,
}

impl ImportQuery {
    fn options(
        self,
        headers: &HeaderMap,
        bytes: &[u8],
        key: Key,
    ) -> Result<DemandOptions, Refusal> {
        let unreadable = || {
            let why = "needed_by is YYYY-MM-DD; valid_until is RFC 3339, or Beijing time";
            Refusal::new(Code::RequestQuery).with("why", why)
        };
        let needed_by = self.needed_by.map(|day| terms::day("", &day)).transpose();
        let until = self.valid_until.map(|text| beijing::parse(&text)).transpose();
        let lang = headers.get(header::ACCEPT_LANGUAGE).and_then(|lang| lang.to_str().ok());
        Ok(DemandOptions {
            format: form_of(headers.get(header::CONTENT_TYPE), bytes)?,
            dry_run: self.dry_run,
            needed_by: needed_by.map_err(|_| unreadable())?,
            valid_until: until.map_err(|_| unreadable())?,
            lang: Lang::from_accept(lang.unwrap_or_default()),
            key: key.key,
            path: key.path,
        })
    }
}

/// Takes in a demand sheet; each row is posted like a single vacancy.
#[utoipa::path(
    post,
    path = "/v1/vacancies/import",
    tag = "vacancies",
    request_body(
        content(
            (String = "text/csv"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "A sheet, as CSV, NDJSON or a workbook",
    ),
    params(Key, ImportQuery),
    responses((status = 200, body = view::DemandReport)),
    extensions(
        ("x-row-notes" = json!(notes(&["demand.", "row.", "sheet.", "field.", "vacancy.unlawful"]))),
        ("x-refusals" = json!([
        Code::BodyTooLarge, Code::BodyMalformed, Code::BodyMediaType, Code::RosterUnreadable,
        Code::RosterTooLarge, Code::RosterTooManyRows, Code::RosterTooManyParts,
        Code::RosterPacked, Code::RosterNotWorkbook, Code::RosterOldWorkbook,
        Code::RosterDamaged, Code::RosterEncoding, Code::RosterQuote, Code::RosterHeader,
        Code::RosterEmpty, Code::AuthKind, Code::IdempotencyReused,
    ])),
    ),
)]
async fn import(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    key: Key,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<axum::Json<view::DemandReport>, Problem> {
    if speaker.kind != party_kind::Value::Enterprise {
        return Err(Refusal::new(Code::AuthKind).with("needed", "enterprise").into());
    }
    if speaker.role == role::Value::Auditor {
        return Err(Refusal::new(Code::AuthRole).with("needed", "clerk").into());
    }
    // Why: before the body, which is large; whoever waits holds nothing yet.
    let place = Arc::clone(&gate.uploads).acquire_owned().await;
    let place = place.map_err(|_| Refusal::new(Code::Internal))?;
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, &gate).await.map_err(|e| unreadable(&e))?;
    let options = query.options(&headers, &bytes, key)?;
    // Why: a task of its own goes on although the reader goes away: whoever
    // sends the sheet again finds what was posted.
    let work = tokio::spawn(async move {
        let ended = demand::import(&gate, &speaker, &options, bytes).await;
        drop(place);
        ended
    });
    let report = work.await.map_err(|_| Refusal::new(Code::Internal))??;
    Ok(axum::Json(report))
}

/// Replaces the terms of a vacancy; fewer people take back the latest promises.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/update",
    tag = "vacancies",
    request_body(
        content = wire::UpdateVacancy,
        example = json!({ "terms": {
            "title": "电子装配工", "trainable": true, "headcount": 30,
            "duties": "在流水线上装配电子产品", "conditions": "身体健康，能适应倒班",
            "park": "chenzhou-hitech",
            "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000 },
            "neededBy": "2027-03-01", "validUntil": "2027-03-31T00:00:00Z",
        }}),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::FieldRequired, Code::FieldInvalid, Code::FieldRange, Code::FieldTooLong,
        Code::FieldUnknownCode, Code::FieldDate, Code::VacancyUnlawful, Code::AuthKind,
        Code::AuthNotYours, Code::VacancyNotFound, Code::VacancyNotOpen,
        Code::VacancyBelowCommitted, Code::VacancyReleaseTooMany, Code::CardNotFound,
        Code::DispatchNotFound, Code::AgreementNone, Code::AgreementScope, Code::PartyNotFound,
        Code::PartyRevoked,
    ]))),
)]
async fn update(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::UpdateVacancy>,
) -> Result<Answer, Problem> {
    let terms = match checked(&gate, body.value.terms) {
        Ok(terms) => terms,
        Err(refusal) => {
            return Ok(changed(gate.first_answer(&caller, &key, &body.bytes, refusal).await?));
        }
    };
    let command = Command::UpdateVacancy { vacancy, terms };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

pub(crate) fn checked(
    gate: &Gate,
    terms: Option<wire::VacancyTerms>,
) -> Result<Box<wire::VacancyTerms>, Refusal> {
    let terms = terms.ok_or_else(|| Refusal::new(Code::FieldRequired).at("/terms"))?;
    terms::check(terms, gate.api.clock.now()).map(Box::new)
}

/// Asks for fewer people; the latest promises are taken back.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/reduce",
    tag = "vacancies",
    request_body(content = wire::ReduceVacancy, example = json!({ "headcount": 20 })),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen,
        Code::VacancyBelowCommitted, Code::VacancyNotReduced, Code::VacancyReleaseTooMany,
        Code::FieldRange, Code::CardNotFound, Code::DispatchNotFound,
    ]))),
)]
async fn reduce(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::ReduceVacancy>,
) -> Result<Answer, Problem> {
    let command = Command::ReduceVacancy { vacancy, headcount: body.value.headcount };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Withdraws a vacancy.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/withdraw",
    tag = "vacancies",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen,
    ]))),
)]
async fn withdraw(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::WithdrawVacancy(vacancy)).await?))
}

/// Records that the validity of a vacancy has run out. By the steward.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/lapse",
    tag = "vacancies",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen,
    ]))),
)]
async fn lapse(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::LapseVacancy(vacancy)).await?))
}

/// Asks service points for people. By the matcher.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/signals",
    tag = "vacancies",
    request_body(
        content = wire::RaiseSignals,
        example = json!({ "asks": [{
            "point": "431021001001", "quota": 5, "candidates": [{ "card": "card_1", "score": 900 }],
            "respondBy": "2027-02-01T00:00:00Z",
        }]}),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen, Code::PartyNotFound,
        Code::SignalNotFound, Code::SignalNotOpen, Code::CardNotFound, Code::FieldInvalid,
        Code::FieldRange, Code::FieldRequired, Code::AgreementNone, Code::AgreementScope,
        Code::PartyRevoked,
    ]))),
)]
async fn raise(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::RaiseSignals>,
) -> Result<Answer, Problem> {
    let command = Command::RaiseSignals { vacancy, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Takes signals back that are needed no longer. By the steward.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/recall",
    tag = "vacancies",
    request_body(content = wire::NamePoints, example = json!({ "points": ["431021001001"] })),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen, Code::SignalNotFound,
        Code::SignalNotOpen,
    ]))),
)]
async fn recall(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::NamePoints>,
) -> Result<Answer, Problem> {
    let command = Command::RecallSignals { vacancy, points: points(&body.value) };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Records that signals were not answered in time. By the steward.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/escalate",
    tag = "vacancies",
    request_body(content = wire::NamePoints, example = json!({ "points": ["431021001001"] })),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen, Code::SignalNotFound,
        Code::SignalNotOpen,
    ]))),
)]
async fn escalate(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::NamePoints>,
) -> Result<Answer, Problem> {
    let command = Command::EscalateSignals { vacancy, points: points(&body.value) };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// The points that a body names; what is no point has no signal either.
fn points(body: &wire::NamePoints) -> Vec<PartyId> {
    body.points.iter().filter_map(|point| point.parse().ok()).collect()
}

/// Ends promises that ran out. By the steward.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/release",
    tag = "vacancies",
    request_body(
        content = wire::EndHolds,
        example = json!({ "cards": ["card_1"], "why": "EXPIRED" }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen, Code::CardNotFound,
        Code::FieldRequired, Code::FieldRange, Code::CardTwice, Code::PlacementIllegal,
    ]))),
)]
async fn release(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::EndHolds>,
) -> Result<Answer, Problem> {
    let cards = body.value.cards.iter().filter_map(|card| card.parse().ok()).collect();
    let why = body.value.why();
    let command = Command::EndHolds { vacancy, cards, why };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// Gives a free seat to the best who waits.
/// By the steward. Ages are looked at anew: the day of need may have moved
/// since people joined the list.
#[utoipa::path(
    post,
    path = "/v1/vacancies/{vacancy}/promote",
    tag = "vacancies",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::VacancyNotFound, Code::VacancyNotOpen, Code::VacancyFull,
        Code::CardNotFound, Code::SignalNotFound, Code::CardUnfit, Code::CardUnderage,
        Code::CardHeld, Code::CardErased, Code::CardFrozen,
    ]))),
)]
async fn promote(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    let waiting: Vec<String> = {
        let city = gate.api.live.city();
        let ranked = city.vacancy(&vacancy).map(|vacancy| vacancy.standby_ranked());
        ranked.unwrap_or_default().into_iter().map(|one| one.card.clone()).collect()
    };
    let ages =
        age::look(&gate, &caller.0, &vacancy, None, waiting.iter().map(String::as_str)).await?;
    let command = Command::PromoteStandby(vacancy);
    Ok(changed(gate.submit_knowing(caller, key, &[], command, ages).await?))
}
