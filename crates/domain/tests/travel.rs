//! Groups on the way: every step by whom it is due, in its order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, DispatchId, VacancyId},
    wire::{
        self,
        dispatch_state::Value as State,
        placement_state::Value as Person,
        record_dispatch_event::{Event, People, Substitute},
        travel_mode,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker},
    ledger::Figure,
};
use world::{OTHER_POINT, POINT, World, desk, factory, operator};

struct Trip {
    world: World,
    vacancy: VacancyId,
    cards: Vec<CardId>,
    dispatch: DispatchId,
}

fn open(
    world: &mut World,
    vacancy: &VacancyId,
    cards: &[CardId],
    seats: u32,
) -> Result<String, Refusal> {
    let ask = wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: travel_mode::Value::Coach as i32,
        vehicle: Some(wire::Vehicle { plate: "湘L00001".into(), seats, carrier: "客运".into() }),
        manifest: cards.iter().map(ToString::to_string).collect(),
        ..Default::default()
    };
    world.run(&desk(POINT), Command::OpenDispatch(ask))
}

impl Trip {
    /// A group of `people` for a vacancy of `seats`, opened.
    fn new(seats: u32, people: usize) -> Self {
        let mut world = World::new();
        let cards = world.people(POINT, people);
        let vacancy = world.post(seats);
        let signal = world.raise(&vacancy, POINT, 300);
        world.commit(&signal, &cards).unwrap();
        let dispatch = open(&mut world, &vacancy, &cards, 49).unwrap().parse().unwrap();
        Self { world, vacancy, cards, dispatch }
    }

    fn record(&mut self, who: &Speaker, event: Event) -> Result<String, Refusal> {
        let ask = wire::RecordDispatchEvent { event: Some(event), ..Default::default() };
        let dispatch = self.dispatch.clone();
        self.world.run(who, Command::RecordDispatchEvent { dispatch, ask })
    }

    fn goes(&mut self, who: &Speaker, to: State) -> Result<String, Refusal> {
        self.record(who, Event::Move(to as i32))
    }

    fn people(&mut self, who: &Speaker, cards: &[CardId], to: Person) -> Result<String, Refusal> {
        let cards = cards.iter().map(ToString::to_string).collect();
        self.record(who, Event::People(People { cards, to: to as i32, evidence: 0 }))
    }

    fn figure(&self, figure: Figure) -> i64 {
        self.world.city.ledgers[&self.vacancy].get(figure)
    }
}

#[test]
fn a_group_travels_from_door_to_door() {
    let mut trip = Trip::new(3, 3);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.people(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.people(&factory(), &cards[..2], Person::Onboarded).unwrap();
    assert_eq!(trip.goes(&factory(), State::Closed).unwrap_err().code, Code::DispatchManifest);
    trip.people(&factory(), &cards[2..], Person::NotHired).unwrap();
    trip.goes(&factory(), State::Closed).unwrap();
    let numbers = [Figure::Departed, Figure::Arrived, Figure::Onboarded, Figure::NotHired];
    assert_eq!(numbers.map(|figure| trip.figure(figure)), [3, 3, 2, 1]);
    assert_eq!(trip.figure(Figure::SeatsTaken), 2, "the seat of the one not hired is free again");
}

#[test]
fn only_who_is_due_takes_a_step() {
    let mut trip = Trip::new(3, 2);
    let cards = trip.cards.clone();
    let code = |result: Result<String, Refusal>| result.unwrap_err().code;
    assert_eq!(code(trip.goes(&desk(POINT), State::Accepted)), Code::AuthNotYours);
    assert_eq!(code(trip.goes(&desk(OTHER_POINT), State::Accepted)), Code::DispatchNotFound);
    assert_eq!(code(trip.goes(&operator(), State::Accepted)), Code::AuthNotYours);
    assert_eq!(code(trip.goes(&desk(POINT), State::Departed)), Code::DispatchIllegal);
    trip.goes(&factory(), State::Accepted).unwrap();
    let twice = trip.goes(&factory(), State::Declined).unwrap_err();
    assert_eq!(twice.code, Code::DispatchIllegal);
    assert!(twice.params.contains(&("state", "accepted".into())), "{:?}", twice.params);
    assert_eq!(code(trip.goes(&desk(POINT), State::Departed)), Code::DispatchManifest);
    assert_eq!(code(trip.people(&factory(), &cards, Person::Boarded)), Code::AuthNotYours);
    assert_eq!(code(trip.people(&factory(), &cards, Person::Onboarded)), Code::DispatchIllegal);
}

#[test]
fn a_no_show_is_replaced_without_the_seat_ever_being_free() {
    let mut trip = Trip::new(2, 2);
    let (absent, substitute) = (trip.cards[0].clone(), trip.world.person(POINT));
    trip.goes(&factory(), State::Accepted).unwrap();
    let swap = Substitute { out: absent.to_string(), r#in: substitute.to_string() };
    trip.record(&desk(POINT), Event::Substitute(swap)).unwrap();
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 2);
    assert_eq!((trip.figure(Figure::NoShow), trip.figure(Figure::Substituted)), (1, 1));
    assert!(!trip.world.city.placement(&absent).unwrap().is_bound());
    let boarding = [trip.cards[1].clone(), substitute];
    trip.people(&desk(POINT), &boarding, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
}

#[test]
fn a_no_show_without_a_substitute_frees_the_seat() {
    let mut trip = Trip::new(2, 2);
    let absent = trip.cards[0].clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.people(&desk(POINT), std::slice::from_ref(&absent), Person::NoShow).unwrap();
    assert!(trip.world.city.vacancy(&trip.vacancy).unwrap().wants_people());
    let other = trip.world.person(OTHER_POINT);
    let swap = Substitute { out: absent.to_string(), r#in: other.to_string() };
    let refusal = trip.record(&desk(POINT), Event::Substitute(swap)).unwrap_err();
    assert_eq!(refusal.code, Code::CardNotFound, "a substitute from another register");
}

#[test]
fn a_declined_group_stays_promised_and_may_travel_with_another() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    let twice = open(&mut trip.world, &trip.vacancy.clone(), &cards, 49).unwrap_err();
    assert_eq!(twice.code, Code::DispatchManifest);
    trip.goes(&factory(), State::Declined).unwrap();
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 2);
    open(&mut trip.world, &trip.vacancy.clone(), &cards, 49).unwrap();
}

#[test]
fn cancelling_on_the_road_takes_everybody_home_and_frees_the_seats() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.people(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&operator(), State::Cancelled).unwrap();
    assert_eq!(trip.figure(Figure::Returned), 2);
    assert_eq!(trip.figure(Figure::SeatsTaken), 0);
}

#[test]
fn a_coach_that_never_left_brings_nobody_home_and_counts_no_departure() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.people(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&factory(), State::Cancelled).unwrap();
    assert_eq!((trip.figure(Figure::Boarded), trip.figure(Figure::Departed)), (2, 0));
    assert_eq!((trip.figure(Figure::Returned), trip.figure(Figure::SeatsTaken)), (0, 2));
    open(&mut trip.world, &trip.vacancy.clone(), &cards, 49).unwrap();
}

#[test]
fn who_was_promised_elsewhere_meanwhile_is_not_touched_by_the_old_group() {
    let mut trip = Trip::new(2, 2);
    let (absent, other) = (trip.cards[0].clone(), trip.world.person(POINT));
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.people(&desk(POINT), std::slice::from_ref(&absent), Person::NoShow).unwrap();
    let second = trip.world.post(3);
    let signal = trip.world.raise(&second, POINT, 3);
    trip.world.commit(&signal, std::slice::from_ref(&absent)).unwrap();
    let swap = Substitute { out: absent.to_string(), r#in: other.to_string() };
    let refusal = trip.record(&desk(POINT), Event::Substitute(swap)).unwrap_err();
    assert_eq!(refusal.code, Code::DispatchManifest);
    let placement = trip.world.city.placement(&absent).unwrap();
    assert!(placement.is_bound() && placement.vacancy == second);
}

#[test]
fn a_departure_that_is_out_of_reach_is_refused() {
    let mut world = World::new();
    let cards = world.people(POINT, 1);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 3);
    world.commit(&signal, &cards).unwrap();
    let far = pbjson_types::Timestamp { seconds: 253_402_257_600, nanos: 0 };
    let ask = wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: travel_mode::Value::Alone as i32,
        departs_at: Some(far),
        manifest: vec![cards[0].to_string()],
        ..Default::default()
    };
    let refusal = world.run(&desk(POINT), Command::OpenDispatch(ask)).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::FieldInvalid, Some("/departsAt"))
    );
}

#[test]
fn a_step_that_expects_another_sequence_is_refused() {
    let mut trip = Trip::new(2, 1);
    let current = trip.world.city.dispatch(&trip.dispatch).unwrap().sequence;
    let ask = |expected_sequence| wire::RecordDispatchEvent {
        event: Some(Event::Move(State::Accepted as i32)),
        expected_sequence,
        ..Default::default()
    };
    let dispatch = trip.dispatch.clone();
    let stale = Command::RecordDispatchEvent { dispatch: dispatch.clone(), ask: ask(current - 1) };
    assert_eq!(trip.world.run(&factory(), stale).unwrap_err().code, Code::DispatchSequence);
    let fresh = Command::RecordDispatchEvent { dispatch, ask: ask(current) };
    assert!(trip.world.run(&factory(), fresh).is_ok());
}

#[test]
fn more_people_than_seats_are_refused() {
    let mut world = World::new();
    let cards = world.people(POINT, 3);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 300);
    world.commit(&signal, &cards).unwrap();
    assert_eq!(open(&mut world, &vacancy, &cards, 2).unwrap_err().code, Code::DispatchSeats);
}
