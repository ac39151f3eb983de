//! How a person stands, folded beside the placement.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gongqiao_contract::{
    codes::DivisionCode,
    id::CardId,
    subject::{Cell, Entity},
    wire::{self, consent, erasure_reason, fact::Body, recipient_kind},
};
use gongqiao_domain::{City, entity::timestamp};
use prost::Message as _;
use time::{OffsetDateTime, macros::datetime};

const AT: OffsetDateTime = datetime!(2021-07-05 08:00 +8);
const CARD: &str = "card_1";

fn fold(city: &mut City, body: Body) {
    let cell = Cell::new("431000".parse::<DivisionCode>().unwrap());
    let sequence = city.position + 1;
    let fact = wire::Fact {
        recorded_at: Some(timestamp(AT + time::Duration::minutes(sequence.try_into().unwrap()))),
        body: Some(body),
        ..Default::default()
    };
    let subject = Entity::Placement(card()).subject(&cell);
    city.apply(sequence, &subject, &fact.encode_to_vec());
}

fn card() -> CardId {
    CARD.parse().unwrap()
}

fn given() -> Body {
    Body::ConsentGiven(wire::ConsentGiven {
        card: CARD.into(),
        purpose: consent::Value::Disclosure as i32,
        recipient: recipient_kind::Value::Enterprise as i32,
        by: "431002100201".into(),
        ..Default::default()
    })
}

#[test]
fn a_standing_comes_before_any_promise_and_lasts_through_it() {
    let mut city = City::default();
    fold(&mut city, given());
    fold(
        &mut city,
        Body::PersonFrozen(wire::PersonFrozen { card: CARD.into(), by: String::new() }),
    );
    assert!(city.placement(&card()).is_none(), "nothing was promised");
    fold(
        &mut city,
        Body::Held(wire::Held {
            card: CARD.into(),
            vacancy: "vac_1".into(),
            point: "431002100201".into(),
            ..Default::default()
        }),
    );
    assert!(city.placement(&card()).unwrap().is_bound());
    let standing = city.standing(&card()).unwrap();
    assert!(standing.frozen.is_some());
    assert!(standing.words[0].agrees);
    fold(
        &mut city,
        Body::PersonUnfrozen(wire::PersonUnfrozen { card: CARD.into(), by: String::new() }),
    );
    assert!(city.standing(&card()).unwrap().frozen.is_none());
    assert!(city.not_understood.is_empty(), "{:?}", city.not_understood);
}

#[test]
fn an_erasure_is_listed_and_takes_the_words_along() {
    let mut city = City::default();
    fold(&mut city, given());
    let erased = |reason: erasure_reason::Value| {
        Body::PersonErased(wire::PersonErased {
            card: CARD.into(),
            point: "431002100201".into(),
            reason: reason as i32,
            keys_gone_on: "2021-07-12".into(),
            ..Default::default()
        })
    };
    fold(&mut city, erased(erasure_reason::Value::Request));
    fold(&mut city, erased(erasure_reason::Value::Retention));
    let standing = city.standing(&card()).unwrap();
    let first = standing.erased.as_ref().unwrap();
    assert_eq!((first.sequence, first.reason()), (2, erasure_reason::Value::Request));
    assert!(standing.words.is_empty());
    assert_eq!(city.index.erased.values().collect::<Vec<_>>(), [&card(), &card()]);
}

#[test]
fn an_erasure_is_listed_though_a_newer_event_stands_before_it() {
    let mut city = City::default();
    fold(&mut city, Body::HoldEnded(wire::HoldEnded::default()));
    assert!(!city.not_understood.is_empty(), "control: no promise ends that was not made");
    let erased = wire::PersonErased { card: CARD.into(), ..Default::default() };
    fold(&mut city, Body::PersonErased(erased));
    assert_eq!(city.index.erased.values().collect::<Vec<_>>(), [&card()]);
}
