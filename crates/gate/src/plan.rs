//! From a batch of commands to one transaction.

use std::panic::AssertUnwindSafe;

use gongqiao_access::Live;
use gongqiao_contract::{Code, Refusal, SCHEMA, event, subject::Entity, wire, wire::fact::Body};
use gongqiao_domain::{
    decide::{Command, Context, Decision, Terms, decide},
    entity::{Draft, timestamp},
};
use gongqiao_stream::{MAX_BATCH, Write};
use prost::Message as _;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    commit::{KeysInBatch, Submission},
    receipt::{Kept, Receipts},
};

/// A transaction, and what it means for each command of the batch.
pub(crate) struct Plan {
    pub(crate) writes: Vec<Write>,
    pub(crate) planned: Vec<Planned>,
}

/// What becomes of one command.
pub(crate) enum Planned {
    /// Its events stand in the transaction, the last one at this index.
    Store {
        last: usize,
        entity: String,
        told: wire::Told,
    },
    /// It stands in the batch twice.
    SameAs(usize),
    /// It was carried out before.
    Again(Kept),
    Refused(Refusal),
    /// The transaction is full; it comes into the next one.
    NoRoom,
}

/// Decides every command of a batch, each on top of those before it.
pub(crate) fn plan(
    live: &Live,
    batch: &[Submission],
    now: OffsetDateTime,
    terms: Terms,
    receipts: &Receipts,
) -> Plan {
    let city = live.city();
    let register = live.register();
    let mut draft = Draft::new(&city.entities);
    let mut writer = Writer { live, now, writes: Vec::new() };
    let mut keys = KeysInBatch::new();
    let mut planned = Vec::with_capacity(batch.len());
    for (index, submission) in batch.iter().enumerate() {
        if let Some(known) = repeated(submission, &keys, receipts) {
            planned.push(known);
            continue;
        }
        let context = Context {
            now,
            speaker: &submission.speaker,
            draft: &draft,
            city: &city,
            register: &register,
            terms,
            fresh: fresh_id(now),
            ages: &submission.ages,
        };
        planned.push(match decided(&context, &submission.command) {
            Err(refusal) => Planned::Refused(refusal),
            Ok(decision) if writer.has_room(&decision) => {
                if let Some(key) = &submission.idempotency {
                    keys.insert(&key.command, (index, key));
                }
                writer.take(&mut draft, submission, decision)
            }
            Ok(_) => Planned::NoRoom,
        });
    }
    Plan { writes: writer.writes, planned }
}

/// Decides a command on the city as it is, and leaves it at that.
pub(crate) fn would(
    live: &Live,
    submission: &Submission,
    now: OffsetDateTime,
    terms: Terms,
) -> Result<wire::Told, Refusal> {
    let (city, register) = (live.city(), live.register());
    let draft = Draft::new(&city.entities);
    let context = Context {
        now,
        speaker: &submission.speaker,
        draft: &draft,
        city: &city,
        register: &register,
        terms,
        fresh: fresh_id(now),
        ages: &submission.ages,
    };
    decided(&context, &submission.command).map(|decision| decision.told)
}

/// Decides a command. A panic is our own fault, and refuses this command alone:
/// nobody's request may take the gate down.
fn decided(context: &Context<'_>, command: &Command) -> Result<Decision, Refusal> {
    let deciding = || decide(context, command);
    // Why: deciding only reads, so that nothing can be left half changed.
    std::panic::catch_unwind(AssertUnwindSafe(deciding)).unwrap_or_else(|_| {
        tracing::error!("gate.decide_panicked");
        Err(Code::Internal.into())
    })
}

/// Whether the same key was used before: in this batch, or earlier.
fn repeated(
    submission: &Submission,
    keys: &KeysInBatch<'_>,
    receipts: &Receipts,
) -> Option<Planned> {
    let key = submission.idempotency.as_ref()?;
    if let Some((index, first)) = keys.get(&key.command) {
        return Some(if first.fingerprint == key.fingerprint {
            Planned::SameAs(*index)
        } else {
            Planned::Refused(Code::IdempotencyReused.into())
        });
    }
    let kept = receipts.cached(key)?;
    Some(if kept.fingerprint == key.fingerprint {
        Planned::Again(kept)
    } else {
        Planned::Refused(Code::IdempotencyReused.into())
    })
}

struct Writer<'a> {
    live: &'a Live,
    now: OffsetDateTime,
    writes: Vec<Write>,
}

impl Writer<'_> {
    fn has_room(&self, decision: &Decision) -> bool {
        self.writes.len() + decision.events.len() < MAX_BATCH
    }

    fn take(
        &mut self,
        draft: &mut Draft<'_>,
        submission: &Submission,
        decision: Decision,
    ) -> Planned {
        let (entity, told) = (decision.entity.clone(), decision.told.clone());
        let mut events = decision.events;
        if let Some(key) = &submission.idempotency {
            let receipt = wire::Receipt {
                command: key.command.to_string(),
                fingerprint: key.fingerprint.to_vec().into(),
                entity: entity.clone(),
                agreement: decision.agreement.map(|id| id.to_string()).unwrap_or_default(),
                told: Some(told.clone()),
            };
            let subject =
                Entity::Receipt { party: key.party.clone(), command: key.command.clone() };
            events.push((subject, Body::Receipt(receipt)));
        }
        for (entity, body) in events {
            let write = self.write(draft, submission, &entity, body);
            self.writes.push(write);
        }
        Planned::Store { last: self.writes.len() - 1, entity, told }
    }

    fn write(
        &self,
        draft: &mut Draft<'_>,
        submission: &Submission,
        entity: &Entity,
        body: Body,
    ) -> Write {
        let id = fresh_id(self.now).to_string();
        let cell = self.live.cell();
        let headers = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", id.clone()),
            ("ce-type", event::ce_type(&body).to_owned()),
            ("ce-source", format!("/cells/{}", cell.city())),
            ("ce-time", self.now.format(&Rfc3339).unwrap_or_default()),
            ("content-type", "application/protobuf".to_owned()),
        ];
        let fact = wire::Fact {
            event_id: id,
            recorded_at: Some(timestamp(self.now)),
            actor: Some(submission.speaker.actor()),
            min_reader: SCHEMA,
            body: Some(body),
        };
        Write {
            subject: entity.subject(&cell),
            expect: draft.apply(entity, self.now, &fact),
            payload: fact.encode_to_vec().into(),
            headers,
        }
    }
}

/// A UUIDv7 of the gate's own clock, so that a virtual one moves it too.
pub(crate) fn fresh_id(now: OffsetDateTime) -> Uuid {
    let random = Uuid::new_v4().into_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}
