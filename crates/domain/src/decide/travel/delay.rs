//! The group will arrive at another time than was said.

use gongqiao_contract::{
    Code, Refusal,
    wire::{self, dispatch_state::Value as State, fact::Body, record_dispatch_event::Delay},
};

use super::{Events, Group, leads, open::is_near, yours};
use crate::entity::{instant, timestamp};

impl Group<'_> {
    pub(super) fn delayed(&self, ask: &Delay) -> Result<Events, Refusal> {
        let speaker = self.cx.speaker;
        let leads = leads(&speaker.party, self.dispatch);
        yours(speaker.is_operator() || self.is_enterprise() || leads)?;
        self.only_while(&[State::Opened, State::Accepted, State::Departed], "delayed", "/delay")?;
        let at = "/delay/arrivesAt";
        let arrives = ask.arrives_at.as_ref().map(instant);
        let arrives = arrives.ok_or(Refusal::new(Code::FieldRequired).at(at))?;
        let invalid = |why: &str| Err(Refusal::new(Code::FieldInvalid).with("why", why).at(at));
        if !is_near(self.cx, arrives) {
            return invalid("more than a year away");
        }
        let planned = self.dispatch.opened.departs_at.as_ref().map(instant);
        let departs = self.dispatch.departed_at.or(planned);
        if departs.is_some_and(|departs| arrives <= departs) {
            return invalid("the arrival must come after the departure");
        }
        let delayed = wire::DispatchDelayed {
            dispatch: self.dispatch.id.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            arrives_at: Some(timestamp(arrives)),
            by: speaker.party.to_string(),
        };
        Ok(vec![(self.entity(), Body::DispatchDelayed(delayed))])
    }
}
