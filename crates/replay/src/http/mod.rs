//! The HTTP door of operators to the past. One file per kind of thing.

use utoipa_axum::router::OpenApiRouter;

use crate::Replay;

/// Everything that is asked of the past.
pub fn router(replay: Replay) -> OpenApiRouter {
    OpenApiRouter::new().with_state(replay)
}
