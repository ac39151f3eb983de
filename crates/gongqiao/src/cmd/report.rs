//! `report month|close|cooperation`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gongqiao_contract::{view, words::Sort};
use serde::{Serialize, de::DeserializeOwned};
use time::{Date, macros::format_description};

use super::{file, input, session::Session, words::word};
use crate::output::cell;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What is filed every month.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// A month by county and by how far people went (月报).
    Month {
        /// The month, as 2021-07.
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        period: String,
        #[command(flatten)]
        out: Out,
    },
    /// Close a month and all before it: they never change any more (封账).
    Close {
        /// The month, as 2021-07.
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        period: String,
    },
    /// The cooperation ledger, a line for each group that left (劳务协作台账).
    Cooperation {
        /// First day; the first of this year by default.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        from: Option<String>,
        /// Last day; today by default.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        to: Option<String>,
        #[command(flatten)]
        out: Out,
    },
}

/// Where a workbook goes.
#[derive(Debug, Args)]
pub(crate) struct Out {
    /// Write the workbook that is filed instead, into a new file (导出表格).
    #[arg(long, value_name = "FILE.xlsx")]
    out: Option<PathBuf>,
}

impl ReportCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Month { period, out } => {
                let path = format!("/v1/reports/{period}");
                answer(session, &path, &out, months).await
            }
            Self::Close { period } => {
                session.send_empty(&format!("/v1/reports/{period}/close")).await
            }
            Self::Cooperation { from, to, out } => {
                let days =
                    [from.map(|day| format!("from={day}")), to.map(|day| format!("to={day}"))];
                let path = input::query("/v1/reports/cooperation", days);
                answer(session, &path, &out, groups).await
            }
        }
    }
}

/// Writes the workbook, or shows the report.
pub(super) async fn answer<T: Serialize + DeserializeOwned>(
    session: &Session,
    path: &str,
    out: &Out,
    text: impl FnOnce(&Session, &T) -> String,
) -> anyhow::Result<()> {
    let Some(out) = &out.out else {
        let report: T = session.get(path).await?;
        return session.output.show(&report, || text(session, &report));
    };
    file::free(session.output, out)?;
    let bytes = session.client.download(path, XLSX).await.map_err(|e| session.explained(e))?;
    file::write(session.output, out, &bytes)?;
    let written = Written { file: out, bytes: bytes.len() };
    let done = session.output.say("written", "已写入");
    session.output.show(&written, || format!("{done}: {}", out.display()))
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    bytes: usize,
}

fn months(session: &Session, report: &view::Report) -> String {
    let headings = [
        ("County", "县（市区）"),
        ("Reach", "去向"),
        ("Counted", "指标"),
        ("Times", "本月人次"),
        ("People", "本月人数"),
        ("Corrections", "更正人次"),
        ("Times since January", "累计人次"),
        ("People since January", "累计人数"),
    ];
    let rows = report.lines.iter().map(|line| {
        vec![
            cell(format!("{} {}", line.county_name, line.county)),
            cell(word(&session.output, Sort::Reach, &line.reach)),
            cell(word(&session.output, Sort::Measure, &line.measure)),
            cell(line.month.times.value),
            cell(line.month.people.value),
            cell(line.corrections.times.value),
            cell(line.year.times.value),
            cell(line.year.people.value),
        ]
    });
    let state = match report.closed {
        true => session.output.say("closed", "已封账"),
        false => session.output.say("open", "未封账"),
    };
    let as_of = session.output.say("as of", "截至");
    let table = session.output.table(&headings, rows.collect());
    format!(
        "{} ({state}, {as_of} {})\n\n{table}\n\n{}",
        report.period, report.as_of, report.definition
    )
}

fn groups(session: &Session, report: &view::Cooperation) -> String {
    let headings = [
        ("Opened", "对接日期"),
        ("To", "协作地"),
        ("Enterprise", "企业"),
        ("Batch", "批次"),
        ("People", "人数"),
        ("Mode", "方式"),
        ("From", "始期"),
        ("Until", "终期"),
    ];
    let rows = report.lines.iter().map(|line| {
        vec![
            cell(&line.docked_on),
            cell(&line.place),
            cell(&line.enterprise_name),
            cell(line.batch),
            cell(line.people),
            cell(word(&session.output, Sort::TravelMode, &line.mode)),
            cell(line.work_from.as_deref().unwrap_or_default()),
            cell(line.work_to.as_deref().unwrap_or_default()),
        ]
    });
    let table = session.output.table(&headings, rows.collect());
    let as_of = session.output.say("as of", "截至");
    format!("{} – {} ({as_of} {})\n\n{table}", report.from, report.to, report.as_of)
}

fn month(text: &str) -> Result<String, String> {
    let first = format!("{text}-01");
    day(&first).map(|_| text.to_owned()).map_err(|_| "not a month: write it as 2021-07".into())
}

fn day(text: &str) -> Result<String, String> {
    let form = format_description!("[year]-[month]-[day]");
    let parsed = Date::parse(text, form).map_err(|_| "not a day: write it as 2021-07-20")?;
    Ok(parsed.to_string())
}
