//! A single durable message, outside of any transaction.

use bytes::Bytes;

use crate::{
    connect::Connection,
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
