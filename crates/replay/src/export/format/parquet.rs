//! Parquet, for whoever reckons with it: texts as UTF-8, counts as 64-bit
//! integers, in groups of rows.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::Compression,
    data_type::{BoolType, ByteArray, ByteArrayType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::{parser::parse_message_type, types::TypePtr},
};

use super::{Sheet, Unwritten};
use crate::export::{
    Table,
    column::{Cell, Heading, Kind},
};

/// Rows of a group: they stand in memory until it is written.
const GROUP: usize = 20_000;

pub(super) struct Parquet<'a> {
    headings: Vec<Heading>,
    writer: SerializedFileWriter<&'a mut (dyn Write + Send)>,
    /// Cells of the group, row by row.
    rows: Vec<Vec<Cell>>,
}

pub(super) fn open(table: Table, to: &mut (dyn Write + Send)) -> Result<Parquet<'_>, Unwritten> {
    let headings = table.headings();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let schema = schema(table, &headings)?;
    let writer = SerializedFileWriter::new(to, schema, Arc::new(properties))?;
    Ok(Parquet { headings, writer, rows: Vec::new() })
}

fn schema(table: Table, headings: &[Heading]) -> Result<TypePtr, Unwritten> {
    let fields = headings.iter().map(|heading| {
        let form = match heading.kind {
            Kind::Text | Kind::Time => "binary",
            Kind::Integer => "int64",
            Kind::Boolean => "boolean",
        };
        let words = if form == "binary" { " (UTF8)" } else { "" };
        format!("optional {form} {}{words};", heading.name)
    });
    let fields: String = fields.collect();
    let message = format!("message {} {{ {fields} }}", table.as_str());
    Ok(Arc::new(parse_message_type(&message)?))
}

impl Parquet<'_> {
    fn write_group(&mut self) -> Result<(), Unwritten> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (index, heading) in self.headings.iter().enumerate() {
            let Some(mut column) = group.next_column()? else { break };
            let cells = || rows.iter().filter_map(|row| row.get(index));
            let there: Vec<i16> = cells().map(|cell| i16::from(*cell != Cell::Empty)).collect();
            match heading.kind {
                Kind::Text | Kind::Time => {
                    let values = cells().filter(|cell| **cell != Cell::Empty);
                    let values: Vec<ByteArray> =
                        values.map(|cell| ByteArray::from(cell.plain().into_bytes())).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
                }
                Kind::Integer => {
                    let values = cells().filter_map(|cell| match cell {
                        Cell::Integer(number) => Some(*number),
                        _ => None,
                    });
                    let values: Vec<i64> = values.collect();
                    column.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
                }
                Kind::Boolean => {
                    let values = cells().filter_map(|cell| match cell {
                        Cell::Boolean(yes) => Some(*yes),
                        _ => None,
                    });
                    let values: Vec<bool> = values.collect();
                    column.typed::<BoolType>().write_batch(&values, Some(&there), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

impl Sheet for Parquet<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        self.rows.push(cells.to_vec());
        if self.rows.len() == GROUP { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Unwritten> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        self.writer.close()?;
        Ok(())
    }
}
