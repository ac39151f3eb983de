//! The scenarios of the field, each with its own numbers, lived through over
//! HTTP against the running system.

pub mod afterwards;
mod s01_roster;
mod s02_two_villages;
mod s03_recall;
mod s04_reduction;
mod s05_coach;
mod s06_seven_villages;
mod s07_harvest;
mod s08_sixteen;
mod s09_corrections;
mod s10_three_months;
