//! At the coach door: people who were not on the list get on, and others are
//! turned away.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, PartyId},
    subject::Entity,
    wire::{
        self, boarding_refusal::Value as Reason, dispatch_state::Value as State,
        evidence::Value as Evidence, fact::Body, hold_end, placement_state::Value as Person,
        record_dispatch_event,
    },
};

use super::{Events, Group, own_point, renewed};
use crate::{
    decide::{Context, answer, cards_at, standby, vacancy},
    entity::{Rider, placement_state_name, timestamp},
    matching::fit::{Age, Demand},
};

/// Somebody who was not promised, and may be now.
pub(super) struct Newcomer {
    pub(super) card: CardId,
    pub(super) point: PartyId,
    pub(super) minor: bool,
}

/// Whether somebody of a register that the speaker serves is free and fits.
pub(super) fn newcomer(
    cx: &Context<'_>,
    demand: &Demand,
    card: &CardId,
) -> Result<Newcomer, Refusal> {
    let point = own_point(cx, card)?;
    answer::free(cx, card)?;
    let fit = answer::fits(cx, demand, card)?;
    Ok(Newcomer { card: card.clone(), point, minor: fit.age == Age::Minor })
}

impl Group<'_> {
    pub(super) fn walked_in(&self, ask: &record_dispatch_event::WalkIn) -> Result<Events, Refusal> {
        self.only_points()?;
        self.only_while(&[State::Accepted], "joined at the door", "/walkIn")?;
        vacancy::open(self.cx, &self.vacancy.id)?;
        let cards = cards_at("/walkIn/cards", &ask.cards)?;
        let demand = answer::demand(self.vacancy)?;
        let mut passengers = Vec::with_capacity(cards.len());
        let mut events = Events::with_capacity(cards.len() * 2 + 4);
        let mut seats: BTreeMap<PartyId, Vec<CardId>> = BTreeMap::new();
        for (index, card) in cards.iter().enumerate() {
            let at = |refusal: Refusal| refusal.at(format!("/walkIn/cards/{index}"));
            let one = if self.waits_for_a_group(card) {
                let known = super::passenger(self.cx, self.vacancy, card, None).map_err(at)?;
                events.push(renewed(self.cx, card, Some(&self.dispatch.id), self.until())?);
                known
            } else {
                let new = newcomer(self.cx, &demand, card).map_err(at)?;
                events.push(self.held(&new));
                seats.entry(new.point.clone()).or_default().push(card.clone());
                wire::Passenger {
                    card: card.to_string(),
                    point: new.point.to_string(),
                    minor: new.minor,
                }
            };
            passengers.push(one);
        }
        self.take_seats(&mut events, seats)?;
        self.room_for(cards.len(), "/walkIn/cards")?;
        let joined = wire::DispatchJoined {
            dispatch: self.dispatch.id.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            passengers,
            ..Default::default()
        };
        events.push((self.entity(), Body::DispatchJoined(joined)));
        self.move_people(&mut events, &cards, Person::Boarded, Evidence::RollCall);
        Ok(events)
    }

    /// Promised to this vacancy already, and not with any group yet.
    fn waits_for_a_group(&self, card: &CardId) -> bool {
        let placement = self.cx.draft.placement(card);
        placement.is_some_and(|p| {
            p.state() == Person::Held && p.vacancy == self.vacancy.id && p.dispatch.is_none()
        })
    }

    /// Seats of the vacancy, point by point; who waited for one waits no longer.
    fn take_seats(
        &self,
        events: &mut Events,
        seats: BTreeMap<PartyId, Vec<CardId>>,
    ) -> Result<(), Refusal> {
        let asked: usize = seats.values().map(Vec::len).sum();
        let free = self.vacancy.free_seats();
        if asked > free as usize {
            let refusal = Refusal::new(Code::VacancyFull).with("remaining", free);
            return Err(refusal.with("asked", asked).at("/walkIn/cards"));
        }
        for (point, cards) in seats {
            let waited: Vec<(Entity, Body)> =
                cards.iter().filter_map(|card| standby::seated(self.vacancy, card)).collect();
            let taken = wire::SeatsTaken {
                vacancy: self.vacancy.id.to_string(),
                point: point.to_string(),
                cards: cards.iter().map(ToString::to_string).collect(),
                again: false,
            };
            events.push((vacancy::entity(self.vacancy), Body::SeatsTaken(taken)));
            events.extend(waited);
        }
        Ok(())
    }

    /// A first promise, kept alive by this group.
    pub(super) fn held(&self, new: &Newcomer) -> (Entity, Body) {
        let held = wire::Held {
            card: new.card.to_string(),
            vacancy: self.vacancy.id.to_string(),
            point: new.point.to_string(),
            expires_at: Some(timestamp(self.until())),
            dispatch: self.dispatch.id.to_string(),
            minor: new.minor,
        };
        (Entity::Placement(new.card.clone()), Body::Held(held))
    }

    pub(super) fn refused_boarding(
        &self,
        ask: &record_dispatch_event::RefuseBoarding,
    ) -> Result<Events, Refusal> {
        self.only_points()?;
        self.only_while(&[State::Accepted], "boarded", "/refuseBoarding")?;
        let reason = Reason::try_from(ask.reason).unwrap_or_default();
        if reason == Reason::Unspecified {
            return Err(Refusal::new(Code::FieldRequired).at("/refuseBoarding/reason"));
        }
        let refused = wire::BoardingRefused {
            dispatch: self.dispatch.id.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            card: ask.card.clone(),
            reason: reason as i32,
            by: self.cx.speaker.party.to_string(),
        };
        let mut events = vec![(self.entity(), Body::BoardingRefused(refused))];
        if !ask.card.is_empty() {
            let at = |refusal: Refusal| refusal.at("/refuseBoarding/card");
            let card: CardId = ask.card.parse().map_err(|_| at(Code::CardNotFound.into()))?;
            match self.dispatch.manifest.get(&card) {
                Some(rider) => self.turned_away(&mut events, &card, rider).map_err(at)?,
                None => own_point(self.cx, &card).map(drop).map_err(at)?,
            }
        }
        Ok(events)
    }

    /// Who stood on the list is promised no longer, and free again.
    fn turned_away(
        &self,
        events: &mut Events,
        card: &CardId,
        rider: &Rider,
    ) -> Result<(), Refusal> {
        self.only_for(&rider.point)?;
        match rider.state() {
            Person::Held => {}
            Person::Boarded => {
                return Err(Refusal::new(Code::PlacementIllegal)
                    .with("state", placement_state_name(Person::Boarded))
                    .with("to", placement_state_name(Person::Released)));
            }
            _ => return Ok(()),
        }
        self.cx.placement(card, Code::CardNotFound)?;
        let ended = wire::HoldEnded {
            card: card.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            why: hold_end::Value::BoardingRefused as i32,
        };
        events.push((Entity::Placement(card.clone()), Body::HoldEnded(ended)));
        self.people_moved(events, std::slice::from_ref(card), Person::Released);
        Ok(())
    }
}
