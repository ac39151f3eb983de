//! The HTTP door of operators to the past. One file per kind of thing.

mod exports;
mod replays;
mod state;
mod verify;

use gongqiao_contract::{Code, Refusal};
use gongqiao_domain::decide::Speaker;
use utoipa_axum::router::OpenApiRouter;

use crate::Replay;

/// Everything that is asked of the past.
pub fn router(replay: Replay) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(exports::routes())
        .merge(replays::routes())
        .merge(state::routes())
        .merge(verify::routes())
        .with_state(replay)
}

/// Refuses everybody but the bureau.
fn operator(speaker: &Speaker) -> Result<(), Refusal> {
    if speaker.is_operator() {
        return Ok(());
    }
    Err(Refusal::new(Code::AuthKind).with("needed", "operator"))
}
