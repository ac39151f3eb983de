//! A clerk answers a signal, having phoned the people on its list.

use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{
    Code,
    id::{PartyId, SignalId, VacancyId},
    view::{Candidate, Problem, Signal, Vacancy},
    wire::{
        AnswerSignal,
        answer_signal::{Answer, Commit, Decline},
        decline_reason::Value as Reason,
    },
};

use super::{
    Promised, Room, Week,
    agenda::{Action, Answering},
    look::{deadline, is_open, point_number},
    temper::{Temper, second_part},
};
use crate::{
    SimError,
    call::get,
    people::{is_willing, who_has},
    random::{Lot, draw},
};

/// Seats that the others leave while a clerk is silent. Why: without them a
/// vacancy could fill before the silent one's time runs out, and the week
/// would not show what happens then.
const LEFT_FOR_THE_SILENT: u32 = 3;

/// What came of a commitment.
enum Committed {
    /// These are promised.
    Promised(Vec<Promised>),
    /// Nobody can be: no seat is left, or the signal is no longer open.
    TooLate,
}

impl Week<'_> {
    pub(super) async fn answer(&mut self, answering: Answering) -> Result<(), SimError> {
        let Answering { post, point, part, round } = &answering;
        let (post, point) = (*post, point);
        let client = self.handles.client(point)?.clone();
        let id = SignalId { point: point.clone(), vacancy: self.vacancy(post)?.clone() };
        let signal: Signal = get(&client, &format!("/v1/signals/{id}"))
            .await
            .map_err(SimError::call("a clerk reads a signal"))?;
        if !is_open(&signal) {
            return Ok(());
        }
        let temper = self.tempers.get(&(post, point.clone())).copied().unwrap_or(Temper::Hours);
        let elsewhere = self.is_bound_elsewhere(post, point);
        let mut people = self.willing(post, &signal.candidates);
        if elsewhere || people.is_empty() || temper == Temper::Declines {
            return self.decline(&client, &answering, &id, elsewhere).await;
        }
        let missing = signal.quota.saturating_sub(signal.committed) as usize;
        people.truncate(missing);
        let in_two = *part == 0 && temper == Temper::TwoParts && people.len() > 1;
        if in_two {
            people.truncate(people.len().div_ceil(2));
        }
        let room = self.seats_to_take(post, &client, &id.vacancy).await?;
        let held_back = people.len() > room;
        people.truncate(room);
        if people.is_empty() {
            // Why: nothing to say now; the signal ends by itself.
            return Ok(());
        }
        let complete = !in_two && !held_back;
        let promised = match self.commit(&client, &answering, &id, people, complete).await? {
            Committed::Promised(people) => people,
            Committed::TooLate => return Ok(()),
        };
        self.note_down(post, point, promised);
        if in_two && let Some(by) = deadline(&signal) {
            let lot = point_number(point);
            let at = second_part(self.seed, lot, post, self.reader.now(), by);
            let second = Answering { post, point: point.clone(), part: part + 1, round: *round };
            self.agenda.add(at, Action::Answer(second));
        }
        Ok(())
    }

    /// Whether the point has promised its people to the other plant.
    fn is_bound_elsewhere(&self, post: usize, point: &PartyId) -> bool {
        let urgent = self.posts.get(post).is_some_and(super::Post::urgent);
        urgent && self.bound.get(point).is_some_and(|bound| *bound != post)
    }

    /// Those on the list who can be reached and would go, best first.
    fn willing(&self, post: usize, candidates: &[Candidate]) -> Vec<Promised> {
        let reached = candidates.iter().filter(|candidate| !candidate.held).filter_map(|c| {
            let who = who_has(c.phone.as_deref()?)?;
            Some(Promised { card: c.card.clone(), who })
        });
        reached.filter(|person| is_willing(self.seed, person.who, post)).collect()
    }

    /// How many seats a clerk would take at most.
    async fn seats_to_take(
        &self,
        post: usize,
        client: &Client,
        vacancy: &VacancyId,
    ) -> Result<usize, SimError> {
        let silent = self.post(post)?.silent_until.is_some_and(|at| self.reader.now() < at);
        if !silent {
            return Ok(usize::MAX);
        }
        let vacancy: Vacancy = get(client, &format!("/v1/vacancies/{vacancy}"))
            .await
            .map_err(SimError::call("a clerk reads a vacancy"))?;
        Ok(vacancy.free_seats.saturating_sub(LEFT_FOR_THE_SILENT) as usize)
    }

    /// Commits these people, or as many of them as can be. Each refusal that
    /// is tried again leaves somebody out, so that this ends.
    async fn commit(
        &mut self,
        client: &Client,
        answering: &Answering,
        id: &SignalId,
        mut people: Vec<Promised>,
        complete: bool,
    ) -> Result<Committed, SimError> {
        let path = format!("/v1/signals/{id}/answer");
        while !people.is_empty() {
            let cards = people.iter().map(|person| person.card.to_string()).collect();
            let commit = Commit { cards, complete, ..Commit::default() };
            let ask =
                AnswerSignal { answer: Some(Answer::Commit(commit)), ..AnswerSignal::default() };
            let what = format!("{}-{}", name_of(answering), people.len());
            let refused = match self.send(client, &path, &ask, &what).await {
                Ok(receipt) => {
                    self.tell_committed(answering.post, &answering.point, people.len());
                    self.done(&receipt).await?;
                    return Ok(Committed::Promised(people));
                }
                Err(ClientError::Refused(refused)) => refused,
                Err(e) => return Err(SimError::call("a clerk commits people")(e)),
            };
            let before = people.len();
            if refused.code == Code::VacancyFull.as_str() {
                people.truncate(remaining(&refused));
            } else if let Some(index) = card_in_the_way(&refused).filter(|i| *i < before) {
                people.remove(index);
            } else if is_too_late(&refused) {
                return Ok(Committed::TooLate);
            }
            if people.len() == before {
                let refused = ClientError::Refused(refused);
                return Err(SimError::call("a clerk commits people")(refused));
            }
        }
        Ok(Committed::TooLate)
    }

    async fn decline(
        &mut self,
        client: &Client,
        answering: &Answering,
        id: &SignalId,
        elsewhere: bool,
    ) -> Result<(), SimError> {
        let lot = draw(self.seed, Lot::Reason, point_number(&answering.point), 0);
        let reasons = [Reason::NobodyWilling, Reason::Away, Reason::Pay, Reason::Shift];
        let reason = match lot.one_of(&reasons) {
            Some(reason) if !elsewhere => reason,
            _ => Reason::Other,
        };
        let answer = Some(Answer::Decline(Decline { reason: reason as i32 }));
        let ask = AnswerSignal { answer, ..AnswerSignal::default() };
        let path = format!("/v1/signals/{id}/answer");
        let what = format!("{}-decline", name_of(answering));
        match self.send(client, &path, &ask, &what).await {
            Ok(receipt) => {
                self.tell_declined(answering.post, &answering.point);
                self.done(&receipt).await
            }
            Err(ClientError::Refused(refused)) if is_too_late(&refused) => Ok(()),
            Err(e) => Err(SimError::call("a clerk declines")(e)),
        }
    }

    fn note_down(&mut self, post: usize, point: &PartyId, people: Vec<Promised>) {
        if self.posts.get(post).is_some_and(super::Post::urgent) {
            self.bound.insert(point.clone(), post);
        }
        let now = self.reader.now();
        let room = self.rooms.entry((post, point.clone())).or_insert_with(|| Room {
            people: Vec::new(),
            since: now,
            planned: false,
        });
        room.people.extend(people);
    }
}

fn name_of(answering: &Answering) -> String {
    let Answering { post, point, part, round } = answering;
    format!("answer-{post}-{point}-{round}-{part}")
}

/// Seats that a refusal says are left.
fn remaining(refused: &Problem) -> usize {
    refused.params.get("remaining").and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// The place in the list to which a refusal points.
fn card_in_the_way(refused: &Problem) -> Option<usize> {
    let pointer = refused.pointer.as_deref()?;
    pointer.strip_prefix("/commit/cards/")?.parse().ok()
}

fn is_too_late(refused: &Problem) -> bool {
    [Code::SignalNotOpen, Code::VacancyNotOpen].iter().any(|code| code.as_str() == refused.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Problem {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_full_vacancy_says_how_many_seats_are_left() {
        let refused = problem(r#"{"code":"vacancy.full","params":{"remaining":"6","asked":"12"}}"#);
        assert_eq!(remaining(&refused), 6);
        assert_eq!(remaining(&problem(r#"{"code":"vacancy.full"}"#)), 0);
    }

    #[test]
    fn a_refusal_points_at_the_card_in_the_way() {
        let refused = problem(r#"{"code":"card.held","pointer":"/commit/cards/3"}"#);
        assert_eq!(card_in_the_way(&refused), Some(3));
        assert_eq!(card_in_the_way(&problem(r#"{"code":"card.held","pointer":"/x"}"#)), None);
    }

    #[test]
    fn only_what_has_ended_is_too_late() {
        assert!(is_too_late(&problem(r#"{"code":"signal.not_open"}"#)));
        assert!(!is_too_late(&problem(r#"{"code":"card.held"}"#)));
    }
}
