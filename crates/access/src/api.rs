//! What every handler of a door has at hand.

use std::{sync::Arc, time::Duration};

use gongqiao_contract::Refusal;
use gongqiao_shell::Clock;

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
    /// It was not, within the patience.
    pub async fn at_least(&self, min_sequence: Option<u64>) -> Result<(), Refusal> {
        match min_sequence {
            Some(sequence) => self.live.wait_facts(sequence, self.patience).await,
            None => Ok(()),
        }
    }
}
