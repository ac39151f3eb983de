//! The one way in. Facts enter here and nowhere else: the speaker is taken
//! from the credential, the command decided against the log as it is, stored
//! together with all that belongs to it, and answered with a receipt.

mod age;
pub mod bootstrap;
mod commit;
mod crew;
mod demand;
mod erasure;
mod http;
mod import;
pub mod intake;
mod manifest;
mod parked;
mod people;
mod plan;
mod receipt;
mod transfer;

pub use commit::{Accepted, Committer, Idempotency, Options, Submission};
pub use erasure::{Eraser, ErasureError};
pub use http::router;
pub use import::{ImportOptions, ImportReport};

use std::sync::Arc;

use axum::extract::FromRef;
use gongqiao_access::{Api, Lot, Outside, webhook::WebhookKeys};
use gongqiao_contract::codes::IdRule;
use gongqiao_stream::broker::accounts::Accounts;
use gongqiao_vault::{Opener, Vault};
use tokio::sync::{Semaphore, watch};

/// What the gate's handlers have at hand.
#[derive(Clone)]
pub struct Gate {
    /// The live view, clock and keys.
    pub api: Api,
    /// The queue of commands.
    pub committer: Committer,
    /// Identifies and seals people.
    pub vault: Vault,
    /// Opens dates of birth, with a record, to keep children from work.
    pub opener: Opener,
    /// Makes users of the broker, where its keys are here.
    pub accounts: Option<Accounts>,
    /// Makes the secrets of webhooks.
    pub webhooks: WebhookKeys,
    /// Where webhooks may point to.
    pub outside: Outside,
    /// Where waits what could not be processed.
    pub lot: Lot,
    /// Which citizen IDs are taken.
    pub rule: IdRule,
    /// Largest upload, in bytes.
    pub upload_limit: usize,
    /// Places for rosters that are taken in at once.
    pub uploads: Arc<Semaphore>,
    /// Up to which sequence of FACTS erasures are carried out here.
    pub erasures: watch::Receiver<u64>,
}

impl FromRef<Gate> for Api {
    fn from_ref(gate: &Gate) -> Self {
        gate.api.clone()
    }
}
