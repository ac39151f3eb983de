//! When each event of a job is due.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

/// How fast events go out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// As fast as they can be read.
    Fastest,
    /// As many times as fast as they happened.
    Times(f64),
    /// So many a second.
    PerSecond(f64),
}

impl Pace {
    pub(crate) fn of(times: f64, per_second: f64) -> Self {
        match (times > 0.0, per_second > 0.0) {
            (true, _) => Self::Times(times),
            (false, true) => Self::PerSecond(per_second),
            (false, false) => Self::Fastest,
        }
    }
}

/// A pace that has begun. Its beginning is the first event that it is asked
/// about: after a pause it begins anew.
#[derive(Debug)]
pub(crate) struct Due {
    pace: Pace,
    begin: Option<Instant>,
    first: Option<OffsetDateTime>,
    count: u64,
}

impl Due {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, begin: None, first: None, count: 0 }
    }

    /// When the next event is due that happened at `time`; `now` is when the
    /// first one is. One that happened before the first is due at once.
    pub(crate) fn next(&mut self, now: Instant, time: impl FnOnce() -> OffsetDateTime) -> Instant {
        let begin = *self.begin.get_or_insert(now);
        let after = match self.pace {
            Pace::Fastest => return now,
            Pace::Times(times) => {
                // Why asked here alone: it has to be read out of the event.
                let time = time();
                let first = *self.first.get_or_insert(time);
                (time - first).as_seconds_f64().max(0.0) / times
            }
            Pace::PerSecond(rate) => self.count as f64 / rate,
        };
        self.count += 1;
        // Why bounded: an instant can't lie further ahead than it can be told.
        begin + Duration::try_from_secs_f64(after).unwrap_or(Duration::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn events_are_due_as_they_happened_or_as_many_as_asked() {
        let (now, first) = (Instant::now(), datetime!(2021-07-20 10:00 UTC));
        let due = |pace: Pace, seconds: &[i64]| -> Vec<u128> {
            let mut due = Due::new(pace);
            let at = seconds.iter().map(|s| first + time::Duration::seconds(*s));
            at.map(|at| due.next(now, || at).duration_since(now).as_millis()).collect()
        };
        assert_eq!(due(Pace::Times(1.0), &[0, 1, 5]), [0, 1_000, 5_000]);
        assert_eq!(due(Pace::Times(10.0), &[0, 1, 5]), [0, 100, 500]);
        assert_eq!(due(Pace::Times(1.0), &[0, -3, 2]), [0, 0, 2_000]);
        assert_eq!(due(Pace::PerSecond(4.0), &[0, 0, 100]), [0, 250, 500]);
        assert_eq!(due(Pace::Fastest, &[0, 9]), [0, 0]);
    }

    #[test]
    fn an_event_of_another_age_overflows_nothing() {
        let now = Instant::now();
        let mut due = Due::new(Pace::Times(1e-9));
        due.next(now, || datetime!(0001-01-01 0:00 UTC));
        assert!(due.next(now, || datetime!(9999-01-01 0:00 UTC)) > now);
    }
}
