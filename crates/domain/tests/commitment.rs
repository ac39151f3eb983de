//! A commitment is all or nothing, and nobody is promised twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::collections::HashSet;

use gongqiao_contract::{Code, SCHEMA, subject::Entity, wire, wire::fact::Body};
use gongqiao_domain::{
    City,
    decide::{Command, decide},
    entity::{Draft, Vacancy},
    ledger::Figure,
};
use proptest::prelude::*;
use prost::Message as _;
use world::{
    OTHER_POINT, POINT, World, answer_command, commit_command, desk, factory, names, operator,
    seats_only_command, service,
};

#[test]
fn a_commitment_holds_cards_takes_seats_and_answers_the_signal() {
    let mut world = World::new();
    let cards = world.people(POINT, 3);
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, POINT, 3);
    world.commit(&signal, &cards).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 3);
    assert!(cards.iter().all(|card| world.city.placement(card).unwrap().is_bound()));
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "answered");
    let ledger = &world.city.ledgers[&vacancy];
    assert_eq!(ledger.get(Figure::Committed), 3);
    assert_eq!(ledger.get(Figure::SeatsTaken), 3);
    assert_eq!(ledger.points_involved(), 1);
}

#[test]
fn a_commitment_beyond_the_seats_is_refused_whole_and_says_what_is_left() {
    let mut world = World::new();
    let cards = world.people(POINT, 4);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 4);
    let refusal = world.run(&desk(POINT), seats_only_command(&signal, &cards)).unwrap_err();
    assert_eq!(refusal.code, Code::VacancyFull);
    assert!(refusal.params.contains(&("remaining", "3".into())), "{:?}", refusal.params);
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 0);
    assert!(world.city.placement(&cards[0]).is_none());
}

#[test]
fn a_held_card_cannot_be_promised_elsewhere_and_the_refusal_names_nobody() {
    let mut world = World::new();
    let cards = world.people(POINT, 1);
    let (first, second) = (world.post(3), world.post(3));
    let signal = world.raise(&first, POINT, 1);
    world.commit(&signal, &cards).unwrap();
    let signal = world.raise(&second, POINT, 1);
    let refusal = world.commit(&signal, &cards).unwrap_err();
    assert_eq!(refusal.code, Code::CardHeld);
    assert!(!refusal.to_string().contains(first.as_str()), "{refusal}");
}

#[test]
fn only_the_point_that_was_asked_answers_and_only_with_its_own_people() {
    let mut world = World::new();
    let (own, foreign) = (world.person(POINT), world.person(OTHER_POINT));
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 2);
    let code = |result: Result<String, gongqiao_contract::Refusal>| result.unwrap_err().code;
    let by_other =
        world.run(&desk(OTHER_POINT), commit_command(&signal, std::slice::from_ref(&own)));
    assert_eq!(code(by_other), Code::SignalNotFound);
    assert_eq!(code(world.commit(&signal, &[foreign])), Code::CardNotFound);
    assert_eq!(code(world.commit(&signal, &[own.clone(), own.clone()])), Code::CardTwice);
    assert_eq!(code(world.run(&factory(), commit_command(&signal, &[own]))), Code::AuthKind);
}

#[test]
fn a_hold_ends_only_by_an_event_and_gives_its_seat_back() {
    let mut world = World::new();
    let cards = world.people(POINT, 2);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 2);
    world.commit(&signal, &cards).unwrap();
    let release = Command::EndHolds {
        vacancy: vacancy.clone(),
        cards: cards.clone(),
        why: wire::hold_end::Value::Expired,
    };
    assert!(world.run(&service(), release.clone()).is_err(), "it has not run out");
    world.now += time::Duration::hours(73);
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 2, "time alone changes nothing");
    assert_eq!(world.run(&operator(), release.clone()).unwrap_err().code, Code::AuthKind);
    world.run(&service(), release).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 0);
    assert_eq!(world.city.ledgers[&vacancy].get(Figure::Released), 2);
}

#[test]
fn an_event_of_a_newer_version_makes_its_entity_read_only_and_no_other() {
    let mut world = World::new();
    let cards = world.people(POINT, 2);
    let (hit, spared) = (world.post(3), world.post(3));
    let signals = [world.raise(&hit, POINT, 1), world.raise(&spared, POINT, 1)];
    let entity = Entity::Vacancy { enterprise: factory().party, vacancy: hit.clone() };
    let withdrawn = Body::VacancyWithdrawn(wire::VacancyWithdrawn { vacancy: hit.to_string() });
    world.store(&entity, &factory(), Some(withdrawn), SCHEMA + 1);
    assert_eq!(world.commit(&signals[0], &cards[..1]).unwrap_err().code, Code::NewerSchema);
    assert!(world.commit(&signals[1], &cards[1..]).is_ok());
    assert_eq!(world.city.not_understood.len(), 1);
    // Why: an event of an unknown kind decodes as one without a body.
    let entity = Entity::Vacancy { enterprise: factory().party, vacancy: spared.clone() };
    world.store(&entity, &factory(), None, SCHEMA);
    assert_eq!(world.city.not_understood.len(), 2);
    assert!(world.city.entities.vacancies[&spared].read_only);
}

/// What a run of commands may hold.
#[derive(Debug, Clone)]
enum Op {
    Commit { vacancy: usize, people: Vec<usize> },
    Leave { vacancy: usize, people: Vec<usize> },
    Promote { vacancy: usize },
    Expire { vacancy: usize },
    Reduce { vacancy: usize, headcount: u32 },
    Withdraw { vacancy: usize },
    Wait { hours: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..2usize, prop::collection::vec(0..24usize, 1..7))
            .prop_map(|(vacancy, people)| Op::Commit { vacancy, people }),
        1 => (0..2usize, prop::collection::vec(0..24usize, 1..3))
            .prop_map(|(vacancy, people)| Op::Leave { vacancy, people }),
        2 => (0..2usize).prop_map(|vacancy| Op::Promote { vacancy }),
        1 => (0..2usize).prop_map(|vacancy| Op::Expire { vacancy }),
        1 => (0..2usize, 1..12u32).prop_map(|(vacancy, headcount)| Op::Reduce { vacancy, headcount }),
        1 => (0..2usize).prop_map(|vacancy| Op::Withdraw { vacancy }),
        1 => (1..40i64).prop_map(|hours| Op::Wait { hours }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_promised_twice_or_beyond_the_seats(ops in prop::collection::vec(op(), 1..60)) {
        let mut world = World::new();
        let cards = world.people(POINT, 24);
        let vacancies = [world.post(12), world.post(8)];
        let scored: Vec<_> = cards.iter().zip((0..24).map(|n| n * 7 % 5)).collect();
        let signals = vacancies.each_ref().map(|id| world.raise_for(id, POINT, 300, &scored));
        let chosen = |people: &[usize]| -> Vec<_> {
            people.iter().map(|n| cards[*n].clone()).collect()
        };
        for op in ops {
            let before = vacancies.each_ref().map(|id| world.city.vacancy(id).unwrap().clone());
            // Why: refusals are answers; what counts is that the city stays sound.
            let done = match &op {
                Op::Commit { vacancy, people } => world.commit(&signals[*vacancy], &chosen(people)),
                Op::Leave { vacancy, people } => {
                    let leave_standby = names(&chosen(people));
                    let ask = wire::AnswerSignal { leave_standby, ..Default::default() };
                    world.run(&desk(POINT), answer_command(&signals[*vacancy], ask))
                }
                Op::Promote { vacancy } => {
                    world.run(&service(), Command::PromoteStandby(vacancies[*vacancy].clone()))
                }
                Op::Expire { vacancy } => world.run(&service(), Command::EndHolds {
                    vacancy: vacancies[*vacancy].clone(),
                    cards: cards.clone(),
                    why: wire::hold_end::Value::Expired,
                }),
                Op::Reduce { vacancy, headcount } => world.run(&factory(), Command::ReduceVacancy {
                    vacancy: vacancies[*vacancy].clone(),
                    headcount: *headcount,
                }),
                Op::Withdraw { vacancy } => {
                    world.run(&factory(), Command::WithdrawVacancy(vacancies[*vacancy].clone()))
                }
                Op::Wait { hours } => {
                    world.now += time::Duration::hours(*hours);
                    Ok(String::new())
                }
            };
            sound(&world, &vacancies)?;
            match op {
                Op::Promote { vacancy } if done.is_ok() => {
                    in_order(&before[vacancy], world.city.vacancy(&vacancies[vacancy]).unwrap())?;
                }
                Op::Reduce { vacancy, .. } if done.is_ok() => {
                    oldest_stay(&before[vacancy], world.city.vacancy(&vacancies[vacancy]).unwrap())?;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_draft_of_many_commands_is_what_the_log_folds_to(
        picks in prop::collection::vec((0..2usize, prop::collection::vec(0..12usize, 1..4)), 1..30)
    ) {
        let mut world = World::new();
        let cards = world.people(POINT, 12);
        let vacancies = [world.post(5), world.post(4)];
        let signals: Vec<_> = vacancies.iter().map(|v| world.raise(v, POINT, 300)).collect();
        let who = desk(POINT);
        // One after the other, each stored before the next.
        let mut one_by_one = World::new();
        one_by_one.city = world.city.clone();
        one_by_one.register = world.register.clone();
        // All on one draft.
        let mut draft = Draft::new(&world.city.entities);
        for (index, people) in picks {
            let chosen: Vec<_> = people.iter().map(|n| cards[*n].clone()).collect();
            let command = commit_command(&signals[index], &chosen);
            let drafted = decide(&world.context(&who, &draft), &command);
            let stored = one_by_one.run(&who, command);
            prop_assert_eq!(drafted.as_ref().err().map(|r| r.code), stored.err().map(|r| r.code));
            for (entity, body) in drafted.map(|d| d.events).unwrap_or_default() {
                let fact = wire::Fact { min_reader: SCHEMA, body: Some(body), ..Default::default() };
                draft.apply(&entity, world.now, &fact);
            }
        }
        for vacancy in &vacancies {
            let drafted = draft.vacancy(vacancy).unwrap().value.as_ref().unwrap().taken();
            prop_assert_eq!(drafted, one_by_one.city.vacancy(vacancy).unwrap().taken());
        }
    }
}

fn sound(
    world: &World,
    vacancies: &[gongqiao_contract::id::VacancyId],
) -> Result<(), TestCaseError> {
    let mut seats = std::collections::HashMap::new();
    let workers = world.city.entities.workers.values().filter_map(|w| w.value.as_ref());
    for placement in workers.filter_map(|worker| worker.placement.as_ref()) {
        if placement.is_bound() {
            *seats.entry(placement.vacancy.clone()).or_insert(0u32) += 1;
        }
    }
    for id in vacancies {
        let vacancy = world.city.vacancy(id).unwrap();
        prop_assert!(vacancy.taken() <= vacancy.terms.headcount, "over-committed");
        prop_assert_eq!(
            vacancy.taken(),
            seats.get(id).copied().unwrap_or(0),
            "seats without people"
        );
        let ledger = &world.city.ledgers[id];
        prop_assert_eq!(ledger.get(Figure::SeatsTaken), i64::from(vacancy.taken()));
        let waiting: HashSet<_> = vacancy.standby.iter().map(|one| &one.card).collect();
        prop_assert_eq!(waiting.len(), vacancy.standby.len(), "somebody waits twice");
        let seated = vacancy.seats.keys().any(|card| vacancy.on_standby(card));
        prop_assert!(!seated, "somebody has a seat and waits for it");
        prop_assert_eq!(ledger.get(Figure::Standby), vacancy.standby.len() as i64);
        let sum: i64 = ledger.entries(Figure::SeatsTaken).map(|e| e.change).sum();
        prop_assert_eq!(sum, i64::from(vacancy.taken()), "the number is not the sum of its events");
    }
    prop_assert!(world.city.not_understood.is_empty(), "{:?}", world.city.not_understood);
    Ok(())
}

/// The list is worked off from its best.
fn in_order(before: &Vacancy, after: &Vacancy) -> Result<(), TestCaseError> {
    let (before, after) = (before.standby_ranked(), after.standby_ranked());
    prop_assert!(after.len() < before.len());
    prop_assert_eq!(&before[before.len() - after.len()..], &after[..]);
    Ok(())
}

/// Whoever was promised first keeps the seat.
fn oldest_stay(before: &Vacancy, after: &Vacancy) -> Result<(), TestCaseError> {
    let newest_kept = after.seats.values().max();
    let gone = before.seats.iter().filter(|(card, _)| !after.seats.contains_key(*card));
    for (_, order) in gone {
        prop_assert!(newest_kept.is_none_or(|kept| kept < order));
    }
    Ok(())
}

#[test]
fn folding_a_message_twice_changes_nothing() {
    let mut world = World::new();
    let vacancy = world.post(3);
    let before = world.city.clone();
    let entity = Entity::Vacancy { enterprise: factory().party, vacancy };
    let fact = wire::Fact::default().encode_to_vec();
    world.city.apply(before.position, &entity.subject(&world::cell()), &fact);
    assert_eq!(world.city, before);
    assert_eq!(City::default().position, 0);
    let unique: HashSet<_> = Figure::ALL.iter().collect();
    assert_eq!(unique.len(), Figure::ALL.len());
}
