//! Whole streams into files and back, while others write to them, through the
//! broker's own snapshots: every message keeps its sequence, its time and its
//! headers. Consumers stay behind: whoever tells others anything begins at the
//! present after a restore.
//!
//! | step | what is asked for |
//! |---|---|
//! | save | `$JS.API.STREAM.SNAPSHOT.<stream>`; chunks come to an inbox, each is acknowledged |
//! | restore | `$JS.API.STREAM.RESTORE.<stream>` with our declaration of the stream; chunks go to the subject that it names, the empty one ends it |
//!
//! The broker copies what the stream held at the request, message by message,
//! while others write. Two things would go wrong with that, and are looked at:
//! the last message may be in the middle of a transaction, then it is asked
//! anew; and a card may be replaced before its turn, then neither its old nor
//! its new value would be there: what was written since is added.

mod archive;
mod complete;
mod error;
mod message;

use std::{path::Path, time::Duration};

use async_nats::{Request, StatusCode, Subscriber, jetstream::response::Response};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

pub use error::SnapshotError;

use crate::{
    connect::Connection,
    declare::{StreamName, missing},
    error::StreamError,
    read::{self, State},
};

/// Bytes that one chunk of a copy holds.
const CHUNK: usize = 128 << 10;
/// Bytes that one chunk of a restore holds. Why so few: a broker that syncs
/// every message needs half a millisecond for each, and gives a restore up
/// when it has not taken a chunk within five seconds.
const RESTORE_CHUNK: usize = 8 << 10;
/// The broker may take its time between two chunks: it reads and writes disks.
const PATIENCE: Duration = Duration::from_secs(60);
/// After the last chunk of a restore the broker puts everything in order.
const LONG_PATIENCE: Duration = Duration::from_secs(3_600);
/// A transaction is under way for milliseconds; so often it may be in the way.
const TRIES: u32 = 1_000;

/// What a file holds of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contents {
    /// Messages in it.
    pub messages: u64,
    /// The sequence of the first; 0 for none.
    pub first_sequence: u64,
    /// The last sequence that the stream had given out.
    pub last_sequence: u64,
}

#[derive(Deserialize)]
struct Snapshot {
    state: SnapshotState,
}

#[derive(Deserialize)]
struct SnapshotState {
    messages: u64,
    bytes: u64,
    last_seq: u64,
}

/// How far a copy has come: bytes done, and bytes there are, as far as that is
/// known (what is compressed is smaller than what the broker counts).
pub type Progress<'a> = dyn FnMut(u64, u64) + Send + 'a;

/// Copies `stream` into a new file `to`, and reads it back from there.
///
/// # Errors
/// See [`SnapshotError`]; the file may be there in parts then.
pub async fn save(
    connection: &Connection,
    stream: StreamName,
    to: &Path,
    progress: &mut Progress<'_>,
) -> Result<Contents, SnapshotError> {
    let (chunks, state) = begin(connection, stream).await?;
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .await
        .map_err(SnapshotError::of(to))?;
    receive(connection, stream, chunks, to, &mut file, |done| progress(done, state.bytes)).await?;
    file.sync_all().await.map_err(SnapshotError::of(to))?;
    let contents = inspect(stream, to).await?;
    if contents.last_sequence != state.last_seq {
        let why = format!("it ends at {}, not at {}", contents.last_sequence, state.last_seq);
        return Err(SnapshotError::Damaged { path: to.to_owned(), why });
    }
    match state.messages.saturating_sub(contents.messages) {
        0 => Ok(contents),
        missing if stream.keeps_all() => {
            let why = format!("{missing} messages are missing");
            Err(SnapshotError::Damaged { path: to.to_owned(), why })
        }
        missing => {
            tracing::info!(stream = stream.as_str(), missing, "snapshot.complete");
            complete::with_what_came_since(connection, stream, to).await?;
            inspect(stream, to).await
        }
    }
}

/// Reads a file from beginning to end and says what it holds of `stream`.
///
/// # Errors
/// [`SnapshotError::Damaged`] unless it is whole, in order, of this stream,
/// and ends with a whole transaction.
pub async fn inspect(stream: StreamName, path: &Path) -> Result<Contents, SnapshotError> {
    let path = path.to_owned();
    let look = move || look(stream, &path);
    tokio::task::spawn_blocking(look).await.map_err(|_| {
        let source = std::io::ErrorKind::Interrupted.into();
        SnapshotError::File { path: "reading".into(), source }
    })?
}

fn look(stream: StreamName, path: &Path) -> Result<Contents, SnapshotError> {
    let damaged = |why: String| SnapshotError::Damaged { path: path.to_owned(), why };
    let mut reader = archive::Reader::open(path).map_err(SnapshotError::of(path))?;
    let end = reader.state["last_seq"].as_u64().unwrap_or(0);
    let mut contents = Contents { messages: 0, first_sequence: 0, last_sequence: 0 };
    let mut unfinished = false;
    while let Some(entry) = reader.next().map_err(SnapshotError::of(path))? {
        if entry.sequence <= contents.last_sequence {
            return Err(damaged(format!("message {} is out of order", entry.sequence)));
        }
        if !stream.holds(&entry.name) {
            return Err(damaged(format!("message {} is of another stream", entry.sequence)));
        }
        if contents.messages == 0 {
            contents.first_sequence = entry.sequence;
        }
        contents.messages += 1;
        contents.last_sequence = entry.sequence;
        unfinished = entry.is_unfinished();
    }
    if unfinished && stream.keeps_all() {
        return Err(damaged("it ends within a transaction".into()));
    }
    if contents.last_sequence > end {
        return Err(damaged(format!("it goes beyond its end, {end}")));
    }
    contents.last_sequence = end;
    Ok(contents)
}

/// Makes `stream`, which must not be there, out of a file that
/// [`inspect`] has found whole.
///
/// # Errors
/// See [`SnapshotError`].
pub async fn restore(
    connection: &Connection,
    stream: StreamName,
    replicas: usize,
    from: &Path,
    progress: &mut Progress<'_>,
) -> Result<State, SnapshotError> {
    if exists(connection, stream).await? {
        return Err(SnapshotError::Exists { stream: stream.as_str() });
    }
    #[derive(Deserialize)]
    struct Reply {
        deliver_subject: String,
    }
    let of = from.to_owned();
    let read = move || archive::Reader::open(&of).map(|reader| reader.state);
    let state = tokio::task::spawn_blocking(read).await.unwrap_or(Ok(Value::Null));
    let state = state.map_err(SnapshotError::of(from))?;
    // Why our own declaration: what a stream must be does not come from a file.
    let ask = json!({ "config": stream.config(replicas), "state": state });
    let subject = format!("STREAM.RESTORE.{}", stream.as_str());
    let Reply { deliver_subject } = api(connection, subject, &ask).await?;
    send(connection, stream, &deliver_subject, from, progress).await?;
    Ok(read::state(connection, stream).await?)
}

/// Whether the broker has `stream`.
///
/// # Errors
/// The broker can't be reached.
pub async fn exists(connection: &Connection, stream: StreamName) -> Result<bool, StreamError> {
    let get = connection.context.get_stream(stream.as_str());
    match tokio::time::timeout(connection.timeout, get).await {
        Err(_) => Err(StreamError::TimedOut(connection.timeout)),
        Ok(Ok(_)) => Ok(true),
        Ok(Err(e)) if missing(&e) => Ok(false),
        Ok(Err(e)) => Err(StreamError::Unreachable(e.to_string())),
    }
}

/// Removes a stream that this very run restored, after a later one failed.
///
/// # Errors
/// The broker can't be reached.
pub async fn discard(connection: &Connection, stream: StreamName) -> Result<(), StreamError> {
    let delete = connection.context.delete_stream(stream.as_str());
    connection.bounded(delete).await.map(drop)
}

/// Asks for a copy, until one ends with a whole transaction.
async fn begin(
    connection: &Connection,
    stream: StreamName,
) -> Result<(Subscriber, SnapshotState), SnapshotError> {
    for _ in 0..TRIES {
        let inbox = connection.client.new_inbox();
        let chunks = connection.bounded(connection.client.subscribe(inbox.clone())).await?;
        let ask = json!({ "deliver_subject": inbox, "no_consumers": true, "chunk_size": CHUNK });
        let subject = format!("STREAM.SNAPSHOT.{}", stream.as_str());
        let Snapshot { state } = api(connection, subject, &ask).await?;
        let last = match stream.keeps_all() && state.last_seq > 0 {
            true => message::at(connection, stream, state.last_seq).await?,
            false => None,
        };
        if !last.is_some_and(|last| last.is_unfinished()) {
            return Ok((chunks, state));
        }
        // Why: without its listener, the broker gives the copy up.
    }
    let why = "there was a transaction under way at every try".to_owned();
    Err(SnapshotError::BrokenOff { stream: stream.as_str(), why })
}

async fn receive(
    connection: &Connection,
    stream: StreamName,
    mut chunks: Subscriber,
    to: &Path,
    file: &mut File,
    mut progress: impl FnMut(u64),
) -> Result<(), SnapshotError> {
    let broken_off = |why: String| SnapshotError::BrokenOff { stream: stream.as_str(), why };
    let broken = connection.broken();
    tokio::pin!(broken);
    let mut done = 0;
    loop {
        let chunk = tokio::select! {
            chunk = tokio::time::timeout(PATIENCE, chunks.next()) => chunk,
            () = &mut broken => return Err(broken_off("the link broke".into())),
        };
        let chunk = match chunk {
            Err(_) => return Err(broken_off(format!("nothing came for {PATIENCE:?}"))),
            Ok(None) => return Err(broken_off("the link was closed".into())),
            Ok(Some(chunk)) => chunk,
        };
        if chunk.payload.is_empty() {
            return match chunk.status {
                None | Some(StatusCode::OK) => Ok(()),
                Some(status) if status.as_u16() == 204 => Ok(()),
                Some(status) => {
                    Err(broken_off(format!("{status} {}", chunk.description.unwrap_or_default())))
                }
            };
        }
        // Why before writing: a slow disk must not look like a dead receiver;
        // the broker never has more than a window of chunks under way.
        if let Some(ack) = chunk.reply {
            connection.bounded(connection.client.publish(ack, Bytes::new())).await?;
        }
        file.write_all(&chunk.payload).await.map_err(SnapshotError::of(to))?;
        done += chunk.payload.len() as u64;
        progress(done);
    }
}

async fn send(
    connection: &Connection,
    stream: StreamName,
    subject: &str,
    from: &Path,
    progress: &mut Progress<'_>,
) -> Result<(), SnapshotError> {
    let mut file = File::open(from).await.map_err(SnapshotError::of(from))?;
    let all = file.metadata().await.map_err(SnapshotError::of(from))?.len();
    let mut done = 0;
    loop {
        let mut chunk = Vec::with_capacity(RESTORE_CHUNK);
        let read = (&mut file).take(RESTORE_CHUNK as u64).read_to_end(&mut chunk).await;
        let read = read.map_err(SnapshotError::of(from))?;
        let patience = if read == 0 { LONG_PATIENCE } else { PATIENCE };
        let request = Request::new().payload(chunk.into()).timeout(Some(patience));
        let reply = connection.client.send_request(subject.to_owned(), request).await;
        let reply = reply.map_err(|e| StreamError::Unreachable(e.to_string()))?;
        refused(stream, &reply.payload)?;
        if read == 0 {
            return Ok(());
        }
        done += read as u64;
        progress(done, all);
    }
}

/// A chunk is answered by nothing or by an error, the last one by the stream.
fn refused(stream: StreamName, reply: &[u8]) -> Result<(), SnapshotError> {
    if reply.is_empty() {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(reply).unwrap_or_default();
    match value.get("error") {
        None => Ok(()),
        Some(error) => {
            let why = error["description"].as_str().unwrap_or("it does not say why").to_owned();
            Err(SnapshotError::BrokenOff { stream: stream.as_str(), why })
        }
    }
}

/// A request to JetStream, and its answer.
async fn api<T: DeserializeOwned>(
    connection: &Connection,
    subject: String,
    ask: &Value,
) -> Result<T, StreamError> {
    match connection.bounded(connection.context.request(subject, ask)).await? {
        Response::Ok(answer) => Ok(answer),
        Response::Err { error } => Err(StreamError::Refused(error.to_string())),
    }
}
