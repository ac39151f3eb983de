//! How a clerk takes a signal.

use time::{Duration, OffsetDateTime};

use super::agenda::awake;
use crate::random::{Lot, draw};

/// What a clerk does with one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// Sends whom he finds, within minutes.
    AtOnce,
    /// Phones through the village first.
    Hours,
    /// Sleeps over it.
    NextDay,
    /// Sends some, and the rest later.
    TwoParts,
    /// Has nobody.
    Declines,
    /// Is away; the signal runs out.
    Silent,
}

impl Temper {
    /// The temper of a point towards a post. Only the first signals of an
    /// urgent post meet with silence: the week has an end.
    pub(super) fn of(seed: u64, point: u64, post: usize, may_be_silent: bool) -> Self {
        match draw(seed, Lot::Temper, point, post as u64).below(100) {
            0..22 => Self::AtOnce,
            22..60 => Self::Hours,
            60..70 if may_be_silent => Self::NextDay,
            70..84 => Self::TwoParts,
            84..93 => Self::Declines,
            93.. if may_be_silent => Self::Silent,
            _ => Self::Hours,
        }
    }

    /// When the clerk comes to it, before the signal runs out.
    pub(super) fn answers_at(
        self,
        seed: u64,
        point: u64,
        post: usize,
        now: OffsetDateTime,
        respond_by: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let lot = draw(seed, Lot::Latency, point, post as u64);
        let minutes = |from: u64, below: u64| {
            Duration::minutes(i64::try_from(from + lot.below(below)).unwrap_or_default())
        };
        let at = match self {
            Self::Silent => return None,
            Self::AtOnce => now + minutes(8, 40),
            Self::TwoParts => now + minutes(30, 150),
            Self::Declines => now + minutes(40, 200),
            Self::Hours => now + minutes(60, 480),
            Self::NextDay => respond_by - minutes(20, 75),
        };
        Some(before(awake(at), now, respond_by))
    }
}

/// When the second part of an answer comes.
pub(super) fn second_part(
    seed: u64,
    point: u64,
    post: usize,
    now: OffsetDateTime,
    respond_by: OffsetDateTime,
) -> OffsetDateTime {
    let minutes = 150 + draw(seed, Lot::SecondPart, point, post as u64).below(200);
    let at = awake(now + Duration::minutes(i64::try_from(minutes).unwrap_or_default()));
    before(at, now, respond_by)
}

/// Not after the deadline, and not before now.
fn before(at: OffsetDateTime, now: OffsetDateTime, respond_by: OffsetDateTime) -> OffsetDateTime {
    at.min(respond_by - Duration::minutes(10)).max(now)
}

/// Sees to it that the first signals of an urgent post meet with everything
/// that the week should show, whatever the seed: one clerk at least is
/// silent, one declines, one answers in two parts.
pub(super) fn season(tempers: &mut [Temper]) {
    for needed in [Temper::Silent, Temper::Declines, Temper::TwoParts] {
        if tempers.contains(&needed) {
            continue;
        }
        let spare = [Temper::Hours, Temper::AtOnce, Temper::NextDay];
        if let Some(one) = tempers.iter_mut().find(|temper| spare.contains(temper)) {
            *one = needed;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_first_signals_meet_with_every_kind_that_matters() {
        let mut tempers = [Temper::Hours; 6];
        season(&mut tempers);
        for needed in [Temper::Silent, Temper::Declines, Temper::TwoParts] {
            assert!(tempers.contains(&needed), "{needed:?}");
        }
        let before = tempers;
        season(&mut tempers);
        assert_eq!(tempers, before);
    }

    proptest! {
        #[test]
        fn whoever_answers_does_so_in_time(
            seed: u64, point: u64, post in 0_usize..8, minutes in 0_i64..10_000,
        ) {
            let now = datetime!(2021-07-12 08:00 +8) + Duration::minutes(minutes);
            let respond_by = now + Duration::DAY;
            let temper = Temper::of(seed, point, post, true);
            let at = temper.answers_at(seed, point, post, now, respond_by);
            prop_assert_eq!(at.is_none(), temper == Temper::Silent);
            if let Some(at) = at {
                prop_assert!((now..respond_by).contains(&at));
                let second = second_part(seed, point, post, at, respond_by);
                prop_assert!((at..respond_by).contains(&second));
            }
            prop_assert_ne!(Temper::of(seed, point, post, false), Temper::Silent);
        }
    }
}
