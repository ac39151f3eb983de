//! `replay start|list|show|pause|resume|cancel|approve|fetch`.

mod fetch;
mod show;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use gongqiao_contract::{
    id::ReplayId,
    view,
    wire::{
        self, replay_format::Value as WireFormat, replay_purpose::Value as WirePurpose,
        replay_target::Value as WireTarget,
    },
};
use serde_json::Value;

use self::{
    fetch::{fetch, read},
    show::{list, plan, said, shown},
};
use super::{file, session::Session};
use crate::output::Failure;

/// How often it is asked how far a replay is.
const ASK: Duration = Duration::from_millis(200);

/// What happened, once more: for an audit, a partner, a view, a test.
#[derive(Debug, Subcommand)]
pub(crate) enum ReplayCommand {
    /// Replay a range of a stream; nothing acts on it (开始重放).
    #[command(
        after_help = "A moment is RFC 3339, '2021-07-20 18:00' (Beijing), -2h, -3d, now, Unix time
in seconds to nanoseconds, or #sequence. A range begins at --from and ends before
--until; a sequence counts itself. Several values of one option: any of them;
several options: all.

Examples:
  gongqiao replay start --purpose audit --from '2021-07-20 18:00' --until '2021-07-21 06:00' --out night.jsonl
  gongqiao replay start --purpose audit --from -2h --dispatch dsp_019b… --to stdout
  gongqiao replay start --purpose test --from 2021-07-01 --to subject --times 10
  gongqiao replay start --purpose partner --source sub_019b… --for 440300
  gongqiao replay start --purpose audit --type DispatchMoved --county 431021 --dry-run"
    )]
    Start(Box<StartArgs>),
    /// List replays, the latest first (重放列表).
    List,
    /// Show one: what, to whom, by whom, how far (查看重放).
    Show {
        /// Its id.
        replay: ReplayId,
    },
    /// Send nothing for now (暂停重放).
    Pause {
        /// Its id.
        replay: ReplayId,
    },
    /// Go on where it was paused (继续重放).
    Resume {
        /// Its id.
        replay: ReplayId,
    },
    /// End it for good, and remove its file (取消重放).
    Cancel {
        /// Its id.
        replay: ReplayId,
    },
    /// Approve one to another party, as a second operator (批准重放).
    Approve {
        /// Its id.
        replay: ReplayId,
    },
    /// Download the file of one that is done, or read one that is for you
    /// (获取重放内容).
    Fetch {
        /// Its id.
        replay: ReplayId,
        /// Where to; otherwise it is printed.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// What is replayed, to where and what for.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// What it is done for (用途).
    #[arg(long)]
    purpose: Purpose,
    /// The number of the file that says why (文号).
    #[arg(long, value_name = "NUMBER")]
    reference: Option<String>,
    /// FACTS, AUDIT, or a subscription whose feed is replayed (来源).
    #[arg(long, default_value = "FACTS")]
    source: String,
    /// The moment from which on (起始时间).
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    from: Option<String>,
    /// The moment before which it ends; now if left out (截止时间).
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    until: Option<String>,
    /// Where events go (去向).
    #[arg(long, value_name = "TARGET", default_value = "file")]
    to: To,
    /// How they are written to a file or printed (格式).
    #[arg(long, default_value = "jsonl")]
    format: Format,
    /// As many times as fast as it happened; 1 is as it was (倍速).
    #[arg(long, value_name = "N", conflicts_with = "per_second")]
    times: Option<f64>,
    /// So many events a second (每秒条数).
    #[arg(long, value_name = "N")]
    per_second: Option<f64>,
    /// The party that it is for, which reads it itself (接收单位).
    #[arg(long = "for", value_name = "PARTY")]
    party: Option<String>,
    /// The webhook of the subscription that it is sent to (接收回调).
    #[arg(long, value_name = "WEBHOOK", conflicts_with = "party")]
    webhook: Option<String>,
    /// Where the file is downloaded to when it is done (保存到).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Tell what would be sent, and send nothing (试运行).
    #[arg(long)]
    dry_run: bool,
    /// Don't wait for its end (不等待).
    #[arg(long, conflicts_with = "out")]
    detach: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

/// Which events.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which events (筛选)")]
struct FilterArgs {
    /// By name, as DispatchMoved (事件类型).
    #[arg(long = "type", value_name = "NAME")]
    types: Vec<String>,
    /// About this party, or done by it (单位).
    #[arg(long, value_name = "PARTY")]
    about: Vec<String>,
    /// In or to this city, six digits (城市).
    #[arg(long, value_name = "CODE")]
    city: Vec<String>,
    /// In or to this county, six digits (区县).
    #[arg(long, value_name = "CODE")]
    county: Vec<String>,
    /// Of this service point (服务点).
    #[arg(long, value_name = "CODE")]
    point: Vec<String>,
    /// Of this enterprise (企业).
    #[arg(long, value_name = "CODE")]
    enterprise: Vec<String>,
    /// Of vacancies of this occupation or group (职业).
    #[arg(long, value_name = "CODE")]
    occupation: Vec<String>,
    /// Of this vacancy (用工需求).
    #[arg(long, value_name = "ID")]
    vacancy: Vec<String>,
    /// Of this dispatch (派遣).
    #[arg(long, value_name = "ID")]
    dispatch: Vec<String>,
    /// About the person of this card (人员卡).
    #[arg(long, value_name = "ID")]
    card: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Purpose {
    /// To find out what happened
    Audit,
    /// For a partner that has lost its data
    Partner,
    /// To build a view anew
    Rebuild,
    /// To feed a system under test
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// A file, on the server and with --out here
    File,
    /// Standard output
    Stdout,
    /// gq.v1.replay.<job>.… on the broker
    Subject,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line of JSON each
    Jsonl,
    /// ReplayedEvent, each with its length before it
    Protobuf,
}

impl StartArgs {
    fn ask(&self) -> wire::StartReplay {
        let target = match self.to {
            _ if self.webhook.is_some() => WireTarget::Webhook,
            _ if self.party.is_some() => WireTarget::Reader,
            To::File => WireTarget::File,
            To::Stdout => WireTarget::Reader,
            To::Subject => WireTarget::Subject,
        };
        let format = match self.format {
            Format::Jsonl => WireFormat::Jsonl,
            Format::Protobuf => WireFormat::Protobuf,
        };
        let purpose = match self.purpose {
            Purpose::Audit => WirePurpose::Audit,
            Purpose::Partner => WirePurpose::Partner,
            Purpose::Rebuild => WirePurpose::Rebuild,
            Purpose::Test => WirePurpose::Test,
        };
        wire::StartReplay {
            source: self.source.clone(),
            from: self.from.clone().unwrap_or_default(),
            until: self.until.clone().unwrap_or_default(),
            filter: self.filter.ask(),
            times: self.times.unwrap_or_default(),
            per_second: self.per_second.unwrap_or_default(),
            target: target as i32,
            format: format as i32,
            party: self.party.clone().unwrap_or_default(),
            webhook: self.webhook.clone().unwrap_or_default(),
            purpose: purpose as i32,
            reference: self.reference.clone().unwrap_or_default(),
        }
    }
}

impl FilterArgs {
    fn ask(&self) -> Option<wire::ReplayFilter> {
        let filter = wire::ReplayFilter {
            types: self.types.clone(),
            parties: self.about.clone(),
            cities: self.city.clone(),
            counties: self.county.clone(),
            points: self.point.clone(),
            enterprises: self.enterprise.clone(),
            occupations: self.occupation.clone(),
            vacancies: self.vacancy.clone(),
            dispatches: self.dispatch.clone(),
            cards: self.card.clone(),
        };
        Some(filter).filter(|filter| *filter != wire::ReplayFilter::default())
    }
}

impl ReplayCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Start(args) => start(session, &args).await,
            Self::List => list(session).await,
            Self::Show { replay } => shown(session, &session.get(&path(&replay, "")).await?),
            Self::Pause { replay } => act(session, &replay, "pause").await,
            Self::Resume { replay } => act(session, &replay, "resume").await,
            Self::Cancel { replay } => act(session, &replay, "cancel").await,
            Self::Approve { replay } => act(session, &replay, "approve").await,
            Self::Fetch { replay, out } => {
                let job: view::Replay = session.get(&path(&replay, "")).await?;
                fetch(session, &job, out.as_deref()).await
            }
        }
    }
}

fn path(id: &ReplayId, verb: &str) -> String {
    match verb {
        "" => format!("/v1/replays/{id}"),
        verb => format!("/v1/replays/{id}/{verb}"),
    }
}

async fn ask<T: serde::de::DeserializeOwned>(
    session: &Session,
    path: &str,
    body: &impl serde::Serialize,
) -> anyhow::Result<T> {
    session.client.ask(path, body).await.map_err(|e| session.explained(e))
}

async fn act(session: &Session, id: &ReplayId, verb: &str) -> anyhow::Result<()> {
    let job: view::Replay = ask(session, &path(id, verb), &Value::Null).await?;
    shown(session, &job)
}

async fn start(session: &Session, args: &StartArgs) -> anyhow::Result<()> {
    let order = args.ask();
    if args.dry_run {
        return plan(session, &ask(session, "/v1/replays/plan", &order).await?);
    }
    if let Some(out) = &args.out {
        if args.to == To::Subject || args.webhook.is_some() || args.party.is_some() {
            let why = "--out is for what goes to a file or is printed";
            return Err(Failure::new("replay.no_file", why).into());
        }
        file::free(session.output, out)?;
    }
    let job: view::Replay = ask(session, "/v1/replays", &order).await?;
    let is_ours = args.party.is_none() && args.webhook.is_none();
    if args.to == To::Stdout && is_ours {
        return read(session, &job, args.out.as_deref()).await;
    }
    // Why not: another party reads it, or somebody else has to approve it.
    if args.detach || args.party.is_some() || job.state == "waiting" {
        return shown(session, &job);
    }
    let job = follow(session, job).await?;
    match &args.out {
        Some(out) if job.state == "done" => fetch(session, &job, Some(out)).await,
        _ => shown(session, &job),
    }
}

/// Waits until a replay is at its end, or paused.
async fn follow(session: &Session, mut job: view::Replay) -> anyhow::Result<view::Replay> {
    let bar = session.output.bar("{bar:30} {percent:>3}% {msg}");
    bar.set_length(1_000);
    while job.state == "running" {
        let progress = &job.progress;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share is 0 to 1"
        )]
        bar.set_position((progress.share * 1_000.0) as u64);
        bar.set_message(said(&session.output, progress));
        tokio::time::sleep(ASK).await;
        job = session.get(&path(&job.id, "")).await?;
    }
    bar.finish_and_clear();
    Ok(job)
}
