//! The AsyncAPI document: what parties say over NATS and are answered, and the
//! feeds that partner cities consume. Out of the tables by which the gate, the
//! feeds and the broker's permissions work.

use std::collections::BTreeSet;

use gongqiao_access::nats::{self, FeedService};
use gongqiao_contract::{
    schema::{PACKAGE, Schemas},
    subject, view,
};
use gongqiao_feeds::Options as FeedOptions;
use gongqiao_gate::intake::{SAYINGS, Saying};
use gongqiao_stream::feed::{ACK_WAIT, UNACKNOWLEDGED};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;

/// The document of a cell whose feeds are kept so.
pub(super) fn document(schemas: &Schemas, feeds: FeedOptions) -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    for saying in SAYINGS {
        let name = saying_name(saying);
        channels.insert(name.clone(), saying_channel(saying, &name));
        operations.insert(name.clone(), saying_operation(saying, &name));
    }
    channels.insert("answer".into(), answer_channel());
    channels.insert("feed".into(), feed_channel(feeds));
    operations.insert("feed".into(), feed_operation());
    for (name, service) in ["nextEvents", "consumerInfo", "acknowledgement"].iter().zip(nats::FEEDS)
    {
        channels.insert((*name).into(), consumer_channel(service));
        operations.insert((*name).into(), consumer_operation(name));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "broker": {
            "host": "{host}:4222",
            "protocol": "nats",
            "description": "The broker of the cell; 2.14 or newer",
            "variables": { "host": { "description": "Where the bureau says", "default": "localhost" } },
            "security": [{ "$ref": "#/components/securitySchemes/userCredentials" }],
        }},
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages(),
            "schemas": all_schemas(schemas),
            "securitySchemes": { "userCredentials": {
                "type": "asymmetricEncryption",
                "description": "A .creds file (JWT and ed25519 seed) from \
                    `POST /v1/parties/{party}/credentials` with `nats`; its inbox prefix must be \
                    used. Each partner city has an account of its own.",
            }},
        },
    })
}

fn info() -> Value {
    json!({
        "title": "gongqiao 工桥 over NATS",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0" },
        "description": "Requests are answered on their reply subject with a receipt once they are \
            on disk, or with a problem; with the same `Nats-Msg-Id` they can be sent again, days \
            later too. Feeds are streams of CloudEvents 1.0, each read through one durable \
            consumer; `gongqiao feed verify` and the rules in the README say how a subscriber \
            proves what it holds.",
    })
}

/// `vacancies.{vacancy}.update` as `vacanciesUpdate`.
fn saying_name(saying: Saying) -> String {
    let words = saying.subject.split('.').filter(|token| !token.starts_with('{'));
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        let first: String = if name.is_empty() {
            first.collect()
        } else {
            first.flat_map(char::to_uppercase).collect()
        };
        name.push_str(&first);
        name.push_str(letters.as_str());
    }
    name
}

fn saying_channel(saying: Saying, name: &str) -> Value {
    let address = subject::INTAKE.replace('>', &format!("{{party}}.{}", saying.subject));
    json!({
        "address": address,
        "description": format!(
            "{}. In the account of a partner city: `out.{}`; the broker puts the city into it.",
            saying.summary, saying.subject,
        ),
        "parameters": parameters(&address),
        "messages": { name: { "$ref": format!("#/components/messages/{}", request_name(saying)) } },
    })
}

fn request_name(saying: Saying) -> &'static str {
    saying.body.unwrap_or("Nothing")
}

fn saying_operation(saying: Saying, name: &str) -> Value {
    json!({
        "action": "receive",
        "summary": saying.summary,
        "channel": { "$ref": format!("#/channels/{name}") },
        "messages": [{ "$ref": format!("#/channels/{name}/messages/{name}") }],
        "bindings": { "nats": { "queue": "gate", "bindingVersion": "0.1.0" } },
        "reply": {
            "address": {
                "description": "The reply subject, under the user's inbox prefix",
                "location": "$message.header#/reply",
            },
            "channel": { "$ref": "#/channels/answer" },
            "messages": [
                { "$ref": "#/channels/answer/messages/receipt" },
                { "$ref": "#/channels/answer/messages/problem" },
            ],
        },
    })
}

fn answer_channel() -> Value {
    json!({
        "address": null,
        "description": "Where a request is answered: the reply subject that it names",
        "messages": {
            "receipt": { "$ref": "#/components/messages/Receipt" },
            "problem": { "$ref": "#/components/messages/Problem" },
        },
    })
}

fn feed_channel(feeds: FeedOptions) -> Value {
    let types: BTreeSet<&str> = gongqiao_feeds::types().into_iter().map(|(kind, _)| kind).collect();
    let messages: Map<String, Value> =
        types.into_iter().map(|kind| (short(kind).to_owned(), message_ref(short(kind)))).collect();
    let kinds: BTreeSet<&str> = gongqiao_feeds::types().into_iter().map(|(_, kind)| kind).collect();
    let mut parameters = parameters(subject::FEED_FORM);
    parameters["kind"]["enum"] = json!(kinds);
    json!({
        "address": subject::FEED_FORM,
        "description": "What a subscription shows, event by event, without a gap",
        "parameters": parameters,
        "messages": messages,
        "x-jetstream-stream": {
            "name": subject::FEED_STREAM_FORM,
            "domain": subject::FEED_DOMAIN,
            "subjects": [subject::FEED_FORM.replace("{kind}.{key}", ">")],
            "storage": "file",
            "retention": "limits",
            "discard": "old",
            "max_age_seconds": feeds.keep.as_secs(),
            "num_replicas": feeds.replicas,
        },
        "x-jetstream-consumer": {
            "durable_name": subject::FEED_CONSUMER,
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait_seconds": ACK_WAIT.as_secs(),
            "max_ack_pending": UNACKNOWLEDGED,
        },
    })
}

fn feed_operation() -> Value {
    json!({
        "action": "send",
        "summary": "Events of a feed, in their order",
        "description": "Bind a pull subscription to the stream and its durable consumer, in the \
            domain that the subscription names; acknowledge what was taken in.",
        "channel": { "$ref": "#/channels/feed" },
    })
}

/// A service of the broker that a city's account imports, for its own streams.
fn consumer_channel(service: FeedService) -> Value {
    let address = service.subject.replacen('*', "{stream}", 1).replace(".>", ".{delivery}");
    json!({
        "address": address,
        "description": "The broker's own; what clients for JetStream send by themselves",
        "parameters": parameters(&address),
        "messages": { "request": { "$ref": "#/components/messages/JetStream" } },
    })
}

fn consumer_operation(name: &str) -> Value {
    json!({
        "action": "receive",
        "summary": "Of the broker, for the durable consumer of a feed",
        "channel": { "$ref": format!("#/channels/{name}") },
    })
}

/// The parameters of an address, each said what it is.
fn parameters(address: &str) -> Value {
    let names = address.split('.').filter_map(|token| token.strip_prefix('{')?.strip_suffix('}'));
    let described = |name: &str| match name {
        "party" => "The party's code; its credentials let it publish under no other",
        "subscription" => "The subscription",
        "vacancy" => "The vacancy",
        "dispatch" => "The group",
        "signal" => "The signal; one's own by its vacancy alone, too",
        "kind" => "What the item is, or `control` for what the feed says of itself",
        "key" => "The key of the item",
        "stream" => "The stream of the feed",
        _ => "What the broker gave the message as its reply subject",
    };
    let all = names.map(|name| (name.to_owned(), json!({ "description": described(name) })));
    Value::Object(all.collect())
}

fn short(full_name: &str) -> &str {
    full_name.strip_prefix(PACKAGE).unwrap_or(full_name)
}

fn message_ref(name: &str) -> Value {
    json!({ "$ref": format!("#/components/messages/{name}") })
}

fn schema_ref(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn messages() -> Value {
    let mut all = Map::new();
    for body in SAYINGS.iter().filter_map(|saying| saying.body) {
        all.insert(body.to_owned(), request_message(body));
    }
    for (kind, _) in gongqiao_feeds::types() {
        all.insert(short(kind).to_owned(), feed_message(kind));
    }
    all.insert("Nothing".into(), json!({ "summary": "No body", "headers": request_headers() }));
    all.insert("Receipt".into(), answer("It is on disk", "Receipt"));
    all.insert("Problem".into(), answer("A refusal (RFC 9457), as over HTTP", "Problem"));
    all.insert("JetStream".into(), json!({ "summary": "As the JetStream API has it" }));
    all.into()
}

fn request_message(body: &str) -> Value {
    json!({
        "name": body,
        "summary": "proto3 JSON, or protobuf with `Content-Type: application/protobuf`",
        "contentType": "application/json",
        "headers": request_headers(),
        "payload": schema_ref(&format!("{PACKAGE}{body}")),
    })
}

fn request_headers() -> Value {
    json!({ "type": "object", "properties": {
        "Nats-Msg-Id": {
            "type": "string",
            "description": "As an Idempotency-Key: the same request has the first answer",
        },
        "Content-Type": { "type": "string", "enum": ["application/json", "application/protobuf"] },
        "Accept-Language": { "type": "string", "enum": ["zh-CN", "en"] },
    }})
}

fn answer(summary: &str, schema: &str) -> Value {
    json!({
        "name": schema,
        "summary": summary,
        "contentType": "application/json",
        "headers": { "type": "object", "required": ["Gq-Status"], "properties": {
            "Gq-Status": {
                "type": "string",
                "pattern": "^[1-5][0-9]{2}$",
                "description": "The status that HTTP would have",
            },
        }},
        "payload": schema_ref(schema),
    })
}

fn feed_message(kind: &str) -> Value {
    let headers = gongqiao_feeds::HEADERS;
    let mut properties: Map<String, Value> = headers
        .into_iter()
        .map(|(name, said)| (name.to_owned(), json!({ "type": "string", "description": said })))
        .collect();
    properties.insert("ce-type".into(), json!({ "type": "string", "const": kind }));
    json!({
        "name": short(kind),
        "summary": "A CloudEvent in binary mode; the data is this message of feed.proto",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": headers.map(|(name, _)| name),
            "properties": properties,
        },
        "payload": schema_ref(kind),
        "x-protobuf-message": kind,
    })
}

/// The schemas of all bodies, and of what they name.
fn all_schemas(schemas: &Schemas) -> Value {
    let bodies = SAYINGS.iter().filter_map(|saying| saying.body);
    let mut wanted: Vec<String> = bodies.map(|body| format!("{PACKAGE}{body}")).collect();
    wanted.extend(gongqiao_feeds::types().into_iter().map(|(kind, _)| kind.to_owned()));
    let mut all = schemas.closure(wanted);
    all.insert("Receipt".into(), json!(view::Receipt::schema()));
    all.insert("Problem".into(), json!(view::Problem::schema()));
    json!(all)
}
