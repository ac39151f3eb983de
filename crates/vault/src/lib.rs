//! The sole holder of person keys: identify, seal, open with an access
//! record.
//!
//! Every person of a cell has one card and one key. The key seals whatever
//! identifies the person before it reaches a stream; it stands here, wrapped
//! under the cell's master key, and nowhere else. Destroying the row makes
//! every sealed copy unreadable, wherever it is. A dispatch has a key as well:
//! under it stands who drives.
//!
//! On disk, under the data directory:
//! - `keys/vault.key`: the master key and the key of all hashes. Without it
//!   the database is worthless, and the other way round.
//! - `vault/vault.db`: per person the card's id, the keyed hash of the
//!   citizen ID, the wrapped key, and the keyed hashes by which the person is
//!   known without the ID. No name, number or date of anybody.
//!
//! [`Vault`] identifies and seals; its methods block on SQLite, so async
//! callers go through `spawn_blocking`. Only an [`Opener`] opens, and it can't
//! before an [`AuditLog`] has confirmed the access record.

mod access;
mod backup;
mod error;
mod keys;
mod message;
mod seal;
mod store;

pub use access::{Access, AuditError, AuditLog, MAX_ITEMS, Opener, Recording};
pub use error::{OpenError, VaultError};
pub use message::{Owner, Secret};
pub use seal::{Fields, Opened};
pub use store::{Claim, Enrolled, Vault};
