//! The streams as they must be. A stream that differs is refused, never
//! mended in silence: somebody changed it, and FACTS must not be lost.

use std::time::Duration;

use async_nats::jetstream::{
    ErrorCode,
    context::GetStreamErrorKind,
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType},
};
use gongqiao_contract::subject;

use crate::{connect::Connection, error::StreamError};

/// The streams of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamName {
    /// Every business fact, for ever.
    Facts,
    /// Cards, last value per card.
    Register,
    /// Accesses and other acts to be answered for.
    Audit,
    /// What could not be processed, until somebody mends it.
    Parked,
}

/// Messages that PARKED takes. Why no more: what nobody mends must not fill
/// the disk that the facts stand on.
pub const MOST_PARKED: u32 = 100_000;
/// Bytes that PARKED takes.
pub const MOST_PARKED_BYTES: u32 = 1 << 30;

impl StreamName {
    /// All streams that a cell has.
    pub const ALL: [Self; 4] = [Self::Facts, Self::Register, Self::Audit, Self::Parked];

    /// Its name on the server.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facts => subject::FACTS,
            Self::Register => subject::REGISTER,
            Self::Audit => subject::AUDIT,
            Self::Parked => subject::PARKED,
        }
    }

    /// Whether every message stays; otherwise the last one of each subject.
    pub fn keeps_all(self) -> bool {
        matches!(self, Self::Facts | Self::Audit)
    }

    /// Whether a message on `subject` belongs here.
    pub(crate) fn holds(self, subject: &str) -> bool {
        let fits = |pattern: &&str| subject.starts_with(pattern.trim_end_matches('>'));
        self.subjects().iter().any(fits)
    }

    fn subjects(self) -> &'static [&'static str] {
        match self {
            Self::Facts => &subject::FACTS_SUBJECTS,
            Self::Register => &subject::REGISTER_SUBJECTS,
            Self::Audit => &subject::AUDIT_SUBJECTS,
            Self::Parked => &subject::PARKED_SUBJECTS,
        }
    }

    pub(crate) fn config(self, replicas: usize) -> Config {
        let (subjects, last_value) = (self.subjects(), !self.keeps_all());
        let bounded = self == Self::Parked;
        Config {
            name: self.as_str().to_owned(),
            subjects: subjects.iter().map(|s| (*s).to_owned()).collect(),
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            num_replicas: replicas,
            // Why: at its bound the newest is refused; the oldest never goes in silence.
            discard: if bounded { DiscardPolicy::New } else { DiscardPolicy::Old },
            max_messages: if bounded { MOST_PARKED.into() } else { -1 },
            max_bytes: if bounded { MOST_PARKED_BYTES.into() } else { -1 },
            max_age: Duration::ZERO,
            max_messages_per_subject: if last_value { 1 } else { -1 },
            // Why: a card can be replaced and, when its person asks, removed, and
            // so can what is parked; a fact and an access record can't.
            deny_delete: !last_value,
            deny_purge: !last_value,
            allow_direct: true,
            allow_atomic_publish: true,
            ..Config::default()
        }
    }
}

/// Makes the streams that are missing, and refuses those that differ.
///
/// # Errors
/// [`StreamError::Drift`] names every setting that differs.
pub async fn declare(connection: &Connection, replicas: usize) -> Result<(), StreamError> {
    for name in StreamName::ALL {
        let wanted = name.config(replicas);
        let got =
            tokio::time::timeout(connection.timeout, connection.context.get_stream(name.as_str()))
                .await
                .map_err(|_| StreamError::TimedOut(connection.timeout))?;
        match got {
            Ok(stream) => check(name, &wanted, &stream.cached_info().config)?,
            Err(e) if missing(&e) => {
                let create = connection.context.create_stream(wanted);
                connection.bounded(create).await?;
            }
            Err(e) => return Err(StreamError::Unreachable(e.to_string())),
        }
    }
    Ok(())
}

pub(crate) fn missing(e: &async_nats::jetstream::context::GetStreamError) -> bool {
    matches!(e.kind(), GetStreamErrorKind::JetStream(inner)
        if inner.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

fn check(name: StreamName, wanted: &Config, found: &Config) -> Result<(), StreamError> {
    let sorted = |subjects: &[String]| {
        let mut subjects = subjects.to_vec();
        subjects.sort();
        subjects
    };
    let differences = [
        ("subjects", sorted(&wanted.subjects) != sorted(&found.subjects)),
        ("retention", wanted.retention != found.retention),
        ("storage", wanted.storage != found.storage),
        ("num_replicas", wanted.num_replicas != found.num_replicas),
        ("max_msgs", wanted.max_messages.max(0) != found.max_messages.max(0)),
        ("max_bytes", wanted.max_bytes.max(0) != found.max_bytes.max(0)),
        ("discard", wanted.discard != found.discard),
        ("max_age", found.max_age != Duration::ZERO),
        ("max_msgs_per_subject", {
            wanted.max_messages_per_subject.max(-1) != found.max_messages_per_subject.max(-1)
        }),
        ("deny_delete", wanted.deny_delete != found.deny_delete),
        ("deny_purge", wanted.deny_purge != found.deny_purge),
        ("allow_direct", !found.allow_direct),
        ("allow_atomic", !found.allow_atomic_publish),
        ("no_ack", found.no_ack),
        ("sealed", found.sealed),
        ("allow_msg_ttl", found.allow_message_ttl),
        // Why: an asynchronous stream cancels `sync_interval: always` in silence.
        ("persist_mode", found.persist_mode == Some(PersistenceMode::Async)),
    ];
    let fields: Vec<&str> = differences.iter().filter(|(_, d)| *d).map(|(f, _)| *f).collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(StreamError::Drift { stream: name.as_str(), fields: fields.join(", ") })
    }
}
