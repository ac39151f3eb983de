//! A group on the way, in a city in memory.
#![allow(dead_code, unreachable_pub, reason = "shared by tests that each use a part of it")]

use gongqiao_contract::{
    Refusal,
    id::{CardId, DispatchId, SignalId, VacancyId},
    wire::{
        self,
        dispatch_state::Value as State,
        evidence::Value as Evidence,
        placement_state::Value as Person,
        record_dispatch_event::{self as asked, Event, People},
        travel_mode::Value as Mode,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker},
    entity::Dispatch,
    ledger::Figure,
};

use crate::world::{POINT, World, desk};

pub struct Trip {
    pub world: World,
    pub vacancy: VacancyId,
    pub cards: Vec<CardId>,
    pub dispatch: DispatchId,
}

pub fn names(cards: &[CardId]) -> Vec<String> {
    cards.iter().map(ToString::to_string).collect()
}

/// A coach of so many seats for these people, as a body says it.
pub fn coach(vacancy: &VacancyId, cards: &[CardId], seats: u32) -> wire::OpenDispatch {
    wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: Mode::Coach as i32,
        vehicle: Some(wire::Vehicle { plate: "湘L00001".into(), seats, carrier: "客运".into() }),
        manifest: names(cards),
        ..Default::default()
    }
}

pub fn open_command(ask: wire::OpenDispatch) -> Command {
    Command::OpenDispatch { ask, crew: None }
}

pub fn open(
    world: &mut World,
    vacancy: &VacancyId,
    cards: &[CardId],
    seats: u32,
) -> Result<String, Refusal> {
    world.run(&desk(POINT), open_command(coach(vacancy, cards, seats)))
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

impl Trip {
    /// A group of `people` for a vacancy of `seats`, opened.
    pub fn new(seats: u32, people: usize) -> Self {
        let mut world = World::new();
        let vacancy = world.post(seats);
        let cards = promised(&mut world, &vacancy, POINT, people);
        let dispatch = open(&mut world, &vacancy, &cards, 49).unwrap().parse().unwrap();
        Self { world, vacancy, cards, dispatch }
    }

    pub fn record(&mut self, who: &Speaker, event: Event) -> Result<String, Refusal> {
        self.record_on(&self.dispatch.clone(), who, event)
    }

    pub fn record_on(
        &mut self,
        dispatch: &DispatchId,
        who: &Speaker,
        event: Event,
    ) -> Result<String, Refusal> {
        let ask = wire::RecordDispatchEvent { event: Some(event), ..Default::default() };
        let dispatch = dispatch.clone();
        self.world.run(who, Command::RecordDispatchEvent { dispatch, ask })
    }

    pub fn goes(&mut self, who: &Speaker, to: State) -> Result<String, Refusal> {
        self.record(who, Event::Move(to as i32))
    }

    pub fn people(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        to: Person,
    ) -> Result<String, Refusal> {
        self.people_on(who, cards, to, Evidence::Unspecified)
    }

    pub fn people_on(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        to: Person,
        evidence: Evidence,
    ) -> Result<String, Refusal> {
        let people = People { cards: names(cards), to: to as i32, evidence: evidence as i32 };
        self.record(who, Event::People(people))
    }

    pub fn join(
        &mut self,
        who: &Speaker,
        cards: &[CardId],
        stop: Option<wire::Stop>,
    ) -> Result<String, Refusal> {
        self.record(who, Event::Join(asked::Join { cards: names(cards), stop }))
    }

    pub fn walk_in(&mut self, who: &Speaker, cards: &[CardId]) -> Result<String, Refusal> {
        self.record(who, Event::WalkIn(asked::WalkIn { cards: names(cards) }))
    }

    pub fn swap(&mut self, who: &Speaker, out: &CardId, new: &CardId) -> Result<String, Refusal> {
        let swap = asked::Substitute { out: out.to_string(), r#in: new.to_string() };
        self.record(who, Event::Substitute(swap))
    }

    pub fn group(&self) -> &Dispatch {
        self.world.city.dispatch(&self.dispatch).unwrap()
    }

    pub fn figure(&self, figure: Figure) -> i64 {
        self.world.city.ledgers[&self.vacancy].get(figure)
    }
}
