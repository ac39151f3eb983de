//! `register list`.

use clap::Subcommand;
use gongqiao_contract::{id::PartyId, view, words::Sort};

use super::{session::Session, words::word};
use crate::output::{cell, coloured};

/// The people of a service point (一村一册).
#[derive(Debug, Subcommand)]
pub(crate) enum RegisterCommand {
    /// List a point's register, with names for its own desk (名册).
    #[command(after_help = "Examples:
  gongqiao register list --point 431021102205
  gongqiao register list --point 431021102205 --name 测试

Whoever comes to the desk and stands on no call list is recorded by the card
that stands here: gongqiao signal call. Every look at names is recorded.")]
    List {
        /// The service point.
        #[arg(long, value_name = "CODE")]
        point: PartyId,
        /// Only people whose name holds this (姓名，可只写一部分).
        #[arg(long, value_name = "PART")]
        name: Option<String>,
    },
}

impl RegisterCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self::List { point, name } = self;
        let mut cards: Vec<view::Card> =
            session.list(&format!("/v1/register/{point}/cards")).await?;
        if let Some(part) = name.as_deref().map(str::trim) {
            // Why here: names stand sealed in the register, and the exchange can't look for one.
            cards.retain(|card| card.name.as_deref().is_some_and(|name| name.contains(part)));
        }
        show(session, &cards)
    }
}

fn show(session: &Session, cards: &[view::Card]) -> anyhow::Result<()> {
    session.output.show(cards, || {
        let headings = [
            ("Name", "姓名"),
            ("Phone", "电话"),
            ("ID", "身份"),
            ("State", "状态"),
            ("Free from", "可到岗日期"),
            ("Waits for", "待办"),
            ("Card", "人员卡"),
        ];
        let output = &session.output;
        let rows = cards.iter().map(|one| {
            let (standing, verified) = match one.verified {
                true => ("ok", output.say("verified", "已核")),
                false => ("warn", output.say("unverified", "待核")),
            };
            let state = match one.state.as_str() {
                "free" => output.say("free", "空闲").to_owned(),
                code => word(output, Sort::PlacementState, code),
            };
            vec![
                cell(one.name.as_deref().unwrap_or_default()),
                cell(one.phone.as_deref().unwrap_or_default()),
                coloured(standing, verified),
                coloured(&one.state, &state),
                cell(&one.available_from),
                cell(waits_for(session, one)),
                cell(&one.card),
            ]
        });
        output.table(&headings, rows.collect())
    })
}

/// What stands between the person and a promise, as far as the card tells.
fn waits_for<'a>(session: &'a Session, one: &view::Card) -> &'a str {
    let no_phone = one.name.is_some() && one.phone.is_none();
    match (one.verified, one.bound) {
        (false, _) => {
            session.output.say("a right ID, by import roster", "补正身份证号（重新导入名册）")
        }
        (true, true) => {
            session.output.say("the end of the promise or of the work", "承诺或工作结束")
        }
        (true, false) if no_phone => session.output.say("a phone number", "补充电话"),
        (true, false) => "",
    }
}
