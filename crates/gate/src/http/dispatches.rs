use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    id::DispatchId,
    wire::{self, record_dispatch_event::Event},
};
use gongqiao_domain::decide::Command;

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
    if let Some(Event::Substitute(swap)) = &body.value.event {
        let known =
            gate.api.live.city().dispatch(&dispatch).map(|d| (d.vacancy.clone(), d.point.clone()));
        if let Some((vacancy, point)) = known
            && point == caller.0.party
        {
            let cards = [("/substitute/in".to_owned(), swap.r#in.as_str())];
            if let Err(refusal) = age::check(&gate, &caller.0, &vacancy, &cards).await {
                return Ok(changed(gate.first_answer(&caller, &key, &body.bytes, refusal).await?));
            }
        }
    }
    let command = Command::RecordDispatchEvent { dispatch, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}
