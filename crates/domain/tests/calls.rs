//! A clerk phones first: only whoever said yes is promised, and the desk that
//! phones may be the township's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, SignalId},
    wire::{
        self, answer_signal::Answer, call_outcome::Value as Outcome, decline_reason, party_kind,
        verification,
    },
};
use gongqiao_domain::{decide::Command, ledger::Figure};
use time::macros::date;
use world::{
    OTHER_POINT, POINT, TOWNSHIP, World, answer_command, calls, commit_command, desk, names,
    operator, service,
};

fn only_commit(signal: &SignalId, cards: &[CardId]) -> Command {
    let commit = wire::answer_signal::Commit { cards: names(cards), ..Default::default() };
    let answer = Some(Answer::Commit(commit));
    answer_command(signal, wire::AnswerSignal { answer, ..Default::default() })
}

fn only_calls(signal: &SignalId, calls: Vec<wire::Call>) -> Command {
    answer_command(signal, wire::AnswerSignal { calls, ..Default::default() })
}

fn place<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (Code, String) {
    let refusal = result.unwrap_err();
    (refusal.code, refusal.pointer.unwrap_or_default())
}

#[test]
fn only_a_person_whose_last_word_was_yes_is_promised() {
    let mut world = World::new();
    let cards = world.people(POINT, 3);
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, POINT, 3);
    let desk = desk(POINT);
    let refused = world.run(&desk, only_commit(&signal, &cards)).unwrap_err();
    assert_eq!(refused.code, Code::CardNotWilling);
    assert!(refused.params.contains(&("said", "not_called".into())), "{refused:?}");
    world.run(&desk, only_calls(&signal, calls(&cards, Outcome::Willing))).unwrap();
    for no in [Outcome::Undecided, Outcome::Unwilling, Outcome::Away, Outcome::NoAnswer] {
        world.run(&desk, only_calls(&signal, calls(&cards[2..], no))).unwrap();
        let at = (Code::CardNotWilling, "/commit/cards/2".to_owned());
        assert_eq!(place(world.run(&desk, only_commit(&signal, &cards))), at, "{no:?}");
    }
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 0, "all or nothing");
    world.run(&desk, only_commit(&signal, &cards[..2])).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 2);
    // A yes to one vacancy is none to another.
    let other = world.post(5);
    let other = world.raise(&other, POINT, 3);
    let late = world.person(POINT);
    world
        .run(&desk, only_calls(&signal, calls(std::slice::from_ref(&late), Outcome::Willing)))
        .unwrap();
    let refused = world.run(&desk, only_commit(&other, &[late])).unwrap_err();
    assert_eq!(refused.code, Code::CardNotWilling);
}

#[test]
fn the_willing_are_counted_by_their_last_word() {
    let mut world = World::new();
    let cards = world.people(POINT, 4);
    let (first, second) = (world.post(9), world.post(9));
    let signal = world.raise(&first, POINT, 4);
    let elsewhere = world.raise(&second, POINT, 4);
    let other_point = world.raise(&first, OTHER_POINT, 4);
    let mut say = |signal: &SignalId, said: &[(usize, Outcome)]| {
        let heard = said.iter().map(|(n, outcome)| wire::Call {
            card: cards[*n].to_string(),
            outcome: *outcome as i32,
        });
        let heard = heard.collect();
        world.run(&desk(signal.point.as_str()), only_calls(signal, heard)).unwrap();
        world.city.ledgers[&signal.vacancy].get(Figure::Willing)
    };
    use Outcome::{NoAnswer, Undecided, Unwilling, Willing};
    assert_eq!(say(&signal, &[(0, Willing), (1, Willing), (2, NoAnswer)]), 2);
    assert_eq!(say(&signal, &[(0, Willing)]), 2, "said twice");
    assert_eq!(say(&signal, &[(0, Unwilling), (2, Willing), (3, Undecided)]), 2);
    assert_eq!(say(&signal, &[(1, Undecided)]), 1);
    assert_eq!(say(&elsewhere, &[(1, Willing)]), 1, "another vacancy");
    let heard: Vec<_> = world.city.signal(&signal).unwrap().willing().cloned().collect();
    assert_eq!(heard, [cards[2].clone()]);
    let stranger = world.person(OTHER_POINT);
    let more = only_calls(&other_point, calls(&[stranger], Willing));
    world.run(&desk(OTHER_POINT), more).unwrap();
    assert_eq!(world.city.ledgers[&first].get(Figure::Willing), 2, "over all points");
}

#[test]
fn anybody_of_the_register_may_be_called_and_not_everybody_promised() {
    let mut world = World::new();
    let walk_in = world.person(POINT);
    let unverified = world.person_with(POINT, |card| {
        card.verification = verification::Value::Unverified as i32;
    });
    let foreign = world.person(OTHER_POINT);
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, POINT, 3);
    let both = [walk_in.clone(), unverified.clone()];
    world.run(&desk(POINT), only_calls(&signal, calls(&both, Outcome::Willing))).unwrap();
    world.run(&desk(POINT), only_commit(&signal, &[walk_in])).unwrap();
    let refused = world.run(&desk(POINT), only_commit(&signal, &[unverified])).unwrap_err();
    assert_eq!(refused.code, Code::CardUnfit);
    assert!(refused.params.contains(&("why", "unfit.unverified".into())), "{refused:?}");
    let mut call =
        |calls: Vec<wire::Call>| place(world.run(&desk(POINT), only_calls(&signal, calls)));
    assert_eq!(
        call(calls(&[foreign], Outcome::Willing)),
        (Code::CardNotFound, "/calls/0/card".into())
    );
    let twice = [both[0].clone(), both[0].clone()];
    assert_eq!(call(calls(&twice, Outcome::Away)), (Code::CardTwice, "/calls/1/card".into()));
    assert_eq!(
        call(calls(&both, Outcome::Unspecified)),
        (Code::FieldRequired, "/calls/0/outcome".into())
    );
    let card = wire::Call { card: "card with spaces".into(), outcome: 1 };
    assert_eq!(call(vec![card]), (Code::CardNotFound, "/calls/0/card".into()));
    assert_eq!(call(Vec::new()), (Code::FieldInvalid, String::new()), "nothing is said");
}

#[test]
fn calls_and_a_decline_stand_together_and_a_decline_needs_an_open_signal() {
    let mut world = World::new();
    let cards = world.people(POINT, 2);
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, POINT, 2);
    let decline = || {
        let reason = decline_reason::Value::NobodyWilling as i32;
        Some(Answer::Decline(wire::answer_signal::Decline { reason }))
    };
    let heard = calls(&cards, Outcome::Unwilling);
    let ask = wire::AnswerSignal { calls: heard, answer: decline(), ..Default::default() };
    world.run(&desk(POINT), answer_command(&signal, ask)).unwrap();
    let stored = world.city.signal(&signal).unwrap();
    assert_eq!(stored.state.as_str(), "declined");
    assert_eq!(stored.said(&cards[1]), Some(Outcome::Unwilling));
    let again = wire::AnswerSignal { answer: decline(), ..Default::default() };
    let refused = world.run(&desk(POINT), answer_command(&signal, again)).unwrap_err();
    assert_eq!(refused.code, Code::SignalNotOpen);
    // Somebody changed his mind after all.
    world.commit(&signal, &cards[..1]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().state.as_str(), "answered");
}

#[test]
fn a_township_answers_for_its_villages_and_for_no_others() {
    let mut world = World::new();
    world.register_party(TOWNSHIP, party_kind::Value::ServicePoint).unwrap();
    let (foreign, county) = ("431021002000", "431021000000");
    for desk in [foreign, county] {
        let _ = world.register_party(desk, party_kind::Value::ServicePoint);
    }
    let (own, other) = (world.person(POINT), world.person(OTHER_POINT));
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, POINT, 2);
    let township = desk(TOWNSHIP);
    world.run(&township, commit_command(&signal, std::slice::from_ref(&own))).unwrap();
    let stored = world.city.signal(&signal).unwrap();
    assert_eq!(stored.answered_by.as_ref().unwrap().as_str(), TOWNSHIP);
    assert_eq!(stored.committed, 1);
    assert_eq!(world.city.placement(&own).unwrap().point.as_str(), POINT);
    // On a village's signal the township names that village's people only.
    let refused = world.run(&township, commit_command(&signal, std::slice::from_ref(&other)));
    assert_eq!(refused.unwrap_err().code, Code::CardNotFound);
    for stranger in [foreign, county, OTHER_POINT] {
        let late = world.person(POINT);
        let refused = world.run(&desk(stranger), commit_command(&signal, &[late])).unwrap_err();
        assert_eq!(refused.code, Code::SignalNotFound, "{stranger}");
    }
    // The village itself answers again, and that is recorded too.
    let late = world.person(POINT);
    world.commit(&signal, &[late]).unwrap();
    assert_eq!(world.city.signal(&signal).unwrap().answered_by.as_ref().unwrap().as_str(), POINT);
}

#[test]
fn a_township_inherits_the_people_of_a_village_without_a_desk() {
    let mut world = World::new();
    world.register_party(TOWNSHIP, party_kind::Value::ServicePoint).unwrap();
    world.run(&operator(), Command::RevokeParty(POINT.parse().unwrap())).unwrap();
    let cards = [world.person(POINT), world.person(OTHER_POINT)];
    let vacancy = world.post(5);
    let inherited = cards.each_ref().map(|card| (card, 500));
    let signal = world.raise_for(&vacancy, TOWNSHIP, 2, &inherited);
    world.commit(&signal, &cards).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 2);
    let stranger = world.person("431021002001");
    let asks = vec![wire::raise_signals::Ask {
        point: OTHER_POINT.into(),
        quota: 1,
        candidates: vec![wire::Candidate { card: stranger.to_string(), ..Default::default() }],
        respond_by: Some(gongqiao_domain::entity::timestamp(world.now + time::Duration::DAY)),
        ..Default::default()
    }];
    let raise = Command::RaiseSignals { vacancy, ask: wire::RaiseSignals { asks } };
    assert_eq!(world.run(&service(), raise).unwrap_err().code, Code::CardNotFound);
}

/// Born on 2 August 2005: sixteen two weeks after 20 July 2021.
#[test]
fn who_turns_sixteen_is_refused_before_the_day_and_flagged_after_it() {
    let mut world = World::new();
    let birth = date!(2005 - 08 - 02);
    let young = world.person_with(POINT, |card| card.birth_year = 2005);
    let vacancy = |world: &mut World, day: &str| {
        let day = day.to_owned();
        let vacancy = world.post_with(5, |terms| {
            terms.needed_by = day;
            terms.valid_until = Some(gongqiao_domain::entity::timestamp(
                time::macros::datetime!(2022-01-01 0:00 UTC),
            ));
        });
        world.raise(&vacancy, POINT, 2)
    };
    let code = |result: Result<String, Refusal>| result.unwrap_err().code;
    let early = vacancy(&mut world, "2021-07-20");
    let late = vacancy(&mut world, "2021-08-05");
    let who = std::slice::from_ref(&young);
    world.ages.note(young.clone(), birth, date!(2021 - 07 - 20));
    assert_eq!(code(world.commit(&early, who)), Code::CardUnderage);
    // Looked at for another day than the one on which people are needed now.
    assert_eq!(code(world.commit(&late, who)), Code::CardUnderage);
    world.ages.note(young.clone(), birth, date!(2021 - 08 - 05));
    world.commit(&late, who).unwrap();
    assert!(world.city.placement(&young).unwrap().minor);
    // On the birthday itself, and the day before.
    for (day, expected) in [("2021-08-01", Some(Code::CardUnderage)), ("2021-08-02", None)] {
        let signal = vacancy(&mut world, day);
        let other = world.person_with(POINT, |card| card.birth_year = 2005);
        let need =
            time::Date::parse(day, time::macros::format_description!("[year]-[month]-[day]"));
        world.ages.note(other.clone(), birth, need.unwrap());
        assert_eq!(world.commit(&signal, &[other]).err().map(|r| r.code), expected, "{day}");
    }
}

#[test]
fn who_may_be_seventeen_is_protected_until_the_date_says_otherwise() {
    let mut world = World::new();
    let vacancy = world.post(9);
    let signal = world.raise(&vacancy, POINT, 9);
    let mut minor = |birth_year: u32, birth: Option<time::Date>| {
        let card = world.person_with(POINT, |card| card.birth_year = birth_year);
        if let Some(birth) = birth {
            world.ages.note(card.clone(), birth, date!(2021 - 07 - 20));
        }
        world.commit(&signal, std::slice::from_ref(&card)).unwrap();
        world.city.placement(&card).unwrap().minor
    };
    assert!(minor(2004, None), "sixteen or seventeen");
    assert!(minor(2003, None), "seventeen or eighteen");
    assert!(minor(2003, Some(date!(2003 - 07 - 21))));
    assert!(!minor(2003, Some(date!(2003 - 07 - 20))), "eighteen on the day");
    assert!(!minor(2002, None));
}

#[test]
fn a_minor_stays_flagged_when_the_promise_is_renewed_for_a_group() {
    let mut world = World::new();
    let vacancy = world.post(2);
    let signal = world.raise(&vacancy, POINT, 2);
    let card = world.person_with(POINT, |card| card.birth_year = 2004);
    world.commit(&signal, std::slice::from_ref(&card)).unwrap();
    let open = wire::OpenDispatch {
        vacancy: vacancy.to_string(),
        mode: wire::travel_mode::Value::EnterprisePickup as i32,
        manifest: vec![card.to_string()],
        ..Default::default()
    };
    let dispatch =
        world.run(&desk(POINT), Command::OpenDispatch { ask: open, crew: None }).unwrap();
    let placement = world.city.placement(&card).unwrap();
    assert!(placement.minor && placement.dispatch.is_some());
    let dispatch = world.city.dispatch(&dispatch.parse().unwrap()).unwrap();
    assert!(dispatch.manifest[&card].minor);
}

#[test]
fn people_of_a_later_batch_of_arrivals_fit_by_its_day() {
    let mut world = World::new();
    let after_harvest = || |card: &mut wire::Card| card.available_from = "2021-08-08".into();
    let two = |terms: &mut wire::VacancyTerms| {
        terms.valid_until =
            Some(gongqiao_domain::entity::timestamp(time::macros::datetime!(2021-10-01 0:00 UTC)));
        terms.batches = [("2021-08-15", 2), ("2021-07-20", 3)]
            .map(|(date, headcount)| wire::ArrivalBatch { date: date.into(), headcount })
            .into();
    };
    let (once, batches) = (world.post(5), world.post_with(5, two));
    let code = |result: Result<String, Refusal>| result.err().map(|refusal| refusal.code);
    let card = world.person_with(POINT, after_harvest());
    let signal = world.raise(&once, POINT, 2);
    assert_eq!(code(world.commit(&signal, std::slice::from_ref(&card))), Some(Code::CardUnfit));
    let signal = world.raise(&batches, POINT, 4);
    assert_eq!(code(world.commit(&signal, &[card])), None);
    let too_late = world.person_with(POINT, |card| card.available_from = "2021-08-16".into());
    assert_eq!(code(world.commit(&signal, &[too_late])), Some(Code::CardUnfit));
    // Turns sixteen between the batches: the age counts on the day of the batch.
    let mut young = |from: &str| {
        let from = from.to_owned();
        let card = world.person_with(POINT, |card| {
            card.birth_year = 2005;
            card.available_from = from;
        });
        world.ages.note(card.clone(), date!(2005 - 08 - 02), date!(2021 - 08 - 15));
        code(world.commit(&signal, &[card]))
    };
    assert_eq!(young("2021-08-03"), None);
    assert_eq!(young("2021-07-01"), Some(Code::CardUnderage), "needed on 20 July");
}

#[test]
fn whoever_is_promised_and_says_no_later_gives_the_seat_back() {
    let mut world = World::new();
    let cards = world.people(POINT, 3);
    let vacancy = world.post(3);
    let signal = world.raise(&vacancy, POINT, 3);
    world.commit(&signal, &cards).unwrap();
    let no = only_calls(&signal, calls(&cards[..1], Outcome::Unwilling));
    let decided = world.decide(&desk(POINT), &no).unwrap();
    assert_eq!(decided.told.released, 1);
    world.run(&desk(POINT), no).unwrap();
    let stored = world.city.vacancy(&vacancy).unwrap();
    assert!(stored.taken() == 2 && !stored.seats.contains_key(&cards[0]));
    assert_eq!(world.city.ledgers[&vacancy].get(Figure::Declined), 1);
    // Somebody not sure yet, or not reached, keeps the seat; so does who is on
    // a manifest, of whom the group says what becomes.
    for keeps in [Outcome::Undecided, Outcome::NoAnswer] {
        world.run(&desk(POINT), only_calls(&signal, calls(&cards[1..2], keeps))).unwrap();
    }
    let group = world::trip::open(&mut world, &desk(POINT), &vacancy, &cards[2..]).unwrap();
    world.run(&desk(POINT), only_calls(&signal, calls(&cards[2..], Outcome::Away))).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 2);
    assert!(world.city.dispatch(&group).unwrap().manifest.contains_key(&cards[2]));
    // And whoever says yes again may be promised again.
    world.run(&desk(POINT), only_calls(&signal, calls(&cards[..1], Outcome::Willing))).unwrap();
    world.run(&desk(POINT), only_commit(&signal, &cards[..1])).unwrap();
    assert_eq!(world.city.vacancy(&vacancy).unwrap().taken(), 3);
}
