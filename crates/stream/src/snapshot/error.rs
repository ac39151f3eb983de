//! What can go wrong between a stream and its file.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::error::StreamError;

/// A stream was not saved, not read or not restored.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The broker can't be reached, or said no.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is in a file is not the whole of a stream.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The broker broke it off.
    #[error("the broker broke off the copy of {stream}: {why}. Nothing was changed; repeat it")]
    BrokenOff {
        /// Which stream.
        stream: &'static str,
        /// What the broker said.
        why: String,
    },
    /// A stream that is there is not overwritten.
    #[error("the broker has a stream {stream} already; restore into one that has none")]
    Exists {
        /// Which stream.
        stream: &'static str,
    },
}

impl SnapshotError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stream(error) => error.code(),
            Self::File { .. } => "backup.file",
            Self::Damaged { .. } => "backup.damaged",
            Self::BrokenOff { .. } => "backup.broken_off",
            Self::Exists { .. } => "restore.stream_exists",
        }
    }

    /// For `map_err` of what reads or writes `path`: what can't be understood
    /// is damage, everything else a failure of the disk.
    pub(super) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::UnexpectedEof => Self::Damaged { path, why: "it is cut off".into() },
                io::ErrorKind::InvalidData => Self::Damaged { path, why: source.to_string() },
                _ => Self::File { path, source },
            }
        }
    }
}
