//! `party add|list|show|revoke`.

use clap::{Subcommand, ValueEnum};
use gongqiao_contract::{id::PartyId, view, wire, words::Sort};

use super::{
    input,
    session::{Again, Session},
    words::{state, word},
};
use crate::output::{Output, cell};

/// The bodies that take part.
#[derive(Debug, Subcommand)]
pub(crate) enum PartyCommand {
    /// Register a body by its public code (登记单位).
    #[command(after_help = "Examples:
  gongqiao party add 431021102205 --kind service-point --name 白云村劳务服务点
  gongqiao party add 320614 --kind city --name 海门区
  gongqiao party add 91350100M000100Y43 --kind enterprise --name 示例电子 --park chenzhou-hitech")]
    Add {
        /// GB 32100 code of an enterprise, division code of a city (6 digits)
        /// or a service point (12 digits).
        party: PartyId,
        /// What it is.
        #[arg(long)]
        kind: Kind,
        /// Its public name.
        #[arg(long)]
        name: String,
        /// Division that an enterprise stands in.
        #[arg(long, value_name = "CODE", default_value = "")]
        division: String,
        /// Industrial park that it stands in.
        #[arg(long, value_name = "PARK", default_value = "")]
        park: String,
        #[command(flatten)]
        again: Again,
    },
    /// List bodies (单位列表).
    List {
        /// Only of this kind.
        #[arg(long)]
        kind: Option<Kind>,
    },
    /// Show one body (查看单位).
    Show {
        /// Its code.
        party: PartyId,
    },
    /// End a body's part in the exchange (停止参与).
    Revoke {
        /// Its code.
        party: PartyId,
    },
}

/// What a body is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// 企业
    Enterprise,
    /// 劳务服务点
    ServicePoint,
    /// 协作城市
    City,
}

impl From<Kind> for wire::party_kind::Value {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Enterprise => Self::Enterprise,
            Kind::ServicePoint => Self::ServicePoint,
            Kind::City => Self::City,
        }
    }
}

impl PartyCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Add { party, kind, name, division, park, again } => {
                let kind = wire::party_kind::Value::from(kind) as i32;
                let party = party.to_string();
                let body = wire::RegisterParty { party, kind, name, division, park };
                session.send("/v1/parties", &body, &again).await
            }
            Self::List { kind } => list(session, kind).await,
            Self::Show { party } => show(session, &party).await,
            Self::Revoke { party } => {
                session.send_empty(&format!("/v1/parties/{party}/revoke")).await
            }
        }
    }
}

async fn list(session: &Session, kind: Option<Kind>) -> anyhow::Result<()> {
    let kind = kind.map(wire::party_kind::Value::from);
    let kind = kind.map(|kind| format!("kind={}", kind.as_str_name()));
    let path = input::query("/v1/parties", [kind]);
    let parties: Vec<view::Party> = session.list(&path).await?;
    session.output.show(&parties, || {
        let headings = [
            ("Party", "单位代码"),
            ("Kind", "类型"),
            ("Name", "名称"),
            ("Where", "所在地"),
            ("State", "状态"),
        ];
        let rows = parties.iter().map(|party| {
            vec![
                cell(&party.id),
                cell(word(&session.output, Sort::PartyKind, &party.kind)),
                cell(&party.name),
                cell(party.chain.join(" ")),
                standing(&session.output, party.revoked),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &PartyId) -> anyhow::Result<()> {
    let party: view::Party = session.get(&format!("/v1/parties/{id}")).await?;
    session.output.show(&party, || {
        session.output.details(vec![
            (("Party", "单位代码"), cell(&party.id)),
            (("Kind", "类型"), cell(word(&session.output, Sort::PartyKind, &party.kind))),
            (("Name", "名称"), cell(&party.name)),
            (("Division", "区划代码"), cell(party.division.as_deref().unwrap_or_default())),
            (("Where", "所在地"), cell(party.chain.join(" "))),
            (("Park", "园区"), cell(party.park.as_deref().unwrap_or_default())),
            (("State", "状态"), standing(&session.output, party.revoked)),
        ])
    })
}

/// Whether it still counts.
pub(super) fn standing(output: &Output, revoked: bool) -> comfy_table::Cell {
    state(output, Sort::Standing, if revoked { "revoked" } else { "ok" })
}
