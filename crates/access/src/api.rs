//! What every handler of a door has at hand.

use std::{sync::Arc, time::Duration};

use gongqiao_contract::{Code, Refusal};
use gongqiao_shell::Clock;
use gongqiao_stream::{StreamName, read};

use crate::{key::Pepper, limits::Limits, live::Live, refusals::Refusals};

/// The live view, the clock, and the pepper of the API keys.
#[derive(Clone)]
pub struct Api {
    /// What the log says now.
    pub live: Live,
    /// What time it is.
    pub clock: Clock,
    /// Checks API keys.
    pub pepper: Pepper,
    /// How often each key may ask.
    pub limits: Arc<Limits>,
    /// The latest attempts that were refused.
    pub refusals: Arc<Refusals>,
    /// How long a read waits for a position it was asked for.
    pub patience: Duration,
}

impl Api {
    /// Waits until the log was read as far as the caller wants.
    ///
    /// # Errors
    /// It was not, within the patience; or there is no such place in the log.
    pub async fn at_least(&self, min_sequence: Option<u64>) -> Result<(), Refusal> {
        let Some(sequence) = min_sequence else { return Ok(()) };
        tokio::select! {
            biased;
            read = self.live.wait_facts(sequence, self.patience) => read,
            refusal = self.never_written(sequence) => Err(refusal),
        }
    }

    /// The refusal of a place that the log has not come to; while that is not
    /// known, none.
    async fn never_written(&self, sequence: u64) -> Refusal {
        match read::head(self.live.connection(), StreamName::Facts).await {
            Ok(head) if sequence > head => Refusal::new(Code::ReadAhead).with("head", head),
            _ => std::future::pending().await,
        }
    }
}
