//! `placement list`.

use std::collections::BTreeMap;

use clap::{
    Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _},
};
use gongqiao_contract::{
    id::{CardId, PartyId, VacancyId},
    view,
    words::Sort,
};

use super::{input, people, session::Session, words::state};
use crate::output::{cell, when};

pub(crate) const STATES: [&str; 13] = [
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
        #[arg(long, value_parser = states())]
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

/// States as the API writes them; with hyphens as well, as commands are.
fn states() -> impl clap::builder::TypedValueParser<Value = String> {
    let both = |state: &'static str| {
        let hyphened = match state {
            "no_show" => Some("no-show"),
            "left_en_route" => Some("left-en-route"),
            "not_hired" => Some("not-hired"),
            _ => None,
        };
        let value = PossibleValue::new(state);
        if let Some(hyphened) = hyphened { value.alias(hyphened) } else { value }
    };
    PossibleValuesParser::new(STATES.map(both)).map(|state| state.replace('-', "_"))
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let placements: Vec<view::Placement> = session.list(path).await?;
    let mut names: BTreeMap<CardId, String> = BTreeMap::new();
    if !session.output.json && session.desk().await?.is_some() {
        names = people::names(session, &placements).await?;
    }
    session.output.show(&placements, || {
        let headings = [
            ("Name", "姓名"),
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
                cell(names.get(&one.card).map(String::as_str).unwrap_or_default()),
                cell(&one.card),
                cell(&one.enterprise_name),
                cell(&one.title),
                cell(&one.point),
                state(&session.output, Sort::PlacementState, &one.state),
                when(work.map(|work| work.onboarded_at.as_str()).unwrap_or_default()),
                when(work.and_then(|work| work.ended_at.as_deref()).unwrap_or_default()),
                cell(work.map(|work| work.months.to_string()).unwrap_or_default()),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
