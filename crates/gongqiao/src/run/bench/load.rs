//! A closed loop of callers: each sends its next request when the last was
//! answered.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What a load came to.
pub(super) struct Measured {
    /// Answers of success a second.
    pub(super) rate: f64,
    /// Milliseconds within which 99 of 100 answers came.
    pub(super) p99_ms: f64,
}

/// Runs `callers` callers until `lasting` is over or `call` says that there is
/// nothing more to do (`Ok(false)`). Numbers given to `call` are unique.
pub(super) async fn drive<F, Fut>(
    callers: usize,
    lasting: Duration,
    call: F,
) -> anyhow::Result<Measured>
where
    F: Fn(u64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<bool>> + Send,
{
    let next = std::sync::Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (next, call) = (next.clone(), call.clone());
        tasks.spawn(async move {
            let mut waits = Vec::new();
            while started.elapsed() < lasting {
                let sent = Instant::now();
                if !call(next.fetch_add(1, Ordering::Relaxed)).await? {
                    break;
                }
                waits.push(sent.elapsed());
            }
            anyhow::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        waits.extend(ended??);
    }
    let seconds = started.elapsed().as_secs_f64();
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    let rate = waits.len() as f64 / seconds;
    Ok(Measured { rate, p99_ms: p99.as_secs_f64() * 1e3 })
}
