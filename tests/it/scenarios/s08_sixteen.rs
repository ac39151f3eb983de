//! A worker turns 16 on 2 August: refused for 20 July, allowed and flagged
//! for 5 August.

use gongqiao_contract::{
    view,
    wire::{self, access_purpose::Value as Purpose, fact::Body},
};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use serde_json::json;
use time::{Date, Month};

use crate::support::{
    Exchange, cards, enterprise, next_year, point, refusal, row, signal, test_id, upload, vacancy,
    yes,
};

const POINT: &str = "431021001001";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_08_who_turns_sixteen_on_2_august_is_refused_for_july_and_flagged_for_august() {
    let year = next_year();
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let birth = Date::from_calendar_date(year - 16, Month::August, 2).unwrap();
    let grown = Date::from_calendar_date(year - 30, Month::August, 2).unwrap();
    let rows = [row(&test_id(birth, 1), POINT), row(&test_id(grown, 2), POINT)];
    assert_eq!(upload(&desk, POINT, &rows).await["created"], 2);
    let [young, adult] = <[String; 2]>::try_from(cards(&desk, POINT).await).unwrap();
    let wanted = async |day: &str| {
        let mut ask = vacancy(2);
        ask["terms"]["neededBy"] = json!(format!("{year}-{day}"));
        ask["terms"]["validUntil"] = json!(format!("{year}-12-31T00:00:00Z"));
        factory.post("/v1/vacancies", &ask, None).await.unwrap().id
    };
    let (july, august) = (wanted("07-20").await, wanted("08-05").await);
    for vacancy in [&july, &august] {
        let seen = signal(&desk, POINT, vacancy).await;
        let one = seen.candidates.iter().find(|one| one.card.as_str() == young).unwrap();
        assert!(one.minor && one.reasons.contains(&"AGE_TO_CHECK".to_owned()), "{one:?}");
    }

    let answer = async |vacancy: &str, cards: &[&String]| {
        desk.post(&format!("/v1/signals/{POINT}-{vacancy}/answer"), &yes(cards), None).await
    };
    let refused = refusal(answer(&july, &[&adult, &young]).await);
    assert_eq!((refused.status, refused.code.as_str()), (422, "card.underage"));
    assert_eq!(refused.pointer.as_deref(), Some("/commit/cards/1"));
    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{july}")).await.unwrap();
    assert_eq!(shown.free_seats, 2, "nothing was committed");

    assert_eq!(answer(&august, &[&young, &adult]).await.unwrap().committed, 2);
    let seen = signal(&desk, POINT, &august).await;
    let minor =
        |card: &String| seen.candidates.iter().find(|one| one.card.as_str() == card).unwrap().minor;
    assert!(minor(&young) && !minor(&adult));
    let open = json!({
        "vacancy": august, "mode": "ENTERPRISE_PICKUP", "manifest": [young, adult],
        "stops": [{ "point": POINT }],
    });
    let mut early = open.clone();
    early["departsAt"] = json!(format!("{year}-07-19T00:30:00Z"));
    let early = refusal(desk.post("/v1/dispatches", &early, None).await);
    assert_eq!(early.code, "card.underage", "nobody leaves for work before the birthday");
    assert_eq!(early.pointer.as_deref(), Some("/manifest/0"));
    let group = desk.post("/v1/dispatches", &open, None).await.unwrap().id;
    let group: view::Dispatch = factory.get(&format!("/v1/dispatches/{group}")).await.unwrap();
    let flagged: Vec<&str> =
        group.manifest.iter().filter(|one| one.minor).map(|one| one.card.as_str()).collect();
    assert_eq!(flagged, [young.as_str()], "on the manifest");

    let connection = exchange.connection().await;
    let facts = read_all(&connection, StreamName::Facts).await.unwrap();
    let held = facts.into_iter().find_map(|message| {
        match wire::Fact::decode(message.payload).unwrap().body {
            Some(Body::Held(held)) if held.card == young => Some(held),
            _ => None,
        }
    });
    let held = held.unwrap();
    assert!(held.minor && held.vacancy == august, "{held:?}");
    let audit = read_all(&connection, StreamName::Audit).await.unwrap();
    let looked: Vec<wire::AccessRecord> = audit
        .into_iter()
        .map(|message| wire::AccessRecord::decode(message.payload).unwrap())
        .filter(|record| record.purpose() == Purpose::AgeCheck)
        .collect();
    assert_eq!(looked.len(), 4, "twice to promise and twice to travel, with a record each");
    assert!(looked.iter().all(|record| record.cards == [young.clone()]), "nobody else's");
    println!("scenario 8: refused for 20 July, allowed and flagged for 5 August");
}
