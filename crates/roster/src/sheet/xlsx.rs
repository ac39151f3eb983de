//! Workbooks, through calamine, with its hazards fenced off.

use std::{
    borrow::Cow,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use gongqiao_contract::refusal::{Code, Refusal};
use time::{Date, Month};

use super::{Cell, MAX_COLUMNS, MAX_ROWS, Value, Visitor, emit};
use crate::{
    limits::Limits,
    package::{Unpacked, measure},
    values::parse_iso_date,
};

/// See [`super::read_xlsx`].
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    measure(bytes, limits, &mut Unpacked::default())?;
    let mut workbook = guarded(|| Xlsx::new(Cursor::new(bytes)))?;
    let Some(sheet) = first_sheet(&workbook) else {
        return Err(Code::RosterEmpty.into());
    };
    // Why: cells are streamed. A range would hold every cell of the rectangle
    // that the outermost cells span, filled or not.
    let mut reader = guarded(|| workbook.worksheet_cells_reader(&sheet))?;
    let mut row = 0;
    let mut cells = Vec::new();
    while let Some(cell) = guarded(|| reader.next_cell())? {
        let (at, column) = cell.get_position();
        if at != row {
            emit(row + 1, &cells, visitor)?;
            cells.clear();
        }
        if at < row || at >= MAX_ROWS || column as usize >= MAX_COLUMNS {
            return Err(Code::RosterDamaged.into());
        }
        row = at;
        let (Some(value), Ok(column)) = (value(&cell), u16::try_from(column)) else { continue };
        if cells.len() == MAX_COLUMNS {
            return Err(Code::RosterDamaged.into());
        }
        cells.push(Cell { column, value });
    }
    emit(row + 1, &cells, visitor)
}

/// Runs a piece of calamine.
///
/// Why `catch_unwind`: calamine 0.38 computes cell references and dimensions
/// in unchecked `u32` (`get_row_and_optional_column`, `get_dimension`). A
/// reference such as `ZZZZZZZZ1`, or a dimension whose end lies before its
/// start, overflows, which panics in builds that check. Only calls into
/// calamine are guarded, and nothing is used again after a panic.
fn guarded<T>(call: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(XlsxError::Password)) => Err(Code::RosterOldWorkbook.into()),
        Ok(Err(XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound)) => {
            Err(Code::RosterNotWorkbook.into())
        }
        Ok(Err(_)) | Err(_) => Err(Code::RosterDamaged.into()),
    }
}

fn first_sheet(workbook: &Xlsx<Cursor<&[u8]>>) -> Option<String> {
    let sheets = workbook.sheets_metadata();
    let tables = || sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let visible = tables().find(|sheet| sheet.visible == SheetVisible::Visible);
    visible.or_else(|| tables().next()).map(|sheet| sheet.name.clone())
}

fn value<'a>(cell: &calamine::Cell<DataRef<'a>>) -> Option<Value<'a>> {
    Some(match cell.get_value() {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => Value::Text(Cow::Borrowed(text)),
        DataRef::String(text) => Value::Text(Cow::Owned(text.clone())),
        DataRef::Float(number) => Value::Number(*number),
        DataRef::Int(number) => Value::Number(*number as f64),
        DataRef::DateTime(serial) => match day(serial) {
            Some(day) => Value::Date(day),
            None => Value::Other(Cow::Owned(serial.as_f64().to_string())),
        },
        DataRef::DateTimeIso(text) => match text.get(..10).and_then(parse_iso_date) {
            Some(day) => Value::Date(day),
            None => Value::Other(Cow::Owned(text.clone())),
        },
        DataRef::Bool(true) => Value::Other(Cow::Borrowed("TRUE")),
        DataRef::Bool(false) => Value::Other(Cow::Borrowed("FALSE")),
        DataRef::DurationIso(text) => Value::Other(Cow::Owned(text.clone())),
        DataRef::Error(error) => Value::Other(Cow::Owned(error.to_string())),
    })
}

/// The day of a serial date. Excel counts days up to 9999-12-31 (2958465).
fn day(serial: &ExcelDateTime) -> Option<Date> {
    if !serial.is_datetime() || !(0.0..2_958_466.0).contains(&serial.as_f64()) {
        return None;
    }
    let (year, month, day, ..) = serial.to_ymd_hms_milli();
    Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day).ok()
}
