//! `dispatch open|import|list|arrivals|show|event`, and the events by their own names.

mod arrivals;
mod boarding;
mod correct;
mod delay;
mod event;
mod import;
mod manifest;
mod open;
pub(crate) mod show;
mod story;
mod together;

use std::process::ExitCode;

use clap::{Subcommand, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{DispatchId, VacancyId},
    view,
    wire::{dispatch_state::Value as State, placement_state::Value as Person},
    words::Sort,
};

use super::{input, session::Session, words::state};
use crate::output::{cell, when};
use arrivals::ArrivalsArgs;
use boarding::{RefuseArgs, WalkInArgs};
use correct::CorrectArgs;
use delay::DelayArgs;
use event::{HireArgs, MoveArgs, PeopleArgs, RawArgs, SeenArgs, StateArgs, SubstituteArgs};
use import::ImportArgs;
use manifest::ManifestArgs;
use open::OpenArgs;
use together::{JoinArgs, MergeArgs};

pub(crate) const STATES: [&str; 7] =
    ["opened", "accepted", "declined", "departed", "arrived", "closed", "cancelled"];

/// Groups on the way.
#[derive(Debug, Subcommand)]
pub(crate) enum DispatchCommand {
    Open(OpenArgs),
    Import(ImportArgs),
    /// List groups (派遣列表).
    List {
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only for this vacancy.
        #[arg(long, value_name = "ID")]
        vacancy: Option<VacancyId>,
    },
    Arrivals(ArrivalsArgs),
    /// Show one with everybody on it, by name for service points (查看派遣).
    Show {
        /// Its id.
        dispatch: DispatchId,
        /// Show its events instead, from the first on, each with its headers, its
        /// transaction, its receipt, and what followed from it.
        #[arg(long)]
        history: bool,
    },
    Event(RawArgs),
    /// The enterprise takes the group (企业接受).
    Accept(MoveArgs),
    /// The enterprise does not take the group (企业谢绝).
    Decline(MoveArgs),
    /// Everybody is on board or missing: it leaves (发车).
    Depart(SeenArgs),
    /// The receiving side confirms the handover (到达交接).
    Arrive(SeenArgs),
    Delay(DelayArgs),
    /// Everybody has come to an end of the way (办结).
    Close(MoveArgs),
    /// It does not happen, or no further (取消).
    Cancel(MoveArgs),
    /// People got on (上车).
    Board(PeopleArgs),
    /// People did not turn up (未到).
    NoShow(PeopleArgs),
    Substitute(SubstituteArgs),
    Onboard(HireArgs),
    /// The factory did not take people (企业未录用).
    NotHired(PeopleArgs),
    Correct(CorrectArgs),
    People(StateArgs),
    Join(JoinArgs),
    WalkIn(WalkInArgs),
    Refuse(RefuseArgs),
    Merge(MergeArgs),
    Manifest(ManifestArgs),
}

impl DispatchCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        let done = match self {
            Self::Import(args) => return args.run(session).await,
            Self::Open(args) => args.run(session).await,
            Self::List { state, vacancy } => {
                let path = input::query(
                    "/v1/dispatches",
                    [
                        state.map(|state| format!("state={state}")),
                        vacancy.map(|id| format!("vacancy={id}")),
                    ],
                );
                list(session, &path).await
            }
            Self::Arrivals(args) => args.run(session).await,
            Self::Delay(args) => args.run(session).await,
            Self::Show { dispatch, history: true } => story::show(session, &dispatch).await,
            Self::Show { dispatch, history: false } => show::show(session, &dispatch).await,
            Self::Event(args) => args.run(session).await,
            Self::Accept(args) => args.run(session, State::Accepted).await,
            Self::Decline(args) => args.run(session, State::Declined).await,
            Self::Depart(args) => args.run(session, State::Departed).await,
            Self::Arrive(args) => args.run(session, State::Arrived).await,
            Self::Close(args) => args.run(session, State::Closed).await,
            Self::Cancel(args) => args.run(session, State::Cancelled).await,
            Self::Board(args) => args.run(session, &["held"], Person::Boarded).await,
            Self::NoShow(args) => args.run(session, &["held"], Person::NoShow).await,
            Self::Substitute(args) => args.run(session).await,
            Self::Onboard(args) => args.run(session).await,
            Self::NotHired(args) => args.run(session, &["arrived"], Person::NotHired).await,
            Self::Correct(args) => args.run(session).await,
            Self::People(args) => args.run(session).await,
            Self::Join(args) => args.run(session).await,
            Self::WalkIn(args) => args.run(session).await,
            Self::Refuse(args) => args.run(session).await,
            Self::Merge(args) => args.run(session).await,
            Self::Manifest(args) => args.run(session).await,
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let dispatches: Vec<view::Dispatch> = session.list(path).await?;
    session.output.show(&dispatches, || {
        let headings = [
            ("Dispatch", "派遣"),
            ("Vacancy", "需求"),
            ("From", "服务点"),
            ("To", "目的地"),
            ("People", "人数"),
            ("Departs", "发车时间"),
            ("State", "状态"),
        ];
        let rows = dispatches.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.vacancy),
                cell(&one.point_name),
                cell(&one.to),
                cell(one.riding.max(u32::try_from(one.manifest.len()).unwrap_or(u32::MAX))),
                when(one.departs_at.as_deref().unwrap_or_default()),
                state(&session.output, Sort::DispatchState, &one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
