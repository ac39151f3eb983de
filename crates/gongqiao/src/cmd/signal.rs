//! `signal list|show|answer`.

use std::path::PathBuf;

use clap::{ArgGroup, Subcommand, ValueEnum, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{CardId, PartyId, SignalId, VacancyId},
    view,
    wire::{self, answer_signal::Answer, decline_reason},
};

use super::{
    input,
    session::{Again, Session},
};
use crate::output::{cell, state, when};

const STATES: [&str; 6] = ["open", "partly", "answered", "declined", "escalated", "recalled"];

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
    /// Show one with its call list; names only for the point itself (查看任务).
    Show {
        /// Its id: the point's code, a dash, the vacancy's id.
        signal: SignalId,
    },
    /// Promise people who said yes, or say why nobody comes (答复任务).
    #[command(
        group = ArgGroup::new("answer").required(true).multiple(true)
            .args(["commit", "commit_file", "decline"]),
        after_help = "Examples:
  gongqiao signal answer 431021102205-vac_… --commit card_a,card_b --complete
  gongqiao signal answer 431021102205-vac_… --decline pay

All the cards are promised, or none of them."
    )]
    Answer {
        /// Its id.
        signal: SignalId,
        /// Cards of people who said yes, parted by commas.
        #[arg(long, value_name = "CARD", value_delimiter = ',')]
        commit: Vec<CardId>,
        /// File of such cards, one to a line; - is stdin.
        #[arg(long, value_name = "FILE")]
        commit_file: Option<PathBuf>,
        /// Nothing more will come.
        #[arg(long, conflicts_with = "decline")]
        complete: bool,
        /// Nobody comes, and why.
        #[arg(long, value_name = "REASON", conflicts_with_all = ["commit", "commit_file"])]
        decline: Option<Reason>,
        #[command(flatten)]
        again: Again,
    },
}

/// Why nobody comes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    /// Nobody at home is willing (无人愿往)
    NobodyWilling,
    /// Those who would fit are away (外出)
    Away,
    /// The pay is too low (薪酬)
    Pay,
    /// The shift does not suit (班次)
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
            Self::Show { signal } => show(session, &signal).await,
            Self::Answer { signal, commit, commit_file, complete, decline, again } => {
                let answer = match decline {
                    Some(reason) => Answer::Decline(wire::answer_signal::Decline {
                        reason: decline_reason::Value::from(reason) as i32,
                    }),
                    None => {
                        let cards = input::cards(commit, commit_file.as_ref())?;
                        let cards = cards.into_iter().map(String::from).collect();
                        let commit =
                            wire::answer_signal::Commit { cards, complete, ..Default::default() };
                        Answer::Commit(commit)
                    }
                };
                let body = wire::AnswerSignal { answer: Some(answer), ..Default::default() };
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
                cell(one.committed),
                when(&one.respond_by),
                state(&one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &SignalId) -> anyhow::Result<()> {
    let one: view::Signal = session.get(&format!("/v1/signals/{id}")).await?;
    session.output.show(&one, || {
        let details = session.output.details(vec![
            (("Signal", "任务"), cell(&one.id)),
            (("Point", "服务点"), cell(format!("{} {}", one.point_name, one.point))),
            (("Vacancy", "需求"), cell(&one.vacancy)),
            (("Enterprise", "企业"), cell(&one.enterprise_name)),
            (("Title", "岗位"), cell(&one.title)),
            (("Needed by", "到岗日期"), cell(&one.needed_by)),
            (("Asked", "任务人数"), cell(one.quota)),
            (("Promised", "已承诺"), cell(one.committed)),
            (("Ring", "圈层"), cell(one.ring)),
            (("Answer by", "答复截止"), when(&one.respond_by)),
            (("State", "状态"), state(&one.state)),
        ]);
        format!("{details}\n\n{}", candidates(session, &one.candidates))
    })
}

fn candidates(session: &Session, candidates: &[view::Candidate]) -> String {
    let headings = [
        ("Card", "人员卡"),
        ("Name", "姓名"),
        ("Phone", "电话"),
        ("Score", "匹配"),
        ("Why", "理由"),
        ("", ""),
    ];
    let rows = candidates.iter().map(|one| {
        vec![
            cell(&one.card),
            cell(one.name.as_deref().unwrap_or_default()),
            cell(one.phone.as_deref().unwrap_or_default()),
            cell(one.score),
            cell(one.reasons.join(" ")),
            if one.held { state("held") } else { cell("") },
        ]
    });
    session.output.table(&headings, rows.collect())
}
