//! Replay jobs: a range of a stream, selected, at a pace, to somebody. Who had
//! it done stands in AUDIT, and a job is what its records say; how far it is,
//! its target knows. So a process that was killed goes on where it was.

mod error;
mod filter;
mod index;
mod job;
pub(crate) mod order;
mod pace;
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
    order::may_read,
    plan::Plan,
    reader::read,
    target::file::Paths,
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
    /// By whom the feeds are asked to send to a webhook.
    pub(crate) courier: Client,
    pub(crate) dir: PathBuf,
    pub(crate) index: Arc<Index>,
    pub(crate) approval: bool,
    stop: CancellationToken,
}

impl Workshop {
    /// Removes what stands in files of a job.
    fn remove(&self, job: &Job) -> io::Result<()> {
        self.paths(job).remove()?;
        match std::fs::remove_file(target::place_of(self, &job.id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

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
    /// Held while something is recorded.
    recording: tokio::sync::Mutex<()>,
    /// Held while somebody does something: until the task of a job has ended, no
    /// other of it begins.
    acting: tokio::sync::Mutex<()>,
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
        declare_repeats(live.connection(), options.keep, options.replicas).await?;
        let state = read::state(&writer, StreamName::Facts).await?;
        let log = state.created.unix_timestamp_nanos() as i128;
        private_dir(dir)?;
        let index = Arc::new(Index::open(dir.join("index"), log)?);
        let jobs = recorded(&writer, &subject::audit_replays(&live.cell())).await?;
        let is_copy = !is_of(dir, log)?;
        {
            let (index, writer, stop) = (Arc::clone(&index), writer.clone(), stop.clone());
            tokio::spawn(async move { index.run(&writer, log, stop).await });
        }
        let (dir, approval) = (dir.to_owned(), options.approval);
        let workshop =
            Arc::new(Workshop { live, clock, writer, courier, dir, index, approval, stop });
        let all = Self(Arc::new(Inner {
            workshop,
            jobs: RwLock::new(jobs),
            running: Mutex::default(),
            recording: tokio::sync::Mutex::default(),
            acting: tokio::sync::Mutex::default(),
        }));
        let running: Vec<Job> =
            all.all().into_iter().filter(|job| job.state == State::Running).collect();
        for job in running {
            if is_copy {
                // Why: what was sent of it stands in no backup, so that it would
                // be sent again, and from a copy.
                all.pause(&job.id).await;
            } else {
                all.begin(&job);
            }
        }
        mark(&all.0.workshop.dir, log)?;
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

    fn state(&self, id: &ReplayId) -> Option<State> {
        self.0.jobs.read().get(id).map(|job| job.state)
    }

    /// Whether a job that is read may be read now.
    pub(crate) fn is_readable(&self, id: &ReplayId) -> bool {
        matches!(self.state(id), Some(State::Running | State::Done))
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
        let order = order::of(&self.0.workshop, ask).await?;
        let _recording = self.0.recording.lock().await;
        if self.0.running.lock().len() >= MAX_RUNNING {
            return Err(Refusal::new(Code::ReplayMany).with("max", MAX_RUNNING));
        }
        let id = ReplayId::from_uuid(Uuid::now_v7());
        let record = self.record(speaker.actor(), Act::Started(order));
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
        let _acting = self.0.acting.lock().await;
        let goes_on = matches!(act, Act::Approved(_) | Act::Resumed(_));
        if goes_on && self.0.running.lock().len() >= MAX_RUNNING {
            return Err(Refusal::new(Code::ReplayMany).with("max", MAX_RUNNING));
        }
        let job = self.note(id, speaker.actor(), act).await?;
        match job.state {
            State::Running => self.begin(&job),
            _ => self.halt(id).await,
        }
        if job.state == State::Cancelled
            && let Err(e) = self.0.workshop.remove(&job)
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
            // Why: an earlier record was stored although no answer came, or another
            // process does the cell's replays; it is known when it is asked again.
            Ok(Outcome::Conflict) => {
                self.read_again(id).await;
                Err(Refusal::new(Code::ReadBehind).with("position", last))
            }
            Err(e) => {
                tracing::warn!(code = e.code(), error = %e, "replay.record");
                Err(Code::BrokerUnavailable.into())
            }
        }
    }

    async fn read_again(&self, id: &ReplayId) {
        let workshop = &self.0.workshop;
        let subject = subject::audit_replay(&workshop.live.cell(), id);
        match recorded(&workshop.writer, &subject).await {
            Ok(found) => self.0.jobs.write().extend(found),
            Err(e) => tracing::warn!(replay = %id, code = e.code(), error = %e, "replay.read"),
        }
    }

    async fn pause(&self, id: &ReplayId) {
        if let Err(refusal) = self.note(id, service(), Act::Paused(wire::ReplayPaused {})).await {
            tracing::warn!(replay = %id, code = refusal.code.as_str(), "replay.pause");
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
        self.note(id, service(), Act::Ended(ended)).await?;
        self.0.running.lock().remove(id);
        Ok(())
    }
}

/// We, as one who does something about a job.
fn service() -> wire::Actor {
    wire::Actor {
        party: SERVICE.to_owned(),
        role: wire::role::Value::Service as i32,
        ..wire::Actor::default()
    }
}

/// Makes a directory that nobody else looks into.
fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

/// Whether the directory was in use with this log before. That of an exchange
/// that was restored from a backup is new, or of another.
fn is_of(dir: &Path, log: i128) -> io::Result<bool> {
    match std::fs::read_to_string(dir.join("log")) {
        Ok(text) => Ok(text.trim() == log.to_string()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn mark(dir: &Path, log: i128) -> io::Result<()> {
    std::fs::write(dir.join("log"), format!("{log}\n"))
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
