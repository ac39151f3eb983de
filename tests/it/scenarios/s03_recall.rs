//! Seat 200 fills: the open signals are recalled at once, and a late answer
//! waits for a seat.

use std::time::{Duration, Instant};

use gongqiao_client::Client;
use gongqiao_contract::{codes::Divisions, view};
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, cards, commit, enterprise, point, refusal, row, test_id, until, upload, vacancy, yes,
};

const SEATS: usize = 200;
/// Signals that are open when the last seat goes.
const OPEN: usize = 11;
/// People of each village.
const PEOPLE: usize = 20;
/// Villages, so many that half of them can fill the vacancy.
const VILLAGES: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_03_seat_200_fills_eleven_signals_are_recalled_and_a_late_six_wait() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let villages = Divisions::table().villages_of("431021".parse().unwrap());
    let mut desks: Vec<(String, Client)> = Vec::new();
    for (number, village) in villages.take(VILLAGES).enumerate() {
        let code = village.code.to_string();
        let desk = point(&operator, &code).await;
        let day = date!(1980 - 01 - 01) + time::Duration::days(i64::try_from(number).unwrap());
        let rows: Vec<_> =
            (0..PEOPLE).map(|n| row(&test_id(day, u16::try_from(n).unwrap()), &code)).collect();
        upload(&desk, &code, &rows).await;
        desks.push((code, desk));
    }
    let ask = vacancy(u32::try_from(SEATS).unwrap());
    let vacancy = factory.post("/v1/vacancies", &ask, None).await.unwrap().id;
    let path = format!("/v1/signals?vacancy={vacancy}");
    let asked: Vec<view::Signal> = until("signals", async || {
        let asked: Vec<view::Signal> = operator.list(&path).await.unwrap();
        // Why: the matcher asks for all that it needs in one transaction.
        (!asked.is_empty()).then_some(asked)
    })
    .await;
    println!("scenario 3: {} villages asked", asked.len());
    assert!(asked.len() > OPEN + SEATS.div_ceil(PEOPLE), "{} asked", asked.len());
    let desk_of = |signal: &view::Signal| {
        desks.iter().find(|(code, _)| code == signal.point.as_str()).unwrap().clone()
    };

    // All but eleven villages answer; the last of them takes seat 200.
    let (answering, silent) = asked.split_at(asked.len() - OPEN);
    let mut left = SEATS;
    let mut filled_at = Instant::now();
    for (index, signal) in answering.iter().enumerate() {
        let (code, desk) = desk_of(signal);
        let people = left.div_ceil(answering.len() - index);
        let own = cards(&desk, &code).await;
        let told = commit(&desk, &signal.id.to_string(), &own[..people]).await;
        assert_eq!((told.committed as usize, told.standby), (people, 0));
        left -= people;
        filled_at = Instant::now();
    }
    assert_eq!(left, 0);
    let in_state = async |state: &str| {
        let found: Vec<view::Signal> =
            operator.list(&format!("{path}&state={state}")).await.unwrap();
        found
    };
    let recalled = until("the recall", async || {
        let recalled = in_state("recalled").await;
        (recalled.len() == OPEN).then_some(recalled)
    })
    .await;
    let took = filled_at.elapsed();
    println!("scenario 3: {OPEN} signals recalled {took:?} after seat 200");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let mut points: Vec<&str> = recalled.iter().map(|signal| signal.point.as_str()).collect();
    let mut expected: Vec<&str> = silent.iter().map(|signal| signal.point.as_str()).collect();
    points.sort_unstable();
    expected.sort_unstable();
    assert_eq!(points, expected, "those who were silent");
    assert!(in_state("open").await.is_empty() && in_state("partly").await.is_empty());

    // One of the eleven had phoned already, and answers late.
    let (code, late) = desk_of(&silent[4]);
    let six = cards(&late, &code).await[..6].to_vec();
    let told = commit(&late, &silent[4].id.to_string(), &six).await;
    assert_eq!((told.committed, told.standby), (0, 6));
    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    let figure = |name: &str| shown.ledger[name].value;
    assert_eq!((figure("committed"), figure("seatsTaken"), figure("standby")), (200, 200, 6));
    assert_eq!(figure("willing"), 206);
    assert_eq!(figure("recalledSignals"), i64::try_from(OPEN).unwrap());
    assert_eq!((shown.state.as_str(), shown.free_seats), ("filled", 0));
    let seen: view::Signal = late.get(&format!("/v1/signals/{}", silent[4].id)).await.unwrap();
    assert_eq!((seen.state.as_str(), seen.committed, seen.waiting), ("recalled", 0, 6));
    let ranks: Vec<u32> = seen.standby.iter().map(|one| one.rank).collect();
    assert_eq!(ranks, [1, 2, 3, 4, 5, 6]);
    assert!(seen.standby.iter().all(|one| one.name.is_some() && one.phone.is_some()));

    // Two who were promised change their minds: the first two of the list go.
    free_two_seats(&desk_of(&asked[0]), &vacancy, &factory).await;
    let seen = until("the promotion", async || {
        let seen: view::Signal = late.get(&format!("/v1/signals/{}", silent[4].id)).await.unwrap();
        (seen.waiting == 4).then_some(seen)
    })
    .await;
    assert_eq!((seen.state.as_str(), seen.committed), ("recalled", 2));
    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    assert_eq!((shown.free_seats, shown.ledger["standby"].value), (0, 4));
    let raised: Vec<view::Signal> = operator.list(&path).await.unwrap();
    assert_eq!(raised.len(), asked.len(), "nobody else was asked");
    assert_eq!(shown.ledger["signals"].value, i64::try_from(asked.len()).unwrap());

    // Nobody waits for a vacancy that is taken back.
    factory.post_empty(&format!("/v1/vacancies/{vacancy}/withdraw")).await.unwrap();
    let refused =
        late.post(&format!("/v1/signals/{}/answer", silent[4].id), &yes(&six[5..]), None).await;
    assert_eq!(refusal(refused).code, "vacancy.not_open");
    until("the end of the list", async || {
        let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
        (shown.ledger["standby"].value == 0).then_some(())
    })
    .await;
}

/// Two people of a village decline before their group leaves.
async fn free_two_seats((code, desk): &(String, Client), vacancy: &str, factory: &Client) {
    let two = cards(desk, code).await[..2].to_vec();
    let open = json!({
        "vacancy": vacancy, "mode": "TRAIN", "manifest": two,
        "stops": [{ "point": code }],
    });
    let group = desk.post("/v1/dispatches", &open, None).await.unwrap().id;
    let path = format!("/v1/dispatches/{group}/events");
    factory.post(&path, &json!({ "move": "ACCEPTED" }), None).await.unwrap();
    let declined = json!({ "people": { "cards": two, "to": "DECLINED" } });
    desk.post(&path, &declined, None).await.unwrap();
}
