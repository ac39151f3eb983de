//! Separated values.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use gongqiao_contract::refusal::{Code, Refusal};

use super::{Above, Cell, MAX_COLUMNS, Next, Sheet, Value, Visitor};
use crate::text::{decode, delimiter};

/// See [`super::read`].
pub(super) fn read(bytes: &[u8], visitor: &mut impl Visitor) -> Result<(), Refusal> {
    let text = decode(bytes)?;
    let text = text.as_ref();
    if is_web_page(text) {
        return Err(Code::RosterNotWorkbook.into());
    }
    if visitor.sheet(Sheet { name: "", hidden: false })? == Next::Skip {
        return Ok(());
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let (mut record, mut above) = (StringRecord::new(), StringRecord::new());
    let mut row = 0_u32;
    loop {
        let from = position(&reader, text);
        let more = reader.read_record(&mut record).map_err(|_| unreadable("?"))?;
        let raw = &text[from..position(&reader, text)];
        // Why: the reader passes over blank lines, a spreadsheet shows them.
        let blank_lines = count_leading_line_ends(raw, text[..from].ends_with('\r'));
        if !more {
            return visitor.end();
        }
        row = row.saturating_add(blank_lines).saturating_add(1);
        if is_left_open(raw) {
            return Err(Refusal::new(Code::RosterQuote).with("row", row));
        }
        if record.len() > MAX_COLUMNS {
            return Err(unreadable(&format!("> {MAX_COLUMNS}")));
        }
        let row_cells = cells(&record);
        if row_cells.iter().all(|cell| cell.value.is_blank()) {
            continue;
        }
        match visitor.row(row, &row_cells, &above)? {
            Next::Keep => std::mem::swap(&mut record, &mut above),
            Next::Pass => {}
            Next::Skip => return visitor.end(),
        }
    }
}

/// What some systems export as `.xls` is a web page, which Excel opens.
fn is_web_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(9).collect();
    let start = start.to_ascii_lowercase();
    ["<html", "<table", "<!doctype", "<?xml", "<meta", "<style"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

fn cells(record: &StringRecord) -> Vec<Cell<'_>> {
    let cells = record.iter().enumerate().filter(|(_, text)| !text.is_empty());
    let cells = cells.filter_map(|(index, text)| {
        let column = u16::try_from(index).ok()?;
        Some(Cell { column, value: Value::Text(Cow::Borrowed(unwrapped(text))) })
    });
    cells.collect()
}

impl Above for StringRecord {
    fn value(&self, column: u16) -> Option<Value<'_>> {
        let text = self.get(usize::from(column)).filter(|text| !text.is_empty())?;
        Some(Value::Text(Cow::Borrowed(unwrapped(text))))
    }
}

/// Programs write `="0123"` so that Excel takes digits for a text.
fn unwrapped(text: &str) -> &str {
    text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// Where the reader stands, as an index into `text`.
fn position(reader: &csv::Reader<&[u8]>, text: &str) -> usize {
    let at = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(text.len());
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

fn count_leading_line_ends(raw: &str, after_return: bool) -> u32 {
    let blank = raw.bytes().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let (mut lines, mut previous) = (0, if after_return { b'\r' } else { 0 });
    for byte in blank {
        if byte != b'\n' || previous != b'\r' {
            lines += 1;
        }
        previous = byte;
    }
    lines
}

/// Did a quotation mark swallow what follows? Inside quotes a mark is
/// doubled (RFC 4180), so a whole record has an even number of them. Only a
/// record of several lines can have swallowed another.
fn is_left_open(raw: &str) -> bool {
    raw.trim().contains('\n') && raw.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

fn unreadable(why: &str) -> Refusal {
    Refusal::new(Code::RosterUnreadable).with("format", "CSV").with("why", why)
}
