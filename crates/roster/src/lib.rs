//! Village rosters, demand sheets ([`demand`]) and dispatch rosters
//! ([`manifest`]): workbook, CSV and NDJSON bytes to rows or refusals, and
//! back. Pure: no files, no network, no clock.
//!
//! A file goes through three stages. `sheet` yields raw cells with the row
//! numbers that the clerk sees; [`table`] finds headers, and rows that are no
//! records, for any kind of table, and `columns` says what a labour
//! register's headers mean; `values` turns the cells of one row into a [`Row`]
//! or into everything that is wrong with it. One bad row never stops the
//! others, and every row ends as one [`Outcome`].
//!
//! ```
//! use gongqiao_contract::Refusal;
//! use gongqiao_roster::{Context, Format, Outcome, read};
//!
//! fn refused(bytes: &[u8], context: &Context) -> Result<usize, Refusal> {
//!     let roster = read(bytes, Format::sniff(bytes), context)?;
//!     Ok(roster.rows.iter().filter(|row| matches!(row.outcome, Outcome::Refused(_))).count())
//! }
//! ```

mod book;
mod columns;
pub mod demand;
mod errors;
mod format;
mod limits;
pub mod manifest;
mod ndjson;
pub mod package;
mod provisional;
mod read;
mod row;
mod sheet;
pub mod table;
mod template;
mod text;
mod values;

pub use book::{Book, BookColumn, Value, workbook};
pub use columns::Column;
pub use errors::{RowNote, errors_workbook};
pub use format::Format;
pub use limits::Limits;
pub use provisional::{Provisional, name_key, provisional_keys};
pub use read::{Context, read};
pub use row::{NOT_AVAILABLE, Note, Outcome, Roster, Row, RowOutcome, content};
pub use template::{EXAMPLE_PREFIX, SheetError, template};
