//! Replays as they are told.

use std::sync::atomic::Ordering;

use gongqiao_contract::{
    subject, view,
    wire::{self, replay_record::Act, replay_target::Value as Target},
};
use gongqiao_shell::beijing::rfc3339;
use time::OffsetDateTime;

use crate::jobs::{Job, Plan, State};

/// A job.
pub(crate) fn replay(job: &Job) -> view::Replay {
    let order = &job.order;
    let target = order.target();
    let at = |verb: &str| format!("/v1/replays/{}/{verb}", job.id);
    let is_done = job.state == State::Done;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    view::Replay {
        id: job.id.clone(),
        state: job.state.as_str().to_owned(),
        source: order.source.clone(),
        first: order.first,
        last: order.last,
        filter: order.filter.clone(),
        times: Some(order.times).filter(|times| *times > 0.0),
        per_second: Some(order.per_second).filter(|rate| *rate > 0.0),
        target: target.as_str_name().to_owned(),
        format: job.format().as_str_name().to_owned(),
        party: order.party.parse().ok(),
        webhook: order.webhook.parse().ok(),
        purpose: order.purpose().as_str_name().to_owned(),
        reference: some(&order.reference),
        progress: progress(job),
        file: (target == Target::File && is_done).then(|| at("file")),
        events: (target == Target::Reader).then(|| at("events")),
        subject: (target == Target::Subject).then(|| subject::replay_all(&job.id)),
        acts: job.acts.iter().map(act).collect(),
    }
}

fn act(done: &crate::jobs::Done) -> view::ReplayAct {
    let word = match done.act {
        Act::Started(_) => "started",
        Act::Approved(_) => "approved",
        Act::Paused(_) => "paused",
        Act::Resumed(_) => "resumed",
        Act::Cancelled(_) => "cancelled",
        Act::Ended(_) => "ended",
    };
    view::ReplayAct {
        at: rfc3339(done.at),
        party: done.actor.party.clone(),
        person: done.actor.person.clone(),
        act: word.to_owned(),
    }
}

fn progress(job: &Job) -> view::ReplayProgress {
    if let Some((_, ended)) = job.ended() {
        return over(job, ended);
    }
    let sequence = job.progress.sequence.load(Ordering::Relaxed);
    let events = job.progress.events.load(Ordering::Relaxed);
    let through = |sequence: u64| (sequence + 1).saturating_sub(job.order.first) as f64;
    let all = through(job.order.last).max(1.0);
    let began = *job.progress.began.lock();
    let since = began.filter(|_| job.state == State::Running);
    let ran = since.map(|(at, events, from)| (at.elapsed().as_secs_f64(), events, from));
    let ran = ran.filter(|(seconds, ..)| *seconds > 0.0);
    let per_second = ran.map(|(seconds, had, _)| events.saturating_sub(had) as f64 / seconds);
    let speed = ran.map(|(seconds, _, from)| (sequence + 1).saturating_sub(from) as f64 / seconds);
    let speed = speed.filter(|speed| *speed > 0.0);
    view::ReplayProgress {
        events,
        sequence,
        share: (through(sequence) / all).clamp(0.0, 1.0),
        per_second,
        seconds_left: speed.map(|speed| (all - through(sequence)).max(0.0) / speed),
        trouble: job.progress.trouble.lock().map(str::to_owned),
        ..view::ReplayProgress::default()
    }
}

fn over(job: &Job, ended: &wire::ReplayEnded) -> view::ReplayProgress {
    let is_done = job.state == State::Done;
    view::ReplayProgress {
        events: ended.events,
        sequence: if is_done { job.order.last } else { 0 },
        share: if is_done { 1.0 } else { 0.0 },
        bytes: Some(ended.bytes).filter(|bytes| *bytes > 0),
        sha256: Some(hex::encode(&ended.sha256)).filter(|hash| !hash.is_empty()),
        failure: Some(ended.code.clone()).filter(|code| !code.is_empty()),
        ..view::ReplayProgress::default()
    }
}

/// What an order would send.
pub(crate) fn plan(plan: &Plan, order: &wire::ReplayStarted) -> view::ReplayPlan {
    let end =
        |(sequence, at): (u64, OffsetDateTime)| view::ReplayEnd { sequence, time: rfc3339(at) };
    view::ReplayPlan {
        first: order.first,
        last: order.last,
        events: plan.events,
        bytes: plan.bytes,
        ends: plan.first.into_iter().chain(plan.last).map(end).collect(),
        types: plan.types.clone(),
        complete: plan.whole,
        needs_approval: order.needs_approval,
    }
}
