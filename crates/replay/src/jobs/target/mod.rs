//! Where a job's events go. Each target knows by itself how far it has come, so
//! that a job that was killed goes on exactly there.

pub(crate) mod file;
pub(crate) mod subject;
mod webhook;

use gongqiao_contract::wire::replay_target::Value as Kind;
use gongqiao_stream::Original;

pub(crate) use self::webhook::place_of;
use self::{file::ToFile, subject::ToSubject, webhook::ToWebhook};
use super::{Job, Workshop, error::Broken};

/// A target that is open.
pub(crate) enum Target {
    File(ToFile),
    Subject(Box<ToSubject>),
    Webhook(ToWebhook),
}

impl Target {
    /// Opens the target of a job, and says from which original sequence on it
    /// takes events.
    pub(crate) async fn open(workshop: &Workshop, job: &Job) -> Result<(Self, u64), Broken> {
        let (order, first) = (&job.order, job.order.first);
        match order.target() {
            Kind::Subject => {
                let (target, from) = ToSubject::open(&workshop.writer, &job.id, first).await?;
                Ok((Self::Subject(Box::new(target)), from))
            }
            Kind::Webhook => {
                let (target, from) = ToWebhook::open(workshop, job, first)?;
                Ok((Self::Webhook(target), from))
            }
            Kind::File | Kind::Reader | Kind::Unspecified => {
                let paths = workshop.paths(job);
                let (target, from) = ToFile::open(&paths, order.format(), first)?;
                Ok((Self::File(target), from))
            }
        }
    }

    /// Events that it has taken so far.
    pub(crate) fn events(&self) -> u64 {
        match self {
            Self::File(file) => file.events,
            Self::Subject(subject) => subject.events(),
            Self::Webhook(webhook) => webhook.events(),
        }
    }

    /// Sends messages, in order.
    pub(crate) async fn put(&mut self, messages: &[Original]) -> Result<(), Broken> {
        match self {
            Self::File(file) => Ok(file.put(messages).await?),
            Self::Subject(subject) => subject.put(messages).await,
            Self::Webhook(webhook) => webhook.put(messages).await,
        }
    }

    /// Puts everything where it stays.
    pub(crate) async fn finish(&mut self) -> Result<(), Broken> {
        match self {
            Self::File(file) => Ok(file.finish().await?),
            Self::Subject(_) | Self::Webhook(_) => Ok(()),
        }
    }
}
