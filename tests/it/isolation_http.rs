//! Nobody reads or changes over HTTP what is another's: every party against
//! every path of the others, and keys that are none. The attempts are made
//! from the lists of parties and paths, not one by one.

use gongqiao_client::{Client, http_client};
use gongqiao_contract::{
    codes::CreditCode,
    view::{self, Receipt},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{
    Exchange, cards, commit, key, point, row, sign, signal, test_id, upload, vacancy,
};

/// What one side of the city has.
struct Side {
    factory: String,
    point: String,
    /// Names that only its point may see.
    names: Vec<String>,
    vacancy: String,
    dispatch: String,
    case: String,
    card: String,
    agreement: String,
    key: String,
}

/// Parties, people, a vacancy that is being filled, a group, a grievance.
async fn side(operator: &Client, number: u32, point_code: &str) -> Side {
    let factory = CreditCode::make(&format!("Y14310000TEXT{number:04}")).unwrap().to_string();
    let party =
        json!({ "party": factory, "kind": "ENTERPRISE", "name": format!("测试{number}厂") });
    operator.post("/v1/parties", &party, None).await.unwrap();
    let agreement = sign(operator, &factory).await;
    let factory_desk = key(operator, &factory, "CLERK").await;
    let point_desk = point(operator, point_code).await;
    let ask = json!({ "person": "staff-2", "role": "CLERK" });
    let path = format!("/v1/parties/{factory}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    let day = date!(1985 - 03 - 07) + time::Duration::days(i64::from(number));
    let names: Vec<String> = ["甲", "乙", "丙"].map(|n| format!("测试{number}{n}")).to_vec();
    let rows: Vec<Value> = (1..)
        .zip(&names)
        .map(|(n, name)| {
            let mut row = row(&test_id(day, n), point_code);
            row["name"] = json!(name);
            row
        })
        .collect();
    upload(&point_desk, point_code, &rows).await;
    let people = cards(&point_desk, point_code).await;
    // Why of its own people alone: the other point would be asked as well.
    let mut ask = vacancy(2);
    ask["terms"]["title"] = json!(format!("电子装配工{number}"));
    let id = factory_desk.post("/v1/vacancies", &ask, None).await.unwrap().id;
    let asked = signal(&point_desk, point_code, &id).await.id.to_string();
    commit(&point_desk, &asked, &people[..2]).await;
    let open = json!({
        "vacancy": id, "mode": "COACH", "manifest": [people[0]],
        "vehicle": { "plate": "湘L00001", "seats": 45, "carrier": "示例客运" },
    });
    let dispatch = point_desk.post("/v1/dispatches", &open, None).await.unwrap().id;
    let accept = json!({ "move": "ACCEPTED" });
    let events = format!("/v1/dispatches/{dispatch}/events");
    factory_desk.post(&events, &accept, None).await.unwrap();
    let grievance =
        json!({ "grievance": { "card": people[0], "kind": "OTHER", "note": "测试记录" } });
    let case = point_desk.post("/v1/cases", &grievance, None).await.unwrap().id;
    Side {
        factory,
        point: point_code.to_owned(),
        names,
        vacancy: id,
        dispatch,
        case,
        card: people[0].clone(),
        agreement,
        key: issued.id,
    }
}

/// Whatever is this side's, with a body that would be taken from its owner.
fn attempts(of: &Side) -> Vec<(Method, String, Value)> {
    let Side { factory, point, vacancy, dispatch, case, card, agreement, key, .. } = of;
    let get = |path: String| (Method::GET, path, Value::Null);
    let post = |path: String, body: Value| (Method::POST, path, body);
    let terms = crate::support::vacancy(1);
    let mut all = vec![
        get(format!("/v1/vacancies/{vacancy}/people")),
        get(format!("/v1/vacancies/{vacancy}/events?figure=committed")),
        get(format!("/v1/signals/{point}-{vacancy}")),
        get(format!("/v1/dispatches/{dispatch}")),
        get(format!("/v1/dispatches/{dispatch}/history")),
        get(format!("/v1/dispatches/{dispatch}/people")),
        get(format!("/v1/register/{point}/cards")),
        get(format!("/v1/register/{point}/accesses")),
        get(format!("/v1/people/{card}")),
        get(format!("/v1/cases/{case}")),
        get(format!("/v1/agreements/{agreement}")),
        get(format!("/v1/parties/{factory}/credentials")),
        post(format!("/v1/vacancies/{vacancy}/update"), terms.clone()),
        post(format!("/v1/vacancies/{vacancy}/reduce"), json!({ "headcount": 1 })),
        post(format!("/v1/vacancies/{vacancy}/withdraw"), Value::Null),
        post(format!("/v1/vacancies/{vacancy}/lapse"), Value::Null),
        post(format!("/v1/vacancies/{vacancy}/recall"), json!({ "points": [point] })),
        post(format!("/v1/vacancies/{vacancy}/escalate"), json!({ "points": [point] })),
        post(format!("/v1/vacancies/{vacancy}/promote"), Value::Null),
        post(format!("/v1/vacancies/{vacancy}/release"), json!({ "cards": [card] })),
        post(
            format!("/v1/signals/{point}-{vacancy}/answer"),
            json!({ "decline": { "reason": "PAY" } }),
        ),
        post(
            format!("/v1/signals/{point}-{vacancy}/answer"),
            json!({ "calls": [{ "card": card, "outcome": "UNWILLING" }] }),
        ),
        post(
            "/v1/dispatches".to_owned(),
            json!({ "vacancy": vacancy, "mode": "ALONE", "manifest": [card] }),
        ),
        post(format!("/v1/dispatches/{dispatch}/events"), json!({ "move": "CANCELLED" })),
        post(
            format!("/v1/dispatches/{dispatch}/events"),
            json!({ "people": { "cards": [card], "to": "BOARDED" } }),
        ),
        post(format!("/v1/dispatches/{dispatch}/events"), json!({ "join": { "cards": [card] } })),
        post(format!("/v1/people/{card}/erase"), json!({ "reason": "REQUEST" })),
        post(format!("/v1/people/{card}/freeze"), Value::Null),
        post(format!("/v1/people/{card}/unfreeze"), Value::Null),
        post(format!("/v1/people/{card}/consents"), json!({ "purpose": "DISCLOSURE" })),
        post(format!("/v1/people/{card}/consents/withdraw"), json!({ "purpose": "MATCHING" })),
        post(
            "/v1/cases".to_owned(),
            json!({ "grievance": { "card": card, "kind": "OTHER", "note": "x" } }),
        ),
        post(format!("/v1/cases/{case}/events"), json!({ "close": { "end": "SETTLED" } })),
        post(format!("/v1/credentials/{key}/revoke"), Value::Null),
        post(format!("/v1/agreements/{agreement}/terminate"), Value::Null),
        post(format!("/v1/agreements/{agreement}/end"), Value::Null),
        post(
            format!("/v1/agreements/{agreement}/amend"),
            json!({ "until": "2098-01-01T00:00:00Z" }),
        ),
        post(format!("/v1/parties/{factory}/revoke"), Value::Null),
        post(
            format!("/v1/parties/{point}/credentials"),
            json!({ "person": "staff-9", "role": "CLERK" }),
        ),
        post(format!("/v1/register/{point}/cards"), json!({ "name": "测试" })),
        post("/v1/reports/2026-01/close".to_owned(), Value::Null),
    ];
    all.extend(
        ["enterprise", "carrier", "insurer"]
            .map(|to| get(format!("/v1/dispatches/{dispatch}/manifest?for={to}"))),
    );
    all
}

/// Lists that hold only one's own.
const LISTS: [&str; 6] = [
    "/v1/vacancies",
    "/v1/dispatches",
    "/v1/placements",
    "/v1/cases",
    "/v1/signals",
    "/v1/agreements",
];

struct Door {
    http: reqwest::Client,
    origin: String,
}

impl Door {
    /// Tries all that is this side's, and says how often and what was open.
    async fn try_all(&self, who: &str, token: Option<&str>, of: &Side) -> (usize, Vec<String>) {
        let (mut tried, mut open) = (0, Vec::new());
        for attempt in attempts(of) {
            let (status, text) = self.ask(token, &attempt).await;
            tried += 1;
            let told = of.names.iter().any(|name| text.contains(name));
            // 429: so many keys that are none.
            if told || !matches!(status.as_u16(), 401 | 403 | 404 | 429) {
                open.push(format!("{who}: {} {} -> {status}", attempt.0, attempt.1));
            }
        }
        for list in LISTS {
            let (_, text) = self.ask(token, &(Method::GET, list.into(), Value::Null)).await;
            tried += 1;
            let anothers = [&of.dispatch, &of.case, &of.card, &of.agreement];
            if anothers.into_iter().chain(&of.names).any(|one| text.contains(one.as_str())) {
                open.push(format!("{who}: {list}"));
            }
        }
        (tried, open)
    }

    async fn ask(
        &self,
        token: Option<&str>,
        (method, path, body): &(Method, String, Value),
    ) -> (StatusCode, String) {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.origin));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

/// A new key of a party, as text.
async fn token(operator: &Client, party: &str, role: &str) -> String {
    let ask = json!({ "person": "staff-3", "role": role });
    let path = format!("/v1/parties/{party}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    issued.key.unwrap()
}

fn first_key(exchange: &Exchange) -> String {
    let key = std::fs::read_to_string(exchange.data().join("keys/operator.key")).unwrap();
    key.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn isolation_nobody_reads_or_changes_over_http_what_is_anothers() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let first = side(&operator, 1, "431021001001").await;
    let second = side(&operator, 2, "431021102205").await;
    let city = json!({ "party": "440300", "kind": "CITY", "name": "深圳" });
    operator.post("/v1/parties", &city, None).await.unwrap();
    sign(&operator, "440300").await;
    let revoked = token(&operator, &first.point, "CLERK").await;
    let id = revoked.split('_').nth(1).unwrap().to_owned();
    operator.post_empty(&format!("/v1/credentials/{id}/revoke")).await.unwrap();
    let elsewhere = Exchange::up();
    let own = [
        token(&operator, &first.point, "CLERK").await,
        token(&operator, &first.factory, "CLERK").await,
        first_key(&exchange),
    ];
    let last = if own[0].ends_with('A') { "B" } else { "A" };
    let tampered = format!("{}{last}", &own[0][..own[0].len() - 1]);
    let speakers = [
        ("another factory", Some(token(&operator, &second.factory, "CLERK").await)),
        ("another point", Some(token(&operator, &second.point, "CLERK").await)),
        ("its auditor", Some(token(&operator, &second.point, "AUDITOR").await)),
        ("a city", Some(token(&operator, "440300", "CLERK").await)),
        ("nobody", None),
        ("a revoked key", Some(revoked)),
        ("another exchange's operator", Some(first_key(&elsewhere))),
        ("a tampered key", Some(tampered)),
        (
            "an invented key",
            Some("gqk_0000000000000000_00000000000000000000000000000000".to_owned()),
        ),
        ("*", Some("*".to_owned())),
    ];
    let door = Door { http: http_client().unwrap(), origin: exchange.process.origin.clone() };
    // The control: its owners read all of it.
    for attempt in attempts(&first).iter().filter(|(method, ..)| *method == Method::GET) {
        let mut owned = false;
        for owner in &own {
            owned |= door.ask(Some(owner), attempt).await.0.is_success();
        }
        assert!(owned, "nobody may read {}", attempt.1);
    }
    let before: view::Indicators = operator.get("/v1/indicators").await.unwrap();
    let (mut tried, mut open) = (0, Vec::new());
    for (who, token) in &speakers {
        let (more, found) = door.try_all(who, token.as_deref(), &first).await;
        tried += more;
        open.extend(found);
    }
    assert!(open.is_empty(), "{open:#?}");
    let after: view::Indicators = operator.get("/v1/indicators").await.unwrap();
    assert_eq!(after.events, before.events, "nothing was recorded for any of them");
    // The control: were somebody let in by mistake, this would find it.
    let (_, found) = door.try_all("its owner", Some(&own[0]), &first).await;
    let register = format!("/v1/register/{}/cards", first.point);
    for path in [register.as_str(), "/v1/dispatches", "/erase"] {
        assert!(found.iter().any(|one| one.contains(path)), "{path}: {found:#?}");
    }
    println!("isolation: {tried} attempts over HTTP, {} denied", tried - open.len());
}
