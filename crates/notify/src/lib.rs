//! Tells those concerned what has happened: follows the log, words notices,
//! hands them to an adapter.
//!
//! Each notice is told at least once, and rarely more often: the broker keeps
//! this service's place in the log, and an event is done with when the adapter
//! has taken all that follows from it. It begins at the present: an old log
//! tells nobody of last year. What is not taken comes again after pauses that
//! grow to a quarter of an hour, while other notices go on; after
//! `notify.attempts` it is parked, with a line `notify.given_up` in the log,
//! and an operator has it told again or discards it. So is an event that can't
//! be read; none of them stops what follows.

mod adapter;
mod compose;
mod notice;
mod parked;
mod webhook;
mod words;

use std::{sync::Arc, time::Duration};

use gongqiao_access::{Live, Lot};
use gongqiao_contract::{
    Code, SCHEMA,
    wire::{self, Fact},
};
use gongqiao_shell::{Health, Status};
use gongqiao_stream::{
    Message, StreamName,
    consume::{Delivery, Durable, Verdict, consume},
};
use moka::sync::Cache;
use prost::Message as _;
use tokio_util::sync::CancellationToken;

pub use self::{
    adapter::{Adapter, Log, NotTaken},
    compose::notices,
    notice::{Kind, Notice},
    webhook::{Webhook, WebhookError},
};

/// The subjects from which notices can follow: not placements and receipts,
/// which are most of the log.
const SUBJECTS: [&str; 5] =
    ["gq.v1.agreement.>", "gq.v1.vacancy.>", "gq.v1.signal.>", "gq.v1.dispatch.>", "gq.v1.case.>"];
/// How long the live view may take to reach an event.
const PATIENCE: Duration = Duration::from_secs(10);
/// Events of which it is remembered what was told already.
const REMEMBERED: u64 = 10_000;

/// The reader whose place the broker keeps. It is to be attached before
/// anything happens of which somebody should hear.
pub const READER: Durable = Durable {
    name: "notify",
    stream: StreamName::Facts,
    subjects: &SUBJECTS,
    in_flight: 16,
    waiting: 1_000,
    silence: Duration::from_secs(30),
    first_pause: Duration::from_secs(1),
    longest_pause: Duration::from_secs(15 * 60),
};

/// The notifier.
pub struct Notifier<A> {
    live: Live,
    adapter: A,
    /// How often a notice is tried.
    attempts: u64,
    health: Health,
    /// Where what nobody takes waits for an operator.
    lot: Lot,
    /// What is still to be told of an event that was tried before.
    left: Cache<u64, Arc<[Notice]>>,
}

impl<A: Adapter> Notifier<A> {
    /// A notifier that hands to `adapter`, tries each notice `attempts`
    /// times before it is parked in `lot`, and says in `health` whether they are
    /// taken.
    pub fn new(live: Live, adapter: A, attempts: u64, health: Health, lot: Lot) -> Self {
        Self { live, adapter, attempts, health, lot, left: Cache::new(REMEMBERED) }
    }

    /// Tells what [`READER`], or one like it, hands over; until `stop`, or
    /// until the receiver says that it is gone.
    pub async fn run(self, reader: &Durable, stop: &CancellationToken) {
        let connection = self.live.connection().clone();
        let this = Arc::new(self);
        let mended = parked::mend(Arc::clone(&this), &connection, stop);
        let told = consume(&connection, reader, stop, |delivery| {
            let (this, stop) = (Arc::clone(&this), stop.clone());
            async move { this.tell(&delivery, &stop).await }
        });
        // Why the first alone decides: it ends when all that was begun has ended,
        // and when the receiver is gone nothing is told, parked or not.
        tokio::select! {
            () = told => {}
            never = mended => match never {},
        }
    }

    async fn tell(&self, delivery: &Delivery, stop: &CancellationToken) -> Verdict {
        let Some(notices) = self.to_tell(&delivery.message).await else { return Verdict::Again };
        if notices.is_empty() {
            return Verdict::Done;
        }
        let mut left = Vec::new();
        let mut none_taken = None;
        for notice in notices.iter() {
            if none_taken.is_some() || stop.is_cancelled() {
                left.push(notice.clone());
            } else if let Err(e) = self.tell_one(notice, delivery.attempt).await {
                left.push(notice.clone());
                // Why: a refusal may be about this one; the rest is about all.
                none_taken = (!matches!(e, NotTaken::Refused(_))).then_some(e);
            }
        }
        let last = delivery.attempt >= self.attempts && !stop.is_cancelled();
        let verdict = match none_taken {
            _ if left.is_empty() => Verdict::Done,
            Some(NotTaken::Gone) => Verdict::Stop,
            _ if last => self.give_up(&mut left).await,
            _ => Verdict::Again,
        };
        self.left.insert(delivery.message.sequence, left.into());
        verdict
    }

    /// What is still to be told about an event; `None` if that can't be said
    /// yet.
    async fn to_tell(&self, message: &Message) -> Option<Arc<[Notice]>> {
        // Why remembered: so that nobody hears twice what another did not take,
        // and whatever is told again is told in the same words.
        if let Some(left) = self.left.get(&message.sequence) {
            return Some(left);
        }
        let fact = match Fact::decode(message.payload.clone()) {
            Ok(fact) if fact.min_reader <= SCHEMA => fact,
            Ok(_) => return self.park(parked::fact(message, Code::NewerSchema)).await,
            Err(_) => return self.park(parked::fact(message, Code::FactUndecodable)).await,
        };
        self.live.wait_facts(message.sequence, PATIENCE).await.ok()?;
        Some(notices(&self.live.city(), message.sequence, &fact).into())
    }

    /// Parks what was not taken often enough.
    async fn give_up(&self, left: &mut Vec<Notice>) -> Verdict {
        while let Some(notice) = left.last() {
            if self.park(parked::notice(notice)).await.is_none() {
                return Verdict::Again;
            }
            given_up(notice);
            left.pop();
        }
        Verdict::Done
    }

    /// Parks something in place of telling it. `None` if that can't be done
    /// now.
    async fn park(&self, message: Option<wire::Parked>) -> Option<Arc<[Notice]>> {
        match self.lot.park(message?).await {
            Ok(_) => Some(Arc::default()),
            // Why done with: readiness and a metric say it; to wait would hold up others.
            Err(refusal) if refusal.code == Code::ParkedFull => Some(Arc::default()),
            Err(_) => None,
        }
    }

    async fn tell_one(&self, notice: &Notice, attempt: u64) -> Result<(), NotTaken> {
        let (kind, id) = (notice.kind.as_str(), notice.id.as_str());
        let taken = self.adapter.take(notice).await;
        match taken {
            Ok(()) => {
                count(notice, "taken");
                self.health.set("notify", Status::Ok);
            }
            Err(NotTaken::Gone) => {
                count(notice, "gone");
                let advice = "nothing more is sent: correct notify.url and start again";
                tracing::error!(id, kind, code = NotTaken::Gone.code(), advice, "notify.gone");
                let reason = "notices: the receiver is gone (410); correct notify.url, start again";
                self.health.set("notify", Status::Degraded(reason.into()));
            }
            Err(e) => {
                count(notice, "failed");
                tracing::warn!(id, kind, attempt, code = e.code(), error = %e, "notify.not_taken");
                let reason = format!("notices are not taken: {e}");
                self.health.set("notify", Status::Degraded(reason.into()));
            }
        }
        taken
    }
}

/// Logs and counts that a notice is tried no more by itself.
fn given_up(notice: &Notice) {
    count(notice, "given_up");
    tracing::error!(
        id = notice.id,
        kind = notice.kind.as_str(),
        to = notice.to.as_str(),
        sequence = notice.sequence,
        code = "notify.given_up",
        "notify.given_up"
    );
}

fn count(notice: &Notice, outcome: &'static str) {
    metrics::counter!("notify_sent_total", "kind" => notice.kind.as_str(), "outcome" => outcome)
        .increment(1);
}
