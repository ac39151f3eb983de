//! Village rosters: workbook, CSV and NDJSON bytes to rows or refusals, and
//! back. Pure: no files, no network, no clock.
//!
//! A file goes through three stages. `sheet` yields raw cells with the row
//! numbers that the clerk sees; `columns` finds out which cell means what;
//! `values` turns the cells of one row into a [`Row`] or into everything that
//! is wrong with it. One bad row never stops the others.
//!
//! ```
//! use gongqiao_contract::Refusal;
//! use gongqiao_roster::{Context, Format, read};
//!
//! fn refused(bytes: &[u8], context: &Context) -> Result<usize, Refusal> {
//!     let roster = read(bytes, Format::sniff(bytes), context)?;
//!     Ok(roster.rows.iter().filter(|row| row.result.is_err()).count())
//! }
//! ```

mod columns;
mod errors;
mod format;
mod limits;
mod manifest;
mod ndjson;
pub mod package;
mod read;
mod row;
mod sheet;
mod template;
mod values;

pub use columns::Column;
pub use errors::{RowNote, errors_workbook};
pub use format::Format;
pub use limits::Limits;
pub use manifest::manifest_workbook;
pub use read::{Context, read};
pub use row::{Roster, Row, RowOutcome, RowRefusal, Warning, WarningKind, content};
pub use template::{EXAMPLE_PREFIX, SheetError, template};
