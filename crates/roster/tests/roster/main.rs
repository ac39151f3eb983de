//! Rosters in and out, through the public interface.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

mod book;
mod corpus;
mod csv;
mod demand;
mod errors;
mod manifest;
mod ndjson;
mod package;
mod properties;
mod support;
mod table;
mod template;
mod values;
mod xls;
mod xlsx;
