use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Refusal,
    id::SignalId,
    wire::{self, answer_signal::Answer as SignalAnswer},
};
use gongqiao_domain::decide::{Ages, Command, Speaker, serves};

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
    let (command, ages) = answered(&gate, &caller.0, signal, body.value).await?;
    Ok(changed(gate.submit_knowing(caller, key, &body.bytes, command, ages).await?))
}

/// What a desk answers, with the ages of those whom it promises, for whoever
/// may do so; the same at every door.
pub(crate) async fn answered(
    gate: &Gate,
    speaker: &Speaker,
    signal: SignalId,
    ask: wire::AnswerSignal,
) -> Result<(Command, Ages), Refusal> {
    let ages = match &ask.answer {
        Some(SignalAnswer::Commit(commit)) if serves(&speaker.party, &signal.point) => {
            let cards = commit.cards.iter().map(String::as_str);
            age::look(gate, speaker, &signal.vacancy, None, cards).await?
        }
        _ => Ages::default(),
    };
    Ok((Command::AnswerSignal { signal, ask }, ages))
}
