//! The rules of the exchange, pure: folds, ledgers, ranking, quota plans,
//! decisions. No I/O and no clock; `now` is an argument.

pub mod arrivals;
pub mod city;
pub mod consent;
pub mod decide;
pub mod employment;
pub mod entity;
pub mod feed;
pub mod ledger;
pub mod matching;
pub mod reach;
pub mod register;
pub mod report;
pub mod supply;
pub mod terms;

pub use city::City;
pub use register::Register;
