//! The sheet back, with the reason beside each bad row.

use std::{borrow::Cow, collections::BTreeMap};

use gongqiao_contract::refusal::{Code, Refusal};
use rust_xlsxwriter::{Color, Format as CellFormat, Workbook, Worksheet, XlsxError};

use crate::{
    columns::{Column, Register},
    format::Format,
    limits::Limits,
    ndjson,
    read::check_size,
    sheet::{self, Above, Cell, MAX_ROWS, Next, Sheet, Value, Visitor},
    table::{self, At, Header, Kind, LeftOut, PassedOver, Row, Sink},
    template::{ROSTER_SHEET, TEXT_FORMAT, header_format},
    values::{iso_date, number_text},
};

/// Why a row comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// The sheet's name; empty for CSV and NDJSON.
    pub sheet: String,
    /// The row's number, as in [`RowOutcome`](crate::RowOutcome).
    pub row: u32,
    /// The column's header or field; empty where it is the row as a whole.
    pub column: String,
    /// The stable code.
    pub code: String,
    /// The text for the clerk.
    pub reason: String,
    /// The row was taken, but the person is unverified (待核); otherwise it
    /// was refused (退回).
    pub unverified: bool,
}

const RESULT_HEADER: &str = "办理结果";
const CODE_HEADER: &str = "代码";
const REASON_HEADER: &str = "说明";
const REFUSED: &str = "退回";
const UNVERIFIED: &str = "待核";
const LINE_HEADER: &str = "行号";

/// The most characters that Excel takes in one cell.
const CELL_CHARS: usize = 32_767;

/// The table that was sent, as a workbook, with three columns more in each
/// sheet that was read: what became of a row (退回, 待核), the codes, and the
/// reasons.
/// Cells that a note names are coloured. Every cell is a text, also what looks
/// like a formula, so that nothing in it is ever computed. Rows keep their
/// numbers; of NDJSON, line `n` stands in row `n + 1` below the template's
/// header. Sheets that were not read do not come back.
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
    match format {
        Format::Ndjson => {
            check_size(original, limits)?;
            let mut writer = Writer::new(limits, Vec::new());
            writer.ndjson(original, notes)?;
            writer.workbook()
        }
        _ => of_kind(&Register, original, format, notes, limits),
    }
}

/// A column that a note can name.
pub(crate) trait Titled: Copy + Eq {
    /// The column with this header.
    fn titled(header: &str) -> Option<Self>;

    /// Its header.
    fn title(self) -> &'static str;
}

impl Titled for Column {
    fn titled(header: &str) -> Option<Self> {
        Self::find(header)
    }

    fn title(self) -> &'static str {
        self.header()
    }
}

/// As [`errors_workbook`], of a table of any kind.
pub(crate) fn of_kind<K: Kind>(
    kind: &K,
    original: &[u8],
    format: Format,
    notes: &[RowNote],
    limits: &Limits,
) -> Result<Vec<u8>, Refusal>
where
    K::Column: Titled,
{
    let mut headers = Headers(Vec::new());
    table::read(original, format, limits, kind, &mut headers)?;
    let page = |(sheet, headers)| Page::new(sheet, headers, notes);
    let mut writer = Writer::new(limits, headers.0.into_iter().map(page).collect());
    sheet::read(original, format, limits, &mut writer)?;
    writer.workbook()
}

/// Why: the library's own text may quote a cell.
fn broken(_: XlsxError) -> Refusal {
    Code::Internal.into()
}

/// Where the columns stand: the headers of each sheet that has any.
struct Headers<C: 'static>(Vec<(String, Vec<Header<C>>)>);

impl<C: Clone> Sink<C> for Headers<C> {
    fn header(&mut self, at: At<'_>, header: &Header<C>) -> Result<(), Refusal> {
        match self.0.last_mut() {
            Some((sheet, headers)) if sheet == at.sheet => headers.push(header.clone()),
            _ => self.0.push((at.sheet.to_owned(), vec![header.clone()])),
        }
        Ok(())
    }

    fn row(&mut self, _: At<'_>, _: &Row<'_, C>) -> Result<(), Refusal> {
        Ok(())
    }

    fn left_out(&mut self, _: At<'_>, _: &Row<'_, C>, _: LeftOut) -> Result<(), Refusal> {
        Ok(())
    }

    fn passed_over(&mut self, _: &str, _: PassedOver) -> Result<(), Refusal> {
        Ok(())
    }
}

/// One sheet that goes back.
struct Page<'a, C: 'static> {
    name: String,
    sheet: Worksheet,
    notes: BTreeMap<u32, Vec<&'a RowNote>>,
    headers: Vec<Header<C>>,
    /// Of NDJSON: the fields, in the order of the columns.
    fields: Vec<C>,
    /// Row numbers are shifted by this much.
    shift: u32,
    /// The first column to the right of everything.
    width: u16,
}

/// Writes pages, one after the other.
struct Writer<'a, C: 'static> {
    limits: &'a Limits,
    rows: u32,
    looks: Looks,
    pages: Vec<Page<'a, C>>,
    current: usize,
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

impl<C: Titled> Visitor for Writer<'_, C> {
    fn sheet(&mut self, sheet: Sheet<'_>) -> Result<Next, Refusal> {
        let is_read = |page: &Page<'_, C>| !sheet.hidden && page.name == sheet.name;
        match self.pages.iter().position(is_read) {
            Some(page) => {
                self.current = page;
                Ok(Next::Pass)
            }
            None => Ok(Next::Skip),
        }
    }

    fn row(&mut self, row: u32, cells: &[Cell<'_>], _: &dyn Above) -> Result<Next, Refusal> {
        self.rows += 1;
        // Why: titles and headers are few.
        if self.rows > self.limits.rows.saturating_add(1_000) {
            return Err(Refusal::new(Code::RosterTooManyRows).with("limit", self.limits.rows));
        }
        match self.pages.get_mut(self.current) {
            Some(page) => page.row(row, cells, &self.looks)?,
            None => return Ok(Next::Skip),
        }
        Ok(Next::Pass)
    }

    fn end(&mut self) -> Result<(), Refusal> {
        Ok(())
    }
}

impl<'a, C: Titled> Writer<'a, C> {
    fn new(limits: &'a Limits, pages: Vec<Page<'a, C>>) -> Self {
        Self { limits, rows: 0, looks: Looks::new(), pages, current: 0 }
    }

    fn workbook(self) -> Result<Vec<u8>, Refusal> {
        let mut workbook = Workbook::new();
        for mut page in self.pages {
            page.reasons(&self.looks)?;
            workbook.push_worksheet(page.sheet);
        }
        workbook.save_to_buffer().map_err(broken)
    }
}

impl<'a> Writer<'a, Column> {
    fn ndjson(&mut self, bytes: &[u8], notes: &'a [RowNote]) -> Result<(), Refusal> {
        let columns = fields_in(bytes)?;
        let line_column = columns.len() as u16;
        let mut page = Page::new(String::new(), Vec::new(), notes);
        page.shift = 1;
        for (at, column) in (0..).zip(&columns) {
            page.write(0, at, column.header(), &self.looks.header)?;
        }
        page.write(0, line_column, LINE_HEADER, &self.looks.header)?;
        page.fields.clone_from(&columns);
        ndjson::read(bytes, &mut |number, line| {
            let shown_number = number.to_string();
            let mut cells = Vec::with_capacity(columns.len() + 1);
            if let Ok(line) = line {
                cells.extend((0..).zip(&columns).filter_map(|(at, column)| {
                    let value = line.value(*column)?.clone();
                    Some(Cell { column: at, value })
                }));
            }
            cells.push(text_cell(line_column, &shown_number));
            page.row(number, &cells, &self.looks)
        })?;
        self.pages.push(page);
        Ok(())
    }
}

impl<'a, C: Titled> Page<'a, C> {
    fn new(name: String, headers: Vec<Header<C>>, notes: &'a [RowNote]) -> Self {
        let mut by_row: BTreeMap<u32, Vec<&RowNote>> = BTreeMap::new();
        for note in notes.iter().filter(|note| note.sheet == name) {
            by_row.entry(note.row).or_default().push(note);
        }
        let mut sheet = Worksheet::new();
        let shown = if name.is_empty() { ROSTER_SHEET } else { &name };
        // Why: a name that Excel does not take stays "Sheet1".
        let _ = sheet.set_name(shown);
        Self { name, sheet, notes: by_row, headers, fields: Vec::new(), shift: 0, width: 0 }
    }

    /// The header that holds for a row.
    fn header(&self, row: u32) -> Option<&Header<C>> {
        self.headers.iter().rev().find(|header| *header.rows.start() <= row)
    }

    fn row(&mut self, row: u32, cells: &[Cell<'_>], looks: &Looks) -> Result<(), Refusal> {
        let is_header = self.header(row).is_some_and(|header| header.rows.contains(&row));
        let bad = self.bad_columns(row);
        for cell in cells {
            let text = shown(&cell.value);
            let look = match is_header {
                true => &looks.header,
                false => looks.of(&text, bad.contains(&cell.column)),
            };
            self.write(row, cell.column, &text, look)?;
        }
        for column in bad {
            if !cells.iter().any(|cell| cell.column == column) {
                self.write(row, column, "", looks.of("", true))?;
            }
        }
        Ok(())
    }

    /// Where the notes of a row point to.
    fn bad_columns(&self, row: u32) -> Vec<u16> {
        let Some(notes) = self.notes.get(&row) else { return Vec::new() };
        let index = |column: C| match self.header(row) {
            Some(header) => header.index(column),
            None => self.fields.iter().position(|field| *field == column).map(|at| at as u16),
        };
        let mut columns: Vec<u16> =
            notes.iter().filter_map(|note| index(C::titled(&note.column)?)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn write(
        &mut self,
        row: u32,
        column: u16,
        text: &str,
        look: &CellFormat,
    ) -> Result<(), Refusal> {
        let at = row.saturating_add(self.shift).saturating_sub(1);
        if at >= MAX_ROWS {
            return Err(Refusal::new(Code::RosterTooManyRows).with("limit", MAX_ROWS));
        }
        self.width = self.width.max(column.saturating_add(1));
        self.sheet.write_string_with_format(at, column, cut(text), look).map_err(broken)?;
        Ok(())
    }

    /// The three columns more.
    fn reasons(&mut self, looks: &Looks) -> Result<(), Refusal> {
        let columns = [0, 1, 2].map(|more| self.width.saturating_add(more));
        let header = self.headers.first().map_or(0, |header| *header.rows.end());
        for (column, text) in columns.into_iter().zip([RESULT_HEADER, CODE_HEADER, REASON_HEADER]) {
            self.write(header, column, text, &looks.header)?;
        }
        for (row, notes) in std::mem::take(&mut self.notes) {
            let refused = notes.iter().any(|note| !note.unverified);
            let result = if refused { REFUSED } else { UNVERIFIED };
            let mut codes: Vec<&str> = notes.iter().map(|note| note.code.as_str()).collect();
            codes.dedup();
            let reasons: Vec<Cow<'_, str>> = notes.iter().map(|note| sentence::<C>(note)).collect();
            let texts = [result.to_owned(), codes.join("; "), reasons.join("\n")];
            for (column, text) in columns.into_iter().zip(texts) {
                self.write(row, column, &text, looks.of(&text, true))?;
            }
        }
        for (column, width) in columns.into_iter().zip([10, 24, 60]) {
            self.sheet.set_column_width(column, width).map_err(broken)?;
        }
        Ok(())
    }
}

/// The template's columns, and whatever others the lines fill in.
fn fields_in(bytes: &[u8]) -> Result<Vec<Column>, Refusal> {
    let mut used = [false; Column::ALL.len()];
    ndjson::read(bytes, &mut |_, line| {
        let fills = |column: &Column| line.as_ref().is_ok_and(|l| l.value(*column).is_some());
        for column in Column::ALL.into_iter().filter(fills) {
            used[column as usize] = true;
        }
        Ok(())
    })?;
    let is_shown = |column: &Column| Column::TEMPLATE.contains(column) || used[*column as usize];
    Ok(Column::ALL.into_iter().filter(is_shown).collect())
}

fn text_cell(column: u16, text: &str) -> Cell<'_> {
    Cell { column, value: Value::Text(Cow::Borrowed(text)) }
}

fn sentence<C: Titled>(note: &RowNote) -> Cow<'_, str> {
    let header = match C::titled(&note.column) {
        Some(column) => column.title(),
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
        Value::Date(day, _) => Cow::Owned(iso_date(*day)),
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
