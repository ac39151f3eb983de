//! Rosters in and out, through the public interface.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

mod corpus;
mod csv;
mod errors;
mod ndjson;
mod package;
mod properties;
mod support;
mod table;
mod template;
mod values;
mod xls;
mod xlsx;
