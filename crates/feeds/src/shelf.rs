//! The feeds as they stand: for each its book and its latest events, for
//! whoever reads them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use gongqiao_contract::{feed::Cursor, id::SubscriptionId, subject};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::{
    book::{Book, Gap},
    event::Event,
};

/// Events of each feed that are held in memory; older ones stand in its stream.
pub(crate) const HELD: usize = 10_000;

/// Where a feed is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// In a stream of its own, which the subscriber consumes over NATS.
    Own,
    /// In the one stream that all others share.
    Shared,
}

impl Home {
    /// The name of the stream.
    pub(crate) fn stream(self, subscription: &SubscriptionId) -> String {
        match self {
            Self::Own => subject::feed_stream(subscription),
            Self::Shared => subject::FEED_SHARED.to_owned(),
        }
    }
}

/// An event, rendered once for any number of readers.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: Event,
    /// As server-sent event.
    pub(crate) frame: Bytes,
    /// Where in the frame the CloudEvent begins; it ends two bytes before the
    /// frame's end.
    json: usize,
}

impl Told {
    pub(crate) fn new(subscription: &SubscriptionId, event: Event) -> Self {
        let mut frame = format!("id: {}\nevent: {}\ndata: ", event.cursor, event.deed.word());
        let json = frame.len();
        frame.push_str(&event.cloud_event(subscription).to_string());
        frame.push_str("\n\n");
        Self { event, frame: frame.into(), json }
    }

    /// As CloudEvent in JSON, as a body of its own.
    pub(crate) fn json_bytes(&self) -> Bytes {
        self.frame.slice(self.json..self.frame.len() - 2)
    }

    /// As CloudEvent in JSON.
    pub(crate) fn json(&self) -> &[u8] {
        &self.frame[self.json..self.frame.len() - 2]
    }
}

/// One feed.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) subscription: SubscriptionId,
    pub(crate) home: Home,
    state: RwLock<State>,
    moved: watch::Sender<Cursor>,
}

#[derive(Debug)]
struct State {
    book: Book,
    recent: VecDeque<Arc<Told>>,
    /// Of a feed with a stream of its own: by how much a place in the stream
    /// is ahead of the sequence.
    ahead: u64,
}

/// What follows a cursor.
#[derive(Debug)]
pub(crate) enum Followed {
    /// These events, maybe none.
    Here(Vec<Arc<Told>>),
    /// They stand in the stream, from this place on.
    InStream(u64),
    /// They are kept no longer, or the epoch is over.
    Gone,
    /// The cursor lies ahead of the feed.
    Ahead,
}

impl Feed {
    pub(crate) fn new(home: Home, book: Book) -> Self {
        let moved = watch::Sender::new(book.cursor);
        let subscription = book.subscription.clone();
        let state = State { book, recent: VecDeque::new(), ahead: 0 };
        Self { subscription, home, state: RwLock::new(state), moved }
    }

    /// Something out of the book as it is.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.state.read().book)
    }

    /// Takes in an event that is stored at `place` of the stream.
    pub(crate) fn take(&self, event: Event, place: u64) -> Result<(), Gap> {
        let mut state = self.state.write();
        state.book.apply(&event)?;
        if event.cursor.sequence == 1 {
            state.recent.clear();
        }
        state.ahead = place.saturating_sub(event.cursor.sequence);
        state.recent.push_back(Arc::new(Told::new(&self.subscription, event)));
        if state.recent.len() > HELD {
            state.recent.pop_front();
        }
        let cursor = state.book.cursor;
        drop(state);
        self.moved.send_replace(cursor);
        Ok(())
    }

    /// At most `most` events after a cursor.
    pub(crate) fn after(&self, cursor: Cursor, most: usize) -> Followed {
        let state = self.state.read();
        let at = state.book.cursor;
        // Why: whoever has nothing yet takes what there is from its beginning,
        // also of a feed that has not begun.
        let begin = Cursor { epoch: at.epoch, sequence: 0 };
        let cursor = if cursor == Cursor::default() { begin } else { cursor };
        if cursor.epoch > at.epoch || (cursor.epoch == at.epoch && cursor > at) {
            return Followed::Ahead;
        }
        if cursor.epoch < at.epoch {
            return Followed::Gone;
        }
        if cursor == at {
            return Followed::Here(Vec::new());
        }
        let first = state.recent.front().map_or(at.sequence + 1, |one| one.event.cursor.sequence);
        if cursor.sequence + 1 < first {
            return match self.home {
                Home::Own => Followed::InStream(state.ahead + cursor.sequence + 1),
                Home::Shared => Followed::Gone,
            };
        }
        let skip = usize::try_from(cursor.sequence + 1 - first).unwrap_or(usize::MAX);
        Followed::Here(state.recent.iter().skip(skip).take(most).cloned().collect())
    }

    /// The event that was written last.
    pub(crate) fn latest(&self) -> Option<Arc<Told>> {
        self.state.read().recent.back().cloned()
    }

    /// The earliest event that is held in memory.
    pub(crate) fn oldest(&self) -> Option<Arc<Told>> {
        self.state.read().recent.front().cloned()
    }

    /// The last event, and a way to wait for the next.
    pub(crate) fn moved(&self) -> watch::Receiver<Cursor> {
        self.moved.subscribe()
    }
}

/// All feeds, and a way to wait for new ones.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    feeds: RwLock<HashMap<SubscriptionId, Arc<Feed>>>,
    news: watch::Sender<()>,
}

impl Shelf {
    pub(crate) fn get(&self, id: &SubscriptionId) -> Option<Arc<Feed>> {
        self.feeds.read().get(id).cloned()
    }

    /// The feed, once it is there.
    pub(crate) async fn wait(&self, id: &SubscriptionId) -> Arc<Feed> {
        let mut news = self.news.subscribe();
        loop {
            news.borrow_and_update();
            if let Some(feed) = self.get(id) {
                return feed;
            }
            // Why: the sender lives in `self`, so waiting can't fail.
            let _ = news.changed().await;
        }
    }

    pub(crate) fn put(&self, feed: Arc<Feed>) {
        self.feeds.write().insert(feed.subscription.clone(), feed);
        self.news.send_replace(());
    }

    pub(crate) fn remove(&self, id: &SubscriptionId) {
        self.feeds.write().remove(id);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Feed>> {
        self.feeds.read().values().cloned().collect()
    }
}
