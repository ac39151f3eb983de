//! Which refusals an operation can meet, and how they are described.

use std::collections::BTreeMap;

use gongqiao_contract::{Code, Kind, Lang, Refusal};
use serde_json::{Map, Value, json};

use super::{REFUSALS, ROW_NOTES};
use crate::problem::{document, status};

/// What any request may meet, whatever it asks for.
pub const COMMON: &[Code] =
    &[Code::RequestPath, Code::RequestMethod, Code::RequestTimeout, Code::Internal];

/// Of every request that needs a key.
const KEY: [Code; 5] =
    [Code::AuthMissing, Code::AuthUnknown, Code::AuthExpired, Code::AuthRevoked, Code::AuthTooMany];
/// Of every body in JSON.
const BODY: [Code; 6] = [
    Code::BodyMalformed,
    Code::BodyUnknownField,
    Code::BodyWrongType,
    Code::BodyTooLarge,
    Code::BodyTooDeep,
    Code::BodyMediaType,
];
/// Of every command.
const WRITE: [Code; 4] =
    [Code::AuthRole, Code::NewerSchema, Code::BrokerUnavailable, Code::Overloaded];

/// Codes with their English, for a description.
pub(super) fn listed(codes: &[Code]) -> String {
    let one = |code: &Code| format!("- `{}`: {}", code.as_str(), text(*code));
    codes.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The English of a code, with a dot for each value.
fn text(code: Code) -> String {
    let template = code.template(Lang::En);
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "…" + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// What may refuse an operation: what its handler names, and what follows from
/// its form.
pub(super) fn of(path: &str, method: &str, operation: &Value) -> Vec<Code> {
    let named: Vec<&str> =
        operation[REFUSALS].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameter = |place: &str, name: &str| {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.into_iter().any(|one| one["in"] == place && (name.is_empty() || one["name"] == name))
    };
    let needs_key = super::is_api(operation);
    let is_json = operation["requestBody"]["content"]["application/json"].is_object();
    let follows = [
        (needs_key, &KEY[..]),
        (is_json, &BODY),
        (needs_key && method == "post", &WRITE),
        (
            parameter("header", "Idempotency-Key"),
            &[Code::IdempotencyShape, Code::IdempotencyReused],
        ),
        (method == "post" && path.contains('{'), &[Code::RequestId]),
        (parameter("query", ""), &[Code::RequestQuery]),
        (parameter("query", "page_token"), &[Code::RequestPage]),
        (parameter("query", "min_sequence"), &[Code::ReadBehind, Code::ReadAhead]),
        (needs_key, &[Code::RequestTimeout, Code::Internal]),
    ];
    let formal: Vec<Code> =
        follows.iter().filter(|(holds, _)| *holds).flat_map(|(_, codes)| *codes).copied().collect();
    let all = Code::ALL.iter().copied();
    all.filter(|code| formal.contains(code) || named.contains(&code.as_str())).collect()
}

/// Tells of an upload's answer what may stand beside a row of it.
pub(super) fn of_rows(operation: &mut Value) {
    let Some(names) = operation[ROW_NOTES].as_array() else { return };
    let named = |code: &&Code| names.iter().any(|name| name == code.as_str());
    let notes: Vec<Code> = Code::ALL.iter().filter(named).copied().collect();
    let words = format!("What became of each row. Beside a row may stand:\n{}", listed(&notes));
    operation["responses"]["200"]["description"] = words.into();
}

/// The answers of refusals, by status.
pub(super) fn answers(codes: &[Code]) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(status(code.kind()).as_u16().to_string()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| (status, answer(&codes))).collect()
}

fn answer(codes: &[Code]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let example = |code: &Code| {
        let mut value = document(&Refusal::new(*code), Lang::En);
        value["detail"] = text(*code).into();
        (code.as_str().to_owned(), json!({ "value": value }))
    };
    let examples: Map<String, Value> = codes.iter().map(example).collect();
    json!({
        "description": listed(codes),
        "headers": headers(codes),
        "content": { "application/problem+json": {
            "schema": {
                "allOf": [
                    { "$ref": "#/components/schemas/Problem" },
                    { "properties": { "code": { "enum": names } } },
                ],
            },
            "examples": examples,
        }},
    })
}

fn headers(codes: &[Code]) -> Value {
    let of_kind = |kind| codes.iter().any(|code| code.kind() == kind);
    let mut headers = json!({ "Content-Language": {
        "description": "The language of the text",
        "schema": { "type": "string", "enum": ["zh-CN", "en"] },
    }});
    if of_kind(Kind::TooMany) || of_kind(Kind::Unavailable) {
        headers["Retry-After"] = json!({
            "description": "After how many seconds to send the same again",
            "schema": { "type": "integer", "minimum": 1 },
        });
    }
    if of_kind(Kind::Unauthenticated) {
        headers["WWW-Authenticate"] = json!({ "schema": { "type": "string", "const": "Bearer" } });
    }
    headers
}
