//! Small groups travel together: proposed by the steward to the largest of
//! them, decided by a clerk of each of the others.
//!
//! Why only groups for the same vacancy: a manifest names people to one
//! enterprise, for which they gave their consent; and "departed" is counted
//! once for the group, in the ledger of its vacancy.

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, DispatchId},
    wire::{
        self, dispatch_state::Value as State, fact::Body, placement_state::Value as Person,
        record_dispatch_event,
    },
};

use super::{Events, Group, leads, renewed, yours};
use crate::{
    decide::{Decision, writable},
    entity::placement_state_name,
};

const SETTING_OUT: &[State] = &[State::Opened, State::Accepted];

impl Group<'_> {
    /// This group, the guest, travels with another one, the host.
    pub(super) fn merged(&self, ask: &record_dispatch_event::Merge) -> Result<Decision, Refusal> {
        let speaker = self.cx.speaker;
        yours(speaker.is_operator() || leads(&speaker.party, self.dispatch))?;
        self.only_while(SETTING_OUT, "merged", "/merge")?;
        let guest = self.dispatch;
        let at = |refusal: Refusal| refusal.at("/merge/into");
        let unproposed = || at(Refusal::new(Code::DispatchNotProposed).with("into", &ask.into));
        let into: DispatchId = ask.into.parse().map_err(|_| unproposed())?;
        let host = writable(self.cx.draft.dispatch(&into), Code::DispatchNotFound)
            .ok()
            .filter(|host| host.proposed.contains(&guest.id) && host.vacancy == guest.vacancy)
            .ok_or_else(unproposed)?;
        let host = Group::of(self.cx, host)?;
        host.only_while(SETTING_OUT, "joined", "/merge/into")?;
        if guest.people_in(Person::Boarded).next().is_some() {
            return Err(Refusal::new(Code::PlacementIllegal)
                .with("state", placement_state_name(Person::Boarded))
                .with("to", "merged")
                .at("/merge"));
        }
        let cards: Vec<&CardId> = guest.people_in(Person::Held).collect();
        host.room_for(cards.len(), "/merge/into")?;
        let events = self.taken_along(&host, &cards)?;
        let told = host.warned(&events);
        Ok(Decision::of(&guest.id, events).under(&host.dispatch.agreement).telling(told))
    }

    fn taken_along(&self, host: &Group<'_>, cards: &[&CardId]) -> Result<Events, Refusal> {
        let guest = self.dispatch;
        let passengers = cards.iter().filter_map(|card| {
            let rider = guest.manifest.get(*card)?;
            Some(wire::Passenger {
                card: card.to_string(),
                point: rider.point.to_string(),
                minor: rider.minor,
            })
        });
        let joined = wire::DispatchJoined {
            dispatch: host.dispatch.id.to_string(),
            vacancy: guest.vacancy.to_string(),
            passengers: passengers.collect(),
            from: guest.id.to_string(),
            stops: guest.stops.clone(),
        };
        let merged = wire::DispatchMerged {
            dispatch: guest.id.to_string(),
            into: host.dispatch.id.to_string(),
        };
        let mut events = vec![
            (self.entity(), Body::DispatchMerged(merged)),
            (host.entity(), Body::DispatchJoined(joined)),
        ];
        for card in cards {
            events.push(renewed(self.cx, card, Some(&host.dispatch.id), host.until())?);
        }
        Ok(events)
    }

    /// These groups could travel with this one.
    pub(super) fn proposed(&self, ask: &record_dispatch_event::Propose) -> Result<Events, Refusal> {
        self.cx.only_service()?;
        self.only_while(SETTING_OUT, "proposed", "/propose")?;
        if ask.guests.is_empty() {
            return Err(Refusal::new(Code::FieldRequired).at("/propose/guests"));
        }
        let mut people = self.dispatch.riding();
        let mut guests: Vec<DispatchId> = Vec::with_capacity(ask.guests.len());
        for (index, guest) in ask.guests.iter().enumerate() {
            let pointer = format!("/propose/guests/{index}");
            let missing = || Refusal::new(Code::DispatchNotFound).at(pointer.clone());
            let id: DispatchId = guest.parse().map_err(|_| missing())?;
            let guest = writable(self.cx.draft.dispatch(&id), Code::DispatchNotFound)
                .ok()
                .filter(|guest| {
                    guest.vacancy == self.dispatch.vacancy && guest.id != self.dispatch.id
                })
                .filter(|guest| !guests.contains(&guest.id))
                .ok_or_else(missing)?;
            Group::of(self.cx, guest)?.only_while(SETTING_OUT, "merged", &pointer)?;
            people += guest.riding();
            guests.push(id);
        }
        if guests == self.dispatch.proposed {
            let why = "this is proposed already";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/propose/guests"));
        }
        let proposed = wire::MergeProposed {
            dispatch: self.dispatch.id.to_string(),
            guests: ask.guests.clone(),
            people,
        };
        Ok(vec![(self.entity(), Body::MergeProposed(proposed))])
    }
}
