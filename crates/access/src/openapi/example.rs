//! Examples out of schemas, for whatever has none of its own: each is of the
//! form that its schema asks for.

use serde_json::{Map, Value, json};

/// How deep an example goes into schemas that name one another.
const DEEPEST: usize = 8;

/// Gives an example to every body that has none.
pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for (_, _, operation) in super::operations(document) {
        with_example(&mut operation["requestBody"]["content"], &schemas);
        if operation["requestBody"]["content"].is_null()
            && let Some(fields) = operation.as_object_mut()
        {
            fields.remove("requestBody");
        }
        let answers = operation["responses"].as_object_mut();
        for (_, answer) in answers.into_iter().flatten() {
            if !answer["content"].is_null() {
                with_example(&mut answer["content"], &schemas);
            } else if let Some(fields) = answer.as_object_mut() {
                fields.remove("content");
            }
        }
    }
}

fn with_example(content: &mut Value, schemas: &Value) {
    for (media, body) in content.as_object_mut().into_iter().flatten() {
        let has_one = !body["example"].is_null() || !body["examples"].is_null();
        if media.ends_with("json") && !has_one {
            body["example"] = of(&body["schema"], schemas, 0);
        }
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, value| !(value.is_null() && name.starts_with("example")));
        }
    }
}

/// Something of the form of a schema.
fn of(schema: &Value, schemas: &Value, depth: usize) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next()) {
        return if depth > DEEPEST { json!({}) } else { of(&schemas[name], schemas, depth + 1) };
    }
    let given = schema.get("example").or_else(|| schema.get("const"));
    let given = given.or_else(|| schema["examples"].get(0)).or_else(|| {
        // Why the last: the first of ours is UNSPECIFIED.
        schema["enum"].as_array().and_then(|values| values.last())
    });
    if let Some(given) = given {
        return given.clone();
    }
    let mut whole = Map::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Value::Object(fields) = of(part, schemas, depth) {
            whole.extend(fields);
        }
    }
    for choice in ["oneOf", "anyOf"] {
        let first = schema[choice].as_array().and_then(|all| {
            all.iter().find(|one| {
                one["type"] != "null"
                    && one.get("required").is_none_or(|_| one.get("properties").is_some())
            })
        });
        if let Some(first) = first {
            return of(first, schemas, depth);
        }
    }
    match kind(schema) {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            whole.extend(fields.map(|(key, one)| (key.clone(), of(one, schemas, depth))));
            schema["allOf"]
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|part| choose(part, &mut whole));
            whole.into()
        }
        "array" => match schema.get("prefixItems").and_then(Value::as_array) {
            Some(items) => items.iter().map(|one| of(one, schemas, depth)).collect(),
            None => json!([of(&schema["items"], schemas, depth)]),
        },
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "number" => json!(1),
        "boolean" => json!(true),
        "string" if schema["format"] == "date-time" => json!("2026-11-24T08:00:00Z"),
        "string" if schema["pattern"].as_str().is_some_and(|p| p.contains("[1-9][0-9]")) => {
            json!("1")
        }
        "string" => json!("a"),
        _ if !whole.is_empty() => whole.into(),
        _ => json!({}),
    }
}

/// Of fields that exclude one another leaves the first.
fn choose(part: &Value, fields: &mut Map<String, Value>) {
    let choices = part["oneOf"].as_array().into_iter().flatten();
    let names = choices.filter(|choice| choice.get("properties").is_none());
    for other in names.filter_map(|choice| choice["required"][0].as_str()).skip(1) {
        fields.remove(other);
    }
}

/// The type of a schema; of several, the one that is not null.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(one) => one,
        Value::Array(several) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or_default()
        }
        _ => "",
    }
}
