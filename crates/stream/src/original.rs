//! Messages as they are stored, byte for byte and with their headers: for whoever
//! repeats them, and whoever asks which transaction they stand in.

use std::{ops::RangeInclusive, pin::Pin};

use async_nats::{
    HeaderMap, Subject,
    jetstream::{
        consumer::{DeliverPolicy, ReplayPolicy, pull::OrderedConfig},
        message::StreamMessage,
        stream::DirectGetErrorKind,
    },
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use time::OffsetDateTime;

use crate::{
    connect::Connection,
    error::StreamError,
    read::{raw, unchecked},
    transaction::MAX_BATCH,
};

/// Most messages handed over at once.
const CHUNK: usize = 1_000;

/// A stored message, with its headers as they are.
#[derive(Debug, Clone)]
pub struct Original {
    /// Its place in the stream.
    pub sequence: u64,
    /// What it says.
    pub payload: Bytes,
    /// When the server stored it.
    pub stored_at: OffsetDateTime,
    pub(crate) subject: Subject,
    pub(crate) headers: Option<HeaderMap>,
}

impl Original {
    /// Its subject.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
    }

    /// Its headers by name, so that equal messages give equal lists.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        let all = self.headers.iter().flat_map(HeaderMap::iter);
        let mut all: Vec<(&str, &str)> = all
            .flat_map(|(name, values)| {
                let name: &str = name.as_ref();
                values.iter().map(move |value| (name, value.as_str()))
            })
            .collect();
        all.sort_unstable();
        all
    }
}

/// A message, and how many stand in the stream behind it.
type Read = Result<(Original, u64), StreamError>;

/// A stream's messages from one place on, in order and without end.
pub struct Originals {
    chunks: Pin<Box<dyn Stream<Item = Vec<Read>> + Send>>,
    mended: Pin<Box<dyn Future<Output = ()> + Send>>,
    pending: u64,
}

impl std::fmt::Debug for Originals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Originals").finish_non_exhaustive()
    }
}

/// Opens the messages of `stream` under `filter` (all, if it is empty) from
/// sequence `from` on.
///
/// # Errors
/// The broker can't be reached, or there is no such stream.
pub async fn originals(
    connection: &Connection,
    stream: &str,
    filter: &str,
    from: u64,
) -> Result<Originals, StreamError> {
    let handle = connection.bounded(connection.context.get_stream(stream)).await?;
    let config = OrderedConfig {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
        filter_subject: filter.to_owned(),
        replay_policy: ReplayPolicy::Instant,
        ..OrderedConfig::default()
    };
    let mended = Box::pin(connection.mended());
    let consumer = connection.bounded(handle.create_consumer(config)).await?;
    let pending = consumer.cached_info().num_pending;
    let messages = connection.bounded(consumer.messages()).await?;
    let chunks = messages.map(read).ready_chunks(CHUNK).boxed();
    Ok(Originals { chunks, mended, pending })
}

impl Originals {
    /// How many of them stand in the stream behind the last one that was handed
    /// over, as far as is known.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// What has come, at least one message; waits for it.
    ///
    /// # Errors
    /// The link has broken: whoever wants to go on opens it anew, from the
    /// message after the last one that was handed over.
    pub async fn next(&mut self) -> Result<Vec<Original>, StreamError> {
        let chunk = tokio::select! {
            chunk = self.chunks.next() => chunk,
            // Why: the consumer of a broker that died is gone; its own heartbeat
            // would notice only seconds later.
            () = &mut self.mended => None,
        };
        let chunk = chunk.ok_or_else(|| StreamError::Unreachable("the link broke".into()))?;
        let mut read = Vec::with_capacity(chunk.len());
        for message in chunk {
            match message {
                Ok((message, pending)) => {
                    self.pending = pending;
                    read.push(message);
                }
                // Why: what came before is handed over first; the error comes again.
                Err(_) if !read.is_empty() => break,
                Err(e) => return Err(e),
            }
        }
        Ok(read)
    }
}

fn read(message: Result<async_nats::jetstream::Message, impl std::fmt::Display>) -> Read {
    let message = message.map_err(|e| StreamError::Unreachable(e.to_string()))?;
    let info = message.info().map_err(|e| StreamError::Refused(e.to_string()))?;
    let (sequence, stored_at, pending) = (info.stream_sequence, info.published, info.pending);
    let async_nats::Message { subject, payload, headers, .. } = message.message;
    Ok((Original { sequence, payload, stored_at, subject, headers }, pending))
}

/// The message at `sequence`, if it is still there.
///
/// # Errors
/// The broker can't be reached.
pub async fn original_at(
    connection: &Connection,
    stream: &str,
    sequence: u64,
) -> Result<Option<Original>, StreamError> {
    // Why: the server takes such a request for a malformed one.
    if sequence == 0 {
        return Ok(None);
    }
    let handle = unchecked(connection, stream).await?;
    let get = handle.raw_message_builder().sequence(sequence).send();
    Ok(raw(connection, get).await?.map(stored))
}

/// The same, of any replica, which may lack what was stored a moment ago: for
/// whoever asks for many.
///
/// # Errors
/// The broker can't be reached.
pub async fn original_of_any_replica(
    connection: &Connection,
    stream: &str,
    sequence: u64,
) -> Result<Option<Original>, StreamError> {
    let handle = unchecked(connection, stream).await?;
    match tokio::time::timeout(connection.timeout, handle.direct_get(sequence)).await {
        Err(_) => Err(StreamError::TimedOut(connection.timeout)),
        Ok(Ok(found)) => Ok(Some(stored(found))),
        Ok(Err(e)) if e.kind() == DirectGetErrorKind::NotFound => Ok(None),
        Ok(Err(e)) => Err(StreamError::Unreachable(e.to_string())),
    }
}

/// The first message under `filter` at `from` or later.
///
/// # Errors
/// The broker can't be reached.
pub async fn original_from(
    connection: &Connection,
    stream: &str,
    filter: &str,
    from: u64,
) -> Result<Option<Original>, StreamError> {
    let handle = unchecked(connection, stream).await?;
    let get = handle.raw_message_builder().next_by_subject(filter).sequence(from.max(1)).send();
    Ok(raw(connection, get).await?.map(stored))
}

/// The last message under `filter`.
///
/// # Errors
/// The broker can't be reached.
pub async fn last_original(
    connection: &Connection,
    stream: &str,
    filter: &str,
) -> Result<Option<Original>, StreamError> {
    let handle = unchecked(connection, stream).await?;
    let get = handle.raw_message_builder().last_by_subject(filter).send();
    Ok(raw(connection, get).await?.map(stored))
}

/// What the server adds to a message that is asked for by itself.
const OF_THE_ANSWER: [&str; 6] = [
    "Nats-Stream",
    "Nats-Subject",
    "Nats-Sequence",
    "Nats-Time-Stamp",
    "Nats-Num-Pending",
    "Nats-Last-Sequence",
];

fn stored(message: StreamMessage) -> Original {
    let mut headers = HeaderMap::new();
    for (name, values) in message.headers.iter() {
        let name: &str = name.as_ref();
        if !OF_THE_ANSWER.iter().any(|added| added.eq_ignore_ascii_case(name)) {
            values.iter().for_each(|value| headers.append(name, value.clone()));
        }
    }
    Original {
        sequence: message.sequence,
        payload: message.payload,
        stored_at: message.time,
        subject: message.subject,
        headers: (!headers.is_empty()).then_some(headers),
    }
}

/// Which transaction a message was stored in.
const BATCH: &str = "Nats-Batch-Id";

/// The transaction in which `sequence` stands, from its first message to its
/// last: they follow on each other. A message of none is one by itself, as is
/// a sequence at which nothing stands.
///
/// # Errors
/// The log can't be reached.
pub async fn transaction_of(
    connection: &Connection,
    stream: &str,
    sequence: u64,
) -> Result<RangeInclusive<u64>, StreamError> {
    let found = original_at(connection, stream, sequence).await?;
    let known = found.as_ref().and_then(|one| {
        let place: u64 = one.header("Nats-Batch-Sequence")?.parse().ok()?;
        Some((one.header(BATCH)?, sequence.checked_sub(place.checked_sub(1)?)?))
    });
    let Some((batch, first)) = known else { return Ok(sequence..=sequence) };
    // Why by halving: a thousand messages may follow, and each is a request.
    let (mut last, mut beyond) = (sequence, first + MAX_BATCH as u64);
    while beyond.saturating_sub(last) > 1 {
        let middle = last + (beyond - last) / 2;
        let other = original_at(connection, stream, middle).await?;
        if other.is_some_and(|other| other.header(BATCH) == Some(batch)) {
            last = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(first..=last)
}
