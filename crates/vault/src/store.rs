//! The table of persons.

use std::{
    fmt,
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

use gongqiao_contract::{
    codes::CitizenId,
    id::{CardId, DispatchId},
};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use zeroize::Zeroizing;

use crate::{
    error::VaultError,
    keys::{Key, KeyRing, NONCE, private_dir, random},
};

/// SQLite's page cache, negative for KiB: hashes come in no order, so the
/// pages of a city of two million are all touched.
const CACHE_KIB: i64 = -65_536;
/// The schema that this build makes and reads.
const SCHEMA: i64 = 1;
/// How long a write waits for one of another process.
const BUSY: Duration = Duration::from_secs(10);
/// How long a wipe waits for readers of other processes, which read for
/// milliseconds.
const WIPE: Duration = Duration::from_secs(1);

/// Identifies and seals. Cheap to clone; several processes of one machine
/// may have the same vault open. Every method blocks on the disk.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<KeyRing>,
    db: Arc<Mutex<Connection>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// A person who now has a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The card.
    pub card: CardId,
    /// Whether it was made by this call.
    pub new: bool,
}

impl Vault {
    /// Opens the vault in the data directory `dir`, or makes one there.
    ///
    /// # Errors
    /// Files that can't be read or are open to others; a key file that is
    /// missing, damaged or of another vault.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        let (folder, key_folder) = (dir.join("vault"), dir.join("keys"));
        private_dir(&folder)?;
        private_dir(&key_folder)?;
        // Why: two processes at a first start must not set up one database
        // at once; SQLite does not wait for its own change to WAL.
        let lock = private_file(&folder.join("vault.lock"))?;
        lock.lock().map_err(VaultError::file(&folder))?;

        let path = folder.join("vault.db");
        let is_new = !path.try_exists().map_err(VaultError::file(&path))?;
        let keys = KeyRing::obtain(&key_folder.join("vault.key"), is_new)?;
        if is_new {
            // Why: SQLite gives its other files the mode of this one. Only
            // when new, for to close a file takes the locks of this whole
            // process on it away, also those of another handle.
            private_file(&path)?;
        }
        let db = Connection::open(&path)?;
        set_up(&db, &keys)?;
        tracing::debug!(is_new, "vault open");
        Ok(Self { keys: Arc::new(keys), db: Arc::new(Mutex::new(db)) })
    }

    /// The cards of those who have one. Changes nothing.
    ///
    /// # Errors
    /// The database fails.
    pub fn lookup(&self, ids: &[&CitizenId]) -> Result<Vec<Option<CardId>>, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction()?;
        ids.iter().map(|id| find(&tx, &self.keys.lookup_hash(id.expose()))).collect()
    }

    /// Gives everyone a card who has none: all of them or, on an error, none.
    /// On return it is on disk. Whoever enrols a person first makes the card,
    /// and every other call, in this process or another, returns the same;
    /// so does a second mention in `ids`, with `new` false.
    ///
    /// # Errors
    /// The database or the system's randomness fails.
    pub fn enrol(&self, ids: &[&CitizenId]) -> Result<Vec<Enrolled>, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let enrolled: Result<Vec<_>, _> = ids.iter().map(|id| self.enrol_one(&tx, id)).collect();
        let enrolled = enrolled?;
        tx.commit()?;
        Ok(enrolled)
    }

    /// Gives a dispatch a key, unless it has one. On return it is on disk.
    ///
    /// # Errors
    /// The database or the system's randomness fails.
    pub fn enrol_dispatch(&self, dispatch: &DispatchId) -> Result<(), VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let owner = dispatch.as_str();
        let has = tx
            .query_row("SELECT 1 FROM person WHERE card = ?1", [owner], |_| Ok(()))
            .optional()?
            .is_some();
        if !has {
            self.give_key(&tx, owner, &self.keys.owner_hash(owner))?;
        }
        Ok(tx.commit()?)
    }

    /// Destroys the person's key and hash, for good: what was sealed for the
    /// card can't be opened any more, and the person, enrolled again, gets
    /// another card. Returns whether there was one. May be repeated.
    ///
    /// # Errors
    /// [`VaultError::NotWiped`] when the key is gone but has left a trace on
    /// disk, which a repetition wipes; or the database fails.
    pub fn destroy(&self, card: &CardId) -> Result<bool, VaultError> {
        self.destroy_key(card.as_str())
    }

    /// [`Vault::destroy`] for a dispatch: who drove can't be read any more.
    ///
    /// # Errors
    /// As [`Vault::destroy`].
    pub fn destroy_dispatch(&self, dispatch: &DispatchId) -> Result<bool, VaultError> {
        self.destroy_key(dispatch.as_str())
    }

    fn destroy_key(&self, owner: &str) -> Result<bool, VaultError> {
        let db = self.db.lock();
        let gone = db.execute("DELETE FROM person WHERE card = ?1", [owner])? > 0;
        // Why: secure_delete overwrites the page, but its old content stands
        // in the write-ahead log until that is folded in and cut.
        db.busy_timeout(WIPE)?;
        let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        db.busy_timeout(BUSY)?;
        if busy? { Err(VaultError::NotWiped) } else { Ok(gone) }
    }

    /// A keyed hash that tells changed from unchanged content, and tells
    /// nothing to who lacks the cell's key.
    pub fn content_mac(&self, content: &[u8]) -> [u8; 16] {
        self.keys.content_mac(content)
    }

    /// The keys of the cards, in their order, as they are at one moment.
    /// `None` where there is none (any more).
    pub(crate) fn person_keys<'a>(
        &self,
        cards: impl Iterator<Item = &'a CardId>,
    ) -> Result<Vec<Option<Key>>, VaultError> {
        self.owner_keys(cards.map(CardId::as_str))
    }

    /// [`Vault::person_keys`] for owners of any kind, by their ids.
    pub(crate) fn owner_keys<'a>(
        &self,
        owners: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Option<Key>>, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction()?;
        let mut select = tx.prepare_cached("SELECT key FROM person WHERE card = ?1")?;
        owners
            .map(|owner| {
                let wrapped: Option<Vec<u8>> =
                    select.query_row([owner], |row| row.get(0)).optional()?;
                let key = wrapped.map(|wrapped| self.keys.unwrap(owner, &wrapped));
                match key {
                    Some(None) => Err(VaultError::Damaged { card: owner.to_owned() }),
                    other => Ok(other.flatten()),
                }
            })
            .collect()
    }

    fn enrol_one(&self, tx: &Transaction<'_>, id: &CitizenId) -> Result<Enrolled, VaultError> {
        let hash = self.keys.lookup_hash(id.expose());
        if let Some(card) = find(tx, &hash)? {
            return Ok(Enrolled { card, new: false });
        }
        let card = CardId::from_random(*random()?);
        self.give_key(tx, card.as_str(), &hash)?;
        Ok(Enrolled { card, new: true })
    }

    /// A new key for `owner`, found by `lookup`.
    fn give_key(
        &self,
        tx: &Transaction<'_>,
        owner: &str,
        lookup: &[u8; 32],
    ) -> Result<(), VaultError> {
        let key: Key = random()?;
        let nonce: Zeroizing<[u8; NONCE]> = random()?;
        let wrapped = self
            .keys
            .wrap(owner, &nonce, &key)
            .ok_or_else(|| VaultError::Damaged { card: owner.to_owned() })?;
        tx.prepare_cached("INSERT INTO person (card, lookup, key) VALUES (?1, ?2, ?3)")?
            .execute(params![owner, lookup, wrapped])?;
        Ok(())
    }
}

fn find(tx: &Transaction<'_>, hash: &[u8; 32]) -> Result<Option<CardId>, VaultError> {
    let mut select = tx.prepare_cached("SELECT card FROM person WHERE lookup = ?1")?;
    let card: Option<String> = select.query_row([hash], |row| row.get(0)).optional()?;
    let Some(card) = card else { return Ok(None) };
    card.parse().map(Some).map_err(|_| VaultError::Damaged { card })
}

fn private_file(path: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(VaultError::file(path))
}

fn set_up(db: &Connection, keys: &KeyRing) -> Result<(), VaultError> {
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "secure_delete", "ON")?;
    db.pragma_update(None, "cache_size", CACHE_KIB)?;
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Err(VaultError::Newer { found, known: SCHEMA });
    }
    if found == 0 {
        db.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE person (
                 card TEXT PRIMARY KEY,
                 lookup BLOB NOT NULL UNIQUE,
                 key BLOB NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE vault (fingerprint BLOB NOT NULL) STRICT;
             INSERT INTO vault VALUES (x'{}');
             PRAGMA user_version = {SCHEMA};
             COMMIT;",
            hex::encode(keys.fingerprint())
        ))?;
    }
    let fingerprint: [u8; 32] =
        db.query_row("SELECT fingerprint FROM vault", [], |row| row.get(0))?;
    if fingerprint == keys.fingerprint() { Ok(()) } else { Err(VaultError::KeyForeign) }
}
