//! Events read back from the log, decoded.

use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_access::Live;
use gongqiao_contract::{Code, Refusal, event, view, wire};
use gongqiao_domain::decide::Speaker;
use gongqiao_stream::{StreamName, read};
use prost::Message as _;

use crate::http::sight;

/// Reads that are under way at once.
const AT_ONCE: usize = 16;

/// Reads the events at these sequences, each with what it changed.
pub(crate) async fn read_events(
    live: &Live,
    speaker: &Speaker,
    sequences: Vec<(u64, Option<i64>)>,
) -> Result<Vec<view::Event>, Refusal> {
    let (sequences, changes): (Vec<u64>, Vec<Option<i64>>) = sequences.into_iter().unzip();
    let facts = read_facts(live, sequences).await?;
    let read = facts.into_iter().zip(changes);
    Ok(read.filter_map(|(fact, change)| shown(fact?, speaker, change)).collect())
}

/// A fact where it stands in the log.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) sequence: u64,
    pub(crate) subject: String,
    pub(crate) fact: wire::Fact,
}

/// Reads the facts at these sequences, in their order; nothing for one that
/// can't be read.
pub(crate) async fn read_facts(
    live: &Live,
    sequences: Vec<u64>,
) -> Result<Vec<Option<Read>>, Refusal> {
    futures::stream::iter(sequences)
        .map(|sequence| async move {
            let message = read::at(live.connection(), StreamName::Facts, sequence).await;
            let message = message.map_err(|e| {
                tracing::warn!(code = e.code(), error = %e, "board.events");
                Refusal::new(Code::BrokerUnavailable)
            })?;
            Ok(message.and_then(|message| {
                let fact = wire::Fact::decode(message.payload).ok()?;
                Some(Read { sequence: message.sequence, subject: message.subject, fact })
            }))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// A fact as the API shows it to `speaker`.
pub(crate) fn shown(read: Read, speaker: &Speaker, change: Option<i64>) -> Option<view::Event> {
    let Read { sequence, subject, mut fact } = read;
    sight::mask(speaker, &mut fact);
    Some(view::Event {
        sequence,
        kind: fact.body.as_ref().map_or("Unknown", event::name).to_owned(),
        subject,
        change,
        fact: serde_json::to_value(&fact).ok()?,
    })
}
