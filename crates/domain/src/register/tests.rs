use gongqiao_contract::wire::consent::Value as Consent;
use proptest::prelude::*;

use super::*;
use crate::matching::fixture::{GUIYANG, LINWU, division, wire_card};

fn id(n: usize) -> CardId {
    format!("card_{n}").parse().unwrap()
}

fn names(register: &Register, point: &str) -> Vec<String> {
    register.of_point(division(point)).map(|card| card.card.to_string()).collect()
}

#[test]
fn a_card_is_read_into_its_facets() {
    let mut wire = wire_card(1, GUIYANG);
    wire.set_verification(verification::Value::Verified);
    wire.birth_year = 1988;
    let mut register = Register::default();
    register.apply(7, &wire).unwrap();
    let card = register.get(&id(1)).unwrap();
    assert_eq!(card.point, division(GUIYANG));
    assert_eq!(card.home, division(GUIYANG));
    assert_eq!(card.skills[0].1.number(), 4);
    assert_eq!(card.destinations[..], [division("431000")]);
    assert_eq!(card.content_mac[..], [7; 16]);
    assert_eq!(card.updated_at, crate::matching::fixture::NOW);
    assert_eq!((card.sequence, card.birth_year, card.wage_expected_yuan), (7, 1988, 4500));
    assert_eq!(card.available_from.to_string(), "2021-07-01");
    assert!(card.consents.has(Consent::Register) && card.consents.has(Consent::Matching));
    assert!(!card.consents.has(Consent::Disclosure) && !card.consents.has(Consent::Unspecified));
    assert!(card.verified && !card.read_only);
    assert_eq!((register.len(), register.read_only(), register.is_empty()), (1, 0, false));
}

#[test]
fn the_last_version_wins_and_an_older_or_repeated_one_changes_nothing() {
    let version = |wage| {
        let mut card = wire_card(1, GUIYANG);
        card.wage_expected_yuan = wage;
        card
    };
    let mut register = Register::default();
    for (sequence, wage) in [(5, 5000), (3, 3000), (5, 1000), (6, 6000)] {
        register.apply(sequence, &version(wage)).unwrap();
    }
    let card = register.get(&id(1)).unwrap();
    assert_eq!((card.sequence, card.wage_expected_yuan), (6, 6000));
    assert_eq!(register.len(), 1);
}

#[test]
fn a_card_that_moves_leaves_its_old_point() {
    let mut register = Register::default();
    register.apply(1, &wire_card(1, GUIYANG)).unwrap();
    register.apply(2, &wire_card(2, GUIYANG)).unwrap();
    register.apply(3, &wire_card(1, LINWU)).unwrap();
    assert_eq!(names(&register, GUIYANG), ["card_2"]);
    assert_eq!(names(&register, LINWU), ["card_1"]);
    register.apply(4, &wire_card(2, LINWU)).unwrap();
    assert_eq!(register.points().collect::<Vec<_>>(), [division(LINWU)]);
    assert_eq!(names(&register, GUIYANG), [""; 0]);
}

#[test]
fn a_tombstone_takes_the_card_out_and_leaves_the_others_where_they_are() {
    let mut register = Register::default();
    for n in 1..=3 {
        register.apply(n, &wire_card(usize::try_from(n).unwrap(), GUIYANG)).unwrap();
    }
    let tombstone = wire::Card { card: id(1).to_string(), erased: true, ..wire::Card::default() };
    register.apply(4, &tombstone).unwrap();
    assert!(register.get(&id(1)).is_none() && register.is_erased(&id(1)));
    assert_eq!(names(&register, GUIYANG), ["card_2", "card_3"]);
    assert_eq!(register.get(&id(3)).unwrap().sequence, 3);
    register.apply(1, &wire_card(1, GUIYANG)).unwrap();
    assert!(register.get(&id(1)).is_none(), "an older version that comes late is still older");
}

#[test]
fn a_card_of_a_newer_schema_is_kept_and_read_only() {
    let mut register = Register::default();
    let mut card = wire_card(1, GUIYANG);
    card.min_reader = SCHEMA + 1;
    register.apply(1, &card).unwrap();
    assert!(register.get(&id(1)).unwrap().read_only);
    assert_eq!((register.len(), register.read_only()), (1, 1));
    // A later version that we do understand.
    register.apply(2, &wire_card(1, GUIYANG)).unwrap();
    assert_eq!(register.read_only(), 0);
}

#[test]
fn a_version_that_cannot_be_read_leaves_the_one_before_read_only() {
    let mut register = Register::default();
    register.apply(1, &wire_card(1, GUIYANG)).unwrap();
    let mut card = wire_card(1, GUIYANG);
    card.available_from = "after the harvest".to_owned();
    let unreadable = register.apply(2, &card).unwrap_err();
    assert_eq!(
        (unreadable.field, unreadable.code()),
        ("available_from", "register.card_unreadable")
    );
    let kept = register.get(&id(1)).unwrap();
    assert_eq!((kept.sequence, kept.read_only), (2, true));
    // An older one that comes late is still older.
    register.apply(1, &wire_card(1, LINWU)).unwrap();
    assert_eq!(names(&register, GUIYANG), ["card_1"]);
}

#[test]
fn a_field_that_cannot_be_read_is_named() {
    let check = |change: fn(&mut wire::Card), field: &str| {
        let mut card = wire_card(1, GUIYANG);
        change(&mut card);
        let mut register = Register::default();
        assert_eq!(register.apply(1, &card).unwrap_err().field, field);
        assert!(register.is_empty());
    };
    check(|c| c.card = "a.b".to_owned(), "card");
    check(|c| c.point = String::new(), "point");
    check(|c| c.home = "桂阳".to_owned(), "home");
    check(|c| c.skills[0].occupation = "普工".to_owned(), "skills");
    check(|c| c.skills[0].level = 6, "skills");
    check(|c| c.destinations.push("4".to_owned()), "destinations");
    check(|c| c.available_from = "2021-02-29".to_owned(), "available_from");
    check(|c| c.birth_year = 70_000, "birth_year");
    check(|c| c.updated_at = None, "updated_at");
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter_and_each_point_is_in_order_of_sequence(
        messages in prop::collection::vec((0_usize..8, any::<bool>(), 0_u32..9), 0..40)
            .prop_flat_map(|messages| {
                let numbered: Vec<_> = (1_u64..).zip(messages).collect();
                (Just(numbered.clone()), Just(numbered).prop_shuffle())
            }),
    ) {
        let fold = |messages: &[(u64, (usize, bool, u32))]| {
            let mut register = Register::default();
            for (sequence, (card, moved, wage)) in messages {
                let mut card = wire_card(*card, if *moved { LINWU } else { GUIYANG });
                card.wage_expected_yuan = *wage;
                card.erased = *wage == 8;
                register.apply(*sequence, &card).unwrap();
            }
            register
        };
        let (straight, shuffled) = (fold(&messages.0), fold(&messages.1));
        prop_assert_eq!(straight.len(), shuffled.len());
        let mut seen = 0;
        for point in [GUIYANG, LINWU].map(division) {
            let cards: Vec<_> = straight.of_point(point).collect();
            prop_assert_eq!(&cards, &shuffled.of_point(point).collect::<Vec<_>>());
            prop_assert!(cards.is_sorted_by_key(|card| card.sequence));
            prop_assert!(cards.iter().all(|card| card.point == point));
            seen += cards.len();
        }
        prop_assert_eq!(seen, straight.len());
        for (_, (card, ..)) in &messages.0 {
            let last = messages.0.iter().rev().find(|(_, (other, ..))| other == card);
            let erased = last.is_some_and(|(_, (.., wage))| *wage == 8);
            prop_assert_eq!(straight.get(&id(*card)).is_none(), erased);
        }
    }
}
