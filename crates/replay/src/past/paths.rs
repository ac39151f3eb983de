//! What differs between two JSON values, by paths.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What names an element of a list, the first that it has.
const NAMES: [&str; 3] = ["card", "id", "point"];

/// Every value at which nothing stands below, by its path.
pub(crate) fn leaves(value: Option<&Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    if let Some(value) = value {
        gather(String::new(), value, &mut found);
    }
    found
}

/// Paths at which two sets of leaves differ.
pub(crate) fn differing(
    one: &BTreeMap<String, Value>,
    other: &BTreeMap<String, Value>,
) -> BTreeSet<String> {
    let paths = one.keys().chain(other.keys());
    paths.filter(|path| one.get(*path) != other.get(*path)).cloned().collect()
}

fn gather(path: String, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                gather(format!("{path}/{name}"), value, found);
            }
        }
        // Why not of numbers: such a list is one value, as bytes are.
        Value::Array(items) if !items.iter().all(Value::is_number) => {
            let by_name = names(items);
            for (index, item) in items.iter().enumerate() {
                let name = by_name
                    .as_ref()
                    .map_or_else(|| index.to_string(), |names| names[index].to_owned());
                gather(format!("{path}/{name}"), item, found);
            }
        }
        leaf => drop(found.insert(path, leaf.clone())),
    }
}

/// Names of all elements, if each has one of its own: then an element that is
/// put in before others does not make them all look different.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let of = |field: &str| -> Option<Vec<&str>> {
        let names: Vec<&str> =
            items.iter().map(|item| item.get(field)?.as_str()).collect::<Option<_>>()?;
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        (distinct.len() == items.len()).then_some(names)
    };
    NAMES.into_iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(one: Value, other: Value, expected: &[&str]) {
        let found = differing(&leaves(Some(&one)), &leaves(Some(&other)));
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_differs_is_named_by_its_path_and_nothing_else_is() {
        check(
            json!({"a": 1, "b": {"c": ["x", "y"]}}),
            json!({"a": 1, "b": {"c": ["x", "z"]}}),
            &["/b/c/1"],
        );
        check(json!({"a": [1, 2]}), json!({"a": [1, 3]}), &["/a"]);
        check(json!({"a": null}), json!({"b": []}), &["/a", "/b"]);
        assert!(leaves(None).is_empty());
    }

    #[test]
    fn elements_with_names_are_told_apart_by_them() {
        let before = json!({"manifest": [{"card": "b", "state": "held"}]});
        let after =
            json!({"manifest": [{"card": "a", "state": "held"}, {"card": "b", "state": "held"}]});
        check(before, after, &["/manifest/a/card", "/manifest/a/state"]);
        check(
            json!([{"card": "a"}, {"card": "a"}]),
            json!([{"card": "a"}, {"card": "b"}]),
            &["/0/card", "/1/card", "/a/card", "/b/card"],
        );
    }
}
