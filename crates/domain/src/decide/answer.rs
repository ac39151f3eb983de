//! A point's answer: what people said on the phone, whom it promises, who no
//! longer waits, or that nobody comes. One transaction: calls recorded, cards
//! held, seats taken, people put on standby, together or not at all.

use std::collections::HashMap;

use gongqiao_contract::{
    Code, Refusal,
    id::{CardId, SignalId},
    subject::Entity,
    wire::{
        self, answer_signal::Answer, call_outcome::Value as Outcome, data_class::Value as Class,
        decline_reason, evidence::Value as Evidence, fact::Body, party_kind::Value as Kind,
        placement_state::Value as Person,
    },
};

use super::{
    Context, Decision, MAX_CARDS, cards_at, serves, serves_division, signal, standby, vacancy,
    writable,
};
use crate::{
    consent,
    entity::{Placement, Signal, Vacancy, timestamp},
    matching::fit::{Age, Demand, Fit, fit},
};

pub(super) fn answer(
    cx: &Context<'_>,
    id: &SignalId,
    ask: &wire::AnswerSignal,
) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint])?;
    if !serves(&cx.speaker.party, &id.point) {
        // Why: whom else was asked is not for this speaker to learn.
        return Err(Code::SignalNotFound.into());
    }
    let signal = writable(cx.draft.signal(id), Code::SignalNotFound)?;
    // Why: whatever became of the signal, people may be promised to a vacancy that stands.
    let vacancy = vacancy::open(cx, &id.vacancy)?;
    let mut answering = Answering { cx, signal, vacancy, said: HashMap::new() };
    let mut decision = Decision::of(id, Vec::new());
    answering.calls(&ask.calls, &mut decision)?;
    answering.leave_standby(&ask.leave_standby, &mut decision)?;
    match &ask.answer {
        Some(Answer::Commit(commit)) => answering.commit(commit, &mut decision)?,
        Some(Answer::Decline(decline)) => answering.decline(decline.reason, &mut decision)?,
        None if decision.events.is_empty() => {
            let why = "calls, leaveStandby, and commit or decline: at least one of them";
            return Err(Refusal::new(Code::FieldInvalid).with("why", why).at(""));
        }
        None => {}
    }
    Ok(decision)
}

/// One answer while it is being decided.
struct Answering<'a> {
    cx: &'a Context<'a>,
    signal: &'a Signal,
    vacancy: &'a Vacancy,
    /// What people said, as far as this answer tells it.
    said: HashMap<CardId, Outcome>,
}

impl Answering<'_> {
    /// Takes in calls. Anybody of the register may be phoned, or come to the desk.
    fn calls(&mut self, calls: &[wire::Call], decision: &mut Decision) -> Result<(), Refusal> {
        if calls.is_empty() {
            return Ok(());
        }
        let cards: Vec<String> = calls.iter().map(|call| call.card.clone()).collect();
        let cards = cards_at("/calls", &cards).map_err(at_card)?;
        let mut willing = 0;
        for (index, (card, call)) in cards.into_iter().zip(calls).enumerate() {
            own_card(self.cx, self.signal.id.point.as_str(), &card)
                .and_then(|()| self.cx.usable(&card))
                .map_err(|refusal| refusal.at(format!("/calls/{index}/card")))?;
            let outcome = Outcome::try_from(call.outcome).unwrap_or_default();
            if outcome == Outcome::Unspecified {
                let refusal = Refusal::new(Code::FieldRequired);
                return Err(refusal.at(format!("/calls/{index}/outcome")));
            }
            let yes = |said| i32::from(said == Outcome::Willing);
            willing += yes(outcome) - self.signal.said(&card).map_or(0, yes);
            self.said.insert(card, outcome);
        }
        let released = self.given_back(decision);
        let called = Body::SignalCalled(wire::SignalCalled {
            vacancy: self.vacancy.id.to_string(),
            point: self.signal.id.point.to_string(),
            calls: calls.to_vec(),
            willing,
            desk: self.desk(),
        });
        decision.events.push((self.entity(), called));
        decision.told.released = count(released);
        Ok(())
    }

    /// Whoever is promised and now says no gives the seat back. Of who stands
    /// on a manifest the group says what becomes of them.
    fn given_back(&self, decision: &mut Decision) -> usize {
        let says_no = |said: &Outcome| matches!(said, Outcome::Unwilling | Outcome::Away);
        let mut cards: Vec<&CardId> =
            self.said.iter().filter(|(_, said)| says_no(said)).map(|(card, _)| card).collect();
        cards.retain(|card| {
            self.cx.draft.placement(card).is_some_and(|one| {
                one.state() == Person::Held
                    && one.vacancy == self.vacancy.id
                    && one.dispatch.is_none()
            })
        });
        cards.sort_unstable();
        for card in &cards {
            let declined = wire::PlacementMoved {
                card: card.to_string(),
                vacancy: self.vacancy.id.to_string(),
                to: Person::Declined as i32,
                evidence: Evidence::WorkerCall as i32,
                by: self.cx.speaker.party.to_string(),
                ..Default::default()
            };
            let entity = Entity::Placement((*card).clone());
            decision.events.push((entity, Body::PlacementMoved(declined)));
        }
        if !cards.is_empty() {
            let names = cards.iter().map(ToString::to_string).collect();
            let vacancy = self.vacancy.id.to_string();
            let freed = wire::SeatsFreed { vacancy, cards: names };
            decision.events.push((vacancy::entity(self.vacancy), Body::SeatsFreed(freed)));
        }
        cards.len()
    }

    fn leave_standby(&self, cards: &[String], decision: &mut Decision) -> Result<(), Refusal> {
        if cards.is_empty() {
            return Ok(());
        }
        for (index, card) in cards_at("/leaveStandby", cards)?.iter().enumerate() {
            let waits = self.vacancy.on_standby(card);
            own_card(self.cx, self.signal.id.point.as_str(), card)
                .and_then(|()| if waits { Ok(()) } else { Err(Code::CardNotFound.into()) })
                .map_err(|refusal| refusal.at(format!("/leaveStandby/{index}")))?;
        }
        let why = wire::standby_end::Value::Left;
        decision.events.push(standby::left(self.vacancy, cards.to_vec(), why));
        Ok(())
    }

    /// Seats in the order given, as long as there are some; whoever comes
    /// after that waits.
    fn commit(
        &self,
        ask: &wire::answer_signal::Commit,
        decision: &mut Decision,
    ) -> Result<(), Refusal> {
        let Self { cx, signal, vacancy, .. } = self;
        cx.still_covered(vacancy, Class::Vacancies)?;
        let demand = demand(vacancy)?;
        let cards = cards_at("/commit/cards", &ask.cards)?;
        let mut seats = standby::seats_left(cx, vacancy, &demand);
        // Why: whose work here has ended has left the seat taken, and comes back to it.
        let new = cards.iter().filter(|card| !vacancy.seats.contains_key(*card)).count();
        if ask.seats_only && new > seats {
            let refusal = Refusal::new(Code::VacancyFull).with("remaining", seats);
            return Err(refusal.with("asked", new));
        }
        let mut minors = Vec::with_capacity(cards.len());
        for (index, card) in cards.iter().enumerate() {
            let fit = self
                .may_promise(&demand, card)
                .map_err(|refusal| refusal.at(format!("/commit/cards/{index}")))?;
            minors.push(fit.age == Age::Minor);
        }
        let people = cards.iter().zip(minors).map(|(card, minor)| wire::Standby {
            card: card.to_string(),
            point: signal.id.point.to_string(),
            score: signal.score(card),
            minor,
        });
        let (people, waiting): (Vec<_>, Vec<_>) = people.partition(|one| {
            let has_one = vacancy.seats.contains_key(one.card.as_str());
            let gets_one = has_one || seats > 0;
            seats -= usize::from(gets_one && !has_one);
            gets_one
        });
        let names = |people: &[wire::Standby]| people.iter().map(|one| one.card.clone()).collect();
        let answered = Body::SignalAnswered(wire::SignalAnswered {
            vacancy: vacancy.id.to_string(),
            point: signal.id.point.to_string(),
            cards: names(&people),
            complete: ask.complete,
            desk: self.desk(),
            standby: names(&waiting),
        });
        decision.told.committed = count(people.len());
        decision.told.standby = count(waiting.len());
        decision.events.extend(seated(cx, vacancy, &people)?);
        if !waiting.is_empty() {
            let joined = wire::StandbyJoined { vacancy: vacancy.id.to_string(), people: waiting };
            decision.events.push((vacancy::entity(vacancy), Body::StandbyJoined(joined)));
        }
        decision.events.push((self.entity(), answered));
        decision.agreement = Some(vacancy.agreement.clone());
        Ok(())
    }

    /// Whether this card may be promised now. Also those on the signal's list
    /// are looked at anew: they may have changed since.
    fn may_promise(&self, demand: &Demand, card: &CardId) -> Result<Fit, Refusal> {
        own_card(self.cx, self.signal.id.point.as_str(), card)?;
        free(self.cx, card)?;
        if self.vacancy.on_standby(card) {
            return Err(Code::CardOnStandby.into());
        }
        match self.said.get(card).copied().or_else(|| self.signal.said(card)) {
            Some(Outcome::Willing) => fits(self.cx, demand, card),
            said => {
                let said = said.map_or("not_called", outcome_name);
                Err(Refusal::new(Code::CardNotWilling).with("said", said))
            }
        }
    }

    fn decline(&self, reason: i32, decision: &mut Decision) -> Result<(), Refusal> {
        signal::open(self.cx, &self.signal.id)?;
        let known = decline_reason::Value::try_from(reason).unwrap_or_default();
        if known == decline_reason::Value::Unspecified {
            return Err(Refusal::new(Code::FieldRequired).at("/decline/reason"));
        }
        let declined = Body::SignalDeclined(wire::SignalDeclined {
            vacancy: self.vacancy.id.to_string(),
            point: self.signal.id.point.to_string(),
            reason,
            desk: self.desk(),
        });
        decision.events.push((self.entity(), declined));
        Ok(())
    }

    fn entity(&self) -> Entity {
        Entity::Signal(self.signal.id.clone())
    }

    /// The desk that answers, where it is not the point itself.
    fn desk(&self) -> String {
        let desk = &self.cx.speaker.party;
        if *desk == self.signal.id.point { String::new() } else { desk.to_string() }
    }
}

/// Gives seats to people, in their order: each is held, and each run of one
/// point's people takes its seats.
pub(super) fn seated(
    cx: &Context<'_>,
    vacancy: &Vacancy,
    people: &[wire::Standby],
) -> Result<Vec<(Entity, Body)>, Refusal> {
    let mut events = Vec::with_capacity(people.len() + 1);
    for one in people {
        let card: CardId = one.card.parse().map_err(|_| Refusal::new(Code::CardNotFound))?;
        let held = Body::Held(wire::Held {
            card: one.card.clone(),
            vacancy: vacancy.id.to_string(),
            point: one.point.clone(),
            expires_at: Some(timestamp(cx.now + cx.terms.hold)),
            minor: one.minor,
            ..Default::default()
        });
        events.push((Entity::Placement(card), held));
    }
    // Why: whose work here has ended has left the seat taken, and would have
    // two when promised anew.
    let left: Vec<String> = people
        .iter()
        .filter(|one| vacancy.seats.contains_key(one.card.as_str()))
        .map(|one| one.card.clone())
        .collect();
    if !left.is_empty() {
        let freed = wire::SeatsFreed { vacancy: vacancy.id.to_string(), cards: left };
        events.push((vacancy::entity(vacancy), Body::SeatsFreed(freed)));
    }
    for run in people.chunk_by(|one, next| one.point == next.point) {
        let taken = Body::SeatsTaken(wire::SeatsTaken {
            vacancy: vacancy.id.to_string(),
            point: run[0].point.clone(),
            cards: run.iter().map(|one| one.card.clone()).collect(),
            again: false,
        });
        events.push((vacancy::entity(vacancy), taken));
    }
    Ok(events)
}

/// What the vacancy asks, prepared for many cards.
pub(super) fn demand(vacancy: &Vacancy) -> Result<Demand, Refusal> {
    Demand::of(&vacancy.terms).map_err(|why| Refusal::new(Code::CardUnfit).with("why", why.code()))
}

/// How a card fits what is asked, with the age by the date of birth where the
/// gate has looked at it. Nobody is promised whose year of birth leaves open
/// whether sixteen is reached, and whose date nobody has looked at.
pub(super) fn fits(cx: &Context<'_>, demand: &Demand, card: &CardId) -> Result<Fit, Refusal> {
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    if facets.read_only {
        return Err(Code::NewerSchema.into());
    }
    let standing = cx.draft.worker(card).and_then(|worker| worker.value.as_ref());
    let said = consent::said(facets, standing.map(|worker| &worker.standing), cx.now);
    let fit = fit(facets, demand, false, said)
        .map_err(|why| Refusal::new(Code::CardUnfit).with("why", why.code()))?;
    let looked = cx.ages.on(card, demand.day_of_need(facets.available_from));
    match (fit.age, looked) {
        (Age::ToCheck, None) | (_, Some(Err(_))) => Err(Code::CardUnderage.into()),
        (_, Some(Ok(age))) => Ok(Fit { age, ..fit }),
        (Age::Full | Age::Minor, None) => Ok(fit),
    }
}

/// Whether the card stands in a register that the desk of `point` serves.
pub(super) fn own_card(cx: &Context<'_>, point: &str, card: &CardId) -> Result<(), Refusal> {
    cx.not_erased(card)?;
    let facets = cx.register.get(card).ok_or(Refusal::new(Code::CardNotFound))?;
    let served = point.parse().is_ok_and(|desk| serves_division(&desk, facets.point));
    if served { Ok(()) } else { Err(Code::CardNotFound.into()) }
}

/// Whether the person is promised to nobody.
pub(super) fn free(cx: &Context<'_>, card: &CardId) -> Result<(), Refusal> {
    cx.usable(card)?;
    let placement = cx.placement_if_any(card)?;
    if placement.is_some_and(Placement::is_bound) { Err(Code::CardHeld.into()) } else { Ok(()) }
}

/// A place in the list of calls, down to the card.
fn at_card(refusal: Refusal) -> Refusal {
    match refusal.pointer.clone() {
        Some(pointer) if pointer != "/calls" => refusal.at(format!("{pointer}/card")),
        _ => refusal,
    }
}

/// An outcome as it stands in refusals.
fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unspecified => "unknown",
        Outcome::Willing => "willing",
        Outcome::Undecided => "undecided",
        Outcome::Unwilling => "unwilling",
        Outcome::Away => "away",
        Outcome::NoAnswer => "no_answer",
    }
}

fn count(people: usize) -> u32 {
    u32::try_from(people).unwrap_or(u32::MAX)
}

const _: () = assert!(MAX_CARDS * 3 + 10 < 1000, "an answer or a promotion fits in a transaction");
