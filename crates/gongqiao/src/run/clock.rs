//! A clock that an operator moves, so that half a year can be tried out in a
//! minute. There is none where people are real.

use axum::{Json, extract::FromRef, extract::State};
use gongqiao_access::{Api, Body, Caller, Problem};
use gongqiao_contract::{Code, Refusal, wire::role};
use gongqiao_shell::{Clock, Config, ManualClock, Progress, beijing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The clock of a process: `given`, unless the configuration wants one that is
/// moved by hand.
pub(super) fn of(config: &Config, given: Clock) -> (Clock, Option<ManualClock>) {
    match config.clock.manual_from() {
        Some(start) if !given.is_manual() => {
            let (clock, hand) = Clock::manual(start);
            (clock, Some(hand))
        }
        _ => (given, None),
    }
}

/// `POST /v1/clock`.
pub(super) fn router(api: Api, hand: ManualClock, progress: Progress) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(advance)).with_state(Hand { api, hand, progress })
}

#[derive(Clone)]
struct Hand {
    api: Api,
    hand: ManualClock,
    progress: Progress,
}

impl FromRef<Hand> for Api {
    fn from_ref(hand: &Hand) -> Self {
        hand.api.clone()
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// RFC 3339, or Beijing time.
    to: String,
}

/// In the form of a receipt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Moved {
    id: &'static str,
    sequence: u64,
    recorded_at: String,
}

/// Moves the clock forward, and answers when everything that follows from it
/// in this process is done.
#[utoipa::path(
    post,
    path = "/v1/clock",
    tag = "operation",
    request_body(content = Advance, example = json!({ "to": "2027-03-01T00:00:00Z" })),
    responses((status = 200, body = Moved)),
    extensions(("x-refusals" = json!([Code::AuthRole, Code::FieldInvalid]))),
)]
async fn advance(
    State(hand): State<Hand>,
    Caller(speaker): Caller,
    body: Body<Advance>,
) -> Result<Json<Moved>, Problem> {
    if !speaker.is_operator() || speaker.role != role::Value::Approver {
        return Err(Refusal::new(Code::AuthRole).with("needed", "operator's approver").into());
    }
    let to = beijing::parse(&body.value.to)
        .map_err(|e| Refusal::new(Code::FieldInvalid).with("why", e).at("/to"))?;
    hand.hand.advance_to(to);
    hand.progress.settled(&hand.api.clock, 0).await;
    let sequence = hand.api.live.city().position;
    let recorded_at = beijing::rfc3339(hand.api.clock.now());
    Ok(Json(Moved { id: "clock", sequence, recorded_at }))
}
