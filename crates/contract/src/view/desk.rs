//! What a desk sees of itself and of those with whom it travels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CardId, DispatchId, PartyId};

/// Whom the key of the request speaks for. `GET /v1/me`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The party's public code.
    pub party: PartyId,
    /// As in [`Party::kind`](super::Party::kind).
    pub kind: String,
    /// The party's public name.
    pub name: String,
    /// Staff number of the person.
    pub person: String,
    /// As in [`Credential::role`](super::Credential::role).
    pub role: String,
}

/// One person with whom a desk travels. `GET /v1/vacancies/{vacancy}/people`:
/// its own people who have a seat; `GET /v1/dispatches/{dispatch}/people`:
/// those of a group that it is part of.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traveller {
    /// The card.
    pub card: CardId,
    /// The point whose register names the person.
    pub point: PartyId,
    /// Public name of the point.
    pub point_name: String,
    /// Where the person is on the way, as `held`.
    pub state: String,
    /// Of sixteen or seventeen on the day of need (未成年工).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// The group the person travels with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<DispatchId>,
    /// When the promise runs out, while nobody has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Name, for the desk that serves the person; also for the desk that leads
    /// the group, of those who consented to be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the desk that serves the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Traveller {
    // Why: without the name and the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Traveller");
        shown.field("card", &self.card).field("state", &self.state).finish_non_exhaustive()
    }
}
