//! What should be looked at before a coach leaves. A warning never refuses.

use gongqiao_contract::wire::{
    VacancyTerms, travel_mode::Value as Mode, travel_warning::Value as Warning,
};
use time::{
    Date, Duration, OffsetDateTime, Time,
    macros::{offset, time},
};

use crate::{
    entity::{Dispatch, SMALL_GROUP, beijing_day, instant},
    terms::day,
};

/// When coaches should stand still, in Beijing time.
const NIGHT: (Time, Time) = (time!(2:00), time!(5:00));
/// How long one driver may drive.
const DRIVING: Duration = Duration::hours(8);

/// What is to be looked at about a group as it is, in the order of the wire.
pub fn warnings(dispatch: &Dispatch, terms: &VacancyTerms) -> Vec<Warning> {
    let departs_at = dispatch.opened.departs_at.as_ref().map(instant);
    let mut found = Vec::new();
    if matches!(dispatch.opened.mode(), Mode::Coach | Mode::EnterprisePickup) {
        on_the_road(dispatch, departs_at, &mut found);
    }
    if departs_at
        .is_some_and(|at| last_day_of_need(terms).is_some_and(|last| beijing_day(at) > last))
    {
        found.push(Warning::Late);
    }
    if departs_at.is_some_and(|at| at < dispatch.opened_at) {
        found.push(Warning::Past);
    }
    found
}

/// What only matters where the group travels in a vehicle of its own.
fn on_the_road(dispatch: &Dispatch, departs_at: Option<OffsetDateTime>, found: &mut Vec<Warning>) {
    match (departs_at, dispatch.expected_at()) {
        (Some(departs), Some(arrives)) => {
            if at_night(departs, arrives) {
                found.push(Warning::NightDriving);
            }
            let drivers = i32::try_from(dispatch.opened.drivers.max(1)).unwrap_or(i32::MAX);
            if (arrives - departs) / drivers > DRIVING {
                found.push(Warning::DrivingHours);
            }
        }
        (departs, _) => {
            // Why: whoever leaves at night is on the road then.
            if departs.is_some_and(|departs| at_night(departs, departs + Duration::MINUTE)) {
                found.push(Warning::NightDriving);
            }
            found.push(Warning::ArrivalUnknown);
        }
    }
    if dispatch.riding() < SMALL_GROUP {
        found.push(Warning::SmallGroup);
    }
    let mut riders = dispatch.manifest.values().filter(|rider| rider.rides());
    if riders.any(|rider| dispatch.stop_of(&rider.point).is_none()) {
        found.push(Warning::NoStop);
    }
}

/// Whether any moment of the way lies in the small hours.
fn at_night(departs: OffsetDateTime, arrives: OffsetDateTime) -> bool {
    if arrives - departs >= Duration::DAY {
        return true;
    }
    let (from, to) = NIGHT;
    // Why: less than a day touches two nights at most.
    [beijing_day(departs), beijing_day(arrives)].into_iter().any(|day| {
        let night = |at| day.with_time(at).assume_offset(offset!(+8));
        departs < night(to) && arrives > night(from)
    })
}

/// The day of need; of a demand that arrives in waves, that of the last one.
fn last_day_of_need(terms: &VacancyTerms) -> Option<Date> {
    let batches = terms.batches.iter().map(|batch| &batch.date);
    batches.chain([&terms.needed_by]).filter_map(|text| day("", text).ok()).max()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_night_is_from_two_to_five_in_beijing_day() {
        let at = |from: &str, to: &str, expected: bool| {
            let read = |text: &str| {
                let format = &time::format_description::well_known::Rfc3339;
                OffsetDateTime::parse(text, format).unwrap()
            };
            assert_eq!(at_night(read(from), read(to)), expected, "{from} to {to}");
        };
        at("2021-07-19T08:00:00+08:00", "2021-07-19T12:00:00+08:00", false);
        at("2021-07-19T22:00:00+08:00", "2021-07-20T02:00:00+08:00", false);
        at("2021-07-19T22:00:00+08:00", "2021-07-20T02:01:00+08:00", true);
        at("2021-07-20T04:59:00+08:00", "2021-07-20T09:00:00+08:00", true);
        at("2021-07-20T05:00:00+08:00", "2021-07-20T09:00:00+08:00", false);
        at("2021-07-20T03:00:00+08:00", "2021-07-20T04:00:00+08:00", true);
        // The same moments in UTC: four in the afternoon is midnight there.
        at("2021-07-19T17:00:00Z", "2021-07-19T19:00:00Z", true);
        at("2021-07-19T02:30:00Z", "2021-07-19T04:30:00Z", false);
        at("2021-07-19T06:00:00+08:00", "2021-07-20T06:00:00+08:00", true);
    }

    #[test]
    fn of_waves_the_last_one_counts() {
        let batch = |date: &str| gongqiao_contract::wire::ArrivalBatch {
            date: date.to_owned(),
            headcount: 1,
        };
        let mut terms = VacancyTerms { needed_by: "2021-07-20".to_owned(), ..Default::default() };
        assert_eq!(last_day_of_need(&terms), Some(time::macros::date!(2021 - 07 - 20)));
        terms.batches = vec![batch("2021-08-05"), batch("2021-07-25")];
        assert_eq!(last_day_of_need(&terms), Some(time::macros::date!(2021 - 08 - 05)));
        assert_eq!(
            beijing_day(datetime!(2021-07-20 16:00 UTC)),
            time::macros::date!(2021 - 07 - 21)
        );
    }
}
