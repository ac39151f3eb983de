//! Of many who want different things of one group at once, one gets it.

use futures::future::join_all;
use gongqiao_client::ClientError;
use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{
    Exchange, PATIENCE, commit, enterprise, point, refusal, row, test_id, upload, vacancy,
};

const POINT: &str = "431021001001";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_conflicting_transitions_exactly_one_wins_and_the_rest_learn_the_state() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<_> = (0..12).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let vacancy = factory.post("/v1/vacancies", &vacancy(4), None).await.unwrap().id;
    let signal = wait_for_signal(&desk, &vacancy).await;
    let shown: view::Signal = desk.get(&format!("/v1/signals/{signal}")).await.unwrap();
    assert_eq!(shown.candidates[0].name.as_deref(), Some("测试"), "the point sees its own people");
    let unnamed: view::Signal = operator.get(&format!("/v1/signals/{signal}")).await.unwrap();
    assert!(unnamed.candidates.iter().all(|c| c.name.is_none() && c.phone.is_none()));
    let cards: Vec<&str> = shown.candidates.iter().take(4).map(|c| c.card.as_str()).collect();
    commit(&desk, &signal, &cards).await;
    let open = json!({
        "vacancy": vacancy, "mode": "COACH", "manifest": cards,
        "vehicle": { "plate": "L00001", "seats": 49, "carrier": "客运" },
    });
    let opened = desk.post("/v1/dispatches", &open, None).await.unwrap();
    let path = format!("/v1/dispatches/{}/events", opened.id);
    let shown: view::Dispatch =
        factory.get(&format!("/v1/dispatches/{}", opened.id)).await.unwrap();
    let sequence = shown.sequence;

    let racers = (0..32).map(|n| {
        let to = if n % 2 == 0 { "ACCEPTED" } else { "DECLINED" };
        let event = json!({ "move": to, "expectedSequence": sequence.to_string() });
        let (factory, path) = (factory.clone(), path.clone());
        async move { factory.post(&path, &event, None).await }
    });
    let ended = join_all(racers).await;
    let won = ended.iter().filter(|result| result.is_ok()).count();
    let lost = ended.into_iter().filter_map(|result| match result {
        Err(ClientError::Refused(problem)) => Some(problem),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    });
    let mut states = 0;
    for problem in lost {
        assert_eq!(problem.status, 409, "{problem:?}");
        states += usize::from(problem.code == "dispatch.sequence");
    }
    println!("transitions: racers 32, won {won}, told the current sequence {states}");
    assert_eq!(won, 1);
    let again = refusal(factory.post(&path, &json!({ "move": "ACCEPTED" }), None).await);
    assert_eq!(again.code, "dispatch.illegal_transition");
    assert!(["accepted", "declined"].contains(&again.params["state"].as_str()), "{again:?}");
    let history: Vec<view::Event> =
        factory.list(&format!("/v1/dispatches/{}/history", opened.id)).await.unwrap();
    let moves: Vec<&Value> =
        history.iter().filter(|e| e.kind == "DispatchMoved").map(|e| &e.fact).collect();
    assert_eq!(moves.len(), 1, "{history:?}");
}

async fn wait_for_signal(desk: &gongqiao_client::Client, vacancy: &str) -> String {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let open: Vec<view::Signal> = desk.list("/v1/signals?state=open").await.unwrap();
        if let Some(signal) = open.iter().find(|signal| signal.vacancy.as_str() == vacancy) {
            return signal.id.to_string();
        }
        assert!(std::time::Instant::now() < deadline, "no signal was raised");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
