//! Replay jobs: a range of a stream, selected, at a pace, to somebody. Who had
//! it done stands in AUDIT, and a job is what its records say; how far it is,
//! its target knows. So a process that was killed goes on where it was.

mod error;
mod filter;
mod index;
mod job;
mod order;
mod pace;
mod place;
mod plan;
mod reader;
mod record;
mod run;
mod source;
mod staged;
mod target;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gongqiao_access::Live;
use gongqiao_client::Client;
use gongqiao_contract::{
    Code, Refusal,
    id::ReplayId,
    subject,
    wire::{self, ReplayRecord, replay_record::Act},
};
use gongqiao_domain::{decide::Speaker, entity::timestamp};
use gongqiao_shell::Clock;
use gongqiao_stream::{
    Connection, Outcome, StreamError, StreamName, Write, commit_surely, originals, read,
    repeat::declare_repeats,
};
use parking_lot::{Mutex, RwLock};
use prost::Message as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::index::Index;
pub use self::staged::{Staged, StagedError};
pub(crate) use self::{
    job::{Done, Job, State},
    order::{Order, may_read},
    plan::Plan,
    reader::read,
    target::{Courier, file::Paths},
};

/// Jobs that run at once.
const MAX_RUNNING: usize = 16;
/// The name by which we say that a job has ended.
const SERVICE: &str = "replay";
/// How long a record may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How replays are kept.
#[derive(Debug, Clone, Copy)]
pub struct JobOptions {
    /// How long an event in the stream of replays is kept.
    pub keep: Duration,
    /// Copies of that stream.
    pub replicas: usize,
    /// Whether a replay to another party needs a second operator.
    pub approval: bool,
}

/// What jobs are done with.
pub(crate) struct Workshop {
    pub(crate) live: Live,
    pub(crate) clock: Clock,
    /// A user of the broker that can't write facts.
    pub(crate) writer: Connection,
    pub(crate) courier: Courier,
    pub(crate) dir: PathBuf,
    pub(crate) index: Arc<Index>,
    pub(crate) approval: bool,
    stop: CancellationToken,
}

impl Workshop {
    pub(crate) fn paths(&self, job: &Job) -> Paths {
        Paths::new(&self.dir, job.id.as_str(), job.format())
    }
}

/// All jobs. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    workshop: Arc<Workshop>,
    jobs: RwLock<BTreeMap<ReplayId, Job>>,
    running: Mutex<BTreeMap<ReplayId, Running>>,
    /// Held while something is recorded: acts come one after the other.
    recording: tokio::sync::Mutex<()>,
}

/// The task of a job that runs.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What jobs can't begin with.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The broker can't be reached, or the records can't be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The directory can't be used.
    #[error("the directory of replays can't be used: {0}")]
    Dir(#[from] io::Error),
}

impl Jobs {
    /// Reads what was recorded, and goes on with what runs. `writer` is a user
    /// of the broker that can't write facts, `courier` one of the exchange by
    /// whom events are sent to webhooks, and `dir` holds files and the index.
    ///
    /// # Errors
    /// The broker or the directory can't be used.
    pub async fn open(
        live: Live,
        clock: Clock,
        writer: Connection,
        courier: Client,
        dir: &Path,
        options: JobOptions,
        stop: CancellationToken,
    ) -> Result<Self, JobsError> {
        declare_repeats(&writer, options.keep, options.replicas).await?;
        let state = read::state(&writer, StreamName::Facts).await?;
        let log = state.created.unix_timestamp_nanos() as i128;
        let index = Arc::new(Index::open(dir.join("index"), log)?);
        let jobs = recorded(&writer, &subject::audit_replays(&live.cell())).await?;
        {
            let (index, writer, stop) = (Arc::clone(&index), writer.clone(), stop.clone());
            tokio::spawn(async move { index.run(&writer, log, stop).await });
        }
        let courier = Courier(courier);
        let (dir, approval) = (dir.to_owned(), options.approval);
        let workshop =
            Arc::new(Workshop { live, clock, writer, courier, dir, index, approval, stop });
        let all = Self(Arc::new(Inner {
            workshop,
            jobs: RwLock::new(jobs),
            running: Mutex::default(),
            recording: tokio::sync::Mutex::default(),
        }));
        let running: Vec<Job> =
            all.all().into_iter().filter(|job| job.state == State::Running).collect();
        for job in running {
            all.begin(&job);
        }
        Ok(all)
    }

    /// Every job, oldest first.
    pub(crate) fn all(&self) -> Vec<Job> {
        self.0.jobs.read().values().cloned().collect()
    }

    /// A job, for the bureau and for whom it is made.
    ///
    /// # Errors
    /// [`Code::ReplayNotFound`].
    pub(crate) fn get(&self, speaker: &Speaker, id: &str) -> Result<Job, Refusal> {
        let missing = || Refusal::new(Code::ReplayNotFound);
        let id: ReplayId = id.parse().map_err(|_| missing())?;
        let job = self.0.jobs.read().get(&id).cloned().ok_or_else(missing)?;
        let is_theirs = job.order.party == speaker.party.as_str();
        if speaker.is_operator() || is_theirs { Ok(job) } else { Err(missing()) }
    }

    /// Whether a job that is read may be read now.
    pub(crate) fn is_readable(&self, id: &ReplayId) -> bool {
        let jobs = self.0.jobs.read();
        jobs.get(id).is_some_and(|job| matches!(job.state, State::Running | State::Done))
    }

    pub(crate) fn workshop(&self) -> &Arc<Workshop> {
        &self.0.workshop
    }

    /// Begins a job.
    ///
    /// # Errors
    /// It can't be done as it is asked for, or there are too many already.
    pub(crate) async fn start(
        &self,
        speaker: &Speaker,
        ask: &wire::StartReplay,
    ) -> Result<Job, Refusal> {
        let order = Order::of(&self.0.workshop, ask).await?;
        let _recording = self.0.recording.lock().await;
        if self.0.running.lock().len() >= MAX_RUNNING {
            return Err(Refusal::new(Code::ReplayMany).with("max", MAX_RUNNING));
        }
        let id = ReplayId::from_uuid(Uuid::now_v7());
        let record = self.record(speaker.actor(), Act::Started(order.started));
        let sequence = self.store(&id, 0, &record).await?;
        let job = Job::new(id.clone(), sequence, &record);
        let job = job.ok_or(Code::ReplayNotFound)?;
        self.0.jobs.write().insert(id, job.clone());
        if job.state == State::Running {
            self.begin(&job);
        }
        Ok(job)
    }

    /// Does something about a job.
    ///
    /// # Errors
    /// It can't be done now, or not by this speaker.
    pub(crate) async fn act(
        &self,
        speaker: &Speaker,
        id: &ReplayId,
        act: Act,
    ) -> Result<Job, Refusal> {
        let job = self.note(id, speaker.actor(), act).await?;
        match job.state {
            State::Running => self.begin(&job),
            _ => self.halt(id).await,
        }
        if job.state == State::Cancelled
            && let Err(e) = self.0.workshop.paths(&job).remove()
        {
            tracing::warn!(replay = %id, error = %e, "replay.remove");
        }
        Ok(job)
    }

    /// Records an act, if it can be done now.
    async fn note(&self, id: &ReplayId, actor: wire::Actor, act: Act) -> Result<Job, Refusal> {
        let _recording = self.0.recording.lock().await;
        let job = self.0.jobs.read().get(id).cloned();
        let mut job = job.ok_or(Code::ReplayNotFound)?;
        job.admits(&act, &actor)?;
        let record = self.record(actor, act);
        let sequence = self.store(id, job.last, &record).await?;
        job.apply(sequence, &record);
        self.0.jobs.write().insert(id.clone(), job.clone());
        Ok(job)
    }

    fn record(&self, actor: wire::Actor, act: Act) -> ReplayRecord {
        ReplayRecord {
            record_id: Uuid::now_v7().to_string(),
            recorded_at: Some(timestamp(self.0.workshop.clock.now())),
            actor: Some(actor),
            act: Some(act),
        }
    }

    /// Puts a record into AUDIT, behind the job's last one.
    async fn store(&self, id: &ReplayId, last: u64, record: &ReplayRecord) -> Result<u64, Refusal> {
        let workshop = &self.0.workshop;
        let write = Write {
            subject: subject::audit_replay(&workshop.live.cell(), id),
            payload: record.encode_to_vec().into(),
            expect: Some(last),
            headers: Vec::new(),
        };
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let stored = commit_surely(&workshop.writer, StreamName::Audit, &[write], deadline).await;
        match stored {
            Ok(Outcome::Stored(stored)) => Ok(stored.last_sequence),
            // Why: another process does the cell's replays.
            Ok(Outcome::Conflict) => Err(Refusal::new(Code::ReadBehind).with("position", last)),
            Err(e) => {
                tracing::warn!(code = e.code(), error = %e, "replay.record");
                Err(Code::BrokerUnavailable.into())
            }
        }
    }

    /// Has a job sent, unless it is already.
    fn begin(&self, job: &Job) {
        if !job.is_sent() {
            return;
        }
        let mut running = self.0.running.lock();
        if running.contains_key(&job.id) {
            return;
        }
        let stop = self.0.workshop.stop.child_token();
        let (jobs, id, job, token) = (self.clone(), job.id.clone(), job.clone(), stop.clone());
        let task = tokio::spawn(async move { run::run(&jobs, job, token).await });
        running.insert(id, Running { stop, task });
    }

    /// Stops the task of a job; none is left when this returns. Why: two would
    /// write one file.
    async fn halt(&self, id: &ReplayId) {
        let running = self.0.running.lock().remove(id);
        if let Some(Running { stop, task }) = running {
            stop.cancel();
            if let Err(e) = task.await {
                tracing::error!(replay = %id, error = %e, "replay.task");
            }
        }
    }

    /// Records that a job has ended.
    pub(crate) async fn end(&self, id: &ReplayId, ended: wire::ReplayEnded) -> Result<(), Refusal> {
        let actor = wire::Actor {
            party: SERVICE.to_owned(),
            role: wire::role::Value::Service as i32,
            ..wire::Actor::default()
        };
        self.note(id, actor, Act::Ended(ended)).await?;
        self.0.running.lock().remove(id);
        Ok(())
    }
}

/// The jobs that stand in AUDIT.
async fn recorded(
    connection: &Connection,
    subjects: &str,
) -> Result<BTreeMap<ReplayId, Job>, StreamError> {
    let mut jobs: BTreeMap<ReplayId, Job> = BTreeMap::new();
    let mut records = originals(connection, subject::AUDIT, subjects, 1).await?;
    while records.pending() > 0 {
        for message in records.next().await? {
            let id = message.subject().rsplit('.').next().and_then(|id| id.parse().ok());
            let Some(id): Option<ReplayId> = id else { continue };
            let Ok(record) = ReplayRecord::decode(message.payload.clone()) else {
                tracing::error!(sequence = message.sequence, "replay.undecodable");
                continue;
            };
            if let Some(job) = jobs.get_mut(&id) {
                job.apply(message.sequence, &record);
            } else if let Some(job) = Job::new(id.clone(), message.sequence, &record) {
                jobs.insert(id, job);
            }
        }
    }
    Ok(jobs)
}
