//! A job at work: from source to target, until it ends or is stopped. Whatever
//! goes wrong is tried again from where the target stands.

use std::{sync::atomic::Ordering, time::Duration};

use gongqiao_contract::{
    Refusal,
    wire::{self, replay_outcome::Value as Outcome, replay_target},
};
use gongqiao_stream::Original;
use prost::Message as _;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Job, Jobs, Workshop,
    error::Broken,
    job::Progress,
    order::may_read,
    pace::{Due, Pace},
    source::Selection,
    target::{Target, file},
};

/// How long is waited after a failure, at first and at most.
const WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Sends a job, and records its end.
pub(crate) async fn run(jobs: &Jobs, job: Job, stop: CancellationToken) {
    let mut wait = WAIT.0;
    loop {
        let sent = job.progress.events.load(Ordering::Relaxed);
        let attempt = stop.run_until_cancelled(Box::pin(send(jobs.workshop(), &job))).await;
        let Some(attempt) = attempt else { return };
        let ended = match attempt {
            Ok(ended) => ended,
            Err(Broken::Final(code)) => failed(job.progress.events.load(Ordering::Relaxed), &code),
            Err(e) => {
                tracing::warn!(replay = %job.id, code = e.code(), error = %e, "replay.broken");
                *job.progress.trouble.lock() = Some(e.code());
                // Why: what goes on again has not been in vain.
                let moved = job.progress.events.load(Ordering::Relaxed) > sent;
                wait = if moved { WAIT.0 } else { (wait * 2).min(WAIT.1) };
                if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return;
                }
                continue;
            }
        };
        *job.progress.trouble.lock() = None;
        while let Err(refusal) = jobs.end(&job.id, ended.clone()).await {
            tracing::warn!(replay = %job.id, code = refusal.code.as_str(), "replay.end");
            if stop.run_until_cancelled(tokio::time::sleep(WAIT.1)).await.is_none() {
                return;
            }
        }
        return;
    }
}

/// Sends what is left of a job.
async fn send(workshop: &Workshop, job: &Job) -> Result<wire::ReplayEnded, Broken> {
    let order = &job.order;
    let (mut target, from) = Target::open(workshop, job).await?;
    job.progress.events.store(target.events(), Ordering::Relaxed);
    job.progress.sequence.store(from.saturating_sub(1), Ordering::Relaxed);
    *job.progress.began.lock() = Some((Instant::now(), target.events(), from));
    let mut selection = Selection::of(workshop, order, from);
    let pace = Pace::of(order.times, order.per_second);
    let may = |messages: &mut Vec<Original>| may_read(workshop, order, messages);
    if let Some(refusal) = pass(&mut selection, &mut target, pace, &job.progress, may).await? {
        return Ok(failed(target.events(), refusal.code.as_str()));
    }
    target.finish().await?;
    done(workshop, job, &target).await
}

/// Passes on what is selected, when it is due; ends early when it may not be
/// read any more, and says why.
pub(crate) async fn pass(
    selection: &mut Selection,
    target: &mut Target,
    pace: Pace,
    progress: &Progress,
    may_read: impl Fn(&mut Vec<Original>) -> Result<(), Refusal>,
) -> Result<Option<Refusal>, Broken> {
    let mut due = Due::new(pace);
    loop {
        let mut messages = selection.next().await?;
        let Some(furthest) = messages.last().map(|message| message.sequence) else { break };
        if let Err(refusal) = may_read(&mut messages) {
            return Ok(Some(refusal));
        }
        if pace == Pace::Fastest {
            target.put(&messages).await?;
        } else {
            let put = put_in_time(target, &messages, &mut due, progress, &may_read).await?;
            if put.is_some() {
                return Ok(put);
            }
        }
        progress.events.store(target.events(), Ordering::Relaxed);
        progress.sequence.store(furthest, Ordering::Relaxed);
        *progress.trouble.lock() = None;
    }
    Ok(None)
}

/// Sends messages when they are due: together what is due at once. Whether they
/// may be read is asked each time, since hours may lie between two.
async fn put_in_time(
    target: &mut Target,
    messages: &[Original],
    due: &mut Due,
    progress: &Progress,
    may_read: impl Fn(&mut Vec<Original>) -> Result<(), Refusal>,
) -> Result<Option<Refusal>, Broken> {
    let mut rest = messages;
    let mut next = rest.first().map(|message| due.next(Instant::now(), || happened(message)));
    while let Some(at) = next {
        sleep_until(at).await;
        let now = Instant::now();
        let mut count = 1;
        next = loop {
            let Some(message) = rest.get(count) else { break None };
            let at = due.next(now, || happened(message));
            if at > now {
                break Some(at);
            }
            count += 1;
        };
        let (together, later) = rest.split_at(count);
        if let Err(refusal) = may_read(&mut Vec::new()) {
            return Ok(Some(refusal));
        }
        target.put(together).await?;
        progress.events.store(target.events(), Ordering::Relaxed);
        if let Some(last) = together.last() {
            progress.sequence.store(last.sequence, Ordering::Relaxed);
        }
        rest = later;
    }
    Ok(None)
}

/// When it happened: when the gate recorded it, where that is said.
pub(crate) fn happened(message: &Original) -> OffsetDateTime {
    let fact = wire::Fact::decode(message.payload.clone()).ok();
    let recorded = fact.filter(|fact| fact.body.is_some()).and_then(|fact| fact.recorded_at);
    recorded.as_ref().map_or(message.stored_at, gongqiao_domain::entity::instant)
}

async fn done(
    workshop: &Workshop,
    job: &Job,
    target: &Target,
) -> Result<wire::ReplayEnded, Broken> {
    let mut ended = wire::ReplayEnded {
        outcome: Outcome::Done as i32,
        events: target.events(),
        ..wire::ReplayEnded::default()
    };
    if job.order.target() == replay_target::Value::File {
        let path = workshop.paths(job).data;
        ended.bytes = std::fs::metadata(&path)?.len();
        let hash = tokio::task::spawn_blocking(move || file::sha256(&path)).await;
        ended.sha256 = hash.map_err(std::io::Error::other)??.to_vec().into();
    }
    Ok(ended)
}

fn failed(events: u64, code: &str) -> wire::ReplayEnded {
    wire::ReplayEnded {
        outcome: Outcome::Failed as i32,
        events,
        code: code.to_owned(),
        ..wire::ReplayEnded::default()
    }
}
