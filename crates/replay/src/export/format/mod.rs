//! The formats: one file each, fed row by row.

mod csv;
mod jsonl;
mod parquet;
mod sqlite;
mod xlsx;

use std::{
    io::{self, Write},
    str::FromStr,
};

use gongqiao_contract::{Code, Refusal};

use super::{Table, column::Cell};

/// Why an export ends early: whoever reads it has gone, or the disk is full.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    #[error(transparent)]
    Parquet(#[from] ::parquet::errors::ParquetError),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// A file that is being written.
pub(crate) trait Sheet {
    /// Writes one row, with a cell for each column.
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten>;
    /// Writes what stands at the end.
    fn finish(self: Box<Self>) -> Result<(), Unwritten>;
}

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Xlsx,
    Jsonl,
    Parquet,
    Sqlite,
}

impl Format {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Csv, Self::Xlsx, Self::Jsonl, Self::Parquet, Self::Sqlite];

    /// As it stands in queries and file names.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Sqlite => "sqlite",
        }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Sqlite => "application/vnd.sqlite3",
        }
    }

    /// Begins a file.
    pub(crate) fn open<'a>(
        self,
        table: Table,
        to: &'a mut (dyn Write + Send),
    ) -> Result<Box<dyn Sheet + 'a>, Unwritten> {
        Ok(match self {
            Self::Csv => Box::new(csv::open(table, to)?),
            Self::Xlsx => Box::new(xlsx::open(table, to)?),
            Self::Jsonl => Box::new(jsonl::open(table, to)),
            Self::Parquet => Box::new(parquet::open(table, to)?),
            Self::Sqlite => Box::new(sqlite::open(table, to)?),
        })
    }
}

impl FromStr for Format {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == text);
        let all = || Self::ALL.map(Self::as_str).join(", ");
        known.ok_or_else(|| Refusal::new(Code::ExportFormat).with("known", all()))
    }
}
