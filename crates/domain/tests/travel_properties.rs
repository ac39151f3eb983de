//! Whatever is asked of groups, in whatever order: a coach never holds more
//! people than seats, nobody is on two groups, and every way is legal.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeSet;

use gongqiao_contract::{
    id::{CardId, DispatchId, VacancyId},
    wire::{
        self,
        dispatch_state::Value as State,
        erasure_reason,
        evidence::Value as Evidence,
        party_kind,
        placement_state::Value as Person,
        record_dispatch_event::{self as asked, Event},
        travel_mode::Value as Mode,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker, serves},
    entity::{Dispatch, Placement},
};
use proptest::prelude::*;
use time::Duration;
use world::{
    OTHER_POINT, POINT, World, desk, factory, names, operator, service,
    trip::{coach, open_command},
};

const TOWNSHIP: &str = "431021001000";
const SEATS: u32 = 5;

#[derive(Debug, Clone)]
enum Op {
    Commit {
        vacancy: usize,
        point: usize,
        people: Vec<usize>,
    },
    Open {
        who: usize,
        vacancy: usize,
        mode: usize,
        people: Vec<usize>,
    },
    Move {
        who: usize,
        group: usize,
        to: i32,
    },
    /// The step that is due, by whom it is due.
    Next {
        group: usize,
    },
    /// Something that happens to people at this stage, told by who may tell it.
    Happens {
        group: usize,
        what: usize,
        people: Vec<usize>,
    },
    People {
        who: usize,
        group: usize,
        to: i32,
        evidence: i32,
        people: Vec<usize>,
    },
    Join {
        who: usize,
        group: usize,
        people: Vec<usize>,
    },
    WalkIn {
        who: usize,
        group: usize,
        people: Vec<usize>,
    },
    Refuse {
        who: usize,
        group: usize,
        person: usize,
    },
    Swap {
        who: usize,
        group: usize,
        out: usize,
        new: usize,
    },
    Merge {
        who: usize,
        guest: usize,
        host: usize,
    },
    Chase {
        group: usize,
    },
    Withdraw {
        vacancy: usize,
    },
    Wait {
        hours: i64,
    },
    Erase {
        who: usize,
        person: usize,
    },
    Freeze {
        person: usize,
        frozen: bool,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let people = || prop::collection::vec(0..16usize, 1..5);
    let (who, group) = (|| 0..5usize, || 0..6usize);
    prop_oneof![
        4 => (0..2usize, 0..2usize, people())
            .prop_map(|(vacancy, point, people)| Op::Commit { vacancy, point, people }),
        4 => (who(), 0..2usize, 0..4usize, people())
            .prop_map(|(who, vacancy, mode, people)| Op::Open { who, vacancy, mode, people }),
        6 => group().prop_map(|group| Op::Next { group }),
        12 => (group(), 0..4usize, people())
            .prop_map(|(group, what, people)| Op::Happens { group, what, people }),
        2 => (who(), group(), 1..8i32).prop_map(|(who, group, to)| Op::Move { who, group, to }),
        3 => (who(), group(), 1..14i32, 0..8i32, people()).prop_map(
            |(who, group, to, evidence, people)| Op::People { who, group, to, evidence, people }
        ),
        4 => (who(), group(), people())
            .prop_map(|(who, group, people)| Op::Join { who, group, people }),
        4 => (who(), group(), people())
            .prop_map(|(who, group, people)| Op::WalkIn { who, group, people }),
        2 => (who(), group(), 0..16usize)
            .prop_map(|(who, group, person)| Op::Refuse { who, group, person }),
        3 => (who(), group(), 0..16usize, 0..16usize)
            .prop_map(|(who, group, out, new)| Op::Swap { who, group, out, new }),
        3 => (who(), group(), group())
            .prop_map(|(who, guest, host)| Op::Merge { who, guest, host }),
        1 => group().prop_map(|group| Op::Chase { group }),
        1 => (0..2usize).prop_map(|vacancy| Op::Withdraw { vacancy }),
        1 => (1..80i64).prop_map(|hours| Op::Wait { hours }),
        1 => (who(), 0..16usize).prop_map(|(who, person)| Op::Erase { who, person }),
        1 => (0..16usize, any::<bool>())
            .prop_map(|(person, frozen)| Op::Freeze { person, frozen }),
    ]
}

struct Play {
    world: World,
    cards: Vec<CardId>,
    vacancies: Vec<VacancyId>,
    groups: Vec<DispatchId>,
}

impl Play {
    fn new() -> Self {
        let mut world = World::new();
        world.register_party(TOWNSHIP, party_kind::Value::ServicePoint).unwrap();
        let mut cards = world.people(POINT, 8);
        cards.extend(world.people(OTHER_POINT, 8));
        let vacancies = vec![world.post(9), world.post(6)];
        for vacancy in &vacancies {
            world.raise(vacancy, POINT, 300);
            world.raise(vacancy, OTHER_POINT, 300);
        }
        let mut play = Self { world, cards, vacancies, groups: Vec::new() };
        for point in [0, 1] {
            play.play(Op::Commit { vacancy: 0, point, people: vec![0, 1, 2] });
            play.play(Op::Open { who: point, vacancy: 0, mode: 0, people: vec![0, 1] });
        }
        play
    }

    /// What is due for a group, and by whom.
    fn due(&self, group: usize) -> Option<(Speaker, State)> {
        let group = self.group(group);
        Some(match group.state() {
            State::Opened => (factory(), State::Accepted),
            State::Accepted => (desk(group.point.as_str()), State::Departed),
            State::Departed => (factory(), State::Arrived),
            State::Arrived => (factory(), State::Closed),
            _ => return None,
        })
    }

    /// What may happen to people at the stage of their group.
    fn happens(&self, group: usize, what: usize) -> Option<(Speaker, Person, Person, Evidence)> {
        let group = self.group(group);
        let lead = desk(group.point.as_str());
        let nothing = Evidence::Unspecified;
        let list = Evidence::EnterpriseList;
        Some(match (group.state(), what) {
            (State::Opened, 0) => (lead, Person::Held, Person::Declined, nothing),
            (State::Accepted, 0) => (lead, Person::Held, Person::NoShow, nothing),
            (State::Accepted, _) => (lead, Person::Held, Person::Boarded, nothing),
            (State::Departed, 0) => (lead, Person::Boarded, Person::LeftEnRoute, nothing),
            (State::Departed, 1) => (factory(), Person::Boarded, Person::Arrived, nothing),
            (State::Arrived, 0) => (factory(), Person::Arrived, Person::NotHired, nothing),
            (State::Arrived, 1) => (lead, Person::Arrived, Person::Declined, nothing),
            (State::Arrived, _) => (factory(), Person::Arrived, Person::Onboarded, list),
            (State::Closed, 0) => (factory(), Person::Onboarded, Person::Transferred, nothing),
            (State::Closed, 1) => (lead, Person::Onboarded, Person::Ended, Evidence::WorkerCall),
            (State::Closed, _) => (lead, Person::Transferred, Person::Returned, nothing),
            _ => return None,
        })
    }

    fn who(index: usize) -> Speaker {
        match index {
            0 => desk(POINT),
            1 => desk(OTHER_POINT),
            2 => desk(TOWNSHIP),
            3 => factory(),
            _ => operator(),
        }
    }

    /// Some of those of whom it makes sense; of all, where it does of nobody.
    fn some(&self, people: &[usize], makes_sense: impl Fn(&CardId) -> bool) -> Vec<CardId> {
        let mut pool: Vec<&CardId> = self.cards.iter().filter(|card| makes_sense(card)).collect();
        // Why: nonsense must be asked as well, and be refused.
        if pool.is_empty() || people[0] == 15 {
            pool = self.cards.iter().collect();
        }
        let people: BTreeSet<&CardId> = people.iter().map(|one| pool[one % pool.len()]).collect();
        people.into_iter().cloned().collect()
    }

    fn serves(&self, who: &Speaker, card: &CardId) -> bool {
        let point = self.world.register.get(card).unwrap().point.to_string();
        who.is_operator() || serves(&who.party, &point.parse().unwrap())
    }

    fn is_free(&self, card: &CardId) -> bool {
        self.world.city.placement(card).is_none_or(|p| !p.is_bound())
    }

    /// Promised to this vacancy, and with no group.
    fn is_loose(&self, card: &CardId, vacancy: &VacancyId) -> bool {
        self.world.city.placement(card).is_some_and(|p| {
            p.state() == Person::Held && p.vacancy == *vacancy && p.dispatch.is_none()
        })
    }

    fn group(&self, group: usize) -> &Dispatch {
        self.world.city.dispatch(&self.groups[group % self.groups.len()]).unwrap()
    }

    fn is_on(&self, card: &CardId, group: usize) -> bool {
        self.group(group).manifest.contains_key(card)
    }

    fn record(&mut self, who: &Speaker, group: usize, event: Event) {
        let dispatch = self.groups[group % self.groups.len()].clone();
        let ask = wire::RecordDispatchEvent { event: Some(event), ..Default::default() };
        // Why: refusals are answers; what counts is that the city stays sound.
        let _ = self.world.run(who, Command::RecordDispatchEvent { dispatch, ask });
    }

    fn play(&mut self, op: Op) {
        match op {
            Op::Commit { vacancy, point, people } => {
                let point = [POINT, OTHER_POINT][point];
                let signal = gongqiao_contract::id::SignalId {
                    point: point.parse().unwrap(),
                    vacancy: self.vacancies[vacancy].clone(),
                };
                let who = desk(point);
                let cards =
                    self.some(&people, |card| self.is_free(card) && self.serves(&who, card));
                let _ = self.world.commit(&signal, &cards);
            }
            Op::Open { who, vacancy, mode, people } => {
                let mode = [Mode::Coach, Mode::EnterprisePickup, Mode::Train, Mode::Alone][mode];
                let (who, vacancy) = (Self::who(who), &self.vacancies[vacancy]);
                let cards = self
                    .some(&people, |card| self.is_loose(card, vacancy) && self.serves(&who, card));
                let mut ask = coach(vacancy, &cards, SEATS);
                ask.mode = mode as i32;
                ask.vehicle = ask.vehicle.filter(|_| mode != Mode::Alone);
                if let Ok(opened) = self.world.run(&who, open_command(ask)) {
                    self.groups.push(opened.parse().unwrap());
                }
            }
            Op::Move { who, group, to } => self.record(&Self::who(who), group, Event::Move(to)),
            Op::Next { group } => {
                let Some((who, to)) = self.due(group) else { return };
                self.record(&who, group, Event::Move(to as i32));
            }
            Op::Happens { group, what, people } => {
                let Some((who, from, to, evidence)) = self.happens(group, what) else { return };
                let there = |card: &CardId| {
                    self.group(group).manifest.get(card).is_some_and(|r| r.state() == from)
                };
                let cards = names(&self.some(&people, there));
                let (to, evidence) = (to as i32, evidence as i32);
                self.record(&who, group, Event::People(asked::People { cards, to, evidence }));
            }
            Op::People { who, group, to, evidence, people } => {
                let cards = names(&self.some(&people, |card| self.is_on(card, group)));
                let people = Event::People(asked::People { cards, to, evidence });
                self.record(&Self::who(who), group, people);
            }
            Op::Join { who, group, people } => {
                let loose = |card: &CardId| self.is_loose(card, &self.group(group).vacancy);
                let cards = names(&self.some(&people, loose));
                let join = Event::Join(asked::Join { cards, stop: None });
                self.record(&Self::who(who), group, join);
            }
            Op::WalkIn { who, group, people } => {
                let who = Self::who(who);
                let up = |card: &CardId| self.is_free(card) && self.serves(&who, card);
                let cards = names(&self.some(&people, up));
                self.record(&who, group, Event::WalkIn(asked::WalkIn { cards }));
            }
            Op::Refuse { who, group, person } => {
                let card = self.some(&[person], |card| self.is_on(card, group))[0].to_string();
                let turned = asked::RefuseBoarding { reason: 1, card };
                self.record(&Self::who(who), group, Event::RefuseBoarding(turned));
            }
            Op::Swap { who, group, out, new } => {
                let out = self.some(&[out], |card| self.is_on(card, group))[0].to_string();
                let r#in = self.some(&[new], |card| self.is_free(card))[0].to_string();
                let swap = Event::Substitute(asked::Substitute { out, r#in });
                self.record(&Self::who(who), group, swap);
            }
            Op::Merge { who, guest, host } => {
                let guests = vec![self.group(guest).id.to_string()];
                let into = self.group(host).id.to_string();
                self.record(&service(), host, Event::Propose(asked::Propose { guests }));
                self.record(&Self::who(who), guest, Event::Merge(asked::Merge { into }));
            }
            Op::Chase { group } => self.record(&service(), group, Event::Chase(asked::Chase {})),
            Op::Withdraw { vacancy } => {
                let vacancy = self.vacancies[vacancy].clone();
                let _ = self.world.run(&factory(), Command::WithdrawVacancy(vacancy));
            }
            Op::Wait { hours } => self.world.now += Duration::hours(hours),
            Op::Erase { who, person } => {
                let (card, reason) = (self.cards[person].clone(), erasure_reason::Value::Request);
                let _ = self.world.run(&Self::who(who), Command::ErasePerson { card, reason });
            }
            Op::Freeze { person, frozen } => {
                let card = self.cards[person].clone();
                let _ = self.world.run(&operator(), Command::FreezePerson { card, frozen });
            }
        }
    }

    fn sound(&self) -> Result<(), TestCaseError> {
        let city = &self.world.city;
        prop_assert!(city.not_understood.is_empty(), "{:?}", city.not_understood);
        let groups: Vec<_> = self.groups.iter().map(|id| city.dispatch(id).unwrap()).collect();
        for group in &groups {
            let riding = group.manifest.values().filter(|rider| rider.rides()).count();
            if let Some(seats) = group.seats() {
                prop_assert!(riding <= seats as usize, "{riding} people in {seats} seats");
            }
            if group.state() == State::Departed {
                prop_assert!(group.people_in(Person::Held).next().is_none(), "left behind");
            }
        }
        for card in &self.cards {
            let on: Vec<_> = groups
                .iter()
                .filter(|group| !group.is_over())
                .filter(|group| group.manifest.get(card).is_some_and(|r| r.is_expected()))
                .collect();
            prop_assert!(on.len() <= 1, "{card} is on {} groups", on.len());
            let Some(placement) = city.placement(card) else { continue };
            if let Some(group) = on.first() {
                prop_assert_eq!(placement.dispatch.as_ref(), Some(&group.id));
                prop_assert_eq!(placement.state(), group.manifest[card].state());
                prop_assert_eq!(&placement.vacancy, &group.vacancy);
            }
            let mut at = Person::Held;
            for step in placement.path() {
                // Why: of who travels alone only the enterprise finds out.
                let never_came = (at, step) == (Person::Boarded, Person::NoShow)
                    && self
                        .groups
                        .iter()
                        .filter_map(|id| city.dispatch(id))
                        .any(|group| group.goes_alone() && group.manifest.contains_key(card));
                let may = Placement::may_become(at, step) || never_came;
                prop_assert!(may, "{at:?} to {step:?}");
                at = step;
            }
            prop_assert_eq!(at, placement.state(), "the way does not lead there");
        }
        for id in &self.vacancies {
            let vacancy = city.vacancy(id).unwrap();
            prop_assert!(vacancy.taken() <= vacancy.terms.headcount);
            let sitting: BTreeSet<&CardId> = self
                .cards
                .iter()
                .filter(|card| {
                    city.placement(card).is_some_and(|p| {
                        p.vacancy == *id
                            && !Placement::frees_seat(p.state())
                            && p.state() != Person::Substituted
                    })
                })
                .collect();
            let seated: BTreeSet<&CardId> = vacancy.seats.keys().collect();
            prop_assert!(sitting.is_subset(&seated), "somebody on the way has no seat");
            // Why: who has ended work and gone to another post leaves a seat that
            // stays taken.
            let gone = |card: &&CardId| city.placement(card).unwrap().vacancy != *id;
            prop_assert!(seated.difference(&sitting).all(gone), "a seat of nobody");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn seats_groups_and_ways_stay_sound(ops in prop::collection::vec(op(), 1..90)) {
        let mut play = Play::new();
        for op in ops {
            play.play(op);
            play.sound()?;
        }
    }
}
