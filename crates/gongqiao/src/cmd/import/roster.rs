//! A roster on its way to the gate, and its report on the way back.

use std::{path::PathBuf, pin::pin, process::ExitCode};

use futures::StreamExt as _;
use gongqiao_client::ClientError;
use gongqiao_contract::{
    id::PartyId,
    view::{ImportReport, Problem},
};
use gongqiao_roster::{Format, errors_workbook};
use serde::Deserialize;

use super::{file, summary::summary};
use crate::{
    cmd::{input, session::Session},
    output::{Failure, exit},
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
    Report(Box<ImportReport>),
    Problem(Problem),
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        if let Some(out) = &self.errors {
            file::may_go_to(session.output, out, &self.file)?;
        }
        let bytes = input::bytes(&self.file)?;
        let format = file::format_of(&self.file, &bytes);
        let report = self.upload(session, format, bytes.clone()).await?;
        let written = match &self.errors {
            Some(out) if !report.refusals.is_empty() || !report.unverified_rows.is_empty() => {
                let refused = report.refusals.iter().map(|one| file::note(one, false));
                let unverified = report.unverified_rows.iter().map(|one| file::note(one, true));
                let notes: Vec<_> = refused.chain(unverified).collect();
                file::write_back(session.output, out, &bytes, format, &notes, errors_workbook)?;
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
        let answer = session.client.upload(&path, file::media_type(format), bytes).await;
        let mut lines = pin!(answer.map_err(|e| session.explained(e))?);
        let bar = session.output.bar("{bar:40} {pos}/{len} {per_sec} {eta}");
        while let Some(line) = lines.next().await {
            let line = line.map_err(|e| session.explained(e))?;
            match serde_json::from_value(line).map_err(ClientError::Unreadable)? {
                Line::Progress { done, total } => {
                    bar.set_length(total);
                    bar.set_position(done);
                }
                Line::Report(report) => {
                    bar.finish_and_clear();
                    return Ok(*report);
                }
                Line::Problem(problem) => {
                    bar.finish_and_clear();
                    return Err(ClientError::Refused(Box::new(problem)).into());
                }
            }
        }
        let detail = session.output.say(
            "the answer broke off before its report. Rows that were stored stay; import the same \
             file again, and they are found unchanged",
            "办理结果没有传完。已入册的行保持不变，请把同一文件再导入一次",
        );
        Err(Failure::new("import.broken_off", detail).into())
    }
}
