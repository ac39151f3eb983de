use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    id::DispatchId,
    wire::{self, record_dispatch_event::Event},
};
use gongqiao_domain::decide::{Ages, Command};

use super::{Answer, Id, Key, changed, made};
use crate::{Gate, age};

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/dispatches", post(open))
        .route("/v1/dispatches/{dispatch}/events", post(record))
}

async fn open(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::OpenDispatch>,
) -> Result<Answer, Problem> {
    let command = Command::OpenDispatch(body.value);
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/dispatches"))
}

async fn record(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(dispatch): Id<DispatchId>,
    body: Body<wire::RecordDispatchEvent>,
) -> Result<Answer, Problem> {
    let ages = match &body.value.event {
        Some(Event::Substitute(swap)) => {
            let vacancy = gate.api.live.city().dispatch(&dispatch).map(|d| d.vacancy.clone());
            match vacancy {
                Some(vacancy) => {
                    let cards = std::iter::once(swap.r#in.as_str());
                    age::look(&gate, &caller.0, &vacancy, cards).await?
                }
                None => Ages::default(),
            }
        }
        _ => Ages::default(),
    };
    let command = Command::RecordDispatchEvent { dispatch, ask: body.value };
    Ok(changed(gate.submit_knowing(caller, key, &body.bytes, command, ages).await?))
}
