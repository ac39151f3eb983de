//! Who sees what. What a speaker may not see, it is told does not exist.

use gongqiao_contract::{
    id::{PartyId, SignalId},
    view,
    wire::{Fact, fact::Body, party_kind::Value as Kind},
};
use gongqiao_domain::{
    City,
    decide::{Speaker, serves},
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

pub(crate) fn dispatch(speaker: &Speaker, dispatch: &Dispatch) -> bool {
    party(speaker, &dispatch.point) || speaker.party == dispatch.enterprise
}

/// A point sees its own people and those whom its township's desk serves; an
/// enterprise, those who were promised to it.
pub(crate) fn placement(speaker: &Speaker, shown: &view::Placement) -> bool {
    sees_all(speaker)
        || speaker.party == shown.enterprise
        || (speaker.kind == Kind::ServicePoint && serves(&speaker.party, &shown.point))
}

/// Takes out of an event what is not for the speaker: who at another party
/// acted, and who was proposed but never promised.
pub(crate) fn mask(speaker: &Speaker, fact: &mut Fact) {
    if sees_all(speaker) {
        return;
    }
    if let Some(actor) = &mut fact.actor
        && actor.party != speaker.party.as_str()
    {
        actor.person.clear();
    }
    if let Some(Body::SignalRaised(raised)) = &mut fact.body
        && raised.point != speaker.party.as_str()
    {
        raised.candidates.clear();
    }
}
