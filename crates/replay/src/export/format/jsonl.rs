//! One JSON object per line.

use std::io::Write;

use serde_json::{Map, Value};

use super::{Sheet, Unwritten};
use crate::export::{
    Table,
    column::{Cell, Heading},
};

pub(super) struct Jsonl<'a> {
    headings: Vec<Heading>,
    to: &'a mut (dyn Write + Send),
}

pub(super) fn open(table: Table, to: &mut (dyn Write + Send)) -> Jsonl<'_> {
    Jsonl { headings: table.headings(), to }
}

impl Sheet for Jsonl<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        let fields = self.headings.iter().zip(cells).map(|(heading, cell)| {
            let value = match cell {
                Cell::Empty => Value::Null,
                Cell::Text(text) => text.as_str().into(),
                Cell::Integer(number) => (*number).into(),
                Cell::Boolean(yes) => (*yes).into(),
            };
            (heading.name.to_owned(), value)
        });
        serde_json::to_writer(&mut *self.to, &Value::Object(fields.collect::<Map<_, _>>()))?;
        Ok(self.to.write_all(b"\n")?)
    }

    fn finish(self: Box<Self>) -> Result<(), Unwritten> {
        Ok(self.to.flush()?)
    }
}
