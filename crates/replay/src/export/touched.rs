//! What the events of a range are about.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

use gongqiao_contract::{
    id::{CardId, DispatchId, SignalId, VacancyId},
    subject::Entity,
    wire::{Fact, fact::Body},
};
use gongqiao_domain::City;
use gongqiao_stream::Message;
use prost::Message as _;

use super::table::Episode;

/// Things with the first and the last event that is about each.
#[derive(Debug)]
pub(crate) struct Seen<T>(HashMap<T, (u64, u64)>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Seen<T> {
    fn see(&mut self, one: T, sequence: u64) {
        self.0.entry(one).or_insert((sequence, sequence)).1 = sequence;
    }

    /// In the order of their first events, each with its last.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&T, u64)> {
        let order: BTreeMap<u64, (&T, u64)> =
            self.0.iter().map(|(one, (first, last))| (*first, (one, *last))).collect();
        order.into_values()
    }
}

/// All that a range of events is about.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) vacancies: Seen<VacancyId>,
    pub(crate) signals: Seen<SignalId>,
    pub(crate) dispatches: Seen<DispatchId>,
    /// Promises, by the first event of the range that is about each, with the
    /// last.
    pub(crate) episodes: BTreeMap<u64, (Episode, u64)>,
    /// The promise that each person is in.
    current: HashMap<CardId, u64>,
}

impl Touched {
    /// Folds one message of the range, and remembers what it is about.
    pub(crate) fn fold(&mut self, city: &mut City, message: &Message) {
        let sequence = message.sequence;
        let Some(entity) = Entity::parse(&message.subject) else {
            return city.apply(sequence, &message.subject, &message.payload);
        };
        let bound_before = match &entity {
            Entity::Placement(card) => city.placement(card).filter(|one| one.is_bound()),
            _ => None,
        };
        let bound_before = bound_before.map(|one| one.vacancy.clone());
        city.apply(sequence, &message.subject, &message.payload);
        match entity {
            Entity::Vacancy { vacancy, .. } => self.vacancies.see(vacancy, sequence),
            Entity::Signal(id) => self.signals.see(id, sequence),
            Entity::Dispatch { dispatch, .. } => self.dispatches.see(dispatch, sequence),
            Entity::Placement(card) => {
                let fact = Fact::decode(message.payload.clone()).unwrap_or_default();
                self.placement(city, card, &fact, bound_before.as_ref(), sequence);
            }
            _ => {}
        }
    }

    fn placement(
        &mut self,
        city: &City,
        card: CardId,
        fact: &Fact,
        bound_before: Option<&VacancyId>,
        sequence: u64,
    ) {
        let way = matches!(
            fact.body,
            Some(
                Body::Held(_)
                    | Body::HoldEnded(_)
                    | Body::PlacementMoved(_)
                    | Body::PlacementCorrected(_)
            )
        );
        let Some(placement) = city.placement(&card).filter(|_| way) else { return };
        // Why: a promise that is renewed goes on; any other is a new one.
        let begins =
            matches!(fact.body, Some(Body::Held(_))) && bound_before != Some(&placement.vacancy);
        let first = match self.current.get(&card) {
            Some(first) if !begins => *first,
            _ => sequence,
        };
        self.current.insert(card, first);
        let episode = Episode { placement: placement.clone(), first };
        self.episodes.insert(first, (episode, sequence));
    }
}
