//! A city in memory: commands are decided as by the gate, and what comes of
//! them is folded as from the log.
#![allow(dead_code, unreachable_pub, reason = "shared by tests that each use a part of it")]

use gongqiao_contract::{
    Refusal, SCHEMA,
    codes::{CreditCode, DivisionCode},
    id::{CardId, PartyId, SignalId, VacancyId},
    subject::{Cell, Entity},
    wire::{
        self, answer_signal::Answer, call_outcome::Value as Outcome, consent, data_class,
        fact::Body, party_kind, pay_unit, purpose, raise_signals, role, verification,
    },
};
use gongqiao_domain::{
    City, Register,
    decide::{Ages, Command, Context, Decision, Speaker, Terms, decide},
    entity::{Draft, timestamp},
};
use prost::Message as _;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

pub mod trip;

pub const POINT: &str = "431021001001";
pub const OTHER_POINT: &str = "431021001002";
/// The township of both.
pub const TOWNSHIP: &str = "431021001000";

pub struct World {
    pub city: City,
    pub register: Register,
    pub now: OffsetDateTime,
    /// What the gate would have seen in dates of birth.
    pub ages: Ages,
    /// Everything that was stored: sequence, subject, payload.
    pub log: Vec<(u64, String, Vec<u8>)>,
    cards: u64,
    ids: u128,
}

pub fn speaker(party: &str, kind: party_kind::Value, role: role::Value) -> Speaker {
    Speaker { party: party.parse().unwrap(), kind, person: "staff-1".into(), role }
}

pub fn operator() -> Speaker {
    speaker("operator", party_kind::Value::Operator, role::Value::Approver)
}

pub fn service() -> Speaker {
    speaker("matcher", party_kind::Value::Service, role::Value::Service)
}

pub fn desk(point: &str) -> Speaker {
    speaker(point, party_kind::Value::ServicePoint, role::Value::Clerk)
}

pub fn factory() -> Speaker {
    speaker(&factory_id(), party_kind::Value::Enterprise, role::Value::Clerk)
}

pub fn factory_id() -> String {
    CreditCode::make("Y14310000TEXT0001").unwrap().to_string()
}

pub fn cell() -> Cell {
    Cell::new("431000".parse().unwrap())
}

impl World {
    /// A bureau, a factory with an agreement, and two service points.
    pub fn new() -> Self {
        let mut world = Self {
            city: City::default(),
            register: Register::default(),
            now: datetime!(2021-07-12 00:00 UTC),
            ages: Ages::default(),
            log: Vec::new(),
            cards: 0,
            ids: 1,
        };
        let bureau = Body::PartyRegistered(wire::PartyRegistered {
            party: PartyId::OPERATOR.into(),
            kind: party_kind::Value::Operator as i32,
            ..Default::default()
        });
        let id = Entity::Party(PartyId::OPERATOR.parse().unwrap());
        world.store(&id, &operator(), Some(bureau), SCHEMA);
        world.register_party(&factory_id(), party_kind::Value::Enterprise).unwrap();
        for point in [POINT, OTHER_POINT] {
            world.register_party(point, party_kind::Value::ServicePoint).unwrap();
        }
        world.sign(datetime!(2022-01-01 00:00 UTC)).unwrap();
        world
    }

    pub fn register_party(&mut self, id: &str, kind: party_kind::Value) -> Result<String, Refusal> {
        self.run(
            &operator(),
            Command::RegisterParty(wire::RegisterParty {
                party: id.into(),
                kind: kind as i32,
                name: "测试单位".into(),
                ..Default::default()
            }),
        )
    }

    pub fn sign(&mut self, until: OffsetDateTime) -> Result<String, Refusal> {
        self.run(
            &operator(),
            Command::SignAgreement(wire::SignAgreement {
                party: factory_id(),
                scope: Some(wire::Scope {
                    classes: vec![
                        data_class::Value::Vacancies as i32,
                        data_class::Value::Dispatches as i32,
                    ],
                    purpose: purpose::Value::Recruitment as i32,
                    ..Default::default()
                }),
                from: None,
                until: Some(timestamp(until)),
            }),
        )
    }

    /// Decides a command, stores what comes of it, and returns the entity.
    pub fn run(&mut self, who: &Speaker, command: Command) -> Result<String, Refusal> {
        let decision = self.decide(who, &command)?;
        let entity = decision.entity.clone();
        for (entity, body) in decision.events {
            self.store(&entity, who, Some(body), SCHEMA);
        }
        Ok(entity)
    }

    pub fn decide(&mut self, who: &Speaker, command: &Command) -> Result<Decision, Refusal> {
        // Why: a command may take the neighbours of its one fresh id.
        self.ids += 1000;
        let draft = Draft::new(&self.city.entities);
        decide(&self.context(who, &draft), command)
    }

    pub fn context<'a>(&'a self, who: &'a Speaker, draft: &'a Draft<'a>) -> Context<'a> {
        Context {
            now: self.now,
            speaker: who,
            draft,
            city: &self.city,
            register: &self.register,
            terms: Terms {
                hold: Duration::hours(72),
                hold_after_departure: Duration::days(3),
                key_backup: Duration::days(7),
            },
            fresh: Uuid::from_u128(self.ids),
            ages: &self.ages,
        }
    }

    pub fn store(&mut self, entity: &Entity, who: &Speaker, body: Option<Body>, min_reader: u32) {
        let sequence = self.city.position + 1;
        let fact = wire::Fact {
            event_id: sequence.to_string(),
            recorded_at: Some(timestamp(self.now)),
            actor: Some(who.actor()),
            min_reader,
            body,
        };
        let (subject, payload) = (entity.subject(&cell()), fact.encode_to_vec());
        self.city.apply(sequence, &subject, &payload);
        self.log.push((sequence, subject, payload));
    }

    /// Adds a willing person to a point's register.
    pub fn person(&mut self, point: &str) -> CardId {
        self.person_with(point, |_| {})
    }

    /// Adds a person whose card was changed.
    pub fn person_with(&mut self, point: &str, change: impl FnOnce(&mut wire::Card)) -> CardId {
        self.cards += 1;
        let card = CardId::from_random(u128::from(self.cards).to_be_bytes());
        let mut message = wire::Card {
            card: card.to_string(),
            point: point.into(),
            home: point.into(),
            verification: verification::Value::Verified as i32,
            birth_year: 1985,
            available_from: "2021-07-01".into(),
            consents: vec![consent::Value::Register as i32, consent::Value::Matching as i32],
            updated_at: Some(timestamp(self.now)),
            min_reader: SCHEMA,
            ..Default::default()
        };
        change(&mut message);
        self.register.apply(self.cards, &message).unwrap();
        card
    }

    pub fn people(&mut self, point: &str, count: usize) -> Vec<CardId> {
        (0..count).map(|_| self.person(point)).collect()
    }

    pub fn post(&mut self, headcount: u32) -> VacancyId {
        self.post_with(headcount, |_| {})
    }

    pub fn raise(&mut self, vacancy: &VacancyId, point: &str, quota: u32) -> SignalId {
        self.raise_for(vacancy, point, quota, &[])
    }

    /// A signal that proposes people, each with a score.
    pub fn raise_for(
        &mut self,
        vacancy: &VacancyId,
        point: &str,
        quota: u32,
        people: &[(&CardId, u32)],
    ) -> SignalId {
        let candidates = people
            .iter()
            .map(|(card, score)| wire::Candidate {
                card: card.to_string(),
                score: *score,
                ..Default::default()
            })
            .collect();
        let asks = vec![raise_signals::Ask {
            point: point.into(),
            quota,
            candidates,
            respond_by: Some(timestamp(self.now + Duration::hours(24))),
            ..Default::default()
        }];
        let ask = wire::RaiseSignals { asks };
        self.run(&service(), Command::RaiseSignals { vacancy: vacancy.clone(), ask }).unwrap();
        SignalId { point: point.parse::<PartyId>().unwrap(), vacancy: vacancy.clone() }
    }

    /// Terms other than the usual.
    pub fn post_with(
        &mut self,
        headcount: u32,
        change: impl FnOnce(&mut wire::VacancyTerms),
    ) -> VacancyId {
        let mut terms = terms(headcount);
        change(&mut terms);
        let terms = gongqiao_domain::terms::check(terms, self.now).unwrap();
        let post = Command::PostVacancy { enterprise: None, terms: Box::new(terms) };
        self.run(&factory(), post).unwrap().parse().unwrap()
    }

    /// Everybody says yes and is promised; whoever finds no seat waits.
    pub fn commit(&mut self, signal: &SignalId, cards: &[CardId]) -> Result<String, Refusal> {
        self.run(&desk(signal.point.as_str()), commit_command(signal, cards))
    }

    pub fn told(&mut self, who: &Speaker, command: Command) -> Result<wire::Told, Refusal> {
        let told = self.decide(who, &command)?.told;
        self.run(who, command)?;
        Ok(told)
    }
}

/// What was said on the phone, alike by everybody.
pub fn calls(cards: &[CardId], outcome: Outcome) -> Vec<wire::Call> {
    let call = |card: &CardId| wire::Call { card: card.to_string(), outcome: outcome as i32 };
    cards.iter().map(call).collect()
}

pub fn names(cards: &[CardId]) -> Vec<String> {
    cards.iter().map(ToString::to_string).collect()
}

/// Calls that all end with yes, and the commitment of these people.
pub fn commit_command(signal: &SignalId, cards: &[CardId]) -> Command {
    let answer =
        Answer::Commit(wire::answer_signal::Commit { cards: names(cards), ..Default::default() });
    let calls = calls(cards, Outcome::Willing);
    answer_command(signal, wire::AnswerSignal { calls, answer: Some(answer), ..Default::default() })
}

/// As [`commit_command`], refused rather than put on standby.
pub fn seats_only_command(signal: &SignalId, cards: &[CardId]) -> Command {
    let commit =
        wire::answer_signal::Commit { cards: names(cards), seats_only: true, ..Default::default() };
    let calls = calls(cards, Outcome::Willing);
    let answer = Some(Answer::Commit(commit));
    answer_command(signal, wire::AnswerSignal { calls, answer, ..Default::default() })
}

pub fn answer_command(signal: &SignalId, ask: wire::AnswerSignal) -> Command {
    Command::AnswerSignal { signal: signal.clone(), ask }
}

pub fn terms(headcount: u32) -> wire::VacancyTerms {
    wire::VacancyTerms {
        title: "电子装配工".into(),
        trainable: true,
        headcount,
        duties: "装配电子产品".into(),
        conditions: "能适应倒班".into(),
        park: "chenzhou-hitech".into(),
        pay: Some(wire::Pay {
            unit: pay_unit::Value::Month as i32,
            base_yuan: 2000,
            total_from_yuan: 5000,
            total_to_yuan: 7000,
            ..Default::default()
        }),
        needed_by: "2021-07-20".into(),
        valid_until: Some(timestamp(datetime!(2021-08-01 00:00 UTC))),
        urgent: true,
        ..Default::default()
    }
}

pub fn division(code: &str) -> DivisionCode {
    code.parse().unwrap()
}
