use time::{OffsetDateTime, macros::datetime};

use crate::SimError;

/// Fewest people with whom two plants can be filled although most are away,
/// unwilling or busy.
const FEWEST: u64 = 5_000;
/// So many telephone numbers there are.
const MOST: u64 = 10_000_000;

/// What the city is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimConfig {
    /// Worker cards in the whole city.
    pub workers: u64,
    /// Equal seeds give equal cities and equal weeks.
    pub seed: u64,
}

/// When the week must be over. The people are needed by 20 July.
pub const END: OffsetDateTime = datetime!(2021-07-20 00:00 +8);

/// When the week begins, and where the virtual clock must stand for it:
/// Monday 12 July 2021, eight in the morning in Beijing.
pub fn start() -> OffsetDateTime {
    datetime!(2021-07-12 00:00 UTC)
}

impl Default for SimConfig {
    fn default() -> Self {
        Self { workers: 60_000, seed: 2021 }
    }
}

impl SimConfig {
    /// # Errors
    /// Too few people to fill the plants from, or more than can be numbered.
    pub fn check(self) -> Result<Self, SimError> {
        if (FEWEST..=MOST).contains(&self.workers) {
            Ok(self)
        } else {
            Err(SimError::Workers { fewest: FEWEST, most: MOST })
        }
    }
}
