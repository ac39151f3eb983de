//! Vacancies: posted, changed, reduced, withdrawn by their enterprise;
//! lapsed by time. Terms were checked by [`crate::terms`] before.

use gongqiao_contract::{
    Code, Refusal,
    id::{PartyId, VacancyId},
    subject::Entity,
    wire::{self, VacancyTerms, data_class::Value as Class, fact::Body, party_kind::Value as Kind},
};

use super::{Context, Decision, release, writable};
use crate::entity::{Vacancy, VacancyState};

pub(super) fn post(
    cx: &Context<'_>,
    enterprise: Option<&PartyId>,
    terms: &VacancyTerms,
) -> Result<Decision, Refusal> {
    // Why: a partner city asks for people on behalf of its own employers.
    cx.only(&[Kind::Enterprise, Kind::City])?;
    if enterprise.is_some_and(|named| *named != cx.speaker.party) {
        return Err(Refusal::new(Code::AuthNotYours).at("/enterprise"));
    }
    let agreement = cx.agreement_for(&cx.speaker.party, Class::Vacancies, Some(terms))?;
    let vacancy = VacancyId::from_uuid(cx.fresh);
    let event = Body::VacancyPosted(wire::VacancyPosted {
        vacancy: vacancy.to_string(),
        enterprise: cx.speaker.party.to_string(),
        agreement: agreement.id.to_string(),
        terms: Some(terms.clone()),
    });
    let entity = Entity::Vacancy { enterprise: cx.speaker.party.clone(), vacancy: vacancy.clone() };
    Ok(Decision::of(vacancy, vec![(entity, event)]).under(&agreement.id))
}

pub(super) fn update(
    cx: &Context<'_>,
    id: &VacancyId,
    terms: &VacancyTerms,
) -> Result<Decision, Refusal> {
    let vacancy = own_open(cx, id)?;
    let agreement = cx.agreement_for(&vacancy.enterprise, Class::Vacancies, Some(terms))?;
    let updated = Body::VacancyUpdated(wire::VacancyUpdated {
        vacancy: id.to_string(),
        terms: Some(terms.clone()),
    });
    let fewer = lowered(cx, vacancy, terms.headcount, updated);
    Ok(fewer.map_err(|refusal| refusal.at("/terms/headcount"))?.under(&agreement.id))
}

pub(super) fn reduce(
    cx: &Context<'_>,
    id: &VacancyId,
    headcount: u32,
) -> Result<Decision, Refusal> {
    let vacancy = own_open(cx, id)?;
    if headcount == 0 || headcount >= vacancy.terms.headcount {
        let refusal = Refusal::new(Code::VacancyNotReduced);
        return Err(refusal.with("headcount", vacancy.terms.headcount).at("/headcount"));
    }
    let reduced = Body::VacancyReduced(wire::VacancyReduced { vacancy: id.to_string(), headcount });
    lowered(cx, vacancy, headcount, reduced).map_err(|refusal| refusal.at("/headcount"))
}

/// A change of the headcount, with the promises that it takes back.
fn lowered(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    headcount: u32,
    change: Body,
) -> Result<Decision, Refusal> {
    let (mut events, released) = release::down_to(cx, vacancy, headcount)?;
    events.push((entity(vacancy), change));
    let told = wire::Told { released, ..Default::default() };
    Ok(Decision::of(&vacancy.id, events).telling(told))
}

pub(super) fn withdraw(cx: &Context<'_>, id: &VacancyId) -> Result<Decision, Refusal> {
    let vacancy = own_open(cx, id)?;
    let event = Body::VacancyWithdrawn(wire::VacancyWithdrawn { vacancy: id.to_string() });
    Ok(Decision::of(id, vec![(entity(vacancy), event)]))
}

pub(super) fn lapse(cx: &Context<'_>, id: &VacancyId) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let vacancy = open(cx, id)?;
    if vacancy.valid_until().is_none_or(|until| until > cx.now) {
        return Err(Refusal::new(Code::VacancyNotOpen).with("state", "valid"));
    }
    let event = Body::VacancyLapsed(wire::VacancyLapsed { vacancy: id.to_string() });
    Ok(Decision::of(id, vec![(entity(vacancy), event)]))
}

/// The vacancy, if it still stands.
pub(super) fn open<'a>(cx: &'a Context<'_>, id: &VacancyId) -> Result<&'a Vacancy, Refusal> {
    let vacancy = writable(cx.draft.vacancy(id), Code::VacancyNotFound)?;
    if vacancy.state == VacancyState::Open {
        Ok(vacancy)
    } else {
        Err(Refusal::new(Code::VacancyNotOpen).with("state", vacancy.state.as_str()))
    }
}

/// The subject of a vacancy.
pub(super) fn entity(vacancy: &Vacancy) -> Entity {
    Entity::Vacancy { enterprise: vacancy.enterprise.clone(), vacancy: vacancy.id.clone() }
}

fn own_open<'a>(cx: &'a Context<'_>, id: &VacancyId) -> Result<&'a Vacancy, Refusal> {
    let vacancy = writable(cx.draft.vacancy(id), Code::VacancyNotFound)?;
    if vacancy.enterprise != cx.speaker.party {
        // Why: whose it is must not be learnt by guessing ids.
        return Err(Code::VacancyNotFound.into());
    }
    open(cx, id)
}
