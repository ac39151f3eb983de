//! Names of a desk's own people, each time with a record.

use std::collections::HashMap;

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_domain::decide::Speaker;
use gongqiao_vault::{Access, Fields, MAX_ITEMS, Opened};

use crate::Gate;

/// Opens `fields` of these people, for `speaker` and because of `subject`, in
/// their order; `None` for who was erased meanwhile, or is frozen.
///
/// # Errors
/// The register or the audit log can't be reached.
pub(crate) async fn open(
    gate: &Gate,
    speaker: &Speaker,
    (purpose, subject): (Purpose, &str),
    fields: &[Field],
    cards: &[CardId],
) -> Result<Vec<Option<Fields>>, Refusal> {
    let (may, agreement): (Vec<CardId>, String) = {
        // Why: of who is frozen or erased nothing is opened, so nothing recorded.
        let city = gate.api.live.city();
        let agreement = city.agreement_behind(subject).map(ToString::to_string);
        let open = cards.iter().filter(|card| !city.is_closed(card));
        (open.cloned().collect(), agreement.unwrap_or_default())
    };
    let mut all = HashMap::with_capacity(may.len());
    for chunk in may.chunks(MAX_ITEMS) {
        let sealed = gate.api.live.sealed(chunk.to_vec()).await?;
        let subject = subject.to_owned();
        let access = Access {
            actor: speaker.actor(),
            purpose,
            subject,
            agreement: agreement.clone(),
            fields: fields.to_vec(),
        };
        let opened = gate.opener.open(access, sealed).await.map_err(|e| {
            tracing::error!(code = e.code(), error = %e, "gate.people");
            Refusal::new(Code::BrokerUnavailable)
        })?;
        all.extend(chunk.iter().cloned().zip(opened.into_iter().map(Opened::into_fields)));
    }
    Ok(cards.iter().map(|card| all.remove(card).flatten()).collect())
}
