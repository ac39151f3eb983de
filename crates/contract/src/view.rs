//! What the API answers, as it stands in JSON: camelCase, times in RFC 3339
//! UTC, enums as in `proto/`. Written by the board, read by clients.

mod after;
mod desk;

use std::collections::BTreeMap;

pub use after::*;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AgreementId, CardId, DispatchId, KeyId, PartyId, SignalId, VacancyId},
    wire::{Crew, Scope, Stop, VacancyTerms, Vehicle},
};

pub use desk::*;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `page_token` to get the next page; none on the last.
    #[serde(rename = "next_page_token", default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
    /// The log was read up to here.
    pub position: u64,
}

/// The answer to a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// What came out of it.
    pub id: String,
    /// Its last sequence in the log.
    pub sequence: u64,
    /// When it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// A new API key, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// People who got a seat.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub committed: u32,
    /// People who wait for a seat now (候补).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub standby: u32,
    /// People whose promise was taken back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub released: u32,
    /// What to look at before a coach leaves, as in `TravelWarning`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The case in which the other side is asked first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waits_for: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A body that takes part. `GET /v1/parties`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Its public code.
    pub id: PartyId,
    /// `ENTERPRISE`, `SERVICE_POINT`, `CITY`, `OPERATOR` or `SERVICE`.
    pub kind: String,
    /// Its public name.
    pub name: String,
    /// The division it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    /// Names of its division and all above it, the province first.
    #[serde(default)]
    pub chain: Vec<String>,
    /// The park it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub park: Option<String>,
    /// It no longer takes part.
    pub revoked: bool,
}

/// One person's API key, without its secret. `GET /v1/parties/{party}/credentials`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The public half of the key.
    pub id: KeyId,
    /// Staff number of the person.
    pub person: String,
    /// `CLERK`, `APPROVER`, `AUDITOR` or `SERVICE`.
    pub role: String,
    /// From when on it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// It was revoked.
    pub revoked: bool,
}

/// What permits the rest. `GET /v1/agreements`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// With whom.
    pub party: PartyId,
    /// How far it reaches.
    pub scope: Scope,
    /// From when on it holds.
    pub from: String,
    /// The first moment at which it no longer holds.
    pub until: String,
    /// `signed`, `terminated` or `ended`.
    pub state: String,
    /// Whether it permits anything now.
    pub in_force: bool,
}

/// One number of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// The number.
    pub value: i64,
    /// Where the events are that it is the sum of.
    pub events: String,
}

/// A demand for people, with its ledger. `GET /v1/vacancies/{vacancy}`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vacancy {
    /// Its id.
    pub id: VacancyId,
    /// Whose it is.
    pub enterprise: PartyId,
    /// Public name of the enterprise.
    pub enterprise_name: String,
    /// The agreement under which it was posted.
    pub agreement: AgreementId,
    /// `open`, `filled`, `withdrawn` or `lapsed`.
    pub state: String,
    /// What it asks and offers.
    pub terms: VacancyTerms,
    /// When it was posted.
    pub posted_at: String,
    /// Seats that nobody holds.
    pub free_seats: u32,
    /// Points that promised somebody.
    pub service_points_involved: usize,
    /// The ledger: figure to number. See the figures of `domain::ledger`.
    pub ledger: BTreeMap<String, Figure>,
    /// A newer version wrote about it: it can be read up to there only.
    pub read_only: bool,
    /// The log was read up to here.
    pub position: u64,
}

/// One event, decoded. `GET /v1/vacancies/{vacancy}/events`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its place in the log.
    pub sequence: u64,
    /// Its name, as `PlacementMoved`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The subject it stands on.
    pub subject: String,
    /// By how much it moved the figure that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<i64>,
    /// The event itself: the proto3 JSON of `Fact`.
    pub fact: serde_json::Value,
}

/// What one service point is asked. `GET /v1/signals`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The employer's words for the post.
    pub title: String,
    /// Public name of the enterprise.
    pub enterprise_name: String,
    /// The day on which people are needed.
    pub needed_by: String,
    /// The point.
    pub point: PartyId,
    /// Public name of the point.
    pub point_name: String,
    /// How many it is asked for.
    pub quota: u32,
    /// How many it has promised.
    pub committed: u32,
    /// 0 is the local ring.
    pub ring: u32,
    /// `open`, `partly`, `answered`, `declined`, `escalated` or `recalled`.
    pub state: String,
    /// Until when an answer counts.
    pub respond_by: String,
    /// When it was first raised.
    pub raised_at: String,
    /// People whose last word was yes (愿意).
    #[serde(default)]
    pub willing: u32,
    /// The point's people who wait for a seat (候补).
    #[serde(default)]
    pub waiting: u32,
    /// The desk that answered last: the point itself, or its township's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<PartyId>,
    /// Whom it might send, best first. This and all below, only in the view
    /// of one signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Others who were called or came to the desk (上门), by card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walk_in: Vec<Candidate>,
    /// The point's people who wait for a seat (候补), the next one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standby: Vec<Waiting>,
    /// People of the register who can't be proposed now, and why; the first
    /// 500 in the order of the register.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
    /// How many can't be proposed, by reason: all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded_by: BTreeMap<String, u32>,
    /// People who fit as well, beyond those who were proposed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub also_fitting: u32,
    /// What may be copied into a chat group: nothing about any person. None
    /// when the vacancy no longer stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_text: Option<String>,
    /// The log was read up to here.
    pub position: u64,
}

/// Somebody whom a point might send, or who was called besides. Who it is,
/// only the desk that serves the person sees.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The card.
    pub card: CardId,
    /// 0 to 1000.
    pub score: u32,
    /// Why the card was proposed, as in `MatchReason`.
    pub reasons: Vec<String>,
    /// Promised to somebody meanwhile.
    pub held: bool,
    /// Promised to this very vacancy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub promised: bool,
    /// What the person said last, as in `CallOutcome`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Of sixteen or seventeen on the day of need (未成年工), or perhaps so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// Name, for the desk that serves the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the desk that serves the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Somebody who waits for a seat.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The card.
    pub card: CardId,
    /// The place on the vacancy's list, over all points; 1 is next.
    pub rank: u32,
    /// Of sixteen or seventeen on the day of need (未成年工).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// Name, for the desk that serves the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the desk that serves the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Waiting {
    // Why: without the name and the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Waiting");
        shown.field("card", &self.card).field("rank", &self.rank).finish_non_exhaustive()
    }
}

/// Somebody of the register who can't be proposed for a vacancy now.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// The card.
    pub card: CardId,
    /// The first condition that is not met, as `unfit.available`.
    pub why: String,
    /// The same for a person, in the language of the request.
    pub reason: String,
    /// The first day on which the person can work, YYYY-MM-DD.
    pub available_from: String,
    /// Name, for the desk that serves the person, with `?excluded_names=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl std::fmt::Debug for Excluded {
    // Why: without the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Excluded");
        shown.field("card", &self.card).field("why", &self.why).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Candidate {
    // Why: without the name and the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("card", &self.card).finish_non_exhaustive()
    }
}

/// One group on the way. `GET /v1/dispatches/{dispatch}`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dispatch {
    /// Its id.
    pub id: DispatchId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The receiving side.
    pub enterprise: PartyId,
    /// The agreement it travels under.
    pub agreement: AgreementId,
    /// The point that opened it.
    pub point: PartyId,
    /// Public name of the point.
    pub point_name: String,
    /// The county it travels to.
    pub to: String,
    /// `opened`, `accepted`, `declined`, `departed`, `arrived`, `closed` or `cancelled`.
    pub state: String,
    /// As in `TravelMode`.
    pub mode: String,
    /// The vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// Where people get on.
    pub stops: Vec<Stop>,
    /// When it is to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departs_at: Option<String>,
    /// When it should arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_at: Option<String>,
    /// How many drivers take turns; 0 where nobody has said.
    #[serde(default)]
    pub drivers: u32,
    /// Somebody travels along to look after people (跟车管理员).
    #[serde(default)]
    pub attendant: bool,
    /// What to look at, as in `TravelWarning`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was opened.
    pub opened_at: String,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<String>,
    /// People who take a seat on the way.
    #[serde(default)]
    pub riding: u32,
    /// Seats that nobody takes, where it is known how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats_left: Option<u32>,
    /// People who arrived and have no final state yet.
    #[serde(default)]
    pub missing: u32,
    /// When the enterprise was last reminded of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chased_at: Option<String>,
    /// People who were turned away at the coach door.
    #[serde(default)]
    pub refused: u32,
    /// The vacancy was withdrawn or has lapsed while the group is on its way.
    #[serde(default)]
    pub vacancy_over: bool,
    /// Groups that could travel with this one, as was proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<DispatchId>,
    /// Groups with which this one could travel, as was proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_merge_into: Vec<DispatchId>,
    /// The group with which it travels instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<DispatchId>,
    /// Everyone ever on the manifest. Empty for a point that could join, and
    /// is not part of the group yet.
    pub manifest: Vec<Passenger>,
    /// Its last sequence; what `expectedSequence` means.
    pub sequence: u64,
    /// The log was read up to here.
    pub position: u64,
}

/// One person of a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passenger {
    /// The card.
    pub card: CardId,
    /// Where the person is on the way, as `boarded`.
    pub state: String,
    /// The point whose register names the person.
    pub point: PartyId,
    /// Of sixteen or seventeen on the day of need (未成年工).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// The work that the journey led to, if it has.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// The manifest for one recipient. `GET /v1/dispatches/{dispatch}/manifest?for=…`
///
/// Each recipient gets its own fields and no others; people who have not
/// consented to be named stand in it as a card, and are counted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The dispatch.
    pub dispatch: DispatchId,
    /// `enterprise`, `carrier` or `insurer`.
    pub recipient: String,
    /// Public name of the enterprise.
    pub enterprise_name: String,
    /// The employer's words for the post.
    pub title: String,
    /// Public name of the point that leads the group.
    pub point_name: String,
    /// The county it travels to.
    pub to: String,
    /// As in `TravelMode`.
    pub mode: String,
    /// The vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// When it is to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departs_at: Option<String>,
    /// When it should arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_at: Option<String>,
    /// Who drives and who travels along. For the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<Crew>,
    /// The people.
    pub people: Vec<Listed>,
    /// How many of them are named.
    pub named: u32,
    /// How many are not, without their consent.
    pub unnamed: u32,
    /// Only the people of the points that the reader serves are in it.
    pub partial: bool,
    /// The log was read up to here.
    pub position: u64,
}

impl std::fmt::Debug for Manifest {
    // Why: without the people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manifest")
            .field("dispatch", &self.dispatch)
            .field("recipient", &self.recipient)
            .finish_non_exhaustive()
    }
}

/// One person of a manifest, with what its recipient may know.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The card.
    pub card: String,
    /// Name of the point that sends the person.
    pub point_name: String,
    /// Name of the stop at which the person gets on. For the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_name: Option<String>,
    /// Name, where the person has consented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number. For the enterprise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Occupations as the clerk wrote them. For the enterprise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupations: Option<String>,
    /// Of sixteen or seventeen on the day of need (未成年工). For the enterprise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<bool>,
    /// Where the person is on the way, as `boarded`. For the enterprise, which
    /// says what becomes of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Citizen ID. For the insurer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen_id: Option<String>,
    /// YYYY-MM-DD. For the insurer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
}

impl std::fmt::Debug for Listed {
    // Why: without the person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("card", &self.card).finish_non_exhaustive()
    }
}

/// One card of a register. `GET /v1/register/{point}/cards`
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The card.
    pub card: CardId,
    /// Home village, twelve digits.
    pub home: String,
    /// Whether the ID is checked; otherwise 待核: to be called, not dispatched.
    pub verified: bool,
    /// 0 where it isn't known.
    pub birth_year: u16,
    /// What the person can do.
    pub skills: Vec<Skill>,
    /// Yuan a month; 0 for no expectation.
    pub wage_expected_yuan: u32,
    /// First day on which the person can work.
    pub available_from: String,
    /// Where the person would go; empty for anywhere.
    pub destinations: Vec<String>,
    /// `free`, or where the person was last on the way, as `onboarded`.
    pub state: String,
    /// Promised or at work: not to be promised to anybody else.
    pub bound: bool,
    /// When the card was last confirmed.
    pub updated_at: String,
    /// Name, for the person's own desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the person's own desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Card {
    // Why: without the name and the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("card", &self.card).finish_non_exhaustive()
    }
}

/// One occupation of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skill {
    /// Code of the 2022 classification.
    pub occupation: String,
    /// 1 (senior technician) to 5 (junior); 0 for none certified.
    pub level: u32,
}

/// How a roster ended. `POST /v1/register/{point}/cards`
///
/// Every row below a header counts once: `rows` is `created` + `updated` +
/// `unchanged` + `refused` + `left_out_rows`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// How many notes of a kind a report tells in full.
pub const MOST_NOTES: usize = 2_000;

/// How many of the absent a report names.
pub const MOST_ABSENT: usize = 200;

/// People of a register who are not in the file that was uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// How many.
    pub count: u32,
    /// Their cards; the first [`MOST_ABSENT`].
    pub cards: Vec<CardId>,
}

/// A sheet that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetNote {
    /// Its name.
    pub sheet: String,
    /// The stable code.
    pub code: String,
    /// The text for a person.
    pub reason: String,
}

/// What will become of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// The state of the city. `GET /v1/indicators`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Indicators {
    /// Worker cards in the register.
    pub cards: u64,
    /// Service points that take part.
    pub service_points: u64,
    /// Enterprises with an agreement in force.
    pub enterprises: u64,
    /// Cities with an agreement in force.
    pub partner_cities: u64,
    /// Vacancies that stand.
    pub open_vacancies: u64,
    /// Signals that wait for an answer.
    pub open_signals: u64,
    /// Facts in the log.
    pub events: u64,
    /// The log was read up to here.
    pub position: u64,
    /// When these numbers were taken.
    pub as_of: String,
}

/// A refusal as it is sent: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The stable code.
    pub code: String,
    /// For a person, in the language of the request.
    #[serde(default)]
    pub detail: String,
    /// The status.
    #[serde(default)]
    pub status: u16,
    /// JSON pointer into the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The values that the text names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}
