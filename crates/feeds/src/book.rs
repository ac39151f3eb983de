//! What one feed holds now, as a subscriber that has taken every event holds
//! it: changed by events alone, so that writer, reader and rebuilt state agree.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use gongqiao_contract::{
    feed::{Cursor, Digest},
    id::SubscriptionId,
    wire::{
        CardItem, FeedClosed, FeedRemoved, feed_end::Value as FeedEnd, feed_exit::Value as Exit,
        feed_format::Value as Format,
    },
};
use gongqiao_domain::feed::{Seen, Sight, Thing};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::event::{self, Deed, Event, Sort};

/// Events after which a digest follows.
const DIGEST_EVERY: u64 = 1_000;
/// Time after which a digest follows, also when nothing has changed.
const DIGEST_AFTER: Duration = Duration::minutes(1);

/// What a feed holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Book {
    /// Whose feed it is.
    pub(crate) subscription: SubscriptionId,
    /// What its items are.
    pub(crate) sort: Sort,
    /// How its items are written.
    pub(crate) format: Format,
    /// The last event that is taken in.
    pub(crate) cursor: Cursor,
    /// The items, by key.
    pub(crate) items: BTreeMap<String, Bytes>,
    /// The digest of the items.
    pub(crate) digest: Digest,
    /// Why it is at an end, if it is.
    pub(crate) closed: Option<FeedEnd>,
    /// The position in the log at which its epoch began.
    pub(crate) since: u64,
    /// What was stored of it does not fit together; it begins anew.
    pub(crate) torn: bool,
    /// Where and when the last digest was said.
    digested: (u64, Option<OffsetDateTime>),
}

/// A book as it is kept in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    epoch: u64,
    sequence: u64,
    since: u64,
    closed: Option<i32>,
    items: BTreeMap<String, Vec<u8>>,
}

/// What an event would follow badly: its number is not the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is missing before {0:?}")]
pub(crate) struct Gap(pub(crate) Cursor);

impl Book {
    /// An empty one, before any epoch.
    pub(crate) fn new(subscription: SubscriptionId, sort: Sort, format: Format) -> Self {
        Self {
            subscription,
            sort,
            format,
            cursor: Cursor::default(),
            items: BTreeMap::new(),
            digest: Digest::default(),
            closed: None,
            since: 0,
            torn: false,
            digested: (0, None),
        }
    }

    /// An empty one that is to begin anew, later than `cursor`.
    #[must_use]
    pub(crate) fn torn_at(self, cursor: Cursor) -> Self {
        Self { cursor, torn: true, ..self }
    }

    /// An empty one whose next event is this one: an epoch's first, or an end.
    #[must_use]
    pub(crate) fn before(mut self, next: Cursor) -> Self {
        if next.sequence > 1 {
            self.cursor = Cursor { sequence: next.sequence - 1, ..next };
        }
        self
    }

    /// Takes an event in. One that was taken in before changes nothing.
    ///
    /// # Errors
    /// It is not the next one.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), Gap> {
        if event.cursor <= self.cursor {
            return Ok(());
        }
        let next =
            if event.cursor.epoch > self.cursor.epoch { 1 } else { self.cursor.sequence + 1 };
        if event.cursor.sequence != next {
            return Err(Gap(event.cursor));
        }
        if event.cursor.epoch > self.cursor.epoch {
            self.drop_everything();
            (self.closed, self.torn, self.digested) = (None, false, (0, None));
            self.since = event.as_of;
        }
        self.cursor = event.cursor;
        match event.deed {
            Deed::Set(_) => {
                self.take_out(&event.key);
                self.digest.add(&event.key, &event.data);
                self.items.insert(event.key.clone(), event.data.clone());
            }
            Deed::Removed => self.take_out(&event.key),
            Deed::Digest => self.digested = (event.cursor.sequence, Some(event.time)),
            Deed::Closed => {
                self.drop_everything();
                let said = event::parse::<FeedClosed>(&event.data, event.format);
                self.closed = Some(said.map_or(FeedEnd::Agreement, |closed| closed.why()));
            }
        }
        Ok(())
    }

    /// Why an item is gone that can't be looked at any more: of a card what was
    /// held of it is said; of anything else there is nothing to say.
    fn lost(&self, sight: &Sight<'_>, data: &Bytes) -> FeedRemoved {
        let card = (self.sort == Sort::Card).then(|| event::parse::<CardItem>(data, self.format));
        match card {
            Some(Ok(card)) => sight.gone(&card),
            _ => FeedRemoved { why: Exit::Left as i32, ..FeedRemoved::default() },
        }
    }

    fn has_no_epoch(&self) -> bool {
        self.cursor.epoch == 0 || self.torn
    }

    fn take_out(&mut self, key: &str) {
        if let Some(before) = self.items.remove(key) {
            self.digest.remove(key, &before);
        }
    }

    fn drop_everything(&mut self) {
        self.items.clear();
        self.digest = Digest::default();
    }

    /// As it is kept.
    pub(crate) fn keep(&self) -> Kept {
        Kept {
            epoch: self.cursor.epoch,
            sequence: self.cursor.sequence,
            since: self.since,
            closed: self.closed.map(|end| end as i32),
            items: self.items.iter().map(|(key, data)| (key.clone(), data.to_vec())).collect(),
        }
    }

    /// Takes over what was kept.
    #[must_use]
    pub(crate) fn with(mut self, kept: Kept) -> Self {
        self.cursor = Cursor { epoch: kept.epoch, sequence: kept.sequence };
        self.since = kept.since;
        self.closed = kept.closed.map(|end| FeedEnd::try_from(end).unwrap_or_default());
        for (key, data) in kept.items {
            self.digest.add(&key, &data);
            self.items.insert(key, data.into());
        }
        self
    }
}

/// What has to be looked at.
#[derive(Debug, Clone)]
pub(crate) enum Look<'a> {
    /// Everything: the sight itself may have changed.
    All,
    /// These things alone.
    Some(&'a BTreeSet<Thing>),
}

/// When and of which position of the log events are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// When.
    pub(crate) now: OffsetDateTime,
    /// The position of the log.
    pub(crate) position: u64,
}

impl Book {
    /// The events that bring this book to what is seen now. The book itself
    /// stays as it is until they are stored.
    pub(crate) fn catch_up(
        &self,
        sight: &Result<Sight<'_>, FeedEnd>,
        look: &Look<'_>,
        moment: Moment,
    ) -> Vec<Event> {
        let mut pen = Pen { book: self, moment, cursor: self.cursor, events: Vec::new() };
        match sight {
            Err(end) => pen.close(*end),
            Ok(sight) => {
                let covers_more = self.since < sight.since();
                if self.closed.is_some() || self.has_no_epoch() || covers_more {
                    pen.begin_anew();
                    pen.look_at_all(sight);
                    // Why: a subscriber of nothing learns that it is nothing.
                    if pen.events.is_empty() {
                        let data = event::digest(0, &Digest::default(), self.format);
                        pen.write(Deed::Digest, "digest", data);
                    }
                } else if let Look::Some(things) = look {
                    pen.look_at(sight, &keyed(sight, things.iter().cloned()));
                } else {
                    pen.look_at_all(sight);
                }
            }
        }
        pen.events
    }

    /// The digest that is due after this event or this time, if one is.
    pub(crate) fn digest_due(&self, moment: Moment) -> Option<Event> {
        let (at, when) = self.digested;
        let many = self.cursor.sequence >= at + DIGEST_EVERY;
        let long = when.is_none_or(|when| moment.now - when >= DIGEST_AFTER);
        if self.closed.is_some() || self.has_no_epoch() || !(many || long) {
            return None;
        }
        let data = event::digest(self.items.len(), &self.digest, self.format);
        let mut pen = Pen { book: self, moment, cursor: self.cursor, events: Vec::new() };
        pen.write(Deed::Digest, "digest", data);
        pen.events.pop()
    }
}

/// Writes events one after the other.
struct Pen<'a> {
    book: &'a Book,
    moment: Moment,
    cursor: Cursor,
    events: Vec<Event>,
}

impl Pen<'_> {
    fn write(&mut self, deed: Deed, key: &str, data: Bytes) {
        self.cursor.sequence += 1;
        self.events.push(Event {
            cursor: self.cursor,
            deed,
            key: key.to_owned(),
            time: self.moment.now,
            as_of: self.moment.position,
            format: self.book.format,
            data,
        });
    }

    /// A new epoch is later than any before. Why by the time: of a writer whose
    /// files are gone nothing else is known to be past.
    fn begin_anew(&mut self) {
        let seconds = u64::try_from(self.moment.now.unix_timestamp()).unwrap_or_default();
        let epoch = seconds.max(self.cursor.epoch + 1);
        self.cursor = Cursor { epoch, sequence: 0 };
    }

    fn close(&mut self, end: FeedEnd) {
        if self.book.closed.is_some() {
            return;
        }
        if self.book.has_no_epoch() {
            self.begin_anew();
        }
        self.write(Deed::Closed, "closed", event::closed(end, self.book.format));
    }

    fn is_new_epoch(&self) -> bool {
        self.cursor.epoch != self.book.cursor.epoch
    }

    fn look_at_all(&mut self, sight: &Sight<'_>) {
        let things = keyed(sight, sight.things().into_iter());
        self.look_at(sight, &things);
        if self.is_new_epoch() {
            return;
        }
        // What is held, and is not among what can be seen.
        let book = self.book;
        let known = |key: &str| things.binary_search_by(|(known, _)| known.as_str().cmp(key));
        for (key, data) in book.items.iter().filter(|(key, _)| known(key).is_err()) {
            let thing = sight.thing(key);
            match thing.and_then(|thing| sight.look(&thing)) {
                Some(Seen::Item(_)) => {}
                Some(Seen::Removed(why)) => self.remove(key, &why),
                None => self.remove(key, &book.lost(sight, data)),
            }
        }
    }

    fn look_at(&mut self, sight: &Sight<'_>, things: &[(String, Thing)]) {
        let book = self.book;
        for (key, thing) in things {
            let held = book.items.get(key).filter(|_| !self.is_new_epoch());
            match (sight.look(thing), held) {
                (Some(Seen::Item(item)), held) => {
                    let (sort, data) = event::item(&item, book.format);
                    if held != Some(&data) {
                        self.write(Deed::Set(sort), key, data);
                    }
                }
                (Some(Seen::Removed(why)), Some(_)) => self.remove(key, &why),
                (None, Some(data)) => self.remove(key, &book.lost(sight, data)),
                (_, None) => {}
            }
        }
    }

    fn remove(&mut self, key: &str, why: &FeedRemoved) {
        self.write(Deed::Removed, key, event::data(why, self.book.format));
    }
}

/// Things by what they are called in a feed, in that order. Why in order: the
/// order of cards would be the same in all feeds, and join their pseudonyms.
fn keyed(sight: &Sight<'_>, things: impl Iterator<Item = Thing>) -> Vec<(String, Thing)> {
    let mut keyed: Vec<(String, Thing)> =
        things.filter_map(|thing| Some((sight.key(&thing)?, thing))).collect();
    keyed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    keyed
}
