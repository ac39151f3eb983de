//! Which small groups could share a coach. Only groups for the same vacancy:
//! a manifest names people to one enterprise, for which they gave their
//! consent. What is proposed a clerk decides; so that nobody is asked twice,
//! what is contained in an earlier proposal is not proposed again.

use std::{cmp::Reverse, collections::BTreeMap};

use gongqiao_contract::{
    id::DispatchId,
    wire::{placement_state::Value as Person, travel_mode::Value as Mode},
};
use gongqiao_domain::{
    City,
    entity::{Dispatch, SMALL_GROUP, beijing_day, instant},
};
use time::{Date, OffsetDateTime};

/// Groups that could travel with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// The largest that has room.
    pub(crate) host: DispatchId,
    /// The others, the largest first.
    pub(crate) guests: Vec<DispatchId>,
}

/// What is to be proposed at `now`, in the order in which vacancies were
/// posted and days come.
pub(crate) fn proposals(city: &City, now: OffsetDateTime) -> Vec<Proposal> {
    let mut alike: BTreeMap<(u64, Date), Vec<&Dispatch>> = BTreeMap::new();
    for dispatch in city.index.open_dispatches.iter().filter_map(|id| city.dispatch(id)) {
        let Some(departs_at) = small_and_ahead(dispatch, now) else { continue };
        let Some(vacancy) = city.vacancy(&dispatch.vacancy) else { continue };
        if city.index.open_vacancies.contains(&vacancy.id) {
            alike
                .entry((vacancy.posted_sequence, beijing_day(departs_at)))
                .or_default()
                .push(dispatch);
        }
    }
    alike.into_values().filter_map(|groups| proposal(city, groups)).collect()
}

/// When a group departs that could share a coach with others.
fn small_and_ahead(dispatch: &Dispatch, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let riding = dispatch.riding();
    let small = riding > 0 && riding < SMALL_GROUP;
    let half_empty = dispatch.seats().is_none_or(|seats| riding * 2 <= seats);
    let waits = dispatch.is_setting_out() && dispatch.people_in(Person::Boarded).next().is_none();
    let together = dispatch.opened.mode() != Mode::Alone;
    let departs_at = dispatch.opened.departs_at.as_ref().map(instant).filter(|at| *at > now);
    departs_at.filter(|_| small && half_empty && waits && together)
}

fn proposal(city: &City, mut groups: Vec<&Dispatch>) -> Option<Proposal> {
    // Why: by the log, and not by the ids, which hold chance.
    let opened = |id: &DispatchId| city.index.dispatch_events.get(id)?.first().copied();
    groups.sort_by_key(|group| (Reverse(group.riding()), opened(&group.id)));
    let (host, guests) = groups.iter().find_map(|host| {
        let guests = with(host, &groups);
        (!guests.is_empty()).then_some((*host, guests))
    })?;
    let known = |asked: &&&Dispatch| {
        let all = guests.iter().chain([&host.id]);
        all.into_iter().all(|one| *one == asked.id || asked.proposed.contains(one))
    };
    if groups.iter().any(|group| known(&group)) {
        return None;
    }
    Some(Proposal { host: host.id.clone(), guests })
}

/// The others, as many as find a seat with `host`.
fn with(host: &Dispatch, groups: &[&Dispatch]) -> Vec<DispatchId> {
    let mut left = host.seats_left().unwrap_or(u32::MAX);
    let mut guests = Vec::new();
    for group in groups.iter().filter(|group| group.id != host.id) {
        if group.riding() <= left {
            left -= group.riding();
            guests.push(group.id.clone());
        }
    }
    guests
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::{
        id::VacancyId,
        subject::{Cell, Entity},
        wire::{self, fact::Body},
    };
    use gongqiao_domain::entity::timestamp;
    use prost::Message as _;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2021-07-18 12:00 UTC);
    const MORNING: OffsetDateTime = datetime!(2021-07-19 08:00 +8);

    #[derive(Default)]
    struct Log {
        city: City,
    }

    impl Log {
        fn store(&mut self, entity: &Entity, body: Body) {
            let cell = Cell::new("431000".parse().unwrap());
            let sequence = self.city.position + 1;
            let fact = wire::Fact {
                recorded_at: Some(timestamp(NOW)),
                body: Some(body),
                ..Default::default()
            };
            self.city.apply(sequence, &entity.subject(&cell), &fact.encode_to_vec());
            assert!(self.city.not_understood.is_empty());
        }

        fn vacancy(&mut self, id: &str) {
            let vacancy: VacancyId = id.parse().unwrap();
            let posted = wire::VacancyPosted {
                vacancy: id.into(),
                enterprise: "plant".into(),
                agreement: "agr_1".into(),
                terms: Some(wire::VacancyTerms { headcount: 200, ..Default::default() }),
            };
            let entity = Entity::Vacancy { enterprise: "plant".parse().unwrap(), vacancy };
            self.store(&entity, Body::VacancyPosted(posted));
        }

        /// A group of so many people in so many seats.
        fn group(&mut self, id: &str, people: u32, seats: u32, departs_at: OffsetDateTime) {
            self.group_for("vac_1", id, people, seats, departs_at, Mode::Coach);
        }

        fn group_for(
            &mut self,
            vacancy: &str,
            id: &str,
            people: u32,
            seats: u32,
            departs_at: OffsetDateTime,
            mode: Mode,
        ) {
            let passenger = |n| wire::Passenger {
                card: format!("card_{id}_{n}"),
                point: "431021001001".into(),
                minor: false,
            };
            let opened = wire::DispatchOpened {
                dispatch: id.into(),
                vacancy: vacancy.into(),
                enterprise: "plant".into(),
                agreement: "agr_1".into(),
                point: "431021001001".into(),
                mode: mode as i32,
                vehicle: Some(wire::Vehicle { seats, ..Default::default() }),
                departs_at: Some(timestamp(departs_at)),
                to: "431003".into(),
                passengers: (0..people).map(passenger).collect(),
                ..Default::default()
            };
            self.store(&entity(id), Body::DispatchOpened(opened));
        }

        fn proposed(&mut self, host: &str, guests: &[&str]) {
            let proposed = wire::MergeProposed {
                dispatch: host.into(),
                guests: guests.iter().map(|guest| (*guest).to_owned()).collect(),
                people: 0,
            };
            self.store(&entity(host), Body::MergeProposed(proposed));
        }

        fn proposals(&self) -> Vec<(String, Vec<String>)> {
            let text = |id: &DispatchId| id.to_string();
            proposals(&self.city, NOW)
                .iter()
                .map(|one| (text(&one.host), one.guests.iter().map(text).collect()))
                .collect()
        }
    }

    fn entity(id: &str) -> Entity {
        Entity::Dispatch { to: "431003".parse().unwrap(), dispatch: id.parse().unwrap() }
    }

    fn of(host: &str, guests: &[&str]) -> Vec<(String, Vec<String>)> {
        vec![(host.to_owned(), guests.iter().map(|guest| (*guest).to_owned()).collect())]
    }

    fn city() -> Log {
        let mut log = Log::default();
        log.vacancy("vac_1");
        log
    }

    #[test]
    fn small_groups_of_one_day_are_proposed_to_the_largest_of_them() {
        let mut log = city();
        log.group("dsp_a", 5, 45, MORNING);
        log.group("dsp_b", 12, 45, MORNING + time::Duration::HOUR);
        log.group("dsp_c", 12, 45, MORNING);
        assert_eq!(log.proposals(), of("dsp_b", &["dsp_c", "dsp_a"]));
    }

    #[test]
    fn a_group_of_twenty_a_full_car_and_who_travels_alone_are_left_out() {
        let mut log = city();
        log.group("dsp_a", 19, 45, MORNING);
        log.group("dsp_b", 20, 45, MORNING);
        log.group("dsp_c", 5, 9, MORNING);
        log.group_for("vac_1", "dsp_d", 3, 0, MORNING, Mode::Alone);
        assert_eq!(log.proposals(), []);
        log.group("dsp_e", 4, 8, MORNING);
        assert_eq!(log.proposals(), of("dsp_a", &["dsp_e"]));
    }

    #[test]
    fn groups_of_other_days_in_beijing_and_of_other_vacancies_are_left_out() {
        let mut log = city();
        log.vacancy("vac_2");
        log.group("dsp_a", 5, 45, datetime!(2021-07-19 23:30 +8));
        // The same day in UTC, and the next one in Beijing.
        log.group("dsp_b", 5, 45, datetime!(2021-07-20 00:30 +8));
        log.group_for("vac_2", "dsp_c", 5, 45, datetime!(2021-07-19 23:00 +8), Mode::Coach);
        assert_eq!(log.proposals(), []);
        log.group("dsp_d", 5, 45, datetime!(2021-07-19 06:00 +8));
        assert_eq!(log.proposals(), of("dsp_a", &["dsp_d"]));
    }

    #[test]
    fn a_group_whose_time_has_come_or_that_has_left_is_left_out() {
        let mut log = city();
        log.group("dsp_a", 5, 45, NOW + time::Duration::HOUR);
        log.group("dsp_b", 5, 45, NOW);
        assert_eq!(log.proposals(), []);
        log.group("dsp_c", 5, 45, NOW + time::Duration::HOUR);
        let departed = wire::DispatchMoved {
            dispatch: "dsp_c".into(),
            to: wire::dispatch_state::Value::Departed as i32,
            vacancy: "vac_1".into(),
            ..Default::default()
        };
        log.store(&entity("dsp_c"), Body::DispatchMoved(departed));
        assert_eq!(log.proposals(), []);
    }

    #[test]
    fn only_as_many_are_proposed_as_find_a_seat() {
        let mut log = city();
        log.group("dsp_a", 7, 14, MORNING);
        log.group("dsp_b", 5, 45, MORNING);
        log.group("dsp_c", 4, 45, MORNING);
        log.group("dsp_d", 2, 45, MORNING);
        assert_eq!(log.proposals(), of("dsp_a", &["dsp_b", "dsp_d"]));
    }

    #[test]
    fn a_combination_is_proposed_once_and_so_is_whatever_is_left_of_it() {
        let mut log = city();
        log.group("dsp_a", 7, 45, MORNING);
        log.group("dsp_b", 5, 45, MORNING);
        log.group("dsp_c", 4, 45, MORNING);
        log.proposed("dsp_a", &["dsp_b", "dsp_c"]);
        assert_eq!(log.proposals(), []);
        let cancelled = wire::DispatchMoved {
            dispatch: "dsp_c".into(),
            to: wire::dispatch_state::Value::Cancelled as i32,
            vacancy: "vac_1".into(),
            ..Default::default()
        };
        log.store(&entity("dsp_c"), Body::DispatchMoved(cancelled));
        assert_eq!(log.proposals(), [], "a part of what was proposed is nothing new");
        log.group("dsp_d", 9, 45, MORNING);
        assert_eq!(log.proposals(), of("dsp_d", &["dsp_a", "dsp_b"]));
    }
}
