//! Reading single messages of a stream by sequence or subject.

use async_nats::jetstream::{
    message::StreamMessage,
    stream::{RawMessageError, RawMessageErrorKind, Stream},
};
use bytes::Bytes;
use gongqiao_contract::subject::REGISTER_SUBJECTS;
use time::OffsetDateTime;

use crate::{connect::Connection, declare::StreamName, error::StreamError};

/// One stored message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its place in the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub payload: Bytes,
    /// When the server stored it.
    pub stored_at: OffsetDateTime,
}

/// The last sequence that a stream has given out.
///
/// # Errors
/// The log can't be reached.
pub async fn head(connection: &Connection, stream: StreamName) -> Result<u64, StreamError> {
    Ok(state(connection, stream).await?.last_sequence)
}

/// What a stream holds now.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// Last sequence given out.
    pub last_sequence: u64,
    /// Messages kept.
    pub messages: u64,
    /// When the stream was made: tells one log from another.
    pub created: OffsetDateTime,
}

/// Asks the server for a stream's state.
///
/// # Errors
/// The log can't be reached.
pub async fn state(connection: &Connection, stream: StreamName) -> Result<State, StreamError> {
    let handle = handle(connection, stream).await?;
    let info = handle.cached_info();
    Ok(State {
        last_sequence: info.state.last_sequence,
        messages: info.state.messages,
        created: info.created,
    })
}

/// The sequence of the last card that REGISTER still keeps; 0 for none. Unlike
/// [`head`], whoever follows the stream surely gets there.
///
/// # Errors
/// The log can't be reached.
pub async fn last_card(connection: &Connection) -> Result<u64, StreamError> {
    let handle = unchecked(connection, StreamName::Register.as_str()).await?;
    // Why not by ">": the server then looks at the last sequence alone.
    let [cards] = REGISTER_SUBJECTS;
    let last = raw(connection, handle.raw_message_builder().last_by_subject(cards).send()).await?;
    Ok(last.map_or(0, |message| message.sequence))
}

/// The message at `sequence`, if it is still there.
///
/// # Errors
/// The log can't be reached.
pub async fn at(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<Option<Message>, StreamError> {
    let handle = unchecked(connection, stream.as_str()).await?;
    let found = raw(connection, handle.raw_message_builder().sequence(sequence).send()).await?;
    Ok(found.map(into_message))
}

/// The first message on `subject` at or after `from`.
///
/// # Errors
/// The log can't be reached.
pub async fn next_on_subject(
    connection: &Connection,
    stream: StreamName,
    subject: &str,
    from: u64,
) -> Result<Option<Message>, StreamError> {
    let handle = unchecked(connection, stream.as_str()).await?;
    let get = handle.raw_message_builder().next_by_subject(subject).sequence(from).send();
    Ok(raw(connection, get).await?.map(into_message))
}

/// An answer of the leader, and not of any replica: one may lack what was
/// stored a moment ago.
pub(crate) async fn raw(
    connection: &Connection,
    get: impl Future<Output = Result<StreamMessage, RawMessageError>>,
) -> Result<Option<StreamMessage>, StreamError> {
    match tokio::time::timeout(connection.timeout, get).await {
        Err(_) => Err(StreamError::TimedOut(connection.timeout)),
        Ok(Ok(message)) => Ok(Some(message)),
        Ok(Err(e)) => match e.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(None),
            _ => Err(StreamError::Unreachable(e.to_string())),
        },
    }
}

fn into_message(message: StreamMessage) -> Message {
    Message {
        sequence: message.sequence,
        subject: message.subject.to_string(),
        payload: message.payload,
        stored_at: message.time,
    }
}

async fn handle(connection: &Connection, stream: StreamName) -> Result<Stream, StreamError> {
    match connection.bounded(connection.context.get_stream(stream.as_str())).await {
        Err(StreamError::Refused(why)) => Err(StreamError::Unreachable(why)),
        other => other,
    }
}

/// A handle without asking the server first.
pub(crate) async fn unchecked(
    connection: &Connection,
    stream: &str,
) -> Result<Stream<()>, StreamError> {
    match connection.bounded(connection.context.get_stream_no_info(stream)).await {
        Err(StreamError::Refused(why)) => Err(StreamError::Unreachable(why)),
        other => other,
    }
}
