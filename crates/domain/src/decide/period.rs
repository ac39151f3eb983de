//! Months whose report is closed (封账).

use gongqiao_contract::{
    Code, Refusal,
    subject::Entity,
    wire::{self, fact::Body},
};

use super::{Context, Decision, writable};
use crate::report::Period;

/// Closes a month, and all before it that are open. The current month may be
/// closed before its end, for many bureaus file on the 25th: what comes after
/// then counts in the next.
pub(super) fn close(cx: &Context<'_>, period: Period) -> Result<Decision, Refusal> {
    cx.only_operator_approver()?;
    if period > Period::of(cx.now) {
        return Err(Refusal::new(Code::PeriodNotBegun).with("period", period));
    }
    let operator = &cx.speaker.party;
    let party = writable(cx.draft.party(operator), Code::PartyNotFound)?;
    let name = period.to_string();
    // Why: written as YYYY-MM, months sort as they follow each other.
    if let Some(last) = party.closed_periods.last().filter(|last| **last >= name) {
        return Err(Refusal::new(Code::PeriodClosed).with("last", last));
    }
    let closed = Body::PeriodClosed(wire::PeriodClosed { period: name });
    Ok(Decision::of(period, vec![(Entity::Party(operator.clone()), closed)]))
}
