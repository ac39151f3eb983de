//! Who may have somebody erased or frozen, and what that gives back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{
        self, consent,
        dispatch_state::Value as State,
        erasure_reason::Value as Reason,
        grievance_kind, party_kind,
        placement_state::Value as Person,
        recipient_kind,
        record_case_event::{Attempt, Event},
        visit_method, visit_outcome,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker},
    entity::{CaseState, Matter, outside_name},
    ledger::Figure,
};
use time::Duration;
use world::{
    OTHER_POINT, POINT, TOWNSHIP, World, desk, factory, factory_id, operator, service,
    trip::{Trip, promised},
};

fn erase(card: &CardId, reason: Reason) -> Command {
    Command::ErasePerson { card: card.clone(), reason }
}

fn freeze(card: &CardId) -> Command {
    Command::FreezePerson { card: card.clone(), frozen: true }
}

fn code(result: Result<String, Refusal>) -> Code {
    result.unwrap_err().code
}

#[test]
fn the_own_point_its_township_and_the_bureau_erase_and_nobody_else() {
    let mut world = World::new();
    world.register_party(TOWNSHIP, party_kind::Value::ServicePoint).unwrap();
    let cards = world.people(POINT, 3);
    let mut refused = |who: Speaker, reason| code(world.run(&who, erase(&cards[0], reason)));
    assert_eq!(refused(desk(OTHER_POINT), Reason::Request), Code::CardNotFound);
    assert_eq!(refused(factory(), Reason::Request), Code::AuthKind);
    assert_eq!(refused(service(), Reason::Request), Code::AuthKind);
    assert_eq!(refused(desk(POINT), Reason::Unspecified), Code::FieldRequired);
    for (who, card) in [desk(POINT), desk(TOWNSHIP), operator()].iter().zip(&cards) {
        world.run(who, erase(card, Reason::Request)).unwrap();
        assert!(world.city.standing(card).unwrap().erased.is_some());
        assert_eq!(code(world.run(who, erase(card, Reason::Request))), Code::CardErased);
    }
}

#[test]
fn time_alone_erases_nobody_who_is_promised_waits_is_frozen_or_has_a_case() {
    let mut world = World::new();
    let vacancy = world.post(1);
    let held = promised(&mut world, &vacancy, POINT, 1).remove(0);
    let waiting = promised(&mut world, &vacancy, POINT, 1).remove(0);
    let frozen = world.person(POINT);
    world.run(&desk(POINT), freeze(&frozen)).unwrap();
    let wronged = world.person(POINT);
    let kind = grievance_kind::Value::Wages;
    let open = Command::OpenGrievance { card: wronged.clone(), kind, note: None };
    world.run(&desk(POINT), open).unwrap();
    for card in [&held, &waiting, &frozen, &wronged] {
        assert_eq!(code(world.run(&service(), erase(card, Reason::Retention))), Code::CardHeld);
    }
    let idle = world.person(POINT);
    world.run(&service(), erase(&idle, Reason::Retention)).unwrap();
}

#[test]
fn a_promise_is_given_back_with_the_place_on_the_coach() {
    let mut trip = Trip::new(3, 3);
    let card = trip.cards[0].clone();
    trip.world.run(&desk(POINT), erase(&card, Reason::Request)).unwrap();
    assert_eq!(trip.placement(&card).state(), Person::Released);
    assert_eq!(trip.group().riding(), 2);
    assert_eq!(trip.city().vacancy(&trip.vacancy).unwrap().free_seats(), 1);
    assert_eq!(trip.figures([Figure::Committed, Figure::SeatsTaken]), [3, 2]);
    assert!(trip.city().not_understood.is_empty());
    let cases = trip.city().entities.cases.len();
    assert_eq!(cases, 0, "a manifest that nobody was given has no recipients");
}

#[test]
fn who_got_on_goes_on_and_whoever_read_the_name_is_told() {
    let mut trip = Trip::new(6, 2);
    let theirs = promised(&mut trip.world, &trip.vacancy.clone(), OTHER_POINT, 2);
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.join(&desk(OTHER_POINT), &theirs, None).unwrap();
    let all: Vec<CardId> = trip.cards.iter().chain(&theirs).cloned().collect();
    trip.come_to(&desk(POINT), &all, Person::Boarded).unwrap();
    let told = trip.world.told(&desk(OTHER_POINT), erase(&theirs[0], Reason::Request)).unwrap();
    assert_eq!(told.recipients, 2, "the factory, and the point that leads");
    assert_eq!(trip.placement(&theirs[0]).state(), Person::Boarded);
    let notices = trip.city().entities.cases.values().filter_map(|case| case.value.as_ref());
    let mut with: Vec<String> = notices
        .filter(
            |case| matches!(&case.matter, Matter::Erasure { dispatches, .. } if dispatches.len() == 1),
        )
        .map(|case| case.with.to_string())
        .collect();
    with.sort();
    let mut expected = [POINT.to_owned(), factory_id()];
    expected.sort();
    assert_eq!(with, expected);
    let own = trip.world.told(&desk(POINT), erase(&trip.cards[0].clone(), Reason::Request));
    assert_eq!(own.unwrap().recipients, 1, "who leads is the own point");
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    assert_eq!(trip.figures([Figure::Departed, Figure::Arrived]), [4, 4]);
}

#[test]
fn firms_outside_are_told_through_the_point_that_led_also_when_a_consent_was_withdrawn() {
    let mut trip = Trip::new(3, 3);
    trip.goes(&factory(), State::Accepted).unwrap();
    let [nobody, insured, driven] = [0, 1, 2].map(|n| trip.cards[n].clone());
    let (purpose, insurer) =
        (consent::Value::Disclosure as i32, recipient_kind::Value::Insurer as i32);
    let mut say = |card: &CardId, recipient: i32, agrees: bool| {
        let card = card.clone();
        let command = if agrees {
            let ask = wire::GiveConsent { purpose, recipient, ..Default::default() };
            Command::GiveConsent { card, ask }
        } else {
            let ask = wire::WithdrawConsent { purpose, recipient, ..Default::default() };
            Command::WithdrawConsent { card, ask }
        };
        trip.world.run(&desk(POINT), command).unwrap();
    };
    say(&insured, insurer, true);
    say(&insured, insurer, false);
    say(&driven, recipient_kind::Value::Carrier as i32, true);
    for (card, expected) in
        [(nobody, vec![]), (insured, vec![("INSURER", "")]), (driven, vec![("CARRIER", "客运")])]
    {
        trip.world.run(&desk(POINT), erase(&card, Reason::Request)).unwrap();
        let cases = trip.city().entities.cases.values().filter_map(|case| case.value.as_ref());
        let outside: Vec<_> = cases
            .filter(|case| case.card == card && case.with.as_str() == POINT)
            .filter_map(|case| match &case.matter {
                Matter::Erasure { outside, firm, .. } => {
                    Some((outside_name(*outside)?, firm.as_str()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(outside, expected);
    }
}

#[test]
fn what_waits_about_the_person_is_dropped() {
    let mut world = World::new();
    let card = world.person(POINT);
    let kind = grievance_kind::Value::Wages;
    let open = Command::OpenGrievance { card: card.clone(), kind, note: None };
    let case = world.run(&desk(POINT), open.clone()).unwrap().parse().unwrap();
    world.run(&desk(POINT), erase(&card, Reason::Request)).unwrap();
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Dropped);
    assert!(world.city.index.open_cases.is_empty());
    assert_eq!(code(world.run(&desk(POINT), open)), Code::CardErased);
}

#[test]
fn who_is_frozen_travels_with_no_new_group_and_moves_to_no_register() {
    let mut world = World::new();
    let vacancy = world.post(2);
    let card = promised(&mut world, &vacancy, POINT, 1).remove(0);
    world.run(&desk(POINT), freeze(&card)).unwrap();
    let one = std::slice::from_ref(&card);
    let opened = world::trip::open(&mut world, &desk(POINT), &vacancy, one);
    assert_eq!(opened.unwrap_err().code, Code::CardFrozen);
    let to = OTHER_POINT.parse().unwrap();
    let ask = Command::RequestTransfers { to, cards: vec![card.clone()] };
    world.run(&desk(OTHER_POINT), ask).unwrap();
    let case = world.city.index.transfer_of[&card].clone();
    let yes = world::trip::reply(&case, true);
    assert_eq!(code(world.run(&desk(POINT), yes)), Code::CardFrozen);
}

#[test]
fn nobody_visits_who_is_frozen_or_erased() {
    let mut trip = Trip::arrived(2, 2, 0);
    let cards = trip.cards.clone();
    trip.come_to(&factory(), &cards, Person::Onboarded).unwrap();
    trip.world.now += Duration::days(3);
    let visit = |trip: &Trip, card: &CardId| {
        let (onboarding, _) = trip.city().employments.last_of(card).unwrap();
        Command::OpenFollowUp { onboarding, day: 3 }
    };
    let (frozen, erased) = (visit(&trip, &cards[0]), visit(&trip, &cards[1]));
    trip.world.run(&desk(POINT), freeze(&cards[0])).unwrap();
    trip.world.run(&desk(POINT), erase(&cards[1], Reason::Request)).unwrap();
    assert_eq!(code(trip.world.run(&service(), frozen.clone())), Code::CardFrozen);
    assert_eq!(code(trip.world.run(&service(), erased)), Code::CardErased);
    let thaw = Command::FreezePerson { card: cards[0].clone(), frozen: false };
    trip.world.run(&operator(), thaw).unwrap();
    let case = trip.world.run(&service(), frozen).unwrap().parse().unwrap();
    trip.world.run(&desk(POINT), freeze(&cards[0])).unwrap();
    let event = Event::Attempt(Attempt {
        method: visit_method::Value::Phone as i32,
        outcome: visit_outcome::Value::NoAnswer as i32,
        ..Default::default()
    });
    let attempt = Command::RecordCaseEvent { case, event, note: None };
    assert_eq!(code(trip.world.run(&desk(POINT), attempt)), Code::CardFrozen);
    assert_eq!(trip.figure(Figure::Onboarded), 2, "work is counted all the same");
}
