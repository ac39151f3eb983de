//! A synthetic city on the real tables, and the clerks and factories who live
//! in it. They know the exchange by its public HTTP API alone, as anybody can.
//!
//! Everything follows from a seed: who a person is, how a clerk answers, who
//! misses the coach. The exchange's own ids are random, so nothing here looks
//! at them; a clerk knows a person by the telephone number, as clerks do.

mod bodies;
mod call;
mod city;
mod config;
mod error;
mod found;
mod onlooker;
mod people;
mod points;
mod random;
mod roster;
mod summary;
#[cfg(test)]
mod supply_tests;
mod week;

pub use city::City;
pub use config::{END, SimConfig, start};
pub use error::SimError;
pub use found::{CityHandles, Operator, build_city};
pub use onlooker::{Onlooker, Phase, Story};
pub use summary::{Summary, VacancyFigures, read_back};
pub use week::{Outcome, live_the_week};
