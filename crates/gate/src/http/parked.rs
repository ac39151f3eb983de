use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_access::{
    Body, Caller, Language, Problem, Query,
    page::PageQuery,
    parked::{Entry, Particulars},
};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::ParkedId,
    view::{self, Mended, MendedOne},
    wire::{self, parked_deed::Value as Deed},
};
use gongqiao_domain::{decide::Speaker, entity::instant, entity::timestamp};
use gongqiao_shell::beijing::{self, rfc3339};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Id;
use crate::{
    Gate,
    parked::{self, Bounds, MOST, scan},
};

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(edit))
        .routes(routes!(redrive))
        .routes(routes!(discard))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Who could not process it: `intake` or `notify`.
    service: Option<String>,
    /// Code of the refusal.
    reason: Option<String>,
    /// The party that it concerns.
    party: Option<String>,
    /// Seen first at or after this time.
    since: Option<String>,
    /// Seen first before this time.
    until: Option<String>,
    page_size: Option<usize>,
    page_token: Option<String>,
}

impl Filter {
    fn conditions(&self) -> Result<wire::ParkedFilter, Refusal> {
        let time = |text: &Option<String>| {
            let parsed = text.as_deref().map(beijing::parse).transpose();
            let parsed = parsed.map_err(|e| Refusal::new(Code::RequestQuery).with("why", e))?;
            Ok::<_, Refusal>(parsed.map(timestamp))
        };
        Ok(wire::ParkedFilter {
            service: self.service.clone().unwrap_or_default(),
            reason: self.reason.clone().unwrap_or_default(),
            party: self.party.clone().unwrap_or_default(),
            since: time(&self.since)?,
            until: time(&self.until)?,
        })
    }
}

/// Messages that could not be processed, in the order in which they came or
/// were tried last; without their content. For the bureau.
#[utoipa::path(
    get,
    path = "/v1/parked",
    operation_id = "list_parked",
    tag = "operation",
    params(Filter),
    responses((status = 200, body = view::Page<view::Parked>)),
    extensions(("x-refusals" = json!([Code::AuthKind, Code::BrokerUnavailable]))),
)]
async fn list(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Language(lang): Language,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Parked>>, Problem> {
    if !speaker.is_operator() {
        return Err(Refusal::new(Code::AuthKind).with("needed", "operator").into());
    }
    let conditions = filter.conditions()?;
    let page = PageQuery::of(filter.page_size, filter.page_token);
    let bounds = Bounds { after: page.after()?, until: u64::MAX };
    let (found, _) = scan(&gate.lot, bounds, MOST + 1, &conditions).await?;
    let shown = found.iter().map(|entry| (entry.sequence, shown(entry, lang)));
    Ok(Json(page.take(gate.api.live.city().position, shown)?))
}

fn shown(entry: &Entry, lang: Lang) -> view::Parked {
    let message = &entry.message;
    let at = |t: &Option<pbjson_types::Timestamp>| t.as_ref().map(instant).map(rfc3339);
    view::Parked {
        id: entry.id.clone(),
        service: message.service.clone(),
        party: message.party.parse().ok(),
        reason: message.reason.clone(),
        detail: parked::words(&message.reason, lang),
        pointer: Some(message.pointer.clone()).filter(|pointer| !pointer.is_empty()),
        first_seen: at(&message.first_seen).unwrap_or_default(),
        last_attempt: at(&message.last_attempt).unwrap_or_default(),
        attempts: message.attempts,
        size: message.size,
        answered: message.answered,
        copy_of: message.copy_of.parse().ok(),
    }
}

/// One message with its content, decoded by its type, and all that was done
/// about it; of one that is parked no longer, the latter alone. For a mender of
/// the bureau; that it was looked at is recorded.
#[utoipa::path(
    get,
    path = "/v1/parked/{parked}",
    operation_id = "show_parked",
    tag = "operation",
    responses((status = 200, body = view::ParkedMessage)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthRole, Code::ParkedNotFound, Code::BrokerUnavailable,
    ]))),
)]
async fn show(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Language(lang): Language,
    Path(parked): Path<String>,
) -> Result<Json<view::ParkedMessage>, Problem> {
    speaker.may_mend()?;
    let missing = || Refusal::new(Code::ParkedNotFound);
    let id: ParkedId = parked.parse().map_err(|_| missing())?;
    let entry = gate.lot.get(&id).await?;
    if entry.is_some() {
        // Why before: nobody reads what others sent without a record of it.
        gate.lot.record(&speaker, &id, Deed::Shown, Particulars::default()).await?;
    }
    let acts = gate.lot.acts(&id).await?;
    if entry.is_none() && acts.is_empty() {
        return Err(missing().into());
    }
    let ended = |deed| acts.iter().any(|(act, _)| act.deed() == deed);
    let state = match &entry {
        Some(_) => "parked",
        None if ended(Deed::Discarded) => "discarded",
        None => "accepted",
    };
    Ok(Json(view::ParkedMessage {
        state: state.to_owned(),
        parked: entry.as_ref().map(|entry| shown(entry, lang)),
        content: entry.as_ref().map(content),
        acts: acts.iter().map(act).collect(),
    }))
}

fn content(entry: &Entry) -> view::ParkedContent {
    let message = &entry.message;
    let decoded = parked::decoded(message);
    let text = std::str::from_utf8(&message.payload).ok().filter(|text| !text.is_empty());
    let headers = message.headers.iter().map(|header| view::ParkedHeader {
        name: header.name.clone(),
        value: header.value.clone(),
    });
    let bytes = (!parked::is_without_body(message)).then(|| STANDARD.encode(&message.payload));
    view::ParkedContent {
        subject: message.subject.clone(),
        headers: headers.collect(),
        text: text.filter(|_| decoded.is_none()).map(str::to_owned),
        message: decoded,
        base64: bytes,
        sha256: hex::encode(&message.digest),
        sequence: Some(message.sequence).filter(|sequence| *sequence > 0),
    }
}

fn act((act, why): &(wire::ParkedAct, String)) -> view::ParkedAct {
    view::ParkedAct {
        at: act.recorded_at.as_ref().map(instant).map(rfc3339).unwrap_or_default(),
        person: act.actor.as_ref().map(|actor| actor.person.clone()).unwrap_or_default(),
        deed: act.deed().as_str_name().to_owned(),
        why: why.clone(),
        code: act.code.clone(),
        sequence: Some(act.sequence).filter(|sequence| *sequence > 0),
        copy: act.copy.parse().ok(),
    }
}

/// Makes an edited copy of what came over NATS, to be redriven in its place;
/// the original stays. For a mender of the bureau.
#[utoipa::path(
    post,
    path = "/v1/parked/{parked}/edit",
    operation_id = "edit_parked",
    tag = "operation",
    request_body(
        content = view::EditParked,
        example = json!({ "message": { "headcount": 12 }, "why": "headcount was text" }),
    ),
    responses((status = 201, body = view::Parked)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::ParkedNotFound, Code::ParkedGone, Code::ParkedUnreadable,
        Code::ParkedEffect, Code::ParkedFull, Code::NatsSubject, Code::FieldRequired,
        Code::FieldTooLong,
    ]))),
)]
async fn edit(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Language(lang): Language,
    Id(parked): Id<ParkedId>,
    body: Body<view::EditParked>,
) -> Result<(StatusCode, Json<view::Parked>), Problem> {
    speaker.may_mend()?;
    let entry = there(&gate, &parked).await?;
    let copy = parked::edit(&gate, &speaker, &entry, &body.value).await?;
    let made = there(&gate, &copy).await?;
    Ok((StatusCode::CREATED, Json(shown(&made, lang))))
}

/// The message, or why there is none.
async fn there(gate: &Gate, id: &ParkedId) -> Result<Entry, Refusal> {
    match gate.lot.get(id).await? {
        Some(entry) => Ok(entry),
        None if gate.lot.acts(id).await?.is_empty() => Err(Code::ParkedNotFound.into()),
        None => Err(Code::ParkedGone.into()),
    }
}

/// Tries messages again, as whoever sent them and through all checks: those
/// that are named, or up to 500 that fit. What is taken is parked no longer;
/// what is refused stays, with the new reason. A second time does nothing
/// twice. For a mender of the bureau.
#[utoipa::path(
    post,
    path = "/v1/parked/redrive",
    operation_id = "redrive_parked",
    tag = "operation",
    request_body(
        content = wire::RedriveParked,
        example = json!({ "filter": { "reason": "nats.subject" }, "dryRun": true }),
    ),
    responses((status = 200, body = view::Mended)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::FieldRequired, Code::FieldTooLong, Code::FieldRange,
        Code::FieldInvalid, Code::RequestPage,
    ])), ("x-row-notes" = json!([
        Code::ParkedNotFound, Code::ParkedGone, Code::ParkedChanged, Code::ParkedWithoutBody,
        Code::ParkedUnreadable, Code::ParkedNobody, Code::NoticeNotTaken, Code::FactUndecodable,
    ]))),
)]
async fn redrive(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Language(lang): Language,
    body: Body<wire::RedriveParked>,
) -> Result<Json<Mended>, Problem> {
    speaker.may_mend()?;
    let ask = body.value;
    let why = if ask.dry_run { "" } else { parked::reasoned(&ask.why)? };
    let mut mended = Mended { dry_run: ask.dry_run, items: Vec::new(), next_page_token: None };
    match (&ask.filter, ask.ids.is_empty()) {
        (None, false) => {
            for id in named(&ask.ids)? {
                let outcome = match there(&gate, &id).await {
                    Ok(entry) => one(&gate, &speaker, &entry, why, ask.dry_run).await,
                    Err(refusal) => Err(refusal),
                };
                mended.items.push(item(id, outcome, lang));
            }
        }
        (Some(filter), true) => {
            let bounds = match ask.page_token.as_str() {
                "" => Bounds::now(&gate.lot).await?,
                token => Bounds::parse(token)?,
            };
            let (found, next) = scan(&gate.lot, bounds, MOST, filter).await?;
            for entry in found {
                let outcome = one(&gate, &speaker, &entry, why, ask.dry_run).await;
                mended.items.push(item(entry.id, outcome, lang));
            }
            mended.next_page_token = next.map(Bounds::token);
        }
        _ => {
            let why = "ids or a filter, one of them";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).into());
        }
    }
    Ok(Json(mended))
}

async fn one(
    gate: &Gate,
    speaker: &Speaker,
    entry: &Entry,
    why: &str,
    dry_run: bool,
) -> Result<parked::Done, Refusal> {
    if dry_run {
        parked::would(gate, entry).await
    } else {
        parked::redrive(gate, speaker, entry, why).await
    }
}

/// The ids of a request.
fn named(ids: &[String]) -> Result<Vec<ParkedId>, Refusal> {
    if ids.is_empty() {
        return Err(Refusal::new(Code::FieldRequired).at("/ids"));
    }
    if ids.len() > MOST {
        return Err(Refusal::new(Code::FieldRange).with("min", 1).with("max", MOST).at("/ids"));
    }
    let parsed = ids.iter().enumerate().map(|(index, id)| {
        let wrong = |e| Refusal::new(Code::FieldInvalid).with("why", e).at(format!("/ids/{index}"));
        id.parse().map_err(wrong)
    });
    parsed.collect()
}

fn item(id: ParkedId, outcome: Result<parked::Done, Refusal>, lang: Lang) -> MendedOne {
    match outcome {
        Ok(done) => MendedOne {
            id,
            outcome: "accepted".to_owned(),
            code: None,
            detail: None,
            entity: done.entity,
            sequence: done.sequence,
        },
        Err(refusal) => MendedOne {
            id,
            outcome: "refused".to_owned(),
            code: Some(refusal.code.as_str().to_owned()),
            detail: Some(refusal.detail(lang)),
            entity: None,
            sequence: None,
        },
    }
}

/// Gives messages up, for a reason: they are overwritten, and what was done
/// stays on record. For a mender of the bureau.
#[utoipa::path(
    post,
    path = "/v1/parked/discard",
    operation_id = "discard_parked",
    tag = "operation",
    request_body(
        content = wire::DiscardParked,
        example = json!({ "ids": ["prk_1"], "why": "a test of the sender's" }),
    ),
    responses((status = 200, body = view::Mended)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::FieldRequired, Code::FieldTooLong, Code::FieldRange,
        Code::FieldInvalid,
    ])), ("x-row-notes" = json!([Code::ParkedNotFound, Code::ParkedGone]))),
)]
async fn discard(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Language(lang): Language,
    body: Body<wire::DiscardParked>,
) -> Result<Json<Mended>, Problem> {
    speaker.may_mend()?;
    let why = parked::reasoned(&body.value.why)?;
    let mut items = Vec::new();
    for id in named(&body.value.ids)? {
        let outcome = match there(&gate, &id).await {
            Ok(entry) => parked::discard(&gate, &speaker, &entry, why).await,
            Err(refusal) => Err(refusal),
        };
        let mut item = item(id, outcome.map(|()| parked::Done::default()), lang);
        if item.code.is_none() {
            item.outcome = "discarded".to_owned();
        }
        items.push(item);
    }
    Ok(Json(Mended { dry_run: false, items, next_page_token: None }))
}
