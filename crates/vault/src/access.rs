//! Opening, which can't be had without a record of it.

use std::{fmt, pin::Pin, sync::Arc};

use gongqiao_contract::{
    id::{CardId, check_token},
    subject::{Cell, audit_access},
    wire,
};
use gongqiao_shell::Clock;
use prost::Message;

use crate::{
    error::{OpenError, VaultError},
    keys::random,
    message::{Owner, Secret},
    seal::Opened,
    store::Vault,
};

/// The most that one access record is about. A page of people fits; whoever
/// wants more asks, and is recorded, again.
pub const MAX_ITEMS: usize = 1000;

/// A record under way.
pub type Recording<'a> = Pin<Box<dyn Future<Output = Result<(), AuditError>> + Send + 'a>>;

/// Where accesses are recorded.
pub trait AuditLog: Send + Sync {
    /// Stores `payload` (a protobuf `AccessRecord`) under `subject`, and
    /// returns `Ok` only when it is on disk. It gives up by itself after a
    /// time. `id` is the record's, for the broker's own deduplication.
    fn record(&self, subject: String, payload: Vec<u8>, id: String) -> Recording<'_>;
}

/// An access could not be recorded, so it did not take place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access could not be recorded: {0}")]
pub struct AuditError(String);

impl AuditError {
    /// `why` is for operators and holds nothing personal.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// Who wants to see what, and what for.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who.
    pub actor: wire::Actor,
    /// What for.
    pub purpose: wire::access_purpose::Value,
    /// The vacancy or dispatch it is about, as a token.
    pub subject: String,
    /// The agreement that it rests on, as a token; empty where it rests on none.
    pub agreement: String,
    /// Which fields; no others are returned.
    pub fields: Vec<wire::person_field::Value>,
}

/// Proof that an access record is on disk. Nothing but [`Opener`] makes one,
/// and nothing opens without one.
pub(crate) struct Recorded(());

/// Opens sealed parts, each time after a record. Cheap to clone.
#[derive(Clone)]
pub struct Opener {
    vault: Vault,
    cell: Cell,
    clock: Clock,
    log: Arc<dyn AuditLog>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("cell", &self.cell).finish_non_exhaustive()
    }
}

impl Opener {
    /// An opener of what `vault` sealed, for people of `cell`.
    pub fn new(vault: Vault, cell: Cell, clock: Clock, log: Arc<dyn AuditLog>) -> Self {
        Self { vault, cell, clock, log }
    }

    /// Records the access to all of `items`, waits until the record is on
    /// disk, then opens them: one answer for each, in their order. An erased
    /// person or a forged part is an answer, not an error. Of nothing, it
    /// opens and records nothing.
    ///
    /// # Errors
    /// An access that says too little, more than [`MAX_ITEMS`], a record that
    /// could not be made, a vault that fails. Then nothing was opened.
    pub async fn open(
        &self,
        access: Access,
        items: Vec<(CardId, wire::Sealed)>,
    ) -> Result<Vec<Opened>, OpenError> {
        check(&access)?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        if items.len() > MAX_ITEMS {
            return Err(OpenError::TooMany { asked: items.len() });
        }
        let fields = access.fields.clone();
        let recorded = self.record(access, items.iter().map(|(card, _)| card)).await?;
        let vault = self.vault.clone();
        let opening =
            tokio::task::spawn_blocking(move || vault.open_sealed(&recorded, &items, &fields));
        Ok(opening.await.map_err(|_| OpenError::CutOff)??)
    }

    /// [`Opener::open`] for messages beside the person: a case's notes, a
    /// dispatch's crew. `None` where the key is gone or the part was not sealed
    /// for this owner. The record says the message's own field, whatever
    /// `access` says.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub async fn open_messages<S: Secret>(
        &self,
        access: Access,
        items: Vec<(Owner, wire::Sealed)>,
    ) -> Result<Vec<Option<S>>, OpenError> {
        let access = Access { fields: vec![S::FIELD], ..access };
        check(&access)?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        if items.len() > MAX_ITEMS {
            return Err(OpenError::TooMany { asked: items.len() });
        }
        let recorded = self.record(access, items.iter().filter_map(|(o, _)| o.card())).await?;
        let vault = self.vault.clone();
        let opening = tokio::task::spawn_blocking(move || vault.open_secrets(&recorded, &items));
        Ok(opening.await.map_err(|_| OpenError::CutOff)??)
    }

    /// [`Opener::open_messages`] for one.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub async fn open_message<S: Secret>(
        &self,
        access: Access,
        owner: Owner,
        sealed: wire::Sealed,
    ) -> Result<Option<S>, OpenError> {
        Ok(self.open_messages(access, vec![(owner, sealed)]).await?.pop().flatten())
    }

    async fn record(
        &self,
        access: Access,
        cards: impl Iterator<Item = &CardId>,
    ) -> Result<Recorded, OpenError> {
        let mut cards: Vec<String> = cards.map(CardId::to_string).collect();
        cards.sort_unstable();
        cards.dedup();
        let (record_id, recorded_at) = self.stamp()?;
        let record = wire::AccessRecord {
            record_id: record_id.clone(),
            recorded_at: Some(recorded_at),
            actor: Some(access.actor),
            purpose: access.purpose.into(),
            fields: access.fields.into_iter().map(Into::into).collect(),
            cards,
            subject: access.subject,
            agreement: access.agreement,
        };
        let subject = audit_access(&self.cell);
        self.log.record(subject, record.encode_to_vec(), record_id).await?;
        Ok(Recorded(()))
    }

    fn stamp(&self) -> Result<(String, pbjson_types::Timestamp), VaultError> {
        let now = self.clock.now();
        let seconds = now.unix_timestamp();
        // Why: a manual clock may stand before 1970; the id then has time 0.
        let millis = u64::try_from(seconds).unwrap_or(0) * 1000 + u64::from(now.millisecond());
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &*random()?).into_uuid();
        let nanos = i32::try_from(now.nanosecond()).unwrap_or(0);
        Ok((format!("acc_{}", id.simple()), pbjson_types::Timestamp { seconds, nanos }))
    }
}

fn check(access: &Access) -> Result<(), OpenError> {
    let Access { actor, purpose, subject, agreement, fields } = access;
    let incomplete = |what| Err(OpenError::Incomplete(what));
    if check_token(&actor.party).is_err() || check_token(&actor.person).is_err() {
        return incomplete("who asks: party and person");
    }
    if *purpose == wire::access_purpose::Value::Unspecified {
        return incomplete("its purpose");
    }
    if check_token(subject).is_err() {
        return incomplete("the vacancy or dispatch it is about");
    }
    if !agreement.is_empty() && check_token(agreement).is_err() {
        return incomplete("its agreement as a token");
    }
    if fields.is_empty() || fields.contains(&wire::person_field::Value::Unspecified) {
        return incomplete("the fields");
    }
    Ok(())
}
