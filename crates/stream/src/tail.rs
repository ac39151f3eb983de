//! Following a stream from a sequence on, in order, through broker deaths.

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy, pull::OrderedConfig};
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

use crate::{connect::Connection, declare::StreamName, error::StreamError, read::Message};

/// Most messages handed over at once.
const CHUNK: usize = 1_000;

/// Hands over every message of `stream` from `from` on, in chunks and in
/// order, each exactly once, until `stop`. A broken link is mended; the
/// messages simply come later. A transaction on FACTS is handed over whole:
/// nobody sees half of one.
pub async fn follow(
    connection: &Connection,
    stream: StreamName,
    from: u64,
    stop: &CancellationToken,
    mut take: impl FnMut(Vec<Message>),
) {
    let mut next = from;
    let mut wait = Duration::from_millis(20);
    while !stop.is_cancelled() {
        let before = next;
        let reading = Box::pin(read_on(connection, stream, &mut next, &mut take));
        let ended = stop.run_until_cancelled(reading);
        if let Some(Err(e)) = ended.await {
            tracing::warn!(stream = stream.as_str(), next, error = %e, "stream.follow");
        }
        wait = if next > before { Duration::from_millis(20) } else { wait * 2 };
        stop.run_until_cancelled(tokio::time::sleep(wait.min(Duration::from_secs(1)))).await;
    }
}

async fn read_on(
    connection: &Connection,
    stream: StreamName,
    next: &mut u64,
    take: &mut impl FnMut(Vec<Message>),
) -> Result<(), StreamError> {
    let handle = connection.bounded(connection.context.get_stream(stream.as_str())).await?;
    let config = OrderedConfig {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: (*next).max(1) },
        replay_policy: ReplayPolicy::Instant,
        ..OrderedConfig::default()
    };
    let consumer = connection.bounded(handle.create_consumer(config)).await?;
    let messages = connection.bounded(consumer.messages()).await?;
    let mut chunks = messages.ready_chunks(CHUNK);
    // Why: only of facts are all messages of a transaction still there; a card
    // that was replaced since leaves a hole.
    let whole = stream == StreamName::Facts;
    let (mut pending, mut taken) = (Vec::new(), Vec::new());
    let mut expected = *next;
    let mended = connection.mended();
    tokio::pin!(mended);
    loop {
        // Why: the consumer of a broker that died is gone; its own heartbeat
        // would notice only seconds later.
        let chunk = tokio::select! {
            chunk = chunks.next() => chunk,
            () = &mut mended => return Err(StreamError::Unreachable("the link broke".into())),
        };
        let Some(chunk) = chunk else { break };
        let mut broken = None;
        for message in chunk {
            match read(message) {
                Ok((message, unfinished)) if message.sequence >= expected => {
                    expected = message.sequence + 1;
                    pending.push(message);
                    if !(unfinished && whole) {
                        taken.append(&mut pending);
                    }
                }
                // Why: a consumer made anew may repeat what it gave before.
                Ok(_) => {}
                Err(e) => {
                    broken = Some(e);
                    break;
                }
            }
        }
        if let Some(last) = taken.last() {
            *next = last.sequence + 1;
            take(std::mem::take(&mut taken));
        }
        if let Some(e) = broken {
            return Err(e);
        }
    }
    Ok(())
}

/// A message, and whether more of its transaction follows.
fn read(
    message: Result<async_nats::jetstream::Message, impl std::fmt::Display>,
) -> Result<(Message, bool), StreamError> {
    let message = message.map_err(|e| StreamError::Unreachable(e.to_string()))?;
    let info = message.info().map_err(|e| StreamError::Refused(e.to_string()))?;
    let (sequence, stored_at) = (info.stream_sequence, info.published);
    let async_nats::Message { subject, payload, headers, .. } = message.message;
    let unfinished = headers.is_some_and(|headers| {
        headers.get("Nats-Batch-Id").is_some() && headers.get("Nats-Batch-Commit").is_none()
    });
    Ok((Message { sequence, subject: subject.to_string(), payload, stored_at }, unfinished))
}

/// Reads a stream's messages up to its present head, in order; for recounts.
///
/// # Errors
/// The log can't be reached.
pub async fn read_all(
    connection: &Connection,
    stream: StreamName,
) -> Result<Vec<Message>, StreamError> {
    read_some(connection, stream, 1, usize::MAX).await
}

/// Reads at most `most` of a stream's messages from `from` to its present
/// head, in order.
///
/// # Errors
/// The log can't be reached.
pub async fn read_some(
    connection: &Connection,
    stream: StreamName,
    from: u64,
    most: usize,
) -> Result<Vec<Message>, StreamError> {
    let head = crate::read::head(connection, stream).await?;
    let mut some = Vec::new();
    if head < from {
        return Ok(some);
    }
    let stop = CancellationToken::new();
    follow(connection, stream, from, &stop, |chunk| {
        some.extend(chunk);
        if some.len() >= most || some.last().is_some_and(|m| m.sequence >= head) {
            stop.cancel();
        }
    })
    .await;
    some.truncate(most);
    Ok(some)
}
