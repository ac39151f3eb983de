//! `refusal list`.

use clap::Subcommand;
use gongqiao_contract::view;

use super::session::Session;
use crate::output::{cell, when};

/// Attempts that were refused.
#[derive(Debug, Subcommand)]
pub(crate) enum RefusalCommand {
    /// List the latest attempts that were refused for want of permission, the
    /// latest first (被拒绝的操作列表).
    ///
    /// The process at --url keeps its latest thousand until it ends; all of
    /// them stand in its log. Where gate and board run apart, each has its
    /// own. For the operator's keys.
    List,
}

impl RefusalCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List => list(session).await,
        }
    }
}

async fn list(session: &Session) -> anyhow::Result<()> {
    // Why: they come whole, and this path takes no paging.
    let page: view::Page<view::RefusedAttempt> = session.get("/v1/refusals").await?;
    let attempts = page.items;
    session.output.show(&attempts, || {
        let headings = [
            ("Last", "最近一次"),
            ("First", "首次"),
            ("Times", "次数"),
            ("Party", "单位"),
            ("Person", "人员编号"),
            ("Key", "密钥编号"),
            ("Code", "代码"),
            ("Door", "入口"),
            ("What", "操作"),
        ];
        let rows = attempts.iter().map(|one| {
            let method = one.method.as_deref().unwrap_or_default();
            vec![
                when(&one.last_at),
                when(&one.first_at),
                cell(one.count),
                cell(one.party.as_ref().map(ToString::to_string).unwrap_or_default()),
                cell(one.person.as_deref().unwrap_or_default()),
                cell(one.key.as_ref().map(ToString::to_string).unwrap_or_default()),
                cell(&one.code),
                cell(&one.door),
                cell(format!("{method} {}", one.path).trim_start()),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
