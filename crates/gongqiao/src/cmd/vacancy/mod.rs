//! `vacancy post|import|show|list|people|update|reduce|withdraw`.

mod figures;
mod sheet;
mod terms;

use std::{path::PathBuf, process::ExitCode};

use clap::{Subcommand, builder::PossibleValuesParser};
use gongqiao_contract::{
    id::{PartyId, VacancyId},
    view, wire,
    words::Sort,
};

use super::{
    event, input, people,
    session::{Again, Session},
    words::{state, word},
};
use crate::output::{Output, cell, when};
use terms::{PostArgs, TermsArgs};

pub(crate) const STATES: [&str; 4] = ["open", "filled", "withdrawn", "lapsed"];

/// Demands for people.
#[derive(Debug, Subcommand)]
pub(crate) enum VacancyCommand {
    /// Post a vacancy (发布用工需求).
    #[command(after_help = "Examples:
  gongqiao vacancy post --title 电子设备装接工 --headcount 120 --trainable --urgent \\
    --duties 产线装配 --conditions 身体健康 --park chenzhou-hitech \\
    --base-yuan 3000 --total-from-yuan 4500 --total-to-yuan 6500 \\
    --needed-by 2021-07-20 --valid-until \"2021-07-31 18:00\"
  gongqiao vacancy post --file vacancy.json --idempotency-key order-2021-07-16

The file holds the body of POST /v1/vacancies, {\"terms\":{\"title\":…}}; - is stdin.")]
    Post {
        /// JSON body, instead of the flags below.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        post: PostArgs,
        #[command(flatten)]
        again: Again,
    },
    /// Post every row of a demand sheet: xlsx, xls or CSV (导入用工需求表).
    #[command(after_help = "Examples:
  gongqiao vacancy import 用工需求表.xlsx --dry-run
  gongqiao vacancy import 用工需求表.xlsx --needed-by 2021-07-20 \\
    --valid-until \"2021-07-31 18:00\" --errors 退回.xlsx

The sheet of your own personnel department is read, if it has the columns 岗位
and 人数. One bad row never stops the others, and the same row again posts
nothing. Exit code: 0 when every row was taken, 2 when some were refused, 1
when the file as a whole was refused.")]
    Import {
        /// The file.
        file: PathBuf,
        /// By which day people are needed where a row does not say.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = input::day)]
        needed_by: Option<time::Date>,
        /// Until when a vacancy stands where a row does not say.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        valid_until: Option<time::OffsetDateTime>,
        /// Say what would happen, and post nothing.
        #[arg(long)]
        dry_run: bool,
        /// Write the sheet back with the reason beside each bad row.
        #[arg(long, value_name = "OUT.xlsx")]
        errors: Option<PathBuf>,
        #[command(flatten)]
        again: Again,
    },
    /// Show a vacancy with its ledger (查看需求与台账).
    #[command(after_help = "Examples:
  gongqiao vacancy show vac_… --figure noShow     the events behind that number
  gongqiao vacancy show vac_… --posting           JSON-LD for other job sites")]
    Show {
        /// Its id.
        vacancy: VacancyId,
        /// Show the events behind this number of the ledger instead.
        #[arg(
            long,
            value_name = "FIGURE",
            value_parser = PossibleValuesParser::new(figures::names()),
            hide_possible_values = true
        )]
        figure: Option<String>,
        /// Show it as schema.org's JobPosting instead (招聘信息).
        #[arg(long, conflicts_with = "figure")]
        posting: bool,
    },
    /// List vacancies (需求列表).
    List {
        /// Only in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// Only urgent ones.
        #[arg(long)]
        urgent: bool,
        /// Only of this enterprise.
        #[arg(long, value_name = "CODE")]
        enterprise: Option<PartyId>,
    },
    /// Change the terms; what is not named stays as it is (修改需求).
    #[command(after_help = "Example:
  gongqiao vacancy update vac_… --headcount 150 --dormitory

With --file, the terms of the body {\"terms\":{…}} replace the old ones whole.")]
    Update {
        /// Its id.
        vacancy: VacancyId,
        /// JSON body, instead of the flags below.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        terms: TermsArgs,
        #[command(flatten)]
        again: Again,
    },
    /// Ask for fewer people (缩减人数).
    ///
    /// Below what is promised, the latest promises are released, of people who
    /// have not got on; never below those on the road or at work.
    Reduce {
        /// Its id.
        vacancy: VacancyId,
        /// How many are wanted now.
        #[arg(long, value_name = "N")]
        headcount: u32,
        #[command(flatten)]
        again: Again,
    },
    /// List the caller's own people who have a seat, by name (已承诺人员).
    ///
    /// For service points. Every look at names is recorded.
    People {
        /// Its id.
        vacancy: VacancyId,
    },
    /// Take it back; nobody more is asked (撤回需求).
    Withdraw {
        /// Its id.
        vacancy: VacancyId,
    },
}

impl VacancyCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<ExitCode> {
        let done = match self {
            Self::Import { file, needed_by, valid_until, dry_run, errors, again } => {
                let import = sheet::Import { file, needed_by, valid_until, dry_run, errors, again };
                return import.run(session).await;
            }
            Self::Post { file, post, again } => {
                let path = "/v1/vacancies";
                match file {
                    Some(file) => session.send(path, &input::body(&file)?, &again).await,
                    None => session.send(path, &wire::PostVacancy::from(post), &again).await,
                }
            }
            Self::Show { vacancy, figure: Some(figure), .. } => {
                let path = format!("/v1/vacancies/{vacancy}/events?figure={figure}");
                event::show(session, &session.list::<view::Event>(&path).await?)
            }
            Self::Show { vacancy, posting: true, .. } => posting(session, &vacancy).await,
            Self::Show { vacancy, .. } => show(session, &vacancy).await,
            Self::List { state, urgent, enterprise } => {
                let path = input::query(
                    "/v1/vacancies",
                    [
                        state.map(|state| format!("state={state}")),
                        urgent.then(|| "urgent=true".to_owned()),
                        enterprise.map(|id| format!("enterprise={id}")),
                    ],
                );
                list(session, &path).await
            }
            Self::Update { vacancy, file, terms, again } => {
                let path = format!("/v1/vacancies/{vacancy}/update");
                match file {
                    Some(file) => session.send(&path, &input::body(&file)?, &again).await,
                    None => {
                        let now: view::Vacancy =
                            session.get(&format!("/v1/vacancies/{vacancy}")).await?;
                        let terms = Some(terms.over(now.terms));
                        session.send(&path, &wire::UpdateVacancy { terms }, &again).await
                    }
                }
            }
            Self::Reduce { vacancy, headcount, again } => {
                let path = format!("/v1/vacancies/{vacancy}/reduce");
                session.send(&path, &wire::ReduceVacancy { headcount }, &again).await
            }
            Self::People { vacancy } => people::promised(session, &vacancy).await,
            Self::Withdraw { vacancy } => {
                session.send_empty(&format!("/v1/vacancies/{vacancy}/withdraw")).await
            }
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn list(session: &Session, path: &str) -> anyhow::Result<()> {
    let vacancies: Vec<view::Vacancy> = session.list(path).await?;
    session.output.show(&vacancies, || {
        let headings = [
            ("Vacancy", "需求"),
            ("Enterprise", "企业"),
            ("Title", "岗位"),
            ("Wanted", "需求人数"),
            ("Free", "余额"),
            ("Needed by", "到岗日期"),
            ("Urgent", "紧急"),
            ("State", "状态"),
        ];
        let yes = session.output.say("yes", "是");
        let rows = vacancies.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.enterprise_name),
                cell(&one.terms.title),
                cell(one.terms.headcount),
                cell(one.free_seats),
                cell(&one.terms.needed_by),
                cell(if one.terms.urgent { yes } else { "" }),
                state(&session.output, Sort::VacancyState, &one.state),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn posting(session: &Session, id: &VacancyId) -> anyhow::Result<()> {
    let path = format!("/v1/vacancies/{id}");
    let read = session.client.download(&path, "application/ld+json").await;
    let posting: serde_json::Value =
        serde_json::from_slice(&read.map_err(|e| session.explained(e))?)?;
    session.output.show(&posting, || format!("{posting:#}"))
}

async fn show(session: &Session, id: &VacancyId) -> anyhow::Result<()> {
    let one: view::Vacancy = session.get(&format!("/v1/vacancies/{id}")).await?;
    session.output.show(&one, || text(&session.output, &one))
}

/// One vacancy with its ledger, for people.
pub(super) fn text(output: &Output, one: &view::Vacancy) -> String {
    let details = output.details(vec![
        (("Vacancy", "需求"), cell(&one.id)),
        (("Enterprise", "企业"), cell(format!("{} {}", one.enterprise_name, one.enterprise))),
        (("Title", "岗位"), cell(&one.terms.title)),
        (("Occupations", "工种代码"), cell(one.terms.occupations.join(" "))),
        (("Duties", "工作内容"), cell(&one.terms.duties)),
        (("Conditions", "条件"), cell(&one.terms.conditions)),
        (("Place", "工作地"), cell(format!("{} {}", one.terms.place, one.terms.address).trim())),
        (("Pay", "薪酬"), cell(terms::pay_text(output, one.terms.pay.as_ref()))),
        (("Shift", "班次"), cell(terms::shift_text(output, &one.terms))),
        (("Provided", "食宿等"), cell(terms::provided_text(output, &one.terms))),
        (("Needed by", "到岗日期"), cell(&one.terms.needed_by)),
        (("Valid until", "有效期至"), cell(terms::valid_until_text(&one.terms))),
        (("Posted", "发布时间"), when(&one.posted_at)),
        (("Agreement", "协议"), cell(&one.agreement)),
        (("Points involved", "参与服务点"), cell(one.service_points_involved)),
        (("Free seats", "余额"), cell(one.free_seats)),
        (("State", "状态"), state(output, Sort::VacancyState, &one.state)),
    ]);
    let rows = figures::in_order(&one.ledger)
        .into_iter()
        .map(|(name, value)| vec![cell(word(output, Sort::Figure, name)), cell(value), cell(name)]);
    let headings = [("Figure", "指标"), ("Number", "数量"), ("--figure", "--figure")];
    let ledger = output.table(&headings, rows.collect());
    let newer = output.say(
        "\n\nA newer version wrote about it; update to change it.",
        "\n\n较新版本写入了此项，请升级后再修改。",
    );
    format!("{details}\n\n{ledger}{}", if one.read_only { newer } else { "" })
}
