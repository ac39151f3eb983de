//! One woman in two villages, both commit within a second.

use futures::future::join;
use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{view, wire, wire::fact::Body};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, cards, enterprise, point, refusal, row, signal, test_id, upload, vacancy, yes,
};

const VILLAGE: &str = "431021001001";
const OTHER: &str = "431021001002";
const TOWNSHIP: &str = "431021001000";
const NAME: &str = "测试甲";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_02_of_two_who_commit_one_woman_in_the_same_second_one_holds_her() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let desks = [
        point(&operator, VILLAGE).await,
        point(&operator, OTHER).await,
        point(&operator, TOWNSHIP).await,
    ];
    let [village, other, township] = &desks;
    let mut woman = row(&test_id(date!(1988 - 05 - 06), 2), VILLAGE);
    woman["name"] = json!(NAME);
    assert_eq!(upload(village, VILLAGE, std::slice::from_ref(&woman)).await["created"], 1);
    // The second village has her in its roster as well, and three others.
    woman["homeVillage"] = json!(OTHER);
    let mut rows = vec![woman];
    rows.extend((10..13).map(|n| row(&test_id(date!(1990 - 01 - 01), n), OTHER)));
    assert_eq!(upload(other, OTHER, &rows).await["created"], 3, "one person, one card");
    assert_eq!(cards(other, OTHER).await.len(), 3);
    let card = cards(village, VILLAGE).await.remove(0);

    // Each is asked by two factories.
    let (_, first) = enterprise(&operator, 1).await;
    let (_, second) = enterprise(&operator, 2).await;
    let [first, second] = [&first, &second]
        .map(async |factory| factory.post("/v1/vacancies", &vacancy(4), None).await.unwrap().id);
    let (first, second) = join(first, second).await;
    for vacancy in [&first, &second] {
        let asked: view::Signal = signal(village, VILLAGE, vacancy).await;
        assert!(asked.candidates.iter().any(|one| one.card.as_str() == card));
        let seen: view::Signal = signal(other, OTHER, vacancy).await;
        assert!(seen.candidates.iter().all(|one| one.card.as_str() != card));
        assert!(seen.excluded.iter().all(|one| one.card.as_str() != card));
    }

    // The village and its township commit her to one factory each, at once.
    let started = std::time::Instant::now();
    let (by_village, by_township) = join(
        answer(village, &format!("{VILLAGE}-{first}"), &card),
        answer(township, &format!("{VILLAGE}-{second}"), &card),
    )
    .await;
    let elapsed = started.elapsed();
    assert!(elapsed < std::time::Duration::from_secs(1), "{elapsed:?}");
    let (held_for, lost) = match (by_village, by_township) {
        (Ok(_), Err(lost)) => (&first, lost),
        (Err(lost), Ok(_)) => (&second, lost),
        both => panic!("not one of two: {both:?}"),
    };
    let ClientError::Refused(lost) = lost else { panic!("{lost}") };
    assert_eq!((lost.status, lost.code.as_str()), (409, "card.held"));
    let told = serde_json::to_string(&lost).unwrap();
    for secret in [NAME, &card, VILLAGE, TOWNSHIP, OTHER, &first, &second] {
        assert!(!told.contains(secret), "{told} names {secret}");
    }

    // The second village can't take her, whatever it knows; and learns nothing.
    for vacancy in [&first, &second] {
        let refused = refusal(answer(other, &format!("{OTHER}-{vacancy}"), &card).await);
        assert_eq!((refused.status, refused.code.as_str()), (404, "card.not_found"));
        let told = serde_json::to_string(&refused).unwrap();
        assert!(!told.contains(NAME) && !told.contains(VILLAGE), "{told}");
        let refused = refusal(answer(other, &format!("{VILLAGE}-{vacancy}"), &card).await);
        assert_eq!((refused.status, refused.code.as_str()), (404, "signal.not_found"));
    }

    let facts = read_all(&exchange.connection().await, StreamName::Facts).await.unwrap();
    let holds = facts.into_iter().filter_map(|message| {
        match wire::Fact::decode(message.payload).unwrap().body {
            Some(Body::Held(held)) => Some((held.card, held.vacancy)),
            _ => None,
        }
    });
    assert_eq!(holds.collect::<Vec<_>>(), [(card, held_for.clone())], "one hold in the log");
    println!("scenario 2: one hold, one 409 card.held, both answered within {elapsed:?}");
}

async fn answer(desk: &Client, signal: &str, card: &String) -> Result<view::Receipt, ClientError> {
    desk.post(&format!("/v1/signals/{signal}/answer"), &yes(&[card]), None).await
}
