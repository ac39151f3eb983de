use std::sync::Arc;

use axum::extract::FromRequest as _;
use axum::{
    body::Body as HttpBody,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::StreamExt as _;
use gongqiao_access::{Caller, Problem, Query, body::unreadable};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::PartyId,
    view,
    wire::{party_kind, role},
};
use serde::Deserialize;
use tokio::{sync::mpsc, task::JoinHandle};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Id, form_of, notes};
use crate::{
    Gate,
    import::{ImportOptions, Progress, import},
};

pub(super) fn routes(upload_limit: usize) -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(upload)).layer(DefaultBodyLimit::max(upload_limit))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UploadQuery {
    #[serde(default)]
    dry_run: bool,
}

/// Takes in a roster. With `Accept: application/x-ndjson` the answer is a
/// line per step made, and the report as the last line.
#[utoipa::path(
    post,
    path = "/v1/register/{point}/cards",
    tag = "register",
    request_body(
        content(
            (String = "text/csv"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "A sheet, as CSV, NDJSON or a workbook",
    ),
    params(UploadQuery),
    responses((status = 200, content(
        (view::ImportReport = "application/json"),
        (String = "application/x-ndjson"),
    ))),
    extensions(
        ("x-row-notes" = json!(notes(&["row.", "sheet.", "roster."]))),
        ("x-refusals" = json!([
        Code::BodyTooLarge, Code::BodyMalformed, Code::BodyMediaType, Code::RosterUnreadable,
        Code::RosterTooLarge, Code::RosterTooManyRows, Code::RosterTooManyParts,
        Code::RosterPacked, Code::RosterNotWorkbook, Code::RosterOldWorkbook,
        Code::RosterDamaged, Code::RosterEncoding, Code::RosterQuote, Code::RosterHeader,
        Code::RosterEmpty, Code::AuthKind, Code::AuthNotYours, Code::PartyNotFound,
        Code::PartyRevoked,
    ])),
    ),
)]
async fn upload(
    State(gate): State<Gate>,
    Caller(speaker): Caller,
    Id(point): Id<PartyId>,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<Response, Problem> {
    if speaker.party != point {
        return Err(Refusal::new(Code::AuthNotYours).into());
    }
    if speaker.kind != party_kind::Value::ServicePoint {
        return Err(Refusal::new(Code::AuthKind).with("needed", "service_point").into());
    }
    if speaker.role == role::Value::Auditor {
        return Err(Refusal::new(Code::AuthRole).with("needed", "clerk").into());
    }
    // Why: before the body, which is large; whoever waits holds nothing yet.
    let place = Arc::clone(&gate.uploads).acquire_owned().await;
    let place = place.map_err(|_| Refusal::new(Code::Internal))?;
    let (lang, in_steps) = wishes(request.headers());
    let media = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = Bytes::from_request(request, &gate).await.map_err(|e| unreadable(&e))?;
    let format = form_of(media.as_ref(), &bytes)?;
    let options = ImportOptions { point, format, dry_run: query.dry_run, lang };
    let (progress, steps) = mpsc::channel(64);
    // Why: a task of its own goes on although the reader goes away: rows that
    // are half stored would help nobody.
    let work = tokio::spawn(async move {
        let ended = import(&gate, &speaker, &options, bytes, &progress).await;
        drop(place);
        ended
    });
    if !in_steps {
        drop(steps);
        let report = work.await.map_err(|_| Refusal::new(Code::Internal))??;
        return Ok(axum::Json(report).into_response());
    }
    let ndjson = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((ndjson, HttpBody::from_stream(lines(work, steps, lang))).into_response())
}

fn wishes(headers: &HeaderMap) -> (Lang, bool) {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let lang = Lang::from_accept(text(header::ACCEPT_LANGUAGE));
    (lang, text(header::ACCEPT).contains("application/x-ndjson"))
}

fn lines(
    work: JoinHandle<Result<view::ImportReport, Refusal>>,
    steps: mpsc::Receiver<Progress>,
    lang: Lang,
) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let steps = futures::stream::unfold(steps, |mut steps| async move {
        let step = steps.recv().await?;
        Some((serde_json::json!({ "progress": step }), steps))
    });
    let end = futures::stream::once(async move {
        match work.await {
            Ok(Ok(report)) => serde_json::json!({ "report": report }),
            Ok(Err(refusal)) => serde_json::json!({ "problem": {
                "code": refusal.code.as_str(), "detail": refusal.detail(lang),
            }}),
            Err(_) => serde_json::json!({ "problem": { "code": Code::Internal.as_str() }}),
        }
    });
    steps.chain(end).map(|line| Ok(Bytes::from(format!("{line}\n"))))
}
