use axum::{
    Json,
    body::Body as Bytes,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use gongqiao_access::{Body, Caller, Problem, Query};
use gongqiao_contract::{
    Code, Refusal, view,
    wire::{
        self, replay_format::Value as Format, replay_record::Act, replay_target::Value as Target,
        role,
    },
};
use gongqiao_domain::decide::Speaker;
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Replay,
    jobs::{self, Jobs, Plan, State as JobState, order},
    show,
};

pub(super) fn routes() -> OpenApiRouter<Replay> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(plan))
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(approve))
        .routes(routes!(file))
        .routes(routes!(events))
}

/// Repeats what a stream holds, for somebody, without any effect.
#[utoipa::path(
    post,
    path = "/v1/replays",
    operation_id = "start_replay",
    tag = "replays",
    request_body(
        content = wire::StartReplay,
        example = json!({ "from": "2021-07-20 18:00", "until": "2021-07-21", "purpose": "AUDIT" }),
    ),
    responses((status = 201, body = view::Replay)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthRole, Code::FieldRequired, Code::FieldInvalid, Code::FieldRange,
        Code::FieldUnknownCode, Code::MomentUnreadable, Code::ReplaySource, Code::ReplayRange, Code::ReplayTarget,
        Code::ReplayMany, Code::ReplayOff, Code::WebhookDisabled, Code::SubscriptionNotFound,
        Code::SubscriptionOver, Code::ReadBehind,
    ]))),
)]
async fn start(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    body: Body<wire::StartReplay>,
) -> Result<impl IntoResponse, Problem> {
    let jobs = for_operator(&replay, &speaker)?;
    let job = jobs.start(&speaker, &body.value).await?;
    Ok((StatusCode::CREATED, Json(show::replay(&job))))
}

/// What a replay would send; it sends nothing. What takes longer than twenty
/// seconds to count is counted up to the last event that is named.
#[utoipa::path(
    post,
    path = "/v1/replays/plan",
    operation_id = "plan_replay",
    tag = "replays",
    request_body(
        content = wire::StartReplay,
        example = json!({ "from": "-2h", "purpose": "AUDIT", "filter": { "types": ["Held"] } }),
    ),
    responses((status = 200, body = view::ReplayPlan)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthRole, Code::FieldRequired, Code::FieldInvalid, Code::FieldRange,
        Code::FieldUnknownCode, Code::MomentUnreadable, Code::ReplaySource, Code::ReplayRange, Code::ReplayTarget,
        Code::ReplayOff, Code::WebhookDisabled, Code::SubscriptionNotFound, Code::SubscriptionOver,
    ]))),
)]
async fn plan(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    body: Body<wire::StartReplay>,
) -> Result<Json<view::ReplayPlan>, Problem> {
    let jobs = for_operator(&replay, &speaker)?;
    let order = order::of(jobs.workshop(), &body.value).await?;
    let plan = Plan::of(jobs.workshop(), &order).await.map_err(|e| {
        tracing::warn!(code = e.code(), error = %e, "replay.plan");
        Refusal::new(Code::BrokerUnavailable)
    })?;
    Ok(Json(show::plan(&plan, &order)))
}

/// Every replay, the latest first.
#[utoipa::path(
    get,
    path = "/v1/replays",
    operation_id = "list_replays",
    tag = "replays",
    responses((status = 200, body = Vec<view::Replay>)),
    extensions(("x-refusals" = json!([Code::AuthKind, Code::ReplayOff]))),
)]
async fn list(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
) -> Result<Json<Vec<view::Replay>>, Problem> {
    super::operator(&speaker)?;
    let all = replay.jobs()?.all();
    // Why reversed: an id begins with when it was made.
    Ok(Json(all.iter().rev().map(show::replay).collect()))
}

/// One replay.
#[utoipa::path(
    get,
    path = "/v1/replays/{replay}",
    operation_id = "show_replay",
    tag = "replays",
    responses((status = 200, body = view::Replay)),
    extensions(("x-refusals" = json!([Code::ReplayNotFound, Code::ReplayOff]))),
)]
async fn one(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
) -> Result<Json<view::Replay>, Problem> {
    let job = replay.jobs()?.get(&speaker, &id)?;
    Ok(Json(show::replay(&job)))
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $path:literal $id:literal $act:expr;)*) => {
        $($(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $id,
            tag = "replays",
            responses((status = 200, body = view::Replay)),
            extensions(("x-refusals" = json!([
                Code::AuthKind, Code::AuthRole, Code::ReplayNotFound, Code::ReplayState,
                Code::ReplayApproval, Code::ReplayOff, Code::ReadBehind,
            ]))),
        )]
        async fn $name(
            State(replay): State<Replay>,
            Caller(speaker): Caller,
            Path(id): Path<String>,
        ) -> Result<Json<view::Replay>, Problem> {
            act(&replay, &speaker, &id, $act).await
        })*
    };
}

acts! {
    /// Sends nothing for now; what was sent stays.
    pause "/v1/replays/{replay}/pause" "pause_replay" Act::Paused(wire::ReplayPaused {});
    /// Goes on where it was paused.
    resume "/v1/replays/{replay}/resume" "resume_replay" Act::Resumed(wire::ReplayResumed {});
    /// Ends it for good, and removes its file.
    cancel "/v1/replays/{replay}/cancel" "cancel_replay" Act::Cancelled(wire::ReplayCancelled {});
    /// Approves it, as another operator than the one who ordered it.
    approve "/v1/replays/{replay}/approve" "approve_replay" Act::Approved(wire::ReplayApproved {});
}

async fn act(
    replay: &Replay,
    speaker: &Speaker,
    id: &str,
    act: Act,
) -> Result<Json<view::Replay>, Problem> {
    let jobs = for_operator(replay, speaker)?;
    if matches!(act, Act::Approved(_)) && speaker.role != role::Value::Approver {
        return Err(Refusal::new(Code::AuthRole).with("needed", "approver").into());
    }
    let job = jobs.get(speaker, id)?;
    let job = jobs.act(speaker, &job.id, act).await?;
    Ok(Json(show::replay(&job)))
}

/// The file of a replay that is done.
#[utoipa::path(
    get,
    path = "/v1/replays/{replay}/file",
    operation_id = "download_replay",
    tag = "replays",
    responses((status = 200, description = "The events: lines of JSON, or protobuf messages of type ReplayedEvent, each with its length before it", content(
        (String = "application/x-ndjson"), (Vec<u8> = "application/x-protobuf"),
    ))),
    extensions(("x-refusals" = json!([Code::ReplayNotFound, Code::ReplayState, Code::ReplayOff]))),
)]
async fn file(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let jobs = replay.jobs()?;
    let job = jobs.get(&speaker, &id)?;
    if job.order.target() != Target::File {
        return Err(Refusal::new(Code::ReplayNotFound).into());
    }
    let state = || Refusal::new(Code::ReplayState).with("state", job.state.as_str());
    if job.state != JobState::Done {
        return Err(state().into());
    }
    let path = jobs.workshop().paths(&job).data;
    // Why so: who removes it by hand has ended it.
    let file =
        tokio::fs::File::open(&path).await.map_err(|_| Refusal::new(Code::ReplayNotFound))?;
    let length = file.metadata().await.map_err(|_| state())?.len();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("replay");
    let headers = [
        (header::CONTENT_TYPE, media(job.format()).to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Bytes::from_stream(ReaderStream::new(file))).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct After {
    /// The sequence of the last event that is there already.
    after: Option<u64>,
}

/// The events of a replay that is read, at its pace, from its beginning or from
/// after a sequence. A body that ends without having said so was cut off: ask
/// again after the last sequence.
#[utoipa::path(
    get,
    path = "/v1/replays/{replay}/events",
    operation_id = "read_replay",
    tag = "replays",
    params(After),
    responses((status = 200, description = "The events: lines of JSON, or protobuf messages of type ReplayedEvent, each with its length before it", content(
        (String = "application/x-ndjson"), (Vec<u8> = "application/x-protobuf"),
    ))),
    extensions(("x-refusals" = json!([
        Code::ReplayNotFound, Code::ReplayState, Code::ReplayOff, Code::SubscriptionNotFound,
        Code::SubscriptionOver,
    ]))),
)]
async fn events(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Problem> {
    let jobs = replay.jobs()?;
    let job = jobs.get(&speaker, &id)?;
    if job.order.target() != Target::Reader {
        return Err(Refusal::new(Code::ReplayNotFound).into());
    }
    if !jobs.is_readable(&job.id) {
        return Err(Refusal::new(Code::ReplayState).with("state", job.state.as_str()).into());
    }
    jobs::may_read(jobs.workshop(), &job.order, &mut Vec::new())?;
    let headers = [
        (header::CONTENT_TYPE, media(job.format())),
        (header::CACHE_CONTROL, "no-store"),
        // Why: proxies that gather an answer before they pass it on would hold it back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let is_theirs = match job.order.party.as_str() {
        "" => speaker.is_operator(),
        party => party == speaker.party.as_str(),
    };
    let read = jobs::read(jobs, job, after.after.unwrap_or_default(), is_theirs);
    Ok((headers, Bytes::from_stream(read)).into_response())
}

fn media(format: Format) -> &'static str {
    match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Jsonl | Format::Unspecified => "application/x-ndjson",
    }
}

/// The jobs, for an operator who may act.
fn for_operator<'a>(replay: &'a Replay, speaker: &Speaker) -> Result<&'a Jobs, Refusal> {
    super::operator(speaker)?;
    speaker.may_act()?;
    replay.jobs()
}
