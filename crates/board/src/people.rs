//! Names of people for their own desk, each time with a record.

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    subject::Entity,
    wire::{self, access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_domain::{
    decide::{Speaker, serves_division},
    register::CardFacets,
};
use gongqiao_stream::{StreamName, read};
use gongqiao_vault::{Access, Fields};
use prost::Message as _;

use crate::Board;

/// Cards that are read at once.
const AT_ONCE: usize = 16;

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
    if cards.is_empty() {
        return Ok(HashMap::new());
    }
    let sealed = sealed(board, cards.clone()).await?;
    let access = Access { actor: speaker.actor(), purpose, subject, fields };
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

/// The sealed parts, from the register's stream; an empty one for a card
/// that is no longer there.
async fn sealed(board: &Board, cards: Vec<CardId>) -> Result<Vec<(CardId, wire::Sealed)>, Refusal> {
    let live = &board.api.live;
    futures::stream::iter(cards)
        .map(|card| async move {
            let subject = Entity::Card(card.clone()).subject(&live.cell());
            let found = read::next_on_subject(live.connection(), StreamName::Register, &subject, 1);
            let found = found.await.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
            let sealed = found.and_then(|m| wire::Card::decode(m.payload).ok()?.person);
            Ok((card, sealed.unwrap_or_default()))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}
