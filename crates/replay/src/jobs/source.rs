//! What a job repeats: a range of one stream, whole or selected by the index.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_contract::{id::SubscriptionId, subject, wire};
use gongqiao_stream::{
    Connection, Original, Originals, StreamError, original_of_any_replica, originals,
};

use super::{
    Workshop,
    error::Broken,
    filter::Wanted,
    index::{Index, SEGMENT},
    order::source,
};

/// Messages that are handed over at once.
pub(crate) const BATCH: usize = 1_000;
/// Single messages that are asked for at once.
const AT_ONCE: usize = 64;
/// From how many of its messages on a segment is read whole: fewer are asked for
/// one by one.
const DENSE: u64 = 16;
/// How long a message that must come is waited for.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a selection waits for the index to catch up before it says so.
const CATCH_UP: Duration = Duration::from_secs(10);

/// A stream, or one subscription's part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) stream: String,
    /// The subjects of it that count; empty for all.
    pub(crate) subjects: String,
}

impl Source {
    pub(crate) fn facts() -> Self {
        Self { stream: subject::FACTS.to_owned(), subjects: String::new() }
    }

    pub(crate) fn audit() -> Self {
        Self { stream: subject::AUDIT.to_owned(), subjects: String::new() }
    }

    /// The feed of a subscription: a city's has a stream of its own.
    pub(crate) fn feed(subscription: &SubscriptionId, has_own_stream: bool) -> Self {
        let stream = match has_own_stream {
            true => subject::feed_stream(subscription),
            false => subject::FEED_SHARED.to_owned(),
        };
        Self { stream, subjects: subject::feed_all(subscription) }
    }

    /// The subjects of it, as a pattern.
    pub(crate) fn pattern(&self) -> &str {
        // Why not ">": asked for the last one, the broker then looks at the last
        // place alone, and that may have been emptied.
        match (self.subjects.as_str(), self.stream.as_str()) {
            ("", subject::AUDIT) => subject::AUDIT_SUBJECTS[0],
            ("", _) => "gq.v1.>",
            (subjects, _) => subjects,
        }
    }

    pub(crate) fn is_facts(&self) -> bool {
        self.stream == subject::FACTS
    }
}

/// The messages of a source from one place to another.
pub(crate) struct Selection {
    connection: Connection,
    source: Source,
    /// The next sequence that has not been looked at.
    next: u64,
    last: u64,
    way: Way,
}

/// How they are found.
enum Way {
    /// All of them, as the broker gives them.
    Whole(Option<Originals>),
    /// Those that the index names.
    Indexed(Box<Indexed>),
}

struct Indexed {
    index: Arc<Index>,
    wanted: Wanted,
    /// What the segment that is being gone through still has.
    rest: VecDeque<u64>,
    /// A segment of which much is wanted, as the broker gives it.
    dense: Option<Originals>,
}

impl Selection {
    /// What of an order is left from a sequence on.
    pub(crate) fn of(workshop: &Workshop, order: &wire::ReplayStarted, from: u64) -> Self {
        let source = source(workshop, &order.source);
        let wanted = order.filter.as_ref().map(Wanted::of).unwrap_or_default();
        let range = (from.max(order.first), order.last);
        Self::new(workshop.writer.clone(), source, range, wanted, &workshop.index)
    }

    /// What of `first..=last` is wanted.
    pub(crate) fn new(
        connection: Connection,
        source: Source,
        (first, last): (u64, u64),
        wanted: Wanted,
        index: &Arc<Index>,
    ) -> Self {
        let way = if wanted.is_all() {
            Way::Whole(None)
        } else {
            let index = Arc::clone(index);
            Way::Indexed(Box::new(Indexed { index, wanted, rest: VecDeque::new(), dense: None }))
        };
        Self { connection, source, next: first.max(1), last, way }
    }

    /// The next messages, at most [`BATCH`]; none at the end.
    ///
    /// # Errors
    /// The broker or the index can't be read just now. Asked again, it goes on
    /// from where it was.
    pub(crate) async fn next(&mut self) -> Result<Vec<Original>, Broken> {
        let read = match &mut self.way {
            Way::Whole(open) => {
                whole(&self.connection, &self.source, &mut self.next, self.last, open).await
            }
            Way::Indexed(indexed) => {
                indexed.next(&self.connection, &self.source, &mut self.next, self.last).await
            }
        };
        match &read {
            Ok(read) => {
                if let Some(last) = read.last() {
                    self.next = self.next.max(last.sequence + 1);
                }
            }
            Err(_) => self.way.close(),
        }
        read
    }
}

impl Way {
    fn close(&mut self) {
        match self {
            Self::Whole(open) => *open = None,
            Self::Indexed(indexed) => {
                indexed.dense = None;
                indexed.rest.clear();
            }
        }
    }
}

/// What comes, or an error when nothing does: what was waited for may have been
/// forgotten meanwhile, and it is asked anew then.
async fn soon(
    next: impl Future<Output = Result<Vec<Original>, StreamError>>,
) -> Result<Vec<Original>, StreamError> {
    let came = tokio::time::timeout(SILENCE, next).await;
    came.map_err(|_| StreamError::TimedOut(SILENCE))?
}

/// Messages of `next..=last`, as they come.
async fn whole(
    connection: &Connection,
    source: &Source,
    next: &mut u64,
    last: u64,
    open: &mut Option<Originals>,
) -> Result<Vec<Original>, Broken> {
    while *next <= last {
        let messages = match open {
            Some(messages) => messages,
            None => {
                let opened = originals(connection, &source.stream, &source.subjects, *next).await?;
                open.insert(opened)
            }
        };
        // Why: what the range ends with may have been forgotten meanwhile.
        if messages.pending() == 0 {
            break;
        }
        let mut read = soon(messages.next()).await?;
        read.retain(|message| (*next..=last).contains(&message.sequence));
        if messages.pending() == 0 {
            *next = last + 1;
        }
        if !read.is_empty() {
            return Ok(read);
        }
    }
    Ok(Vec::new())
}

impl Indexed {
    async fn next(
        &mut self,
        connection: &Connection,
        source: &Source,
        next: &mut u64,
        last: u64,
    ) -> Result<Vec<Original>, Broken> {
        while self.rest.is_empty() {
            if *next > last {
                return Ok(Vec::new());
            }
            let segment = (*next - 1) / SEGMENT;
            let end = last.min((segment + 1) * SEGMENT);
            if !self.index.reach(end, CATCH_UP).await {
                return Err(Broken::Behind);
            }
            let found = self.index.select(segment, &self.wanted).map_err(Broken::Index)?;
            let found = found.into_iter().filter(|sequence| (*next..=end).contains(sequence));
            self.rest = found.collect();
            if self.rest.is_empty() {
                *next = end + 1;
            } else if self.rest.len() as u64 * DENSE > end - *next {
                let first = self.rest[0];
                self.dense = Some(originals(connection, &source.stream, "", first).await?);
            }
        }
        match &mut self.dense {
            Some(_) => self.pick().await,
            None => self.ask(connection, source).await,
        }
    }

    /// Takes what is wanted out of all that comes.
    async fn pick(&mut self) -> Result<Vec<Original>, Broken> {
        loop {
            let Some(dense) = &mut self.dense else { return Ok(Vec::new()) };
            let chunk = soon(dense.next()).await?;
            let Some(furthest) = chunk.last().map(|message| message.sequence) else { continue };
            let passed = self.rest.partition_point(|sequence| *sequence <= furthest);
            let wanted: HashSet<u64> = self.rest.drain(..passed).collect();
            if self.rest.is_empty() {
                self.dense = None;
            }
            let mut chunk = chunk;
            chunk.retain(|message| wanted.contains(&message.sequence));
            if !chunk.is_empty() {
                return Ok(chunk);
            }
        }
    }

    /// Asks for single messages, many at once.
    async fn ask(
        &mut self,
        connection: &Connection,
        source: &Source,
    ) -> Result<Vec<Original>, Broken> {
        let some: Vec<u64> = self.rest.iter().take(BATCH).copied().collect();
        let one = |sequence: u64| async move {
            let found = original_of_any_replica(connection, &source.stream, sequence).await?;
            // Why: a fact that the index names can't be gone.
            found.ok_or_else(|| StreamError::Refused(format!("{sequence} is missing")))
        };
        let read: Vec<Original> = futures::stream::iter(some.iter().copied())
            .map(one)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        self.rest.drain(..some.len());
        Ok(read)
    }
}
