use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{ParkedId, PartyId};

/// A message that could not be processed. `GET /v1/parked`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// Its id.
    pub id: ParkedId,
    /// Who could not process it: `intake` or `notify`.
    pub service: String,
    /// The party that sent it, or that would have been told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Code of the refusal, of the last attempt.
    pub reason: String,
    /// The refusal in words, with a dot for each value.
    pub detail: String,
    /// Place in the body, where the refusal has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// When it came.
    pub first_seen: String,
    /// When it was tried last.
    pub last_attempt: String,
    /// How often it was tried; 0 for an edited copy that was not.
    pub attempts: u32,
    /// Bytes of the body as it came.
    pub size: u64,
    /// Whether whoever sent it was told of the refusal, and may have sent it
    /// anew since.
    pub answered: bool,
    /// The parked message of which this is an edited copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<ParkedId>,
}

/// One parked message with its content and what was done about it.
/// `GET /v1/parked/{id}`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedMessage {
    /// `parked`, or else how it ended: `accepted`, `discarded`.
    pub state: String,
    /// What it is; missing once it is parked no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// Its content, while it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ParkedContent>,
    /// What was done about it, oldest first.
    pub acts: Vec<ParkedAct>,
}

/// What a parked message says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedContent {
    /// The subject that it came on.
    pub subject: String,
    /// Headers as they came.
    pub headers: Vec<ParkedHeader>,
    /// The message by the type that belongs to its subject; missing where it
    /// can't be read as that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<serde_json::Value>,
    /// The body as text, where it is UTF-8 and was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The bytes of the body in base64, as they came; missing where it was
    /// larger than is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// SHA-256 of the body as it came, in hex.
    pub sha256: String,
    /// Place in the log of the event from which it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// A header of a parked message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParkedHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Something that was done about a parked message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedAct {
    /// When.
    pub at: String,
    /// Staff number of the operator's person.
    pub person: String,
    /// A `ParkedDeed`.
    pub deed: String,
    /// Why, in that person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Code of a refusal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Place in the log of what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The copy that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ParkedId>,
}

/// Makes an edited copy of a parked message. `POST /v1/parked/{id}/edit`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditParked {
    /// The message in the JSON of its type; null where the subject takes none.
    #[serde(default)]
    pub message: serde_json::Value,
    /// What the subject says behind the party, as `vacancies.post`; without it
    /// the original's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why it is done.
    #[serde(default)]
    pub why: String,
}

/// What came of several parked messages.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mended {
    /// Whether this only says what would come of it.
    pub dry_run: bool,
    /// Each of them, in the order in which they were tried.
    pub items: Vec<MendedOne>,
    /// What to send as `pageToken` to go on with the same filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// What came of one parked message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MendedOne {
    /// Which one.
    pub id: ParkedId,
    /// `accepted`, `refused` or `discarded`.
    pub outcome: String,
    /// Code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The refusal in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What came out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Its place in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}
