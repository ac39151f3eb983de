use std::collections::BTreeMap;

use gongqiao_contract::{
    codes::DivisionCode,
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    wire::{
        DispatchOpened, dispatch_state::Value as State, fact::Body,
        placement_state::Value as PersonState,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, as_proto};

/// One group on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its id.
    pub id: DispatchId,
    /// The county it travels to.
    pub to: DivisionCode,
    /// The vacancy it fills.
    pub vacancy: VacancyId,
    /// The receiving side.
    pub enterprise: PartyId,
    /// The agreement it travels under.
    pub agreement: AgreementId,
    /// The point that speaks for the group.
    pub point: PartyId,
    /// How it was opened: mode, vehicle, stops, departure.
    #[serde(with = "as_proto")]
    pub opened: DispatchOpened,
    /// A [`State`].
    pub state: i32,
    /// Everyone who was ever on the manifest, with a [`PersonState`] each.
    pub manifest: BTreeMap<CardId, i32>,
    /// Last sequence on its subject, as the fold saw it.
    pub sequence: u64,
    /// When it was opened.
    pub opened_at: OffsetDateTime,
}

impl Dispatch {
    /// Where the group is on the way.
    pub fn state(&self) -> State {
        State::try_from(self.state).unwrap_or(State::Unspecified)
    }

    /// Cards that are in `state`.
    pub fn people_in(&self, state: PersonState) -> impl Iterator<Item = &CardId> {
        self.manifest.iter().filter(move |(_, s)| **s == state as i32).map(|(card, _)| card)
    }

    /// Whether a group may go from `from` to `to`.
    pub fn may_become(from: State, to: State) -> bool {
        match to {
            State::Accepted | State::Declined => from == State::Opened,
            State::Departed => from == State::Accepted,
            State::Arrived => from == State::Departed,
            State::Closed => from == State::Arrived,
            State::Cancelled => {
                matches!(from, State::Opened | State::Accepted | State::Departed | State::Arrived)
            }
            State::Opened | State::Unspecified => false,
        }
    }
}

impl Fold for Dispatch {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (&mut *state, body) {
            (None, Body::DispatchOpened(e)) => {
                let held = |card: &String| Ok((card.parse()?, PersonState::Held as i32));
                let manifest: Result<BTreeMap<_, _>, gongqiao_contract::id::NotAToken> =
                    e.manifest.iter().map(held).collect();
                *state = Some(Self {
                    id: e.dispatch.parse().map_err(|_| NotUnderstood)?,
                    to: e.to.parse().map_err(|_| NotUnderstood)?,
                    vacancy: e.vacancy.parse().map_err(|_| NotUnderstood)?,
                    enterprise: e.enterprise.parse().map_err(|_| NotUnderstood)?,
                    agreement: e.agreement.parse().map_err(|_| NotUnderstood)?,
                    point: e.point.parse().map_err(|_| NotUnderstood)?,
                    opened: e.clone(),
                    state: State::Opened as i32,
                    manifest: manifest.map_err(|_| NotUnderstood)?,
                    sequence: at.sequence,
                    opened_at: at.recorded_at,
                });
            }
            (Some(dispatch), Body::DispatchMoved(e)) => {
                State::try_from(e.to).map_err(|_| NotUnderstood)?;
                dispatch.state = e.to;
            }
            (Some(dispatch), Body::DispatchPeopleMoved(e)) => {
                PersonState::try_from(e.to).map_err(|_| NotUnderstood)?;
                for card in &e.cards {
                    *dispatch.manifest.get_mut(card.as_str()).ok_or(NotUnderstood)? = e.to;
                }
            }
            (Some(dispatch), Body::DispatchSubstituted(e)) => {
                let out = dispatch.manifest.get_mut(e.out.as_str()).ok_or(NotUnderstood)?;
                *out = PersonState::Substituted as i32;
                let card = e.r#in.parse().map_err(|_| NotUnderstood)?;
                dispatch.manifest.insert(card, PersonState::Held as i32);
            }
            _ => return Err(NotUnderstood),
        }
        if let Some(dispatch) = state {
            dispatch.sequence = at.sequence;
        }
        Ok(())
    }
}

/// As a state stands in JSON and refusals.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Unspecified => "unknown",
        State::Opened => "opened",
        State::Accepted => "accepted",
        State::Declined => "declined",
        State::Departed => "departed",
        State::Arrived => "arrived",
        State::Closed => "closed",
        State::Cancelled => "cancelled",
    }
}
