//! A webhook of the subscription that is replayed. The feeds send, as they send
//! everything, and mark it; here it is asked for event by event, and how far
//! that is stands in a file.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{id::ReplayId, view, wire};
use gongqiao_stream::Original;

use super::{Broken, Job, Workshop};

/// Refusals after which asking again would not help.
const FOR_GOOD: [&str; 6] = [
    "webhook.not_found",
    "subscription.not_found",
    "subscription.over",
    "feed.gone",
    "feed.cursor",
    "auth.revoked",
];

pub(crate) struct ToWebhook {
    courier: Client,
    job: ReplayId,
    webhook: String,
    place: PathBuf,
    events: u64,
}

impl ToWebhook {
    pub(crate) fn open(workshop: &Workshop, job: &Job, first: u64) -> Result<(Self, u64), Broken> {
        let place = place_of(workshop, &job.id);
        let (sent, events) = read(&place).unwrap_or_default();
        let target = Self {
            courier: workshop.courier.clone(),
            job: job.id.clone(),
            webhook: job.order.webhook.clone(),
            place,
            events,
        };
        Ok((target, first.max(sent + 1)))
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) async fn put(&mut self, messages: &[Original]) -> Result<(), Broken> {
        for message in messages {
            self.send(message).await?;
            self.events += 1;
            write(&self.place, message.sequence, self.events)?;
        }
        Ok(())
    }

    async fn send(&self, message: &Original) -> Result<(), Broken> {
        let Some(cursor) = message.header("ce-id") else { return Ok(()) };
        let path = format!("/v1/webhooks/{}/resend", self.webhook);
        let ask = wire::ResendDelivery { event: cursor.to_owned(), replay: self.job.to_string() };
        let attempt: Result<view::DeliveryAttempt, _> = self.courier.ask(&path, &ask).await;
        let attempt = attempt.map_err(|e| match e {
            ClientError::Refused(problem) if FOR_GOOD.contains(&problem.code.as_str()) => {
                Broken::Final(problem.code)
            }
            e => Broken::Receiver(e.to_string()),
        })?;
        match attempt.outcome.as_str() {
            "delivered" => Ok(()),
            outcome => Err(Broken::Receiver(outcome.to_owned())),
        }
    }
}

/// Where it stands how far a job is.
pub(crate) fn place_of(workshop: &Workshop, job: &ReplayId) -> PathBuf {
    workshop.dir.join(format!("{job}.place"))
}

fn read(place: &Path) -> Option<(u64, u64)> {
    let text = fs::read_to_string(place).ok()?;
    let (sequence, events) = text.trim().split_once(' ')?;
    Some((sequence.parse().ok()?, events.parse().ok()?))
}

fn write(place: &Path, sequence: u64, events: u64) -> io::Result<()> {
    let beside = place.with_extension("place.new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(format!("{sequence} {events}\n").as_bytes())?;
    fs::rename(beside, place)
}
