//! Names of a desk's own people, each time with a record.

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_domain::decide::Speaker;
use gongqiao_vault::{Access, Fields, MAX_ITEMS, Opened};

use crate::Gate;

/// Opens `fields` of these people, for `speaker` and because of `subject`, in
/// their order; `None` for who was erased meanwhile.
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
    let mut all = Vec::with_capacity(cards.len());
    for chunk in cards.chunks(MAX_ITEMS) {
        let sealed = gate.api.live.sealed(chunk.to_vec()).await?;
        let subject = subject.to_owned();
        let access = Access { actor: speaker.actor(), purpose, subject, fields: fields.to_vec() };
        let opened = gate.opener.open(access, sealed).await.map_err(|e| {
            tracing::error!(code = e.code(), error = %e, "gate.people");
            Refusal::new(Code::BrokerUnavailable)
        })?;
        all.extend(opened.into_iter().map(Opened::into_fields));
    }
    Ok(all)
}
