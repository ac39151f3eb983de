//! Seven villages of two townships, 38 people, four stops, one coach; two
//! others travel alone.

use std::collections::BTreeSet;

use gongqiao_client::Client;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use super::afterwards::vacancy;
use crate::support::{
    Exchange, cards, commit, enterprise, point, refusal, row, signal, test_id, upload,
};

const TOWNSHIP: &str = "431021001000";
/// Villages with their people: four of the township, three of another.
const VILLAGES: [(&str, usize); 7] = [
    ("431021001001", 10),
    ("431021001002", 7),
    ("431021001003", 6),
    ("431021001004", 5),
    ("431021002001", 5),
    ("431021002002", 4),
    ("431021002003", 3),
];
/// Of the first village, those who travel alone.
const ALONE: usize = 2;

struct Village {
    code: &'static str,
    desk: Client,
    people: Vec<String>,
}

async fn villages(operator: &Client) -> Vec<Village> {
    let mut villages = Vec::new();
    for (number, (code, people)) in VILLAGES.into_iter().enumerate() {
        let desk = point(operator, code).await;
        let day = date!(1980 - 01 - 01) + time::Duration::days(i64::try_from(number).unwrap());
        let rows: Vec<Value> =
            (0..people).map(|n| row(&test_id(day, u16::try_from(n).unwrap()), code)).collect();
        upload(&desk, code, &rows).await;
        let people = cards(&desk, code).await;
        villages.push(Village { code, desk, people });
    }
    villages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_06_seven_villages_share_a_coach_with_four_stops_and_two_travel_alone() {
    let start = [("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-18 18:00")];
    let exchange = Exchange::up_with(&start);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let township = point(&operator, TOWNSHIP).await;
    let villages = villages(&operator).await;
    let vacancy = factory.post("/v1/vacancies", &vacancy(40), None).await.unwrap().id;
    for village in &villages {
        let id = signal(&village.desk, village.code, &vacancy).await.id.to_string();
        let told = commit(&village.desk, &id, &village.people).await;
        assert_eq!(told.committed as usize, village.people.len());
    }
    let [first, second, third, fourth, fifth, sixth, seventh] = &villages[..] else { panic!() };
    let (alone, riding) = first.people.split_at(ALONE);

    // The township's desk opens the coach for its four villages.
    let mut manifest = riding.to_vec();
    for village in [second, third, fourth] {
        manifest.extend(village.people.iter().cloned());
    }
    let open = json!({
        "vacancy": vacancy, "mode": "COACH", "manifest": manifest,
        "vehicle": { "plate": "湘L00001", "seats": 45, "carrier": "示例客运" },
        "stops": [
            { "point": first.code, "at": "2021-07-19T00:00:00Z", "serves": [second.code] },
            { "point": third.code, "at": "2021-07-19T00:20:00Z", "serves": [fourth.code] },
        ],
        "departsAt": "2021-07-19T00:00:00Z", "arrivesAt": "2021-07-19T02:00:00Z",
    });
    let coach = township.post("/v1/dispatches", &open, None).await.unwrap();
    assert_eq!(coach.warnings, Vec::<String>::new());
    let coach = format!("/v1/dispatches/{}", coach.id);
    let events = format!("{coach}/events");

    // The others see that it travels, and come along.
    let outline: Vec<view::Dispatch> = fifth.desk.list("/v1/dispatches").await.unwrap();
    let [outline] = &outline[..] else { panic!("{outline:?}") };
    assert_eq!((outline.riding, outline.seats_left, outline.manifest.len()), (26, Some(19), 0));
    let join = async |village: &Village, stop: Value| {
        let join = json!({ "join": { "cards": village.people, "stop": stop } });
        village.desk.post(&events, &join, None).await.unwrap()
    };
    join(fifth, json!({ "point": fifth.code, "at": "2021-07-19T00:40:00Z" })).await;
    join(sixth, json!({ "point": fifth.code })).await;
    let joined =
        join(seventh, json!({ "point": seventh.code, "at": "2021-07-19T01:00:00Z" })).await;
    assert_eq!(joined.warnings, Vec::<String>::new());
    let shown: view::Dispatch = sixth.desk.get(&coach).await.unwrap();
    assert_eq!((shown.riding, shown.stops.len(), shown.seats_left), (38, 4, Some(7)));
    let points: BTreeSet<&str> = shown.manifest.iter().map(|one| one.point.as_str()).collect();
    assert_eq!(points, VILLAGES.map(|(code, _)| code).into_iter().collect::<BTreeSet<_>>());

    // Two travel alone.
    let open = json!({
        "vacancy": vacancy, "mode": "ALONE", "manifest": alone,
        "departsAt": "2021-07-19T00:00:00Z",
    });
    let by_themselves = first.desk.post("/v1/dispatches", &open, None).await.unwrap();
    assert_eq!(by_themselves.warnings, Vec::<String>::new());
    let by_themselves = format!("/v1/dispatches/{}/events", by_themselves.id);
    for group in [&events, &by_themselves] {
        factory.post(group, &json!({ "move": "ACCEPTED" }), None).await.unwrap();
    }
    first.desk.post(&by_themselves, &json!({ "move": "DEPARTED" }), None).await.unwrap();

    // Each village calls its own roll; the township those of the rest.
    let board = |people: &[String]| json!({ "people": { "cards": people, "to": "BOARDED" } });
    for village in [second, fifth, sixth, seventh] {
        village.desk.post(&events, &board(&village.people), None).await.unwrap();
    }
    let others = refusal(seventh.desk.post(&events, &board(&third.people), None).await);
    assert_eq!((others.code.as_str(), others.status), ("auth.not_yours", 403));
    assert_eq!(others.pointer.as_deref(), Some("/people/cards/0"));
    let rest = [riding, &third.people, &fourth.people].concat();
    township.post(&events, &board(&rest), None).await.unwrap();
    let leave = json!({ "move": "DEPARTED" });
    let not_its_coach = refusal(seventh.desk.post(&events, &leave, None).await);
    assert_eq!(not_its_coach.code, "auth.not_yours");
    township.post(&events, &leave, None).await.unwrap();
    arrive(&factory, &events, &by_themselves, alone).await;

    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    let figures = ["committed", "boarded", "departed", "arrived", "seatsTaken"];
    assert_eq!(figures.map(|figure| shown.ledger[figure].value), [40; 5]);
    assert_eq!(shown.service_points_involved, 7);
    manifests(&coach, &township, seventh, &factory, &operator).await;
}

/// The coach is handed over whole; who came alone is confirmed one by one.
async fn arrive(factory: &Client, coach: &str, by_themselves: &str, alone: &[String]) {
    factory.post(coach, &json!({ "move": "ARRIVED" }), None).await.unwrap();
    let there = json!({ "people": { "cards": &alone[..1], "to": "ARRIVED" } });
    factory.post(by_themselves, &there, None).await.unwrap();
    let arrived = json!({ "move": "ARRIVED" });
    let early = refusal(factory.post(by_themselves, &arrived, None).await);
    assert_eq!(early.code, "dispatch.not_arrived", "nobody arrives unseen");
    // The first need not wait for the second.
    let at_work = json!({ "people": {
        "cards": &alone[..1], "to": "ONBOARDED", "evidence": "ENTERPRISE_LIST" } });
    factory.post(by_themselves, &at_work, None).await.unwrap();
    let there = json!({ "people": { "cards": &alone[1..], "to": "ARRIVED" } });
    factory.post(by_themselves, &there, None).await.unwrap();
    factory.post(by_themselves, &arrived, None).await.unwrap();
}

/// Who leads hands the whole list on; a village reads its own part of it.
async fn manifests(
    coach: &str,
    township: &Client,
    seventh: &Village,
    factory: &Client,
    operator: &Client,
) {
    let path = |recipient: &str| format!("{coach}/manifest?for={recipient}");
    let carrier: view::Manifest = township.get(&path("carrier")).await.unwrap();
    assert_eq!((carrier.people.len(), carrier.named, carrier.partial), (38, 38, false));
    let stops: BTreeSet<_> = carrier.people.iter().map(|one| one.stop_name.clone()).collect();
    assert_eq!(stops.len(), 4);
    let own: view::Manifest = seventh.desk.get(&path("insurer")).await.unwrap();
    assert_eq!((own.people.len(), own.partial), (seventh.people.len(), true));
    assert!(own.people.iter().all(|one| seventh.people.contains(&one.card)));
    let whole: view::Manifest = factory.get(&path("enterprise")).await.unwrap();
    assert_eq!((whole.people.len(), whole.named), (38, 38));
    let bureau = refusal(operator.get::<view::Manifest>(&path("carrier")).await);
    assert_eq!((bureau.code.as_str(), bureau.status), ("auth.party_kind", 403));
}
