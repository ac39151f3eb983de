//! Workbooks of Excel 97 to 2003, through calamine, once they were checked.

use std::{
    borrow::Cow,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{Data, Dimensions, Range, Reader, SheetType, SheetVisible, Xls, XlsError};
use gongqiao_contract::refusal::{Code, Refusal};

use super::{
    Cell, Next, Rows, Sheet, Value, Visitor,
    check_xls::checked,
    xlsx::{bool_value, date_value, iso_value},
};
use crate::{format::COMPOUND_FILE, limits::Limits, package::Region};

/// See [`super::read`].
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    if !bytes.starts_with(COMPOUND_FILE) {
        return Err(Code::RosterNotWorkbook.into());
    }
    let file = checked(bytes, limits)?;
    let mut workbook = guarded(|| Xls::new(Cursor::new(file)))?;
    let sheets = workbook.sheets_metadata().to_vec();
    for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let hidden = sheet.visible != SheetVisible::Visible;
        if visitor.sheet(Sheet { name: &sheet.name, hidden })? == Next::Skip {
            continue;
        }
        let merged = guarded(|| workbook.merge_cells_by_sheet_name(&sheet.name))?;
        let range = guarded(|| workbook.worksheet_range(&sheet.name))?;
        read_range(&range, merged.into_iter().filter_map(region).collect(), visitor)?;
        visitor.end()?;
    }
    Ok(())
}

fn read_range(
    range: &Range<Data>,
    regions: Vec<Region>,
    visitor: &mut impl Visitor,
) -> Result<(), Refusal> {
    let Some((top, left)) = range.start() else { return Ok(()) };
    let mut rows = Rows::new(visitor, regions);
    for (row, cells) in (top + 1..).zip(range.rows()) {
        let cells = (left..).zip(cells).filter_map(|(column, cell)| {
            Some(Cell { column: u16::try_from(column).ok()?, value: value(cell)? })
        });
        rows.cells.extend(cells);
        if !rows.emit(row)? {
            break;
        }
    }
    Ok(())
}

/// Why: calamine 0.38 indexes records without looking at their length.
fn guarded<T>(call: impl FnOnce() -> Result<T, XlsError>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(XlsError::Password)) => Err(Code::RosterOldWorkbook.into()),
        Ok(Err(_)) | Err(_) => Err(Code::RosterDamaged.into()),
    }
}

fn region(merged: Dimensions) -> Option<Region> {
    let column = |column: u32| u16::try_from(column).ok();
    Some(Region {
        top: merged.start.0,
        bottom: merged.end.0,
        left: column(merged.start.1)?,
        right: column(merged.end.1)?,
    })
}

fn value(cell: &Data) -> Option<Value<'_>> {
    Some(match cell {
        Data::Empty => return None,
        Data::String(text) => Value::Text(Cow::Borrowed(text)),
        Data::Float(number) => Value::Number(*number),
        Data::Int(number) => Value::Number(*number as f64),
        Data::DateTime(serial) => date_value(serial),
        Data::DateTimeIso(text) => iso_value(text),
        Data::Bool(value) => bool_value(*value),
        Data::DurationIso(text) => Value::Other(Cow::Borrowed(text)),
        Data::Error(error) => Value::Other(Cow::Owned(error.to_string())),
    })
}
