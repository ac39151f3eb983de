//! One person, one register: the card moves first, and only then is the
//! agreement to it recorded. Whatever fails in between is made good by the
//! same answer, given again.

use std::time::Duration;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId, PartyId},
    subject::Entity,
    wire,
};
use gongqiao_domain::{
    decide::{Command, MAX_CARDS, Speaker, card_to_move},
    entity::Draft,
};
use gongqiao_stream::{Outcome, StreamError, StreamName, Write, commit_surely, read};
use prost::Message as _;
use tokio::time::Instant;

use crate::{Gate, commit::Submission};

/// How long moving a card may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the points that have these people for them, on behalf of `to`; whoever
/// was asked for before is left out.
///
/// # Errors
/// The refusal; or [`Code::BrokerUnavailable`].
pub(crate) async fn request(
    gate: &Gate,
    speaker: &Speaker,
    to: &PartyId,
    cards: &[CardId],
) -> Result<(), Refusal> {
    for some in cards.chunks(MAX_CARDS) {
        let command = Command::RequestTransfers { to: to.clone(), cards: some.to_vec() };
        let submission = Submission::of_ours(speaker, command);
        match gate.committer.submit(submission).await {
            Err(refusal) if refusal.code != Code::CaseExists => return Err(refusal),
            // Why: all of these have been asked for.
            _ => {}
        }
    }
    Ok(())
}

/// If the case is a transfer to which `speaker` may agree, moves the card.
///
/// # Errors
/// Why the agreement can't be given.
pub(crate) async fn make_ready(
    gate: &Gate,
    speaker: &Speaker,
    case: &CaseId,
) -> Result<(), Refusal> {
    let live = &gate.api.live;
    let deadline = Instant::now() + PATIENCE;
    while let Some((card, to)) = to_move(gate, speaker, case)? {
        if Instant::now() >= deadline {
            return Err(Code::BrokerUnavailable.into());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match write(gate, speaker, &card, &to, deadline).await? {
            Outcome::Stored(stored) => live.wait_cards(stored.last_sequence, left).await?,
            // Why: an upload was faster; what it says of the person is kept.
            Outcome::Conflict => {
                let head = read::head(live.connection(), StreamName::Register).await;
                live.wait_cards(head.map_err(|e| unavailable(&e))?, left).await?;
            }
        }
    }
    Ok(())
}

fn to_move(
    gate: &Gate,
    speaker: &Speaker,
    case: &CaseId,
) -> Result<Option<(CardId, PartyId)>, Refusal> {
    let (city, register) = (gate.api.live.city(), gate.api.live.register());
    card_to_move(&Draft::new(&city.entities), &register, speaker, case)
}

/// The card as it is, under its new point.
async fn write(
    gate: &Gate,
    speaker: &Speaker,
    card: &CardId,
    to: &PartyId,
    deadline: Instant,
) -> Result<Outcome, Refusal> {
    let connection = gate.api.live.connection();
    let subject = Entity::Card(card.clone()).subject(&gate.api.live.cell());
    let found = read::next_on_subject(connection, StreamName::Register, &subject, 1).await;
    let found = found.map_err(|e| unavailable(&e))?.ok_or(Refusal::new(Code::TransferGone))?;
    let known = wire::Card::decode(found.payload).map_err(|_| Refusal::new(Code::NewerSchema))?;
    if known.erased {
        return Err(Code::TransferGone.into());
    }
    // Why: when the person was last asked stays as it was; only the point is new.
    let moved = wire::Card { point: to.to_string(), actor: Some(speaker.actor()), ..known };
    let write = Write {
        subject,
        payload: moved.encode_to_vec().into(),
        expect: Some(found.sequence),
        headers: Vec::new(),
    };
    let stored = commit_surely(connection, StreamName::Register, &[write], deadline).await;
    stored.map_err(|e| unavailable(&e))
}

fn unavailable(e: &StreamError) -> Refusal {
    tracing::warn!(code = e.code(), error = %e, "gate.transfer");
    Code::BrokerUnavailable.into()
}
