//! What can go wrong between us and the log.

use std::time::Duration;

use crate::broker::ServerVersion;

/// A failure of the log, as opposed to its answer "no". Whether something
/// was stored is then unknown unless the variant says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StreamError {
    /// No connection, or it broke.
    #[error("the broker can't be reached: {0}")]
    Unreachable(String),
    /// The server is of a version that we don't work with.
    #[error("nats-server {found} is too old; {needed} or newer is needed (see `gongqiao doctor`)")]
    TooOld {
        /// Version found.
        found: String,
        /// Oldest that works.
        needed: ServerVersion,
    },
    /// No answer in time.
    #[error("no answer from the broker within {0:?}")]
    TimedOut(Duration),
    /// The server said no, in a way that our code does not expect.
    #[error("the broker refused: {0}")]
    Refused(String),
    /// The stream on the server is not what it must be; nothing was changed.
    #[error(
        "stream {stream} differs from what it must be in: {fields}. Put it back by hand, after finding out who changed it"
    )]
    Drift {
        /// Name of the stream.
        stream: &'static str,
        /// The settings that differ.
        fields: String,
    },
    /// The credentials file can't be read.
    #[error("the credentials file {path} can't be read: {why}")]
    Credentials {
        /// Path of the file.
        path: String,
        /// What the system said.
        why: String,
    },
}

impl StreamError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "stream.unreachable",
            Self::TooOld { .. } => "stream.server_too_old",
            Self::TimedOut(_) => "stream.timed_out",
            Self::Refused(_) => "stream.refused",
            Self::Drift { .. } => "stream.drift",
            Self::Credentials { .. } => "stream.credentials",
        }
    }
}
