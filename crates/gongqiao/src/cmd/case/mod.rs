//! `case list|show|attempt|grievance|hand-on|close|reply`.

mod act;

use clap::{Subcommand, ValueEnum, builder::PossibleValuesParser};
use gongqiao_contract::{
    Lang,
    id::{CaseId, PartyId},
    view,
    wire::case_kind,
    words::Sort,
};

use super::{
    input,
    session::Session,
    words::{state, word, words},
};
use crate::output::{Output, cell, when};
use act::{AttemptArgs, CloseArgs, GrievanceArgs, HandOnArgs, ReplyArgs};

pub(crate) const STATES: [&str; 5] = ["open", "done", "unreachable", "agreed", "refused"];

/// What must be followed up, asked or settled about people.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// List cases (事项列表).
    List {
        /// Only of this kind.
        #[arg(long)]
        kind: Option<Kind>,
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only those that wait for us; open ones, unless --state says otherwise.
        #[arg(long, conflicts_with = "with")]
        mine: bool,
        /// Only those that wait for this party.
        #[arg(long, value_name = "CODE")]
        with: Option<PartyId>,
    },
    /// Show one with what was done; names only for the person's point (查看事项).
    Show {
        /// Its id.
        case: CaseId,
    },
    Attempt(AttemptArgs),
    Grievance(GrievanceArgs),
    HandOn(HandOnArgs),
    Close(CloseArgs),
    Reply(ReplyArgs),
}

/// A kind of case.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// 回访
    FollowUp,
    /// 维权
    Grievance,
    /// 名册转移
    Transfer,
    /// 更正
    Correction,
    /// 信息删除
    Erasure,
}

impl From<Kind> for case_kind::Value {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::FollowUp => Self::FollowUp,
            Kind::Grievance => Self::Grievance,
            Kind::Transfer => Self::Transfer,
            Kind::Correction => Self::Correction,
            Kind::Erasure => Self::Erasure,
        }
    }
}

impl CaseCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List { kind, state, mine, with } => {
                let kind = kind.map(|kind| case_kind::Value::from(kind).as_str_name());
                // Why: a case that is over still names who had it last.
                let state = state.or(mine.then(|| "open".to_owned()));
                let with = with.map(|party| party.to_string()).or(mine.then(|| "me".to_owned()));
                let path = input::query(
                    "/v1/cases",
                    [
                        kind.map(|kind| format!("kind={kind}")),
                        state.map(|state| format!("state={state}")),
                        with.map(|party| format!("with={party}")),
                    ],
                );
                list(session, &path).await
            }
            Self::Show { case } => show(session, &case).await,
            Self::Attempt(args) => args.run(session).await,
            Self::Grievance(args) => args.run(session).await,
            Self::HandOn(args) => args.run(session).await,
            Self::Close(args) => args.run(session).await,
            Self::Reply(args) => args.run(session).await,
        }
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let cases: Vec<view::Case> = session.list(path).await?;
    session.output.show(&cases, || {
        let headings = [
            ("Case", "事项"),
            ("Kind", "类别"),
            ("About", "内容"),
            ("Card", "人员卡"),
            ("With", "待办单位"),
            ("Opened", "登记时间"),
            ("Look at", "注意"),
            ("State", "状态"),
        ];
        let rows = cases.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(word(&session.output, Sort::CaseKind, &one.kind)),
                cell(about(&session.output, &one.matter)),
                cell(&one.card),
                cell(&one.with_name),
                when(&one.opened_at),
                cell(attention(&session.output, one)),
                state(&session.output, Sort::CaseState, &one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

fn attention(output: &Output, one: &view::Case) -> String {
    words(output, Sort::Attention, one.attention.iter().map(String::as_str))
}

fn about(output: &Output, matter: &view::Matter) -> String {
    match matter {
        view::Matter::FollowUp { day, attempts, .. } => match output.lang {
            Lang::En => format!("day {day}, tried {attempts} times"),
            Lang::Zh => format!("第 {day} 日，已联系 {attempts} 次"),
        },
        view::Matter::Grievance { about, end } => {
            let (about, end) =
                (word(output, Sort::GrievanceKind, about), word(output, Sort::GrievanceEnd, end));
            if end.is_empty() { about } else { format!("{about}{}{end}", output.say(", ", "，")) }
        }
        view::Matter::Transfer { from, to, .. } => format!("{from} → {to}"),
        view::Matter::Erasure { dispatches, outside, firm } => {
            let outside = outside.as_deref().map(|kind| word(output, Sort::RecipientKind, kind));
            let firm = Some(firm.clone()).filter(|firm| !firm.is_empty());
            let groups = dispatches.iter().map(ToString::to_string);
            outside.into_iter().chain(firm).chain(groups).collect::<Vec<_>>().join(" ")
        }
        view::Matter::Correction { cards, to, .. } => {
            let to = word(output, Sort::PlacementState, to);
            let people = cards.len();
            format!("{people}{} → {to}", output.say(" people", " 人"))
        }
    }
}

async fn show(session: &Session, id: &CaseId) -> anyhow::Result<()> {
    let one: view::Case = session.get(&format!("/v1/cases/{id}")).await?;
    session.output.show(&one, || {
        let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
        let enterprise = one.enterprise.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut lines = vec![
            (("Case", "事项"), cell(&one.id)),
            (("Kind", "类别"), cell(word(&session.output, Sort::CaseKind, &one.kind))),
            (("About", "内容"), cell(about(&session.output, &one.matter))),
            (("Card", "人员卡"), cell(&one.card)),
            (("Name", "姓名"), text(&one.name)),
            (("Phone", "电话"), text(&one.phone)),
            (("Point", "服务点"), cell(&one.point)),
            (("Enterprise", "企业"), cell(enterprise)),
            (("With", "待办单位"), cell(format!("{} {}", one.with_name, one.with))),
            (("Look at", "注意"), cell(attention(&session.output, &one))),
            (("State", "状态"), state(&session.output, Sort::CaseState, &one.state)),
        ];
        if let Some(work) = &one.work {
            lines.push((("At work since", "入职时间"), when(&work.onboarded_at)));
            lines.push((("Until", "离职时间"), when(work.ended_at.as_deref().unwrap_or_default())));
            lines.push((("Months", "满月数"), cell(work.months)));
        }
        let headings = [("When", "时间"), ("Who", "办理单位"), ("Event", "事件"), ("Note", "记录")];
        let rows = one.history.iter().map(|step| {
            vec![
                when(&step.recorded_at),
                cell(&step.party),
                cell(word(&session.output, Sort::Event, &step.kind)),
                text(&step.note),
            ]
        });
        let history = session.output.table(&headings, rows.collect());
        format!("{}\n\n{history}", session.output.details(lines))
    })
}
