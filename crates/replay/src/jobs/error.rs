//! Why a job can't go on just now.

use std::io;

use gongqiao_stream::StreamError;

/// What stopped a job. It is tried again, from where it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The broker.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The index has not read that far yet.
    #[error("the index has not been made that far yet")]
    Behind,
    /// The index.
    #[error("the index can't be read: {0}")]
    Index(#[source] io::Error),
    /// The file that is written.
    #[error("the file can't be written: {0}")]
    File(#[from] io::Error),
    /// Somebody else writes for the same job.
    #[error("somebody else has written for this job")]
    Overtaken,
    /// It can't go on, and trying again would not help: the code of the refusal.
    #[error("refused for good: {0}")]
    Final(String),
    /// The receiver did not take an event.
    #[error("the receiver did not take an event: {0}")]
    Receiver(String),
}

impl Broken {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Stream(e) => e.code(),
            Self::Behind => "replay.index_behind",
            Self::Index(_) => "replay.index",
            Self::File(_) => "replay.file",
            Self::Overtaken => "replay.overtaken",
            Self::Receiver(_) => "replay.receiver",
            Self::Final(_) => "replay.refused",
        }
    }
}
