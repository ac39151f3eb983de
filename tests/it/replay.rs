//! Replays: what was stored comes again, each event once, whatever dies on the
//! way; and nothing acts on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::StreamExt as _;
use gongqiao_client::Client;
use gongqiao_contract::{
    subject::{Cell, Entity},
    view,
    wire::{self, fact::Body},
};
use gongqiao_stream::{
    Connection, Endpoint, Original, StreamName, Write, commit, originals, read, read_all,
};
use prost::Message as _;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    feeds::subscribe,
    support::{
        Exchange, cards, enterprise, key, point, refusal, row, signal, test_id, until, upload,
        vacancy,
    },
    webhooks::{Manner, SETTINGS, Sink},
};

const POINT: &str = "431021001001";

/// Orders a replay.
async fn order(operator: &Client, ask: Value) -> view::Replay {
    let mut whole = json!({ "purpose": "AUDIT" });
    whole.as_object_mut().unwrap().extend(ask.as_object().unwrap().clone());
    operator.ask("/v1/replays", &whole).await.unwrap()
}

/// A replay, once it is in this state.
async fn in_state(operator: &Client, id: &str, state: &str) -> view::Replay {
    until(state, async || {
        let job: Option<view::Replay> = operator.get(&format!("/v1/replays/{id}")).await.ok();
        job.filter(|job| job.state == state)
    })
    .await
}

async fn act(operator: &Client, id: &str, verb: &str) -> view::Replay {
    operator.ask(&format!("/v1/replays/{id}/{verb}"), &Value::Null).await.unwrap()
}

/// The file of a replay.
async fn file(operator: &Client, id: &str) -> Vec<u8> {
    operator.download(&format!("/v1/replays/{id}/file"), "*/*").await.unwrap()
}

async fn all_of(reader: &Client, job: &view::Replay, after: u64) -> Vec<u8> {
    let path = format!("{}?after={after}", job.events.as_ref().unwrap());
    let pieces = reader.pieces(&path).await.unwrap();
    let pieces: Vec<Bytes> = pieces.map(Result::unwrap).collect().await;
    pieces.concat()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(mut bytes: &[u8]) -> Vec<wire::ReplayedEvent> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(wire::ReplayedEvent::decode_length_delimited(&mut bytes).unwrap());
    }
    all
}

/// Everything in a stream under a pattern.
async fn stored(connection: &Connection, stream: &str, filter: &str) -> Vec<Original> {
    let mut open = originals(connection, stream, filter, 1).await.unwrap();
    let mut all = Vec::new();
    while open.pending() > 0 {
        all.extend(open.next().await.unwrap());
    }
    all
}

/// What a log holds, to be compared.
async fn held(connection: &Connection, stream: StreamName) -> Vec<(u64, String, Bytes)> {
    let all = read_all(connection, stream).await.unwrap();
    all.into_iter().map(|one| (one.sequence, one.subject, one.payload)).collect()
}

/// Facts of which nothing follows: answers to commands.
async fn fill(connection: &Connection, count: u64) -> u64 {
    let cell = Cell::new("431000".parse().unwrap());
    for first in (0..count).step_by(1_000) {
        let write = |number: u64| {
            let command = format!("filled_{number}");
            let receipt = wire::Receipt { command: command.clone(), ..wire::Receipt::default() };
            let fact = wire::Fact {
                event_id: format!("event-{number}"),
                recorded_at: Some(gongqiao_domain::entity::timestamp(
                    gongqiao_shell::Clock::system().now(),
                )),
                body: Some(Body::Receipt(receipt)),
                ..wire::Fact::default()
            };
            let entity = Entity::Receipt {
                party: if number.is_multiple_of(40) { "matcher" } else { "operator" }
                    .parse()
                    .unwrap(),
                command: command.parse().unwrap(),
            };
            Write {
                subject: entity.subject(&cell),
                payload: fact.encode_to_vec().into(),
                expect: None,
                headers: vec![("ce-type", "gongqiao.v1.Receipt".to_owned())],
            }
        };
        let batch: Vec<Write> = (first..count.min(first + 1_000)).map(write).collect();
        commit(connection, &batch).await.unwrap();
    }
    read::head(connection, StreamName::Facts).await.unwrap()
}

fn in_hours(hours: i64) -> String {
    let now = gongqiao_shell::Clock::system().now();
    gongqiao_shell::beijing::rfc3339(now + time::Duration::hours(hours))
}

/// A day in a city: people are promised, travel, and arrive nowhere yet.
async fn a_day(operator: &Client, factory: &Client) -> (String, String) {
    let desk = point(operator, POINT).await;
    let rows: Vec<_> = (0..4).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let wanted = factory.post("/v1/vacancies", &vacancy(4), None).await.unwrap().id;
    let asked = signal(&desk, POINT, &wanted).await;
    let people = cards(&desk, POINT).await;
    crate::support::commit(&desk, &asked.id.to_string(), &people).await;
    let group = json!({
        "vacancy": wanted, "manifest": people, "mode": "COACH",
        "vehicle": { "plate": "湘L00001", "seats": 45, "carrier": "示例客运" },
        "departsAt": in_hours(48), "arrivesAt": in_hours(56),
    });
    let group = desk.post("/v1/dispatches", &group, None).await.unwrap().id;
    (wanted, group)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replay_never_acts_whatever_is_replayed_to_every_target() {
    let exchange =
        Exchange::up_with(&[&SETTINGS[..], &[("GONGQIAO__NOTIFY__ADAPTER", "log")]].concat());
    let operator = exchange.client("operator");
    let second = key(&operator, "operator", "APPROVER").await;
    let (firm, factory) = enterprise(&operator, 1).await;
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await.id;
    let sink = Sink::start(Manner::Well).await;
    let hook = json!({ "subscription": subscription, "url": sink.url() });
    let hook = factory.post("/v1/webhooks", &hook, None).await.unwrap().id;
    let (_, group) = a_day(&operator, &factory).await;
    let connection = exchange.connection().await;
    let vacancies = || {
        let all = sink.got().into_iter().filter(|got| got.replay.is_none());
        all.filter(|got| String::from_utf8_lossy(&got.body).contains("VacancyItem")).count()
    };
    until("the feed", async || (vacancies() > 0).then_some(())).await;
    until("the steward", async || {
        let before = read::head(&connection, StreamName::Facts).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        (read::head(&connection, StreamName::Facts).await.unwrap() == before).then_some(())
    })
    .await;
    let facts = held(&connection, StreamName::Facts).await;
    let register = held(&connection, StreamName::Register).await;
    let notices = exchange.process.log().matches("\"notify.").count();
    let seen: view::Dispatch = operator.get(&format!("/v1/dispatches/{group}")).await.unwrap();

    let mut jobs = Vec::new();
    for ask in [
        json!({ "target": "FILE", "format": "JSONL" }),
        json!({ "target": "FILE", "format": "PROTOBUF" }),
        json!({ "target": "SUBJECT" }),
        json!({ "source": "AUDIT", "target": "SUBJECT" }),
        json!({ "source": subscription, "target": "FILE" }),
        json!({ "source": subscription, "webhook": hook, "purpose": "PARTNER" }),
        json!({ "source": subscription, "party": firm, "purpose": "PARTNER" }),
        json!({ "target": "READER" }),
    ] {
        let job = order(&operator, ask).await;
        let id = job.id.to_string();
        if job.state == "waiting" {
            let path = format!("/v1/replays/{id}/approve");
            let refused = operator.ask::<Value>(&path, &Value::Null).await;
            assert_eq!(refusal(refused).code, "replay.approval");
            act(&second, &id, "approve").await;
        }
        match (job.party.is_some(), job.events.is_some()) {
            (true, true) => drop(all_of(&factory, &job, 0).await),
            (false, true) => drop(all_of(&operator, &job, 0).await),
            _ => {}
        }
        jobs.push(in_state(&operator, &id, "done").await);
    }

    assert_eq!(held(&connection, StreamName::Facts).await, facts, "the log of facts");
    assert_eq!(held(&connection, StreamName::Register).await, register, "the register");
    let now: view::Dispatch = operator.get(&format!("/v1/dispatches/{group}")).await.unwrap();
    assert_eq!(json!(now), json!(seen));
    assert_eq!(exchange.process.log().matches("\"notify.").count(), notices, "no notice");
    let marked: Vec<String> = sink.got().into_iter().filter_map(|got| got.replay).collect();
    assert!(!marked.is_empty() && marked.iter().all(|id| *id == jobs[5].id.to_string()));
    assert!(sink.got().iter().all(|got| got.replay.is_none() || got.id.contains("rpl_")));

    // Whoever replays could not write a fact if it wanted to.
    let replayer = Endpoint {
        url: exchange.broker(),
        creds: Some(exchange.data().join("keys/gq-replay.creds")),
        timeout: Duration::from_secs(2),
        name: "test".into(),
    };
    let replayer = Connection::open(&replayer).await.unwrap();
    let (_, subject, payload) = facts[0].clone();
    let write = |subject: String| {
        [Write { subject, payload: payload.clone(), expect: None, headers: Vec::new() }]
    };
    assert!(commit(&replayer, &write(subject)).await.is_err(), "denied");
    let own = write("gq.v1.replay.rpl_test.control".into());
    commit(&replayer, &own).await.expect("the control: its own it may write");
    assert_eq!(held(&connection, StreamName::Facts).await, facts);
    // Nor have a stream do it.
    let creds = exchange.data().join("keys/gq-replay.creds");
    let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
    let nats = options.connect(exchange.broker()).await.unwrap();
    let mut answers = Vec::new();
    for subject in ["$JS.API.STREAM.UPDATE.REPLAY", "$JS.API.STREAM.CREATE.OTHER"] {
        let ask = tokio::time::timeout(Duration::from_secs(1), nats.request(subject, "{}".into()));
        answers.push(ask.await.is_ok_and(|answer| answer.is_ok()));
    }
    assert_eq!(answers, [false, false], "denied");
    let info = nats.request("$JS.API.STREAM.INFO.REPLAY", "".into()).await;
    info.expect("the control: it may look");
    let sent: u64 = jobs.iter().map(|job| job.progress.events).sum();
    println!(
        "replay_never_acts: {} jobs, {sent} events, {} facts unchanged",
        jobs.len(),
        facts.len()
    );
}

/// Kills the program or the broker.
async fn kill(exchange: &mut Exchange, number: u32) {
    if number.is_multiple_of(3) {
        let pid = exchange.broker_pid().unwrap().to_string();
        assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        let died = Instant::now();
        // Why: the next kill finds the broker that the supervisor started again.
        until("the broker", async || {
            let now = exchange.broker_pid()?.to_string();
            (now != pid || died.elapsed() > Duration::from_secs(5)).then_some(())
        })
        .await;
    } else {
        exchange.process.kill();
        exchange.restart_stopped();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replay_exactly_once_whatever_is_killed_in_the_middle() {
    let kills: u32 = std::env::var("GONGQIAO_REPLAY_KILLS").ok().map_or(6, |n| n.parse().unwrap());
    let mut exchange = Exchange::up();
    let last = fill(&exchange.connection().await, 6_000).await;
    let operator = exchange.client("operator");
    let range = |more: Value| {
        let mut ask = json!({ "from": "#1", "until": format!("#{last}") });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask
    };
    let mut undisturbed = BTreeMap::new();
    for format in ["JSONL", "PROTOBUF"] {
        let job = order(&operator, range(json!({ "format": format }))).await;
        let job = in_state(&operator, job.id.as_str(), "done").await;
        assert_eq!(job.progress.events, last);
        undisturbed.insert(format, file(&operator, job.id.as_str()).await);
    }
    let few = json!({ "format": "PROTOBUF", "filter": { "parties": ["matcher"] } });
    let job = order(&operator, range(few.clone())).await;
    let job = in_state(&operator, job.id.as_str(), "done").await;
    assert!((150..300).contains(&job.progress.events), "{:?}", job.progress);
    undisturbed.insert("FEW", file(&operator, job.id.as_str()).await);
    let slowly = |mut ask: Value| {
        ask["perSecond"] = json!(100);
        ask
    };
    let asks = [
        json!({ "format": "JSONL", "perSecond": 2_000 }),
        json!({ "format": "PROTOBUF", "perSecond": 2_000 }),
        json!({ "target": "SUBJECT", "perSecond": 2_000 }),
        json!({ "target": "SUBJECT", "filter": { "types": ["Receipt"] }, "perSecond": 2_000 }),
        slowly(few),
    ];
    let (mut killed, mut jobs) = (0, 0);
    while killed < kills {
        let mut ids = Vec::new();
        for ask in &asks {
            let client = exchange.client("operator");
            ids.push(order(&client, range(ask.clone())).await.id.to_string());
        }
        jobs += ids.len();
        loop {
            let client = exchange.client("operator");
            let mut running = 0;
            for id in &ids {
                let job: Option<view::Replay> = client.get(&format!("/v1/replays/{id}")).await.ok();
                running += usize::from(job.is_none_or(|job| job.state == "running"));
            }
            if running == 0 {
                break;
            }
            if killed < kills {
                killed += 1;
                kill(&mut exchange, killed).await;
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // Why varied: jobs are killed at ever other places.
            tokio::time::sleep(Duration::from_millis(u64::from(killed * 97 % 700))).await;
        }
        let client = exchange.client("operator");
        for (format, id) in ["JSONL", "PROTOBUF"].into_iter().zip(&ids) {
            let job = in_state(&client, id, "done").await;
            assert_eq!(job.progress.events, last, "{format}");
            assert!(file(&client, id).await == undisturbed[format], "{format}: other bytes");
        }
        in_state(&client, &ids[4], "done").await;
        assert!(file(&client, &ids[4]).await == undisturbed["FEW"], "a selection: other bytes");
        let connection = exchange.connection().await;
        let facts = stored(&connection, "FACTS", "").await;
        for (id, is_filtered) in [(&ids[2], false), (&ids[3], true)] {
            in_state(&client, id, "done").await;
            let again = stored(&connection, "REPLAY", &format!("gq.v1.replay.{id}.>")).await;
            let is_wanted = |fact: &&Original| {
                fact.sequence <= last
                    && (!is_filtered || fact.subject().starts_with("gq.v1.receipt."))
            };
            let wanted: Vec<&Original> = facts.iter().filter(is_wanted).collect();
            assert_eq!(again.len(), wanted.len());
            for (again, once) in again.iter().zip(wanted) {
                let sequence = again.header("Gq-Replay-Sequence").unwrap();
                assert_eq!(sequence, once.sequence.to_string());
                assert_eq!(again.payload, once.payload);
                assert_eq!(again.header("Gq-Replay-Job"), Some(id.as_str()));
                assert_eq!(again.header("ce-type"), once.header("ce-type"));
                let batch = again.header("Gq-Original-Nats-Batch-Id");
                assert_eq!(batch, once.header("Nats-Batch-Id"));
            }
        }
    }
    println!("replay_exactly_once: {killed} kills, {jobs} jobs of up to {last} events");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_range_is_selected_by_what_events_are_about_and_gives_the_same_bytes_twice() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (firm, factory) = enterprise(&operator, 1).await;
    let (_, other) = enterprise(&operator, 2).await;
    other.post("/v1/vacancies", &vacancy(2), None).await.unwrap();
    let (wanted, group) = a_day(&operator, &factory).await;
    let facts = held(&exchange.connection().await, StreamName::Facts).await;
    let read_by = async |filter: Value| {
        let job = order(&operator, json!({ "target": "READER", "filter": filter })).await;
        lines(&all_of(&operator, &job, 0).await)
    };
    let by_group = read_by(json!({ "dispatches": [group] })).await;
    assert!(by_group.iter().any(|line| line["type"] == "DispatchOpened"), "{by_group:?}");
    assert!(by_group.iter().all(|line| line.to_string().contains(&group)));
    let by_vacancy = read_by(json!({ "vacancies": [wanted] })).await;
    assert!(by_vacancy.len() > by_group.len());
    let both = read_by(json!({ "enterprises": [firm], "types": ["VacancyPosted"] })).await;
    assert_eq!(both.len(), 1);
    let all_posts = read_by(json!({ "types": ["VacancyPosted"] })).await;
    assert_eq!(all_posts.len(), 2);
    let held_there = read_by(json!({ "points": [POINT], "types": ["Held"] })).await;
    let people: BTreeSet<String> =
        held_there.iter().map(|line| line["fact"]["held"]["card"].to_string()).collect();
    assert_eq!(people.len(), 4, "{held_there:?}");
    assert!(read_by(json!({ "cards": ["card_of_nobody"] })).await.is_empty());

    let ask = json!({ "format": "PROTOBUF", "until": format!("#{}", facts.len()) });
    let mut files = Vec::new();
    for _ in 0..2 {
        let job = order(&operator, ask.clone()).await;
        files.push(
            file(&operator, in_state(&operator, job.id.as_str(), "done").await.id.as_str()).await,
        );
    }
    assert!(files[0] == files[1]);
    let again = events(&files[0]);
    assert_eq!(again.len(), facts.len());
    for (again, (sequence, subject, payload)) in again.iter().zip(&facts) {
        assert_eq!((&again.sequence, &again.subject, &again.payload), (sequence, subject, payload));
    }
    // What was read up to a sequence is not read again.
    let job = order(&operator, json!({ "target": "READER" })).await;
    let whole = lines(&all_of(&operator, &job, 0).await);
    let rest = lines(&all_of(&operator, &job, 10).await);
    assert_eq!(rest, whole[10..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_is_paused_goes_on_and_is_cancelled_and_keeps_who_did_it() {
    let mut exchange = Exchange::up();
    let last = fill(&exchange.connection().await, 3_000).await;
    let operator = exchange.client("operator");
    let slow = json!({ "perSecond": 1_000, "until": format!("#{last}"), "reference": "2026-7" });
    let id = order(&operator, slow.clone()).await.id.to_string();
    until("some events", async || {
        let job: view::Replay = operator.get(&format!("/v1/replays/{id}")).await.unwrap();
        (job.progress.events > 0).then_some(())
    })
    .await;
    let paused = act(&operator, &id, "pause").await;
    assert_eq!(paused.state, "paused");
    assert!(paused.progress.share < 1.0);
    let refused = operator.ask::<Value>(&format!("/v1/replays/{id}/pause"), &Value::Null).await;
    assert_eq!(refusal(refused).code, "replay.state");
    let early = operator.download(&format!("/v1/replays/{id}/file"), "*/*").await;
    assert_eq!(refusal(early).code, "replay.state");
    exchange.restart();
    let operator = exchange.client("operator");
    let still: view::Replay = operator.get(&format!("/v1/replays/{id}")).await.unwrap();
    assert_eq!(still.state, "paused", "after a restart as well");
    act(&operator, &id, "resume").await;
    let done = in_state(&operator, &id, "done").await;
    assert_eq!(done.progress.events, last);
    let acts: Vec<&str> = done.acts.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(acts, ["started", "paused", "resumed", "ended"]);
    assert_eq!(done.reference.as_deref(), Some("2026-7"));
    assert_eq!(lines(&file(&operator, &id).await).len() as u64, last);

    let id = order(&operator, slow).await.id.to_string();
    act(&operator, &id, "cancel").await;
    let left: PathBuf = exchange.data().join(format!("replays/{id}.jsonl"));
    assert!(!left.exists(), "its file is gone");
    let all: Vec<view::Replay> = operator.get("/v1/replays").await.unwrap();
    assert_eq!(all[0].state, "cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_that_ran_is_paused_in_an_exchange_that_was_restored() {
    let mut exchange = Exchange::up();
    let last = fill(&exchange.connection().await, 3_000).await;
    let operator = exchange.client("operator");
    let slow = json!({ "perSecond": 500, "until": format!("#{last}") });
    let id = order(&operator, slow).await.id.to_string();
    exchange.process.stop();
    // What a backup has not: where replays stood.
    std::fs::remove_dir_all(exchange.data().join("replays")).unwrap();
    exchange.restart_stopped();
    let operator = exchange.client("operator");
    let job: view::Replay = operator.get(&format!("/v1/replays/{id}")).await.unwrap();
    assert_eq!(job.state, "paused");
    assert_eq!(job.acts.last().unwrap().party, "replay");
    exchange.restart();
    let operator = exchange.client("operator");
    act(&operator, &id, "resume").await;
    exchange.restart();
    let operator = exchange.client("operator");
    let job: view::Replay = operator.get(&format!("/v1/replays/{id}")).await.unwrap();
    assert_eq!(job.state, "running", "the control: the same exchange goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_can_not_be_replayed_is_refused_with_its_place() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (firm, factory) = enterprise(&operator, 1).await;
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await.id;
    let auditor = key(&operator, "operator", "AUDITOR").await;
    let ask = json!({ "purpose": "AUDIT" });
    assert_eq!(refusal(factory.ask::<Value>("/v1/replays", &ask).await).code, "auth.party_kind");
    assert_eq!(refusal(auditor.ask::<Value>("/v1/replays", &ask).await).code, "auth.role");
    let cases = [
        (json!({}), "field.required", "/purpose"),
        (json!({ "purpose": "AUDIT", "source": "REGISTER" }), "replay.source", "/source"),
        (json!({ "purpose": "AUDIT", "source": "sub_none" }), "replay.source", "/source"),
        (json!({ "purpose": "AUDIT", "from": "gestern" }), "moment.unreadable", "/from"),
        (json!({ "purpose": "AUDIT", "from": "#900000" }), "replay.range", "/until"),
        (json!({ "purpose": "AUDIT", "until": "1999-01-01" }), "replay.range", "/until"),
        (json!({ "purpose": "AUDIT", "times": -1.0 }), "field.out_of_range", "/times"),
        (json!({ "purpose": "AUDIT", "times": 1, "perSecond": 1 }), "field.invalid", "/perSecond"),
        (json!({ "purpose": "AUDIT", "reference": "张三的案子" }), "field.invalid", "/reference"),
        (
            json!({ "purpose": "AUDIT", "filter": { "types": ["Nothing"] } }),
            "field.unknown_code",
            "/filter/types/0",
        ),
        (json!({ "purpose": "PARTNER", "party": firm }), "replay.target", "/party"),
        (
            json!({ "purpose": "PARTNER", "source": subscription, "party": "440300" }),
            "replay.target",
            "/party",
        ),
        (json!({ "purpose": "AUDIT", "target": "WEBHOOK" }), "replay.target", "/webhook"),
        (
            json!({ "purpose": "AUDIT", "source": subscription, "filter": { "types": ["Held"] } }),
            "replay.source",
            "/filter",
        ),
    ];
    for (ask, code, pointer) in cases {
        for path in ["/v1/replays", "/v1/replays/plan"] {
            let refused = refusal(operator.ask::<Value>(path, &ask).await);
            assert_eq!(refused.code, code, "{ask}");
            assert_eq!(refused.pointer.as_deref(), Some(pointer), "{ask}");
        }
    }
    let all: Vec<view::Replay> = operator.get("/v1/replays").await.unwrap();
    assert!(all.is_empty(), "nothing was begun");
    let missing = operator.get::<Value>("/v1/replays/rpl_none").await;
    assert_eq!(refusal(missing).code, "replay.not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_party_reads_its_own_replay_while_its_agreement_holds() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let second = key(&operator, "operator", "APPROVER").await;
    let (firm, factory) = enterprise(&operator, 1).await;
    let (_, other) = enterprise(&operator, 2).await;
    let subscription = subscribe(&factory, &json!({ "kind": "VACANCY" })).await;
    factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    until("the feed", async || {
        let page: Value = factory.get(&subscription.events).await.ok()?;
        page["events"].to_string().contains("VacancyItem").then_some(())
    })
    .await;
    let ask = json!({ "source": subscription.id, "party": firm, "purpose": "PARTNER" });
    let job = order(&operator, ask).await;
    let id = job.id.to_string();
    let events = job.events.clone().unwrap();
    assert_eq!(refusal(factory.download(&events, "*/*").await).code, "replay.state");
    assert_eq!(refusal(other.download(&events, "*/*").await).code, "replay.not_found");
    act(&second, &id, "approve").await;
    let read = lines(&all_of(&factory, &job, 0).await);
    assert!(read.iter().any(|line| line["headers"]["ce-type"] == "gongqiao.v1.VacancyItem"));
    assert!(read.iter().all(|line| line["subject"].to_string().contains(subscription.id.as_str())));
    assert_eq!(refusal(other.download(&events, "*/*").await).code, "replay.not_found");
    let agreements: view::Page<view::Agreement> = operator.get("/v1/agreements").await.unwrap();
    let agreement = agreements.items.iter().find(|one| one.party.as_str() == firm).unwrap();
    let path = format!("/v1/agreements/{}/terminate", agreement.id);
    operator.post_empty(&path).await.unwrap();
    until("the end", async || {
        let ended = factory.download(&events, "*/*").await;
        ended.is_err().then(|| assert_eq!(refusal(ended).code, "subscription.over"))
    })
    .await;
}

#[test]
fn the_command_line_replays_to_a_file_to_stdout_and_tells_what_it_would_send() {
    let exchange = Exchange::up();
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_gongqiao"))
            .args(args)
            .args(["--url", &exchange.process.origin])
            .args(["--key-file", exchange.data().join("keys/operator.key").to_str().unwrap()])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    let plan = run(&["--json", "replay", "start", "--purpose", "audit", "--dry-run"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let count = plan["events"].as_u64().unwrap();
    assert!(count > 3 && plan["complete"] == true, "{plan}");
    assert_eq!(plan["types"]["PartyRegistered"], 4, "{plan}");
    let out = exchange.data().join("all.jsonl");
    let said = run(&["replay", "start", "--purpose", "audit", "--out", out.to_str().unwrap()]);
    assert!(said.contains("SHA-256"), "{said}");
    let written = std::fs::read(&out).unwrap();
    assert_eq!(lines(&written).len() as u64, count);
    let printed = run(&["replay", "start", "--purpose", "audit", "--to", "stdout"]);
    assert!(printed.as_bytes() == written, "a file and a reader are told the same");
    let list = run(&["replay", "list"]);
    assert!(list.contains("done"), "{list}");
}
