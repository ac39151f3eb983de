//! The past as it was: a moment, and what lies between two of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Agreement, Dispatch, Party, Vacancy};

/// A place of the log that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The moment as it was understood: RFC 3339, or `#` and a sequence.
    pub asked: String,
    /// The log up to here, always a whole transaction.
    pub position: u64,
    /// The sequence that was asked for, if it lies within a transaction: then
    /// `position` is the transaction's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<u64>,
    /// When the last event was recorded; none before the first, and none if
    /// that event can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// When the event after it was recorded; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
}

/// What was known at a moment. `GET /v1/state`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastState {
    /// Where in the log.
    #[serde(flatten)]
    pub place: Place,
    /// Subjects with an event that this version does not understand: what is
    /// shown of them goes as far as that event. At most a hundred.
    pub not_understood: Vec<String>,
    /// How many there are.
    pub not_understood_count: u64,
    /// What was asked for is one of them.
    pub read_only: bool,
    /// The city, if nothing else was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<PastCity>,
    /// The group that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<Dispatch>,
    /// The vacancy that was asked for, with its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vacancy: Option<Vacancy>,
    /// The service point that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PastPoint>,
    /// The agreement that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// A whole city in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastCity {
    /// Service points that took part.
    pub service_points: u64,
    /// Enterprises with an agreement in force.
    pub enterprises: u64,
    /// Cities with an agreement in force.
    pub partner_cities: u64,
    /// Vacancies that stood.
    pub open_vacancies: u64,
    /// Signals that waited for an answer.
    pub open_signals: u64,
    /// Groups that were neither closed nor cancelled nor declined.
    pub open_dispatches: u64,
    /// Cases that waited for somebody.
    pub open_cases: u64,
    /// Vacancies by state.
    pub vacancies: BTreeMap<String, u64>,
    /// Signals by state.
    pub signals: BTreeMap<String, u64>,
    /// Groups by state.
    pub dispatches: BTreeMap<String, u64>,
    /// People by the state of their latest placement.
    pub people: BTreeMap<String, u64>,
    /// Figures of the ledgers, over all vacancies.
    pub ledger: BTreeMap<String, i64>,
}

/// A service point in numbers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastPoint {
    /// The point itself.
    #[serde(flatten)]
    pub party: Party,
    /// People that were proposed to it, in signals that are over.
    pub asked: u32,
    /// People that it committed.
    pub committed: u32,
    /// Signals that it declined.
    pub declined: u32,
    /// Its signals by state.
    pub signals: BTreeMap<String, u64>,
    /// Its people by the state of their latest placement.
    pub people: BTreeMap<String, u64>,
}

/// What lies between two moments. `GET /v1/state/diff`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastDiff {
    /// The earlier one.
    pub from: Place,
    /// The later one.
    pub until: Place,
    /// What is different, in the order of the paths.
    pub changes: Vec<PastChange>,
    /// Of one thing, the events that changed what is shown of it; of a city,
    /// all of them. The first five hundred.
    pub events: Vec<PastEvent>,
    /// How many there are.
    pub events_count: u64,
    /// Events between the two that this version does not understand.
    pub not_understood_count: u64,
}

/// One value that is different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastChange {
    /// Where in what is shown: names parted by `/`, people and the like by
    /// their ids.
    pub path: String,
    /// The value before; none if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Sequences of the events that changed it, of one thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<u64>,
}

/// An event as it is named beside what it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastEvent {
    /// Its place in the log.
    pub sequence: u64,
    /// When it was recorded, if that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// Its name (`DispatchMoved`); `Unknown` of one that can't be read.
    pub kind: String,
    /// The party that acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Its subject.
    pub subject: String,
}

/// Whether the present follows from the log. `GET /v1/verify`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Nothing differs.
    pub agree: bool,
    /// The log was folded anew up to here, and compared with the live city at
    /// the same place.
    pub position: u64,
    /// Where the snapshot on disk stands that was compared; none if there is
    /// none of this log and this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// The first event at which they part, of all that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<PastEvent>,
    /// What differs, the earliest event first. At most a hundred.
    pub parted: Vec<Parted>,
    /// How much differs.
    pub parted_count: u64,
    /// Facts that this version does not understand.
    pub not_understood_count: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_not_understood: Option<PastEvent>,
}

/// One thing of which the log says something else.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parted {
    /// Which copy differs from the log: `live` or `snapshot`.
    pub copy: String,
    /// What it is, as `dispatches/dsp_…`, `ledgers/vac_…` or `index`.
    pub of: String,
    /// Paths within it at which they differ. At most twenty.
    pub paths: Vec<String>,
    /// The copy is as the thing was before this event: from it on they differ.
    /// If the log never led to what the copy holds, the event that made the
    /// thing what it should be. None of what has no events of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<PastEvent>,
    /// Whether what the copy holds was right before that event.
    pub explained: bool,
}
