//! Messages that could not be processed, in PARKED: one per subject, replaced
//! after each further attempt, and overwritten on the disk when it is done
//! with.

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use gongqiao_contract::{
    id::ParkedId,
    subject::{self, PARKED_SUBJECTS},
};

use crate::{
    connect::Connection,
    declare::StreamName,
    error::StreamError,
    feed::{FeedMessage, read_feed},
    read::{self, Message},
    transaction::{Reply, WRONG_LAST},
};

/// What became of a message that was to be parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parking {
    /// It stands there, on disk, at this sequence.
    Stored(u64),
    /// Its subject holds something else than was expected.
    Conflict,
    /// There is room for no more.
    Full,
}

/// `StreamStoreFailed`: what the server says at a bound, in words.
const STORE_FAILED: u64 = 10_077;

/// Parks a message of `service`, or replaces the one of this id at sequence
/// `last`; 0 for none yet.
///
/// # Errors
/// The log can't be reached; it is then unknown whether it was stored.
pub async fn put(
    connection: &Connection,
    service: &str,
    id: &ParkedId,
    payload: Bytes,
    last: u64,
) -> Result<Parking, StreamError> {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Expected-Last-Subject-Sequence", HeaderValue::from(last));
    let subject = subject::parked(service, id);
    let asked = connection.client.request_with_headers(subject, headers, payload);
    let broken = connection.broken();
    let answer = tokio::select! {
        answer = connection.bounded(asked) => answer?,
        () = broken => return Err(StreamError::Unreachable("the link broke".into())),
    };
    let reply: Reply = serde_json::from_slice(&answer.payload)
        .map_err(|e| StreamError::Refused(format!("the ack can't be read: {e}")))?;
    match reply.error {
        None => Ok(Parking::Stored(reply.seq)),
        Some(e) if WRONG_LAST.contains(&e.err_code) => Ok(Parking::Conflict),
        Some(e) if e.err_code == STORE_FAILED && e.description.starts_with("maximum") => {
            Ok(Parking::Full)
        }
        Some(e) => Err(StreamError::Refused(format!("{} ({})", e.description, e.err_code))),
    }
}

/// One message as it is stored.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its place in the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub payload: Bytes,
}

/// The parked message of this id, if it is there.
///
/// # Errors
/// The log can't be reached.
pub async fn get(connection: &Connection, id: &ParkedId) -> Result<Option<Kept>, StreamError> {
    let subject = subject::parked("*", id);
    let found = read::next_on_subject(connection, StreamName::Parked, &subject, 1).await?;
    let kept = |Message { sequence, subject, payload, .. }| Kept { sequence, subject, payload };
    Ok(found.map(kept))
}

/// At most `most` parked messages from `from` on, in order.
///
/// # Errors
/// The log can't be reached.
pub async fn some(
    connection: &Connection,
    from: u64,
    most: usize,
) -> Result<Vec<Kept>, StreamError> {
    let [all] = PARKED_SUBJECTS;
    on(connection, StreamName::Parked, all, from, most).await
}

/// At most `most` messages of a stream on the subjects of a pattern, from
/// `from` to its present end, in order. Why not as the log is followed: the
/// last one may be removed meanwhile, and then never comes.
///
/// # Errors
/// The log can't be reached.
pub async fn on(
    connection: &Connection,
    stream: StreamName,
    pattern: &str,
    from: u64,
    most: usize,
) -> Result<Vec<Kept>, StreamError> {
    let found = read_feed(connection, stream.as_str(), pattern, from, most).await?;
    let kept = |FeedMessage { sequence, subject, payload, .. }| Kept { sequence, subject, payload };
    Ok(found.into_iter().map(kept).collect())
}
