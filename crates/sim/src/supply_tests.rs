//! Whether the city that is made can fill the plants: by the exchange's own
//! rules of matching, on the rosters that would be uploaded.

use std::collections::HashSet;

use gongqiao_contract::{
    codes::{IdRule, Park},
    id::CardId,
    wire::{self, verification},
};
use gongqiao_domain::{
    Register,
    entity::timestamp,
    matching::{
        fit::Demand,
        quota::{History, LAST_RING, MOST_NAMES, PlanInput, PointSupply, Rings, plan},
        rank::rank_points,
    },
    terms::check,
};
use gongqiao_roster::{Context, Format, Limits, Row, read};

use crate::{
    City, SimConfig,
    roster::{Form, roster},
    start,
    week::urgent_terms,
};

fn register(city: &City) -> Register {
    let mut register = Register::default();
    let mut sequence = 0_u64;
    for point in &city.points {
        let context = Context {
            point: point.code,
            rule: IdRule::Test,
            limits: Limits::default(),
            today: start().date(),
        };
        let file = roster(city, point, Form::Ndjson).unwrap();
        for row in read(&file, Format::Ndjson, &context).unwrap().rows {
            sequence += 1;
            let card = card(row.person().unwrap(), point.id.as_str(), sequence);
            register.apply(sequence, &card).unwrap();
        }
    }
    register
}

fn card(row: &Row, point: &str, sequence: u64) -> wire::Card {
    wire::Card {
        card: CardId::from_random(u128::from(sequence).to_be_bytes()).to_string(),
        point: point.to_owned(),
        home: row.home.to_string(),
        verification: verification::Value::Verified as i32,
        birth_year: u32::from(row.birth_year),
        skills: row.skills.clone(),
        wage_expected_yuan: row.wage_expected_yuan,
        available_from: row.available_from.to_string(),
        destinations: row.destinations.iter().map(ToString::to_string).collect(),
        consents: row.consents.iter().map(|c| *c as i32).collect(),
        updated_at: Some(timestamp(start())),
        ..wire::Card::default()
    }
}

/// Points asked, people asked for, people who fit, and whether it is too few,
/// of the first plan for each plant.
fn first_plans(city: &City, max_ring: u8) -> Vec<(usize, u32, usize, bool)> {
    let register = register(city);
    let terms = urgent_terms().into_iter().map(|terms| check(terms, start()).unwrap());
    let plans = terms.map(|terms| {
        let demand = Demand::of(&terms).unwrap();
        let rankings = rank_points(
            &register,
            &demand,
            start(),
            MOST_NAMES,
            |_| false,
            &std::collections::HashMap::new(),
        );
        let points: Vec<_> = rankings
            .iter()
            .map(|ranking| PointSupply { ranking, history: History::default() })
            .collect();
        let rings = Rings::around(demand.place, Park::get(&terms.park));
        let asked = HashSet::new();
        let deficit = terms.headcount;
        let plan =
            plan(&PlanInput { deficit, rings: &rings, max_ring, points: &points, asked: &asked });
        let people = rankings.iter().map(|ranking| ranking.fitting).sum();
        (plan.asks.len(), plan.asked(), people, plan.is_short())
    });
    plans.collect()
}

#[test]
fn the_local_ring_can_fill_the_plants() {
    let city = City::new(&SimConfig { workers: 60_000, seed: 2021 }).unwrap();
    for (points, asked, fitting, short) in first_plans(&city, 0) {
        assert!(!short && points > 5 && asked >= 80, "{points} points asked for {asked}");
        assert!(fitting > 10_000, "{fitting} fit in the whole city");
    }
}

#[test]
fn the_smallest_city_can_fill_them_from_all_counties() {
    let city = City::new(&SimConfig { workers: 5_000, seed: 2021 }).unwrap();
    for (_, _, fitting, short) in first_plans(&city, LAST_RING) {
        assert!(!short && fitting > 800, "{fitting} fit");
    }
}
