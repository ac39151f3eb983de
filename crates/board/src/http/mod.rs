//! The HTTP door of the board. One file per kind of thing; who may see what
//! is decided in [`sight`] alone.

mod dispatches;
mod manifest;
mod parties;
pub(crate) mod sight;
mod signals;
mod vacancies;

use axum::Router;

use crate::Board;

/// Everything that reads.
pub fn router(board: Board) -> Router {
    Router::new()
        .merge(parties::routes())
        .merge(vacancies::routes())
        .merge(signals::routes())
        .merge(dispatches::routes())
        .with_state(board)
}
