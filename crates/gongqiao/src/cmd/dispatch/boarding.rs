//! At the coach door: `dispatch walk-in` and `dispatch refuse`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    id::CardId,
    wire::{
        boarding_refusal,
        record_dispatch_event::{Event, RefuseBoarding, WalkIn},
    },
};

use super::event::On;
use crate::cmd::{
    input::{self, Cards},
    session::Session,
};

/// People who were not on the list get on (现场上车).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao dispatch walk-in dsp_… card_a

They must stand in a register that this desk serves, be verified, free and
fitting; a seat of the vacancy and one of the vehicle must be left.")]
pub(crate) struct WalkInArgs {
    #[command(flatten)]
    on: On,
    /// Their cards, parted by commas or blanks.
    #[arg(value_name = "CARD", required_unless_present = "cards_file")]
    cards: Vec<Cards>,
    /// File of such cards; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
}

/// Somebody is turned away at the coach door (劝返).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch refuse dsp_… --reason no-id
  gongqiao dispatch refuse dsp_… --reason unfit --card card_a

Who stood on the list is promised no longer, and free again.")]
pub(crate) struct RefuseArgs {
    #[command(flatten)]
    on: On,
    /// Why.
    #[arg(long)]
    reason: Reason,
    /// The person's card, where there is one.
    #[arg(long, value_name = "CARD")]
    card: Option<CardId>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reason {
    /// No identity card to show (无身份证)
    NoId,
    /// Neither on the list nor in a register (不在名册)
    Unknown,
    /// No seat left (无座位)
    NoSeat,
    /// Ill, drunk, or without a guardian's word (不宜出行)
    Unfit,
    /// 其他
    Other,
}

impl From<Reason> for boarding_refusal::Value {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NoId => Self::NoId,
            Reason::Unknown => Self::Unknown,
            Reason::NoSeat => Self::NoSeat,
            Reason::Unfit => Self::Unfit,
            Reason::Other => Self::Other,
        }
    }
}

impl WalkInArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let cards = input::cards(self.cards, self.cards_file.as_ref())?;
        let cards = cards.into_iter().map(String::from).collect();
        self.on.record(session, Event::WalkIn(WalkIn { cards })).await
    }
}

impl RefuseArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let refusal = RefuseBoarding {
            reason: boarding_refusal::Value::from(self.reason) as i32,
            card: self.card.map(String::from).unwrap_or_default(),
        };
        self.on.record(session, Event::RefuseBoarding(refusal)).await
    }
}
