//! One coach for the people of several points: who joins, who gets on at the
//! door, which groups travel together, and who may say what about whom.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, DispatchId, VacancyId},
    wire::{
        self,
        boarding_refusal::Value as Turned,
        dispatch_state::Value as State,
        party_kind,
        placement_state::Value as Person,
        record_dispatch_event::{self as asked, Event},
        travel_mode::Value as Mode,
        travel_warning::Value as Warning,
    },
};
use gongqiao_domain::{
    decide::{SealedCrew, Speaker, check_crew, warnings},
    entity::timestamp,
    ledger::Figure,
};
use time::{Duration, macros::datetime};
use world::{
    OTHER_POINT, POINT, World, desk, factory, names, operator, service,
    trip::{Trip, coach, open_command, promised},
};

/// The desk of the township of both points.
const TOWNSHIP: &str = "431021001000";
/// A village of another township.
const ELSEWHERE: &str = "431021002001";

fn open(
    world: &mut World,
    vacancy: &VacancyId,
    cards: &[CardId],
    seats: u32,
) -> Result<String, Refusal> {
    world.run(&desk(POINT), open_command(coach(vacancy, cards, seats)))
}

fn point(world: &mut World, code: &str) {
    world.register_party(code, party_kind::Value::ServicePoint).unwrap();
}

fn stop(point: &str, serves: &[&str]) -> wire::Stop {
    let serves = serves.iter().map(|one| (*one).to_owned()).collect();
    wire::Stop { point: point.into(), serves, ..Default::default() }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Code {
    result.unwrap_err().code
}

fn at<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (Code, String) {
    let refusal = result.unwrap_err();
    (refusal.code, refusal.pointer.unwrap_or_default())
}

#[test]
fn another_point_joins_with_its_own_promised_people_and_names_a_stop() {
    let mut trip = Trip::new(10, 2);
    let vacancy = trip.vacancy.clone();
    let theirs = promised(&mut trip.world, &vacancy, OTHER_POINT, 2);
    let strangers = trip.world.people(OTHER_POINT, 1);
    let other = desk(OTHER_POINT);
    assert_eq!(code(trip.join(&other, &strangers, None)), Code::DispatchNotFound);
    let mixed = [theirs[0].clone(), strangers[0].clone()];
    assert_eq!(
        at(trip.join(&other, &mixed, None)),
        (Code::CardNotPromised, "/join/cards/1".into())
    );
    trip.join(&other, &theirs, Some(stop(OTHER_POINT, &[]))).unwrap();
    assert_eq!(code(trip.join(&other, &theirs, None)), Code::CardOnGroup);
    let group = trip.group();
    assert_eq!(group.riding(), 4);
    assert!(theirs.iter().all(|card| group.manifest[card].point.as_str() == OTHER_POINT));
    assert_eq!(group.stop_of(&OTHER_POINT.parse().unwrap()).unwrap().point, OTHER_POINT);
    let placement = trip.world.city.placement(&theirs[0]).unwrap();
    assert_eq!(placement.dispatch.as_ref(), Some(&trip.dispatch));
    assert!(trip.world.city.index.loose_holds.is_empty());
}

#[test]
fn a_stop_serves_the_points_that_get_on_there() {
    let mut trip = Trip::new(10, 1);
    point(&mut trip.world, ELSEWHERE);
    let vacancy = trip.vacancy.clone();
    let others = promised(&mut trip.world, &vacancy, OTHER_POINT, 1);
    let far = promised(&mut trip.world, &vacancy, ELSEWHERE, 1);
    let at_eight = wire::Stop {
        at: Some(timestamp(datetime!(2021-07-19 00:00 UTC))),
        ..stop(OTHER_POINT, &[])
    };
    trip.join(&desk(OTHER_POINT), &others, Some(at_eight.clone())).unwrap();
    // The same stop again, for people of another village.
    let later = wire::Stop { at: Some(timestamp(datetime!(2021-07-19 01:00 UTC))), ..at_eight };
    let moved = trip.join(&desk(ELSEWHERE), &far, Some(later));
    assert_eq!(at(moved), (Code::FieldInvalid, "/join/stop/at".into()));
    let nowhere = trip.join(&desk(ELSEWHERE), &far, Some(stop("431021009009", &[])));
    assert_eq!(at(nowhere), (Code::PartyNotFound, "/join/stop/point".into()));
    trip.join(&desk(ELSEWHERE), &far, Some(stop(OTHER_POINT, &[]))).unwrap();
    let group = trip.group();
    assert_eq!(group.stops.len(), 1, "a stop stands twice: {:?}", group.stops);
    let there = group.stop_of(&ELSEWHERE.parse().unwrap()).unwrap();
    assert_eq!(there.point, OTHER_POINT);
    assert_eq!(there.at, Some(timestamp(datetime!(2021-07-19 00:00 UTC))));
}

#[test]
fn whoever_joins_needs_a_seat_and_so_does_the_attendant() {
    let mut world = World::new();
    let vacancy = world.post(10);
    let own = promised(&mut world, &vacancy, POINT, 2);
    let others = promised(&mut world, &vacancy, OTHER_POINT, 2);
    let crew = SealedCrew {
        dispatch: "dsp_crew".parse().unwrap(),
        sealed: wire::Sealed::default(),
        drivers: 2,
        attendant: true,
    };
    let open = |seats| gongqiao_domain::decide::Command::OpenDispatch {
        ask: coach(&vacancy, &own, seats),
        crew: Some(crew.clone()),
    };
    assert_eq!(code(world.run(&desk(POINT), open(2))), Code::DispatchSeats);
    let dispatch: DispatchId = world.run(&desk(POINT), open(4)).unwrap().parse().unwrap();
    assert_eq!(dispatch, crew.dispatch);
    let mut trip = Trip { world, vacancy, cards: own, dispatch };
    let refused = trip.join(&desk(OTHER_POINT), &others, None);
    assert_eq!(at(refused), (Code::DispatchSeats, "/join/cards".into()));
    trip.join(&desk(OTHER_POINT), &others[..1], None).unwrap();
    assert_eq!(trip.group().seats_left(), Some(0));
    // A seat that somebody gives up is free again.
    trip.come_to(&desk(OTHER_POINT), &others[..1], Person::Declined).unwrap();
    trip.join(&desk(OTHER_POINT), &others[1..], None).unwrap();
}

#[test]
fn nobody_joins_a_group_that_has_left_or_is_over() {
    let mut trip = Trip::new(10, 1);
    let (vacancy, own) = (trip.vacancy.clone(), trip.cards.clone());
    let others = promised(&mut trip.world, &vacancy, OTHER_POINT, 1);
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &own, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    assert_eq!(
        at(trip.join(&desk(OTHER_POINT), &others, None)),
        (Code::DispatchIllegal, "/join".into())
    );
}

#[test]
fn each_point_records_for_its_own_people_and_the_one_that_leads_for_everybody() {
    let mut trip = Trip::new(10, 2);
    let (vacancy, own) = (trip.vacancy.clone(), trip.cards.clone());
    let theirs = promised(&mut trip.world, &vacancy, OTHER_POINT, 3);
    let other = desk(OTHER_POINT);
    trip.join(&other, &theirs, None).unwrap();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&other, &theirs[..1], Person::Boarded).unwrap();
    let refused = trip.come_to(&other, &own[..1], Person::Boarded);
    assert_eq!(at(refused), (Code::AuthNotYours, "/people/cards/0".into()));
    assert_eq!(code(trip.come_to(&operator(), &own, Person::Boarded)), Code::AuthNotYours);
    trip.come_to(&desk(POINT), &theirs[1..2], Person::NoShow).unwrap();
    assert_eq!(code(trip.goes(&desk(POINT), State::Departed)), Code::DispatchNotBoarded);
    trip.come_to(&desk(POINT), &own, Person::Boarded).unwrap();
    trip.come_to(&desk(POINT), &theirs[2..], Person::Boarded).unwrap();
    for stop in [State::Departed, State::Cancelled] {
        assert_eq!(code(trip.goes(&other, stop)), Code::AuthNotYours);
    }
    trip.goes(&desk(POINT), State::Departed).unwrap();
    assert_eq!(trip.figure(Figure::Departed), 4);
    trip.come_to(&other, &theirs[..1], Person::LeftEnRoute).unwrap();
    trip.goes(&operator(), State::Cancelled).unwrap();
    assert_eq!((trip.figure(Figure::Returned), trip.figure(Figure::SeatsTaken)), (3, 0));
}

#[test]
fn a_townships_desk_sends_the_people_of_its_villages_and_no_others() {
    let mut world = World::new();
    for code in [TOWNSHIP, ELSEWHERE] {
        point(&mut world, code);
    }
    let vacancy = world.post(10);
    let mut cards = promised(&mut world, &vacancy, POINT, 1);
    cards.extend(promised(&mut world, &vacancy, OTHER_POINT, 1));
    let far = promised(&mut world, &vacancy, ELSEWHERE, 1);
    let all = [cards.clone(), far].concat();
    let desk_of_all = desk(TOWNSHIP);
    let refused = world.run(&desk_of_all, open_command(coach(&vacancy, &all, 9)));
    assert_eq!(at(refused), (Code::CardNotFound, "/manifest/2".into()));
    let by_village = world.run(&desk(POINT), open_command(coach(&vacancy, &cards, 9)));
    assert_eq!(at(by_village), (Code::CardNotFound, "/manifest/1".into()));
    let ask = open_command(coach(&vacancy, &cards, 9));
    let dispatch = world.run(&desk_of_all, ask).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    // A village records for its own; its township for all.
    trip.come_to(&desk(POINT), &cards[..1], Person::Boarded).unwrap();
    let substitute = trip.world.person(POINT);
    trip.swap(&desk_of_all, &cards[1], &substitute).unwrap();
    assert_eq!(trip.group().manifest[&substitute].point.as_str(), POINT);
    trip.come_to(&desk_of_all, &[substitute], Person::Boarded).unwrap();
    trip.goes(&desk_of_all, State::Departed).unwrap();
}

#[test]
fn the_bureau_opens_a_coach_for_several_points_and_the_first_stop_leads() {
    let mut world = World::new();
    let vacancy = world.post(10);
    let mut cards = promised(&mut world, &vacancy, POINT, 1);
    cards.extend(promised(&mut world, &vacancy, OTHER_POINT, 1));
    let ask = wire::OpenDispatch {
        stops: vec![stop(OTHER_POINT, &[POINT])],
        ..coach(&vacancy, &cards, 9)
    };
    let dispatch = world.run(&operator(), open_command(ask)).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let cards = trip.cards.clone();
    assert_eq!(trip.group().point.as_str(), OTHER_POINT);
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(OTHER_POINT), &cards, Person::Boarded).unwrap();
    assert_eq!(code(trip.goes(&desk(POINT), State::Departed)), Code::AuthNotYours);
    trip.goes(&desk(OTHER_POINT), State::Departed).unwrap();
}

#[test]
fn somebody_who_walks_up_gets_on_if_free_and_fitting_and_a_seat_is_left() {
    let mut trip = Trip::new(4, 3);
    let own = trip.cards.clone();
    let late = trip.world.people(POINT, 2);
    let point = desk(POINT);
    assert_eq!(code(trip.walk_in(&point, &late[..1])), Code::DispatchIllegal, "not accepted yet");
    trip.goes(&factory(), State::Accepted).unwrap();
    let full = trip.walk_in(&point, &late).unwrap_err();
    assert_eq!((full.code, full.pointer.as_deref()), (Code::VacancyFull, Some("/walkIn/cards")));
    let foreign = trip.world.people(OTHER_POINT, 1);
    assert_eq!(at(trip.walk_in(&point, &foreign)), (Code::CardNotFound, "/walkIn/cards/0".into()));
    assert_eq!(code(trip.walk_in(&point, &own[..1])), Code::CardHeld);
    trip.walk_in(&point, &late[..1]).unwrap();
    assert_eq!((trip.figure(Figure::Committed), trip.figure(Figure::Boarded)), (4, 1));
    let group = trip.group();
    assert_eq!(group.manifest[&late[0]].state(), Person::Boarded);
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 4);
    trip.come_to(&point, &own, Person::Boarded).unwrap();
    trip.goes(&point, State::Departed).unwrap();
    assert_eq!(code(trip.walk_in(&point, &late[1..])), Code::DispatchIllegal);
}

#[test]
fn somebody_promised_who_stands_on_no_list_walks_up_and_takes_no_second_seat() {
    let mut trip = Trip::new(4, 2);
    let vacancy = trip.vacancy.clone();
    let loose = promised(&mut trip.world, &vacancy, POINT, 1);
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.walk_in(&desk(POINT), &loose).unwrap();
    assert_eq!((trip.figure(Figure::Committed), trip.figure(Figure::SeatsTaken)), (3, 3));
}

#[test]
fn a_full_coach_takes_nobody_at_the_door() {
    let mut world = World::new();
    let vacancy = world.post(9);
    let cards = promised(&mut world, &vacancy, POINT, 2);
    let dispatch = open(&mut world, &vacancy, &cards, 2).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let late = trip.world.people(POINT, 1);
    trip.goes(&factory(), State::Accepted).unwrap();
    assert_eq!(
        at(trip.walk_in(&desk(POINT), &late)),
        (Code::DispatchSeats, "/walkIn/cards".into())
    );
    let absent = trip.cards[..1].to_vec();
    trip.come_to(&desk(POINT), &absent, Person::NoShow).unwrap();
    trip.walk_in(&desk(POINT), &late).unwrap();
    // The late one may not be replaced any more: the coach is full again.
    let other = trip.world.person(POINT);
    assert_eq!(code(trip.swap(&desk(POINT), &absent[0], &other)), Code::DispatchSeats);
}

#[test]
fn whoever_is_turned_away_is_counted_and_free_again() {
    let mut trip = Trip::new(4, 3);
    let cards = trip.cards.clone();
    let turned = |card: &str, reason: Turned| {
        let card = card.to_owned();
        Event::RefuseBoarding(asked::RefuseBoarding { reason: reason as i32, card })
    };
    let (point, other) = (desk(POINT), desk(OTHER_POINT));
    trip.goes(&factory(), State::Accepted).unwrap();
    let reasonless = trip.record(&point, turned("", Turned::Unspecified));
    assert_eq!(at(reasonless), (Code::FieldRequired, "/refuseBoarding/reason".into()));
    assert_eq!(code(trip.record(&other, turned("", Turned::NoId))), Code::DispatchNotFound);
    assert_eq!(code(trip.record(&factory(), turned("", Turned::NoId))), Code::AuthNotYours);
    trip.record(&point, turned("", Turned::NoId)).unwrap();
    assert_eq!((trip.figure(Figure::RefusedBoarding), trip.figure(Figure::SeatsTaken)), (1, 3));
    trip.record(&point, turned(cards[0].as_str(), Turned::Unfit)).unwrap();
    assert_eq!((trip.figure(Figure::RefusedBoarding), trip.figure(Figure::SeatsTaken)), (2, 2));
    assert_eq!(trip.figure(Figure::Released), 1);
    let placement = trip.world.city.placement(&cards[0]).unwrap();
    assert_eq!(placement.state(), Person::Released);
    assert_eq!(trip.group().manifest[&cards[0]].state(), Person::Released);
    assert_eq!(trip.group().refused, 2);
    trip.come_to(&point, &cards[1..2], Person::Boarded).unwrap();
    let seated = trip.record(&point, turned(cards[1].as_str(), Turned::Unfit));
    assert_eq!(at(seated), (Code::PlacementIllegal, "/refuseBoarding/card".into()));
    let foreign = trip.world.person(OTHER_POINT);
    let foreign = trip.record(&point, turned(foreign.as_str(), Turned::NoId));
    assert_eq!(at(foreign), (Code::CardNotFound, "/refuseBoarding/card".into()));
    trip.come_to(&point, &cards[2..], Person::Boarded).unwrap();
    trip.goes(&point, State::Departed).unwrap();
}

/// Two small groups for one vacancy: the host's, and the guest of another point.
fn two_groups(seats: u32) -> (Trip, DispatchId, Vec<CardId>) {
    let mut world = World::new();
    let vacancy = world.post(20);
    let cards = promised(&mut world, &vacancy, POINT, 3);
    let guests = promised(&mut world, &vacancy, OTHER_POINT, 2);
    let dispatch = open(&mut world, &vacancy, &cards, seats).unwrap().parse().unwrap();
    let ask =
        wire::OpenDispatch { stops: vec![stop(OTHER_POINT, &[])], ..coach(&vacancy, &guests, 9) };
    let guest = world.run(&desk(OTHER_POINT), open_command(ask)).unwrap().parse().unwrap();
    (Trip { world, vacancy, cards, dispatch }, guest, guests)
}

fn propose(guests: &[&DispatchId]) -> Event {
    let guests = guests.iter().map(|guest| guest.to_string()).collect();
    Event::Propose(asked::Propose { guests })
}

fn merge(into: &DispatchId) -> Event {
    Event::Merge(asked::Merge { into: into.to_string() })
}

#[test]
fn small_groups_travel_together_when_the_guests_clerk_says_so() {
    let (mut trip, guest, theirs) = two_groups(9);
    let host = trip.dispatch.clone();
    let other = desk(OTHER_POINT);
    let early = trip.record_on(&guest, &other, merge(&host));
    assert_eq!(at(early), (Code::DispatchNotProposed, "/merge/into".into()));
    assert_eq!(code(trip.record(&operator(), propose(&[&guest]))), Code::AuthKind);
    trip.record(&service(), propose(&[&guest])).unwrap();
    assert_eq!(code(trip.record(&service(), propose(&[&guest]))), Code::FieldInvalid);
    assert_eq!(code(trip.record_on(&guest, &desk(POINT), merge(&host))), Code::DispatchNotFound);
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.record_on(&guest, &other, merge(&host)).unwrap();

    let group = trip.group();
    assert_eq!((group.riding(), group.proposed.len()), (5, 0));
    assert_eq!(group.stop_of(&OTHER_POINT.parse().unwrap()).unwrap().point, OTHER_POINT);
    let left = trip.world.city.dispatch(&guest).unwrap();
    assert_eq!((left.state(), left.merged_into.as_ref()), (State::Cancelled, Some(&host)));
    assert_eq!(left.riding(), 0);
    for card in &theirs {
        assert_eq!(trip.world.city.placement(card).unwrap().dispatch.as_ref(), Some(&host));
    }
    assert_eq!(trip.world.city.vacancy(&trip.vacancy).unwrap().taken(), 5);
    // From now on they are recorded with the host.
    let gone = trip.record_on(&guest, &factory(), Event::Move(State::Accepted as i32));
    assert_eq!(code(gone), Code::DispatchIllegal);
    trip.come_to(&other, &theirs, Person::Boarded).unwrap();
}

#[test]
fn groups_do_not_merge_without_room_after_boarding_or_across_vacancies() {
    let (mut trip, guest, theirs) = two_groups(4);
    let host = trip.dispatch.clone();
    let other = desk(OTHER_POINT);
    trip.record(&service(), propose(&[&guest])).unwrap();
    let crowded = trip.record_on(&guest, &other, merge(&host));
    assert_eq!(at(crowded), (Code::DispatchSeats, "/merge/into".into()));

    let second = trip.world.post(9);
    let cards = promised(&mut trip.world, &second, POINT, 1);
    let stranger = open(&mut trip.world, &second, &cards, 9).unwrap().parse().unwrap();
    let across = trip.record(&service(), propose(&[&stranger]));
    assert_eq!(at(across), (Code::DispatchNotFound, "/propose/guests/0".into()));

    let (mut trip, guest, _) = two_groups(9);
    let host = trip.dispatch.clone();
    trip.record(&service(), propose(&[&guest])).unwrap();
    trip.record_on(&guest, &factory(), Event::Move(State::Accepted as i32)).unwrap();
    let boarded = asked::People { cards: names(&theirs), to: Person::Boarded as i32, evidence: 0 };
    trip.record_on(&guest, &other, Event::People(boarded)).unwrap();
    let seated = trip.record_on(&guest, &other, merge(&host));
    assert_eq!(at(seated), (Code::PlacementIllegal, "/merge".into()));
}

#[test]
fn the_enterprise_is_reminded_after_three_days_and_every_three_days_of_the_missing() {
    let mut trip = Trip::new(3, 3);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.come_to(&factory(), &cards[..1], Person::NotHired).unwrap();
    let chase = || Event::Chase(asked::Chase {});
    trip.world.now += Duration::hours(71);
    assert_eq!(code(trip.record(&service(), chase())), Code::DispatchIllegal);
    trip.world.now += Duration::HOUR;
    assert_eq!(code(trip.record(&operator(), chase())), Code::AuthKind);
    assert_eq!(trip.group().to_chase(trip.world.now).len(), 2);
    trip.record(&service(), chase()).unwrap();
    assert_eq!(trip.group().chased_at, Some(trip.world.now));
    trip.world.now += Duration::hours(71);
    assert_eq!(code(trip.record(&service(), chase())), Code::DispatchIllegal);
    trip.world.now += Duration::HOUR;
    trip.record(&service(), chase()).unwrap();
    trip.come_to(&factory(), &cards[1..], Person::NotHired).unwrap();
    trip.world.now += Duration::days(4);
    assert!(trip.group().to_chase(trip.world.now).is_empty(), "nobody is missing any more");
}

/// What a group of 30 is warned of, leaving and arriving at these moments.
fn warned_of(change: impl FnOnce(&mut wire::OpenDispatch)) -> Vec<Warning> {
    let mut world = World::new();
    let vacancy = world.post(40);
    let cards = promised(&mut world, &vacancy, POINT, 30);
    let mut ask = wire::OpenDispatch {
        stops: vec![stop(POINT, &[])],
        departs_at: Some(timestamp(datetime!(2021-07-19 08:00 +8))),
        arrives_at: Some(timestamp(datetime!(2021-07-19 12:00 +8))),
        ..coach(&vacancy, &cards, 49)
    };
    change(&mut ask);
    let decision = world.decide(&desk(POINT), &open_command(ask.clone())).unwrap();
    let dispatch = world.run(&desk(POINT), open_command(ask)).unwrap().parse().unwrap();
    let group = world.city.dispatch(&dispatch).unwrap();
    let terms = &world.city.vacancy(&vacancy).unwrap().terms;
    let now = warnings(group, terms);
    let told = |list: &[i32]| -> Vec<Warning> {
        list.iter().map(|one| Warning::try_from(*one).unwrap()).collect()
    };
    assert_eq!(told(&group.opened.warnings), now, "stored and seen differ");
    assert_eq!(told(&decision.told.warnings), now, "told and seen differ");
    now
}

#[test]
fn what_should_be_looked_at_is_said_and_refuses_nothing() {
    let at = |moment| Some(timestamp(moment));
    assert_eq!(warned_of(|_| {}), []);
    assert_eq!(warned_of(|ask| ask.arrives_at = None), [Warning::ArrivalUnknown]);
    assert_eq!(warned_of(|ask| ask.manifest.truncate(19)), [Warning::SmallGroup]);
    assert_eq!(warned_of(|ask| ask.stops.clear()), [Warning::NoStop]);
    let night = |ask: &mut wire::OpenDispatch| {
        ask.departs_at = at(datetime!(2021-07-18 23:00 +8));
        ask.arrives_at = at(datetime!(2021-07-19 03:00 +8));
    };
    assert_eq!(warned_of(night), [Warning::NightDriving]);
    let eight_hours = |ask: &mut wire::OpenDispatch| {
        ask.arrives_at = at(datetime!(2021-07-19 16:00 +8));
    };
    assert_eq!(warned_of(eight_hours), []);
    let longer = |ask: &mut wire::OpenDispatch| {
        ask.arrives_at = at(datetime!(2021-07-19 16:01 +8));
    };
    assert_eq!(warned_of(longer), [Warning::DrivingHours]);
    let late = |ask: &mut wire::OpenDispatch| {
        ask.departs_at = at(datetime!(2021-07-21 08:00 +8));
        ask.arrives_at = at(datetime!(2021-07-21 12:00 +8));
    };
    assert_eq!(warned_of(late), [Warning::Late]);
    let past = |ask: &mut wire::OpenDispatch| {
        ask.departs_at = at(datetime!(2021-07-12 06:00 +8));
        ask.arrives_at = at(datetime!(2021-07-12 12:00 +8));
    };
    assert_eq!(warned_of(past), [Warning::Past]);
    let train = |ask: &mut wire::OpenDispatch| {
        ask.mode = Mode::Train as i32;
        ask.arrives_at = None;
        ask.stops.clear();
    };
    assert_eq!(warned_of(train), []);
}

#[test]
fn two_drivers_may_drive_twice_as_long() {
    let mut world = World::new();
    let vacancy = world.post(40);
    let cards = promised(&mut world, &vacancy, POINT, 30);
    let ask = wire::OpenDispatch {
        stops: vec![stop(POINT, &[])],
        departs_at: Some(timestamp(datetime!(2021-07-19 07:00 +8))),
        arrives_at: Some(timestamp(datetime!(2021-07-19 20:00 +8))),
        ..coach(&vacancy, &cards, 49)
    };
    let mut warned = |drivers| {
        let crew = SealedCrew {
            dispatch: "dsp_crew".parse().unwrap(),
            sealed: wire::Sealed::default(),
            drivers,
            attendant: false,
        };
        let command =
            gongqiao_domain::decide::Command::OpenDispatch { ask: ask.clone(), crew: Some(crew) };
        world.decide(&desk(POINT), &command).unwrap().told.warnings
    };
    assert_eq!(warned(1), [Warning::DrivingHours as i32]);
    assert_eq!(warned(2), Vec::<i32>::new());
}

#[test]
fn an_arrival_before_the_departure_is_refused_and_a_crew_must_have_names() {
    let mut world = World::new();
    let vacancy = world.post(3);
    let cards = promised(&mut world, &vacancy, POINT, 1);
    let ask = wire::OpenDispatch {
        departs_at: Some(timestamp(datetime!(2021-07-19 08:00 +8))),
        arrives_at: Some(timestamp(datetime!(2021-07-19 08:00 +8))),
        ..coach(&vacancy, &cards, 9)
    };
    let refused = world.run(&desk(POINT), open_command(ask));
    assert_eq!(at(refused), (Code::FieldInvalid, "/arrivesAt".into()));
    let member = |name: &str| wire::CrewMember { name: name.into(), phone: "19900000001".into() };
    let crew = |drivers, attendant| wire::Crew { drivers, attendant };
    assert!(check_crew(&crew(vec![member("测试甲"), member("测试乙")], None)).is_ok());
    let unnamed = check_crew(&crew(vec![member("测试甲"), member(" ")], None));
    assert_eq!(at(unnamed), (Code::FieldRequired, "/crew/drivers/1/name".into()));
    let long = check_crew(&crew(Vec::new(), Some(member(&"字".repeat(41)))));
    assert_eq!(at(long), (Code::FieldTooLong, "/crew/attendant/name".into()));
}

#[test]
fn a_joined_groups_warnings_are_those_of_the_whole() {
    let mut world = World::new();
    let vacancy = world.post(40);
    let cards = promised(&mut world, &vacancy, POINT, 15);
    let others = promised(&mut world, &vacancy, OTHER_POINT, 5);
    let ask = wire::OpenDispatch {
        stops: vec![stop(POINT, &[])],
        departs_at: Some(timestamp(datetime!(2021-07-19 08:00 +8))),
        arrives_at: Some(timestamp(datetime!(2021-07-19 12:00 +8))),
        ..coach(&vacancy, &cards, 49)
    };
    let dispatch = world.run(&desk(POINT), open_command(ask)).unwrap().parse().unwrap();
    let mut trip = Trip { world, vacancy, cards, dispatch };
    let mut told = |who: &Speaker, stop| {
        let join = Event::Join(asked::Join { cards: names(&others), stop });
        let ask = wire::RecordDispatchEvent { event: Some(join), ..Default::default() };
        let dispatch = trip.dispatch.clone();
        let command = gongqiao_domain::decide::Command::RecordDispatchEvent { dispatch, ask };
        trip.world.decide(who, &command).unwrap().told.warnings
    };
    assert_eq!(told(&desk(OTHER_POINT), None), [Warning::NoStop as i32]);
    let served = told(&desk(OTHER_POINT), Some(stop(OTHER_POINT, &[])));
    assert_eq!(served, Vec::<i32>::new(), "twenty people are no small group");
}
