//! From the log to the receiver: at least once, and no more often than need
//! be.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_access::{
    Live, Lot,
    parked::{Entry, ParkedKey, Tried, TryAgain},
};
use gongqiao_contract::{
    SCHEMA,
    subject::REDRIVE_NOTIFY,
    wire::{Fact, dispatch_state::Value as State},
};
use gongqiao_notify::{Notifier, READER, Webhook, notices};
use gongqiao_shell::{Clock, Health, Lifecycle, Progress, config::NotifyConfig};
use gongqiao_stream::{
    Connection, Endpoint, Outcome, Write, ask,
    broker::TestBroker,
    commit,
    consume::{Durable, attach},
    declare,
};
use prost::Message as _;
use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    receiver::{Answer, KEY, PATIENCE, Receiver},
    story::{BAIYUN, HUATANG, LINWU, PLANT, START, Story, cell, everything},
};

/// The real reader, with pauses that a test can wait for.
const FAST: Durable = Durable {
    silence: Duration::from_secs(3),
    first_pause: Duration::from_millis(20),
    longest_pause: Duration::from_millis(100),
    ..READER
};

/// A log on a real broker, and who follows it.
struct Ground {
    live: Live,
    lifecycle: Lifecycle,
    story: Story,
    stored: usize,
    health: Health,
    lot: Lot,
    _keys: tempfile::TempDir,
    broker: TestBroker,
}

impl Ground {
    /// A log that holds `story` already when the reader is attached.
    async fn after(story: Story) -> Self {
        let broker = TestBroker::start().await;
        let endpoint = Endpoint {
            url: broker.url().to_owned(),
            creds: Some(broker.creds_path().to_owned()),
            timeout: Duration::from_secs(10),
            name: "test".into(),
        };
        let connection = Connection::open(&endpoint).await.unwrap();
        declare(&connection, 1).await.unwrap();
        let lifecycle = Lifecycle::new();
        let keys = tempfile::tempdir().unwrap();
        let (health, (clock, _)) = (Health::new(), Clock::manual(START));
        let key = ParkedKey::open(&keys.path().join("parked.key")).unwrap();
        let lot = Lot::new(connection.clone(), cell(), clock, key, health.clone());
        let live = Live::start(connection, cell(), None, Progress::default(), &lifecycle);
        let live = live.await.unwrap();
        let mut ground =
            Self { live, lifecycle, story, stored: 0, health, lot, _keys: keys, broker };
        ground.store().await;
        attach(ground.live.connection(), &FAST).await.unwrap();
        ground
    }

    /// A log with parties and a vacancy.
    async fn new() -> Self {
        let mut story = Story::new();
        story.agreement("agr_1");
        story.vacancy(8);
        Self::after(story).await
    }

    /// Stores what has happened in the story since.
    async fn store(&mut self) {
        let new = self.story.facts.iter().zip(&self.story.subjects).skip(self.stored);
        let writes: Vec<Write> = new.map(|((_, fact), subject)| write(subject, fact)).collect();
        let stored = commit(self.live.connection(), &writes).await.unwrap();
        let Outcome::Stored(stored) = stored else { panic!("a conflict") };
        self.stored = self.story.facts.len();
        assert_eq!(stored.last_sequence as usize, self.stored, "the story's sequences hold");
    }

    fn notifier(&self, url: &str, attempts: u64) -> Running {
        let config = NotifyConfig {
            url: Some(url.into()),
            secret: Some(SecretString::from(format!("whsec_{}", STANDARD.encode(KEY)))),
            timeout_ms: 1_000,
            ..NotifyConfig::default()
        };
        let (clock, hand) = Clock::manual(START);
        drop(hand);
        let webhook = Webhook::open(&config, clock, "https://gq.example".into()).unwrap();
        let (live, health) = (self.live.clone(), self.health.clone());
        let notifier = Notifier::new(live, webhook, attempts, health, self.lot.clone());
        let stop = CancellationToken::new();
        let token = stop.clone();
        let task = tokio::spawn(async move { notifier.run(&FAST, &token).await });
        Running { stop, task }
    }

    /// Ids of all notices that follow from the story after `sequence`.
    fn ids_after(&self, sequence: u64) -> BTreeSet<String> {
        let facts = self.story.facts.iter().filter(|(at, _)| *at > sequence);
        let all = facts.flat_map(|(at, fact)| notices(&self.story.city, *at, fact));
        all.map(|notice| notice.id).collect()
    }

    /// Waits until the broker has nothing more to hand over.
    async fn nothing_waits(&self) {
        let client = self.broker.client().await;
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let subject = format!("$JS.API.CONSUMER.INFO.FACTS.{}", FAST.name);
            let answer = client.request(subject, "".into()).await.unwrap();
            let info: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
            if (&info["num_ack_pending"], &info["num_pending"]) == (&0.into(), &0.into()) {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{info}");
        }
    }

    /// What is parked, with the reasons.
    async fn parked(&self) -> Vec<Entry> {
        self.lot.some(1, 100).await.unwrap()
    }

    /// Has a parked message told again.
    async fn again(&self, entry: &Entry, dry_run: bool) -> Tried {
        let request = serde_json::to_vec(&TryAgain { id: entry.id.clone(), dry_run }).unwrap();
        let connection = self.live.connection();
        let answer = ask(connection, REDRIVE_NOTIFY, request.into(), PATIENCE).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    async fn end(self) {
        let _ = self.lifecycle.shutdown(PATIENCE).await;
        drop(self.broker);
    }
}

fn write(subject: &str, fact: &Fact) -> Write {
    let payload = fact.encode_to_vec().into();
    Write { subject: subject.to_owned(), payload, expect: None, headers: Vec::new() }
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn end(self) {
        self.stop.cancel();
        self.ended().await;
    }

    async fn ended(self) {
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }

    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

#[tokio::test]
async fn a_point_is_told_by_a_signed_request_and_nobody_of_what_was_before() {
    let mut receiver = Receiver::answering(&[]).await;
    let mut ground = Ground::after(everything()).await;
    let notifier = ground.notifier(&receiver.url(), 3);
    let raised = ground.story.raise(BAIYUN, 12);
    ground.store().await;
    let hook = receiver.next().await;
    assert_eq!(hook.id, format!("event-{raised}_{BAIYUN}"));
    assert_eq!(hook.at, START.unix_timestamp());
    let mut altered = hook.clone();
    altered.body.push(b' ');
    assert!(!altered.is_genuine(), "the control");
    let json = hook.json();
    assert_eq!(json["type"], "signal.raised");
    assert_eq!(json["timestamp"], rfc3339(ground.story.now));
    let data = &json["data"];
    assert_eq!(data["to"], BAIYUN);
    assert_eq!(data["toName"], "白云村劳务服务点");
    assert_eq!(data["link"], format!("https://gq.example/v1/signals/{BAIYUN}-vac_1"));
    assert_eq!(data["deadline"], "2021-07-13T10:00:00Z");
    assert_eq!(data["sequence"], raised);
    assert!(data["textZh"].as_str().unwrap().contains("请贵点推荐12人"), "{data}");
    assert!(data["textEn"].as_str().unwrap().contains("Please propose 12"), "{data}");
    notifier.end().await;
    assert!(receiver.rest().is_empty(), "the whole story before it was told to nobody");
    ground.end().await;
}

fn rfc3339(at: OffsetDateTime) -> String {
    gongqiao_shell::beijing::rfc3339(at)
}

#[tokio::test]
async fn what_is_not_taken_comes_again_under_its_id_and_no_redirect_is_followed() {
    let answers = [Answer::Status(500), Answer::Elsewhere, Answer::Status(404), Answer::Never];
    let mut receiver = Receiver::answering(&answers).await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&receiver.url(), 100);
    ground.story.raise(BAIYUN, 4);
    ground.store().await;
    let first = receiver.next().await;
    for _ in 0..4 {
        let again = receiver.next().await;
        assert_eq!((&again.id, &again.body), (&first.id, &first.body));
    }
    let taken = ground.story.raise(LINWU, 4);
    ground.store().await;
    assert_eq!(receiver.next().await.id, format!("event-{taken}_{LINWU}"));
    assert_eq!(ground.health.readiness().status, "ok");
    notifier.end().await;
    assert!(receiver.rest().is_empty(), "one for each answer, none elsewhere, none after 200");
    ground.end().await;
}

#[tokio::test]
async fn of_several_only_those_hear_it_again_who_have_not() {
    let refusals = std::sync::Mutex::new(BTreeMap::from([(LINWU, 2_u32), (PLANT, 1)]));
    let mut receiver = Receiver::judging(move |hook| {
        let to = hook.to();
        let mut refusals = refusals.lock().unwrap();
        let left = refusals.iter_mut().find(|(party, _)| **party == to)?.1;
        *left = left.checked_sub(1)?;
        Some(Answer::Status(503))
    })
    .await;
    let mut ground = Box::pin(Ground::new()).await;
    ground.story.raise(BAIYUN, 4);
    ground.story.commit(BAIYUN, &["card_a"]);
    let people = [(BAIYUN, "card_a"), (LINWU, "card_b"), (HUATANG, "card_c")];
    let opened = ground.story.open("dsp_1", BAIYUN, &people);
    ground.store().await;
    let notifier = ground.notifier(&receiver.url(), 100);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    while !times.contains_key(&format!("event-{opened}_{PLANT}")) || times.len() < 2 {
        *times.entry(receiver.next().await.id).or_default() += 1;
    }
    let moved = ground.story.moved("operator", "dsp_1", State::Cancelled, 0);
    ground.store().await;
    let id = |party| format!("event-{moved}_{party}");
    while times.get(&id(LINWU)).is_none_or(|times| *times < 3) {
        *times.entry(receiver.next().await.id).or_default() += 1;
    }
    notifier.end().await;
    receiver.rest().into_iter().for_each(|hook| *times.entry(hook.id).or_default() += 1);
    let told = [BAIYUN, HUATANG, LINWU, PLANT].map(|party| times.get(&id(party)).copied());
    assert_eq!(told, [Some(1), Some(1), Some(3), Some(1)], "{times:?}");
    ground.end().await;
}

#[tokio::test]
async fn after_so_many_attempts_a_notice_is_given_up_and_the_others_go_on() {
    let mut receiver =
        Receiver::judging(|hook| (hook.to() == LINWU).then_some(Answer::Status(422))).await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&receiver.url(), 3);
    ground.story.raise(LINWU, 4);
    ground.store().await;
    for _ in 0..3 {
        assert_eq!(receiver.next().await.to(), LINWU);
    }
    ground.nothing_waits().await;
    ground.story.raise(BAIYUN, 4);
    ground.store().await;
    assert_eq!(receiver.next().await.to(), BAIYUN, "not for the fourth time the other");
    notifier.end().await;
    assert!(receiver.rest().is_empty());
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_takes_is_parked_and_told_again_in_the_same_words_when_asked_for() {
    let refuses = Arc::new(AtomicBool::new(true));
    let judge = Arc::clone(&refuses);
    let mut receiver = Receiver::judging(move |hook| {
        let refused = hook.to() == LINWU && judge.load(Ordering::Relaxed);
        refused.then_some(Answer::Status(422))
    })
    .await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&receiver.url(), 2);
    ground.story.raise(LINWU, 4);
    ground.store().await;
    let first = receiver.next().await;
    receiver.next().await;
    ground.nothing_waits().await;
    let parked = ground.parked().await;
    let [entry] = &parked[..] else { panic!("{parked:?}") };
    assert_eq!((entry.message.service.as_str(), entry.message.party.as_str()), ("notify", LINWU));
    assert_eq!(entry.message.reason, "notice.not_taken");

    assert_eq!(ground.again(entry, false).await.code.as_deref(), Some("notice.not_taken"));
    assert_eq!(receiver.next().await.id, first.id);
    refuses.store(false, Ordering::Relaxed);
    assert_eq!(ground.again(entry, true).await.code, None);
    assert_eq!(ground.again(entry, false).await.code, None);
    let again = receiver.next().await;
    assert_eq!((&again.id, &again.body), (&first.id, &first.body));
    notifier.end().await;
    assert!(receiver.rest().is_empty(), "a dry run tells nobody");
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_be_read_is_parked_once_and_the_others_go_on() {
    let mut receiver = Receiver::answering(&[]).await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&receiver.url(), 3);
    // Why of a kind that the story has none of: what nobody reads is read-only.
    let poison = Write {
        subject: format!("gq.v1.case.{}.case_poison", cell()),
        payload: vec![0xff; 40].into(),
        expect: None,
        headers: Vec::new(),
    };
    let newer = Fact { min_reader: SCHEMA + 1, ..ground.story.facts[0].1.clone() };
    let newer = Write { payload: newer.encode_to_vec().into(), ..poison.clone() };
    commit(ground.live.connection(), &[poison, newer]).await.unwrap();
    ground.story.raise(BAIYUN, 4);
    let (at, fact) = ground.story.facts.last().unwrap();
    let raised = write(ground.story.subjects.last().unwrap(), fact);
    commit(ground.live.connection(), &[raised]).await.unwrap();
    assert_eq!(receiver.next().await.id, format!("event-{at}_{BAIYUN}"));
    ground.nothing_waits().await;
    let parked = ground.parked().await;
    let mut reasons: Vec<_> = parked.iter().map(|one| one.message.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["entity.newer_schema", "fact.undecodable"]);
    for entry in &parked {
        let tried = ground.again(entry, false).await;
        assert_eq!(tried.code.as_deref(), Some(entry.message.reason.as_str()));
    }
    notifier.end().await;
    ground.end().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_more_until_the_next_start() {
    let mut receiver = Receiver::answering(&[Answer::Status(410)]).await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&receiver.url(), 3);
    ground.story.raise(BAIYUN, 4);
    ground.store().await;
    receiver.next().await;
    notifier.ended().await;
    let readiness = ground.health.readiness();
    assert_eq!(readiness.status, "degraded");
    assert!(format!("{readiness:?}").contains("410"), "{readiness:?}");
    ground.story.raise(LINWU, 4);
    ground.store().await;
    assert!(receiver.rest().is_empty());

    let notifier = ground.notifier(&receiver.url(), 3);
    let told = BTreeSet::from([receiver.next().await.to(), receiver.next().await.to()]);
    assert_eq!(told, BTreeSet::from([BAIYUN.to_owned(), LINWU.to_owned()]), "nothing was lost");
    notifier.end().await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_after_an_end_goes_on_where_it_stood() {
    let mut receiver = Receiver::answering(&[]).await;
    let mut ground = Box::pin(Ground::new()).await;
    let before = ground.stored as u64;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..4 {
        let notifier = ground.notifier(&receiver.url(), 3);
        for point in [BAIYUN, LINWU, HUATANG] {
            ground.story.raise(point, 4 + round);
        }
        ground.store().await;
        *told.entry(receiver.next().await.id).or_default() += 1;
        notifier.end().await;
    }
    let all = ground.ids_after(before);
    assert_eq!(all.len(), 12);
    let notifier = ground.notifier(&receiver.url(), 3);
    for hook in receiver.rest() {
        *told.entry(hook.id).or_default() += 1;
    }
    while told.len() < all.len() {
        *told.entry(receiver.next().await.id).or_default() += 1;
    }
    notifier.end().await;
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), all);
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notifier_that_is_killed_while_it_tells_tells_it_again() {
    let mut deaf = Receiver::judging(|_| Some(Answer::Never)).await;
    let mut ground = Box::pin(Ground::new()).await;
    let notifier = ground.notifier(&deaf.url(), 100);
    ground.story.raise(BAIYUN, 4);
    ground.store().await;
    let asked = deaf.next().await;
    notifier.kill().await;
    let mut receiver = Receiver::answering(&[]).await;
    let notifier = ground.notifier(&receiver.url(), 100);
    let again = receiver.next().await;
    assert_eq!((again.id, again.body), (asked.id, asked.body));
    notifier.end().await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_nobody_answers_is_told_when_somebody_does() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut ground = Box::pin(Ground::new()).await;
    let before = ground.stored as u64;
    let notifier = ground.notifier(&format!("http://{address}/notices"), 10_000);
    for point in [BAIYUN, LINWU, HUATANG] {
        ground.story.raise(point, 4);
    }
    ground.store().await;
    let deadline = std::time::Instant::now() + PATIENCE;
    while ground.health.readiness().status == "ok" {
        assert!(std::time::Instant::now() < deadline, "it was never noticed");
        tokio::task::yield_now().await;
    }
    let mut receiver = Receiver::on(TcpListener::bind(address).await.unwrap(), &[], |_| None);
    let mut told = BTreeSet::new();
    while told != ground.ids_after(before) {
        assert!(told.insert(receiver.next().await.id), "twice");
    }
    notifier.end().await;
    assert_eq!(ground.health.readiness().status, "ok");
    ground.end().await;
}
