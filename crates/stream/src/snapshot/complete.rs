//! Of a stream that keeps the last value per subject, what was replaced while
//! it was copied.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    SnapshotError,
    archive::{Entry, Reader, Writer},
    message,
};
use crate::{connect::Connection, declare::StreamName};

/// Adds to the archive `path` everything that was stored after its end, up to
/// a moment at which nothing follows. Whatever was the last value of its
/// subject at that moment was seen: either by the copy, or here.
pub(super) async fn with_what_came_since(
    connection: &Connection,
    stream: StreamName,
    path: &Path,
) -> Result<(), SnapshotError> {
    let copied = {
        let reader = Reader::open(path).map_err(SnapshotError::of(path))?;
        reader.state["last_seq"].as_u64().unwrap_or(0)
    };
    let mut since = Vec::new();
    let mut next = copied + 1;
    while let Some(entry) = message::from(connection, stream, next).await? {
        next = entry.sequence + 1;
        since.push(entry);
    }
    let path = path.to_owned();
    let add = move || add(&path, since, next - 1);
    tokio::task::spawn_blocking(add).await.map_err(|_| {
        let source = std::io::ErrorKind::Interrupted.into();
        SnapshotError::File { path: PathBuf::from("writing"), source }
    })?
}

fn add(path: &Path, since: Vec<Entry>, last_sequence: u64) -> Result<(), SnapshotError> {
    let beside = path.with_extension("more");
    let mut reader = Reader::open(path).map_err(SnapshotError::of(path))?;
    let mut state = reader.state.clone();
    state["last_seq"] = json!(last_sequence);
    let mut write = || -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
        let mut writer = Writer::new(file, &state)?;
        while let Some(entry) = reader.next()? {
            writer.write(&entry)?;
        }
        for entry in &since {
            writer.write(entry)?;
        }
        writer.finish()?;
        fs::rename(&beside, path)
    };
    write().map_err(SnapshotError::of(path))
}
