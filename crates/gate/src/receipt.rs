//! Receipts: what a command is answered with, and how a repeated command is recognised, days later and by another
//! gate. They stand in the log; what is kept here only saves a look.

use gongqiao_access::Live;
use gongqiao_contract::{Code, Refusal, id::CommandId, subject::Entity, wire, wire::fact::Body};
use gongqiao_domain::entity::instant;
use gongqiao_stream::{StreamError, StreamName, read};
use moka::sync::Cache;
use prost::Message as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::commit::{Accepted, Idempotency};

/// Receipts kept at hand.
const AT_HAND: u64 = 100_000;

/// The receipt of a command, as every door answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    id: String,
    sequence: u64,
    recorded_at: String,
    /// People who got a seat, wait for one, or were released; warnings of a
    /// journey; the case in which the other side is asked. As in `Told`.
    #[serde(flatten)]
    told: wire::Told,
}

impl From<Accepted> for Receipt {
    fn from(Accepted { sequence, entity, recorded_at, told }: Accepted) -> Self {
        let recorded_at = recorded_at.format(&Rfc3339).unwrap_or_default();
        Self { id: entity, sequence, recorded_at, told }
    }
}

/// What is kept of a receipt.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) fingerprint: [u8; 32],
    sequence: u64,
    entity: String,
    recorded_at: OffsetDateTime,
    told: wire::Told,
}

impl Kept {
    pub(crate) fn of(key: &Idempotency, accepted: &Accepted) -> Self {
        Self {
            fingerprint: key.fingerprint,
            sequence: accepted.sequence,
            entity: accepted.entity.clone(),
            recorded_at: accepted.recorded_at,
            told: accepted.told.clone(),
        }
    }

    pub(crate) fn accepted(&self) -> Accepted {
        Accepted {
            sequence: self.sequence,
            entity: self.entity.clone(),
            recorded_at: self.recorded_at,
            told: self.told.clone(),
        }
    }

    /// The first answer, unless this is another request under the same key.
    pub(crate) fn answer(&self, key: &Idempotency) -> Result<Accepted, Refusal> {
        if self.fingerprint == key.fingerprint {
            Ok(self.accepted())
        } else {
            Err(Code::IdempotencyReused.into())
        }
    }
}

/// The receipts that were seen lately.
#[derive(Clone)]
pub(crate) struct Receipts(Cache<CommandId, Kept>);

impl Default for Receipts {
    fn default() -> Self {
        Self(Cache::new(AT_HAND))
    }
}

impl Receipts {
    pub(crate) fn cached(&self, key: &Idempotency) -> Option<Kept> {
        self.0.get(&key.command)
    }

    pub(crate) fn keep(&self, key: &Idempotency, kept: Kept) {
        self.0.insert(key.command.clone(), kept);
    }

    /// The first answer to a command, or else `refusal`.
    pub(crate) async fn first_answer(
        &self,
        live: &Live,
        key: Option<&Idempotency>,
        refusal: Refusal,
    ) -> Result<Accepted, Refusal> {
        let Some(key) = key else { return Err(refusal) };
        match self.look_up(live, key).await {
            Ok(Some(kept)) => kept.answer(key),
            Ok(None) => Err(refusal),
            Err(_) => Err(Code::BrokerUnavailable.into()),
        }
    }

    /// Looks into the log for the receipt of a command.
    pub(crate) async fn look_up(
        &self,
        live: &Live,
        key: &Idempotency,
    ) -> Result<Option<Kept>, StreamError> {
        if let Some(kept) = self.cached(key) {
            return Ok(Some(kept));
        }
        let entity = Entity::Receipt { party: key.party.clone(), command: key.command.clone() };
        let subject = entity.subject(&live.cell());
        let found =
            read::next_on_subject(live.connection(), StreamName::Facts, &subject, 1).await?;
        let kept = found.and_then(|message| {
            let fact = wire::Fact::decode(message.payload).ok()?;
            let Some(Body::Receipt(receipt)) = fact.body else { return None };
            Some(Kept {
                fingerprint: receipt.fingerprint.as_ref().try_into().ok()?,
                sequence: message.sequence,
                entity: receipt.entity,
                recorded_at: instant(&fact.recorded_at?),
                told: receipt.told.unwrap_or_default(),
            })
        });
        if let Some(kept) = &kept {
            self.keep(key, kept.clone());
        }
        Ok(kept)
    }
}

/// Reads an Idempotency-Key and what it stands for: the path and the body.
///
/// # Errors
/// [`Code::IdempotencyShape`].
pub(crate) fn idempotency(
    party: &gongqiao_contract::id::PartyId,
    key: &str,
    path: &str,
    body: &[u8],
) -> Result<Idempotency, Refusal> {
    let visible = key.bytes().all(|b| b.is_ascii_graphic());
    if !visible || key.is_empty() || key.len() > 255 {
        return Err(Code::IdempotencyShape.into());
    }
    let digest = |parts: [&[u8]; 2]| {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        <[u8; 32]>::from(hasher.finalize())
    };
    let command = hex::encode(&digest([party.as_str().as_bytes(), key.as_bytes()])[..16]);
    Ok(Idempotency {
        party: party.clone(),
        command: command.parse().map_err(|_| Refusal::new(Code::IdempotencyShape))?,
        fingerprint: digest([path.as_bytes(), body]),
    })
}
