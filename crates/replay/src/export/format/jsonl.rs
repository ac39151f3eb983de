//! One JSON object per line, with the columns in their order.

use std::io::Write;

use serde::{Serialize, Serializer};

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

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Boolean(yes) => serializer.serialize_bool(*yes),
        }
    }
}

impl Sheet for Jsonl<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        let names = self.headings.iter().map(|heading| heading.name);
        serde_json::Serializer::new(&mut *self.to).collect_map(names.zip(cells))?;
        Ok(self.to.write_all(b"\n")?)
    }

    fn finish(self: Box<Self>) -> Result<(), Unwritten> {
        Ok(self.to.flush()?)
    }
}
