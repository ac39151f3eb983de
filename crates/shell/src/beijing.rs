//! Times as people write them: RFC 3339 between programs, Beijing time
//! without a zone between people.

use time::{
    OffsetDateTime, PrimitiveDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::{format_description, offset},
};

/// The zone of every city in the exchange. China keeps one zone and, since
/// 1991, no summer time.
pub const BEIJING: UtcOffset = offset!(+8);

const NAIVE: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day][first [ ] [T]][hour]:[minute][optional [:[second]]]"
);
const MINUTES: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]");

/// A text is neither RFC 3339 nor `YYYY-MM-DD HH:MM[:SS]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: RFC 3339, or YYYY-MM-DD HH:MM in Beijing time")]
pub struct NotATime;

/// Reads RFC 3339, or a time without a zone, which is Beijing time. The
/// result is in UTC.
pub fn parse(text: &str) -> Result<OffsetDateTime, NotATime> {
    let text = text.trim();
    if let Ok(zoned) = OffsetDateTime::parse(text, &Rfc3339) {
        return zoned.checked_to_offset(UtcOffset::UTC).ok_or(NotATime);
    }
    let naive = PrimitiveDateTime::parse(text, NAIVE).map_err(|_| NotATime)?;
    naive.assume_offset(BEIJING).checked_to_offset(UtcOffset::UTC).ok_or(NotATime)
}

/// Writes RFC 3339 in UTC, as in `2021-07-20T10:00:00Z`.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let utc = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
    // Why: RFC 3339 has no years below 0 or above 9999; no event has them.
    utc.format(&Rfc3339).unwrap_or_else(|_| utc.to_string())
}

/// Writes minutes in Beijing time for people, as in `2021-07-20 18:00`.
pub fn minutes(at: OffsetDateTime) -> String {
    let there = at.checked_to_offset(BEIJING).unwrap_or(at);
    there.format(&MINUTES).unwrap_or_else(|_| there.to_string())
}

/// The calendar day in Beijing.
pub fn date(at: OffsetDateTime) -> time::Date {
    at.checked_to_offset(BEIJING).unwrap_or(at).date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::{date, datetime};

    use super::*;

    fn check(text: &str, expected: Option<OffsetDateTime>) {
        assert_eq!(parse(text).ok(), expected, "{text:?}");
    }

    #[test]
    fn a_time_without_a_zone_is_beijing_time() {
        check("2021-07-20 18:00", Some(datetime!(2021-07-20 10:00 UTC)));
        check("2021-07-20T18:00", Some(datetime!(2021-07-20 10:00 UTC)));
        check(" 2021-07-20 18:00:30 ", Some(datetime!(2021-07-20 10:00:30 UTC)));
    }

    #[test]
    fn a_time_with_a_zone_keeps_it() {
        check("2021-07-20T18:00:00+08:00", Some(datetime!(2021-07-20 10:00 UTC)));
        check("2021-07-20T18:00:00Z", Some(datetime!(2021-07-20 18:00 UTC)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "2021-07-20", "18:00", "2021-02-30 18:00", "2021-07-20 24:00", "昨天"] {
            check(text, None);
        }
    }

    #[test]
    fn the_day_is_the_day_in_beijing() {
        assert_eq!(date(datetime!(2021-07-19 16:00 UTC)), date!(2021 - 07 - 20));
        assert_eq!(date(datetime!(2021-07-19 15:59 UTC)), date!(2021 - 07 - 19));
        assert_eq!(minutes(datetime!(2021-07-20 10:00:59 UTC)), "2021-07-20 18:00");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(seconds in 0_i64..4_102_444_800, nanos in 0_i64..1_000_000_000) {
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + time::Duration::nanoseconds(nanos);
            prop_assert_eq!(parse(&rfc3339(at)).unwrap(), at);
            let minute = at - time::Duration::seconds(seconds % 60) - time::Duration::nanoseconds(nanos);
            prop_assert_eq!(parse(&minutes(at)).unwrap(), minute);
        }
    }
}
