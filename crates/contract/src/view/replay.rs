//! What is told of replays.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    id::{PartyId, ReplayId, WebhookId},
    wire::ReplayFilter,
};

/// A replay: what is repeated, to whom, and how far it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// `waiting` (for approval), `running`, `paused`, `done`, `failed` or
    /// `cancelled`.
    pub state: String,
    /// `FACTS`, `AUDIT`, or a subscription.
    pub source: String,
    /// The first sequence of the source's stream that it covers.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Which events; all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ReplayFilter>,
    /// As many times as fast as it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// So many a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// A `ReplayTarget`.
    pub target: String,
    /// A `ReplayFormat`.
    pub format: String,
    /// To whom, if not to the bureau.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The webhook that it is sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookId>,
    /// A `ReplayPurpose`.
    pub purpose: String,
    /// The file under which somebody else finds the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How far it is.
    pub progress: ReplayProgress,
    /// Of a file that is done: where it is downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of a job that is read: where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Of a subject: under which everything stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Everything that was done about it, the order first.
    pub acts: Vec<ReplayAct>,
}

/// How far a replay is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayProgress {
    /// Events that were sent.
    pub events: u64,
    /// The sequence of the last of them, in the source's stream.
    pub sequence: u64,
    /// How much of its range it has gone through, 0 to 1.
    pub share: f64,
    /// Events a second, since it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// How long it will still take, at this rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
    /// What holds it up; it tries again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Of a file that is done: its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of a file that is done: its SHA-256, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Of a replay that failed: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Something that was done about a replay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayAct {
    /// When.
    pub at: String,
    /// By which party.
    pub party: String,
    /// By whom, as a staff number.
    pub person: String,
    /// `started`, `approved`, `paused`, `resumed`, `cancelled` or `ended`.
    pub act: String,
}

/// What a replay would send.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPlan {
    /// The first sequence that it would cover.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Events that would be sent.
    pub events: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// The first and the last of them.
    pub ends: Vec<ReplayEnd>,
    /// How many of each type.
    pub types: BTreeMap<String, u64>,
    /// Whether everything was counted; otherwise, up to the last that is named.
    pub complete: bool,
    /// Whether a second operator would have to approve it.
    pub needs_approval: bool,
}

/// The first or the last event of a replay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayEnd {
    /// Its sequence.
    pub sequence: u64,
    /// When it happened.
    pub time: String,
}
