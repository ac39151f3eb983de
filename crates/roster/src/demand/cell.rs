//! Texts of cells, and the notes that are made on the way.

use std::borrow::Cow;

use gongqiao_contract::{
    Words,
    codes::check_advert,
    refusal::{Code, Refusal},
};

use super::{Column, DemandNote};
use crate::{sheet::Value, table::Row};

/// Longest text of one cell, in characters.
const LONGEST: usize = 1_000;

/// The cells of one row, and everything that is noted about them.
pub(super) struct Cells<'r> {
    row: &'r Row<'r, Column>,
    pub(super) refusals: Vec<DemandNote>,
    pub(super) warnings: Vec<DemandNote>,
}

impl<'r> Cells<'r> {
    pub(super) fn new(row: &'r Row<'r, Column>) -> Self {
        Self { row, refusals: Vec::new(), warnings: Vec::new() }
    }

    /// What stands in a column.
    pub(super) fn value(&self, column: Column) -> Option<&'r Value<'r>> {
        self.row.get(column)
    }

    /// The header above a column, as it stands in the sheet.
    pub(super) fn header(&self, column: Column) -> &'r str {
        self.row.header.index(column).map_or("", |index| self.row.header.text(index))
    }

    /// The trimmed text of a column; a number counts as the text that is
    /// seen. Empty where nothing stands, or where it can't be read, which is noted.
    pub(super) fn text(&mut self, column: Column) -> Cow<'r, str> {
        let Some(value) = self.value(column) else { return Cow::Borrowed("") };
        let text = match value {
            Value::Text(text) => Cow::Borrowed(text.trim()),
            Value::Number(_) | Value::Date(..) => value.shown(),
            Value::Other(_) => {
                self.refuse(column, Code::RowValueType);
                return Cow::Borrowed("");
            }
        };
        if text.chars().count() > LONGEST {
            self.refuse(column, Refusal::new(Code::RowTooLong).with("max", LONGEST));
            return Cow::Borrowed("");
        }
        text
    }

    pub(super) fn refuse(&mut self, column: Column, why: impl Into<Refusal>) {
        self.refusals.push(DemandNote { column: Some(column), refusal: why.into() });
    }

    pub(super) fn warn(&mut self, column: Column, what: impl Into<Refusal>) {
        let note = DemandNote { column: Some(column), refusal: what.into() };
        if !self.warnings.contains(&note) {
            self.warnings.push(note);
        }
    }

    /// Says how something was read.
    pub(super) fn read_as(&mut self, column: Column, zh: impl Into<String>, en: impl Into<String>) {
        self.warn(column, worded(Code::DemandRead, zh, en));
    }

    /// Says what was filled in.
    pub(super) fn filled(&mut self, column: Column, zh: impl Into<String>, en: impl Into<String>) {
        self.warn(column, worded(Code::DemandFilled, zh, en));
    }

    /// Warns of each limit in a text that no advert may hold. `true` if
    /// there is one.
    pub(super) fn unlawful(&mut self, column: Column, text: &str) -> bool {
        let found = check_advert(text);
        for one in &found {
            let warning = Refusal::new(Code::DemandUnlawful)
                .with("category", one.category.code())
                .with("found", &text[one.range.clone()])
                .with_words("limit", one.category.words())
                .with_words("proposal", one.proposal.clone());
            self.warn(column, warning);
        }
        !found.is_empty()
    }
}

fn worded(code: Code, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(code).with_words("meaning", Words { zh: zh.into(), en: en.into() })
}
