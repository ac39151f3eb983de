//! The loop of a service that acts on the log: it looks at the city whenever
//! the log or the time has moved, does what follows, and says how far it is.

use std::time::Duration;

use gongqiao_shell::{Clock, Progress};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// How often the time alone is a reason to look again.
const TICK: Duration = Duration::from_secs(1);
/// How long a failed look waits before the next.
const BACK_OFF: Duration = Duration::from_millis(500);

/// A service that acts on the log.
pub trait React: Send + Sync + 'static {
    /// Its name in progress and logs.
    const NAME: &'static str;
    /// A service that acts first at each move of a virtual clock: so that
    /// this one sees all that a move has done, and equal seeds tell equal
    /// stories. Nobody waits on a clock that flows; there a part is seen now,
    /// and the rest a moment later.
    const AFTER: Option<&'static str> = None;

    /// A moment, after `now`, at which something follows from the time alone;
    /// otherwise the service looks once in a while.
    fn due(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let _ = now;
        None
    }

    /// Does what follows from the city as it is at `now`. It is called again
    /// after whatever it does itself, until nothing more follows.
    fn react(&self, now: OffsetDateTime) -> impl Future<Output = Result<(), TryAgain>> + Send;
}

/// What follows could not be done just now.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TryAgain(pub String);

/// Runs a service until `stop`. Whoever starts it has said so to `progress`
/// before, with [`Progress::begin`].
///
/// # Errors
/// None; the form is that of every task.
pub async fn run<R: React>(
    service: R,
    live: Live,
    clock: Clock,
    progress: Progress,
    stop: CancellationToken,
) -> Result<(), TryAgain> {
    let mut facts = live.facts();
    let mut moves = clock.moves();
    let mut due = clock.now();
    while !stop.is_cancelled() {
        let position = *facts.borrow_and_update();
        let now = clock.now();
        if let Some(first) = R::AFTER.filter(|_| clock.is_manual()) {
            let caught_up = progress.caught_up(first, position, now);
            if stop.run_until_cancelled(caught_up).await.is_none() {
                break;
            }
        }
        let wait = match service.react(now).await {
            Ok(()) => {
                progress.done(R::NAME, position, now);
                due = service.due(now).map_or(now + TICK, |at| at.min(now + TICK));
                None
            }
            Err(e) => {
                tracing::warn!(service = R::NAME, error = %e, "service.react");
                Some(BACK_OFF)
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = async { tokio::time::sleep(wait.unwrap_or_default()).await }, if wait.is_some() => {}
            _ = facts.changed(), if wait.is_none() => {}
            _ = moves.next(), if wait.is_none() => {}
            () = clock.sleep_until(due), if wait.is_none() => {}
        }
    }
    Ok(())
}
