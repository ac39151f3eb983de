//! First stage: bytes to raw cells, with row numbers and kinds. What a cell
//! means is not known here.

mod csv;
mod xlsx;

use std::borrow::Cow;

use gongqiao_contract::refusal::Refusal;
use time::Date;

use crate::limits::Limits;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// A text, as it stands.
    Text(Cow<'a, str>),
    /// A number in a cell that has no date format.
    Number(f64),
    /// A day in a cell that has a date format; the time of day is dropped.
    Date(Date),
    /// What we read no column from, as text to show: true/false, an error, a
    /// duration, a number that a date format makes no day of, nested JSON.
    Other(Cow<'a, str>),
}

impl Value<'_> {
    /// Does a clerk see nothing here?
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// One cell that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell<'a> {
    /// Counted from 0.
    pub(crate) column: u16,
    /// What it holds.
    pub(crate) value: Value<'a>,
}

/// What a sheet is read into: called once a row that is not blank, with the
/// row's number as the clerk sees it (the first is 1) and its cells.
pub(crate) trait Visitor {
    /// Takes one row; an error ends the reading.
    fn row(&mut self, row: u32, cells: &[Cell<'_>]) -> Result<(), Refusal>;
}

impl<F: FnMut(u32, &[Cell<'_>]) -> Result<(), Refusal>> Visitor for F {
    fn row(&mut self, row: u32, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        self(row, cells)
    }
}

/// Widest and longest sheet there is (Excel's specifications and limits).
pub(crate) const MAX_COLUMNS: usize = 16_384;
pub(crate) const MAX_ROWS: u32 = 1_048_576;

/// Reads the first visible sheet of a workbook.
///
/// # Errors
/// A refusal of the file, or what `visitor` answered.
pub(crate) fn read_xlsx(
    bytes: &[u8],
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    xlsx::read(bytes, limits, visitor)
}

/// Reads comma-separated values. The row number counts records, blank lines
/// included, so that it is the row in which a spreadsheet program shows it.
///
/// # Errors
/// A refusal of the file, or what `visitor` answered.
pub(crate) fn read_csv(bytes: &[u8], visitor: &mut impl Visitor) -> Result<(), Refusal> {
    csv::read(bytes, visitor)
}

/// Hands a row on unless it is blank.
fn emit(row: u32, cells: &[Cell<'_>], visitor: &mut impl Visitor) -> Result<(), Refusal> {
    if cells.iter().all(|cell| cell.value.is_blank()) {
        return Ok(());
    }
    visitor.row(row, cells)
}
