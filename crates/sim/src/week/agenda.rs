//! Who acts when. Equal times go by the order of [`Action`], so that a run
//! has one order only.

use std::collections::BTreeSet;

use gongqiao_contract::id::PartyId;
use gongqiao_shell::beijing::BEIJING;
use time::{Duration, OffsetDateTime, Time, macros::time};

/// Something that somebody has decided to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// An enterprise posts its vacancy.
    Post(usize),
    /// A clerk answers a signal.
    Answer(Answering),
    /// A clerk opens a dispatch for those promised to a post.
    Open { post: usize, point: PartyId },
    /// A group comes a step further.
    Trip { trip: usize, step: Step },
}

/// A clerk's answer to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Answering {
    pub(super) post: usize,
    pub(super) point: PartyId,
    /// 0 is the first part.
    pub(super) part: u8,
    /// Which of the signals that the point had for this post.
    pub(super) round: u32,
}

/// The steps of a group, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Accept,
    Board,
    Depart,
    Arrive,
    Onboard,
    Close,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<(OffsetDateTime, Action)>);

impl Agenda {
    pub(super) fn add(&mut self, at: OffsetDateTime, action: Action) {
        self.0.insert((at, action));
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes out the next one that is due by now.
    pub(super) fn due(&mut self, now: OffsetDateTime) -> Option<Action> {
        let (at, _) = self.0.first()?;
        if *at > now { None } else { self.0.pop_first().map(|(_, action)| action) }
    }

    pub(super) fn any(&self, which: impl Fn(&Action) -> bool) -> bool {
        self.0.iter().any(|(_, action)| which(action))
    }
}

const DAY_BEGINS: Time = time!(7:30);
const DAY_ENDS: Time = time!(21:00);

/// The moment itself, or the next morning if people are asleep.
pub(super) fn awake(at: OffsetDateTime) -> OffsetDateTime {
    let there = at.to_offset(BEIJING);
    match there.time() {
        early if early < DAY_BEGINS => there.replace_time(DAY_BEGINS),
        late if late >= DAY_ENDS => (there + Duration::DAY).replace_time(DAY_BEGINS),
        _ => there,
    }
    .to_offset(time::UtcOffset::UTC)
}

/// The same day in Beijing at this hour, if that is still to come; else the next.
pub(super) fn next_at(hour: Time, now: OffsetDateTime) -> OffsetDateTime {
    let today = now.to_offset(BEIJING).replace_time(hour);
    let at = if today > now { today } else { today + Duration::DAY };
    at.to_offset(time::UtcOffset::UTC)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn nobody_is_called_at_night() {
        for (at, expected) in [
            (datetime!(2021-07-12 12:00 +8), datetime!(2021-07-12 12:00 +8)),
            (datetime!(2021-07-12 23:00 +8), datetime!(2021-07-13 07:30 +8)),
            (datetime!(2021-07-13 02:00 +8), datetime!(2021-07-13 07:30 +8)),
        ] {
            assert_eq!(awake(at), expected);
        }
    }

    #[test]
    fn an_hour_that_has_passed_means_tomorrow() {
        let now = datetime!(2021-07-12 12:00 +8);
        assert_eq!(next_at(time!(13:00), now), datetime!(2021-07-12 13:00 +8));
        assert_eq!(next_at(time!(12:00), now), datetime!(2021-07-13 12:00 +8));
    }

    #[test]
    fn what_is_due_comes_by_time_and_then_by_kind() {
        let mut agenda = Agenda::default();
        let (early, late) = (datetime!(2021-07-12 08:00 +8), datetime!(2021-07-12 09:00 +8));
        agenda.add(late, Action::Post(0));
        agenda.add(early, Action::Trip { trip: 0, step: Step::Accept });
        agenda.add(early, Action::Post(2));
        assert_eq!(agenda.due(early), Some(Action::Post(2)));
        assert_eq!(agenda.due(early), Some(Action::Trip { trip: 0, step: Step::Accept }));
        assert_eq!(agenda.due(early), None);
        assert_eq!(agenda.next(), Some(late));
    }
}
