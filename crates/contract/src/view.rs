//! What the API answers, as it stands in JSON: camelCase, times in RFC 3339
//! UTC, enums as in `proto/`. Written by the board, read by clients.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{AgreementId, CardId, DispatchId, KeyId, PartyId, SignalId, VacancyId},
    wire::{Crew, Scope, Stop, VacancyTerms, Vehicle},
};

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
    /// Whom it might send, best first. Only in the view of one signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// The log was read up to here.
    pub position: u64,
}

/// Somebody whom a point might send. Who it is, only the point itself sees.
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
    /// Name, for the person's own service point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the person's own service point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
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

/// How a roster ended, row by row. `POST /v1/register/{point}/cards`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The service point.
    pub point: String,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Rows of the file, examples and blank rows apart.
    pub rows: u32,
    /// People who have a card now and had none.
    pub created: u32,
    /// People whose card changed.
    pub updated: u32,
    /// People whose card was so already.
    pub unchanged: u32,
    /// Rows that were not taken.
    pub refused: u32,
    /// Rows left out because they are the template's examples.
    pub left_out: u32,
    /// Why rows were not taken.
    pub refusals: Vec<RowNote>,
    /// What was taken but should be looked at.
    pub warnings: Vec<RowNote>,
    /// Columns that are not read.
    pub unknown_columns: Vec<String>,
    /// The import's own event; none on a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// A note on one row of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNote {
    /// The row as the clerk sees it.
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
