//! Moments of the log, as people and programs write them: a time, a time ago,
//! or a place. A time always means when an event was recorded.

use std::{fmt, str::FromStr};

use time::{
    Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::{format_description, offset},
};

use crate::{Code, Refusal};

/// Integers below this are sequences: as Unix seconds they would mean 2001
/// and before, when nobody recorded anything.
const SEQUENCES_BELOW: u64 = 1_000_000_000;

/// From here on (the year 5138 in seconds) a number counts milliseconds, then
/// microseconds, then nanoseconds.
const MILLIS_FROM: u64 = 100_000_000_000;
const MICROS_FROM: u64 = 100_000_000_000_000;
const NANOS_FROM: u64 = 100_000_000_000_000_000;

/// Most of a text that is repeated in a refusal.
const ECHOED: usize = 40;

/// Beijing time, which a time without a zone means.
const BEIJING: UtcOffset = offset!(+8);

const NAIVE: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day][optional [[first [ ] [T]][hour]:[minute][optional [:[second][optional [.[subsecond]]]]]]]"
);

/// A moment of the log.
///
/// | written | means |
/// |---|---|
/// | `2021-07-20T10:00:00Z`, `2021-07-20T18:00:00+08:00` | that time (RFC 3339) |
/// | `2021-07-20 18:00`, `2021-07-20 18:00:30.5`, `2021-07-20` | Beijing time; of a day its beginning |
/// | `-2h`, `-3d`, `-1d12h`, `-90s` | as long ago (`w`, `d`, `h`, `m`, `s`) |
/// | `1626775200`, `1626775200000`, … | Unix time in s, ms, µs or ns, told apart by magnitude |
/// | `#123`, `seq:123`, `123` | that sequence; a bare integer below 10⁹ is one |
/// | `now` | the present |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A time.
    At(OffsetDateTime),
    /// So long ago.
    Before(Duration),
    /// A place in the log.
    Sequence(u64),
    /// The present.
    Now,
}

impl Moment {
    /// The time that is meant, seen from `now`; `None` of a sequence.
    pub fn time(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::At(at) => Some(at),
            // Why: what lies before all years is before every event as well.
            Self::Before(ago) => Some(now.checked_sub(ago).unwrap_or(OffsetDateTime::UNIX_EPOCH)),
            Self::Now => Some(now),
            Self::Sequence(_) => None,
        }
    }
}

impl FromStr for Moment {
    type Err = Refusal;

    /// Refuses with [`Code::MomentUnreadable`].
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        read(text).ok_or_else(|| {
            let echo: String = text.chars().take(ECHOED).collect();
            Refusal::new(Code::MomentUnreadable).with("given", echo)
        })
    }
}

fn read(text: &str) -> Option<Moment> {
    if text.eq_ignore_ascii_case("now") {
        return Some(Moment::Now);
    }
    if let Some(sequence) = text.strip_prefix('#').or_else(|| text.strip_prefix("seq:")) {
        return digits(sequence).map(Moment::Sequence);
    }
    if let Some(ago) = text.strip_prefix('-') {
        return duration(ago).map(Moment::Before);
    }
    match digits(text) {
        Some(number) => number_of(number),
        None => written(text).map(Moment::At),
    }
}

/// Why not `parse` alone: it also takes a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn number_of(number: u64) -> Option<Moment> {
    if number < SEQUENCES_BELOW {
        return Some(Moment::Sequence(number));
    }
    let limits = [(NANOS_FROM, 1), (MICROS_FROM, 1_000), (MILLIS_FROM, 1_000_000)];
    let finer = limits.into_iter().find(|(from, _)| number >= *from);
    let nanos_each = finer.map_or(1_000_000_000, |(_, each)| each);
    let nanos = i128::from(number) * nanos_each;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().map(Moment::At)
}

fn written(text: &str) -> Option<OffsetDateTime> {
    if let Ok(zoned) = OffsetDateTime::parse(text, &Rfc3339) {
        return zoned.checked_to_offset(UtcOffset::UTC);
    }
    let midnight = || time::Date::parse(text, NAIVE).ok().map(time::Date::midnight);
    let there = PrimitiveDateTime::parse(text, NAIVE).ok().or_else(midnight)?;
    there.assume_offset(BEIJING).checked_to_offset(UtcOffset::UTC)
}

/// `1d12h`: numbers with a unit each, the longest unit first.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut whole, mut before) = (text, Duration::ZERO, i64::MAX);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let count = i64::try_from(digits(&rest[..end])?).ok()?;
        let seconds = match rest.as_bytes()[end] {
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        if end == 0 || seconds >= before {
            return None;
        }
        before = seconds;
        whole = whole.checked_add(Duration::seconds(count.checked_mul(seconds)?))?;
        rest = &rest[end + 1..];
    }
    Some(whole)
}

impl fmt::Display for Moment {
    /// A form that reads back as the same moment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => match at.format(&Rfc3339) {
                Ok(text) => f.write_str(&text),
                Err(_) => write!(f, "{}", at.unix_timestamp_nanos()),
            },
            Self::Before(ago) => write!(f, "-{}s", ago.whole_seconds()),
            Self::Sequence(sequence) => write!(f, "#{sequence}"),
            Self::Now => f.write_str("now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn check(text: &str, expected: Moment) {
        assert_eq!(text.parse(), Ok(expected), "{text:?}");
    }

    #[test]
    fn a_time_with_a_zone_keeps_it_and_one_without_is_beijing_time() {
        let six = Moment::At(datetime!(2021-07-20 10:00 UTC));
        for text in [
            "2021-07-20T10:00:00Z",
            "2021-07-20T18:00:00+08:00",
            "2021-07-20 18:00",
            "2021-07-20T18:00",
            " 2021-07-20 18:00:00 ",
        ] {
            check(text, six);
        }
        check("2021-07-20", Moment::At(datetime!(2021-07-19 16:00 UTC)));
        check("2021-07-20 18:00:30.25", Moment::At(datetime!(2021-07-20 10:00:30.25 UTC)));
    }

    #[test]
    fn unix_times_are_told_apart_by_magnitude() {
        let at = datetime!(2021-07-20 10:00 UTC);
        for text in ["1626775200", "1626775200000", "1626775200000000", "1626775200000000000"] {
            check(text, Moment::At(at));
        }
        check("1000000000", Moment::At(datetime!(2001-09-09 1:46:40 UTC)));
    }

    #[test]
    fn small_integers_are_sequences() {
        for text in ["#123", "seq:123", "123"] {
            check(text, Moment::Sequence(123));
        }
        check("999999999", Moment::Sequence(999_999_999));
        check("#1626775200", Moment::Sequence(1_626_775_200));
    }

    #[test]
    fn a_time_ago_counts_from_now() {
        let now = datetime!(2021-07-20 10:00 UTC);
        check("-2h", Moment::Before(Duration::hours(2)));
        check("-1w1d12h5m30s", Moment::Before(Duration::seconds(604_800 + 129_600 + 330)));
        assert_eq!(Moment::Before(Duration::days(3)).time(now), Some(now - Duration::days(3)));
        assert_eq!(Moment::Now.time(now), Some(now));
        assert_eq!(Moment::Sequence(3).time(now), None);
        let long = Moment::Before(Duration::seconds(i64::MAX));
        assert_eq!(long.time(now), Some(OffsetDateTime::UNIX_EPOCH));
    }

    #[test]
    fn what_is_no_moment_is_refused_with_its_code() {
        for text in [
            "",
            "-",
            "-h",
            "-2",
            "-2y",
            "-1h1d",
            "-1h1h",
            "--2h",
            "#",
            "seq:",
            "#-1",
            "+5",
            "-99999999999999999999h",
            "2021-02-30",
            "2021-07-20 24:00",
            "2021-07",
            "18:00",
            "昨天",
            "#99999999999999999999",
            "-２h",
            "99999999999999999999",
        ] {
            let refusal = Moment::from_str(text).expect_err(text);
            assert_eq!(refusal.code, Code::MomentUnreadable, "{text:?}");
        }
        let long = Moment::from_str(&"x".repeat(10_000)).unwrap_err();
        assert!(long.to_string().len() < 400, "the text is not repeated whole");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(nanos in 0_i64..4_102_444_800_000_000_000, n in 0_u64..u64::MAX, s in 0_i64..10_000_000) {
            let at = OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).unwrap();
            for one in [Moment::At(at), Moment::Sequence(n), Moment::Before(Duration::seconds(s)), Moment::Now] {
                prop_assert_eq!(one.to_string().parse::<Moment>().unwrap(), one);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", other in "-?[0-9wdhms#:T .Z-]{0,30}") {
            let _ = Moment::from_str(&text);
            let _ = Moment::from_str(&other);
        }
    }
}
