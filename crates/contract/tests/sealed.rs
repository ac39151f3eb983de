//! No string may stand in an event in clear unless the schema says why.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashSet, fs, path::Path};

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor, Value};

/// Messages that are written to a stream.
const PUBLISHED: [&str; 13] = [
    "gongqiao.v1.Fact",
    "gongqiao.v1.Card",
    "gongqiao.v1.AccessRecord",
    "gongqiao.v1.ParkedAct",
    "gongqiao.v1.ReplayRecord",
    "gongqiao.v1.VacancyItem",
    "gongqiao.v1.DispatchItem",
    "gongqiao.v1.SignalItem",
    "gongqiao.v1.SupplyItem",
    "gongqiao.v1.CardItem",
    "gongqiao.v1.FeedRemoved",
    "gongqiao.v1.FeedDigest",
    "gongqiao.v1.FeedClosed",
];

/// Fields of bytes that may stand in a stream: keyed hashes, ciphertexts, and
/// salts of secrets.
const BYTES: [&str; 8] = [
    "gongqiao.v1.CredentialIssued.mac",
    "gongqiao.v1.Receipt.fingerprint",
    "gongqiao.v1.WebhookAdded.salt",
    "gongqiao.v1.WebhookRotated.salt",
    "gongqiao.v1.Card.content_mac",
    "gongqiao.v1.ReplayEnded.sha256",
    "gongqiao.v1.Sealed.nonce",
    "gongqiao.v1.Sealed.ciphertext",
];

/// Names of fields that could hold something personal and are not excused.
fn unexcused(pool: &DescriptorPool, root: &str) -> Vec<String> {
    let text = pool.get_extension_by_name("gongqiao.v1.text").unwrap();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut todo: Vec<MessageDescriptor> = vec![pool.get_message_by_name(root).unwrap()];
    while let Some(message) = todo.pop() {
        if !seen.insert(message.full_name().to_owned())
            || message.full_name().starts_with("google.protobuf.")
        {
            continue;
        }
        for field in message.fields() {
            match field.kind() {
                Kind::Message(inner) => todo.push(inner),
                Kind::Bytes if !BYTES.contains(&field.full_name()) => {
                    found.push(field.full_name().to_owned());
                }
                Kind::String => {
                    let options = field.options();
                    let reason = options.get_extension(&text);
                    if matches!(*reason, Value::EnumNumber(0)) {
                        found.push(field.full_name().to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn no_event_has_a_string_without_a_reason() {
    let pool = DescriptorPool::decode(gongqiao_contract::wire::DESCRIPTORS).unwrap();
    for root in PUBLISHED {
        assert_eq!(unexcused(&pool, root), Vec::<String>::new(), "in {root}");
    }
}

#[test]
fn a_person_is_published_only_sealed() {
    let pool = DescriptorPool::decode(gongqiao_contract::wire::DESCRIPTORS).unwrap();
    // Why: the control. What is inside of a seal has strings without a reason.
    let inside = unexcused(&pool, "gongqiao.v1.Person");
    assert!(inside.contains(&"gongqiao.v1.Person.citizen_id".to_owned()), "{inside:?}");
}

#[test]
fn a_bare_string_in_a_nested_message_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    fs::write(
        dir.path().join("bad.proto"),
        r#"syntax = "proto3";
           package bad;
           import "gongqiao/v1/text.proto";
           message Outer { Inner inner = 1; string good = 2 [(gongqiao.v1.text) = TEXT_TOKEN]; }
           message Inner { repeated string names = 1; map<string, bytes> more = 2; }"#,
    )
    .unwrap();
    let mut compiler = protox::Compiler::new([dir.path(), &schema]).unwrap();
    compiler.include_imports(true).open_file("bad.proto").unwrap();
    let pool = DescriptorPool::decode(&*compiler.encode_file_descriptor_set()).unwrap();
    let found = unexcused(&pool, "bad.Outer");
    assert_eq!(found, ["bad.Inner.names", "bad.Inner.MoreEntry.key", "bad.Inner.MoreEntry.value"]);
}
