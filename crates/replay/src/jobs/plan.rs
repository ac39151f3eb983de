//! What a job would send, before it sends anything.

use std::{collections::BTreeMap, time::Duration};

use gongqiao_contract::{event, wire};
use gongqiao_stream::Original;
use prost::Message as _;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{Workshop, error::Broken, order::may_read, run::happened, source::Selection};

/// How long is counted; who asks waits.
const COUNTING: Duration = Duration::from_secs(20);

/// What would be sent.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) events: u64,
    /// Of the payloads.
    pub(crate) bytes: u64,
    /// Sequence and time of the first and of the last.
    pub(crate) first: Option<(u64, OffsetDateTime)>,
    pub(crate) last: Option<(u64, OffsetDateTime)>,
    pub(crate) types: BTreeMap<String, u64>,
    /// Everything was counted; otherwise only up to the last that is named.
    pub(crate) whole: bool,
}

impl Plan {
    /// Counts what an order would send.
    pub(crate) async fn of(
        workshop: &Workshop,
        order: &wire::ReplayStarted,
    ) -> Result<Self, Broken> {
        let mut selection = Selection::of(workshop, order, order.first);
        let (mut plan, until) = (Self::default(), Instant::now() + COUNTING);
        while Instant::now() < until {
            let mut messages = selection.next().await?;
            if messages.is_empty() {
                plan.whole = true;
                break;
            }
            if may_read(workshop, order, &mut messages).is_err() {
                break;
            }
            messages.iter().for_each(|message| plan.count(message));
        }
        Ok(plan)
    }

    fn count(&mut self, message: &Original) {
        let at = Some((message.sequence, happened(message)));
        self.events += 1;
        self.bytes += message.payload.len() as u64;
        self.first = self.first.or(at);
        self.last = at;
        *self.types.entry(name(message)).or_default() += 1;
    }
}

/// The name of an event: of a feed's, its CloudEvents type without the package.
fn name(message: &Original) -> String {
    if let Some(kind) = message.header("ce-type") {
        return kind.rsplit('.').next().unwrap_or(kind).to_owned();
    }
    let fact = wire::Fact::decode(message.payload.clone()).ok();
    fact.and_then(|fact| Some(event::name(fact.body.as_ref()?).to_owned()))
        .unwrap_or_else(|| "?".to_owned())
}
