//! 200 cut to 150 with 170 committed, 49 of them on the road.

use gongqiao_client::Client;
use gongqiao_contract::view;
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, cards, commit, enterprise, point, refusal, row, signal, test_id, until, upload,
    vacancy,
};

/// Villages with how many each promises, in the order in which they do. The
/// last one's coach is on the road when the vacancy is cut.
const VILLAGES: [(&str, usize); 4] =
    [("431021001001", 60), ("431021001002", 40), ("431021001003", 21), ("431021001004", 49)];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_04_a_cut_to_150_releases_the_20_latest_not_on_board_and_nobody_on_the_road() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let mut villages: Vec<(&str, Client, Vec<String>)> = Vec::new();
    for (number, (code, people)) in (0..).zip(VILLAGES) {
        let desk = point(&operator, code).await;
        let day = date!(1980 - 01 - 01) + time::Duration::days(number);
        let rows: Vec<_> =
            (0..people).map(|n| row(&test_id(day, u16::try_from(n).unwrap()), code)).collect();
        upload(&desk, code, &rows).await;
        let people = cards(&desk, code).await;
        villages.push((code, desk, people));
    }
    let vacancy = factory.post("/v1/vacancies", &vacancy(200), None).await.unwrap().id;
    for (code, desk, people) in &villages {
        signal(desk, code, &vacancy).await;
        let told = commit(desk, &format!("{code}-{vacancy}"), people).await;
        assert_eq!(told.committed as usize, people.len());
    }
    let on_road = depart(&villages[3], &vacancy, &factory).await;
    // Ten of the village before stand on the manifest of a group to come.
    let (code, desk, people) = &villages[2];
    let manifest = &people[11..];
    let open = json!({
        "vacancy": vacancy, "mode": "ENTERPRISE_PICKUP", "manifest": manifest, "stops": [{ "point": code }],
    });
    let waiting = desk.post("/v1/dispatches", &open, None).await.unwrap().id;
    let before = shown(&factory, &vacancy).await;
    assert_eq!((before.ledger["committed"].value, before.free_seats), (170, 30));
    assert_eq!(before.ledger["departed"].value, 49);

    let told = factory
        .post(&format!("/v1/vacancies/{vacancy}/reduce"), &json!({ "headcount": 150 }), None)
        .await
        .unwrap();
    assert_eq!(told.released, 20);
    let after = shown(&factory, &vacancy).await;
    let figure = |name: &str| after.ledger[name].value;
    assert_eq!((figure("requested"), figure("seatsTaken"), figure("released")), (150, 150, 20));
    assert_eq!((after.state.as_str(), after.free_seats), ("filled", 0));
    // The 20 latest who are not on the road: all but the first of the third
    // village's 21; the ten among them who stood on a manifest are released there.
    for (village, (code, desk, people)) in villages.iter().enumerate() {
        let cards: Vec<view::Card> =
            desk.list(&format!("/v1/register/{code}/cards")).await.unwrap();
        for (n, one) in cards.iter().enumerate() {
            assert_eq!(one.card.as_str(), people[n]);
            let expected = match (village, n) {
                (3, _) => "boarded",
                (2, 1..) => "released",
                _ => "held",
            };
            assert_eq!(one.state, expected, "person {n} of village {village}");
        }
    }
    let group: view::Dispatch = desk.get(&format!("/v1/dispatches/{waiting}")).await.unwrap();
    assert!(group.manifest.iter().all(|one| one.state == "released"), "{:?}", group.manifest);
    let coach: view::Dispatch = factory.get(&format!("/v1/dispatches/{on_road}")).await.unwrap();
    assert_eq!(coach.manifest.len(), 49);
    assert!(coach.manifest.iter().all(|one| one.state == "boarded") && coach.state == "departed");
    let events: Vec<view::Event> = factory.list(&after.ledger["released"].events).await.unwrap();
    assert_eq!(events.iter().map(|event| event.change.unwrap()).sum::<i64>(), 20);
    until("the recall", async || {
        let open: Vec<view::Signal> =
            operator.list(&format!("/v1/signals?vacancy={vacancy}&state=open")).await.unwrap();
        open.is_empty().then_some(())
    })
    .await;

    // Below those on the road nothing goes.
    let refused = refusal(
        factory
            .post(&format!("/v1/vacancies/{vacancy}/reduce"), &json!({ "headcount": 48 }), None)
            .await,
    );
    assert_eq!((refused.status, refused.code.as_str()), (409, "vacancy.below_committed"));
    assert_eq!(refused.params["committed"], "49");
    assert_eq!(shown(&factory, &vacancy).await.ledger["seatsTaken"].value, 150);
    println!("scenario 4: 170 committed, 49 on the road, cut to 150: 20 released");
}

async fn shown(factory: &Client, vacancy: &str) -> view::Vacancy {
    factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap()
}

/// A coach with all of a village's people leaves.
async fn depart(
    (code, desk, people): &(&str, Client, Vec<String>),
    vacancy: &str,
    factory: &Client,
) -> String {
    let open = json!({
        "vacancy": vacancy, "mode": "COACH", "manifest": people, "stops": [{ "point": code }],
        "vehicle": { "plate": "L00001", "seats": 49, "carrier": "客运" },
    });
    let group = desk.post("/v1/dispatches", &open, None).await.unwrap().id;
    let path = format!("/v1/dispatches/{group}/events");
    factory.post(&path, &json!({ "move": "ACCEPTED" }), None).await.unwrap();
    let board = json!({ "people": { "cards": people, "to": "BOARDED" } });
    desk.post(&path, &board, None).await.unwrap();
    desk.post(&path, &json!({ "move": "DEPARTED" }), None).await.unwrap();
    group
}
