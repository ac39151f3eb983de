//! `signal list|show|call|answer`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{CardId, PartyId, SignalId, VacancyId},
    view,
    wire::{self, answer_signal::Answer, call_outcome::Value as Outcome, decline_reason},
    words::Sort,
};

use super::{
    input::{self, Cards},
    session::{Again, Session},
    words::{state, word, words},
};
use crate::output::{cell, when};

pub(crate) const STATES: [&str; 6] =
    ["open", "partly", "answered", "declined", "escalated", "recalled"];

/// What service points are asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum SignalCommand {
    /// List what is asked (任务列表).
    List {
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only for this vacancy.
        #[arg(long, value_name = "ID")]
        vacancy: Option<VacancyId>,
        /// Only to this service point.
        #[arg(long, value_name = "CODE")]
        point: Option<PartyId>,
    },
    /// Show one with its call list and a text to forward; names only for the
    /// desk that serves the point (查看任务).
    Show {
        /// Its id: the point's code, a dash, the vacancy's id.
        signal: SignalId,
        /// Also list those with a reason against them, by name; who fits as
        /// well is only counted.
        #[arg(long)]
        excluded: bool,
    },
    /// Record what people said on the phone or at the desk (登记通话结果).
    #[command(after_help = "Example:
  gongqiao signal call 431021102205-vac_… --willing card_a,card_b --no-answer card_c

Anybody of the register may be called (register list tells the cards). A later call replaces an earlier one.")]
    Call {
        /// Its id.
        signal: SignalId,
        #[command(flatten)]
        said: Said,
        #[command(flatten)]
        again: Again,
    },
    /// Promise people who said yes, or say why nobody comes (答复任务).
    #[command(
        group = ArgGroup::new("answer").required(true).multiple(true)
            .args(["commit", "commit_file", "decline", "leave_standby"]),
        after_help = "Examples:
  gongqiao signal answer 431021102205-vac_… --commit card_a,card_b --complete
  gongqiao signal answer 431021102205-vac_… --decline pay

Only whoever said yes is promised (signal call). All the cards are taken, or
none of them: seats in the order given, then places on the waiting list."
    )]
    Answer {
        /// Its id.
        signal: SignalId,
        /// Cards of people who said yes, parted by commas or blanks.
        #[arg(long, value_name = "CARD", num_args = 1..)]
        commit: Vec<Cards>,
        /// File of such cards, one to a line; - is stdin.
        #[arg(long, value_name = "FILE")]
        commit_file: Option<PathBuf>,
        /// Nothing more will come.
        #[arg(long, conflicts_with = "decline")]
        complete: bool,
        /// Refuse all rather than let somebody wait for a seat.
        #[arg(long, conflicts_with = "decline")]
        seats_only: bool,
        /// Cards of people who no longer want to wait, parted by commas or blanks.
        #[arg(long, value_name = "CARD", num_args = 1..)]
        leave_standby: Vec<Cards>,
        /// Nobody comes, and why.
        #[arg(long, value_name = "REASON", conflicts_with_all = ["commit", "commit_file"])]
        decline: Option<Reason>,
        #[command(flatten)]
        again: Again,
    },
}

/// What people said, each list parted by commas or blanks.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Said {
    /// They said yes (愿意).
    #[arg(long, value_name = "CARD", num_args = 1..)]
    willing: Vec<Cards>,
    /// They think about it (考虑中).
    #[arg(long, value_name = "CARD", num_args = 1..)]
    undecided: Vec<Cards>,
    /// They said no (不愿意).
    #[arg(long, value_name = "CARD", num_args = 1..)]
    unwilling: Vec<Cards>,
    /// They are away from home already (已外出).
    #[arg(long, value_name = "CARD", num_args = 1..)]
    away: Vec<Cards>,
    /// Nobody answered (未接通).
    #[arg(long, value_name = "CARD", num_args = 1..)]
    no_answer: Vec<Cards>,
}

impl Said {
    fn calls(self) -> Vec<wire::Call> {
        let lists = [
            (self.willing, Outcome::Willing),
            (self.undecided, Outcome::Undecided),
            (self.unwilling, Outcome::Unwilling),
            (self.away, Outcome::Away),
            (self.no_answer, Outcome::NoAnswer),
        ];
        let call = |outcome: Outcome| {
            move |card: CardId| wire::Call { card: card.into(), outcome: outcome as i32 }
        };
        let calls = |(cards, said)| input::named(cards).map(call(said));
        lists.into_iter().flat_map(calls).collect()
    }
}

/// Why nobody comes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    /// Nobody at home is willing (无人愿意)
    NobodyWilling,
    /// Those who would fit are away (已外出)
    Away,
    /// The pay is too low (工资偏低)
    Pay,
    /// The shift does not suit (班次不合适)
    Shift,
    /// 其他
    Other,
}

impl From<Reason> for decline_reason::Value {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NobodyWilling => Self::NobodyWilling,
            Reason::Away => Self::Away,
            Reason::Pay => Self::Pay,
            Reason::Shift => Self::Shift,
            Reason::Other => Self::Other,
        }
    }
}

impl SignalCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List { state, vacancy, point } => {
                let path = input::query(
                    "/v1/signals",
                    [
                        state.map(|state| format!("state={state}")),
                        vacancy.map(|id| format!("vacancy={id}")),
                        point.map(|id| format!("point={id}")),
                    ],
                );
                list(session, &path).await
            }
            Self::Show { signal, excluded } => show(session, &signal, excluded).await,
            Self::Call { signal, said, again } => {
                let body = wire::AnswerSignal { calls: said.calls(), ..Default::default() };
                session.send(&format!("/v1/signals/{signal}/answer"), &body, &again).await
            }
            Self::Answer {
                signal,
                commit,
                commit_file,
                complete,
                seats_only,
                leave_standby,
                decline,
                again,
            } => {
                let cards = input::cards(commit, commit_file.as_ref())?;
                let cards: Vec<String> = cards.into_iter().map(String::from).collect();
                let commits = !cards.is_empty() || commit_file.is_some();
                let commit = wire::answer_signal::Commit { cards, complete, seats_only };
                let answer = match decline {
                    Some(reason) => Some(Answer::Decline(wire::answer_signal::Decline {
                        reason: decline_reason::Value::from(reason) as i32,
                    })),
                    None => commits.then_some(Answer::Commit(commit)),
                };
                let leave_standby = input::named(leave_standby).map(String::from).collect();
                let body = wire::AnswerSignal { answer, leave_standby, ..Default::default() };
                session.send(&format!("/v1/signals/{signal}/answer"), &body, &again).await
            }
        }
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let signals: Vec<view::Signal> = session.list(path).await?;
    session.output.show(&signals, || {
        let headings = [
            ("Signal", "任务"),
            ("Point", "服务点"),
            ("Enterprise", "企业"),
            ("Title", "岗位"),
            ("Asked", "任务人数"),
            ("Willing", "愿意"),
            ("Promised", "已承诺"),
            ("Answer by", "答复截止"),
            ("State", "状态"),
        ];
        let rows = signals.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.point_name),
                cell(&one.enterprise_name),
                cell(&one.title),
                cell(one.quota),
                cell(one.willing),
                cell(one.committed),
                when(&one.respond_by),
                state(&session.output, Sort::SignalState, &one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &SignalId, excluded: bool) -> anyhow::Result<()> {
    let names = if excluded { "?excluded_names=true" } else { "" };
    let one: view::Signal = session.get(&format!("/v1/signals/{id}{names}")).await?;
    session.output.show(&one, || text(session, &one, excluded))
}

fn text(session: &Session, one: &view::Signal, excluded: bool) -> String {
    let output = &session.output;
    let answered_by = one.answered_by.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut parts = vec![
        output.details(vec![
            (("Signal", "任务"), cell(&one.id)),
            (("Point", "服务点"), cell(format!("{} {}", one.point_name, one.point))),
            (("Vacancy", "需求"), cell(&one.vacancy)),
            (("Enterprise", "企业"), cell(&one.enterprise_name)),
            (("Title", "岗位"), cell(&one.title)),
            (("Needed by", "到岗日期"), cell(&one.needed_by)),
            (("Asked", "任务人数"), cell(one.quota)),
            (("Willing", "愿意"), cell(one.willing)),
            (("Promised", "已承诺"), cell(one.committed)),
            (("Ring", "圈层"), cell(one.ring)),
            (("Answer by", "答复截止"), when(&one.respond_by)),
            (("State", "状态"), state(&session.output, Sort::SignalState, &one.state)),
            (("Answered by", "答复单位"), cell(answered_by)),
        ]),
        candidates(session, &one.candidates),
    ];
    let mut part = |title: (&str, &str), body: String| {
        parts.push(format!("{}\n{body}", output.say(title.0, title.1)));
    };
    if !one.walk_in.is_empty() {
        part(("Others who were called", "名单外（上门）"), candidates(session, &one.walk_in));
    }
    if !one.standby.is_empty() {
        part(("Waiting for a seat", "候补"), standby(session, &one.standby));
    }
    if !one.excluded_by.is_empty() || one.also_fitting > 0 {
        part(("Not proposed", "未推荐"), reasons(session, one));
    }
    if excluded && !one.excluded.is_empty() {
        part(("Who, and why", "未推荐人员及原因"), not_proposed(session, &one.excluded));
    }
    if let Some(forward) = &one.forward_text {
        part(("To forward", "可转发文字"), forward.clone());
    }
    parts.join("\n\n")
}

fn candidates(session: &Session, candidates: &[view::Candidate]) -> String {
    let headings = [
        ("Card", "人员卡"),
        ("Name", "姓名"),
        ("Phone", "电话"),
        ("Said", "通话结果"),
        ("Score", "匹配"),
        ("Why", "理由"),
        ("", ""),
    ];
    let output = &session.output;
    let said = |code: &str| word(output, Sort::CallOutcome, code);
    let rows = candidates.iter().map(|one| {
        vec![
            cell(&one.card),
            cell(one.name.as_deref().unwrap_or_default()),
            cell(one.phone.as_deref().unwrap_or_default()),
            cell(one.outcome.as_deref().map(said).unwrap_or_default()),
            cell(one.score),
            cell(words(output, Sort::MatchReason, one.reasons.iter().map(String::as_str))),
            if one.held { state(output, Sort::PlacementState, "held") } else { cell("") },
        ]
    });
    session.output.table(&headings, rows.collect())
}

fn standby(session: &Session, waiting: &[view::Waiting]) -> String {
    let headings = [("Rank", "位次"), ("Card", "人员卡"), ("Name", "姓名"), ("Phone", "电话")];
    let rows = waiting.iter().map(|one| {
        vec![
            cell(one.rank),
            cell(&one.card),
            cell(one.name.as_deref().unwrap_or_default()),
            cell(one.phone.as_deref().unwrap_or_default()),
        ]
    });
    session.output.table(&headings, rows.collect())
}

/// How many were not proposed for which reason.
fn reasons(session: &Session, one: &view::Signal) -> String {
    let output = &session.output;
    let also = output.say("fit as well", "同样符合条件");
    let rows = one.excluded_by.iter();
    let rows = rows.map(|(why, n)| vec![cell(n), cell(word(output, Sort::Unfit, why))]);
    let also = (one.also_fitting > 0).then(|| vec![cell(one.also_fitting), cell(also)]);
    output.table(&[("People", "人数"), ("Why", "原因")], rows.chain(also).collect())
}

fn not_proposed(session: &Session, excluded: &[view::Excluded]) -> String {
    let headings =
        [("Card", "人员卡"), ("Name", "姓名"), ("Free from", "可到岗日期"), ("Why", "原因")];
    let rows = excluded.iter().map(|one| {
        vec![
            cell(&one.card),
            cell(one.name.as_deref().unwrap_or_default()),
            cell(&one.available_from),
            cell(&one.reason),
        ]
    });
    session.output.table(&headings, rows.collect())
}
