//! What becomes of a row.

use std::fmt;

use gongqiao_contract::{
    codes::{CitizenId, DivisionCode},
    refusal::{Code, Refusal},
    wire::{Person, Skill, consent},
};
use time::{Date, macros::date};

use crate::{columns::Column, provisional::Provisional, table::PassedOver};

/// A roster, row by row. No row below a header is missing: each has ended as
/// one of [`Outcome`].
#[derive(Debug, Default)]
pub struct Roster {
    /// Every row below a header that holds something, in the file's order.
    pub rows: Vec<RowOutcome>,
    /// The sheets that were read, in the file's order; of CSV and NDJSON one
    /// without a name.
    pub sheets: Vec<String>,
    /// Sheets that were not read, and why.
    pub passed_over: Vec<(String, PassedOver)>,
    /// What concerns the file as a whole.
    pub warnings: Vec<Note>,
    /// Headers of columns that are known and not needed, shortened.
    pub dropped_columns: Vec<String>,
    /// Headers of columns that mean nothing to us, shortened.
    pub unknown_columns: Vec<String>,
}

impl Roster {
    /// The name of the sheet that a row stands in.
    pub fn sheet(&self, row: &RowOutcome) -> &str {
        self.sheets.get(usize::from(row.sheet)).map_or("", String::as_str)
    }
}

/// One row, and what became of it.
#[derive(Debug, PartialEq)]
pub struct RowOutcome {
    /// Which of [`Roster::sheets`].
    pub sheet: u16,
    /// The number by which the clerk finds it: the sheet's row number, the
    /// record's number in CSV (header and blank lines included), the line in NDJSON.
    pub row: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// What was interpreted, left out or looks odd: to be looked at.
    pub warnings: Vec<Note>,
}

/// How a row ended.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// A person with a right ID.
    Taken(Row),
    /// A person whose ID is damaged or missing (待核), and why: to be called,
    /// not dispatched.
    Unverified(Row, Note),
    /// Everything that is wrong with it.
    Refused(Vec<Note>),
    /// No person of its own: a total, a footer, somebody who stood above.
    LeftOut(Refusal),
}

impl RowOutcome {
    /// The person, verified or not.
    pub fn person(&self) -> Option<&Row> {
        match &self.outcome {
            Outcome::Taken(row) | Outcome::Unverified(row, _) => Some(row),
            Outcome::Refused(_) | Outcome::LeftOut(_) => None,
        }
    }
}

/// Something to say of a row, or of one of its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where in the row; `None` where it is the row as a whole.
    pub column: Option<Column>,
    /// What. Never holds the cell's value.
    pub refusal: Refusal,
}

impl Note {
    /// About one cell.
    pub(crate) fn at(column: Column, what: impl Into<Refusal>) -> Self {
        Self { column: Some(column), refusal: what.into() }
    }

    /// About the row or file as a whole.
    pub(crate) fn whole(what: impl Into<Refusal>) -> Self {
        Self { column: None, refusal: what.into() }
    }

    /// Its stable code.
    pub fn code(&self) -> Code {
        self.refusal.code
    }
}

/// From when on somebody counts as available of whom that is not known, or
/// who doesn't want to go: never, until the clerk corrects it.
pub const NOT_AVAILABLE: Date = date!(9999 - 12 - 31);

/// One person of a roster.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// Who it is: what will be sealed.
    pub person: Person,
    /// The checked ID; `None` for somebody who is unverified.
    pub citizen_id: Option<CitizenId>,
    /// How an unverified person is known again.
    pub provisional: Option<Provisional>,
    /// The home village, twelve digits.
    pub home: DivisionCode,
    /// From the ID or what is left of it, or else from the columns that say
    /// it; 0 where it is not known.
    pub birth_year: u16,
    /// Occupations that could be mapped, each once, in the clerk's order.
    pub skills: Vec<Skill>,
    /// Yuan a month; 0 where nothing is asked for.
    pub wage_expected_yuan: u32,
    /// From which day the person can go: the day of the import where it is at
    /// once, [`NOT_AVAILABLE`] where it is not known.
    pub available_from: Date,
    /// Is it at once?
    pub available_at_once: bool,
    /// Where the person would go; empty for anywhere.
    pub destinations: Vec<DivisionCode>,
    /// What the person agreed to; always holds `Register`.
    pub consents: Vec<consent::Value>,
    /// Of a household that was lifted out of poverty, or is watched.
    pub poverty_lifted: bool,
}

impl fmt::Debug for Row {
    /// Nothing personal: how much there is, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("verified", &self.citizen_id.is_some())
            .field("skills", &self.skills.len())
            .field("destinations", &self.destinations.len())
            .field("consents", &self.consents.len())
            .finish_non_exhaustive()
    }
}

/// First byte of [`content`]: to be raised when its form changes, so that
/// everything then counts as changed once.
const CONTENT_FORM: u8 = 2;

/// The row's content as bytes that are equal exactly when nothing changed;
/// for a keyed hash, never to be stored in clear. "Available at once" is
/// written as such, not as the day of the import, so that the same roster is
/// the same on another day.
pub fn content(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(CONTENT_FORM);
    let Person {
        name,
        citizen_id,
        phone,
        birth_date,
        occupations_as_written,
        phone2,
        emergency_contact,
        emergency_phone,
        citizen_id_as_written,
        availability_as_written,
    } = &row.person;
    for text in [
        name,
        citizen_id,
        phone,
        birth_date,
        occupations_as_written,
        phone2,
        emergency_contact,
        emergency_phone,
        citizen_id_as_written,
        availability_as_written,
    ] {
        put(&mut bytes, text.as_bytes());
    }
    put(&mut bytes, row.home.to_string().as_bytes());
    bytes.extend_from_slice(&row.birth_year.to_be_bytes());
    count(&mut bytes, row.skills.len());
    for Skill { occupation, level } in &row.skills {
        put(&mut bytes, occupation.as_bytes());
        bytes.extend_from_slice(&level.to_be_bytes());
    }
    bytes.extend_from_slice(&row.wage_expected_yuan.to_be_bytes());
    let day = if row.available_at_once { 0 } else { row.available_from.to_julian_day() };
    bytes.extend_from_slice(&day.to_be_bytes());
    count(&mut bytes, row.destinations.len());
    for division in &row.destinations {
        put(&mut bytes, division.to_string().as_bytes());
    }
    count(&mut bytes, row.consents.len());
    for value in &row.consents {
        bytes.push(*value as u8);
    }
    bytes.push(u8::from(row.citizen_id.is_some()));
    bytes.push(u8::from(row.poverty_lifted));
    bytes
}

/// A length before each text, so that no two contents run into one.
fn put(bytes: &mut Vec<u8>, text: &[u8]) {
    count(bytes, text.len());
    bytes.extend_from_slice(text);
}

fn count(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&(length as u64).to_be_bytes());
}
