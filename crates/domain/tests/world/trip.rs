//! A group on the way, step by step.

use gongqiao_contract::{
    Refusal,
    id::{CardId, CaseId, DispatchId, SignalId, VacancyId},
    wire::{
        self, correction_reason,
        dispatch_state::Value as State,
        evidence,
        placement_state::Value as Person,
        record_case_event::{Event as CaseEvent, Reply},
        record_dispatch_event::{Correct, Event, Join, People, Substitute, WalkIn},
        travel_mode,
    },
};
use gongqiao_domain::{
    City,
    decide::{Command, Decision, Speaker},
    entity::{Dispatch, Placement},
    ledger::Figure,
};

use super::{POINT, World, desk, factory, names};

pub struct Trip {
    pub world: World,
    pub vacancy: VacancyId,
    pub cards: Vec<CardId>,
    pub dispatch: DispatchId,
}

/// Opens a group of `cards`.
pub fn open(
    world: &mut World,
    who: &Speaker,
    vacancy: &VacancyId,
    cards: &[CardId],
) -> Result<DispatchId, Refusal> {
    Ok(world.run(who, open_command(coach(vacancy, cards, 49)))?.parse().unwrap())
}

/// A coach of so many seats for these people, as a body says it.
pub fn coach(vacancy: &VacancyId, cards: &[CardId], seats: u32) -> wire::OpenDispatch {
    wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: travel_mode::Value::Coach as i32,
        vehicle: Some(wire::Vehicle { plate: "湘L00001".into(), seats, carrier: "客运".into() }),
        manifest: names(cards),
        ..Default::default()
    }
}

pub fn open_command(ask: wire::OpenDispatch) -> Command {
    Command::OpenDispatch { ask, crew: None }
}

/// People of a point, promised.
pub fn promised(world: &mut World, vacancy: &VacancyId, point: &str, count: usize) -> Vec<CardId> {
    let cards = world.people(point, count);
    let known = SignalId { point: point.parse().unwrap(), vacancy: vacancy.clone() };
    let signal = match world.city.signal(&known) {
        Some(_) => known,
        None => world.raise(vacancy, point, 300),
    };
    world.commit(&signal, &cards).unwrap();
    cards
}

/// Records that people came to `to`, with the evidence that an enterprise has
/// where it must be told.
pub fn people(cards: &[CardId], to: Person) -> Event {
    people_on(
        cards,
        to,
        match to {
            Person::Onboarded | Person::Ended => evidence::Value::EnterpriseList,
            _ => evidence::Value::Unspecified,
        },
    )
}

/// Records that people came to `to`, with this evidence.
pub fn people_on(cards: &[CardId], to: Person, evidence: evidence::Value) -> Event {
    Event::People(People { cards: names(cards), to: to as i32, evidence: evidence as i32 })
}

/// A correction of a misclick.
pub fn correction(cards: &[CardId], to: Person) -> Event {
    Event::Correct(Correct {
        cards: cards.iter().map(ToString::to_string).collect(),
        to: to as i32,
        reason: correction_reason::Value::Misclick as i32,
    })
}

pub fn record(dispatch: &DispatchId, event: Event) -> Command {
    let ask = wire::RecordDispatchEvent { event: Some(event), ..Default::default() };
    Command::RecordDispatchEvent { dispatch: dispatch.clone(), ask }
}

pub fn reply(case: &CaseId, agreed: bool) -> Command {
    let event = CaseEvent::Reply(Reply { agreed });
    Command::RecordCaseEvent { case: case.clone(), event, note: None }
}

impl Trip {
    /// A group of `people` for a vacancy of `seats`, opened.
    pub fn new(seats: u32, people: usize) -> Self {
        let mut world = World::new();
        let cards = world.people(POINT, people);
        let vacancy = world.post(seats);
        let signal = world.raise(&vacancy, POINT, 300);
        world.commit(&signal, &cards).unwrap();
        let dispatch = open(&mut world, &desk(POINT), &vacancy, &cards).unwrap();
        Self { world, vacancy, cards, dispatch }
    }

    /// As [`Trip::new`], gone and received: the first `absent` did not turn up.
    pub fn arrived(seats: u32, people: usize, absent: usize) -> Self {
        let mut trip = Self::new(seats, people);
        let cards = trip.cards.clone();
        trip.goes(&factory(), State::Accepted).unwrap();
        trip.come_to(&desk(POINT), &cards[absent..], Person::Boarded).unwrap();
        if absent > 0 {
            trip.come_to(&desk(POINT), &cards[..absent], Person::NoShow).unwrap();
        }
        trip.goes(&desk(POINT), State::Departed).unwrap();
        trip.goes(&factory(), State::Arrived).unwrap();
        trip
    }

    pub fn record(&mut self, who: &Speaker, event: Event) -> Result<String, Refusal> {
        let dispatch = self.dispatch.clone();
        self.world.run(who, record(&dispatch, event))
    }

    pub fn record_on(
        &mut self,
        dispatch: &DispatchId,
        who: &Speaker,
        event: Event,
    ) -> Result<String, Refusal> {
        self.world.run(who, record(dispatch, event))
    }

    pub fn come_to_on(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        to: Person,
        evidence: evidence::Value,
    ) -> Result<String, Refusal> {
        self.record(who, people_on(cards, to, evidence))
    }

    pub fn join(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        stop: Option<wire::Stop>,
    ) -> Result<String, Refusal> {
        self.record(who, Event::Join(Join { cards: names(cards), stop }))
    }

    pub fn walk_in(&mut self, who: &Speaker, cards: &[CardId]) -> Result<String, Refusal> {
        self.record(who, Event::WalkIn(WalkIn { cards: names(cards) }))
    }

    pub fn swap(&mut self, who: &Speaker, out: &CardId, new: &CardId) -> Result<String, Refusal> {
        let swap = Substitute { out: out.to_string(), r#in: new.to_string() };
        self.record(who, Event::Substitute(swap))
    }

    pub fn group(&self) -> &Dispatch {
        self.world.city.dispatch(&self.dispatch).unwrap()
    }

    pub fn goes(&mut self, who: &Speaker, to: State) -> Result<String, Refusal> {
        self.record(who, Event::Move(to as i32))
    }

    pub fn come_to(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        to: Person,
    ) -> Result<String, Refusal> {
        self.record(who, people(cards, to))
    }

    /// Corrects, and returns the case in which the other side is asked, if it is.
    pub fn correct(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        to: Person,
    ) -> Result<Option<CaseId>, Refusal> {
        let command = record(&self.dispatch, correction(cards, to));
        let Decision { events, told, .. } = self.world.decide(who, &command)?;
        for (entity, body) in events {
            self.world.store(&entity, who, Some(body), gongqiao_contract::SCHEMA);
        }
        Ok(told.waits_for.parse().ok())
    }

    pub fn reply(&mut self, who: &Speaker, case: &CaseId, agreed: bool) -> Result<String, Refusal> {
        self.world.run(who, reply(case, agreed))
    }

    pub fn figure(&self, figure: Figure) -> i64 {
        self.world.city.ledgers[&self.vacancy].get(figure)
    }

    pub fn figures<const N: usize>(&self, figures: [Figure; N]) -> [i64; N] {
        figures.map(|figure| self.figure(figure))
    }

    pub fn placement(&self, card: &CardId) -> &Placement {
        self.world.city.placement(card).unwrap()
    }

    pub fn city(&self) -> &City {
        &self.world.city
    }
}
