use axum::extract::State;
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    id::SignalId,
    view,
    wire::{self, answer_signal::Answer as SignalAnswer},
};
use gongqiao_domain::decide::{Ages, Command, Speaker, serves};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed};
use crate::{Gate, age};

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(answer))
}

/// Answers a signal: calls, people who are promised, or nobody.
#[utoipa::path(
    post,
    path = "/v1/signals/{signal}/answer",
    tag = "signals",
    request_body(
        content = wire::AnswerSignal,
        example = json!({
            "calls": [{ "card": "card_1", "outcome": "WILLING" }],
            "commit": { "cards": ["card_1"], "complete": true },
        }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthNotYours, Code::AuthKind, Code::SignalNotFound, Code::SignalNotOpen,
        Code::VacancyNotFound, Code::VacancyNotOpen, Code::VacancyFull, Code::CardNotFound,
        Code::CardErased, Code::CardFrozen, Code::CardHeld, Code::CardUnfit, Code::CardTwice,
        Code::CardUnderage, Code::CardNotWilling, Code::CardOnStandby, Code::FieldRequired,
        Code::FieldInvalid, Code::FieldRange, Code::AgreementNone, Code::AgreementScope,
        Code::PartyNotFound, Code::PartyRevoked,
    ]))),
)]
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
