//! The exchange as its users meet it: the real program, a real broker, real
//! HTTP. Every test has an exchange of its own and they run side by side.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub
)]

mod afterwards_cli;
mod agreements;
mod architecture;
mod arrivals;
mod broker_killed;
mod cards;
mod cases;
mod demand;
mod demo;
mod deploy;
mod desk;
mod documents;
mod erasure;
mod errors;
mod export;
mod feeds;
mod feeds_property;
mod isolation;
mod isolation_http;
mod limits;
mod manifest_import;
mod notify;
mod openapi;
mod overcommit;
mod parked;
mod personal_data;
mod points_nats;
mod raw;
mod refusals;
mod register;
mod replay;
mod reports;
mod restarts;
mod restore;
mod scenarios;
mod search;
mod story;
mod supply;
mod support;
mod time_travel;
mod townships;
mod transitions;
mod travel;
mod webhooks;
