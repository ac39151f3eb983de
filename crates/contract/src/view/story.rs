//! What happened to one group, with all that stands around it in the log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Event;
use crate::id::AgreementId;

/// An event of a group, with what followed from it.
/// `GET /v1/dispatches/{dispatch}/story`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoryEvent {
    /// The event, decoded.
    #[serde(flatten)]
    pub event: Event,
    /// Headers with which it is stored.
    pub headers: BTreeMap<String, String>,
    /// First sequence of the transaction in which it was stored.
    pub transaction_first: u64,
    /// Last sequence of that transaction.
    pub transaction_last: u64,
    /// The agreement that it rests on.
    pub agreement: AgreementId,
    /// How its command was answered, if it came with an Idempotency-Key and
    /// the caller may know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<StoryReceipt>,
    /// Names behind the codes in it and in what followed: of parties, divisions,
    /// occupations and events.
    pub names: BTreeMap<String, Name>,
    /// Other events of its command, and what our services did because of it
    /// before the group's next event.
    pub follows: Vec<Followed>,
}

/// A name in both languages; official names of China have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Name {
    /// English, where there is such a name.
    pub en: String,
    /// 简体中文
    pub zh: String,
}

/// The receipt of a command, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoryReceipt {
    /// Its place in the log, which was the answer's.
    pub sequence: u64,
    /// What came out of the command.
    pub entity: String,
    /// The agreement relied upon, if any.
    pub agreement: String,
}

/// An event that followed from another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Followed {
    /// The event, decoded.
    #[serde(flatten)]
    pub event: Event,
    /// `transaction`: of the same command, stored with it or not at all.
    /// `later`: what a service of ours submitted afterwards.
    pub how: String,
}
