//! Handing over what a stream gets to somebody who acts on it, outside of any
//! fold: each message at least once, remembered by the broker over restarts.
//!
//! How it meets what can go wrong:
//! - Who acts says so, and only then is a message acknowledged. An
//!   acknowledgement that is lost makes the message come again.
//! - What could not be done comes again, after pauses that grow; meanwhile
//!   other messages go on. Up to [`Durable::waiting`] messages may wait so;
//!   beyond that the rest stays in the stream until one of them is done.
//! - No more is fetched than begins at once, so that no message's time runs
//!   out while it waits here.

use std::time::Duration;

use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, Consumer, DeliverPolicy, ReplayPolicy, pull},
    context::ConsumerInfoErrorKind,
    message::Acker,
};
use futures::StreamExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{connect::Connection, declare::StreamName, error::StreamError, read::Message};

/// How long one request for messages stands at the server.
const PULL: Duration = Duration::from_secs(30);
/// How long whoever ends waits for what is under way to it.
const LINGER: Duration = Duration::from_millis(100);
/// How long what it returns stays away: until its request stands no more.
const RETURN: Duration = Duration::from_millis(400);

/// A reader whose place in the stream the broker remembers. Made by
/// [`attach`], it begins at the present: what the stream held before is never
/// handed over.
#[derive(Debug, Clone)]
pub struct Durable {
    /// Its name at the broker. Processes that use the same one share the work.
    pub name: &'static str,
    /// What it reads.
    pub stream: StreamName,
    /// The subjects that it is about; wildcards are allowed.
    pub subjects: &'static [&'static str],
    /// Messages worked on at once.
    pub in_flight: usize,
    /// Messages that may wait for their next attempt.
    pub waiting: usize,
    /// How long the broker waits for a word about a message before it takes
    /// whoever had it for dead, and hands it over again. While one is being
    /// worked on, it hears so in time.
    pub silence: Duration,
    /// The pause before the second attempt. Each further one is twice as long.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
}

/// One message, handed over.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What it is.
    pub message: Message,
    /// How often it was handed over by now: 1 at first.
    pub attempt: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing more is to be done about it.
    Done,
    /// It could not be done now; it comes again after a pause.
    Again,
    /// Neither it nor any other can be done. Reading ends, and all that is not
    /// done comes again when somebody reads on.
    Stop,
}

impl Durable {
    /// How long a message waits after its `attempt`th failure.
    pub fn pause(&self, attempt: u64) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(factor).min(self.longest_pause)
    }

    fn config(&self) -> pull::Config {
        pull::Config {
            durable_name: Some(self.name.to_owned()),
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.silence,
            // Why without a limit: the server would drop a message in silence;
            // whoever acts on it gives up, and says so.
            max_deliver: -1,
            max_ack_pending: i64::try_from(self.waiting + self.in_flight).unwrap_or(i64::MAX),
            filter_subjects: self.subjects.iter().map(|s| (*s).to_owned()).collect(),
            replay_policy: ReplayPolicy::Instant,
            ..pull::Config::default()
        }
    }
}

/// Makes the reader if there is none yet. From then on the broker keeps its
/// place, whether anybody reads or not.
///
/// # Errors
/// The log can't be reached, or the broker refuses the reader.
pub async fn attach(connection: &Connection, durable: &Durable) -> Result<(), StreamError> {
    consumer(connection, durable).await.map(drop)
}

/// Removes the reader with its place in the stream, if there is one.
///
/// # Errors
/// The log can't be reached.
pub async fn detach(connection: &Connection, durable: &Durable) -> Result<(), StreamError> {
    let get = connection.context.get_stream_no_info(durable.stream.as_str());
    let stream = connection.bounded(get).await?;
    let info = tokio::time::timeout(connection.timeout, stream.consumer_info(durable.name)).await;
    match info.map_err(|_| StreamError::TimedOut(connection.timeout))? {
        Ok(_) => connection.bounded(stream.delete_consumer(durable.name)).await.map(drop),
        Err(e) if e.kind() == ConsumerInfoErrorKind::NotFound => Ok(()),
        Err(e) => Err(StreamError::Unreachable(e.to_string())),
    }
}

/// Hands every message to `handle` until `stop`, or until it says
/// [`Verdict::Stop`]; several at once, hence in no strict order. Returns when
/// all that was begun has ended. A broken link is mended; the messages simply
/// come later.
pub async fn consume<F, Fut>(
    connection: &Connection,
    durable: &Durable,
    stop: &CancellationToken,
    handle: F,
) where
    F: Fn(Delivery) -> Fut,
    Fut: Future<Output = Verdict> + Send + 'static,
{
    let mut running = JoinSet::new();
    let begin = |running: &mut JoinSet<Verdict>, message| -> Result<(), StreamError> {
        let (delivery, acker) = read(message)?;
        let times = (durable.pause(delivery.attempt), durable.silence / 3);
        let handling = handle(delivery);
        running.spawn(settle(connection.clone(), acker, times, handling));
        Ok(())
    };
    let mut wait = Duration::from_millis(20);
    while !stop.is_cancelled() {
        match pull(connection, durable, stop, &mut running, &begin, &mut wait).await {
            Ok(()) => break,
            Err(e) => tracing::warn!(reader = durable.name, error = %e, "stream.consume"),
        }
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        wait = (wait * 2).min(Duration::from_secs(1));
    }
    while let Some(ended) = running.join_next().await {
        verdict(ended);
    }
}

/// Fetches and begins, until told to stop.
async fn pull(
    connection: &Connection,
    durable: &Durable,
    stop: &CancellationToken,
    running: &mut JoinSet<Verdict>,
    begin: &impl Fn(&mut JoinSet<Verdict>, jetstream::Message) -> Result<(), StreamError>,
    wait: &mut Duration,
) -> Result<(), StreamError> {
    let consumer = consumer(connection, durable).await?;
    let mended = connection.mended();
    tokio::pin!(mended);
    loop {
        while running.len() >= durable.in_flight {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(ended) = running.join_next() => {
                    if verdict(ended) == Verdict::Stop {
                        return Ok(());
                    }
                }
            }
        }
        let room = durable.in_flight - running.len();
        let request = consumer.batch().max_messages(room).expires(PULL).messages();
        let mut batch = connection.bounded(request).await?;
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    give_back(connection, &mut batch).await;
                    return Ok(());
                }
                // Why: what was asked for over a link that broke never comes.
                () = &mut mended => return Err(StreamError::Unreachable("the link broke".into())),
                Some(ended) = running.join_next() => {
                    if verdict(ended) == Verdict::Stop {
                        give_back(connection, &mut batch).await;
                        return Ok(());
                    }
                }
                message = batch.next() => match message {
                    None => break,
                    Some(Err(e)) => return Err(StreamError::Unreachable(e.to_string())),
                    Some(Ok(message)) => {
                        *wait = Duration::from_millis(20);
                        begin(running, message)?;
                    }
                },
            }
        }
    }
}

/// Returns what has arrived and was not begun, so that it need not wait until
/// the broker takes us for dead.
async fn give_back(connection: &Connection, batch: &mut pull::Batch) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(LINGER, batch.next()).await {
        tell(connection, message.ack_with(AckKind::Nak(Some(RETURN)))).await;
    }
}

/// The reader at the broker, made or brought to its present settings.
async fn consumer(
    connection: &Connection,
    durable: &Durable,
) -> Result<Consumer<pull::Config>, StreamError> {
    let get = connection.context.get_stream_no_info(durable.stream.as_str());
    let stream = connection.bounded(get).await?;
    let consumer = connection.bounded(stream.create_consumer(durable.config())).await?;
    let info = consumer.cached_info();
    tracing::info!(reader = durable.name, since = %info.created, pending = info.num_pending, "stream.attach");
    Ok(consumer)
}

fn read(message: jetstream::Message) -> Result<(Delivery, Acker), StreamError> {
    let info = message.info().map_err(|e| StreamError::Refused(e.to_string()))?;
    let (sequence, stored_at) = (info.stream_sequence, info.published);
    let attempt = u64::try_from(info.delivered).unwrap_or(1);
    let (message, acker) = message.split();
    let async_nats::Message { subject, payload, .. } = message;
    let message = Message { sequence, subject: subject.to_string(), payload, stored_at };
    Ok((Delivery { message, attempt }, acker))
}

/// Waits for the verdict on one message and tells the broker.
async fn settle(
    connection: Connection,
    acker: Acker,
    (pause, keep): (Duration, Duration),
    handling: impl Future<Output = Verdict>,
) -> Verdict {
    tokio::pin!(handling);
    let verdict = loop {
        tokio::select! {
            verdict = &mut handling => break verdict,
            () = tokio::time::sleep(keep) => {
                tell(&connection, acker.ack_with(AckKind::Progress)).await;
            }
        }
    };
    match verdict {
        // Why confirmed: one that is lost unnoticed makes the message come again.
        Verdict::Done => tell(&connection, acker.double_ack()).await,
        Verdict::Again => tell(&connection, acker.ack_with(AckKind::Nak(Some(pause)))).await,
        Verdict::Stop => tell(&connection, acker.ack_with(AckKind::Nak(Some(RETURN)))).await,
    }
    verdict
}

async fn tell(connection: &Connection, word: impl Future<Output = Result<(), async_nats::Error>>) {
    if let Err(e) = connection.bounded(word).await {
        tracing::warn!(error = %e, "stream.not_acknowledged");
    }
}

/// The verdict of a task that has ended.
fn verdict(ended: Result<Verdict, tokio::task::JoinError>) -> Verdict {
    match ended {
        Ok(verdict) => verdict,
        // Why: a crash is the whole process's, as in any other task.
        Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
        Err(_) => Verdict::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stop_growing() {
        let durable = Durable {
            name: "test",
            stream: StreamName::Facts,
            subjects: &[],
            in_flight: 1,
            waiting: 1,
            silence: Duration::from_secs(30),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(900),
        };
        let pauses: Vec<u64> = (0..=12).map(|n| durable.pause(n).as_secs()).collect();
        assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(durable.pause(u64::MAX).as_secs(), 900);
    }
}
