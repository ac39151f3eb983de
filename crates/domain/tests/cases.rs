//! Follow-ups, grievances and transfers: who opens them, who acts, and what
//! outlives what.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, CaseId},
    wire::{
        self,
        answer::Value as Answer,
        grievance_end, grievance_kind, party_kind,
        placement_state::Value as Person,
        record_case_event::{Attempt, Close, Event, HandOn},
        record_dispatch_event::{Event as DispatchEvent, People},
        visit_method,
        visit_outcome::Value as Outcome,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker, concerns, holder},
    entity::CaseState,
    ledger::Figure,
};
use time::Duration;
use world::{
    OTHER_POINT, POINT, World, desk, factory, factory_id, operator, service, trip, trip::Trip,
};

const TOWNSHIP: &str = "431021001000";

fn code(result: Result<String, Refusal>) -> Code {
    result.unwrap_err().code
}

/// A person at work since now, and the sequence of the onboarding.
fn at_work() -> (Trip, CardId, u64) {
    let mut trip = Trip::arrived(1, 1, 0);
    let card = trip.cards[0].clone();
    trip.come_to(&factory(), std::slice::from_ref(&card), Person::Onboarded).unwrap();
    let (onboarding, _) = trip.city().employments.last_of(&card).unwrap();
    (trip, card, onboarding)
}

fn visit(world: &mut World, onboarding: u64, day: u32) -> Result<CaseId, Refusal> {
    let open = Command::OpenFollowUp { onboarding, day };
    world.run(&service(), open).map(|id| id.parse().unwrap())
}

fn attempt(outcome: Outcome, at_work: Answer) -> Event {
    Event::Attempt(Attempt {
        method: visit_method::Value::Phone as i32,
        outcome: outcome as i32,
        at_work: at_work as i32,
        ..Default::default()
    })
}

fn step(world: &mut World, who: &Speaker, case: &CaseId, event: Event) -> Result<String, Refusal> {
    world.run(who, Command::RecordCaseEvent { case: case.clone(), event, note: None })
}

#[test]
fn a_visit_opens_when_it_is_due_once_and_by_the_steward_alone() {
    let (mut trip, card, onboarding) = at_work();
    let world = &mut trip.world;
    assert_eq!(visit(world, onboarding, 3).unwrap_err().code, Code::CaseNotDue);
    world.now += Duration::days(3);
    let open = Command::OpenFollowUp { onboarding, day: 3 };
    assert_eq!(code(world.run(&desk(POINT), open.clone())), Code::AuthKind);
    assert_eq!(visit(world, onboarding, 4).unwrap_err().code, Code::CaseNotDue);
    assert_eq!(visit(world, onboarding + 1, 3).unwrap_err().code, Code::CaseNotDue);
    let case = visit(world, onboarding, 3).unwrap();
    assert_eq!(case, CaseId::follow_up(onboarding, 3));
    assert_eq!(code(world.run(&service(), open)), Code::CaseNotDue, "opened before");
    assert_eq!(world.city.case(&case).unwrap().card, card);
    assert!(world.city.employments.visits_due(world.now).is_empty());
}

#[test]
fn after_a_standstill_the_latest_visit_makes_good_those_before_it() {
    let (mut trip, _, onboarding) = at_work();
    let world = &mut trip.world;
    world.now += Duration::days(31);
    let due = world.city.employments.visits_due(world.now);
    assert_eq!(due.into_iter().collect::<Vec<_>>(), [(onboarding, 30)]);
    assert_eq!(visit(world, onboarding, 7).unwrap_err().code, Code::CaseNotDue);
    visit(world, onboarding, 30).unwrap();
    assert!(world.city.employments.visits_due(world.now).is_empty(), "3 and 7 are not asked for");
    world.now += Duration::days(60);
    assert_eq!(world.city.employments.visits_due(world.now)[&onboarding], 90);
}

#[test]
fn who_no_longer_works_is_not_visited() {
    let (mut trip, card, onboarding) = at_work();
    trip.world.now += Duration::days(2);
    trip.come_to(&factory(), &[card], Person::Ended).unwrap();
    trip.world.now += Duration::days(100);
    assert!(trip.city().employments.visits_due(trip.world.now).is_empty());
    assert_eq!(visit(&mut trip.world, onboarding, 90).unwrap_err().code, Code::CaseNotDue);
}

#[test]
fn three_calls_in_vain_make_unreachable_and_a_later_answer_still_counts() {
    let (mut trip, _, onboarding) = at_work();
    let world = &mut trip.world;
    world.now += Duration::days(30);
    let case = visit(world, onboarding, 30).unwrap();
    let by = desk(POINT);
    for _ in 0..2 {
        step(world, &by, &case, attempt(Outcome::NoAnswer, Answer::Unspecified)).unwrap();
        assert_eq!(world.city.case(&case).unwrap().state, CaseState::Open);
    }
    step(world, &by, &case, attempt(Outcome::WrongNumber, Answer::Unspecified)).unwrap();
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Unreachable);
    step(world, &by, &case, attempt(Outcome::Reached, Answer::Yes)).unwrap();
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Done);
    assert_eq!(
        code(step(world, &by, &case, attempt(Outcome::Reached, Answer::Yes))),
        Code::CaseNotOpen
    );
    assert_eq!(trip.figure(Figure::Retained), 1);
}

#[test]
fn only_the_persons_point_or_its_township_visits_and_an_answer_needs_somebody_who_gave_it() {
    let (mut trip, _, onboarding) = at_work();
    let world = &mut trip.world;
    world.register_party(TOWNSHIP, party_kind::Value::ServicePoint).unwrap();
    world.now += Duration::days(3);
    let case = visit(world, onboarding, 3).unwrap();
    let said = || attempt(Outcome::Reached, Answer::No);
    for stranger in [desk(OTHER_POINT), factory()] {
        assert_eq!(code(step(world, &stranger, &case, said())), Code::CaseNotFound);
    }
    assert_eq!(code(step(world, &operator(), &case, said())), Code::AuthNotYours);
    let at = |world: &mut World, event| {
        let refusal = step(world, &desk(POINT), &case, event).unwrap_err();
        (refusal.code, refusal.pointer.unwrap_or_default())
    };
    let required = |pointer: &str| (Code::FieldRequired, pointer.to_owned());
    assert_eq!(at(world, Event::Attempt(Attempt::default())), required("/attempt/method"));
    let silent = attempt(Outcome::Reached, Answer::Unspecified);
    assert_eq!(at(world, silent), required("/attempt/atWork"));
    let impossible = attempt(Outcome::NoAnswer, Answer::Yes);
    assert_eq!(at(world, impossible), (Code::FieldInvalid, "/attempt".into()));
    let close = Event::Close(Close { end: grievance_end::Value::Settled as i32 });
    assert_eq!(at(world, close).0, Code::CaseOther);
    step(world, &desk(TOWNSHIP), &case, said()).unwrap();
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Done);
}

fn grievance(world: &mut World, who: &Speaker, card: &CardId) -> Result<CaseId, Refusal> {
    let kind = grievance_kind::Value::Wages;
    let open = Command::OpenGrievance { card: card.clone(), kind, note: None };
    world.run(who, open).map(|id| id.parse().unwrap())
}

fn hand_on(to: &str) -> Event {
    Event::HandOn(HandOn { to: to.into() })
}

fn close() -> Event {
    Event::Close(Close { end: grievance_end::Value::Settled as i32 })
}

#[test]
fn a_grievance_goes_to_whoever_can_help_and_is_seen_by_nobody_else() {
    let (mut trip, card, _) = at_work();
    let world = &mut trip.world;
    assert_eq!(grievance(world, &desk(OTHER_POINT), &card).unwrap_err().code, Code::CardNotFound);
    assert_eq!(grievance(world, &factory(), &card).unwrap_err().code, Code::AuthKind);
    let case = grievance(world, &desk(POINT), &card).unwrap();
    let sees = |world: &World, who: &Speaker| {
        concerns(&world.register, who, world.city.case(&case).unwrap())
    };
    assert!(sees(world, &desk(POINT)) && sees(world, &operator()));
    assert!(!sees(world, &factory()) && !sees(world, &desk(OTHER_POINT)));
    for nobody in ["320614", OTHER_POINT, "matcher"] {
        assert_eq!(code(step(world, &desk(POINT), &case, hand_on(nobody))), Code::PartyNotFound);
    }
    assert_eq!(code(step(world, &desk(POINT), &case, hand_on(POINT))), Code::FieldInvalid);
    step(world, &desk(POINT), &case, hand_on(&factory_id())).unwrap();
    assert!(sees(world, &factory()));
    assert_eq!(code(step(world, &desk(POINT), &case, close())), Code::AuthNotYours);
    step(world, &factory(), &case, hand_on("operator")).unwrap();
    assert!(!sees(world, &factory()), "it has given it away");
    step(world, &operator(), &case, hand_on(POINT)).unwrap();
    step(world, &desk(POINT), &case, close()).unwrap();
    assert_eq!(code(step(world, &desk(POINT), &case, hand_on("operator"))), Code::CaseNotOpen);
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Done);
}

#[test]
fn a_partner_city_gets_a_grievance_when_it_was_ever_a_partner() {
    let (mut trip, card, _) = at_work();
    let world = &mut trip.world;
    world.register_party("320614", party_kind::Value::City).unwrap();
    let case = grievance(world, &desk(POINT), &card).unwrap();
    assert_eq!(code(step(world, &desk(POINT), &case, hand_on("320614"))), Code::PartyNotFound);
    let scope = wire::Scope {
        classes: vec![wire::data_class::Value::Cards as i32],
        purpose: wire::purpose::Value::Cooperation as i32,
        ..Default::default()
    };
    let signed = Command::SignAgreement(wire::SignAgreement {
        party: "320614".into(),
        scope: Some(scope),
        from: None,
        until: Some(gongqiao_domain::entity::timestamp(world.now + Duration::days(1))),
    });
    world.run(&operator(), signed).unwrap();
    world.now += Duration::days(2);
    step(world, &desk(POINT), &case, hand_on("320614")).unwrap();
}

#[test]
fn the_bureau_closes_whoever_has_it() {
    let (mut trip, card, _) = at_work();
    let world = &mut trip.world;
    let case = grievance(world, &desk(POINT), &card).unwrap();
    let bare = Event::Close(Close { end: 0 });
    assert_eq!(code(step(world, &operator(), &case, bare)), Code::FieldRequired);
    step(world, &operator(), &case, close()).unwrap();
}

#[test]
fn visits_and_grievances_go_on_when_the_agreement_has_ended() {
    let (mut trip, card, onboarding) = at_work();
    let world = &mut trip.world;
    let agreement = world.city.index.live_agreements.first().unwrap().clone();
    world.run(&operator(), Command::TerminateAgreement(agreement)).unwrap();
    world.now += Duration::days(3);
    let case = visit(world, onboarding, 3).unwrap();
    step(world, &desk(POINT), &case, attempt(Outcome::Reached, Answer::No)).unwrap();
    let case = grievance(world, &desk(POINT), &card).unwrap();
    step(world, &desk(POINT), &case, hand_on(&factory_id())).unwrap();
    step(world, &factory(), &case, close()).unwrap();
}

fn ask(world: &mut World, cards: &[&CardId]) -> Result<Vec<CaseId>, Refusal> {
    let before: Vec<CaseId> = world.city.index.cases.values().cloned().collect();
    let cards = cards.iter().map(|card| (*card).clone()).collect();
    let to = OTHER_POINT.parse().unwrap();
    world.run(&desk(OTHER_POINT), Command::RequestTransfers { to, cards })?;
    let now = world.city.index.cases.values().cloned();
    Ok(now.filter(|case| !before.contains(case)).collect())
}

#[test]
fn one_request_is_made_for_each_person_and_none_again_before_thirty_days() {
    let mut world = World::new();
    let (one, two, own) = (world.person(POINT), world.person(POINT), world.person(OTHER_POINT));
    let cases = ask(&mut world, &[&one, &two, &own]).unwrap();
    assert_eq!(cases.len(), 2, "nobody asks for one's own");
    assert_eq!(ask(&mut world, &[&one, &two]).unwrap_err().code, Code::CaseExists);
    let stranger = world.run(&desk(OTHER_POINT), trip::reply(&cases[0], true));
    assert_eq!(code(stranger), Code::AuthNotYours, "who asks does not answer");
    world.run(&desk(POINT), trip::reply(&cases[0], false)).unwrap();
    world.now += Duration::days(29);
    assert_eq!(ask(&mut world, &[&one]).unwrap_err().code, Code::CaseExists);
    world.now += Duration::days(1);
    assert_eq!(ask(&mut world, &[&one, &two]).unwrap().len(), 1, "the other one is still open");
}

#[test]
fn nobody_moves_while_promised_and_a_case_follows_the_person() {
    let (mut trip, card, onboarding) = at_work();
    let case = ask(&mut trip.world, &[&card]).unwrap().remove(0);
    let bound = trip.world.run(&desk(POINT), trip::reply(&case, true));
    assert_eq!(code(bound), Code::TransferBound);
    trip.world.now += Duration::days(3);
    let visit = visit(&mut trip.world, onboarding, 3).unwrap();
    trip.come_to(&factory(), std::slice::from_ref(&card), Person::Ended).unwrap();
    let world = &mut trip.world;
    move_card(world, &card, OTHER_POINT);
    world.run(&desk(POINT), trip::reply(&case, true)).unwrap();
    assert_eq!(world.city.case(&case).unwrap().state, CaseState::Agreed);
    let open = world.city.case(&visit).unwrap();
    assert_eq!(holder(&world.register, open).as_str(), OTHER_POINT);
    assert!(!concerns(&world.register, &desk(POINT), open));
    step(world, &desk(OTHER_POINT), &visit, attempt(Outcome::Reached, Answer::No)).unwrap();
}

#[test]
fn whoever_has_given_a_person_away_can_only_say_no() {
    let mut world = World::new();
    let card = world.person(POINT);
    let case = ask(&mut world, &[&card]).unwrap().remove(0);
    move_card(&mut world, &card, "431021001003");
    assert_eq!(code(world.run(&desk(POINT), trip::reply(&case, true))), Code::TransferGone);
    assert_eq!(ask(&mut world, &[&card]).unwrap().len(), 1, "the new point is asked");
    world.run(&desk(POINT), trip::reply(&case, false)).unwrap();
}

/// What the gate does in REGISTER before an agreement is recorded.
fn move_card(world: &mut World, card: &CardId, to: &str) {
    let moved = wire::Card {
        card: card.to_string(),
        point: to.into(),
        home: to.into(),
        available_from: "2021-07-01".into(),
        updated_at: Some(gongqiao_domain::entity::timestamp(world.now)),
        ..Default::default()
    };
    world.register.apply(1_000, &moved).unwrap();
}

#[test]
fn the_end_of_work_is_recorded_by_a_side_that_knows_and_with_evidence() {
    let (mut trip, card, _) = at_work();
    let ended = |evidence: i32| {
        let (cards, to) = (vec![card.to_string()], Person::Ended as i32);
        DispatchEvent::People(People { cards, to, evidence })
    };
    let call = wire::evidence::Value::WorkerCall as i32;
    assert_eq!(code(trip.record(&operator(), ended(call))), Code::AuthNotYours);
    let bare = trip.record(&desk(POINT), ended(0)).unwrap_err();
    assert_eq!(
        (bare.code, bare.pointer.as_deref()),
        (Code::EvidenceRequired, Some("/people/evidence"))
    );
    trip.record(&desk(POINT), ended(call)).unwrap();
    let (_, work) = trip.city().employments.last_of(&card).unwrap();
    assert_eq!(work.ended, Some((trip.world.now, Person::Ended as i32)));
}

#[test]
fn work_in_another_post_of_the_same_enterprise_goes_on() {
    let (mut trip, card, _) = at_work();
    let card = [card];
    trip.come_to(&factory(), &card, Person::Transferred).unwrap();
    assert!(trip.placement(&card[0]).is_bound());
    trip.world.now += Duration::days(95);
    let (_, work) = trip.city().employments.last_of(&card[0]).unwrap();
    assert_eq!(work.months(trip.world.now), 3);
    trip.come_to(&factory(), &card, Person::Ended).unwrap();
    assert!(matches!(
        trip.city().employments.last_of(&card[0]).unwrap().1.ended,
        Some((_, to)) if to == Person::Ended as i32
    ));
}

#[test]
fn whose_work_ended_and_who_is_promised_anew_has_one_seat() {
    let (mut trip, card, _) = at_work();
    let card = [card];
    let again = world::commit_command(&signal_of(&trip), &card);
    trip.come_to(&factory(), &card, Person::Ended).unwrap();
    assert_eq!(trip.figure(Figure::SeatsTaken), 1, "the headcount stays filled");
    let raise = Command::UpdateVacancy {
        vacancy: trip.vacancy.clone(),
        terms: Box::new(gongqiao_domain::terms::check(world::terms(2), trip.world.now).unwrap()),
    };
    trip.world.run(&factory(), raise).unwrap();
    trip.world.run(&desk(POINT), again).unwrap();
    assert_eq!(trip.city().vacancy(&trip.vacancy).unwrap().taken(), 1);
    assert_eq!(trip.figures([Figure::SeatsTaken, Figure::Committed]), [1, 2]);
}

fn signal_of(trip: &Trip) -> gongqiao_contract::id::SignalId {
    let (point, vacancy) = (POINT.parse().unwrap(), trip.vacancy.clone());
    gongqiao_contract::id::SignalId { point, vacancy }
}
