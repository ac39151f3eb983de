//! Workbooks, through calamine, with its hazards fenced off.

use std::{
    borrow::Cow,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use gongqiao_contract::refusal::{Code, Refusal};
use time::{Date, Month, Time};

use super::{Cell, MAX_COLUMNS, MAX_ROWS, Next, Rows, Sheet, Value, Visitor};
use crate::{
    limits::Limits,
    package::{Region, Unpacked, look_through},
    values::parse_iso_date,
};

/// See [`super::read`].
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    let merged = look_through(bytes, limits, &mut Unpacked::default())?;
    let mut workbook = guarded(|| Xlsx::new(Cursor::new(bytes)))?;
    let mut regions = merged.by_sheet();
    let sheets = workbook.sheets_metadata().to_vec();
    for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let hidden = sheet.visible != SheetVisible::Visible;
        if visitor.sheet(Sheet { name: &sheet.name, hidden })? == Next::Skip {
            continue;
        }
        let regions = regions.remove(&sheet.name).unwrap_or_default();
        read_sheet(&mut workbook, &sheet.name, regions, visitor)?;
        visitor.end()?;
    }
    Ok(())
}

fn read_sheet(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    regions: Vec<Region>,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    // Why: cells are streamed. A range would hold every cell of the rectangle
    // that the outermost cells span, filled or not.
    let mut reader = guarded(|| workbook.worksheet_cells_reader(sheet))?;
    let mut rows = Rows::new(visitor, regions);
    let mut row = 0;
    while let Some(cell) = guarded(|| reader.next_cell())? {
        let (at, column) = cell.get_position();
        if at != row && !rows.emit(row + 1)? {
            return Ok(());
        }
        if at < row || at >= MAX_ROWS || column as usize >= MAX_COLUMNS {
            return Err(Code::RosterDamaged.into());
        }
        row = at;
        let (Some(value), Ok(column)) = (value(&cell), u16::try_from(column)) else { continue };
        if rows.cells.last().is_some_and(|last| last.column >= column) {
            return Err(Code::RosterDamaged.into());
        }
        rows.cells.push(Cell { column, value });
    }
    rows.emit(row + 1).map(|_| ())
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

fn value<'a>(cell: &calamine::Cell<DataRef<'a>>) -> Option<Value<'a>> {
    Some(match cell.get_value() {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => Value::Text(Cow::Borrowed(text)),
        DataRef::String(text) => Value::Text(Cow::Owned(text.clone())),
        DataRef::Float(number) => Value::Number(*number),
        DataRef::Int(number) => Value::Number(*number as f64),
        DataRef::DateTime(serial) => date_value(serial),
        DataRef::DateTimeIso(text) => iso_value(text),
        DataRef::Bool(value) => bool_value(*value),
        DataRef::DurationIso(text) => Value::Other(Cow::Owned(text.clone())),
        DataRef::Error(error) => Value::Other(Cow::Owned(error.to_string())),
    })
}

pub(super) fn bool_value(value: bool) -> Value<'static> {
    Value::Other(Cow::Borrowed(if value { "TRUE" } else { "FALSE" }))
}

pub(super) fn iso_value(text: &str) -> Value<'static> {
    match text.get(..10).and_then(parse_iso_date) {
        Some(day) => Value::Date(day, text.get(11..16).and_then(clock).unwrap_or(Time::MIDNIGHT)),
        None => Value::Other(Cow::Owned(text.to_owned())),
    }
}

/// `HH:MM`
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

pub(super) fn date_value(serial: &ExcelDateTime) -> Value<'static> {
    match day(serial) {
        Some((day, time)) => Value::Date(day, time),
        None => Value::Other(Cow::Owned(serial.as_f64().to_string())),
    }
}

/// The day of a serial date, and the time to the minute. Excel counts days up to 9999-12-31 (2958465).
fn day(serial: &ExcelDateTime) -> Option<(Date, Time)> {
    if !serial.is_datetime() || !(0.0..2_958_466.0).contains(&serial.as_f64()) {
        return None;
    }
    let (year, month, day, hour, minute, ..) = serial.to_ymd_hms_milli();
    let date = Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day);
    Some((date.ok()?, Time::from_hms(hour, minute, 0).unwrap_or(Time::MIDNIGHT)))
}
