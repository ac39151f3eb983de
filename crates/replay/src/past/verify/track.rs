use std::collections::BTreeMap;

use gongqiao_contract::view::PastEvent;
use gongqiao_stream::Message;
use serde_json::Value;

use super::named;
use crate::past::paths;

/// The values of one thing at which a copy differs from the log, followed from
/// the thing's first event on.
pub(super) struct Tracks(BTreeMap<String, Track>);

struct Track {
    /// What the copy holds.
    held: Option<Value>,
    /// What the log has led to so far.
    now: Option<Value>,
    /// The log led to what the copy holds, once.
    was_right: bool,
    /// Since this event it has led to something else.
    since: Option<PastEvent>,
    /// The event that changed the value last.
    last: Option<PastEvent>,
}

impl Tracks {
    /// Of a thing as it should be, and as a copy holds it.
    pub(super) fn new(right: Option<&Value>, held: Option<&Value>) -> Self {
        let (right, held) = (paths::leaves(right), paths::leaves(held));
        let tracks = paths::differing(&right, &held).into_iter().map(|path| {
            let held = held.get(&path).cloned();
            // Why: before its first event there is nothing of it.
            let was_right = held.is_none();
            (path, Track { held, now: None, was_right, since: None, last: None })
        });
        Self(tracks.collect())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Takes in the thing as it is after one of its events.
    pub(super) fn take(&mut self, thing: Option<&Value>, message: &Message) {
        let leaves = paths::leaves(thing);
        for (path, track) in &mut self.0 {
            let now = leaves.get(path).cloned();
            if now != track.now {
                track.last = Some(named(message));
                track.now = now;
            }
            if track.now == track.held {
                (track.was_right, track.since) = (true, None);
            } else if track.was_right && track.since.is_none() {
                track.since = Some(named(message));
            }
        }
    }

    /// The earliest event from which on a value differs that was right before;
    /// if there is none, the earliest that made a value what it should be.
    pub(super) fn first(&self) -> Option<(&PastEvent, bool)> {
        let parted = self.0.values().filter_map(|track| track.since.as_ref());
        if let Some(event) = earliest(parted) {
            return Some((event, true));
        }
        earliest(self.0.values().filter_map(|track| track.last.as_ref()))
            .map(|event| (event, false))
    }
}

fn earliest<'a>(events: impl Iterator<Item = &'a PastEvent>) -> Option<&'a PastEvent> {
    events.min_by_key(|event| event.sequence)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    fn event(sequence: u64) -> Message {
        Message {
            sequence,
            subject: "gq.v1.case.43.431000.case_1".into(),
            payload: Default::default(),
            stored_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// A thing whose states follow on each other at sequences 10, 20, …
    fn check(states: &[Value], held: Option<Value>, expected: Option<(u64, bool)>) {
        let mut tracks = Tracks::new(states.last(), held.as_ref());
        for (sequence, state) in (1..).zip(states) {
            tracks.take(Some(state), &event(sequence * 10));
        }
        assert_eq!(tracks.first().map(|(event, right)| (event.sequence, right)), expected);
    }

    #[test]
    fn a_copy_that_missed_an_event_parts_at_that_event() {
        let states =
            [json!({"n": 1, "s": "a"}), json!({"n": 2, "s": "b"}), json!({"n": 3, "s": "b"})];
        check(&states, Some(json!({"n": 3, "s": "a"})), Some((20, true)));
        check(&states, Some(states[1].clone()), Some((30, true)));
        check(&states, None, Some((10, true)));
    }

    #[test]
    fn what_the_log_never_led_to_parts_at_the_event_that_set_the_value() {
        let states = [json!({"n": 1}), json!({"n": 2}), json!({"n": 2, "more": true})];
        check(&states, Some(json!({"n": 7, "more": true})), Some((20, false)));
        check(&[], Some(json!({"n": 7})), None);
    }

    #[test]
    fn a_value_that_was_right_again_in_between_parts_only_afterwards() {
        let states = [json!({"s": "a"}), json!({"s": "b"}), json!({"s": "a"}), json!({"s": "c"})];
        check(&states, Some(json!({"s": "a"})), Some((40, true)));
    }
}
