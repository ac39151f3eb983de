//! Agreement is permission, and nobody acts for another.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use gongqiao_contract::{
    Code,
    wire::{self, data_class, party_kind, purpose, role},
};
use gongqiao_domain::{decide::Command, entity::timestamp, terms};
use time::macros::datetime;
use world::{OTHER_POINT, World, desk, factory, factory_id, operator, service, speaker};

fn post(world: &mut World) -> Result<String, gongqiao_contract::Refusal> {
    let terms = terms::check(world::terms(5), world.now).unwrap();
    world.run(&factory(), Command::PostVacancy { enterprise: None, terms: Box::new(terms) })
}

#[test]
fn without_an_agreement_in_force_nothing_is_posted() {
    let mut world = World::new();
    assert!(post(&mut world).is_ok());
    let agreement = world.city.index.agreements_of.values().next().unwrap()[0].clone();
    // Why: also before the event that ends it: the date alone is enough.
    world.now = datetime!(2022-01-01 00:00 UTC);
    let terms = terms::check(
        wire::VacancyTerms {
            needed_by: "2022-02-01".into(),
            valid_until: Some(timestamp(datetime!(2022-03-01 00:00 UTC))),
            ..world::terms(5)
        },
        world.now,
    )
    .unwrap();
    let late = Command::PostVacancy { enterprise: None, terms: Box::new(terms) };
    assert_eq!(world.run(&factory(), late).unwrap_err().code, Code::AgreementNone);
    world.now = datetime!(2021-07-12 00:00 UTC);
    world.run(&operator(), Command::TerminateAgreement(agreement.clone())).unwrap();
    assert_eq!(post(&mut world).unwrap_err().code, Code::AgreementNone);
    let again = world.run(&operator(), Command::TerminateAgreement(agreement)).unwrap_err();
    assert_eq!(again.code, Code::AgreementNotInForce);
}

#[test]
fn the_end_of_an_agreement_stops_what_it_permitted() {
    let mut world = World::new();
    let cards = world.people(world::POINT, 1);
    let vacancy = world.post(5);
    let signal = world.raise(&vacancy, world::POINT, 3);
    let agreement = world.city.index.agreements_of.values().next().unwrap()[0].clone();
    world.run(&operator(), Command::TerminateAgreement(agreement)).unwrap();
    assert_eq!(world.commit(&signal, &cards).unwrap_err().code, Code::AgreementNone);
    world.sign(datetime!(2022-01-01 00:00 UTC)).unwrap();
    let factory = factory_id().parse().unwrap();
    world.run(&operator(), Command::RevokeParty(factory)).unwrap();
    assert_eq!(world.commit(&signal, &cards).unwrap_err().code, Code::PartyRevoked);
}

#[test]
fn an_agreement_opens_only_what_its_scope_names() {
    let mut world = World::new();
    let agreement = world.city.index.agreements_of.values().next().unwrap()[0].clone();
    let mut amend = |scope: wire::Scope| {
        let ask = wire::AmendAgreement { scope: Some(scope), until: None };
        let amend = Command::AmendAgreement { agreement: agreement.clone(), ask };
        world.run(&operator(), amend).unwrap();
        post(&mut world).map_err(|refusal| (refusal.code, refusal.pointer.unwrap_or_default()))
    };
    let scope = |divisions: &[&str], occupations: &[&str]| wire::Scope {
        classes: vec![data_class::Value::Vacancies as i32],
        divisions: divisions.iter().map(|d| (*d).to_owned()).collect(),
        occupations: occupations.iter().map(|o| (*o).to_owned()).collect(),
        purpose: purpose::Value::Recruitment as i32,
    };
    assert!(amend(scope(&["431000"], &["6"])).is_ok());
    let place = Err((Code::AgreementScope, "/terms/place".into()));
    assert_eq!(amend(scope(&["320000"], &[])), place);
    let occupation = Err((Code::AgreementScope, "/terms/occupations".into()));
    assert_eq!(amend(scope(&[], &["4-10"])), occupation);
    let supply_only =
        wire::Scope { classes: vec![data_class::Value::Supply as i32], ..scope(&[], &[]) };
    assert_eq!(amend(supply_only), Err((Code::AgreementScope, String::new())));
}

#[test]
fn nobody_posts_for_another_and_nobody_sees_whose_a_vacancy_is() {
    let mut world = World::new();
    let terms = Box::new(terms::check(world::terms(5), world.now).unwrap());
    let named = Some(OTHER_POINT.parse().unwrap());
    let for_other = Command::PostVacancy { enterprise: named, terms: terms.clone() };
    assert_eq!(world.run(&factory(), for_other).unwrap_err().code, Code::AuthNotYours);
    let by_point = Command::PostVacancy { enterprise: None, terms };
    assert_eq!(world.run(&desk(OTHER_POINT), by_point).unwrap_err().code, Code::AuthKind);
    let vacancy = world.post(5);
    let stranger = speaker("Y1431000STRANGER01", party_kind::Value::Enterprise, role::Value::Clerk);
    let withdraw = Command::WithdrawVacancy(vacancy);
    assert_eq!(world.run(&stranger, withdraw).unwrap_err().code, Code::VacancyNotFound);
}

#[test]
fn roles_bind_what_a_person_may_do() {
    let mut world = World::new();
    let clerk = speaker("operator", party_kind::Value::Operator, role::Value::Clerk);
    let auditor = speaker(&factory_id(), party_kind::Value::Enterprise, role::Value::Auditor);
    let party = wire::RegisterParty {
        party: "431021001003".into(),
        kind: party_kind::Value::ServicePoint as i32,
        name: "测试".into(),
        ..Default::default()
    };
    let register = || Command::RegisterParty(party.clone());
    assert_eq!(world.run(&clerk, register()).unwrap_err().code, Code::AuthRole);
    assert_eq!(world.run(&service(), register()).unwrap_err().code, Code::AuthKind);
    let terms = Box::new(terms::check(world::terms(5), world.now).unwrap());
    let post = Command::PostVacancy { enterprise: None, terms };
    assert_eq!(world.run(&auditor, post).unwrap_err().code, Code::AuthRole);
    world.run(&operator(), register()).unwrap();
    assert_eq!(world.run(&operator(), register()).unwrap_err().code, Code::PartyExists);
}

#[test]
fn terms_say_what_is_mandatory_and_nothing_unlawful() {
    let now = datetime!(2021-07-12 00:00 UTC);
    let check = |change: fn(&mut wire::VacancyTerms)| {
        let mut terms = world::terms(5);
        change(&mut terms);
        terms::check(terms, now).map(drop).map_err(|r| (r.code, r.pointer.unwrap_or_default()))
    };
    let refused = |code, pointer: &str| Err((code, pointer.to_owned()));
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(check(|t| t.title.clear()), refused(Code::FieldRequired, "/terms/title"));
    assert_eq!(check(|t| t.duties = " ".into()), refused(Code::FieldRequired, "/terms/duties"));
    assert_eq!(check(|t| t.conditions.clear()), refused(Code::FieldRequired, "/terms/conditions"));
    assert_eq!(check(|t| t.pay = None), refused(Code::FieldRequired, "/terms/pay"));
    assert_eq!(check(|t| t.headcount = 0), refused(Code::FieldRange, "/terms/headcount"));
    assert_eq!(check(|t| t.park.clear()), refused(Code::FieldRequired, "/terms/place"));
    assert_eq!(check(|t| t.valid_until = None), refused(Code::FieldRequired, "/terms/validUntil"));
    assert_eq!(
        check(|t| t.needed_by = "2021-02-30".into()),
        refused(Code::FieldDate, "/terms/neededBy")
    );
    assert_eq!(
        check(|t| t.needed_by = "2021-07-11".into()),
        refused(Code::FieldInvalid, "/terms/neededBy")
    );
    assert_eq!(
        check(|t| t.place = "999999".into()),
        refused(Code::FieldUnknownCode, "/terms/place")
    );
    assert_eq!(check(|t| t.title = "字".repeat(61)), refused(Code::FieldTooLong, "/terms/title"));
    assert_eq!(
        check(|t| t.conditions = "限男性".into()),
        refused(Code::VacancyUnlawful, "/terms/conditions")
    );
    assert_eq!(
        check(|t| t.duties = "只招汉族".into()),
        refused(Code::VacancyUnlawful, "/terms/duties")
    );
    let pay = |t: &mut wire::VacancyTerms| t.pay.as_mut().unwrap().base_yuan = 0;
    assert_eq!(check(pay), refused(Code::FieldRange, "/terms/pay/baseYuan"));
}

#[test]
fn an_unlawful_limit_is_refused_with_a_lawful_wording() {
    let mut terms = world::terms(5);
    terms.conditions = "18-45周岁，能适应倒班".into();
    let refusal = terms::check(terms, datetime!(2021-07-12 00:00 UTC)).unwrap_err();
    let text = refusal.detail(gongqiao_contract::Lang::Zh);
    assert!(text.contains("年龄限制：“18-45周岁”"), "{text}");
    assert!(text.ends_with("建议改为：年满18周岁，身体健康，能胜任岗位工作"), "{text}");
    assert!(refusal.params.contains(&("category", "age".into())));
    assert!(refusal.detail(gongqiao_contract::Lang::En).contains("limit by age"));
}

#[test]
fn an_everyday_title_is_mapped_and_the_raw_words_are_kept() {
    let checked = terms::check(world::terms(5), datetime!(2021-07-12 00:00 UTC)).unwrap();
    assert_eq!(checked.title, "电子装配工");
    assert!(!checked.occupations.is_empty());
    assert_eq!(checked.place, "431003", "the park's county");
}
