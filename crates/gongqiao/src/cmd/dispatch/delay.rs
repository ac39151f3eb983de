//! `dispatch delay`.

use clap::Args;
use gongqiao_contract::wire::record_dispatch_event::{Delay, Event};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use super::event::On;
use crate::cmd::{input, session::Session};

/// It will arrive later, or earlier, than was said (改变预计到达).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao dispatch delay dsp_… --arrives-at '2026-11-26 21:30'

By the point that leads the group, or by the enterprise, until it has arrived.")]
pub(crate) struct DelayArgs {
    #[command(flatten)]
    on: On,
    /// When it should arrive now.
    #[arg(long, visible_alias = "arrives", value_name = "TIME", value_parser = input::time)]
    arrives_at: OffsetDateTime,
}

impl DelayArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let arrives_at = Some(timestamp(self.arrives_at));
        self.on.record(session, Event::Delay(Delay { arrives_at })).await
    }
}
