//! The first start: the operator and our own services join, each with a key.

use std::path::Path;

use gongqiao_access::{Live, key, key::Pepper};
use gongqiao_contract::{
    SCHEMA,
    id::PartyId,
    subject::Entity,
    wire::{self, fact::Body, party_kind::Value as Kind, role::Value as Role},
};
use gongqiao_domain::entity::timestamp;
use gongqiao_shell::Clock;
use gongqiao_stream::{Outcome, StreamError, Write, commit};
use prost::Message as _;

/// Why the first start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A key can't be made or kept.
    #[error("a key can't be kept in the data directory: {0}")]
    Key(#[from] std::io::Error),
    /// The log can't be written.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// An id of ours is none.
    #[error("{0}")]
    Id(#[from] gongqiao_contract::id::NotAToken),
}

/// Who joins at the first start: party, kind, role, and the file of its key.
const FIRST: [(&str, Kind, Role, &str); 4] = [
    (PartyId::OPERATOR, Kind::Operator, Role::Approver, "operator.key"),
    ("matcher", Kind::Service, Role::Service, "matcher.key"),
    ("steward", Kind::Service, Role::Service, "steward.key"),
    ("feeds", Kind::Service, Role::Service, "feeds.key"),
];

/// Sees to it that the operator and our services are parties of this log, and that the key of each stands in `keys`. Does nothing for
/// those who are; a second start, also of another process, changes nothing.
///
/// # Errors
/// See [`BootstrapError`].
pub async fn bootstrap(
    live: &Live,
    pepper: &Pepper,
    clock: &Clock,
    keys: &Path,
) -> Result<(), BootstrapError> {
    for (name, kind, role, file) in FIRST {
        let id: PartyId = name.parse()?;
        if live.city().party(&id).is_some() {
            continue;
        }
        let new = key::obtain(&keys.join(file), pepper)?;
        let registered = Body::PartyRegistered(wire::PartyRegistered {
            party: name.to_owned(),
            kind: kind as i32,
            name: name.to_owned(),
            division: live.cell().city().to_string(),
            park: String::new(),
        });
        let issued = Body::CredentialIssued(wire::CredentialIssued {
            party: name.to_owned(),
            key_id: new.id.to_string(),
            person: name.to_owned(),
            role: role as i32,
            mac: new.mac.into(),
            expires_at: None,
            nats_user: String::new(),
        });
        let subject = Entity::Party(id).subject(&live.cell());
        let writes = [(registered, Some(0)), (issued, None)].map(|(body, expect)| Write {
            subject: subject.clone(),
            payload: fact(clock, name, role, body).encode_to_vec().into(),
            expect,
            headers: Vec::new(),
        });
        let stored = commit(live.connection(), &writes).await?;
        let head = match stored {
            Outcome::Stored(stored) => stored.last_sequence,
            // Why: another process was first, with the same key.
            Outcome::Conflict => continue,
        };
        // Why: waiting only for what is stored, so it comes.
        let _ = live.facts().wait_for(|position| *position >= head).await;
        tracing::info!(party = name, "bootstrap.joined");
    }
    Ok(())
}

fn fact(clock: &Clock, name: &str, role: Role, body: Body) -> wire::Fact {
    let now = clock.now();
    wire::Fact {
        event_id: crate::plan::fresh_id(now).to_string(),
        recorded_at: Some(timestamp(now)),
        actor: Some(wire::Actor {
            party: name.to_owned(),
            person: name.to_owned(),
            role: role as i32,
        }),
        min_reader: SCHEMA,
        body: Some(body),
    }
}
