//! One message with its headers and its time, exactly as it is stored.

use async_nats::jetstream::{ErrorCode, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::archive::Entry;
use crate::{connect::Connection, declare::StreamName, error::StreamError};

#[derive(Deserialize)]
struct Answer {
    message: Stored,
}

#[derive(Deserialize)]
struct Stored {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
    time: String,
}

/// The message at `sequence`, if it is still there. Of the leader, which tells
/// of no transaction before it is whole.
pub(super) async fn at(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<Option<Entry>, StreamError> {
    get(connection, stream, json!({ "seq": sequence })).await
}

/// The first message at or after `sequence`.
pub(super) async fn from(
    connection: &Connection,
    stream: StreamName,
    sequence: u64,
) -> Result<Option<Entry>, StreamError> {
    get(connection, stream, json!({ "seq": sequence, "next_by_subj": ">" })).await
}

async fn get(
    connection: &Connection,
    stream: StreamName,
    ask: Value,
) -> Result<Option<Entry>, StreamError> {
    let subject = format!("STREAM.MSG.GET.{}", stream.as_str());
    let request = connection.context.request(subject, &ask);
    match connection.bounded(request).await? {
        Response::Ok(Answer { message }) => entry(message).map(Some).ok_or_else(|| {
            StreamError::Refused("a message came in a form that is not known".into())
        }),
        Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => Ok(None),
        Response::Err { error } => Err(StreamError::Refused(error.to_string())),
    }
}

fn entry(stored: Stored) -> Option<Entry> {
    let time = OffsetDateTime::parse(&stored.time, &Rfc3339).ok()?;
    Some(Entry {
        name: stored.subject,
        timestamp: i64::try_from(time.unix_timestamp_nanos()).ok()?,
        sequence: stored.seq,
        headers: STANDARD.decode(stored.hdrs).ok()?,
        payload: STANDARD.decode(stored.data).ok()?,
    })
}
