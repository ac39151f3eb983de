//! Single messages with their headers, and the transactions they stand in.

use std::ops::RangeInclusive;

use async_nats::jetstream::stream::RawMessageErrorKind;

use crate::{
    connect::Connection,
    declare::StreamName,
    error::StreamError,
    read::{Message, into_message, unchecked},
    transaction::MAX_BATCH,
};

const BATCH: &str = "Nats-Batch-Id";
const PLACE: &str = "Nats-Batch-Sequence";

/// A stored message with its headers.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was stored.
    pub message: Message,
    /// Names and values, in the order of their names.
    pub headers: Vec<(String, String)>,
}

impl Record {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The message at `sequence` with its headers, if it is still there.
///
/// # Errors
/// The log can't be reached.
pub async fn record(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<Option<Record>, StreamError> {
    // Why: the server takes such a request for a malformed one.
    if sequence == 0 {
        return Ok(None);
    }
    let handle = unchecked(connection, stream).await?;
    let get = handle.raw_message_builder().sequence(sequence).send();
    match tokio::time::timeout(connection.timeout, get).await {
        Err(_) => Err(StreamError::TimedOut(connection.timeout)),
        Ok(Err(e)) if matches!(e.kind(), RawMessageErrorKind::NoMessageFound) => Ok(None),
        Ok(Err(e)) => Err(StreamError::Unreachable(e.to_string())),
        Ok(Ok(message)) => {
            let mut headers: Vec<(String, String)> = message
                .headers
                .iter()
                .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect();
            headers.sort();
            Ok(Some(Record { message: into_message(message), headers }))
        }
    }
}

/// The transaction in which `sequence` stands, from its first message to its
/// last: they follow on each other. A message of none is one by itself, as is
/// a sequence at which nothing stands.
///
/// # Errors
/// The log can't be reached.
pub async fn transaction_of(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<RangeInclusive<u64>, StreamError> {
    let found = record(connection, stream, sequence).await?;
    let known = found.as_ref().and_then(|one| {
        let place: u64 = one.header(PLACE)?.parse().ok()?;
        Some((one.header(BATCH)?, sequence.checked_sub(place.checked_sub(1)?)?))
    });
    let Some((batch, first)) = known else { return Ok(sequence..=sequence) };
    // Why by halving: a thousand messages may follow, and each is a request.
    let (mut last, mut beyond) = (sequence, first + MAX_BATCH as u64);
    while beyond.saturating_sub(last) > 1 {
        let middle = last + (beyond - last) / 2;
        let other = record(connection, stream, middle).await?;
        if other.is_some_and(|other| other.header(BATCH) == Some(batch)) {
            last = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(first..=last)
}
