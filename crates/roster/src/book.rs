//! Workbooks that bureaus file: a title, what the numbers mean, a header of
//! one or two rows, and the rows.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::template::{SheetError, TEXT_FORMAT, header_format};

/// A workbook with one sheet.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The sheet's name, at most 31 characters.
    pub sheet: String,
    /// What stands above everything.
    pub title: String,
    /// Lines below the title: definition, period, as-of.
    pub notes: Vec<String>,
    /// The columns.
    pub columns: Vec<BookColumn>,
    /// The rows, each a value per column.
    pub rows: Vec<Vec<Value>>,
}

/// A column of a [`Book`].
#[derive(Debug, Clone)]
pub struct BookColumn {
    /// What stands above it and its neighbours of the same group; empty for a
    /// column of its own.
    pub group: String,
    /// Its heading.
    pub name: String,
    /// Its width in characters.
    pub width: u16,
}

impl BookColumn {
    /// A column of its own.
    pub fn new(name: impl Into<String>, width: u16) -> Self {
        Self::of("", name, width)
    }

    /// A column of a group.
    pub fn of(group: impl Into<String>, name: impl Into<String>, width: u16) -> Self {
        Self { group: group.into(), name: name.into(), width }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, never a formula.
    Text(String),
    /// A number, so that it can be added up.
    Number(i64),
    /// Nothing: to be filled in by hand.
    Blank,
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text) }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Packs a workbook.
///
/// # Errors
/// [`SheetError`] if it can't be packed, as with a sheet name that Excel
/// refuses.
pub fn workbook(book: &Book) -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet().set_name(&book.sheet)?, book)?;
    Ok(workbook.save_to_buffer()?)
}

fn fill(sheet: &mut Worksheet, book: &Book) -> Result<(), XlsxError> {
    let last = u16::try_from(book.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let note = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    line(sheet, 0, last, &book.title, &title)?;
    let mut row = 1;
    for text in &book.notes {
        line(sheet, row, last, text, &note)?;
        row += 1;
    }
    let grouped = book.columns.iter().any(|column| !column.group.is_empty());
    let below = row + u32::from(grouped);
    header(sheet, row, below, &book.columns)?;
    let cell = Format::new().set_border(FormatBorder::Thin);
    let text = cell.clone().set_num_format_index(TEXT_FORMAT);
    for (row, values) in (below + 1..).zip(&book.rows) {
        for (column, value) in (0..).zip(values) {
            match value {
                Value::Text(words) => sheet.write_string_with_format(row, column, words, &text)?,
                #[expect(clippy::cast_precision_loss, reason = "counts of people and yuan")]
                Value::Number(number) => {
                    sheet.write_number_with_format(row, column, *number as f64, &cell)?
                }
                Value::Blank => sheet.write_blank(row, column, &cell)?,
            };
        }
    }
    sheet.set_freeze_panes(below + 1, 0)?;
    Ok(())
}

/// A text across the whole width.
fn line(
    sheet: &mut Worksheet,
    row: u32,
    last: u16,
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if last == 0 {
        sheet.write_string_with_format(row, 0, text, format)?;
    } else {
        sheet.merge_range(row, 0, row, last, text, format)?;
    }
    Ok(())
}

fn header(
    sheet: &mut Worksheet,
    above: u32,
    below: u32,
    columns: &[BookColumn],
) -> Result<(), XlsxError> {
    let format = header_format();
    let mut start = 0;
    for (index, column) in (0..).zip(columns) {
        sheet.set_column_width(index, f64::from(column.width))?;
        if column.group.is_empty() && below > above {
            sheet.merge_range(above, index, below, index, &column.name, &format)?;
        } else {
            sheet.write_string_with_format(below, index, &column.name, &format)?;
        }
        let next = columns.get(usize::from(index) + 1);
        if next.is_some_and(|next| next.group == column.group && !column.group.is_empty()) {
            continue;
        }
        if !column.group.is_empty() {
            if start == index {
                sheet.write_string_with_format(above, index, &column.group, &format)?;
            } else {
                sheet.merge_range(above, start, above, index, &column.group, &format)?;
            }
        }
        start = index + 1;
    }
    Ok(())
}
