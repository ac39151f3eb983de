//! The broker dies at bad moments; what was answered is there, once.

use std::{
    collections::{HashMap, HashSet},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gongqiao_client::Client;
use gongqiao_contract::{view, wire, wire::fact::Body};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, PATIENCE, commit, enterprise, point, row, test_id, upload, vacancy, yes,
};

const POINT: &str = "431021001001";

/// What the callers of the load know: keys sent, and answers received.
#[derive(Default)]
struct History {
    sent: HashSet<String>,
    /// Key to the entity and sequence that were answered.
    acked: HashMap<String, (String, u64)>,
    away: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn broker_killed_25_times_under_load_loses_nothing_and_stores_nothing_twice() {
    let kills: u32 = std::env::var("GONGQIAO_KILLS").ok().map_or(25, |n| n.parse().unwrap());
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<_> = (0..900).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    assert_eq!(upload(&desk, POINT, &rows).await["created"], 900);
    let hot = factory.post("/v1/vacancies", &vacancy(900), None).await.unwrap().id;
    let cards = raised(&exchange, &desk, &hot).await;

    let history = Arc::new(Mutex::new(History::default()));
    let (stop, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let cards = Arc::new(Mutex::new(cards));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (factory, history) = (factory.clone(), Arc::clone(&history));
        let (stop, number) = (Arc::clone(&stop), Arc::clone(&number));
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let key = format!("post-{}", number.fetch_add(1, Ordering::Relaxed));
                insist(&factory, "/v1/vacancies", &vacancy(2), key, &history).await;
            }
        });
    }
    for _ in 0..2 {
        let (desk, history) = (desk.clone(), Arc::clone(&history));
        let (stop, cards, hot) = (Arc::clone(&stop), Arc::clone(&cards), hot.clone());
        callers.spawn(async move {
            let path = format!("/v1/signals/{POINT}-{hot}/answer");
            while !stop.load(Ordering::Relaxed) {
                let Some(card) = cards.lock().unwrap().pop() else { return };
                let answer = yes(&[&card]);
                insist(&desk, &path, &answer, format!("commit-{card}"), &history).await;
            }
        });
    }

    let started = Instant::now();
    let mut recoveries = Vec::new();
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(u64::from(37 * (kill % 11) + 60))).await;
        let before = acked(&history);
        let pid = exchange.broker_pid().unwrap();
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
        let killed = Instant::now();
        // Why: a kill without an answer in between would test the restart only.
        while acked(&history) < before + 3 || exchange.broker_pid() == Some(pid) {
            assert!(
                killed.elapsed() < PATIENCE,
                "no answer after kill {kill}:\n{}",
                exchange.process.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        recoveries.push(killed.elapsed().as_secs_f64());
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    recoveries.sort_by(f64::total_cmp);
    let history = Arc::into_inner(history).unwrap().into_inner().unwrap();
    check(&exchange, &factory, &hot, &history).await;
    println!(
        "broker_killed: kills {kills}, sent {}, acked {}, told to retry {}, lost 0, twice 0, \
         recovery median {:.2} s max {:.2} s, {:.1} s in all",
        history.sent.len(),
        history.acked.len(),
        history.away,
        recoveries[recoveries.len() / 2],
        recoveries.last().unwrap(),
        started.elapsed().as_secs_f64(),
    );
}

fn acked(history: &Mutex<History>) -> usize {
    history.lock().unwrap().acked.len()
}

/// Sends the same request under the same key until it is answered.
async fn insist(
    client: &Client,
    path: &str,
    body: &serde_json::Value,
    key: String,
    history: &Mutex<History>,
) {
    history.lock().unwrap().sent.insert(key.clone());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match client.post(path, body, Some(&key)).await {
            Ok(receipt) => {
                let mut history = history.lock().unwrap();
                history.acked.insert(key, (receipt.id, receipt.sequence));
                return;
            }
            Err(e) if e.may_retry() => {
                assert!(Instant::now() < deadline, "{key}: {e}");
                history.lock().unwrap().away += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(e) => panic!("{key}: {e}"),
        }
    }
}

/// Waits for the matcher's signal to the point, asks it for everybody, and
/// returns the cards of the point.
async fn raised(exchange: &Exchange, desk: &Client, vacancy: &str) -> Vec<String> {
    let connection = exchange.connection().await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let open: Vec<view::Signal> = desk.list("/v1/signals").await.unwrap();
        if open.iter().any(|signal| signal.vacancy.as_str() == vacancy) {
            break;
        }
        assert!(Instant::now() < deadline, "no signal was raised");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let cards = read_all(&connection, StreamName::Register).await.unwrap();
    let cards = cards.into_iter().map(|m| wire::Card::decode(m.payload).unwrap().card);
    let mut cards: Vec<String> = cards.collect();
    // Why: the matcher asks one point for a few; here one answers for all.
    let first = [cards.pop().unwrap()];
    commit(desk, &format!("{POINT}-{vacancy}"), &first).await;
    let ask = json!({ "asks": [{
        "point": POINT, "quota": 900, "respondBy": "2098-11-01T00:00:00Z",
    }]});
    let path = format!("/v1/vacancies/{vacancy}/signals");
    exchange.client("matcher").post(&path, &ask, None).await.unwrap();
    cards
}

/// The raw stream against what was answered, and against the ledger.
async fn check(exchange: &Exchange, factory: &Client, hot: &str, history: &History) {
    let connection = exchange.connection().await;
    let messages = read_all(&connection, StreamName::Facts).await.unwrap();
    let mut ids = HashSet::new();
    let mut receipts: HashMap<String, Vec<(String, u64)>> = HashMap::new();
    let (mut posted, mut taken) = (HashMap::<String, u32>::new(), Vec::new());
    for message in messages {
        let fact = wire::Fact::decode(message.payload).unwrap();
        assert!(ids.insert(fact.event_id), "an event stands twice");
        match fact.body.unwrap() {
            Body::Receipt(e) => {
                receipts.entry(e.command).or_default().push((e.entity, message.sequence));
            }
            Body::VacancyPosted(e) => *posted.entry(e.vacancy).or_default() += 1,
            Body::SeatsTaken(e) if e.vacancy == hot => taken.extend(e.cards),
            _ => {}
        }
    }
    let stored: HashSet<(String, u64)> = receipts.values().flatten().cloned().collect();
    assert!(receipts.values().all(|list| list.len() == 1), "a command was carried out twice");
    for (key, answered) in &history.acked {
        assert!(stored.contains(answered), "lost: {key} {answered:?}");
    }
    assert_eq!(stored.len(), history.acked.len(), "stored but never answered, though insisted");
    assert!(posted.values().all(|times| *times == 1));
    let distinct: HashSet<&String> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len(), "a card took two seats");
    let last = history.acked.values().map(|(_, sequence)| *sequence).max().unwrap();
    let path = format!("/v1/vacancies/{hot}?min_sequence={last}");
    let board: view::Vacancy = factory.get(&path).await.unwrap();
    assert_eq!(board.ledger["committed"].value, i64::try_from(taken.len()).unwrap());
    assert_eq!(board.ledger["seatsTaken"].value, i64::try_from(taken.len()).unwrap());
}
