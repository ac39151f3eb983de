use std::sync::Arc;

use axum::{
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::header,
};
use bytes::Bytes;
use gongqiao_access::{Body, Caller, Problem, Query, body::unreadable};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::DispatchId,
    view,
    wire::{self, party_kind, record_dispatch_event::Event, role},
};
use gongqiao_domain::{
    decide::{Ages, Command, Speaker, involves},
    entity::instant,
};
use gongqiao_shell::beijing;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, form_of, made, notes};
use crate::{
    Gate, age, crew,
    manifest::{self, ManifestOptions},
};

pub(super) fn routes(upload_limit: usize) -> OpenApiRouter<Gate> {
    let upload =
        OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(upload_limit));
    OpenApiRouter::new().merge(upload).routes(routes!(open)).routes(routes!(record))
}

/// Opens a group that travels to a vacancy.
#[utoipa::path(
    post,
    path = "/v1/dispatches",
    tag = "dispatches",
    request_body(
        content = wire::OpenDispatch,
        example = json!({
            "vacancy": "vac_1", "mode": "COACH", "manifest": ["card_1"],
            "vehicle": { "plate": "湘L00001", "seats": 49, "carrier": "客运" },
            "departsAt": "2027-02-28T00:30:00Z",
        }),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::DispatchIllegal, Code::DispatchSequence, Code::DispatchSeats,
        Code::DispatchNotOnIt, Code::DispatchNotBoarded, Code::DispatchNotArrived,
        Code::DispatchNotEnded, Code::DispatchEmpty, Code::DispatchNotProposed,
        Code::CardElsewhere, Code::CardNotFound, Code::CardTwice, Code::CardNotPromised,
        Code::CardOnGroup, Code::CardUnderage, Code::CardUnfit, Code::CardHeld,
        Code::CardErased, Code::CardFrozen, Code::CardNotWilling, Code::CardOnStandby,
        Code::EvidenceRequired, Code::EvidenceUnsuited, Code::PlacementIllegal,
        Code::VacancyNotFound, Code::VacancyNotOpen, Code::VacancyFull, Code::FieldRequired,
        Code::FieldInvalid, Code::FieldRange, Code::FieldTooLong, Code::AuthNotYours,
        Code::AuthKind, Code::PartyNotFound, Code::AgreementNone, Code::AgreementScope,
        Code::PartyRevoked,
    ]))),
)]
async fn open(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::OpenDispatch>,
) -> Result<Answer, Problem> {
    let mut ask = body.value;
    let ages = match ask.vacancy.parse() {
        Ok(vacancy) if may_open(&caller.0) => {
            let departs_at = ask.departs_at.as_ref().map(instant);
            let cards = ask.manifest.iter().map(String::as_str);
            age::look(&gate, &caller.0, &vacancy, departs_at, cards).await?
        }
        _ => Ages::default(),
    };
    let crew = match ask.crew.take() {
        Some(crew) if may_open(&caller.0) => Some(crew::seal(&gate, crew).await?),
        _ => None,
    };
    let sealed_for = crew.as_ref().map(|crew| crew.dispatch.clone());
    let command = Command::OpenDispatch { ask, crew };
    let opened = gate.submit_knowing(caller, key, &body.bytes, command, ages).await;
    if let Some(dispatch) = sealed_for {
        crew::forget_unless_opened(&gate, dispatch, &opened).await;
    }
    Ok(made(opened?, "/v1/dispatches"))
}

/// Why: others are refused by the decision, and nothing is kept for them.
fn may_open(speaker: &Speaker) -> bool {
    matches!(speaker.kind, party_kind::Value::ServicePoint | party_kind::Value::Operator)
        && speaker.role != role::Value::Auditor
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    vacancy: String,
    #[serde(default)]
    dry_run: bool,
    departs_at: Option<String>,
    arrives_at: Option<String>,
}

/// Takes in a dispatch roster; each sheet is a group.
#[utoipa::path(
    post,
    path = "/v1/dispatches/import",
    tag = "dispatches",
    request_body(
        content(
            (String = "text/csv"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "A sheet, as CSV, NDJSON or a workbook",
    ),
    params(ImportQuery),
    responses((status = 200, body = view::DispatchReport)),
    extensions(
        ("x-row-notes" = json!(notes(&["manifest.", "row.", "sheet.", "card.", "dispatch.seats"]))),
        ("x-refusals" = json!([
        Code::BodyTooLarge, Code::BodyMalformed, Code::BodyMediaType, Code::RosterUnreadable,
        Code::RosterTooLarge, Code::RosterTooManyRows, Code::RosterTooManyParts,
        Code::RosterPacked, Code::RosterNotWorkbook, Code::RosterOldWorkbook,
        Code::RosterDamaged, Code::RosterEncoding, Code::RosterQuote, Code::RosterHeader,
        Code::RosterEmpty, Code::AuthKind, Code::VacancyNotFound,
    ])),
    ),
)]
async fn import(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<axum::Json<view::DispatchReport>, Problem> {
    if speaker.kind != party_kind::Value::ServicePoint {
        return Err(Refusal::new(Code::AuthKind).with("needed", "service_point").into());
    }
    if speaker.role == role::Value::Auditor {
        return Err(Refusal::new(Code::AuthRole).with("needed", "clerk").into());
    }
    let vacancy = query.vacancy.parse().map_err(|_| Refusal::new(Code::VacancyNotFound))?;
    let time = |text: Option<String>| {
        text.map(|text| beijing::parse(&text)).transpose().map_err(|_| {
            let why = "departs_at and arrives_at are RFC 3339, or YYYY-MM-DD HH:MM in Beijing time";
            Refusal::new(Code::RequestQuery).with("why", why)
        })
    };
    let (departs_at, arrives_at) = (time(query.departs_at)?, time(query.arrives_at)?);
    // Why: before the body, which is large; whoever waits holds nothing yet.
    let place = Arc::clone(&gate.uploads).acquire_owned().await;
    let place = place.map_err(|_| Refusal::new(Code::Internal))?;
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, &gate).await.map_err(|e| unreadable(&e))?;
    let format = form_of(headers.get(header::CONTENT_TYPE), &bytes)?;
    let lang = headers.get(header::ACCEPT_LANGUAGE).and_then(|lang| lang.to_str().ok());
    let lang = Lang::from_accept(lang.unwrap_or_default());
    let dry_run = query.dry_run;
    let options = ManifestOptions { vacancy, format, dry_run, departs_at, arrives_at, lang };
    // Why: a task of its own goes on although the reader goes away: whoever
    // sends the roster again finds the groups that were opened.
    let work = tokio::spawn(async move {
        let ended = manifest::import(&gate, &speaker, &options, bytes).await;
        drop(place);
        ended
    });
    let report = work.await.map_err(|_| Refusal::new(Code::Internal))??;
    Ok(axum::Json(report))
}

/// Records what happened to a group, or to people of it.
#[utoipa::path(
    post,
    path = "/v1/dispatches/{dispatch}/events",
    tag = "dispatches",
    request_body(
        content = wire::RecordDispatchEvent,
        example = json!({ "people": { "cards": ["card_1"], "to": "BOARDED" } }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::DispatchNotFound, Code::DispatchIllegal, Code::DispatchSequence,
        Code::DispatchSeats, Code::DispatchNotOnIt, Code::DispatchNotBoarded,
        Code::DispatchNotArrived, Code::DispatchNotEnded, Code::DispatchEmpty,
        Code::DispatchNotProposed, Code::CardElsewhere, Code::CardNotFound, Code::CardTwice,
        Code::CardNotPromised, Code::CardOnGroup, Code::CardUnderage, Code::CardUnfit,
        Code::CardHeld, Code::CardErased, Code::CardFrozen, Code::CardNotWilling,
        Code::CardOnStandby, Code::EvidenceRequired, Code::EvidenceUnsuited,
        Code::PlacementIllegal, Code::VacancyNotFound, Code::VacancyNotOpen, Code::VacancyFull,
        Code::FieldRequired, Code::FieldInvalid, Code::FieldRange, Code::FieldTooLong,
        Code::AuthNotYours, Code::AuthKind, Code::PartyNotFound, Code::CorrectionTarget,
        Code::CorrectionNothing, Code::CorrectionElsewhere, Code::CorrectionReleased,
        Code::CorrectionSubstituted, Code::CorrectionAsked, Code::AgreementNone,
        Code::AgreementScope, Code::PartyRevoked,
    ]))),
)]
async fn record(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(dispatch): Id<DispatchId>,
    body: Body<wire::RecordDispatchEvent>,
) -> Result<Answer, Problem> {
    let (command, ages) = recorded(&gate, &caller.0, dispatch, body.value).await?;
    Ok(changed(gate.submit_knowing(caller, key, &body.bytes, command, ages).await?))
}

/// What happened to a group, with the ages of those whom it promises; the same
/// at every door.
pub(crate) async fn recorded(
    gate: &Gate,
    speaker: &Speaker,
    dispatch: DispatchId,
    ask: wire::RecordDispatchEvent,
) -> Result<(Command, Ages), Refusal> {
    let ages = ages(gate, speaker, &dispatch, ask.event.as_ref()).await?;
    Ok((Command::RecordDispatchEvent { dispatch, ask }, ages))
}

/// Ages of people whom this event promises, or puts on their way, for whoever
/// may do so.
async fn ages(
    gate: &Gate,
    speaker: &Speaker,
    dispatch: &DispatchId,
    event: Option<&Event>,
) -> Result<Ages, Refusal> {
    let (newcomers, joins): (Vec<&str>, bool) = match event {
        Some(Event::Substitute(swap)) => (vec![&swap.r#in], false),
        Some(Event::WalkIn(walk_in)) => (walk_in.cards.iter().map(String::as_str).collect(), false),
        Some(Event::Join(join)) => (join.cards.iter().map(String::as_str).collect(), true),
        _ => return Ok(Ages::default()),
    };
    let group = {
        let city = gate.api.live.city();
        // Why: who joins has nothing to do with the group before.
        let group = city.dispatch(dispatch);
        let group = group.filter(|group| joins || involves(&speaker.party, group));
        group.map(|group| (group.vacancy.clone(), group.opened.departs_at.as_ref().map(instant)))
    };
    let Some((vacancy, departs_at)) = group else { return Ok(Ages::default()) };
    let departs_at = departs_at.filter(|_| joins);
    age::look(gate, speaker, &vacancy, departs_at, newcomers.into_iter()).await
}
