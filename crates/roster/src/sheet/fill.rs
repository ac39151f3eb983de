//! Merged cells: the value stands in the first cell and counts for all rows.

use super::{Cell, Value};
use crate::package::Region;

/// Fills the cells below the first one of each merged region, row by row.
pub(super) struct Fill {
    /// By their first row, the last ones first.
    to_come: Vec<Region>,
    open: Vec<Open>,
}

struct Open {
    bottom: u32,
    column: u16,
    value: Value<'static>,
}

impl Fill {
    pub(super) fn new(mut regions: Vec<Region>) -> Self {
        // Why: one of a single row has nothing below.
        regions.retain(|region| region.bottom > region.top);
        regions.sort_unstable_by_key(|region| std::cmp::Reverse(region.top));
        Self { to_come: regions, open: Vec::new() }
    }

    /// Fills one row, counted from 0; rows come in their order. Cells that
    /// hold something stay.
    pub(super) fn apply(&mut self, row: u32, cells: &mut Vec<Cell<'_>>) {
        if self.to_come.is_empty() && self.open.is_empty() {
            return;
        }
        self.open.retain(|open| open.bottom >= row);
        for open in &self.open {
            match cells.binary_search_by_key(&open.column, |cell| cell.column) {
                Ok(at) if cells[at].value.is_blank() => cells[at].value = open.value.clone(),
                Ok(_) => {}
                Err(at) => {
                    cells.insert(at, Cell { column: open.column, value: open.value.clone() });
                }
            }
        }
        while let Some(region) = self.to_come.pop_if(|region| region.top <= row) {
            // Why: a first row that held nothing at all was never shown here.
            if region.top < row {
                continue;
            }
            if let Ok(at) = cells.binary_search_by_key(&region.left, |cell| cell.column) {
                let value = cells[at].value.clone().into_owned();
                self.open.push(Open { bottom: region.bottom, column: region.left, value });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn row(texts: &[(u16, &'static str)]) -> Vec<Cell<'static>> {
        let cell = |&(column, text): &(u16, &'static str)| Cell {
            column,
            value: Value::Text(Cow::Borrowed(text)),
        };
        texts.iter().map(cell).collect()
    }

    #[test]
    fn the_first_cell_counts_for_all_rows_of_a_region() {
        let mut fill = Fill::new(vec![
            Region { top: 1, bottom: 3, left: 1, right: 2 },
            Region { top: 0, bottom: 0, left: 0, right: 5 },
            Region { top: 5, bottom: 6, left: 0, right: 0 },
        ]);
        for (number, cells, expected) in [
            (0, row(&[(0, "title")]), row(&[(0, "title")])),
            (1, row(&[(0, "a"), (1, "village")]), row(&[(0, "a"), (1, "village")])),
            (2, row(&[(0, "b"), (3, "x")]), row(&[(0, "b"), (1, "village"), (3, "x")])),
            (3, row(&[(0, "c"), (1, "own")]), row(&[(0, "c"), (1, "own")])),
            (4, row(&[(0, "d")]), row(&[(0, "d")])),
            (6, row(&[(1, "e")]), row(&[(1, "e")])),
        ] {
            let mut cells = cells;
            fill.apply(number, &mut cells);
            assert_eq!(cells, expected, "row {number}");
        }
    }
}
