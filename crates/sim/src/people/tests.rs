use std::collections::HashSet;

use gongqiao_contract::codes::{IdRule, map_title};
use proptest::prelude::*;

use super::*;
use crate::{City, SimConfig};

fn city(workers: u64, seed: u64) -> City {
    City::new(&SimConfig { workers, seed }).unwrap()
}

fn row(person: &Person) -> String {
    format!(
        "{} {} {} {} {} {} {:?} {} {}",
        person.name,
        person.citizen_id.expose(),
        person.phone,
        person.home,
        person.occupations,
        person.wage_yuan,
        person.available_from,
        person.destinations,
        person.consents,
    )
}

#[test]
fn every_id_is_a_test_id_and_nobody_elses() {
    let city = city(60_000, 11);
    let mut ids = HashSet::new();
    let mut phones = HashSet::new();
    for point in &city.points {
        for person in city.people_of(point) {
            let person = person.unwrap();
            assert!(CitizenId::parse(person.citizen_id.expose(), IdRule::Test).is_ok());
            assert!(CitizenId::parse(person.citizen_id.expose(), IdRule::Real).is_err());
            assert!(ids.insert(person.citizen_id), "an ID stands twice");
            assert!(phones.insert(person.phone), "a number stands twice");
        }
    }
    assert_eq!(ids.len(), 60_000);
}

#[test]
fn the_stride_meets_every_birthday_and_serial_of_a_county_once() {
    let ids = u64::try_from((YOUNGEST - OLDEST).whole_days()).unwrap() * SERIALS;
    let (mut a, mut b) = (ids, STRIDE);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    assert_eq!(a, 1);
    // Even the whole city's 2.1 million would find room in one county.
    assert!(ids > 2_100_000);
}

#[test]
fn everybody_is_between_sixteen_and_sixty() {
    let city = city(6_000, 5);
    let people = city.points.iter().flat_map(|point| city.people_of(point));
    let births: Vec<Date> = people.map(|p| p.unwrap().citizen_id.birth_date()).collect();
    assert!(births.iter().all(|birth| (OLDEST..YOUNGEST).contains(birth)));
    let young = births.iter().filter(|birth| birth.year() > 1991).count();
    assert!((1_000..3_000).contains(&young), "ages are spread: {young} below thirty");
}

#[test]
fn every_title_is_known() {
    for title in TRADES.iter().copied().flatten() {
        assert!(!map_title(title).codes.is_empty(), "{title}");
    }
}

#[test]
fn a_clerk_finds_the_person_by_the_number() {
    let city = city(5_000, 5);
    let point = &city.points[700];
    for (index, person) in city.people_of(point).enumerate() {
        assert_eq!(who_has(&person.unwrap().phone), Some(point.first + index as u64));
    }
    for other in ["", "+999", "13800000000", "+86000000001"] {
        assert_eq!(who_has(other), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn equal_seeds_give_equal_people(seed: u64, at in 0_usize..1_267) {
        let all = |city: &City| -> Vec<String> {
            city.people_of(&city.points[at]).map(|p| row(&p.unwrap())).collect()
        };
        let (one, same) = (city(20_000, seed), city(20_000, seed));
        prop_assert_eq!(all(&one), all(&same));
        prop_assert_ne!(all(&one), all(&city(20_000, seed ^ 1)));
        prop_assert_eq!(one.workers(), 20_000);
    }
}
