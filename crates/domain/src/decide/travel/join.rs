//! People of another point come along.

use gongqiao_contract::{
    Code, Refusal,
    id::PartyId,
    wire::{
        self, Stop, dispatch_state::Value as State, fact::Body, party_kind::Value as Kind,
        record_dispatch_event,
    },
};

use super::{Events, Group, open, passenger, renewed};
use crate::{decide::cards_at, entity::instant};

impl Group<'_> {
    pub(super) fn joined(&self, ask: &record_dispatch_event::Join) -> Result<Events, Refusal> {
        self.cx.only(&[Kind::ServicePoint, Kind::Operator])?;
        self.only_while(&[State::Opened, State::Accepted], "joined", "/join")?;
        let cards = cards_at("/join/cards", &ask.cards)?;
        let departs_at = self.dispatch.opened.departs_at.as_ref().map(instant);
        let passengers = cards.iter().enumerate().map(|(index, card)| {
            passenger(self.cx, self.vacancy, card, departs_at)
                .map_err(|r| r.at(format!("/join/cards/{index}")))
        });
        let passengers: Vec<wire::Passenger> = passengers.collect::<Result<_, _>>()?;
        self.room_for(cards.len(), "/join/cards")?;
        let stops = match &ask.stop {
            Some(stop) => vec![self.stop(stop, &passengers)?],
            None => Vec::new(),
        };
        let mut events = Events::with_capacity(cards.len() + 1);
        for card in &cards {
            events.push(renewed(self.cx, card, Some(&self.dispatch.id), self.until())?);
        }
        let joined = wire::DispatchJoined {
            dispatch: self.dispatch.id.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            passengers,
            stops,
            ..Default::default()
        };
        events.push((self.entity(), Body::DispatchJoined(joined)));
        Ok(events)
    }

    /// The stop that is named, serving whoever joins and is served nowhere yet.
    fn stop(&self, named: &Stop, passengers: &[wire::Passenger]) -> Result<Stop, Refusal> {
        open::stop(self.cx, named, "/join/stop")?;
        let known = self.dispatch.stops.iter().find(|stop| stop.point == named.point);
        if let (Some(known), Some(at)) = (known.and_then(|stop| stop.at), named.at)
            && known != at
        {
            let why = format!("the group stops there at {}", instant(&known));
            let refusal = Refusal::new(Code::FieldInvalid).with("why", why);
            return Err(refusal.at("/join/stop/at"));
        }
        let mut stop = named.clone();
        for passenger in passengers {
            let point: Option<PartyId> = passenger.point.parse().ok();
            let served = point.is_some_and(|point| self.dispatch.stop_of(&point).is_some())
                || stop.point == passenger.point
                || stop.serves.contains(&passenger.point);
            if !served {
                stop.serves.push(passenger.point.clone());
            }
        }
        Ok(stop)
    }
}
