//! `dispatch open|list|show|event`, and the events by their own names.

mod correct;
mod event;
mod open;

use clap::{Subcommand, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{DispatchId, VacancyId},
    view,
    wire::{dispatch_state::Value as State, placement_state::Value as Person},
};
use gongqiao_domain::entity::instant;
use gongqiao_shell::beijing;

use super::{event as log, input, session::Session};
use crate::output::{cell, state, when};
use correct::CorrectArgs;
use event::{HireArgs, MoveArgs, PeopleArgs, RawArgs, SubstituteArgs};
use open::OpenArgs;

const STATES: [&str; 7] =
    ["opened", "accepted", "declined", "departed", "arrived", "closed", "cancelled"];

/// Groups on the way.
#[derive(Debug, Subcommand)]
pub(crate) enum DispatchCommand {
    Open(OpenArgs),
    /// List groups (派遣列表).
    List {
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only for this vacancy.
        #[arg(long, value_name = "ID")]
        vacancy: Option<VacancyId>,
    },
    /// Show one with everybody on it (查看派遣).
    Show {
        /// Its id.
        dispatch: DispatchId,
        /// Show its events instead, from the first on.
        #[arg(long)]
        history: bool,
    },
    Event(RawArgs),
    /// The enterprise takes the group (企业接受).
    Accept(MoveArgs),
    /// The enterprise does not take the group (企业谢绝).
    Decline(MoveArgs),
    /// Everybody is on board or missing: it leaves (发车).
    Depart(MoveArgs),
    /// The receiving side confirms the handover (到达交接).
    Arrive(MoveArgs),
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
}

impl DispatchCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
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
            Self::Show { dispatch, history: true } => {
                let path = format!("/v1/dispatches/{dispatch}/history");
                log::show(session, &session.list::<view::Event>(&path).await?)
            }
            Self::Show { dispatch, history: false } => show(session, &dispatch).await,
            Self::Event(args) => args.run(session).await,
            Self::Accept(args) => args.run(session, State::Accepted).await,
            Self::Decline(args) => args.run(session, State::Declined).await,
            Self::Depart(args) => args.run(session, State::Departed).await,
            Self::Arrive(args) => args.run(session, State::Arrived).await,
            Self::Close(args) => args.run(session, State::Closed).await,
            Self::Cancel(args) => args.run(session, State::Cancelled).await,
            Self::Board(args) => args.run(session, "held", Person::Boarded).await,
            Self::NoShow(args) => args.run(session, "held", Person::NoShow).await,
            Self::Substitute(args) => args.run(session).await,
            Self::Onboard(args) => args.run(session).await,
            Self::NotHired(args) => args.run(session, "arrived", Person::NotHired).await,
            Self::Correct(args) => args.run(session).await,
        }
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
                cell(one.manifest.len()),
                when(one.departs_at.as_deref().unwrap_or_default()),
                state(&one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &DispatchId) -> anyhow::Result<()> {
    let one: view::Dispatch = session.get(&format!("/v1/dispatches/{id}")).await?;
    session.output.show(&one, || {
        let vehicle = one.vehicle.as_ref();
        let vehicle = vehicle.map(|v| format!("{} {} ({})", v.plate, v.carrier, v.seats));
        let stops = one.stops.iter().map(|stop| {
            let at = stop.at.as_ref().map(|at| beijing::minutes(instant(at)));
            format!("{} {}", stop.point, at.unwrap_or_default())
        });
        let details = session.output.details(vec![
            (("Dispatch", "派遣"), cell(&one.id)),
            (("Vacancy", "需求"), cell(&one.vacancy)),
            (("From", "服务点"), cell(format!("{} {}", one.point_name, one.point))),
            (("To", "目的地"), cell(format!("{} {}", one.to, one.enterprise))),
            (("Agreement", "协议"), cell(&one.agreement)),
            (("Mode", "方式"), cell(&one.mode)),
            (("Vehicle", "车辆"), cell(vehicle.unwrap_or_default())),
            (("Stops", "站点"), cell(stops.collect::<Vec<_>>().join("\n"))),
            (("Departs", "发车时间"), when(one.departs_at.as_deref().unwrap_or_default())),
            (("Opened", "开立时间"), when(&one.opened_at)),
            (("Sequence", "序号"), cell(one.sequence)),
            (("State", "状态"), state(&one.state)),
        ]);
        let rows = one.manifest.iter().map(|p| vec![cell(&p.card), state(&p.state)]);
        let people = session.output.table(&[("Card", "人员卡"), ("State", "状态")], rows.collect());
        format!("{details}\n\n{people}")
    })
}
