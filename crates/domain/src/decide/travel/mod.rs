//! Groups on the way, and each person in them. One file per thing that can be
//! asked of a group; here stands what they share.

mod boarding;
mod chase;
mod delay;
mod evidence;
mod join;
mod merge;
mod moves;
mod open;
mod people;
mod substitute;
mod warnings;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, DispatchId, PartyId},
    subject::Entity,
    wire::{
        self, dispatch_state::Value as State, evidence::Value as Evidence, fact::Body,
        party_kind::Value as Kind, placement_state::Value as Person, record_dispatch_event::Event,
    },
};
use time::{Date, OffsetDateTime};

use super::{Context, Decision, answer, correction, serves, vacancy, writable};
use crate::{
    entity::{
        At, Dispatch, Fold as _, Placement, Rider, Vacancy, beijing_day, dispatch_state_name,
        instant, timestamp,
    },
    matching::fit::{Age, age},
};

pub(super) use open::open;
pub use open::{SealedCrew, check_crew};
pub use warnings::warnings;

/// Most people of one group: its arrival is one transaction.
const MAX_PEOPLE: usize = 500;

const _: () = assert!(MAX_PEOPLE + 10 < 1000, "an arrival fits in a transaction");

/// Whether `desk` speaks for the whole group: its people travel along with the
/// attendant of this desk.
pub fn leads(desk: &PartyId, dispatch: &Dispatch) -> bool {
    serves(desk, &dispatch.point)
}

/// Whether `desk` has to do with the group: it leads it, or people of a point
/// that it serves are, or were, on it.
pub fn involves(desk: &PartyId, dispatch: &Dispatch) -> bool {
    dispatch.points().into_iter().any(|point| serves(desk, point))
}

pub(super) fn record(
    cx: &Context<'_>,
    id: &DispatchId,
    ask: &wire::RecordDispatchEvent,
) -> Result<Decision, Refusal> {
    let dispatch = writable(cx.draft.dispatch(id), Code::DispatchNotFound)?;
    if !takes_part(cx, dispatch, ask.event.as_ref()) {
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
    let group = Group::of(cx, dispatch)?;
    let decision = |events| Decision::of(id, events).under(&dispatch.agreement);
    let warned = |events: Events| {
        let told = group.warned(&events);
        decision(events).telling(told)
    };
    Ok(match ask.event.as_ref() {
        Some(Event::Move(to)) => decision(group.moved(*to, ask.evidence)?),
        Some(Event::People(people)) => decision(group.people(people)?),
        Some(Event::Substitute(swap)) => decision(group.substituted(swap)?),
        Some(Event::Join(join)) => warned(group.joined(join)?),
        Some(Event::WalkIn(walk_in)) => warned(group.walked_in(walk_in)?),
        Some(Event::RefuseBoarding(refusal)) => decision(group.refused_boarding(refusal)?),
        Some(Event::Merge(merge)) => group.merged(merge)?,
        Some(Event::Propose(propose)) => decision(group.proposed(propose)?),
        Some(Event::Chase(_)) => decision(group.chased()?),
        Some(Event::Delay(delay)) => warned(group.delayed(delay)?),
        Some(Event::Correct(_)) | None => return Err(Refusal::new(Code::FieldRequired).at("")),
    })
}

/// Whether the group is the speaker's business. A point that is not part of it
/// yet may come to be, with people who are promised to the same vacancy.
fn takes_part(cx: &Context<'_>, dispatch: &Dispatch, event: Option<&Event>) -> bool {
    let speaker = &cx.speaker.party;
    match cx.speaker.kind {
        Kind::Operator | Kind::Service => true,
        _ if *speaker == dispatch.enterprise || involves(speaker, dispatch) => true,
        Kind::ServicePoint => {
            let Some(Event::Join(join)) = event else { return false };
            let cards = join.cards.iter().filter_map(|card| card.parse().ok());
            let promised = |card: CardId| {
                let placement = cx.draft.placement(&card);
                placement
                    .is_some_and(|p| p.vacancy == dispatch.vacancy && serves(speaker, &p.point))
            };
            cards.into_iter().any(promised)
        }
        _ => false,
    }
}

type Events = Vec<(Entity, Body)>;

/// One group and what is around it, while an event is being decided.
struct Group<'a> {
    cx: &'a Context<'a>,
    dispatch: &'a Dispatch,
    vacancy: &'a Vacancy,
}

impl<'a> Group<'a> {
    fn of(cx: &'a Context<'_>, dispatch: &'a Dispatch) -> Result<Self, Refusal> {
        let vacancy = writable(cx.draft.vacancy(&dispatch.vacancy), Code::VacancyNotFound)?;
        Ok(Self { cx, dispatch, vacancy })
    }

    /// What should be looked at once these events have happened.
    fn warned(&self, events: &[(Entity, Body)]) -> wire::Told {
        let at = At { sequence: self.dispatch.sequence, recorded_at: self.cx.now };
        let mut after = Some(self.dispatch.clone());
        for (_, body) in events.iter().filter(|(entity, _)| *entity == self.entity()) {
            // Why: what was decided here is understood here; if it were not, the
            // warnings would be those of a moment ago.
            let _ = Dispatch::fold(&mut after, at, body);
        }
        let warnings = warnings(after.as_ref().unwrap_or(self.dispatch), &self.vacancy.terms);
        let warnings = warnings.into_iter().map(|warning| warning as i32).collect();
        wire::Told { warnings, ..Default::default() }
    }

    fn entity(&self) -> Entity {
        Entity::Dispatch { to: self.dispatch.to, dispatch: self.dispatch.id.clone() }
    }

    fn is_enterprise(&self) -> bool {
        self.cx.speaker.party == self.dispatch.enterprise
    }

    fn only_enterprise(&self) -> Result<(), Refusal> {
        yours(self.is_enterprise())
    }

    /// Only for the point that speaks for the group.
    fn only_lead(&self) -> Result<(), Refusal> {
        yours(leads(&self.cx.speaker.party, self.dispatch))
    }

    /// Only for the point of these people, and for the one that leads.
    fn only_for(&self, point: &PartyId) -> Result<(), Refusal> {
        let speaker = &self.cx.speaker.party;
        yours(leads(speaker, self.dispatch) || serves(speaker, point))
    }

    /// Only for a point that is part of the group.
    fn only_points(&self) -> Result<(), Refusal> {
        yours(involves(&self.cx.speaker.party, self.dispatch))
    }

    fn only_while(&self, states: &[State], to: &str, at: &str) -> Result<(), Refusal> {
        let state = self.dispatch.state();
        if states.contains(&state) {
            return Ok(());
        }
        let refusal = Refusal::new(Code::DispatchIllegal).with("state", dispatch_state_name(state));
        Err(refusal.with("to", to).at(at))
    }

    /// The person on the manifest, if the person still belongs to the group.
    fn person(&self, card: &CardId) -> Result<&'a Rider, Refusal> {
        let d = self.dispatch;
        let missing = Refusal::new(Code::DispatchNotOnIt).with("dispatch", &d.id);
        let rider = d.manifest.get(card).ok_or(missing)?;
        let placement = self.cx.placement(card, Code::CardNotFound)?;
        // Why: who did not turn up may have been promised to another since.
        if placement.vacancy != d.vacancy || placement.dispatch.as_ref() != Some(&d.id) {
            return Err(Code::CardElsewhere.into());
        }
        Ok(rider)
    }

    /// Whether so many more people find a seat.
    fn room_for(&self, more: usize, at: &str) -> Result<(), Refusal> {
        let d = self.dispatch;
        if d.manifest.len() + more > MAX_PEOPLE {
            let refusal = Refusal::new(Code::FieldRange).with("min", 1).with("max", MAX_PEOPLE);
            return Err(refusal.at(at));
        }
        let people = d.seats_taken() as usize + more;
        match d.seats() {
            Some(seats) if people > seats as usize => Err(no_seats(seats, people).at(at)),
            _ => Ok(()),
        }
    }

    /// Until when a promise lasts that the group keeps alive.
    fn until(&self) -> OffsetDateTime {
        let departs_at = self.dispatch.opened.departs_at.as_ref().map(instant);
        departs_at.map_or(self.cx.now, |at| at.max(self.cx.now))
            + self.cx.terms.hold_after_departure
    }

    /// Everyone in `from` goes to `to`.
    fn shift(&self, events: &mut Events, from: Person, to: Person, evidence: Evidence) {
        let cards: Vec<CardId> = self.dispatch.people_in(from).cloned().collect();
        self.move_people(events, &cards, to, evidence);
    }

    /// Events of the group, of each person, and of the seats they give back.
    fn move_people(&self, events: &mut Events, cards: &[CardId], to: Person, evidence: Evidence) {
        if cards.is_empty() {
            return;
        }
        for card in cards {
            events.push(self.placement_moved(card, to, evidence));
        }
        self.people_moved(events, cards, to);
    }

    /// Events of the group and of the seats that people give back.
    fn people_moved(&self, events: &mut Events, cards: &[CardId], to: Person) {
        let names: Vec<String> = cards.iter().map(ToString::to_string).collect();
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
        events.push((self.entity(), Body::DispatchPeopleMoved(moved)));
    }

    fn placement_moved(&self, card: &CardId, to: Person, evidence: Evidence) -> (Entity, Body) {
        let moved = wire::PlacementMoved {
            card: card.to_string(),
            vacancy: self.dispatch.vacancy.to_string(),
            dispatch: self.dispatch.id.to_string(),
            to: to as i32,
            evidence: evidence as i32,
            by: self.cx.speaker.party.to_string(),
        };
        (Entity::Placement(card.clone()), Body::PlacementMoved(moved))
    }
}

fn yours(is: bool) -> Result<(), Refusal> {
    if is { Ok(()) } else { Err(Code::AuthNotYours.into()) }
}

fn no_seats(seats: u32, people: usize) -> Refusal {
    Refusal::new(Code::DispatchSeats).with("seats", seats).with("people", people)
}

/// A promise renewed: kept alive by a group, or loose again.
fn renewed(
    cx: &Context<'_>,
    card: &CardId,
    dispatch: Option<&DispatchId>,
    until: OffsetDateTime,
) -> Result<(Entity, Body), Refusal> {
    let placement = cx.placement(card, Code::CardNotPromised)?;
    let held = wire::Held {
        card: card.to_string(),
        vacancy: placement.vacancy.to_string(),
        point: placement.point.to_string(),
        expires_at: Some(timestamp(until)),
        dispatch: dispatch.map(ToString::to_string).unwrap_or_default(),
        minor: placement.minor,
    };
    Ok((Entity::Placement(card.clone()), Body::Held(held)))
}

/// The point whose register names the person, if the speaker may send the
/// person: a desk those that it serves, the bureau anybody.
fn own_point(cx: &Context<'_>, card: &CardId) -> Result<PartyId, Refusal> {
    cx.not_erased(card)?;
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    let point: PartyId =
        facets.point.to_string().parse().map_err(|_| Refusal::new(Code::CardNotFound))?;
    if cx.speaker.is_operator() || serves(&cx.speaker.party, &point) {
        Ok(point)
    } else {
        Err(Code::CardNotFound.into())
    }
}

/// The person as a passenger, if promised to this vacancy and not yet on the
/// way with another group.
fn passenger(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    card: &CardId,
    departs: Option<OffsetDateTime>,
) -> Result<wire::Passenger, Refusal> {
    let point = own_point(cx, card)?;
    cx.usable(card)?;
    let placement = cx.placement(card, Code::CardNotPromised)?;
    if placement.state() != Person::Held || placement.vacancy != vacancy.id {
        return Err(Code::CardNotPromised.into());
    }
    if let Some(dispatch) = &placement.dispatch {
        return Err(Refusal::new(Code::CardOnGroup).with("dispatch", dispatch));
    }
    old_enough(cx, vacancy, card, departs)?;
    Ok(wire::Passenger { card: card.to_string(), point: point.to_string(), minor: placement.minor })
}

/// Whether the person is sixteen when the way begins.
///
/// Why once more: since the promise the day of need may have moved, and the
/// group may leave before it.
fn old_enough(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    card: &CardId,
    departs: Option<OffsetDateTime>,
) -> Result<(), Refusal> {
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    let needed = answer::demand(vacancy)?.day_of_need(facets.available_from);
    let day = first_day(needed, departs);
    match (age(facets.birth_year, day), cx.ages.on(card, day)) {
        (_, Some(Ok(_))) | (Ok(Age::Full | Age::Minor), None) => Ok(()),
        _ => Err(Code::CardUnderage.into()),
    }
}

/// The day by which somebody who travels must be old enough to work.
pub fn first_day(needed: Date, departs: Option<OffsetDateTime>) -> Date {
    departs.map_or(needed, |at| beijing_day(at).min(needed))
}
