use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Caller, Problem};
use gongqiao_contract::{Code, Refusal};
use gongqiao_domain::{decide::Command, report::Period};

use super::{Answer, Id, Key, changed};
use crate::Gate;

pub(super) fn routes() -> Router<Gate> {
    Router::new().route("/v1/reports/{period}/close", post(close))
}

async fn close(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(period): Id<String>,
) -> Result<Answer, Problem> {
    let period: Period = period.parse().map_err(|()| Refusal::new(Code::RequestId))?;
    Ok(changed(gate.submit(caller, key, &[], Command::ClosePeriod(period)).await?))
}
