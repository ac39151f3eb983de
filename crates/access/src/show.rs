//! From entities to what the API shows of them: of the present by the board, of
//! the past by whoever folds it.

use std::collections::BTreeMap;

use gongqiao_contract::id::{DispatchId, KeyId};
use gongqiao_contract::{
    codes::{DivisionCode, Divisions},
    subject, view,
    wire::{party_kind::Value as Kind, placement_state, travel_mode},
};
use gongqiao_domain::{
    City, consent, decide,
    entity::{
        Agreement, Credential, Dispatch, Party, Placement, Signal, Subscription, Vacancy,
        VacancyState, Webhook, WebhookKey, dispatch_state_name, instant, placement_state_name,
    },
    feed::Sight,
    ledger::Figure,
    register::CardFacets,
};
use gongqiao_shell::beijing::rfc3339;
use time::OffsetDateTime;

/// A party.
pub fn party(party: &Party) -> view::Party {
    let code = party.division;
    view::Party {
        id: party.id.clone(),
        kind: party.kind().as_str_name().to_owned(),
        name: party.name.clone(),
        division: code.map(|code| code.to_string()),
        chain: code.map(chain).unwrap_or_default(),
        park: party.park.clone(),
        revoked: party.revoked,
    }
}

/// Names from the province down.
pub fn chain(code: DivisionCode) -> Vec<String> {
    let up = Divisions::table().chain(code);
    let mut names: Vec<String> = up.iter().map(|division| division.name.to_owned()).collect();
    if up.first().is_some_and(|first| first.code == code) {
        names.reverse();
    }
    names
}

/// A key, without its secret.
pub fn credential(id: &KeyId, credential: &Credential) -> view::Credential {
    view::Credential {
        id: id.clone(),
        person: credential.person.clone(),
        role: credential.role().as_str_name().to_owned(),
        expires_at: credential.expires_at.map(rfc3339),
        revoked: credential.revoked,
    }
}

/// An agreement, and whether it permits anything at `now`.
pub fn agreement(agreement: &Agreement, now: OffsetDateTime) -> view::Agreement {
    view::Agreement {
        id: agreement.id.clone(),
        party: agreement.party.clone(),
        scope: agreement.scope.clone(),
        from: rfc3339(agreement.from),
        until: rfc3339(agreement.until),
        state: agreement.state.as_str().to_owned(),
        in_force: agreement.in_force(now),
    }
}

/// A subscription, and where it stands at `now`.
pub fn subscription(city: &City, one: &Subscription, now: OffsetDateTime) -> view::Subscription {
    let state = match Sight::of(city, one, now) {
        Ok(_) => "open".to_owned(),
        Err(end) => end.as_str_name().to_lowercase(),
    };
    let by_nats = city.party(&one.party).is_some_and(Party::has_feed_streams);
    view::Subscription {
        id: one.id.clone(),
        party: one.party.clone(),
        agreement: one.agreement.clone(),
        kind: one.kind().as_str_name().to_owned(),
        detail: one.detail().map(|detail| detail.as_str_name().to_owned()),
        format: one.format().as_str_name().to_owned(),
        filter: one.filter.clone(),
        opened_at: rfc3339(one.opened_at),
        state,
        snapshot: format!("/v1/feeds/{}/snapshot", one.id),
        events: format!("/v1/feeds/{}/events", one.id),
        nats: by_nats.then(|| view::NatsFeed {
            stream: subject::feed_stream(&one.id),
            consumer: subject::FEED_CONSUMER.to_owned(),
            domain: subject::FEED_DOMAIN.to_owned(),
        }),
    }
}

/// A webhook, and where it stands at `now`.
pub fn webhook(city: &City, one: &Webhook, now: OffsetDateTime) -> view::Webhook {
    let subscription = city.subscription(&one.subscription);
    let is_open = subscription.is_some_and(|one| Sight::of(city, one, now).is_ok());
    let state = match one.failure() {
        Some(why) => why.as_str_name().to_lowercase(),
        None if is_open => "active".to_owned(),
        None => "over".to_owned(),
    };
    let key = |key: &WebhookKey| view::WebhookKey {
        since: rfc3339(key.since),
        until: key.until.map(rfc3339),
        public_key: key.public_key.clone(),
    };
    view::Webhook {
        id: one.id.clone(),
        party: one.party.clone(),
        subscription: one.subscription.clone(),
        url: one.url.clone(),
        signing: one.signing().as_str_name().to_owned(),
        any_order: one.any_order,
        added_at: rfc3339(one.added_at),
        state,
        disabled_at: one.disabled.map(|(_, at)| rfc3339(at)),
        keys: one.keys_at(now).map(key).collect(),
    }
}

/// A vacancy with its ledger.
pub fn vacancy(city: &City, vacancy: &Vacancy) -> view::Vacancy {
    let ledger = city.ledgers.get(&vacancy.id);
    let figures: BTreeMap<String, view::Figure> = Figure::ALL
        .into_iter()
        .map(|figure| {
            let name = figure_name(figure);
            let events = format!("/v1/vacancies/{}/events?figure={name}", vacancy.id);
            let value = ledger.map_or(0, |ledger| ledger.get(figure));
            (name, view::Figure { value, events })
        })
        .collect();
    let state = match vacancy.state {
        VacancyState::Open if vacancy.free_seats() == 0 => "filled",
        state => state.as_str(),
    };
    view::Vacancy {
        id: vacancy.id.clone(),
        enterprise: vacancy.enterprise.clone(),
        enterprise_name: name_of(city, vacancy.enterprise.as_str()),
        agreement: vacancy.agreement.clone(),
        state: state.to_owned(),
        terms: vacancy.terms.clone(),
        posted_at: rfc3339(vacancy.posted_at),
        free_seats: vacancy.free_seats(),
        service_points_involved: ledger.map_or(0, |ledger| ledger.points_involved()),
        ledger: figures,
        read_only: city.entities.vacancies.get(&vacancy.id).is_some_and(|v| v.read_only),
        position: city.position,
    }
}

/// A figure's name in JSON and queries.
pub fn figure_name(figure: Figure) -> String {
    match serde_json::to_value(figure) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// One signal, without its people.
pub fn signal(city: &City, signal: &Signal) -> view::Signal {
    let vacancy = city.vacancy(&signal.id.vacancy);
    let standby = vacancy.map(|vacancy| vacancy.standby.iter()).into_iter().flatten();
    let waiting = standby.filter(|one| one.point == signal.id.point.as_str()).count();
    view::Signal {
        id: signal.id.clone(),
        vacancy: signal.id.vacancy.clone(),
        title: vacancy.map(|v| v.terms.title.clone()).unwrap_or_default(),
        enterprise_name: vacancy.map(|v| name_of(city, v.enterprise.as_str())).unwrap_or_default(),
        needed_by: vacancy.map(|v| v.terms.needed_by.clone()).unwrap_or_default(),
        point: signal.id.point.clone(),
        point_name: name_of(city, signal.id.point.as_str()),
        quota: signal.quota,
        committed: signal.committed,
        ring: signal.ring,
        state: signal.state.as_str().to_owned(),
        respond_by: rfc3339(signal.respond_by),
        raised_at: rfc3339(signal.raised_at),
        willing: u32::try_from(signal.willing().count()).unwrap_or(u32::MAX),
        waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        answered_by: signal.answered_by.clone(),
        candidates: Vec::new(),
        walk_in: Vec::new(),
        standby: Vec::new(),
        excluded: Vec::new(),
        excluded_by: BTreeMap::new(),
        also_fitting: 0,
        forward_text: None,
        position: city.position,
    }
}

/// One group. `with_people` adds everyone on the manifest.
pub fn dispatch(city: &City, dispatch: &Dispatch, with_people: bool) -> view::Dispatch {
    let opened = &dispatch.opened;
    let people = dispatch.manifest.iter().filter(|_| with_people);
    let manifest = people.map(|(card, rider)| view::Passenger {
        card: card.clone(),
        state: placement_state_name(rider.state()).to_owned(),
        point: rider.point.clone(),
        minor: rider.minor,
        work: None,
    });
    view::Dispatch {
        id: dispatch.id.clone(),
        vacancy: dispatch.vacancy.clone(),
        enterprise: dispatch.enterprise.clone(),
        agreement: dispatch.agreement.clone(),
        point: dispatch.point.clone(),
        point_name: name_of(city, dispatch.point.as_str()),
        to: dispatch.to.to_string(),
        state: dispatch_state_name(dispatch.state()).to_owned(),
        mode: travel_mode::Value::try_from(opened.mode)
            .unwrap_or_default()
            .as_str_name()
            .to_owned(),
        vehicle: opened.vehicle.clone(),
        stops: dispatch.stops.clone(),
        departs_at: opened.departs_at.as_ref().map(|at| rfc3339(instant(at))),
        arrives_at: dispatch.expected_at().map(rfc3339),
        drivers: opened.drivers,
        attendant: opened.attendant,
        warnings: warned(city, dispatch),
        opened_at: rfc3339(dispatch.opened_at),
        arrived_at: dispatch.arrived_at.map(rfc3339),
        riding: dispatch.riding(),
        seats_left: dispatch.seats_left().filter(|_| dispatch.is_setting_out()),
        missing: missing(dispatch),
        chased_at: dispatch.chased_at.map(rfc3339),
        refused: dispatch.refused,
        vacancy_over: !dispatch.is_over() && !city.index.open_vacancies.contains(&dispatch.vacancy),
        proposed: mergeable(city, dispatch),
        may_merge_into: hosts(city, dispatch),
        merged_into: dispatch.merged_into.clone(),
        manifest: manifest.collect(),
        sequence: dispatch.sequence,
        position: city.position,
    }
}

/// What to look at; of a group that has left, what was to be looked at then.
fn warned(city: &City, dispatch: &Dispatch) -> Vec<String> {
    let now = city.vacancy(&dispatch.vacancy).filter(|_| dispatch.is_setting_out());
    let list = match now {
        Some(vacancy) => decide::warnings(dispatch, &vacancy.terms),
        None => dispatch.opened.warnings().collect(),
    };
    list.into_iter().map(|warning| warning.as_str_name().to_owned()).collect()
}

/// People whom the enterprise has, and of whom it has not said what became.
fn missing(dispatch: &Dispatch) -> u32 {
    let people = dispatch.people_in(placement_state::Value::Arrived).count();
    u32::try_from(people).unwrap_or(u32::MAX)
}

/// Groups that could still come along with this one.
fn mergeable(city: &City, host: &Dispatch) -> Vec<DispatchId> {
    let may = |guest: &&DispatchId| {
        host.is_setting_out() && city.dispatch(guest).is_some_and(Dispatch::is_setting_out)
    };
    host.proposed.iter().filter(may).cloned().collect()
}

/// Groups with which this one could still travel.
fn hosts(city: &City, guest: &Dispatch) -> Vec<DispatchId> {
    if !guest.is_setting_out() {
        return Vec::new();
    }
    let open = city.index.open_dispatches.iter().filter_map(|id| city.dispatch(id));
    let hosts = open.filter(|host| host.is_setting_out() && host.proposed.contains(&guest.id));
    hosts.map(|host| host.id.clone()).collect()
}

/// One card of a register, without the person's name.
pub fn card(city: &City, facets: &CardFacets) -> view::Card {
    let placement = city.placement(&facets.card);
    view::Card {
        card: facets.card.clone(),
        home: facets.home.to_string(),
        verified: facets.verified,
        birth_year: facets.birth_year,
        skills: facets
            .skills
            .iter()
            .map(|(occupation, level)| view::Skill {
                occupation: occupation.to_string(),
                level: level.number(),
            })
            .collect(),
        wage_expected_yuan: facets.wage_expected_yuan,
        available_from: facets.available_from.to_string(),
        destinations: facets.destinations.iter().map(ToString::to_string).collect(),
        state: placement.map_or("free", |p| placement_state_name(p.state())).to_owned(),
        bound: placement.is_some_and(Placement::is_bound),
        frozen: consent::is_frozen(city.standing(&facets.card)),
        updated_at: rfc3339(facets.updated_at),
        name: None,
        phone: None,
    }
}

/// The public name of a party.
pub fn name_of(city: &City, id: &str) -> String {
    city.entities
        .parties
        .get(id)
        .and_then(|party| party.value.as_ref())
        .map(|party| party.name.clone())
        .unwrap_or_default()
}

/// The state of the city in a few numbers, with so many cards in the register.
pub fn indicators(city: &City, cards: usize, now: OffsetDateTime) -> view::Indicators {
    let of_kind = |kind| {
        let parties = city.entities.parties.values().filter_map(|p| p.value.as_ref());
        parties.filter(move |p| p.kind() == kind && !p.revoked)
    };
    let in_force = |party: &&Party| city.agreements_in_force(&party.id, now).next().is_some();
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    view::Indicators {
        cards: count(cards),
        service_points: count(of_kind(Kind::ServicePoint).count()),
        enterprises: count(of_kind(Kind::Enterprise).filter(in_force).count()),
        partner_cities: count(of_kind(Kind::City).filter(in_force).count()),
        open_vacancies: count(city.index.open_vacancies.len()),
        open_signals: count(city.index.open_signals.len()),
        events: city.position,
        position: city.position,
        as_of: rfc3339(now),
    }
}
