//! The OpenAPI document of a process. Handlers say what is their own: path,
//! query, body, answer and, as [`REFUSALS`], the refusals that follow from
//! what they do. Whatever follows from the form of a request is added here,
//! once for all: ids in paths, pages, refusals of keys and bodies, headers.

mod example;
mod refusals;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gongqiao_contract::{
    Code,
    id::{
        AgreementId, CardId, CaseId, DispatchId, KeyId, ParkedId, PartyId, ReplayId, SignalId,
        SubscriptionId, VacancyId, WebhookId,
    },
    schema::{PACKAGE, Schemas, named},
    view,
};
use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{OpenApi, RefOr, Schema},
};

pub use refusals::COMMON;

/// The extension in which a handler names its refusals.
pub const REFUSALS: &str = "x-refusals";
/// The extension in which the handler of an upload names what may stand beside
/// a row of its report.
pub const ROW_NOTES: &str = "x-row-notes";

/// What every operation of one method on one path may be refused with.
#[derive(Debug, Default)]
pub struct Documented(HashMap<(String, String), BTreeSet<String>>);

impl Documented {
    /// Whether the document says that this may be the answer. `path` is the
    /// template, as `/v1/vacancies/{vacancy}`; HEAD counts as GET.
    pub fn names(&self, method: &str, path: &str, code: Code) -> bool {
        let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
        COMMON.contains(&code)
            || self
                .0
                .get(&(method, path.to_owned()))
                .is_some_and(|codes| codes.contains(code.as_str()))
    }
}

/// The document as it is served, and what it says of refusals.
pub fn complete(api: &OpenApi, schemas: &Schemas) -> serde_json::Result<(Value, Documented)> {
    let mut document = serde_json::to_value(api)?;
    document["info"] = json!({
        "title": "gongqiao 工桥",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        "description": format!(
            "Labour cooperation between cities: demand, signals, groups on their way, and what \
             becomes of people.\n\nEvery refusal is a problem (RFC 9457) with a stable `code`; \
             each operation lists its own. Besides, any request may meet:\n{}",
            refusals::listed(COMMON),
        ),
    });
    document["servers"] = json!([{ "url": "/", "description": "Where this document came from" }]);
    document["tags"] = TAGS
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    document["security"] = json!([{ "apiKey": [] }]);
    document["components"]["securitySchemes"] = json!({ "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "gqk_<public half>_<secret>",
        "description": "The API key of one person of a party, from \
            `POST /v1/parties/{party}/credentials`. Whoever speaks is known by it alone.",
    }});
    name(&mut document, &view::Problem::name(), view::Problem::schema());
    let mut documented = Documented::default();
    for (path, method, operation) in operations(&mut document) {
        let codes = finish(path, method, operation);
        documented.0.insert((method.clone(), path.clone()), codes);
    }
    share_answers(&mut document);
    resolve(&mut document, schemas);
    may_be_missing(&mut document["components"]["schemas"]);
    example::add(&mut document);
    Ok((document, documented))
}

/// The form of the id of a request.
const REQUEST_ID: &str = "^[A-Za-z0-9_-]{1,64}$";

/// A part of an object that may be missing is no object of its own that may be
/// null: without it, the others stand alone.
fn may_be_missing(schema: &mut Value) {
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        let choices = part.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
        if let [whole, null] = &choices[..]
            && null["type"] == "null"
        {
            *part = json!({ "anyOf": [whole, { "type": "object" }] });
        }
    }
    match schema {
        Value::Array(items) => items.iter_mut().for_each(may_be_missing),
        Value::Object(fields) => fields.values_mut().for_each(may_be_missing),
        _ => {}
    }
}

/// Refusals that several operations answer alike stand in the document once.
fn share_answers(document: &mut Value) {
    let mut shared: BTreeMap<String, Value> = BTreeMap::new();
    let mut names: HashMap<String, String> = HashMap::new();
    for (_, _, operation) in operations(document) {
        for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
            if answer["content"]["application/problem+json"].is_null() {
                continue;
            }
            let next = shared.len() + 1;
            let name = names.entry(answer.to_string()).or_insert_with(|| {
                let name = format!("Refused{status}-{next}");
                shared.insert(name.clone(), answer.clone());
                name
            });
            *answer = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
    document["components"]["responses"] = json!(shared);
}

/// What operations are about, in the order of a vacancy's life.
const TAGS: [(&str, &str); 15] = [
    ("parties", "Who takes part, and with which keys"),
    ("agreements", "What permits the rest"),
    ("register", "Who could come: a service point's own people"),
    ("vacancies", "Demand for people, with its ledger"),
    ("signals", "What service points are asked for"),
    ("dispatches", "Groups on their way"),
    ("placements", "Where people stand"),
    ("cases", "What is followed up, asked or settled about one person"),
    ("people", "What one person may ask for"),
    ("reports", "Months, and the cooperation ledger"),
    ("feeds", "Subscriptions, and what subscribers read"),
    ("replays", "What happened, once more"),
    ("past", "Any moment of the past, and whether the present follows from it"),
    ("operation", "Health, the clock, attempts that were refused"),
    ("page", "The pages for people, and these documents"),
];

fn name(document: &mut Value, name: &str, schema: RefOr<Schema>) {
    document["components"]["schemas"][name] = json!(schema);
}

/// Every operation, with its path and method.
fn operations(document: &mut Value) -> impl Iterator<Item = (&String, &String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object_mut().into_iter().flatten();
        methods.map(move |(method, operation)| (path, method, operation))
    })
}

/// Adds to an operation what follows from its form; says what may refuse it.
fn finish(path: &str, method: &str, operation: &mut Value) -> BTreeSet<String> {
    let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
    let name = operation["operationId"].as_str().unwrap_or_default();
    operation["operationId"] = format!("{tag}_{name}").into();
    let mut parameters = of_path(path);
    parameters.extend(operation["parameters"].as_array().into_iter().flatten().map(well_known));
    parameters.push(header(
        "X-Request-Id",
        "An id of your own, which stands in the answer and in our logs; 1 to 64 of A-Z a-z 0-9 _ -",
    ));
    if is_api(operation) {
        parameters.push(header("Accept-Language", "`zh` or `en`: the language of what is said"));
    }
    operation["parameters"] = parameters.into();
    let codes = refusals::of(path, method, operation);
    for (status, answer) in refusals::answers(&codes) {
        operation["responses"][status] = answer;
    }
    if let Some(extension) = operation.as_object_mut() {
        extension.remove(REFUSALS);
    }
    in_sentences(operation);
    refusals::of_rows(operation);
    for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
        describe(status, answer);
    }
    codes.into_iter().map(|code| code.as_str().to_owned()).collect()
}

/// The first sentence of what a handler says is the summary, all others the
/// description; the lines of a comment end anywhere.
fn in_sentences(operation: &mut Value) {
    let text = |name: &str| operation[name].as_str().unwrap_or_default().replace('\n', " ");
    let whole = format!("{} {}", text("summary"), text("description"));
    let (summary, rest) = whole.trim().split_once(". ").unwrap_or((whole.trim(), ""));
    let (summary, rest) = (summary.trim_end_matches('.').to_owned(), rest.trim().to_owned());
    operation["summary"] = summary.into();
    operation["description"] = rest.into();
}

/// Adds to an answer what all of its status have.
fn describe(status: &str, answer: &mut Value) {
    let has_none = answer["description"].as_str().is_none_or(str::is_empty);
    if has_none {
        answer["description"] = match status {
            "201" => "It was made, and has the id that the receipt names",
            _ => "What was asked for",
        }
        .into();
    }
    if status == "201" && has_none {
        answer["headers"]["Location"] = json!({
            "description": "Where it is read",
            "schema": { "type": "string", "format": "uri-reference" },
        });
    }
    answer["headers"]["X-Request-Id"] = json!({
        "description": "The id of the request: yours, or a new one",
        "schema": { "type": "string", "pattern": REQUEST_ID },
    });
}

/// Whether an operation belongs to the API, whose answers are in a language.
fn is_api(operation: &Value) -> bool {
    operation["security"].is_null()
}

fn header(name: &str, description: &str) -> Value {
    let text = json!({ "type": "string" });
    let schema = match name {
        "X-Request-Id" => json!({ "type": "string", "pattern": REQUEST_ID }),
        "Accept-Language" => json!({ "type": "string", "enum": ["zh-CN", "en"] }),
        _ => text,
    };
    json!({ "name": name, "in": "header", "description": description, "schema": schema })
}

/// The ids that a path names.
fn of_path(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": id_schema(name) });
    names.map(parameter).collect()
}

fn id_schema(name: &str) -> Value {
    let known: RefOr<Schema> = match name {
        "party" | "point" => PartyId::schema(),
        "agreement" => AgreementId::schema(),
        "subscription" => SubscriptionId::schema(),
        "webhook" => WebhookId::schema(),
        "vacancy" => VacancyId::schema(),
        "signal" => SignalId::schema(),
        "dispatch" => DispatchId::schema(),
        "case" => CaseId::schema(),
        "card" => CardId::schema(),
        "key" => KeyId::schema(),
        "parked" => ParkedId::schema(),
        "replay" => ReplayId::schema(),
        "period" => {
            return json!({
                "type": "string",
                "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$",
                "description": "A month, YYYY-MM (月份)",
            });
        }
        _ => return json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
    };
    json!(known)
}

/// A parameter that is the same everywhere gets its words and bounds here.
fn well_known(parameter: &Value) -> Value {
    let mut parameter = parameter.clone();
    let (description, schema) = match parameter["name"].as_str() {
        Some("page_size") => (
            "Items wanted; more than the most are not given",
            json!({ "type": "integer", "minimum": 0 }),
        ),
        Some("page_token") => {
            ("`next_page_token` of the page before; opaque", json!({ "type": "string" }))
        }
        Some("min_sequence") => (
            "Answer once the log was read up to here: the `sequence` of your own command",
            json!({ "type": "integer", "minimum": 0 }),
        ),
        _ => return parameter,
    };
    parameter["description"] = description.into();
    parameter["schema"] = schema;
    parameter
}

/// Adds every schema of `proto/` that is named, and those that they name.
fn resolve(document: &mut Value, schemas: &Schemas) {
    let wanted = named(document).into_iter().filter(|name| name.starts_with(PACKAGE));
    let found = schemas.closure(wanted.collect());
    if let Some(all) = document["components"]["schemas"].as_object_mut() {
        all.extend(found);
    }
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::wire;
    use utoipa_axum::{router::OpenApiRouter, routes};

    use super::*;
    use crate::page::PageQuery;

    /// Does something. What it does is told
    /// in two lines.
    #[utoipa::path(
        post,
        path = "/v1/vacancies/{vacancy}/act",
        tag = "vacancies",
        request_body = wire::ReduceVacancy,
        responses((status = 200, body = view::Receipt)),
        extensions(("x-refusals" = json!([Code::VacancyNotOpen]))),
    )]
    async fn act() {}

    /// Lists them.
    #[utoipa::path(
        get,
        path = "/v1/vacancies",
        tag = "vacancies",
        params(PageQuery),
        responses((status = 200, body = view::Page<view::Vacancy>)),
    )]
    async fn list() {}

    fn whole() -> (Value, Documented) {
        let router: OpenApiRouter = OpenApiRouter::new().routes(routes!(act)).routes(routes!(list));
        complete(&router.into_openapi(), &Schemas::read().unwrap()).unwrap()
    }

    #[test]
    fn an_operation_may_be_refused_with_its_own_codes_and_those_of_its_form_alone() {
        let (_, documented) = whole();
        let path = "/v1/vacancies/{vacancy}/act";
        let named = |code| documented.names("POST", path, code);
        for code in [
            Code::VacancyNotOpen,
            Code::AuthMissing,
            Code::BodyUnknownField,
            Code::RequestId,
            Code::Overloaded,
            Code::Internal,
        ] {
            assert!(named(code), "{code:?}");
        }
        for code in [Code::CardHeld, Code::RequestPage, Code::IdempotencyReused] {
            assert!(!named(code), "{code:?}");
        }
        assert!(documented.names("HEAD", "/v1/vacancies", Code::RequestPage));
        assert!(!documented.names("GET", "/v1/vacancies", Code::BodyMalformed));
        assert!(!documented.names("GET", "/v1/elsewhere", Code::RequestPage));
    }

    #[test]
    fn what_follows_from_the_form_of_an_operation_stands_in_the_document() {
        let (document, _) = whole();
        let act = &document["paths"]["/v1/vacancies/{vacancy}/act"]["post"];
        assert_eq!(act["operationId"], "vacancies_act");
        assert_eq!(act["summary"], "Does something");
        assert_eq!(act["description"], "What it does is told in two lines.");
        assert_eq!(
            (&act["parameters"][0]["name"], &act["parameters"][0]["in"]),
            (&json!("vacancy"), &json!("path"))
        );
        assert!(act["x-refusals"].is_null());
        let conflict = act["responses"]["409"]["$ref"].as_str().unwrap();
        let conflict = document.pointer(conflict.trim_start_matches('#')).unwrap();
        let problem = &conflict["content"]["application/problem+json"];
        let codes = &problem["schema"]["allOf"][1]["properties"]["code"]["enum"];
        assert_eq!(*codes, json!(["vacancy.not_open", "entity.newer_schema"]));
        assert_eq!(problem["examples"]["vacancy.not_open"]["value"]["status"], 409);
        let later = act["responses"]["503"]["$ref"].as_str().unwrap();
        let later = document.pointer(later.trim_start_matches('#')).unwrap();
        assert!(later["headers"]["Retry-After"].is_object());
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert!(schemas.contains_key("gongqiao.v1.ReduceVacancy"));
        assert!(schemas.contains_key("gongqiao.v1.VacancyTerms"), "named by an answer");
        let listed = &document["paths"]["/v1/vacancies"]["get"]["responses"]["200"];
        let example = &listed["content"]["application/json"]["example"];
        assert!(example["items"][0]["terms"]["pay"]["baseYuan"].is_u64(), "{example}");
    }
}
