//! Work that has ended (离职): subsidies and reports hang on it, so it is
//! recorded by a side that knows, and with what it rests on.

use gongqiao_contract::{Code, Refusal, id::CardId, wire::evidence};

use super::{Context, serves};
use crate::entity::Dispatch;

/// Whether the speaker may record that the work of these people has ended: the
/// enterprise, or the point that looks after each of them.
pub(super) fn check(
    cx: &Context<'_>,
    dispatch: &Dispatch,
    cards: &[CardId],
    rests_on: i32,
) -> Result<(), Refusal> {
    let speaker = &cx.speaker.party;
    let own = |card: &CardId| {
        dispatch.manifest.get(card).is_some_and(|rider| serves(speaker, &rider.point))
    };
    let knows = *speaker == dispatch.enterprise
        || serves(speaker, &dispatch.point)
        || cards.iter().all(own);
    if !knows {
        return Err(Code::AuthNotYours.into());
    }
    if evidence::Value::try_from(rests_on).unwrap_or_default() == evidence::Value::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/people/evidence"));
    }
    Ok(())
}
