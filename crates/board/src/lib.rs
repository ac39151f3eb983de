//! The read side: ledgers, lists and histories, each for the party that asks.
//! It answers from the live view, so it holds nothing of its own.

mod after;
mod call_list;
mod events;
mod forward;
mod http;
mod job_posting;
mod manifest_book;
mod people;
mod report;
mod story;

pub use http::router;

use axum::extract::FromRef;
use gongqiao_access::{Api, show};
use gongqiao_vault::Opener;

/// What the board's handlers have at hand.
#[derive(Clone)]
pub struct Board {
    /// The live view, clock and keys.
    pub api: Api,
    /// Opens names for a point's own people, with a record.
    pub opener: Opener,
}

impl FromRef<Board> for Api {
    fn from_ref(board: &Board) -> Self {
        board.api.clone()
    }
}
