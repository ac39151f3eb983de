use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use gongqiao_roster::{Book, BookColumn, Value, workbook};

fn book() -> Book {
    Book {
        sheet: "月报".into(),
        title: "月报".into(),
        notes: vec!["口径：人次".into(), "截至：7".into()],
        columns: vec![
            BookColumn::new("县", 12),
            BookColumn::of("就业", "人次", 8),
            BookColumn::of("就业", "人数", 8),
            BookColumn::of("离职", "人次", 8),
        ],
        rows: vec![vec!["=1+1".into(), 3.into(), Value::Blank, (-1).into()]],
    }
}

#[test]
fn a_book_has_its_title_its_notes_its_header_and_its_rows() {
    let bytes = workbook(&book()).unwrap();
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = read.worksheet_range("月报").unwrap();
    let text = |row, column| sheet.get_value((row, column)).map(ToString::to_string);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        [0, 1, 2].map(|row| text(row, 0)),
        [some("月报"), some("口径：人次"), some("截至：7")]
    );
    assert_eq!([0, 1, 3].map(|column| text(3, column)), [some("县"), some("就业"), some("离职")]);
    assert_eq!([1, 2, 3].map(|column| text(4, column)), [some("人次"), some("人数"), some("人次")]);
    assert_eq!(sheet.get_value((5, 0)), Some(&Data::String("=1+1".into())), "no formula");
    assert_eq!(sheet.get_value((5, 1)), Some(&Data::Float(3.0)));
    assert!(matches!(sheet.get_value((5, 2)), None | Some(Data::Empty)));
    assert_eq!(sheet.get_value((5, 3)), Some(&Data::Float(-1.0)));
}

#[test]
fn a_book_without_groups_has_a_header_of_one_row() {
    let columns = vec![BookColumn::new("批次", 8), BookColumn::new("人数", 8)];
    let one = Book { columns, rows: vec![vec![1.into(), 45.into()]], ..book() };
    let bytes = workbook(&one).unwrap();
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = read.worksheet_range("月报").unwrap();
    assert_eq!(sheet.get_value((3, 1)), Some(&Data::String("人数".into())));
    assert_eq!(sheet.get_value((4, 1)), Some(&Data::Float(45.0)));
}
