//! How far each service has come: up to which position of the log it has
//! done what follows from it, and what time it was then. A virtual clock may
//! only be moved when everything has settled.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::Clock;

/// Where the services of one process stand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Progress {
    services: watch::Sender<BTreeMap<&'static str, Done>>,
    log: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Done {
    position: u64,
    at: OffsetDateTime,
}

impl Default for Progress {
    fn default() -> Self {
        Self { services: watch::Sender::new(BTreeMap::new()), log: watch::Sender::new(0) }
    }
}

impl Progress {
    /// A service begins: it has done nothing yet.
    pub fn begin(&self, service: &'static str) {
        self.done(service, 0, OffsetDateTime::UNIX_EPOCH);
    }

    /// A service has done all that follows from the log up to `position` and
    /// from the time `at`.
    pub fn done(&self, service: &'static str, position: u64, at: OffsetDateTime) {
        self.services.send_modify(|services| {
            services.insert(service, Done { position, at });
        });
    }

    /// The log was read up to `position`.
    pub fn read(&self, position: u64) {
        self.log.send_replace(position);
    }

    /// Returns when `service`, if it runs in this process, has done what
    /// follows from the log up to `position` and from the time `at`.
    pub async fn caught_up(&self, service: &str, position: u64, at: OffsetDateTime) {
        let there = |services: &BTreeMap<&'static str, Done>| {
            services.get(service).is_none_or(|done| done.position >= position && done.at >= at)
        };
        // Why: the sender lives in `self`, so that waiting can't fail.
        let _ = self.services.subscribe().wait_for(there).await;
    }

    /// Returns when the log was read up to `at_least`, and every service has
    /// done what follows from it and from the present time: nothing more will
    /// happen until somebody acts or the clock moves.
    pub async fn settled(&self, clock: &Clock, at_least: u64) {
        let (mut services, mut log) = (self.services.subscribe(), self.log.subscribe());
        loop {
            let read = *log.borrow_and_update();
            let now = clock.now();
            let all =
                services.borrow_and_update().values().all(|d| d.position == read && d.at >= now);
            if read >= at_least && all {
                return;
            }
            // Why: both senders live in `self`, so that neither can fail.
            tokio::select! {
                _ = services.changed() => {}
                _ = log.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite_check::pending;

    use super::*;

    mod futures_lite_check {
        use std::{future::Future, pin::pin, task::Context, task::Waker};

        /// Whether a future has nothing to say yet.
        pub(super) fn pending(future: impl Future) -> bool {
            pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending()
        }
    }

    #[test]
    fn it_is_settled_when_every_service_has_done_all_that_was_read() {
        let start = OffsetDateTime::UNIX_EPOCH + time::Duration::days(1);
        let (clock, hand) = Clock::manual(start);
        let progress = Progress::default();
        progress.begin("matcher");
        progress.begin("steward");
        assert!(pending(progress.settled(&clock, 0)), "nothing is done yet");
        progress.read(5);
        progress.done("matcher", 5, start);
        progress.done("steward", 4, start);
        assert!(pending(progress.settled(&clock, 5)), "the steward is behind");
        progress.done("steward", 5, start);
        assert!(!pending(progress.settled(&clock, 5)));
        assert!(pending(progress.settled(&clock, 6)), "the log was not read so far");
        hand.advance(time::Duration::hours(1));
        assert!(pending(progress.settled(&clock, 5)), "the time was not looked at");
    }
}
