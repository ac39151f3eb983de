//! What is told of feeds, beside what stands in them.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AgreementId, PartyId, SubscriptionId},
    wire::FeedFilter,
};

/// What a party has itself told of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub party: PartyId,
    /// The agreement with which it ends; none for a service point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// A `FeedKind`.
    pub kind: String,
    /// A `FeedFormat`.
    pub format: String,
    /// Which items are wanted.
    pub filter: FeedFilter,
    /// When it was opened.
    pub opened_at: String,
    /// `open`, or else why it is at an end: a `FeedEnd` in lower case.
    pub state: String,
    /// Where the snapshot is.
    pub snapshot: String,
    /// Where the events are.
    pub events: String,
    /// The stream of the broker and its durable consumer, of a partner city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nats: Option<NatsFeed>,
}

/// Where a feed is consumed over NATS.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NatsFeed {
    /// The stream.
    pub stream: String,
    /// Its durable consumer.
    pub consumer: String,
    /// The domain under which a client finds it.
    pub domain: String,
}

/// What a snapshot says of itself: whoever has all its pages can check that
/// these are all, and goes on with the events after `cursor`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotManifest {
    /// Whose feed it is.
    pub subscription: SubscriptionId,
    /// The last event that it contains.
    pub cursor: String,
    /// How many items.
    pub items: u64,
    /// Their digest, as in the events of type `FeedDigest`.
    pub digest: String,
    /// A `FeedFormat`.
    pub format: String,
    /// The agreement that opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// Which items are wanted.
    pub filter: FeedFilter,
    /// When it was taken.
    pub taken_at: String,
}
