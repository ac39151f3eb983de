//! What is due in a city at a moment. Pure: the same city and moment give
//! the same list, in the same order.

use std::collections::BTreeMap;

use gongqiao_contract::{
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    wire::hold_end,
};
use gongqiao_domain::{
    City,
    decide::MAX_CARDS,
    entity::{Vacancy, VacancyState},
};
use time::OffsetDateTime;

use crate::merge::{self, Proposal};

/// Points that are named in one request.
const POINTS_AT_ONCE: usize = 300;

/// One thing that must happen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    EscalateSignals { vacancy: VacancyId, points: Vec<PartyId> },
    RecallSignals { vacancy: VacancyId, points: Vec<PartyId> },
    LapseVacancy(VacancyId),
    EndHolds { vacancy: VacancyId, cards: Vec<CardId>, why: hold_end::Value },
    EndAgreement(AgreementId),
    PromoteStandby(VacancyId),
    OpenFollowUp { onboarding: u64, day: u32 },
    ProposeMerge(Proposal),
    ChaseDispatch(DispatchId),
}

impl Due {
    /// Its name in logs and metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::EscalateSignals { .. } => "escalate_signals",
            Self::RecallSignals { .. } => "recall_signals",
            Self::LapseVacancy(_) => "lapse_vacancy",
            Self::EndHolds { .. } => "end_holds",
            Self::EndAgreement(_) => "end_agreement",
            Self::PromoteStandby(_) => "promote_standby",
            Self::OpenFollowUp { .. } => "open_follow_up",
            Self::ProposeMerge(_) => "propose_merge",
            Self::ChaseDispatch(_) => "chase_dispatch",
        }
    }
}

/// What is due for vacancies, in the order of their posting: ids hold chance.
type ByPosting<'a, T> = BTreeMap<(u64, &'a VacancyId), T>;

/// Everything that is due.
pub(crate) fn due(city: &City, now: OffsetDateTime) -> Vec<Due> {
    let mut due = Vec::new();
    vacancies(city, now, &mut due);
    standby(city, now, &mut due);
    signals(city, now, &mut due);
    holds(city, now, &mut due);
    let agreements = city.index.live_agreements.iter();
    let ended = agreements.filter(|id| city.agreement(id).is_some_and(|a| a.until <= now));
    due.extend(ended.cloned().map(Due::EndAgreement));
    let visits = city.employments.visits_due(now).into_iter();
    // Why: nobody visits who was erased, or asked to be left alone.
    let may = |onboarding: &u64| {
        city.employments.get(*onboarding).is_some_and(|one| !city.is_closed(&one.card))
    };
    let visits = visits.filter(|(onboarding, _)| may(onboarding));
    due.extend(visits.map(|(onboarding, day)| Due::OpenFollowUp { onboarding, day }));
    due.extend(merge::proposals(city, now).into_iter().map(Due::ProposeMerge));
    let open = city.index.open_dispatches.iter().filter_map(|id| city.dispatch(id));
    let silent = open.filter(|dispatch| !dispatch.to_chase(now).is_empty());
    // Why: by when they arrived, and not by the ids, which hold chance.
    let silent: BTreeMap<_, _> = silent.map(|d| ((d.arrived_at, d.sequence), &d.id)).collect();
    due.extend(silent.into_values().cloned().map(Due::ChaseDispatch));
    due
}

fn vacancies(city: &City, now: OffsetDateTime, due: &mut Vec<Due>) {
    let open = city.index.open_vacancies.iter().filter_map(|id| city.vacancy(id));
    let past = open.filter(|v| v.valid_until().is_some_and(|until| until <= now));
    due.extend(past.map(|v| Due::LapseVacancy(v.id.clone())));
}

/// Seats for those who wait; nobody waits for what is over.
fn standby(city: &City, now: OffsetDateTime, due: &mut Vec<Due>) {
    let waited_for = city.index.with_standby.iter().filter_map(|id| city.vacancy(id));
    let ready = waited_for.filter(|vacancy| {
        // Why: the gate would refuse to promise people without an agreement, each time anew.
        over(vacancy).is_some() || vacancy.wants_people() && city.may_promise(vacancy, now)
    });
    let by_posting: ByPosting<'_, ()> =
        ready.map(|vacancy| ((vacancy.posted_sequence, &vacancy.id), ())).collect();
    due.extend(by_posting.into_keys().map(|(_, id)| Due::PromoteStandby(id.clone())));
}

fn signals(city: &City, now: OffsetDateTime, due: &mut Vec<Due>) {
    let mut recalled: ByPosting<'_, Vec<PartyId>> = BTreeMap::new();
    let mut escalated: ByPosting<'_, Vec<PartyId>> = BTreeMap::new();
    for id in &city.index.open_signals {
        let (Some(signal), Some(vacancy)) = (city.signal(id), city.vacancy(&id.vacancy)) else {
            continue;
        };
        if !vacancy.wants_people() || !city.may_promise(vacancy, now) {
            recalled
                .entry((vacancy.posted_sequence, &vacancy.id))
                .or_default()
                .push(id.point.clone());
        } else if signal.respond_by <= now {
            escalated
                .entry((vacancy.posted_sequence, &vacancy.id))
                .or_default()
                .push(id.point.clone());
        }
    }
    due.extend(in_parts(escalated, |vacancy, points| Due::EscalateSignals { vacancy, points }));
    due.extend(in_parts(recalled, |vacancy, points| Due::RecallSignals { vacancy, points }));
}

fn in_parts(
    of_vacancies: ByPosting<'_, Vec<PartyId>>,
    due: impl Fn(VacancyId, Vec<PartyId>) -> Due,
) -> Vec<Due> {
    let of_one = |((_, vacancy), points): ((u64, &VacancyId), Vec<PartyId>)| -> Vec<Due> {
        points.chunks(POINTS_AT_ONCE).map(|part| due(vacancy.clone(), part.to_vec())).collect()
    };
    of_vacancies.into_iter().flat_map(of_one).collect()
}

fn holds(city: &City, now: OffsetDateTime, due: &mut Vec<Due>) {
    let mut ending: ByPosting<'_, (hold_end::Value, Vec<CardId>)> = BTreeMap::new();
    for card in &city.index.loose_holds {
        let Some(placement) = city.placement(card) else { continue };
        let Some(vacancy) = city.vacancy(&placement.vacancy) else { continue };
        let expired = placement.expires_at.is_some_and(|at| at <= now);
        let why = match over(vacancy) {
            Some(why) => why,
            None if expired => hold_end::Value::Expired,
            None => continue,
        };
        ending
            .entry((vacancy.posted_sequence, &vacancy.id))
            .or_insert_with(|| (why, Vec::new()))
            .1
            .push(card.clone());
    }
    for ((_, vacancy), (why, cards)) in ending {
        due.extend(cards.chunks(MAX_CARDS).map(|cards| Due::EndHolds {
            vacancy: vacancy.clone(),
            cards: cards.to_vec(),
            why,
        }));
    }
}

fn over(vacancy: &Vacancy) -> Option<hold_end::Value> {
    match vacancy.state {
        VacancyState::Open => None,
        VacancyState::Withdrawn => Some(hold_end::Value::VacancyWithdrawn),
        VacancyState::Lapsed => Some(hold_end::Value::VacancyLapsed),
    }
}
