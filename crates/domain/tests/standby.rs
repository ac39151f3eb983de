//! Beyond the seats people wait in their order; and fewer seats take back the
//! latest promises, but nobody's who is on the way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, SignalId, VacancyId},
    wire::{
        self, answer_signal::Answer, call_outcome::Value as Outcome, dispatch_state, fact::Body,
        hold_end, placement_state::Value as Person, record_dispatch_event::Event, travel_mode,
    },
};
use gongqiao_domain::{decide::Command, ledger::Figure};
use world::{
    OTHER_POINT, POINT, World, answer_command, calls, commit_command, desk, factory, names,
    operator, seats_only_command, service,
    trip::{self, Trip},
};

fn promote(vacancy: &VacancyId) -> Command {
    Command::PromoteStandby(vacancy.clone())
}

fn reduce(vacancy: &VacancyId, headcount: u32) -> Command {
    Command::ReduceVacancy { vacancy: vacancy.clone(), headcount }
}

fn expire(world: &mut World, vacancy: &VacancyId, cards: &[CardId]) {
    world.now += time::Duration::hours(73);
    let (vacancy, cards) = (vacancy.clone(), cards.to_vec());
    let why = hold_end::Value::Expired;
    world.run(&service(), Command::EndHolds { vacancy, cards, why }).unwrap();
}

fn waiting(world: &World, vacancy: &VacancyId) -> Vec<String> {
    let ranked = world.city.vacancy(vacancy).unwrap().standby_ranked();
    ranked.into_iter().map(|one| one.card.clone()).collect()
}

/// Three seats that are taken, and a signal with the scores of six more.
fn full_house(world: &mut World, scores: [u32; 6]) -> (VacancyId, SignalId, Vec<CardId>) {
    let vacancy = world.post(3);
    let seated = world.people(OTHER_POINT, 3);
    let signal = world.raise(&vacancy, OTHER_POINT, 3);
    world.commit(&signal, &seated).unwrap();
    let late = world.people(POINT, 6);
    let people: Vec<(&CardId, u32)> = late.iter().zip(scores).collect();
    // Raised before the vacancy was full, as the city has it.
    let signal = world.raise_for(&vacancy, POINT, 6, &people);
    (vacancy, signal, [seated, late].concat())
}

#[test]
fn whoever_says_yes_beyond_the_seats_waits_in_the_order_of_the_scores() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [300, 700, 300, 0, 900, 700]);
    let late = &cards[3..];
    let told = world.told(&desk(POINT), commit_command(&signal, late)).unwrap();
    assert_eq!((told.committed, told.standby), (0, 6));
    let order = [4, 1, 5, 0, 2, 3].map(|n: usize| late[n].to_string());
    assert_eq!(waiting(&world, &vacancy), order, "by score, then by time");
    assert!(late.iter().all(|card| world.city.placement(card).is_none()), "nobody is bound");
    let ledger = &world.city.ledgers[&vacancy];
    assert_eq!((ledger.get(Figure::Standby), ledger.get(Figure::Committed)), (6, 3));
    assert_eq!(ledger.get(Figure::Willing), 9);
    let refused = world.commit(&signal, &late[..1]).unwrap_err();
    assert_eq!(refused.code, Code::CardOnStandby);
}

#[test]
fn seats_go_first_in_the_order_given_and_may_be_all_that_is_wanted() {
    let mut world = World::new();
    let cards = world.people(POINT, 5);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 5);
    let refused = world.run(&desk(POINT), seats_only_command(&signal, &cards)).unwrap_err();
    assert_eq!(refused.code, Code::VacancyFull);
    assert!(world.city.signal(&signal).unwrap().calls.is_empty(), "the calls neither");
    let told = world.told(&desk(POINT), commit_command(&signal, &cards)).unwrap();
    assert_eq!((told.committed, told.standby), (3, 2));
    assert!(cards[..3].iter().all(|card| world.city.placement(card).unwrap().is_bound()));
    assert_eq!(waiting(&world, &vacancy), names(&cards[3..]));
}

#[test]
fn a_late_answer_counts_whatever_became_of_the_signal() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [1; 6]);
    let points = vec![POINT.parse().unwrap()];
    let recall = Command::RecallSignals { vacancy: vacancy.clone(), points: points.clone() };
    world.run(&service(), recall).unwrap();
    world.commit(&signal, &cards[3..5]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "recalled");
    assert_eq!(waiting(&world, &vacancy).len(), 2);

    let open = world.post(9);
    let signal = world.raise(&open, POINT, 2);
    world.now += time::Duration::hours(24);
    let escalate = Command::EscalateSignals { vacancy: open.clone(), points };
    world.run(&service(), escalate).unwrap();
    world.commit(&signal, &cards[5..6]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "escalated", "one of two");
    world.commit(&signal, &cards[6..8]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "answered");
    let later = world.person(POINT);
    world.commit(&signal, &[later]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "answered", "not open again");

    world.run(&factory(), Command::WithdrawVacancy(open)).unwrap();
    let refused = world.commit(&signal, &cards[8..]).unwrap_err();
    assert_eq!(refused.code, Code::VacancyNotOpen);
}

#[test]
fn a_free_seat_goes_to_the_best_who_waits_and_is_still_free_and_fitting() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [500, 900, 800, 100, 50, 0]);
    let late = &cards[3..];
    world.commit(&signal, late).unwrap();
    assert_eq!(world.run(&operator(), promote(&vacancy)).unwrap_err().code, Code::AuthKind);
    assert_eq!(world.run(&service(), promote(&vacancy)).unwrap_err().code, Code::VacancyFull);
    // The best takes another post meanwhile.
    let elsewhere = world.post(1);
    let other = world.raise(&elsewhere, POINT, 1);
    world.commit(&other, &late[1..2]).unwrap();
    expire(&mut world, &vacancy, &cards[..2]);
    let told = world.told(&service(), promote(&vacancy)).unwrap();
    assert_eq!(told.committed, 2);
    let vacant = world.city.vacancy(&vacancy).unwrap();
    assert_eq!(vacant.taken(), 3);
    assert!(vacant.seats.contains_key(&late[2]) && vacant.seats.contains_key(&late[0]));
    assert!(vacant.seats[&late[2]] < vacant.seats[&late[0]], "in the order of the list");
    let order = [3, 4, 5].map(|n: usize| late[n].to_string());
    assert_eq!(waiting(&world, &vacancy), order, "who took another post no longer waits");
    assert_eq!(world.city.signal(&signal).unwrap().committed, 2, "the point sees it");
    assert_eq!(world.city.ledgers[&vacancy].get(Figure::Standby), 3);
    assert_eq!(world.city.placement(&late[1]).unwrap().vacancy, elsewhere);
}

#[test]
fn nobody_slips_into_a_seat_before_those_who_wait() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [0; 6]);
    let late = &cards[3..];
    world.commit(&signal, &late[..1]).unwrap();
    expire(&mut world, &vacancy, &cards[..1]);
    let refused = world.run(&desk(POINT), seats_only_command(&signal, &late[1..2])).unwrap_err();
    assert_eq!(refused.code, Code::VacancyFull, "the one seat is for whoever waits");
    let told = world.told(&desk(POINT), commit_command(&signal, &late[1..2])).unwrap();
    assert_eq!((told.committed, told.standby), (0, 1));
    // Who can't take it keeps nobody else from it.
    let elsewhere = world.post(2);
    let other = world.raise(&elsewhere, POINT, 2);
    world.commit(&other, &late[..2]).unwrap();
    let told = world.told(&desk(POINT), commit_command(&signal, &late[2..3])).unwrap();
    assert_eq!((told.committed, told.standby), (1, 0));
}

#[test]
fn people_leave_the_list_when_they_say_so_and_when_the_vacancy_is_over() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [0; 6]);
    let late = &cards[3..];
    world.commit(&signal, late).unwrap();
    let leave = |cards: &[CardId]| {
        let ask = wire::AnswerSignal { leave_standby: names(cards), ..Default::default() };
        answer_command(&signal, ask)
    };
    world.run(&desk(POINT), leave(&late[..2])).unwrap();
    assert_eq!(waiting(&world, &vacancy), names(&late[2..]));
    let refused = world.run(&desk(POINT), leave(&late[1..3])).unwrap_err();
    assert_eq!(refused.code, Code::CardNotFound);
    assert_eq!(refused.pointer.as_deref(), Some("/leaveStandby/0"));
    // Whoever left may come again, and says so.
    world.commit(&signal, &late[..1]).unwrap();
    assert_eq!(waiting(&world, &vacancy).len(), 5);
    world.run(&factory(), Command::WithdrawVacancy(vacancy.clone())).unwrap();
    world.run(&service(), promote(&vacancy)).unwrap();
    assert!(waiting(&world, &vacancy).is_empty());
    assert_eq!(world.city.ledgers[&vacancy].get(Figure::Standby), 0);
    assert!(world.city.index.with_standby.is_empty());
    assert_eq!(world.run(&service(), promote(&vacancy)).unwrap_err().code, Code::CardNotFound);
}

#[test]
fn fewer_seats_take_back_the_latest_promises() {
    let mut world = World::new();
    let cards = world.people(POINT, 6);
    let vacancy = world.post(8);
    let signal = world.raise(&vacancy, POINT, 9);
    world.commit(&signal, &cards[..2]).unwrap();
    world.commit(&signal, &cards[2..]).unwrap();
    let told = world.told(&factory(), reduce(&vacancy, 4)).unwrap();
    assert_eq!(told.released, 2);
    let stored = world.city.vacancy(&vacancy).unwrap();
    assert_eq!((stored.taken(), stored.terms.headcount), (4, 4));
    for (n, card) in cards.iter().enumerate() {
        assert_eq!(world.city.placement(card).unwrap().is_bound(), n < 4, "{n}");
    }
    assert_eq!(world.city.ledgers[&vacancy].get(Figure::Released), 2);
    // Lower terms do the same; higher ones take nothing back.
    let mut terms = gongqiao_domain::terms::check(world::terms(3), world.now).unwrap();
    terms.headcount = 3;
    let update = |terms: &wire::VacancyTerms| Command::UpdateVacancy {
        vacancy: vacancy.clone(),
        terms: Box::new(terms.clone()),
    };
    assert_eq!(world.told(&factory(), update(&terms)).unwrap().released, 1);
    assert!(!world.city.placement(&cards[3]).unwrap().is_bound());
    terms.headcount = 30;
    assert_eq!(world.told(&factory(), update(&terms)).unwrap().released, 0);
    let refused = world.run(&factory(), reduce(&vacancy, 30)).unwrap_err();
    assert_eq!(refused.code, Code::VacancyNotReduced);
}

/// A group of the four latest of six, of whom two have got on.
fn half_boarded(world: &mut World) -> (VacancyId, Vec<CardId>, gongqiao_contract::id::DispatchId) {
    let cards = world.people(POINT, 6);
    let vacancy = world.post(6);
    let signal = world.raise(&vacancy, POINT, 9);
    world.commit(&signal, &cards).unwrap();
    let open = wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: travel_mode::Value::EnterprisePickup as i32,
        manifest: names(&cards[2..]),
        ..Default::default()
    };
    let dispatch: gongqiao_contract::id::DispatchId = world
        .run(&desk(POINT), Command::OpenDispatch { ask: open, crew: None })
        .unwrap()
        .parse()
        .unwrap();
    let record = |event| Command::RecordDispatchEvent {
        dispatch: dispatch.clone(),
        ask: wire::RecordDispatchEvent { event: Some(event), ..Default::default() },
    };
    let accepted = Event::Move(dispatch_state::Value::Accepted as i32);
    world.run(&factory(), record(accepted)).unwrap();
    let boarded = wire::record_dispatch_event::People {
        cards: names(&cards[4..]),
        to: Person::Boarded as i32,
        ..Default::default()
    };
    world.run(&desk(POINT), record(Event::People(boarded))).unwrap();
    (vacancy, cards, dispatch)
}

#[test]
fn nobody_who_got_on_is_released_and_a_manifest_tells_who_was() {
    let mut world = World::new();
    let (vacancy, cards, dispatch) = half_boarded(&mut world);
    assert_eq!(world.told(&factory(), reduce(&vacancy, 3)).unwrap().released, 3);
    let state = |world: &World, n: usize| world.city.placement(&cards[n]).unwrap().state();
    let states: Vec<Person> = (0..6).map(|n| state(&world, n)).collect();
    use Person::{Boarded, Held, Released};
    assert_eq!(states, [Held, Released, Released, Released, Boarded, Boarded]);
    let group = world.city.dispatch(&dispatch).unwrap();
    let on_it: Vec<Person> = cards[2..].iter().map(|card| group.manifest[card].state()).collect();
    assert_eq!(on_it, [Released, Released, Boarded, Boarded]);
    let refused = world.run(&factory(), reduce(&vacancy, 1)).unwrap_err();
    assert_eq!(refused.code, Code::VacancyBelowCommitted);
    assert_eq!(refused.pointer.as_deref(), Some("/headcount"));
    assert!(refused.params.contains(&("committed", "2".into())), "{refused:?}");
    assert_eq!(state(&world, 0), Held, "nothing was done");
    world.run(&factory(), reduce(&vacancy, 2)).unwrap();
    assert!(world.city.not_understood.is_empty());
}

#[test]
fn a_reduction_that_would_not_fit_in_one_transaction_says_so() {
    let mut world = World::new();
    let vacancy = world.post(500);
    let signal = world.raise(&vacancy, POINT, 500);
    for _ in 0..5 {
        let cards = world.people(POINT, 100);
        world.commit(&signal, &cards).unwrap();
    }
    let refused: Refusal = world.run(&factory(), reduce(&vacancy, 49)).unwrap_err();
    assert_eq!(refused.code, Code::VacancyReleaseTooMany);
    assert!(refused.params.contains(&("most", "450".into())), "{refused:?}");
    let decision = world.decide(&factory(), &reduce(&vacancy, 50)).unwrap();
    assert!(decision.events.len() < 1000, "{}", decision.events.len());
    assert_eq!(decision.told.released, 450);
}

#[test]
fn those_who_wait_are_told_nothing_of_a_reduction() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [0; 6]);
    world.commit(&signal, &cards[3..]).unwrap();
    let decision = world.decide(&factory(), &reduce(&vacancy, 2)).unwrap();
    let touched = |body: &Body| matches!(body, Body::StandbyLeft(_) | Body::StandbyJoined(_));
    assert!(!decision.events.iter().any(|(_, body)| touched(body)));
    world.run(&factory(), reduce(&vacancy, 2)).unwrap();
    assert_eq!(waiting(&world, &vacancy).len(), 6);
}

#[test]
fn a_minor_who_waits_is_flagged_when_the_turn_comes() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [0; 6]);
    let young = world.person_with(POINT, |card| card.birth_year = 2004);
    world.commit(&signal, std::slice::from_ref(&young)).unwrap();
    assert!(world.city.vacancy(&vacancy).unwrap().standby[0].minor);
    expire(&mut world, &vacancy, &cards[..1]);
    world.run(&service(), promote(&vacancy)).unwrap();
    assert!(world.city.placement(&young).unwrap().minor);
}

#[test]
fn a_yes_and_a_place_on_the_list_come_in_one_answer() {
    let mut world = World::new();
    let (vacancy, signal, cards) = full_house(&mut world, [0; 6]);
    let late = &cards[3..];
    let mut heard = calls(&late[..2], Outcome::Willing);
    heard.extend(calls(&late[2..], Outcome::NoAnswer));
    let commit = wire::answer_signal::Commit { cards: names(&late[..2]), ..Default::default() };
    let answer = Some(Answer::Commit(commit));
    let ask = wire::AnswerSignal { calls: heard, answer, ..Default::default() };
    world.run(&desk(POINT), answer_command(&signal, ask)).unwrap();
    assert_eq!(waiting(&world, &vacancy), names(&late[..2]));
    let ledger = &world.city.ledgers[&vacancy];
    assert_eq!((ledger.get(Figure::Willing), ledger.get(Figure::Standby)), (5, 2));
}

#[test]
fn whose_work_has_ended_comes_back_to_the_seat_that_was_left_and_waits_for_no_other() {
    let mut trip = Trip::new(1, 1);
    let who = trip.cards.clone();
    for (speaker, event) in [
        (factory(), Event::Move(dispatch_state::Value::Accepted as i32)),
        (desk(POINT), trip::people(&who, Person::Boarded)),
        (desk(POINT), Event::Move(dispatch_state::Value::Departed as i32)),
        (factory(), Event::Move(dispatch_state::Value::Arrived as i32)),
        (factory(), trip::people(&who, Person::Onboarded)),
        (factory(), trip::people(&who, Person::Ended)),
    ] {
        trip.world.run(&speaker, trip::record(&trip.dispatch, event)).unwrap();
    }
    let signal = SignalId { point: POINT.parse().unwrap(), vacancy: trip.vacancy.clone() };
    let other = trip.world.person(POINT);
    let both = [other.clone(), who[0].clone()];
    let told = trip.world.told(&desk(POINT), commit_command(&signal, &both)).unwrap();
    assert_eq!((told.committed, told.standby), (1, 1));
    assert_eq!(waiting(&trip.world, &trip.vacancy), names(&[other]));
    let vacancy = trip.world.city.vacancy(&trip.vacancy).unwrap();
    assert!(vacancy.seats.contains_key(&who[0]) && vacancy.taken() == 1);
    assert_eq!(trip.world.city.ledgers[&trip.vacancy].get(Figure::SeatsTaken), 1);
}
