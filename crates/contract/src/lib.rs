//! The vocabulary of the exchange: wire types, ids, subjects, code systems,
//! checks, error codes. No I/O, and nothing else of ours below it.

pub mod codes;
pub mod event;
pub mod feed;
pub mod id;
pub mod moment;
pub mod refusal;
pub mod schema;
pub mod subject;
pub mod view;
pub mod wire;
pub mod words;

pub use moment::Moment;
pub use refusal::{Code, Kind, Lang, Refusal, Words};

/// Revision of the event schema that this build understands. An event whose
/// `min_reader` is above it makes its entity read-only.
pub const SCHEMA: u32 = 2;
