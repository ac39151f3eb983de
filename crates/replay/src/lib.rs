//! What operators do with the log's past: replay it, look at any moment of it,
//! and mend what could not be processed. Nothing here writes a fact.

mod export;
mod http;
mod past;
mod place;

use axum::extract::FromRef;
use gongqiao_access::Api;

pub use http::router;
pub use past::Past;
pub use place::{place_at, recorded_at};

/// What the handlers have at hand. Cheap to clone.
#[derive(Clone)]
pub struct Replay {
    /// The live view, clock and keys.
    pub api: Api,
    /// How many may look at the past at once.
    pub past: Past,
}

impl FromRef<Replay> for Api {
    fn from_ref(replay: &Replay) -> Self {
        replay.api.clone()
    }
}
