//! Any moment of the past, what changed between two, and whether the present
//! follows from the log. The long form: `GONGQIAO_TIME_TRAVEL=n` steps.

use std::{collections::BTreeMap, process::Command, time::Instant};

use gongqiao_access::{show, snapshot};
use gongqiao_client::Client;
use gongqiao_contract::{
    Moment, SCHEMA,
    subject::{self, Cell, Entity},
    view::{PastDiff, PastState, Verdict},
    wire::{self, fact::Body},
};
use gongqiao_domain::{
    City,
    entity::{dispatch_state_name, instant, placement_state_name, timestamp},
    ledger::Figure,
};
use gongqiao_stream::{
    Connection, Message, StreamName, Write, commit, original_at, read, read_all,
};
use prost::Message as _;
use serde_json::{Value, json};
use time::{Date, OffsetDateTime, macros::date};

use crate::{
    scenarios::afterwards,
    support::{
        Exchange, cards, commit as promise, enterprise, point, refusal, row, signal, test_id,
        until, upload, vacancy,
    },
};

const POINT: &str = "431021001001";
const BORN: Date = date!(1985 - 03 - 07);

async fn facts(connection: &Connection) -> Vec<Message> {
    read_all(connection, StreamName::Facts).await.unwrap()
}

fn fact(message: &Message) -> wire::Fact {
    wire::Fact::decode(message.payload.clone()).unwrap()
}

fn recorded(message: &Message) -> OffsetDateTime {
    instant(&fact(message).recorded_at.unwrap())
}

/// The last event whose name is this.
fn last_named(log: &[Message], name: &str) -> u64 {
    let named = |m: &&Message| {
        fact(m).body.is_some_and(|body| gongqiao_contract::event::name(&body) == name)
    };
    log.iter().rev().find(named).unwrap_or_else(|| panic!("no {name}")).sequence
}

fn fold<'a>(messages: impl IntoIterator<Item = &'a Message>) -> City {
    let mut city = City::default();
    for message in messages {
        city.apply(message.sequence, &message.subject, &message.payload);
    }
    city
}

async fn at(operator: &Client, moment: &str, of: &str) -> PastState {
    let path = format!("/v1/state?at={moment}{of}");
    operator.get(&path).await.unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What is counted of a city, counted without the code under test.
fn counted(city: &City) -> Value {
    let mut counts: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    let mut count = |of, state: &str| {
        *counts.entry(of).or_default().entry(state.to_owned()).or_default() += 1;
    };
    for one in city.entities.vacancies.values().filter_map(|one| one.value.as_ref()) {
        count("vacancies", one.state.as_str());
    }
    for one in city.entities.signals.values().filter_map(|one| one.value.as_ref()) {
        count("signals", one.state.as_str());
    }
    for one in city.entities.dispatches.values().filter_map(|one| one.value.as_ref()) {
        count("dispatches", dispatch_state_name(one.state()));
    }
    for card in city.entities.workers.keys() {
        if let Some(one) = city.placement(card) {
            count("people", placement_state_name(one.state()));
        }
    }
    let sum = |figure| city.ledgers.values().map(|ledger| ledger.get(figure)).sum::<i64>();
    let ledger: BTreeMap<String, i64> =
        Figure::ALL.into_iter().map(|one| (show::figure_name(one), sum(one))).collect();
    let of = |name| counts.get(name).cloned().unwrap_or_default();
    json!({
        "vacancies": of("vacancies"), "signals": of("signals"), "dispatches": of("dispatches"),
        "people": of("people"), "ledger": ledger,
        "openVacancies": city.index.open_vacancies.len(), "openSignals": city.index.open_signals.len(),
        "openDispatches": city.index.open_dispatches.len(), "openCases": city.index.open_cases.len(),
    })
}

/// Chance that comes the same again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

/// A city in which something happens.
struct Story {
    exchange: Exchange,
    operator: Client,
    factory: Client,
    desk: Client,
    vacancies: Vec<String>,
    dispatches: Vec<String>,
}

impl Story {
    async fn new(people: u16) -> Self {
        let exchange = Exchange::up();
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let desk = point(&operator, POINT).await;
        let rows: Vec<Value> = (0..people).map(|n| row(&test_id(BORN, n), POINT)).collect();
        upload(&desk, POINT, &rows).await;
        Self { exchange, operator, factory, desk, vacancies: Vec::new(), dispatches: Vec::new() }
    }

    fn restart(&mut self) {
        self.exchange.restart();
        let origin = &self.exchange.process.origin;
        for client in [&mut self.operator, &mut self.factory, &mut self.desk] {
            *client = client.at(origin);
        }
    }

    async fn post(&mut self, headcount: u32) -> String {
        let posted = self.factory.post("/v1/vacancies", &vacancy(headcount), None).await.unwrap();
        self.vacancies.push(posted.id.clone());
        posted.id
    }

    /// One step; it may well be refused.
    async fn step(&mut self, dice: &mut Dice) {
        let pick = dice.below(self.vacancies.len().max(1));
        let Some(id) = self.vacancies.get(pick).cloned() else {
            self.post(2).await;
            return;
        };
        let headcount = u32::try_from(1 + dice.below(4)).unwrap();
        match dice.below(6) {
            0 => drop(self.post(headcount).await),
            1 => {
                let path = format!("/v1/vacancies/{id}/update");
                let _ = self.factory.post(&path, &vacancy(headcount), None).await;
            }
            2 if dice.below(3) == 0 => {
                let _ = self.factory.post_empty(&format!("/v1/vacancies/{id}/withdraw")).await;
            }
            2 | 3 => self.answer(&id, dice).await,
            4 => {
                let open: Vec<Value> = self.desk.list("/v1/placements?state=held").await.unwrap();
                let held: Vec<&Value> = open.iter().map(|one| &one["card"]).take(2).collect();
                let body = json!({ "vacancy": id, "mode": "ALONE", "manifest": held });
                if let Ok(opened) = self.desk.post("/v1/dispatches", &body, None).await {
                    self.dispatches.push(opened.id);
                }
            }
            _ => {
                let Some(dispatch) = self.dispatches.last().cloned() else { return };
                let to = ["ACCEPTED", "CANCELLED"][dice.below(2)];
                let path = format!("/v1/dispatches/{dispatch}/events");
                let _ = self.factory.post(&path, &json!({ "move": to }), None).await;
            }
        }
    }

    async fn answer(&self, vacancy: &str, dice: &mut Dice) {
        let people = cards(&self.desk, POINT).await;
        let one = &people[dice.below(people.len())];
        let body = json!({
            "calls": [{ "card": one, "outcome": "WILLING" }], "commit": { "cards": [one] },
        });
        let path = format!("/v1/signals/{POINT}-{vacancy}/answer");
        let _ = self.desk.post(&path, &body, None).await;
    }
}

/// The end of the transaction in which `sequence` stands, message by message.
async fn end_of(connection: &Connection, mut sequence: u64) -> u64 {
    loop {
        let found = original_at(connection, subject::FACTS, sequence).await.unwrap();
        let open = found.is_some_and(|one| {
            one.header("Nats-Batch-Id").is_some() && one.header("Nats-Batch-Commit").is_none()
        });
        if !open {
            return sequence;
        }
        sequence += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_state_at_every_sequence_is_the_fold_of_the_log_up_to_there() {
    let steps: usize =
        std::env::var("GONGQIAO_TIME_TRAVEL").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    let mut story = Story::new(6).await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let first = story.post(3).await;
    signal(&story.desk, POINT, &first).await;
    for step in 0..steps {
        if step == steps / 2 {
            // Why: later moments are then folded from a snapshot on.
            story.restart();
        }
        story.step(&mut dice).await;
    }
    let connection = story.exchange.connection().await;
    let log = facts(&connection).await;
    let (started, mut asked) = (Instant::now(), 0);
    for sequence in 0..=log.len() as u64 {
        let end = end_of(&connection, sequence).await;
        let city = fold(&log[..usize::try_from(end).unwrap()]);
        let moment = format!("seq:{sequence}");
        let state = at(&story.operator, &moment, "").await;
        assert_eq!(state.place.position, end, "{moment}");
        assert_eq!(state.place.moved_from, (end != sequence).then_some(sequence), "{moment}");
        let city_shown = shown(&state.city.unwrap());
        for (name, value) in counted(&city).as_object().unwrap() {
            assert_eq!(&city_shown[name], value, "{name} at {moment}");
        }
        asked += 1;
        let seen_from = log[..usize::try_from(end).unwrap()].last().map(recorded);
        let mut kinds: Vec<(String, Value)> = Vec::new();
        for one in city.entities.vacancies.values().filter_map(|one| one.value.as_ref()) {
            kinds.push((format!("vacancy/{}", one.id), shown(&show::vacancy(&city, one))));
        }
        for one in city.entities.dispatches.values().filter_map(|one| one.value.as_ref()) {
            kinds.push((format!("dispatch/{}", one.id), shown(&show::dispatch(&city, one, true))));
        }
        for one in city.entities.agreements.values().filter_map(|one| one.value.as_ref()) {
            let one_shown = show::agreement(one, seen_from.unwrap());
            kinds.push((format!("agreement/{}", one.id), shown(&one_shown)));
        }
        if !kinds.is_empty() {
            let (of, expected) = &kinds[dice.below(kinds.len())];
            let state = at(&story.operator, &moment, &format!("&of={of}")).await;
            let state = shown(&state);
            let kind = of.split('/').next().unwrap();
            assert_eq!(&state[kind], expected, "{of} at {moment}");
            asked += 1;
        }
    }
    let verdict: Verdict = story.operator.get("/v1/verify").await.unwrap();
    assert!(verdict.agree, "{verdict:?}");
    assert!(verdict.snapshot.is_some(), "one was kept at the restart");
    let kinds: std::collections::BTreeSet<&str> = log
        .iter()
        .filter_map(|one| Some(gongqiao_contract::event::name(fact(one).body.as_ref()?)))
        .collect();
    assert!(kinds.contains("DispatchOpened") && kinds.contains("Held"), "{kinds:?}");
    println!(
        "time travel: {steps} steps, {} events of {} kinds, {asked} states asked for, {:.1} ms each",
        log.len(),
        kinds.len(),
        started.elapsed().as_secs_f64() * 1e3 / f64::from(asked)
    );
}

/// Whatever is shown, as JSON.
fn shown(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_a_time_is_the_same_place_however_it_is_written_and_long_the_log() {
    let exchange = Exchange::up_with(&[("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-18 18:00")]);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let post = async || {
        let body = afterwards::vacancy(2);
        factory.post("/v1/vacancies", &body, None).await.unwrap().sequence
    };
    operator.post("/v1/clock", &json!({ "to": "2021-07-20 18:00" }), None).await.unwrap();
    let six = post().await;
    operator.post("/v1/clock", &json!({ "to": "2021-07-20 19:30" }), None).await.unwrap();
    let later = post().await;
    let connection = exchange.connection().await;
    let log = facts(&connection).await;
    let recorded_at = recorded(&log[usize::try_from(six).unwrap() - 1]);
    let nanos = recorded_at.unix_timestamp_nanos();
    let end = end_of(&connection, six).await;
    let next = log[usize::try_from(end).unwrap()..].first().map(recorded).unwrap();
    let same = |a: &PastState| (a.place.position, a.place.moved_from);
    let mut first = None;
    for moment in [
        nanos.to_string(),
        (nanos / 1_000).to_string(),
        Moment::At(recorded_at).to_string(),
        "2021-07-20T18:30:00%2B08:00".to_owned(),
        "2021-07-20%2018:30".to_owned(),
        ((nanos + 60_000_000_000) / 1_000_000_000).to_string(),
        ((nanos + 60_000_000_000) / 1_000_000).to_string(),
        "-1h".to_owned(),
    ] {
        let state = at(&operator, &moment, "").await;
        assert!(state.place.position >= end && state.place.position < later, "{moment}");
        // Why: at the very nanosecond, what the steward does a moment later is not there yet.
        if moment.contains("18:30") || moment == "-1h" {
            assert_eq!(same(&state), *first.get_or_insert(same(&state)), "{moment}");
            assert!(state.place.next_at.is_some(), "{moment}");
        }
    }
    let before = at(&operator, &(nanos - 1).to_string(), "").await;
    assert!(before.place.position < six, "a nanosecond before it");
    assert!(next > recorded_at);

    let early = at(&operator, "2021-07-01", "").await;
    assert_eq!((early.place.position, early.place.recorded_at), (0, None));
    assert_eq!(early.city.unwrap().service_points, 0);
    assert!(early.place.next_at.is_some(), "when it began");
    let future = at(&operator, "2099-01-01", "").await;
    assert_eq!(
        (future.place.next_at, future.place.position),
        (None, read::head(&connection, StreamName::Facts).await.unwrap())
    );

    let place = at(&operator, "2021-07-20%2018:30", "").await.place;
    for _ in 0..5 {
        post().await;
    }
    assert_eq!(at(&operator, "2021-07-20%2018:30", "").await.place, place, "the log has grown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_is_for_operators_and_what_is_wrong_with_a_moment_is_said() {
    let mut story = Story::new(1).await;
    let id = story.post(2).await;
    for who in [&story.factory, &story.desk] {
        for path in ["/v1/state?at=now", "/v1/state/diff?from=-2h", "/v1/verify"] {
            let refused = refusal(who.get::<Value>(path).await);
            assert_eq!((refused.status, refused.code.as_str()), (403, "auth.party_kind"), "{path}");
        }
    }
    for (path, status, code) in [
        ("/v1/state?at=seq:999999", 400, "read.ahead"),
        ("/v1/state?at=yesterday", 400, "moment.unreadable"),
        ("/v1/state/diff?from=-2x", 400, "moment.unreadable"),
        ("/v1/state/diff?from=now&until=seq:1", 400, "past.order"),
        ("/v1/state?of=dispatch/dsp_none", 404, "past.not_there"),
        ("/v1/state/diff?from=seq:0&of=vacancy/vac_none", 404, "past.not_there"),
        ("/v1/state?of=card/card_a", 400, "request.query"),
    ] {
        let refused = refusal(story.operator.get::<Value>(path).await);
        assert_eq!((refused.status, refused.code.as_str()), (status, code), "{path}");
    }
    let path = format!("/v1/state?at=seq:3&of=vacancy/{id}");
    assert_eq!(refusal(story.operator.get::<Value>(&path).await).code, "past.not_there");
    assert!(at(&story.operator, "-2h", "").await.place.position == 0, "before it was founded");
}

/// Puts a message into the log behind the gate's back.
async fn put(connection: &Connection, subject: String, payload: Vec<u8>) -> u64 {
    let write = Write { subject, payload: payload.into(), expect: None, headers: Vec::new() };
    match commit(connection, &[write]).await.unwrap() {
        gongqiao_stream::Outcome::Stored(stored) => stored.last_sequence,
        gongqiao_stream::Outcome::Conflict => panic!("a conflict"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_a_time_is_one_place_also_where_clocks_did_not_agree() {
    let exchange = Exchange::up();
    let connection = exchange.connection().await;
    let base = recorded(facts(&connection).await.last().unwrap()).unix_timestamp() + 3_600;
    let minute = async |minutes: i64| {
        let at = OffsetDateTime::from_unix_timestamp(base + minutes * 60).unwrap();
        let fact = wire::Fact { recorded_at: Some(timestamp(at)), ..Default::default() };
        put(&connection, "gq.v1.case.43.431000.case_clock".into(), fact.encode_to_vec()).await
    };
    for minutes in [1, 3, 2, 5, 4, 6] {
        minute(minutes).await;
    }
    put(&connection, "gq.v1.case.43.431000.case_torn".into(), vec![0xff; 9]).await;
    let mut places = Vec::new();
    for later in 0..40 {
        minute(20 + later).await;
        let time = OffsetDateTime::from_unix_timestamp(base + 270).unwrap();
        places.push(gongqiao_replay::place_at(&connection, time).await.unwrap());
    }
    places.dedup();
    assert_eq!(places.len(), 1, "{places:?}");
    let last = OffsetDateTime::from_unix_timestamp(base + 20 * 60 - 1).unwrap();
    let place = gongqiao_replay::place_at(&connection, last).await.unwrap();
    let torn =
        facts(&connection).await.iter().rev().find(|one| one.payload[0] == 0xff).unwrap().sequence;
    assert_eq!(place, torn, "what can't be read is as old as what stands before it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_names_what_it_does_not_understand_and_shows_the_rest() {
    let mut story = Story::new(1).await;
    let (hit, torn, spared) = (story.post(2).await, story.post(2).await, story.post(2).await);
    let connection = story.exchange.connection().await;
    let cell = Cell::new("431000".parse().unwrap());
    let party =
        fold(&facts(&connection).await).vacancy(&hit.parse().unwrap()).unwrap().enterprise.clone();
    let subject = |id: &str| {
        Entity::Vacancy { enterprise: party.clone(), vacancy: id.parse().unwrap() }.subject(&cell)
    };
    let newer = wire::Fact {
        event_id: "future".into(),
        min_reader: SCHEMA + 1,
        body: Some(Body::VacancyWithdrawn(wire::VacancyWithdrawn { vacancy: hit.clone() })),
        ..Default::default()
    };
    let before = read::head(&connection, StreamName::Facts).await.unwrap();
    let first = put(&connection, subject(&hit), newer.encode_to_vec()).await;
    put(&connection, subject(&torn), b"\xff\xfe not protobuf".to_vec()).await;
    let last = put(&connection, "gq.v1.case.43.431000.case_poison".into(), vec![0x0f; 64]).await;
    until("the live view", async || {
        let state = at(&story.operator, "now", "").await;
        (state.not_understood_count == 3).then_some(())
    })
    .await;
    for moment in ["now".to_owned(), format!("seq:{last}")] {
        let state = at(&story.operator, &moment, &format!("&of=vacancy/{hit}")).await;
        assert!(state.read_only && state.not_understood.contains(&subject(&hit)), "{moment}");
        assert_eq!(state.vacancy.unwrap().state, "open", "as far as it is understood");
        let state = at(&story.operator, &moment, &format!("&of=vacancy/{torn}")).await;
        assert!(state.read_only && state.vacancy.is_some(), "{moment}");
        let state = at(&story.operator, &moment, &format!("&of=vacancy/{spared}")).await;
        assert!(!state.read_only, "{moment}");
    }
    let earlier = at(&story.operator, &format!("seq:{before}"), "").await;
    assert_eq!((earlier.not_understood_count, earlier.read_only), (0, false));
    let path = format!("/v1/state/diff?from=seq:{before}&of=vacancy/{hit}");
    let diff: PastDiff = story.operator.get(&path).await.unwrap();
    assert_eq!(diff.not_understood_count, 3);
    let changed: Vec<_> = diff.changes.iter().map(|one| (one.path.as_str(), &one.by[..])).collect();
    assert_eq!(changed, [("/readOnly", &[first][..])]);
    let verdict: Verdict = story.operator.get("/v1/verify").await.unwrap();
    assert!(verdict.agree, "what is not understood is so in both: {verdict:?}");
    let named = verdict.first_not_understood.unwrap();
    assert_eq!((verdict.not_understood_count, named.sequence), (3, first));
    assert_eq!(named.subject, subject(&hit));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_a_difference_names_its_values_and_the_events_behind_them() {
    let mut story = Story::new(3).await;
    let id = story.post(2).await;
    let other = story.post(1).await;
    let asked = signal(&story.desk, POINT, &id).await.id.to_string();
    let connection = story.exchange.connection().await;
    let from = read::head(&connection, StreamName::Facts).await.unwrap();
    let path = format!("/v1/vacancies/{id}/update");
    let updated = story.factory.post(&path, &vacancy(3), None).await.unwrap().sequence;
    let people = cards(&story.desk, POINT).await;
    promise(&story.desk, &asked, &people[..2]).await;
    let reduce = format!("/v1/vacancies/{other}/withdraw");
    let foreign = story.factory.post_empty(&reduce).await.unwrap().sequence;
    let log = facts(&connection).await;
    let taken = last_named(&log, "SeatsTaken");

    let diff = async |of: &str| -> PastDiff {
        let path = format!("/v1/state/diff?from=seq:{from}&until=now{of}");
        story.operator.get(&path).await.unwrap()
    };
    let vacancy = diff(&format!("&of=vacancy/{id}")).await;
    let change = |path: &str| {
        let found = vacancy.changes.iter().find(|one| one.path == path);
        found.unwrap_or_else(|| panic!("{path} in {:?}", vacancy.changes)).clone()
    };
    let headcount = change("/terms/headcount");
    assert_eq!((headcount.before, headcount.after), (Some(json!(2)), Some(json!(3))));
    assert_eq!(headcount.by, [updated]);
    let committed = change("/ledger/committed/value");
    assert_eq!((committed.before, committed.after), (Some(json!(0)), Some(json!(2))));
    assert_eq!(committed.by, [taken]);
    let events: Vec<u64> = vacancy.events.iter().map(|one| one.sequence).collect();
    assert!(events.contains(&updated) && events.contains(&taken), "{events:?}");
    assert!(!events.contains(&foreign), "the other vacancy's");
    let known = vacancy.events.iter().find(|one| one.sequence == updated).unwrap();
    assert_eq!(known.kind, "VacancyUpdated");
    assert!(known.party.is_some() && known.recorded_at.is_some());
    assert!(vacancy.changes.iter().all(|one| !one.path.contains("position")));

    let point = diff(&format!("&of=point/{POINT}")).await;
    let held = point.changes.iter().find(|one| one.path == "/people/held").unwrap();
    assert_eq!((held.before.clone(), held.after.clone()), (None, Some(json!(2))));
    assert_eq!(held.by.len(), 2, "one event for each");

    let city = diff("").await;
    let open = city.changes.iter().find(|one| one.path == "/openVacancies").unwrap();
    assert_eq!((open.before.clone(), open.after.clone()), (Some(json!(2)), Some(json!(1))));
    assert_eq!(city.events_count, city.until.position - city.from.position);
    let nothing: PastDiff = story.operator.get("/v1/state/diff?from=now").await.unwrap();
    assert!(nothing.changes.is_empty() && nothing.events.is_empty());
}

/// Ends the exchange, has `tamper` make another city of its log, and starts it
/// again from that.
async fn planted(story: &mut Story, tamper: impl FnOnce(&[Message]) -> City) {
    let connection = story.exchange.connection().await;
    let state = read::state(&connection, StreamName::Facts).await.unwrap();
    let log = facts(&connection).await;
    let city = tamper(&log);
    story.exchange.process.stop();
    let dir = story.exchange.data().join("snapshots");
    snapshot::store(&dir, state.created.unix_timestamp_nanos(), &city).unwrap();
    story.exchange.restart_stopped();
    let origin = &story.exchange.process.origin;
    story.operator = story.operator.at(origin);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_verify_names_the_event_at_which_the_live_city_parts_from_its_log() {
    let mut story = Story::new(1).await;
    let id = story.post(2).await;
    let path = format!("/v1/vacancies/{id}/update");
    let missed = story.factory.post(&path, &vacancy(5), None).await.unwrap().sequence;
    story.post(1).await;
    let started = Instant::now();
    let sound: Verdict = story.operator.get("/v1/verify").await.unwrap();
    assert!(sound.agree && sound.parted.is_empty(), "{sound:?}");
    println!(
        "verify: {} events in {:.1} ms",
        sound.position,
        started.elapsed().as_secs_f64() * 1e3
    );

    planted(&mut story, |log| fold(log.iter().filter(|one| one.sequence != missed))).await;
    let verdict: Verdict = story.operator.get("/v1/verify").await.unwrap();
    assert!(!verdict.agree);
    let first = verdict.first.unwrap();
    assert_eq!((first.sequence, first.kind.as_str()), (missed, "VacancyUpdated"));
    let of = format!("vacancies/{id}");
    let parted = |copy: &str, of: &str| {
        verdict.parted.iter().find(|one| one.copy == copy && one.of == of).cloned()
    };
    let live = parted("live", &of).unwrap();
    assert!(live.explained, "it was right before");
    assert!(live.paths.iter().any(|path| path.contains("terms")), "{:?}", live.paths);
    assert_eq!(parted("snapshot", &of).unwrap().event.unwrap().sequence, missed);
    let ledger = parted("live", &format!("ledgers/{id}")).unwrap();
    assert_eq!(ledger.event.unwrap().sequence, missed);

    let key = story.exchange.data().join("keys/operator.key");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(words).args(["--url", &story.exchange.process.origin, "--key-file"]).arg(&key);
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    };
    let (said, code) = run(&["verify", "--lang", "en"]);
    assert!(said.starts_with(&format!("parts from the log at: {missed} ")), "{said}");
    assert_eq!(code, 1);
    let (said, code) = run(&["verify", "--lang", "zh"]);
    assert!(said.starts_with(&format!("与日志不一致，始于: {missed} ")), "{said}");
    assert_eq!(code, 1);
    let (said, code) = run(&["state", "--at", "-0s", "vacancy", &id, "--lang", "en"]);
    assert!(code == 0 && said.contains(&id), "{said}");
    let before = format!("#{}", missed - 1);
    let (said, code) = run(&["state", "--diff", &before, "now", "vacancy", &id, "--lang", "zh"]);
    assert!(
        code == 0 && said.contains("/terms/headcount") && said.contains("更新用工需求"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_travel_verify_says_so_when_the_log_never_led_to_what_is_held() {
    let mut story = Story::new(1).await;
    let id = story.post(2).await;
    let path = format!("/v1/vacancies/{id}/update");
    let updated = story.factory.post(&path, &vacancy(5), None).await.unwrap().sequence;
    planted(&mut story, |log| {
        let mut city = fold(log);
        let entry = city.entities.vacancies.get_mut(id.as_str()).unwrap();
        entry.value.as_mut().unwrap().terms.headcount = 77;
        city
    })
    .await;
    let verdict: Verdict = story.operator.get("/v1/verify").await.unwrap();
    let first = verdict.first.unwrap();
    assert_eq!(first.sequence, updated, "the event that made it what it should be");
    assert!(verdict.parted.iter().all(|one| !one.explained));
    assert_eq!(verdict.parted_count, 2, "the live city, and the snapshot that it came from");
}
