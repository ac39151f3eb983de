//! Tables on their way in, and the sheets that come back.

use std::{fs, path::Path};

use gongqiao_contract::{Refusal, view::RowNote};
use gongqiao_roster::{Format, Limits};

use crate::{
    cmd::file as files,
    output::{Failure, Output},
};

/// What the name says, or else what the first bytes look like. A packed or
/// compound file is a workbook whatever its name, and what is called .xls
/// without being one is often a text.
pub(crate) fn format_of(path: &Path, bytes: &[u8]) -> Format {
    let looks = Format::sniff(bytes);
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        _ if matches!(looks, Format::Xlsx | Format::Xls) => looks,
        "xlsx" => Format::Xlsx,
        "csv" | "tsv" | "txt" | "xls" => Format::Csv,
        "ndjson" | "jsonl" => Format::Ndjson,
        _ => looks,
    }
}

pub(crate) fn media_type(format: Format) -> &'static str {
    match format {
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Xls => "application/vnd.ms-excel",
        Format::Csv => "text/csv",
        Format::Ndjson => "application/x-ndjson",
    }
}

/// Whether the sheet with the reasons may go to `out`; asked before the file is
/// sent, and never over the file itself.
pub(crate) fn may_go_to(output: Output, out: &Path, file: &Path) -> anyhow::Result<()> {
    let same = match (fs::canonicalize(file), fs::canonicalize(out)) {
        (Ok(file), Ok(out)) => file == out,
        _ => false,
    };
    if same {
        let detail = "--errors names the file itself, which would be overwritten";
        return Err(Failure::new("output.same_file", detail).into());
    }
    Ok(files::free(output, out)?)
}

/// A note of the gate for the sheet that goes back.
pub(crate) fn note(note: &RowNote, unverified: bool) -> gongqiao_roster::RowNote {
    gongqiao_roster::RowNote {
        sheet: note.sheet.clone(),
        row: note.row,
        column: note.column.clone(),
        code: note.code.clone(),
        reason: note.reason.clone(),
        unverified,
    }
}

/// Makes a table with reasons beside its rows.
type Make = fn(&[u8], Format, &[gongqiao_roster::RowNote], &Limits) -> Result<Vec<u8>, Refusal>;

/// Writes a table back with the reasons beside its rows, as `make` does of a
/// table of its kind.
pub(crate) fn write_back(
    output: Output,
    out: &Path,
    bytes: &[u8],
    format: Format,
    notes: &[gongqiao_roster::RowNote],
    make: Make,
) -> anyhow::Result<()> {
    // Why: the gate has taken the file, so it was not too large for it.
    let limits = Limits::default();
    let limits = Limits { file_bytes: limits.file_bytes.max(bytes.len()), ..limits };
    // Why a new one: the clerk may be correcting an earlier one.
    Ok(files::write(output, out, &make(bytes, format, notes, &limits)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], expected: Format) {
        assert_eq!(format_of(Path::new(name), bytes), expected, "{name}");
    }

    #[test]
    fn the_form_of_a_roster_is_told_by_its_bytes_and_its_name() {
        check("a.xlsx", b"PK\x03\x04", Format::Xlsx);
        check("a.csv", b"PK\x03\x04", Format::Xlsx);
        check("a.CSV", b"{\"name\"", Format::Csv);
        check("a.jsonl", b"", Format::Ndjson);
        check("a", b"{\"name\"", Format::Ndjson);
        check("a.xls", &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], Format::Xls);
        check("a.txt", "姓名,身份证号".as_bytes(), Format::Csv);
    }
}
