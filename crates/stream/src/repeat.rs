//! The stream that replays go to: what was stored once is stored again under a
//! subject of its own, where nothing that has effects listens.

use std::time::Duration;

use async_nats::{
    HeaderMap, HeaderValue,
    jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};
use gongqiao_contract::{id::ReplayId, subject};
use time::format_description::well_known::Rfc3339;

use crate::{
    connect::Connection,
    error::StreamError,
    original::{Original, last_original},
    transaction::{BatchMessage, Outcome, store},
};

/// The job that repeats a message.
pub const JOB: &str = "Gq-Replay-Job";
/// Where the message stands in the stream that it was taken from.
pub const SEQUENCE: &str = "Gq-Replay-Sequence";
/// When the broker stored it there.
pub const TIME: &str = "Gq-Replay-Time";
/// How many events of the job it makes.
pub const NUMBER: &str = "Gq-Replay-Number";
/// What stands before the headers that meant something to the broker when the
/// message was stored first.
pub const ORIGINAL: &str = "Gq-Original-";

/// How far a job is in the stream of replays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeated {
    /// The place of its last message there; 0 for none.
    pub place: u64,
    /// The original sequence of that message; 0 for none.
    pub sequence: u64,
    /// Messages of it there.
    pub events: u64,
}

/// Makes the stream of replays, or gives it these settings.
///
/// # Errors
/// The broker can't be reached, or refuses.
pub async fn declare_repeats(
    connection: &Connection,
    keep: Duration,
    replicas: usize,
) -> Result<(), StreamError> {
    let config = Config {
        name: subject::REPLAY.to_owned(),
        subjects: vec![subject::REPLAY_ALL.to_owned()],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: replicas,
        discard: DiscardPolicy::Old,
        max_messages: -1,
        max_bytes: -1,
        max_messages_per_subject: -1,
        max_age: keep,
        allow_direct: true,
        allow_atomic_publish: true,
        ..Config::default()
    };
    let create = connection.context.create_or_update_stream(config);
    connection.bounded(create).await.map(drop)
}

/// How far a job has come.
///
/// # Errors
/// The broker can't be reached.
pub async fn repeated(connection: &Connection, job: &ReplayId) -> Result<Repeated, StreamError> {
    let last = last_original(connection, subject::REPLAY, &subject::replay_all(job)).await?;
    let last = last.and_then(|last| {
        let sequence = last.header(SEQUENCE)?.parse().ok()?;
        let events = last.header(NUMBER)?.parse().ok()?;
        Some(Repeated { place: last.sequence, sequence, events })
    });
    Ok(last.unwrap_or_default())
}

/// Stores messages again for a job, all or none, if it stands where `at` says:
/// so that whatever was sent before and arrives late is not stored twice.
///
/// # Errors
/// A failure leaves unknown whether they were stored; [`repeated`] tells.
pub async fn repeat(
    connection: &Connection,
    job: &ReplayId,
    at: Repeated,
    messages: &[Original],
) -> Result<Option<Repeated>, StreamError> {
    let Some(last) = messages.last() else { return Ok(Some(at)) };
    let numbered = messages.iter().zip(at.events + 1..);
    let mut batch: Vec<BatchMessage> =
        numbered.map(|(one, number)| message(job, one, number)).collect();
    if let Some(first) = batch.first_mut() {
        let last = HeaderValue::from(at.place);
        first.headers.insert("Nats-Expected-Last-Subject-Sequence", last);
        let all = subject::replay_all(job);
        first.headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", all.as_str());
    }
    match store(connection, batch).await? {
        Outcome::Conflict => Ok(None),
        Outcome::Stored(stored) => {
            let events = at.events + stored.count;
            Ok(Some(Repeated { place: stored.last_sequence, sequence: last.sequence, events }))
        }
    }
}

fn message(job: &ReplayId, original: &Original, number: u64) -> BatchMessage {
    let mut headers = HeaderMap::new();
    for (name, values) in original.headers.iter().flat_map(HeaderMap::iter) {
        let name: &str = name.as_ref();
        for value in values {
            // Why: as they are, they would be orders to the broker once more.
            match name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("nats-")) {
                true => headers.append(format!("{ORIGINAL}{name}"), value.clone()),
                false => headers.append(name, value.clone()),
            }
        }
    }
    headers.insert(JOB, job.as_str());
    headers.insert(SEQUENCE, HeaderValue::from(original.sequence));
    headers.insert(NUMBER, HeaderValue::from(number));
    if let Ok(time) = original.stored_at.format(&Rfc3339) {
        headers.insert(TIME, time.as_str());
    }
    let subject = subject::replay(job, original.subject());
    BatchMessage { subject, headers, payload: original.payload.clone() }
}
