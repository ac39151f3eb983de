//! A roster's bytes to its rows.

use std::collections::HashMap;

use gongqiao_contract::{
    codes::{DivisionCode, Divisions, IdRule},
    refusal::{Code, Refusal},
};
use time::Date;

use crate::{
    columns::{Column, Register},
    format::Format,
    limits::Limits,
    ndjson::{self, Line},
    provisional::{Provisional, provisional_keys},
    row::{Note, Outcome, Roster, RowOutcome},
    table::{self, At, Header, LeftOut, PassedOver, Sink},
    values::{Fields, HOME_COLUMNS, Interpreter},
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

/// Reads a roster: a clerk's own register as it is, or our template. In a
/// workbook or CSV a header below whatever titles names the columns, in any
/// order; in NDJSON the fields do.
///
/// # Errors
/// A refusal of the whole file: it can't be read, goes beyond a limit, lacks
/// a mandatory column, or has no rows. What is wrong with single rows stands
/// in the roster.
pub fn read(bytes: &[u8], format: Format, context: &Context) -> Result<Roster, Refusal> {
    check_size(bytes, &context.limits)?;
    let expected = (bytes.len() / LEAST_ROW_BYTES).min(context.limits.rows as usize);
    let mut reader = RosterReader::new(context, expected);
    reader.roster.rows.reserve(expected);
    match format {
        Format::Ndjson => {
            reader.roster.sheets.push(String::new());
            reader.interpreter.begin(0, "", std::iter::empty(), |_| true, false);
            ndjson::read(bytes, &mut |number, line| reader.line(number, line))?;
        }
        _ => table::read(bytes, format, &context.limits, &Register, &mut reader)?,
    }
    reader.finish()
}

/// Fewer bytes than this no row takes, packed or not: an ID and a name. Room
/// for the rows is taken at once, since moving them while it grows is slow;
/// memory that no row is written to costs nothing.
const LEAST_ROW_BYTES: usize = 32;

/// Of how many columns that are not read is told.
const TOLD_COLUMNS: usize = 50;

/// Bounds the file as sent.
pub(crate) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    if bytes.len() <= limits.file_bytes {
        return Ok(());
    }
    let limit = limits.file_bytes >> 20;
    Err(Refusal::new(Code::RosterTooLarge).with("limit", limit).with("what", "MiB"))
}

/// Does a header ask what people agree to? What they wish for (意愿, 意向) is
/// another thing.
fn asks_consent(header: &str) -> bool {
    ["同意", "愿意", "授权", "推荐"].iter().any(|word| header.contains(word))
}

struct RosterReader<'c> {
    context: &'c Context,
    interpreter: Interpreter<'c>,
    roster: Roster,
}

impl Sink<Column> for RosterReader<'_> {
    fn header(&mut self, at: At<'_>, header: &Header<Column>) -> Result<(), Refusal> {
        if self.roster.sheets.len() <= usize::from(at.index) {
            self.roster.sheets.push(at.sheet.to_owned());
        }
        tell(&mut self.roster.dropped_columns, &header.dropped);
        tell(&mut self.roster.unknown_columns, &header.unknown);
        let has = |column| header.index(column).is_some();
        let titles = header.above.iter().flatten().map(String::as_str);
        let asks = header.unknown.iter().chain(&header.dropped).find(|one| asks_consent(one));
        let asks = asks.filter(|_| !has(Column::Consents));
        let own = self.interpreter.begin(at.index, at.sheet, titles, has, asks.is_some());
        match asks {
            Some(column) => {
                let unclear = Refusal::new(Code::RosterConsentsUnclear).with("column", column);
                self.warn(Note::whole(unclear));
            }
            None if !has(Column::Consents) => {
                self.warn(Note::whole(Code::RosterConsentsMissing));
            }
            None => {}
        }
        if let Some(own) = own.filter(|_| !HOME_COLUMNS.into_iter().any(has)) {
            let name = Divisions::table().get(own).map_or("?", |village| village.name);
            self.warn(Note::whole(Refusal::new(Code::RosterVillageMissing).with("village", name)));
        }
        Ok(())
    }

    fn row(&mut self, at: At<'_>, row: &table::Row<'_, Column>) -> Result<(), Refusal> {
        let mut fields = Fields::default();
        for (column, value) in row.fields() {
            fields.set(column, value);
        }
        fields.repeated = row.repeated.iter().filter_map(|at| row.header.column(*at)).collect();
        self.fields((at.index, row.number), &fields)
    }

    fn left_out(
        &mut self,
        at: At<'_>,
        row: &table::Row<'_, Column>,
        why: LeftOut,
    ) -> Result<(), Refusal> {
        if let (LeftOut::Note, [cell]) = (why, row.cells)
            && let Some(text) = cell.value.text()
        {
            self.interpreter.section(text);
        }
        self.push((at.index, row.number), Outcome::LeftOut(why.code().into()))
    }

    fn passed_over(&mut self, sheet: &str, why: PassedOver) -> Result<(), Refusal> {
        self.roster.passed_over.push((sheet.to_owned(), why));
        Ok(())
    }
}

impl<'c> RosterReader<'c> {
    fn new(context: &'c Context, expected: usize) -> Self {
        let interpreter = Interpreter::new(context, expected);
        Self { context, interpreter, roster: Roster::default() }
    }

    fn line(&mut self, number: u32, line: Result<&Line<'_>, Refusal>) -> Result<(), Refusal> {
        let place = (0, number);
        let line = match line {
            Ok(line) => line,
            Err(refusal) => return self.push(place, Outcome::Refused(vec![Note::whole(refusal)])),
        };
        if let Some(refusal) = line.unknown_field() {
            return self.push(place, Outcome::Refused(vec![Note::whole(refusal)]));
        }
        let mut fields = Fields::default();
        for column in Column::ALL {
            if let Some(value) = line.value(column) {
                fields.set(column, value);
            }
        }
        self.fields(place, &fields)
    }

    fn fields(&mut self, place: (u16, u32), fields: &Fields<'_>) -> Result<(), Refusal> {
        if fields.is_example() {
            return self.push(place, Outcome::LeftOut(Code::RowExample.into()));
        }
        let outcome = self.interpreter.row(place, fields);
        self.roster.rows.push(outcome);
        self.check_rows()
    }

    fn push(&mut self, (sheet, row): (u16, u32), outcome: Outcome) -> Result<(), Refusal> {
        self.roster.rows.push(RowOutcome { sheet, row, outcome, warnings: Vec::new() });
        self.check_rows()
    }

    fn check_rows(&self) -> Result<(), Refusal> {
        let limit = self.context.limits.rows;
        if self.roster.rows.len() <= limit as usize {
            return Ok(());
        }
        Err(Refusal::new(Code::RosterTooManyRows).with("limit", limit))
    }

    /// Once a file.
    fn warn(&mut self, warning: Note) {
        if !self.roster.warnings.contains(&warning) {
            self.roster.warnings.push(warning);
        }
    }

    fn finish(mut self) -> Result<Roster, Refusal> {
        if self.roster.rows.is_empty() {
            return Err(Code::RosterEmpty.into());
        }
        self.merge_unverified();
        Ok(self.roster)
    }

    /// Somebody who stands in the file with a right ID and with a damaged one
    /// is one person: the row with the right ID counts.
    fn merge_unverified(&mut self) {
        if !self.interpreter.met_unverified() {
            return;
        }
        let mut unverified: HashMap<Provisional, usize> = HashMap::new();
        for (index, row) in self.roster.rows.iter().enumerate() {
            if let Outcome::Unverified(person, _) = &row.outcome {
                unverified.extend(person.provisional.clone().map(|key| (key, index)));
            }
        }
        let mut same = Vec::new();
        for row in &self.roster.rows {
            if let Outcome::Taken(person) = &row.outcome {
                let keys = provisional_keys(person);
                let found = keys.iter().filter_map(|key| unverified.remove(key));
                same.extend(found.map(|index| (index, (row.sheet, row.row))));
            }
        }
        for (index, first) in same {
            let row = &mut self.roster.rows[index];
            row.outcome = Outcome::LeftOut(self.interpreter.duplicate(first, row.sheet));
        }
    }
}

fn tell(told: &mut Vec<String>, more: &[String]) {
    for text in more {
        if told.len() < TOLD_COLUMNS && !told.contains(text) {
            told.push(text.clone());
        }
    }
}
