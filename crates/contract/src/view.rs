//! What the API answers, as it stands in JSON: camelCase, times in RFC 3339
//! UTC, enums as in `proto/`. Written by the board, read by clients.

mod after;
mod desk;
mod export;
mod feed;
mod import;
mod parked;
mod past;
mod refused;
mod replay;
mod standing;
mod story;
mod travel;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    id::{AgreementId, CardId, KeyId, PartyId, SignalId, VacancyId},
    wire::{Scope, VacancyTerms},
};

pub use self::{
    after::*, desk::*, export::*, feed::*, import::*, parked::*, past::*, refused::*, replay::*,
    standing::*, story::*, travel::*,
};

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
    /// Of a webhook that signs with ed25519: what its requests are checked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The text of a `.creds` file for any NATS client, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creds: Option<String>,
    /// The prefix under which that user may be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_prefix: Option<String>,
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
    /// Of an erasure: from this day on no backup holds the key either.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keys_gone_on: String,
    /// Of an erasure: parties that may have got the data, and are told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub recipients: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A body that takes part. `GET /v1/parties`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The public half of the key.
    pub id: KeyId,
    /// Staff number of the person.
    pub person: String,
    /// `CLERK`, `APPROVER`, `AUDITOR`, `MENDER` or `SERVICE`.
    pub role: String,
    /// From when on it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// It was revoked.
    pub revoked: bool,
}

/// What permits the rest. `GET /v1/agreements`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// The number.
    pub value: i64,
    /// Where the events are that it is the sum of.
    pub events: String,
}

/// A demand for people, with its ledger. `GET /v1/vacancies/{vacancy}`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Serialize, Deserialize, ToSchema)]
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

/// One card of a register. `GET /v1/register/{point}/cards`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
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
    /// Nothing is done with the person's data but keeping it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Skill {
    /// Code of the 2022 classification.
    pub occupation: String,
    /// 1 (senior technician) to 5 (junior); 0 for none certified.
    pub level: u32,
}

/// How many notes of a kind a report tells in full.
pub const MOST_NOTES: usize = 2_000;

/// How many of the absent a report names.
pub const MOST_ABSENT: usize = 200;

/// The state of the city. `GET /v1/indicators`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
