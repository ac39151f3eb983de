//! The HTTP door of the board. One file per kind of thing; who may see what
//! is decided in [`sight`] alone.

mod arrivals;
mod cases;
mod dispatches;
mod manifest;
mod parties;
mod placements;
mod register;
mod reports;
pub(crate) mod sight;
mod signals;
mod standing;
mod subscriptions;
mod travellers;
mod vacancies;
mod webhooks;

use gongqiao_access::compression;
use utoipa_axum::router::OpenApiRouter;

use crate::Board;

/// Whether a query's `state` leaves this one in: it names one state or
/// several, parted by commas.
fn wanted(states: Option<&String>, state: &str) -> bool {
    states.is_none_or(|states| states.split(',').any(|one| one == state))
}

/// Everything that reads.
pub fn router(board: Board) -> OpenApiRouter {
    // Nobody is named in these; why that matters, `compression` says.
    let unnamed = OpenApiRouter::new()
        .merge(parties::routes())
        .merge(vacancies::routes())
        .merge(dispatches::routes())
        .merge(arrivals::routes())
        .merge(placements::routes())
        .merge(reports::routes())
        .merge(subscriptions::routes())
        .merge(webhooks::routes())
        .layer(compression::layer());
    OpenApiRouter::new()
        .merge(unnamed)
        .merge(signals::routes())
        .merge(cases::routes())
        .merge(register::routes())
        .merge(standing::routes())
        .merge(manifest::routes())
        .merge(travellers::routes())
        .with_state(board)
}
