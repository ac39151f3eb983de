use std::time::Duration as Work;

use proptest::prelude::*;
use time::macros::{date, datetime};

use super::{super::text::lines, *};

const HOUR: u64 = 3_600;

#[track_caller]
fn due(now: OffsetDateTime, hours: u64, office: &Office) -> OffsetDateTime {
    deadline(now, Work::from_secs(hours * HOUR), office, Calendar::china())
}

#[test]
fn an_ordinary_deadline_counts_office_hours_only() {
    let office = Office::ordinary();
    for (now, hours, expected) in [
        // Thursday morning, within the morning.
        (datetime!(2021-07-15 09:00 +8), 2, datetime!(2021-07-15 11:00 +8)),
        // Over the noon rest.
        (datetime!(2021-07-15 11:00 +8), 2, datetime!(2021-07-15 15:00 +8)),
        // Noon itself is not worked.
        (datetime!(2021-07-15 12:30 +8), 1, datetime!(2021-07-15 15:00 +8)),
        // Before the doors open.
        (datetime!(2021-07-15 03:00 +8), 1, datetime!(2021-07-15 09:30 +8)),
        // Friday afternoon into Monday.
        (datetime!(2021-07-16 17:00 +8), 1, datetime!(2021-07-19 09:00 +8)),
        // A moment in another zone is the same moment.
        (datetime!(2021-07-15 01:00 UTC), 2, datetime!(2021-07-15 11:00 +8)),
        // The whole day is seven hours, and ends when the desk closes.
        (datetime!(2021-07-15 08:30 +8), 7, datetime!(2021-07-15 17:30 +8)),
        (datetime!(2021-07-15 08:30 +8), 8, datetime!(2021-07-16 09:30 +8)),
    ] {
        assert_eq!(due(now, hours, &office), expected, "{now} + {hours} h");
    }
}

#[test]
fn holidays_are_left_out_and_days_worked_for_them_count() {
    let office = Office::ordinary();
    // National Day 2021: Thursday evening, off from Friday to Thursday; the Saturday is worked.
    let eve = datetime!(2021-09-30 17:00 +8);
    assert_eq!(due(eve, 1, &office), datetime!(2021-10-08 09:00 +8));
    assert_eq!(due(datetime!(2021-10-08 17:00 +8), 1, &office), datetime!(2021-10-09 09:00 +8));
    // A weekend that is not worked: 2022 had Saturday 8 and Sunday 9 October instead.
    assert_eq!(due(datetime!(2022-10-07 12:00 +8), 1, &office), datetime!(2022-10-08 09:30 +8));
}

#[test]
fn an_urgent_deadline_counts_every_day_until_the_evening() {
    let office = Office::urgent();
    for (now, hours, expected) in [
        (datetime!(2021-10-01 18:00 +8), 4, datetime!(2021-10-02 10:00 +8)),
        (datetime!(2021-07-17 21:00 +8), 1, datetime!(2021-07-18 09:00 +8)),
        (datetime!(2021-07-17 12:00 +8), 2, datetime!(2021-07-17 14:00 +8)),
    ] {
        assert_eq!(due(now, hours, &office), expected, "{now} + {hours} h");
    }
}

#[test]
fn without_work_the_deadline_is_as_soon_as_the_desk_is_open() {
    let office = Office::ordinary();
    let open = datetime!(2021-07-15 09:00 +8);
    assert_eq!(due(open, 0, &office), open);
    assert_eq!(due(datetime!(2021-07-17 09:00 +8), 0, &office), datetime!(2021-07-19 08:30 +8));
}

#[test]
fn the_calendar_holds_the_notices_of_six_years() {
    let calendar = Calendar::china();
    let read: Vec<_> = rows::<5>(HOLIDAYS).filter_map(read_row).collect();
    let (mut off, mut made_up) = (0, 0);
    let mut last = None;
    for (from, to, worked) in read.iter().copied() {
        assert!(from <= to && last < Some(from), "{from}");
        last = Some(to);
        if worked {
            made_up += 1;
            assert!(from == to && from.weekday().number_from_monday() > 5, "{from} is no weekend");
        } else {
            off += 1;
        }
    }
    assert_eq!(read.len(), lines(HOLIDAYS).count() - 1, "a row is not read");
    assert_eq!((off, made_up), (40, 40));
    for year in 2021..=2026 {
        assert!(calendar.knows(year), "{year}");
        let first = Date::from_ordinal_date(year, 1).unwrap();
        let days = (0..365).filter(|day| calendar.is_worked(first + Duration::days(*day)));
        // Eleven days off a year by law, thirteen since 2025.
        assert!((247..=252).contains(&days.count()), "{year}");
    }
    assert!(!calendar.knows(2020) && !calendar.knows(2027));
    assert!(
        !calendar.is_worked(date!(2022 - 12 - 31)) && calendar.is_worked(date!(2027 - 01 - 04))
    );
}

#[test]
fn open_hours_must_follow_one_another() {
    let span = |from, to| Span { from, to };
    let new = |spans| Office::new(Days::Working, spans);
    assert_eq!(new(vec![]), Err(OfficeError));
    assert_eq!(new(vec![span(time!(12:00), time!(12:00))]), Err(OfficeError));
    assert_eq!(
        new(vec![span(time!(14:00), time!(17:00)), span(time!(08:00), time!(12:00))]),
        Err(OfficeError)
    );
    let ordinary = vec![span(time!(08:30), time!(12:00)), span(time!(14:00), time!(17:30))];
    assert_eq!(new(ordinary), Ok(Office::ordinary()));
}

#[test]
fn the_end_of_the_calendar_is_no_accident() {
    let end = deadline(
        datetime!(9999-12-31 23:30 UTC),
        Work::MAX,
        &Office::ordinary(),
        Calendar::china(),
    );
    assert_eq!(end.year(), 9999);
}

fn moment() -> impl Strategy<Value = OffsetDateTime> {
    // 2020-12-01 to 2027-02-01: before, within and behind what the calendar knows.
    (1_606_780_800_i64..1_801_440_000)
        .prop_map(|at| OffsetDateTime::from_unix_timestamp(at).unwrap())
}

fn office() -> impl Strategy<Value = Office> {
    prop_oneof![Just(Office::ordinary()), Just(Office::urgent())]
}

proptest! {
    #[test]
    fn a_deadline_lies_in_open_hours_and_not_before_now(now in moment(), secs in 0_u64..400_000, office in office()) {
        let end = deadline(now, Work::from_secs(secs), &office, Calendar::china());
        prop_assert!(end >= now);
        prop_assert!(office.is_open(end, Calendar::china()), "{end}");
    }

    #[test]
    fn what_was_asked_is_what_is_worked_until_then(now in moment(), secs in 0_u64..400_000, office in office()) {
        let end = deadline(now, Work::from_secs(secs), &office, Calendar::china());
        prop_assert_eq!(worked(now, end, &office, Calendar::china()), Work::from_secs(secs));
    }

    #[test]
    fn deadlines_add_up(now in moment(), a in 0_u64..200_000, b in 0_u64..200_000, office in office()) {
        let (calendar, a, b) = (Calendar::china(), Work::from_secs(a), Work::from_secs(b));
        let first = deadline(now, a, &office, calendar);
        prop_assert_eq!(deadline(first, b, &office, calendar), deadline(now, a + b, &office, calendar));
    }

    #[test]
    fn later_or_more_is_never_earlier(
        now in moment(), later in 0_i64..700_000, secs in 0_u64..400_000, more in 0_u64..90_000, office in office(),
    ) {
        let end = |now, secs| deadline(now, Work::from_secs(secs), &office, Calendar::china());
        prop_assert!(end(now + Duration::seconds(later), secs) >= end(now, secs));
        prop_assert!(end(now, secs + more) >= end(now, secs));
    }
}
