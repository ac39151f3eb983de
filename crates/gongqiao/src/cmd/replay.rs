//! `replay start|list|show|pause|resume|cancel|approve|fetch`.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use futures::StreamExt as _;
use gongqiao_contract::{
    id::ReplayId,
    view,
    wire::{
        self, replay_format::Value as WireFormat, replay_purpose::Value as WirePurpose,
        replay_target::Value as WireTarget,
    },
    words::Sort,
};
use serde_json::Value;

use super::{
    file,
    session::Session,
    words::{state, word},
};
use crate::output::{Failure, Output, cell, coloured, when};

/// How often it is asked how far a replay is.
const ASK: Duration = Duration::from_millis(200);
/// How often a reading that broke off is taken up again with nothing read.
const TRIES: u32 = 5;

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

fn said(output: &Output, progress: &view::ReplayProgress) -> String {
    let mut text = format!("{} {}", progress.events, output.say("events", "条"));
    if let Some(rate) = progress.per_second {
        text.push_str(&format!(", {rate:.0}/s"));
    }
    if let Some(left) = progress.seconds_left {
        text.push_str(&format!(", {left:.0} s {}", output.say("left", "剩余")));
    }
    if let Some(trouble) = &progress.trouble {
        text.push_str(&format!(", {}: {trouble}", output.say("tries again", "重试中")));
    }
    text
}

/// The file of a replay, or what it gives to read.
async fn fetch(session: &Session, job: &view::Replay, out: Option<&Path>) -> anyhow::Result<()> {
    if job.events.is_some() {
        return read(session, job, out).await;
    }
    let Some(from) = &job.file else {
        let state = word(&session.output, Sort::ReplayState, &job.state);
        let why = session.output.say("there is no file to fetch", "没有可获取的文件");
        return Err(Failure::new("replay.no_file", format!("{why} ({state})")).into());
    };
    let mut sink = Sink::open(session.output, out)?;
    let bar = session.output.bar("{bar:30} {bytes}/{total_bytes}");
    bar.set_length(job.progress.bytes.unwrap_or_default());
    let body = session.client.pieces(from).await.map_err(|e| session.explained(e))?;
    let mut body = std::pin::pin!(body);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|e| session.explained(e))?;
        sink.write(&piece)?;
        bar.inc(piece.len() as u64);
    }
    bar.finish_and_clear();
    sink.finish(session, job)
}

/// What a replay gives to read; what breaks off is taken up after the last event
/// that came whole.
async fn read(session: &Session, job: &view::Replay, out: Option<&Path>) -> anyhow::Result<()> {
    let mut sink = Sink::open(session.output, out)?;
    let mut whole = Whole::new(&job.format);
    let mut tries = 0;
    loop {
        let from = format!("{}?after={}", path(&job.id, "events"), whole.after);
        let before = whole.after;
        let broke = match session.client.pieces(&from).await {
            Err(e) if whole.after == 0 => return Err(session.explained(e)),
            Err(e) => Some(e),
            Ok(body) => {
                let mut body = std::pin::pin!(body);
                loop {
                    match body.next().await {
                        Some(Ok(piece)) => sink.write(&whole.take(&piece))?,
                        Some(Err(e)) => break Some(e),
                        None => break None,
                    }
                }
            }
        };
        let Some(e) = broke else { break };
        whole.forget();
        tries = if whole.after > before { 0 } else { tries + 1 };
        if tries > TRIES {
            return Err(session.explained(e));
        }
        tokio::time::sleep(ASK * tries).await;
    }
    if out.is_none() {
        return Ok(());
    }
    sink.finish(session, &session.get(&path(&job.id, "")).await?)
}

/// Where events go on this machine.
enum Sink<'a> {
    Stdout,
    File(std::fs::File, &'a Path),
}

impl<'a> Sink<'a> {
    fn open(output: Output, out: Option<&'a Path>) -> anyhow::Result<Self> {
        match out {
            None => Ok(Self::Stdout),
            Some(path) => {
                file::free(output, path)?;
                let created = std::fs::File::create(path);
                let created = created
                    .map_err(|e| Failure::new("output.file", format!("{}: {e}", path.display())))?;
                Ok(Self::File(created, path))
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()
            }
            Self::File(file, _) => file.write_all(bytes),
        }
    }

    fn finish(self, session: &Session, job: &view::Replay) -> anyhow::Result<()> {
        let Self::File(file, path) = self else { return Ok(()) };
        file.sync_all()?;
        session.output.show(job, || {
            session.output.details(vec![
                (("Replay", "重放任务"), cell(&job.id)),
                (("Events", "条数"), cell(job.progress.events)),
                (("SHA-256", "校验值"), cell(job.progress.sha256.as_deref().unwrap_or("-"))),
                (("File", "文件"), cell(path.display())),
            ])
        })
    }
}

/// Cuts what comes into whole events, and knows the sequence of the last one.
struct Whole {
    is_lines: bool,
    rest: Vec<u8>,
    after: u64,
}

impl Whole {
    fn new(format: &str) -> Self {
        Self { is_lines: format != "PROTOBUF", rest: Vec::new(), after: 0 }
    }

    /// The whole events that are there now.
    fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(piece);
        let mut end = 0;
        while let Some((length, sequence)) = self.next(end) {
            end += length;
            self.after = sequence;
        }
        let rest = self.rest.split_off(end);
        std::mem::replace(&mut self.rest, rest)
    }

    /// The length and the sequence of the event at `begin`, if it is all there.
    fn next(&self, begin: usize) -> Option<(usize, u64)> {
        use prost::Message as _;
        let rest = &self.rest[begin..];
        if self.is_lines {
            let length = rest.iter().position(|byte| *byte == b'\n')? + 1;
            let line: Value = serde_json::from_slice(&rest[..length]).ok()?;
            return Some((length, line["sequence"].as_u64()?));
        }
        let mut unread = rest;
        let event = wire::ReplayedEvent::decode_length_delimited(&mut unread).ok()?;
        Some((rest.len() - unread.len(), event.sequence))
    }

    /// Forgets what did not come whole.
    fn forget(&mut self) {
        self.rest.clear();
    }
}

fn plan(session: &Session, plan: &view::ReplayPlan) -> anyhow::Result<()> {
    session.output.show(plan, || {
        let output = &session.output;
        let types = plan.types.iter().map(|(name, count)| format!("{name} {count}"));
        let types: Vec<String> = types.collect();
        let ends = plan.ends.iter().map(|end| format!("#{} {}", end.sequence, end.time));
        let ends: Vec<String> = ends.collect();
        let complete = match plan.complete {
            true => output.say("all of it", "完整"),
            false => output.say("up to the last that is named", "仅统计至所示末条"),
        };
        output.details(vec![
            (("Would send", "将发送"), cell(plan.events)),
            (("Bytes", "字节"), cell(plan.bytes)),
            (("First and last", "首末"), cell(ends.join("\n"))),
            (("Types", "类型"), cell(types.join("\n"))),
            (("Counted", "统计"), cell(complete)),
        ])
    })
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let all: Vec<view::Replay> = session.get("/v1/replays").await?;
    session.output.show(&all, || {
        let headings = [
            ("Replay", "重放任务"),
            ("State", "状态"),
            ("Source", "来源"),
            ("Target", "去向"),
            ("Events", "条数"),
            ("Done", "进度"),
            ("Ordered", "下达时间"),
            ("By", "经办人"),
        ];
        let rows = all.iter().map(|job| {
            let first = job.acts.first();
            vec![
                cell(&job.id),
                state(&session.output, Sort::ReplayState, &job.state),
                cell(&job.source),
                cell(word(&session.output, Sort::ReplayTarget, &job.target)),
                cell(job.progress.events),
                cell(format!("{:.0}%", job.progress.share * 100.0)),
                first.map_or_else(|| cell("-"), |act| when(&act.at)),
                cell(first.map_or("-", |act| act.person.as_str())),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

fn shown(session: &Session, job: &view::Replay) -> anyhow::Result<()> {
    session.output.show(job, || {
        let output = &session.output;
        let acts = job.acts.iter().map(|act| {
            let word = word(output, Sort::ReplayAct, &act.act);
            format!("{} {word} {} {}", crate::output::minutes(&act.at), act.party, act.person)
        });
        let acts: Vec<String> = acts.collect();
        let progress = match &job.progress.failure {
            Some(code) => coloured("failed", code),
            None => cell(said(output, &job.progress)),
        };
        let mut lines = vec![
            (("Replay", "重放任务"), cell(&job.id)),
            (("State", "状态"), state(output, Sort::ReplayState, &job.state)),
            (("Source", "来源"), cell(format!("{} #{} … #{}", job.source, job.first, job.last))),
            (("Purpose", "用途"), cell(word(output, Sort::ReplayPurpose, &job.purpose))),
            (("Target", "去向"), cell(word(output, Sort::ReplayTarget, &job.target))),
            (("Progress", "进度"), progress),
            (("What was done", "办理记录"), cell(acts.join("\n"))),
        ];
        let rest = [
            (("For", "接收单位"), job.party.as_ref().map(ToString::to_string)),
            (("Webhook", "回调"), job.webhook.as_ref().map(ToString::to_string)),
            (("Reference", "文号"), job.reference.clone()),
            (("Subject", "主题"), job.subject.clone()),
            (("Fetch it with", "获取方式"), fetched(job)),
        ];
        lines.extend(rest.into_iter().filter_map(|(name, text)| Some((name, cell(text?)))));
        output.details(lines)
    })
}

fn fetched(job: &view::Replay) -> Option<String> {
    job.file.as_ref().or(job.events.as_ref())?;
    Some(format!("gongqiao replay fetch {}", job.id))
}
