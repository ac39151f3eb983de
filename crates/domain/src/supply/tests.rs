use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{id::CardId, subject::Entity, wire};
use proptest::prelude::*;
use time::macros::{date, datetime};

use super::{
    publish::{LEAST, STEP, Secret},
    tally::Heads,
    *,
};
use crate::{
    City,
    matching::fixture::{ASSEMBLER, GUIYANG, HOUSEKEEPER, LINWU, NOW, wire_card},
    register::Register,
};

/// A keyed hash that is good enough to be told nothing by (splitmix64 over
/// FNV-1a).
pub(super) fn secret(key: u64) -> Secret {
    Box::new(move |name| {
        let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ key, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        super::attack::mix(fnv)
    })
}

fn cell(key: &str) -> Cell {
    key.parse().unwrap()
}

#[test]
fn a_cell_rolls_up_into_group_month_and_city_and_no_further() {
    for (from, chain) in [
        (
            "431021_6-25-04-07_ordinary_w2027-07-12",
            &[
                "431021_6-25-00-00_ordinary_w2027-07-12",
                "431021_6-25-00-00_ordinary_m2027-07",
                "431000_6-25-00-00_ordinary_m2027-07",
            ][..],
        ),
        (
            "431021_6-25-04-07_high_now",
            &["431021_6-25-00-00_high_now", "431000_6-25-00-00_high_now"],
        ),
        ("431021_none_none_now", &["431000_none_none_now"]),
        ("431000_6-25-00-00_high_m2027-07", &[]),
    ] {
        let next = |at: &Cell| at.rolled_up();
        let found: Vec<String> = std::iter::successors(next(&cell(from)), next)
            .inspect(|one| assert_eq!(cell(&one.to_string()), *one))
            .map(|one| one.to_string())
            .collect();
        assert_eq!(found, chain, "{from}");
    }
}

#[test]
fn a_filter_and_a_scope_take_whole_cells_or_nothing() {
    let county = cell("431021_6-25-04-07_ordinary_w2027-07-12");
    let (group, city) = (county.rolled_up().unwrap(), cell("431000_6-25-00-00_ordinary_m2027-07"));
    let filter = |divisions: &[&str], occupations: &[&str], level, until: &str| FeedFilter {
        divisions: divisions.iter().map(|one| (*one).to_owned()).collect(),
        occupations: occupations.iter().map(|one| (*one).to_owned()).collect(),
        level,
        until: until.to_owned(),
        ..FeedFilter::default()
    };
    for (filter, wanted) in [
        (filter(&[], &[], 0, ""), [true, true, true]),
        (filter(&["431021"], &[], 0, ""), [true, true, false]),
        (filter(&["431000"], &["6-25-04"], 0, ""), [true, false, false]),
        (filter(&[], &["6-25"], 4, "2027-07-18"), [true, true, false]),
        (filter(&[], &["6-25"], 3, ""), [false, false, false]),
        (filter(&[], &[], 0, "2027-07-17"), [false, false, false]),
        (filter(&["431025"], &[], 0, ""), [false, false, false]),
    ] {
        assert_eq!([county, group, city].map(|one| one.is_wanted(&filter)), wanted, "{filter:?}");
        let scope = Scope {
            divisions: filter.divisions.clone(),
            occupations: filter.occupations.clone(),
            ..Scope::default()
        };
        if filter.level == 0 && filter.until.is_empty() {
            assert_eq!([county, group, city].map(|one| one.is_covered(&scope)), wanted);
        }
    }
}

#[test]
fn whoever_may_not_be_proposed_or_is_on_the_way_is_not_counted() {
    let mut register = Register::default();
    let mut city = City::default();
    let set = |register: &mut Register, at, card: &wire::Card| register.apply(at, card).unwrap();
    let mut card = wire_card(1, GUIYANG);
    set(&mut register, 1, &card);
    let count = |city: &City, register: &Register, now| {
        let tally = Tally::count(city, register, now);
        let mut all: Vec<_> =
            tally.cells().map(|(cell, h)| (cell.to_string(), h.free, h.held)).collect();
        all.sort();
        all
    };
    let place = format!("431021_{ASSEMBLER}_ordinary_now");
    assert_eq!(count(&city, &register, NOW), [(place.clone(), 1, 0)]);
    "2021-08-05".clone_into(&mut card.available_from);
    set(&mut register, 2, &card);
    let later = format!("431021_{ASSEMBLER}_ordinary_w2021-08-02");
    assert_eq!(count(&city, &register, NOW), [(later, 1, 0)]);
    let in_august = datetime!(2021-08-05 00:00 +8);
    assert_eq!(count(&city, &register, in_august), [(place.clone(), 1, 0)]);

    let subject = Entity::Placement("card_1".parse().unwrap())
        .subject(&gongqiao_contract::subject::Cell::new("431000".parse().unwrap()));
    let mut say = |body| {
        let fact = wire::Fact { body: Some(body), ..wire::Fact::default() };
        let at = city.position + 1;
        city.apply(at, &subject, &prost::Message::encode_to_vec(&fact));
        count(&city, &register, in_august)
    };
    let held =
        wire::Held { card: "card_1".into(), vacancy: "vac_1".into(), ..wire::Held::default() };
    let held = wire::Held { point: GUIYANG.into(), ..held };
    assert_eq!(say(wire::fact::Body::Held(held)), [(place.clone(), 0, 1)]);
    let moved = wire::PlacementMoved {
        to: wire::placement_state::Value::Boarded as i32,
        ..wire::PlacementMoved::default()
    };
    assert_eq!(say(wire::fact::Body::PlacementMoved(moved)), []);
    let back = wire::PlacementMoved {
        to: wire::placement_state::Value::Returned as i32,
        ..wire::PlacementMoved::default()
    };
    assert_eq!(say(wire::fact::Body::PlacementMoved(back)), [(place, 1, 0)]);
    assert_eq!(say(wire::fact::Body::PersonFrozen(wire::PersonFrozen::default())), []);

    let mut unverified = wire_card(2, GUIYANG);
    unverified.verification = wire::verification::Value::Unverified as i32;
    set(&mut register, 3, &unverified);
    let mut unwilling = wire_card(3, GUIYANG);
    unwilling.consents = vec![wire::consent::Value::Register as i32];
    set(&mut register, 4, &unwilling);
    let child = wire::Card { birth_year: 2010, ..wire_card(4, GUIYANG) };
    set(&mut register, 5, &child);
    assert_eq!(count(&city, &register, in_august), []);
}

/// People in a corner of the lattice, so that cells come near their thresholds.
fn places() -> impl Strategy<Value = (Cell, Status)> {
    let home = prop::sample::select(vec![GUIYANG, LINWU]);
    let work = prop::sample::select(vec![ASSEMBLER, "6-25-04-08", HOUSEKEEPER]);
    let week = prop::sample::select(vec![date!(2027 - 07 - 01), date!(2027 - 07 - 12)]);
    (home, work, week, 0..8u8).prop_map(|(home, work, from, held)| {
        let skill = (work.parse().unwrap(), SkillLevel::new(4).unwrap());
        let today = date!(2027 - 07 - 05);
        let cell = Cell::of(home.parse().unwrap(), Some(skill), from, today).unwrap();
        (cell, if held < 3 { Status::Held } else { Status::Free })
    })
}

type People = BTreeMap<usize, (Cell, Status)>;

fn tally(people: &People) -> Tally {
    let mut tally = Tally::default();
    people.iter().for_each(|(id, place)| tally.put(&card(*id), Some(*place)));
    tally
}

fn card(id: usize) -> CardId {
    format!("card_{id}").parse().unwrap()
}

/// Each person in the first cell on his way up that shows people like him.
fn counted(people: &People, shown: &BTreeMap<Cell, Heads>) -> BTreeMap<Cell, Heads> {
    let mut all = BTreeMap::<Cell, Heads>::new();
    for (cell, status) in people.values() {
        let shows = |cell: &Cell| {
            shown.get(cell).is_some_and(|heads| match status {
                Status::Free => heads.free > 0,
                Status::Held => heads.held > 0,
            })
        };
        let mut way = std::iter::successors(Some(*cell), Cell::rolled_up);
        let Some(place) = way.find(shows) else { continue };
        let heads = all.entry(place).or_default();
        match status {
            Status::Free => heads.free += 1,
            Status::Held => heads.held += 1,
        }
    }
    all
}

proptest! {
    #[test]
    fn nobody_is_counted_twice_and_no_number_tells_of_few(
        ticks in prop::collection::vec(
            prop::collection::vec((0..900usize, prop::option::weighted(0.8, places())), 0..400),
            1..6,
        ),
        key: u64,
    ) {
        let (mut people, mut kept) = (People::new(), Tally::default());
        let mut publisher = Publisher::new(secret(key));
        let mut again = Publisher::new(secret(key));
        for tick in ticks {
            for (id, place) in tick {
                match place {
                    Some(place) => drop(people.insert(id, place)),
                    None => drop(people.remove(&id)),
                }
                kept.put(&card(id), place);
            }
            prop_assert_eq!(&kept, &tally(&people), "kept up, and counted anew");
            let truth = publisher.cut(&kept);
            prop_assert_eq!(counted(&people, &truth), truth.clone(), "a partition");
            let published = again.publish(&kept);
            prop_assert_eq!(
                published.keys().collect::<BTreeSet<_>>(),
                truth.keys().collect::<BTreeSet<_>>()
            );
            for (cell, heads) in &truth {
                let told = published[cell];
                for (number, told) in [(heads.free, told.free), (heads.held, told.held)] {
                    prop_assert!(number == 0 || number >= LEAST, "{cell}: {heads:?}");
                    prop_assert!(told.is_multiple_of(STEP) && told.abs_diff(number) < STEP);
                    prop_assert_eq!(told == 0, number == 0);
                }
                let apart = heads.free.abs_diff(heads.held);
                prop_assert!(apart == 0 || apart >= LEAST, "{cell}: {heads:?}");
            }
        }
    }
}

#[test]
fn a_feed_over_sixty_thousand_cards_counts_most_of_them() {
    let counties = ["431002", "431003", "431021", "431022", "431023", "431024", "431025", "431026"];
    let mut tally = Tally::default();
    let mut next = super::attack::Dice(7);
    for id in 0..60_000 {
        // Half work in one of eight trades; the others in one of three hundred.
        let trade = if next.below(2) == 0 { next.below(8) } else { next.below(300) };
        let (group, kind) = (trade % 30 + 1, trade / 30 + 1);
        let work = format!("6-{group:02}-{kind:02}-01").parse().unwrap();
        let level = SkillLevel::new([0, 0, 0, 4, 5, 3][next.roll(6)]).unwrap();
        let weeks = if next.below(3) < 2 { 0 } else { i64::try_from(next.below(12)).unwrap() };
        let today = date!(2027 - 07 - 05);
        let from = today + Duration::weeks(weeks);
        let home = counties[next.roll(counties.len())].parse().unwrap();
        let cell = Cell::of(home, Some((work, level)), from, today).unwrap();
        let status = if next.below(10) == 0 { Status::Held } else { Status::Free };
        tally.put(&card(id), Some((cell, status)));
    }
    let mut publisher = Publisher::new(secret(1));
    let published = publisher.publish(&tally);
    let shares = publisher.shares();
    let sum: u64 = shares.iter().sum();
    println!(
        "supply: {} cards, {} items; counted {sum}: by occupation and week {}, by group {}, \
         by month {}, by city {}",
        tally.len(),
        published.len(),
        shares[0],
        shares[1],
        shares[2],
        shares[3],
    );
    assert!(sum > 54_000, "{shares:?}");
}

proptest! {
    #[test]
    fn ten_alike_share_what_a_card_says_and_who_could_be_told_more_finely_is(
        people in prop::collection::vec(places(), 0..120),
    ) {
        let people: People = people.into_iter().enumerate().collect();
        let tally = tally(&people);
        let places = Places::of(&tally);
        let cards = Cards { tally: &tally, places: &places };
        let shown = |id: &usize| cards.get(&card(*id));
        let mut alike = BTreeMap::<Cell, u32>::new();
        for (cell, status) in people.keys().filter_map(shown) {
            *alike.entry(cell).or_default() += 1;
            prop_assert!(status == Status::Free || status == Status::Held);
        }
        prop_assert!(alike.values().all(|people| *people >= LEAST), "{alike:?}");
        // Whoever is shown coarsely, or not at all, has fewer than ten like him
        // wherever he would be told of more finely.
        for (id, (finest, _)) in &people {
            let told = shown(id).map(|(cell, _)| cell);
            let finer = std::iter::successors(Some(*finest), Cell::rolled_up)
                .take_while(|cell| Some(*cell) != told);
            for cell in finer {
                let reaches = |(other, _): &&(Cell, Status)| {
                    std::iter::successors(Some(*other), Cell::rolled_up).any(|one| one == cell)
                };
                let unshown = people.iter().filter(|(other, place)| {
                    let at = shown(other).map(|(at, _)| at.rank());
                    reaches(place) && at.is_none_or(|rank| rank > cell.rank())
                });
                prop_assert!(unshown.count() < LEAST as usize, "{cell}");
            }
        }
    }

    #[test]
    fn whoever_is_shown_otherwise_than_before_is_among_the_changed(
        before in prop::collection::btree_map(0..80usize, places(), 0..80),
        after in prop::collection::btree_map(0..80usize, places(), 0..80),
    ) {
        let (before, after) = (tally(&before), tally(&after));
        let (was, is) = (Places::of(&before), Places::of(&after));
        let before = Cards { tally: &before, places: &was };
        let after = Cards { tally: &after, places: &is };
        let changed: Vec<&CardId> = after.changed(before).collect();
        let named: BTreeSet<&CardId> = changed.iter().copied().collect();
        prop_assert_eq!(changed.len(), named.len(), "each once");
        for id in (0..80).map(card) {
            let differs = before.get(&id) != after.get(&id);
            prop_assert_eq!(named.contains(&id), differs, "{}", id);
            // Who is counted as before is shown otherwise because of others alone.
            let stays = after.tally.place(&id) == before.tally.place(&id);
            let shifted = after.shifted(&was).any(|one| *one == id);
            prop_assert_eq!(stays && shifted, stays && differs, "{}", id);
        }
    }
}
