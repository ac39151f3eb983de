//! Whatever happens to people: who takes every event of a feed of cards holds
//! what is seen when everything is looked at anew.

use std::collections::BTreeSet;

use gongqiao_access::key::Pepper;
use gongqiao_contract::{
    id::{PartyId, SubscriptionId},
    subject::{Cell, Entity},
    wire::{
        self, consent::Value as Consent, data_class, fact::Body, feed_detail, feed_format,
        feed_kind, party_kind, recipient_kind::Value as RecipientKind, verification,
    },
};
use gongqiao_domain::{
    City, Register,
    entity::{beijing_day, timestamp},
    feed::{Deck, Sight, Thing},
};
use proptest::prelude::*;
use prost::Message as _;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::Supply;
use crate::{
    book::{Book, Look, Moment},
    event::Sort,
};

const START: OffsetDateTime = datetime!(2021-07-12 08:00 +8);
const SUBSCRIBER: &str = "440300";
const VILLAGES: [&str; 2] = ["431021102205", "431025100001"];
const WORK: [&str; 2] = ["6-25-04-07", "6-25-04-08"];
/// Few enough that cells come and go at ten.
const PEOPLE: usize = 36;

#[derive(Debug, Clone)]
enum Step {
    /// A roster names the person, so.
    Row {
        village: usize,
        work: usize,
        agrees: bool,
    },
    Erase,
    Freeze(bool),
    /// A word on being shown to the city, for hours or for good.
    Show {
        agrees: bool,
        hours: Option<i64>,
    },
    Propose(bool),
    Promise,
    Leave,
}

fn step() -> impl Strategy<Value = Step> {
    let row = (0..2usize, 0..2usize, prop::bool::weighted(0.9));
    let show = (any::<bool>(), prop::option::of(1..4i64));
    prop_oneof![
        8 => row.prop_map(|(village, work, agrees)| Step::Row { village, work, agrees }),
        1 => Just(Step::Erase),
        1 => any::<bool>().prop_map(Step::Freeze),
        2 => show.prop_map(|(agrees, hours)| Step::Show { agrees, hours }),
        1 => any::<bool>().prop_map(Step::Propose),
        2 => Just(Step::Promise),
        1 => Just(Step::Leave),
    ]
}

struct World {
    city: City,
    register: Register,
    cards: u64,
    now: OffsetDateTime,
    /// What was touched since the last tick.
    touched: Vec<Entity>,
    _dir: tempfile::TempDir,
    pepper: Pepper,
    supply: Supply,
    books: Vec<Book>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pepper = Pepper::open(&dir.path().join("supply.pepper")).unwrap();
        let supply = Supply::new(pepper.clone());
        let (city, register) = (City::default(), Register::default());
        let mut world = Self {
            city,
            register,
            cards: 0,
            now: START,
            touched: Vec::new(),
            _dir: dir,
            pepper,
            supply,
            books: Vec::new(),
        };
        let party: PartyId = SUBSCRIBER.parse().unwrap();
        world.record(
            Entity::Party(party.clone()),
            Body::PartyRegistered(wire::PartyRegistered {
                party: SUBSCRIBER.into(),
                kind: party_kind::Value::City as i32,
                division: SUBSCRIBER.into(),
                ..wire::PartyRegistered::default()
            }),
        );
        world.record(
            Entity::Agreement("agr_1".parse().unwrap()),
            Body::AgreementSigned(wire::AgreementSigned {
                agreement: "agr_1".into(),
                party: SUBSCRIBER.into(),
                scope: Some(wire::Scope {
                    classes: vec![data_class::Value::Cards as i32],
                    ..wire::Scope::default()
                }),
                from: Some(timestamp(START)),
                until: Some(timestamp(START + Duration::weeks(52))),
            }),
        );
        for (subscription, divisions) in [("sub_1", vec![]), ("sub_2", vec!["431021".to_owned()])] {
            let filter = Some(wire::FeedFilter { divisions, ..wire::FeedFilter::default() });
            world.record(
                Entity::Party(party.clone()),
                Body::SubscriptionOpened(wire::SubscriptionOpened {
                    subscription: subscription.into(),
                    party: SUBSCRIBER.into(),
                    agreement: "agr_1".into(),
                    kind: feed_kind::Value::Supply as i32,
                    format: feed_format::Value::Json as i32,
                    filter,
                    detail: feed_detail::Value::Card as i32,
                }),
            );
            let id = subscription.parse().unwrap();
            world.books.push(Book::new(id, Sort::Card, feed_format::Value::Json));
        }
        world
    }

    fn record(&mut self, entity: Entity, body: Body) {
        self.now += Duration::SECOND;
        let fact = wire::Fact {
            recorded_at: Some(timestamp(self.now)),
            body: Some(body),
            ..wire::Fact::default()
        };
        let subject = entity.subject(&Cell::new("431000".parse().unwrap()));
        self.city.apply(self.city.position + 1, &subject, &fact.encode_to_vec());
        self.touched.push(entity);
    }

    fn take(&mut self, person: usize, step: Step) {
        let card = format!("card_{person}");
        let id = card.parse().unwrap();
        let entity = Entity::Placement(id);
        let by = VILLAGES[0].to_owned();
        let city = (RecipientKind::City as i32, SUBSCRIBER.to_owned());
        match step {
            Step::Row { village, work, agrees } => self.row(person, village, work, agrees),
            Step::Erase => {
                let point = VILLAGES[0].to_owned();
                let erased = wire::PersonErased { card: card.clone(), point, ..Default::default() };
                self.record(entity, Body::PersonErased(erased));
                self.put(&wire::Card { card, erased: true, ..wire::Card::default() });
            }
            Step::Freeze(true) => {
                self.record(entity, Body::PersonFrozen(wire::PersonFrozen { card, by }));
            }
            Step::Freeze(false) => {
                self.record(entity, Body::PersonUnfrozen(wire::PersonUnfrozen { card, by }));
            }
            Step::Show { agrees: true, hours } => {
                let until = hours.map(|hours| timestamp(self.now + Duration::hours(hours)));
                let given = wire::ConsentGiven {
                    card,
                    by,
                    until,
                    purpose: Consent::Disclosure as i32,
                    recipient: city.0,
                    party: city.1,
                    fields: Vec::new(),
                };
                self.record(entity, Body::ConsentGiven(given));
            }
            Step::Show { agrees: false, .. } => {
                let (recipient, party) = city;
                let purpose = Consent::Disclosure as i32;
                let withdrawn = wire::ConsentWithdrawn { card, by, purpose, recipient, party };
                self.record(entity, Body::ConsentWithdrawn(withdrawn));
            }
            Step::Propose(agrees) => {
                let purpose = Consent::Matching as i32;
                let word = if agrees {
                    Body::ConsentGiven(wire::ConsentGiven {
                        card,
                        by,
                        purpose,
                        ..Default::default()
                    })
                } else {
                    Body::ConsentWithdrawn(wire::ConsentWithdrawn {
                        card,
                        by,
                        purpose,
                        ..Default::default()
                    })
                };
                self.record(entity, word);
            }
            Step::Promise => {
                let vacancy = "vac_1".to_owned();
                let held = wire::Held { card, vacancy, point: by, ..wire::Held::default() };
                self.record(entity, Body::Held(held));
            }
            Step::Leave => {
                let to = wire::placement_state::Value::Boarded as i32;
                let moved = wire::PlacementMoved { card, to, ..wire::PlacementMoved::default() };
                self.record(entity, Body::PlacementMoved(moved));
            }
        }
    }

    fn row(&mut self, person: usize, village: usize, work: usize, agrees: bool) {
        let mut consents = vec![Consent::Register as i32, Consent::Matching as i32];
        consents.extend(agrees.then_some(Consent::Disclosure as i32));
        self.put(&wire::Card {
            card: format!("card_{person}"),
            point: VILLAGES[village].into(),
            home: VILLAGES[village].into(),
            birth_year: 1990,
            skills: vec![wire::Skill { occupation: WORK[work].into(), level: 4 }],
            available_from: beijing_day(START).to_string(),
            updated_at: Some(timestamp(self.now)),
            verification: verification::Value::Verified as i32,
            consents,
            ..wire::Card::default()
        });
    }

    fn put(&mut self, card: &wire::Card) {
        self.cards += 1;
        self.register.apply(self.cards, card).unwrap();
        self.touched.push(Entity::Card(card.card.parse().unwrap()));
    }

    /// A tick passes; every book takes what it says.
    fn tick(&mut self) {
        self.now += Duration::seconds(10);
        let touched = std::mem::take(&mut self.touched);
        self.supply.mark(touched.iter());
        let told = self.supply.tick(&self.city, &self.register, self.now);
        self.supply.deal(true);
        for at in 0..self.books.len() {
            self.follow(at, &Look::Some(&told));
        }
    }

    /// The program begins anew, with the books that it kept.
    fn restart(&mut self) {
        self.supply = Supply::new(self.pepper.clone());
        self.supply.tick(&self.city, &self.register, self.now);
        self.supply.deal(true);
        for at in 0..self.books.len() {
            self.follow(at, &Look::All);
        }
    }

    fn follow(&mut self, at: usize, look: &Look<'_>) {
        let book = self.books[at].clone();
        self.books[at] = self.caught_up(book, look);
    }

    fn caught_up(&self, mut book: Book, look: &Look<'_>) -> Book {
        let subscription = self.city.subscription(&book.subscription).unwrap();
        let hash = |text: &str| self.pepper.pseudonym(text);
        let deck = Deck {
            cards: self.supply.cards().unwrap(),
            register: &self.register,
            hash: &hash,
            now: self.now,
        };
        let sight =
            Sight::of(&self.city, subscription, self.now).map(|sight| sight.dealt(Some(deck)));
        let moment = Moment { now: self.now, position: self.city.position };
        for event in book.catch_up(&sight, look, moment) {
            book.apply(&event).unwrap();
        }
        book
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for book in &self.books {
            let fresh = Book::new(book.subscription.clone(), book.sort, book.format);
            let fresh = self.caught_up(fresh, &Look::All);
            prop_assert_eq!(&book.items, &fresh.items);
            prop_assert_eq!(book.digest, fresh.digest);
        }
        let [all, county] = self.books.as_slice() else { panic!("two") };
        prop_assert!(all.items.keys().all(|key| !county.items.contains_key(key)));
        prop_assert!(county.items.len() <= all.items.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn who_follows_cards_holds_what_a_fresh_look_shows(
        ticks in prop::collection::vec(
            (prop::collection::vec((0..PEOPLE, step()), 0..40), prop::bool::weighted(0.2), 0..3i64),
            1..8,
        ),
    ) {
        let mut world = World::new();
        for person in 0..PEOPLE {
            world.row(person, person % 2, person / 2 % 2, true);
        }
        world.tick();
        let held = world.books[0].items.len();
        prop_assert_eq!(held, PEOPLE, "all are alike by county and group");
        for (steps, restarts, hours) in ticks {
            world.now += Duration::hours(hours);
            steps.into_iter().for_each(|(person, step)| world.take(person, step));
            world.tick();
            if restarts {
                world.restart();
            }
            world.check()?;
        }
    }
}

#[test]
fn a_tick_names_whoever_an_event_was_about_only_while_cards_are_shown() {
    let mut world = World::new();
    world.row(1, 0, 0, true);
    world.tick();
    let is_card = |thing: &Thing| matches!(thing, Thing::Card(_));
    world.take(1, Step::Show { agrees: false, hours: None });
    world.supply.mark(world.touched.iter());
    assert!(!world.supply.deal(false));
    let told = world.supply.tick(&world.city, &world.register, world.now);
    assert!(!told.iter().any(is_card), "{told:?}");
    assert!(world.supply.deal(true), "all feeds of cards are to be looked at whole");
    assert!(!world.supply.deal(true));
    world.supply.mark(world.touched.iter());
    let told: BTreeSet<Thing> = world.supply.tick(&world.city, &world.register, world.now);
    assert_eq!(told.iter().filter(|thing| is_card(thing)).count(), 1);
    let id: SubscriptionId = "sub_1".parse().unwrap();
    assert!(world.city.subscription(&id).is_some_and(|one| one.shows_cards()));
}
