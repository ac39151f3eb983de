//! Copies of the database while others use it, and what a restored vault lacks.

use std::path::Path;

use gongqiao_contract::id::CardId;
use rusqlite::{Connection, OpenFlags, backup::Backup};

use crate::{
    error::VaultError,
    keys::KeyRing,
    store::{SCHEMA, Vault, private_file},
};

impl Vault {
    /// Copies the database of the vault in the data directory `dir` into the
    /// new file `to`, as it is at one moment, and checks the copy with the key
    /// file of `dir`. Whoever uses the vault goes on.
    ///
    /// # Errors
    /// There is no vault, the copy can't be written, or database and key file
    /// are of two vaults or damaged.
    pub fn copy(dir: &Path, to: &Path) -> Result<(), VaultError> {
        let path = dir.join("vault/vault.db");
        let keys = KeyRing::obtain(&dir.join("keys/vault.key"), false)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let from = Connection::open_with_flags(path, flags)?;
        drop(private_file(to)?);
        let mut copy = Connection::open(to)?;
        // Why in one step: between two, a writer would make it begin again.
        Backup::new(&from, &mut copy)?.step(-1)?;
        // Why: one file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        check(&copy, &keys)
    }

    /// How many of `cards` have no key here: what was sealed for them can't be
    /// opened.
    ///
    /// # Errors
    /// The database fails.
    pub fn without_key(&self, cards: &[CardId]) -> Result<usize, VaultError> {
        Ok(self.person_keys(cards.iter())?.iter().filter(|key| key.is_none()).count())
    }
}

fn check(copy: &Connection, keys: &KeyRing) -> Result<(), VaultError> {
    let found: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Err(VaultError::Newer { found, known: SCHEMA });
    }
    let sound: String = copy.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if sound != "ok" {
        return Err(VaultError::DatabaseDamaged);
    }
    let fingerprint: [u8; 32] =
        copy.query_row("SELECT fingerprint FROM vault", [], |row| row.get(0))?;
    if fingerprint == keys.fingerprint() { Ok(()) } else { Err(VaultError::KeyForeign) }
}
