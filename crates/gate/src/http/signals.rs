use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    id::SignalId,
    wire::{self, answer_signal::Answer as SignalAnswer},
};
use gongqiao_domain::decide::{Ages, Command, serves};

use super::{Answer, Id, Key, changed};
use crate::{Gate, age};

pub(super) fn routes() -> Router<Gate> {
    Router::new().route("/v1/signals/{signal}/answer", post(answer))
}

async fn answer(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(signal): Id<SignalId>,
    body: Body<wire::AnswerSignal>,
) -> Result<Answer, Problem> {
    let ask = body.value;
    let ages = match &ask.answer {
        Some(SignalAnswer::Commit(commit)) if serves(&caller.0.party, &signal.point) => {
            let cards = commit.cards.iter().map(String::as_str);
            age::look(&gate, &caller.0, &signal.vacancy, None, cards).await?
        }
        _ => Ages::default(),
    };
    let command = Command::AnswerSignal { signal, ask };
    Ok(changed(gate.submit_knowing(caller, key, &body.bytes, command, ages).await?))
}
