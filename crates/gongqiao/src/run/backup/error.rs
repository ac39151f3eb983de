//! Why there is no backup, or no restore. Nothing was changed then.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A backup was not made or can't be restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// What is there is not overwritten.
    #[error("{} is there already; name a new directory", .0.display())]
    Exists(PathBuf),
    /// The data directory holds no exchange.
    #[error("{} holds no exchange: {missing} is missing. Name its data directory with --data-dir", dir.display())]
    NothingHere {
        /// Which directory.
        dir: PathBuf,
        /// What every exchange has.
        missing: &'static str,
    },
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no manifest: it is written last.
    #[error("{} is no whole backup: it has no manifest.json. Use another", .0.display())]
    Incomplete(PathBuf),
    /// Something differs from what was written.
    #[error("{} is damaged: {why}. Use another backup", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// A newer program made it.
    #[error("{} was made by gongqiao {made_by}, which is newer than this one: restore with that", path.display())]
    Newer {
        /// Which backup.
        path: PathBuf,
        /// Its version.
        made_by: String,
    },
    /// A backup of keys where one of streams belongs, or the other way round.
    #[error("{} is a backup of {found}, and one of {needed} is needed", path.display())]
    Kind {
        /// Which backup.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What it should be.
        needed: &'static str,
    },
    /// Streams and keys are of two exchanges.
    #[error(
        "the streams are of account {streams}, the keys of account {keys}: they belong to two exchanges"
    )]
    Foreign {
        /// The account of the streams.
        streams: String,
        /// The account of the keys.
        keys: String,
    },
    /// Of another city than the configuration says.
    #[error(
        "the backup is of the city {found}, and cell.city is {configured}: correct the configuration, or take the right backup"
    )]
    OtherCell {
        /// The city of the backup.
        found: String,
        /// The city of the configuration.
        configured: String,
    },
    /// What was restored is not what was saved.
    #[error("what was restored differs from what was saved: {0}. Nothing was kept")]
    Differs(String),
}

impl BackupError {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "backup.exists",
            Self::NothingHere { .. } => "backup.nothing_here",
            Self::File { .. } => "backup.file",
            Self::Incomplete(_) => "backup.incomplete",
            Self::Damaged { .. } => "backup.damaged",
            Self::Newer { .. } => "backup.newer",
            Self::Kind { .. } => "backup.kind",
            Self::Foreign { .. } => "backup.foreign",
            Self::OtherCell { .. } => "backup.other_city",
            Self::Differs(_) => "restore.differs",
        }
    }

    /// For `map_err` of what reads or writes `path`.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }

    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.into() }
    }
}
