//! What a plain client of the broker would do, without anything of ours: the
//! baselines of measurements.

use std::future::IntoFuture as _;

use async_nats::jetstream::{
    consumer::{DeliverPolicy, pull::OrderedConfig},
    message::Message,
};
use futures::{Stream, StreamExt as _, TryFutureExt as _, TryStreamExt as _};

use crate::{connect::Connection, error::StreamError};

/// Publishes that wait for their acknowledgement at once.
const WINDOW: usize = 1_024;

/// Reads the first `most` messages of a stream with an ordered consumer, and
/// drops them.
///
/// # Errors
/// The broker can't be reached.
pub async fn discard(
    connection: &Connection,
    stream: &str,
    most: usize,
) -> Result<u64, StreamError> {
    let messages = Box::pin(ordered(connection, stream)).await?.take(most);
    messages.try_fold(0, |count, _| async move { Ok(count + 1) }).await
}

/// Publishes the payloads of the first `most` messages of a stream to `subject`,
/// one by one, 1,024 of them in flight.
///
/// # Errors
/// The broker can't be reached.
pub async fn copy(
    connection: &Connection,
    stream: &str,
    subject: &str,
    most: usize,
) -> Result<u64, StreamError> {
    let context = &connection.context;
    let messages = Box::pin(ordered(connection, stream)).await?.take(most);
    let published = messages.and_then(|message| async move {
        let ack = context.publish(subject.to_owned(), message.message.payload).await;
        Ok(ack.map_err(|e| unreachable(&e))?.into_future().map_err(|e| unreachable(&e)))
    });
    published.try_buffered(WINDOW).try_fold(0, |count, _| async move { Ok(count + 1) }).await
}

async fn ordered(
    connection: &Connection,
    stream: &str,
) -> Result<impl Stream<Item = Result<Message, StreamError>> + use<>, StreamError> {
    let handle = connection.bounded(connection.context.get_stream(stream)).await?;
    let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
    let consumer = connection.bounded(handle.create_consumer(config)).await?;
    let messages = connection.bounded(consumer.messages()).await?;
    Ok(messages.map_err(|e| unreachable(&e)))
}

fn unreachable(e: &impl std::fmt::Display) -> StreamError {
    StreamError::Unreachable(e.to_string())
}
