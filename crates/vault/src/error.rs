//! What can go wrong here. No error carries a name, a number or a key.

use std::path::{Path, PathBuf};

use crate::access::AuditError;

/// A failure of the vault itself.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file or folder can't be made, read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others on this machine may read the key file.
    #[error("{} is open to others (mode {mode:o}); it must be 600", path.display())]
    OpenToOthers {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The database is there and the key file is not. A new key would make
    /// everyone in it unreadable for good, so none is made.
    #[error("{} is missing, and the vault can't be read without it: put it back", path.display())]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file is not one of ours, or damaged.
    #[error("{} is damaged: put it back from a backup", path.display())]
    KeyDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// Key file and database are of two different vaults.
    #[error("the key file belongs to another vault than the database")]
    KeyForeign,
    /// SQLite finds the database damaged.
    #[error("the vault's database is damaged: put it back from a backup")]
    DatabaseDamaged,
    /// A newer build made the database.
    #[error("the vault is of schema {found}; this build knows {known}: use a newer build")]
    Newer {
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// SQLite failed. Its messages name tables and columns, never values.
    #[error("vault database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// A row can't be understood, or its key can't be unwrapped.
    #[error("the vault's entry of {card} is damaged")]
    Damaged {
        /// Whose.
        card: String,
    },
    /// No such person or dispatch, or not any more.
    #[error("the vault has no key for {owner}")]
    Unknown {
        /// Whose was asked for: a card's or dispatch's id.
        owner: String,
    },
    /// A claim that names nobody: neither an ID nor what could stand in for one.
    #[error("a claim names nobody")]
    Nobody,
    /// The person's key is gone from the database, but a reader in another
    /// process keeps an old page of it on disk. To destroy again, at any
    /// time, finishes the work.
    #[error("the key is destroyed, but its trace on disk could not be wiped yet: repeat")]
    NotWiped,
}

impl VaultError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "vault.file",
            Self::OpenToOthers { .. } => "vault.open_to_others",
            Self::KeyMissing { .. } => "vault.key_missing",
            Self::KeyDamaged { .. } => "vault.key_damaged",
            Self::KeyForeign => "vault.key_foreign",
            Self::DatabaseDamaged => "vault.database_damaged",
            Self::Newer { .. } => "vault.newer",
            Self::Database(_) => "vault.database",
            Self::Random(_) => "vault.random",
            Self::Damaged { .. } => "vault.damaged",
            Self::Unknown { .. } => "vault.unknown_card",
            Self::Nobody => "vault.nobody",
            Self::NotWiped => "vault.not_wiped",
        }
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The access says too little: who, what for, which fields, about what.
    #[error("an access must name {0}")]
    Incomplete(&'static str),
    /// More at once than one record may hold.
    #[error("{asked} at once, where {} may be opened", crate::MAX_ITEMS)]
    TooMany {
        /// How many were asked for.
        asked: usize,
    },
    /// It could not be recorded.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The work was cut off with the process.
    #[error("cut off")]
    CutOff,
}

impl OpenError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Incomplete(_) => "vault.access_incomplete",
            Self::TooMany { .. } => "vault.too_many",
            Self::Audit(_) => "vault.not_recorded",
            Self::Vault(error) => error.code(),
            Self::CutOff => "vault.cut_off",
        }
    }
}
