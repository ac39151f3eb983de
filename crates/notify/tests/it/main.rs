//! What is told to whom, and that it arrives: on a real broker, at a real
//! receiver.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

mod receiver;
mod story;
mod telling;
mod texts;
