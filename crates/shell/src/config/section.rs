//! The sections, with their defaults. Units stand in the names.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::http::Limits;

/// `[server]`: the HTTP door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The origin under which others reach it, when it is not `listen`.
    pub public_url: Option<String>,
    /// The largest body of a request, uploads apart.
    pub body_limit_bytes: usize,
    /// The largest roster that may be uploaded.
    pub upload_limit_bytes: usize,
    /// How long a request may take, streams apart.
    pub request_timeout_ms: u64,
    /// How long a client may take to send the head of a request.
    pub header_timeout_ms: u64,
    /// Connections open at once.
    pub max_connections: usize,
    /// Requests that each API key has in a second, and twice as many at once;
    /// 0 for no limit.
    pub requests_per_second_per_key: u32,
    /// How long tasks may take to end after the first signal.
    pub shutdown_timeout_ms: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8420)),
            public_url: None,
            body_limit_bytes: 1 << 20,
            upload_limit_bytes: 64 << 20,
            request_timeout_ms: 30_000,
            header_timeout_ms: 30_000,
            max_connections: 4096,
            requests_per_second_per_key: 200,
            shutdown_timeout_ms: 20_000,
        }
    }
}

impl ServerConfig {
    /// `request_timeout_ms`.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// `shutdown_timeout_ms`.
    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_millis(self.shutdown_timeout_ms)
    }

    /// What the listener bears.
    pub fn limits(&self) -> Limits {
        Limits {
            header_timeout: Duration::from_millis(self.header_timeout_ms),
            max_connections: self.max_connections,
        }
    }
}

/// `[data]`: what is kept on this machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// The folder of keys, vault and the embedded broker's store.
    pub dir: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("gongqiao-data") }
    }
}

/// `[cell]`: the city.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CellConfig {
    /// GB/T 2260 code of the division that owns this exchange.
    pub city: String,
}

impl Default for CellConfig {
    fn default() -> Self {
        Self { city: "431000".to_owned() }
    }
}

/// `[nats]`: the broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NatsConfig {
    /// Servers to use, parted by commas; without it one is started here.
    pub url: Option<String>,
    /// Credentials for `url`.
    pub creds: Option<PathBuf>,
    /// The nats-server to start, instead of the one that is looked for.
    pub binary: Option<PathBuf>,
    /// Whether downloading a nats-server is forbidden.
    pub offline: bool,
    /// Copies of each stream: 1, or 3 or 5 on a cluster.
    pub replicas: usize,
    /// How long an ack may take.
    pub ack_timeout_ms: u64,
    /// The most that the embedded broker may store; without it, what the
    /// server decides from the free disk.
    pub max_file_store_bytes: Option<u64>,
}

impl Default for NatsConfig {
    fn default() -> Self {
        Self {
            url: None,
            creds: None,
            binary: None,
            offline: false,
            replicas: 1,
            ack_timeout_ms: 5_000,
            max_file_store_bytes: None,
        }
    }
}

impl NatsConfig {
    /// `ack_timeout_ms`.
    pub fn ack_timeout(&self) -> Duration {
        Duration::from_millis(self.ack_timeout_ms)
    }
}

/// `[gate]`: how facts get in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateConfig {
    /// Commands that may share one batch; 1 switches group commit off.
    pub max_batch_commands: usize,
    /// Commands that may wait; more are told to come back later.
    pub queue: usize,
    /// How long a command may wait for its commit.
    pub commit_timeout_ms: u64,
    /// How long a committed person is held.
    pub hold_hours: u32,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self { max_batch_commands: 500, queue: 4096, commit_timeout_ms: 10_000, hold_hours: 72 }
    }
}

impl GateConfig {
    /// `commit_timeout_ms`.
    pub fn commit_timeout(&self) -> Duration {
        Duration::from_millis(self.commit_timeout_ms)
    }

    /// `hold_hours`.
    pub fn hold(&self) -> time::Duration {
        time::Duration::hours(self.hold_hours.into())
    }
}

/// `[matcher]`: how people are proposed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatcherConfig {
    /// Office hours of working days that a service point has to answer before
    /// its quota goes on.
    pub respond_hours: u32,
    /// The same where it is urgent, in hours from 08:00 to 20:00 of every day.
    pub urgent_respond_hours: u32,
}

impl Default for MatcherConfig {
    fn default() -> Self {
        Self { respond_hours: 14, urgent_respond_hours: 12 }
    }
}

impl MatcherConfig {
    /// `respond_hours`.
    pub fn respond(&self) -> Duration {
        hours(self.respond_hours)
    }

    /// `urgent_respond_hours`.
    pub fn urgent_respond(&self) -> Duration {
        hours(self.urgent_respond_hours)
    }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3_600)
}

/// `[feeds]`: what subscribers are told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedsConfig {
    /// For how many days an event of a feed can be read after it was written.
    pub keep_days: u32,
}

impl Default for FeedsConfig {
    fn default() -> Self {
        Self { keep_days: 7 }
    }
}

impl FeedsConfig {
    /// `keep_days`.
    pub fn keep(&self) -> Duration {
        hours(self.keep_days * 24)
    }
}

/// `[replay]`: what operators repeat of the log's past.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplayConfig {
    /// For how many days what a replay put into the broker's stream of replays
    /// can be read.
    pub keep_days: u32,
    /// Whether a replay to another party waits for a second operator.
    pub approval: bool,
    /// The `.creds` file of a user of the broker that can't write facts; by
    /// default `keys/gq-replay.creds` in the data directory.
    pub creds: Option<PathBuf>,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        Self { keep_days: 30, approval: true, creds: None }
    }
}

impl ReplayConfig {
    /// How long a replayed event is kept.
    pub fn keep(&self) -> Duration {
        hours(self.keep_days * 24)
    }
}

/// `[webhooks]`: how feeds are sent to their subscribers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhooksConfig {
    /// Networks that may be sent to although they are not public, parted by
    /// commas, as `10.20.0.0/16`.
    pub allow_networks: String,
    /// Whether an address in one of these may be written with http: for tests
    /// and demonstrations.
    pub allow_http: bool,
    /// Requests on their way at once.
    pub in_flight: usize,
    /// Requests on their way at once to a webhook that takes any order.
    pub in_flight_each: usize,
    /// How long a request may take.
    pub timeout_ms: u64,
    /// After how long an event that did not arrive is sent again: after the
    /// first attempt, the second, and so on; the last one repeats. Parted by
    /// commas.
    pub retries_ms: String,
    /// The longest wait that a receiver may ask for with `Retry-After`.
    pub retry_after_max_ms: u64,
    /// A webhook is disabled when an event did not arrive for so long.
    pub disable_after_ms: u64,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self {
            allow_networks: String::new(),
            allow_http: false,
            in_flight: 64,
            in_flight_each: 8,
            timeout_ms: 15_000,
            retries_ms: "5000,300000,1800000,7200000,18000000,36000000,36000000".to_owned(),
            retry_after_max_ms: 36_000_000,
            disable_after_ms: 5 * 86_400_000,
        }
    }
}

impl WebhooksConfig {
    /// `allow_networks`, if they can be read.
    pub fn networks(&self) -> Option<Vec<IpNet>> {
        parted(&self.allow_networks)
    }

    /// `retries_ms`, if they can be read.
    pub fn retries(&self) -> Option<Vec<Duration>> {
        let all: Vec<u64> = parted(&self.retries_ms)?;
        (!all.is_empty()).then(|| all.into_iter().map(Duration::from_millis).collect())
    }
}

fn parted<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

/// `[register]`: who may be registered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegisterConfig {
    /// Whether exactly the citizen IDs that can be nobody's are taken, as in
    /// a demonstration; otherwise exactly the real ones.
    pub test_ids: bool,
}

/// `[vault]`: the keys of people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaultConfig {
    /// For how many days backups of the vault are kept: after an erasure, so
    /// long a copy of the key may still stand in one.
    pub key_backup_days: u32,
}

impl Default for VaultConfig {
    fn default() -> Self {
        Self { key_backup_days: 7 }
    }
}

impl VaultConfig {
    /// `key_backup_days`.
    pub fn key_backup(&self) -> time::Duration {
        time::Duration::days(self.key_backup_days.into())
    }
}

/// `[retention]`: when people are erased since nothing is done with them any
/// more. In days; 0 for never.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Whose row has not changed for so long, and who was promised to nobody
    /// meanwhile.
    pub idle_card_days: u32,
    /// The same of somebody unverified (待核).
    pub unverified_card_days: u32,
}

/// `[clock]`: what time it is; for trying things out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockConfig {
    /// The moment at which a clock begins that stands still until the operator
    /// moves it with `POST /v1/clock`, in RFC 3339 or in Beijing time. Only
    /// where nobody is real: with `register.test_ids`. Empty for the machine's
    /// own clock.
    pub manual_from: String,
}

impl ClockConfig {
    /// `manual_from`, if it is set and can be read.
    pub fn manual_from(&self) -> Option<OffsetDateTime> {
        crate::beijing::parse(&self.manual_from).ok()
    }
}

/// `[log]`: what is said on stderr.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines, as in `info,gongqiao_gate=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[services]`: for `serve NAME`, in a process without the gate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServicesConfig {
    /// Origin of the gate.
    pub gate_url: Option<String>,
    /// The API key of the service.
    pub key: Option<SecretString>,
}

/// `[notify]`: how those concerned are told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifyConfig {
    /// Who passes notices on.
    pub adapter: NotifyAdapter,
    /// Where the webhook posts to. Secret, since it may hold a token.
    pub url: Option<SecretString>,
    /// What signs the webhook's requests.
    pub secret: Option<SecretString>,
    /// A file that holds it instead.
    pub secret_file: Option<PathBuf>,
    /// How long the webhook waits for an answer.
    pub timeout_ms: u64,
    /// How often a notice is tried before it is given up.
    pub attempts: u64,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            adapter: NotifyAdapter::Log,
            url: None,
            secret: None,
            secret_file: None,
            timeout_ms: 10_000,
            attempts: 100,
        }
    }
}

impl NotifyConfig {
    /// `timeout_ms`.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// Who passes notices on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyAdapter {
    /// Nobody.
    Off,
    /// The log: a line each.
    Log,
    /// A signed HTTP request each.
    Webhook,
}
