//! From the rows of sheets to headers and the rows below them.

use std::borrow::Cow;

use gongqiao_contract::refusal::{Code, Refusal};

use super::{
    At, Kind, LeftOut, PassedOver, Row, Sink,
    header::{Header, Seen, header, with_groups},
    leave,
};
use crate::{
    limits::Limits,
    sheet::{Above, Cell, Next, Sheet, Value, Visitor},
};

/// In how many rows that are not blank a header is looked for.
const SEARCHED_ROWS: usize = 40;
/// How many texts above a header are kept, and how much of each.
const ABOVE_TEXTS: usize = 40;
const ABOVE_CHARS: usize = 200;
/// A row with fewer columns that we know is no header that lacks one.
const LIKE_A_HEADER: usize = 2;
/// How many rows a header has at most.
const HEADER_ROWS: usize = 3;

pub(super) struct Reader<'k, K: Kind, S> {
    kind: &'k K,
    limits: &'k Limits,
    sink: &'k mut S,
    sheet: String,
    state: State<K::Column>,
    /// Sheets that have a header.
    found: u16,
    /// A mandatory column that a row like a header lacked, in this sheet and
    /// in any.
    missing: Option<&'static str>,
    any_missing: Option<&'static str>,
    rows: u32,
    any_row: bool,
}

enum State<C: 'static> {
    /// No header yet.
    Searching(Vec<Seen>),
    /// A header, to which the next row may belong.
    Heading(Vec<Seen>, Header<C>),
    /// Rows.
    Reading(Reading<C>),
}

struct Reading<C: 'static> {
    header: Header<C>,
    after_footer: bool,
    /// What it meant in the row that was kept last.
    repeated: Meanings,
}

impl<'k, K: Kind, S: Sink<K::Column>> Reader<'k, K, S> {
    pub(super) fn new(kind: &'k K, limits: &'k Limits, sink: &'k mut S) -> Self {
        Self {
            kind,
            limits,
            sink,
            sheet: String::new(),
            state: State::Searching(Vec::new()),
            found: 0,
            missing: None,
            any_missing: None,
            rows: 0,
            any_row: false,
        }
    }

    /// The whole file was read.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.found > 0 {
            return Ok(());
        }
        match self.any_missing.or_else(|| self.kind.missing(&[])) {
            Some(column) if self.any_row => {
                Err(Refusal::new(Code::RosterHeader).with("column", column))
            }
            _ => Err(Code::RosterEmpty.into()),
        }
    }

    fn search(&mut self, mut seen: Vec<Seen>) -> Result<Next, Refusal> {
        let rows = with_groups(self.kind, &seen);
        let (mut found, missing) = header(self.kind, rows);
        if missing.is_none() {
            let first = seen.len() - rows.len();
            let below = seen.split_off(first);
            found.above = texts_above(&seen);
            self.state = State::Heading(below, found);
            return Ok(Next::Pass);
        }
        if found.columns().count() >= LIKE_A_HEADER {
            self.missing = self.missing.or(missing);
            self.any_missing = self.any_missing.or(missing);
        }
        let next = if seen.len() < SEARCHED_ROWS { Next::Pass } else { Next::Skip };
        self.state = State::Searching(seen);
        Ok(next)
    }

    /// A header is complete.
    fn begin(&mut self, header: Header<K::Column>) -> Result<(), Refusal> {
        let at = At { sheet: &self.sheet, index: self.found };
        self.sink.header(at, &header)?;
        self.found += 1;
        self.state = State::Reading(Reading { header, after_footer: false, repeated: Vec::new() });
        Ok(())
    }

    fn read(
        &mut self,
        number: u32,
        cells: &[Cell<'_>],
        above: &dyn Above,
    ) -> Result<Next, Refusal> {
        let State::Reading(reading) = &mut self.state else { return Ok(Next::Pass) };
        self.rows += 1;
        if self.rows > self.limits.rows {
            return Err(Refusal::new(Code::RosterTooManyRows).with("limit", self.limits.rows));
        }
        let at = At { sheet: &self.sheet, index: self.found - 1 };
        let header = &reading.header;
        if header.is_repeated_by(cells) {
            let row = Row { number, header, cells, repeated: &[] };
            self.sink.left_out(at, &row, LeftOut::Header)?;
            return Ok(Next::Pass);
        }
        if let Some(other) = other_header(self.kind, header, number, cells) {
            let row = Row { number, header, cells, repeated: &[] };
            self.sink.left_out(at, &row, LeftOut::Header)?;
            self.sink.header(at, &other)?;
            *reading = Reading { header: other, after_footer: false, repeated: Vec::new() };
            return Ok(Next::Pass);
        }
        let (resolved, meanings) = match resolve(self.kind, reading, cells, above) {
            Some((cells, meanings)) => (Some(cells), meanings),
            None => (None, Vec::new()),
        };
        let repeated: Vec<u16> = meanings.iter().map(|(column, _)| *column).collect();
        let cells = resolved.as_deref().unwrap_or(cells);
        let row = Row { number, header, cells, repeated: &repeated };
        match leave::why(self.kind, &row, reading.after_footer) {
            None => {
                self.sink.row(at, &row)?;
                reading.after_footer = false;
                reading.repeated = meanings;
                Ok(Next::Keep)
            }
            Some(why) => {
                reading.after_footer |= why == LeftOut::Footer;
                self.sink.left_out(at, &row, why)?;
                Ok(Next::Pass)
            }
        }
    }
}

impl<K: Kind, S: Sink<K::Column>> Visitor for Reader<'_, K, S> {
    fn sheet(&mut self, sheet: Sheet<'_>) -> Result<Next, Refusal> {
        if sheet.hidden {
            self.sink.passed_over(sheet.name, PassedOver::Hidden)?;
            return Ok(Next::Skip);
        }
        sheet.name.clone_into(&mut self.sheet);
        self.missing = None;
        self.state = State::Searching(Vec::new());
        Ok(Next::Keep)
    }

    fn row(&mut self, number: u32, cells: &[Cell<'_>], above: &dyn Above) -> Result<Next, Refusal> {
        self.any_row = true;
        if matches!(self.state, State::Reading(_)) {
            return self.read(number, cells, above);
        }
        match std::mem::replace(&mut self.state, State::Searching(Vec::new())) {
            State::Searching(mut seen) => {
                seen.push(Seen::new(number, cells));
                self.search(seen)
            }
            State::Heading(mut rows, found) => {
                let next = Seen::new(number, cells);
                let last = rows.last().filter(|_| rows.len() < HEADER_ROWS);
                if last.is_some_and(|last| next.goes_on(last)) {
                    rows.push(next);
                    let (mut longer, missing) = header(self.kind, &rows);
                    if missing.is_none() {
                        longer.above = found.above;
                        self.state = State::Heading(rows, longer);
                        return Ok(Next::Pass);
                    }
                }
                self.begin(found)?;
                self.read(number, cells, above)
            }
            reading @ State::Reading(_) => {
                self.state = reading;
                self.read(number, cells, above)
            }
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        match std::mem::replace(&mut self.state, State::Searching(Vec::new())) {
            State::Searching(seen) if seen.is_empty() => Ok(()),
            State::Searching(_) => {
                let why = self.missing.map_or(PassedOver::NoHeader, PassedOver::Missing);
                self.sink.passed_over(&self.sheet, why)
            }
            State::Heading(_, header) => self.begin(header),
            State::Reading(_) => Ok(()),
        }
    }
}

/// The texts in the rows above a header.
fn texts_above(rows: &[Seen]) -> Vec<Vec<String>> {
    let cut = |text: Cow<'_, str>| text.trim().chars().take(ABOVE_CHARS).collect();
    let mut left = ABOVE_TEXTS;
    let texts = |row: &Seen| {
        let texts: Vec<String> =
            row.cells.iter().take(left).map(|cell| cut(cell.value.shown())).collect();
        left -= texts.len();
        texts
    };
    rows.iter().map(texts).collect()
}

/// A row that is a header by itself, of other columns than the one above.
fn other_header<K: Kind>(
    kind: &K,
    header_above: &Header<K::Column>,
    number: u32,
    cells: &[Cell<'_>],
) -> Option<Header<K::Column>> {
    // Why: asked of every row, so first of one cell: a header is all words, and
    // a record has a number or a date soon.
    let words = |cell: &Cell<'_>| match &cell.value {
        Value::Text(text) => text.len() <= 60 && !text.bytes().any(|b| b.is_ascii_digit()),
        _ => false,
    };
    if cells.len() < 2 || !cells.iter().all(words) {
        return None;
    }
    let (mut found, missing) = header(kind, &[Seen::new(number, cells)]);
    if missing.is_some() {
        return None;
    }
    found.above.clone_from(&header_above.above);
    Some(found)
}

/// What `同上` meant, by the sheet's column.
type Meanings = Vec<(u16, Value<'static>)>;

/// The cells with what `同上` means in place of it, and those meanings; `None`
/// where it stands nowhere.
fn resolve<'c, K: Kind>(
    kind: &K,
    reading: &Reading<K::Column>,
    cells: &'c [Cell<'c>],
    above: &dyn Above,
) -> Option<(Vec<Cell<'c>>, Meanings)> {
    let is_repeat = |cell: &Cell<'_>| {
        cell.value.text().is_some_and(is_ditto)
            && reading.header.column(cell.column).is_some_and(|column| kind.repeats(column))
    };
    if !cells.iter().any(is_repeat) {
        return None;
    }
    let mut meanings = Vec::new();
    let mut resolved = cells.to_vec();
    for cell in resolved.iter_mut().filter(|cell| is_repeat(cell)) {
        let before = reading.repeated.iter().find(|(column, _)| *column == cell.column);
        let meaning = match before {
            Some((_, value)) => Some(value.clone()),
            None => above.value(cell.column).map(Value::into_owned),
        };
        if let Some(meaning) = meaning.filter(|value| !value.text().is_some_and(is_ditto)) {
            cell.value = meaning.clone();
            meanings.push((cell.column, meaning));
        }
    }
    Some((resolved, meanings))
}

/// `同上` and the marks that stand for it.
fn is_ditto(text: &str) -> bool {
    // Why: asked of every cell, so first by its first byte.
    let may_be = match text.as_bytes().first() {
        Some(b'"' | b'\'' | b' ' | 0xE2 | 0xE3 | 0xEF) => true,
        Some(0xE5) => text.starts_with('同'),
        _ => false,
    };
    may_be
        && text.len() <= 18
        && matches!(
            text.trim(),
            "同上"
                | "同 上"
                | "同　上"
                | "〃"
                | "″"
                | "\""
                | "''"
                | "“"
                | "”"
                | "〞"
                | "＂"
                | "…〃…"
        )
}
