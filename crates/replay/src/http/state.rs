use axum::{Json, extract::State};
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{
    Code, Moment,
    view::{PastDiff, PastState},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::operator;
use crate::{
    Replay,
    past::{self, Of},
};

pub(super) fn routes() -> OpenApiRouter<Replay> {
    OpenApiRouter::new().routes(routes!(state)).routes(routes!(diff))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct At {
    /// A moment: RFC 3339, `2021-07-20 18:00` in Beijing time, `-2h`, Unix
    /// time in s, ms, µs or ns, `#123` or `123` for a sequence, `now`.
    #[param(example = "-2h")]
    at: Option<String>,
    /// `dispatch/ID`, `vacancy/ID`, `point/ID` or `agreement/ID`; the whole city
    /// without it.
    of: Option<String>,
}

/// What was known at a moment, folded from the log up to there. For the
/// bureau.
#[utoipa::path(
    get,
    path = "/v1/state",
    tag = "past",
    params(At),
    responses((status = 200, body = PastState)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::MomentUnreadable, Code::ReadAhead, Code::PastNotThere,
        Code::PastBusy, Code::BrokerUnavailable,
    ]))),
)]
async fn state(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Query(query): Query<At>,
) -> Result<Json<PastState>, Problem> {
    operator(&speaker)?;
    let of = of(query.of.as_deref())?;
    let at: Moment = query.at.as_deref().unwrap_or("now").parse()?;
    let api = &replay.api;
    let _turn = replay.past.turn(api.patience).await?;
    Ok(Json(past::state(&api.live, at, &of, api.clock.now()).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Between {
    /// The earlier moment, as of `at` in `/v1/state`.
    #[param(example = "-2h")]
    from: String,
    /// The later moment; the present without it.
    until: Option<String>,
    /// As in `/v1/state`.
    of: Option<String>,
}

/// What changed between two moments, and by which events. For the bureau.
#[utoipa::path(
    get,
    path = "/v1/state/diff",
    tag = "past",
    params(Between),
    responses((status = 200, body = PastDiff)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::MomentUnreadable, Code::ReadAhead, Code::PastOrder, Code::PastNotThere,
        Code::PastBusy, Code::BrokerUnavailable,
    ]))),
)]
async fn diff(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Query(query): Query<Between>,
) -> Result<Json<PastDiff>, Problem> {
    operator(&speaker)?;
    let of = of(query.of.as_deref())?;
    let from: Moment = query.from.parse()?;
    let until: Moment = query.until.as_deref().unwrap_or("now").parse()?;
    let api = &replay.api;
    let _turn = replay.past.turn(api.patience).await?;
    Ok(Json(past::diff(&api.live, (from, until), &of, api.clock.now()).await?))
}

fn of(named: Option<&str>) -> Result<Of, gongqiao_contract::Refusal> {
    named.map_or(Ok(Of::City), str::parse)
}
