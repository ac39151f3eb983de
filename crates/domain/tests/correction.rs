//! Corrections: free for ten minutes, then with the other side's agreement;
//! what is derived follows, and a closed month does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, SCHEMA,
    id::CardId,
    subject::Entity,
    wire::{
        self,
        dispatch_state::Value as State,
        fact::Body,
        placement_state::Value as Person,
        record_dispatch_event::{Event, Substitute},
    },
};
use gongqiao_domain::{
    decide::Command,
    entity::CaseState,
    ledger::Figure,
    report::{Measure, Period},
};
use time::Duration;
use world::{OTHER_POINT, POINT, desk, factory, operator, trip::Trip};

const ROAD: [Figure; 6] = [
    Figure::Departed,
    Figure::Arrived,
    Figure::Onboarded,
    Figure::NoShow,
    Figure::SeatsTaken,
    Figure::Corrected,
];

#[test]
fn who_recorded_a_step_corrects_it_within_ten_minutes_and_every_figure_follows() {
    let mut trip = Trip::new(4, 4);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards[..1], Person::Boarded).unwrap();
    trip.come_to(&desk(POINT), &cards[1..], Person::NoShow).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    assert_eq!(trip.figures(ROAD), [1, 0, 0, 3, 1, 0]);
    trip.world.now += Duration::minutes(10);
    assert_eq!(trip.correct(&desk(POINT), &cards[1..], Person::Boarded), Ok(None));
    assert_eq!(trip.figures(ROAD), [4, 0, 0, 0, 4, 3]);
    assert_eq!(trip.figure(Figure::Committed), 4, "nobody was promised anew");
    assert_eq!(trip.city().dispatch(&trip.dispatch).unwrap().left_with, 4);
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.come_to(&factory(), &cards, Person::Onboarded).unwrap();
    assert_eq!(trip.figures(ROAD), [4, 4, 4, 0, 4, 3]);
}

#[test]
fn later_the_other_side_is_asked_and_nothing_changes_before_it_agrees() {
    let mut trip = Trip::arrived(3, 3, 1);
    let absent = [trip.cards[0].clone()];
    trip.world.now += Duration::minutes(10) + Duration::seconds(1);
    let case = trip.correct(&desk(POINT), &absent, Person::Onboarded).unwrap().unwrap();
    assert_eq!(trip.placement(&absent[0]).state(), Person::NoShow);
    assert_eq!(trip.city().case(&case).unwrap().with, factory().party);
    let again = trip.correct(&desk(POINT), &absent, Person::Arrived).unwrap_err();
    assert_eq!(again.code, Code::CorrectionAsked);
    let by_asker = trip.reply(&desk(POINT), &case, true).unwrap_err();
    assert_eq!(by_asker.code, Code::AuthNotYours);
    let by_stranger = trip.reply(&desk(OTHER_POINT), &case, true).unwrap_err();
    assert_eq!(by_stranger.code, Code::CaseNotFound);
    trip.reply(&factory(), &case, true).unwrap();
    assert_eq!(trip.placement(&absent[0]).state(), Person::Onboarded);
    assert_eq!(trip.figures(ROAD), [3, 3, 1, 0, 3, 1]);
    assert_eq!(trip.city().case(&case).unwrap().state, CaseState::Agreed);
    assert_eq!(trip.reply(&factory(), &case, true).unwrap_err().code, Code::CaseNotOpen);
    let alone = trip.correct(&desk(POINT), &absent, Person::NoShow).unwrap();
    assert!(alone.is_some(), "what both agreed upon, neither changes alone");
}

#[test]
fn the_other_side_asks_at_once_and_a_no_leaves_all_as_it_was() {
    let mut trip = Trip::arrived(3, 3, 1);
    let absent = [trip.cards[0].clone()];
    let case = trip.correct(&factory(), &absent, Person::Onboarded).unwrap().unwrap();
    assert_eq!(trip.city().case(&case).unwrap().with, desk(POINT).party, "the person's own point");
    let before = trip.figures(ROAD);
    trip.reply(&desk(POINT), &case, false).unwrap();
    assert_eq!(trip.figures(ROAD), before);
    assert_eq!(trip.city().case(&case).unwrap().state, CaseState::Refused);
    assert!(trip.correct(&factory(), &absent, Person::Onboarded).unwrap().is_some(), "asks anew");
    let stranger = trip.correct(&desk(OTHER_POINT), &absent, Person::Onboarded).unwrap_err();
    assert_eq!(stranger.code, Code::DispatchNotFound);
    let bureau = trip.correct(&operator(), &absent, Person::Onboarded).unwrap_err();
    assert_eq!(bureau.code, Code::AuthNotYours);
}

#[test]
fn a_correction_says_only_what_the_groups_own_way_allows() {
    let mut trip = Trip::new(3, 3);
    let cards = trip.cards.clone();
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &cards, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    let refused =
        |trip: &mut Trip, to| trip.correct(&desk(POINT), &cards[..1], to).unwrap_err().code;
    for to in [Person::Onboarded, Person::Arrived, Person::NotHired, Person::Held] {
        assert_eq!(refused(&mut trip, to), Code::CorrectionTarget, "{to:?} before the arrival");
    }
    assert_eq!(refused(&mut trip, Person::Boarded), Code::CorrectionNothing);
    assert_eq!(refused(&mut trip, Person::Unspecified), Code::FieldRequired);
    assert_eq!(refused(&mut trip, Person::Substituted), Code::CorrectionTarget);
    trip.goes(&factory(), State::Arrived).unwrap();
    assert_eq!(refused(&mut trip, Person::Boarded), Code::CorrectionTarget);
    trip.come_to(&factory(), &cards, Person::Onboarded).unwrap();
    trip.goes(&factory(), State::Closed).unwrap();
    assert_eq!(refused(&mut trip, Person::Arrived), Code::CorrectionTarget, "not at an end");
}

#[test]
fn each_target_has_its_own_way() {
    use Person::*;
    for (to, path) in [
        (Arrived, vec![Boarded, Arrived]),
        (Onboarded, vec![Boarded, Arrived, Onboarded]),
        (NoShow, vec![NoShow]),
        (LeftEnRoute, vec![Boarded, LeftEnRoute]),
        (NotHired, vec![Boarded, Arrived, NotHired]),
        (Declined, vec![Boarded, Arrived, Declined]),
        (Returned, vec![Boarded, Arrived, Returned]),
    ] {
        let mut trip = Trip::arrived(2, 2, 0);
        let (one, other) = (trip.cards[0].clone(), trip.cards[1].clone());
        let from = if to == Arrived { NotHired } else { Arrived };
        if to == Arrived {
            trip.come_to(&factory(), std::slice::from_ref(&one), from).unwrap();
        }
        assert_eq!(trip.correct(&factory(), std::slice::from_ref(&one), to), Ok(None), "{to:?}");
        assert_eq!(trip.placement(&one).path().collect::<Vec<_>>(), path);
        assert_eq!(trip.placement(&other).path().collect::<Vec<_>>(), [Boarded, Arrived]);
        let seat = trip.city().vacancy(&trip.vacancy).unwrap().seats.contains_key(&one);
        assert_eq!(seat, matches!(to, Arrived | Onboarded), "{to:?}");
    }
}

#[test]
fn a_seat_that_another_has_meanwhile_is_not_given_twice() {
    let mut trip = Trip::arrived(2, 2, 1);
    let absent = [trip.cards[0].clone()];
    let other = trip.world.people(OTHER_POINT, 1);
    let signal = trip.world.raise(&trip.vacancy.clone(), OTHER_POINT, 1);
    trip.world.commit(&signal, &other).unwrap();
    let full = trip.correct(&desk(POINT), &absent, Person::Onboarded).unwrap_err();
    assert_eq!(full.code, Code::VacancyFull);
    let mut terms = world::terms(3);
    terms.place = "431003".into();
    let raise = Command::UpdateVacancy {
        vacancy: trip.vacancy.clone(),
        terms: Box::new(gongqiao_domain::terms::check(terms, trip.world.now).unwrap()),
    };
    trip.world.run(&factory(), raise).unwrap();
    trip.correct(&desk(POINT), &absent, Person::Onboarded).unwrap();
    assert_eq!(trip.figure(Figure::SeatsTaken), 3);
}

#[test]
fn who_was_promised_elsewhere_since_is_not_corrected_and_the_refusal_names_nobody() {
    let mut trip = Trip::arrived(2, 2, 1);
    let absent = [trip.cards[0].clone()];
    let case = trip.correct(&factory(), &absent, Person::Onboarded).unwrap().unwrap();
    let elsewhere = trip.world.post(1);
    let signal = trip.world.raise(&elsewhere, POINT, 1);
    trip.world.commit(&signal, &absent).unwrap();
    let refusal = trip.correct(&desk(POINT), &absent, Person::Onboarded).unwrap_err();
    assert_eq!(refusal.code, Code::CorrectionElsewhere);
    let told = refusal.to_string();
    assert!(!told.contains(elsewhere.as_str()) && !told.contains(absent[0].as_str()), "{told}");
    let late = trip.reply(&desk(POINT), &case, true).unwrap_err();
    assert_eq!(late.code, Code::CorrectionElsewhere, "looked at anew when it is agreed to");
    trip.reply(&desk(POINT), &case, false).unwrap();
}

#[test]
fn a_correction_of_a_correction_counts_in_the_month_of_what_was_wrong() {
    let mut trip = Trip::arrived(2, 2, 1);
    let absent = [trip.cards[0].clone()];
    trip.world.now = time::macros::datetime!(2021-07-31 15:55 UTC);
    trip.come_to(&factory(), &trip.cards.clone()[1..], Person::NotHired).unwrap();
    let wrong = [trip.cards[1].clone()];
    trip.world.now += Duration::minutes(9);
    assert_eq!(trip.correct(&factory(), &wrong, Person::Onboarded), Ok(None));
    trip.world.now += Duration::minutes(9);
    assert_eq!(trip.correct(&factory(), &wrong, Person::NotHired), Ok(None));
    assert_eq!(trip.world.now.month(), time::Month::July, "16:13 UTC is August in Beijing");
    let lines = trip.city().report.lines().iter();
    let counted: Vec<_> = lines
        .filter(|line| line.measure == Measure::Onboarded)
        .map(|line| (line.period.to_string(), line.times, line.people, line.correction))
        .collect();
    let july = || "2021-07".to_owned();
    assert_eq!(counted, [(july(), 1, 1, true), (july(), -1, -1, true)]);
    assert_eq!(trip.placement(&absent[0]).state(), Person::NoShow);
}

#[test]
fn a_closed_month_changes_only_through_the_next() {
    let mut trip = Trip::arrived(2, 2, 1);
    let (absent, there) = ([trip.cards[0].clone()], trip.cards[1..].to_vec());
    trip.come_to(&factory(), &there, Person::Onboarded).unwrap();
    let july: Period = "2021-07".parse().unwrap();
    let early = trip.world.run(&operator(), Command::ClosePeriod("2021-08".parse().unwrap()));
    assert_eq!(early.unwrap_err().code, Code::PeriodNotBegun);
    assert!(trip.world.run(&factory(), Command::ClosePeriod(july)).is_err());
    trip.world.run(&operator(), Command::ClosePeriod(july)).unwrap();
    let twice = trip.world.run(&operator(), Command::ClosePeriod(july)).unwrap_err();
    assert_eq!(twice.code, Code::PeriodClosed);
    let june = trip.world.run(&operator(), Command::ClosePeriod("2021-06".parse().unwrap()));
    assert_eq!(june.unwrap_err().code, Code::PeriodClosed, "closed with July");
    let before: Vec<_> = trip.city().report.lines().to_vec();
    let as_of = trip.city().report.closed(july);
    let case = trip.correct(&factory(), &absent, Person::Onboarded).unwrap().unwrap();
    trip.reply(&desk(POINT), &case, true).unwrap();
    let after = trip.city().report.lines();
    assert_eq!(after[..before.len()], before);
    let late = &after[before.len()..];
    assert!(late.iter().all(|line| line.period.to_string() == "2021-08" && line.correction));
    assert_eq!(late.iter().map(|line| line.times).sum::<i64>(), 2, "dispatched and onboarded");
    assert_eq!(trip.city().report.closed(july), as_of);
}

#[test]
fn a_record_corrected_into_work_counts_from_the_arrival_and_out_of_it_not_at_all() {
    let mut trip = Trip::arrived(2, 2, 1);
    let absent = [trip.cards[0].clone()];
    let arrived = trip.world.now;
    trip.world.now += Duration::days(4);
    let case = trip.correct(&factory(), &absent, Person::Onboarded).unwrap().unwrap();
    trip.reply(&desk(POINT), &case, true).unwrap();
    let (onboarding, work) = trip.city().employments.last_of(&absent[0]).unwrap();
    assert_eq!(work.onboarded_at, arrived);
    assert_eq!(trip.city().employments.visits_due(trip.world.now)[&onboarding], 3);
    let case = trip.correct(&factory(), &absent, Person::NotHired).unwrap().unwrap();
    trip.reply(&desk(POINT), &case, true).unwrap();
    assert!(trip.city().employments.last_of(&absent[0]).is_none());
    assert!(trip.city().employments.visits_due(trip.world.now).is_empty());
}

#[test]
fn who_was_replaced_or_released_stays_so() {
    let mut trip = Trip::new(1, 1);
    let out = trip.cards[0].clone();
    let substitute = trip.world.person(POINT);
    trip.goes(&factory(), State::Accepted).unwrap();
    let swap = Substitute { out: out.to_string(), r#in: substitute.to_string() };
    trip.record(&desk(POINT), Event::Substitute(swap)).unwrap();
    let refusal = trip.correct(&desk(POINT), &[out], Person::NoShow).unwrap_err();
    assert_eq!(refusal.code, Code::CorrectionSubstituted);
}

#[test]
fn the_enterprise_asks_each_point_for_its_own_people() {
    let mut trip = Trip::new(4, 1);
    let other = trip.world.person(OTHER_POINT);
    joins(&mut trip, &other, OTHER_POINT);
    let both = [trip.cards[0].clone(), other.clone()];
    trip.goes(&factory(), State::Accepted).unwrap();
    trip.come_to(&desk(POINT), &both, Person::Boarded).unwrap();
    trip.goes(&desk(POINT), State::Departed).unwrap();
    trip.goes(&factory(), State::Arrived).unwrap();
    trip.world.now += Duration::hours(1);
    let mixed = trip.correct(&factory(), &both, Person::NoShow).unwrap_err();
    assert_eq!(
        (mixed.code, mixed.pointer.as_deref()),
        (Code::FieldInvalid, Some("/correct/cards"))
    );
    let case =
        trip.correct(&factory(), std::slice::from_ref(&other), Person::NoShow).unwrap().unwrap();
    trip.reply(&desk(OTHER_POINT), &case, true).unwrap();
    assert_eq!(trip.figures(ROAD), [1, 1, 0, 1, 1, 1]);
}

/// Somebody of another point travels along, as the log has it.
fn joins(trip: &mut Trip, card: &CardId, point: &str) {
    let dispatch = trip.city().dispatch(&trip.dispatch).unwrap();
    let group = Entity::Dispatch { to: dispatch.to, dispatch: trip.dispatch.clone() };
    let vacancy = Entity::Vacancy { enterprise: factory().party, vacancy: trip.vacancy.clone() };
    let (id, card_id) = (trip.vacancy.to_string(), card.to_string());
    let held = wire::Held {
        card: card_id.clone(),
        vacancy: id.clone(),
        point: point.into(),
        dispatch: trip.dispatch.to_string(),
        ..Default::default()
    };
    let taken = wire::SeatsTaken {
        vacancy: id.clone(),
        point: point.into(),
        cards: vec![card_id.clone()],
        ..Default::default()
    };
    let passenger = wire::Passenger { card: card_id, point: point.into(), ..Default::default() };
    let joined = wire::DispatchJoined {
        dispatch: trip.dispatch.to_string(),
        vacancy: id,
        passengers: vec![passenger],
        ..Default::default()
    };
    for (entity, body) in [
        (Entity::Placement(card.clone()), Body::Held(held)),
        (vacancy, Body::SeatsTaken(taken)),
        (group, Body::DispatchJoined(joined)),
    ] {
        trip.world.store(&entity, &desk(point), Some(body), SCHEMA);
    }
}
