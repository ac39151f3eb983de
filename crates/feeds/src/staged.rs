//! A feed that nobody stores, to measure how feeds are served.

use std::sync::Arc;

use gongqiao_contract::{
    feed::Cursor,
    id::SubscriptionId,
    wire::{SignalItem, feed_format::Value as Format},
};
use gongqiao_domain::feed::Item;

use crate::{
    Feeds,
    book::Book,
    event::{self, Deed, Event, Sort},
    shelf::{Feed, Home},
};

/// Items that the events are about, in turn.
const ITEMS: u64 = 1_000;

/// A feed of small items. No writer may run beside it.
pub struct Staged {
    feed: Arc<Feed>,
    feeds: Feeds,
}

impl Feeds {
    /// Puts an empty feed on the shelf for a subscription that is there.
    pub fn stage(&self, subscription: SubscriptionId) -> Staged {
        let book = Book::new(subscription, Sort::Signal, Format::Json);
        let feed = Arc::new(Feed::new(Home::Shared, book));
        self.shelf.put(Arc::clone(&feed));
        Staged { feed, feeds: self.clone() }
    }
}

impl Staged {
    /// Says as many events, and returns the sequence of the last one.
    pub fn say(&self, events: u64) -> u64 {
        let mut cursor = self.feed.read(|book| book.cursor);
        for _ in 0..events {
            cursor = Cursor { epoch: 1, sequence: cursor.sequence + 1 };
            let event = self.event(cursor);
            // Why: each is numbered after the one before it.
            let _ = self.feed.take(event, cursor.sequence);
        }
        cursor.sequence
    }

    fn event(&self, cursor: Cursor) -> Event {
        let key = format!("431021102205-vac_{:04}", cursor.sequence % ITEMS);
        let item = Item::Signal(SignalItem {
            signal: key.clone(),
            title: "电子装配工".into(),
            enterprise_name: "测试电子厂".into(),
            needed_by: "2027-07-20".into(),
            quota: 12,
            committed: u32::try_from(cursor.sequence % 12).unwrap_or_default(),
            ..SignalItem::default()
        });
        let (sort, data) = event::item(&item, Format::Json);
        Event {
            cursor,
            deed: Deed::Set(sort),
            key,
            time: self.feeds.api.clock.now(),
            as_of: cursor.sequence,
            format: Format::Json,
            data,
        }
    }

    /// The event last said, as a reader gets it in JSON.
    pub fn latest(&self) -> Option<String> {
        let told = self.feed.latest()?;
        Some(String::from_utf8_lossy(told.json()).into_owned())
    }
}
