//! The group as a whole comes a step further.

use gongqiao_contract::{
    Code, Refusal,
    subject::Entity,
    wire::{
        self, data_class::Value as Class, dispatch_state::Value as State,
        evidence::Value as Evidence, fact::Body, placement_state::Value as Person,
    },
};

use super::{Events, Group, evidence, leads, renewed, writable, yours};
use crate::entity::{Dispatch, dispatch_state_name};

impl Group<'_> {
    pub(super) fn moved(&self, to: i32, given: i32) -> Result<Events, Refusal> {
        let (from, to) = (self.dispatch.state(), State::try_from(to).unwrap_or_default());
        if !Dispatch::may_become(from, to) {
            return Err(Refusal::new(Code::DispatchIllegal)
                .with("state", dispatch_state_name(from))
                .with("to", dispatch_state_name(to))
                .at("/move"));
        }
        self.may_move(to)?;
        if matches!(to, State::Accepted | State::Departed) {
            let vacancy = self.cx.draft.vacancy(&self.dispatch.vacancy);
            self.cx.still_covered(writable(vacancy, Code::VacancyNotFound)?, Class::Dispatches)?;
        }
        let rests_on = evidence::of_move(to, given, self.dispatch.goes_alone())?;
        if to == State::Departed {
            return self.departed(rests_on);
        }
        let mut events = vec![self.dispatch_moved(to, rests_on, self.on_board())];
        match to {
            State::Closed => {
                let open = [Person::Held, Person::Boarded, Person::Arrived];
                self.nobody_in(&open, Code::DispatchNotEnded)?;
            }
            // Why: who travels alone arrives alone, and the enterprise says of each
            // whether that person came.
            State::Arrived if self.dispatch.goes_alone() => {
                self.nobody_in(&[Person::Boarded], Code::DispatchNotArrived)?;
            }
            State::Arrived => self.shift(&mut events, Person::Boarded, Person::Arrived, rests_on),
            State::Cancelled => self.cancelled(&mut events, from)?,
            State::Declined => self.back_to_loose_holds(&mut events, &[Person::Held])?,
            _ => {}
        }
        Ok(events)
    }

    /// Whose step it is.
    fn may_move(&self, to: State) -> Result<(), Refusal> {
        match to {
            State::Accepted | State::Declined | State::Arrived => self.only_enterprise(),
            State::Departed => self.only_lead(),
            _ => {
                let speaker = self.cx.speaker;
                let leads = leads(&speaker.party, self.dispatch);
                yours(speaker.is_operator() || self.is_enterprise() || leads)
            }
        }
    }

    /// Who travels alone is not seen off: the departure itself puts them on
    /// their way.
    fn departed(&self, rests_on: Evidence) -> Result<Events, Refusal> {
        let mut events = Events::new();
        let mut people = self.on_board();
        if self.dispatch.goes_alone() {
            people += self.dispatch.people_in(Person::Held).count();
            self.shift(&mut events, Person::Held, Person::Boarded, rests_on);
        } else {
            self.nobody_in(&[Person::Held], Code::DispatchNotBoarded)?;
        }
        if people == 0 {
            return Err(Refusal::new(Code::DispatchEmpty).at("/move"));
        }
        events.push(self.dispatch_moved(State::Departed, rests_on, people));
        Ok(events)
    }

    /// People on the road go home.
    fn cancelled(&self, events: &mut Events, from: State) -> Result<(), Refusal> {
        // Why: who sits in a coach that never left has not been anywhere.
        if self.dispatch.is_setting_out() {
            return self.back_to_loose_holds(events, &[Person::Held, Person::Boarded]);
        }
        let rests_on = match from {
            State::Arrived => Evidence::EnterpriseNotice,
            _ => Evidence::Attendant,
        };
        self.shift(events, Person::Boarded, Person::Returned, rests_on);
        self.shift(events, Person::Arrived, Person::Returned, rests_on);
        Ok(())
    }

    fn on_board(&self) -> usize {
        self.dispatch.people_in(Person::Boarded).count()
    }

    fn dispatch_moved(&self, to: State, rests_on: Evidence, people: usize) -> (Entity, Body) {
        let moved = wire::DispatchMoved {
            dispatch: self.dispatch.id.to_string(),
            to: to as i32,
            vacancy: self.dispatch.vacancy.to_string(),
            people: u32::try_from(people).unwrap_or(u32::MAX),
            evidence: rests_on as i32,
        };
        (self.entity(), Body::DispatchMoved(moved))
    }

    fn nobody_in(&self, states: &[Person], otherwise: Code) -> Result<(), Refusal> {
        let people: usize = states.iter().map(|s| self.dispatch.people_in(*s).count()).sum();
        if people == 0 {
            return Ok(());
        }
        Err(Refusal::new(otherwise).with("people", people).at("/move"))
    }

    /// Those in these states stay promised, without a group.
    fn back_to_loose_holds(&self, events: &mut Events, states: &[Person]) -> Result<(), Refusal> {
        let until = self.cx.now + self.cx.terms.hold;
        for card in states.iter().flat_map(|state| self.dispatch.people_in(*state)) {
            events.push(renewed(self.cx, card, None, until)?);
        }
        Ok(())
    }
}
