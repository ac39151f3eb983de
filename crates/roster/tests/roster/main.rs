//! Rosters in and out, through the public interface.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking, too"
)]

mod csv;
mod errors;
mod manifest;
mod ndjson;
mod package;
mod properties;
mod support;
mod template;
mod values;
mod xlsx;
