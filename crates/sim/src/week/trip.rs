//! A group from the village to the factory: opened, accepted, boarded,
//! departed, arrived, at work.

use gongqiao_client::Client;
use gongqiao_contract::{
    id::{DispatchId, PartyId, SignalId},
    view::{Receipt, Signal},
    wire::{
        OpenDispatch, RecordDispatchEvent, Stop, Vehicle,
        dispatch_state::Value as State,
        evidence,
        placement_state::Value as Person,
        record_dispatch_event::{Event, People, Substitute},
        travel_mode::Value as Mode,
    },
};
use time::{Duration, OffsetDateTime, macros::time};

use super::{
    Promised, Week,
    agenda::{Action, Step, next_at},
};
use crate::{
    SimError,
    call::get,
    found::timestamp,
    people::{stands_by, who_has},
    random::{Lot, draw},
};

/// From so many people on there is a coach; fewer are fetched.
const COACH_FROM: usize = 6;
/// Seats of a coach, and of what the enterprise sends.
const SEATS: [u32; 2] = [45, 7];
/// Smaller groups come all: no car leaves empty.
const SOMEBODY_MISSES_FROM: usize = 2;
/// 桂阳县 and 临武县, with the way to the High-tech Zone; others take longer.
const WAYS: [(&str, Duration); 2] =
    [("431021", Duration::minutes(75)), ("431025", Duration::minutes(120))];
const LONG_WAY: Duration = Duration::minutes(150);

/// One group.
pub(super) struct Trip {
    pub(super) post: usize,
    pub(super) point: PartyId,
    id: DispatchId,
    people: Vec<Promised>,
    departs_at: OffsetDateTime,
    /// It belongs to those who left before anybody was missed.
    first_wave: bool,
}

impl Trip {
    fn arrives_at(&self) -> OffsetDateTime {
        let county = self.point.as_str().get(..6).unwrap_or_default();
        let way = WAYS.iter().find(|(code, _)| *code == county);
        self.departs_at + way.map_or(LONG_WAY, |(_, way)| *way)
    }

    fn cards(&self) -> Vec<String> {
        self.people.iter().map(|person| person.card.to_string()).collect()
    }
}

impl Week<'_> {
    pub(super) async fn open_dispatch(
        &mut self,
        post: usize,
        point: &PartyId,
    ) -> Result<(), SimError> {
        let Some(room) = self.rooms.remove(&(post, point.clone())) else { return Ok(()) };
        let now = self.reader.now();
        let trip = self.trips.len();
        // Why: five minutes between coaches, so that they don't block each other.
        let delay = Duration::minutes(5 * i64::try_from(trip % 12).unwrap_or_default());
        let departs_at = next_at(time!(7:00), now) + delay;
        let coach = room.people.len() >= COACH_FROM;
        let [large, small] = SEATS;
        let ask = OpenDispatch {
            vacancy: self.vacancy(post)?.to_string(),
            mode: if coach { Mode::Coach } else { Mode::EnterprisePickup } as i32,
            vehicle: Some(Vehicle {
                plate: format!("DEMO-{:04}", trip + 1),
                seats: if coach { large } else { small },
                carrier: if coach { "示例客运" } else { "" }.to_owned(),
            }),
            stops: vec![Stop {
                point: point.to_string(),
                at: Some(timestamp(departs_at)),
                ..Stop::default()
            }],
            departs_at: Some(timestamp(departs_at)),
            manifest: room.people.iter().map(|person| person.card.to_string()).collect(),
            ..OpenDispatch::default()
        };
        let client = self.handles.client(point)?;
        let receipt = self.send(client, "/v1/dispatches", &ask, &format!("trip-{trip}")).await;
        let receipt = receipt.map_err(SimError::call("a dispatch is opened"))?;
        let id = receipt.id.parse().map_err(|_| SimError::Incomplete("a dispatch's opening"))?;
        self.trips.push(Trip {
            post,
            point: point.clone(),
            id,
            people: room.people,
            departs_at,
            first_wave: !self.post(post)?.travelled,
        });
        self.agenda.add(now + Duration::HOUR, Action::Trip { trip, step: Step::Accept });
        self.done(&receipt).await
    }

    /// One step of a group; the next one goes on the agenda.
    pub(super) async fn step(&mut self, trip: usize, step: Step) -> Result<(), SimError> {
        let (departs_at, arrives_at) = {
            let trip = self.trip(trip)?;
            (trip.departs_at, trip.arrives_at())
        };
        let next = match step {
            Step::Accept => {
                self.move_to(trip, State::Accepted).await?;
                Some((departs_at - Duration::minutes(20), Step::Board))
            }
            Step::Board => {
                self.board(trip).await?;
                Some((departs_at, Step::Depart))
            }
            Step::Depart => {
                self.move_to(trip, State::Departed).await?;
                self.depart(trip)?;
                Some((arrives_at, Step::Arrive))
            }
            Step::Arrive => {
                self.move_to(trip, State::Arrived).await?;
                Some((arrives_at + Duration::HOUR, Step::Onboard))
            }
            Step::Onboard => {
                self.onboard(trip).await?;
                Some((arrives_at + Duration::hours(2), Step::Close))
            }
            Step::Close => {
                self.move_to(trip, State::Closed).await?;
                None
            }
        };
        if let Some((at, step)) = next {
            self.agenda.add(at, Action::Trip { trip, step });
        }
        Ok(())
    }

    fn trip(&self, trip: usize) -> Result<&Trip, SimError> {
        self.trips.get(trip).ok_or(SimError::Incomplete("the week's groups"))
    }

    async fn move_to(&mut self, index: usize, to: State) -> Result<(), SimError> {
        let trip = self.trip(index)?;
        let by_enterprise = !matches!(to, State::Departed);
        let client = if by_enterprise { self.enterprise_of(trip)? } else { self.point_of(trip)? };
        let what = to.as_str_name().to_lowercase();
        let receipt = self.record(client, trip, Event::Move(to as i32), &what).await?;
        self.done(&receipt).await
    }

    fn depart(&mut self, index: usize) -> Result<(), SimError> {
        let trip = self.trip(index)?;
        let (post, people) = (trip.post, trip.people.len());
        self.tell_trip(index, "发车，车上", "on the road", people);
        if let Some(post) = self.posts.get_mut(post) {
            post.travelled = true;
        }
        Ok(())
    }

    async fn onboard(&mut self, index: usize) -> Result<(), SimError> {
        let trip = self.trip(index)?;
        let people = People {
            cards: trip.cards(),
            to: Person::Onboarded as i32,
            evidence: evidence::Value::EnterpriseList as i32,
        };
        let count = people.cards.len();
        let client = self.enterprise_of(trip)?;
        let receipt = self.record(client, trip, Event::People(people), "onboard").await?;
        self.tell_trip(index, "到岗", "at work", count);
        self.done(&receipt).await
    }

    /// People get on. Whoever does not come is replaced, if the village has
    /// somebody who jumps in.
    async fn board(&mut self, index: usize) -> Result<(), SimError> {
        let mut missing = Vec::new();
        if self.may_miss_somebody(index)? {
            let mut stand_ins = self.stand_ins(index).await?;
            for out in self.absent(index, stand_ins.len())? {
                // Why: the week must show both: a seat that is filled on the
                // spot and one that another village has to fill.
                let first = self.unreplaced == 0 && missing.is_empty();
                let stand_in = if first { None } else { stand_ins.pop() };
                match stand_in {
                    Some(person) => self.substitute(index, &out, person).await?,
                    None => missing.push(out),
                }
            }
        }
        if !missing.is_empty() {
            self.no_show(index, &missing).await?;
        }
        let trip = self.trip(index)?;
        let people = People { cards: trip.cards(), to: Person::Boarded as i32, evidence: 0 };
        let client = self.point_of(trip)?;
        let receipt = self.record(client, trip, Event::People(people), "board").await?;
        self.done(&receipt).await
    }

    /// Only the first groups of an urgent post do: the week has an end.
    fn may_miss_somebody(&self, index: usize) -> Result<bool, SimError> {
        let trip = self.trip(index)?;
        let enough = trip.people.len() >= SOMEBODY_MISSES_FROM;
        Ok(enough && trip.first_wave && self.post(trip.post)?.urgent())
    }

    /// Those who do not turn up: by lot, and as many as it takes for the week
    /// to show what it must.
    fn absent(&self, index: usize, stand_ins: usize) -> Result<Vec<Promised>, SimError> {
        let trip = self.trip(index)?;
        let size = trip.people.len();
        let misses = |p: &&Promised| draw(self.seed, Lot::Absent, p.who, 0).percent(3);
        let by_lot = trip.people.iter().filter(misses).take(size / 4);
        let mut absent: Vec<Promised> = by_lot.cloned().collect();
        let to_be_replaced = self.replaced == 0 && stand_ins > 0;
        let wanted = usize::from(self.unreplaced == 0) + usize::from(to_be_replaced);
        let from = draw(self.seed, Lot::FirstAbsent, trip.people.first().map_or(0, |p| p.who), 0);
        for person in trip.people.iter().cycle().skip(from.index(size)).take(size) {
            if absent.len() >= wanted.min(size - 1) {
                break;
            }
            if absent.iter().all(|known| known.who != person.who) {
                absent.push(person.clone());
            }
        }
        Ok(absent)
    }

    /// People of the point who fit, are free and jump in; the best last.
    async fn stand_ins(&self, index: usize) -> Result<Vec<Promised>, SimError> {
        let trip = self.trip(index)?;
        let vacancy = self.vacancy(trip.post)?.clone();
        let id = SignalId { point: trip.point.clone(), vacancy };
        let signal: Signal = get(self.point_of(trip)?, &format!("/v1/signals/{id}"))
            .await
            .map_err(SimError::call("a clerk reads a signal"))?;
        let free = signal.candidates.into_iter().rev().filter(|candidate| !candidate.held);
        let reached = free.filter_map(|candidate| {
            let who = who_has(candidate.phone.as_deref()?)?;
            Some(Promised { card: candidate.card, who })
        });
        Ok(reached.filter(|person| stands_by(self.seed, person.who)).collect())
    }

    async fn substitute(
        &mut self,
        index: usize,
        out: &Promised,
        person: Promised,
    ) -> Result<(), SimError> {
        let trip = self.trip(index)?;
        let swap = Substitute { out: out.card.to_string(), r#in: person.card.to_string() };
        let client = self.point_of(trip)?;
        let what = format!("substitute-{}", out.who);
        let receipt = self.record(client, trip, Event::Substitute(swap), &what).await?;
        self.replaced += 1;
        for waiting in self.waiting.values_mut() {
            waiting.retain(|known| known.who != person.who);
        }
        if let Some(trip) = self.trips.get_mut(index) {
            trip.people.retain(|known| known.who != out.who);
            trip.people.push(person);
        }
        self.tell_trip(index, "未到，已由同村人顶替", "missing, replaced from the village", 1);
        self.done(&receipt).await
    }

    async fn no_show(&mut self, index: usize, missing: &[Promised]) -> Result<(), SimError> {
        let trip = self.trip(index)?;
        let cards = missing.iter().map(|person| person.card.to_string()).collect();
        let people = People { cards, to: Person::NoShow as i32, evidence: 0 };
        let client = self.point_of(trip)?;
        let receipt = self.record(client, trip, Event::People(people), "no-show").await?;
        self.unreplaced += u32::try_from(missing.len()).unwrap_or(u32::MAX);
        if let Some(trip) = self.trips.get_mut(index) {
            trip.people.retain(|known| missing.iter().all(|gone| gone.who != known.who));
        }
        self.tell_trip(index, "未到，空出名额", "missing, the seat is free again", missing.len());
        self.done(&receipt).await
    }

    async fn record(
        &self,
        client: &Client,
        trip: &Trip,
        event: Event,
        what: &str,
    ) -> Result<Receipt, SimError> {
        let ask = RecordDispatchEvent { event: Some(event), ..RecordDispatchEvent::default() };
        let path = format!("/v1/dispatches/{}/events", trip.id);
        let (post, point) = (trip.post, &trip.point);
        let opened = trip.departs_at.unix_timestamp();
        let what = format!("trip-{post}-{point}-{opened}-{what}");
        let receipt = self.send(client, &path, &ask, &what).await;
        receipt.map_err(SimError::call("a group comes a step further"))
    }

    fn point_of(&self, trip: &Trip) -> Result<&Client, SimError> {
        self.handles.client(&trip.point)
    }

    fn enterprise_of(&self, trip: &Trip) -> Result<&Client, SimError> {
        self.handles.client(&self.post(trip.post)?.enterprise)
    }
}
