use gongqiao_contract::{
    id::{CardId, DispatchId, PartyId, VacancyId},
    wire::{fact::Body, placement_state::Value as State},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, NotUnderstood, instant};

/// Where one person stands with the post last promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The person's card.
    pub card: CardId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The point that promised.
    pub point: PartyId,
    /// A [`State`].
    pub state: i32,
    /// When the hold runs out, while there is one.
    pub expires_at: Option<OffsetDateTime>,
    /// The group the person travels with.
    pub dispatch: Option<DispatchId>,
    /// Since when it is so.
    pub since: OffsetDateTime,
    /// When the last step was recorded; a correction leaves it as it is, so
    /// that it counts in the month of what it corrects.
    pub recorded_at: OffsetDateTime,
    /// The steps that led here after the hold, as [`State`]s.
    pub path: Vec<i32>,
    /// Who recorded the last step.
    pub by: Option<PartyId>,
    /// Of sixteen or seventeen on the day of need (未成年工).
    pub minor: bool,
}

impl Placement {
    /// Where the person is on the way.
    pub fn state(&self) -> State {
        State::try_from(self.state).unwrap_or(State::Unspecified)
    }

    /// Whether the person can't be promised to anybody else.
    pub fn is_bound(&self) -> bool {
        matches!(
            self.state(),
            State::Held | State::Boarded | State::Arrived | State::Onboarded | State::Transferred
        )
    }

    /// Whether a person may go from `from` to `to`.
    pub fn may_become(from: State, to: State) -> bool {
        match from {
            State::Held => {
                matches!(to, State::Boarded | State::Declined | State::NoShow | State::Released)
            }
            State::NoShow => matches!(to, State::Substituted),
            State::Boarded => matches!(to, State::Arrived | State::LeftEnRoute | State::Returned),
            State::Arrived => {
                matches!(to, State::Onboarded | State::NotHired | State::Declined | State::Returned)
            }
            State::Onboarded => matches!(to, State::Ended | State::Transferred | State::Returned),
            // Why: another post in the same enterprise is work that goes on.
            State::Transferred => matches!(to, State::Ended | State::Returned),
            _ => false,
        }
    }

    /// The steps that led here, the hold apart.
    pub fn path(&self) -> impl Iterator<Item = State> {
        self.path.iter().filter_map(|step| State::try_from(*step).ok())
    }

    /// Whether somebody in `state` takes a seat of the vacancy: it was promised,
    /// and has not come to nothing.
    pub fn takes_seat(state: State) -> bool {
        !Self::frees_seat(state) && !matches!(state, State::Substituted | State::Unspecified)
    }

    /// Whether somebody who comes to `state` no longer takes a seat.
    pub fn frees_seat(state: State) -> bool {
        matches!(
            state,
            State::Released
                | State::Declined
                | State::NoShow
                | State::LeftEnRoute
                | State::NotHired
                | State::Returned
        )
    }
}

impl Placement {
    /// Takes one event of the way into account; the first makes the placement.
    pub(super) fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (state, body) {
            (state, Body::Held(e)) => {
                // Why: a promise that is renewed is about the same person and day.
                let known = |old: &Self| old.vacancy.as_str() == e.vacancy && old.is_bound();
                let minor = state.as_ref().is_some_and(|old| known(old) && old.minor);
                *state = Some(Self {
                    card: e.card.parse().map_err(|_| NotUnderstood)?,
                    vacancy: e.vacancy.parse().map_err(|_| NotUnderstood)?,
                    point: e.point.parse().map_err(|_| NotUnderstood)?,
                    state: State::Held as i32,
                    expires_at: e.expires_at.as_ref().map(instant),
                    dispatch: e.dispatch.parse().ok(),
                    since: at.recorded_at,
                    recorded_at: at.recorded_at,
                    path: Vec::new(),
                    by: None,
                    minor: e.minor || minor,
                });
            }
            (Some(placement), Body::HoldEnded(_)) => {
                placement.moved(State::Released, at);
                placement.by = None;
            }
            (Some(placement), Body::PlacementMoved(e)) => {
                let to = State::try_from(e.to).map_err(|_| NotUnderstood)?;
                if to == State::Unspecified {
                    return Err(NotUnderstood);
                }
                placement.moved(to, at);
                placement.by = e.by.parse().ok();
            }
            (Some(placement), Body::PlacementCorrected(e)) => {
                let to = State::try_from(e.to).map_err(|_| NotUnderstood)?;
                let kept = placement.path.len().checked_sub(e.undone.len()).ok_or(NotUnderstood)?;
                if to == State::Unspecified || placement.path[kept..] != e.undone[..] {
                    return Err(NotUnderstood);
                }
                placement.path.truncate(kept);
                placement.path.extend(&e.done);
                placement.state = e.to;
                placement.since = at.recorded_at;
                // Why: what both sides agreed upon, neither changes alone.
                placement.by = if e.case.is_empty() { e.by.parse().ok() } else { None };
            }
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}

impl Placement {
    fn moved(&mut self, to: State, at: At) {
        self.state = to as i32;
        self.path.push(to as i32);
        self.expires_at = None;
        self.since = at.recorded_at;
        self.recorded_at = at.recorded_at;
    }
}

/// As a state stands in JSON and refusals.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Unspecified => "unknown",
        State::Held => "held",
        State::Released => "released",
        State::Boarded => "boarded",
        State::Arrived => "arrived",
        State::Onboarded => "onboarded",
        State::Ended => "ended",
        State::Declined => "declined",
        State::NoShow => "no_show",
        State::Substituted => "substituted",
        State::LeftEnRoute => "left_en_route",
        State::NotHired => "not_hired",
        State::Transferred => "transferred",
        State::Returned => "returned",
    }
}
