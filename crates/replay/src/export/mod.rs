//! Tables of a range of the log, as files for people and programs: one row
//! for each thing that an event of the range is about, as it stands at the end
//! of the range. Folded from the log like any other moment, so that the same
//! range gives the same rows, whenever it is asked for.

mod column;
mod format;
mod table;
mod touched;

use std::{io, str::FromStr};

use gongqiao_access::Live;
use gongqiao_contract::{
    Code, Moment, Refusal,
    view::{ExportColumn, ExportDictionary},
};
use gongqiao_domain::City;
use time::OffsetDateTime;

pub(crate) use self::format::Format;
use self::{
    column::{Cell, Column, Heading, Row},
    table::{DISPATCH, PLACEMENT, SIGNAL, VACANCY},
    touched::Touched,
};
use crate::past;

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Dispatch,
    Vacancy,
    Signal,
    Placement,
}

impl Table {
    /// All of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::Dispatch, Self::Vacancy, Self::Signal, Self::Placement];

    /// As it stands in paths and files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Vacancy => "vacancy",
            Self::Signal => "signal",
            Self::Placement => "placement",
        }
    }

    /// Its columns, as the dictionary describes them.
    pub(crate) fn described(self) -> Vec<ExportColumn> {
        fn all<T>(columns: &[Column<T>], table: Table) -> Vec<ExportColumn> {
            columns.iter().map(|column| column.described(table.as_str())).collect()
        }
        match self {
            Self::Dispatch => all(DISPATCH, self),
            Self::Vacancy => all(VACANCY, self),
            Self::Signal => all(SIGNAL, self),
            Self::Placement => all(PLACEMENT, self),
        }
    }

    fn headings(self) -> Vec<Heading> {
        fn all<T>(columns: &[Column<T>]) -> Vec<Heading> {
            columns.iter().map(Column::heading).collect()
        }
        match self {
            Self::Dispatch => all(DISPATCH),
            Self::Vacancy => all(VACANCY),
            Self::Signal => all(SIGNAL),
            Self::Placement => all(PLACEMENT),
        }
    }
}

impl FromStr for Table {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let known = Self::ALL.into_iter().find(|table| table.as_str() == text);
        let all = || Self::ALL.map(Self::as_str).join(", ");
        known.ok_or_else(|| Refusal::new(Code::ExportTable).with("known", all()))
    }
}

/// The data dictionary of all tables.
pub(crate) fn dictionary() -> ExportDictionary {
    ExportDictionary { columns: Table::ALL.into_iter().flat_map(Table::described).collect() }
}

/// A range of the log: events behind the one sequence, up to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) after: u64,
    pub(crate) until: u64,
}

impl Range {
    /// From a moment, whose own event counts, to a moment.
    ///
    /// # Errors
    /// A sequence that the log has not come to; the moments in the other order;
    /// the log can't be reached.
    pub(crate) async fn between(
        live: &Live,
        (from, until): (Moment, Moment),
        now: OffsetDateTime,
    ) -> Result<Self, Refusal> {
        let after = match from {
            Moment::Sequence(sequence) => sequence.saturating_sub(1),
            moment => past::position(live, moment, now).await?,
        };
        let until = past::position(live, until, now).await?;
        if until < after {
            return Err(Code::PastOrder.into());
        }
        Ok(Self { after, until })
    }
}

/// The city at the end of a range, and what its events are about.
pub(crate) struct Export {
    city: City,
    touched: Touched,
}

impl Export {
    /// Folds the log up to the end of the range.
    pub(crate) async fn fold(live: &Live, range: Range) -> Self {
        let mut city = past::city_at(live, range.after).await;
        let mut touched = Touched::default();
        let take =
            |city: &mut City, message: &gongqiao_stream::Message| touched.fold(city, message);
        past::fold_on(live.connection(), &mut city, range.until, take).await;
        Self { city, touched }
    }

    /// Writes the rows of a table. Blocks.
    ///
    /// # Errors
    /// They can't be written.
    pub(crate) fn write(
        &self,
        table: Table,
        format: Format,
        to: &mut (dyn io::Write + Send),
    ) -> Result<u64, format::Unwritten> {
        let mut sheet = format.open(table, to)?;
        let mut rows = 0;
        let mut row = |cells: Vec<Cell>| {
            rows += 1;
            sheet.row(&cells)
        };
        self.each(table, &mut row)?;
        sheet.finish()?;
        Ok(rows)
    }

    fn each(
        &self,
        table: Table,
        take: &mut dyn FnMut(Vec<Cell>) -> Result<(), format::Unwritten>,
    ) -> Result<(), format::Unwritten> {
        let (city, touched) = (&self.city, &self.touched);
        match table {
            Table::Vacancy => {
                for (id, last) in touched.vacancies.in_order() {
                    city.vacancy(id).map_or(Ok(()), |one| take(cells(VACANCY, city, one, last)))?;
                }
            }
            Table::Signal => {
                for (id, last) in touched.signals.in_order() {
                    city.signal(id).map_or(Ok(()), |one| take(cells(SIGNAL, city, one, last)))?;
                }
            }
            Table::Dispatch => {
                for (id, last) in touched.dispatches.in_order() {
                    city.dispatch(id)
                        .map_or(Ok(()), |one| take(cells(DISPATCH, city, one, last)))?;
                }
            }
            Table::Placement => {
                for (episode, last) in touched.episodes.values() {
                    take(cells(PLACEMENT, city, episode, *last))?;
                }
            }
        }
        Ok(())
    }
}

fn cells<T>(columns: &[Column<T>], city: &City, one: &T, last: u64) -> Vec<Cell> {
    let row = Row { city, one, last };
    columns.iter().map(|column| (column.of)(&row)).collect()
}
