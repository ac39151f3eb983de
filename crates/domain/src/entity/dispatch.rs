use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    wire::{
        DispatchOpened, Passenger, Stop, dispatch_state::Value as State, fact::Body,
        placement_state::Value as PersonState, travel_mode::Value as Mode,
    },
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{At, Fold, NotUnderstood, as_proto, instant};

/// Groups of fewer people could share a coach with others.
pub const SMALL_GROUP: u32 = 20;
/// How long after the arrival, and after each reminder, the enterprise is
/// reminded of people without a final state.
pub const CHASE_AFTER: Duration = Duration::hours(72);

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
    /// The point that speaks for the group, and whose attendant travels along.
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
    /// When it should arrive, if that was said anew after it was opened.
    pub delayed_to: Option<OffsetDateTime>,
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

    /// Whether the person takes a seat before the arrival.
    pub fn rides(&self) -> bool {
        matches!(self.state(), PersonState::Held | PersonState::Boarded)
    }

    /// Whether the person is to be brought to work, or was.
    pub fn is_expected(&self) -> bool {
        let there = matches!(
            self.state(),
            PersonState::Arrived | PersonState::Onboarded | PersonState::Transferred
        );
        self.rides() || there
    }
}

impl Dispatch {
    /// Where the group is on the way.
    pub fn state(&self) -> State {
        State::try_from(self.state).unwrap_or(State::Unspecified)
    }

    /// When it should arrive, as was said last; none where nobody has said.
    pub fn expected_at(&self) -> Option<OffsetDateTime> {
        self.delayed_to.or(self.opened.arrives_at.as_ref().map(instant))
    }

    /// Whether everybody travels alone.
    pub fn goes_alone(&self) -> bool {
        self.opened.mode() == Mode::Alone
    }

    /// Cards that are in `state`.
    pub fn people_in(&self, state: PersonState) -> impl Iterator<Item = &CardId> {
        self.manifest.iter().filter(move |(_, r)| r.state == state as i32).map(|(card, _)| card)
    }

    /// Whether it has not left, and may.
    pub fn is_setting_out(&self) -> bool {
        matches!(self.state(), State::Opened | State::Accepted)
    }

    /// People who ride along before the arrival.
    pub fn riding(&self) -> u32 {
        count(self.manifest.values().filter(|rider| rider.rides()).count())
    }

    /// Seats for passengers, where it is known how many there are.
    pub fn seats(&self) -> Option<u32> {
        self.opened.vehicle.as_ref().map(|vehicle| vehicle.seats).filter(|seats| *seats > 0)
    }

    /// Seats that are taken: everyone who rides, and who looks after them.
    pub fn seats_taken(&self) -> u32 {
        self.riding() + u32::from(self.opened.attendant)
    }

    /// Seats that nobody takes, where it is known how many there are.
    pub fn seats_left(&self) -> Option<u32> {
        self.seats().map(|seats| seats.saturating_sub(self.seats_taken()))
    }

    /// People of whom the enterprise must be reminded at `now`: it has them
    /// for three days, or they have been on their way alone for as long, and it
    /// has not said what became of them.
    pub fn to_chase(&self, now: OffsetDateTime) -> Vec<&CardId> {
        let long_ago = |at: Option<OffsetDateTime>| at.is_some_and(|at| now - at >= CHASE_AFTER);
        let quiet = self.chased_at.is_none() || long_ago(self.chased_at);
        let alone = self.goes_alone() && self.state() == State::Departed;
        let since = if alone { self.departed_at } else { self.arrived_at };
        if !(alone || self.state() == State::Arrived) || !long_ago(since) || !quiet {
            return Vec::new();
        }
        let on_their_way = alone.then_some(PersonState::Boarded).into_iter();
        let states = on_their_way.chain([PersonState::Arrived]);
        states.flat_map(|state| self.people_in(state)).collect()
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

    /// Another stop; at one that is known already, more points are served.
    fn add_stop(&mut self, stop: &Stop) {
        let Some(known) = self.stops.iter_mut().find(|known| known.point == stop.point) else {
            self.stops.push(stop.clone());
            return;
        };
        known.at = known.at.or(stop.at);
        for point in &stop.serves {
            if !known.serves.contains(point) {
                known.serves.push(point.clone());
            }
        }
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
                    delayed_to: None,
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
                e.stops.iter().for_each(|stop| dispatch.add_stop(stop));
                dispatch.proposed.retain(|guest| guest.as_str() != e.from);
            }
            (Some(dispatch), Body::DispatchMerged(e)) => {
                dispatch.state = State::Cancelled as i32;
                dispatch.merged_into = Some(e.into.parse().map_err(|_| NotUnderstood)?);
                // Why: who did not turn up, or changed their mind, has not moved on.
                dispatch.manifest.retain(|_, rider| !rider.rides());
            }
            (Some(dispatch), Body::MergeProposed(e)) => {
                let guests: Result<_, _> = e.guests.iter().map(|guest| guest.parse()).collect();
                dispatch.proposed = guests.map_err(|_| NotUnderstood)?;
            }
            (Some(dispatch), Body::BoardingRefused(_)) => dispatch.refused += 1,
            (Some(dispatch), Body::DispatchChased(_)) => dispatch.chased_at = Some(at.recorded_at),
            (Some(dispatch), Body::DispatchDelayed(e)) => {
                dispatch.delayed_to =
                    Some(e.arrives_at.as_ref().map(instant).ok_or(NotUnderstood)?);
            }
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
                let point = match e.point.as_str() {
                    "" => out.point.to_string(),
                    point => point.to_owned(),
                };
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

fn count(people: usize) -> u32 {
    u32::try_from(people).unwrap_or(u32::MAX)
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
