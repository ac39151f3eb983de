//! Backups under load.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gongqiao_client::Client;
use gongqiao_contract::view;
use gongqiao_domain::{City, ledger::Figure};
use gongqiao_stream::{Message, StreamName, broker::TestBroker, follow, read_all};
use serde_json::{Value, json};
use time::macros::date;
use tokio_util::sync::CancellationToken;

use super::{Backups, board, connection, whole_board};
use crate::support::{
    Exchange, cards, client_of, commit, enterprise, point, row, signal, test_id, until, upload,
    vacancy,
};

const POINT: &str = "431021001001";
const PEOPLE: u16 = 900;
/// The pace of each caller: people in a hurry.
const PACE: Duration = Duration::from_millis(10);

/// What was answered: entity and sequence.
type Acked = Arc<Mutex<Vec<(String, u64)>>>;

/// When callers work: always but while a test looks at what was restored.
#[derive(Clone, Default)]
struct Hours {
    open: Arc<tokio::sync::RwLock<()>>,
    end: CancellationToken,
    /// The longest that anybody waited for a posting, in milliseconds.
    longest_ms: Arc<AtomicU64>,
}

impl Hours {
    /// Waits for working hours; `None` when they are over for good.
    async fn at_work(&self) -> Option<tokio::sync::RwLockReadGuard<'_, ()>> {
        let working = self.end.run_until_cancelled(self.open.read()).await?;
        tokio::time::sleep(PACE).await;
        Some(working)
    }
}

/// People at work: enterprises post, a desk commits, a clerk corrects rows.
struct Load {
    hours: Hours,
    acked: Acked,
    callers: tokio::task::JoinSet<()>,
}

impl Load {
    async fn start(exchange: &Exchange) -> Self {
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let desk = point(&operator, POINT).await;
        let rows: Vec<Value> = (0..PEOPLE).map(person).collect();
        assert_eq!(upload(&desk, POINT, &rows).await["created"], PEOPLE);
        let hot = factory.post("/v1/vacancies", &vacancy(PEOPLE.into()), None).await.unwrap().id;
        let cards = asked_for_all(exchange, &desk, &hot).await;
        let (hours, acked) = (Hours::default(), Acked::default());
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..3 {
            callers.spawn(post(factory.clone(), Arc::clone(&acked), hours.clone()));
        }
        let signal = format!("{POINT}-{hot}");
        callers.spawn(promise(desk.clone(), signal, cards, Arc::clone(&acked), hours.clone()));
        callers.spawn(correct(desk, hours.clone()));
        Self { hours, acked, callers }
    }

    fn acked(&self) -> Vec<(String, u64)> {
        self.acked.lock().unwrap().clone()
    }

    /// Waits until `more` were answered.
    async fn goes_on(&self, more: usize) {
        let enough = self.acked().len() + more;
        until("an answer", async || (self.acked().len() >= enough).then_some(())).await;
    }

    async fn end(mut self) {
        self.hours.end.cancel();
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
    }
}

fn person(n: u16) -> Value {
    row(&test_id(date!(1985 - 03 - 07), n), POINT)
}

async fn post(factory: Client, acked: Acked, hours: Hours) {
    while let Some(_working) = hours.at_work().await {
        let asked = Instant::now();
        let receipt = factory.post("/v1/vacancies", &vacancy(2), None).await.unwrap();
        let took = u64::try_from(asked.elapsed().as_millis()).unwrap();
        hours.longest_ms.fetch_max(took, Ordering::Relaxed);
        acked.lock().unwrap().push((receipt.id, receipt.sequence));
    }
}

async fn promise(desk: Client, signal: String, cards: Vec<String>, acked: Acked, hours: Hours) {
    for card in cards {
        let Some(_working) = hours.at_work().await else { return };
        let receipt = commit(&desk, &signal, &[&card]).await;
        acked.lock().unwrap().push((card, receipt.sequence));
    }
}

/// Corrects fifty rows, again and again: their cards are replaced.
async fn correct(desk: Client, hours: Hours) {
    let mut round = 0;
    while let Some(_working) = hours.at_work().await {
        let changed = |n| {
            let mut row = person(n);
            row["phone"] = json!(format!("1990{round:07}"));
            row
        };
        let rows: Vec<Value> = (0..50).map(changed).collect();
        let report = upload(&desk, POINT, &rows).await;
        assert_eq!(report["refused"], 0, "{report}");
        round += 1;
    }
}

/// Has the matcher ask the point for everybody, and gives those in its
/// register.
async fn asked_for_all(exchange: &Exchange, desk: &Client, vacancy: &str) -> Vec<String> {
    signal(desk, POINT, vacancy).await;
    let mut cards = cards(desk, POINT).await;
    // Why: the matcher asks one point for a few; here one answers for all.
    let first = [cards.pop().unwrap()];
    commit(desk, &format!("{POINT}-{vacancy}"), &first).await;
    let ask = json!({ "asks": [{
        "point": POINT, "quota": PEOPLE, "respondBy": "2098-11-01T00:00:00Z",
    }]});
    let path = format!("/v1/vacancies/{vacancy}/signals");
    exchange.client("matcher").post(&path, &ask, None).await.unwrap();
    cards
}

fn parts(message: &Message) -> (u64, &str, &[u8], time::OffsetDateTime) {
    (message.sequence, &message.subject, &message.payload, message.stored_at)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restore_of_backups_taken_under_load_equals_the_log_and_what_was_answered() {
    let restores: u32 = std::env::var("GONGQIAO_RESTORES").ok().map_or(3, |n| n.parse().unwrap());
    let exchange = Exchange::up();
    let load = Load::start(&exchange).await;
    let source = exchange.connection().await;
    let mut log = Vec::new();
    let (mut saved_ms, mut restored_ms) = (Vec::new(), Vec::new());
    let mut figures = 0;
    for round in 0..restores {
        let dir = tempfile::tempdir().unwrap();
        load.goes_on(20).await;
        let before = load.acked();
        let began = Instant::now();
        let backups = Backups::take(exchange.data(), dir.path());
        saved_ms.push(began.elapsed().as_millis());
        let _pause = load.hours.open.write().await;
        let last = backups.last("FACTS");
        let newest = before.iter().map(|(_, sequence)| *sequence).max().unwrap_or(0);
        assert!(newest <= last, "answered before the backup, and not in it");

        let to = dir.path().join("restored");
        let began = Instant::now();
        let told = backups.restore(&to, &[]).unwrap();
        restored_ms.push(began.elapsed().as_millis());
        assert_eq!((&told["position"], &told["cardsWithoutKey"]), (&json!(last), &json!(0)));
        assert_eq!((&told["cards"], &told["notUnderstood"]), (&json!(PEOPLE), &json!(0)));

        read_up_to(&source, &mut log, last).await;
        let broker = TestBroker::start_in(&to).await;
        let restored = read_all(&connection(&broker).await, StreamName::Facts).await.unwrap();
        assert_eq!(restored.len(), log.len(), "round {round}");
        for (before, after) in log.iter().zip(&restored) {
            assert_eq!(parts(before), parts(after), "round {round}");
        }
        figures += board_equals(&to, &broker, &log, &load.acked(), last).await;
    }
    let longest_ms = load.hours.longest_ms.load(Ordering::Relaxed);
    load.end().await;
    let worst =
        |ms: &[u128]| (ms.iter().sum::<u128>() / ms.len() as u128, *ms.iter().max().unwrap());
    println!(
        "restore_under_load: restores {restores}, the last of {} facts, figures compared \
         {figures}, differing 0, answered and lost 0; backups (mean, most) {:?} ms, restores {:?} ms; the \
         longest wait for an answer meanwhile {longest_ms} ms",
        log.len(),
        worst(&saved_ms),
        worst(&restored_ms),
    );
}

/// Reads on in the log of the exchange that goes on.
async fn read_up_to(source: &gongqiao_stream::Connection, log: &mut Vec<Message>, last: u64) {
    let stop = CancellationToken::new();
    let from = log.len() as u64 + 1;
    follow(source, StreamName::Facts, from, &stop, |chunk| {
        log.extend(chunk.into_iter().filter(|message| message.sequence <= last));
        if log.last().is_some_and(|message| message.sequence == last) {
            stop.cancel();
        }
    })
    .await;
}

/// The board of a restored log against a fold of the log that it was taken
/// from, and against what callers were told. Says how many figures agree.
async fn board_equals(
    data: &Path,
    broker: &TestBroker,
    log: &[Message],
    acked: &[(String, u64)],
    last: u64,
) -> usize {
    let mut city = City::default();
    log.iter().for_each(|one| city.apply(one.sequence, &one.subject, &one.payload));
    let process = board(data, broker);
    let operator = client_of(data, &process.origin, "operator");
    let indicators: Value = operator.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators["position"], last);
    assert_eq!(indicators["cards"], PEOPLE);
    assert_eq!(indicators["openVacancies"], city.index.open_vacancies.len());
    assert_eq!(indicators["openSignals"], city.index.open_signals.len());

    let vacancies: Vec<view::Vacancy> = operator.list("/v1/vacancies").await.unwrap();
    assert_eq!(vacancies.len(), city.ledgers.len());
    let mut figures = 0;
    for vacancy in &vacancies {
        let ledger = &city.ledgers[&vacancy.id];
        for figure in Figure::ALL {
            let name = serde_json::to_value(figure).unwrap();
            let shown = vacancy.ledger[name.as_str().unwrap()].value;
            assert_eq!(shown, ledger.get(figure), "{figure:?} of {}", vacancy.id);
            figures += 1;
        }
    }
    let placements: Vec<Value> = operator.list("/v1/placements").await.unwrap();
    let states: HashMap<&str, &str> = placements
        .iter()
        .map(|one| (one["card"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    let there: HashSet<String> = vacancies.iter().map(|one| one.id.to_string()).collect();
    for (entity, sequence) in acked {
        let found = there.contains(entity) || states.get(entity.as_str()) == Some(&"held");
        assert_eq!(found, *sequence <= last, "{entity} at {sequence} of {last}");
    }
    figures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restore_of_an_exchange_at_rest_shows_the_same_board_and_goes_on() {
    let mut exchange = Exchange::up();
    let load = Load::start(&exchange).await;
    load.goes_on(100).await;
    load.end().await;
    // Why: at rest, so that the two boards are of the same moment; and a
    // backup needs nobody to run.
    exchange.process.stop();
    let dir = tempfile::tempdir().unwrap();
    let backups = Backups::take(exchange.data(), dir.path());
    let to = dir.path().join("restored");
    let told = backups.restore(&to, &[]).unwrap();
    let mut boards = Vec::new();
    for data in [exchange.data(), &to] {
        let broker = TestBroker::start_in(data).await;
        let process = board(data, &broker);
        let operator = client_of(data, &process.origin, "operator");
        let indicators: Value = operator.get("/v1/indicators").await.unwrap();
        let people: Vec<Value> =
            operator.list(&format!("/v1/register/{POINT}/cards")).await.unwrap_or_default();
        boards.push((whole_board(&operator).await, indicators["position"].clone(), people));
    }
    assert_eq!(boards[0], boards[1]);
    assert_eq!(boards[1].1, told["position"]);

    let data = to.display().to_string();
    let args = ["up", "--listen", "127.0.0.1:0", "--data-dir", &data];
    let process = crate::support::Process::start(&args, &[], to.join("up.log"));
    let operator = client_of(&to, &process.origin, "operator");
    let (_, factory) = enterprise(&operator, 2).await;
    let desk = crate::support::key(&operator, POINT, "CLERK").await;
    let more = factory.post("/v1/vacancies", &vacancy(1), None).await.unwrap();
    assert!(more.sequence > told["position"].as_u64().unwrap());
    let called = signal(&desk, POINT, &more.id).await;
    let path = format!("/v1/signals/{}", called.id);
    let called: view::Signal = desk.get(&path).await.unwrap();
    assert!(called.candidates.iter().all(|one| one.name.as_deref() == Some("测试")));
    commit(&desk, &called.id.to_string(), &[called.candidates[0].card.to_string()]).await;
}
