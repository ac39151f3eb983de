//! What was restored, folded and compared with what was saved.

use gongqiao_contract::{id::CardId, subject::Entity};
use gongqiao_domain::City;
use gongqiao_stream::{Connection, Message, StreamError, StreamName, follow, read};
use gongqiao_vault::Vault;
use tokio_util::sync::CancellationToken;

use super::{BackupError, manifest::Saved};

/// What a restored log says.
pub(super) struct Folded {
    pub(super) city: City,
    /// Those who stand in the register.
    pub(super) cards: Vec<CardId>,
}

/// Reads every stream from the broker, and folds FACTS.
///
/// # Errors
/// The broker can't be reached, or a stream is not what was saved.
pub(super) async fn fold(connection: &Connection, saved: &[Saved]) -> anyhow::Result<Folded> {
    let mut city = City::default();
    let mut cards = Vec::new();
    for name in StreamName::ALL {
        let Some(saved) = saved.iter().find(|saved| saved.name == name.as_str()) else { continue };
        let mut messages = 0;
        let last = each(connection, name, |message| {
            messages += 1;
            match name {
                StreamName::Facts => {
                    city.apply(message.sequence, &message.subject, &message.payload);
                }
                StreamName::Register => cards.extend(card_of(&message)),
                _ => {}
            }
        })
        .await?;
        compare(name, saved, messages, last)?;
    }
    let facts = saved.iter().find(|saved| saved.name == StreamName::Facts.as_str());
    if facts.is_some_and(|saved| saved.contents.last_sequence != city.position) {
        return Err(BackupError::Differs(format!("FACTS folds to {}", city.position)).into());
    }
    Ok(Folded { city, cards })
}

/// Destroys the keys of all whom the log has erased; says of how many there
/// was one.
pub(super) fn erase(vault: &Vault, city: &City) -> anyhow::Result<usize> {
    let mut destroyed = 0;
    for card in city.index.erased.values() {
        destroyed += usize::from(vault.destroy(card)?);
    }
    Ok(destroyed)
}

fn card_of(message: &Message) -> Option<CardId> {
    match Entity::parse(&message.subject) {
        Some(Entity::Card(card)) => Some(card),
        _ => None,
    }
}

/// Why more is wanted than a count: of a stream that keeps the last value per
/// subject, a backup may hold two of one card, of which the broker keeps one.
fn compare(name: StreamName, saved: &Saved, messages: u64, last: u64) -> Result<(), BackupError> {
    let contents = saved.contents;
    let fits = if name.keeps_all() {
        messages == contents.messages
    } else {
        messages <= contents.messages && (messages > 0) == (contents.messages > 0)
    };
    if fits && last == contents.last_sequence {
        return Ok(());
    }
    let wanted = (contents.messages, contents.last_sequence);
    let why = format!("{} has {messages} up to {last}, not {wanted:?}", name.as_str());
    Err(BackupError::Differs(why))
}

/// Gives every message of a stream that nobody writes to, and says its last
/// sequence.
async fn each(
    connection: &Connection,
    name: StreamName,
    mut take: impl FnMut(Message),
) -> Result<u64, StreamError> {
    let state = read::state(connection, name).await?;
    if state.messages == 0 {
        return Ok(state.last_sequence);
    }
    let stop = CancellationToken::new();
    let mut left = state.messages;
    follow(connection, name, 1, &stop, |chunk| {
        for message in chunk {
            take(message);
            left = left.saturating_sub(1);
        }
        if left == 0 {
            stop.cancel();
        }
    })
    .await;
    Ok(state.last_sequence)
}
