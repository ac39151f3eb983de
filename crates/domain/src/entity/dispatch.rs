use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    wire::{
        DispatchOpened, Passenger, Stop, dispatch_state::Value as State, fact::Body,
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
    /// Where people get on.
    #[serde(with = "stops")]
    pub stops: Vec<Stop>,
    /// Everyone who was ever on the manifest.
    pub manifest: BTreeMap<CardId, Rider>,
    /// Groups that could travel with this one, as was proposed last.
    pub proposed: Vec<DispatchId>,
    /// The group that this one was merged into.
    pub merged_into: Option<DispatchId>,
    /// When it left.
    pub departed_at: Option<OffsetDateTime>,
    /// How many it left with.
    pub left_with: i64,
    /// When it arrived.
    pub arrived_at: Option<OffsetDateTime>,
    /// When the enterprise was last reminded of people without a final state.
    pub chased_at: Option<OffsetDateTime>,
    /// People who were turned away at the door.
    pub refused: u32,
    /// Last sequence on its subject, as the fold saw it.
    pub sequence: u64,
    /// When it was opened.
    pub opened_at: OffsetDateTime,
}

/// One person of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rider {
    /// Where the person is on the way: a [`PersonState`].
    pub state: i32,
    /// The point whose register names the person.
    pub point: PartyId,
    /// Of sixteen or seventeen on the day of need (未成年工).
    pub minor: bool,
}

impl Rider {
    /// Where the person is on the way.
    pub fn state(&self) -> PersonState {
        PersonState::try_from(self.state).unwrap_or_default()
    }
}

impl Dispatch {
    /// Where the group is on the way.
    pub fn state(&self) -> State {
        State::try_from(self.state).unwrap_or(State::Unspecified)
    }

    /// Cards that are in `state`.
    pub fn people_in(&self, state: PersonState) -> impl Iterator<Item = &CardId> {
        self.manifest.iter().filter(move |(_, r)| r.state == state as i32).map(|(card, _)| card)
    }

    /// Whether nothing more is to come.
    pub fn is_over(&self) -> bool {
        matches!(self.state(), State::Closed | State::Cancelled | State::Declined)
    }

    /// The points whose people are, or were, on the manifest, with the one
    /// that opened it.
    pub fn points(&self) -> BTreeSet<&PartyId> {
        self.manifest.values().map(|rider| &rider.point).chain([&self.point]).collect()
    }

    /// Where the people of `point` get on.
    pub fn stop_of(&self, point: &PartyId) -> Option<&Stop> {
        let serves = |stop: &&Stop| {
            stop.point == point.as_str() || stop.serves.iter().any(|one| one == point.as_str())
        };
        self.stops.iter().find(serves)
    }

    fn add(&mut self, passengers: &[Passenger]) -> Result<(), NotUnderstood> {
        for one in passengers {
            let rider = Rider {
                state: PersonState::Held as i32,
                point: one.point.parse().map_err(|_| NotUnderstood)?,
                minor: one.minor,
            };
            self.manifest.insert(one.card.parse().map_err(|_| NotUnderstood)?, rider);
        }
        Ok(())
    }

    fn person(&mut self, card: &str) -> Result<&mut Rider, NotUnderstood> {
        self.manifest.get_mut(card).ok_or(NotUnderstood)
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
                let mut dispatch = Self {
                    id: e.dispatch.parse().map_err(|_| NotUnderstood)?,
                    to: e.to.parse().map_err(|_| NotUnderstood)?,
                    vacancy: e.vacancy.parse().map_err(|_| NotUnderstood)?,
                    enterprise: e.enterprise.parse().map_err(|_| NotUnderstood)?,
                    agreement: e.agreement.parse().map_err(|_| NotUnderstood)?,
                    point: e.point.parse().map_err(|_| NotUnderstood)?,
                    opened: e.clone(),
                    state: State::Opened as i32,
                    stops: e.stops.clone(),
                    manifest: BTreeMap::new(),
                    proposed: Vec::new(),
                    merged_into: None,
                    departed_at: None,
                    left_with: 0,
                    arrived_at: None,
                    chased_at: None,
                    refused: 0,
                    sequence: at.sequence,
                    opened_at: at.recorded_at,
                };
                let of_opener = |card: &String| Passenger {
                    card: card.clone(),
                    point: e.point.clone(),
                    minor: false,
                };
                let old: Vec<Passenger> = e.manifest.iter().map(of_opener).collect();
                dispatch.add(&old)?;
                dispatch.add(&e.passengers)?;
                *state = Some(dispatch);
            }
            (Some(dispatch), Body::DispatchMoved(e)) => {
                let to = State::try_from(e.to).map_err(|_| NotUnderstood)?;
                dispatch.state = e.to;
                match to {
                    State::Departed => {
                        dispatch.departed_at = Some(at.recorded_at);
                        dispatch.left_with = e.people.into();
                    }
                    State::Arrived => dispatch.arrived_at = Some(at.recorded_at),
                    _ => {}
                }
            }
            (Some(dispatch), Body::DispatchJoined(e)) => {
                dispatch.add(&e.passengers)?;
                dispatch.stops.extend(e.stops.iter().cloned());
                dispatch.proposed.retain(|guest| guest.as_str() != e.from);
            }
            (Some(dispatch), Body::DispatchMerged(e)) => {
                dispatch.state = State::Cancelled as i32;
                dispatch.merged_into = Some(e.into.parse().map_err(|_| NotUnderstood)?);
                dispatch.manifest.clear();
            }
            (Some(dispatch), Body::MergeProposed(e)) => {
                let guests: Result<_, _> = e.guests.iter().map(|guest| guest.parse()).collect();
                dispatch.proposed = guests.map_err(|_| NotUnderstood)?;
            }
            (Some(dispatch), Body::BoardingRefused(_)) => dispatch.refused += 1,
            (Some(dispatch), Body::DispatchChased(_)) => dispatch.chased_at = Some(at.recorded_at),
            (Some(dispatch), Body::DispatchCorrected(e)) => {
                PersonState::try_from(e.to).map_err(|_| NotUnderstood)?;
                dispatch.left_with += i64::from(e.departed);
                for card in &e.cards {
                    dispatch.person(card)?.state = e.to;
                }
            }
            (Some(dispatch), Body::DispatchPeopleMoved(e)) => {
                PersonState::try_from(e.to).map_err(|_| NotUnderstood)?;
                for card in &e.cards {
                    dispatch.person(card)?.state = e.to;
                }
            }
            (Some(dispatch), Body::DispatchSubstituted(e)) => {
                let out = dispatch.person(&e.out)?;
                out.state = PersonState::Substituted as i32;
                let point = out.point.to_string();
                dispatch.add(&[Passenger { card: e.r#in.clone(), point, minor: e.minor }])?;
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

mod stops {
    use gongqiao_contract::wire::{DispatchJoined, Stop};
    use serde::{Deserializer, Serializer};

    use super::as_proto;

    // Why: inside of a message, since a bare list has no protobuf form.
    pub(super) fn serialize<S: Serializer>(list: &[Stop], s: S) -> Result<S::Ok, S::Error> {
        as_proto::serialize(&DispatchJoined { stops: list.to_vec(), ..Default::default() }, s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Stop>, D::Error> {
        as_proto::deserialize::<DispatchJoined, D>(d).map(|m| m.stops)
    }
}
