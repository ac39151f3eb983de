//! Looking at what has changed: new signals for clerks to answer, vacancies
//! that are full and whose people can travel.

use gongqiao_contract::{
    id::PartyId,
    view::{Signal, Vacancy},
};
use gongqiao_shell::beijing;
use time::{Duration, OffsetDateTime, macros::time};

use super::{
    Week,
    agenda::{Action, Answering, awake, next_at},
    temper::{self, Temper},
};
use crate::{
    SimError,
    call::{get, list},
    points::number,
    summary::figure,
};

/// Whoever was promised so long ago travels, though the vacancy be not full:
/// a promise does not keep for ever.
const KEEPS: Duration = Duration::hours(40);
/// Between two points that open their dispatches.
const APART: Duration = Duration::minutes(3);

impl Week<'_> {
    /// Takes in what the services have done, vacancy by vacancy.
    pub(super) async fn look_around(&mut self) -> Result<(), SimError> {
        for post in 0..self.posts.len() {
            let Some(id) = self.post(post)?.id.clone() else { continue };
            let operator = &self.handles.operator;
            let path = format!("/v1/vacancies/{id}?min_sequence={}", self.sequence);
            let vacancy: Vacancy =
                get(operator, &path).await.map_err(SimError::call("a vacancy is read"))?;
            let path = format!("/v1/signals?vacancy={id}&min_sequence={}", self.sequence);
            let mut signals: Vec<Signal> =
                list(operator, &path).await.map_err(SimError::call("signals are read"))?;
            signals.sort_by(|a, b| a.point.cmp(&b.point));
            self.take_in(post, &vacancy, &signals)?;
            for signal in &signals {
                self.look_who_got_a_seat(post, signal).await?;
            }
            self.meet_new(post, &signals);
            self.plan_openings(post);
        }
        self.report();
        Ok(())
    }

    fn take_in(
        &mut self,
        post: usize,
        vacancy: &Vacancy,
        signals: &[Signal],
    ) -> Result<(), SimError> {
        let onboarded = figure(vacancy, "onboarded")?;
        let deadlines = signals.iter().filter(|s| is_open(s)).filter_map(deadline);
        let next_deadline = deadlines.min();
        let filled = {
            let Some(post) = self.posts.get_mut(post) else { return Ok(()) };
            let filled = post.free > 0 && vacancy.free_seats == 0;
            post.free = vacancy.free_seats;
            post.onboarded = onboarded;
            post.next_deadline = next_deadline;
            filled
        };
        if filled {
            self.tell_filled(post);
        }
        for signal in signals.iter().filter(|signal| signal.state == "escalated") {
            let key = (post, signal.point.clone());
            let round = self.signals.get(&key).map_or(0, |(_, round)| *round);
            if self.escalated.insert((post, signal.point.clone(), round)) {
                self.tell_escalated(
                    post,
                    &signal.point,
                    signal.quota.saturating_sub(signal.committed),
                );
            }
        }
        Ok(())
    }

    /// Each clerk who has a new signal decides how to take it.
    fn meet_new(&mut self, post: usize, signals: &[Signal]) {
        let now = self.reader.now();
        let mut new: Vec<(&Signal, OffsetDateTime, u32)> = Vec::new();
        for signal in signals.iter().filter(|signal| is_open(signal)) {
            let key = (post, signal.point.clone());
            let known = self.signals.get(&key);
            if known.is_some_and(|(by, _)| *by == signal.respond_by) {
                continue;
            }
            let round = known.map_or(0, |(_, round)| round + 1);
            let Some(respond_by) = deadline(signal) else { continue };
            self.signals.insert(key, (signal.respond_by.clone(), round));
            new.push((signal, respond_by, round));
        }
        let Some(state) = self.posts.get_mut(post).filter(|_| !new.is_empty()) else { return };
        let first = state.urgent() && !state.asked;
        state.asked = true;
        let lots = new
            .iter()
            .map(|(signal, ..)| Temper::of(self.seed, point_number(&signal.point), post, first));
        let mut tempers: Vec<Temper> = lots.collect();
        if first {
            temper::season(&mut tempers);
            let silent = new.iter().zip(&tempers).filter(|(_, t)| **t == Temper::Silent);
            state.silent_until = silent.map(|((_, by, _), _)| *by).max();
        }
        self.tell_asked(post, &new.iter().map(|(signal, ..)| *signal).collect::<Vec<_>>());
        for ((signal, respond_by, round), temper) in new.into_iter().zip(tempers) {
            let point = signal.point.clone();
            let lot = point_number(&point);
            self.tempers.insert((post, point.clone()), temper);
            if let Some(at) = temper.answers_at(self.seed, lot, post, now, respond_by) {
                let answering = Answering { post, point, part: 0, round };
                self.agenda.add(at, Action::Answer(answering));
            }
        }
    }

    /// When a vacancy is full, or promises grow old, the points that have
    /// people for it open their dispatches, one after the other.
    fn plan_openings(&mut self, post: usize) {
        let now = self.reader.now();
        let full = self.posts.get(post).is_some_and(|post| post.free == 0);
        let rooms = self.rooms.iter_mut().filter(|((of, _), room)| {
            *of == post && !room.planned && (full || now - room.since >= KEEPS)
        });
        let mut at = opening_hour(now);
        for ((_, point), room) in rooms {
            room.planned = true;
            self.agenda.add(at, Action::Open { post, point: point.clone() });
            at += APART;
        }
    }
}

/// In an hour, if it is early enough for the enterprise to answer today; else
/// tomorrow morning.
fn opening_hour(now: OffsetDateTime) -> OffsetDateTime {
    let at = awake(now + Duration::HOUR);
    if next_at(time!(17:00), now) > at { at } else { next_at(time!(8:00), now) }
}

pub(super) fn is_open(signal: &Signal) -> bool {
    matches!(signal.state.as_str(), "open" | "partly")
}

pub(super) fn deadline(signal: &Signal) -> Option<OffsetDateTime> {
    beijing::parse(&signal.respond_by).ok()
}

/// A point as a number to draw lots with.
pub(super) fn point_number(point: &PartyId) -> u64 {
    point.as_str().parse().map(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn dispatches_are_opened_in_office_hours() {
        for (now, expected) in [
            (datetime!(2021-07-13 10:00 +8), datetime!(2021-07-13 11:00 +8)),
            (datetime!(2021-07-13 16:30 +8), datetime!(2021-07-14 08:00 +8)),
            (datetime!(2021-07-13 20:30 +8), datetime!(2021-07-14 07:30 +8)),
        ] {
            assert_eq!(opening_hour(now), expected, "{now}");
        }
    }
}
