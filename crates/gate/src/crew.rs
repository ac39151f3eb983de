//! Who drives and who travels along: sealed under a key of the group that is
//! to be opened.

use gongqiao_contract::{Code, Kind, Refusal, id::DispatchId, wire};
use gongqiao_domain::decide::{SealedCrew, check_crew};
use gongqiao_vault::{Owner, VaultError};

use crate::{Gate, commit::Accepted, plan::fresh_id};

/// Seals who drives under a key of the group that is to be opened: before
/// anything of it is queued, decided or stored.
pub(crate) async fn seal(gate: &Gate, crew: wire::Crew) -> Result<SealedCrew, Refusal> {
    let unsealed = unsealed(gate, &crew)?;
    let (vault, owner) = (gate.vault.clone(), unsealed.dispatch.clone());
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
    Ok(SealedCrew { sealed, ..unsealed })
}

/// What can be said of a crew before it is sealed, and is all that a decision
/// looks at.
pub(crate) fn unsealed(gate: &Gate, crew: &wire::Crew) -> Result<SealedCrew, Refusal> {
    check_crew(crew)?;
    Ok(SealedCrew {
        dispatch: DispatchId::from_uuid(fresh_id(gate.api.clock.now())),
        sealed: wire::Sealed::default(),
        drivers: u32::try_from(crew.drivers.len()).unwrap_or(u32::MAX),
        attendant: crew.attendant.is_some(),
    })
}

/// Destroys the key of a group that was not opened: refused, or opened by an
/// earlier request under the same Idempotency-Key. When it is not known whether
/// it was stored, the key stays.
pub(crate) async fn forget_unless_opened(
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
