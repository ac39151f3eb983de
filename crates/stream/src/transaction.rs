//! Transactions: the atomic batch (ADR-50). All messages of a batch are
//! stored in one go, or none, each under an expectation of what its subject
//! last held.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{connect::Connection, declare::StreamName, error::StreamError};

/// Messages that one batch can hold (server limit).
pub const MAX_BATCH: usize = 1_000;

/// One message of a batch.
#[derive(Debug, Clone)]
pub struct Write {
    /// Where it goes.
    pub subject: String,
    /// What it says.
    pub payload: Bytes,
    /// Last sequence that the subject must have now; 0 for none yet. Only
    /// the first message of a subject in a batch may carry one.
    pub expect: Option<u64>,
    /// Further headers, such as `ce-id`.
    pub headers: Vec<(&'static str, String)>,
}

impl Write {
    fn message(&self) -> BatchMessage {
        let mut headers = HeaderMap::new();
        if let Some(expected) = self.expect {
            headers.insert("Nats-Expected-Last-Subject-Sequence", HeaderValue::from(expected));
        }
        for (name, value) in &self.headers {
            headers.insert(*name, value.as_str());
        }
        BatchMessage { subject: self.subject.clone(), headers, payload: self.payload.clone() }
    }
}

/// A batch that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Sequence of its last message; the others stand right before it.
    pub last_sequence: u64,
    /// How many messages.
    pub count: u64,
}

impl Stored {
    /// Sequence of the message at `index`.
    pub fn sequence_of(&self, index: usize) -> u64 {
        self.last_sequence + 1 + index as u64 - self.count
    }
}

/// How a batch ended, when the log answered at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, and on disk.
    Stored(Stored),
    /// An expectation was wrong; nothing was stored.
    Conflict,
}

#[derive(Deserialize)]
pub(crate) struct Reply {
    #[serde(default)]
    pub(crate) seq: u64,
    #[serde(default)]
    count: u64,
    pub(crate) error: Option<ReplyError>,
}

#[derive(Deserialize)]
pub(crate) struct ReplyError {
    pub(crate) err_code: u64,
    pub(crate) description: String,
}

/// `WrongLastSequence`, and its form for a constant.
pub(crate) const WRONG_LAST: [u64; 2] = [10_071, 10_164];

/// Stores `writes` as one batch.
///
/// # Errors
/// A failure leaves unknown whether the batch was stored; ask [`resolve`].
pub async fn commit(connection: &Connection, writes: &[Write]) -> Result<Outcome, StreamError> {
    store(connection, writes.iter().map(Write::message).collect()).await
}

/// As [`commit`], if `last` is the last sequence of the whole stream: so that
/// of two writers of one stream the second finds out.
///
/// # Errors
/// As of [`commit`].
pub async fn commit_after(
    connection: &Connection,
    writes: &[Write],
    last: u64,
) -> Result<Outcome, StreamError> {
    let mut batch: Vec<BatchMessage> = writes.iter().map(Write::message).collect();
    // Why: of a whole stream only the first message of a batch may say it.
    if let Some(first) = batch.first_mut() {
        first.headers.insert("Nats-Expected-Last-Sequence", HeaderValue::from(last));
    }
    store(connection, batch).await
}

/// A message of a batch, but for what makes it one.
pub(crate) struct BatchMessage {
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// Stores messages, with what their headers expect, all or none.
pub(crate) async fn store(
    connection: &Connection,
    mut batch: Vec<BatchMessage>,
) -> Result<Outcome, StreamError> {
    let Some(mut last) = batch.pop() else {
        return Err(StreamError::Refused("an empty batch".into()));
    };
    let (id, count) = (uuid_token(), batch.len() + 1);
    let send = async {
        for (index, mut message) in batch.into_iter().enumerate() {
            join(&mut message.headers, &id, index + 1);
            connection
                .client
                .publish_with_headers(message.subject, message.headers, message.payload)
                .await
                .map_err(|e| StreamError::Unreachable(e.to_string()))?;
        }
        join(&mut last.headers, &id, count);
        last.headers.insert("Nats-Batch-Commit", "1");
        connection
            .client
            .request_with_headers(last.subject, last.headers, last.payload)
            .await
            .map_err(|e| StreamError::Unreachable(e.to_string()))
    };
    // Why: over a broken link the answer never comes; waiting for it only
    // puts off finding out how the batch ended.
    let broken = connection.broken();
    let message = tokio::select! {
        sent = tokio::time::timeout(connection.timeout, send) => {
            sent.map_err(|_| StreamError::TimedOut(connection.timeout))??
        }
        () = broken => return Err(StreamError::Unreachable("the link broke".into())),
    };
    let reply: Reply = serde_json::from_slice(&message.payload)
        .map_err(|e| StreamError::Refused(format!("the ack can't be read: {e}")))?;
    match reply.error {
        Some(e) if WRONG_LAST.contains(&e.err_code) => Ok(Outcome::Conflict),
        Some(e) => Err(StreamError::Refused(format!("{} ({})", e.description, e.err_code))),
        // Why: a batch of one is answered like a plain publish, with no count.
        None => Ok(Outcome::Stored(Stored { last_sequence: reply.seq, count: reply.count.max(1) })),
    }
}

/// Stores `writes` as one batch, and stays until its fate is known: what was
/// not answered is looked for and, if it is not there, sent again as it was.
/// Whichever copy arrives first is stored, and the other one conflicts.
///
/// # Errors
/// The fate is still unknown at `deadline`.
pub async fn commit_surely(
    connection: &Connection,
    stream: StreamName,
    writes: &[Write],
    deadline: Instant,
) -> Result<Outcome, StreamError> {
    let mut error = match commit(connection, writes).await {
        Ok(outcome) => return Ok(outcome),
        Err(e) => e,
    };
    while Instant::now() < deadline {
        tracing::warn!(code = error.code(), %error, "stream.commit");
        tokio::time::sleep(Duration::from_millis(50)).await;
        match ended(connection, stream, writes).await {
            Ok(outcome) => return Ok(outcome),
            Err(e) => error = e,
        }
    }
    Err(error)
}

async fn ended(
    connection: &Connection,
    stream: StreamName,
    writes: &[Write],
) -> Result<Outcome, StreamError> {
    if let Some(stored) = resolve(connection, stream, writes).await? {
        return Ok(Outcome::Stored(stored));
    }
    match commit(connection, writes).await? {
        // Why: the first copy may have arrived between the two questions.
        Outcome::Conflict => Ok(match resolve(connection, stream, writes).await? {
            Some(stored) => Outcome::Stored(stored),
            None => Outcome::Conflict,
        }),
        stored => Ok(stored),
    }
}

/// Finds out how a batch ended whose answer never came: looks for the first
/// message that its first subject with an expectation took after it. No two
/// batches hold the same payload there, since events have ids of their own.
///
/// # Errors
/// The log still can't be reached; the batch's fate stays unknown.
pub async fn resolve(
    connection: &Connection,
    stream: StreamName,
    writes: &[Write],
) -> Result<Option<Stored>, StreamError> {
    let Some((index, write, expected)) =
        writes.iter().enumerate().find_map(|(index, write)| Some((index, write, write.expect?)))
    else {
        return Err(StreamError::Refused("a batch without an expectation can't be traced".into()));
    };
    let next = crate::read::next_on_subject(connection, stream, &write.subject, expected + 1);
    Ok(match next.await? {
        Some(found) if found.payload == write.payload => Some(Stored {
            last_sequence: found.sequence + (writes.len() - 1 - index) as u64,
            count: writes.len() as u64,
        }),
        _ => None,
    })
}

/// Makes of a message the one at this place of a batch.
fn join(headers: &mut HeaderMap, batch: &str, sequence: usize) {
    headers.insert("Nats-Batch-Id", batch);
    headers.insert("Nats-Batch-Sequence", HeaderValue::from(sequence));
}

/// A random id for a batch: what the server needs is that no two open
/// batches share one.
fn uuid_token() -> String {
    let mut bytes = [0u8; 16];
    // Why: without randomness from the system nothing here is safe to go on.
    #[expect(
        clippy::expect_used,
        reason = "the system's random source does not fail in operation"
    )]
    getrandom::fill(&mut bytes).expect("the system has a random source");
    hex::encode(bytes)
}
