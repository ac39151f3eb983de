//! The embedded broker: finds a `nats-server` program, gives it keys and a configuration, and keeps it running as a
//! supervised child.
//!
//! The way of one start, file by file: [`obtain`] finds or fetches the program, [`identity`] makes or reloads the keys
//! of operator mode, [`config`] renders the server's configuration file, [`supervise`] takes the store's lock, spawns
//! the child on a thread of its own and restarts it on the same port when it dies.
//!
//! Invariants:
//! - One process per data directory: the lock is held by this process *and* by the server, so that a server that
//!   outlives its parent by a moment still keeps a second one out.
//! - The server dies with this process (Linux), and with its [`Broker`] (everywhere).
//! - No program runs that was altered in the cache, and none older than [`NEEDED_VERSION`].
//! - No anonymous client: every connection presents a user of an account.
//!
//! While it runs, [`accounts`] makes users for parties, and tells the broker what each account may do.

pub mod accounts;
mod child;
pub mod claims;
pub mod config;
mod error;
mod files;
pub mod identity;
mod lock;
pub mod obtain;
mod pins;
mod probe;
mod running;
pub mod supervise;
mod supervisor;
#[cfg(feature = "testing")]
mod test_broker;
mod version;

pub use error::BrokerError;
pub use identity::Identity;
pub use obtain::{Finding, ObtainConfig, Outcome, Place, Program, look, obtain};
pub use running::{Running, account_of, running};
pub use supervise::{Broker, BrokerConfig, BrokerState, RestartPolicy};
#[cfg(feature = "testing")]
pub use test_broker::TestBroker;
pub use version::{NEEDED_VERSION, ServerVersion};
