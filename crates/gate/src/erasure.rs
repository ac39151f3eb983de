//! What follows from the fact that a person was erased: the key and the hashes
//! go from the vault, and everything but the card's id from the register. Done
//! by every process that has a vault, from the log, as often as need be: so a
//! crash between fact and deed, or a vault that was put back from a backup,
//! makes no difference.

use std::{sync::Arc, time::Duration};

use gongqiao_access::Live;
use gongqiao_contract::{SCHEMA, id::CardId, subject::Entity, wire};
use gongqiao_domain::entity::timestamp;
use gongqiao_shell::Clock;
use gongqiao_stream::{Outcome, StreamError, StreamName, Write, commit_surely, erase, read};
use gongqiao_vault::{Vault, VaultError};
use prost::Message as _;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// Erasures that are carried out at once.
const AT_ONCE: usize = 1_000;
/// How long one tombstone may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after a failure.
const BACK_OFF: Duration = Duration::from_millis(500);

/// Why an erasure could not be carried out yet.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The register can't be reached.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The work was cut off with the process.
    #[error("cut off")]
    CutOff,
}

impl ErasureError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Vault(error) => error.code(),
            Self::Stream(error) => error.code(),
            Self::CutOff => "erasure.cut_off",
        }
    }
}

/// Carries erasures out, in the order of the log.
pub struct Eraser {
    live: Live,
    vault: Vault,
    clock: Clock,
    /// Whether this process writes to the register: it has a gate.
    writes: bool,
    done: Arc<watch::Sender<u64>>,
}

impl Eraser {
    /// An eraser that has done nothing yet.
    pub fn new(live: Live, vault: Vault, clock: Clock, writes: bool) -> Self {
        Self { live, vault, clock, writes, done: Arc::new(watch::Sender::new(0)) }
    }

    /// Up to which sequence of FACTS every erasure is carried out here.
    pub fn done(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }

    /// Carries out every erasure that the log knows: before anything is served.
    ///
    /// # Errors
    /// The vault or the log fails. A trace on disk that somebody still reads
    /// fails nothing: the key is gone, and [`Eraser::run`] wipes it.
    pub async fn catch_up(&self) -> Result<(), ErasureError> {
        match self.go_on().await {
            Err(ErasureError::Vault(VaultError::NotWiped)) => Ok(()),
            other => other,
        }
    }

    /// Follows the log until `stop`.
    ///
    /// # Errors
    /// None; the form is that of every task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), ErasureError> {
        let mut facts = self.live.facts();
        loop {
            facts.borrow_and_update();
            if let Err(e) = self.go_on().await {
                tracing::warn!(code = e.code(), error = %e, "gate.erasure");
                let pause = stop.run_until_cancelled(tokio::time::sleep(BACK_OFF));
                if pause.await.is_none() {
                    return Ok(());
                }
                continue;
            }
            if !matches!(stop.run_until_cancelled(facts.changed()).await, Some(Ok(()))) {
                return Ok(());
            }
        }
    }

    /// Carries out what has come since.
    async fn go_on(&self) -> Result<(), ErasureError> {
        loop {
            let from = *self.done.borrow() + 1;
            let (mut position, mut some) = {
                let city = self.live.city();
                let new = city.index.erased.range(from..).take(AT_ONCE);
                let new: Vec<(u64, CardId)> = new.map(|(at, card)| (*at, card.clone())).collect();
                (city.position, new)
            };
            if some.len() == AT_ONCE {
                position = some.last().map_or(position, |(at, _)| *at);
            }
            if !some.is_empty() {
                let cards: Vec<CardId> = some.drain(..).map(|(_, card)| card).collect();
                self.carry_out(cards).await?;
            }
            self.done.send_replace(position);
            if position >= self.live.city().position {
                return Ok(());
            }
        }
    }

    async fn carry_out(&self, cards: Vec<CardId>) -> Result<(), ErasureError> {
        let (vault, all) = (self.vault.clone(), cards.clone());
        // Why the key first: nothing may be sealed for the card after it is gone.
        let destroying = tokio::task::spawn_blocking(move || vault.destroy_all(&all));
        let destroyed = destroying.await.map_err(|_| ErasureError::CutOff)??;
        if self.writes {
            for card in &cards {
                self.entomb(card).await?;
            }
        }
        if destroyed > 0 {
            tracing::info!(people = destroyed, "gate.erased");
        }
        Ok(())
    }

    /// Overwrites the card's entry in the register.
    async fn entomb(&self, card: &CardId) -> Result<(), ErasureError> {
        let deadline = Instant::now() + PATIENCE;
        let connection = self.live.connection();
        let subject = Entity::Card(card.clone()).subject(&self.live.cell());
        while !self.live.register().is_erased(card) {
            let found = read::next_on_subject(connection, StreamName::Register, &subject, 1);
            let found = found.await?;
            let known = found.as_ref().map(|m| wire::Card::decode(m.payload.clone()));
            let sequence = match (&found, known) {
                (Some(message), Some(Ok(known))) if known.erased => message.sequence,
                _ => {
                    // Why not by the tombstone alone: what is replaced stays on
                    // the broker's disk until it compacts, facets in clear.
                    if let Some(message) = &found {
                        erase(connection, StreamName::Register, message.sequence).await?;
                    }
                    let write = Write {
                        subject: subject.clone(),
                        payload: tombstone(card, &self.clock).into(),
                        expect: Some(0),
                        headers: Vec::new(),
                    };
                    match commit_surely(connection, StreamName::Register, &[write], deadline)
                        .await?
                    {
                        Outcome::Stored(stored) => stored.last_sequence,
                        // Why: an upload or another gate was faster.
                        Outcome::Conflict => continue,
                    }
                }
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if self.live.wait_cards(sequence, left).await.is_err() {
                return Err(StreamError::TimedOut(PATIENCE).into());
            }
        }
        Ok(())
    }
}

/// What stays in the register: that there was such a card.
fn tombstone(card: &CardId, clock: &Clock) -> Vec<u8> {
    let tombstone = wire::Card {
        card: card.to_string(),
        updated_at: Some(timestamp(clock.now())),
        min_reader: SCHEMA,
        erased: true,
        ..wire::Card::default()
    };
    tombstone.encode_to_vec()
}
