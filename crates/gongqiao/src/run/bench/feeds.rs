//! The supply told to many cities, in counts or card by card, while the register
//! changes: how long after a tick's beginning its events come to readers.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::{
    codes::Divisions,
    id::CardId,
    subject::{Cell, Entity},
    wire::{self, consent, verification},
};
use gongqiao_domain::entity::timestamp;
use gongqiao_shell::Clock;
use gongqiao_stream::{Connection, MAX_BATCH, Outcome, Write, commit};
use parking_lot::Mutex;
use prost::Message as _;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::JoinSet;

use super::{
    BenchArgs, Line,
    ground::{self, GROUPED, Ground, clerk},
};

/// What is told of the supply, and to how many.
pub(super) struct Told {
    cities: usize,
    class: &'static str,
    detail: &'static str,
    /// Items that a feed holds before anything is measured.
    items: u64,
    /// Names of the results: how many events, and how late.
    names: [&'static str; 3],
}

/// Counts.
pub(super) const COUNTS: Told = Told {
    cities: 36,
    class: "SUPPLY",
    detail: "AGGREGATE",
    items: 0,
    names: ["feeds.supply.events", "feeds.supply.p50", "feeds.supply.p99"],
};
/// Everybody, without a name.
pub(super) const CARDS_EACH: Told = Told {
    cities: 4,
    class: "CARDS",
    detail: "CARD",
    items: CARDS,
    names: ["feeds.cards.events", "feeds.cards.p50", "feeds.cards.p99"],
};
const CARDS: u64 = 210_000;
/// Cards that change in a second.
const CHANGES: u64 = 1_000;
/// How often they change: a part of them each time.
const BEAT: Duration = Duration::from_millis(100);
/// Ticks that are measured.
const TICKS: u64 = 4;
/// Milliseconds within which 99 of 100 events must come.
const GOAL_MS: f64 = 2_000.0;
/// Counties that people live in, and occupations that they have.
const COUNTIES: [&str; 11] = [
    "431002", "431003", "431021", "431022", "431023", "431024", "431025", "431026", "431027",
    "431028", "431081",
];
const WORK: [&str; 8] = [
    "6-25-04-07",
    "6-25-04-08",
    "6-18-01-07",
    "4-10-01-05",
    "4-10-01-06",
    "4-03-02-04",
    "4-14-02-01",
    "6-26-01-00",
];

pub(super) async fn run(args: &BenchArgs, told: &Told) -> anyhow::Result<Vec<Line>> {
    let ground = Ground::new(args)?;
    let stack = ground.start(GROUPED).await?;
    let register =
        Register { connection: stack.live.connection().clone(), cell: stack.live.cell() };
    for first in (0..CARDS).step_by(MAX_BATCH) {
        register.write(first..CARDS.min(first + MAX_BATCH as u64), 0).await?;
    }
    let operator = stack.client("operator")?;
    let late = Late::default();
    let mut readers = JoinSet::new();
    for city in cities().take(told.cities) {
        let (desk, feed) = subscribe(&operator, &city, told).await?;
        let cursor = filled(&desk, &feed, told.items).await?;
        readers.spawn(read(desk, format!("{feed}/events"), cursor, Arc::clone(&late)));
    }
    let from = Clock::system().now();
    register.change().await?;
    readers.shutdown().await;
    ground::end(stack).await?;
    let all = std::mem::take(&mut *late.lock());
    let late = all.into_iter().filter(|(at, _)| *at >= from).map(|(_, late)| late);
    let mut late: Vec<f64> = late.collect();
    late.sort_by(f64::total_cmp);
    let events = late.len();
    anyhow::ensure!(events > 0, "no event came");
    let (p50, p99) = (late[events / 2], late[events * 99 / 100]);
    Ok(vec![
        Line::plain(told.names[0], "events", events as f64, 1),
        Line::plain(told.names[1], "ms", p50, 1),
        Line {
            name: told.names[2],
            unit: "ms",
            value: p99,
            baseline: None,
            ratio: None,
            goal: Some(GOAL_MS),
            met: Some(p99 <= GOAL_MS),
            runs: 1,
        },
    ])
}

/// Cities that could be partners: everywhere but here.
fn cities() -> impl Iterator<Item = String> {
    let all = Divisions::table().all().iter().map(|division| division.code);
    let is_city = |code: &gongqiao_contract::codes::DivisionCode| code.prefecture() == Some(*code);
    all.filter(is_city).map(|code| code.to_string()).filter(|code| code != "431000")
}

/// Signs an agreement with a city, and opens a feed of the supply for it.
async fn subscribe(operator: &Client, city: &str, told: &Told) -> anyhow::Result<(Client, String)> {
    let party = json!({ "party": city, "kind": "CITY", "name": "bench" });
    operator.post("/v1/parties", &party, None).await?;
    let agreement = json!({
        "party": city, "until": "2099-01-01T00:00:00Z",
        "scope": { "classes": [told.class], "purpose": "COOPERATION" },
    });
    operator.post("/v1/agreements", &agreement, None).await?;
    let desk = clerk(operator, city).await?;
    let ask = json!({ "kind": "SUPPLY", "detail": told.detail });
    let id = desk.post("/v1/subscriptions", &ask, None).await?.id;
    Ok((desk, format!("/v1/feeds/{id}")))
}

/// Where a feed stands that holds so many items.
async fn filled(desk: &Client, feed: &str, items: u64) -> anyhow::Result<String> {
    let clock = Clock::system();
    loop {
        // Why errors pass: the feed of a new subscription is there a moment later.
        let page: Option<Value> = desk.get(&format!("{feed}/snapshot?page_size=1")).await.ok();
        let manifest = page.map(|mut page| page["manifest"].take()).unwrap_or_default();
        match (manifest["items"].as_u64(), manifest["cursor"].as_str()) {
            (Some(held), Some(cursor)) if held >= items => return Ok(cursor.to_owned()),
            _ => clock.sleep_until(clock.now() + BEAT).await,
        }
    }
}

/// When items were told, and how many milliseconds later they came.
type Late = Arc<Mutex<Vec<(OffsetDateTime, f64)>>>;

/// Notes how late each item comes.
async fn read(desk: Client, events: String, after: String, late: Late) -> anyhow::Result<()> {
    let clock = Clock::system();
    let stream = desk.stream(&events, Some(&after)).await?;
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        let event = event?;
        if event.event != "set" && event.event != "removed" {
            continue;
        }
        let said: Value = serde_json::from_str(&event.data)?;
        let at = OffsetDateTime::parse(said["time"].as_str().context("time")?, &Rfc3339)?;
        late.lock().push((at, (clock.now() - at).as_seconds_f64() * 1e3));
    }
    Ok(())
}

/// A register without people: nothing in its cards is sealed.
struct Register {
    connection: Connection,
    cell: Cell,
}

impl Register {
    /// Changes cards for so many ticks, each to another occupation or none.
    async fn change(&self) -> anyhow::Result<()> {
        let clock = Clock::system();
        let mut next = clock.now();
        let beats = TICKS * 100;
        let each = CHANGES / 10;
        for beat in 0..beats {
            next += BEAT;
            let first = beat * each % CARDS;
            self.write(first..first + each, beat + 1).await?;
            clock.sleep_until(next).await;
        }
        Ok(())
    }

    async fn write(&self, cards: std::ops::Range<u64>, turn: u64) -> anyhow::Result<()> {
        let write = |number: u64| {
            let id: CardId = format!("card_{number:08}").parse()?;
            let subject = Entity::Card(id.clone()).subject(&self.cell);
            let payload = card(&id, number, turn).encode_to_vec().into();
            anyhow::Ok(Write { subject, payload, expect: None, headers: Vec::new() })
        };
        let writes = cards.map(write).collect::<anyhow::Result<Vec<_>>>()?;
        let outcome = commit(&self.connection, &writes).await?;
        anyhow::ensure!(matches!(outcome, Outcome::Stored(_)), "another writer");
        Ok(())
    }
}

fn card(id: &CardId, number: u64, turn: u64) -> wire::Card {
    let pick = |from: &[&str], at: u64| from[at as usize % from.len()].to_owned();
    let village = format!("{}100201", pick(&COUNTIES, number / 7));
    wire::Card {
        card: id.to_string(),
        point: village.clone(),
        home: village,
        verification: verification::Value::Verified as i32,
        birth_year: 1990,
        skills: vec![wire::Skill { occupation: pick(&WORK, number / 3 + turn), level: 4 }],
        available_from: "2020-01-01".into(),
        consents: vec![
            consent::Value::Register as i32,
            consent::Value::Matching as i32,
            consent::Value::Disclosure as i32,
        ],
        updated_at: Some(timestamp(OffsetDateTime::UNIX_EPOCH)),
        ..wire::Card::default()
    }
}
