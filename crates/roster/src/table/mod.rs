//! Tables as people keep them: titles above a header of one to three rows,
//! merged cells, numbered but empty rows, totals, footers, the header again
//! on every page, several sheets.
//!
//! Whoever reads a kind of table implements [`Kind`], which says what header
//! texts mean, and [`Sink`], which takes the rows. Everything else is the same
//! for labour registers, demand sheets and dispatch rosters. No row below a
//! header is lost: each goes to [`Sink::row`], or to [`Sink::left_out`] with
//! the reason.

mod header;
mod leave;
mod reader;

use std::fmt;

use gongqiao_contract::refusal::{Code, Refusal};

pub use header::{Header, Heading};
pub use leave::LeftOut;

pub use crate::sheet::{Cell, Value};
use crate::{format::Format, limits::Limits, sheet};

/// A kind of table: what its columns are called.
pub trait Kind {
    /// A column that is read.
    type Column: Copy + Eq + fmt::Debug + 'static;

    /// What a header text names.
    fn named(&self, heading: &Heading<'_>) -> Named<Self::Column>;

    /// The header of the first mandatory column that is not among `found`;
    /// `None` where the row is a header of such a table.
    fn missing(&self, found: &[Self::Column]) -> Option<&'static str>;

    /// Is this row surely a record, whatever words stand in it? Asked where a
    /// row looks like a total or a footer.
    fn is_record(&self, row: &Row<'_, Self::Column>) -> bool;

    /// Does a form fill this column in by itself (by a formula, by merged
    /// cells), so that a row with nothing else is blank?
    fn is_filler(&self, column: Self::Column) -> bool {
        let _ = column;
        false
    }

    /// Does this text begin a block that stands beside the table (a vehicle
    /// above it)? A row with one is no row of the header.
    fn begins_block(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// May `同上` in this column mean the cell above?
    fn repeats(&self, column: Self::Column) -> bool {
        let _ = column;
        true
    }
}

/// What a header text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<C: 'static> {
    /// The first of these columns that the sheet has not yet: so that of two
    /// 电话 the second can be another column than the first.
    Column(&'static [C]),
    /// Known, and not needed; reported as dropped.
    Dropped,
    /// A running number, which says nothing of the row.
    Number,
    /// Nothing to us; reported as unknown.
    Unknown,
}

/// A sheet of the file that has a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<'s> {
    /// The sheet's name; empty for CSV.
    pub sheet: &'s str,
    /// Counts the sheets that have a header, from 0.
    pub index: u16,
}

/// One row below a header.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r, C: 'static> {
    /// The number by which the clerk finds it: the sheet's row number, or the
    /// record's number in CSV. The first is 1.
    pub number: u32,
    /// What its sheet's columns mean.
    pub header: &'r Header<C>,
    /// Its cells that hold something, by their columns. Merged cells are
    /// filled in, and `同上` is replaced by what it means.
    pub cells: &'r [Cell<'r>],
    /// Columns of the sheet in which `同上` stood.
    pub repeated: &'r [u16],
}

impl<'r, C: Copy + Eq> Row<'r, C> {
    /// Columns that are read, and what stands there.
    pub fn fields(&self) -> impl Iterator<Item = (C, &'r Value<'r>)> {
        let header = self.header;
        let filled = self.cells.iter().filter(|cell| !cell.value.is_blank());
        filled.filter_map(|cell| Some((header.column(cell.column)?, &cell.value)))
    }

    /// What stands in a column; `None` where it is blank or missing.
    pub fn get(&self, column: C) -> Option<&'r Value<'r>> {
        self.fields().find_map(|(found, value)| (found == column).then_some(value))
    }
}

/// Why a sheet was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// It is hidden.
    Hidden,
    /// No row names columns of such a table.
    NoHeader,
    /// A row does, but lacks the mandatory column of this name.
    Missing(&'static str),
}

impl PassedOver {
    /// The reason as a refusal has it: code and texts.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Hidden => Code::SheetHidden.into(),
            Self::NoHeader => Code::SheetNoHeader.into(),
            Self::Missing(column) => Refusal::new(Code::RosterHeader).with("column", column),
        }
    }
}

/// What a table is read into. An error ends the reading.
pub trait Sink<C: 'static> {
    /// A sheet's header was found. Comes before the sheet's rows, and again
    /// where a sheet holds a second table with other columns.
    fn header(&mut self, at: At<'_>, header: &Header<C>) -> Result<(), Refusal>;

    /// One row.
    fn row(&mut self, at: At<'_>, row: &Row<'_, C>) -> Result<(), Refusal>;

    /// One row that is no record.
    fn left_out(&mut self, at: At<'_>, row: &Row<'_, C>, why: LeftOut) -> Result<(), Refusal>;

    /// A whole sheet. Sheets that are empty are not mentioned.
    fn passed_over(&mut self, sheet: &str, why: PassedOver) -> Result<(), Refusal>;
}

/// Reads every table of a workbook or CSV. Bounded by `limits` in memory and
/// rows, whatever the file declares.
///
/// # Errors
/// A refusal of the file: it can't be read, goes beyond a limit, has no
/// header of this kind ([`Code::RosterHeader`], naming what is missing) or
/// nothing at all ([`Code::RosterEmpty`]); or what `sink` answered.
pub fn read<K: Kind>(
    bytes: &[u8],
    format: Format,
    limits: &Limits,
    kind: &K,
    sink: &mut impl Sink<K::Column>,
) -> Result<(), Refusal> {
    crate::read::check_size(bytes, limits)?;
    let mut reader = reader::Reader::new(kind, limits, sink);
    sheet::read(bytes, format, limits, &mut reader)?;
    reader.finish()
}
