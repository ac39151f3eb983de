//! What an event is about, as keys by which it is found, and what an operator
//! asks for, in the same keys.

use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    event,
    id::VacancyId,
    subject::Entity,
    wire::{self, VacancyTerms, fact::Body},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One thing that an event is about: the first bytes of a hash of its
/// dimension and value.
pub(crate) type Key = u64;

/// What is asked for: each of these lists must have a key of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) Vec<Vec<Key>>);

impl Wanted {
    pub(crate) fn of(filter: &wire::ReplayFilter) -> Self {
        let lists = [
            (Dimension::Type, &filter.types),
            (Dimension::Party, &filter.parties),
            (Dimension::City, &filter.cities),
            (Dimension::County, &filter.counties),
            (Dimension::Point, &filter.points),
            (Dimension::Enterprise, &filter.enterprises),
            (Dimension::Occupation, &filter.occupations),
            (Dimension::Vacancy, &filter.vacancies),
            (Dimension::Dispatch, &filter.dispatches),
            (Dimension::Card, &filter.cards),
        ];
        let asked = lists.into_iter().filter(|(_, values)| !values.is_empty());
        Self(
            asked
                .map(|(dimension, values)| values.iter().map(|one| key(dimension, one)).collect())
                .collect(),
        )
    }

    /// Whether everything is wanted.
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

/// In what respect an event is about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Type,
    Party,
    City,
    County,
    Point,
    Enterprise,
    Occupation,
    Vacancy,
    Dispatch,
    Card,
}

fn key(dimension: Dimension, value: &str) -> Key {
    let mut hash = Sha256::new();
    // Why the number: it is part of files, and must not move with a name.
    hash.update([dimension as u8]);
    hash.update(value.as_bytes());
    let bytes: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// What later events lean on without saying it: whose a vacancy is and what it
/// asks, which vacancy a group fills. Folded from the same events in the same
/// order, so that an event has the same keys however often it is looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Relations {
    vacancies: BTreeMap<String, Asked>,
    vacancy_of: BTreeMap<String, String>,
}

/// What a vacancy asks, as it was posted or changed last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Asked {
    enterprise: String,
    place: String,
    occupations: Vec<String>,
}

impl Relations {
    /// Takes a fact into account, and says by which keys it is found.
    pub(crate) fn keys(&mut self, subject: &str, fact: &wire::Fact) -> BTreeSet<Key> {
        let mut about = About::default();
        let entity = Entity::parse(subject);
        about.subject(subject, entity.as_ref());
        if let Some(actor) = &fact.actor {
            about.add(Dimension::Party, &actor.party);
        }
        if let Some(body) = &fact.body {
            self.learn(entity.as_ref(), body);
            about.add(Dimension::Type, event::name(body));
            about.walk("", &serde_json::to_value(fact).unwrap_or_default());
        }
        self.follow(&mut about);
        about.keys
    }

    fn learn(&mut self, entity: Option<&Entity>, body: &Body) {
        let vacancy = match entity {
            Some(Entity::Vacancy { enterprise, vacancy }) => Some((enterprise, vacancy)),
            _ => None,
        };
        match (vacancy, body) {
            (Some((enterprise, id)), Body::VacancyPosted(wire::VacancyPosted { terms, .. })) => {
                self.ask(enterprise.as_str(), id, terms.as_ref());
            }
            (Some((enterprise, id)), Body::VacancyUpdated(wire::VacancyUpdated { terms, .. })) => {
                self.ask(enterprise.as_str(), id, terms.as_ref());
            }
            (_, Body::DispatchOpened(e)) => {
                self.vacancy_of.insert(e.dispatch.clone(), e.vacancy.clone());
            }
            _ => {}
        }
    }

    fn ask(&mut self, enterprise: &str, id: &VacancyId, terms: Option<&VacancyTerms>) {
        let Some(terms) = terms else { return };
        let asked = Asked {
            enterprise: enterprise.to_owned(),
            place: terms.place.clone(),
            occupations: terms.occupations.clone(),
        };
        self.vacancies.insert(id.to_string(), asked);
    }

    /// What follows from what the event names.
    fn follow(&self, about: &mut About) {
        for dispatch in std::mem::take(&mut about.dispatches) {
            if let Some(vacancy) = self.vacancy_of.get(&dispatch) {
                about.add(Dimension::Vacancy, vacancy);
            }
        }
        for vacancy in std::mem::take(&mut about.vacancies) {
            let Some(asked) = self.vacancies.get(&vacancy) else { continue };
            about.add(Dimension::Enterprise, &asked.enterprise);
            about.add(Dimension::Party, &asked.enterprise);
            about.place(&asked.place);
            for occupation in &asked.occupations {
                about.occupation(occupation);
            }
        }
    }
}

#[derive(Default)]
struct About {
    keys: BTreeSet<Key>,
    vacancies: BTreeSet<String>,
    dispatches: BTreeSet<String>,
}

impl About {
    fn add(&mut self, dimension: Dimension, value: &str) {
        if value.is_empty() {
            return;
        }
        match dimension {
            Dimension::Vacancy => drop(self.vacancies.insert(value.to_owned())),
            Dimension::Dispatch => drop(self.dispatches.insert(value.to_owned())),
            _ => {}
        }
        self.keys.insert(key(dimension, value));
    }

    fn subject(&mut self, subject: &str, entity: Option<&Entity>) {
        if let Some(cell) = subject.split('.').nth(4) {
            self.place(cell);
        }
        match entity {
            Some(Entity::Party(id)) => self.party(id.as_str()),
            Some(Entity::Vacancy { enterprise, vacancy }) => {
                self.add(Dimension::Enterprise, enterprise.as_str());
                self.party(enterprise.as_str());
                self.add(Dimension::Vacancy, vacancy.as_str());
            }
            Some(Entity::Signal(id)) => {
                self.point(id.point.as_str());
                self.add(Dimension::Vacancy, id.vacancy.as_str());
            }
            Some(Entity::Placement(card)) => self.add(Dimension::Card, card.as_str()),
            Some(Entity::Dispatch { to, dispatch }) => {
                self.place(&to.to_string());
                self.add(Dimension::Dispatch, dispatch.as_str());
            }
            Some(Entity::Receipt { party, .. }) => self.party(party.as_str()),
            _ => {}
        }
    }

    fn party(&mut self, id: &str) {
        self.add(Dimension::Party, id);
        if is_division(id) {
            self.place(id);
        }
    }

    fn point(&mut self, id: &str) {
        self.add(Dimension::Point, id);
        self.party(id);
    }

    /// A division by its digits: the county and the city that it lies in.
    fn place(&mut self, division: &str) {
        if !is_division(division) {
            return;
        }
        let (county, city) = (&division[..6], format!("{}00", &division[..4]));
        self.add(Dimension::City, &city);
        if county != city {
            self.add(Dimension::County, county);
        }
    }

    /// An occupation, and the groups that it belongs to.
    fn occupation(&mut self, code: &str) {
        let ends = code.match_indices('-').map(|(at, _)| at).chain([code.len()]);
        for end in ends {
            self.add(Dimension::Occupation, &code[..end]);
        }
    }

    /// Goes through what a fact says, by the names of its fields.
    fn walk(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| self.walk(name, value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(name, item)),
            Value::String(text) => self.field(name, text),
            _ => {}
        }
    }

    fn field(&mut self, name: &str, text: &str) {
        match name {
            "vacancy" => self.add(Dimension::Vacancy, text),
            "dispatch" | "dispatches" | "guests" | "into" => self.add(Dimension::Dispatch, text),
            "card" | "cards" | "manifest" | "standby" | "in" | "out" => {
                self.add(Dimension::Card, text);
            }
            "point" | "desk" | "serves" => self.point(text),
            "enterprise" => {
                self.add(Dimension::Enterprise, text);
                self.party(text);
            }
            "party" | "counterparty" | "counterpart" => self.party(text),
            "occupations" | "occupation" => self.occupation(text),
            "place" | "division" | "divisions" | "to" | "from" => self.place(text),
            _ => {}
        }
    }
}

/// Whether it is a division of six digits or more.
fn is_division(text: &str) -> bool {
    matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(keys: &BTreeSet<Key>, dimension: Dimension, value: &str) -> bool {
        keys.contains(&key(dimension, value))
    }

    fn fact(body: Body) -> wire::Fact {
        wire::Fact { body: Some(body), ..wire::Fact::default() }
    }

    #[test]
    fn what_a_group_does_is_found_by_what_its_vacancy_asks() {
        let mut relations = Relations::default();
        let posted = fact(Body::VacancyPosted(wire::VacancyPosted {
            terms: Some(VacancyTerms {
                place: "431021".into(),
                occupations: vec!["6-25-04-07".into()],
                ..VacancyTerms::default()
            }),
            ..wire::VacancyPosted::default()
        }));
        let keys = relations.keys("gq.v1.vacancy.43.431000.91431000MA4L1TEST1.vac_1", &posted);
        assert!(has(&keys, Dimension::Occupation, "6-25-04-07"));
        assert!(has(&keys, Dimension::Occupation, "6-25"), "by its group as well");
        assert!(has(&keys, Dimension::County, "431021"));
        let opened = fact(Body::DispatchOpened(wire::DispatchOpened {
            dispatch: "dsp_1".into(),
            vacancy: "vac_1".into(),
            ..wire::DispatchOpened::default()
        }));
        relations.keys("gq.v1.dispatch.43.431000.44.440300.dsp_1", &opened);
        let moved = fact(Body::DispatchMoved(wire::DispatchMoved::default()));
        let keys = relations.keys("gq.v1.dispatch.43.431000.44.440300.dsp_1", &moved);
        assert!(has(&keys, Dimension::Type, "DispatchMoved"));
        assert!(has(&keys, Dimension::Vacancy, "vac_1"));
        assert!(has(&keys, Dimension::Enterprise, "91431000MA4L1TEST1"));
        assert!(has(&keys, Dimension::Occupation, "6-25-04-07"));
        assert!(has(&keys, Dimension::City, "440300"), "where it goes");
        assert!(!has(&keys, Dimension::Card, "vac_1"), "in its own respect alone");
    }

    #[test]
    fn lists_join_by_or_and_different_lists_by_and() {
        let filter = wire::ReplayFilter {
            types: vec!["Held".into(), "HoldEnded".into()],
            cards: vec!["card_1".into()],
            ..wire::ReplayFilter::default()
        };
        let wanted = Wanted::of(&filter);
        assert_eq!(wanted.0.len(), 2);
        assert_eq!(wanted.0[0].len(), 2);
        assert!(Wanted::of(&wire::ReplayFilter::default()).is_all());
    }
}
