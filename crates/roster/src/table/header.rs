//! The header: one row that names columns, with groups above it or below.

use std::borrow::Cow;

use super::{Kind, Named};
use crate::{
    sheet::{Cell, Value},
    text::{half_width, is_blank},
};

/// A header text, in the form in which it is compared.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'h> {
    /// Without white space, marks of mandatory columns and what stands in
    /// brackets; half-width: `意向工种（可多选）*` is `意向工种`.
    pub text: &'h str,
    /// The same with what stands in brackets: `年收入(万元)`.
    pub full: &'h str,
    /// The texts of merged cells above it, the highest first, in the form of
    /// `text`: `就业情况` above `工种`.
    pub groups: &'h [String],
}

/// What the columns of one sheet mean.
#[derive(Debug, Clone)]
pub struct Header<C: 'static> {
    /// `by_index[i]` is what the sheet's column `i` means.
    by_index: Vec<Meaning<C>>,
    /// The texts of its rows.
    lines: Vec<Seen>,
    /// The header's rows, as the clerk counts them.
    pub rows: std::ops::RangeInclusive<u32>,
    /// Texts that stood above it, by row: titles, `填报单位：…`.
    pub above: Vec<Vec<String>>,
    /// Columns that are known and not needed, shortened, in the sheet's order.
    pub dropped: Vec<String>,
    /// Columns that mean nothing to us, shortened, in the sheet's order.
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone)]
struct Meaning<C> {
    column: Option<C>,
    is_number: bool,
    /// What stands there, the group first.
    shown: String,
}

impl<C> Default for Meaning<C> {
    fn default() -> Self {
        Self { column: None, is_number: false, shown: String::new() }
    }
}

/// Of how many dropped or unknown columns, and how many characters of each,
/// is told.
const TOLD_COLUMNS: usize = 50;
const TOLD_CHARS: usize = 40;

impl<C: Copy + Eq> Header<C> {
    /// What the sheet's column `index` means.
    pub fn column(&self, index: u16) -> Option<C> {
        self.by_index.get(usize::from(index)).and_then(|meaning| meaning.column)
    }

    /// Where a column stands, if it does.
    pub fn index(&self, column: C) -> Option<u16> {
        let index = self.by_index.iter().position(|meaning| meaning.column == Some(column))?;
        u16::try_from(index).ok()
    }

    /// The header's text of the sheet's column `index`, its group first.
    pub fn text(&self, index: u16) -> &str {
        self.by_index.get(usize::from(index)).map_or("", |meaning| &meaning.shown)
    }

    /// Every column that is read, in the sheet's order.
    pub fn columns(&self) -> impl Iterator<Item = C> {
        self.by_index.iter().filter_map(|meaning| meaning.column)
    }

    pub(super) fn is_number(&self, index: u16) -> bool {
        self.by_index.get(usize::from(index)).is_none_or(|meaning| meaning.is_number)
    }

    /// Do these cells repeat one of the header's rows?
    pub(super) fn is_repeated_by(&self, cells: &[Cell<'_>]) -> bool {
        let filled = || cells.iter().filter(|cell| !cell.value.is_blank());
        let repeats = |line: &Seen| {
            filled().all(|cell| match &cell.value {
                Value::Text(text) => line.text(cell.column).is_some_and(|known| known == text),
                _ => false,
            })
        };
        self.lines.iter().any(repeats) && filled().take(2).count() == 2
    }
}

/// A row that was seen before the header was complete.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) number: u32,
    pub(super) cells: Vec<Cell<'static>>,
}

impl Seen {
    pub(super) fn new(number: u32, cells: &[Cell<'_>]) -> Self {
        let owned =
            |cell: &Cell<'_>| Cell { column: cell.column, value: cell.value.clone().into_owned() };
        let filled = cells.iter().filter(|cell| !cell.value.is_blank());
        Self { number, cells: filled.map(owned).collect() }
    }

    fn text(&self, column: u16) -> Option<&str> {
        let at = self.cells.binary_search_by_key(&column, |cell| cell.column).ok()?;
        self.cells[at].value.text()
    }

    fn is_filled(&self, column: u16) -> bool {
        self.cells.binary_search_by_key(&column, |cell| cell.column).is_ok()
    }

    /// May it stand above a header's last row as a row of groups? Titles have
    /// one cell, and lines such as `填报单位：` have colons.
    fn may_be_groups(&self) -> bool {
        self.cells.len() >= 2
            && self
                .cells
                .iter()
                .all(|cell| cell.value.text().is_some_and(|text| !text.contains([':', '：'])))
    }

    /// The text of the group that `column` stands in, with `below` the rows
    /// below: its own cell here, or the next one to the left that is a group.
    fn group(&self, column: u16, below: &[Seen]) -> Option<&str> {
        if let Some(text) = self.text(column) {
            return Some(text);
        }
        let left = self.cells.iter().rev().find(|cell| cell.column < column)?;
        // Why: a text with nothing below is a column, not a group.
        let is_group = below.iter().any(|row| row.is_filled(left.column));
        is_group.then(|| left.value.text()).flatten()
    }

    /// Does it go on with the header that ends with `upper`: short texts only,
    /// each below nothing, below the first cell of a group, or the same again
    /// (as in cells that are merged)?
    pub(super) fn goes_on(&self, upper: &Seen) -> bool {
        let begins_group = |column: u16| {
            !upper.is_filled(column.saturating_add(1)) && self.is_filled(column.saturating_add(1))
        };
        let fits = |cell: &Cell<'static>| {
            cell.value.text().is_some_and(|text| {
                let is_free = !upper.is_filled(cell.column) || begins_group(cell.column);
                (is_free || upper.text(cell.column) == Some(text))
                    && text.chars().count() <= TOLD_CHARS
            })
        };
        !self.cells.is_empty() && self.cells.iter().all(fits)
    }
}

/// The header that these rows make, and which mandatory column it lacks.
pub(super) fn header<K: Kind>(
    kind: &K,
    rows: &[Seen],
) -> (Header<K::Column>, Option<&'static str>) {
    let mut header = Header {
        by_index: Vec::new(),
        lines: rows.to_vec(),
        rows: rows.first().map_or(1, |row| row.number)..=rows.last().map_or(1, |row| row.number),
        above: Vec::new(),
        dropped: Vec::new(),
        unknown: Vec::new(),
    };
    let width = rows.iter().filter_map(|row| row.cells.last()).map(|cell| cell.column).max();
    let mut found = Vec::new();
    for column in 0..=width.unwrap_or_default() {
        let texts = texts(rows, column);
        let mut meaning = Meaning { shown: texts.join("/"), ..Meaning::default() };
        if let Some((leaf, groups)) = texts.split_last() {
            let (text, full) = (bare(leaf), compared(leaf));
            let groups: Vec<String> = groups.iter().map(|group| bare(group)).collect();
            match kind.named(&Heading { text: &text, full: &full, groups: &groups }) {
                Named::Column(columns) => {
                    meaning.column = columns.iter().copied().find(|one| !found.contains(one));
                    match meaning.column {
                        Some(column) => found.push(column),
                        None => tell(&mut header.unknown, &meaning.shown),
                    }
                }
                Named::Number => meaning.is_number = true,
                Named::Dropped => tell(&mut header.dropped, &meaning.shown),
                Named::Unknown => tell(&mut header.unknown, &meaning.shown),
            }
        } else {
            meaning.is_number = true;
        }
        header.by_index.push(meaning);
    }
    let missing = kind.missing(&found);
    (header, missing)
}

/// The header rows that end with the last of `rows`: with the rows of groups
/// above it, if there are any.
pub(super) fn with_groups<'s>(kind: &impl Kind, rows: &'s [Seen]) -> &'s [Seen] {
    let is_block = |row: &Seen| {
        row.cells.iter().filter_map(|cell| cell.value.text()).any(|text| kind.begins_block(text))
    };
    let is_group = |row: &Seen| row.may_be_groups() && !is_block(row);
    let mut from = rows.len().saturating_sub(1);
    while from > 0 && rows.len() - from < 3 && is_group(&rows[from - 1]) {
        from -= 1;
    }
    &rows[from..]
}

/// What stands in the header above a column, the highest first.
fn texts(rows: &[Seen], column: u16) -> Vec<Cow<'_, str>> {
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let below = &rows[at + 1..];
        let text = match below.iter().any(|row| row.is_filled(column)) {
            true => row.group(column, below),
            false => row.text(column),
        };
        if let Some(text) = text.map(one_line).filter(|text| texts.last() != Some(text)) {
            texts.push(text);
        }
    }
    texts
}

fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(is_blank) {
        Cow::Owned(text.chars().filter(|c| !is_blank(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn tell(told: &mut Vec<String>, shown: &str) {
    if told.len() < TOLD_COLUMNS {
        told.push(shown.chars().take(TOLD_CHARS).collect());
    }
}

/// Half-width, without white space and marks of mandatory columns.
fn compared(text: &str) -> String {
    let plain = text.chars().filter(|c| !is_blank(*c)).map(half_width);
    plain.filter(|c| !matches!(c, '*' | ':' | '※' | '★')).collect()
}

/// [`compared`], without what stands in brackets and, behind Chinese, without
/// its translation.
fn bare(text: &str) -> String {
    let full = compared(text);
    let mut depth = 0_usize;
    let mut bare = String::with_capacity(full.len());
    for c in full.chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let chinese = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    match chinese.chars().next_back() {
        None if bare.is_empty() => full,
        Some(last) if !last.is_ascii() => chinese.to_owned(),
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_what_people_put_around_them() {
        for (text, expected) in [
            ("姓 名", "姓名"),
            ("姓　名*", "姓名"),
            ("身份证号码\n（18位）", "身份证号码"),
            ("年收入（万元）", "年收入"),
            ("姓名 Name", "姓名"),
            ("citizenId", "citizenId"),
            ("SMT", "SMT"),
            ("（备注）", "(备注)"),
            ("联系电话１", "联系电话1"),
        ] {
            assert_eq!(bare(text), expected, "{text}");
        }
    }
}
