use axum::extract::State;
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId},
    view,
    wire::{
        self, open_case,
        record_case_event::{Event, Reply},
    },
};
use gongqiao_domain::decide::Command;
use gongqiao_vault::{Owner, VaultError};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Answer, Id, Key, changed, made};
use crate::{Gate, transfer};

/// Most characters of a note.
const MAX_NOTE: usize = 2_000;

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(record))
}

/// Opens a case: a grievance, or a visit that is due.
#[utoipa::path(
    post,
    path = "/v1/cases",
    tag = "cases",
    request_body(
        content = wire::OpenCase,
        example = json!({
            "grievance": { "card": "card_1", "kind": "WAGES", "note": "两个月未发工资" },
        }),
    ),
    params(Key),
    responses((status = 201, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CardNotFound, Code::CardErased,
        Code::CardFrozen, Code::CaseExists, Code::CaseNotDue, Code::FieldInvalid,
        Code::FieldRequired, Code::FieldTooLong, Code::VacancyNotFound, Code::PartyNotFound,
    ]))),
)]
async fn open(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::OpenCase>,
) -> Result<Answer, Problem> {
    let command = match body.value.case {
        Some(open_case::Case::FollowUp(ask)) => {
            Command::OpenFollowUp { onboarding: ask.onboarding, day: ask.day }
        }
        Some(open_case::Case::Grievance(ask)) => {
            let unknown = |_| Refusal::new(Code::CardNotFound).at("/grievance/card");
            let card: CardId = ask.card.parse().map_err(unknown)?;
            let note = sealed(&gate, &card, ask.note.clone(), "/grievance/note").await?;
            Command::OpenGrievance { card, kind: ask.kind(), note }
        }
        None => {
            let refusal = Refusal::new(Code::FieldInvalid);
            return Err(refusal.with("why", "either grievance or followUp").at("").into());
        }
    };
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/cases"))
}

/// Records what was done about a case.
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/events",
    tag = "cases",
    request_body(
        content = wire::RecordCaseEvent,
        example = json!({
            "attempt": { "method": "PHONE", "outcome": "REACHED", "atWork": "YES" },
        }),
    ),
    params(Key),
    responses((status = 200, body = view::Receipt)),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::AuthNotYours, Code::CaseNotFound, Code::CaseNotOpen,
        Code::CaseOther, Code::CaseExists, Code::CardNotFound, Code::CardErased,
        Code::CardFrozen, Code::DispatchNotFound, Code::PartyNotFound, Code::PartyRevoked,
        Code::TransferBound, Code::TransferGone, Code::VacancyFull, Code::VacancyNotFound,
        Code::FieldInvalid, Code::FieldRequired, Code::FieldTooLong, Code::CorrectionTarget,
        Code::CorrectionNothing, Code::CorrectionElsewhere, Code::CorrectionReleased,
        Code::CorrectionSubstituted, Code::CorrectionAsked,
    ]))),
)]
async fn record(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(case): Id<CaseId>,
    body: Body<wire::RecordCaseEvent>,
) -> Result<Answer, Problem> {
    let event = body.value.event.ok_or_else(|| {
        let why = "one of attempt, handOn, close and reply";
        Refusal::new(Code::FieldInvalid).with("why", why).at("")
    })?;
    let card = gate.api.live.city().case(&case).map(|known| known.card.clone());
    let note = match card {
        Some(card) => sealed(&gate, &card, body.value.note, "/note").await?,
        None => None,
    };
    if let Event::Reply(Reply { agreed: true }) = &event
        && let Err(refusal) = transfer::make_ready(&gate, &caller.0, &case).await
    {
        return Ok(changed(gate.first_answer(&caller, &key, &body.bytes, refusal).await?));
    }
    let command = Command::RecordCaseEvent { case, event, note };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// A note under the key of the person whom it is about.
async fn sealed(
    gate: &Gate,
    card: &CardId,
    text: String,
    pointer: &'static str,
) -> Result<Option<wire::Sealed>, Refusal> {
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_NOTE {
        return Err(Refusal::new(Code::FieldTooLong).with("max", MAX_NOTE).at(pointer));
    }
    let (vault, owner) = (gate.vault.clone(), Owner::Card(card.clone()));
    let sealing =
        tokio::task::spawn_blocking(move || vault.seal_message(&owner, &wire::Note { text }));
    match sealing.await.map_err(|_| Refusal::new(Code::Internal))? {
        Ok(sealed) => Ok(Some(sealed)),
        // Why: nobody may be written about who was erased, or never was.
        Err(VaultError::Unknown { .. }) => Err(Code::CardNotFound.into()),
        Err(e) => {
            tracing::error!(code = e.code(), error = %e, "gate.vault");
            Err(Code::Internal.into())
        }
    }
}
