//! `export`: tables of a range of the log, as files.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use gongqiao_contract::{Lang, Moment, view::ExportDictionary};
use serde::Serialize;

use super::{file, session::Session};
use crate::output::{Failure, cell};

/// Write a table of a range of time into a file (导出).
///
/// One row for each group, vacancy or signal that an event of the range is
/// about, as it stands at the end of the range; of placement, one for each
/// promise of a person to a post. People stand in it by card id alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao export dispatch --from 2021-07-01 --until 2021-08-01 --format xlsx --out 七月派遣.xlsx
  gongqiao export placement --from -7d --format parquet --out placement.parquet
  gongqiao export --dictionary

A moment is written as for `gongqiao state`; times mean when events were
recorded. For the operator's keys.")]
pub(crate) struct ExportArgs {
    /// What the rows are about (导出表).
    #[arg(required_unless_present = "dictionary")]
    table: Option<Table>,
    /// Events from here on; the beginning of the log without it (起).
    #[arg(long, value_name = "TIME|SEQ", allow_hyphen_values = true)]
    from: Option<Moment>,
    /// Events up to here; the present without it (止).
    #[arg(long, value_name = "TIME|SEQ", allow_hyphen_values = true)]
    until: Option<Moment>,
    /// The form of the file (格式).
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file, which must not be there yet (输出文件).
    #[arg(long, value_name = "FILE", required_unless_present = "dictionary")]
    out: Option<PathBuf>,
    /// Say what the columns of all tables mean, and write no file (数据字典).
    #[arg(long, conflicts_with_all = ["table", "from", "until", "out"])]
    dictionary: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Table {
    /// Groups on their way (派遣)
    Dispatch,
    /// Demands with their figures (需求)
    Vacancy,
    /// What points were asked (任务)
    Signal,
    /// Promises of people to posts (人员去向)
    Placement,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For Excel and everything else, UTF-8 with a byte-order mark
    Csv,
    /// A workbook with the data dictionary on a sheet of its own
    Xlsx,
    /// One JSON object per line
    Jsonl,
    /// For data tools
    Parquet,
    /// A database with the data dictionary in a table of its own
    Sqlite,
}

/// A word as it stands in the API.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// What was written.
#[derive(Serialize)]
struct Written {
    out: String,
    bytes: u64,
}

impl ExportArgs {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match (&self.table, &self.out) {
            (Some(table), Some(out)) => self.write(session, *table, out).await,
            _ => dictionary(session).await,
        }
    }

    fn path(&self, table: Table) -> String {
        // Why escaped: # and + mean something else in a query.
        let moment = |name: &str, moment: Option<Moment>| {
            let text = moment.map(|moment| moment.to_string());
            text.map_or_else(String::new, |text| {
                let text = text.replace('#', "%23").replace('+', "%2B").replace(' ', "%20");
                format!("&{name}={text}")
            })
        };
        let (table, format) = (word(&table), word(&self.format));
        let range = moment("from", self.from) + &moment("until", self.until);
        format!("/v1/exports/{table}?format={format}{range}")
    }

    async fn write(
        &self,
        session: &Session,
        table: Table,
        out: &std::path::Path,
    ) -> anyhow::Result<()> {
        file::free(session.output, out)?;
        let pieces = session.client.pieces(&self.path(table)).await;
        let mut pieces = Box::pin(pieces.map_err(|e| session.explained(e))?);
        let mut to = file::create(session.output, out)?;
        let bar = session.output.bar("{spinner} {bytes} {elapsed}");
        let mut bytes = 0;
        while let Some(piece) = pieces.next().await {
            let written = piece.map_err(|e| session.explained(e)).and_then(|piece| {
                bytes += piece.len() as u64;
                to.write_all(&piece).map_err(anyhow::Error::from)
            });
            if let Err(e) = written {
                // Why: half a file would be taken for a whole one.
                let _ = std::fs::remove_file(out);
                return Err(e);
            }
            bar.set_position(bytes);
        }
        bar.finish_and_clear();
        to.sync_all().map_err(|e| Failure::new("output.unwritable", e.to_string()))?;
        let written = Written { out: out.display().to_string(), bytes };
        session.output.show(&written, || {
            let Written { out, bytes } = &written;
            match session.output.lang {
                Lang::En => format!("{out}: {bytes} bytes"),
                Lang::Zh => format!("{out}：{bytes} 字节"),
            }
        })
    }
}

async fn dictionary(session: &Session) -> anyhow::Result<()> {
    let all: ExportDictionary = session.get("/v1/exports/dictionary").await?;
    session.output.show(&all, || {
        let headings = [
            ("Table", "表"),
            ("Column", "列"),
            ("Type", "类型"),
            ("Unit", "单位"),
            ("Meaning", "含义"),
            ("Source", "来源"),
        ];
        let rows = all.columns.iter().map(|one| {
            let meaning = session.output.say(&one.en, &one.zh);
            vec![
                cell(&one.table),
                cell(&one.column),
                cell(&one.kind),
                cell(&one.unit),
                cell(meaning),
                cell(&one.source),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
