//! One event of a feed, in the forms in which it travels: a message on its
//! stream, and a CloudEvent in structured JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gongqiao_contract::{
    id::SubscriptionId,
    subject,
    wire::{self, FeedClosed, FeedDigest, feed_format::Value as Format},
};
use gongqiao_domain::feed::Item;
use gongqiao_stream::{Write, feed::FeedMessage};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use gongqiao_contract::feed::Cursor;

/// What an event does to what the subscriber holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// An item is there, or is another now: the data is the item.
    Set(Sort),
    /// An item is there no longer.
    Removed,
    /// What must be held now.
    Digest,
    /// Nothing may be held any more, and nothing comes.
    Closed,
}

/// What an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Sort {
    Vacancy,
    Dispatch,
    Signal,
    Supply,
    Card,
}

impl Sort {
    const ALL: [Self; 5] = [Self::Vacancy, Self::Dispatch, Self::Signal, Self::Supply, Self::Card];

    /// The token in the subject.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Vacancy => "vacancy",
            Self::Dispatch => "dispatch",
            Self::Signal => "signal",
            Self::Supply => "supply",
            Self::Card => "card",
        }
    }

    /// The CloudEvents type of an item.
    pub(crate) fn ce_type(self) -> &'static str {
        match self {
            Self::Vacancy => "gongqiao.v1.VacancyItem",
            Self::Dispatch => "gongqiao.v1.DispatchItem",
            Self::Signal => "gongqiao.v1.SignalItem",
            Self::Supply => "gongqiao.v1.SupplyItem",
            Self::Card => "gongqiao.v1.CardItem",
        }
    }
}

/// What a message of a feed says of itself, as CloudEvents bind it to NATS: the
/// names of its headers, and what stands in them.
pub const HEADERS: [(&str, &str); 8] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "The cursor, epoch.sequence"),
    ("ce-source", "/feeds/{subscription}"),
    ("ce-type", "What the event does; the message of feed.proto that its data is"),
    ("ce-subject", "The key of the item"),
    ("ce-time", "When it was written, RFC 3339"),
    ("ce-asof", "The position of the log that it shows"),
    ("content-type", "application/json or application/protobuf, as the subscription wants"),
];

/// The types of events, each with the token of the subjects on which it stands.
pub fn types() -> Vec<(&'static str, &'static str)> {
    let items = Sort::ALL.into_iter().map(|sort| (sort.ce_type(), sort.token()));
    let removed = Sort::ALL.into_iter().map(|sort| (Deed::Removed.ce_type(), sort.token()));
    let words = [Deed::Digest, Deed::Closed].into_iter();
    let words = words.map(|deed| (deed.ce_type(), subject::FEED_CONTROL));
    items.chain(removed).chain(words).collect()
}

impl Deed {
    /// The CloudEvents type.
    pub(crate) fn ce_type(self) -> &'static str {
        match self {
            Self::Set(sort) => sort.ce_type(),
            Self::Removed => "gongqiao.v1.FeedRemoved",
            Self::Digest => "gongqiao.v1.FeedDigest",
            Self::Closed => "gongqiao.v1.FeedClosed",
        }
    }

    /// Its name among server-sent events.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Set(_) => "set",
            Self::Removed => "removed",
            Self::Digest => "digest",
            Self::Closed => "closed",
        }
    }

    fn of(ce_type: &str) -> Option<Self> {
        let sets = Sort::ALL.into_iter().map(Self::Set);
        let mut all = sets.chain([Self::Removed, Self::Digest, Self::Closed]);
        all.find(|deed| deed.ce_type() == ce_type)
    }
}

/// One event of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its place.
    pub(crate) cursor: Cursor,
    /// What it does.
    pub(crate) deed: Deed,
    /// The item it is about; of the feed's own words, what they are.
    pub(crate) key: String,
    /// When it was written.
    pub(crate) time: OffsetDateTime,
    /// The position of the log that it shows.
    pub(crate) as_of: u64,
    /// How the data is written.
    pub(crate) format: Format,
    /// The data.
    pub(crate) data: Bytes,
}

/// A message that does not read as an event of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an event of a feed")]
pub(crate) struct NoEvent;

impl Event {
    /// Whether whatever was held before it is held no longer.
    pub(crate) fn begins(&self) -> bool {
        self.cursor.sequence == 1 || self.deed == Deed::Closed
    }

    /// The message that stores it.
    pub(crate) fn write(&self, subscription: &SubscriptionId, sort: Sort) -> Write {
        let kind = match self.deed {
            Deed::Set(_) | Deed::Removed => sort.token(),
            Deed::Digest | Deed::Closed => subject::FEED_CONTROL,
        };
        let values = [
            "1.0".to_owned(),
            self.cursor.to_string(),
            source(subscription),
            self.deed.ce_type().to_owned(),
            self.key.clone(),
            self.time.format(&Rfc3339).unwrap_or_default(),
            self.as_of.to_string(),
            media(self.format).to_owned(),
        ];
        let headers = HEADERS.into_iter().map(|(name, _)| name).zip(values).collect();
        let subject = subject::feed(subscription, kind, &self.key);
        Write { subject, payload: self.data.clone(), expect: None, headers }
    }

    /// Reads a stored one.
    ///
    /// # Errors
    /// It is none of ours.
    pub(crate) fn read(message: &FeedMessage) -> Result<Self, NoEvent> {
        let header = |name| message.header(name).ok_or(NoEvent);
        let (_, _, key) = subject::parse_feed(&message.subject).ok_or(NoEvent)?;
        let format = match header("content-type")? {
            media if media.contains("protobuf") => Format::Protobuf,
            _ => Format::Json,
        };
        Ok(Self {
            cursor: header("ce-id")?.parse().map_err(|_| NoEvent)?,
            deed: Deed::of(header("ce-type")?).ok_or(NoEvent)?,
            key: key.to_owned(),
            time: OffsetDateTime::parse(header("ce-time")?, &Rfc3339).map_err(|_| NoEvent)?,
            as_of: header("ce-asof")?.parse().map_err(|_| NoEvent)?,
            format,
            data: message.payload.clone(),
        })
    }

    /// As a CloudEvent in structured JSON.
    pub(crate) fn cloud_event(&self, subscription: &SubscriptionId) -> Value {
        let mut event = json!({
            "specversion": "1.0",
            "id": self.cursor.to_string(),
            "source": source(subscription),
            "type": self.deed.ce_type(),
            "subject": self.key,
            "time": self.time.format(&Rfc3339).unwrap_or_default(),
            "datacontenttype": media(self.format),
            "asof": self.as_of.to_string(),
        });
        let (name, data) = shown(self.format, &self.data);
        event[name] = data;
        event
    }
}

/// Data as it stands in a CloudEvent, and under which name.
pub(crate) fn shown(format: Format, data: &[u8]) -> (&'static str, Value) {
    match format {
        Format::Protobuf => ("data_base64", json!(STANDARD.encode(data))),
        _ => ("data", serde_json::from_slice(data).unwrap_or_default()),
    }
}

/// The media type of a format.
pub(crate) fn media(format: Format) -> &'static str {
    match format {
        Format::Protobuf => "application/protobuf",
        _ => "application/json",
    }
}

fn source(subscription: &SubscriptionId) -> String {
    format!("/feeds/{subscription}")
}

/// The sort and the data of an item.
pub(crate) fn item(item: &Item, format: Format) -> (Sort, Bytes) {
    match item {
        Item::Vacancy(one) => (Sort::Vacancy, data(one, format)),
        Item::Dispatch(one) => (Sort::Dispatch, data(one, format)),
        Item::Signal(one) => (Sort::Signal, data(one, format)),
        Item::Supply(one) => (Sort::Supply, data(one, format)),
        Item::Card(one) => (Sort::Card, data(one, format)),
    }
}

/// Data in a format. JSON is canonical (RFC 8785): names in order, no spaces;
/// no item has fractions, so that numbers have one form.
pub(crate) fn data<M: Message + Serialize>(message: &M, format: Format) -> Bytes {
    match format {
        Format::Protobuf => message.encode_to_vec().into(),
        // Why by a value: its maps are in order, which those of a type are not.
        _ => serde_json::to_value(message).unwrap_or_default().to_string().into(),
    }
}

/// What somebody who gets the data reads.
///
/// # Errors
/// It does not read as `M`.
pub(crate) fn parse<M: Message + Default + DeserializeOwned>(
    data: &[u8],
    format: Format,
) -> Result<M, NoEvent> {
    match format {
        Format::Protobuf => M::decode(data).map_err(|_| NoEvent),
        _ => serde_json::from_slice(data).map_err(|_| NoEvent),
    }
}

/// The data of a digest.
pub(crate) fn digest(
    items: usize,
    digest: &gongqiao_contract::feed::Digest,
    format: Format,
) -> Bytes {
    let items = u64::try_from(items).unwrap_or(u64::MAX);
    data(&FeedDigest { items, digest: digest.to_string() }, format)
}

/// The data of an end.
pub(crate) fn closed(why: wire::feed_end::Value, format: Format) -> Bytes {
    data(&FeedClosed { why: why as i32 }, format)
}
