//! `placement list`.

use clap::{Subcommand, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{PartyId, VacancyId},
    view,
};

use super::{input, session::Session};
use crate::output::{cell, state, when};

const STATES: [&str; 13] = [
    "held",
    "released",
    "boarded",
    "arrived",
    "onboarded",
    "ended",
    "declined",
    "no_show",
    "substituted",
    "left_en_route",
    "not_hired",
    "transferred",
    "returned",
];

/// Where people stand, and how long they have worked.
#[derive(Debug, Subcommand)]
pub(crate) enum PlacementCommand {
    /// List people by their posts, with calendar months of work (人员去向).
    List {
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only for this vacancy.
        #[arg(long, value_name = "ID")]
        vacancy: Option<VacancyId>,
        /// Only of this service point.
        #[arg(long, value_name = "CODE")]
        point: Option<PartyId>,
    },
}

impl PlacementCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self::List { state, vacancy, point } = self;
        let path = input::query(
            "/v1/placements",
            [
                state.map(|state| format!("state={state}")),
                vacancy.map(|id| format!("vacancy={id}")),
                point.map(|id| format!("point={id}")),
            ],
        );
        list(session, &path).await
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let placements: Vec<view::Placement> = session.list(path).await?;
    session.output.show(&placements, || {
        let headings = [
            ("Card", "人员卡"),
            ("Enterprise", "企业"),
            ("Title", "岗位"),
            ("Point", "服务点"),
            ("State", "状态"),
            ("At work since", "入职时间"),
            ("Until", "离职时间"),
            ("Months", "满月数"),
        ];
        let rows = placements.iter().map(|one| {
            let work = one.work.as_ref();
            vec![
                cell(&one.card),
                cell(&one.enterprise_name),
                cell(&one.title),
                cell(&one.point),
                state(&one.state),
                when(work.map(|work| work.onboarded_at.as_str()).unwrap_or_default()),
                when(work.and_then(|work| work.ended_at.as_deref()).unwrap_or_default()),
                cell(work.map(|work| work.months.to_string()).unwrap_or_default()),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
