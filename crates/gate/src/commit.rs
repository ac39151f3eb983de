//! Group commit. Commands queue here; one task decides as many as have
//! gathered while the last batch was in flight, each on top of what those
//! before it have drafted, and stores the outcome as one transaction. Two
//! gates need no lock between them: each batch says what it has read.

use std::{collections::HashMap, time::Duration};

use futures::future::try_join_all;
use gongqiao_access::Live;
use gongqiao_contract::{
    Code, Refusal,
    id::{CommandId, PartyId},
    wire,
};
use gongqiao_domain::decide::{Ages, Command, Speaker, Terms};
use gongqiao_shell::Clock;
use gongqiao_stream::{Outcome, Stored, StreamError, StreamName, commit_surely, read};
use time::OffsetDateTime;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    plan::{Plan, Planned, plan, would},
    receipt::{Kept, Receipts},
};

/// A command of one caller.
#[derive(Debug)]
pub struct Submission {
    /// Who asks.
    pub speaker: Speaker,
    /// For what.
    pub command: Command,
    /// Under which Idempotency-Key.
    pub idempotency: Option<Idempotency>,
    /// What was seen in dates of birth for it.
    pub ages: Ages,
}

impl Submission {
    /// A command that follows from a request, and is no request itself.
    pub(crate) fn of_ours(speaker: &Speaker, command: Command) -> Self {
        Self { speaker: speaker.clone(), command, idempotency: None, ages: Ages::default() }
    }
}

/// What makes a repeated command recognisable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Idempotency {
    /// Who asked.
    pub party: PartyId,
    /// Hash of party and key.
    pub command: CommandId,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
}

/// A command that was carried out, now or when it was first asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Sequence of its last event.
    pub sequence: u64,
    /// The entity that came out of it.
    pub entity: String,
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
    /// What the speaker is told beyond "done".
    pub told: wire::Told,
}

/// How commits are made.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Most commands in one transaction; 1 switches group commit off.
    pub max_commands: usize,
    /// Commands that may wait.
    pub queue: usize,
    /// How long a command may take before the caller is told to try again.
    pub timeout: Duration,
    /// How long promises last.
    pub terms: Terms,
}

/// Receipts looked for at once.
const LOOK_UPS: usize = 16;

type Answer = oneshot::Sender<Result<Accepted, Refusal>>;

/// The way into the queue. Cheap to clone.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::Sender<(Submission, Answer)>,
    clock: Clock,
    options: Options,
    live: Live,
    receipts: Receipts,
}

impl Committer {
    /// Makes the queue, and the task that empties it until `stop`.
    pub fn new(
        live: Live,
        clock: Clock,
        options: Options,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = Result<(), StreamError>>) {
        let (queue, waiting) = mpsc::channel(options.queue.max(1));
        let receipts = Receipts::default();
        let committer = Self {
            queue,
            clock: clock.clone(),
            options,
            live: live.clone(),
            receipts: receipts.clone(),
        };
        let worker = Worker { live, clock, options, receipts, floor: 0 };
        (committer, worker.run(waiting, stop))
    }

    /// The first answer to a command that was carried out before, or else
    /// `refusal`: time alone may have made what was asked wrong.
    ///
    /// # Errors
    /// The refusal; or [`Code::BrokerUnavailable`].
    pub async fn first_answer(
        &self,
        key: Option<&Idempotency>,
        refusal: Refusal,
    ) -> Result<Accepted, Refusal> {
        self.receipts.first_answer(&self.live, key, refusal).await
    }

    /// The answer to a command under this key, if it was carried out before.
    ///
    /// # Errors
    /// [`Code::IdempotencyReused`], [`Code::BrokerUnavailable`].
    pub async fn done_before(&self, key: &Idempotency) -> Result<Option<Accepted>, Refusal> {
        let found = self.receipts.look_up(&self.live, key).await;
        let kept = found.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
        kept.map(|kept| kept.answer(key)).transpose()
    }

    /// What the speaker would be told of a command now. Nothing is stored.
    ///
    /// # Errors
    /// The refusal.
    pub fn would(&self, submission: &Submission) -> Result<wire::Told, Refusal> {
        would(&self.live, submission, self.clock.now(), self.options.terms)
    }

    /// Has a command carried out, and returns once it is on disk and can be
    /// read here.
    ///
    /// # Errors
    /// The refusal; or [`Code::BrokerUnavailable`], after which the same
    /// request under the same key has the one answer.
    pub async fn submit(&self, submission: Submission) -> Result<Accepted, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send((submission, answer)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => Refusal::new(Code::Overloaded),
            mpsc::error::TrySendError::Closed(_) => Refusal::new(Code::BrokerUnavailable),
        })?;
        // Why: twice, since it may wait behind a batch that takes as long.
        match tokio::time::timeout(self.options.timeout * 2, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Code::BrokerUnavailable.into()),
        }
    }
}

struct Worker {
    live: Live,
    clock: Clock,
    options: Options,
    receipts: Receipts,
    /// What we have stored ourselves; decided upon only when it was read back.
    floor: u64,
}

impl Worker {
    async fn run(
        mut self,
        mut waiting: mpsc::Receiver<(Submission, Answer)>,
        stop: CancellationToken,
    ) -> Result<(), StreamError> {
        let mut deferred: Vec<(Submission, Answer)> = Vec::new();
        loop {
            let mut batch = std::mem::take(&mut deferred);
            if batch.is_empty() {
                match stop.run_until_cancelled(waiting.recv()).await {
                    Some(Some(first)) => batch.push(first),
                    _ => return Ok(()),
                }
            }
            while batch.len() < self.options.max_commands
                && let Ok(more) = waiting.try_recv()
            {
                batch.push(more);
            }
            let (submissions, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let results = self.carry_out(&submissions).await;
            for ((submission, answer), result) in submissions.into_iter().zip(answers).zip(results)
            {
                match result {
                    // Why: nobody waits any more is no reason to do it twice.
                    Some(result) => drop(answer.send(result)),
                    None => deferred.push((submission, answer)),
                }
            }
        }
    }

    /// Carries out a batch. `None` for a command that found no room in it.
    async fn carry_out(&mut self, batch: &[Submission]) -> Vec<Option<Result<Accepted, Refusal>>> {
        let deadline = Instant::now() + self.options.timeout;
        let away = || all(batch, &Refusal::new(Code::BrokerUnavailable));
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.live.wait_facts(self.floor, left).await.is_err() {
                return away();
            }
            let now = self.clock.now();
            let plan = plan(&self.live, batch, now, self.options.terms, &self.receipts);
            if plan.writes.is_empty() {
                return self.answer(batch, plan, None, now, deadline).await;
            }
            match self.store(&plan, deadline).await {
                Ok(Outcome::Stored(stored)) => {
                    self.floor = self.floor.max(stored.last_sequence);
                    return self.answer(batch, plan, Some(stored), now, deadline).await;
                }
                Ok(Outcome::Conflict) => {
                    metrics::counter!("gate_conflicts_total").increment(1);
                    if self.catch_up(batch, deadline).await.is_err() {
                        return away();
                    }
                }
                Err(e) => {
                    tracing::warn!(code = e.code(), error = %e, "gate.commit");
                    return away();
                }
            }
        }
    }

    async fn store(&self, plan: &Plan, deadline: Instant) -> Result<Outcome, StreamError> {
        let connection = self.live.connection();
        let started = Instant::now();
        let outcome = commit_surely(connection, StreamName::Facts, &plan.writes, deadline).await;
        metrics::histogram!("gate_commit_seconds").record(started.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a batch holds a thousand at most")]
        metrics::histogram!("gate_commit_events").record(plan.writes.len() as f64);
        outcome
    }

    /// After a conflict: reads what others have stored, and looks for the
    /// receipts of commands that were carried out before.
    async fn catch_up(&self, batch: &[Submission], deadline: Instant) -> Result<(), Refusal> {
        let unavailable = |_: StreamError| Refusal::new(Code::BrokerUnavailable);
        let connection = self.live.connection();
        let head = read::head(connection, StreamName::Facts).await.map_err(unavailable)?;
        let left = deadline.saturating_duration_since(Instant::now());
        self.live.wait_facts(head, left).await?;
        let keys: Vec<&Idempotency> =
            batch.iter().filter_map(|submission| submission.idempotency.as_ref()).collect();
        for some in keys.chunks(LOOK_UPS) {
            let look_ups = some.iter().map(|key| self.receipts.look_up(&self.live, key));
            try_join_all(look_ups).await.map_err(unavailable)?;
        }
        Ok(())
    }

    async fn answer(
        &self,
        batch: &[Submission],
        plan: Plan,
        stored: Option<Stored>,
        now: OffsetDateTime,
        deadline: Instant,
    ) -> Vec<Option<Result<Accepted, Refusal>>> {
        if stored.is_some() {
            let left = deadline.saturating_duration_since(Instant::now());
            // Why: so that whoever was answered can read what was answered. It
            // is on disk either way.
            if self.live.wait_facts(self.floor, left).await.is_err() {
                tracing::warn!("gate.behind_own_writes");
            }
        }
        let mut results: Vec<Option<Result<Accepted, Refusal>>> = Vec::with_capacity(batch.len());
        for (submission, planned) in batch.iter().zip(plan.planned) {
            let result = match planned {
                Planned::Store { last, entity, told } => stored.map(|stored| {
                    let sequence = stored.sequence_of(last);
                    Ok(Accepted { sequence, entity, recorded_at: now, told })
                }),
                Planned::SameAs(index) => results.get(index).cloned().flatten(),
                Planned::Again(kept) => Some(Ok(kept.accepted())),
                // Why: what was carried out long ago is refused just because it has happened.
                Planned::Refused(refusal) => {
                    let key = submission.idempotency.as_ref();
                    Some(self.receipts.first_answer(&self.live, key, refusal).await)
                }
                Planned::NoRoom => None,
            };
            if let (Some(Ok(accepted)), Some(key)) = (&result, &submission.idempotency) {
                self.receipts.keep(key, Kept::of(key, accepted));
            }
            let outcome = match &result {
                Some(Ok(_)) => "accepted",
                Some(Err(refusal)) => refusal.code.as_str(),
                None => "deferred",
            };
            metrics::counter!("gate_commands_total", "outcome" => outcome).increment(1);
            results.push(result);
        }
        results
    }
}

fn all(batch: &[Submission], refusal: &Refusal) -> Vec<Option<Result<Accepted, Refusal>>> {
    batch.iter().map(|_| Some(Err(refusal.clone()))).collect()
}

/// Index of the commands of a batch that have a key.
pub(crate) type KeysInBatch<'a> = HashMap<&'a CommandId, (usize, &'a Idempotency)>;
