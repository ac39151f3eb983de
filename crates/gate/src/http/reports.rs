use axum::extract::State;
use gongqiao_access::{Caller, Problem};
use gongqiao_contract::{Code, Refusal, view};
use gongqiao_domain::{decide::Command, report::Period};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed};
use crate::Gate;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(close))
}

/// Closes the books of a month; later corrections count in the first that is
/// open.
#[utoipa::path(
    post,
    path = "/v1/reports/{period}/close",
    tag = "reports",
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::PartyNotFound, Code::PeriodClosed, Code::PeriodNotBegun,
    ]))),
)]
async fn close(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(period): Id<String>,
) -> Result<Answer, Problem> {
    let period: Period = period.parse().map_err(|()| Refusal::new(Code::RequestId))?;
    Ok(changed(gate.submit(caller, key, &[], Command::ClosePeriod(period)).await?))
}
