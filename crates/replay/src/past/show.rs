use std::collections::BTreeMap;

use gongqiao_access::show;
use gongqiao_contract::{
    id::PartyId,
    view::{Indicators, PastCity, PastPoint},
};
use gongqiao_domain::{
    City,
    entity::{Placement, dispatch_state_name, placement_state_name},
    ledger::Figure,
};
use time::OffsetDateTime;

/// The whole city.
pub(super) fn city(city: &City, at: OffsetDateTime) -> PastCity {
    let entities = &city.entities;
    let vacancies = entities.vacancies.values().filter_map(|one| one.value.as_ref());
    let signals = entities.signals.values().filter_map(|one| one.value.as_ref());
    let dispatches = entities.dispatches.values().filter_map(|one| one.value.as_ref());
    let sum = |figure: Figure| city.ledgers.values().map(|ledger| ledger.get(figure)).sum();
    // Why no cards: the register keeps the last value of each alone.
    let Indicators {
        service_points,
        enterprises,
        partner_cities,
        open_vacancies,
        open_signals,
        ..
    } = show::indicators(city, 0, at);
    PastCity {
        service_points,
        enterprises,
        partner_cities,
        open_vacancies,
        open_signals,
        open_dispatches: city.index.open_dispatches.len() as u64,
        open_cases: city.index.open_cases.len() as u64,
        vacancies: counted(vacancies.map(|one| one.state.as_str())),
        signals: counted(signals.map(|one| one.state.as_str())),
        dispatches: counted(dispatches.map(|one| dispatch_state_name(one.state()))),
        people: counted(placements(city).map(|one| placement_state_name(one.state()))),
        ledger: Figure::ALL.into_iter().map(|one| (show::figure_name(one), sum(one))).collect(),
    }
}

/// One service point.
pub(super) fn point(city: &City, id: &PartyId) -> Option<PastPoint> {
    let history = city.histories.get(id).copied().unwrap_or_default();
    let signals = city.index.signals_at.get(id).into_iter().flatten();
    let signals = signals.filter_map(|(_, signal)| city.signal(signal));
    let own = placements(city).filter(|one| one.point == *id);
    Some(PastPoint {
        party: show::party(city.party(id)?),
        asked: history.asked,
        committed: history.committed,
        declined: history.declined,
        signals: counted(signals.map(|one| one.state.as_str())),
        people: counted(own.map(|one| placement_state_name(one.state()))),
    })
}

fn placements(city: &City) -> impl Iterator<Item = &Placement> {
    let workers = city.entities.workers.values().filter_map(|one| one.value.as_ref());
    workers.filter_map(|worker| worker.placement.as_ref())
}

fn counted<'a>(states: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for state in states {
        *counts.entry(state.to_owned()).or_default() += 1;
    }
    counts
}
