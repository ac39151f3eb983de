//! `dispatch import`: a dispatch roster on its way to the gate, and its report
//! on the way back.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use gongqiao_contract::{
    id::VacancyId,
    view::{DispatchReport, ImportedGroup},
    words::Sort,
};
use gongqiao_roster::manifest::errors_workbook;
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::{
    cmd::{
        import::{
            file,
            summary::{columns, notes, passed_over},
        },
        input,
        session::Session,
        words::words,
    },
    output::{Output, cell, exit, when},
};

/// Open a group from each sheet of a dispatch roster (导入输送花名册).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch import 输送花名册.xlsx --vacancy vac_… --dry-run
  gongqiao dispatch import 输送花名册.xlsx --vacancy vac_… --errors 退回.xlsx

Each sheet is one group with one vehicle: the table needs 姓名 and 身份证号 or
手机; 车牌, 核载, 承运单位 and 驾驶员 stand above or below it. Only people who are
promised to the vacancy travel; one bad row never stops the others. The same
roster again adds who was missing and opens nothing anew. Exit code: 0 when
every row was taken, 2 when some were refused, 1 when the file as a whole was
refused.")]
pub(crate) struct ImportArgs {
    /// The file: xlsx, xls or CSV.
    file: PathBuf,
    /// The vacancy that people go to.
    #[arg(long, value_name = "ID")]
    vacancy: VacancyId,
    /// When the groups leave, whatever the roster says.
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    departs_at: Option<OffsetDateTime>,
    /// When they should arrive; without it driving times can't be looked at.
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    arrives_at: Option<OffsetDateTime>,
    /// Say what would happen, row by row, and open nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the roster back with the reason beside each bad row.
    #[arg(long, value_name = "OUT.xlsx")]
    errors: Option<PathBuf>,
}

impl ImportArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        if let Some(out) = &self.errors {
            file::may_go_to(session.output, out, &self.file)?;
        }
        let bytes = input::bytes(&self.file)?;
        let format = file::format_of(&self.file, &bytes);
        let media = file::media_type(format);
        let sent = session.client.send_file(&self.path(), media, bytes.clone(), None).await;
        let report: DispatchReport = sent.map_err(|e| session.explained(e))?;
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
            "/v1/dispatches/import",
            [
                Some(format!("vacancy={}", self.vacancy)),
                self.dry_run.then(|| "dry_run=true".to_owned()),
                self.departs_at.map(|at| format!("departs_at={}", beijing::rfc3339(at))),
                self.arrives_at.map(|at| format!("arrives_at={}", beijing::rfc3339(at))),
            ],
        )
    }
}

fn summary(output: Output, report: &DispatchReport, errors: Option<&Path>) -> String {
    let listed = match report.dry_run {
        true => ("Would be on a manifest", "将列入名单"),
        false => ("On a manifest now", "列入名单"),
    };
    let mut text = vec![output.details(vec![
        (("Vacancy", "需求"), cell(&report.vacancy)),
        (("Rows", "行数"), cell(report.rows)),
        (listed, cell(report.listed)),
        (("Listed before", "此前已列入"), cell(report.unchanged)),
        (("Refused", "退回"), cell(report.refused)),
        (("Left out", "略过"), cell(report.left_out_rows)),
    ])];
    if !report.groups.is_empty() {
        text.push(groups(output, report.dry_run, &report.groups));
    }
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

fn groups(output: Output, dry_run: bool, groups: &[ImportedGroup]) -> String {
    let headings = [
        ("Sheet", "工作表"),
        ("Dispatch", "派遣"),
        ("Outcome", "办理结果"),
        ("People", "人数"),
        ("Departs", "发车时间"),
        ("Vehicle", "车辆"),
        ("To be looked at", "请核对"),
    ];
    let rows = groups.iter().map(|group| {
        let dispatch = group.dispatch.as_ref().map(ToString::to_string).unwrap_or_default();
        let warnings = group.warnings.iter().map(String::as_str);
        vec![
            cell(&group.sheet),
            cell(dispatch),
            cell(outcome(output, dry_run, &group.outcome)),
            cell(group.listed),
            when(group.departs_at.as_deref().unwrap_or_default()),
            cell(group.vehicle.as_ref().map(|one| one.plate.as_str()).unwrap_or_default()),
            cell(words(&output, Sort::TravelWarning, warnings)),
        ]
    });
    output.table(&headings, rows.collect())
}

fn outcome(output: Output, dry_run: bool, outcome: &str) -> &str {
    match outcome {
        "opened" if dry_run => output.say("would be opened", "将开立"),
        "joined" if dry_run => output.say("people would be added", "将加人"),
        "opened" => output.say("opened", "已开立"),
        "joined" => output.say("people added", "已加人"),
        "unchanged" => output.say("unchanged", "未变"),
        "refused" => output.say("refused", "退回"),
        other => other,
    }
}
