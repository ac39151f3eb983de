//! Who sees what. What a speaker may not see, it is told does not exist.

use std::collections::HashSet;

use gongqiao_contract::{
    id::{PartyId, SignalId, VacancyId},
    wire::{Fact, fact::Body, party_kind::Value as Kind},
};
use gongqiao_domain::{
    City,
    decide::{Speaker, involves, leads, serves},
    entity::{Agreement, Dispatch, Signal, Vacancy},
};

/// The bureau and our own services see everything but people.
pub(crate) fn sees_all(speaker: &Speaker) -> bool {
    matches!(speaker.kind, Kind::Operator | Kind::Service)
}

pub(crate) fn party(speaker: &Speaker, id: &PartyId) -> bool {
    sees_all(speaker) || speaker.party == *id
}

pub(crate) fn agreement(speaker: &Speaker, agreement: &Agreement) -> bool {
    party(speaker, &agreement.party)
}

/// An enterprise sees its own; a point, those for which it was asked.
pub(crate) fn vacancy(city: &City, speaker: &Speaker, vacancy: &Vacancy) -> bool {
    let asked = || {
        let id = SignalId { point: speaker.party.clone(), vacancy: vacancy.id.clone() };
        city.signal(&id).is_some()
    };
    sees_all(speaker) || speaker.party == vacancy.enterprise || asked()
}

/// A signal is between the bureau and the point.
pub(crate) fn signal(speaker: &Speaker, signal: &Signal) -> bool {
    party(speaker, &signal.id.point)
}

/// How much of a group somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Everything but names.
    Whole,
    /// That it travels, and where; who is on it not. For a point whose people
    /// could come along.
    Outline,
}

/// Whose groups a speaker sees, prepared once for many groups.
pub(crate) struct Groups<'a> {
    speaker: &'a Speaker,
    /// Vacancies to which people of the speaker are promised, and travel with
    /// no group yet.
    waiting: HashSet<&'a VacancyId>,
}

impl<'a> Groups<'a> {
    pub(crate) fn of(city: &'a City, speaker: &'a Speaker) -> Self {
        let loose = city.index.loose_holds.iter().filter(|_| speaker.kind == Kind::ServicePoint);
        let own = loose.filter_map(|card| city.placement(card));
        let own = own.filter(|placement| serves(&speaker.party, &placement.point));
        Self { speaker, waiting: own.map(|placement| &placement.vacancy).collect() }
    }

    /// How much is seen of this one; `None` for nothing.
    pub(crate) fn depth(&self, city: &City, dispatch: &Dispatch) -> Option<Depth> {
        let party = &self.speaker.party;
        if sees_all(self.speaker) || *party == dispatch.enterprise || involves(party, dispatch) {
            return Some(Depth::Whole);
        }
        let leads_guest = |guest| city.dispatch(guest).is_some_and(|guest| leads(party, guest));
        let could_come = dispatch.is_setting_out()
            && (self.waiting.contains(&dispatch.vacancy)
                || dispatch.proposed.iter().any(leads_guest));
        could_come.then_some(Depth::Outline)
    }
}

/// Whether a group is seen whole.
pub(crate) fn whole_dispatch(city: &City, speaker: &Speaker, dispatch: &Dispatch) -> bool {
    Groups { speaker, waiting: HashSet::new() }.depth(city, dispatch) == Some(Depth::Whole)
}

/// Takes out of an event what is not for the speaker: who at another party
/// acted, who was proposed but never promised, and sealed words.
pub(crate) fn mask(speaker: &Speaker, fact: &mut Fact) {
    if sees_all(speaker) {
        return;
    }
    if let Some(actor) = &mut fact.actor
        && actor.party != speaker.party.as_str()
    {
        actor.person.clear();
    }
    if let Some(Body::DispatchOpened(opened)) = &mut fact.body {
        opened.crew = None;
    }
    if let Some(Body::SignalRaised(raised)) = &mut fact.body
        && raised.point != speaker.party.as_str()
    {
        raised.candidates.clear();
    }
}
