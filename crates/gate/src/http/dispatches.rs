use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Kind, Refusal,
    id::DispatchId,
    wire::{self, party_kind, record_dispatch_event::Event, role},
};
use gongqiao_domain::decide::{Ages, Command, SealedCrew, Speaker, check_crew, involves};
use gongqiao_vault::{Owner, VaultError};

use super::{Answer, Id, Key, changed, made};
use crate::{Gate, age, commit::Accepted, plan::fresh_id};

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
    let mut ask = body.value;
    let crew = match ask.crew.take() {
        Some(crew) if may_open(&caller.0) => Some(seal(&gate, crew).await?),
        _ => None,
    };
    let sealed_for = crew.as_ref().map(|crew| crew.dispatch.clone());
    let command = Command::OpenDispatch { ask, crew };
    let opened = gate.submit(caller, key, &body.bytes, command).await;
    if let Some(dispatch) = sealed_for {
        forget_unless_opened(&gate, dispatch, &opened).await;
    }
    Ok(made(opened?, "/v1/dispatches"))
}

/// Why: others are refused by the decision, and nothing is kept for them.
fn may_open(speaker: &Speaker) -> bool {
    matches!(speaker.kind, party_kind::Value::ServicePoint | party_kind::Value::Operator)
        && speaker.role != role::Value::Auditor
}

/// Seals who drives under a key of the group that is to be opened: before
/// anything of it is queued, decided or stored.
async fn seal(gate: &Gate, crew: wire::Crew) -> Result<SealedCrew, Refusal> {
    check_crew(&crew)?;
    let dispatch = DispatchId::from_uuid(fresh_id(gate.api.clock.now()));
    let (vault, owner) = (gate.vault.clone(), dispatch.clone());
    let (drivers, attendant) = (crew.drivers.len(), crew.attendant.is_some());
    let sealing = tokio::task::spawn_blocking(move || {
        vault.enrol_dispatch(&owner)?;
        vault.seal_message(&Owner::Dispatch(owner), &crew)
    });
    let sealed: Result<wire::Sealed, VaultError> =
        sealing.await.map_err(|_| Refusal::new(Code::Internal))?;
    let sealed = sealed.map_err(|e| {
        tracing::error!(code = e.code(), error = %e, "gate.vault");
        Refusal::new(Code::Internal)
    })?;
    Ok(SealedCrew {
        dispatch,
        sealed,
        drivers: u32::try_from(drivers).unwrap_or(u32::MAX),
        attendant,
    })
}

/// Destroys the key of a group that was not opened: refused, or opened by an
/// earlier request under the same Idempotency-Key. When it is not known whether
/// it was stored, the key stays.
async fn forget_unless_opened(
    gate: &Gate,
    dispatch: DispatchId,
    opened: &Result<Accepted, Refusal>,
) {
    let keep = match opened {
        Ok(accepted) => accepted.entity == dispatch.as_str(),
        Err(refusal) => matches!(refusal.code.kind(), Kind::Unavailable | Kind::Internal),
    };
    if keep {
        return;
    }
    let vault = gate.vault.clone();
    let forgetting = tokio::task::spawn_blocking(move || vault.destroy_dispatch(&dispatch));
    if let Ok(Err(e)) = forgetting.await {
        tracing::warn!(code = e.code(), error = %e, "gate.vault");
    }
}

async fn record(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(dispatch): Id<DispatchId>,
    body: Body<wire::RecordDispatchEvent>,
) -> Result<Answer, Problem> {
    let ages = ages(&gate, &caller.0, &dispatch, body.value.event.as_ref()).await?;
    let command = Command::RecordDispatchEvent { dispatch, ask: body.value };
    Ok(changed(gate.submit_knowing(caller, key, &body.bytes, command, ages).await?))
}

/// Ages of people who are promised by this event alone, for whoever may
/// promise them.
async fn ages(
    gate: &Gate,
    speaker: &Speaker,
    dispatch: &DispatchId,
    event: Option<&Event>,
) -> Result<Ages, Refusal> {
    let newcomers: Vec<&str> = match event {
        Some(Event::Substitute(swap)) => vec![&swap.r#in],
        Some(Event::WalkIn(walk_in)) => walk_in.cards.iter().map(String::as_str).collect(),
        _ => return Ok(Ages::default()),
    };
    let vacancy = {
        let city = gate.api.live.city();
        let group = city.dispatch(dispatch).filter(|group| involves(&speaker.party, group));
        group.map(|group| group.vacancy.clone())
    };
    match vacancy {
        Some(vacancy) => age::look(gate, speaker, &vacancy, newcomers.into_iter()).await,
        None => Ok(Ages::default()),
    }
}
