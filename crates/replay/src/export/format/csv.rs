//! CSV as Excel in China opens it: UTF-8 with a byte-order mark.

use std::io::Write;

use super::{Sheet, Unwritten};
use crate::export::{Table, column::Cell};

type Out<'a> = &'a mut (dyn Write + Send);

pub(super) struct Csv<'a>(csv::Writer<Out<'a>>);

pub(super) fn open(table: Table, to: Out<'_>) -> Result<Csv<'_>, Unwritten> {
    to.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(table.headings().iter().map(|heading| heading.name))?;
    Ok(Csv(writer))
}

impl Sheet for Csv<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Unwritten> {
        Ok(self.0.write_record(cells.iter().map(safe))?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Unwritten> {
        Ok(self.0.flush()?)
    }
}

/// Why: what begins like a formula would be one, and runs in the name of
/// whoever opens the file. With an apostrophe before it, it is a text.
fn safe(cell: &Cell) -> String {
    let text = cell.plain();
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']);
    let is_text = matches!(cell, Cell::Text(_));
    if risky && is_text { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_a_text_and_a_number_stays_one() {
        for risky in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0x"] {
            assert_eq!(safe(&Cell::text(risky)), format!("'{risky}"));
        }
        assert_eq!(safe(&Cell::text("装配=工")), "装配=工");
        assert_eq!(safe(&Cell::Integer(-1)), "-1");
        assert_eq!(safe(&Cell::Empty), "");
    }
}
