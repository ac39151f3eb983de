use gongqiao_contract::{
    id::{AgreementId, PartyId, SubscriptionId},
    wire::{
        FeedFilter, SubscriptionOpened, data_class::Value as Class, feed_detail, feed_format,
        feed_kind, party_kind,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, NotUnderstood, as_proto};

/// What a party has itself told of. Stands on its party's subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub party: PartyId,
    /// The agreement with which it ends; none for a service point.
    pub agreement: Option<AgreementId>,
    /// A [`feed_kind::Value`].
    pub kind: i32,
    /// A [`feed_detail::Value`].
    pub detail: i32,
    /// A [`feed_format::Value`].
    pub format: i32,
    /// Which items are wanted.
    #[serde(with = "as_proto")]
    pub filter: FeedFilter,
    /// When the party said that it no longer wants it.
    pub closed_at: Option<OffsetDateTime>,
    /// When it was opened.
    pub opened_at: OffsetDateTime,
}

impl Subscription {
    /// A new one.
    pub(super) fn opened(at: At, e: &SubscriptionOpened) -> Result<Self, NotUnderstood> {
        let agreement = match e.agreement.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| NotUnderstood)?),
        };
        Ok(Self {
            id: e.subscription.parse().map_err(|_| NotUnderstood)?,
            party: e.party.parse().map_err(|_| NotUnderstood)?,
            agreement,
            kind: e.kind,
            detail: e.detail,
            format: e.format,
            filter: e.filter.clone().unwrap_or_default(),
            closed_at: None,
            opened_at: at.recorded_at,
        })
    }

    /// What it is about.
    pub fn kind(&self) -> feed_kind::Value {
        feed_kind::Value::try_from(self.kind).unwrap_or_default()
    }

    /// Of supply: how much is told of each person.
    pub fn detail(&self) -> Option<feed_detail::Value> {
        // Why: those of before there was a choice have none.
        let detail = if self.shows_cards() {
            feed_detail::Value::Card
        } else {
            feed_detail::Value::Aggregate
        };
        (self.kind() == feed_kind::Value::Supply).then_some(detail)
    }

    /// Whether it shows a card for each person, where others show counts.
    pub fn shows_cards(&self) -> bool {
        self.detail == feed_detail::Value::Card as i32
    }

    /// The class of data that an agreement must open for it.
    pub fn class(&self, of: party_kind::Value) -> Option<Class> {
        class_of(self.kind(), self.shows_cards(), of)
    }

    /// How its items are written.
    pub fn format(&self) -> feed_format::Value {
        feed_format::Value::try_from(self.format).unwrap_or_default()
    }
}

/// The class of data that an agreement must open for this kind of feed; none
/// for service points, which have no agreements: their feeds are of their own
/// people, and between them and the bureau.
pub fn class_of(kind: feed_kind::Value, cards: bool, of: party_kind::Value) -> Option<Class> {
    match kind {
        _ if of == party_kind::Value::ServicePoint => None,
        feed_kind::Value::Supply if cards => Some(Class::Cards),
        feed_kind::Value::Supply => Some(Class::Supply),
        feed_kind::Value::Vacancy => Some(Class::Vacancies),
        feed_kind::Value::Dispatch => Some(Class::Dispatches),
        feed_kind::Value::Signal | feed_kind::Value::Unspecified => None,
    }
}
