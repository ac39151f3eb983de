use gongqiao_contract::{
    id::{AgreementId, PartyId},
    wire::{Scope, data_class, fact::Body},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, as_proto, instant};
use crate::reach;

/// What permits the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// With whom.
    pub party: PartyId,
    /// How far it reaches.
    #[serde(with = "as_proto")]
    pub scope: Scope,
    /// From when on it holds.
    pub from: OffsetDateTime,
    /// The first moment at which it no longer holds.
    pub until: OffsetDateTime,
    /// Signed, or at an end.
    pub state: AgreementState,
    /// When it was recorded that it is at an end.
    pub ended_at: Option<OffsetDateTime>,
    /// Sequence of the last event that took something out of its scope; 0 for
    /// none. What was told before it may hold what it no longer covers.
    pub narrowed: u64,
}

/// The life of an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgreementState {
    /// In force between its dates.
    Signed,
    /// Ended early, by the operator.
    Terminated,
    /// Ended by time.
    Ended,
}

impl AgreementState {
    /// As it stands in JSON and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Terminated => "terminated",
            Self::Ended => "ended",
        }
    }
}

impl Agreement {
    /// Whether it permits anything at `now`. Also when the event that ends it is late.
    pub fn in_force(&self, now: OffsetDateTime) -> bool {
        self.state == AgreementState::Signed && self.from <= now && now < self.until
    }

    /// Whether it opens a kind of data.
    pub fn opens(&self, class: data_class::Value) -> bool {
        self.scope.classes.contains(&(class as i32))
    }
}

impl Fold for Agreement {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (state, body) {
            (state @ None, Body::AgreementSigned(e)) => {
                *state = Some(Self {
                    id: e.agreement.parse().map_err(|_| NotUnderstood)?,
                    party: e.party.parse().map_err(|_| NotUnderstood)?,
                    scope: e.scope.clone().unwrap_or_default(),
                    from: e.from.as_ref().map(instant).ok_or(NotUnderstood)?,
                    until: e.until.as_ref().map(instant).ok_or(NotUnderstood)?,
                    state: AgreementState::Signed,
                    ended_at: None,
                    narrowed: 0,
                });
            }
            (Some(agreement), Body::AgreementAmended(e)) => {
                if let Some(scope) = &e.scope {
                    if reach::narrows(&agreement.scope, scope) {
                        agreement.narrowed = at.sequence;
                    }
                    agreement.scope = scope.clone();
                }
                if let Some(until) = &e.until {
                    agreement.until = instant(until);
                }
            }
            (Some(agreement), Body::AgreementTerminated(_)) => {
                agreement.state = AgreementState::Terminated;
                agreement.ended_at = Some(at.recorded_at);
            }
            (Some(agreement), Body::AgreementEnded(_)) => {
                agreement.state = AgreementState::Ended;
                agreement.ended_at = Some(at.recorded_at);
            }
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}
