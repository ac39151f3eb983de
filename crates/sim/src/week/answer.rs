//! A clerk answers a signal, having phoned the people on its list.

use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{
    Code,
    id::{CardId, PartyId, SignalId, VacancyId},
    view::{Candidate, Problem, Signal, Vacancy},
    wire::{
        AnswerSignal, Call,
        answer_signal::{Answer, Commit, Decline},
        call_outcome::Value as Outcome,
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
    people::{says, who_has},
    random::{Lot, draw},
};

/// Seats that the others leave while a clerk is silent. Why: without them a
/// vacancy could fill before the silent one's time runs out, and the week
/// would not show what happens then.
const LEFT_FOR_THE_SILENT: u32 = 3;

/// What a clerk heard on the phone.
#[derive(Default)]
struct Heard {
    calls: Vec<Call>,
    /// Those who said yes, best first.
    willing: Vec<Promised>,
}

/// What came of a commitment.
enum Committed {
    /// So many of these people got seats, the first ones; the others wait.
    Promised(Vec<Promised>, usize),
    /// Nobody can be: the vacancy no longer stands, or nobody was left.
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
        // Why: who has phoned already does not let people down when the
        // signal is taken back; they wait for a seat.
        let late = *part > 0 && signal.state == "recalled";
        if !is_open(&signal) && !late {
            return Ok(());
        }
        let temper = self.tempers.get(&(post, point.clone())).copied().unwrap_or(Temper::Hours);
        let elsewhere = self.is_bound_elsewhere(post, point);
        if elsewhere || temper == Temper::Declines {
            return self.decline(&client, &answering, &id, Vec::new(), elsewhere).await;
        }
        let missing = signal.quota.saturating_sub(signal.committed) as usize;
        let mut heard = self.phone(post, point, &signal.candidates, missing);
        if heard.willing.is_empty() {
            return self.decline(&client, &answering, &id, heard.calls, false).await;
        }
        let willing = heard.willing.len();
        let in_two = *part == 0 && temper == Temper::TwoParts && willing > 1;
        let room = self.seats_to_take(post, &client, &id.vacancy).await?;
        let half = if in_two { willing.div_ceil(2) } else { willing };
        if room == 0 {
            // Why: nothing to say now; the signal ends by itself.
            return Ok(());
        }
        let most = half.min(room);
        if most < willing {
            heard = self.phone(post, point, &signal.candidates, most);
        }
        let complete = most == willing;
        match self.commit(&client, &answering, &id, heard, complete).await? {
            Committed::Promised(people, seats) => self.note_down(post, point, people, seats),
            Committed::TooLate => return Ok(()),
        }
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

    /// Phones down the list, until so many have said yes: those who are free
    /// and have not said anything else before.
    fn phone(&self, post: usize, point: &PartyId, candidates: &[Candidate], most: usize) -> Heard {
        let mut heard = Heard::default();
        let waits = |card: &CardId| {
            let lists = self.waiting.iter().filter(|((_, of), _)| of == point);
            lists.flat_map(|(_, people)| people).any(|person| person.card == *card)
        };
        let willing = Outcome::Willing.as_str_name();
        let open = candidates.iter().filter(|c| {
            let said_no = c.outcome.as_deref().is_some_and(|said| said != willing);
            !c.held && !said_no && !waits(&c.card)
        });
        for candidate in open {
            if heard.willing.len() == most {
                break;
            }
            let Some(who) = candidate.phone.as_deref().and_then(who_has) else { continue };
            let card = candidate.card.clone();
            let outcome = says(self.seed, who, post);
            heard.calls.push(Call { card: card.to_string(), outcome: outcome as i32 });
            if outcome == Outcome::Willing {
                heard.willing.push(Promised { card, who });
            }
        }
        heard
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

    /// Records what was heard and commits those who said yes, or as many of
    /// them as can be. Each refusal that is tried again leaves somebody out,
    /// so that this ends.
    async fn commit(
        &mut self,
        client: &Client,
        answering: &Answering,
        id: &SignalId,
        heard: Heard,
        complete: bool,
    ) -> Result<Committed, SimError> {
        let path = format!("/v1/signals/{id}/answer");
        let Heard { calls, willing: mut people } = heard;
        while !people.is_empty() {
            let cards = people.iter().map(|person| person.card.to_string()).collect();
            let commit = Commit { cards, complete, ..Commit::default() };
            let ask = AnswerSignal {
                calls: calls.clone(),
                answer: Some(Answer::Commit(commit)),
                ..AnswerSignal::default()
            };
            let what = format!("{}-{}", name_of(answering), people.len());
            let refused = match self.send(client, &path, &ask, &what).await {
                Ok(receipt) => {
                    let (seats, waiting) = (receipt.committed as usize, receipt.standby as usize);
                    self.tell_committed(answering.post, &answering.point, seats, waiting);
                    self.done(&receipt).await?;
                    return Ok(Committed::Promised(people, seats));
                }
                Err(ClientError::Refused(refused)) => refused,
                Err(e) => return Err(SimError::call("a clerk commits people")(e)),
            };
            match card_in_the_way(&refused).filter(|index| *index < people.len()) {
                Some(index) => drop(people.remove(index)),
                None if is_too_late(&refused) => return Ok(Committed::TooLate),
                None => {
                    let refused = ClientError::Refused(refused);
                    return Err(SimError::call("a clerk commits people")(refused));
                }
            }
        }
        Ok(Committed::TooLate)
    }

    async fn decline(
        &mut self,
        client: &Client,
        answering: &Answering,
        id: &SignalId,
        calls: Vec<Call>,
        elsewhere: bool,
    ) -> Result<(), SimError> {
        let lot = draw(self.seed, Lot::Reason, point_number(&answering.point), 0);
        let reasons = [Reason::NobodyWilling, Reason::Away, Reason::Pay, Reason::Shift];
        let reason = match lot.one_of(&reasons) {
            Some(reason) if !elsewhere => reason,
            _ => Reason::Other,
        };
        let answer = Some(Answer::Decline(Decline { reason: reason as i32 }));
        let ask = AnswerSignal { calls, answer, ..AnswerSignal::default() };
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

    /// The first of these people have seats; the others wait.
    fn note_down(&mut self, post: usize, point: &PartyId, mut people: Vec<Promised>, seats: usize) {
        let waiting = people.split_off(seats.min(people.len()));
        if !waiting.is_empty() {
            self.waiting.entry((post, point.clone())).or_default().extend(waiting);
        }
        if people.is_empty() {
            return;
        }
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

    /// A clerk whose list has become shorter looks who got a seat.
    pub(super) async fn look_who_got_a_seat(
        &mut self,
        post: usize,
        signal: &Signal,
    ) -> Result<(), SimError> {
        let key = (post, signal.point.clone());
        let known = self.waiting.get(&key).map_or(0, Vec::len);
        if known <= signal.waiting as usize {
            return Ok(());
        }
        let client = self.handles.client(&signal.point)?;
        let path = format!("/v1/signals/{}?min_sequence={}", signal.id, self.sequence);
        let read: Result<Signal, _> = get(client, &path).await;
        let seen = read.map_err(SimError::call("a clerk reads a signal"))?;
        let waits = |person: &Promised| seen.standby.iter().any(|one| one.card == person.card);
        let listed = || seen.candidates.iter().chain(&seen.walk_in);
        let held = |person: &Promised| listed().any(|one| one.card == person.card && one.held);
        let people = self.waiting.remove(&key).unwrap_or_default();
        let (still, gone): (Vec<_>, Vec<_>) = people.into_iter().partition(waits);
        let seated: Vec<Promised> = gone.into_iter().filter(held).collect();
        if !still.is_empty() {
            self.waiting.insert(key, still);
        }
        if !seated.is_empty() {
            let seats = seated.len();
            self.tell_promoted(post, &signal.point, seats);
            self.note_down(post, &signal.point, seated, seats);
        }
        Ok(())
    }
}

fn name_of(answering: &Answering) -> String {
    let Answering { post, point, part, round } = answering;
    format!("answer-{post}-{point}-{round}-{part}")
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
