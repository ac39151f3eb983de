//! Names of people for their own desk, each time with a record.

use std::collections::HashMap;

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_domain::{
    decide::{Speaker, serves_division},
    register::CardFacets,
};
use gongqiao_vault::{Access, Fields};

use crate::Board;

/// Opens `fields` of these people, for `speaker` and because of `subject`. Who
/// was erased meanwhile is not among them.
///
/// # Errors
/// The register or the audit log can't be reached.
pub(crate) async fn open(
    board: &Board,
    speaker: &Speaker,
    purpose: Purpose,
    subject: String,
    fields: Vec<Field>,
    cards: Vec<CardId>,
) -> Result<HashMap<CardId, Fields>, Refusal> {
    let (cards, agreement) = {
        // Why: of who is frozen or erased nothing is opened, so nothing recorded.
        let city = board.api.live.city();
        let agreement = city.agreement_behind(&subject).map(ToString::to_string);
        let open = cards.into_iter().filter(|card| !city.is_closed(card));
        (open.collect::<Vec<_>>(), agreement.unwrap_or_default())
    };
    if cards.is_empty() {
        return Ok(HashMap::new());
    }
    let sealed = board.api.live.sealed(cards.clone()).await?;
    let access = Access { actor: speaker.actor(), purpose, subject, agreement, fields };
    let opened = board.opener.open(access, sealed).await.map_err(|e| {
        tracing::error!(code = e.code(), error = %e, "board.people");
        Refusal::new(Code::BrokerUnavailable)
    })?;
    let known = cards.into_iter().zip(opened);
    Ok(known.filter_map(|(card, one)| Some((card, one.fields()?.clone()))).collect())
}

/// Those of these people who stand in a register that the speaker's desk
/// serves: somebody may have moved to another since.
pub(crate) fn served(board: &Board, speaker: &Speaker, mut cards: Vec<CardId>) -> Vec<CardId> {
    let register = board.api.live.register();
    let served = |one: &CardFacets| serves_division(&speaker.party, one.point);
    cards.retain(|card| register.get(card).is_some_and(served));
    cards
}
