//! The only crate that speaks NATS: streams, transactions, tails, and the
//! embedded broker. Above it nobody sees a broker type.

pub mod bare;
pub mod broker;
mod connect;
pub mod consume;
mod declare;
mod error;
pub mod feed;
mod original;
pub mod parked;
mod publish;
pub mod read;
pub mod repeat;
mod requests;
pub mod snapshot;
mod tail;
mod transaction;

pub use connect::{Connection, Endpoint};
pub use declare::{MOST_PARKED, MOST_PARKED_BYTES, StreamName, declare};
pub use error::StreamError;
pub use original::{
    Original, Originals, last_original, original_at, original_from, original_of_any_replica,
    originals, transaction_of,
};
pub use publish::{erase, publish};
pub use read::Message;
pub use requests::{Request, ask, requests};
pub use tail::{follow, read_all, read_some};
pub use transaction::{
    MAX_BATCH, Outcome, Stored, Write, commit, commit_after, commit_surely, resolve,
};
