//! The OpenAPI document and the program that serves it say the same.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use gongqiao_contract::Code;
use reqwest::Method;
use serde_json::Value;

use super::support::Exchange;

/// Verbs that a path could have.
const METHODS: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// Answered over NATS alone.
const OVER_NATS: [Code; 2] = [Code::NatsSubject, Code::NatsUser];

async fn document(exchange: &Exchange) -> Value {
    let url = format!("{}/openapi.json", exchange.process.origin);
    client().get(url).send().await.unwrap().json().await.unwrap()
}

fn client() -> reqwest::Client {
    gongqiao_client::http_client().unwrap()
}

/// Path, method and operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.collect()
}

/// What a value refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        _ => {}
    }
}

/// A path with something in the place of each id.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{signal}" => "431021001001-vac_1".to_owned(),
        "{period}" => "2026-01".to_owned(),
        "{file}" => "console.mjs".to_owned(),
        part if part.starts_with('{') => "431021001001".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_documented_path_takes_the_methods_it_names_and_no_others() {
    let exchange = Exchange::up();
    let document = document(&exchange).await;
    let mut of_path: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        of_path.entry(path).or_default().insert(method.to_uppercase());
    }
    assert!(of_path.len() > 60, "{of_path:?}");
    let key = fs::read_to_string(exchange.data().join("keys/operator.key")).unwrap();
    for (path, documented) in of_path {
        for method in METHODS {
            let url = format!("{}{}", exchange.process.origin, filled(path));
            let request = client().request(method.clone(), url).bearer_auth(key.trim());
            let answer = request.send().await.unwrap();
            let problem = answer.status().is_client_error();
            let body: Value = if problem { answer.json().await.unwrap() } else { Value::default() };
            let expected = documented.contains(method.as_str());
            assert_eq!(body["code"] != "request.method", expected, "{method} {path}: {body}");
            assert_ne!(body["code"], "request.unknown_path", "{method} {path}");
        }
    }
}

/// A route that is added beside the document is none that the test above sees.
#[test]
fn no_router_is_built_beside_the_document() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    rust_files(&crates, &mut sources);
    assert!(sources.len() > 300, "{}", sources.len());
    let mut routed = 0;
    let mut beside = Vec::new();
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        routed += text.matches(".routes(routes!(").count();
        let plain = text.replace("OpenApiRouter::new()", "");
        if plain.contains(".route(") || plain.contains("Router::new()") {
            beside.push(path);
        }
    }
    assert!(routed > 60, "{routed}");
    assert!(beside.is_empty(), "{beside:?}");
}

/// Why: a measurement has servers of its own to compare with.
fn is_bench(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "bench")
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_bench(&path) {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_code_is_some_operations_or_common_to_all() {
    let exchange = Exchange::up();
    let document = document(&exchange).await;
    let mut named: HashSet<String> = HashSet::new();
    let answers = document["components"]["responses"].as_object().unwrap().values();
    for answer in answers {
        let parts = &answer["content"]["application/problem+json"]["schema"]["allOf"];
        let codes = parts[1]["properties"]["code"]["enum"].as_array().unwrap().iter();
        named.extend(codes.map(|code| code.as_str().unwrap().to_owned()));
    }
    for (_, _, operation) in operations(&document) {
        let notes = operation["x-row-notes"].as_array().into_iter().flatten();
        named.extend(notes.map(|code| code.as_str().unwrap().to_owned()));
    }
    let common = document["info"]["description"].as_str().unwrap();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !OVER_NATS.contains(code))
        .map(|code| code.as_str())
        .filter(|code| !named.contains(*code) && !common.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn the_document_is_whole() {
    let exchange = Exchange::up();
    let document = document(&exchange).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let place = document.pointer(reference.trim_start_matches('#'));
        assert!(place.is_some_and(|place| !place.is_null()), "{reference}");
    }
    let tags: HashSet<&Value> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = HashSet::new();
    for (path, method, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}");
        assert!(operation["summary"].as_str().unwrap().len() > 5, "{what}");
        assert!(tags.contains(&operation["tags"][0]), "{what}");
        assert!(operation["x-refusals"].is_null(), "{what}");
        let body = &operation["requestBody"]["content"]["application/json"];
        assert!(body.is_null() || !body["example"].is_null(), "{what}");
        let is_api = operation["security"].is_null();
        assert_eq!(is_api, path.starts_with("/v1/"), "{what}");
        assert_eq!(is_api, operation["responses"]["401"].is_object(), "{what}");
        let parameters = operation["parameters"].as_array().unwrap();
        let has = |name: &str| parameters.iter().any(|one| one["name"] == name);
        assert!(has("X-Request-Id"), "{what}");
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(has(name), "{what}: {name}");
        }
    }
    let parameters = &document["paths"]["/v1/vacancies"]["post"]["parameters"];
    let key = parameters.as_array().unwrap().iter().any(|one| one["name"] == "Idempotency-Key");
    assert!(key, "{parameters}");
}

#[tokio::test]
async fn a_place_that_the_log_has_not_come_to_is_not_waited_for() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let asked = operator.get::<Value>("/v1/parties?min_sequence=1000000").await;
    let problem = super::support::refusal(asked);
    assert_eq!((problem.status, &*problem.code), (400, "read.ahead"));
}
