//! The cells of one row, by what they mean.

use std::borrow::Cow;

use gongqiao_contract::refusal::{Code, Refusal};

use crate::{
    columns::{COLUMNS, Column},
    sheet::Value,
    text::is_blank,
};

/// A name that begins so is an example's, in our template or in others.
const EXAMPLES: [&str; 6] = ["示例", "样例", "范例", "例：", "例:", "例如"];

/// Largest number below which every whole number has its own `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The digits of a whole number, as a cell wide enough shows them.
pub(crate) fn number_text(number: f64) -> Option<String> {
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| format!("{number:.0}"))
}

/// The cells of one row. Blank ones count as absent.
#[derive(Default)]
pub(crate) struct Fields<'v> {
    cells: [Option<&'v Value<'v>>; COLUMNS],
    /// Columns in which `同上` stood, in their order.
    pub(crate) repeated: Vec<Column>,
}

impl<'v> Fields<'v> {
    /// Sets a cell, unless it is blank.
    pub(crate) fn set(&mut self, column: Column, value: &'v Value<'v>) {
        if !value.is_blank() {
            self.cells[column as usize] = Some(value);
        }
    }

    /// Is this an example?
    pub(crate) fn is_example(&self) -> bool {
        let name = self.get(Column::Name).and_then(|value| value.text());
        name.is_some_and(|name| {
            let name = name.trim_start();
            EXAMPLES.iter().any(|example| name.starts_with(example))
        })
    }

    pub(super) fn get(&self, column: Column) -> Option<&'v Value<'v>> {
        self.cells[column as usize]
    }

    /// The trimmed text of a cell; a whole number counts as the text that a
    /// clerk sees. `None` where nothing stands.
    pub(super) fn text(&self, column: Column, max: usize) -> Result<Option<Cow<'v, str>>, Refusal> {
        let text = match self.get(column) {
            None => return Ok(None),
            Some(Value::Text(text)) => Cow::Borrowed(text.trim_matches(is_blank)),
            Some(Value::Number(number)) => {
                Cow::Owned(number_text(*number).ok_or(Code::RowValueType)?)
            }
            Some(Value::Date(..) | Value::Other(_)) => return Err(Code::RowValueType.into()),
        };
        // Why: bytes first; counting characters is only needed near the limit.
        if text.len() > max && text.chars().count() > max {
            return Err(Refusal::new(Code::RowTooLong).with("max", max));
        }
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        // Why: bytes first; no other character has one of these.
        let may_be = |byte: u8| byte < b' ' || matches!(byte, 0x7F | 0xC2);
        if text.bytes().any(may_be) && text.chars().any(is_control) {
            return Err(Code::RowCharacters.into());
        }
        Ok(Some(text))
    }
}
