//! Dispatch rosters (输送花名册): who travels, in which vehicle, from where.
//! A sheet is one group with one vehicle; the vehicle stands in a block above
//! or below the table.
//!
//! Only read here: whether people have cards, are held for the vacancy and
//! may travel is for the gate to say.

mod block;
mod columns;
mod journey;
mod person;
mod vehicle;

use std::fmt;

use gongqiao_contract::{
    codes::{CitizenId, IdRule},
    refusal::{Code, Refusal},
    wire::travel_mode::Value as Mode,
};
use time::Date;

pub use columns::Column;
pub use journey::{Journey, PickUp, same_enterprise};
pub use vehicle::{Contact, Vehicle};

use crate::{
    errors::{self, RowNote, Titled},
    format::Format,
    limits::Limits,
    table::{self, At, Header, LeftOut, PassedOver, Row, Sink},
};
use block::Block;
use columns::ManifestSheet;

/// What a dispatch roster is read for.
#[derive(Debug, Clone, Copy)]
pub struct ManifestContext {
    /// The day of the import, in Beijing: days without a year are counted from it.
    pub today: Date,
    /// Which citizen IDs are taken: real ones or test ones.
    pub rule: IdRule,
    /// How much is read at most.
    pub limits: Limits,
}

/// A file of dispatch rosters.
#[derive(Debug, Default)]
pub struct Manifest {
    /// One group a sheet, in the file's order.
    pub groups: Vec<Group>,
    /// Sheets that were not read, and why.
    pub passed_over: Vec<(String, PassedOver)>,
}

/// One group: its people, its vehicle and its way.
#[derive(Debug, Default)]
pub struct Group {
    /// The sheet's name; empty for CSV.
    pub sheet: String,
    /// Every row that names somebody, in the file's order.
    pub people: Vec<PersonRow>,
    /// The vehicle, if one is named; of a train its number.
    pub vehicle: Option<Vehicle>,
    /// When, from where, where to, how and for whom.
    pub journey: Journey,
    /// Where people get on, as written, in the order of the rows.
    pub stops: Vec<PickUp>,
    /// Rows that name nobody, and why.
    pub left_out: Vec<(u32, LeftOut)>,
    /// What concerns the group as a whole.
    pub warnings: Vec<ManifestNote>,
    /// Headers of columns that are known and not needed.
    pub dropped_columns: Vec<String>,
    /// Headers that mean nothing to us.
    pub unknown_columns: Vec<String>,
}

/// One row, and who it names.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Its number as the clerk sees it.
    pub row: u32,
    /// Who it is, or everything that is wrong with the row.
    pub result: Result<Traveller, Vec<ManifestNote>>,
    /// What should be looked at.
    pub warnings: Vec<ManifestNote>,
}

/// Somebody who travels.
#[derive(Clone, PartialEq, Eq)]
pub struct Traveller {
    /// 姓名
    pub name: String,
    /// The checked ID; `None` where it is damaged or missing, which a warning
    /// says. Whoever has none may be found by name and phone.
    pub citizen_id: Option<CitizenId>,
    /// The person's own number; empty where there is none.
    pub phone: String,
    /// Whom to call when something happens.
    pub emergency: Option<Contact>,
    /// Which of [`Group::stops`].
    pub stop: Option<usize>,
    /// How, where the row says so: it may be another way than the others'.
    pub mode: Option<Mode>,
    /// When, where the row says so.
    pub departs_on: Option<Date>,
}

impl fmt::Debug for Traveller {
    /// Nothing personal: how much there is, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traveller")
            .field("has_id", &self.citizen_id.is_some())
            .field("has_phone", &!self.phone.is_empty())
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

/// Something to say of a row, or of the group as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestNote {
    /// Where; `None` for the row or the vehicle as a whole.
    pub column: Option<Column>,
    /// What. Never holds the cell's value.
    pub refusal: Refusal,
}

impl ManifestNote {
    fn at(column: Column, what: impl Into<Refusal>) -> Self {
        Self { column: Some(column), refusal: what.into() }
    }

    fn whole(what: impl Into<Refusal>) -> Self {
        Self { column: None, refusal: what.into() }
    }
}

/// Reads dispatch rosters: every sheet with a header that names 姓名 and
/// 身份证号 or 手机.
///
/// # Errors
/// A refusal of the whole file, as of [`table::read`]; NDJSON is none of the
/// forms of such a roster.
pub fn read(bytes: &[u8], format: Format, context: &ManifestContext) -> Result<Manifest, Refusal> {
    if format == Format::Ndjson {
        return Err(Code::RosterNotWorkbook.into());
    }
    let mut reader = Reader { context, manifest: Manifest::default(), group: None };
    table::read(bytes, format, &context.limits, &ManifestSheet, &mut reader)?;
    reader.finish();
    let manifest = reader.manifest;
    if manifest.groups.iter().all(|group| group.people.is_empty()) {
        return Err(Code::RosterEmpty.into());
    }
    Ok(manifest)
}

/// The roster that was sent, with the reasons beside each bad row, as of
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
    errors::of_kind(&ManifestSheet, original, format, notes, limits)
}

impl Titled for Column {
    fn titled(header: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.header() == header)
    }

    fn title(self) -> &'static str {
        self.header()
    }
}

struct Reader<'c> {
    context: &'c ManifestContext,
    manifest: Manifest,
    group: Option<GroupReader>,
}

/// A group that is being read.
struct GroupReader {
    index: u16,
    group: Group,
    block: Block,
    journey: journey::Said,
}

impl Sink<Column> for Reader<'_> {
    fn header(&mut self, at: At<'_>, header: &Header<Column>) -> Result<(), Refusal> {
        // Why: a second table of a sheet goes on with the same group, and what
        // stands above it is known.
        if self.group.as_ref().is_none_or(|group| group.index != at.index) {
            self.finish();
            self.group = Some(GroupReader::new(at, header));
        }
        if let Some(reader) = &mut self.group {
            reader.group.dropped_columns.clone_from(&header.dropped);
            reader.group.unknown_columns.clone_from(&header.unknown);
        }
        Ok(())
    }

    fn row(&mut self, at: At<'_>, row: &Row<'_, Column>) -> Result<(), Refusal> {
        // Why: a block below the table has cells in its columns.
        if block::is_in(row) {
            return self.left_out(at, row, LeftOut::Footer);
        }
        let Some(reader) = &mut self.group else { return Ok(()) };
        let person = person::read(row, &mut reader.group.stops, self.context);
        if person.result.is_ok() {
            reader.journey.add(row, self.context.today);
        }
        reader.group.people.push(person);
        Ok(())
    }

    fn left_out(&mut self, _: At<'_>, row: &Row<'_, Column>, why: LeftOut) -> Result<(), Refusal> {
        let Some(reader) = &mut self.group else { return Ok(()) };
        let texts: Vec<_> = row.cells.iter().map(|cell| cell.value.shown()).collect();
        reader.block.add(texts.iter().map(AsRef::as_ref));
        reader.group.left_out.push((row.number, why));
        Ok(())
    }

    fn passed_over(&mut self, sheet: &str, why: PassedOver) -> Result<(), Refusal> {
        self.manifest.passed_over.push((sheet.to_owned(), why));
        Ok(())
    }
}

impl Reader<'_> {
    /// The group that was read is complete.
    fn finish(&mut self) {
        let Some(reader) = self.group.take() else { return };
        let GroupReader { mut group, block, journey, .. } = reader;
        let people = group.people.iter().filter(|person| person.result.is_ok()).count();
        group.journey = journey.finish(&block, self.context.today, &mut group.warnings);
        group.vehicle = vehicle::read(&block, people, group.journey.mode, &mut group.warnings);
        self.manifest.groups.push(group);
    }
}

impl GroupReader {
    fn new(at: At<'_>, header: &Header<Column>) -> Self {
        let mut block = Block::default();
        for row in &header.above {
            block.add(row.iter().map(String::as_str));
        }
        Self {
            index: at.index,
            group: Group { sheet: at.sheet.to_owned(), ..Group::default() },
            block,
            journey: journey::Said::default(),
        }
    }
}
