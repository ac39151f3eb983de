//! Whoever delivers one webhook: its own task, with its own place in the feed,
//! so that a receiver that does not answer holds up nobody else.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use gongqiao_access::webhook::Signer;
use gongqiao_contract::{
    Code, Refusal,
    feed::Cursor,
    id::WebhookId,
    wire::{self, webhook_failure::Value as Failure},
};
use gongqiao_domain::entity::Webhook;
use gongqiao_shell::beijing::rfc3339;
use parking_lot::Mutex;
use serde_json::json;
use time::OffsetDateTime;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    post::{Outcome, Parcel},
    progress::{Attempt, Progress},
};
use crate::{
    Feeds,
    event::Deed,
    shelf::{Feed, Told},
};

/// How often it is asked whether an agreement still holds, and how long a
/// trouble of ours waits.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// Events that are read at once.
const AHEAD: usize = 256;

/// One webhook, and how far it is.
pub(crate) struct Courier {
    feeds: Feeds,
    id: WebhookId,
    pub(crate) progress: Mutex<Progress>,
    /// Something has changed since it was kept.
    pub(crate) is_dirty: AtomicBool,
    /// The last attempt was in vain.
    is_failing: AtomicBool,
    wake: Notify,
    signers: Mutex<Signers>,
}

/// What signs, with the salts it was made of.
type Signers = (Vec<Vec<u8>>, Arc<Vec<Signer>>);

/// What is sent now, and where it stands in the feed.
struct Job {
    cursor: Cursor,
    attempts: u32,
    parcel: Parcel,
    /// It says that nothing may be held: it is sent also when nothing else is.
    is_end: bool,
}

/// What became of it; none when it was not to be sent any more.
type Settled = (Cursor, Option<Outcome>);

impl Courier {
    pub(crate) fn new(feeds: Feeds, id: WebhookId, progress: Progress) -> Arc<Self> {
        Arc::new(Self {
            feeds,
            id,
            progress: Mutex::new(progress),
            is_dirty: AtomicBool::new(true),
            is_failing: AtomicBool::new(false),
            wake: Notify::new(),
            signers: Mutex::default(),
        })
    }

    /// Delivers until `stop`, or until the webhook is disabled or removed.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let Some(hook) = self.hook() else { return };
        self.change(|progress| progress.resume(hook.enabled_at, self.now()));
        let (mut under_way, mut ahead) = (JoinSet::new(), VecDeque::new());
        while !stop.is_cancelled() {
            let Some(hook) = self.hook() else { return };
            let feed = self.feeds.shelf.wait(&hook.subscription);
            let Some(feed) = stop.run_until_cancelled(feed).await else { return };
            let mut moved = feed.moved();
            moved.borrow_and_update();
            let is_well = self.fill(&hook, &feed, &mut under_way, &mut ahead).await;
            let soon = self.now() + ASK_AGAIN;
            // Why: while no more may be under way, that something is due is no
            // reason to look.
            let may_send = is_well && under_way.len() < self.width(&hook);
            let due = self.progress.lock().next_at().filter(|_| may_send);
            // Why soon: an end is told in time, and the log may not move then.
            let due = due.map_or(soon, |due| due.min(soon));
            let settled = tokio::select! {
                () = stop.cancelled() => None,
                Some(settled) = under_way.join_next() => settled.ok(),
                _ = moved.changed() => None,
                () = self.wake.notified() => None,
                () = self.feeds.api.clock.sleep_until(due) => None,
            };
            let mut settled = settled;
            while let Some(one) = settled {
                if let Some(why) = self.settle(one) {
                    return self.disable(why, &stop).await;
                }
                settled = under_way.try_join_next().and_then(Result::ok);
            }
        }
    }

    /// Requests that may be under way at once.
    fn width(&self, hook: &Webhook) -> usize {
        if hook.any_order { self.feeds.post.options.in_flight_each } else { 1 }
    }

    /// Sends as much as may be under way at once. `false` if the feed could not
    /// be read just now.
    async fn fill(
        self: &Arc<Self>,
        hook: &Arc<Webhook>,
        feed: &Arc<Feed>,
        under_way: &mut JoinSet<Settled>,
        ahead: &mut VecDeque<Arc<Told>>,
    ) -> bool {
        let width = self.width(hook);
        let signers = self.signers(hook);
        while under_way.len() < width {
            let job = match self.next_job(hook, feed, ahead).await {
                Ok(Some(job)) => job,
                Ok(None) => return true,
                Err(e) => {
                    tracing::warn!(webhook = %self.id, code = e.code.as_str(), "webhooks.read");
                    return false;
                }
            };
            let (courier, hook) = (Arc::clone(self), Arc::clone(hook));
            let (feed, signers) = (Arc::clone(feed), Arc::clone(&signers));
            under_way.spawn(async move { courier.attempt(&hook, &feed, &signers, job).await });
        }
        true
    }

    /// What is to be sent next, if anything is.
    async fn next_job(
        &self,
        hook: &Webhook,
        feed: &Arc<Feed>,
        ahead: &mut VecDeque<Arc<Told>>,
    ) -> Result<Option<Job>, Refusal> {
        if let Some(end) = self.overtaken(feed) {
            return Ok(Some(self.take(&end)));
        }
        let due = self.progress.lock().due(self.now());
        if let Some((cursor, open)) = due {
            if open.gone {
                return Ok(Some(self.gone(feed, cursor, open.attempts)));
            }
            let before = Cursor { sequence: cursor.sequence.saturating_sub(1), ..cursor };
            return match self.read(feed, before, 1).await {
                Ok(told) => match told.into_iter().next() {
                    Some(told) if told.event.cursor == cursor => {
                        Ok(Some(self.job(&told, open.attempts)))
                    }
                    Some(end) => Ok(Some(self.take(&end))),
                    None => {
                        self.put_off(cursor);
                        Ok(None)
                    }
                },
                Err(e) => {
                    self.put_off(cursor);
                    Err(e)
                }
            };
        }
        if !self.progress.lock().has_room(hook.any_order) {
            return Ok(None);
        }
        let after = self.progress.lock().taken();
        // Why: what was read ahead may be of an epoch that is over since.
        let is_next = |told: &Arc<Told>| {
            let next = Cursor { sequence: after.sequence + 1, ..after };
            told.event.cursor == next && self.holds(feed, next)
        };
        if !ahead.front().is_some_and(is_next) {
            *ahead = self.read(feed, after, AHEAD).await?.into();
        }
        Ok(ahead.pop_front().map(|told| self.take(&told)))
    }

    /// Whether something of this epoch of a feed may be sent.
    fn holds(&self, feed: &Feed, cursor: Cursor) -> bool {
        matches!(self.feeds.readable(feed), Ok(true))
            && feed.read(|book| book.cursor.epoch) == cursor.epoch
    }

    /// What stands for all that is open, and does not wait for it to be tried
    /// again: a feed's end, which is returned, and a new epoch.
    fn overtaken(&self, feed: &Feed) -> Option<Arc<Told>> {
        let (taken, at) = (self.progress.lock().taken(), feed.read(|book| book.cursor));
        if !self.feeds.is_open(feed) {
            return feed.end().filter(|end| end.event.cursor > taken);
        }
        if taken != Cursor::default() && taken.epoch < at.epoch {
            let begin = Cursor { epoch: at.epoch, sequence: 0 };
            self.change(|progress| progress.rewind(begin));
        }
        None
    }

    /// Events after a cursor. What is kept no longer is taken note of, to be
    /// told.
    async fn read(
        &self,
        feed: &Arc<Feed>,
        after: Cursor,
        most: usize,
    ) -> Result<Vec<Arc<Told>>, Refusal> {
        match self.feeds.next(feed, after, most).await {
            Err(e) if matches!(e.code, Code::FeedGone | Code::FeedCursor) => {
                let at = feed.read(|book| book.cursor);
                // Why: a new epoch that has begun just now is taken up whole.
                if after.epoch == at.epoch || e.code == Code::FeedCursor {
                    self.change(|progress| progress.gone(at, self.now()));
                }
                self.wake.notify_one();
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// Takes an event up.
    fn take(&self, told: &Told) -> Job {
        let is_end = told.event.deed == Deed::Closed;
        self.change(|progress| progress.take(told.event.cursor, is_end, self.now()));
        self.job(told, 0)
    }

    fn put_off(&self, cursor: Cursor) {
        self.change(|progress| progress.put_off(cursor, self.now() + ASK_AGAIN));
    }

    fn job(&self, told: &Told, attempts: u32) -> Job {
        let cursor = told.event.cursor;
        let is_end = told.event.deed == Deed::Closed;
        Job { cursor, attempts, parcel: self.parcel(told), is_end }
    }

    fn parcel(&self, told: &Told) -> Parcel {
        Parcel::new(self.webhook_id(told.event.cursor), told.json_bytes())
    }

    /// What an event is sent as. Why no dots: they part what is signed.
    fn webhook_id(&self, cursor: Cursor) -> String {
        format!("{}-{}-{}", self.id, cursor.epoch, cursor.sequence)
    }

    /// The word that events were kept no longer before they arrived.
    fn gone(&self, feed: &Feed, at: Cursor, attempts: u32) -> Job {
        let event = json!({
            "specversion": "1.0",
            "id": format!("gone-{at}"),
            "source": format!("/feeds/{}", feed.subscription),
            "type": "gongqiao.v1.FeedGone",
            "subject": "gone",
            "time": rfc3339(self.now()),
            "datacontenttype": "application/json",
            "data": {
                "snapshot": format!("/v1/feeds/{}/snapshot", feed.subscription),
                "cursor": at.to_string(),
            },
        });
        let id = format!("{}-gone-{}-{}", self.id, at.epoch, at.sequence);
        let parcel = Parcel::new(id, event.to_string().into());
        Job { cursor: at, attempts, parcel, is_end: false }
    }

    /// Sends one, unless its feed has come to an end meanwhile.
    async fn attempt(&self, hook: &Webhook, feed: &Feed, signers: &[Signer], job: Job) -> Settled {
        let is_slow = job.attempts > 0 || self.is_failing.load(Ordering::Relaxed);
        let sent = self.send(hook, signers, &job.parcel, Some(job.cursor), is_slow);
        let outcome = tokio::select! {
            biased;
            () = self.over(feed, job.cursor), if !job.is_end => None,
            (outcome, _) = sent => Some(outcome),
        };
        (job.cursor, outcome)
    }

    /// Sends a parcel now, and notes what came of it.
    async fn send(
        &self,
        hook: &Webhook,
        signers: &[Signer],
        parcel: &Parcel,
        event: Option<Cursor>,
        is_slow: bool,
    ) -> (Outcome, Attempt) {
        let (at, began) = (self.now(), Instant::now());
        let clock = &self.feeds.api.clock;
        let outcome = self.feeds.post.send(clock, &hook.url, signers, parcel, is_slow).await;
        metrics::counter!("webhook_attempts_total", "outcome" => outcome.as_str()).increment(1);
        let attempt = Attempt {
            at,
            event: event.map(|cursor| (cursor.epoch, cursor.sequence)),
            webhook_id: parcel.id.clone(),
            outcome: outcome.as_str().to_owned(),
            status: outcome.status(),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        self.change(|progress| progress.note(attempt.clone()));
        (outcome, attempt)
    }

    /// Waits until nothing of this feed may be sent, or not of this epoch.
    async fn over(&self, feed: &Feed, cursor: Cursor) {
        while self.holds(feed, cursor) {
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Takes note of how an attempt ended. Returns why the webhook is to be
    /// disabled, if it is.
    fn settle(&self, (cursor, outcome): Settled) -> Option<Failure> {
        let Some(outcome) = outcome else {
            self.put_off(cursor);
            return None;
        };
        let post = &self.feeds.post;
        let is_delivered = matches!(outcome, Outcome::Delivered(_));
        self.is_failing.store(!is_delivered, Ordering::Relaxed);
        if is_delivered {
            self.change(|progress| progress.arrived(cursor));
            return None;
        }
        let wait = |attempts| post.wait(attempts, outcome);
        let failing = self.change(|progress| progress.failed(cursor, self.now(), wait));
        let is_too_long = failing.is_some_and(|since| since >= post.options.disable_after);
        match outcome.is_gone() {
            true => Some(Failure::Gone),
            false => is_too_long.then_some(Failure::Failing),
        }
    }

    /// Has the webhook disabled, and returns once that is seen here.
    async fn disable(&self, why: Failure, stop: &CancellationToken) {
        tracing::info!(webhook = %self.id, why = why.as_str_name(), "webhooks.disable");
        let path = format!("/v1/webhooks/{}/disable", self.id);
        let ask = wire::DisableWebhook { why: why as i32 };
        while !stop.is_cancelled() && self.hook().is_some() {
            match self.feeds.post.gate.post(&path, &ask, None).await {
                Ok(receipt) => {
                    let reached = self.feeds.api.live.wait_facts(receipt.sequence, ASK_AGAIN);
                    // Why: if it is not seen yet, it is asked again.
                    let _ = reached.await;
                }
                Err(e) => {
                    tracing::warn!(webhook = %self.id, error = %e, "webhooks.disable");
                    tokio::time::sleep(ASK_AGAIN).await;
                }
            }
        }
    }

    /// The webhook as it is, if something is to be sent to it.
    fn hook(&self) -> Option<Arc<Webhook>> {
        let city = self.feeds.api.live.city();
        city.webhook(&self.id).filter(|one| one.disabled.is_none()).cloned().map(Arc::new)
    }

    /// What signs now.
    fn signers(&self, hook: &Webhook) -> Arc<Vec<Signer>> {
        let salts: Vec<Vec<u8>> = hook.keys_at(self.now()).map(|key| key.salt.clone()).collect();
        let mut known = self.signers.lock();
        if known.0 != salts {
            let made = salts.iter().map(|salt| self.feeds.post.keys.signer(hook.signing(), salt));
            let made = Arc::new(made.collect());
            *known = (salts, made);
        }
        Arc::clone(&known.1)
    }

    fn now(&self) -> OffsetDateTime {
        self.feeds.api.clock.now()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> T {
        let changed = change(&mut self.progress.lock());
        self.is_dirty.store(true, Ordering::Relaxed);
        changed
    }

    /// Sends a test now.
    pub(crate) async fn test(&self, hook: &Webhook) -> Attempt {
        let now = self.now();
        let id = format!("{}-test-{}", self.id, now.unix_timestamp_nanos() / 1_000);
        let event = json!({
            "specversion": "1.0",
            "id": id,
            "source": format!("/feeds/{}", hook.subscription),
            "type": "gongqiao.v1.WebhookTest",
            "subject": "test",
            "time": rfc3339(now),
            "datacontenttype": "application/json",
            "data": {},
        });
        let parcel = Parcel::new(id, event.to_string().into());
        self.once(hook, &parcel, None).await
    }

    /// Sends one event again now, as part of a replay if one is named.
    ///
    /// # Errors
    /// It is kept no longer, or there is none at this cursor.
    pub(crate) async fn resend(
        &self,
        hook: &Webhook,
        feed: &Arc<Feed>,
        cursor: Cursor,
        replay: &str,
    ) -> Result<Attempt, Refusal> {
        let before = cursor.sequence.checked_sub(1).ok_or(Code::FeedCursor)?;
        let told = self.feeds.next(feed, Cursor { sequence: before, ..cursor }, 1).await?;
        let told = told.into_iter().next().filter(|told| told.event.cursor == cursor);
        let mut parcel = self.parcel(&*told.ok_or(Code::FeedCursor)?);
        if !replay.is_empty() {
            // Why in the id: what a replay repeats is not what was delivered before,
            // and the id is signed.
            parcel.id = format!("{}-{replay}", parcel.id);
            parcel.replay = Some(replay.to_owned());
        }
        Ok(self.once(hook, &parcel, Some(cursor)).await)
    }

    async fn once(&self, hook: &Webhook, parcel: &Parcel, event: Option<Cursor>) -> Attempt {
        let signers = self.signers(hook);
        let (_, attempt) = self.send(hook, &signers, parcel, event, true).await;
        attempt
    }

    /// Sends everything again after a cursor.
    pub(crate) fn recover(&self, after: Cursor) {
        self.change(|progress| progress.rewind(after));
        self.wake.notify_one();
    }
}
