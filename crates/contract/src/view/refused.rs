use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{KeyId, PartyId};

/// An attempt that was refused for want of permission: no valid key, not
/// permitted, too often. The same one again, with nothing between, is counted.
/// `GET /v1/refusals`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedAttempt {
    /// When it was refused, the last time.
    pub last_at: String,
    /// When it was refused first.
    pub first_at: String,
    /// How often.
    pub count: u64,
    /// Whose key it was, where the log knows the key. With
    /// `auth.unknown_key` or `auth.too_many` the secret may have been wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Staff number of the person to whom that key was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The public half of the key, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// `http` or `nats`.
    pub door: String,
    /// Over HTTP, the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path without its query; over NATS, the subject. Shortened.
    pub path: String,
    /// The stable code of the refusal.
    pub code: String,
}
