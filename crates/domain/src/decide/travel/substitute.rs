//! One person goes instead of another who does not turn up.

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    subject::Entity,
    wire::{
        self, dispatch_state::Value as State, evidence::Value as Evidence, fact::Body,
        placement_state::Value as Person, record_dispatch_event,
    },
};

use super::{Events, Group, boarding::newcomer};
use crate::{
    decide::{answer, standby, vacancy},
    entity::placement_state_name,
};

impl Group<'_> {
    pub(super) fn substituted(
        &self,
        ask: &record_dispatch_event::Substitute,
    ) -> Result<Events, Refusal> {
        self.only_points()?;
        self.only_while(&[State::Accepted], "substituted", "/substitute")?;
        let missing = |at: &str| Refusal::new(Code::CardNotFound).at(at);
        let out: CardId = ask.out.parse().map_err(|_| missing("/substitute/out"))?;
        let new: CardId = ask.r#in.parse().map_err(|_| missing("/substitute/in"))?;
        let at_out = |refusal: Refusal| refusal.at("/substitute/out");
        let rider = self.person(&out).map_err(at_out)?;
        self.only_for(&rider.point).map_err(at_out)?;
        let demand = answer::demand(self.vacancy)?;
        let new =
            newcomer(self.cx, &demand, &new).map_err(|refusal| refusal.at("/substitute/in"))?;
        let d = self.dispatch;
        let mut events = Events::new();
        match rider.state() {
            // Why: freed and taken in the same transaction, so that nobody
            // can slip into the seat in between.
            Person::Held => {
                let out = std::slice::from_ref(&out);
                self.move_people(&mut events, out, Person::NoShow, Evidence::RollCall);
            }
            Person::NoShow if self.vacancy.free_seats() > 0 => {
                self.room_for(1, "/substitute/in")?;
            }
            Person::NoShow => {
                return Err(Refusal::new(Code::VacancyFull).with("remaining", 0).with("asked", 1));
            }
            from => {
                return Err(Refusal::new(Code::PlacementIllegal)
                    .with("state", placement_state_name(from))
                    .with("to", "substituted")
                    .at("/substitute/out"));
            }
        }
        events.push(self.placement_moved(&out, Person::Substituted, Evidence::RollCall));
        events.push(self.held(&new));
        let taken = wire::SeatsTaken {
            vacancy: d.vacancy.to_string(),
            point: new.point.to_string(),
            cards: vec![new.card.to_string()],
            again: false,
        };
        events.push((vacancy::entity(self.vacancy), Body::SeatsTaken(taken)));
        events.extend(standby::seated(self.vacancy, &new.card));
        let swapped = wire::DispatchSubstituted {
            dispatch: d.id.to_string(),
            out: out.to_string(),
            r#in: new.card.to_string(),
            minor: new.minor,
            point: new.point.to_string(),
        };
        let entity: Entity = self.entity();
        events.push((entity, Body::DispatchSubstituted(swapped)));
        Ok(events)
    }
}
