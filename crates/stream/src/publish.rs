//! A single durable message, outside of any transaction.

use bytes::Bytes;

use crate::{
    connect::Connection,
    declare::StreamName,
    error::StreamError,
    transaction::{Outcome, Write, commit},
};

/// Stores one message and returns its sequence once it is on disk.
///
/// # Errors
/// The log can't be reached; it is then unknown whether it was stored.
pub async fn publish(
    connection: &Connection,
    subject: String,
    payload: Bytes,
) -> Result<u64, StreamError> {
    let write = Write { subject, payload, expect: None, headers: Vec::new() };
    match commit(connection, &[write]).await? {
        Outcome::Stored(stored) => Ok(stored.last_sequence),
        Outcome::Conflict => Err(StreamError::Refused("a conflict without an expectation".into())),
    }
}

/// Overwrites a message on the broker's disk and takes it out of its stream.
/// To erase one that is gone does nothing.
///
/// # Errors
/// The log can't be reached, or the stream forbids it.
pub async fn erase(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<(), StreamError> {
    let handle = connection.bounded(connection.context.get_stream_no_info(stream.as_str())).await?;
    match connection.bounded(handle.delete_message(sequence)).await {
        Ok(_) => Ok(()),
        Err(e) => match crate::read::at(connection, stream, sequence).await? {
            None => Ok(()),
            Some(_) => Err(e),
        },
    }
}
