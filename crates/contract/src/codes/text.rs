//! What all code systems need to read texts typed by people, and tables.

/// The ASCII character that a full-width one stands for; others as they are.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether a cell may hold the character without meaning it: white space of
/// any width, zero-width characters, a byte order mark.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// The rows of an embedded table: no quotes, `#` lines are comments, the
/// first other line is the header. A row without exactly `N` cells is left
/// out; each table's test counts its rows, so none can get lost unseen.
pub(super) fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    lines(table).skip(1).filter_map(|line| {
        let mut cells = line.split(',').map(str::trim);
        let mut row = [""; N];
        for cell in &mut row {
            *cell = cells.next()?;
        }
        cells.next().is_none().then_some(row)
    })
}

/// The lines of an embedded table without comments and blank ones.
pub(super) fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// The parts of a cell that holds several, divided by `|`.
pub(super) fn parts(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_characters_become_ascii() {
        assert_eq!("１２Ｘ（／　汉".chars().map(half_width).collect::<String>(), "12X(/ 汉");
    }

    #[test]
    fn rows_skip_comments_and_the_header() {
        let table = "# about\na,b\n1,2\n\n3,4\n5\n6,7,8\n";
        assert_eq!(rows::<2>(table).collect::<Vec<_>>(), [["1", "2"], ["3", "4"]]);
    }
}
