//! `agreement sign|list|show|amend|terminate`.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use gongqiao_contract::{
    id::{AgreementId, PartyId},
    view,
    wire::{self, data_class, purpose},
    words::Sort,
};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use super::{
    input,
    session::{Again, Session},
    words::{state, word, words},
};
use crate::output::{Output, cell, when};

/// What permits everything else.
#[derive(Debug, Subcommand)]
pub(crate) enum AgreementCommand {
    /// Sign one; what it permits is permitted at once (签订协议).
    #[command(after_help = "Example:
  gongqiao agreement sign 91350100M000100Y43 --class vacancies,dispatches \\
    --purpose recruitment --until \"2026-12-31 23:59\"")]
    Sign {
        /// With whom: an enterprise or a city.
        party: PartyId,
        #[command(flatten)]
        scope: WholeScope,
        /// When it begins; at once by default.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        from: Option<OffsetDateTime>,
        /// The first moment at which it no longer holds.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        until: OffsetDateTime,
        #[command(flatten)]
        again: Again,
    },
    /// List agreements (协议列表).
    List,
    /// Show one (查看协议).
    Show {
        /// Its id.
        agreement: AgreementId,
    },
    /// Change how far or how long it reaches (变更协议).
    #[command(
        group = ArgGroup::new("change").required(true).multiple(true)
            .args(["classes", "purpose", "divisions", "occupations", "until"]),
        after_help = "What is not named stays as it is. --division all and --occupation all lift a limit.

Example:
  gongqiao agreement amend agr_… --class vacancies --division 440000"
    )]
    Amend {
        /// Its id.
        agreement: AgreementId,
        #[command(flatten)]
        scope: ScopeArgs,
        /// The new end.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        until: Option<OffsetDateTime>,
        #[command(flatten)]
        again: Again,
    },
    /// End it now; its permissions go within a second (终止协议).
    Terminate {
        /// Its id.
        agreement: AgreementId,
    },
}

/// A scope that has to be named.
#[derive(Debug, Args)]
#[command(mut_args(needed))]
pub(crate) struct WholeScope {
    #[command(flatten)]
    scope: ScopeArgs,
}

fn needed(arg: clap::Arg) -> clap::Arg {
    match arg.get_id().as_str() {
        "classes" | "purpose" => arg.required(true),
        _ => arg,
    }
}

/// How far an agreement reaches.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Kinds of data that it opens, parted by commas.
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',')]
    classes: Vec<Class>,
    /// For what.
    #[arg(long)]
    purpose: Option<Purpose>,
    /// Divisions that it covers; none for all.
    #[arg(long = "division", value_name = "CODE", value_delimiter = ',')]
    divisions: Vec<String>,
    /// Occupations or their groups that it covers; none for all.
    #[arg(long = "occupation", value_name = "CODE", value_delimiter = ',')]
    occupations: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Class {
    /// Counts of workers (供给数据)
    Supply,
    /// Worker cards (人员卡片)
    Cards,
    /// Vacancies (用工需求)
    Vacancies,
    /// Dispatches (派遣)
    Dispatches,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Purpose {
    /// Recruiting for the party's own posts (招工)
    Recruitment,
    /// Labour cooperation between cities (劳务协作)
    Cooperation,
}

impl ScopeArgs {
    fn names_nothing(&self) -> bool {
        self.classes.is_empty()
            && self.purpose.is_none()
            && self.divisions.is_empty()
            && self.occupations.is_empty()
    }

    /// A scope, with what is named here in its place.
    fn over(self, before: wire::Scope) -> wire::Scope {
        let class = |class: Class| match class {
            Class::Supply => data_class::Value::Supply,
            Class::Cards => data_class::Value::Cards,
            Class::Vacancies => data_class::Value::Vacancies,
            Class::Dispatches => data_class::Value::Dispatches,
        };
        let purpose = self.purpose.map(|purpose| match purpose {
            Purpose::Recruitment => purpose::Value::Recruitment,
            Purpose::Cooperation => purpose::Value::Cooperation,
        });
        let classes: Vec<i32> = self.classes.into_iter().map(|one| class(one) as i32).collect();
        wire::Scope {
            classes: if classes.is_empty() { before.classes } else { classes },
            divisions: limit(self.divisions, before.divisions),
            occupations: limit(self.occupations, before.occupations),
            purpose: purpose.map_or(before.purpose, |purpose| purpose as i32),
        }
    }
}

/// The limit that is named, `all` for none; else the one before.
fn limit(named: Vec<String>, before: Vec<String>) -> Vec<String> {
    match named.as_slice() {
        [] => before,
        [all] if all == "all" => Vec::new(),
        _ => named,
    }
}

impl AgreementCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Sign { party, scope, from, until, again } => {
                let body = wire::SignAgreement {
                    party: party.to_string(),
                    scope: Some(scope.scope.over(wire::Scope::default())),
                    from: from.map(timestamp),
                    until: Some(timestamp(until)),
                };
                session.send("/v1/agreements", &body, &again).await
            }
            Self::List => list(session).await,
            Self::Show { agreement } => show(session, &agreement).await,
            Self::Amend { agreement, scope, until, again } => {
                let scope = match scope.names_nothing() {
                    true => None,
                    false => {
                        let path = format!("/v1/agreements/{agreement}");
                        let now: view::Agreement = session.get(&path).await?;
                        Some(scope.over(now.scope))
                    }
                };
                let body = wire::AmendAgreement { scope, until: until.map(timestamp) };
                session.send(&format!("/v1/agreements/{agreement}/amend"), &body, &again).await
            }
            Self::Terminate { agreement } => {
                session.send_empty(&format!("/v1/agreements/{agreement}/terminate")).await
            }
        }
    }
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let agreements: Vec<view::Agreement> = session.list("/v1/agreements").await?;
    session.output.show(&agreements, || {
        let headings = [
            ("Agreement", "协议"),
            ("Party", "单位代码"),
            ("Opens", "开放数据"),
            ("From", "生效"),
            ("Until", "到期"),
            ("State", "状态"),
        ];
        let rows = agreements.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.party),
                cell(classes(&session.output, &one.scope)),
                when(&one.from),
                when(&one.until),
                state(&session.output, Sort::AgreementState, &one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &AgreementId) -> anyhow::Result<()> {
    let one: view::Agreement = session.get(&format!("/v1/agreements/{id}")).await?;
    session.output.show(&one, || text(&session.output, &one))
}

/// One agreement, for people.
pub(super) fn text(output: &Output, one: &view::Agreement) -> String {
    let limit = |list: &[String]| {
        let all = output.say("all", "不限");
        if list.is_empty() { all.to_owned() } else { list.join(" ") }
    };
    let in_force =
        output.say(if one.in_force { "yes" } else { "no" }, if one.in_force { "是" } else { "否" });
    output.details(vec![
        (("Agreement", "协议"), cell(&one.id)),
        (("Party", "单位代码"), cell(&one.party)),
        (("Opens", "开放数据"), cell(classes(output, &one.scope))),
        (("Purpose", "目的"), cell(word(output, Sort::Purpose, one.scope.purpose().as_str_name()))),
        (("Divisions", "区划范围"), cell(limit(&one.scope.divisions))),
        (("Occupations", "工种范围"), cell(limit(&one.scope.occupations))),
        (("From", "生效"), when(&one.from)),
        (("Until", "到期"), when(&one.until)),
        (("State", "状态"), state(output, Sort::AgreementState, &one.state)),
        (("In force", "生效中"), cell(in_force)),
    ])
}

fn classes(output: &Output, scope: &wire::Scope) -> String {
    words(output, Sort::DataClass, scope.classes().map(|class| class.as_str_name()))
}
