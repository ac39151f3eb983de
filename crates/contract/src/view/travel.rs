//! Groups on the way, and what each recipient may know of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Work;
use crate::{
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    wire::{Crew, Stop, Vehicle},
};

/// Groups that are to arrive, by time of arrival. `GET /v1/arrivals`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Arrivals {
    /// The first moment that was looked at.
    pub from: String,
    /// The first one that was not any more.
    pub until: String,
    /// The groups.
    pub items: Vec<Arrival>,
    /// There are more than these: ask again from the last one's time on.
    pub more: bool,
    /// Position in the log.
    pub position: u64,
}

/// One group that is to arrive, without a person's data.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Arrival {
    /// The group.
    pub dispatch: DispatchId,
    /// The vacancy it fills.
    pub vacancy: VacancyId,
    /// When it should arrive, as was said last.
    pub expected_at: String,
    /// The county of the point that leads it.
    pub from: String,
    /// The county it travels to.
    pub to: String,
    /// People who travel with it.
    pub people: u32,
    /// `opened`, `accepted` or `departed`.
    pub state: String,
    /// As in `TravelMode`.
    pub mode: String,
    /// Number plate, or the train's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// When it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departed_at: Option<String>,
    /// The receiving side.
    pub enterprise: PartyId,
    /// Its public name.
    pub enterprise_name: String,
    /// The point that leads it.
    pub point: PartyId,
    /// Its public name.
    pub point_name: String,
}

/// One group on the way. `GET /v1/dispatches/{dispatch}`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The card.
    pub card: String,
    /// Name of the point that sends the person.
    pub point_name: String,
    /// `frozen` or `erased`: nothing is disclosed of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
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
