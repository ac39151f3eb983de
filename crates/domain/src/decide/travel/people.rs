//! People of the group come a step further.

use gongqiao_contract::{
    Code, Refusal,
    wire::{
        dispatch_state::Value as State, placement_state::Value as Person, record_dispatch_event,
    },
};

use super::{Events, Group, evidence, yours};
use crate::{
    decide::cards_at,
    entity::{Placement, Rider, placement_state_name},
};

/// Who records a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The person's own point, or the one that leads.
    Point,
    Enterprise,
    /// Either of them.
    Both,
    /// Either of them, or the bureau.
    Anybody,
}

impl Group<'_> {
    pub(super) fn people(&self, ask: &record_dispatch_event::People) -> Result<Events, Refusal> {
        let cards = cards_at("/people/cards", &ask.cards)?;
        let to = Person::try_from(ask.to).unwrap_or_default();
        let (when, who) = step(to, self.dispatch.goes_alone()).ok_or_else(|| {
            let why = "this is not recorded for a person";
            Refusal::new(Code::FieldInvalid).with("why", why).at("/people/to")
        })?;
        if who == Who::Enterprise {
            self.only_enterprise()?;
        }
        if who == Who::Point {
            self.only_points()?;
        }
        self.only_while(when, placement_state_name(to), "/people/to")?;
        let rests_on = evidence::of_step(to, ask.evidence, self.is_enterprise())?;
        for (index, card) in cards.iter().enumerate() {
            let at = |refusal: Refusal| refusal.at(format!("/people/cards/{index}"));
            let rider = self.person(card).map_err(at)?;
            self.may_record(who, rider).map_err(at)?;
            let from = rider.state();
            // Why: nobody has seen off who travels alone, so that only the
            // enterprise finds out that somebody never came.
            let never_came = (from, to) == (Person::Boarded, Person::NoShow);
            let may = Placement::may_become(from, to)
                || never_came && self.dispatch.state() == State::Departed;
            if !may {
                return Err(at(Refusal::new(Code::PlacementIllegal)
                    .with("state", placement_state_name(from))
                    .with("to", placement_state_name(to))));
            }
        }
        let mut events = Events::new();
        self.move_people(&mut events, &cards, to, rests_on);
        Ok(events)
    }

    fn may_record(&self, who: Who, rider: &Rider) -> Result<(), Refusal> {
        let point = || self.only_for(&rider.point);
        match who {
            Who::Enterprise => self.only_enterprise(),
            Who::Point => point(),
            Who::Both => self.only_enterprise().or_else(|_| point()),
            Who::Anybody => {
                let operator = yours(self.cx.speaker.is_operator());
                operator.or_else(|_| self.only_enterprise()).or_else(|_| point())
            }
        }
    }
}

/// While the group is in which states a step is recorded, and by whom.
fn step(to: Person, alone: bool) -> Option<(&'static [State], Who)> {
    Some(match to {
        Person::NoShow if alone => (&[State::Accepted, State::Departed], Who::Both),
        // Why: the first need not wait for the last.
        Person::Onboarded if alone => (&[State::Departed, State::Arrived], Who::Both),
        Person::NotHired if alone => (&[State::Departed, State::Arrived], Who::Enterprise),
        Person::Boarded | Person::NoShow => (&[State::Accepted], Who::Point),
        Person::LeftEnRoute => (&[State::Departed], Who::Point),
        // Why: who travels alone arrives alone, and is confirmed one by one.
        Person::Arrived => (&[State::Departed], Who::Enterprise),
        Person::Onboarded => (&[State::Arrived], Who::Both),
        Person::NotHired => (&[State::Arrived], Who::Enterprise),
        Person::Declined => (&[State::Opened, State::Accepted, State::Arrived], Who::Anybody),
        Person::Ended => (&[State::Arrived, State::Closed], Who::Both),
        Person::Transferred | Person::Returned => (&[State::Arrived, State::Closed], Who::Anybody),
        _ => return None,
    })
}
