//! First stage: bytes to raw cells, with sheets, row numbers and kinds. What a
//! cell means is not known here.

mod check_xls;
mod csv;
mod fill;
mod xls;
mod xlsx;

use std::borrow::Cow;

use gongqiao_contract::refusal::Refusal;
use time::{Date, Time};

use crate::{
    format::Format,
    limits::Limits,
    values::{iso_date, number_text},
};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A text, as it stands.
    Text(Cow<'a, str>),
    /// A number in a cell that has no date format.
    Number(f64),
    /// A day in a cell that has a date format, and the time of that day:
    /// midnight where none is said.
    Date(Date, Time),
    /// What no column is read from, as text to show: true/false, an error, a
    /// duration, a number that a date format makes no day of, nested JSON.
    Other(Cow<'a, str>),
}

impl Value<'_> {
    /// Does a clerk see nothing here?
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.chars().all(crate::text::is_blank))
    }

    /// The text of a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text that a clerk sees.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Other(text) => Cow::Borrowed(text),
            Self::Number(number) => {
                Cow::Owned(number_text(*number).unwrap_or_else(|| number.to_string()))
            }
            Self::Date(day, _) => Cow::Owned(iso_date(*day)),
        }
    }

    /// The same, borrowed.
    pub fn reborrow(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Number(number) => Value::Number(*number),
            Self::Date(day, time) => Value::Date(*day, *time),
            Self::Other(text) => Value::Other(Cow::Borrowed(text)),
        }
    }

    /// The same, free of the file's memory.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Number(number) => Value::Number(number),
            Self::Date(day, time) => Value::Date(day, time),
            Self::Other(text) => Value::Other(Cow::Owned(text.into_owned())),
        }
    }
}

/// One cell that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell<'a> {
    /// Counted from 0.
    pub column: u16,
    /// What it holds.
    pub value: Value<'a>,
}

/// A sheet about to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet<'a> {
    /// As its tab says; empty for CSV, which has none.
    pub(crate) name: &'a str,
    /// Hidden in any way.
    pub(crate) hidden: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Go on; rows below may refer to this one as the row above.
    Keep,
    /// Go on; rows below refer to the row above this one.
    Pass,
    /// The rest of the sheet is not wanted.
    Skip,
}

/// The row above, in which few look.
pub(crate) trait Above {
    /// What stands in a column.
    fn value(&self, column: u16) -> Option<Value<'_>>;
}

impl Above for Vec<Cell<'_>> {
    fn value(&self, column: u16) -> Option<Value<'_>> {
        let at = self.binary_search_by_key(&column, |cell| cell.column).ok()?;
        Some(self[at].value.reborrow())
    }
}

/// What sheets are read into.
pub(crate) trait Visitor {
    /// A sheet begins. [`Next::Skip`] leaves it out.
    fn sheet(&mut self, sheet: Sheet<'_>) -> Result<Next, Refusal>;

    /// Takes one row that is not blank, with its number as the clerk sees it
    /// (the first is 1), its cells by their columns, and the last row that was kept.
    fn row(&mut self, row: u32, cells: &[Cell<'_>], above: &dyn Above) -> Result<Next, Refusal>;

    /// A sheet that was not skipped ends, or the rest of it was.
    fn end(&mut self) -> Result<(), Refusal>;
}

/// Widest and longest sheet there is (Excel's specifications and limits).
pub(crate) const MAX_COLUMNS: usize = 16_384;
pub(crate) const MAX_ROWS: u32 = 1_048_576;

/// Reads all sheets of a workbook or a CSV. In CSV the row number counts
/// records, blank lines included, so that it is the row in which a
/// spreadsheet program shows it.
///
/// # Errors
/// A refusal of the file, or what `visitor` answered.
pub(crate) fn read(
    bytes: &[u8],
    format: Format,
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    match format {
        Format::Xlsx => xlsx::read(bytes, limits, visitor),
        Format::Xls => xls::read(bytes, limits, visitor),
        Format::Csv | Format::Ndjson => csv::read(bytes, visitor),
    }
}

/// Rows on their way to a visitor: blank ones are passed over, merged cells
/// filled in, and the row above remembered.
struct Rows<'a, 'v, V> {
    visitor: &'v mut V,
    fill: fill::Fill,
    cells: Vec<Cell<'a>>,
    above: Vec<Cell<'a>>,
}

impl<'a, 'v, V: Visitor> Rows<'a, 'v, V> {
    fn new(visitor: &'v mut V, regions: Vec<crate::package::Region>) -> Self {
        Self { visitor, fill: fill::Fill::new(regions), cells: Vec::new(), above: Vec::new() }
    }

    /// Ends the row that `cells` holds. `false` when no more are wanted.
    fn emit(&mut self, row: u32) -> Result<bool, Refusal> {
        if self.cells.iter().all(|cell| cell.value.is_blank()) {
            self.cells.clear();
            return Ok(true);
        }
        self.fill.apply(row.saturating_sub(1), &mut self.cells);
        let next = self.visitor.row(row, &self.cells, &self.above)?;
        if next == Next::Keep {
            std::mem::swap(&mut self.cells, &mut self.above);
        }
        self.cells.clear();
        Ok(next != Next::Skip)
    }
}
