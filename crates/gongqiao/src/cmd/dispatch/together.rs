//! Travelling with others: `dispatch join` and `dispatch merge`.

use std::path::PathBuf;

use clap::Args;
use gongqiao_contract::{
    id::{DispatchId, PartyId},
    wire::{
        Stop,
        record_dispatch_event::{Event, Join, Merge},
    },
};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use super::{event::On, open::stop};
use crate::cmd::{
    input::{self, Cards},
    session::Session,
};

/// Own people come along with another point's group (拼车).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch join dsp_… card_a card_b --stop \"431021102205@2021-07-19 08:20\"
  gongqiao dispatch join dsp_… card_a --stop 431021102205

They must be promised to the same vacancy. A stop that the group has already
serves them as well; without --stop they get on where the group stops for them.")]
pub(crate) struct JoinArgs {
    #[command(flatten)]
    on: On,
    /// Their cards, parted by commas or blanks.
    #[arg(value_name = "CARD", required_unless_present = "cards_file")]
    cards: Vec<Cards>,
    /// File of such cards; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
    /// Where they get on, and when if the group does not stop there yet.
    #[arg(long, value_name = "CODE[@TIME]", value_parser = stop_or_point)]
    stop: Option<(PartyId, Option<OffsetDateTime>)>,
}

/// The whole group travels with another one, as was proposed (并入).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao dispatch merge dsp_guest --into dsp_host

The group comes to an end; its people, with their stops, go on with the other.")]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    on: On,
    /// The group to travel with.
    #[arg(long, value_name = "DISPATCH")]
    into: DispatchId,
}

impl JoinArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let cards = input::cards(self.cards, self.cards_file.as_ref())?;
        let stop = self.stop.map(|(point, at)| Stop {
            point: point.to_string(),
            at: at.map(timestamp),
            ..Stop::default()
        });
        let cards = cards.into_iter().map(String::from).collect();
        self.on.record(session, Event::Join(Join { cards, stop })).await
    }
}

impl MergeArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let into = self.into.to_string();
        self.on.record(session, Event::Merge(Merge { into })).await
    }
}

/// Reads `CODE@TIME`, or `CODE` alone.
fn stop_or_point(text: &str) -> Result<(PartyId, Option<OffsetDateTime>), String> {
    if text.contains('@') {
        return stop(text).map(|(point, at)| (point, Some(at)));
    }
    Ok((text.trim().parse().map_err(|e| format!("{e}"))?, None))
}
