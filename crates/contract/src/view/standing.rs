//! How a person stands with the register.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CardId, CaseId, PartyId};

/// How one person stands, without a name. `GET /v1/people/{card}`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonStanding {
    /// The card.
    pub card: CardId,
    /// The point that keeps it, or kept it.
    pub point: PartyId,
    /// `kept`, `frozen` or `erased`.
    pub standing: String,
    /// Since when nothing is done with the data but keeping it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen_at: Option<String>,
    /// That the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erasure>,
    /// What the roster says and what was recorded since. Of several words
    /// about one recipient, the latest counts.
    pub consents: Vec<ConsentWord>,
    /// The log was read up to here.
    pub position: u64,
}

/// That a person was erased.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// When.
    pub at: String,
    /// `request`, `retention`, `consent_withdrawn` or `mistake`.
    pub reason: String,
    /// YYYY-MM-DD: from then on no backup holds the key either.
    pub keys_gone_on: String,
    /// Parties that may have got the data, and were told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Told>,
}

/// A party that was told of an erasure.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The case in which it was told.
    pub case: CaseId,
    /// The party.
    pub recipient: PartyId,
    /// Its public name.
    pub recipient_name: String,
    /// `CARRIER` or `INSURER`: the firm outside that it tells, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
    /// The firm's name, of a carrier.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub firm: String,
    /// Whether it has said that its copies are erased.
    pub acknowledged: bool,
    /// Since when it is so.
    pub since: String,
}

/// One word on consent, and who recorded it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentWord {
    /// `roster` or `event`.
    pub source: String,
    /// `REGISTER`, `MATCHING` or `DISCLOSURE`.
    pub purpose: String,
    /// Yes or no.
    pub agrees: bool,
    /// `ENTERPRISE`, `CARRIER` or `INSURER`; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// This party alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Its public name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_name: Option<String>,
    /// These fields alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// When it was said; of a roster, when it last said something new.
    pub at: String,
    /// The party that recorded it.
    pub by: String,
}

/// Somebody looked at people. `GET /v1/register/{point}/accesses`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The record's id.
    pub id: String,
    /// When.
    pub at: String,
    /// Who.
    pub party: String,
    /// The person within the party, where that is one's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// Why, as in `AccessPurpose`.
    pub purpose: String,
    /// Which fields, as in `PersonField`.
    pub fields: Vec<String>,
    /// The vacancy, dispatch, case or point that it was about.
    pub subject: String,
    /// The agreement that it rests on, where it rests on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// Whom, of the point's own people.
    pub cards: Vec<CardId>,
}
