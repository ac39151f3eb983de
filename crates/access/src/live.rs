//! What the log says now: a city and its register, folded from the streams
//! and kept up by following them. Everything here can be thrown away.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    subject::{Cell, Entity},
    wire,
};
use gongqiao_domain::{City, Register};
use gongqiao_shell::{Lifecycle, Progress};
use gongqiao_stream::{Connection, Message, StreamError, StreamName, follow, read};
use parking_lot::{RwLock, RwLockReadGuard};
use prost::Message as _;
use tokio::sync::watch;

use crate::snapshot;

/// Events between two snapshots.
const SNAPSHOT_EVERY: u64 = 50_000;
/// Cards that are read at once.
const AT_ONCE: usize = 16;

/// A live view of one cell. Cheap to clone; all clones see the same.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    cell: Cell,
    connection: Connection,
    city: RwLock<City>,
    register: RwLock<Register>,
    facts: watch::Sender<u64>,
    cards: watch::Sender<u64>,
    progress: Progress,
    snapshots: Option<PathBuf>,
    /// When the log's stream was made: tells one log from another.
    log: i128,
}

impl Live {
    /// Starts to follow the log, from the last snapshot in `snapshots` if
    /// there is one that fits, and returns once the log's present head was
    /// reached.
    ///
    /// # Errors
    /// The log can't be reached.
    pub async fn start(
        connection: Connection,
        cell: Cell,
        snapshots: Option<PathBuf>,
        progress: Progress,
        lifecycle: &Lifecycle,
    ) -> Result<Self, StreamError> {
        let state = read::state(&connection, StreamName::Facts).await?;
        let log = state.created.unix_timestamp_nanos();
        let city =
            snapshots.as_deref().and_then(|dir| snapshot::load(dir, log, state.last_sequence));
        let city = city.unwrap_or_default();
        tracing::info!(position = city.position, head = state.last_sequence, "live.start");
        let live = Self(Arc::new(Inner {
            cell,
            connection,
            facts: watch::Sender::new(city.position),
            city: RwLock::new(city),
            register: RwLock::default(),
            cards: watch::Sender::new(0),
            progress,
            snapshots,
            log,
        }));
        live.follow_facts(lifecycle);
        live.follow_cards(lifecycle);
        // Why: the last card may have been erased, so that nobody gets there.
        let cards = read::last_card(&live.0.connection).await?;
        live.reach(&live.0.facts, state.last_sequence).await;
        live.reach(&live.0.cards, cards).await;
        Ok(live)
    }

    fn follow_facts(&self, lifecycle: &Lifecycle) {
        let (live, stop) = (self.clone(), lifecycle.token());
        lifecycle.spawn("live.facts", async move {
            let inner = Arc::clone(&live.0);
            let from = inner.city.read().position + 1;
            let mut kept = from - 1;
            let take = |chunk: Vec<Message>| {
                let mut city = inner.city.write();
                for message in &chunk {
                    city.apply(message.sequence, &message.subject, &message.payload);
                }
                let position = city.position;
                drop(city);
                inner.facts.send_replace(position);
                inner.progress.read(position);
                if position >= kept + SNAPSHOT_EVERY {
                    kept = position;
                    let live = live.clone();
                    // Why: it writes much to disk, and the tail must go on.
                    tokio::task::spawn_blocking(move || live.keep());
                }
            };
            follow(&inner.connection, StreamName::Facts, from, &stop, take).await;
            live.keep();
            Ok::<_, StreamError>(())
        });
    }

    fn follow_cards(&self, lifecycle: &Lifecycle) {
        let (live, stop) = (self.clone(), lifecycle.token());
        lifecycle.spawn("live.cards", async move {
            let inner = Arc::clone(&live.0);
            let take = |chunk: Vec<Message>| {
                let mut register = inner.register.write();
                let mut position = 0;
                for message in &chunk {
                    position = message.sequence;
                    let Ok(card) = wire::Card::decode(message.payload.clone()) else {
                        tracing::error!(sequence = position, "register.undecodable");
                        if let Some(Entity::Card(card)) = Entity::parse(&message.subject) {
                            register.apply_unreadable(position, &card);
                        }
                        continue;
                    };
                    if let Err(e) = register.apply(position, &card) {
                        tracing::error!(
                            sequence = position,
                            code = e.code(),
                            "register.unreadable"
                        );
                    }
                }
                drop(register);
                inner.cards.send_replace(position);
            };
            follow(&inner.connection, StreamName::Register, 1, &stop, take).await;
            Ok::<_, StreamError>(())
        });
    }

    fn keep(&self) {
        let Some(dir) = &self.0.snapshots else { return };
        let city = self.0.city.read();
        if let Err(e) = snapshot::store(dir, self.0.log, &city) {
            tracing::warn!(error = %e, "snapshot.store");
        }
    }

    /// The city as it was last kept on disk, if that is of this log and build,
    /// and not beyond `at_most`.
    pub async fn kept(&self, at_most: u64) -> Option<City> {
        let live = self.clone();
        let load = move || snapshot::load(live.0.snapshots.as_deref()?, live.0.log, at_most);
        tokio::task::spawn_blocking(load).await.ok().flatten()
    }

    /// The city. Don't hold it across an await.
    pub fn city(&self) -> RwLockReadGuard<'_, City> {
        self.0.city.read()
    }

    /// The register. Taken after the city where both are needed.
    pub fn register(&self) -> RwLockReadGuard<'_, Register> {
        self.0.register.read()
    }

    /// Whose log it is.
    pub fn cell(&self) -> Cell {
        self.0.cell
    }

    /// The connection it follows by.
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// The sealed parts of these people, from the register's stream, in their
    /// order; an empty one for who no longer stands there.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn sealed(&self, cards: Vec<CardId>) -> Result<Vec<(CardId, wire::Sealed)>, Refusal> {
        let read = |card: CardId| async move {
            let subject = Entity::Card(card.clone()).subject(&self.0.cell);
            let stream = StreamName::Register;
            let found = read::next_on_subject(&self.0.connection, stream, &subject, 1).await;
            let found = found.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
            let sealed = found.and_then(|m| wire::Card::decode(m.payload).ok()?.person);
            Ok((card, sealed.unwrap_or_default()))
        };
        futures::stream::iter(cards).map(read).buffered(AT_ONCE).try_collect().await
    }

    /// Last sequence of FACTS that was folded, and a way to wait for more.
    pub fn facts(&self) -> watch::Receiver<u64> {
        self.0.facts.subscribe()
    }

    /// Last sequence of REGISTER that was folded, and a way to wait for more.
    pub fn cards(&self) -> watch::Receiver<u64> {
        self.0.cards.subscribe()
    }

    /// Waits until FACTS was read up to `sequence`.
    ///
    /// # Errors
    /// [`Code::ReadBehind`] after `patience`.
    pub async fn wait_facts(&self, sequence: u64, patience: Duration) -> Result<(), Refusal> {
        self.wait(&self.0.facts, sequence, patience).await
    }

    /// Waits until REGISTER was read up to `sequence`.
    ///
    /// # Errors
    /// [`Code::ReadBehind`] after `patience`.
    pub async fn wait_cards(&self, sequence: u64, patience: Duration) -> Result<(), Refusal> {
        self.wait(&self.0.cards, sequence, patience).await
    }

    async fn wait(
        &self,
        position: &watch::Sender<u64>,
        sequence: u64,
        patience: Duration,
    ) -> Result<(), Refusal> {
        let reached = tokio::time::timeout(patience, self.reach(position, sequence)).await;
        reached.map_err(|_| Refusal::new(Code::ReadBehind).with("position", *position.borrow()))
    }

    async fn reach(&self, position: &watch::Sender<u64>, sequence: u64) {
        // Why: the sender lives in `self`, so waiting can't fail.
        let _ = position.subscribe().wait_for(|at| *at >= sequence).await;
    }
}
