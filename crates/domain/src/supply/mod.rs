//! The supply of workers, as it may be told to others: people counted in the
//! cells of a fixed lattice, county × occupation × level band × availability.
//!
//! [`tally`] counts everybody, [`publish`] says what of it may be shown, and
//! [`cards`] how single people may, who can't be named. A subscription chooses among whole cells and never cuts one, so that filters
//! that differ tell no difference.

pub mod cards;
pub mod publish;
pub mod tally;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
};

use gongqiao_contract::{
    codes::{DivisionCode, OccupationCode, SkillLevel},
    wire::{FeedFilter, Scope, level_band::Value as Band},
};
use time::{Date, Duration, Month};

pub use cards::{Cards, Places};
pub use publish::{Counts, Publication, Publisher};
pub use tally::{Status, Tally};

use crate::{reach, supply::tally::Heads};

/// From when on people can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Since {
    /// At once.
    Now,
    /// In the week that begins on this Monday.
    Week(Date),
    /// In the month that begins on this day.
    Month(Date),
}

/// One cell of the lattice, of any coarseness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// A county, or the whole city.
    pub division: DivisionCode,
    /// An occupation, or its middle group; none for people without one.
    pub occupation: Option<OccupationCode>,
    /// Levels, taken together.
    pub band: Band,
    /// From when on.
    pub since: Since,
}

/// How many degrees of coarseness there are.
pub const RANKS: usize = 4;

impl Cell {
    /// The cell of somebody who lives in `home`, as finely as there are any;
    /// none for a home of which no city is known.
    pub fn of(
        home: DivisionCode,
        skill: Option<(OccupationCode, SkillLevel)>,
        available_from: Date,
        today: Date,
    ) -> Option<Self> {
        Some(Self {
            division: home.county().or(home.prefecture())?,
            occupation: skill.map(|(occupation, _)| occupation),
            band: skill.map_or(Band::None, |(_, level)| band(level)),
            since: Since::of(available_from, today),
        })
    }

    /// How coarse it is, from 0; a coarser cell never rolls up into a finer.
    pub fn rank(&self) -> usize {
        if self.division.county().is_none() {
            return 3;
        }
        let is_group = self.occupation.is_none_or(|code| code == code.middle_group());
        match (is_group, self.since) {
            (false, _) => 0,
            (true, Since::Week(_)) => 1,
            (true, Since::Now | Since::Month(_)) => 2,
        }
    }

    /// Where those are counted whom this cell can't show: in the group of their
    /// occupation, then in their month, then in their city.
    #[must_use]
    pub fn rolled_up(&self) -> Option<Self> {
        let occupation = self.occupation.map(OccupationCode::middle_group);
        let grouped = Self { occupation, ..*self };
        let city = self.division.prefecture()?;
        let coarser = [
            grouped,
            Self { since: self.since.month(), ..grouped },
            Self { division: city, since: self.since.month(), ..grouped },
        ];
        coarser.into_iter().find(|other| other.rank() > self.rank())
    }

    /// Whether all of the cell lies within an agreement's scope. Of a cell that
    /// is partly outside nothing is shown.
    pub fn is_covered(&self, scope: &Scope) -> bool {
        self.is_in(&scope.divisions, &scope.occupations)
    }

    /// Whether a subscription wants all of the cell.
    pub fn is_wanted(&self, filter: &FeedFilter) -> bool {
        let level = SkillLevel::new(filter.level).unwrap_or_default();
        let (first, last) = self.since.days();
        self.is_in(&filter.divisions, &filter.occupations)
            && (filter.level == 0 || self.band == band(level))
            && (filter.from.is_empty() || first.is_some_and(|day| filter.from <= day.to_string()))
            && (filter.until.is_empty() || last.is_none_or(|day| day.to_string() <= filter.until))
    }

    /// The first and the last day from which on its people can work, as
    /// YYYY-MM-DD; both empty where they can at once.
    fn days(&self) -> (String, String) {
        let (from, until) = self.since.days();
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        (day(from), day(until))
    }

    fn is_in(&self, divisions: &[String], occupations: &[String]) -> bool {
        let occupation: Vec<String> = self.occupation.iter().map(ToString::to_string).collect();
        reach::divisions(divisions, Some(self.division))
            && reach::occupations(occupations, &occupation)
    }
}

/// Which people each cell shows. `show` is asked of one cell after the other,
/// from fine to coarse, whom of its people it shows; whom it does not, the next
/// coarser cell counts as its own.
fn roll_up(
    cells: impl Iterator<Item = (Cell, Heads)>,
    mut show: impl FnMut(Cell, Heads) -> Heads,
) -> BTreeMap<Cell, Heads> {
    let mut ranks: [HashMap<Cell, Heads>; RANKS] = std::array::from_fn(|_| HashMap::new());
    for (cell, heads) in cells {
        ranks[cell.rank()].entry(cell).or_default().add(heads);
    }
    let mut all = BTreeMap::new();
    for rank in 0..RANKS {
        for (cell, heads) in std::mem::take(&mut ranks[rank]) {
            let shown = show(cell, heads);
            let left = Heads { free: heads.free - shown.free, held: heads.held - shown.held };
            if shown != Heads::default() {
                all.insert(cell, shown);
            }
            if let Some(coarser) = cell.rolled_up().filter(|_| left != Heads::default()) {
                ranks[coarser.rank()].entry(coarser).or_default().add(left);
            }
        }
    }
    all
}

impl Since {
    fn of(day: Date, today: Date) -> Self {
        if day <= today {
            return Self::Now;
        }
        let since_monday = i64::from(day.weekday().number_days_from_monday());
        day.checked_sub(Duration::days(since_monday)).map_or(Self::Now, Self::Week)
    }

    /// The month in which the week begins.
    fn month(self) -> Self {
        match self {
            Self::Week(monday) => Self::Month(monday.replace_day(1).unwrap_or(monday)),
            Self::Now | Self::Month(_) => self,
        }
    }

    /// Its first and its last day; none for people who can work at once.
    pub fn days(self) -> (Option<Date>, Option<Date>) {
        match self {
            Self::Now => (None, None),
            Self::Week(monday) => (Some(monday), monday.checked_add(Duration::days(6))),
            // Why beyond the month: it holds weeks whole, which may end later.
            Self::Month(first) => {
                let last = first.replace_day(first.month().length(first.year())).ok();
                (Some(first), last.and_then(|day| day.checked_add(Duration::days(6))))
            }
        }
    }
}

/// The band of a level.
pub fn band(level: SkillLevel) -> Band {
    match level.number() {
        1..=3 => Band::High,
        4 | 5 => Band::Ordinary,
        _ => Band::None,
    }
}

/// What stands in a key for a band.
const BANDS: [(Band, &str); 3] =
    [(Band::High, "high"), (Band::Ordinary, "ordinary"), (Band::None, "none")];

impl fmt::Display for Cell {
    /// The key in feeds: `431021_6-25-04-07_ordinary_w2027-07-12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_", self.division)?;
        match self.occupation {
            Some(occupation) => write!(f, "{occupation}")?,
            None => write!(f, "none")?,
        }
        let band = BANDS.iter().find(|(band, _)| *band == self.band).map_or("none", |one| one.1);
        write!(f, "_{band}_")?;
        match self.since {
            Since::Now => write!(f, "now"),
            Since::Week(monday) => write!(f, "w{monday}"),
            Since::Month(first) => write!(f, "m{}-{:02}", first.year(), u8::from(first.month())),
        }
    }
}

/// A text is not the key of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a cell")]
pub struct NoCell;

impl FromStr for Cell {
    type Err = NoCell;

    fn from_str(key: &str) -> Result<Self, NoCell> {
        let mut parts = key.split('_');
        let mut next = || parts.next().ok_or(NoCell);
        let division = next()?.parse().map_err(|_| NoCell)?;
        let occupation = match next()? {
            "none" => None,
            code => Some(code.parse().map_err(|_| NoCell)?),
        };
        let name = next()?;
        let band = BANDS.iter().find(|(_, known)| *known == name).ok_or(NoCell)?.0;
        Ok(Self { division, occupation, band, since: since(next()?).ok_or(NoCell)? })
    }
}

fn since(text: &str) -> Option<Since> {
    if let Some(day) = text.strip_prefix('w') {
        return crate::terms::day("", day).ok().map(Since::Week);
    }
    if let Some(month) = text.strip_prefix('m') {
        let (year, month) = month.split_once('-')?;
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        return Date::from_calendar_date(year.parse().ok()?, month, 1).ok().map(Since::Month);
    }
    (text == "now").then_some(Since::Now)
}

#[cfg(test)]
mod attack;
#[cfg(test)]
mod tests;
