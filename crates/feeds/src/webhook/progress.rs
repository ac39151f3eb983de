//! How far one webhook is: which events arrived, which are tried again and
//! when, and what was tried last. Pure; the time is handed in.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use gongqiao_contract::feed::Cursor;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Events that may be under way or wait for another attempt at once.
const WINDOW: usize = 1_000;
/// Attempts that the log holds.
const LOGGED: usize = 500;

/// How far one webhook is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    epoch: u64,
    /// The last event that was taken up.
    taken: u64,
    /// Taken up, and not arrived.
    open: BTreeMap<u64, Open>,
    /// The latest attempts, the newest last.
    log: VecDeque<Attempt>,
}

/// An event that has not arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    /// How often it was tried in vain.
    pub(crate) attempts: u32,
    /// When it was first taken up.
    pub(crate) since: OffsetDateTime,
    /// When it is to be tried.
    pub(crate) next_at: OffsetDateTime,
    /// It is no event of the feed, but the word that events are kept no longer.
    pub(crate) gone: bool,
    #[serde(skip)]
    under_way: bool,
}

/// One request, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) at: OffsetDateTime,
    /// The event; none of a test.
    pub(crate) event: Option<(u64, u64)>,
    pub(crate) webhook_id: String,
    pub(crate) outcome: String,
    pub(crate) status: Option<u16>,
    pub(crate) took_ms: u64,
}

impl Open {
    fn new(now: OffsetDateTime, gone: bool) -> Self {
        Self { attempts: 0, since: now, next_at: now, gone, under_way: false }
    }
}

impl Progress {
    /// As of a webhook that begins after `cursor`.
    pub(crate) fn after(cursor: Cursor) -> Self {
        Self { epoch: cursor.epoch, taken: cursor.sequence, ..Self::default() }
    }

    /// The last event that was taken up.
    pub(crate) fn taken(&self) -> Cursor {
        Cursor { epoch: self.epoch, sequence: self.taken }
    }

    /// Up to where everything has arrived.
    pub(crate) fn delivered(&self) -> Cursor {
        let first = self.open.keys().next();
        let sequence = first.map_or(self.taken, |first| first.saturating_sub(1));
        Cursor { epoch: self.epoch, sequence }
    }

    /// Takes everything after `cursor` up again, and nothing of before.
    pub(crate) fn rewind(&mut self, cursor: Cursor) {
        (self.epoch, self.taken) = (cursor.epoch, cursor.sequence);
        self.open.clear();
    }

    /// Takes the next event up. A feed's new epoch, and its end, stand for
    /// whatever was open.
    pub(crate) fn take(&mut self, cursor: Cursor, stands_for_all: bool, now: OffsetDateTime) {
        if cursor.epoch != self.epoch || stands_for_all {
            self.open.clear();
        }
        (self.epoch, self.taken) = (cursor.epoch, cursor.sequence);
        self.open.insert(cursor.sequence, Open { under_way: true, ..Open::new(now, false) });
    }

    /// What was to come is kept no longer: that is told, and then what follows
    /// `at`.
    pub(crate) fn gone(&mut self, at: Cursor, now: OffsetDateTime) {
        self.rewind(at);
        self.open.insert(at.sequence, Open::new(now, true));
    }

    /// Whether another event may be taken up.
    pub(crate) fn has_room(&self, any_order: bool) -> bool {
        self.open.len() < if any_order { WINDOW } else { 1 }
    }

    /// An event that is to be tried again now; it is under way then.
    pub(crate) fn due(&mut self, now: OffsetDateTime) -> Option<(Cursor, Open)> {
        let mut all = self.open.iter_mut();
        let (sequence, open) = all.find(|(_, one)| !one.under_way && one.next_at <= now)?;
        open.under_way = true;
        Some((Cursor { epoch: self.epoch, sequence: *sequence }, open.clone()))
    }

    /// When the next one is to be tried again.
    pub(crate) fn next_at(&self) -> Option<OffsetDateTime> {
        let waiting = self.open.values().filter(|one| !one.under_way);
        waiting.map(|one| one.next_at).min()
    }

    /// It was received.
    pub(crate) fn arrived(&mut self, cursor: Cursor) {
        if cursor.epoch == self.epoch {
            self.open.remove(&cursor.sequence);
        }
    }

    /// It was not received: how long it is failing, if it still counts, after
    /// `wait` has said for its number of attempts when it is tried again.
    pub(crate) fn failed(
        &mut self,
        cursor: Cursor,
        now: OffsetDateTime,
        wait: impl FnOnce(u32) -> Duration,
    ) -> Option<time::Duration> {
        let open = self.open_at(cursor)?;
        open.attempts += 1;
        open.under_way = false;
        open.next_at = now + wait(open.attempts);
        Some(now - open.since)
    }

    /// It was not tried after all: it is later.
    pub(crate) fn put_off(&mut self, cursor: Cursor, until: OffsetDateTime) {
        if let Some(open) = self.open_at(cursor) {
            (open.under_way, open.next_at) = (false, until);
        }
    }

    fn open_at(&mut self, cursor: Cursor) -> Option<&mut Open> {
        if cursor.epoch == self.epoch { self.open.get_mut(&cursor.sequence) } else { None }
    }

    /// Whoever delivers begins anew: nothing is under way, and what failed
    /// before the webhook was enabled counts no more.
    pub(crate) fn resume(&mut self, enabled_at: OffsetDateTime, now: OffsetDateTime) {
        for open in self.open.values_mut() {
            open.under_way = false;
            if open.since < enabled_at {
                *open = Open::new(now, open.gone);
            }
        }
    }

    /// Events that failed and are tried again.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (Cursor, &Open)> {
        let failed = self.open.iter().filter(|(_, one)| one.attempts > 0);
        failed.map(|(sequence, one)| (Cursor { epoch: self.epoch, sequence: *sequence }, one))
    }

    /// Notes an attempt.
    pub(crate) fn note(&mut self, attempt: Attempt) {
        self.log.push_back(attempt);
        if self.log.len() > LOGGED {
            self.log.pop_front();
        }
    }

    /// The latest attempts, the newest first.
    pub(crate) fn log(&self) -> impl Iterator<Item = &Attempt> {
        self.log.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 08:00 UTC);

    fn at(sequence: u64) -> Cursor {
        Cursor { epoch: 7, sequence }
    }

    fn second(_: u32) -> Duration {
        Duration::from_secs(1)
    }

    #[test]
    fn the_head_of_an_ordered_one_blocks_and_is_tried_again_when_its_time_has_come() {
        let mut progress = Progress::after(at(0));
        progress.take(at(1), false, NOW);
        assert!(!progress.has_room(false) && progress.has_room(true));
        assert_eq!(progress.failed(at(1), NOW, second), Some(time::Duration::ZERO));
        assert_eq!(progress.due(NOW), None);
        assert_eq!(progress.next_at(), Some(NOW + Duration::from_secs(1)));
        assert_eq!(progress.due(NOW + Duration::from_secs(1)).unwrap().0, at(1));
        assert_eq!(progress.due(NOW + Duration::from_secs(1)), None, "it is under way");
        progress.arrived(at(1));
        assert_eq!((progress.delivered(), progress.has_room(false)), (at(1), true));
    }

    #[test]
    fn what_arrives_of_another_epoch_or_after_a_rewind_settles_nothing() {
        let mut progress = Progress::after(at(0));
        progress.take(at(1), false, NOW);
        progress.arrived(Cursor { epoch: 6, sequence: 1 });
        assert_eq!(progress.delivered(), at(0));
        progress.take(Cursor { epoch: 8, sequence: 1 }, false, NOW);
        assert_eq!(progress.failed(at(1), NOW, second), None);
        assert_eq!(progress.delivered(), Cursor { epoch: 8, sequence: 0 });
        progress.rewind(at(5));
        assert_eq!((progress.delivered(), progress.next_at()), (at(5), None));
    }

    #[test]
    fn what_failed_before_it_was_enabled_counts_no_more() {
        let mut progress = Progress::after(at(0));
        progress.take(at(1), false, NOW);
        progress.failed(at(1), NOW, |_| Duration::from_secs(1_000));
        let later = NOW + Duration::from_secs(10);
        progress.resume(later, later);
        let (_, open) = progress.due(later).unwrap();
        assert_eq!((open.attempts, open.since), (0, later));
    }

    proptest! {
        /// Whatever arrives, fails or is interrupted, in whatever order: nothing
        /// counts as delivered that did not arrive, and in the end all has.
        #[test]
        fn nothing_is_passed_over(any_order: bool, steps in prop::collection::vec(0u8..8, 1..200)) {
            let mut progress = Progress::after(at(0));
            let (mut now, mut under_way, mut arrived) = (NOW, Vec::new(), BTreeSet::new());
            let ends = std::iter::repeat_n(4u8, 500);
            for step in steps.into_iter().chain(ends) {
                let due = progress.due(now).map(|(cursor, _)| cursor);
                if let Some(cursor) = due {
                    under_way.push(cursor);
                } else if progress.has_room(any_order) && progress.taken().sequence < 40 {
                    let next = at(progress.taken().sequence + 1);
                    progress.take(next, false, now);
                    under_way.push(next);
                }
                prop_assert!(any_order || under_way.len() <= 1);
                match step {
                    0 => now += Duration::from_secs(1),
                    1 => {
                        let kept = postcard::to_stdvec(&progress).unwrap();
                        progress = postcard::from_bytes(&kept).unwrap();
                        under_way.clear();
                    }
                    2 | 3 if !under_way.is_empty() => {
                        progress.failed(under_way.remove(0), now, second);
                    }
                    _ if !under_way.is_empty() => {
                        let cursor = under_way.pop().unwrap();
                        progress.arrived(cursor);
                        arrived.insert(cursor.sequence);
                    }
                    _ => now += Duration::from_secs(1),
                }
                let delivered = progress.delivered().sequence;
                prop_assert!((1..=delivered).all(|sequence| arrived.contains(&sequence)));
            }
            prop_assert_eq!(progress.delivered(), at(40));
        }
    }
}
