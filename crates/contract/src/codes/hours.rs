//! Deadlines in working hours: when so many hours of a desk's time have gone
//! by. Everything is Beijing time, which has known no summer time since 1991.

use std::{collections::BTreeMap, sync::LazyLock};

use time::{
    Date, Duration, OffsetDateTime, Time, UtcOffset,
    macros::{format_description, offset, time},
};

use super::text::rows;

static HOLIDAYS: &str = include_str!("../../data/holidays.csv");
static CHINA: LazyLock<Calendar> = LazyLock::new(Calendar::read);
const BEIJING: UtcOffset = offset!(+8);

/// Which days are worked: weekdays, but for public holidays and the weekend
/// days that are worked for them.
#[derive(Debug)]
pub struct Calendar {
    /// Only where the notices say something. Whether it is worked.
    named: BTreeMap<Date, bool>,
}

/// On which days a desk is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// The working days of the calendar.
    Working,
    /// Every day.
    Every,
}

/// One stretch of open hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it opens.
    pub from: Time,
    /// When it closes, on the same day.
    pub to: Time,
}

/// When a desk is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    days: Days,
    spans: Vec<Span>,
}

/// Open hours that are none, or stand in disorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("open hours are one or more stretches of a day, in order, each closing after it opens")]
pub struct OfficeError;

impl OfficeError {
    /// The stable code of the fault.
    pub fn code(self) -> &'static str {
        "office.hours"
    }
}

impl Calendar {
    /// The embedded calendar of mainland China.
    pub fn china() -> &'static Self {
        &CHINA
    }

    /// Whether a day is worked.
    pub fn is_worked(&self, day: Date) -> bool {
        let weekday = day.weekday().number_from_monday() <= 5;
        self.named.get(&day).copied().unwrap_or(weekday)
    }

    /// Whether the holidays of that year are known; otherwise weekends are
    /// all that is left out.
    pub fn knows(&self, year: i32) -> bool {
        self.named.keys().any(|day| day.year() == year && day.ordinal() > 31)
    }

    fn read() -> Self {
        let mut named = BTreeMap::new();
        for (from, to, worked) in rows::<5>(HOLIDAYS).filter_map(read_row) {
            let mut day = Some(from);
            while let Some(at) = day.filter(|at| *at <= to) {
                named.insert(at, worked);
                day = at.next_day();
            }
        }
        Self { named }
    }
}

fn read_row([from, to, kind, _, _]: [&'static str; 5]) -> Option<(Date, Date, bool)> {
    let day = |text| Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let worked = match kind {
        "off" => false,
        "work" => true,
        _ => return None,
    };
    Some((day(from)?, day(to)?, worked))
}

impl Office {
    /// A desk with hours of its own.
    ///
    /// # Errors
    /// [`OfficeError`] if there are none, or they do not follow one another.
    pub fn new(days: Days, spans: Vec<Span>) -> Result<Self, OfficeError> {
        let each = spans.iter().all(|span| span.from < span.to);
        let ordered = spans.windows(2).all(|two| two[0].to < two[1].from);
        if spans.is_empty() || !each || !ordered {
            Err(OfficeError)
        } else {
            Ok(Self { days, spans })
        }
    }

    /// A public desk: 08:30 to 12:00 and 14:00 to 17:30 on working days.
    pub fn ordinary() -> Self {
        let morning = Span { from: time!(08:30), to: time!(12:00) };
        let afternoon = Span { from: time!(14:00), to: time!(17:30) };
        Self { days: Days::Working, spans: vec![morning, afternoon] }
    }

    /// Where something is urgent: 08:00 to 20:00, every day.
    pub fn urgent() -> Self {
        Self { days: Days::Every, spans: vec![Span { from: time!(08:00), to: time!(20:00) }] }
    }

    /// Whether it is open at a moment; both ends of a stretch count as open.
    pub fn is_open(&self, at: OffsetDateTime, calendar: &Calendar) -> bool {
        let at = in_beijing(at);
        let open = |span: &Span| (span.from..=span.to).contains(&at.time());
        self.on(at.date(), calendar).iter().any(open)
    }

    fn on(&self, day: Date, calendar: &Calendar) -> &[Span] {
        let open = self.days == Days::Every || calendar.is_worked(day);
        if open { &self.spans } else { &[] }
    }
}

/// When `work` of open hours have gone by since `now`: always a moment at
/// which the desk is open, in Beijing time. No work is done as soon as the
/// desk is open.
pub fn deadline(
    now: OffsetDateTime,
    work: std::time::Duration,
    office: &Office,
    calendar: &Calendar,
) -> OffsetDateTime {
    let mut left = Duration::try_from(work).unwrap_or(Duration::MAX);
    let now = in_beijing(now);
    let (mut day, mut since) = (now.date(), now.time());
    loop {
        for span in office.on(day, calendar) {
            let start = span.from.max(since);
            if start > span.to {
                continue;
            }
            let stretch = span.to - start;
            if left <= stretch {
                return day.with_time(start + left).assume_offset(BEIJING);
            }
            left -= stretch;
        }
        since = Time::MIDNIGHT;
        day = match day.next_day() {
            Some(next) => next,
            // Why: no calendar goes on beyond the year 9999.
            None => return day.with_time(Time::MAX).assume_offset(BEIJING),
        };
    }
}

/// How much of the open hours lies between two moments; nothing if they stand
/// the other way round.
pub fn worked(
    from: OffsetDateTime,
    until: OffsetDateTime,
    office: &Office,
    calendar: &Calendar,
) -> std::time::Duration {
    let (from, until) = (in_beijing(from), in_beijing(until));
    let mut sum = Duration::ZERO;
    let mut day = Some(from.date());
    while let Some(at) = day.filter(|at| *at <= until.date()) {
        for span in office.on(at, calendar) {
            let start = at.with_time(span.from).assume_offset(BEIJING).max(from);
            let end = at.with_time(span.to).assume_offset(BEIJING).min(until);
            sum += (end - start).max(Duration::ZERO);
        }
        day = at.next_day();
    }
    sum.unsigned_abs()
}

/// Why checked: the last hours of the year 9999 have no other zone.
fn in_beijing(at: OffsetDateTime) -> OffsetDateTime {
    at.checked_to_offset(BEIJING).unwrap_or(at.replace_offset(BEIJING))
}

#[cfg(test)]
mod tests;
