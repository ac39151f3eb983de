//! What a column is: its name, its meaning, and how a cell of it is read. The
//! files and the data dictionary are made of the same list.

use gongqiao_contract::view::ExportColumn;
use gongqiao_domain::City;
use gongqiao_shell::beijing;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::offset};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing is known, or nothing applies.
    Empty,
    /// Words or a code.
    Text(String),
    /// A count.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
}

impl Cell {
    /// A text; nothing for an empty one.
    pub(crate) fn text(text: impl ToString) -> Self {
        let text = text.to_string();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A count, whatever its width.
    pub(crate) fn count(number: impl TryInto<i64>) -> Self {
        number.try_into().map_or(Self::Empty, Self::Integer)
    }

    /// A time in Beijing time, which Excel and people here read as theirs.
    pub(crate) fn time(at: OffsetDateTime) -> Self {
        let at = at.to_offset(offset!(+8));
        Self::text(at.format(&Rfc3339).unwrap_or_else(|_| beijing::rfc3339(at)))
    }

    /// As text in a file that has nothing but text.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(yes) => yes.to_string(),
        }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<OffsetDateTime> for Cell {
    fn from(at: OffsetDateTime) -> Self {
        Self::time(at)
    }
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Boolean,
    /// A text in RFC 3339, Beijing time.
    Time,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Time => "time",
        }
    }
}

/// What a row is made from.
pub(crate) struct Row<'a, T> {
    /// The city at the end of the range.
    pub(crate) city: &'a City,
    /// What the row is about.
    pub(crate) one: &'a T,
    /// The last event of the range that is about it.
    pub(crate) last: u64,
}

/// One column of the rows of `T`.
pub(crate) struct Column<T: 'static> {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    pub(crate) source: &'static str,
    pub(crate) of: fn(&Row<'_, T>) -> Cell,
}

/// A column as the files need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heading {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl<T> Column<T> {
    pub(crate) fn heading(&self) -> Heading {
        Heading { name: self.name, kind: self.kind }
    }

    /// As the dictionary describes it.
    pub(crate) fn described(&self, table: &str) -> ExportColumn {
        ExportColumn {
            table: table.to_owned(),
            column: self.name.to_owned(),
            kind: self.kind.as_str().to_owned(),
            unit: self.unit.to_owned(),
            zh: self.zh.to_owned(),
            en: self.en.to_owned(),
            source: self.source.to_owned(),
        }
    }
}

/// A list of columns, one a line: name, kind, unit, Chinese, English, source,
/// and the cell.
macro_rules! columns {
    ($name:ident: $of:ty { $($column:ident $kind:ident $unit:literal $zh:literal $en:literal $source:literal |$row:ident| $cell:expr;)* }) => {
        pub(super) static $name: &[Column<$of>] = &[$(Column {
            name: stringify!($column),
            kind: Kind::$kind,
            unit: $unit,
            zh: $zh,
            en: $en,
            source: $source,
            of: |$row| $cell,
        },)*];
    };
}
pub(crate) use columns;
