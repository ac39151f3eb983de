//! `import roster` and `import template`.

pub(crate) mod file;
mod roster;
pub(crate) mod summary;

use std::{path::PathBuf, process::ExitCode};

use clap::{Subcommand, ValueEnum};
use gongqiao_contract::{Refusal, id::PartyId};
use serde_json::json;

use super::{file as files, session::Session};
use crate::{cli::Global, output::Output};

/// Rosters in.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Upload a village's roster: a register as it is, in xlsx, xls, CSV or NDJSON (导入名册).
    #[command(after_help = "Examples:
  gongqiao import roster 名册.xlsx --point 431021102205 --dry-run
  gongqiao import roster 名册.xlsx --point 431021102205 --errors 退回.xlsx

One bad row never stops the others, and the same file again changes nothing.
Whoever has a damaged ID or none is kept as unverified (待核). Exit code: 0 when
everybody was taken, 2 when some were refused or stand in another register, 1
when the file as a whole was refused or the import failed.")]
    Roster {
        /// The file.
        file: PathBuf,
        /// The service point whose register it is.
        #[arg(long, value_name = "CODE")]
        point: PartyId,
        /// Say what would happen, row by row, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Write the sheet back with the reason beside each row that was
        /// refused or is unverified.
        #[arg(long, value_name = "OUT.xlsx")]
        errors: Option<PathBuf>,
    },
    /// Write the empty Excel template (名册模板、用工需求模板).
    #[command(after_help = "Examples:
  gongqiao import template --out 名册模板.xlsx
  gongqiao import template --kind demand")]
    Template {
        /// Of what.
        #[arg(long, value_enum, default_value_t = Kind::Roster)]
        kind: Kind,
        /// Where to; 名册模板.xlsx or 用工需求模板.xlsx unless it is named.
        #[arg(long, value_name = "FILE.xlsx")]
        out: Option<PathBuf>,
    },
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A village's roster (名册).
    Roster,
    /// An enterprise's demand sheet (用工需求表).
    Demand,
}

impl ImportCommand {
    pub(crate) async fn run(self, global: &Global, output: Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Roster { file, point, dry_run, errors } => {
                let session = Session::open(global, output)?;
                let import = roster::Import { file, point, dry_run, errors };
                import.run(&session).await
            }
            Self::Template { kind, out } => template(kind, out, output),
        }
    }
}

fn template(kind: Kind, out: Option<PathBuf>, output: Output) -> anyhow::Result<ExitCode> {
    let (made, name) = match kind {
        Kind::Roster => (gongqiao_roster::template(), "名册模板.xlsx"),
        Kind::Demand => (gongqiao_roster::demand::template(), "用工需求模板.xlsx"),
    };
    let bytes = made.map_err(|e| Refusal::new(e.code()))?;
    let out = out.unwrap_or_else(|| name.into());
    files::write(output, &out, &bytes)?;
    output.show(&json!({ "file": out }), || out.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
