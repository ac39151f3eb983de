//! Groups on the way: every step by whom it is due, in its order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{
        self, dispatch_state::Value as State, evidence::Value as Evidence,
        placement_state::Value as Person, record_dispatch_event::Event, travel_mode::Value as Mode,
    },
};
use gongqiao_domain::{decide::Command, ledger::Figure};
use world::{
    OTHER_POINT, POINT, World, desk, factory, names, operator,
    trip::{Trip, coach, open_command, promised},
};

/// Opens another group of these people.
fn reopen(trip: &mut Trip, cards: &[CardId]) -> Result<String, Refusal> {
    let ask = coach(&trip.vacancy, cards, 49);
    trip.world.run(&desk(POINT), open_command(ask))
}

#[test]
fn a_group_travels_from_door_to_door() {
    let mut trip = Trip::new(3, 3);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.come_to_on(&factory(), &cards[..2], Person::Onboarded, Evidence::EnterpriseList).unwrap();
    assert_eq!(trip.goes(&factory(), State::Closed).unwrap_err().code, Code::DispatchNotEnded);
    trip.come_to(&factory(), &cards[2..], Person::NotHired).unwrap();
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
    assert_eq!(code(trip.goes(&desk(POINT), State::Departed)), Code::DispatchNotBoarded);
    assert_eq!(code(trip.come_to(&factory(), &cards, Person::Boarded)), Code::AuthNotYours);
    assert_eq!(code(trip.come_to(&factory(), &cards, Person::Onboarded)), Code::DispatchIllegal);
}

#[test]
fn a_no_show_is_replaced_without_the_seat_ever_being_free() {
    let mut trip = Trip::new(2, 2);
    let (absent, substitute) = (trip.cards[0].clone(), trip.world.person(POINT));
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.swap(&desk(POINT), &absent, &substitute).unwrap();
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 2);
    assert_eq!((trip.figure(Figure::NoShow), trip.figure(Figure::Substituted)), (1, 1));
    assert!(!trip.world.city.placement(&absent).unwrap().is_bound());
    let boarding = [trip.cards[1].clone(), substitute];
    trip.come_to(&desk(POINT), &boarding, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
}

#[test]
fn a_no_show_without_a_substitute_frees_the_seat() {
    let mut trip = Trip::new(2, 2);
    let absent = trip.cards[0].clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), std::slice::from_ref(&absent), Person::NoShow).unwrap();
    assert!(trip.world.city.vacancy(&trip.vacancy).unwrap().wants_people());
    let other = trip.world.person(OTHER_POINT);
    let refusal = trip.swap(&desk(POINT), &absent, &other).unwrap_err();
    assert_eq!(refusal.code, Code::CardNotFound, "a substitute from another register");
}

#[test]
fn a_declined_group_stays_promised_and_may_travel_with_another() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    let twice = reopen(&mut trip, &cards).unwrap_err();
    assert_eq!(twice.code, Code::CardOnGroup);
    assert!(twice.params.contains(&("dispatch", trip.dispatch.to_string())), "{twice:?}");
    trip.goes(&factory(), State::Declined).unwrap();
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 2);
    reopen(&mut trip, &cards).unwrap();
}

#[test]
fn cancelling_on_the_road_takes_everybody_home_and_frees_the_seats() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
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
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&factory(), State::Cancelled).unwrap();
    assert_eq!((trip.figure(Figure::Boarded), trip.figure(Figure::Departed)), (2, 0));
    assert_eq!((trip.figure(Figure::Returned), trip.figure(Figure::SeatsTaken)), (0, 2));
    reopen(&mut trip, &cards).unwrap();
}

#[test]
fn who_was_promised_elsewhere_meanwhile_is_not_touched_by_the_old_group() {
    let mut trip = Trip::new(2, 2);
    let (absent, other) = (trip.cards[0].clone(), trip.world.person(POINT));
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), std::slice::from_ref(&absent), Person::NoShow).unwrap();
    let second = trip.world.post(3);
    let signal = trip.world.raise(&second, POINT, 3);
    trip.world.commit(&signal, std::slice::from_ref(&absent)).unwrap();
    let refusal = trip.swap(&desk(POINT), &absent, &other).unwrap_err();
    assert_eq!(refusal.code, Code::CardElsewhere);
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
        mode: Mode::Alone as i32,
        departs_at: Some(far),
        manifest: vec![cards[0].to_string()],
        ..Default::default()
    };
    let refusal = world.run(&desk(POINT), open_command(ask)).unwrap_err();
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
    assert_eq!(
        world.run(&desk(POINT), open_command(coach(&vacancy, &cards, 2))).unwrap_err().code,
        Code::DispatchSeats
    );
}

#[test]
fn being_at_work_rests_on_what_the_speaker_can_have_seen() {
    let mut trip = Trip::new(4, 4);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    let mut onboarded = |who, card: usize, evidence| {
        let card = &cards[card..=card];
        trip.come_to_on(who, card, Person::Onboarded, evidence).map_err(|r| (r.code, r.pointer))
    };
    let (point, plant) = (desk(POINT), factory());
    let at = |code| Err((code, Some("/people/evidence".to_owned())));
    for who in [&point, &plant] {
        assert_eq!(onboarded(who, 0, Evidence::Unspecified), at(Code::EvidenceRequired));
        assert_eq!(onboarded(who, 0, Evidence::RollCall), at(Code::EvidenceUnsuited));
    }
    assert_eq!(onboarded(&point, 0, Evidence::EnterpriseList), at(Code::EvidenceUnsuited));
    assert_eq!(onboarded(&plant, 0, Evidence::WorkerCall), at(Code::EvidenceUnsuited));
    assert!(onboarded(&plant, 0, Evidence::EnterpriseList).is_ok());
    assert!(onboarded(&point, 1, Evidence::WorkerCall).is_ok());
    assert!(onboarded(&point, 2, Evidence::InsuranceRecord).is_ok());
    let told = |card: usize| trip.world.city.employments.last_of(&cards[card]).unwrap().1.evidence;
    let expected = [Evidence::EnterpriseList, Evidence::WorkerCall, Evidence::InsuranceRecord];
    assert_eq!([0, 1, 2].map(told), expected.map(|one| one as i32));
}

#[test]
fn every_step_says_what_it_rests_on() {
    let mut trip = Trip::new(3, 3);
    let cards = trip.cards.clone();
    let evidence = |trip: &mut Trip, who, event| -> Vec<Evidence> {
        let ask = wire::RecordDispatchEvent { event: Some(event), ..Default::default() };
        let command = Command::RecordDispatchEvent { dispatch: trip.dispatch.clone(), ask };
        let decision = trip.world.decide(who, &command).unwrap();
        trip.world.run(who, command).unwrap();
        let moved = decision.events.into_iter().filter_map(|(_, body)| match body {
            wire::fact::Body::PlacementMoved(e) => Some(e.evidence()),
            wire::fact::Body::DispatchMoved(e) => Some(e.evidence()),
            _ => None,
        });
        moved.collect()
    };
    let people = |cards: &[_], to: Person| {
        let (cards, to) = (names(cards), to as i32);
        Event::People(wire::record_dispatch_event::People { cards, to, evidence: 0 })
    };
    let (point, plant) = (desk(POINT), factory());
    evidence(&mut trip, &plant, Event::Move(State::Accepted as i32));
    assert_eq!(
        evidence(&mut trip, &point, people(&cards, Person::Boarded)),
        [Evidence::RollCall; 3]
    );
    let departed = evidence(&mut trip, &point, Event::Move(State::Departed as i32));
    assert_eq!(departed, [Evidence::RollCall]);
    let left = evidence(&mut trip, &point, people(&cards[..1], Person::LeftEnRoute));
    assert_eq!(left, [Evidence::Attendant]);
    let arrived = evidence(&mut trip, &plant, Event::Move(State::Arrived as i32));
    assert_eq!(arrived, [Evidence::Handover; 3]);
    let not_hired = evidence(&mut trip, &plant, people(&cards[1..2], Person::NotHired));
    assert_eq!(not_hired, [Evidence::EnterpriseNotice]);
    let declined = evidence(&mut trip, &point, people(&cards[2..], Person::Declined));
    assert_eq!(declined, [Evidence::WorkerCall]);
}

#[test]
fn who_changed_post_may_still_end_or_return_and_is_not_free_meanwhile() {
    let mut trip = Trip::new(2, 2);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.come_to_on(&factory(), &cards, Person::Onboarded, Evidence::EnterpriseList).unwrap();
    trip.come_to(&factory(), &cards, Person::Transferred).unwrap();
    let second = trip.world.post(3);
    let signal = trip.world.raise(&second, POINT, 3);
    let held = trip.world.commit(&signal, &cards[..1]).unwrap_err();
    assert_eq!(held.code, Code::CardHeld);
    trip.come_to_on(&factory(), &cards[..1], Person::Ended, Evidence::EnterpriseNotice).unwrap();
    trip.come_to(&desk(POINT), &cards[1..], Person::Returned).unwrap();
    assert_eq!((trip.figure(Figure::Ended), trip.figure(Figure::Returned)), (1, 1));
    trip.world.commit(&signal, &cards[..1]).unwrap();
}

#[test]
fn who_travels_alone_needs_no_vehicle_and_no_roll_call() {
    let mut world = World::new();
    let vacancy = world.post(3);
    let cards = promised(&mut world, &vacancy, POINT, 3);
    let alone = wire::OpenDispatch {
        mode: Mode::Alone as i32,
        vehicle: None,
        ..coach(&vacancy, &cards, 0)
    };
    let with_coach =
        wire::OpenDispatch { vehicle: coach(&vacancy, &cards, 9).vehicle, ..alone.clone() };
    let refused = world.run(&desk(POINT), open_command(with_coach)).unwrap_err();
    assert_eq!((refused.code, refused.pointer.as_deref()), (Code::FieldInvalid, Some("/vehicle")));
    let dispatch = world.run(&desk(POINT), open_command(alone)).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let cards = trip.cards.clone();
    assert_eq!(trip.group().opened.warnings, Vec::<i32>::new());
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards[2..], Person::Declined).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    assert_eq!((trip.figure(Figure::Boarded), trip.figure(Figure::Departed)), (2, 2));
    trip.come_to(&factory(), &cards[..1], Person::Arrived).unwrap();
    trip.come_to(&desk(POINT), &cards[1..2], Person::LeftEnRoute).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    assert_eq!((trip.figure(Figure::Arrived), trip.figure(Figure::LeftEnRoute)), (1, 1));
}

#[test]
fn each_mode_says_what_it_travels_in() {
    let mut world = World::new();
    let vacancy = world.post(5);
    let cards = promised(&mut world, &vacancy, POINT, 3);
    let plate = |plate: &str, seats| {
        Some(wire::Vehicle { plate: plate.into(), seats, carrier: String::new() })
    };
    let mut opened = |mode: Mode, vehicle| {
        let ask = wire::OpenDispatch { mode: mode as i32, vehicle, ..coach(&vacancy, &cards, 9) };
        let decided = world.decide(&desk(POINT), &open_command(ask));
        decided.map(drop).map_err(|r| (r.code, r.pointer.unwrap_or_default()))
    };
    let refused = |code, at: &str| Err((code, at.to_owned()));
    assert_eq!(opened(Mode::Coach, None), refused(Code::FieldRequired, "/vehicle"));
    let seatless = opened(Mode::Coach, plate("L00001", 0));
    assert_eq!(seatless, refused(Code::FieldRequired, "/vehicle/seats"));
    assert_eq!(opened(Mode::Train, None), refused(Code::FieldRequired, "/vehicle"));
    let numberless = opened(Mode::Train, plate("", 0));
    assert_eq!(numberless, refused(Code::FieldRequired, "/vehicle/plate"));
    let named = opened(Mode::Coach, plate("测试甲", 9));
    assert_eq!(named, refused(Code::FieldInvalid, "/vehicle/plate"));
    let crowded = opened(Mode::EnterprisePickup, plate("L00001", 2));
    assert_eq!(crowded, refused(Code::DispatchSeats, "/vehicle/seats"));
    assert_eq!(opened(Mode::Train, plate("K9075", 0)), Ok(()));
    assert_eq!(opened(Mode::EnterprisePickup, None), Ok(()));
    assert_eq!(opened(Mode::Coach, plate("湘L·00001", 3)), Ok(()));
}

#[test]
fn a_coach_does_not_leave_empty() {
    let mut trip = Trip::new(1, 1);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::NoShow).unwrap();
    assert_eq!(trip.goes(&desk(POINT), State::Departed).unwrap_err().code, Code::DispatchEmpty);
    trip.goes(&desk(POINT), State::Cancelled).unwrap();
}

#[test]
fn a_card_that_is_not_on_the_manifest_is_said_to_be_so_with_its_place() {
    let mut trip = Trip::new(3, 2);
    let cards = [trip.cards[0].clone(), trip.world.person(POINT)];
    trip.goes(&factory(), State::Accepted).unwrap();
    let refusal = trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap_err();
    assert_eq!(refusal.code, Code::DispatchNotOnIt);
    assert_eq!(refusal.pointer.as_deref(), Some("/people/cards/1"));
    assert!(refusal.detail(gongqiao_contract::Lang::Zh).contains(trip.dispatch.as_str()));
}

#[test]
fn a_promise_keeps_its_point_and_its_flag_through_every_group() {
    let mut trip = Trip::new(1, 1);
    let card = trip.cards[0].clone();
    let held = wire::Held {
        card: card.to_string(),
        vacancy: trip.vacancy.to_string(),
        point: POINT.into(),
        minor: true,
        ..Default::default()
    };
    let entity = gongqiao_contract::subject::Entity::Placement(card.clone());
    trip.world.store(&entity, &desk(POINT), Some(wire::fact::Body::Held(held)), 1);
    let desk_of_all = desk("431021001000");
    trip.world.register_party("431021001000", wire::party_kind::Value::ServicePoint).unwrap();
    let ask = coach(&trip.vacancy.clone(), std::slice::from_ref(&card), 9);
    let opened: gongqiao_contract::id::DispatchId =
        trip.world.run(&desk_of_all, open_command(ask)).unwrap().parse().unwrap();
    let placement = trip.world.city.placement(&card).unwrap();
    assert_eq!((placement.point.as_str(), placement.minor), (POINT, true));
    let rider = &trip.world.city.dispatch(&opened).unwrap().manifest[&card];
    assert_eq!((rider.point.as_str(), rider.minor), (POINT, true));
    let cancel = wire::RecordDispatchEvent {
        event: Some(Event::Move(State::Cancelled as i32)),
        ..Default::default()
    };
    let cancel = Command::RecordDispatchEvent { dispatch: opened, ask: cancel };
    trip.world.run(&desk_of_all, cancel).unwrap();
    assert!(trip.world.city.placement(&card).unwrap().minor, "lost with the cancelled group");
}

#[test]
fn who_travels_alone_arrives_one_by_one_or_never_and_the_enterprise_is_reminded() {
    let mut world = World::new();
    let vacancy = world.post(3);
    let cards = promised(&mut world, &vacancy, POINT, 3);
    let alone = wire::OpenDispatch {
        mode: Mode::Alone as i32,
        vehicle: None,
        ..coach(&vacancy, &cards, 0)
    };
    let dispatch = world.run(&desk(POINT), open_command(alone)).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    assert_eq!(trip.goes(&factory(), State::Arrived).unwrap_err().code, Code::DispatchNotArrived);
    trip.come_to(&factory(), &cards[..1], Person::Arrived).unwrap();
    trip.world.now += time::Duration::hours(71);
    assert!(trip.group().to_chase(trip.world.now).is_empty());
    trip.world.now += time::Duration::hours(1);
    assert_eq!(trip.group().to_chase(trip.world.now).len(), 3, "two on the way, one not at work");
    trip.come_to(&factory(), &cards[1..2], Person::NoShow).unwrap();
    let vacancy = trip.world.city.vacancy(&trip.vacancy).unwrap();
    assert_eq!(vacancy.taken(), 2, "the seat of who never came is free again");
    trip.come_to(&factory(), &cards[2..], Person::Arrived).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
}
