//! An SQLite database: a table of the rows, and one of the data dictionary.

use std::io::{self, Write};

use rusqlite::{
    Connection, params_from_iter,
    types::{ToSqlOutput, Value},
};
use tempfile::NamedTempFile;

use super::{Sheet, Unwritten};
use crate::export::{
    Table,
    column::{Cell, Kind},
};

pub(super) struct Sqlite<'a> {
    /// Where it is made: a database is written in no order.
    file: NamedTempFile,
    connection: Connection,
    insert: String,
    to: &'a mut (dyn Write + Send),
}

pub(super) fn open(table: Table, to: &mut (dyn Write + Send)) -> Result<Sqlite<'_>, Unwritten> {
    let file = NamedTempFile::new()?;
    let connection = Connection::open(file.path())?;
    // Why: nobody else opens it, and a half-written one is thrown away.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let headings = table.headings();
    let columns = headings.iter().map(|heading| {
        let form = match heading.kind {
            Kind::Text | Kind::Time => "TEXT",
            Kind::Integer | Kind::Boolean => "INTEGER",
        };
        format!("\"{}\" {form}", heading.name)
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let name = table.as_str();
    connection.execute_batch(&format!(
        "BEGIN; CREATE TABLE \"{name}\" ({columns}) STRICT; CREATE TABLE dictionary \
         (\"column\" TEXT, type TEXT, unit TEXT, zh TEXT, en TEXT, source TEXT) STRICT;"
    ))?;
    for one in table.described() {
        let values = [one.column, one.kind, one.unit, one.zh, one.en, one.source];
        connection.execute("INSERT INTO dictionary VALUES (?, ?, ?, ?, ?, ?)", values)?;
    }
    let places = vec!["?"; headings.len()].join(", ");
    let insert = format!("INSERT INTO \"{name}\" VALUES ({places})");
    Ok(Sqlite { file, connection, insert, to })
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Empty => ToSqlOutput::Owned(Value::Null),
            Self::Text(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Boolean(yes) => i64::from(*yes).into(),
        })
    }
}

impl Sheet for Sqlite<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        self.connection.prepare_cached(&self.insert)?.execute(params_from_iter(cells))?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Unwritten> {
        let Self { mut file, connection, to, .. } = *self;
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, e)| e)?;
        io::copy(file.as_file_mut(), to)?;
        Ok(to.flush()?)
    }
}
