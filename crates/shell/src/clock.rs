//! The only source of the present. A virtual clock moves everything that
//! waits, so that a week can be lived through in seconds.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;

/// How long a sleeper trusts the difference of two readings of the system's
/// clock before it reads again: the clock can be set, the machine suspended.
const RECHECK: Duration = Duration::from_secs(30);

/// Tells the time, in UTC. Cheap to clone; all clones tell the same.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(watch::Receiver<OffsetDateTime>),
}

/// Moves the clock it was made with. When the last one is dropped the clock
/// stands still for ever, and whoever sleeps on it sleeps on.
#[derive(Debug, Clone)]
pub struct ManualClock(watch::Sender<OffsetDateTime>);

/// Reports that a clock has been moved. Made by [`Clock::moves`].
#[derive(Debug)]
pub struct Moves(Source);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `start` until it is moved.
    pub fn manual(start: OffsetDateTime) -> (Self, ManualClock) {
        let (sender, receiver) = watch::channel(start.to_offset(time::UtcOffset::UTC));
        (Self(Source::Manual(receiver)), ManualClock(sender))
    }

    /// The present, in UTC.
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(receiver) => *receiver.borrow(),
        }
    }

    /// Whether the clock is moved by hand.
    pub fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// Returns when the clock shows `until` or later; at once if it does
    /// already. Safe to drop and call again.
    pub async fn sleep_until(&self, until: OffsetDateTime) {
        match &self.0 {
            Source::System => loop {
                let left = Duration::try_from(until - system_now()).unwrap_or(Duration::ZERO);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(RECHECK)).await;
            },
            Source::Manual(receiver) => {
                let reached = receiver.clone().wait_for(|now| *now >= until).await.is_ok();
                if !reached {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Watches for moves made from here on, for a loop whose next deadline
    /// is not one time but depends on state.
    pub fn moves(&self) -> Moves {
        let mut source = self.0.clone();
        if let Source::Manual(receiver) = &mut source {
            receiver.mark_unchanged();
        }
        Moves(source)
    }
}

impl Moves {
    /// Returns the time to which the clock was moved since the last call.
    /// Several moves in between count as one. The system's clock flows and
    /// is never moved: for it this never returns, and a loop must also wait
    /// with [`Clock::sleep_until`] for its next deadline.
    pub async fn next(&mut self) -> OffsetDateTime {
        if let Source::Manual(receiver) = &mut self.0
            && receiver.changed().await.is_ok()
        {
            return *receiver.borrow_and_update();
        }
        std::future::pending().await
    }
}

impl ManualClock {
    /// Moves the clock to `to` and wakes those whose time has come. Never
    /// moves it backwards; returns the time that it shows now.
    pub fn advance_to(&self, to: OffsetDateTime) -> OffsetDateTime {
        let to = to.to_offset(time::UtcOffset::UTC);
        self.0.send_if_modified(|now| {
            let forward = to > *now;
            if forward {
                *now = to;
            }
            forward
        });
        *self.0.borrow()
    }

    /// Moves the clock by `step`, which does nothing if it is negative.
    pub fn advance(&self, step: time::Duration) -> OffsetDateTime {
        let to = *self.0.borrow() + step;
        self.advance_to(to)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock; everything else asks Clock"
)]
fn system_now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Poll};

    use time::{ext::NumericalDuration, macros::datetime};

    use super::*;

    const START: OffsetDateTime = datetime!(2021-07-12 00:00 UTC);

    async fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
        std::future::poll_fn(|cx| {
            Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())
        })
        .await
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_time_and_not_before() {
        let (clock, hand) = Clock::manual(START);
        let mut sleeper = pin!(clock.sleep_until(START + 3.hours()));
        hand.advance(2.hours());
        assert!(is_pending(&mut sleeper).await);
        hand.advance(5.hours());
        sleeper.await;
        assert_eq!(clock.now(), START + 7.hours());
    }

    #[tokio::test]
    async fn a_manual_clock_never_runs_backwards() {
        let (clock, hand) = Clock::manual(START);
        assert_eq!(hand.advance_to(START - 1.hours()), START);
        assert_eq!(hand.advance((-1).hours()), START);
        assert_eq!(clock.now(), START);
    }

    #[tokio::test]
    async fn a_move_is_seen_once_and_none_is_missed_between_two_calls() {
        let (clock, hand) = Clock::manual(START);
        hand.advance(1.hours());
        let mut moves = clock.moves();
        assert!(is_pending(&mut pin!(moves.next())).await, "a move before the watch was reported");
        hand.advance(1.hours());
        hand.advance(1.hours());
        assert_eq!(moves.next().await, START + 3.hours());
        assert!(is_pending(&mut pin!(moves.next())).await, "a move was reported twice");
    }

    #[tokio::test]
    async fn a_clock_without_a_hand_stands_still() {
        let (clock, hand) = Clock::manual(START);
        drop(hand);
        assert!(is_pending(&mut pin!(clock.sleep_until(START + 1.hours()))).await);
        assert!(is_pending(&mut pin!(clock.moves().next())).await);
        clock.sleep_until(START).await;
    }

    #[tokio::test]
    async fn the_system_clock_sleeps_until_its_time() {
        let clock = Clock::system();
        let until = clock.now() + 20.milliseconds();
        clock.sleep_until(until).await;
        assert!(clock.now() >= until);
        assert!(is_pending(&mut pin!(clock.moves().next())).await);
    }

    #[test]
    fn every_clone_tells_the_same_time() {
        let zoned = datetime!(2021-07-12 08:00 +8);
        let (clock, hand) = Clock::manual(zoned);
        let other = clock.clone();
        hand.clone().advance(1.hours());
        assert_eq!(clock.now(), other.now());
        assert!(clock.now().offset().is_utc() && other.is_manual());
    }
}
