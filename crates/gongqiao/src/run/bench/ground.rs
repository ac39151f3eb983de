//! What a measurement stands on: an exchange of its own in a directory that
//! goes afterwards, with an enterprise that may post.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use gongqiao_client::Client;
use gongqiao_contract::{codes::CreditCode, view::Receipt};
use gongqiao_shell::{Clock, Config, Lifecycle, Metrics, Outcome};
use gongqiao_stream::{Connection, Endpoint, broker::Broker, declare};
use secrecy::SecretString;
use serde_json::json;

use super::{BenchArgs, median};
use crate::run::stack::{Parts, Stack, broker_config, connect};

/// Commands in a batch of the gate that is measured.
pub(super) const GROUPED: usize = 500;
/// Commands in a batch of the baseline.
pub(super) const SINGLE: usize = 1;

/// A broker without an exchange.
pub(super) struct Bare {
    pub(super) broker: Broker,
    /// A user that may do everything.
    pub(super) connection: Connection,
    /// The user by whom replays are made.
    pub(super) replays: Connection,
}

/// A directory that goes when it is dropped.
pub(super) struct Ground {
    dir: tempfile::TempDir,
    offline: bool,
    metrics: Metrics,
}

impl Ground {
    pub(super) fn new(args: &BenchArgs) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("gongqiao-bench-").tempdir()?;
        Ok(Self { dir, offline: args.offline, metrics: Metrics::install()? })
    }

    /// Starts a gate and a board whose batches hold `max_batch` commands.
    pub(super) async fn start(&self, max_batch: usize) -> anyhow::Result<Stack> {
        let parts = Parts { matcher: false, steward: false, notify: false, ..Parts::ALL };
        self.start_parts(parts, max_batch).await
    }

    /// As [`Ground::start`], with these parts.
    pub(super) async fn start_parts(
        &self,
        parts: Parts,
        max_batch: usize,
    ) -> anyhow::Result<Stack> {
        let config = self.config(max_batch)?;
        let metrics = self.metrics.clone();
        Stack::start_within(config, parts, Clock::system(), metrics, Lifecycle::new()).await
    }

    fn config(&self, max_batch: usize) -> anyhow::Result<Config> {
        let set = |key: &str, value: String| (key.to_owned(), value);
        let overrides = [
            set("server.listen", "127.0.0.1:0".into()),
            set("data.dir", self.dir.path().display().to_string()),
            set("nats.offline", self.offline.to_string()),
            set("register.test_ids", "true".into()),
            set("gate.max_batch_commands", max_batch.to_string()),
            set("server.requests_per_second_per_key", "0".into()),
        ];
        Ok(Config::load(None, &overrides)?)
    }

    /// Starts a broker with empty streams and nothing else.
    pub(super) async fn broker(&self) -> anyhow::Result<Bare> {
        let config = self.config(GROUPED)?;
        let broker = Broker::start(broker_config(&config, &Clock::system())).await?;
        let connection = connect(&config, Some(&broker), "bench").await?;
        declare(&connection, config.nats.replicas).await?;
        let endpoint = Endpoint {
            url: broker.url().to_owned(),
            creds: Some(config.data.dir.join("keys/gq-replay.creds")),
            timeout: config.nats.ack_timeout(),
            name: "gongqiao bench replay".to_owned(),
        };
        let replays = Connection::open(&endpoint).await?;
        Ok(Bare { broker, connection, replays })
    }

    /// A directory in it.
    pub(super) fn dir(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Milliseconds that one fsync of four KiB takes here, median of a hundred.
    pub(super) fn fsync_ms(&self) -> anyhow::Result<f64> {
        fsync_ms(self.dir.path())
    }
}

fn fsync_ms(dir: &Path) -> anyhow::Result<f64> {
    let mut file = fs::File::create(dir.join("fsync"))?;
    let mut took = Vec::with_capacity(100);
    for _ in 0..100 {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&mut took))
}

/// Ends an exchange; one that did not end well measured nothing.
pub(super) async fn end(stack: Stack) -> anyhow::Result<()> {
    let outcome = stack.stop().await;
    anyhow::ensure!(outcome == Outcome::Clean, "the exchange ended with {outcome:?}");
    Ok(())
}

/// Registers the `number`th enterprise, with an agreement and a clerk.
pub(super) async fn enterprise(operator: &Client, number: u32) -> anyhow::Result<Client> {
    let key = enterprise_key(operator, number).await?;
    Ok(operator.with_key(key))
}

/// As [`enterprise`]; the clerk's key itself.
pub(super) async fn enterprise_key(operator: &Client, number: u32) -> anyhow::Result<SecretString> {
    let id = CreditCode::make(&format!("Y1431000BENCH{number:04}"))?;
    let party = json!({ "party": id.as_str(), "kind": "ENTERPRISE", "name": "bench" });
    operator.post("/v1/parties", &party, None).await?;
    let agreement = json!({
        "party": id.as_str(),
        "scope": { "classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT" },
        "until": "2099-01-01T00:00:00Z",
    });
    operator.post("/v1/agreements", &agreement, None).await?;
    key(operator, id.as_str()).await
}

/// Issues a clerk's key of a party.
pub(super) async fn clerk(operator: &Client, party: &str) -> anyhow::Result<Client> {
    Ok(operator.with_key(key(operator, party).await?))
}

async fn key(operator: &Client, party: &str) -> anyhow::Result<SecretString> {
    let path = format!("/v1/parties/{party}/credentials");
    let ask = json!({ "person": "bench", "role": "CLERK" });
    let issued: Receipt = operator.post(&path, &ask, None).await?;
    Ok(SecretString::from(issued.key.context("no key in the answer")?))
}

/// A vacancy with everything that is mandatory.
pub(super) fn vacancy(headcount: u32) -> serde_json::Value {
    json!({ "terms": {
        "title": "电子装配工", "trainable": true, "headcount": headcount,
        "duties": "在流水线上装配电子产品", "conditions": "身体健康，能适应倒班",
        "park": "chenzhou-hitech", "address": "高新区",
        "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000 },
        "shift": "ROTATING", "neededBy": "2098-12-01", "validUntil": "2098-12-31T00:00:00Z",
        "dormitory": true, "socialInsurance": true,
    }})
}
