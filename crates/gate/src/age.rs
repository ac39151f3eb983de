//! Nobody under sixteen is promised to work, and who is not yet eighteen is
//! flagged. The year of birth is readable, the day is sealed: where the year
//! leaves the age open, the day is looked at, with a record.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, VacancyId},
    wire::{access_purpose, party_kind, person_field::Value as Field, role},
};
use gongqiao_domain::{
    decide::{Ages, MAX_CARDS, Speaker, first_day, serves_division},
    matching::fit::{Demand, age_is_open},
    register::CardFacets,
    terms::day,
};
use gongqiao_vault::{Access, OpenError};
use time::{Date, OffsetDateTime};

use crate::Gate;

/// Ages of those of a request's cards whose year of birth does not tell
/// enough, each on the day on which the person is needed, or on which the group
/// leaves if that is before it. What follows from
/// them is decided with the command.
///
/// # Errors
/// The dates can't be read just now.
pub(crate) async fn look<'a>(
    gate: &Gate,
    speaker: &Speaker,
    vacancy: &VacancyId,
    departs: Option<OffsetDateTime>,
    cards: impl Iterator<Item = &'a str>,
) -> Result<Ages, Refusal> {
    let mut ages = Ages::default();
    let open = open(gate, speaker, vacancy, departs, cards);
    if open.is_empty() {
        return Ok(ages);
    }
    let cards = open.iter().map(|(card, _)| card.clone()).collect();
    let items = gate.api.live.sealed(cards).await?;
    let agreement = {
        let city = gate.api.live.city();
        city.agreement_behind(vacancy.as_str()).map(ToString::to_string).unwrap_or_default()
    };
    let access = Access {
        agreement,
        actor: speaker.actor(),
        purpose: access_purpose::Value::AgeCheck,
        subject: vacancy.to_string(),
        fields: vec![Field::BirthDate],
    };
    let opened = gate.opener.open(access, items).await.map_err(|e| unavailable(&e))?;
    for ((card, needed), opened) in open.into_iter().zip(opened) {
        let birth = opened.fields().and_then(|fields| day("", fields.get(Field::BirthDate)?).ok());
        // Why: a date that can't be read does not make anybody old enough.
        if let Some(birth) = birth {
            ages.note(card, birth, needed);
        }
    }
    Ok(ages)
}

/// The cards whose year of birth leaves the age open, each with the day on
/// which the person is needed.
fn open<'a>(
    gate: &Gate,
    speaker: &Speaker,
    vacancy: &VacancyId,
    departs: Option<OffsetDateTime>,
    cards: impl Iterator<Item = &'a str>,
) -> Vec<(CardId, Date)> {
    let demand = {
        let city = gate.api.live.city();
        city.vacancy(vacancy).and_then(|vacancy| Demand::of(&vacancy.terms).ok())
    };
    // Why: an auditor promises nobody, so has nothing to learn here.
    let Some(demand) = demand.filter(|_| speaker.role != role::Value::Auditor) else {
        return Vec::new();
    };
    let (city, register) = (gate.api.live.city(), gate.api.live.register());
    let is_open = |text: &str| {
        let card: CardId = text.parse().ok()?;
        let facets = register.get(&card).filter(|facets| may_learn(speaker, facets))?;
        if city.is_closed(&card) {
            return None;
        }
        let needed = first_day(demand.day_of_need(facets.available_from), departs);
        age_is_open(facets.birth_year, needed).then_some((card, needed))
    };
    cards.take(MAX_CARDS).filter_map(is_open).collect()
}

/// Why: of others nobody may learn an age; the gate refuses them later.
fn may_learn(speaker: &Speaker, facets: &CardFacets) -> bool {
    match speaker.kind {
        party_kind::Value::ServicePoint => serves_division(&speaker.party, facets.point),
        // Why: the bureau opens groups of several points' people.
        party_kind::Value::Service | party_kind::Value::Operator => true,
        _ => false,
    }
}

fn unavailable(e: &OpenError) -> Refusal {
    tracing::error!(code = e.code(), error = %e, "gate.age_check");
    match e {
        OpenError::Audit(_) => Code::BrokerUnavailable.into(),
        _ => Code::Internal.into(),
    }
}
