//! What is told of feeds, beside what stands in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    id::{AgreementId, PartyId, SubscriptionId, WebhookId},
    wire::FeedFilter,
};

/// What a party has itself told of.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
    /// Of supply: a `FeedDetail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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

/// One page of a snapshot. `GET /v1/feeds/{subscription}/snapshot`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SnapshotPage {
    /// The whole, of which this is a page.
    pub manifest: SnapshotManifest,
    /// The items of this page.
    pub items: Vec<SnapshotItem>,
    /// What to send as `page_token` to get the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// One item that a feed holds: `data`, or in a feed in protobuf `data_base64`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SnapshotItem {
    /// What it is known by in the feed.
    pub key: String,
    /// What it is, as `gongqiao.v1.VacancyItem`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The item, as in `feed.proto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub data: Option<serde_json::Value>,
    /// The item in protobuf, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_base64: Option<String>,
}

/// A page of events. `GET /v1/feeds/{subscription}/events`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EventsPage {
    /// The events, in order.
    pub events: Vec<FeedEvent>,
    /// The cursor after which the next page begins.
    pub next: String,
    /// Whether there is one now.
    pub more: bool,
}

/// One event of a feed: a CloudEvent in structured JSON.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeedEvent {
    /// `1.0`.
    pub specversion: String,
    /// Its cursor, `epoch.sequence`.
    pub id: String,
    /// `/feeds/{subscription}`.
    pub source: String,
    /// What it does: an item's type, `gongqiao.v1.FeedRemoved`,
    /// `gongqiao.v1.FeedDigest` or `gongqiao.v1.FeedClosed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The key of the item, or what the feed says of itself.
    pub subject: String,
    /// When it was written.
    pub time: String,
    /// `application/json` or `application/protobuf`.
    pub datacontenttype: String,
    /// The position of the log that it shows.
    pub asof: String,
    /// The data, as in `feed.proto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub data: Option<serde_json::Value>,
    /// The data in protobuf, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_base64: Option<String>,
}

/// Where a feed is sent to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub party: PartyId,
    /// What it sends.
    pub subscription: SubscriptionId,
    /// Where requests go.
    pub url: String,
    /// A `WebhookSigning`.
    pub signing: String,
    /// Whether events go out in any order, several at once.
    pub any_order: bool,
    /// When it was added.
    pub added_at: String,
    /// `active`; `over` with its subscription; or why it is disabled: a
    /// `WebhookFailure` in lower case.
    pub state: String,
    /// Since when it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    /// What signs, the newest first.
    pub keys: Vec<WebhookKey>,
}

/// A secret of a webhook, of which only this is told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookKey {
    /// Since when it signs.
    pub since: String,
    /// Until when, if there is a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Of ed25519: `whpk_` and the public key in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// How far a webhook is, and what was tried last.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deliveries {
    /// Every event up to here is delivered.
    pub delivered: String,
    /// The last event of the feed.
    pub feed: String,
    /// Events that were tried in vain and are tried again.
    pub pending: Vec<PendingDelivery>,
    /// The latest attempts, the newest first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// An event that has not arrived yet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingDelivery {
    /// Its cursor.
    pub event: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was first tried.
    pub since: String,
    /// When it is tried again.
    pub next_at: String,
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When.
    pub at: String,
    /// The cursor of the event; none of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What it was sent as: the same for every attempt of one event.
    pub webhook_id: String,
    /// A `WebhookOutcome`.
    pub outcome: String,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took.
    pub took_ms: u64,
}

/// From where on everything is sent again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// The cursor after which it begins.
    pub after: String,
}
