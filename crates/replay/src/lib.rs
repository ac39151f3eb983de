//! What operators do with the log's past: replay it, look at any moment of it,
//! and mend what could not be processed. Nothing here writes a fact.

mod export;
mod http;
mod jobs;
mod past;
mod place;
mod show;

use axum::extract::FromRef;
use gongqiao_access::Api;
use gongqiao_contract::{Code, Refusal};

pub use http::router;
pub use jobs::{JobOptions, Jobs, JobsError, Staged, StagedError};
pub use past::Past;
pub use place::{place_at, recorded_at};

/// What the handlers have at hand. Cheap to clone.
#[derive(Clone)]
pub struct Replay {
    /// The live view, clock and keys.
    pub api: Api,
    /// How many may look at the past at once.
    pub past: Past,
    /// The jobs; none where this process has no user of the broker for them.
    pub jobs: Option<Jobs>,
}

impl Replay {
    fn jobs(&self) -> Result<&Jobs, Refusal> {
        self.jobs.as_ref().ok_or_else(|| Refusal::new(Code::ReplayOff))
    }
}

impl FromRef<Replay> for Api {
    fn from_ref(replay: &Replay) -> Self {
        replay.api.clone()
    }
}
