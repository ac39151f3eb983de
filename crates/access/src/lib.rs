//! Who speaks, what the log says now, and how a door answers: shared by every
//! service with a door.

pub mod api;
pub mod auth;
pub mod body;
pub mod compression;
pub mod key;
pub mod lang;
pub mod limits;
pub mod live;
pub mod nats;
pub mod openapi;
pub mod outside;
pub mod page;
pub mod parked;
pub mod problem;
pub mod react;
pub mod refusals;
pub mod show;
pub mod snapshot;
pub mod webhook;

pub use api::Api;
pub use auth::Caller;
pub use body::{Body, Query};
pub use lang::Language;
pub use limits::Limits;
pub use live::Live;
pub use openapi::Documented;
pub use outside::Outside;
pub use parked::Lot;
pub use problem::Problem;
pub use refusals::Refusals;
