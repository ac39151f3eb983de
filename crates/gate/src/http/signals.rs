use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    id::SignalId,
    wire::{self, answer_signal::Answer as SignalAnswer},
};
use gongqiao_domain::decide::Command;

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
    let answer = body.value.answer.ok_or_else(|| {
        Refusal::new(Code::FieldInvalid).with("why", "either commit or decline").at("")
    })?;
    if let SignalAnswer::Commit(commit) = &answer
        && caller.0.party == signal.point
    {
        let cards: Vec<(String, &str)> = commit
            .cards
            .iter()
            .enumerate()
            .map(|(index, card)| (format!("/commit/cards/{index}"), card.as_str()))
            .collect();
        if let Err(refusal) = age::check(&gate, &caller.0, &signal.vacancy, &cards).await {
            return Ok(changed(gate.first_answer(&caller, &key, &body.bytes, refusal).await?));
        }
    }
    let command = Command::AnswerSignal { signal, answer };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}
