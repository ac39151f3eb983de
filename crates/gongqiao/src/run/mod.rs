//! Running the exchange: everything in one process (`up`, `demo`), one
//! service (`serve`), or under measurement (`bench`).
//!
//! The clap structs of these commands stand beside their functions; `cli.rs`
//! only hangs them into the tree.

mod asyncapi;
mod audit;
mod backup;
mod bench;
mod clock;
mod demo;
mod documents;
mod keys;
mod notify;
mod replay;
mod serve;
mod stack;
mod up;

pub(crate) use backup::{BackupArgs, BackupError, RestoreArgs, backup, restore};
pub(crate) use bench::{BenchArgs, bench};
pub(crate) use demo::{DemoArgs, demo};
pub(crate) use keys::keys;
pub(crate) use serve::{ServeArgs, serve};
pub(crate) use up::{UpArgs, up};
