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
/// The schema that this build makes and reads. 1 had no provisional keys.
pub(crate) const SCHEMA: i64 = 2;
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

/// Who somebody is, as far as a roster says it.
pub struct Claim {
    /// The checked ID.
    pub citizen_id: Option<CitizenId>,
    /// What stands in for one, the surest first: keys made of name, readable
    /// digits and phone number. Of somebody with an ID those under which the
    /// person could be known without it.
    pub provisional: Vec<Zeroizing<String>>,
}

impl Claim {
    /// Of somebody with an ID, who was never known without one.
    pub fn of(citizen_id: &CitizenId) -> Self {
        Self { citizen_id: Some(citizen_id.clone()), provisional: Vec::new() }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("has_id", &self.citizen_id.is_some()).finish_non_exhaustive()
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

    /// The cards of those who have one: those that [`Vault::enrol`] would
    /// return. Changes nothing.
    ///
    /// # Errors
    /// The database fails.
    pub fn lookup(&self, claims: &[Claim]) -> Result<Vec<Option<CardId>>, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction()?;
        claims.iter().map(|claim| Ok(self.known(&tx, claim)?.map(|(card, _)| card))).collect()
    }

    /// Gives everyone a card who has none: all of them or, on an error, none.
    /// On return it is on disk. Whoever enrols a person first makes the card,
    /// and every other call, in this process or another, returns the same;
    /// so does a second mention in `claims`, with `new` false.
    ///
    /// Somebody without an ID is found by the provisional keys. Once the ID
    /// becomes known, the card keeps its key and is found by the ID from then
    /// on; and whoever has an ID is known again when it is lost.
    ///
    /// # Errors
    /// The database or the system's randomness fails.
    pub fn enrol(&self, claims: &[Claim]) -> Result<Vec<Enrolled>, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let enrolled: Result<Vec<_>, _> =
            claims.iter().map(|claim| self.enrol_one(&tx, claim)).collect();
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

    /// Destroys the person's key and hashes, for good: what was sealed for the
    /// card can't be opened any more, and the person, enrolled again, gets
    /// another card. Returns whether there was one. May be repeated.
    ///
    /// # Errors
    /// [`VaultError::NotWiped`] when the key is gone but has left a trace on
    /// disk, which a repetition wipes; or the database fails.
    pub fn destroy(&self, card: &CardId) -> Result<bool, VaultError> {
        Ok(self.destroy_all(std::slice::from_ref(card))? > 0)
    }

    /// [`Vault::destroy`] for many at once; returns how many there were.
    ///
    /// # Errors
    /// As [`Vault::destroy`].
    pub fn destroy_all(&self, cards: &[CardId]) -> Result<usize, VaultError> {
        self.destroy_keys(cards.iter().map(CardId::as_str))
    }

    /// [`Vault::destroy`] for a dispatch: who drove can't be read any more.
    ///
    /// # Errors
    /// As [`Vault::destroy`].
    pub fn destroy_dispatch(&self, dispatch: &DispatchId) -> Result<bool, VaultError> {
        Ok(self.destroy_keys(std::iter::once(dispatch.as_str()))? > 0)
    }

    fn destroy_keys<'a>(&self, owners: impl Iterator<Item = &'a str>) -> Result<usize, VaultError> {
        let mut db = self.db.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut gone = 0;
        for owner in owners {
            tx.prepare_cached("DELETE FROM provisional WHERE card = ?1")?.execute([owner])?;
            gone += tx.prepare_cached("DELETE FROM person WHERE card = ?1")?.execute([owner])?;
        }
        tx.commit()?;
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

    fn enrol_one(&self, tx: &Transaction<'_>, claim: &Claim) -> Result<Enrolled, VaultError> {
        let hashes = self.hashes(claim);
        let enrolled = match self.known(tx, claim)? {
            Some((card, By::Hash)) => Enrolled { card, new: false },
            Some((card, By::Promotion)) => {
                if let Some(id) = &claim.citizen_id {
                    let hash = self.keys.lookup_hash(id.expose());
                    tx.prepare_cached("UPDATE person SET lookup = ?1 WHERE card = ?2")?
                        .execute(params![hash, card.as_str()])?;
                }
                Enrolled { card, new: false }
            }
            None => Enrolled { card: self.insert(tx, claim, &hashes)?, new: true },
        };
        // Why: whoever was first keeps a key that fits two.
        let mut insert =
            tx.prepare_cached("INSERT OR IGNORE INTO provisional (hash, card) VALUES (?1, ?2)")?;
        for hash in hashes {
            insert.execute(params![hash, enrolled.card.as_str()])?;
        }
        Ok(enrolled)
    }

    fn hashes(&self, claim: &Claim) -> Vec<[u8; 32]> {
        claim.provisional.iter().map(|key| self.keys.provisional_hash(key)).collect()
    }

    /// The card that the claim is about, and by what it was found.
    fn known(
        &self,
        tx: &Transaction<'_>,
        claim: &Claim,
    ) -> Result<Option<(CardId, By)>, VaultError> {
        if let Some(id) = &claim.citizen_id
            && let Some(card) = find(tx, &self.keys.lookup_hash(id.expose()))?
        {
            return Ok(Some((card, By::Hash)));
        }
        for hash in self.hashes(claim) {
            match (find_provisional(tx, &hash)?, &claim.citizen_id) {
                (None, _) => {}
                (Some((card, _)), None) => return Ok(Some((card, By::Hash))),
                // Why: whoever has an ID is another person than one with another ID.
                (Some((_, true)), Some(_)) => {}
                (Some((card, false)), Some(_)) => return Ok(Some((card, By::Promotion))),
            }
        }
        Ok(None)
    }

    fn insert(
        &self,
        tx: &Transaction<'_>,
        claim: &Claim,
        hashes: &[[u8; 32]],
    ) -> Result<CardId, VaultError> {
        let lookup = match (&claim.citizen_id, hashes.first()) {
            (Some(id), _) => self.keys.lookup_hash(id.expose()),
            (None, Some(hash)) => *hash,
            (None, None) => return Err(VaultError::Nobody),
        };
        let card = CardId::from_random(*random()?);
        self.give_key(tx, card.as_str(), &lookup)?;
        Ok(card)
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

/// How a card was found.
enum By {
    /// By the ID, or without one by a provisional key.
    Hash,
    /// By a provisional key of somebody who had no ID and has one now.
    Promotion,
}

/// The card under a provisional key, and whether its person has an ID.
fn find_provisional(
    tx: &Transaction<'_>,
    hash: &[u8; 32],
) -> Result<Option<(CardId, bool)>, VaultError> {
    // Why: somebody without an ID stands in the table of persons under a
    // provisional hash, which then is in both.
    let mut select = tx.prepare_cached(
        "SELECT person.card, NOT EXISTS (SELECT 1 FROM provisional WHERE hash = person.lookup)
         FROM provisional JOIN person ON person.card = provisional.card
         WHERE provisional.hash = ?1",
    )?;
    let found: Option<(String, bool)> =
        select.query_row([hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((card, has_id)) = found else { return Ok(None) };
    let parsed = card.parse().map_err(|_| VaultError::Damaged { card })?;
    Ok(Some((parsed, has_id)))
}

fn find(tx: &Transaction<'_>, hash: &[u8; 32]) -> Result<Option<CardId>, VaultError> {
    let mut select = tx.prepare_cached("SELECT card FROM person WHERE lookup = ?1")?;
    let card: Option<String> = select.query_row([hash], |row| row.get(0)).optional()?;
    let Some(card) = card else { return Ok(None) };
    card.parse().map(Some).map_err(|_| VaultError::Damaged { card })
}

pub(crate) fn private_file(path: &Path) -> Result<File, VaultError> {
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
             PRAGMA user_version = 1;
             COMMIT;",
            hex::encode(keys.fingerprint())
        ))?;
    }
    if found < 2 {
        db.execute_batch(
            "BEGIN IMMEDIATE;
             CREATE TABLE provisional (
                 hash BLOB PRIMARY KEY,
                 card TEXT NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX provisional_card ON provisional (card);
             PRAGMA user_version = 2;
             COMMIT;",
        )?;
    }
    let fingerprint: [u8; 32] =
        db.query_row("SELECT fingerprint FROM vault", [], |row| row.get(0))?;
    if fingerprint == keys.fingerprint() { Ok(()) } else { Err(VaultError::KeyForeign) }
}
