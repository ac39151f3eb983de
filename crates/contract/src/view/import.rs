//! How a file ended, row by row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    id::{DispatchId, VacancyId},
    wire::{Stop, Vehicle},
};

/// How a roster ended. `POST /v1/register/{point}/cards`
///
/// Every row below a header counts once: `rows` is `created` + `updated` +
/// `unchanged` + `refused` + `left_out_rows`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The service point.
    pub point: String,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Rows below a header that hold something: the sum of created, updated,
    /// unchanged, unverified, refused and left out.
    pub rows: u32,
    /// People who have a card now and had none.
    pub created: u32,
    /// People whose card changed.
    pub updated: u32,
    /// People whose card was so already.
    pub unchanged: u32,
    /// People without a right ID (待核) whose card is new or changed: they can
    /// be called and not dispatched.
    #[serde(default)]
    pub unverified: u32,
    /// Rows that were not taken.
    pub refused: u32,
    /// Rows that are no person of their own: totals, footers, duplicates,
    /// examples, people of another register.
    #[serde(default)]
    pub left_out_rows: u32,
    /// Of those: people who stand in another point's register.
    #[serde(default)]
    pub elsewhere: u32,
    /// Why rows were not taken.
    pub refusals: Vec<RowNote>,
    /// Why people are unverified.
    #[serde(default)]
    pub unverified_rows: Vec<RowNote>,
    /// Why rows were left out; the first [`MOST_NOTES`].
    #[serde(default)]
    pub left_out: Vec<RowNote>,
    /// What was taken but should be looked at; the first [`MOST_NOTES`]. Row 0
    /// is the file as a whole.
    pub warnings: Vec<RowNote>,
    /// How often each code stands among refusals, warnings and reasons for
    /// leaving out.
    #[serde(default)]
    pub counts: BTreeMap<String, u32>,
    /// People of this register who are not in the file. None of them was
    /// changed.
    #[serde(default)]
    pub absent: Absent,
    /// Columns that are known and not needed.
    #[serde(default)]
    pub dropped_columns: Vec<String>,
    /// Columns that mean nothing to us.
    pub unknown_columns: Vec<String>,
    /// Sheets that were not read.
    #[serde(default)]
    pub sheets: Vec<SheetNote>,
    /// What will become of each row; of a dry run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<RowEnd>,
    /// The import's own event; none on a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// How a demand sheet ended. `POST /v1/vacancies/import`
///
/// Every row that asks for people counts once: `rows` is `created` +
/// `unchanged` + `refused`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DemandReport {
    /// The enterprise.
    pub enterprise: String,
    /// Whether nothing was posted.
    pub dry_run: bool,
    /// Rows that ask for people.
    pub rows: u32,
    /// Vacancies that were posted.
    pub created: u32,
    /// Rows that were posted before, or stand in the file twice.
    pub unchanged: u32,
    /// Rows that were not taken.
    pub refused: u32,
    /// The vacancies of the rows that were taken, in the file's order.
    pub vacancies: Vec<DemandVacancy>,
    /// Why rows were not taken.
    pub refusals: Vec<RowNote>,
    /// What was interpreted, filled in or left out of rows.
    pub warnings: Vec<RowNote>,
    /// Rows that ask for nobody, and why: totals, footers.
    pub left_out: Vec<RowNote>,
    /// Columns that hold a contact and were not read.
    pub dropped_columns: Vec<String>,
    /// Columns that mean nothing to us.
    pub unknown_columns: Vec<String>,
    /// Sheets that were not read.
    #[serde(default)]
    pub sheets: Vec<SheetNote>,
}

/// What became of a row of a demand sheet that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DemandVacancy {
    /// The sheet's name; empty for CSV.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sheet: String,
    /// The row as the clerk sees it.
    pub row: u32,
    /// The vacancy; none on a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VacancyId>,
    /// Its title.
    pub title: String,
    /// How many people it asks for.
    pub headcount: u32,
    /// It was posted before, or stands in the file twice.
    pub unchanged: bool,
}

/// How a dispatch roster ended. `POST /v1/dispatches/import`
///
/// Every row below a header counts once: `rows` is `listed` + `unchanged` +
/// `refused` + `left_out_rows`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DispatchReport {
    /// The vacancy for which people travel.
    pub vacancy: VacancyId,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Rows below a header that hold something.
    pub rows: u32,
    /// People who are in a group now and were in none.
    pub listed: u32,
    /// People who were in their group already.
    pub unchanged: u32,
    /// Rows that were not taken.
    pub refused: u32,
    /// Rows that name nobody: totals, footers, the vehicle's block.
    pub left_out_rows: u32,
    /// What became of each sheet, in the file's order; nothing of one whose
    /// rows were all refused.
    pub groups: Vec<ImportedGroup>,
    /// Why rows were not taken; `column` may be something beside the table,
    /// as 车牌, that concerns all of a sheet's rows.
    pub refusals: Vec<RowNote>,
    /// What was taken but should be looked at.
    pub warnings: Vec<RowNote>,
    /// Why rows were left out.
    pub left_out: Vec<RowNote>,
    /// Columns that are known and not needed.
    pub dropped_columns: Vec<String>,
    /// Columns that mean nothing to us.
    pub unknown_columns: Vec<String>,
    /// Sheets that were not read.
    pub sheets: Vec<SheetNote>,
}

/// What became of one sheet of a dispatch roster.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedGroup {
    /// The sheet's name; empty for CSV.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sheet: String,
    /// The group; none where it was refused, or would be opened by a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<DispatchId>,
    /// `opened`, `joined`, `unchanged` or `refused`.
    pub outcome: String,
    /// People whom this import put into it.
    pub listed: u32,
    /// When it leaves, as it was read; of a new group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departs_at: Option<String>,
    /// Its vehicle, as it was read; of a new group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// Where people get on, as it was read; of a new group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Stop>,
    /// What to look at, as in `TravelWarning`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// People of a register who are not in the file that was uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Absent {
    /// How many.
    pub count: u32,
    /// The first [`MOST_ABSENT`](super::MOST_ABSENT) of them.
    pub people: Vec<AbsentPerson>,
}

/// Somebody who stands in the register and not in the file.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AbsentPerson {
    /// The card.
    pub card: String,
    /// Name, for the point's own desk; each time with an access record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl std::fmt::Debug for AbsentPerson {
    // Why: without the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AbsentPerson").field("card", &self.card).finish_non_exhaustive()
    }
}

/// A sheet that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SheetNote {
    /// Its name.
    pub sheet: String,
    /// The stable code.
    pub code: String,
    /// The text for a person.
    pub reason: String,
}

/// What will become of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowEnd {
    /// The sheet's name; empty for CSV and NDJSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sheet: String,
    /// The row as the clerk sees it.
    pub row: u32,
    /// `created`, `updated`, `unchanged`, `refused`, `left_out` or `elsewhere`.
    pub outcome: String,
    /// The person has no right ID.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// Codes of refusals, reasons and warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// A note on one row of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowNote {
    /// The sheet's name; empty for CSV and NDJSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sheet: String,
    /// The row as the clerk sees it; 0 for the file as a whole.
    pub row: u32,
    /// The column's header; empty for the row as a whole.
    pub column: String,
    /// The stable code.
    pub code: String,
    /// The text for a person.
    pub reason: String,
}
