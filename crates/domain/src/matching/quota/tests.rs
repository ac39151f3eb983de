use std::collections::HashMap;

use super::*;
use crate::{
    matching::{
        fit::Demand,
        fixture::{
            GUIYANG, HAIMEN, LINWU, NOW, YIZHANG, city, demand, division, register, terms,
            wire_card,
        },
        rank::rank_points,
    },
    register::Register,
};

const NO_ONE: fn(&gongqiao_contract::id::CardId) -> bool = |_| false;

/// The high-tech zone, as if these counties docked with it.
fn docking(counties: &[&str]) -> Park {
    let park = Park::get("chenzhou-hitech").unwrap().clone();
    Park { docking: counties.iter().copied().map(division).collect(), ..park }
}

/// A small city: what is asked of it, and where.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) register: Register,
    pub(super) demand: Demand,
    pub(super) rings: Rings,
    pub(super) history: HashMap<DivisionCode, History>,
    pub(super) asked: HashSet<DivisionCode>,
    pub(super) max_ring: u8,
}

impl Case {
    /// Points with so many plain cards each, around 桂阳 as the only local
    /// county.
    fn of(points: &[(&str, usize)]) -> Self {
        let cards: Vec<_> = points
            .iter()
            .flat_map(|(point, cards)| std::iter::repeat_n(*point, *cards))
            .enumerate()
            .map(|(id, point)| wire_card(id, point))
            .collect();
        Self::on(register(&cards), demand(|_| {}))
    }

    pub(super) fn on(register: Register, demand: Demand) -> Self {
        Self {
            register,
            demand,
            rings: Rings::around(division("431003"), Some(&docking(&["431021"]))),
            history: HashMap::new(),
            asked: HashSet::new(),
            max_ring: 0,
        }
    }

    pub(super) fn plan(&self, deficit: u32) -> Plan {
        self.plan_permuted(deficit, |_| {})
    }

    pub(super) fn plan_permuted(
        &self,
        deficit: u32,
        permute: impl FnOnce(&mut Vec<PointSupply<'_>>),
    ) -> Plan {
        let rankings = rank_points(
            &self.register,
            &self.demand,
            NOW,
            MOST_NAMES,
            NO_ONE,
            &std::collections::HashMap::new(),
        );
        let mut points = rankings
            .iter()
            .map(|ranking| PointSupply {
                ranking,
                history: self.history.get(&ranking.point).copied().unwrap_or_default(),
            })
            .collect();
        permute(&mut points);
        plan(&PlanInput {
            deficit,
            rings: &self.rings,
            max_ring: self.max_ring,
            points: &points,
            asked: &self.asked,
        })
    }
}

fn quotas(plan: &Plan) -> Vec<(String, u32, u8, usize)> {
    plan.asks
        .iter()
        .map(|ask| (ask.point.to_string(), ask.quota, ask.ring, ask.candidates.len()))
        .collect()
}

fn expected(of: &[(&str, u32, u8, usize)]) -> Vec<(String, u32, u8, usize)> {
    of.iter()
        .map(|(point, quota, ring, names)| ((*point).to_owned(), *quota, *ring, *names))
        .collect()
}

#[test]
fn a_single_point_is_asked_for_just_enough_with_names_to_phone() {
    let plan = Case::of(&[(GUIYANG, 40)]).plan(4);
    // 4.6 wanted; nine names at a half give 4.5 and eleven give 5.5.
    assert_eq!(quotas(&plan), expected(&[(GUIYANG, 7, 0, 11)]));
    assert_eq!((plan.target_milli, plan.expected_milli), (4600, 5500));
    assert!(!plan.is_short());
}

#[test]
fn nothing_is_asked_when_nothing_is_missing() {
    let plan = Case::of(&[(GUIYANG, 40)]).plan(0);
    assert_eq!(plan, Plan::default());
    assert!(!plan.is_short());
}

#[test]
fn rings_go_by_the_docking_counties_of_the_park_else_by_the_county_of_the_place() {
    let park = Rings::around(division("431003"), Some(&docking(&["431021", "431025"])));
    let ring = |rings: &Rings, point: &str| rings.of(division(point));
    assert_eq!(ring(&park, GUIYANG), 0);
    assert_eq!(ring(&park, LINWU), 0);
    assert_eq!(ring(&park, YIZHANG), 1);
    assert_eq!(ring(&park, "431003001001"), 1);
    assert_eq!(ring(&park, HAIMEN), 2);
    for place in ["431022", YIZHANG] {
        let county = Rings::around(division(place), None);
        assert_eq!(ring(&county, YIZHANG), 0);
        assert_eq!(ring(&county, GUIYANG), 1);
        assert_eq!(ring(&county, "430102001001"), 2);
    }
    // A park that names no county asks its whole city alike.
    let alike = Rings::around(division("431003"), Some(&docking(&[])));
    assert_eq!([ring(&alike, GUIYANG), ring(&alike, YIZHANG), ring(&alike, HAIMEN)], [0, 0, 2]);
}

#[test]
fn the_next_ring_is_asked_only_when_allowed_and_only_for_what_the_first_cannot_give() {
    let mut case = Case::of(&[(GUIYANG, 12), (YIZHANG, 40), (HAIMEN, 40)]);
    let local = case.plan(8);
    assert_eq!(quotas(&local), expected(&[(GUIYANG, 8, 0, 12)]));
    assert!(local.is_short(), "6 of 9.2 may be expected");
    case.max_ring = 1;
    let wider = case.plan(8);
    assert_eq!(quotas(&wider), expected(&[(GUIYANG, 8, 0, 12), (YIZHANG, 5, 1, 8)]));
    assert!(!wider.is_short());
    // Partner cities get no signals.
    case.max_ring = 9;
    assert_eq!(case.plan(8), wider);
    case.asked.insert(division(YIZHANG));
    assert_eq!(case.plan(8), local);
}

#[test]
fn points_asked_before_are_not_asked_again() {
    let mut case = Case::of(&[(GUIYANG, 20), ("431021001002", 20)]);
    assert_eq!(case.plan(4).asks[0].point, division(GUIYANG));
    case.asked.insert(division(GUIYANG));
    let plan = case.plan(4);
    assert_eq!(quotas(&plan), expected(&[("431021001002", 7, 0, 11)]));
}

#[test]
fn a_village_is_not_asked_for_one_while_another_can_send_ten() {
    let mut case = Case::of(&[(GUIYANG, 3), ("431021001002", 20)]);
    // Even though the small one has always kept its word.
    case.history.insert(division(GUIYANG), History { asked: 500, committed: 500, declined: 0 });
    case.history.insert(division("431021001002"), History { asked: 50, committed: 0, declined: 3 });
    assert_eq!(case.plan(1).asks[0].point, division("431021001002"));
    // Alone it is.
    case.asked.insert(division("431021001002"));
    assert_eq!(quotas(&case.plan(2)), expected(&[(GUIYANG, 3, 0, 3)]));
}

#[test]
fn a_point_with_a_good_history_goes_first_and_more_is_expected_of_it() {
    let mut case = Case::of(&[(GUIYANG, 20), ("431021001002", 20)]);
    case.history
        .insert(division("431021001002"), History { asked: 40, committed: 30, declined: 0 });
    // 4.6 wanted: seven tenths of six names are at most the quota of four, of
    // eight names at most the quota of five.
    assert_eq!(quotas(&case.plan(4)), expected(&[("431021001002", 5, 0, 8)]));
}

#[test]
fn among_equals_the_one_that_declined_less_goes_first() {
    let mut case = Case::of(&[(GUIYANG, 20), ("431021001002", 20)]);
    let history = |declined| History { asked: 20, committed: 10, declined };
    case.history.insert(division(GUIYANG), history(2));
    case.history.insert(division("431021001002"), history(1));
    assert_eq!(case.plan(4).asks[0].point, division("431021001002"));
}

#[test]
fn the_load_is_spread_alike_over_the_points_that_are_needed() {
    let points: Vec<String> = (1..=9).map(|n| format!("43102100100{n}")).collect();
    let points: Vec<_> = points.iter().map(|point| (point.as_str(), 40)).collect();
    let plan = Case::of(&points).plan(20);
    // 23 wanted, six of a point at most: four points, of which the two last
    // chosen are asked for one less and bring five and a half each.
    let asked: Vec<_> = plan.asks.iter().map(|ask| ask.quota).collect();
    assert_eq!(asked, [8, 8, 7, 7]);
    assert_eq!(plan.expected_milli, 23_000);
}

#[test]
fn a_point_is_asked_for_at_most_a_sixteenth_within_eight_and_what_a_clerk_can_phone() {
    let largest = |deficit| {
        let plan = Case::of(&[(GUIYANG, 60)]).plan(deficit);
        (plan.asks[0].quota, plan.asks[0].candidates.len())
    };
    assert_eq!(largest(100), (8, 12));
    assert_eq!(largest(129), (9, 14));
    assert_eq!(largest(200), (13, 20));
    assert_eq!(largest(10_000), (26, 39));
}

#[test]
fn points_that_never_kept_their_word_are_not_asked_for_more_than_thrice_the_deficit() {
    let points: Vec<String> = (1..=9).map(|n| format!("43102100100{n}")).collect();
    let points: Vec<_> = points.iter().map(|point| (point.as_str(), 40)).collect();
    let mut case = Case::of(&points);
    for (point, _) in &points {
        let history = History { asked: 1000, committed: 0, declined: 50 };
        case.history.insert(division(point), history);
    }
    let plan = case.plan(7);
    let asked: Vec<_> = plan.asks.iter().map(|ask| ask.quota).collect();
    assert_eq!(asked, [8, 8, 5]);
    assert!(plan.is_short());
}

#[test]
fn the_headline_case_asks_the_villages_of_guiyang_and_linwu_first() {
    let mut terms = terms();
    terms.trainable = true;
    terms.level = 0;
    terms.park = "chenzhou-hitech".to_owned();
    let register = city(60_000, 1_267);
    let mut case = Case::on(register, Demand::of(&terms).unwrap());
    case.rings = Rings::around(case.demand.place, case.demand.park);
    let plan = case.plan(200);
    assert!(!plan.is_short());
    let counties: HashSet<String> =
        plan.asks.iter().map(|ask| ask.point.county().unwrap().to_string()).collect();
    assert_eq!(counties, HashSet::from(["431021".to_owned(), "431025".to_owned()]));
    assert!(plan.asks.iter().all(|ask| ask.ring == 0 && ask.quota >= USEFUL_GROUP));
    assert!((230_000..232_000).contains(&plan.expected_milli), "{}", plan.expected_milli);
    assert!(plan.asks.len() < 30, "{} points are phoned", plan.asks.len());
}

#[test]
fn one_plan_as_it_stands() {
    let trainable = demand(|t| {
        t.trainable = true;
        t.level = 0;
    });
    let mut case = Case::on(city(600, 44), trainable);
    case.max_ring = 1;
    let points: Vec<_> = case.register.points().collect();
    for (n, point) in (0..).zip(points) {
        case.history.insert(point, History { asked: 20, committed: n % 20, declined: n % 3 });
    }
    let plan = case.plan(16);
    let lines: Vec<String> = plan
        .asks
        .iter()
        .map(|ask| {
            let names: Vec<_> =
                ask.candidates.iter().map(|c| format!("{}={}", c.card, c.score)).collect();
            format!("ring {} {}: {} of {}", ask.ring, ask.point, ask.quota, names.join(" "))
        })
        .collect();
    insta::assert_snapshot!(format!(
        "expected {} of {}\n{}",
        plan.expected_milli,
        plan.target_milli,
        lines.join("\n")
    ));
}
