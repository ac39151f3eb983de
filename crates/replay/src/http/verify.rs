use axum::{Json, extract::State};
use gongqiao_access::{Caller, Problem};
use gongqiao_contract::{Code, view::Verdict};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::operator;
use crate::{Replay, past};

pub(super) fn routes() -> OpenApiRouter<Replay> {
    OpenApiRouter::new().routes(routes!(verify))
}

/// Folds the log anew from its first event on and compares it with the live
/// city of the process that answers, and with its snapshot on disk. For the
/// bureau.
#[utoipa::path(
    get,
    path = "/v1/verify",
    tag = "past",
    responses((status = 200, body = Verdict)),
    extensions(("x-refusals" = json!([Code::AuthKind, Code::PastBusy, Code::BrokerUnavailable]))),
)]
async fn verify(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
) -> Result<Json<Verdict>, Problem> {
    operator(&speaker)?;
    let api = &replay.api;
    let _turn = replay.past.turn(api.patience).await?;
    Ok(Json(past::verify(&api.live).await?))
}
