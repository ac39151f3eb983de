//! What an import's report looks like in a terminal.

use std::path::Path;

use comfy_table::Cell;
use gongqiao_contract::{
    Code,
    view::{Absent, ImportReport, RowEnd, RowNote, SheetNote},
};

use crate::output::{Output, cell};

/// Notes of a kind that are printed; the errors' workbook has them all.
const SHOWN: usize = 10;
/// Rows of a dry run that are printed; `--json` has them all.
const SHOWN_ROWS: usize = 2_000;

pub(super) fn summary(output: Output, report: &ImportReport, errors: Option<&Path>) -> String {
    let mut text = Vec::new();
    if !report.outcomes.is_empty() {
        text.push(rows(output, &report.outcomes));
    }
    text.push(counts(output, report));
    let mut say = |en: &str, zh: &str, more: &str| {
        text.push(format!("{}{more}", output.say(en, zh)));
    };
    if report.dry_run {
        say("Dry run: nothing was changed.", "试运行：未作任何更改。", "");
    }
    passed_over(&mut say, &report.sheets);
    columns(&mut say, &report.unknown_columns, &report.dropped_columns);
    for (en, zh, list) in [
        ("To be looked at:\n", "请核对：\n", &report.warnings),
        ("Unverified:\n", "待核：\n", &report.unverified_rows),
        ("Left out:\n", "略过：\n", &report.left_out),
        ("Refused:\n", "退回：\n", &report.refusals),
    ] {
        if !list.is_empty() {
            say(en, zh, &notes(output, list));
        }
    }
    if report.absent.count > 0 {
        say(
            "In the register and not in this file, all unchanged: ",
            "名册中有而本表中没有的人（均未更改）：",
            &absent(output, &report.absent),
        );
    }
    if let Some(path) = errors {
        say("The sheet with the reasons: ", "办理结果见：", &path.display().to_string());
    }
    text.join("\n")
}

/// How many, and who.
fn absent(output: Output, absent: &Absent) -> String {
    let named: Vec<&str> =
        absent.people.iter().filter_map(|one| one.name.as_deref()).take(SHOWN).collect();
    let count = absent.count;
    if named.is_empty() {
        return count.to_string();
    }
    let more = count.saturating_sub(u32::try_from(named.len()).unwrap_or(u32::MAX));
    let more = if more > 0 { format!(" … +{more}{}", in_full(output)) } else { String::new() };
    format!("{count} ({}{more})", named.join(", "))
}

/// Sheets that were not read.
pub(crate) fn passed_over(say: &mut impl FnMut(&str, &str, &str), sheets: &[SheetNote]) {
    for sheet in sheets {
        let more = format!("{} ({})", sheet.sheet, sheet.reason);
        say("Sheet not read: ", "未读取的工作表：", &more);
    }
}

/// Columns that were not taken.
pub(crate) fn columns(
    say: &mut impl FnMut(&str, &str, &str),
    unknown: &[String],
    dropped: &[String],
) {
    if !unknown.is_empty() {
        say("Columns that mean nothing to us: ", "无法识别的列：", &unknown.join(", "));
    }
    if !dropped.is_empty() {
        say("Columns that are not needed: ", "不需要的列：", &dropped.join(", "));
    }
}

fn counts(output: Output, report: &ImportReport) -> String {
    let dry = report.dry_run;
    output.details(vec![
        (("Service point", "服务点"), cell(&report.point)),
        (("Rows", "行数"), cell(report.rows)),
        (
            if dry { ("Would be created", "将新增") } else { ("Created", "新增") },
            cell(report.created),
        ),
        (
            if dry { ("Would be updated", "将更新") } else { ("Updated", "更新") },
            cell(report.updated),
        ),
        (("Unchanged", "未变"), cell(report.unchanged)),
        (("Unverified, new or changed", "待核（新增或更新）"), cell(report.unverified)),
        (("Refused", "退回"), cell(report.refused)),
        (("Left out", "略过"), cell(report.left_out_rows)),
        (("Of these in another register", "其中在其他名册"), cell(report.elsewhere)),
    ])
}

/// A dry run, row by row.
fn rows(output: Output, ends: &[RowEnd]) -> String {
    let shown = ends.iter().take(SHOWN_ROWS).map(|end| {
        let mut outcome = word(output, &end.outcome).to_owned();
        if end.unverified {
            outcome.push_str(output.say(" (unverified)", "（待核）"));
        }
        vec![place(&end.sheet, end.row), cell(outcome), cell(why(output, &end.codes))]
    });
    let headings = [("Row", "行"), ("What will happen", "将如何办理"), ("Why", "原因")];
    more(output, output.table(&headings, shown.collect()), ends.len(), SHOWN_ROWS)
}

/// What the codes of a row say; a code whose text wants values stays as it is.
fn why(output: Output, codes: &[String]) -> String {
    let said = |code: &String| {
        let known = Code::ALL.iter().find(|known| known.as_str() == code);
        let text = known.map(|code| code.template(output.lang)).filter(|text| !text.contains('{'));
        text.unwrap_or(code).to_owned()
    };
    codes.iter().map(said).collect::<Vec<_>>().join(" ")
}

fn word(output: Output, outcome: &str) -> &str {
    match outcome {
        "created" => output.say("will be created", "将新增"),
        "updated" => output.say("will be updated", "将更新"),
        "unchanged" => output.say("unchanged", "未变"),
        "refused" => output.say("refused", "退回"),
        "left_out" => output.say("left out", "略过"),
        "elsewhere" => output.say("in another register", "在其他名册"),
        other => other,
    }
}

pub(crate) fn notes(output: Output, notes: &[RowNote]) -> String {
    let headings = [("Row", "行"), ("Column", "列"), ("Code", "代码"), ("Reason", "原因")];
    let rows = notes.iter().take(SHOWN).map(|note| {
        vec![place(&note.sheet, note.row), cell(&note.column), cell(&note.code), cell(&note.reason)]
    });
    more(output, output.table(&headings, rows.collect()), notes.len(), SHOWN)
}

/// Where the rest of a list stands that was cut.
fn in_full(output: Output) -> &'static str {
    output.say(" (--json has them)", "（完整清单见 --json）")
}

/// The row's number, with its sheet where there is one; nothing for the file
/// as a whole.
pub(crate) fn place(sheet: &str, row: u32) -> Cell {
    match (sheet, row) {
        (_, 0) => cell(""),
        ("", row) => cell(row),
        (sheet, row) => cell(format!("{sheet} {row}")),
    }
}

fn more(output: Output, table: String, all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => table,
        more => format!("{table}\n… +{more}{}", in_full(output)),
    }
}
