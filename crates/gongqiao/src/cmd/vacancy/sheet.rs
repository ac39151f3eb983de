//! A demand sheet on its way to the gate, and its report on the way back.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use gongqiao_contract::view::DemandReport;
use gongqiao_roster::demand::errors_workbook;
use gongqiao_shell::beijing;
use time::{Date, OffsetDateTime};

use crate::{
    cmd::{
        import::{
            file,
            summary::{notes, passed_over, place},
        },
        input,
        session::{Again, Session},
    },
    output::{Output, cell, exit},
};

/// One import, as it was asked for.
pub(super) struct Import {
    pub(super) file: PathBuf,
    pub(super) needed_by: Option<Date>,
    pub(super) valid_until: Option<OffsetDateTime>,
    pub(super) dry_run: bool,
    pub(super) errors: Option<PathBuf>,
    pub(super) again: Again,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        if let Some(out) = &self.errors {
            file::may_go_to(session.output, out, &self.file)?;
        }
        let bytes = input::bytes(&self.file)?;
        let format = file::format_of(&self.file, &bytes);
        let path = self.path();
        let (media, key) = (file::media_type(format), self.again.key());
        let sent = session.client.send_file(&path, media, bytes.clone(), key).await;
        let report: DemandReport = sent.map_err(|e| session.explained(e))?;
        let written = match &self.errors {
            Some(out) if report.refused > 0 => {
                let notes: Vec<_> =
                    report.refusals.iter().map(|one| file::note(one, false)).collect();
                file::write_back(session.output, out, &bytes, format, &notes, errors_workbook)?;
                Some(out.as_path())
            }
            _ => None,
        };
        session.output.show(&report, || summary(session.output, &report, written))?;
        Ok(match report.refused {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(exit::SOME_REFUSED),
        })
    }

    fn path(&self) -> String {
        input::query(
            "/v1/vacancies/import",
            [
                self.dry_run.then(|| "dry_run=true".to_owned()),
                self.needed_by.map(|day| format!("needed_by={day}")),
                self.valid_until.map(|until| format!("valid_until={}", beijing::rfc3339(until))),
            ],
        )
    }
}

fn summary(output: Output, report: &DemandReport, errors: Option<&Path>) -> String {
    let mut text = vec![output.details(vec![
        (("Enterprise", "企业"), cell(&report.enterprise)),
        (("Rows", "行数"), cell(report.rows)),
        (
            if report.dry_run { ("Would be posted", "将发布") } else { ("Posted", "发布") },
            cell(report.created),
        ),
        (("Posted before", "此前已发布"), cell(report.unchanged)),
        (("Refused", "退回"), cell(report.refused)),
        (("Left out", "略过"), cell(report.left_out.len())),
    ])];
    if !report.vacancies.is_empty() {
        let headings = [("Row", "行"), ("Vacancy", "需求"), ("Title", "岗位"), ("Wanted", "人数")];
        let rows = report.vacancies.iter().map(|one| {
            let id = one.id.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![place(&one.sheet, one.row), cell(id), cell(&one.title), cell(one.headcount)]
        });
        text.push(output.table(&headings, rows.collect()));
    }
    let mut say = |en: &str, zh: &str, more: &str| {
        text.push(format!("{}{more}", output.say(en, zh)));
    };
    if report.dry_run {
        say("Dry run: nothing was posted.", "试运行：未发布任何需求。", "");
    }
    passed_over(&mut say, &report.sheets);
    if !report.dropped_columns.is_empty() {
        let columns = report.dropped_columns.join(", ");
        say("Contacts, not read: ", "联系人信息，未录入的列：", &columns);
    }
    if !report.unknown_columns.is_empty() {
        let columns = report.unknown_columns.join(", ");
        say("Columns that mean nothing to us: ", "无法识别的列：", &columns);
    }
    for (en, zh, list) in [
        ("To be looked at:\n", "请核对：\n", &report.warnings),
        ("Left out:\n", "略过：\n", &report.left_out),
        ("Refused:\n", "退回：\n", &report.refusals),
    ] {
        if !list.is_empty() {
            say(en, zh, &notes(output, list));
        }
    }
    if let Some(path) = errors {
        say("The sheet with the reasons: ", "办理结果见：", &path.display().to_string());
    }
    text.join("\n")
}
