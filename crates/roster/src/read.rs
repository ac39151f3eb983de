//! A roster's bytes to its rows.

use gongqiao_contract::{
    codes::{DivisionCode, IdRule},
    refusal::{Code, Refusal},
};
use time::Date;

use crate::{
    columns::{Column, Register},
    format::Format,
    limits::Limits,
    ndjson::{self, Line},
    row::{Roster, RowOutcome, RowRefusal},
    table::{self, At, Header, LeftOut, PassedOver, Sink},
    values::{Fields, Interpreter},
};

/// What a roster is read for.
#[derive(Debug, Clone)]
pub struct Context {
    /// The service point whose register it is, six or twelve digits.
    /// Villages that are named without a code are looked for around it.
    pub point: DivisionCode,
    /// Which citizen IDs are taken: real ones or test ones.
    pub rule: IdRule,
    /// How much is read at most.
    pub limits: Limits,
    /// The day of the import: "available at once" means it.
    pub today: Date,
}

/// Reads a roster in the template's columns. In a workbook or CSV the first
/// row that is not blank names the columns, in any order; in NDJSON the
/// fields do.
///
/// # Errors
/// A refusal of the whole file: it can't be read, goes beyond a limit, lacks
/// a mandatory column, or has no rows. What is wrong with single rows stands
/// in the roster.
pub fn read(bytes: &[u8], format: Format, context: &Context) -> Result<Roster, Refusal> {
    check_size(bytes, &context.limits)?;
    let mut reader = RosterReader::new(context);
    let expected = (bytes.len() / LEAST_ROW_BYTES).min(context.limits.rows as usize);
    reader.roster.rows.reserve(expected);
    match format {
        Format::Ndjson => {
            ndjson::read(bytes, &mut |number, line| reader.line(number, line))?;
        }
        _ => table::read(bytes, format, &context.limits, &Register, &mut reader)?,
    }
    let roster = reader.roster;
    if roster.rows.is_empty() && roster.left_out == 0 {
        return Err(Code::RosterEmpty.into());
    }
    Ok(roster)
}

/// Fewer bytes than this no row takes, packed or not: an ID and a name. Room
/// for the rows is taken at once, since moving them while it grows is slow;
/// memory that no row is written to costs nothing.
const LEAST_ROW_BYTES: usize = 32;

/// Bounds the file as sent.
pub(crate) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    if bytes.len() <= limits.file_bytes {
        return Ok(());
    }
    let limit = limits.file_bytes >> 20;
    Err(Refusal::new(Code::RosterTooLarge).with("limit", limit).with("what", "MiB"))
}

struct RosterReader<'c> {
    context: &'c Context,
    interpreter: Interpreter<'c>,
    roster: Roster,
}

impl Sink<Column> for RosterReader<'_> {
    fn header(&mut self, _: At<'_>, header: &Header<Column>) -> Result<(), Refusal> {
        self.roster.unknown_columns.clone_from(&header.unknown);
        Ok(())
    }

    fn row(&mut self, _: At<'_>, row: &table::Row<'_, Column>) -> Result<(), Refusal> {
        let mut fields = Fields::default();
        for (column, value) in row.fields() {
            fields.set(column, value);
        }
        self.fields(row.number, &fields)
    }

    fn left_out(
        &mut self,
        _: At<'_>,
        _: &table::Row<'_, Column>,
        _: LeftOut,
    ) -> Result<(), Refusal> {
        self.roster.left_out += 1;
        self.check_rows()
    }

    fn passed_over(&mut self, _: &str, _: PassedOver) -> Result<(), Refusal> {
        Ok(())
    }
}

impl<'c> RosterReader<'c> {
    fn new(context: &'c Context) -> Self {
        let interpreter = Interpreter::new(context);
        Self { context, interpreter, roster: Roster::default() }
    }

    fn line(&mut self, number: u32, line: Result<&Line<'_>, Refusal>) -> Result<(), Refusal> {
        let line = match line {
            Ok(line) => line,
            Err(refusal) => return self.refuse(number, vec![RowRefusal { column: None, refusal }]),
        };
        if let Some(refusal) = line.unknown_field() {
            return self.refuse(number, vec![RowRefusal { column: None, refusal }]);
        }
        let mut fields = Fields::default();
        for column in Column::ALL {
            if let Some(value) = line.value(column) {
                fields.set(column, value);
            }
        }
        self.fields(number, &fields)
    }

    fn fields(&mut self, row: u32, fields: &Fields<'_>) -> Result<(), Refusal> {
        if fields.is_example() {
            self.roster.left_out += 1;
            return self.check_rows();
        }
        let outcome = self.interpreter.row(row, fields);
        self.push(outcome)
    }

    fn refuse(&mut self, row: u32, refusals: Vec<RowRefusal>) -> Result<(), Refusal> {
        self.push(RowOutcome { row, result: Err(refusals), warnings: Vec::new() })
    }

    fn push(&mut self, outcome: RowOutcome) -> Result<(), Refusal> {
        self.roster.rows.push(outcome);
        self.check_rows()
    }

    fn check_rows(&self) -> Result<(), Refusal> {
        let limit = self.context.limits.rows;
        let rows = self.roster.rows.len() + self.roster.left_out as usize;
        if rows <= limit as usize {
            return Ok(());
        }
        Err(Refusal::new(Code::RosterTooManyRows).with("limit", limit))
    }
}
