//! Who sees what. What a speaker may not see, it is told does not exist.

use gongqiao_contract::{
    id::{PartyId, SignalId},
    wire::party_kind::Value as Kind,
};
use gongqiao_domain::{
    City,
    decide::Speaker,
    entity::{Agreement, Dispatch, Signal, Vacancy},
};

/// The bureau and our own services see everything but people.
pub(super) fn sees_all(speaker: &Speaker) -> bool {
    matches!(speaker.kind, Kind::Operator | Kind::Service)
}

pub(super) fn party(speaker: &Speaker, id: &PartyId) -> bool {
    sees_all(speaker) || speaker.party == *id
}

pub(super) fn agreement(speaker: &Speaker, agreement: &Agreement) -> bool {
    party(speaker, &agreement.party)
}

/// An enterprise sees its own; a point, those for which it was asked.
pub(super) fn vacancy(city: &City, speaker: &Speaker, vacancy: &Vacancy) -> bool {
    let asked = || {
        let id = SignalId { point: speaker.party.clone(), vacancy: vacancy.id.clone() };
        city.signal(&id).is_some()
    };
    sees_all(speaker) || speaker.party == vacancy.enterprise || asked()
}

/// A signal is between the bureau and the point.
pub(super) fn signal(speaker: &Speaker, signal: &Signal) -> bool {
    party(speaker, &signal.id.point)
}

pub(super) fn dispatch(speaker: &Speaker, dispatch: &Dispatch) -> bool {
    party(speaker, &dispatch.point) || speaker.party == dispatch.enterprise
}
