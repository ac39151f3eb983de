//! Groups on the way, and each person in them.

use gongqiao_contract::{
    Code, Refusal,
    codes::DivisionCode,
    id::{CardId, DispatchId, VacancyId},
    subject::Entity,
    wire::{
        self, data_class::Value as Class, dispatch_state::Value as State, fact::Body,
        party_kind::Value as Kind, placement_state::Value as Person, record_dispatch_event::Event,
        travel_mode,
    },
};

use super::{Context, Decision, answer, cards_at, correction, ended, standby, vacancy, writable};
use crate::entity::{
    Dispatch, Placement, Vacancy, dispatch_state_name, instant, placement_state_name, timestamp,
};

/// How far from now a departure may lie.
const FARTHEST: time::Duration = time::Duration::days(366);
/// Most stops of one group.
const MAX_STOPS: usize = 50;

pub(super) fn open(cx: &Context<'_>, ask: &wire::OpenDispatch) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    let vacancy_id: VacancyId =
        ask.vacancy.parse().map_err(|_| Refusal::new(Code::VacancyNotFound).at("/vacancy"))?;
    let vacancy = vacancy::open(cx, &vacancy_id)?;
    let agreement = cx.agreement_for(&vacancy.enterprise, Class::Dispatches, None)?;
    let cards = cards_at("/manifest", &ask.manifest)?;
    check_travel(cx, ask, cards.len())?;
    for (index, card) in cards.iter().enumerate() {
        may_travel(cx, &vacancy_id, card).map_err(|r| r.at(format!("/manifest/{index}")))?;
    }
    let to = destination(vacancy)?;
    let id = DispatchId::from_uuid(cx.fresh);
    let departs_at = ask.departs_at.as_ref().map_or(cx.now, instant);
    let opened = Body::DispatchOpened(wire::DispatchOpened {
        dispatch: id.to_string(),
        vacancy: ask.vacancy.clone(),
        enterprise: vacancy.enterprise.to_string(),
        agreement: agreement.id.to_string(),
        point: cx.speaker.party.to_string(),
        mode: ask.mode,
        vehicle: ask.vehicle.clone(),
        stops: ask.stops.clone(),
        departs_at: ask.departs_at,
        to: to.to_string(),
        passengers: passengers(cx, &cards),
        ..Default::default()
    });
    let mut events = vec![(Entity::Dispatch { to, dispatch: id.clone() }, opened)];
    for card in &cards {
        let until = departs_at.max(cx.now) + cx.terms.hold_after_departure;
        events.push(hold(cx.speaker.party.as_str(), card, &vacancy_id, until, id.as_str()));
    }
    Ok(Decision::of(id, events).under(&agreement.id))
}

/// The people, each with the point whose register names them.
fn passengers(cx: &Context<'_>, cards: &[CardId]) -> Vec<wire::Passenger> {
    let passenger = |card: &CardId| wire::Passenger {
        card: card.to_string(),
        point: cx.register.get(card).map(|facets| facets.point.to_string()).unwrap_or_default(),
        minor: cx
            .draft
            .placement(card)
            .and_then(|p| p.value.as_ref())
            .is_some_and(|placement| placement.minor),
    };
    cards.iter().map(passenger).collect()
}

fn check_travel(cx: &Context<'_>, ask: &wire::OpenDispatch, people: usize) -> Result<(), Refusal> {
    let mode = travel_mode::Value::try_from(ask.mode).unwrap_or_default();
    if mode == travel_mode::Value::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/mode"));
    }
    match &ask.vehicle {
        Some(vehicle) if (vehicle.seats as usize) < people => {
            return Err(Refusal::new(Code::DispatchSeats)
                .with("seats", vehicle.seats)
                .with("people", people)
                .at("/vehicle/seats"));
        }
        None if mode == travel_mode::Value::Coach => {
            return Err(Refusal::new(Code::FieldRequired).at("/vehicle"));
        }
        _ => {}
    }
    if let Some(vehicle) = &ask.vehicle
        && (vehicle.plate.chars().count() > 20 || vehicle.carrier.chars().count() > 120)
    {
        return Err(Refusal::new(Code::FieldTooLong).with("max", 120).at("/vehicle"));
    }
    // Why: also because a time far off would end the arithmetic of time.
    let near = |at: time::OffsetDateTime| (at - cx.now).abs() <= FARTHEST;
    if ask.departs_at.as_ref().is_some_and(|at| !near(instant(at))) {
        let why = "more than a year away";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/departsAt"));
    }
    if ask.stops.len() > MAX_STOPS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 0).with("max", MAX_STOPS);
        return Err(refusal.at("/stops"));
    }
    for (index, stop) in ask.stops.iter().enumerate() {
        let known = stop.point.parse().ok().and_then(|id| cx.draft.party(&id));
        if known.is_none() {
            let refusal = Refusal::new(Code::PartyNotFound);
            return Err(refusal.at(format!("/stops/{index}/point")));
        }
    }
    Ok(())
}

fn may_travel(cx: &Context<'_>, vacancy: &VacancyId, card: &CardId) -> Result<(), Refusal> {
    let not = |why: &str| Refusal::new(Code::DispatchManifest).with("why", why);
    answer::own_card(cx, cx.speaker.party.as_str(), card)?;
    let placement = writable(cx.draft.placement(card), Code::CardNotFound)
        .map_err(|_| not("not promised to this vacancy"))?;
    if placement.state() != Person::Held || placement.vacancy != *vacancy {
        return Err(not("not promised to this vacancy"));
    }
    if placement.dispatch.is_some() {
        return Err(not("travels with another group already"));
    }
    Ok(())
}

pub(super) fn record(
    cx: &Context<'_>,
    id: &DispatchId,
    ask: &wire::RecordDispatchEvent,
) -> Result<Decision, Refusal> {
    let entry = cx.draft.dispatch(id);
    let dispatch = writable(entry, Code::DispatchNotFound)?;
    let ours = cx.speaker.is_operator()
        || [&dispatch.point, &dispatch.enterprise].contains(&&cx.speaker.party);
    if !ours {
        return Err(Code::DispatchNotFound.into());
    }
    let current = dispatch.sequence;
    if ask.expected_sequence != 0 && ask.expected_sequence != current {
        // Why: what is still being stored has no sequence yet.
        let current = if current == u64::MAX { "a later one".into() } else { current.to_string() };
        let refusal = Refusal::new(Code::DispatchSequence).with("current", current);
        return Err(refusal.at("/expectedSequence"));
    }
    if let Some(Event::Correct(ask)) = &ask.event {
        return correction::correct(cx, dispatch, ask);
    }
    let vacancy = writable(cx.draft.vacancy(&dispatch.vacancy), Code::VacancyNotFound)?;
    let group = Group {
        cx,
        dispatch,
        vacancy,
        entity: Entity::Dispatch { to: dispatch.to, dispatch: id.clone() },
    };
    let events = match &ask.event {
        Some(Event::Move(to)) => group.moved(State::try_from(*to).unwrap_or_default())?,
        Some(Event::People(people)) => group.people(people)?,
        Some(Event::Substitute(swap)) => group.substituted(swap)?,
        _ => return Err(Refusal::new(Code::FieldRequired).at("")),
    };
    Ok(Decision::of(id, events).under(&dispatch.agreement))
}

/// The county to which people travel. The terms were checked to name one.
fn destination(vacancy: &Vacancy) -> Result<DivisionCode, Refusal> {
    let place: Option<DivisionCode> = vacancy.terms.place.parse().ok();
    place.and_then(DivisionCode::county).ok_or(Refusal::new(Code::VacancyNotFound))
}

type Events = Vec<(Entity, Body)>;

/// One group and what is around it, while an event is being decided.
struct Group<'a> {
    cx: &'a Context<'a>,
    dispatch: &'a Dispatch,
    vacancy: &'a Vacancy,
    entity: Entity,
}

impl Group<'_> {
    fn moved(&self, to: State) -> Result<Events, Refusal> {
        let from = self.dispatch.state();
        if !Dispatch::may_become(from, to) {
            return Err(Refusal::new(Code::DispatchIllegal)
                .with("state", dispatch_state_name(from))
                .with("to", dispatch_state_name(to))
                .at("/move"));
        }
        let d = self.dispatch;
        if matches!(to, State::Accepted | State::Departed) {
            self.cx.agreement_for(&d.enterprise, Class::Dispatches, None)?;
        }
        match to {
            State::Accepted | State::Declined | State::Arrived => self.only(&[&d.enterprise])?,
            State::Departed => self.only(&[&d.point])?,
            _ if self.cx.speaker.is_operator() => {}
            _ => self.only(&[&d.enterprise, &d.point])?,
        }
        let moved = wire::DispatchMoved {
            dispatch: d.id.to_string(),
            to: to as i32,
            vacancy: d.vacancy.to_string(),
            people: u32::try_from(d.people_in(Person::Boarded).count()).unwrap_or(u32::MAX),
            evidence: 0,
        };
        let mut events = vec![(self.entity.clone(), Body::DispatchMoved(moved))];
        match to {
            State::Departed => self.nobody_left_open(&[Person::Held], "not yet on board")?,
            State::Closed => {
                let open = [Person::Held, Person::Boarded, Person::Arrived];
                self.nobody_left_open(&open, "not at an end")?;
            }
            State::Arrived => self.shift(&mut events, Person::Boarded, Person::Arrived),
            State::Declined => self.back_to_loose_holds(&mut events, &[Person::Held]),
            // Why: who sits in a coach that never left has not been anywhere.
            State::Cancelled if from == State::Accepted => {
                self.back_to_loose_holds(&mut events, &[Person::Held, Person::Boarded]);
            }
            State::Cancelled => {
                self.back_to_loose_holds(&mut events, &[Person::Held]);
                self.shift(&mut events, Person::Boarded, Person::Returned);
                self.shift(&mut events, Person::Arrived, Person::Returned);
            }
            _ => {}
        }
        Ok(events)
    }

    fn people(&self, ask: &wire::record_dispatch_event::People) -> Result<Events, Refusal> {
        let cards = cards_at("/people/cards", &ask.cards)?;
        let to = Person::try_from(ask.to).unwrap_or_default();
        let d = self.dispatch;
        let (when, who): (&[State], _) = match to {
            Person::Boarded => (&[State::Accepted], &d.point),
            Person::NoShow => (&[State::Accepted], &d.point),
            Person::LeftEnRoute => (&[State::Departed], &d.point),
            Person::Onboarded | Person::NotHired => (&[State::Arrived], &d.enterprise),
            Person::Declined => {
                (&[State::Opened, State::Accepted, State::Arrived], &self.cx.speaker.party)
            }
            Person::Ended | Person::Transferred | Person::Returned => {
                (&[State::Arrived, State::Closed], &self.cx.speaker.party)
            }
            _ => {
                let why = "this is not recorded for a person";
                return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/people/to"));
            }
        };
        self.only(&[who])?;
        if to == Person::Ended {
            ended::check(self.cx, d, &cards, ask.evidence)?;
        }
        if !when.contains(&d.state()) {
            return Err(Refusal::new(Code::DispatchIllegal)
                .with("state", dispatch_state_name(d.state()))
                .with("to", placement_state_name(to))
                .at("/people/to"));
        }
        for (index, card) in cards.iter().enumerate() {
            let at = format!("/people/cards/{index}");
            let from = self.person(card).map_err(|r| r.at(at.clone()))?;
            if !Placement::may_become(from, to) {
                return Err(Refusal::new(Code::PlacementIllegal)
                    .with("state", placement_state_name(from))
                    .with("to", placement_state_name(to))
                    .at(at));
            }
        }
        let mut events = Vec::new();
        self.move_people(&mut events, &cards, to, ask.evidence);
        Ok(events)
    }

    fn substituted(
        &self,
        ask: &wire::record_dispatch_event::Substitute,
    ) -> Result<Events, Refusal> {
        self.only(&[&self.dispatch.point])?;
        if self.dispatch.state() != State::Accepted {
            return Err(Refusal::new(Code::DispatchIllegal)
                .with("state", dispatch_state_name(self.dispatch.state()))
                .with("to", "substituted")
                .at("/substitute"));
        }
        let missing = |at: &str| Refusal::new(Code::CardNotFound).at(at);
        let out: CardId = ask.out.parse().map_err(|_| missing("/substitute/out"))?;
        let new: CardId = ask.r#in.parse().map_err(|_| missing("/substitute/in"))?;
        let from = self.person(&out).map_err(|r| r.at("/substitute/out"))?;
        let checked = answer::own_card(self.cx, self.dispatch.point.as_str(), &new)
            .and_then(|()| answer::free(self.cx, &new))
            .and_then(|()| answer::suitable(self.cx, &answer::demand(self.vacancy)?, &new));
        checked.map_err(|r| r.at("/substitute/in"))?;
        let mut events = Vec::new();
        match from {
            // Why: freed and taken in the same transaction, so that nobody
            // can slip into the seat in between.
            Person::Held => {
                self.move_people(&mut events, std::slice::from_ref(&out), Person::NoShow, 0)
            }
            Person::NoShow if self.vacancy.free_seats() > 0 => {}
            Person::NoShow => {
                return Err(Refusal::new(Code::VacancyFull).with("remaining", 0).with("asked", 1));
            }
            _ => {
                return Err(Refusal::new(Code::PlacementIllegal)
                    .with("state", placement_state_name(from))
                    .with("to", "substituted")
                    .at("/substitute/out"));
            }
        }
        let d = self.dispatch;
        events.push(self.placement_moved(&out, Person::Substituted, 0));
        let until = self.cx.now + self.cx.terms.hold_after_departure;
        events.push(hold(d.point.as_str(), &new, &d.vacancy, until, d.id.as_str()));
        let taken = wire::SeatsTaken {
            vacancy: d.vacancy.to_string(),
            point: d.point.to_string(),
            cards: vec![new.to_string()],
            again: false,
        };
        events.push((vacancy::entity(self.vacancy), Body::SeatsTaken(taken)));
        events.extend(standby::seated(self.vacancy, &new));
        let swapped = wire::DispatchSubstituted {
            dispatch: d.id.to_string(),
            out: out.to_string(),
            r#in: new.to_string(),
            ..Default::default()
        };
        events.push((self.entity.clone(), Body::DispatchSubstituted(swapped)));
        Ok(events)
    }

    fn only(&self, parties: &[&gongqiao_contract::id::PartyId]) -> Result<(), Refusal> {
        if parties.contains(&&self.cx.speaker.party) {
            Ok(())
        } else {
            Err(Code::AuthNotYours.into())
        }
    }

    fn person(&self, card: &CardId) -> Result<Person, Refusal> {
        let rider = self.dispatch.manifest.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
        let placement = writable(self.cx.draft.placement(card), Code::CardNotFound)?;
        let d = self.dispatch;
        // Why: who did not turn up may have been promised to another since.
        if placement.vacancy != d.vacancy || placement.dispatch.as_ref() != Some(&d.id) {
            let why = "promised to another vacancy meanwhile";
            return Err(Refusal::new(Code::DispatchManifest).with("why", why));
        }
        Ok(rider.state())
    }

    fn nobody_left_open(&self, states: &[Person], why: &str) -> Result<(), Refusal> {
        let open: usize = states.iter().map(|s| self.dispatch.people_in(*s).count()).sum();
        if open == 0 {
            return Ok(());
        }
        let why = format!("{open} people are {why}; record each of them first");
        Err(Refusal::new(Code::DispatchManifest).with("why", why).at("/move"))
    }

    /// Everyone in `from` goes to `to`.
    fn shift(&self, events: &mut Events, from: Person, to: Person) {
        let cards: Vec<CardId> = self.dispatch.people_in(from).cloned().collect();
        self.move_people(events, &cards, to, 0);
    }

    /// Events of the group, of each person, and of the seats they give back.
    fn move_people(&self, events: &mut Events, cards: &[CardId], to: Person, evidence: i32) {
        if cards.is_empty() {
            return;
        }
        let names: Vec<String> = cards.iter().map(ToString::to_string).collect();
        for card in cards {
            events.push(self.placement_moved(card, to, evidence));
        }
        if Placement::frees_seat(to) {
            let vacancy = self.dispatch.vacancy.to_string();
            let freed = wire::SeatsFreed { vacancy, cards: names.clone() };
            events.push((vacancy::entity(self.vacancy), Body::SeatsFreed(freed)));
        }
        let moved = wire::DispatchPeopleMoved {
            dispatch: self.dispatch.id.to_string(),
            cards: names,
            to: to as i32,
        };
        events.push((self.entity.clone(), Body::DispatchPeopleMoved(moved)));
    }

    fn placement_moved(&self, card: &CardId, to: Person, evidence: i32) -> (Entity, Body) {
        let moved = wire::PlacementMoved {
            card: card.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            dispatch: self.dispatch.id.to_string(),
            to: to as i32,
            evidence,
            by: self.cx.speaker.party.to_string(),
        };
        (Entity::Placement(card.clone()), Body::PlacementMoved(moved))
    }

    /// Those in these states stay promised, without a group.
    fn back_to_loose_holds(&self, events: &mut Events, states: &[Person]) {
        let until = self.cx.now + self.cx.terms.hold;
        for card in states.iter().flat_map(|state| self.dispatch.people_in(*state)) {
            let d = self.dispatch;
            events.push(hold(d.point.as_str(), card, &d.vacancy, until, ""));
        }
    }
}

fn hold(
    point: &str,
    card: &CardId,
    vacancy: &VacancyId,
    until: time::OffsetDateTime,
    dispatch: &str,
) -> (Entity, Body) {
    let held = wire::Held {
        card: card.to_string(),
        vacancy: vacancy.to_string(),
        point: point.to_owned(),
        expires_at: Some(timestamp(until)),
        dispatch: dispatch.to_owned(),
        ..Default::default()
    };
    (Entity::Placement(card.clone()), Body::Held(held))
}
