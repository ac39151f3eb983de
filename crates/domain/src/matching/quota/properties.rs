use std::collections::HashMap;

use gongqiao_contract::id::CardId;
use proptest::prelude::*;

use super::{tests::Case, *};
use crate::matching::{
    fit::fit,
    fixture::{TESTER, demand, division, register, wire_card},
};

/// Six local villages, four of the same city, two beyond.
const POINTS: [&str; 12] = [
    "431021001001",
    "431021001002",
    "431021001003",
    "431021100001",
    "431021100002",
    "431021100003",
    "431022101001",
    "431022101002",
    "431025100001",
    "431025100002",
    "430102001001",
    "320614100001",
];

/// One card: level, wage expected, free in time, verified.
type Person = (u32, u32, bool, bool);

fn person() -> impl Strategy<Value = Person> {
    (0_u32..=5, 4000_u32..5500, prop::bool::weighted(0.9), prop::bool::weighted(0.9))
}

fn history() -> impl Strategy<Value = History> {
    (0_u32..200, 0_u32..=100, 0_u32..4).prop_map(|(asked, percent, declined)| History {
        asked,
        committed: asked * percent / 100,
        declined,
    })
}

fn case() -> impl Strategy<Value = Case> {
    let point = (prop::collection::vec(person(), 0..50), history(), prop::bool::weighted(0.1));
    (prop::collection::vec(point, POINTS.len()), 0_u8..4).prop_map(|(points, max_ring)| {
        let people = POINTS
            .into_iter()
            .zip(&points)
            .flat_map(|(point, (people, ..))| people.iter().map(move |person| (point, *person)));
        let cards: Vec<_> =
            people.enumerate().map(|(id, (point, person))| card(id, point, person)).collect();
        let mut case = Case::on(register(&cards), demand(|_| {}));
        case.max_ring = max_ring;
        for (point, (_, history, asked)) in POINTS.into_iter().map(division).zip(points) {
            case.history.insert(point, history);
            if asked {
                case.asked.insert(point);
            }
        }
        case
    })
}

fn card(
    id: usize,
    point: &str,
    (level, wage, free, verified): Person,
) -> gongqiao_contract::wire::Card {
    let mut card = wire_card(id, point);
    card.skills[0].level = level;
    if level % 2 == 0 {
        card.skills[0].occupation = TESTER.to_owned();
    }
    card.wage_expected_yuan = wage;
    if !free {
        card.available_from = "2021-08-10".to_owned();
    }
    card.verification = i32::from(verified);
    card
}

/// What the table in the module's head says may be expected of one ask.
fn expected_milli(history: History, names: usize, quota: u32) -> u64 {
    let rate = (u64::from(history.committed) + 5) * 1000 / (u64::from(history.asked) + 10);
    (names as u64 * rate.min(1000)).min(u64::from(quota) * 1000)
}

/// The points that may be asked, with how many of their cards fit.
fn eligible(case: &Case) -> HashMap<DivisionCode, usize> {
    let fitting = |point| {
        case.register
            .of_point(point)
            .filter(|card| fit(card, &case.demand, false, None).is_ok())
            .count()
    };
    POINTS
        .into_iter()
        .map(division)
        .filter(|point| !case.asked.contains(point))
        .filter(|point| case.rings.of(*point) <= case.max_ring.min(1))
        .map(|point| (point, fitting(point)))
        .collect()
}

proptest! {
    #[test]
    fn only_cards_that_fit_are_proposed_each_once_and_to_their_own_point(
        case in case(), deficit in 0_u32..300,
    ) {
        let mut proposed: HashSet<CardId> = HashSet::new();
        let mut points = HashSet::new();
        for ask in case.plan(deficit).asks {
            prop_assert!(points.insert(ask.point), "{} is asked twice", ask.point);
            for candidate in &ask.candidates {
                let card = case.register.get(&candidate.card).unwrap();
                prop_assert_eq!(card.point, ask.point);
                prop_assert!(fit(card, &case.demand, false, None).is_ok());
                prop_assert!(proposed.insert(candidate.card.clone()));
            }
            prop_assert!(ask.candidates.is_sorted_by_key(Ranked::order));
        }
    }

    #[test]
    fn quotas_stay_within_the_caps(case in case(), deficit in 0_u32..300) {
        let plan = case.plan(deficit);
        let eligible = eligible(&case);
        for ask in &plan.asks {
            let fitting = eligible.get(&ask.point).copied();
            prop_assert!(fitting.is_some(), "{} may not be asked", ask.point);
            let names = (ask.quota + ask.quota.div_ceil(2)) as usize;
            prop_assert_eq!(ask.candidates.len(), names.min(fitting.unwrap()));
            prop_assert!(ask.candidates.len() <= 40);
            prop_assert!(ask.quota >= 1 && ask.quota as usize <= ask.candidates.len());
            prop_assert!(ask.quota <= deficit.div_ceil(16).clamp(8, 26));
            prop_assert_eq!(ask.ring, case.rings.of(ask.point));
        }
        prop_assert!(plan.asks.is_sorted_by_key(|ask| ask.ring));
        prop_assert!(plan.asked() <= 3 * deficit);
    }

    #[test]
    fn what_is_expected_covers_the_deficit_when_there_are_people_and_no_more_than_that(
        case in case(), deficit in 0_u32..300,
    ) {
        let plan = case.plan(deficit);
        let each: Vec<_> = plan
            .asks
            .iter()
            .map(|ask| expected_milli(case.history[&ask.point], ask.candidates.len(), ask.quota))
            .collect();
        prop_assert_eq!(each.iter().sum::<u64>(), plan.expected_milli);
        prop_assert_eq!(plan.target_milli, u64::from(deficit) * 1150);
        let cap = deficit.div_ceil(16).clamp(8, 26);
        let possible: u64 = eligible(&case)
            .into_iter()
            .map(|(point, fitting)| {
                let quota = u32::try_from(fitting).unwrap().min(cap);
                let names = fitting.min((quota + quota.div_ceil(2)) as usize);
                expected_milli(case.history[&point], names, quota)
            })
            .sum();
        if plan.asked() < 3 * deficit {
            prop_assert_eq!(plan.is_short(), possible < plan.target_milli);
        }
        if !plan.is_short() {
            // One more asked for brings two names at most.
            prop_assert!(plan.expected_milli < plan.target_milli + 2000);
            let last = each.last().copied().unwrap_or_default();
            prop_assert!(deficit == 0 || plan.expected_milli - last < plan.target_milli);
        }
    }

    #[test]
    fn a_farther_ring_is_asked_only_when_every_nearer_point_is(
        case in case(), deficit in 0_u32..300,
    ) {
        let plan = case.plan(deficit);
        let asked: HashSet<_> = plan.asks.iter().map(|ask| ask.point).collect();
        let farthest = plan.asks.last().map_or(0, |ask| ask.ring);
        for (point, fitting) in eligible(&case) {
            let nearer = case.rings.of(point) < farthest;
            prop_assert!(!nearer || fitting == 0 || asked.contains(&point), "{} is left", point);
        }
    }

    #[test]
    fn the_order_of_the_points_does_not_matter(
        case in case(), deficit in 0_u32..300,
        order in Just((0..POINTS.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let permuted = case.plan_permuted(deficit, |points| {
            *points = order.iter().filter_map(|at| points.get(*at)).copied().collect();
        });
        prop_assert_eq!(permuted, case.plan(deficit));
    }

    #[test]
    fn of_two_points_alike_the_one_with_the_better_history_is_asked_for_as_many_or_more(
        case in case(),
        people in prop::collection::vec(person(), 1..50),
        worse in history(), more in 0_u32..50, fewer in 0_u32..4,
        which in any::<bool>(),
        deficit in 1_u32..300,
    ) {
        let better = History {
            asked: worse.asked,
            committed: (worse.committed + more).min(worse.asked),
            declined: worse.declined.saturating_sub(fewer),
        };
        prop_assume!(better != worse);
        let twins = if which { [0, 1] } else { [1, 0] }.map(|at| POINTS[at]);
        let mut case = case;
        let others = POINTS[2..].iter().flat_map(|point| case.register.of_point(division(point)));
        let mut cards: Vec<_> = others.map(|card| card.card.clone()).collect();
        cards.truncate(200);
        let mut all = Vec::new();
        for point in twins {
            for person in &people {
                all.push(card(10_000 + all.len(), point, *person));
            }
        }
        for (at, id) in cards.iter().enumerate() {
            let point = case.register.get(id).unwrap().point.to_string();
            all.push(card(at, &point, (1 + at as u32 % 5, 4500, true, true)));
        }
        case.register = register(&all);
        case.history.insert(division(twins[0]), better);
        case.history.insert(division(twins[1]), worse);
        for twin in twins {
            case.asked.remove(&division(twin));
        }
        let plan = case.plan(deficit);
        let quota = |point: &str| {
            plan.asks.iter().find(|ask| ask.point == division(point)).map_or(0, |ask| ask.quota)
        };
        prop_assert!(quota(twins[0]) >= quota(twins[1]), "{plan:?}");
    }

    #[test]
    fn a_point_that_is_asked_is_still_asked_when_its_history_is_better(
        case in case(), more in 1_u32..100, deficit in 1_u32..300,
    ) {
        let mut case = case;
        for ask in case.plan(deficit).asks {
            let before = case.history[&ask.point];
            let better =
                History { committed: (before.committed + more).min(before.asked), ..before };
            case.history.insert(ask.point, better);
            let again = case.plan(deficit);
            prop_assert!(again.asks.iter().any(|other| other.point == ask.point));
            case.history.insert(ask.point, before);
        }
    }
}
