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
    futures::stream::iter(sequences)
        .map(|(sequence, change)| async move {
            let message = read::at(live.connection(), StreamName::Facts, sequence).await;
            let message = message.map_err(|e| {
                tracing::warn!(code = e.code(), error = %e, "board.events");
                Refusal::new(Code::BrokerUnavailable)
            })?;
            Ok(message.and_then(|message| decode(&message, speaker, change)))
        })
        .buffered(AT_ONCE)
        .try_filter_map(|event| async move { Ok(event) })
        .try_collect()
        .await
}

fn decode(message: &read::Message, speaker: &Speaker, change: Option<i64>) -> Option<view::Event> {
    let mut fact = wire::Fact::decode(message.payload.clone()).ok()?;
    sight::mask(speaker, &mut fact);
    Some(view::Event {
        sequence: message.sequence,
        kind: fact.body.as_ref().map_or("Unknown", event::name).to_owned(),
        subject: message.subject.clone(),
        change,
        fact: serde_json::to_value(&fact).ok()?,
    })
}
