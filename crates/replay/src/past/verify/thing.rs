use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    hash::Hash,
};

use gongqiao_contract::{
    id::{AgreementId, CardId, CaseId, DispatchId, PartyId, SignalId, VacancyId},
    subject::Entity,
};
use gongqiao_domain::City;
use serde_json::Value;

macro_rules! things {
    ($($thing:ident $table:ident $id:ty;)*) => {
        /// An entity, by the table in which it stands.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(super) enum Thing {
            $($thing($id),)*
        }

        impl Thing {
            /// All that is kept of it; nothing before its first event.
            pub(super) fn json(&self, city: &City) -> Option<Value> {
                match self {
                    $(Self::$thing(id) => {
                        serde_json::to_value(city.entities.$table.get(id)?).ok()
                    })*
                }
            }
        }

        impl fmt::Display for Thing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$thing(id) => write!(f, "{}/{id}", stringify!($table)),)*
                }
            }
        }

        /// Entities of which two cities hold something else.
        pub(super) fn differing(one: &City, other: &City) -> Vec<Thing> {
            let mut all = Vec::new();
            $(all.extend(
                keys(&one.entities.$table, &other.entities.$table).into_iter().map(Thing::$thing),
            );)*
            all
        }
    };
}

things! {
    Party parties PartyId;
    Agreement agreements AgreementId;
    Vacancy vacancies VacancyId;
    Signal signals SignalId;
    Worker workers CardId;
    Dispatch dispatches DispatchId;
    Case cases CaseId;
}

impl Thing {
    /// The thing on whose subject an event stands; none of what is not folded.
    pub(super) fn of(entity: &Entity) -> Option<Self> {
        Some(match entity {
            Entity::Party(id) => Self::Party(id.clone()),
            Entity::Agreement(id) => Self::Agreement(id.clone()),
            Entity::Vacancy { vacancy, .. } => Self::Vacancy(vacancy.clone()),
            Entity::Signal(id) => Self::Signal(id.clone()),
            Entity::Placement(card) => Self::Worker(card.clone()),
            Entity::Dispatch { dispatch, .. } => Self::Dispatch(dispatch.clone()),
            Entity::Case(id) => Self::Case(id.clone()),
            Entity::Receipt { .. } | Entity::Card(_) => return None,
        })
    }
}

/// Ledgers that differ, each with the event of the first entry that does.
pub(super) fn ledgers(one: &City, other: &City) -> Vec<(VacancyId, Option<u64>)> {
    let entries = |city: &City, id: &VacancyId| {
        city.ledgers.get(id).map(|ledger| ledger.all().to_vec()).unwrap_or_default()
    };
    let first = |id: &VacancyId| {
        let (one, other) = (entries(one, id), entries(other, id));
        let differ = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at))?;
        [one.get(differ), other.get(differ)].into_iter().flatten().map(|e| e.sequence).min()
    };
    let mut all: Vec<_> = keys(&one.ledgers, &other.ledgers)
        .into_iter()
        .map(|id| {
            let event = first(&id);
            (id, event)
        })
        .collect();
    all.sort();
    all
}

/// Other parts of a city that differ: they follow from events on many
/// entities, so none of them is searched.
pub(super) fn sections(one: &City, other: &City) -> Vec<&'static str> {
    let parts = [
        ("histories", one.histories == other.histories),
        ("employments", one.employments == other.employments),
        ("report", one.report == other.report),
        ("index", one.index == other.index),
        ("not_understood", one.not_understood == other.not_understood),
        ("register_needed", one.register_needed == other.register_needed),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

/// Keys under which two tables differ, in their order.
fn keys<K: Ord + Hash + Clone, V: PartialEq>(one: &HashMap<K, V>, other: &HashMap<K, V>) -> Vec<K> {
    let all = one.keys().chain(other.keys());
    let differing: BTreeSet<&K> = all.filter(|key| one.get(*key) != other.get(*key)).collect();
    differing.into_iter().cloned().collect()
}
