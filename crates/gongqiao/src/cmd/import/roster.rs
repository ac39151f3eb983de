//! A roster on its way to the gate, and its report on the way back.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
};

use futures::StreamExt as _;
use gongqiao_client::ClientError;
use gongqiao_contract::{
    id::PartyId,
    view::{ImportReport, Problem, RowNote},
};
use gongqiao_roster::{Format, Limits, errors_workbook};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{summary::summary, unwritable};
use crate::{
    cmd::{input, session::Session},
    output::{Failure, Output, exit},
};

/// One import, as it was asked for.
pub(super) struct Import {
    pub(super) file: PathBuf,
    pub(super) point: PartyId,
    pub(super) dry_run: bool,
    pub(super) errors: Option<PathBuf>,
}

/// One line of the gate's answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    Progress { done: u64, total: u64 },
    Report(ImportReport),
    Problem(Problem),
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        if let Some(out) = &self.errors {
            not_the_same(&self.file, out)?;
        }
        let bytes = input::bytes(&self.file)?;
        let format = format_of(&self.file, &bytes);
        let report = self.upload(session, format, bytes.clone()).await?;
        let written = match &self.errors {
            Some(out) if !report.refusals.is_empty() || !report.unverified_rows.is_empty() => {
                write_errors(out, &bytes, format, &report)?;
                Some(out.as_path())
            }
            _ => None,
        };
        session.output.show(&report, || summary(session.output, &report, written))?;
        Ok(match report.refused + report.elsewhere {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(exit::SOME_REFUSED),
        })
    }

    async fn upload(
        &self,
        session: &Session,
        format: Format,
        bytes: Vec<u8>,
    ) -> anyhow::Result<ImportReport> {
        let dry_run = if self.dry_run { "?dry_run=true" } else { "" };
        let path = format!("/v1/register/{}/cards{dry_run}", self.point);
        let answer = session.client.upload(&path, media_type(format), bytes).await;
        let mut lines = pin!(answer.map_err(|e| session.explained(e))?);
        let bar = bar(session.output);
        while let Some(line) = lines.next().await {
            let line = line.map_err(|e| session.explained(e))?;
            match serde_json::from_value(line).map_err(ClientError::Unreadable)? {
                Line::Progress { done, total } => {
                    bar.set_length(total);
                    bar.set_position(done);
                }
                Line::Report(report) => {
                    bar.finish_and_clear();
                    return Ok(report);
                }
                Line::Problem(problem) => {
                    bar.finish_and_clear();
                    return Err(ClientError::Refused(Box::new(problem)).into());
                }
            }
        }
        let detail = "the answer broke off before its report. Rows that were stored stay; import \
                      the same file again, and they are found unchanged";
        Err(Failure::new("import.broken_off", detail).into())
    }
}

/// What the name says, or else what the first bytes look like. A packed or
/// compound file is a workbook whatever its name, and what is called .xls
/// without being one is often a text.
fn format_of(path: &Path, bytes: &[u8]) -> Format {
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

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Xls => "application/vnd.ms-excel",
        Format::Csv => "text/csv",
        Format::Ndjson => "application/x-ndjson",
    }
}

/// Why: the roster would be gone.
fn not_the_same(file: &Path, out: &Path) -> anyhow::Result<()> {
    let same = match (fs::canonicalize(file), fs::canonicalize(out)) {
        (Ok(file), Ok(out)) => file == out,
        _ => false,
    };
    if same {
        let detail = "--errors names the roster itself, which would be overwritten";
        return Err(Failure::new("output.same_file", detail).into());
    }
    Ok(())
}

fn write_errors(
    out: &Path,
    bytes: &[u8],
    format: Format,
    report: &ImportReport,
) -> anyhow::Result<()> {
    let note = |unverified: bool| {
        move |note: &RowNote| gongqiao_roster::RowNote {
            sheet: note.sheet.clone(),
            row: note.row,
            column: note.column.clone(),
            code: note.code.clone(),
            reason: note.reason.clone(),
            unverified,
        }
    };
    let refused = report.refusals.iter().map(note(false));
    let notes: Vec<gongqiao_roster::RowNote> =
        refused.chain(report.unverified_rows.iter().map(note(true))).collect();
    // Why: the gate has taken the file, so it was not too large for it.
    let limits = Limits::default();
    let limits = Limits { file_bytes: limits.file_bytes.max(bytes.len()), ..limits };
    let workbook = errors_workbook(bytes, format, &notes, &limits)?;
    let mut options = OpenOptions::new();
    // Why: the clerk may be correcting an earlier one.
    options.write(true).create_new(true);
    // Why: people's IDs and numbers stand in it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(out).and_then(|mut file| file.write_all(&workbook));
    Ok(written.map_err(|e| unwritable(out, &e))?)
}

fn bar(output: Output) -> ProgressBar {
    if !output.may_move() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let template = "{bar:40} {pos}/{len} {per_sec} {eta}";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
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
