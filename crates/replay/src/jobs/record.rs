//! How an event is written to files and readers. What is written depends on the
//! message alone, so that the same range gives the same bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_contract::{
    event,
    wire::{self, replay_format::Value as Format, replayed_event::Header},
};
use gongqiao_domain::entity::timestamp;
use gongqiao_shell::beijing::rfc3339;
use gongqiao_stream::Original;
use prost::Message as _;
use serde_json::{Value, json};

/// Appends a message to `out`.
pub(crate) fn write(format: Format, message: &Original, out: &mut Vec<u8>) {
    match format {
        Format::Protobuf => protobuf(message, out),
        Format::Jsonl | Format::Unspecified => jsonl(message, out),
    }
}

fn protobuf(message: &Original, out: &mut Vec<u8>) {
    let header = |(name, value): (&str, &str)| Header { name: name.into(), value: value.into() };
    let event = wire::ReplayedEvent {
        sequence: message.sequence,
        stored_at: Some(timestamp(message.stored_at)),
        subject: message.subject().to_owned(),
        headers: message.headers().into_iter().map(header).collect(),
        payload: message.payload.clone(),
    };
    #[expect(clippy::expect_used, reason = "a vector takes what it is given")]
    event.encode_length_delimited(out).expect("a vector grows");
}

fn jsonl(message: &Original, out: &mut Vec<u8>) {
    let headers: serde_json::Map<String, Value> = message
        .headers()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    let mut line = json!({
        "sequence": message.sequence,
        "storedAt": rfc3339(message.stored_at),
        "subject": message.subject(),
        "headers": headers,
        "payload": STANDARD.encode(&message.payload),
    });
    if let Some((name, fact)) = fact(message) {
        line["type"] = name.into();
        line["fact"] = fact;
    }
    out.extend(line.to_string().into_bytes());
    out.push(b'\n');
}

/// What a fact says, for people. What can't be read is there by its bytes.
fn fact(message: &Original) -> Option<(&'static str, Value)> {
    let fact = wire::Fact::decode(message.payload.clone()).ok()?;
    let name = event::name(fact.body.as_ref()?);
    Some((name, serde_json::to_value(&fact).ok()?))
}
