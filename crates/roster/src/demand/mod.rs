//! Demand sheets (用工需求表) as personnel departments keep them: each row
//! becomes the terms of a vacancy, or everything that is wrong with it.
//!
//! What was interpreted, filled in or left out is said in a warning. Limits
//! by sex or age are never taken over; the warning names a lawful wording. A
//! contact's name and number are personal, and reach no vacancy.

mod cell;
mod columns;
pub(crate) mod day;
mod headcount;
mod names;
mod offer;
mod pay;
mod place;
mod row;
mod template;
mod texts;
mod when;

use gongqiao_contract::{
    codes::{DivisionCode, Park},
    refusal::{Code, Refusal},
    wire::VacancyTerms,
};
use time::{Date, OffsetDateTime};

pub use columns::Column;
pub use template::template;

use columns::DemandSheet;

use crate::{
    RowNote,
    errors::{self, Titled},
    format::Format,
    limits::Limits,
    table::{self, At, Header, LeftOut, PassedOver, Sink},
};

/// What a demand sheet is read for.
#[derive(Debug, Clone)]
pub struct DemandContext {
    /// The day of the import, in Beijing: days without a year are counted from it.
    pub today: Date,
    /// The enterprise that sends it: rows of others are refused.
    pub enterprise: Option<Enterprise>,
    /// The city whose parks and counties are meant.
    pub city: DivisionCode,
    /// Where the work is if a row does not say.
    pub place: Option<DivisionCode>,
    /// The park in which the work is if a row does not say.
    pub park: Option<&'static Park>,
    /// By which day people are needed if a row does not say.
    pub needed_by: Option<Date>,
    /// Until when a vacancy stands if a row does not say.
    pub valid_until: Option<OffsetDateTime>,
    /// How much is read at most.
    pub limits: Limits,
}

/// An enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enterprise {
    /// Its credit code (GB 32100).
    pub code: String,
    /// Its registered name.
    pub name: String,
}

/// A demand sheet, row by row.
#[derive(Debug, Default)]
pub struct Demand {
    /// Every row that asks for people, in the file's order.
    pub rows: Vec<DemandRow>,
    /// Rows that do not, and why: totals, footers, examples.
    pub left_out: Vec<LeftOutRow>,
    /// Sheets that were not read, and why.
    pub passed_over: Vec<(String, PassedOver)>,
    /// Headers of columns that hold personal data and were not read.
    pub dropped_columns: Vec<String>,
    /// Headers that mean nothing to us.
    pub unknown_columns: Vec<String>,
}

/// A row that asks for nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutRow {
    /// The sheet's name; empty for CSV.
    pub sheet: String,
    /// Its number as the clerk sees it.
    pub row: u32,
    /// Why.
    pub why: LeftOut,
}

/// One row, and what became of it.
#[derive(Debug, Clone)]
pub struct DemandRow {
    /// The sheet's name; empty for CSV.
    pub sheet: String,
    /// Its number as the clerk sees it.
    pub row: u32,
    /// The terms, or everything that is wrong with them.
    pub result: Result<Box<VacancyTerms>, Vec<DemandNote>>,
    /// What was interpreted, filled in or left out.
    pub warnings: Vec<DemandNote>,
}

/// Something to say of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandNote {
    /// Where; `None` for the row as a whole.
    pub column: Option<Column>,
    /// What. Of the cell's text it holds an unlawful phrase at most.
    pub refusal: Refusal,
}

/// Reads a demand sheet: every sheet with a header that names 岗位 and 人数.
///
/// # Errors
/// A refusal of the whole file, as of [`table::read`]; NDJSON is none of the
/// forms of such a sheet.
pub fn read(bytes: &[u8], format: Format, context: &DemandContext) -> Result<Demand, Refusal> {
    if format == Format::Ndjson {
        return Err(Code::RosterNotWorkbook.into());
    }
    let mut reader = Reader { context, demand: Demand::default() };
    table::read(bytes, format, &context.limits, &DemandSheet, &mut reader)?;
    let demand = reader.demand;
    if demand.rows.is_empty() {
        return Err(Code::RosterEmpty.into());
    }
    Ok(demand)
}

/// The sheet that was sent, with the reasons beside each bad row, as of
/// [`errors_workbook`](crate::errors_workbook).
///
/// # Errors
/// A refusal of the file as in [`read`], or [`Code::Internal`] if the
/// workbook can't be packed.
pub fn errors_workbook(
    original: &[u8],
    format: Format,
    notes: &[RowNote],
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    errors::of_kind(&DemandSheet, original, format, notes, limits)
}

impl Titled for Column {
    fn titled(header: &str) -> Option<Self> {
        Self::find(header)
    }

    fn title(self) -> &'static str {
        self.header()
    }
}

struct Reader<'c> {
    context: &'c DemandContext,
    demand: Demand,
}

impl Sink<Column> for Reader<'_> {
    fn header(&mut self, _: At<'_>, header: &Header<Column>) -> Result<(), Refusal> {
        add(&mut self.demand.dropped_columns, &header.dropped);
        add(&mut self.demand.unknown_columns, &header.unknown);
        Ok(())
    }

    fn row(&mut self, at: At<'_>, row: &table::Row<'_, Column>) -> Result<(), Refusal> {
        if row::is_example(row) {
            return self.left_out(at, row, LeftOut::Note);
        }
        let (result, warnings) = row::read(row, self.context);
        let (sheet, row) = (at.sheet.to_owned(), row.number);
        self.demand.rows.push(DemandRow { sheet, row, result, warnings });
        Ok(())
    }

    fn left_out(
        &mut self,
        at: At<'_>,
        row: &table::Row<'_, Column>,
        why: LeftOut,
    ) -> Result<(), Refusal> {
        let (sheet, row) = (at.sheet.to_owned(), row.number);
        self.demand.left_out.push(LeftOutRow { sheet, row, why });
        Ok(())
    }

    fn passed_over(&mut self, sheet: &str, why: PassedOver) -> Result<(), Refusal> {
        self.demand.passed_over.push((sheet.to_owned(), why));
        Ok(())
    }
}

/// Adds what is not there yet: sheets of one file are alike.
fn add(all: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}
