//! A signal as a clerk works through it: whom to phone, what they said, who
//! waits, and who can't be proposed and why.

use std::collections::HashSet;

use gongqiao_contract::{
    Lang,
    codes::DivisionCode,
    id::{CardId, VacancyId},
    view,
    wire::{self, call_outcome::Value as Outcome, match_reason::Value as Reason},
};
use gongqiao_domain::{
    City, Register, consent,
    entity::Signal,
    matching::fit::{Demand, fit},
    register::CardFacets,
};

use time::OffsetDateTime;

use crate::{forward, show};

/// Most people who are shown with the reason why they can't be proposed.
const MOST_EXCLUDED: usize = 500;

/// One signal with all that belongs to it, without names.
pub(crate) fn whole(
    city: &City,
    register: &Register,
    signal: &Signal,
    lang: Lang,
    now: OffsetDateTime,
) -> view::Signal {
    let listed: HashSet<&str> = signal.candidates.iter().map(|one| one.card.as_str()).collect();
    let others = signal.calls.keys().filter(|card| !listed.contains(card.as_str()));
    let mut shown = view::Signal {
        candidates: signal
            .candidates
            .iter()
            .filter_map(|one| Some(candidate(city, signal, one.card.parse().ok()?, one)))
            .collect(),
        walk_in: others
            .map(|card| candidate(city, signal, card.clone(), &wire::Candidate::default()))
            .collect(),
        standby: standby(city, signal),
        forward_text: forward::of(city, signal, lang),
        ..show::signal(city, signal)
    };
    exclude((city, register), signal, lang, now, &mut shown);
    shown
}

fn candidate(
    city: &City,
    signal: &Signal,
    card: CardId,
    proposed: &wire::Candidate,
) -> view::Candidate {
    let reasons = proposed.reasons.iter().filter_map(|r| Reason::try_from(*r).ok());
    let bound = city.placement(&card).filter(|placement| placement.is_bound());
    let promised = bound.filter(|placement| placement.vacancy == signal.id.vacancy);
    let waits = || {
        let vacancy = city.vacancy(&signal.id.vacancy)?;
        let one = vacancy.standby.iter().find(|one| one.card == card.as_str())?;
        Some(one.minor)
    };
    let perhaps = proposed.reasons.contains(&(Reason::Minor as i32));
    view::Candidate {
        score: proposed.score,
        reasons: reasons.map(|reason| reason.as_str_name().to_owned()).collect(),
        held: bound.is_some(),
        promised: promised.is_some(),
        outcome: signal.said(&card).map(|said: Outcome| said.as_str_name().to_owned()),
        minor: promised.map(|placement| placement.minor).or_else(waits).unwrap_or(perhaps),
        name: None,
        phone: None,
        card,
    }
}

/// The point's people who wait, each with the place on the whole list.
fn standby(city: &City, signal: &Signal) -> Vec<view::Waiting> {
    let Some(vacancy) = city.vacancy(&signal.id.vacancy) else { return Vec::new() };
    let ranked = (1..).zip(vacancy.standby_ranked());
    let own = ranked.filter(|(_, one)| one.point == signal.id.point.as_str());
    let waiting = own.filter_map(|(rank, one)| {
        let card = one.card.parse().ok()?;
        Some(view::Waiting { card, rank, minor: one.minor, name: None, phone: None })
    });
    waiting.collect()
}

/// Everybody of the desk's registers who was not proposed: why not, or that
/// the person would fit as well.
fn exclude(
    (city, register): (&City, &Register),
    signal: &Signal,
    lang: Lang,
    now: OffsetDateTime,
    shown: &mut view::Signal,
) {
    let Some(demand) = demand(city, &signal.id.vacancy) else { return };
    let candidates = shown.candidates.iter().chain(&shown.walk_in).map(|one| &one.card);
    let met: HashSet<CardId> =
        candidates.chain(shown.standby.iter().map(|one| &one.card)).cloned().collect();
    for card in registers(city, register, signal).filter(|card| !met.contains(&card.card)) {
        let placed = city.placement(&card.card).is_some_and(|placement| placement.is_bound());
        let said = consent::said(card, city.standing(&card.card), now);
        let Err(why) = fit(card, &demand, placed, said) else {
            shown.also_fitting += 1;
            continue;
        };
        *shown.excluded_by.entry(why.code().to_owned()).or_default() += 1;
        if shown.excluded.len() < MOST_EXCLUDED {
            shown.excluded.push(view::Excluded {
                card: card.card.clone(),
                why: why.code().to_owned(),
                reason: why.text(lang).to_owned(),
                available_from: card.available_from.to_string(),
                name: None,
            });
        }
    }
}

fn demand(city: &City, vacancy: &VacancyId) -> Option<Demand> {
    Demand::of(&city.vacancy(vacancy)?.terms).ok()
}

/// The people for whom the signal's point acts: its own, and a township's
/// desk those of villages without one.
fn registers<'a>(
    city: &'a City,
    register: &'a Register,
    signal: &Signal,
) -> impl Iterator<Item = &'a CardFacets> {
    let point: Option<DivisionCode> = signal.id.point.as_str().parse().ok();
    let points = register.points().filter(move |other| {
        point.is_some_and(|point| {
            point == *other || point.contains(*other) && city.desk_of(*other) == Some(point)
        })
    });
    points.flat_map(|point| register.of_point(point))
}
