//! Whatever a person may meet as a code has words in both languages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gongqiao_contract::{Lang, wire::DESCRIPTORS, words::Sort};
use prost_reflect::{DescriptorPool, FieldDescriptor};

/// Enumerations that no answer shows to a person.
const UNSHOWN: [&str; 1] = ["Verification"];

fn sort(name: &str) -> Option<Sort> {
    Sort::ALL.iter().copied().find(|sort| format!("{sort:?}") == name)
}

#[test]
fn every_value_of_the_wire_has_words() {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let mut seen = 0;
    for found in pool.all_enums().filter(|found| found.name() == "Value") {
        let parent = found.parent_message().unwrap();
        let name = parent.name();
        if UNSHOWN.contains(&name) || !found.full_name().starts_with("gongqiao.") {
            continue;
        }
        let sort = sort(name).unwrap_or_else(|| panic!("{name} has no words"));
        for value in found.values().filter(|value| value.number() != 0) {
            for lang in [Lang::En, Lang::Zh] {
                assert!(
                    sort.word(value.name(), lang).is_some(),
                    "no words for {name}.{}",
                    value.name()
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 90, "{seen} values were seen");
}

/// Whether a history shows the field: everything but single messages of ours.
fn shown_as_field(field: &FieldDescriptor) -> bool {
    let kind = field.kind();
    let inner = kind.as_message().filter(|inner| !inner.full_name().starts_with("google."));
    field.is_list() || inner.is_none()
}

#[test]
fn every_event_of_a_vacancy_dispatch_or_case_has_a_name_and_so_have_its_fields() {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let fact = pool.get_message_by_name("gongqiao.v1.Fact").unwrap();
    let shown = fact.oneofs().next().unwrap();
    for field in shown.fields().filter(|field| (40..90).contains(&field.number())) {
        let name = field.kind().as_message().unwrap().name().to_owned();
        assert!(Sort::Event.word(&name, Lang::Zh).is_some(), "no words for {name}");
        let body = field.kind().as_message().unwrap().clone();
        for field in body.fields().filter(shown_as_field) {
            let key = field.json_name();
            assert!(Sort::Field.word(key, Lang::Zh).is_some(), "no words for {name}.{key}");
        }
    }
}
