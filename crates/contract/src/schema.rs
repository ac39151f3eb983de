//! JSON schemas of what `proto/` defines, in the proto3 JSON mapping: read
//! from the descriptors, so that no list of fields is kept a second time.
//! They are of draft 2020-12, which OpenAPI 3.1 and AsyncAPI 3.0 take, and
//! name one another as `#/components/schemas/gongqiao.v1.…`.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{
    Cardinality, DescriptorError, DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor,
    Kind, MessageDescriptor, OneofDescriptor,
};
use serde_json::{Map, Value, json};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::wire;

/// What the full name of everything in `proto/` begins with.
pub const PACKAGE: &str = "gongqiao.v1.";

/// Where a document keeps its schemas.
const COMPONENTS: &str = "#/components/schemas/";

/// The schemas of all messages and enums.
#[derive(Debug, Clone)]
pub struct Schemas(DescriptorPool);

impl Schemas {
    /// Reads the descriptors of this build.
    ///
    /// # Errors
    /// They can't be read; a test shows that they can.
    pub fn read() -> Result<Self, DescriptorError> {
        Ok(Self(DescriptorPool::decode(wire::DESCRIPTORS)?))
    }

    /// The schema of a message or an enum by its full name, as
    /// `gongqiao.v1.VacancyTerms`.
    pub fn of(&self, name: &str) -> Option<Value> {
        let message = self.0.get_message_by_name(name).map(|message| of_message(&message));
        message.or_else(|| self.0.get_enum_by_name(name).map(|one| of_enum(&one)))
    }

    /// Schemas by their full names, with all those that they name.
    pub fn closure(&self, names: Vec<String>) -> BTreeMap<String, Value> {
        let mut todo = names;
        let mut done = BTreeMap::new();
        while let Some(name) = todo.pop() {
            if done.contains_key(&name) {
                continue;
            }
            let Some(schema) = self.of(&name) else { continue };
            todo.extend(named(&schema));
            done.insert(name, schema);
        }
        done
    }
}

/// The schemas that a document or a schema refers to.
pub fn named(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        match value {
            Value::Array(items) => todo.extend(items),
            Value::Object(fields) => {
                let reference = fields.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|text| text.strip_prefix(COMPONENTS));
                found.extend(name.map(str::to_owned));
                todo.extend(fields.values());
            }
            _ => {}
        }
    }
    found
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{COMPONENTS}{name}") })
}

fn of_message(message: &MessageDescriptor) -> Value {
    let fields = message.fields().map(|field| (field.json_name().to_owned(), of_field(&field)));
    let properties: Map<String, Value> = fields.collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let choices: Vec<Value> = message.oneofs().map(|one| at_most_one(&one)).collect();
    if !choices.is_empty() {
        schema["allOf"] = choices.into();
    }
    describe(&mut schema, &message.parent_file(), message.path());
    schema
}

/// A oneof: none of its fields, or one.
fn at_most_one(oneof: &OneofDescriptor) -> Value {
    let alone = |field: FieldDescriptor| json!({ "required": [field.json_name()] });
    let each: Vec<Value> = oneof.fields().map(alone).collect();
    let none = json!({ "not": { "anyOf": each } });
    json!({ "oneOf": each.into_iter().chain([none]).collect::<Vec<_>>() })
}

fn of_field(field: &FieldDescriptor) -> Value {
    let one = of_kind(&field.kind());
    let mut schema = if field.cardinality() == Cardinality::Repeated {
        json!({ "type": "array", "items": one })
    } else {
        one
    };
    describe(&mut schema, &field.parent_message().parent_file(), field.path());
    schema
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::String => json!({ "type": "string" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Uint32 | Kind::Fixed32 => {
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        // Why: JSON has no 64 bits; written as digits, and read from both.
        Kind::Uint64 | Kind::Fixed64 => {
            json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,18})$" })
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({ "type": "string", "pattern": "^-?(0|[1-9][0-9]{0,17})$" })
        }
        Kind::Double | Kind::Float => json!({ "type": "number" }),
        Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
            json!({ "type": "string", "format": "date-time" })
        }
        Kind::Message(message) => reference(message.full_name()),
        Kind::Enum(one) => reference(one.full_name()),
    }
}

fn of_enum(one: &EnumDescriptor) -> Value {
    let names: Vec<String> = one.values().map(|value| value.name().to_owned()).collect();
    let mut schema = json!({ "type": "string", "enum": names });
    // Why of the message: enums stand in one each, which carries the words.
    if let Some(parent) = one.parent_message() {
        describe(&mut schema, &parent.parent_file(), parent.path());
    }
    schema
}

/// Writes the comment at `path` of a file of `proto/` into a schema.
fn describe(schema: &mut Value, file: &FileDescriptor, path: &[i32]) {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let located = info.and_then(|info| info.location.iter().find(|one| one.path == path));
    let comment = located.and_then(|one| one.leading_comments.as_deref()).unwrap_or_default();
    if !comment.trim().is_empty() {
        let lines: Vec<&str> = comment.lines().map(str::trim).collect();
        schema["description"] = lines.join(" ").trim().into();
    }
}

/// The schema of a generated type: a name, which [`Schemas::of`] resolves.
macro_rules! wire_schema {
    ($message:ident) => {
        impl utoipa::PartialSchema for wire::$message {
            fn schema() -> RefOr<Schema> {
                RefOr::Ref(Ref::from_schema_name(concat!("gongqiao.v1.", stringify!($message))))
            }
        }

        impl utoipa::ToSchema for wire::$message {
            fn name() -> std::borrow::Cow<'static, str> {
                concat!("gongqiao.v1.", stringify!($message)).into()
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    fn schemas() -> Schemas {
        Schemas::read().unwrap()
    }

    #[test]
    fn every_message_and_whatever_it_names_has_a_schema() {
        let schemas = schemas();
        let ours = schemas.0.all_messages().filter(|one| one.full_name().starts_with(PACKAGE));
        let names: Vec<String> = ours.map(|one| one.full_name().to_owned()).collect();
        assert!(names.len() > 100, "{}", names.len());
        let all = schemas.closure(names);
        for (name, schema) in &all {
            for other in named(schema) {
                assert!(all.contains_key(&other), "{name} names {other}");
            }
        }
    }

    #[test]
    fn a_schema_has_the_names_the_types_and_the_words_of_the_message() {
        let pay = schemas().of("gongqiao.v1.Pay").unwrap();
        assert_eq!(pay["description"], "Pay in yuan.");
        assert_eq!(pay["additionalProperties"], false);
        let base = &pay["properties"]["baseYuan"];
        let words = "What is paid whatever happens (底薪). Mandatory.";
        assert_eq!((&base["type"], &base["description"]), (&json!("integer"), &json!(words)));
        assert_eq!(
            pay["properties"]["unit"]["$ref"],
            "#/components/schemas/gongqiao.v1.PayUnit.Value"
        );
        let unit = schemas().of("gongqiao.v1.PayUnit.Value").unwrap();
        assert_eq!(unit["enum"], json!(["UNSPECIFIED", "MONTH", "HOUR", "PIECE"]));
        let written = wire::VacancyTerms {
            title: "电子装配工".into(),
            minimum_stay_days: 30,
            valid_until: Some(pbjson_types::Timestamp { seconds: 1, nanos: 0 }),
            ..Default::default()
        };
        let terms = schemas().of("gongqiao.v1.VacancyTerms").unwrap();
        for name in json!(written).as_object().unwrap().keys() {
            assert!(terms["properties"][name].is_object(), "{name}");
        }
        assert_eq!(terms["properties"]["validUntil"]["format"], "date-time");
    }

    #[test]
    fn fields_that_exclude_one_another_are_at_most_one() {
        let case = schemas().of("gongqiao.v1.OpenCase").unwrap();
        let choices = case["allOf"][0]["oneOf"].as_array().unwrap();
        assert_eq!(choices[0]["required"], json!(["grievance"]));
        assert_eq!(choices[1]["required"], json!(["followUp"]));
        assert_eq!(choices[2]["not"]["anyOf"].as_array().unwrap().len(), 2);
        assert!(schemas().of("gongqiao.v1.Nothing").is_none());
    }
}
