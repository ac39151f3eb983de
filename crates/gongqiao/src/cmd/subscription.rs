//! `subscription open|list|show|close`.

use clap::{Args, Subcommand, ValueEnum};
use gongqiao_contract::{
    id::{PartyId, SubscriptionId},
    view,
    wire::{self, feed_detail, feed_format, feed_kind},
    words::Sort,
};
use time::Date;

use super::{
    input,
    session::{Again, Session},
    words::word,
};
use crate::output::{Output, cell, coloured, when};

/// What a party has itself told of.
#[derive(Debug, Subcommand)]
pub(crate) enum SubscriptionCommand {
    /// Open one: a feed is written from now on (订阅).
    #[command(after_help = "Examples:
  gongqiao subscription open --kind vacancy --division 431021 --urgent
  gongqiao subscription open --kind supply --division 431021 --occupation 6-25
  gongqiao subscription open --kind supply --detail card --division 431021
  gongqiao subscription open --kind dispatch --party 440300")]
    Open(Box<OpenArgs>),
    /// List subscriptions (订阅列表).
    List,
    /// Show one, with where it is read (查看订阅).
    Show {
        /// Its id.
        subscription: SubscriptionId,
    },
    /// End one; its feed says so, and then nothing (取消订阅).
    Close {
        /// Its id.
        subscription: SubscriptionId,
    },
}

/// What is wanted.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// What it is about.
    #[arg(long)]
    kind: FeedKind,
    /// For whom: by default for whoever speaks (订阅单位).
    #[arg(long)]
    party: Option<PartyId>,
    /// Of supply: how much is told of each person; otherwise counts alone.
    #[arg(long)]
    detail: Option<FeedDetail>,
    /// How items are written.
    #[arg(long, default_value = "json")]
    format: FeedFormat,
    /// Only in these divisions (区划).
    #[arg(long = "division", value_name = "CODE", value_delimiter = ',')]
    divisions: Vec<String>,
    /// Only of these occupations or their groups (职业).
    #[arg(long = "occupation", value_name = "CODE", value_delimiter = ',')]
    occupations: Vec<String>,
    /// Only where this skill level is asked, 1 to 5 (技能等级).
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    level: u32,
    /// Only what is urgent (急招).
    #[arg(long)]
    urgent: bool,
    /// Only what is needed, or arrives, on this day or later (起始日期).
    #[arg(long, value_name = "DATE", value_parser = input::day)]
    from: Option<Date>,
    /// Only what is needed, or arrives, on this day or earlier (截止日期).
    #[arg(long, value_name = "DATE", value_parser = input::day)]
    until: Option<Date>,
    /// Only of this enterprise or city (对方单位).
    #[arg(long, value_name = "PARTY")]
    counterpart: Option<PartyId>,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FeedKind {
    /// How many people could come (劳动力供给)
    Supply,
    /// Vacancies that stand open (用工需求)
    Vacancy,
    /// Groups on the way (派遣)
    Dispatch,
    /// What a service point is asked for (用工任务)
    Signal,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FeedDetail {
    /// Counts of people (汇总人数)
    Aggregate,
    /// A card without a name for each (匿名人员卡)
    Card,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FeedFormat {
    /// Canonical JSON
    Json,
    /// Protobuf
    Protobuf,
}

impl OpenArgs {
    fn ask(&self) -> wire::OpenSubscription {
        let kind = match self.kind {
            FeedKind::Supply => feed_kind::Value::Supply,
            FeedKind::Vacancy => feed_kind::Value::Vacancy,
            FeedKind::Dispatch => feed_kind::Value::Dispatch,
            FeedKind::Signal => feed_kind::Value::Signal,
        };
        let detail = match self.detail {
            None => feed_detail::Value::Unspecified,
            Some(FeedDetail::Aggregate) => feed_detail::Value::Aggregate,
            Some(FeedDetail::Card) => feed_detail::Value::Card,
        };
        let format = match self.format {
            FeedFormat::Json => feed_format::Value::Json,
            FeedFormat::Protobuf => feed_format::Value::Protobuf,
        };
        let party = |party: &Option<PartyId>| party.as_ref().map(ToString::to_string);
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        wire::OpenSubscription {
            party: party(&self.party).unwrap_or_default(),
            kind: kind as i32,
            format: format as i32,
            detail: detail as i32,
            filter: Some(wire::FeedFilter {
                divisions: self.divisions.clone(),
                occupations: self.occupations.clone(),
                level: self.level,
                urgent: self.urgent,
                from: day(self.from),
                until: day(self.until),
                counterpart: party(&self.counterpart).unwrap_or_default(),
            }),
        }
    }
}

impl SubscriptionCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Open(args) => session.send("/v1/subscriptions", &args.ask(), &args.again).await,
            Self::List => list(session).await,
            Self::Show { subscription } => show(session, &subscription).await,
            Self::Close { subscription } => {
                session.send_empty(&format!("/v1/subscriptions/{subscription}/close")).await
            }
        }
    }
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let all: Vec<view::Subscription> = session.list("/v1/subscriptions").await?;
    session.output.show(&all, || {
        let headings = [
            ("Subscription", "订阅"),
            ("Party", "单位代码"),
            ("Kind", "内容"),
            ("Since", "开始"),
            ("State", "状态"),
        ];
        let rows = all.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.party),
                cell(word(&session.output, Sort::FeedKind, &one.kind)),
                when(&one.opened_at),
                state(&session.output, one),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &SubscriptionId) -> anyhow::Result<()> {
    let one: view::Subscription = session.get(&format!("/v1/subscriptions/{id}")).await?;
    session.output.show(&one, || {
        let nats = one.nats.as_ref().map_or_else(String::new, |nats| {
            format!("{} {} ({})", nats.stream, nats.consumer, nats.domain)
        });
        let agreement = one.agreement.as_ref().map(ToString::to_string).unwrap_or_default();
        let detail = one.detail.as_ref();
        let detail = detail.map(|detail| word(&session.output, Sort::FeedDetail, detail));
        session.output.details(vec![
            (("Subscription", "订阅"), cell(&one.id)),
            (("Party", "单位代码"), cell(&one.party)),
            (("Kind", "内容"), cell(word(&session.output, Sort::FeedKind, &one.kind))),
            (("Detail", "详细程度"), cell(detail.unwrap_or_default())),
            (("Filter", "筛选"), cell(serde_json::to_string(&one.filter).unwrap_or_default())),
            (("Format", "格式"), cell(&one.format)),
            (("Agreement", "协议"), cell(agreement)),
            (("Since", "开始"), when(&one.opened_at)),
            (("State", "状态"), state(&session.output, &one)),
            (("Snapshot", "快照"), cell(&one.snapshot)),
            (("Events", "事件"), cell(&one.events)),
            (("Over NATS", "NATS 消费"), cell(nats)),
        ])
    })
}

fn state(output: &Output, one: &view::Subscription) -> comfy_table::Cell {
    coloured(&one.state, &word(output, Sort::SubscriptionState, &one.state))
}
