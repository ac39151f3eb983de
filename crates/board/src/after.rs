//! What the API shows of what comes after the journey: work and cases.

use gongqiao_contract::{
    id::{CardId, PartyId},
    view,
    wire::{
        answer::Value as Answer, correction_reason, grievance_end, grievance_kind,
        placement_state::Value as State,
    },
};
use gongqiao_domain::{
    City, Register,
    decide::{holder, home},
    employment::Employment,
    entity::{Case, Matter, Placement, outside_name, placement_state_name},
};
use gongqiao_shell::beijing::rfc3339;
use time::OffsetDateTime;

use crate::show::name_of;

/// Calendar months after which a subsidy may be claimed.
const THREE: u32 = 3;
const SIX: u32 = 6;

pub(crate) fn work(onboarding: u64, work: &Employment, now: OffsetDateTime) -> view::Work {
    let months = work.months(now);
    view::Work {
        onboarding,
        onboarded_at: rfc3339(work.onboarded_at),
        ended_at: work.ended.map(|(at, _)| rfc3339(at)),
        months,
        three_months: months >= THREE,
        six_months: months >= SIX,
    }
}

/// Adds to each person of a group the work that the journey led to.
pub(crate) fn add_work(city: &City, dispatch: &mut view::Dispatch, now: OffsetDateTime) {
    for passenger in &mut dispatch.manifest {
        let found = city.employments.last_of(&passenger.card);
        let found = found.filter(|(_, one)| one.dispatch.as_ref() == Some(&dispatch.id));
        passenger.work = found.map(|(onboarding, one)| work(onboarding, one, now));
    }
}

/// Where a person stands with the post last promised.
pub(crate) fn placement(
    city: &City,
    placement: &Placement,
    now: OffsetDateTime,
) -> Option<view::Placement> {
    let vacancy = city.vacancy(&placement.vacancy)?;
    let found = city.employments.of(placement);
    Some(view::Placement {
        card: placement.card.clone(),
        vacancy: vacancy.id.clone(),
        title: vacancy.terms.title.clone(),
        enterprise: vacancy.enterprise.clone(),
        enterprise_name: name_of(city, vacancy.enterprise.as_str()),
        point: placement.point.clone(),
        dispatch: placement.dispatch.clone(),
        state: placement_state_name(placement.state()).to_owned(),
        since: rfc3339(placement.since),
        expires_at: placement.expires_at.map(rfc3339),
        minor: placement.minor,
        work: found.map(|(onboarding, one)| work(onboarding, one, now)),
    })
}

/// Work that was left for another post since: its placement is gone.
pub(crate) fn past_work(
    city: &City,
    onboarding: u64,
    past: &Employment,
    now: OffsetDateTime,
) -> Option<view::Placement> {
    let vacancy = city.vacancy(&past.vacancy)?;
    let (since, state) = past.ended.unwrap_or((past.onboarded_at, State::Onboarded as i32));
    let state = State::try_from(state).unwrap_or_default();
    Some(view::Placement {
        card: past.card.clone(),
        vacancy: vacancy.id.clone(),
        title: vacancy.terms.title.clone(),
        enterprise: past.enterprise.clone(),
        enterprise_name: name_of(city, past.enterprise.as_str()),
        point: past.point.clone(),
        dispatch: past.dispatch.clone(),
        state: placement_state_name(state).to_owned(),
        since: rfc3339(since),
        expires_at: None,
        minor: false,
        work: Some(work(onboarding, past, now)),
    })
}

/// A case, without anybody's name.
pub(crate) fn case(
    city: &City,
    register: &Register,
    case: &Case,
    now: OffsetDateTime,
) -> view::Case {
    let with: PartyId = holder(register, case);
    let attention = attention(case);
    let vacancy = case.vacancy.as_ref().and_then(|id| city.vacancy(id));
    let employer = case.enterprise.as_ref().or(vacancy.map(|vacancy| &vacancy.enterprise));
    view::Case {
        id: case.id.clone(),
        kind: case.kind().as_str_name().to_owned(),
        state: case.state.as_str().to_owned(),
        card: case.card.clone(),
        point: home(register, case),
        with_name: name_of(city, with.as_str()),
        with,
        enterprise_name: employer.map(|id| name_of(city, id.as_str())).unwrap_or_default(),
        title: vacancy.map(|vacancy| vacancy.terms.title.clone()).unwrap_or_default(),
        enterprise: case.enterprise.clone(),
        vacancy: case.vacancy.clone(),
        opened_at: rfc3339(case.opened_at),
        updated_at: rfc3339(case.updated_at),
        matter: matter(city, case),
        offers: offer(case, &attention),
        attention,
        work: followed_up(city, case, now),
        name: None,
        phone: None,
        history: Vec::new(),
        position: city.position,
    }
}

fn followed_up(city: &City, case: &Case, now: OffsetDateTime) -> Option<view::Work> {
    let Matter::FollowUp { onboarding, .. } = case.matter else { return None };
    Some(work(onboarding, city.employments.get(onboarding)?, now))
}

fn matter(city: &City, case: &Case) -> view::Matter {
    let answer = |said: i32| Answer::try_from(said).unwrap_or_default().as_str_name().to_owned();
    match &case.matter {
        Matter::FollowUp { day, attempts, at_work, paid_on_time, insured, .. } => {
            view::Matter::FollowUp {
                day: *day,
                attempts: *attempts,
                at_work: answer(*at_work),
                paid_on_time: answer(*paid_on_time),
                insured: answer(*insured),
            }
        }
        Matter::Grievance { kind, end } => {
            let kind = grievance_kind::Value::try_from(*kind).unwrap_or_default();
            let end = grievance_end::Value::try_from(*end).unwrap_or_default();
            let open = end == grievance_end::Value::Unspecified;
            let end = if open { "" } else { end.as_str_name() };
            view::Matter::Grievance { about: kind.as_str_name().to_owned(), end: end.to_owned() }
        }
        Matter::Transfer { to } => view::Matter::Transfer {
            from: case.point.clone(),
            to_name: name_of(city, to.as_str()),
            to: to.clone(),
        },
        Matter::Erasure { dispatches, outside, firm } => view::Matter::Erasure {
            dispatches: dispatches.clone(),
            outside: outside_name(*outside).map(str::to_owned),
            firm: firm.clone(),
        },
        Matter::Correction { dispatch, ask } => view::Matter::Correction {
            dispatch: dispatch.clone(),
            cards: ask.cards.iter().filter_map(|card| card.parse::<CardId>().ok()).collect(),
            to: ask.to().as_str_name().to_owned(),
            reason: correction_reason::Value::try_from(ask.reason)
                .unwrap_or_default()
                .as_str_name()
                .to_owned(),
            by: case.point.clone(),
        },
    }
}

const NOT_AT_WORK: &str = "NOT_AT_WORK";
const NOT_PAID_ON_TIME: &str = "NOT_PAID_ON_TIME";
const NOT_INSURED: &str = "NOT_INSURED";

fn attention(case: &Case) -> Vec<String> {
    let Matter::FollowUp { at_work, paid_on_time, insured, .. } = &case.matter else {
        return Vec::new();
    };
    [(at_work, NOT_AT_WORK), (paid_on_time, NOT_PAID_ON_TIME), (insured, NOT_INSURED)]
        .into_iter()
        .filter(|(said, _)| **said == Answer::No as i32)
        .map(|(_, what)| what.to_owned())
        .collect()
}

/// Wages that are late, insurance that is missing, and work that has ended
/// early are what a grievance is opened for.
fn offer(case: &Case, attention: &[String]) -> Option<view::Offer> {
    let about = |what: &str| attention.iter().any(|one| one == what);
    let kind = match () {
        () if about(NOT_PAID_ON_TIME) => grievance_kind::Value::Wages,
        () if about(NOT_AT_WORK) => grievance_kind::Value::Contract,
        () if about(NOT_INSURED) => grievance_kind::Value::Insurance,
        () => return None,
    };
    let kind = kind.as_str_name().to_owned();
    Some(view::Offer { grievance: view::GrievanceOffer { card: case.card.clone(), kind } })
}
