//! Any moment of the past, folded from the log with the code that folds the
//! present, and shown as the present is.

mod diff;
mod find;
mod of;
mod paths;
mod show;
mod verify;

use std::{sync::Arc, time::Duration};

use gongqiao_access::Live;
use gongqiao_contract::{
    Code, Moment, Refusal,
    view::{PastDiff, PastState},
};
use gongqiao_domain::City;
use gongqiao_stream::{Connection, Message, StreamError, StreamName, follow};
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use self::find::Found;
pub(crate) use self::{of::Of, verify::verify};

/// Folds that run at once: each holds a city.
const AT_ONCE: usize = 2;
/// Subjects that are named as not understood.
const NAMED: usize = 100;

/// Who looks at the past, and how many may at once. Cheap to clone.
#[derive(Clone)]
pub struct Past(Arc<Semaphore>);

impl Default for Past {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Past {
    /// As [`Past::turn`], for as long as a file is read.
    pub(crate) async fn turn_for_long(
        &self,
        patience: Duration,
    ) -> Result<OwnedSemaphorePermit, Refusal> {
        match tokio::time::timeout(patience, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Refusal::new(Code::PastBusy)),
        }
    }

    /// Leave to fold, which others may have to wait for.
    pub(crate) async fn turn(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Refusal> {
        match tokio::time::timeout(patience, self.0.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Refusal::new(Code::PastBusy)),
        }
    }
}

/// Where in the log a moment lies.
///
/// # Errors
/// A sequence that the log has not come to; the log can't be reached.
pub(crate) async fn position(
    live: &Live,
    moment: Moment,
    now: OffsetDateTime,
) -> Result<u64, Refusal> {
    Ok(find::find(live.connection(), moment, now).await?.place.position)
}

/// What was known at a moment.
///
/// # Errors
/// A sequence that the log has not come to; a thing that was not there; the
/// log can't be reached.
pub(crate) async fn state(
    live: &Live,
    moment: Moment,
    of: &Of,
    now: OffsetDateTime,
) -> Result<PastState, Refusal> {
    let found = find::find(live.connection(), moment, now).await?;
    let city = city_at(live, found.place.position).await;
    let mut state = PastState {
        not_understood: city.not_understood.iter().take(NAMED).cloned().collect(),
        not_understood_count: city.not_understood.len() as u64,
        read_only: of.is_read_only(&city),
        place: found.place,
        city: None,
        dispatch: None,
        vacancy: None,
        point: None,
        agreement: None,
    };
    if !of.show(&city, found.seen_from, &mut state) && !state.read_only {
        return Err(Refusal::new(Code::PastNotThere).with("position", state.place.position));
    }
    Ok(state)
}

/// What changed between two moments, and by which events.
///
/// # Errors
/// As of [`state`]; [`Code::PastOrder`].
pub(crate) async fn diff(
    live: &Live,
    (from, until): (Moment, Moment),
    of: &Of,
    now: OffsetDateTime,
) -> Result<PastDiff, Refusal> {
    let from = find::find(live.connection(), from, now).await?;
    let until = find::find(live.connection(), until, now).await?;
    if until.place.position < from.place.position {
        return Err(Refusal::new(Code::PastOrder));
    }
    let city = city_at(live, from.place.position).await;
    diff::between(live.connection(), city, (from, until), of).await
}

/// The city up to `position`, from the snapshot on if one lies before it.
pub(crate) async fn city_at(live: &Live, position: u64) -> City {
    let mut city = live.kept(position).await.unwrap_or_default();
    fold_on(live.connection(), &mut city, position, apply).await;
    city
}

/// Folds one message as the live view does.
pub(crate) fn apply(city: &mut City, message: &Message) {
    city.apply(message.sequence, &message.subject, &message.payload);
}

/// Reads the log on from where `city` stands up to `until`, which must be
/// there, and has `take` fold each message. What is read is kept nowhere.
pub(crate) async fn fold_on(
    connection: &Connection,
    city: &mut City,
    until: u64,
    mut take: impl FnMut(&mut City, &Message),
) {
    if city.position >= until {
        return;
    }
    let stop = CancellationToken::new();
    let from = city.position + 1;
    follow(connection, StreamName::Facts, from, &stop, |chunk| {
        for message in chunk.iter().take_while(|message| message.sequence <= until) {
            take(city, message);
        }
        if city.position >= until {
            stop.cancel();
        }
    })
    .await;
}

pub(crate) fn unreachable(error: StreamError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "replay.past");
    Refusal::new(Code::BrokerUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_third_who_looks_back_waits_and_is_then_refused() {
        let past = Past::default();
        let patience = Duration::from_millis(1);
        let first = past.turn(patience).await.unwrap();
        let _second = past.turn(patience).await.unwrap();
        let refused = past.turn(patience).await.err().unwrap();
        assert_eq!(refused.code, Code::PastBusy);
        drop(first);
        assert!(past.turn(patience).await.is_ok());
    }
}
