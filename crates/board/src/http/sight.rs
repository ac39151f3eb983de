//! Who sees what. What a speaker may not see, it is told does not exist.

use std::collections::HashSet;

use gongqiao_contract::{
    id::{PartyId, VacancyId},
    view,
    wire::{Fact, fact::Body, party_kind::Value as Kind, standby_end::Value as StandbyEnd},
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

/// An enterprise sees its own; a desk, those for which a point was asked
/// that it serves.
pub(crate) fn vacancy(city: &City, speaker: &Speaker, vacancy: &Vacancy) -> bool {
    let asked = || {
        let signals = city.index.signals_for.get(&vacancy.id).into_iter().flatten();
        signals.into_iter().any(|id| is_desk(speaker, &id.point))
    };
    sees_all(speaker) || speaker.party == vacancy.enterprise || asked()
}

/// A signal is between the bureau and the point, with its township's desk.
pub(crate) fn signal(speaker: &Speaker, signal: &Signal) -> bool {
    sees_all(speaker) || is_desk(speaker, &signal.id.point)
}

/// Whether the speaker is the desk of `point`, or its township's.
pub(crate) fn is_desk(speaker: &Speaker, point: &PartyId) -> bool {
    speaker.kind == Kind::ServicePoint && serves(&speaker.party, point)
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

/// A point sees its own people and those whom its township's desk serves; an
/// enterprise, those who were promised to it.
pub(crate) fn placement(speaker: &Speaker, shown: &view::Placement) -> bool {
    sees_all(speaker)
        || speaker.party == shown.enterprise
        || (speaker.kind == Kind::ServicePoint && serves(&speaker.party, &shown.point))
}

/// Takes out of an event what is not for the speaker: who at another party
/// acted, who was proposed, phoned or put on standby but never promised, and
/// what workers said of their enterprise, and sealed words.
pub(crate) fn mask(speaker: &Speaker, fact: &mut Fact) {
    if sees_all(speaker) {
        return;
    }
    if let Some(actor) = &mut fact.actor
        && actor.party != speaker.party.as_str()
    {
        actor.person.clear();
    }
    let other = |point: &str| !point.parse().is_ok_and(|point| is_desk(speaker, &point));
    match &mut fact.body {
        Some(Body::DispatchOpened(opened)) => opened.crew = None,
        Some(Body::SignalRaised(raised)) if other(&raised.point) => raised.candidates.clear(),
        Some(Body::SignalCalled(called)) if other(&called.point) => called.calls.clear(),
        Some(Body::SignalAnswered(answered)) if other(&answered.point) => answered.standby.clear(),
        Some(Body::StandbyJoined(joined)) => joined.people.retain(|one| !other(&one.point)),
        // Why: that somebody is still at work is all that the figure counts.
        Some(Body::FollowUpAttempted(said)) if speaker.kind != Kind::ServicePoint => {
            (said.paid_on_time, said.insured, said.method) = (0, 0, 0);
            said.note = None;
        }
        Some(Body::StandbyLeft(left)) if left.why() != StandbyEnd::Promoted => left.cards.clear(),
        _ => {}
    }
}
