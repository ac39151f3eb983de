//! A city with something in it for every kind of notice.

use gongqiao_contract::{
    SCHEMA,
    subject::{Cell, Entity},
    wire::{
        self, DispatchMoved, Fact, Passenger, VacancyTerms, correction_reason,
        dispatch_state::Value as State, fact::Body, grievance_kind, hold_end,
        party_kind::Value as Kind, placement_state::Value as Person, recipient_kind, role,
        standby_end,
    },
};
use gongqiao_domain::{City, entity::timestamp};
use prost::Message as _;
use time::{Duration, OffsetDateTime, macros::datetime};

pub const PLANT: &str = "91431000MA00TEST01";
pub const BAIYUN: &str = "431021102205";
pub const HUATANG: &str = "431021102206";
pub const LINWU: &str = "431025100001";
pub const VACANCY: &str = "vac_1";
/// When the story begins: Monday 12 July 2021, 09:00 in Beijing.
pub const START: OffsetDateTime = datetime!(2021-07-12 01:00 UTC);

/// Values that must not be told to anybody.
pub const HIDDEN: [&str; 4] = ["staff-person-7", "湘L00001", "card_", "sealed-crew"];

pub fn cell() -> Cell {
    Cell::new("431000".parse().unwrap())
}

/// A log, and the city that it makes.
pub struct Story {
    pub city: City,
    pub facts: Vec<(u64, Fact)>,
    pub subjects: Vec<String>,
    pub now: OffsetDateTime,
}

impl Story {
    pub fn new() -> Self {
        let mut story =
            Self { city: City::default(), facts: Vec::new(), subjects: Vec::new(), now: START };
        story.party("operator", Kind::Operator, "测试市人社局");
        story.party("steward", Kind::Service, "steward");
        story.party(PLANT, Kind::Enterprise, "测试电子厂");
        story.party(BAIYUN, Kind::ServicePoint, "白云村劳务服务点");
        story.party(HUATANG, Kind::ServicePoint, "华塘村劳务服务点");
        story.party(LINWU, Kind::ServicePoint, "临武测试服务点");
        story
    }

    /// Everything that one actor does at once; returns the last sequence.
    pub fn act(&mut self, actor: &str, events: Vec<(Entity, Body)>) -> u64 {
        self.now += Duration::minutes(1);
        let role = if actor == "steward" { role::Value::Service } else { role::Value::Clerk };
        let person = "staff-person-7".to_owned();
        for (entity, body) in events {
            let sequence = self.facts.len() as u64 + 1;
            let fact = Fact {
                event_id: format!("event-{sequence}"),
                recorded_at: Some(timestamp(self.now)),
                actor: Some(wire::Actor {
                    party: actor.into(),
                    person: person.clone(),
                    role: role as i32,
                }),
                min_reader: SCHEMA,
                body: Some(body),
            };
            let subject = entity.subject(&cell());
            self.city.apply(sequence, &subject, &fact.encode_to_vec());
            assert!(self.city.not_understood.is_empty(), "{subject}: {fact:?}");
            self.facts.push((sequence, fact));
            self.subjects.push(subject);
        }
        self.facts.len() as u64
    }

    pub fn party(&mut self, id: &str, kind: Kind, name: &str) {
        let event = wire::PartyRegistered {
            party: id.into(),
            kind: kind as i32,
            name: name.into(),
            ..Default::default()
        };
        self.act(
            "operator",
            vec![(Entity::Party(id.parse().unwrap()), Body::PartyRegistered(event))],
        );
    }

    pub fn agreement(&mut self, id: &str) {
        let event = wire::AgreementSigned {
            agreement: id.into(),
            party: PLANT.into(),
            from: Some(timestamp(START)),
            until: Some(timestamp(START + Duration::days(365))),
            ..Default::default()
        };
        self.act("operator", vec![(agreement(id), Body::AgreementSigned(event))]);
    }

    fn terms(headcount: u32) -> VacancyTerms {
        VacancyTerms {
            title: "电子装配工".into(),
            headcount,
            needed_by: "2021-07-20".into(),
            ..Default::default()
        }
    }

    pub fn vacancy(&mut self, headcount: u32) {
        let terms = Self::terms(headcount);
        let event = wire::VacancyPosted {
            vacancy: VACANCY.into(),
            enterprise: PLANT.into(),
            agreement: "agr_1".into(),
            terms: Some(terms),
        };
        self.act(PLANT, vec![(vacancy(), Body::VacancyPosted(event))]);
    }

    pub fn raise(&mut self, point: &str, quota: u32) -> u64 {
        let event = wire::SignalRaised {
            vacancy: VACANCY.into(),
            point: point.into(),
            quota,
            candidates: vec![wire::Candidate { card: "card_a".into(), ..Default::default() }],
            respond_by: Some(timestamp(datetime!(2021-07-13 10:00 UTC))),
            ..Default::default()
        };
        self.act("steward", vec![(signal(point), Body::SignalRaised(event))])
    }

    pub fn commit(&mut self, point: &str, cards: &[&str]) {
        let mut events: Vec<_> = cards.iter().map(|card| held(point, card)).collect();
        let cards = owned(cards);
        let seats = wire::SeatsTaken {
            vacancy: VACANCY.into(),
            point: point.into(),
            cards: cards.clone(),
            again: false,
        };
        events.push((vacancy(), Body::SeatsTaken(seats)));
        let answer = wire::SignalAnswered {
            vacancy: VACANCY.into(),
            point: point.into(),
            cards,
            ..Default::default()
        };
        events.push((signal(point), Body::SignalAnswered(answer)));
        self.act(point, events);
    }

    pub fn join_standby(&mut self, point: &str, cards: &[&str]) {
        let one = |card: &&str| wire::Standby {
            card: (*card).into(),
            point: point.into(),
            ..Default::default()
        };
        let event = wire::StandbyJoined {
            vacancy: VACANCY.into(),
            people: cards.iter().map(one).collect(),
        };
        self.act(point, vec![(vacancy(), Body::StandbyJoined(event))]);
    }

    /// Seats that became free go to those who wait.
    pub fn promote(&mut self, people: &[(&str, &str)], why: standby_end::Value) {
        let mut events: Vec<_> = people.iter().map(|(point, card)| held(point, card)).collect();
        let cards = people.iter().map(|(_, card)| (*card).to_owned()).collect();
        let left = wire::StandbyLeft { vacancy: VACANCY.into(), cards, why: why as i32 };
        events.push((vacancy(), Body::StandbyLeft(left)));
        for (point, card) in people {
            let taken = wire::SeatsTaken {
                again: false,
                vacancy: VACANCY.into(),
                point: (*point).into(),
                cards: vec![(*card).into()],
            };
            events.push((vacancy(), Body::SeatsTaken(taken)));
        }
        self.act("steward", events);
    }

    pub fn release(
        &mut self,
        actor: &str,
        cards: &[&str],
        why: hold_end::Value,
        first: Option<Body>,
    ) {
        let mut events: Vec<_> = first.map(|body| (vacancy(), body)).into_iter().collect();
        for card in cards {
            let ended =
                wire::HoldEnded { card: (*card).into(), vacancy: VACANCY.into(), why: why as i32 };
            events.push((placement(card), Body::HoldEnded(ended)));
        }
        let freed = wire::SeatsFreed { vacancy: VACANCY.into(), cards: owned(cards) };
        events.push((vacancy(), Body::SeatsFreed(freed)));
        self.act(actor, events);
    }

    pub fn open(&mut self, id: &str, point: &str, people: &[(&str, &str)]) -> u64 {
        let passenger = |(point, card): &(&str, &str)| Passenger {
            card: (*card).into(),
            point: (*point).into(),
            minor: false,
        };
        let event = wire::DispatchOpened {
            dispatch: id.into(),
            vacancy: VACANCY.into(),
            enterprise: PLANT.into(),
            agreement: "agr_1".into(),
            point: point.into(),
            vehicle: Some(wire::Vehicle {
                plate: "湘L00001".into(),
                seats: 49,
                ..Default::default()
            }),
            departs_at: Some(timestamp(datetime!(2021-07-19 00:30 UTC))),
            arrives_at: Some(timestamp(datetime!(2021-07-19 03:00 UTC))),
            to: "431003".into(),
            crew: Some(wire::Sealed {
                ciphertext: b"sealed-crew".as_slice().into(),
                ..Default::default()
            }),
            passengers: people.iter().map(passenger).collect(),
            ..Default::default()
        };
        self.act(point, vec![(dispatch(id), Body::DispatchOpened(event))])
    }

    pub fn moved(&mut self, actor: &str, id: &str, to: State, people: u32) -> u64 {
        let event = DispatchMoved {
            dispatch: id.into(),
            to: to as i32,
            vacancy: VACANCY.into(),
            people,
            ..Default::default()
        };
        self.act(actor, vec![(dispatch(id), Body::DispatchMoved(event))])
    }

    pub fn visit(&mut self, number: u64, day: u32, point: &str) -> u64 {
        let id = format!("visit_{number}_{day}");
        let event = wire::FollowUpDue {
            case: id.clone(),
            card: format!("card_{number}"),
            vacancy: VACANCY.into(),
            enterprise: PLANT.into(),
            point: point.into(),
            day,
            onboarding: number,
        };
        self.act("steward", vec![(case(&id), Body::FollowUpDue(event))])
    }

    pub fn case(&mut self, actor: &str, id: &str, body: Body) -> u64 {
        self.act(actor, vec![(case(id), body)])
    }
}

fn held(point: &str, card: &str) -> (Entity, Body) {
    let event = wire::Held {
        card: card.into(),
        vacancy: VACANCY.into(),
        point: point.into(),
        expires_at: Some(timestamp(datetime!(2021-07-15 02:00 UTC))),
        ..Default::default()
    };
    (placement(card), Body::Held(event))
}

pub fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

pub fn vacancy() -> Entity {
    Entity::Vacancy { enterprise: PLANT.parse().unwrap(), vacancy: VACANCY.parse().unwrap() }
}

pub fn signal(point: &str) -> Entity {
    Entity::Signal(format!("{point}-{VACANCY}").parse().unwrap())
}

pub fn placement(card: &str) -> Entity {
    Entity::Placement(card.parse().unwrap())
}

pub fn dispatch(id: &str) -> Entity {
    Entity::Dispatch { to: "431003".parse().unwrap(), dispatch: id.parse().unwrap() }
}

fn case(id: &str) -> Entity {
    Entity::Case(id.parse().unwrap())
}

fn agreement(id: &str) -> Entity {
    Entity::Agreement(id.parse().unwrap())
}

/// A story in which everything happens of which somebody is told.
pub fn everything() -> Story {
    let mut story = Story::new();
    story.agreement("agr_1");
    story.agreement("agr_2");
    story.vacancy(8);
    before_the_journey(&mut story);
    the_journey(&mut story);
    afterwards(&mut story);
    story
}

fn before_the_journey(story: &mut Story) {
    story.raise(BAIYUN, 4);
    story.raise(LINWU, 6);
    story.commit(BAIYUN, &["card_a", "card_b", "card_c", "card_d"]);
    story.commit(LINWU, &["card_e", "card_f"]);
    story.raise(BAIYUN, 5);
    let missing =
        wire::SignalEscalated { vacancy: VACANCY.into(), point: LINWU.into(), missing: 4 };
    story.act("steward", vec![(signal(LINWU), Body::SignalEscalated(missing))]);
    let over = wire::SignalRecalled { vacancy: VACANCY.into(), point: BAIYUN.into() };
    story.act("steward", vec![(signal(BAIYUN), Body::SignalRecalled(over))]);
    story.join_standby(LINWU, &["card_g", "card_h"]);
    story.join_standby(HUATANG, &["card_i"]);
    story.promote(&[(LINWU, "card_g"), (HUATANG, "card_i")], standby_end::Value::Promoted);
    let left = wire::StandbyLeft {
        vacancy: VACANCY.into(),
        cards: owned(&["card_h"]),
        why: standby_end::Value::Left as i32,
    };
    story.act(LINWU, vec![(vacancy(), Body::StandbyLeft(left))]);
    let terms = Story::terms(7);
    let updated = wire::VacancyUpdated { vacancy: VACANCY.into(), terms: Some(terms) };
    story.act(PLANT, vec![(vacancy(), Body::VacancyUpdated(updated))]);
    let reduced = wire::VacancyReduced { vacancy: VACANCY.into(), headcount: 6 };
    let reduced = Some(Body::VacancyReduced(reduced));
    story.release(PLANT, &["card_c", "card_f"], hold_end::Value::VacancyReduced, reduced);
    story.release("steward", &["card_d"], hold_end::Value::Expired, None);
}

fn the_journey(story: &mut Story) {
    story.open("dsp_1", BAIYUN, &[(BAIYUN, "card_a"), (BAIYUN, "card_b"), (LINWU, "card_e")]);
    story.open("dsp_2", HUATANG, &[(HUATANG, "card_i")]);
    let merge =
        wire::MergeProposed { dispatch: "dsp_1".into(), guests: owned(&["dsp_2"]), people: 4 };
    story.act("steward", vec![(dispatch("dsp_1"), Body::MergeProposed(merge))]);
    story.moved(PLANT, "dsp_1", State::Accepted, 0);
    story.moved(PLANT, "dsp_2", State::Declined, 0);
    let absent = wire::PlacementMoved {
        card: "card_b".into(),
        vacancy: VACANCY.into(),
        dispatch: "dsp_1".into(),
        to: Person::NoShow as i32,
        ..Default::default()
    };
    let freed = wire::SeatsFreed { vacancy: VACANCY.into(), cards: owned(&["card_b"]) };
    story.act(
        BAIYUN,
        vec![
            (placement("card_b"), Body::PlacementMoved(absent)),
            (vacancy(), Body::SeatsFreed(freed)),
        ],
    );
    story.moved(BAIYUN, "dsp_1", State::Departed, 2);
    let delayed = wire::DispatchDelayed {
        dispatch: "dsp_1".into(),
        vacancy: VACANCY.into(),
        arrives_at: Some(timestamp(datetime!(2021-07-19 04:30 UTC))),
        by: BAIYUN.into(),
    };
    story.act(BAIYUN, vec![(dispatch("dsp_1"), Body::DispatchDelayed(delayed))]);
    story.moved(PLANT, "dsp_1", State::Arrived, 2);
    let chased = wire::DispatchChased {
        dispatch: "dsp_1".into(),
        vacancy: VACANCY.into(),
        cards: owned(&["card_a", "card_e"]),
    };
    story.act("steward", vec![(dispatch("dsp_1"), Body::DispatchChased(chased))]);
    story.open("dsp_3", LINWU, &[(LINWU, "card_g")]);
    story.moved("operator", "dsp_3", State::Cancelled, 0);
}

fn afterwards(story: &mut Story) {
    story.visit(1, 3, BAIYUN);
    story.visit(2, 3, BAIYUN);
    story.visit(3, 3, LINWU);
    let correction = wire::CorrectionRequested {
        case: "case_c".into(),
        dispatch: "dsp_1".into(),
        vacancy: VACANCY.into(),
        cards: owned(&["card_a", "card_e"]),
        to: Person::Onboarded as i32,
        reason: correction_reason::Value::Misclick as i32,
        by: PLANT.into(),
        counterparty: BAIYUN.into(),
    };
    story.case(PLANT, "case_c", Body::CorrectionRequested(correction));
    let transfer = wire::TransferRequested {
        case: "case_t".into(),
        card: "card_a".into(),
        from: BAIYUN.into(),
        to: HUATANG.into(),
    };
    story.case(HUATANG, "case_t", Body::TransferRequested(transfer));
    let grievance = wire::GrievanceOpened {
        case: "case_g".into(),
        card: "card_a".into(),
        point: BAIYUN.into(),
        enterprise: PLANT.into(),
        vacancy: VACANCY.into(),
        kind: grievance_kind::Value::Wages as i32,
        ..Default::default()
    };
    story.case(BAIYUN, "case_g", Body::GrievanceOpened(grievance));
    let handed = wire::GrievanceHandedOn {
        case: "case_g".into(),
        to: "operator".into(),
        ..Default::default()
    };
    story.case(BAIYUN, "case_g", Body::GrievanceHandedOn(handed));
    let erased = wire::ErasureNotified {
        case: "case_e".into(),
        card: "card_a".into(),
        recipient: PLANT.into(),
        point: BAIYUN.into(),
        vacancy: VACANCY.into(),
        enterprise: PLANT.into(),
        dispatches: owned(&["dsp_1"]),
        ..Default::default()
    };
    let handed_on = wire::ErasureNotified {
        case: "case_f".into(),
        recipient: BAIYUN.into(),
        outside: recipient_kind::Value::Carrier as i32,
        firm: "示例客运".into(),
        ..erased.clone()
    };
    story.case(BAIYUN, "case_e", Body::ErasureNotified(erased));
    story.case(BAIYUN, "case_f", Body::ErasureNotified(handed_on));
    let terminated = wire::AgreementTerminated { agreement: "agr_2".into() };
    story.act("operator", vec![(agreement("agr_2"), Body::AgreementTerminated(terminated))]);
    let ended = wire::AgreementEnded { agreement: "agr_1".into() };
    story.act("steward", vec![(agreement("agr_1"), Body::AgreementEnded(ended))]);
}
