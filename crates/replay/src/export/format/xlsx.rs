//! A workbook: the rows, over as many sheets as they need, and the data
//! dictionary on another. Rows are kept on the disk while it is made.

use std::io::{self, Seek as _, Write};

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use tempfile::tempfile;

use super::{Sheet, Unwritten};
use crate::export::{Table, column::Cell};

/// Rows of one sheet, its heading apart.
const ROWS: u32 = 1_048_575;
/// The longest text of a cell, in characters.
const LONGEST: usize = 32_767;

pub(super) struct Xlsx<'a> {
    workbook: Workbook,
    table: Table,
    /// Sheets of rows, and rows of the last.
    sheets: usize,
    rows: u32,
    to: &'a mut (dyn Write + Send),
}

pub(super) fn open(table: Table, to: &mut (dyn Write + Send)) -> Result<Xlsx<'_>, Unwritten> {
    let mut xlsx = Xlsx { workbook: Workbook::new(), table, sheets: 0, rows: 0, to };
    xlsx.begin()?;
    Ok(xlsx)
}

impl Xlsx<'_> {
    /// Begins a sheet.
    fn begin(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        self.rows = 0;
        let name = match self.sheets {
            1 => self.table.as_str().to_owned(),
            number => format!("{} {number}", self.table.as_str()),
        };
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        let headings = self.table.headings();
        write(sheet, 0, headings.iter().map(|heading| Cell::text(heading.name)))
    }

    fn dictionary(&mut self) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("数据字典 dictionary")?;
        let headings = ["列 column", "类型 type", "单位 unit", "含义", "meaning", "来源 source"];
        write(sheet, 0, headings.into_iter().map(Cell::text))?;
        for (row, one) in (1..).zip(self.table.described()) {
            let cells = [one.column, one.kind, one.unit, one.zh, one.en, one.source];
            write(sheet, row, cells.into_iter().map(Cell::text))?;
        }
        Ok(())
    }
}

/// Writes texts as texts: nothing that begins like a formula becomes one.
fn write(
    sheet: &mut Worksheet,
    row: u32,
    cells: impl Iterator<Item = Cell>,
) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                let text: String = text.chars().take(LONGEST).collect();
                sheet.write_string(row, column, text)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "a workbook has no other numbers")]
            Cell::Integer(number) => {
                sheet.write_number(row, column, number as f64)?;
            }
            Cell::Boolean(yes) => {
                sheet.write_boolean(row, column, yes)?;
            }
        }
    }
    Ok(())
}

impl Sheet for Xlsx<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        if self.rows == ROWS {
            self.begin()?;
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        Ok(write(sheet, self.rows, cells.iter().cloned())?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Unwritten> {
        self.dictionary()?;
        let mut file = tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        file.rewind()?;
        io::copy(&mut file, self.to)?;
        Ok(self.to.flush()?)
    }
}
