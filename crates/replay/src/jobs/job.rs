//! One job, as its records tell it.

use std::sync::{Arc, atomic::AtomicU64};

use gongqiao_contract::{
    Code, Refusal,
    id::ReplayId,
    wire::{
        self, ReplayRecord, ReplayStarted, replay_format, replay_outcome, replay_record::Act,
        replay_target,
    },
};
use gongqiao_domain::entity::instant;
use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::time::Instant;

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// For a second operator.
    Waiting,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state after an act; none if it can't be done now.
    fn after(self, act: &Act) -> Option<Self> {
        match (self, act) {
            (Self::Waiting, Act::Approved(_)) | (Self::Paused, Act::Resumed(_)) => {
                Some(Self::Running)
            }
            (Self::Running, Act::Paused(_)) => Some(Self::Paused),
            // Why also of one that has ended: its file goes.
            (state, Act::Cancelled(_)) if state != Self::Cancelled => Some(Self::Cancelled),
            (Self::Running, Act::Ended(ended)) => Some(match ended.outcome() {
                replay_outcome::Value::Failed => Self::Failed,
                _ => Self::Done,
            }),
            _ => None,
        }
    }
}

/// One act about it.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) at: OffsetDateTime,
    pub(crate) actor: wire::Actor,
    pub(crate) act: Act,
}

/// How far it is, while it runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Events that were sent.
    pub(crate) events: AtomicU64,
    /// The original sequence of the last of them.
    pub(crate) sequence: AtomicU64,
    /// What holds it up: the code.
    pub(crate) trouble: Mutex<Option<&'static str>>,
    /// Since when it runs, and how many events and which sequence it had then.
    pub(crate) began: Mutex<Option<(Instant, u64, u64)>>,
}

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: ReplayId,
    pub(crate) order: Arc<ReplayStarted>,
    pub(crate) state: State,
    /// Everything that was done about it, the order first.
    pub(crate) acts: Vec<Done>,
    /// Where in AUDIT the last of it stands.
    pub(crate) last: u64,
    pub(crate) progress: Arc<Progress>,
}

impl Job {
    /// A job, by its first record; none if that is no order.
    pub(crate) fn new(id: ReplayId, sequence: u64, record: &ReplayRecord) -> Option<Self> {
        let Some(Act::Started(order)) = &record.act else { return None };
        let state = if order.needs_approval { State::Waiting } else { State::Running };
        let order = Arc::new(order.clone());
        let mut job =
            Self { id, order, state, acts: Vec::new(), last: 0, progress: Arc::default() };
        job.note(sequence, record);
        Some(job)
    }

    /// Takes a later record into account. One that means nothing now is noted
    /// and changes nothing.
    pub(crate) fn apply(&mut self, sequence: u64, record: &ReplayRecord) {
        if sequence <= self.last {
            return;
        }
        let next = record.act.as_ref().and_then(|act| self.state.after(act));
        self.state = next.unwrap_or(self.state);
        self.note(sequence, record);
    }

    fn note(&mut self, sequence: u64, record: &ReplayRecord) {
        self.last = sequence;
        if let Some(act) = &record.act {
            self.acts.push(Done {
                at: record.recorded_at.as_ref().map_or(OffsetDateTime::UNIX_EPOCH, instant),
                actor: record.actor.clone().unwrap_or_default(),
                act: act.clone(),
            });
        }
    }

    /// Whether an act can be done now, by this actor.
    ///
    /// # Errors
    /// [`Code::ReplayState`], [`Code::ReplayApproval`].
    pub(crate) fn admits(&self, act: &Act, actor: &wire::Actor) -> Result<(), Refusal> {
        if self.state.after(act).is_none() {
            return Err(Refusal::new(Code::ReplayState).with("state", self.state.as_str()));
        }
        if let (Act::Approved(_), Some(first)) = (act, self.acts.first())
            && first.actor.party == actor.party
            && first.actor.person == actor.person
        {
            return Err(Refusal::new(Code::ReplayApproval).with("who", &actor.person));
        }
        Ok(())
    }

    /// Whether it sends by itself: whoever reads it takes what it is about.
    pub(crate) fn is_sent(&self) -> bool {
        self.order.target() != replay_target::Value::Reader
    }

    pub(crate) fn format(&self) -> replay_format::Value {
        self.order.format()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<(OffsetDateTime, &wire::ReplayEnded)> {
        self.acts.iter().rev().find_map(|done| match &done.act {
            Act::Ended(ended) => Some((done.at, ended)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use gongqiao_domain::entity::timestamp;

    use super::*;

    fn record(person: &str, act: Act) -> ReplayRecord {
        ReplayRecord {
            record_id: "1".into(),
            recorded_at: Some(timestamp(OffsetDateTime::UNIX_EPOCH)),
            actor: Some(wire::Actor {
                party: "operator".into(),
                person: person.into(),
                ..wire::Actor::default()
            }),
            act: Some(act),
        }
    }

    fn job(needs_approval: bool) -> Job {
        let order = ReplayStarted { needs_approval, ..ReplayStarted::default() };
        Job::new("rpl_1".parse().unwrap(), 1, &record("001", Act::Started(order))).unwrap()
    }

    #[test]
    fn a_job_is_paused_resumed_and_ends_once() {
        let mut job = job(false);
        let acts = [
            (Act::Paused(wire::ReplayPaused {}), State::Paused),
            (Act::Paused(wire::ReplayPaused {}), State::Paused),
            (Act::Resumed(wire::ReplayResumed {}), State::Running),
            (Act::Ended(wire::ReplayEnded::default()), State::Done),
            (Act::Cancelled(wire::ReplayCancelled {}), State::Cancelled),
            (Act::Cancelled(wire::ReplayCancelled {}), State::Cancelled),
        ];
        for (sequence, (act, state)) in (2..).zip(acts) {
            job.apply(sequence, &record("001", act));
            assert_eq!(job.state, state);
        }
        let again = Act::Resumed(wire::ReplayResumed {});
        let refused = job.admits(&again, &wire::Actor::default()).unwrap_err();
        assert_eq!(refused.code, Code::ReplayState);
    }

    #[test]
    fn whoever_ordered_a_job_can_not_approve_it() {
        let mut job = job(true);
        assert_eq!(job.state, State::Waiting);
        let approved = record("001", Act::Approved(wire::ReplayApproved {}));
        let (act, actor) = (approved.act.clone().unwrap(), approved.actor.clone().unwrap());
        assert_eq!(job.admits(&act, &actor).unwrap_err().code, Code::ReplayApproval);
        let other = wire::Actor { person: "002".into(), ..actor };
        job.admits(&act, &other).unwrap();
        job.apply(2, &approved);
        assert_eq!(job.state, State::Running);
    }
}
