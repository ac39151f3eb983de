//! A thousand commitments race for two hundred seats, through two gates that
//! are processes of their own and know nothing of each other.

use std::{collections::HashSet, path::Path, sync::Arc};

use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{codes::Divisions, view, wire, wire::fact::Body};
use gongqiao_stream::{StreamName, broker::TestBroker, read_all};
use prost::Message as _;
use serde_json::json;
use time::macros::date;

use crate::support::{Process, client_of, enterprise, point, row, test_id, upload, vacancy};

const SEATS: usize = 200;
const RACERS: usize = 1_000;
const POINTS: usize = 10;

fn serve(service: &str, data: &Path, broker: &TestBroker) -> Process {
    let creds = broker.creds_path().display().to_string();
    let dir = data.display().to_string();
    let env = [("GONGQIAO__NATS__URL", broker.url()), ("GONGQIAO__NATS__CREDS", creds.as_str())];
    let args = ["serve", service, "--listen", "127.0.0.1:0", "--data-dir", &dir];
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Process::start(&args, &env, data.join(format!("{service}-{number}.log")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overcommit_race_of_a_thousand_for_two_hundred_seats_through_two_gates() {
    let rounds: u32 = std::env::var("GONGQIAO_RACES").ok().map_or(1, |n| n.parse().unwrap());
    for _ in 0..rounds {
        let Race { won, waiting, broker, hot, shown } = race(true).await;
        let Recount { seats, holds, standby } = recount(&broker, &hot).await;
        println!(
            "overcommit_race: racers {RACERS}, gates 2, seats {SEATS}, won {won}, seats in the raw \
             stream {}, cards held {}",
            seats.len(),
            holds.len(),
        );
        assert_eq!((won, waiting), (SEATS, 0));
        each_seat_is_held_once(&seats, &holds);
        assert_eq!(standby.len(), 0);
        assert_eq!(shown.state, "filled");
        assert_eq!(shown.ledger["committed"].value, i64::try_from(SEATS).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overcommit_race_in_which_whoever_finds_no_seat_waits() {
    let Race { won, waiting, broker, hot, shown } = race(false).await;
    let Recount { seats, holds, standby } = recount(&broker, &hot).await;
    println!(
        "standby_race: racers {RACERS}, gates 2, seats {SEATS}, won {won}, waiting {waiting}, in \
         the raw stream {} seats and {} on standby",
        seats.len(),
        standby.len(),
    );
    assert_eq!((won, waiting), (SEATS, RACERS - SEATS));
    each_seat_is_held_once(&seats, &holds);
    let distinct: HashSet<&String> = standby.iter().collect();
    assert_eq!((standby.len(), distinct.len()), (RACERS - SEATS, RACERS - SEATS));
    assert!(seats.iter().all(|card| !distinct.contains(card)), "somebody has a seat and waits");
    for (figure, value) in [("willing", RACERS), ("committed", SEATS), ("standby", RACERS - SEATS)]
    {
        assert_eq!(shown.ledger[figure].value, i64::try_from(value).unwrap(), "{figure}");
    }
}

fn each_seat_is_held_once(seats: &[String], holds: &[String]) {
    assert_eq!(seats.len(), SEATS);
    let distinct: HashSet<&String> = seats.iter().collect();
    assert_eq!(distinct.len(), SEATS, "a card has two seats");
    assert_eq!(holds.iter().collect::<HashSet<_>>(), distinct, "seats without holds");
    assert_eq!(holds.len(), SEATS, "a card was held twice");
}

/// How a race ended.
struct Race {
    won: usize,
    waiting: usize,
    broker: TestBroker,
    hot: String,
    shown: view::Vacancy,
}

async fn race(seats_only: bool) -> Race {
    let broker = TestBroker::start().await;
    let data = tempfile::tempdir().unwrap();
    let gates = [serve("gate", data.path(), &broker), serve("gate", data.path(), &broker)];
    let board = serve("board", data.path(), &broker);
    let operator = client_of(data.path(), &gates[0].origin, "operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let hot = factory.post("/v1/vacancies", &vacancy(u32::try_from(SEATS).unwrap()), None).await;
    let hot = hot.unwrap().id;
    let matcher = client_of(data.path(), &gates[0].origin, "matcher");
    let mut turns: Vec<(Client, String, String)> = Vec::new();
    let villages = Divisions::table().villages_of("431021".parse().unwrap());
    for (number, village) in villages.take(POINTS).enumerate() {
        let code = &village.code.to_string();
        let desk = point(&operator, code).await;
        let day = date!(1980 - 01 - 01) + time::Duration::days(i64::try_from(number).unwrap());
        let rows: Vec<_> = (0..RACERS / POINTS)
            .map(|n| row(&test_id(day, u16::try_from(n).unwrap()), code))
            .collect();
        upload(&desk, code, &rows).await;
        let ask = json!({ "asks": [{
            "point": code, "quota": 300, "respondBy": "2098-11-01T00:00:00Z",
        }]});
        matcher.post(&format!("/v1/vacancies/{hot}/signals"), &ask, None).await.unwrap();
        turns.extend(
            cards(&broker, code).await.into_iter().map(|card| (desk.clone(), code.clone(), card)),
        );
    }
    assert_eq!(turns.len(), RACERS);

    let others = Arc::new(gates[1].origin.clone());
    let mut racers = tokio::task::JoinSet::new();
    for (index, (desk, code, card)) in turns.into_iter().enumerate() {
        let (hot, others) = (hot.clone(), Arc::clone(&others));
        racers.spawn(async move {
            let desk = if index % 2 == 0 { desk } else { desk.at(&others) };
            let path = format!("/v1/signals/{code}-{hot}/answer");
            let answer = json!({
                "calls": [{ "card": card, "outcome": "WILLING" }],
                "commit": { "cards": [card], "seatsOnly": seats_only },
            });
            let mut tries = 0;
            loop {
                match desk.post(&path, &answer, Some(&card)).await {
                    Ok(told) => return (told.committed as usize, told.standby as usize),
                    Err(ClientError::Refused(p)) if p.code == "vacancy.full" => return (0, 0),
                    // Why: the second gate may not have read so far yet.
                    Err(ClientError::Refused(p))
                        if ["signal.not_found", "auth.unknown_key", "card.not_found"]
                            .contains(&p.code.as_str())
                            && tries < 100 =>
                    {
                        tries += 1;
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    }
                    Err(e) if e.may_retry() && tries < 100 => tries += 1,
                    Err(e) => panic!("{e}"),
                }
            }
        });
    }
    let (mut won, mut waiting) = (0, 0);
    while let Some(ended) = racers.join_next().await {
        let (committed, standby) = ended.unwrap();
        won += committed;
        waiting += standby;
    }
    let shown: view::Vacancy =
        factory.at(&board.origin).get(&format!("/v1/vacancies/{hot}")).await.unwrap();
    Race { won, waiting, broker, hot, shown }
}

async fn connection(broker: &TestBroker) -> gongqiao_stream::Connection {
    gongqiao_stream::Connection::open(&gongqiao_stream::Endpoint {
        url: broker.url().to_owned(),
        creds: Some(broker.creds_path().to_owned()),
        timeout: std::time::Duration::from_secs(10),
        name: "test".into(),
    })
    .await
    .unwrap()
}

async fn cards(broker: &TestBroker, point: &str) -> Vec<String> {
    let cards = read_all(&connection(broker).await, StreamName::Register).await.unwrap();
    let cards = cards.into_iter().map(|message| wire::Card::decode(message.payload).unwrap());
    cards.filter(|card| card.point == point).map(|card| card.card).collect()
}

/// What the raw stream says of a vacancy.
#[derive(Default)]
struct Recount {
    seats: Vec<String>,
    holds: Vec<String>,
    standby: Vec<String>,
}

async fn recount(broker: &TestBroker, hot: &str) -> Recount {
    let mut found = Recount::default();
    for message in read_all(&connection(broker).await, StreamName::Facts).await.unwrap() {
        match wire::Fact::decode(message.payload).unwrap().body.unwrap() {
            Body::SeatsTaken(e) if e.vacancy == hot => found.seats.extend(e.cards),
            Body::Held(e) if e.vacancy == hot => found.holds.push(e.card),
            Body::StandbyJoined(e) if e.vacancy == hot => {
                found.standby.extend(e.people.into_iter().map(|one| one.card));
            }
            _ => {}
        }
    }
    found
}
