//! What becomes of a row.

use std::fmt;

use gongqiao_contract::{
    codes::{CitizenId, DivisionCode},
    refusal::{Lang, Refusal},
    wire::{Person, Skill, consent},
};
use time::Date;

use crate::columns::Column;

/// A roster, row by row.
#[derive(Debug, Default)]
pub struct Roster {
    /// Every row that is not blank and no example, in the file's order.
    pub rows: Vec<RowOutcome>,
    /// How many rows were left out because they are the template's examples.
    pub left_out: u32,
    /// Headers of columns that are not read, shortened; at most fifty.
    pub unknown_columns: Vec<String>,
}

/// One row, and what became of it.
#[derive(Debug)]
pub struct RowOutcome {
    /// The number by which the clerk finds it: the sheet's row number, the
    /// record's number in CSV (header and blank lines included), the line in NDJSON.
    pub row: u32,
    /// What it says, or everything that is wrong with it.
    pub result: Result<Row, Vec<RowRefusal>>,
    /// What was taken, but should be looked at.
    pub warnings: Vec<Warning>,
}

/// Why a row was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRefusal {
    /// Where in the row; `None` where it is the row as a whole.
    pub column: Option<Column>,
    /// Why. Never holds the cell's value.
    pub refusal: Refusal,
}

/// Something taken as it stands that a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// Where in the row.
    pub column: Column,
    /// What.
    pub kind: WarningKind,
}

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// An occupation is in no classification or alias table that we know. It
    /// is kept as text; no vacancy finds the person by it.
    OccupationUnmapped,
    /// There is no telephone number: nobody can call this person.
    PhoneMissing,
}

impl WarningKind {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OccupationUnmapped => "row.occupation_unmapped",
            Self::PhoneMissing => "row.phone_missing",
        }
    }

    /// The text for a person.
    pub fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::OccupationUnmapped, Lang::Zh) => {
                "有工种未能对应到职业分类，已按原文保留，匹配时不会用到。"
            }
            (Self::OccupationUnmapped, Lang::En) => {
                "An occupation fits no classified one; it is kept as written, and not matched."
            }
            (Self::PhoneMissing, Lang::Zh) => "没有联系电话，将无法电话联系此人。",
            (Self::PhoneMissing, Lang::En) => {
                "There is no phone number; this person can't be called."
            }
        }
    }
}

/// One person of a roster.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// Who it is: what will be sealed.
    pub person: Person,
    /// The checked ID.
    pub citizen_id: CitizenId,
    /// The home village, twelve digits.
    pub home: DivisionCode,
    /// From the ID.
    pub birth_year: u16,
    /// Occupations that could be mapped, each once, in the clerk's order.
    pub skills: Vec<Skill>,
    /// Yuan a month; 0 where nothing is asked for.
    pub wage_expected_yuan: u32,
    /// From which day the person can go; the day of the import where the
    /// cell was empty.
    pub available_from: Date,
    /// Was that cell empty?
    pub available_at_once: bool,
    /// Where the person would go; empty for anywhere.
    pub destinations: Vec<DivisionCode>,
    /// What the person agreed to; always holds `Register`.
    pub consents: Vec<consent::Value>,
}

impl fmt::Debug for Row {
    /// Nothing personal: how much there is, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("skills", &self.skills.len())
            .field("destinations", &self.destinations.len())
            .field("consents", &self.consents.len())
            .finish_non_exhaustive()
    }
}

/// First byte of [`content`]: to be raised when its form changes, so that
/// everything then counts as changed once.
const CONTENT_FORM: u8 = 1;

/// The row's content as bytes that are equal exactly when nothing changed;
/// for a keyed hash, never to be stored in clear. "Available at once" is
/// written as such, not as the day of the import, so that the same roster is
/// the same on another day.
pub fn content(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    bytes.push(CONTENT_FORM);
    let Person { name, citizen_id, phone, birth_date, occupations_as_written } = &row.person;
    for text in [name, citizen_id, phone, birth_date, occupations_as_written] {
        put(&mut bytes, text.as_bytes());
    }
    put(&mut bytes, row.home.to_string().as_bytes());
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
