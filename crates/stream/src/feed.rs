//! The streams of feeds: written by one writer at a time, read by whoever
//! serves them, and, over NATS, through one durable consumer that is made for
//! the subscriber.
//!
//! A feed can be thrown away and written anew, so its streams may be deleted
//! and forget what is old; none of that is true of the log.

use std::time::Duration;

use async_nats::{
    HeaderMap,
    jetstream::{
        ErrorCode,
        consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, pull},
        context::CreateStreamErrorKind,
        stream::{Config, ConsumerErrorKind, DiscardPolicy, RetentionPolicy, StorageType},
    },
};
use bytes::Bytes;
use futures::StreamExt as _;

use crate::{connect::Connection, declare::missing, error::StreamError};

/// How long a consumer waits for the acknowledgement of what it gave out.
pub const ACK_WAIT: Duration = Duration::from_secs(30);
/// Messages that a consumer has given out and that are not acknowledged.
pub const UNACKNOWLEDGED: i64 = 1_000;

/// What the stream of a feed must be.
#[derive(Debug, Clone)]
pub struct FeedStream {
    /// Its name.
    pub name: String,
    /// Subjects that it must take; of a stream that is there, more are kept.
    pub subjects: Vec<String>,
    /// How long an event is kept.
    pub keep: Duration,
    /// Copies.
    pub replicas: usize,
}

/// One event of a feed, as it is stored.
#[derive(Debug, Clone)]
pub struct FeedMessage {
    /// Its place in the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// Its data.
    pub payload: Bytes,
    headers: HeaderMap,
}

impl FeedMessage {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(async_nats::HeaderValue::as_str)
    }
}

/// Makes the stream, or adds subjects to it, and returns the last sequence
/// that it has given out.
///
/// # Errors
/// The broker can't be reached, or refuses.
pub async fn declare_feed(
    connection: &Connection,
    wanted: &FeedStream,
) -> Result<u64, StreamError> {
    let context = &connection.context;
    let config = config(wanted, wanted.subjects.clone());
    let created = match tokio::time::timeout(connection.timeout, context.create_stream(&config))
        .await
        .map_err(|_| StreamError::TimedOut(connection.timeout))?
    {
        Ok(stream) => return Ok(stream.cached_info().state.last_sequence),
        Err(e) => e,
    };
    let exists = matches!(created.kind(), CreateStreamErrorKind::JetStream(inner)
        if inner.error_code() == ErrorCode::STREAM_NAME_EXIST);
    if !exists {
        return Err(StreamError::Refused(created.to_string()));
    }
    let stream = connection.bounded(context.get_stream(&wanted.name)).await?;
    let info = stream.cached_info();
    let mut subjects = info.config.subjects.clone();
    let known = subjects.len();
    for subject in &wanted.subjects {
        if !subjects.contains(subject) {
            subjects.push(subject.clone());
        }
    }
    if subjects.len() > known || info.config.max_age != wanted.keep {
        connection.bounded(context.update_stream(self::config(wanted, subjects))).await?;
    }
    Ok(info.state.last_sequence)
}

fn config(wanted: &FeedStream, subjects: Vec<String>) -> Config {
    Config {
        name: wanted.name.clone(),
        subjects,
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: wanted.replicas,
        discard: DiscardPolicy::Old,
        max_messages: -1,
        max_bytes: -1,
        max_messages_per_subject: -1,
        max_age: wanted.keep,
        allow_direct: true,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

/// Deletes the stream of a feed that nobody has any more, and with it its
/// consumers.
///
/// # Errors
/// The broker can't be reached.
pub async fn delete_feed(connection: &Connection, name: &str) -> Result<(), StreamError> {
    let context = &connection.context;
    let deleted = tokio::time::timeout(connection.timeout, context.delete_stream(name)).await;
    match deleted.map_err(|_| StreamError::TimedOut(connection.timeout))? {
        Ok(_) => Ok(()),
        Err(e) => match context.get_stream(name).await {
            Err(gone) if missing(&gone) => Ok(()),
            _ => Err(StreamError::Refused(e.to_string())),
        },
    }
}

/// Forgets what stands before `place` under `filter`.
///
/// # Errors
/// The broker can't be reached.
pub async fn forget_before(
    connection: &Connection,
    stream: &str,
    filter: &str,
    place: u64,
) -> Result<(), StreamError> {
    let handle = connection.bounded(connection.context.get_stream_no_info(stream)).await?;
    let purge = handle.purge().filter(filter).sequence(place);
    let purged = tokio::time::timeout(connection.timeout, purge).await;
    let purged = purged.map_err(|_| StreamError::TimedOut(connection.timeout))?;
    purged.map(|_| ()).map_err(|e| StreamError::Refused(e.to_string()))
}

/// Makes the durable consumer `name` of a feed's stream, which begins at its
/// first event. `false` if there is no such stream yet.
///
/// # Errors
/// The broker can't be reached, or refuses.
pub async fn declare_feed_consumer(
    connection: &Connection,
    stream: &str,
    name: &str,
) -> Result<bool, StreamError> {
    let got = tokio::time::timeout(connection.timeout, connection.context.get_stream(stream)).await;
    let handle = match got.map_err(|_| StreamError::TimedOut(connection.timeout))? {
        Ok(handle) => handle,
        Err(e) if missing(&e) => return Ok(false),
        Err(e) => return Err(StreamError::Unreachable(e.to_string())),
    };
    let config = pull::Config {
        durable_name: Some(name.to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: UNACKNOWLEDGED,
        replay_policy: ReplayPolicy::Instant,
        ..pull::Config::default()
    };
    connection.bounded(handle.get_or_create_consumer(name, config)).await?;
    Ok(true)
}

/// Deletes a consumer: whatever pull stands open ends at once. None is left
/// when this returns, be it that there was none.
///
/// # Errors
/// The broker can't be reached.
pub async fn delete_feed_consumer(
    connection: &Connection,
    stream: &str,
    name: &str,
) -> Result<(), StreamError> {
    let context = &connection.context;
    let handle = connection.bounded(context.get_stream_no_info(stream)).await?;
    let deleted = tokio::time::timeout(connection.timeout, handle.delete_consumer(name)).await;
    match deleted.map_err(|_| StreamError::TimedOut(connection.timeout))? {
        Ok(_) => Ok(()),
        Err(e) => match e.kind() {
            ConsumerErrorKind::JetStream(inner)
                if inner.error_code() == ErrorCode::CONSUMER_NOT_FOUND
                    || inner.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                Ok(())
            }
            _ => Err(StreamError::Refused(e.to_string())),
        },
    }
}

/// Reads at most `most` events of `filter` from stream sequence `from` on, to
/// the stream's present end.
///
/// # Errors
/// The broker can't be reached.
pub async fn read_feed(
    connection: &Connection,
    stream: &str,
    filter: &str,
    from: u64,
    most: usize,
) -> Result<Vec<FeedMessage>, StreamError> {
    let handle = connection.bounded(connection.context.get_stream(stream)).await?;
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
        filter_subject: filter.to_owned(),
        replay_policy: ReplayPolicy::Instant,
        ..pull::OrderedConfig::default()
    };
    let consumer = connection.bounded(handle.create_consumer(config)).await?;
    let waiting = consumer.cached_info().num_pending;
    let want = usize::try_from(waiting).unwrap_or(usize::MAX).min(most);
    let mut read = Vec::with_capacity(want.min(4_096));
    if want == 0 {
        return Ok(read);
    }
    let mut messages = connection.bounded(consumer.messages()).await?;
    while read.len() < want {
        let next = tokio::time::timeout(connection.timeout, messages.next()).await;
        let next = next.map_err(|_| StreamError::TimedOut(connection.timeout))?;
        let Some(message) = next else { break };
        let message = message.map_err(|e| StreamError::Unreachable(e.to_string()))?;
        let info = message.info().map_err(|e| StreamError::Refused(e.to_string()))?;
        let (sequence, pending) = (info.stream_sequence, info.pending);
        let async_nats::Message { subject, payload, headers, .. } = message.message;
        let (subject, headers) = (subject.to_string(), headers.unwrap_or_default());
        read.push(FeedMessage { sequence, subject, payload, headers });
        // Why asked each time: what was waited for may have been forgotten meanwhile.
        if pending == 0 {
            break;
        }
    }
    Ok(read)
}
