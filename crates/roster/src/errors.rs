//! The sheet back, with the reason beside each bad row.

use std::{borrow::Cow, collections::HashMap};

use gongqiao_contract::refusal::{Code, Refusal};
use rust_xlsxwriter::{Color, Format as CellFormat, Workbook, Worksheet, XlsxError};

use crate::{
    columns::{Column, Layout},
    format::Format,
    limits::Limits,
    ndjson,
    read::check_size,
    sheet::{self, Cell, MAX_ROWS, Value, Visitor},
    template::{ROSTER_SHEET, TEXT_FORMAT, header_format},
    values::{iso_date, number_text},
};

/// Why a row comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// The row's number, as in [`RowOutcome`](crate::RowOutcome).
    pub row: u32,
    /// The column's header or field; empty where it is the row as a whole.
    pub column: String,
    /// The stable code.
    pub code: String,
    /// The text for the clerk.
    pub reason: String,
}

const CODE_HEADER: &str = "退回代码";
const REASON_HEADER: &str = "退回原因";
const LINE_HEADER: &str = "行号";

/// The most characters that Excel takes in one cell.
const CELL_CHARS: usize = 32_767;

/// The sheet that was sent, as a workbook, with two columns more: the codes
/// and the reasons of whatever is wrong with a row. Cells that a note names
/// are coloured. Every cell is a text, also what looks like a formula, so
/// that nothing in it is ever computed. Rows keep their numbers; of NDJSON,
/// line `n` stands in row `n + 1` below the template's header.
///
/// # Errors
/// A refusal of the file as in [`read`](crate::read), or
/// [`Code::Internal`] if the workbook can't be packed.
pub fn errors_workbook(
    original: &[u8],
    format: Format,
    notes: &[RowNote],
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    check_size(original, limits)?;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(ROSTER_SHEET).map_err(broken)?;
    let mut writer = Writer::new(sheet, notes, limits);
    match format {
        Format::Xlsx => sheet::read_xlsx(original, limits, &mut writer)?,
        Format::Csv => sheet::read_csv(original, &mut writer)?,
        Format::Ndjson => writer.ndjson(original)?,
    }
    writer.reasons()?;
    workbook.save_to_buffer().map_err(broken)
}

/// Why: the library's own text may quote a cell.
fn broken(_: XlsxError) -> Refusal {
    Code::Internal.into()
}

struct Writer<'a> {
    sheet: &'a mut Worksheet,
    notes: HashMap<u32, Vec<&'a RowNote>>,
    rows_limit: u32,
    /// Row numbers are shifted by this much.
    shift: u32,
    /// Number of the header's row, once it was seen.
    header: Option<u32>,
    layout: Option<Layout>,
    /// The first column to the right of everything.
    width: u16,
    rows: u32,
    looks: Looks,
}

struct Looks {
    header: CellFormat,
    text: CellFormat,
    quoted: CellFormat,
    bad: CellFormat,
    bad_quoted: CellFormat,
}

impl Looks {
    fn new() -> Self {
        let text = CellFormat::new().set_num_format_index(TEXT_FORMAT);
        let bad = text.clone().set_background_color(Color::RGB(0xFF_C7_CE));
        Self {
            header: header_format(),
            quoted: text.clone().set_quote_prefix(),
            bad_quoted: bad.clone().set_quote_prefix(),
            text,
            bad,
        }
    }

    /// Why: a cell that begins like a formula is a text in this file, but
    /// becomes one when it is typed over or saved as CSV; the quote prefix is
    /// Excel's own mark for "this stays a text".
    fn of(&self, text: &str, bad: bool) -> &CellFormat {
        let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']);
        match (bad, risky) {
            (false, false) => &self.text,
            (false, true) => &self.quoted,
            (true, false) => &self.bad,
            (true, true) => &self.bad_quoted,
        }
    }
}

impl Visitor for Writer<'_> {
    fn row(&mut self, row: u32, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        self.count_row()?;
        if self.header.is_none() {
            self.header = Some(row);
            self.layout = Layout::from_header(cells).ok();
            for cell in cells {
                self.write(row, cell.column, &shown(&cell.value), None)?;
            }
            return Ok(());
        }
        let bad = self.bad_columns(row);
        for cell in cells {
            let is_bad = bad.contains(&cell.column);
            self.write(row, cell.column, &shown(&cell.value), Some(is_bad))?;
        }
        for column in bad {
            if !cells.iter().any(|cell| cell.column == column) {
                self.write(row, column, "", Some(true))?;
            }
        }
        Ok(())
    }
}

impl<'a> Writer<'a> {
    fn new(sheet: &'a mut Worksheet, notes: &'a [RowNote], limits: &Limits) -> Self {
        let mut by_row: HashMap<u32, Vec<&RowNote>> = HashMap::new();
        for note in notes {
            by_row.entry(note.row).or_default().push(note);
        }
        Self {
            sheet,
            notes: by_row,
            rows_limit: limits.rows,
            shift: 0,
            header: None,
            layout: None,
            width: 0,
            rows: 0,
            looks: Looks::new(),
        }
    }

    /// Where the notes of a row point to.
    fn bad_columns(&self, row: u32) -> Vec<u16> {
        let (Some(notes), Some(layout)) = (self.notes.get(&row), &self.layout) else {
            return Vec::new();
        };
        let mut columns: Vec<u16> =
            notes.iter().filter_map(|note| layout.index(Column::find(&note.column)?)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The header is not counted, as in reading.
    fn count_row(&mut self) -> Result<(), Refusal> {
        if self.rows > self.rows_limit {
            return Err(Refusal::new(Code::RosterTooManyRows).with("limit", self.rows_limit));
        }
        self.rows += 1;
        Ok(())
    }

    /// `bad`: `None` in the header.
    fn write(
        &mut self,
        row: u32,
        column: u16,
        text: &str,
        bad: Option<bool>,
    ) -> Result<(), Refusal> {
        let at = row.saturating_add(self.shift).saturating_sub(1);
        if at >= MAX_ROWS {
            return Err(Refusal::new(Code::RosterTooManyRows).with("limit", MAX_ROWS));
        }
        let text = cut(text);
        let look = match bad {
            None => &self.looks.header,
            Some(bad) => self.looks.of(text, bad),
        };
        self.width = self.width.max(column.saturating_add(1));
        self.sheet.write_string_with_format(at, column, text, look).map_err(broken)?;
        Ok(())
    }

    fn ndjson(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.shift = 1;
        let line_column = Column::ALL.len() as u16;
        let mut header: Vec<Cell<'_>> =
            Column::ALL.iter().map(|column| text_cell(*column as u16, column.header())).collect();
        header.push(text_cell(line_column, LINE_HEADER));
        self.row(0, &header)?;
        ndjson::read(bytes, &mut |number, line| {
            let shown_number = number.to_string();
            let mut cells = Vec::with_capacity(header.len());
            if let Ok(line) = line {
                cells.extend(Column::ALL.iter().filter_map(|column| {
                    let value = line.value(*column)?.clone();
                    Some(Cell { column: *column as u16, value })
                }));
            }
            cells.push(text_cell(line_column, &shown_number));
            self.row(number, &cells)
        })
    }

    /// The two columns more.
    fn reasons(&mut self) -> Result<(), Refusal> {
        let (codes, reasons) = (self.width, self.width.saturating_add(1));
        let header = self.header.unwrap_or(1);
        self.write(header, codes, CODE_HEADER, None)?;
        self.write(header, reasons, REASON_HEADER, None)?;
        let notes = std::mem::take(&mut self.notes);
        for (row, notes) in notes {
            let mut code_text: Vec<&str> = notes.iter().map(|note| note.code.as_str()).collect();
            code_text.dedup();
            let reason_text: Vec<Cow<'_, str>> = notes.iter().map(|note| sentence(note)).collect();
            self.write(row, codes, &code_text.join("; "), Some(true))?;
            self.write(row, reasons, &reason_text.join("\n"), Some(true))?;
        }
        self.sheet.set_column_width(codes, 24).map_err(broken)?;
        self.sheet.set_column_width(reasons, 60).map_err(broken)?;
        Ok(())
    }
}

fn text_cell(column: u16, text: &str) -> Cell<'_> {
    Cell { column, value: Value::Text(Cow::Borrowed(text)) }
}

fn sentence(note: &RowNote) -> Cow<'_, str> {
    let header = match Column::find(&note.column) {
        Some(column) => column.header(),
        None => note.column.as_str(),
    };
    if header.is_empty() {
        return Cow::Borrowed(&note.reason);
    }
    Cow::Owned(format!("{header}：{}", note.reason))
}

/// The text that stands for a cell.
fn shown<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Text(text) | Value::Other(text) => Cow::Borrowed(text),
        Value::Number(number) => {
            Cow::Owned(number_text(*number).unwrap_or_else(|| format!("{number}")))
        }
        Value::Date(day) => Cow::Owned(iso_date(*day)),
    }
}

/// As much of a text as a cell takes. Counted in UTF-16 units, as Excel does.
fn cut(text: &str) -> &str {
    if text.len() <= CELL_CHARS {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > CELL_CHARS
    });
    end.map_or(text, |(at, _)| &text[..at])
}
