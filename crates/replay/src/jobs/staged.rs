//! Replays that nobody ordered and nothing records, to measure how jobs are
//! sent: the same selections, paces and targets, without a city.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gongqiao_contract::{
    id::ReplayId,
    wire::{ReplayFilter, replay_format::Value as Format},
};
use gongqiao_stream::{Connection, StreamName, read, repeat::declare_repeats};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    JobsError,
    error::Broken,
    filter::Wanted,
    index::Index,
    job::Progress,
    pace::Pace,
    run::pass,
    source::{Selection, Source},
    target::{
        Target,
        file::{Paths, ToFile, sha256},
        subject::ToSubject,
    },
};
use crate::place::place_at;

/// How long events stay in the stream of replays.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the index may take to read a log.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Replays of the facts of a broker.
pub struct Staged {
    writer: Connection,
    dir: PathBuf,
    index: Arc<Index>,
    log: i128,
}

/// A replay broke off; here it is not tried again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StagedError(#[from] Broken);

impl Staged {
    /// `owner` makes streams, and `writer` is the user of the broker by whom replays
    /// are made; `dir` holds files and the index.
    ///
    /// # Errors
    /// The broker or the directory can't be used.
    pub async fn open(
        owner: &Connection,
        writer: Connection,
        dir: &Path,
    ) -> Result<Self, JobsError> {
        declare_repeats(owner, KEEP, 1).await?;
        let state = read::state(&writer, StreamName::Facts).await?;
        let log = state.created.unix_timestamp_nanos() as i128;
        let index = Arc::new(Index::open(dir.join("index"), log)?);
        Ok(Self { writer, dir: dir.to_owned(), index, log })
    }

    /// Makes the index up to a sequence. Says whether it got there.
    pub async fn index(&self, last: u64) -> bool {
        let stop = CancellationToken::new();
        let run = self.index.run(&self.writer, self.log, stop.clone());
        let reach = async {
            let is_there = self.index.reach(last, PATIENCE).await;
            stop.cancel();
            is_there
        };
        tokio::join!(run, reach).1
    }

    /// Replays what a filter wants up to `last` to a file, as protobuf, and
    /// removes the file. Returns how many events it held.
    ///
    /// # Errors
    /// The broker or the file can't be used.
    pub async fn to_file(&self, last: u64, filter: &ReplayFilter) -> Result<u64, StagedError> {
        Ok(self.write(last, filter).await?)
    }

    async fn write(&self, last: u64, filter: &ReplayFilter) -> Result<u64, Broken> {
        let paths = Paths::new(&self.dir, job().as_str(), Format::Protobuf);
        let (file, first) = ToFile::open(&paths, Format::Protobuf, 1)?;
        let selection = self.select((first, last), Wanted::of(filter));
        let events = send(selection, Target::File(file), Pace::Fastest).await?;
        let data = paths.data.clone();
        let hash = tokio::task::spawn_blocking(move || sha256(&data)).await;
        hash.map_err(std::io::Error::other)??;
        paths.remove()?;
        Ok(events)
    }

    /// Replays `first..=last` to subjects of its own, so many times as fast as
    /// it happened, or as fast as possible for 0. Returns the job's id.
    ///
    /// # Errors
    /// The broker can't be reached.
    pub async fn to_subject(&self, range: (u64, u64), times: f64) -> Result<ReplayId, StagedError> {
        let id = job();
        let (subject, _) = ToSubject::open(&self.writer, &id, range.0).await?;
        let selection = self.select(range, Wanted::default());
        send(selection, Target::Subject(Box::new(subject)), Pace::of(times, 0.0)).await?;
        Ok(id)
    }

    /// Looks up where a time lies, and reads the first event behind it of those
    /// up to `last`. Returns its sequence.
    ///
    /// # Errors
    /// The broker can't be reached.
    pub async fn first(
        &self,
        after: OffsetDateTime,
        last: u64,
    ) -> Result<Option<u64>, StagedError> {
        let place = place_at(&self.writer, after).await.map_err(Broken::from)?;
        let mut selection = self.select((place + 1, last), Wanted::default());
        let messages = Box::pin(selection.next()).await?;
        Ok(messages.first().map(|message| message.sequence))
    }

    fn select(&self, range: (u64, u64), wanted: Wanted) -> Selection {
        Selection::new(self.writer.clone(), Source::facts(), range, wanted, &self.index)
    }
}

async fn send(mut from: Selection, mut to: Target, pace: Pace) -> Result<u64, Broken> {
    let progress = Progress::default();
    Box::pin(pass(&mut from, &mut to, pace, &progress, |_| Ok(()))).await?;
    to.finish().await?;
    Ok(to.events())
}

fn job() -> ReplayId {
    ReplayId::from_uuid(Uuid::now_v7())
}
