//! What users live through, as FIELD tells it.

pub mod afterwards;
mod scenario_09;
mod scenario_10;
