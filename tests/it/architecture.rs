//! The rules that keep the architecture visible, asked of cargo itself.

use std::{collections::HashMap, process::Command};

use serde_json::Value;

/// Services: none of them may depend on another.
const SERVICES: [&str; 9] = [
    "gongqiao-gate",
    "gongqiao-board",
    "gongqiao-matcher",
    "gongqiao-steward",
    "gongqiao-notify",
    "gongqiao-feeds",
    "gongqiao-replay",
    "gongqiao-console",
    "gongqiao-sim",
];

/// Every crate of ours with its normal dependencies.
fn dependencies() -> HashMap<String, Vec<String>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let named = packages.iter().map(|package| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
        let names = normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned());
        (package["name"].as_str().unwrap().to_owned(), names.collect())
    });
    named.collect()
}

fn assert_none(broken: &[String]) {
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn services_never_depend_on_one_another() {
    let all = dependencies();
    let broken: Vec<String> = SERVICES
        .iter()
        .flat_map(|service| all[*service].iter().map(move |other| (service, other)))
        .filter(|(_, other)| SERVICES.contains(&other.as_str()))
        .map(|(service, other)| format!("{service} depends on {other}"))
        .collect();
    assert_none(&broken);
}

#[test]
fn only_the_stream_crate_speaks_nats() {
    let all = dependencies();
    assert!(all["gongqiao-stream"].contains(&"async-nats".to_owned()), "the control");
    let broken: Vec<String> = all
        .iter()
        .filter(|(name, _)| *name != "gongqiao-stream")
        .filter(|(_, dependencies)| dependencies.iter().any(|d| d == "async-nats"))
        .map(|(name, _)| format!("{name} depends on async-nats"))
        .collect();
    assert_none(&broken);
}

#[test]
fn the_vocabulary_and_the_rules_do_no_io() {
    let all = dependencies();
    let forbidden = ["tokio", "reqwest", "axum", "async-nats", "rusqlite"];
    let broken: Vec<String> = ["gongqiao-contract", "gongqiao-domain", "gongqiao-roster"]
        .iter()
        .flat_map(|name| all[*name].iter().map(move |dependency| (name, dependency)))
        .filter(|(_, dependency)| forbidden.contains(&dependency.as_str()))
        .map(|(name, dependency)| format!("{name} depends on {dependency}"))
        .collect();
    assert_none(&broken);
}

#[test]
fn lower_crates_know_nothing_of_ours_above_them() {
    let all = dependencies();
    let ours = |name: &str| -> Vec<&String> {
        all[name].iter().filter(|dependency| dependency.starts_with("gongqiao")).collect()
    };
    assert!(ours("gongqiao-contract").is_empty());
    assert!(ours("gongqiao-shell").is_empty());
    assert_eq!(ours("gongqiao-domain"), ["gongqiao-contract"]);
    assert_eq!(ours("gongqiao-roster"), ["gongqiao-contract"]);
    assert_eq!(ours("gongqiao-client"), ["gongqiao-contract"]);
    assert_eq!(ours("gongqiao-stream"), ["gongqiao-contract"]);
}
