//! What has a life of its own in the log, and how its events fold. One file
//! per entity; a fold reads no clock and skips nothing.

mod agreement;
mod case;
mod dispatch;
mod party;
mod placement;
mod signal;
mod subscription;
mod vacancy;
mod webhook;
mod worker;

use std::collections::HashMap;

use gongqiao_contract::{
    SCHEMA,
    id::{AgreementId, CardId, CaseId, DispatchId, PartyId, SignalId, VacancyId},
    subject::Entity,
    wire::{self, fact::Body},
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, macros::offset};

pub use self::{
    agreement::{Agreement, AgreementState},
    case::{ATTEMPTS, Case, CaseState, Matter, outside_name},
    dispatch::{CHASE_AFTER, Dispatch, Rider, SMALL_GROUP, state_name as dispatch_state_name},
    party::{Credential, Party},
    placement::{Placement, state_name as placement_state_name},
    signal::{Signal, SignalState},
    subscription::{Subscription, class_of},
    vacancy::{Vacancy, VacancyState},
    webhook::{Webhook, WebhookKey},
    worker::{Erased, Standing, Word, Worker, reason_name as erasure_reason_name},
};

/// Where and when an event stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// Its sequence in FACTS.
    pub sequence: u64,
    /// When the gate recorded it.
    pub recorded_at: OffsetDateTime,
}

/// This build does not know what to make of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUnderstood;

/// An entity that folds its own events.
pub trait Fold: Sized + Clone {
    /// Takes one event into account. The first one makes the entity.
    ///
    /// # Errors
    /// [`NotUnderstood`] when the event means nothing in this state.
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood>;
}

/// An entity with the last sequence of its subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The entity; `None` before its first event.
    pub value: Option<T>,
    /// Last sequence on its subject; 0 for none.
    pub last: u64,
    /// An event stands in the log that this build does not understand: the
    /// entity may be read up to there, and not written.
    pub read_only: bool,
}

impl<T> Default for Versioned<T> {
    fn default() -> Self {
        Self { value: None, last: 0, read_only: false }
    }
}

impl<T: Fold> Versioned<T> {
    /// Folds an event, once: one at or below `last` was folded before.
    pub fn apply(&mut self, at: At, fact: &wire::Fact) {
        if at.sequence <= self.last {
            return;
        }
        self.last = at.sequence;
        self.fold(at, fact);
    }

    /// Folds an event that has no sequence yet.
    fn fold(&mut self, at: At, fact: &wire::Fact) {
        let understood = fact.min_reader <= SCHEMA && !self.read_only;
        let folded = match (&fact.body, understood) {
            (Some(body), true) => T::fold(&mut self.value, at, body),
            _ => Err(NotUnderstood),
        };
        if folded.is_err() {
            self.read_only = true;
        }
    }
}

/// All entities of a city, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Entities {
    pub parties: HashMap<PartyId, Versioned<Party>>,
    pub agreements: HashMap<AgreementId, Versioned<Agreement>>,
    pub vacancies: HashMap<VacancyId, Versioned<Vacancy>>,
    pub signals: HashMap<SignalId, Versioned<Signal>>,
    pub workers: HashMap<CardId, Versioned<Worker>>,
    pub dispatches: HashMap<DispatchId, Versioned<Dispatch>>,
    pub cases: HashMap<CaseId, Versioned<Case>>,
}

impl Entities {
    /// Folds an event into its entity. Returns whether the entity can still
    /// be written.
    pub fn apply(&mut self, entity: &Entity, at: At, fact: &wire::Fact) -> bool {
        fn go<K: Clone + Eq + std::hash::Hash, T: Fold>(
            table: &mut HashMap<K, Versioned<T>>,
            id: &K,
            at: At,
            fact: &wire::Fact,
        ) -> bool {
            let entry = table.entry(id.clone()).or_default();
            entry.apply(at, fact);
            !entry.read_only
        }
        match entity {
            Entity::Party(id) => go(&mut self.parties, id, at, fact),
            Entity::Agreement(id) => go(&mut self.agreements, id, at, fact),
            Entity::Vacancy { vacancy, .. } => go(&mut self.vacancies, vacancy, at, fact),
            Entity::Signal(id) => go(&mut self.signals, id, at, fact),
            Entity::Placement(id) => go(&mut self.workers, id, at, fact),
            Entity::Dispatch { dispatch, .. } => go(&mut self.dispatches, dispatch, at, fact),
            Entity::Case(id) => go(&mut self.cases, id, at, fact),
            // Why: a receipt is read back by its subject, never folded.
            Entity::Receipt { .. } | Entity::Card(_) => true,
        }
    }
}

/// Entities as they will be once a batch under way is stored: a copy of
/// each entity that the batch touches, laid over the stored ones.
#[derive(Debug)]
pub struct Draft<'a> {
    base: &'a Entities,
    own: Entities,
}

impl<'a> Draft<'a> {
    /// A draft in which nothing has happened yet.
    pub fn new(base: &'a Entities) -> Self {
        Self { base, own: Entities::default() }
    }

    /// Folds an event that is to be stored, and returns the last sequence
    /// of its subject if the draft touches that subject for the first time.
    pub fn apply(
        &mut self,
        entity: &Entity,
        recorded_at: OffsetDateTime,
        fact: &wire::Fact,
    ) -> Option<u64> {
        fn go<K: Clone + Eq + std::hash::Hash, T: Fold>(
            base: &HashMap<K, Versioned<T>>,
            own: &mut HashMap<K, Versioned<T>>,
            id: &K,
            at: At,
            fact: &wire::Fact,
        ) -> Option<u64> {
            let first = !own.contains_key(id);
            let entry =
                own.entry(id.clone()).or_insert_with(|| base.get(id).cloned().unwrap_or_default());
            entry.fold(at, fact);
            first.then_some(entry.last)
        }
        // Why: whoever expects the sequence that is stored must not match a draft.
        let at = At { sequence: u64::MAX, recorded_at };
        let (base, own) = (self.base, &mut self.own);
        match entity {
            Entity::Party(id) => go(&base.parties, &mut own.parties, id, at, fact),
            Entity::Agreement(id) => go(&base.agreements, &mut own.agreements, id, at, fact),
            Entity::Vacancy { vacancy, .. } => {
                go(&base.vacancies, &mut own.vacancies, vacancy, at, fact)
            }
            Entity::Signal(id) => go(&base.signals, &mut own.signals, id, at, fact),
            Entity::Placement(id) => go(&base.workers, &mut own.workers, id, at, fact),
            Entity::Dispatch { dispatch, .. } => {
                go(&base.dispatches, &mut own.dispatches, dispatch, at, fact)
            }
            Entity::Case(id) => go(&base.cases, &mut own.cases, id, at, fact),
            Entity::Receipt { .. } | Entity::Card(_) => Some(0),
        }
    }
}

macro_rules! lookup {
    ($($(#[$doc:meta])* $name:ident $table:ident $id:ty => $entity:ty;)*) => {
        impl Draft<'_> {
            $($(#[$doc])*
            pub fn $name(&self, id: &$id) -> Option<&Versioned<$entity>> {
                self.own.$table.get(id).or_else(|| self.base.$table.get(id))
            })*
        }
    };
}

lookup! {
    /// The party as drafted.
    party parties PartyId => Party;
    /// The agreement as drafted.
    agreement agreements AgreementId => Agreement;
    /// The vacancy as drafted.
    vacancy vacancies VacancyId => Vacancy;
    /// The signal as drafted.
    signal signals SignalId => Signal;
    /// The person of the card as drafted.
    worker workers CardId => Worker;
    /// The dispatch as drafted.
    dispatch dispatches DispatchId => Dispatch;
    /// The case as drafted.
    case cases CaseId => Case;
}

impl Draft<'_> {
    /// The card's latest placement as drafted, be it read-only.
    pub fn placement(&self, card: &CardId) -> Option<&Placement> {
        self.worker(card)?.value.as_ref()?.placement.as_ref()
    }

    /// Agreements that the draft itself has signed.
    pub fn new_agreements(&self) -> impl Iterator<Item = &AgreementId> {
        self.own.agreements.keys()
    }
}

/// Serialises a protobuf message inside of a non-protobuf snapshot.
pub(crate) mod as_proto {
    use prost::Message;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<M: Message, S: Serializer>(m: &M, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(&m.encode_to_vec())
    }

    pub(crate) fn deserialize<'de, M: Message + Default, D: Deserializer<'de>>(
        d: D,
    ) -> Result<M, D::Error> {
        let bytes = Vec::<u8>::deserialize(d)?;
        M::decode(bytes.as_slice()).map_err(D::Error::custom)
    }
}

/// A protobuf timestamp as a point in time; the epoch for one out of range,
/// which the gate never writes.
pub fn instant(t: &pbjson_types::Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(t.seconds)
        .map(|whole| whole + time::Duration::nanoseconds(i64::from(t.nanos)))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The day in Beijing, where a new one begins eight hours earlier than in UTC.
pub fn beijing_day(at: OffsetDateTime) -> Date {
    at.to_offset(offset!(+8)).date()
}

/// A point in time as a protobuf timestamp.
pub fn timestamp(t: OffsetDateTime) -> pbjson_types::Timestamp {
    pbjson_types::Timestamp {
        seconds: t.unix_timestamp(),
        nanos: i32::try_from(t.nanosecond()).unwrap_or(0),
    }
}
