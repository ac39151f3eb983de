//! `parked list|show|edit|redrive|discard`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongqiao_contract::{
    id::{ParkedId, PartyId},
    view::{EditParked, Mended, MendedOne, Parked, ParkedMessage},
    wire,
    words::Sort,
};
use gongqiao_domain::entity::timestamp;
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use super::{input, session::Session, words::word};
use crate::output::{cell, when};

/// What could not be processed.
#[derive(Debug, Subcommand)]
pub(crate) enum ParkedCommand {
    /// List parked messages, without what they say (搁置消息列表).
    List(Conditions),
    /// Show one: decoded, with its headers and what was done about it (查看搁置消息).
    ///
    /// For the role mender. That it was looked at is recorded.
    Show {
        /// Its id.
        parked: ParkedId,
    },
    /// Make an edited copy, to be redriven in its place; the original stays
    /// (编辑副本).
    #[command(after_help = "Examples:
  gongqiao parked show prk_019b… --json | jq .content.message > message.json
  gongqiao parked edit prk_019b… --file message.json --why '人数误写为文字'
  gongqiao parked edit prk_019b… --file message.json --subject vacancies.post --why '主题写错'")]
    Edit {
        /// The original.
        parked: ParkedId,
        /// The message as JSON, or - for stdin (消息文件).
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// What the subject says behind the party, if that is to change (主题).
        #[arg(long)]
        subject: Option<String>,
        /// Why it is done (原因).
        #[arg(long)]
        why: String,
    },
    Redrive(RedriveArgs),
    /// Give messages up: they are overwritten, and the reason stays on record
    /// (丢弃).
    Discard {
        /// Their ids.
        #[arg(required = true)]
        parked: Vec<ParkedId>,
        /// Why it is done (原因).
        #[arg(long)]
        why: String,
    },
}

/// Which messages.
#[derive(Debug, Args)]
pub(crate) struct Conditions {
    /// Only what this service could not process: intake or notify (服务).
    #[arg(long, value_parser = ["intake", "notify"])]
    service: Option<String>,
    /// Only what was refused with this code (原因代码).
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Only of this party (单位代码).
    #[arg(long, value_name = "CODE")]
    party: Option<PartyId>,
    /// Only what came at or after this time (起).
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    since: Option<OffsetDateTime>,
    /// Only what came before this time (止).
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    until: Option<OffsetDateTime>,
}

/// Try messages again, as whoever sent them and through all checks (重新处理).
///
/// What is taken is parked no longer; what is refused stays, with the new
/// reason. A second time does nothing twice. Without ids, all that fit the
/// conditions, or with --all whatever is parked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao parked redrive --reason agreement.none --party 440300 --dry-run
  gongqiao parked redrive prk_019b… prk_019c… --why '协议已补签'")]
pub(crate) struct RedriveArgs {
    /// Their ids.
    parked: Vec<ParkedId>,
    #[command(flatten)]
    conditions: Conditions,
    /// Whatever is parked (全部).
    #[arg(long, conflicts_with = "parked")]
    all: bool,
    /// Only say what each would be answered (试算).
    #[arg(long)]
    dry_run: bool,
    /// Why it is done (原因).
    #[arg(long, required_unless_present = "dry_run")]
    why: Option<String>,
}

impl Conditions {
    fn query(&self) -> String {
        let time = |at: Option<OffsetDateTime>| at.map(beijing::rfc3339);
        input::query(
            "/v1/parked",
            [
                self.service.as_ref().map(|service| format!("service={service}")),
                self.reason.as_ref().map(|reason| format!("reason={reason}")),
                self.party.as_ref().map(|party| format!("party={party}")),
                time(self.since).map(|since| format!("since={since}")),
                time(self.until).map(|until| format!("until={until}")),
            ],
        )
    }

    fn filter(&self) -> wire::ParkedFilter {
        wire::ParkedFilter {
            service: self.service.clone().unwrap_or_default(),
            reason: self.reason.clone().unwrap_or_default(),
            party: self.party.as_ref().map(ToString::to_string).unwrap_or_default(),
            since: self.since.map(timestamp),
            until: self.until.map(timestamp),
        }
    }
}

impl ParkedCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List(conditions) => list(session, &conditions.query()).await,
            Self::Show { parked } => show(session, &parked).await,
            Self::Edit { parked, file, subject, why } => {
                let ask = EditParked { message: input::body(&file)?, subject, why };
                edit(session, &parked, &ask).await
            }
            Self::Redrive(args) => args.run(session).await,
            Self::Discard { parked, why } => {
                let ids = parked.iter().map(ToString::to_string).collect();
                let ask = wire::DiscardParked { ids, why };
                let path = "/v1/parked/discard";
                let mended: Mended =
                    session.client.ask(path, &ask).await.map_err(|e| session.explained(e))?;
                tell(session, &mended)
            }
        }
    }
}

impl RedriveArgs {
    async fn run(self, session: &Session) -> anyhow::Result<()> {
        let filter = self.conditions.filter();
        let by_filter = self.parked.is_empty();
        if by_filter && !self.all && filter == wire::ParkedFilter::default() {
            let detail = session.output.say(
                "name messages or conditions, or give --all",
                "请指明消息编号或筛选条件，或使用 --all",
            );
            return Err(crate::output::Failure::new("parked.which", detail.to_owned()).into());
        }
        let mut ask = wire::RedriveParked {
            ids: self.parked.iter().map(ToString::to_string).collect(),
            filter: by_filter.then_some(filter),
            dry_run: self.dry_run,
            why: self.why.unwrap_or_default(),
            page_token: String::new(),
        };
        let mut all = Mended { dry_run: self.dry_run, items: Vec::new(), next_page_token: None };
        loop {
            let page: Mended = session
                .client
                .ask("/v1/parked/redrive", &ask)
                .await
                .map_err(|e| session.explained(e))?;
            all.items.extend(page.items);
            let Some(next) = page.next_page_token else { break };
            ask.page_token = next;
        }
        tell(session, &all)
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let all: Vec<Parked> = session.list(path).await?;
    session.output.show(&all, || {
        let headings = [
            ("Message", "消息"),
            ("Service", "服务"),
            ("Party", "单位"),
            ("Reason", "原因"),
            ("First seen", "首次"),
            ("Attempts", "次数"),
            ("Bytes", "字节"),
            ("Told", "已答复"),
            ("Copy of", "副本来源"),
        ];
        let rows = all.iter().map(|one| {
            let place = one.pointer.as_deref().unwrap_or_default();
            let told = if one.answered { session.output.say("yes", "是") } else { "" };
            vec![
                cell(&one.id),
                cell(word(&session.output, Sort::Service, &one.service)),
                cell(one.party.as_ref().map(ToString::to_string).unwrap_or_default()),
                cell(format!("{} {place}", one.reason).trim_end()),
                when(&one.first_seen),
                cell(one.attempts),
                cell(one.size),
                cell(told),
                cell(one.copy_of.as_ref().map(ToString::to_string).unwrap_or_default()),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &ParkedId) -> anyhow::Result<()> {
    let one: ParkedMessage = session.get(&format!("/v1/parked/{id}")).await?;
    session.output.show(&one, || {
        let state = word(&session.output, Sort::ParkedState, &one.state);
        let mut lines = vec![(("Message", "消息"), cell(id)), (("State", "状态"), cell(state))];
        if let Some(parked) = &one.parked {
            lines.push((("Reason", "原因"), cell(format!("{}: {}", parked.reason, parked.detail))));
            lines.push((("Place", "位置"), cell(parked.pointer.as_deref().unwrap_or_default())));
            lines.push((("First seen", "首次"), when(&parked.first_seen)));
            lines.push((("Last attempt", "最近一次"), when(&parked.last_attempt)));
            lines.push((("Attempts", "次数"), cell(parked.attempts)));
        }
        if let Some(content) = &one.content {
            let headers = content.headers.iter().map(|h| format!("{}: {}", h.name, h.value));
            let message = content.message.as_ref().map(|m| format!("{m:#}"));
            let body = message.or_else(|| content.text.clone()).or_else(|| content.base64.clone());
            lines.push((("Subject", "主题"), cell(&content.subject)));
            lines.push((("Headers", "头部"), cell(headers.collect::<Vec<_>>().join("\n"))));
            lines.push((("Body", "内容"), cell(body.unwrap_or_default())));
            lines.push((("SHA-256", "摘要"), cell(&content.sha256)));
        }
        let headings = [
            ("When", "时间"),
            ("Who", "人员"),
            ("Deed", "处置"),
            ("Why", "原因"),
            ("Code", "代码"),
        ];
        let rows = one.acts.iter().map(|act| {
            let deed = word(&session.output, Sort::ParkedDeed, &act.deed);
            vec![when(&act.at), cell(&act.person), cell(deed), cell(&act.why), cell(&act.code)]
        });
        let acts = session.output.table(&headings, rows.collect());
        format!("{}\n\n{acts}", session.output.details(lines))
    })
}

async fn edit(session: &Session, id: &ParkedId, ask: &EditParked) -> anyhow::Result<()> {
    let path = format!("/v1/parked/{id}/edit");
    let copy: Parked = session.client.ask(&path, ask).await.map_err(|e| session.explained(e))?;
    session
        .output
        .show(&copy, || format!("{}: {}", session.output.say("copy parked", "副本已搁置"), copy.id))
}

fn tell(session: &Session, mended: &Mended) -> anyhow::Result<()> {
    session.output.show(mended, || {
        let headings =
            [("Message", "消息"), ("Outcome", "结果"), ("Reason", "原因"), ("Log", "序号")];
        let rows = mended.items.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(word(&session.output, Sort::ParkedState, &one.outcome)),
                cell(refused(one)),
                cell(one.sequence.map_or_else(String::new, |sequence| sequence.to_string())),
            ]
        });
        let table = session.output.table(&headings, rows.collect());
        let dry = session.output.say("nothing was done (--dry-run)", "仅试算，未作处理");
        if mended.dry_run { format!("{table}\n{dry}") } else { table }
    })
}

fn refused(one: &MendedOne) -> String {
    match (&one.code, &one.detail) {
        (Some(code), Some(detail)) => format!("{code}: {detail}"),
        _ => String::new(),
    }
}
