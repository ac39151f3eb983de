//! Cards, terms and registers for the tests of this folder.

use gongqiao_contract::{
    codes::DivisionCode,
    wire::{self, consent, pay_unit, verification},
};
use time::{OffsetDateTime, macros::datetime};

use super::fit::Demand;
use crate::{
    entity::timestamp,
    register::{CardFacets, Register},
};

/// The day on which the tests happen.
pub(crate) const NOW: OffsetDateTime = datetime!(2021-07-12 08:00 +8);

/// A village of 桂阳县, as a service point.
pub(crate) const GUIYANG: &str = "431021001001";
/// A village of 临武县.
pub(crate) const LINWU: &str = "431025100001";
/// A village of 宜章县: the same city, another county.
pub(crate) const YIZHANG: &str = "431022101001";
/// A village of 海门区, 南通市.
pub(crate) const HAIMEN: &str = "320614100001";

/// 电子设备装接工
pub(crate) const ASSEMBLER: &str = "6-25-04-07";
/// 电子设备调试工, of the same small group.
pub(crate) const TESTER: &str = "6-25-04-08";
/// 家政服务员
pub(crate) const HOUSEKEEPER: &str = "4-10-01-06";

/// A card that fits `terms()` in every condition.
pub(crate) fn wire_card(id: usize, point: &str) -> wire::Card {
    let mut card = wire::Card {
        card: format!("card_{id}"),
        point: point.to_owned(),
        home: point.to_owned(),
        birth_year: 1990,
        skills: vec![wire::Skill { occupation: ASSEMBLER.to_owned(), level: 4 }],
        wage_expected_yuan: 4500,
        available_from: "2021-07-01".to_owned(),
        destinations: vec!["431000".to_owned()],
        content_mac: vec![7; 16].into(),
        ..wire::Card::default()
    };
    card.set_verification(verification::Value::Verified);
    card.set_consents([consent::Value::Register, consent::Value::Matching]);
    updated(&mut card, NOW);
    card
}

/// Sets when the card was last confirmed.
pub(crate) fn updated(card: &mut wire::Card, at: OffsetDateTime) {
    card.updated_at = Some(timestamp(at));
}

/// Gives back consents as the wire has them.
pub(crate) trait SetConsents {
    /// Replaces them.
    fn set_consents<const N: usize>(&mut self, consents: [consent::Value; N]);
}

impl SetConsents for wire::Card {
    fn set_consents<const N: usize>(&mut self, consents: [consent::Value; N]) {
        self.consents = consents.into_iter().map(i32::from).collect();
    }
}

/// The facets of one card after a change to `wire_card`.
pub(crate) fn facets(change: impl FnOnce(&mut wire::Card)) -> CardFacets {
    let mut card = wire_card(1, GUIYANG);
    change(&mut card);
    let mut register = Register::default();
    register.apply(1, &card).unwrap();
    register.get(&"card_1".parse().unwrap()).unwrap().clone()
}

/// Assemblers of level 5 for a plant in 苏仙区, 5000 yuan, 20 July 2021.
pub(crate) fn terms() -> wire::VacancyTerms {
    let mut pay = wire::Pay { base_yuan: 2000, total_from_yuan: 5000, ..wire::Pay::default() };
    pay.set_unit(pay_unit::Value::Month);
    wire::VacancyTerms {
        title: "组装工".to_owned(),
        occupations: vec![ASSEMBLER.to_owned()],
        level: 5,
        headcount: 200,
        place: "431003".to_owned(),
        pay: Some(pay),
        needed_by: "2021-07-20".to_owned(),
        ..wire::VacancyTerms::default()
    }
}

/// `terms()` after a change, prepared.
pub(crate) fn demand(change: impl FnOnce(&mut wire::VacancyTerms)) -> Demand {
    let mut terms = terms();
    change(&mut terms);
    Demand::of(&terms).unwrap()
}

/// Reads a division.
pub(crate) fn division(code: &str) -> DivisionCode {
    code.parse().unwrap()
}

/// A register out of these cards, in this order from sequence 1.
pub(crate) fn register(cards: &[wire::Card]) -> Register {
    let mut register = Register::default();
    for (sequence, card) in (1..).zip(cards) {
        register.apply(sequence, card).unwrap();
    }
    register
}

/// `cards` varied cards over `points` villages of all eleven counties; equal
/// arguments give equal cities.
pub(crate) fn city(cards: usize, points: usize) -> Register {
    const COUNTIES: [u32; 11] =
        [431002, 431003, 431021, 431022, 431023, 431024, 431025, 431026, 431027, 431028, 431081];
    let mut state: u64 = 20_210_712;
    let mut draw = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut register = Register::default();
    for id in 0..cards {
        let n = id * points / cards;
        let county = COUNTIES[n % COUNTIES.len()];
        let village = n / COUNTIES.len();
        let point = format!("{county}{:03}{:03}", 100 + village / 15, 1 + village % 15);
        let mut card = wire_card(id, &point);
        card.birth_year = 1965 + draw(42) as u32;
        card.wage_expected_yuan = 3000 + 100 * draw(40) as u32;
        card.skills[0].occupation = [ASSEMBLER, TESTER, HOUSEKEEPER][draw(3)].to_owned();
        card.skills[0].level = draw(6) as u32;
        card.available_from = format!("2021-{:02}-{:02}", 5 + draw(4), 1 + draw(28));
        if draw(4) == 0 {
            card.destinations = vec!["440300".to_owned()];
        }
        updated(&mut card, NOW - time::Duration::days(draw(500) as i64));
        register.apply(id as u64 + 1, &card).unwrap();
    }
    register
}
