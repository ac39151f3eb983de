//! `dispatch correct`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::wire::{correction_reason, placement_state, record_dispatch_event::Correct};

use super::event::On;
use crate::cmd::{
    input::{self, Cards},
    session::Session,
};

/// What was recorded about people was wrong (更正).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao dispatch correct dsp_… card_a card_b --to boarded --reason misclick

Who recorded the step corrects it alone within ten minutes. Later, or when the
other side asks, a case is opened that the other side answers:
  gongqiao case reply case_… --agree")]
pub(crate) struct CorrectArgs {
    #[command(flatten)]
    on: On,
    /// Their cards, parted by commas or blanks.
    #[arg(value_name = "CARD", required_unless_present = "cards_file")]
    cards: Vec<Cards>,
    /// File of such cards; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
    /// Where they really are.
    #[arg(long, value_name = "STATE")]
    to: State,
    /// Why the record was wrong.
    #[arg(long)]
    reason: Reason,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// Promised, not on board yet (已锁定)
    Held,
    /// On board (已上车)
    Boarded,
    /// At the factory (已到厂)
    Arrived,
    /// At work (已入职)
    Onboarded,
    /// Work ended (已离职)
    Ended,
    /// The person's own decision (本人放弃)
    Declined,
    /// Did not turn up (未到)
    NoShow,
    /// Got off on the way (中途下车)
    LeftEnRoute,
    /// The factory did not take them (企业未录用)
    NotHired,
    /// Another post in the enterprise (已转岗)
    Transferred,
    /// Went home (已返乡)
    Returned,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reason {
    /// The wrong thing was clicked (点错)
    Misclick,
    /// One person was taken for another (认错人)
    WrongPerson,
    /// It became known only later (事后得知)
    LateNews,
    /// 其他
    Other,
}

impl From<State> for placement_state::Value {
    fn from(state: State) -> Self {
        match state {
            State::Held => Self::Held,
            State::Boarded => Self::Boarded,
            State::Arrived => Self::Arrived,
            State::Onboarded => Self::Onboarded,
            State::Ended => Self::Ended,
            State::Declined => Self::Declined,
            State::NoShow => Self::NoShow,
            State::LeftEnRoute => Self::LeftEnRoute,
            State::NotHired => Self::NotHired,
            State::Transferred => Self::Transferred,
            State::Returned => Self::Returned,
        }
    }
}

impl From<Reason> for correction_reason::Value {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Misclick => Self::Misclick,
            Reason::WrongPerson => Self::WrongPerson,
            Reason::LateNews => Self::LateNews,
            Reason::Other => Self::Other,
        }
    }
}

impl CorrectArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let cards = input::cards(self.cards, self.cards_file.as_ref())?;
        let correct = Correct {
            cards: cards.into_iter().map(String::from).collect(),
            to: placement_state::Value::from(self.to) as i32,
            reason: correction_reason::Value::from(self.reason) as i32,
        };
        self.on.correct(session, correct).await
    }
}
