//! A job that somebody reads over HTTP: events come as they are asked for, from
//! any sequence on, at the job's pace.

use bytes::Bytes;
use futures::Stream;
use gongqiao_contract::wire::{self, replay_outcome::Value as Outcome};
use gongqiao_stream::Original;
use tokio::time::{Instant, sleep_until};

use super::{
    Job, Jobs, State,
    error::Broken,
    order::may_read,
    pace::{Due, Pace},
    record,
    run::happened,
    source::Selection,
};

/// Bytes that go out in one piece.
const PIECE: usize = 64 << 10;

struct Reading {
    jobs: Jobs,
    job: Job,
    selection: Selection,
    due: Due,
    /// What was read, and has not been sent.
    rest: std::vec::IntoIter<Original>,
    held: Option<(Instant, Original)>,
    events: u64,
    /// It is for the reader, and read from its beginning.
    is_whole: bool,
    over: bool,
}

/// The events of a job after a sequence, as its format wants them. It breaks
/// off, with an error, when the broker does or the job may not be read any more.
/// `is_theirs`: the one for whom it is reads it.
pub(crate) fn read(
    jobs: &Jobs,
    job: Job,
    after: u64,
    is_theirs: bool,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + use<> {
    let workshop = jobs.workshop();
    let order = &job.order;
    let from = order.first.max(after.saturating_add(1));
    let is_whole = is_theirs && after < order.first;
    let reading = Reading {
        selection: Selection::of(workshop, order, from),
        due: Due::new(Pace::of(order.times, order.per_second)),
        jobs: jobs.clone(),
        job,
        rest: Vec::new().into_iter(),
        held: None,
        events: 0,
        is_whole,
        over: false,
    };
    futures::stream::unfold(reading, |mut reading| async move {
        if reading.over {
            return None;
        }
        match reading.piece().await {
            Ok(piece) if piece.is_empty() => {
                reading.end().await;
                None
            }
            Ok(piece) => Some((Ok(piece), reading)),
            Err(e) => {
                reading.over = true;
                Some((Err(std::io::Error::other(e)), reading))
            }
        }
    })
}

impl Reading {
    /// What is sent next; empty at the end.
    async fn piece(&mut self) -> Result<Bytes, Broken> {
        let mut out = Vec::new();
        while out.len() < PIECE {
            let Some((at, message)) = self.next(out.is_empty()).await? else { break };
            if at > Instant::now() {
                if !out.is_empty() {
                    self.held = Some((at, message));
                    break;
                }
                sleep_until(at).await;
            }
            // Why again: hours may lie between two events.
            if out.is_empty() {
                self.may_read(&mut Vec::new())?;
            }
            record::write(self.job.format(), &message, &mut out);
            self.events += 1;
        }
        Ok(out.into())
    }

    /// The next message and when it is due; more is read only if that is `asked`.
    async fn next(&mut self, asked: bool) -> Result<Option<(Instant, Original)>, Broken> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            if let Some(message) = self.rest.next() {
                let at = self.due.next(Instant::now(), || happened(&message));
                return Ok(Some((at, message)));
            }
            if !asked {
                return Ok(None);
            }
            let mut messages = self.selection.next().await?;
            if messages.is_empty() {
                return Ok(None);
            }
            self.may_read(&mut messages)?;
            self.rest = messages.into_iter();
        }
    }

    /// Whether the job goes on, and its party may have what it is about.
    fn may_read(&self, messages: &mut Vec<Original>) -> Result<(), Broken> {
        if !self.jobs.is_readable(&self.job.id) {
            return Err(Broken::Final("it was stopped".to_owned()));
        }
        let may = may_read(self.jobs.workshop(), &self.job.order, messages);
        may.map_err(|refusal| Broken::Final(refusal.code.as_str().to_owned()))
    }

    /// Records that the job was read to its end, by whom it is for, from its
    /// beginning.
    async fn end(&mut self) {
        if !self.is_whole || self.jobs.state(&self.job.id) != Some(State::Running) {
            return;
        }
        let ended = wire::ReplayEnded {
            outcome: Outcome::Done as i32,
            events: self.events,
            ..wire::ReplayEnded::default()
        };
        if let Err(refusal) = self.jobs.end(&self.job.id, ended).await {
            tracing::warn!(replay = %self.job.id, code = refusal.code.as_str(), "replay.end");
        }
    }
}
