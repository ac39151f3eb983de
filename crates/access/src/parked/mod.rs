//! Where messages wait that could not be processed, until an operator mends
//! them: parked by whoever met them, closed under a key of the cell, with a
//! record in AUDIT of all that is done about them.

mod key;

use std::sync::Arc;

use bytes::Bytes;
use gongqiao_contract::{
    Code, Refusal,
    id::ParkedId,
    subject::{self, Cell},
    wire::{self, parked_deed::Value as Deed},
};
use gongqiao_domain::{decide::Speaker, entity::timestamp};
use gongqiao_shell::{Clock, Health, Status};
use gongqiao_stream::{
    Connection, MOST_PARKED, StreamError, StreamName, erase,
    parked::{self, Kept, Parking},
    publish, read,
};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use key::ParkedKey;

/// The largest body that is kept of a parked message, in bytes. Of a larger
/// one, what is known is kept without it.
pub const MOST_BODY: usize = 1 << 20;
/// Bytes of headers that are kept.
const MOST_HEADERS: usize = 64 << 10;
/// Acts that are read of one message.
const MOST_ACTS: usize = 1_000;

/// The place of parked messages. Cheap to clone.
#[derive(Clone)]
pub struct Lot(Arc<Inner>);

struct Inner {
    connection: Connection,
    cell: Cell,
    clock: Clock,
    key: ParkedKey,
    health: Health,
}

/// One parked message.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it stands in PARKED.
    pub sequence: u64,
    /// Its id.
    pub id: ParkedId,
    /// What is known of it.
    pub message: wire::Parked,
}

/// What is recorded of a deed, beyond who did it to what.
#[derive(Debug, Clone, Default)]
pub struct Particulars<'a> {
    /// Why, in the operator's words.
    pub why: &'a str,
    /// Code of a refusal.
    pub code: &'a str,
    /// Place in FACTS of what came of it.
    pub sequence: u64,
    /// The copy that was made.
    pub copy: Option<&'a ParkedId>,
}

impl Lot {
    /// The messages of `cell`, which `key` opens. Says in `health` when there
    /// is room for no more.
    pub fn new(
        connection: Connection,
        cell: Cell,
        clock: Clock,
        key: ParkedKey,
        health: Health,
    ) -> Self {
        Self(Arc::new(Inner { connection, cell, clock, key, health }))
    }

    /// Says whether there is room.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn look(&self) -> Result<(), Refusal> {
        let state = read::state(&self.0.connection, StreamName::Parked).await.map_err(away)?;
        self.says_full(state.messages >= MOST_PARKED.into());
        Ok(())
    }

    fn says_full(&self, full: bool) {
        let status = if full {
            let reason = format!(
                "no more messages can be parked: up to {MOST_PARKED} are; see gongqiao parked list"
            );
            Status::Degraded(reason.into())
        } else {
            Status::Ok
        };
        self.0.health.set("parked", status);
    }

    /// Parks a message, which is given what follows from its body and the time,
    /// and a new id, unless it has one: under the same id nothing is parked
    /// twice.
    ///
    /// # Errors
    /// [`Code::ParkedFull`], [`Code::BrokerUnavailable`].
    pub async fn park(&self, mut message: wire::Parked) -> Result<ParkedId, Refusal> {
        let own = message.id.parse().ok();
        let id = own.clone().unwrap_or_else(|| ParkedId::from_uuid(self.fresh()));
        let now = timestamp(self.0.clock.now());
        message.id = id.to_string();
        message.size = message.payload.len() as u64;
        bound(&mut message.headers);
        message.digest = Sha256::digest(&message.payload).to_vec().into();
        if message.payload.len() > MOST_BODY {
            message.payload = Bytes::new();
        }
        message.first_seen = Some(now);
        message.last_attempt = Some(now);
        let stored = match self.put(&id, &message, 0).await {
            Err(refusal) if refusal.code == Code::ParkedChanged && own.is_some() => return Ok(id),
            stored => stored,
        };
        let outcome = match &stored {
            Ok(_) => "parked",
            Err(refusal) if refusal.code == Code::ParkedFull => "full",
            Err(_) => "failed",
        };
        let (service, reason) = (message.service.clone(), message.reason.clone());
        tracing::warn!(service, reason, outcome, id = id.as_str(), "parked");
        metrics::counter!("parked_total", "service" => service, "reason" => reason, "outcome" => outcome)
            .increment(1);
        stored.map(|_| id)
    }

    fn fresh(&self) -> Uuid {
        let millis = self.0.clock.now().unix_timestamp_nanos() / 1_000_000;
        let millis = u64::try_from(millis).unwrap_or(0);
        let random = Uuid::new_v4().into_bytes();
        let random: [u8; 10] = std::array::from_fn(|index| random[index]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    async fn put(&self, id: &ParkedId, message: &wire::Parked, last: u64) -> Result<u64, Refusal> {
        let sealed =
            self.0.key.seal(id.as_str(), &message.encode_to_vec()).ok_or(Code::Internal)?;
        let payload = Bytes::from(sealed.encode_to_vec());
        let stored = parked::put(&self.0.connection, &message.service, id, payload, last).await;
        match stored.map_err(away)? {
            Parking::Stored(sequence) => Ok(sequence),
            Parking::Conflict => Err(Code::ParkedChanged.into()),
            Parking::Full => {
                self.says_full(true);
                Err(Refusal::new(Code::ParkedFull).with("max", MOST_PARKED))
            }
        }
    }

    /// The message of this id, if it is parked.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn get(&self, id: &ParkedId) -> Result<Option<Entry>, Refusal> {
        let kept = parked::get(&self.0.connection, id).await.map_err(away)?;
        Ok(kept.and_then(|kept| self.entry(&kept)))
    }

    /// At most `most` messages from `from` on, in the order in which they were
    /// parked or tried last.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn some(&self, from: u64, most: usize) -> Result<Vec<Entry>, Refusal> {
        let kept = parked::some(&self.0.connection, from, most).await.map_err(away)?;
        Ok(kept.iter().filter_map(|kept| self.entry(kept)).collect())
    }

    /// The sequence of whatever was parked or tried last.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn head(&self) -> Result<u64, Refusal> {
        read::head(&self.0.connection, StreamName::Parked).await.map_err(away)
    }

    fn entry(&self, kept: &Kept) -> Option<Entry> {
        let (service, id) = subject::parse_parked(&kept.subject)?;
        let opened = wire::Sealed::decode(kept.payload.clone())
            .ok()
            .and_then(|sealed| self.0.key.unseal(id.as_str(), &sealed))
            .and_then(|plain| wire::Parked::decode(plain.as_slice()).ok());
        // Why shown all the same: what can't be opened must still be seen and discarded.
        let message = opened.unwrap_or_else(|| wire::Parked {
            id: id.to_string(),
            service: service.to_owned(),
            reason: Code::ParkedUnreadable.as_str().to_owned(),
            ..wire::Parked::default()
        });
        Some(Entry { sequence: kept.sequence, id, message })
    }

    /// Keeps a message that was refused again, with the new reason.
    ///
    /// # Errors
    /// [`Code::ParkedChanged`] if somebody else was faster;
    /// [`Code::BrokerUnavailable`].
    pub async fn refused_again(&self, entry: &Entry, refusal: &Refusal) -> Result<(), Refusal> {
        let mut message = entry.message.clone();
        message.attempts = message.attempts.saturating_add(1);
        message.last_attempt = Some(timestamp(self.0.clock.now()));
        (message.reason, message.pointer) = reason_of(refusal);
        self.put(&entry.id, &message, entry.sequence).await.map(drop)
    }

    /// Takes a message out, and overwrites it on the broker's disk. One that is
    /// gone stays so.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn remove(&self, entry: &Entry) -> Result<(), Refusal> {
        erase(&self.0.connection, StreamName::Parked, entry.sequence).await.map_err(away)?;
        self.says_full(false);
        Ok(())
    }

    /// Records a deed in AUDIT; on disk when this returns.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn record(
        &self,
        speaker: &Speaker,
        id: &ParkedId,
        deed: Deed,
        particulars: Particulars<'_>,
    ) -> Result<(), Refusal> {
        let Particulars { why, code, sequence, copy } = particulars;
        let sealed = (!why.is_empty()).then(|| self.0.key.seal(id.as_str(), why.as_bytes()));
        let act = wire::ParkedAct {
            act_id: self.fresh().simple().to_string(),
            recorded_at: Some(timestamp(self.0.clock.now())),
            actor: Some(speaker.actor()),
            parked: id.to_string(),
            deed: deed as i32,
            why: sealed.map(|sealed| sealed.ok_or(Code::Internal)).transpose()?,
            code: code.to_owned(),
            sequence,
            copy: copy.map(ToString::to_string).unwrap_or_default(),
        };
        let subject = subject::audit_parked(&self.0.cell, id);
        publish(&self.0.connection, subject, act.encode_to_vec().into()).await.map_err(away)?;
        Ok(())
    }

    /// What was done about a message, oldest first, each with why.
    ///
    /// # Errors
    /// [`Code::BrokerUnavailable`].
    pub async fn acts(&self, id: &ParkedId) -> Result<Vec<(wire::ParkedAct, String)>, Refusal> {
        let subject = subject::audit_parked(&self.0.cell, id);
        let found = parked::on(&self.0.connection, StreamName::Audit, &subject, 1, MOST_ACTS).await;
        let acts = found.map_err(away)?.into_iter().filter_map(|kept| {
            let act = wire::ParkedAct::decode(kept.payload).ok()?;
            let why = act.why.as_ref().and_then(|why| self.0.key.unseal(id.as_str(), why));
            let why = why.and_then(|why| String::from_utf8(why).ok()).unwrap_or_default();
            Some((act, why))
        });
        Ok(acts.collect())
    }
}

/// Keeps as many headers as have room.
fn bound(headers: &mut Vec<wire::ParkedHeader>) {
    let mut bytes = 0;
    headers.retain(|header| {
        bytes += header.name.len() + header.value.len();
        bytes <= MOST_HEADERS
    });
}

/// What whoever processes a service's messages is asked over the broker.
#[derive(Debug, Serialize, Deserialize)]
pub struct TryAgain {
    /// Which one.
    pub id: ParkedId,
    /// Only says what would come of it.
    pub dry_run: bool,
}

/// What comes of [`TryAgain`]: nothing but a refusal needs words.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tried {
    /// Code of the refusal; none if it was processed.
    pub code: Option<String>,
    /// What the receiver said.
    pub why: String,
}

/// Code and place of a refusal, as they may stand anywhere: a place that a
/// sender named in words of its own is left out.
pub fn reason_of(refusal: &Refusal) -> (String, String) {
    let clean = |c: char| c.is_ascii_alphanumeric() || ['/', '_', '-'].contains(&c);
    let place = refusal.pointer.as_deref().unwrap_or_default();
    let pointer = if place.chars().all(clean) { place } else { "" };
    (refusal.code.as_str().to_owned(), pointer.to_owned())
}

fn away(error: StreamError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "parked.unavailable");
    Code::BrokerUnavailable.into()
}
