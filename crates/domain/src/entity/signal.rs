use std::collections::BTreeMap;

use gongqiao_contract::{
    id::{CardId, PartyId, SignalId},
    wire::{Candidate, call_outcome::Value as Outcome, fact::Body},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, instant};

/// What one service point is asked for one vacancy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Point and vacancy.
    pub id: SignalId,
    /// How many it is asked for, earlier asks included.
    pub quota: u32,
    /// 0 is the local ring.
    pub ring: u32,
    /// Whom it might send, best first.
    #[serde(with = "candidates")]
    pub candidates: Vec<Candidate>,
    /// Until when an answer counts.
    pub respond_by: OffsetDateTime,
    /// When it was first raised.
    pub raised_at: OffsetDateTime,
    /// Open, or how it ended.
    pub state: SignalState,
    /// People that the point has committed on it, ever.
    pub committed: u32,
    /// What each person said last, as a `CallOutcome`.
    pub calls: BTreeMap<CardId, i32>,
    /// A `DeclineReason`, where it was declined.
    pub declined_for: Option<i32>,
    /// The desk that answered last: the point itself, or its township's.
    pub answered_by: Option<PartyId>,
}

/// The life of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalState {
    /// Waits for an answer.
    Open,
    /// Answered in part; more may come.
    Partly,
    /// Answered.
    Answered,
    /// Nobody to send.
    Declined,
    /// No answer in time; the next ring was asked.
    Escalated,
    /// No longer needed.
    Recalled,
}

impl SignalState {
    /// As it stands in JSON and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Partly => "partly",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Escalated => "escalated",
            Self::Recalled => "recalled",
        }
    }
}

impl Signal {
    /// Whether an answer is still taken.
    pub fn is_open(&self) -> bool {
        matches!(self.state, SignalState::Open | SignalState::Partly)
    }

    /// What this person said last.
    pub fn said(&self, card: &CardId) -> Option<Outcome> {
        Outcome::try_from(*self.calls.get(card)?).ok()
    }

    /// People whose last word was yes.
    pub fn willing(&self) -> impl Iterator<Item = &CardId> {
        let yes = Outcome::Willing as i32;
        self.calls.iter().filter(move |(_, said)| **said == yes).map(|(card, _)| card)
    }

    /// The score with which this person was proposed; 0 for one who was not.
    pub fn score(&self, card: &CardId) -> u32 {
        let proposed = self.candidates.iter().find(|one| one.card == card.as_str());
        proposed.map_or(0, |one| one.score)
    }

    /// The desk that answered last, where it is not the point itself; empty
    /// otherwise, as in events.
    pub fn other_desk(&self) -> String {
        let other = self.answered_by.as_ref().filter(|desk| **desk != self.id.point);
        other.map(ToString::to_string).unwrap_or_default()
    }

    fn heard_from(&mut self, desk: &str) -> Result<(), NotUnderstood> {
        let desk = if desk.is_empty() { self.id.point.as_str() } else { desk };
        self.answered_by = Some(desk.parse().map_err(|_| NotUnderstood)?);
        Ok(())
    }

    /// People asked for and not committed.
    pub fn missing(&self) -> u32 {
        self.quota.saturating_sub(self.committed)
    }
}

impl Fold for Signal {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (state, body) {
            (state, Body::SignalRaised(e)) => {
                let earlier = state.take();
                let id = format!("{}-{}", e.point, e.vacancy);
                *state = Some(Self {
                    id: id.parse().map_err(|_| NotUnderstood)?,
                    quota: e.quota,
                    ring: e.ring,
                    candidates: e.candidates.clone(),
                    respond_by: e.respond_by.as_ref().map(instant).ok_or(NotUnderstood)?,
                    raised_at: earlier.as_ref().map_or(at.recorded_at, |s| s.raised_at),
                    state: SignalState::Open,
                    committed: earlier.as_ref().map_or(0, |s| s.committed),
                    answered_by: earlier.as_ref().and_then(|s| s.answered_by.clone()),
                    calls: earlier.map_or_else(BTreeMap::new, |s| s.calls),
                    declined_for: None,
                });
            }
            (Some(signal), Body::SignalAnswered(e)) => {
                signal.committed += u32::try_from(e.cards.len()).map_err(|_| NotUnderstood)?;
                let done = e.complete || signal.committed >= signal.quota;
                signal.state = match signal.state {
                    // Why: a late answer makes nobody wait, or ask again.
                    SignalState::Recalled => SignalState::Recalled,
                    SignalState::Open | SignalState::Partly if !done => SignalState::Partly,
                    SignalState::Escalated if !done => SignalState::Escalated,
                    _ => SignalState::Answered,
                };
                signal.heard_from(&e.desk)?;
            }
            (Some(signal), Body::SignalCalled(e)) => {
                for call in &e.calls {
                    let card = call.card.parse().map_err(|_| NotUnderstood)?;
                    signal.calls.insert(card, call.outcome);
                }
                signal.heard_from(&e.desk)?;
            }
            (Some(signal), Body::SignalDeclined(e)) => {
                signal.state = SignalState::Declined;
                signal.declined_for = Some(e.reason);
                signal.heard_from(&e.desk)?;
            }
            (Some(signal), Body::SignalEscalated(_)) => signal.state = SignalState::Escalated,
            (Some(signal), Body::SignalRecalled(_)) => signal.state = SignalState::Recalled,
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}

mod candidates {
    use gongqiao_contract::wire::{Candidate, SignalRaised};
    use serde::{Deserializer, Serializer};

    use super::as_proto;

    // Why: inside of a message, since a bare list has no protobuf form.
    pub(super) fn serialize<S: Serializer>(list: &[Candidate], s: S) -> Result<S::Ok, S::Error> {
        as_proto::serialize(&SignalRaised { candidates: list.to_vec(), ..Default::default() }, s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Candidate>, D::Error> {
        as_proto::deserialize::<SignalRaised, D>(d).map(|m| m.candidates)
    }
}

use super::as_proto;
