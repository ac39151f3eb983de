//! Nobody under sixteen is promised to work. The year of birth is readable,
//! the day is sealed: where the year leaves it open, the day is looked at,
//! with a record.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, VacancyId},
    subject::Entity,
    wire::{self, access_purpose, person_field::Value as Field, role},
};
use gongqiao_domain::{
    decide::{MAX_CARDS, Speaker, serves},
    matching::fit::WORKING_AGE,
    terms::day,
};
use gongqiao_stream::{StreamName, read};
use gongqiao_vault::{Access, OpenError};
use prost::Message as _;

use crate::Gate;

/// Checks the cards of a request, with a pointer for each.
///
/// # Errors
/// [`Code::CardUnderage`] with the first pointer that is too young.
pub(crate) async fn check(
    gate: &Gate,
    speaker: &Speaker,
    vacancy: &VacancyId,
    cards: &[(String, &str)],
) -> Result<(), Refusal> {
    // Why: an auditor promises nobody, so has nothing to learn here.
    if speaker.role == role::Value::Auditor {
        return Ok(());
    }
    let unclear = unclear(gate, speaker, vacancy, cards);
    let Some((needed_by, unclear)) = unclear else { return Ok(()) };
    let mut items = Vec::with_capacity(unclear.len());
    for (_, card) in &unclear {
        items.push((card.clone(), sealed(gate, card).await?));
    }
    let access = Access {
        actor: speaker.actor(),
        purpose: access_purpose::Value::AgeCheck,
        subject: vacancy.to_string(),
        fields: vec![Field::BirthDate],
    };
    let opened = gate.opener.open(access, items).await.map_err(|e| unavailable(&e))?;
    for ((pointer, _), opened) in unclear.iter().zip(opened) {
        let birth = opened.fields().and_then(|fields| day("", fields.get(Field::BirthDate)?).ok());
        // Why: a date that can't be read does not make anybody old enough.
        let old_enough = birth.is_some_and(|birth| {
            let years = needed_by.year() - birth.year();
            years > WORKING_AGE
                || years == WORKING_AGE
                    && (needed_by.month() as u8, needed_by.day())
                        >= (birth.month() as u8, birth.day())
        });
        if !old_enough {
            return Err(Refusal::new(Code::CardUnderage).at(pointer.clone()));
        }
    }
    Ok(())
}

type Unclear = Vec<(String, CardId)>;

/// The cards whose year of birth alone does not tell.
fn unclear(
    gate: &Gate,
    speaker: &Speaker,
    vacancy: &VacancyId,
    cards: &[(String, &str)],
) -> Option<(time::Date, Unclear)> {
    let needed_by = {
        let city = gate.api.live.city();
        day("", &city.vacancy(vacancy)?.terms.needed_by).ok()?
    };
    let register = gate.api.live.register();
    let youngest_sure = needed_by.year() - WORKING_AGE - 1;
    let unclear: Unclear = cards
        .iter()
        .take(MAX_CARDS)
        .filter_map(|(pointer, card)| {
            let card: CardId = card.parse().ok()?;
            let facets = register.get(&card)?;
            // Why: of others nobody may learn an age; the gate refuses them later.
            if !facets.point.to_string().parse().is_ok_and(|p| serves(&speaker.party, &p)) {
                return None;
            }
            let year = i32::from(facets.birth_year);
            (year > youngest_sure).then(|| (pointer.clone(), card))
        })
        .collect();
    (!unclear.is_empty()).then_some((needed_by, unclear))
}

/// The sealed part of a card, from the register's stream.
async fn sealed(gate: &Gate, card: &CardId) -> Result<wire::Sealed, Refusal> {
    let live = &gate.api.live;
    let subject = Entity::Card(card.clone()).subject(&live.cell());
    let message = read::next_on_subject(live.connection(), StreamName::Register, &subject, 1).await;
    let message = message.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
    message
        .and_then(|m| wire::Card::decode(m.payload).ok()?.person)
        .ok_or(Refusal::new(Code::CardNotFound))
}

fn unavailable(e: &OpenError) -> Refusal {
    tracing::error!(code = e.code(), error = %e, "gate.age_check");
    match e {
        OpenError::Audit(_) => Code::BrokerUnavailable.into(),
        _ => Code::Internal.into(),
    }
}
