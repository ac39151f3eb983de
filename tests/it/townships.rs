//! The township's desk acts for villages: it inherits those without a desk,
//! and may answer for the others.

use gongqiao_contract::{
    view,
    wire::{self, access_purpose::Value as Purpose},
};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, cards, commit, enterprise, point, refusal, row, signal, test_id, upload, vacancy, yes,
};

const VILLAGE: &str = "431021001001";
const DESKLESS: &str = "431021001002";
const TOWNSHIP: &str = "431021001000";
const OTHER_TOWNSHIP: &str = "431021002000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_township_inherits_a_village_without_a_desk_and_answers_for_the_others() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let village = point(&operator, VILLAGE).await;
    let deskless = point(&operator, DESKLESS).await;
    let township = point(&operator, TOWNSHIP).await;
    let stranger = point(&operator, OTHER_TOWNSHIP).await;
    let roster =
        |code: &str, day| -> Vec<_> { (0..5).map(|n| row(&test_id(day, n), code)).collect() };
    upload(&village, VILLAGE, &roster(VILLAGE, date!(1985 - 01 - 01))).await;
    upload(&deskless, DESKLESS, &roster(DESKLESS, date!(1985 - 01 - 02))).await;
    operator.post_empty(&format!("/v1/parties/{DESKLESS}/revoke")).await.unwrap();
    let vacancy = factory.post("/v1/vacancies", &vacancy(9), None).await.unwrap().id;

    // The people of the village without a desk stand on the township's list.
    let inherited = signal(&township, TOWNSHIP, &vacancy).await;
    let theirs = cards(&township, DESKLESS).await;
    let mut listed: Vec<String> =
        inherited.candidates.iter().map(|one| one.card.to_string()).collect();
    listed.sort();
    let mut expected = theirs.clone();
    expected.sort();
    assert_eq!(listed, expected);
    assert!(inherited.candidates.iter().all(|one| one.name.as_deref() == Some("测试")));
    assert!(inherited.excluded.is_empty() && inherited.also_fitting == 0, "{inherited:?}");
    let told = commit(&township, &inherited.id.to_string(), &theirs[..3]).await;
    assert_eq!(told.committed, 3);

    // The township sees its villages' signals, with names and under its own actor.
    signal(&village, VILLAGE, &vacancy).await;
    let seen: Vec<view::Signal> = township.list("/v1/signals").await.unwrap();
    let mut points: Vec<&str> = seen.iter().map(|one| one.point.as_str()).collect();
    points.sort_unstable();
    assert_eq!(points, [TOWNSHIP, VILLAGE]);
    let id = format!("{VILLAGE}-{vacancy}");
    let shown: view::Signal = township.get(&format!("/v1/signals/{id}")).await.unwrap();
    assert!(shown.candidates.iter().all(|one| one.name.is_some() && one.phone.is_some()));
    assert_eq!(shown.answered_by, None);
    township.get::<view::Vacancy>(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    let audit = read_all(&exchange.connection().await, StreamName::Audit).await.unwrap();
    let records = audit.into_iter().map(|m| wire::AccessRecord::decode(m.payload).unwrap());
    let own = records.filter(|record| {
        let by_township = record.actor.as_ref().is_some_and(|actor| actor.party == TOWNSHIP);
        by_township && record.purpose() == Purpose::AnswerSignal && record.subject == vacancy
    });
    let last = own.last().unwrap();
    assert_eq!(last.cards.len(), shown.candidates.len(), "the last opening was the village's");

    // It answers for the village, whose desk sees by whom.
    let people = cards(&village, VILLAGE).await;
    assert_eq!(commit(&township, &id, &people[..2]).await.committed, 2);
    let shown: view::Signal = village.get(&format!("/v1/signals/{id}")).await.unwrap();
    assert_eq!(shown.answered_by.as_ref().unwrap().as_str(), TOWNSHIP);
    assert_eq!((shown.committed, shown.willing), (2, 2));

    // Another township does not exist for it, nor it for the other.
    assert!(stranger.list::<view::Signal>("/v1/signals").await.unwrap().is_empty());
    let refused = refusal(stranger.get::<view::Signal>(&format!("/v1/signals/{id}")).await);
    assert_eq!((refused.status, refused.code.as_str()), (404, "signal.not_found"));
    let refused = refusal(
        stranger.post(&format!("/v1/signals/{id}/answer"), &yes(&people[2..3]), None).await,
    );
    assert_eq!((refused.status, refused.code.as_str()), (404, "signal.not_found"));
    let refused = refusal(stranger.get::<view::Vacancy>(&format!("/v1/vacancies/{vacancy}")).await);
    assert_eq!(refused.code, "vacancy.not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_come_in_parts_and_the_factory_learns_the_number_and_not_who_was_called() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, VILLAGE).await;
    let day = date!(1985 - 01 - 01);
    let rows: Vec<_> = (0..30).map(|n| row(&test_id(day, n), VILLAGE)).collect();
    upload(&desk, VILLAGE, &rows).await;
    let vacancy = factory.post("/v1/vacancies", &vacancy(4), None).await.unwrap().id;
    let seen = signal(&desk, VILLAGE, &vacancy).await;
    assert!(seen.also_fitting > 0, "more people than names");
    let listed = seen.candidates[0].card.to_string();
    let proposed: Vec<&str> = seen.candidates.iter().map(|one| one.card.as_str()).collect();
    let all = cards(&desk, VILLAGE).await;
    let walk_in = all.iter().find(|card| !proposed.contains(&card.as_str())).unwrap();
    let path = format!("/v1/signals/{}/answer", seen.id);
    let call = async |card: &str, outcome: &str| {
        let calls = json!({ "calls": [{ "card": card, "outcome": outcome }] });
        desk.post(&path, &calls, None).await.unwrap();
    };
    call(&listed, "NO_ANSWER").await;
    call(walk_in, "WILLING").await;
    call(&listed, "WILLING").await;
    let seen: view::Signal = desk.get(&format!("/v1/signals/{}", seen.id)).await.unwrap();
    assert_eq!((seen.state.as_str(), seen.willing), ("open", 2));
    assert_eq!(seen.candidates[0].outcome.as_deref(), Some("WILLING"));
    assert_eq!(seen.walk_in.len(), 1);
    assert_eq!(seen.walk_in[0].card.as_str(), walk_in);
    assert_eq!(seen.walk_in[0].name.as_deref(), Some("测试"));
    let forward = seen.forward_text.unwrap();
    assert!(forward.contains("测试电子1厂") && forward.contains("5000-7000"), "{forward}");
    let both = json!({ "commit": { "cards": [&listed, walk_in] } });
    assert_eq!(desk.post(&path, &both, None).await.unwrap().committed, 2);

    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    assert_eq!(shown.ledger["willing"].value, 2);
    let events = &shown.ledger["willing"].events;
    let told: Vec<view::Event> = factory.list(events).await.unwrap();
    assert_eq!(told.iter().map(|event| event.change.unwrap()).collect::<Vec<_>>(), [1, 1]);
    let text = serde_json::to_string(&told).unwrap();
    assert!(!text.contains(&listed) && !text.contains(walk_in), "{text}");
    let told: Vec<view::Event> = operator.list(events).await.unwrap();
    assert!(serde_json::to_string(&told).unwrap().contains(walk_in), "the bureau sees it");
}
