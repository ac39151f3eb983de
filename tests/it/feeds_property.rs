//! Whatever happens to vacancies, agreements, the program, its broker and the
//! subscribers: who follows a feed holds what a fresh snapshot holds, and what
//! its filter and its agreement let through.

use std::{collections::BTreeMap, time::Duration};

use gongqiao_client::Client;
use gongqiao_contract::view;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    feeds::{Held, subscribe},
    isolation::{CITY, party},
    support::{Exchange, enterprise, key, refusal, sign, until, vacancy},
};

/// Where posts are.
const PLACES: [&str; 3] = ["431002", "431021", "431022"];

#[derive(Debug, Clone)]
enum Step {
    Post {
        place: usize,
        urgent: bool,
        level: u32,
        soon: bool,
    },
    Change {
        which: usize,
        place: usize,
        urgent: bool,
        level: u32,
    },
    Reduce {
        which: usize,
    },
    Withdraw {
        which: usize,
    },
    /// What the city's agreement covers from now on: all, or one place.
    Scope {
        place: Option<usize>,
    },
    Subscribe {
        city: bool,
        filter: Filter,
    },
    Unsubscribe {
        which: usize,
    },
    /// A subscriber reads on; it remembers where it is, or dies before it does.
    Read {
        which: usize,
        remembers: bool,
    },
    KillBroker,
    KillProgram,
    Restart,
}

#[derive(Debug, Clone, Default)]
struct Filter {
    place: Option<usize>,
    urgent: bool,
    level: u32,
}

fn filter() -> impl Strategy<Value = Filter> {
    let place = proptest::option::of(0..PLACES.len());
    (place, any::<bool>(), 0_u32..3).prop_map(|(place, urgent, level)| {
        // Why: most would let nothing through.
        Filter { place, urgent: urgent && level == 0, level: if urgent { 0 } else { level } }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let post = (0..PLACES.len(), any::<bool>(), 0_u32..3, prop::bool::weighted(0.2));
    let change = (any::<usize>(), 0..PLACES.len(), any::<bool>(), 0_u32..3);
    prop_oneof![
        10 => post.prop_map(|(place, urgent, level, soon)| Step::Post { place, urgent, level, soon }),
        6 => change
            .prop_map(|(which, place, urgent, level)| Step::Change { which, place, urgent, level }),
        3 => any::<usize>().prop_map(|which| Step::Reduce { which }),
        3 => any::<usize>().prop_map(|which| Step::Withdraw { which }),
        2 => proptest::option::of(0..PLACES.len()).prop_map(|place| Step::Scope { place }),
        3 => (any::<bool>(), filter()).prop_map(|(city, filter)| Step::Subscribe { city, filter }),
        1 => any::<usize>().prop_map(|which| Step::Unsubscribe { which }),
        8 => (any::<usize>(), any::<bool>())
            .prop_map(|(which, remembers)| Step::Read { which, remembers }),
        1 => Just(Step::KillBroker),
        1 => Just(Step::KillProgram),
        1 => Just(Step::Restart),
    ]
}

/// A vacancy, as the test knows it.
struct Post {
    id: String,
    place: usize,
    urgent: bool,
    level: u32,
    headcount: u32,
    until: OffsetDateTime,
    withdrawn: bool,
}

impl Post {
    fn terms(&self) -> Value {
        let mut ask = vacancy(self.headcount);
        ask["terms"].as_object_mut().unwrap().remove("park");
        ask["terms"]["place"] = json!(PLACES[self.place]);
        ask["terms"]["urgent"] = json!(self.urgent);
        ask["terms"]["level"] = json!(self.level);
        ask["terms"]["validUntil"] = json!(gongqiao_shell::beijing::rfc3339(self.until));
        ask
    }

    /// Whether it is open at `now`.
    fn is_open(&self, now: OffsetDateTime) -> bool {
        !self.withdrawn && now < self.until
    }
}

struct Subscriber {
    subscription: view::Subscription,
    city: bool,
    filter: Filter,
    held: Held,
    /// What it would go on from after a crash.
    kept: Held,
    over: bool,
}

struct World {
    exchange: Exchange,
    enterprise: String,
    operator: Client,
    factory: Client,
    city: Client,
    posts: Vec<Post>,
    subscribers: Vec<Subscriber>,
    scope: Option<usize>,
    read: u64,
    restarts: u32,
}

impl World {
    async fn new() -> Self {
        let exchange = Exchange::up();
        let operator = exchange.client("operator");
        let (enterprise, factory) = enterprise(&operator, 1).await;
        party(&operator, CITY, "CITY").await;
        sign(&operator, CITY).await;
        let city = key(&operator, CITY, "CLERK").await;
        let (posts, subscribers) = (Vec::new(), Vec::new());
        let mut world = Self {
            exchange,
            enterprise,
            operator,
            factory,
            city,
            posts,
            subscribers,
            scope: None,
            read: 0,
            restarts: 0,
        };
        for city in [true, false] {
            world.subscribe(city, Filter::default()).await;
        }
        world
    }

    fn who(&self, city: bool) -> &Client {
        if city { &self.city } else { &self.factory }
    }

    async fn subscribe(&mut self, city: bool, filter: Filter) {
        if self.subscribers.iter().filter(|one| !one.over).count() >= 6 {
            return;
        }
        let divisions: Vec<&str> = filter.place.map(|place| PLACES[place]).into_iter().collect();
        let wanted =
            json!({ "divisions": divisions, "urgent": filter.urgent, "level": filter.level });
        let ask = json!({ "kind": "VACANCY", "filter": wanted });
        let subscription = subscribe(self.who(city), &ask).await;
        let (held, kept) = (Held::default(), Held::default());
        self.subscribers.push(Subscriber { subscription, city, filter, held, kept, over: false });
    }

    async fn take(&mut self, step: Step) {
        let now = gongqiao_shell::Clock::system().now();
        match step {
            Step::Post { place, urgent, level, soon } => {
                let lasts = if soon { Duration::from_secs(2) } else { Duration::from_secs(86_400) };
                let (until, withdrawn) = (now + lasts, false);
                let id = String::new();
                let mut post = Post { id, place, urgent, level, headcount: 9, until, withdrawn };
                post.id = self.factory.post("/v1/vacancies", &post.terms(), None).await.unwrap().id;
                self.posts.push(post);
            }
            Step::Change { which, place, urgent, level } => {
                let Some(at) = self.some_open(which, now) else { return };
                let post = &mut self.posts[at];
                (post.place, post.urgent, post.level) = (place, urgent, level);
                let (path, terms) = (format!("/v1/vacancies/{}/update", post.id), post.terms());
                self.factory.post(&path, &terms, None).await.unwrap();
            }
            Step::Reduce { which } => {
                let Some(at) = self.some_open(which, now) else { return };
                let post = &mut self.posts[at];
                if post.headcount > 1 {
                    post.headcount -= 1;
                    let path = format!("/v1/vacancies/{}/reduce", post.id);
                    let ask = json!({ "headcount": post.headcount });
                    self.factory.post(&path, &ask, None).await.unwrap();
                }
            }
            Step::Withdraw { which } => {
                let Some(at) = self.some_open(which, now) else { return };
                self.posts[at].withdrawn = true;
                let path = format!("/v1/vacancies/{}/withdraw", self.posts[at].id);
                self.factory.post_empty(&path).await.unwrap();
            }
            Step::Scope { place } => {
                self.scope = place;
                let divisions: Vec<&str> = place.map(|place| PLACES[place]).into_iter().collect();
                let scope = json!({
                    "classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT",
                    "divisions": divisions,
                });
                let all: Vec<view::Agreement> = self.operator.list("/v1/agreements").await.unwrap();
                let of_city = all.iter().find(|one| one.party.as_str() == CITY).unwrap();
                let path = format!("/v1/agreements/{}/amend", of_city.id);
                self.operator.post(&path, &json!({ "scope": scope }), None).await.unwrap();
            }
            Step::Subscribe { city, filter } => self.subscribe(city, filter).await,
            Step::Unsubscribe { which } => {
                let open: Vec<usize> =
                    (0..self.subscribers.len()).filter(|at| !self.subscribers[*at].over).collect();
                if open.len() < 2 {
                    return;
                }
                let at = open[which % open.len()];
                self.subscribers[at].over = true;
                let one = &self.subscribers[at];
                let path = format!("/v1/subscriptions/{}/close", one.subscription.id);
                self.who(one.city).post_empty(&path).await.unwrap();
            }
            Step::Read { which, remembers } => {
                let at = which % self.subscribers.len();
                self.read(at).await;
                let one = &mut self.subscribers[at];
                if remembers {
                    one.kept = one.held.clone();
                } else {
                    one.held = one.kept.clone();
                }
            }
            Step::KillBroker => {
                let pid = self.exchange.broker_pid().unwrap();
                let kill =
                    std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(kill.unwrap().success());
                let again = async || self.exchange.broker_pid().filter(|now| *now != pid);
                until("the broker", again).await;
                self.ready().await;
            }
            Step::KillProgram => {
                self.exchange.process.kill();
                self.come_again().await;
            }
            Step::Restart => {
                self.exchange.process.stop();
                self.come_again().await;
            }
        }
    }

    async fn come_again(&mut self) {
        self.restarts += 1;
        self.exchange.restart_stopped();
        self.operator = self.exchange.client("operator");
        self.ready().await;
        self.factory = key(&self.operator, &self.enterprise, "CLERK").await;
        self.city = key(&self.operator, CITY, "CLERK").await;
    }

    /// Waits until what is asked is answered.
    async fn ready(&self) {
        let asked = async || self.operator.list::<view::Agreement>("/v1/agreements").await.ok();
        until("an answer", asked).await;
        let written = async || {
            let party = json!({ "person": "staff-1", "role": "AUDITOR" });
            let path = format!("/v1/parties/{CITY}/credentials");
            self.operator.post(&path, &party, None).await.ok()
        };
        until("a fact to be stored", written).await;
    }

    fn some_open(&self, which: usize, now: OffsetDateTime) -> Option<usize> {
        // Why a second: what lapses while it is changed is refused.
        let later = now + Duration::from_secs(1);
        let open: Vec<usize> =
            (0..self.posts.len()).filter(|at| self.posts[*at].is_open(later)).collect();
        (!open.is_empty()).then(|| open[which % open.len()])
    }

    /// One subscriber reads on as far as there is something; with a cursor that
    /// is gone it takes a snapshot and goes on from there.
    async fn read(&mut self, at: usize) {
        let who = self.who(self.subscribers[at].city).clone();
        let one = &mut self.subscribers[at];
        loop {
            let Held { epoch, sequence, .. } = one.held;
            let path = format!("{}?limit=7&after={epoch}.{sequence}", one.subscription.events);
            match who.get::<Value>(&path).await {
                Ok(page) => {
                    let events = page["events"].as_array().unwrap();
                    self.read += u64::try_from(events.len()).unwrap();
                    events.iter().for_each(|event| one.held.take_cloud_event(event));
                    if page["more"] != true {
                        return;
                    }
                }
                Err(e) => match refusal::<Value>(Err(e)).code.as_str() {
                    "feed.gone" => match snapshot(&who, &one.subscription).await {
                        Some(fresh) => one.held = fresh,
                        None => return,
                    },
                    "read.behind" | "broker.unavailable" => return,
                    code => panic!("{code}"),
                },
            }
        }
    }

    /// What a subscriber must hold now: the headcount of each vacancy.
    fn expected(&self, one: &Subscriber, now: OffsetDateTime) -> BTreeMap<String, u32> {
        let Filter { place, urgent, level } = one.filter;
        let fits = |post: &&Post| {
            let covered = !one.city || self.scope.is_none_or(|covered| covered == post.place);
            post.is_open(now)
                && covered
                && place.is_none_or(|place| place == post.place)
                && (!urgent || post.urgent)
                && (level == 0 || level == post.level)
        };
        self.posts.iter().filter(fits).map(|post| (post.id.clone(), post.headcount)).collect()
    }

    /// Everybody comes to hold what there is, and nothing else.
    async fn settle(&mut self) {
        // Why: what was to lapse has lapsed then.
        let last = self.posts.iter().map(|post| post.until).filter(|until| {
            *until < gongqiao_shell::Clock::system().now() + Duration::from_secs(60)
        });
        if let Some(last) = last.max() {
            gongqiao_shell::Clock::system().sleep_until(last).await;
        }
        for at in 0..self.subscribers.len() {
            let deadline = std::time::Instant::now() + crate::support::PATIENCE;
            loop {
                self.read(at).await;
                let one = &self.subscribers[at];
                let found = self.compare(one).await;
                let Err(why) = found else { break };
                assert!(std::time::Instant::now() < deadline, "{why}\n{:?}", one.filter);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    async fn compare(&self, one: &Subscriber) -> Result<(), String> {
        if one.over {
            let over = one.held.closed && one.held.items.is_empty();
            return over.then_some(()).ok_or_else(|| "not closed".to_owned());
        }
        let fresh = snapshot(self.who(one.city), &one.subscription).await.ok_or("no snapshot")?;
        let now = gongqiao_shell::Clock::system().now();
        let expected = self.expected(one, now);
        let headcount = |item: &String| {
            let item: Value = serde_json::from_str(item).unwrap();
            u32::try_from(item["terms"]["headcount"].as_u64().unwrap()).unwrap()
        };
        let held: BTreeMap<String, u32> =
            one.held.items.iter().map(|(key, item)| (key.clone(), headcount(item))).collect();
        if held != expected {
            return Err(format!("holds {held:?}, and should {expected:?}"));
        }
        let (at, of) = ((one.held.epoch, one.held.sequence), (fresh.epoch, fresh.sequence));
        if at != of {
            return Err(format!("is at {at:?}, the snapshot of {of:?}"));
        }
        assert_eq!(one.held.items, fresh.items, "at the same cursor");
        Ok(())
    }
}

/// A fresh snapshot, in small pages; `None` while it can't be had.
async fn snapshot(who: &Client, subscription: &view::Subscription) -> Option<Held> {
    let mut held = Held::default();
    let mut path = format!("{}?page_size=3", subscription.snapshot);
    loop {
        let page: Value = match who.get(&path).await {
            Ok(page) => page,
            Err(e) => match refusal::<Value>(Err(e)).code.as_str() {
                "read.behind" | "feed.gone" | "broker.unavailable" | "subscription.over" => {
                    return None;
                }
                code => panic!("{code}"),
            },
        };
        let cursor = page["manifest"]["cursor"].as_str().unwrap();
        let (epoch, sequence) = cursor.split_once('.').unwrap();
        (held.epoch, held.sequence) = (epoch.parse().unwrap(), sequence.parse().unwrap());
        for item in page["items"].as_array().unwrap() {
            held.items.insert(item["key"].as_str().unwrap().into(), item["data"].to_string());
        }
        let Some(token) = page["next_page_token"].as_str() else {
            assert_eq!(page["manifest"]["digest"], held.digest());
            return Some(held);
        };
        path = format!("{}?page_size=3&page_token={token}", subscription.snapshot);
    }
}

fn cases() -> u32 {
    std::env::var("GONGQIAO_FEED_WORLDS").map_or(2, |n| n.parse().unwrap())
}

proptest! {
    // Why not shrunk: each try is a program and a broker.
    #![proptest_config(Config { cases: cases(), max_shrink_iters: 0, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_happens_a_subscriber_comes_to_hold_what_a_fresh_snapshot_holds(
        steps in vec(step(), 40..80)
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            let count = steps.len();
            for step in steps {
                world.take(step).await;
            }
            world.settle().await;
            println!(
                "feeds: {count} steps, {} vacancies, {} subscribers, {} events read, {} starts anew",
                world.posts.len(), world.subscribers.len(), world.read, world.restarts,
            );
        });
    }
}
