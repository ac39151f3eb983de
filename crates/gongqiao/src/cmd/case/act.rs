//! What is done about a case, as commands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    id::{CardId, CaseId, PartyId},
    wire::{
        self, answer, grievance_end, grievance_kind, open_case,
        record_case_event::{Attempt, Close, Event, HandOn, Reply},
        visit_method, visit_outcome,
    },
};

use crate::{
    cmd::{
        input,
        session::{Again, Session},
    },
    output::Failure,
};

/// What was said. Others on this machine see command lines, so it comes from a
/// file.
#[derive(Debug, Args)]
struct Note {
    /// File with what was said, sealed before it is stored; - is stdin (记录).
    #[arg(long, value_name = "FILE")]
    note_file: Option<PathBuf>,
}

impl Note {
    fn text(&self) -> anyhow::Result<String> {
        let Some(path) = &self.note_file else { return Ok(String::new()) };
        let not_text =
            |_| Failure::new("input.unreadable", format!("{}: not UTF-8", path.display()));
        Ok(String::from_utf8(input::bytes(path)?).map_err(not_text)?)
    }
}

/// Which case.
#[derive(Debug, Args)]
struct On {
    /// The case.
    case: CaseId,
    #[command(flatten)]
    again: Again,
}

impl On {
    async fn record(&self, session: &Session, event: Event, note: String) -> anyhow::Result<()> {
        let body = wire::RecordCaseEvent { event: Some(event), note };
        session.send(&format!("/v1/cases/{}/events", self.case), &body, &self.again).await
    }
}

/// The person was called or visited (回访登记).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao case attempt visit_812_30 --method phone --outcome no-answer
  gongqiao case attempt visit_812_30 --method visit --outcome reached --at-work yes \\
    --paid-on-time no --insured yes --note-file -

Three attempts without an answer, and the person counts as unreachable.")]
pub(crate) struct AttemptArgs {
    #[command(flatten)]
    on: On,
    /// How.
    #[arg(long)]
    method: Method,
    /// What came of it.
    #[arg(long)]
    outcome: Outcome,
    /// Still at work there (是否在岗).
    #[arg(long, required_if_eq("outcome", "reached"))]
    at_work: Option<Said>,
    /// Wages paid on time (工资是否按时).
    #[arg(long)]
    paid_on_time: Option<Said>,
    /// Insured (是否参保).
    #[arg(long)]
    insured: Option<Said>,
    #[command(flatten)]
    note: Note,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Method {
    /// 电话
    Phone,
    /// 上门
    Visit,
    /// 其他
    Other,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// Spoke to the person (已联系)
    Reached,
    /// 未接通
    NoAnswer,
    /// 号码错误
    WrongNumber,
    /// Does not want to talk (拒访)
    Refused,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Said {
    /// 是
    Yes,
    /// 否
    No,
}

impl AttemptArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let method = match self.method {
            Method::Phone => visit_method::Value::Phone,
            Method::Visit => visit_method::Value::Visit,
            Method::Other => visit_method::Value::Other,
        };
        let outcome = match self.outcome {
            Outcome::Reached => visit_outcome::Value::Reached,
            Outcome::NoAnswer => visit_outcome::Value::NoAnswer,
            Outcome::WrongNumber => visit_outcome::Value::WrongNumber,
            Outcome::Refused => visit_outcome::Value::Refused,
        };
        let said = |said: Option<Said>| match said {
            None => answer::Value::Unspecified as i32,
            Some(Said::Yes) => answer::Value::Yes as i32,
            Some(Said::No) => answer::Value::No as i32,
        };
        let attempt = Attempt {
            method: method as i32,
            outcome: outcome as i32,
            at_work: said(self.at_work),
            paid_on_time: said(self.paid_on_time),
            insured: said(self.insured),
        };
        self.on.record(session, Event::Attempt(attempt), self.note.text()?).await
    }
}

/// Open a rights case for one of this point's people (登记维权).
#[derive(Debug, Args)]
pub(crate) struct GrievanceArgs {
    /// The person's card.
    card: CardId,
    /// What it is about.
    #[arg(long)]
    kind: Kind,
    #[command(flatten)]
    note: Note,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Unpaid or cut wages (欠薪)
    Wages,
    /// 劳动合同
    Contract,
    /// 工伤
    Injury,
    /// 工时
    Hours,
    /// 食宿
    Living,
    /// 社保
    Insurance,
    /// 其他
    Other,
}

impl GrievanceArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let kind = match self.kind {
            Kind::Wages => grievance_kind::Value::Wages,
            Kind::Contract => grievance_kind::Value::Contract,
            Kind::Injury => grievance_kind::Value::Injury,
            Kind::Hours => grievance_kind::Value::Hours,
            Kind::Living => grievance_kind::Value::Living,
            Kind::Insurance => grievance_kind::Value::Insurance,
            Kind::Other => grievance_kind::Value::Other,
        };
        let grievance = wire::open_case::Grievance {
            card: self.card.to_string(),
            kind: kind as i32,
            note: self.note.text()?,
        };
        let body = wire::OpenCase { case: Some(open_case::Case::Grievance(grievance)) };
        session.send("/v1/cases", &body, &self.again).await
    }
}

/// Hand a grievance on to whoever can help (转办).
#[derive(Debug, Args)]
pub(crate) struct HandOnArgs {
    #[command(flatten)]
    on: On,
    /// The enterprise, the operator, a partner city, or back to the point.
    #[arg(long, value_name = "PARTY")]
    to: PartyId,
    #[command(flatten)]
    note: Note,
}

impl HandOnArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let event = Event::HandOn(HandOn { to: self.to.to_string() });
        self.on.record(session, event, self.note.text()?).await
    }
}

/// Close a grievance with how it ended (办结).
#[derive(Debug, Args)]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    on: On,
    /// How it ended.
    #[arg(long)]
    end: End,
    #[command(flatten)]
    note: Note,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum End {
    /// 已解决
    Settled,
    /// 本人撤回
    Withdrawn,
    /// Arbitration or court has it now (仲裁或诉讼)
    Arbitration,
    /// 不成立
    Unfounded,
}

impl CloseArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let end = match self.end {
            End::Settled => grievance_end::Value::Settled,
            End::Withdrawn => grievance_end::Value::Withdrawn,
            End::Arbitration => grievance_end::Value::Arbitration,
            End::Unfounded => grievance_end::Value::Unfounded,
        };
        let event = Event::Close(Close { end: end as i32 });
        self.on.record(session, event, self.note.text()?).await
    }
}

/// Answer a request for a transfer or a correction, or acknowledge an erasure (答复).
#[derive(Debug, Args)]
pub(crate) struct ReplyArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    word: Word,
}

#[derive(Debug, Args)]
#[group(id = "word", required = true, multiple = false)]
struct Word {
    /// Yes (同意).
    #[arg(long)]
    agree: bool,
    /// No (不同意).
    #[arg(long)]
    refuse: bool,
}

impl ReplyArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let event = Event::Reply(Reply { agreed: self.word.agree });
        self.on.record(session, event, String::new()).await
    }
}
