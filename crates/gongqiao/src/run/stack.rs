//! One process's services, put together in one order: configuration, broker,
//! connection, streams, live view, doors, and those who act on the log.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Extension, extract::DefaultBodyLimit, http::StatusCode, middleware};
use gongqiao_access::{
    Api, Limits, Live, Lot, Outside,
    body::JsonLimit,
    key::{self, Pepper},
    parked::ParkedKey,
    problem::{self, Rendering},
    react::{self, React},
    refusals,
    webhook::WebhookKeys,
};
use gongqiao_board::Board;
use gongqiao_client::{Client, http_client};
use gongqiao_contract::{codes::IdRule, subject::Cell};
use gongqiao_domain::decide::Terms;
use gongqiao_feeds::{Feeds, Options as FeedOptions, Post, WebhookOptions};
use gongqiao_gate::{Committer, Eraser, Gate, Options, bootstrap, intake};
use gongqiao_matcher::{Matcher, Respond};
use gongqiao_replay::{Past, Replay};
use gongqiao_shell::{
    Clock, Config, Health, Lifecycle, ManualClock, Metrics, Progress, Status, health, http,
};
use gongqiao_steward::{Permissions, Retention, Steward};
use gongqiao_stream::{
    Connection, Endpoint, StreamName,
    broker::{Broker, BrokerConfig, BrokerState, accounts::Accounts},
    declare, read,
};
use gongqiao_vault::{Opener, Vault};
use secrecy::SecretString;
use tokio::{net::TcpListener, sync::watch};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use utoipa_axum::router::OpenApiRouter;

use super::{audit::StreamAudit, documents, notify, replay};

/// Rosters that are taken in at once: each may be large, and the vault and the
/// register sync for one at a time anyway.
const UPLOADS: usize = 16;

/// How often the broker is asked whether it still answers.
const PROBE: Duration = Duration::from_secs(3);

/// What a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) gate: bool,
    pub(crate) board: bool,
    pub(crate) matcher: bool,
    pub(crate) steward: bool,
    pub(crate) notify: bool,
    pub(crate) feeds: bool,
    pub(crate) replay: bool,
}

impl Parts {
    pub(crate) const ALL: Self = Self {
        gate: true,
        board: true,
        matcher: true,
        steward: true,
        notify: true,
        feeds: true,
        replay: true,
    };
}

/// A running process.
pub(crate) struct Stack {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) progress: Progress,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) live: Live,
    lot: Lot,
    broker: Option<Broker>,
    /// Where it answers.
    pub(crate) origin: String,
}

impl Stack {
    /// Starts `parts`.
    pub(crate) async fn start(
        config: Config,
        parts: Parts,
        clock: Clock,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let lifecycle = Lifecycle::new();
        lifecycle.listen_for_signals()?;
        Self::start_within(config, parts, clock, metrics, lifecycle).await
    }

    /// Starts `parts` under a lifecycle that somebody else listens for.
    pub(crate) async fn start_within(
        config: Config,
        parts: Parts,
        clock: Clock,
        metrics: Metrics,
        lifecycle: Lifecycle,
    ) -> anyhow::Result<Self> {
        let listen = config.server.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("{listen} can't be listened on; choose another with --listen")
        })?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (clock, hand) = super::clock::of(&config, clock);
        let health = Health::new();
        health.set("start", Status::NotReady("starting".into()));
        {
            let (metrics, token) = (metrics.clone(), lifecycle.token());
            lifecycle.spawn("metrics", async move {
                metrics.keep_up(token).await;
                anyhow::Ok(())
            });
        }
        let broker = embedded_broker(&config, &clock).await?;
        let connection = connect(&config, broker.as_ref(), &origin).await?;
        declare(&connection, config.nats.replicas).await?;
        watch_broker(&connection, broker.as_ref(), &health, &lifecycle);

        let progress = Progress::default();
        let cell = Cell::new(config.cell.city.parse().context("cell.city")?);
        let snapshots = Some(config.data.dir.join("snapshots"));
        let live =
            Live::start(connection.clone(), cell, snapshots, progress.clone(), &lifecycle).await?;
        let lot = lot(&config, &clock, &connection, cell, &health)?;
        lot.look().await?;
        let mut stack = Self { config, clock, progress, lifecycle, live, lot, broker, origin };
        if parts.notify {
            // Why before the doors: nothing may happen of which nobody hears.
            notify::prepare(stack.live.connection(), &stack.config.notify).await?;
        }
        let api = stack.api()?;
        let router = Box::pin(stack.doors(parts, api.clone(), connection, hand)).await?;
        let router = router.merge(health::router(health.clone(), metrics));
        stack.open(listener, router, api)?;
        stack.act(parts)?;
        if parts.notify {
            notify::start(&stack, &health)?;
        }
        stack.watch_schema(&health);
        health.set("start", Status::Ok);
        Ok(stack)
    }

    /// The directory of the keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.config.data.dir.join("keys")
    }

    /// Where waits what could not be processed.
    pub(crate) fn lot(&self) -> Lot {
        self.lot.clone()
    }

    /// A client with one of the keys that were made at the first start.
    pub(crate) fn client(&self, service: &str) -> anyhow::Result<Client> {
        let path = self.keys().join(format!("{service}.key"));
        let key = key::load(&path).with_context(|| format!("{}", path.display()))?;
        Ok(Client::new(http_client()?, &self.origin, key))
    }

    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        Ok(Api {
            live: self.live.clone(),
            clock: self.clock.clone(),
            pepper: Pepper::open(&self.keys().join("api.pepper"))?,
            limits: Arc::new(Limits::new(self.config.server.requests_per_second_per_key)),
            refusals: Arc::default(),
            patience: self.config.gate.commit_timeout(),
        })
    }

    async fn doors(
        &self,
        parts: Parts,
        api: Api,
        connection: Connection,
        hand: Option<ManualClock>,
    ) -> anyhow::Result<OpenApiRouter> {
        let vault = Vault::open(&self.config.data.dir)?;
        let audit = Arc::new(StreamAudit(connection));
        let opener = Opener::new(vault.clone(), self.live.cell(), self.clock.clone(), audit);
        let erasures = self.erase(&vault, parts).await?;
        let mut router = refusals::router(api.clone());
        if let Some(hand) = hand {
            router = router.merge(super::clock::router(api.clone(), hand, self.progress.clone()));
        }
        if parts.gate {
            bootstrap::bootstrap(&self.live, &api.pepper, &self.clock, &self.keys()).await?;
            let gate = self.gate(api.clone(), vault, opener.clone(), erasures)?;
            router = router.merge(gate);
        }
        if parts.board {
            router = router
                .merge(gongqiao_board::router(Board { api: api.clone(), opener }))
                .merge(gongqiao_console::router());
        }
        if parts.feeds {
            router = router.merge(self.feeds(api.clone())?);
        }
        if parts.replay {
            let jobs = replay::jobs(self).await?;
            router =
                router.merge(gongqiao_replay::router(Replay { api, jobs, past: Past::default() }));
        }
        Ok(router)
    }

    fn feed_options(&self) -> FeedOptions {
        FeedOptions { keep: self.config.feeds.keep(), replicas: self.config.nats.replicas }
    }

    /// Starts whoever writes feeds, and sends them to webhooks; they are read at
    /// the door.
    fn feeds(&self, api: Api) -> anyhow::Result<OpenApiRouter> {
        let feeds = Feeds::new(api, self.feed_options(), self.post()?, self.lifecycle.token());
        let dir = self.config.data.dir.join("feeds");
        self.lifecycle.spawn("feeds.webhooks", feeds.clone().deliver(dir.join("webhooks")));
        let pepper = Pepper::open(&self.keys().join("supply.pepper"))?;
        self.lifecycle.spawn("feeds", feeds.clone().write(dir, pepper));
        Ok(feeds.router())
    }

    /// Carries out every erasure of the log, and goes on to follow it. Why
    /// before the doors: a vault that was put back from a backup must not open
    /// who was erased.
    async fn erase(&self, vault: &Vault, parts: Parts) -> anyhow::Result<watch::Receiver<u64>> {
        let eraser = Eraser::new(self.live.clone(), vault.clone(), self.clock.clone(), parts.gate);
        eraser.catch_up().await.context("erasures")?;
        let (done, token) = (eraser.done(), self.lifecycle.token());
        self.lifecycle.spawn("gate.erasure", eraser.run(token));
        Ok(done)
    }

    fn gate(
        &self,
        api: Api,
        vault: Vault,
        opener: Opener,
        erasures: watch::Receiver<u64>,
    ) -> anyhow::Result<OpenApiRouter> {
        let gate = &self.config.gate;
        let options = Options {
            max_commands: gate.max_batch_commands,
            queue: gate.queue,
            timeout: gate.commit_timeout(),
            terms: Terms {
                hold: gate.hold(),
                hold_after_departure: time::Duration::days(3),
                key_backup: self.config.vault.key_backup(),
            },
        };
        let (committer, work) =
            Committer::new(self.live.clone(), self.clock.clone(), options, self.lifecycle.token());
        self.lifecycle.spawn("gate.commit", work);
        let rule = if self.config.register.test_ids { IdRule::Test } else { IdRule::Real };
        let uploads = Arc::new(tokio::sync::Semaphore::new(UPLOADS));
        let upload_limit = self.config.server.upload_limit_bytes;
        let accounts = self.accounts();
        let (webhooks, outside) = (self.webhook_keys()?, self.outside());
        let gate = Gate {
            api,
            committer,
            vault,
            opener,
            accounts,
            webhooks,
            outside,
            lot: self.lot.clone(),
            rule,
            upload_limit,
            uploads,
            erasures,
        };
        let (connection, token) = (self.live.connection().clone(), self.lifecycle.token());
        self.lifecycle.spawn("gate.intake", intake::serve(gate.clone(), connection, token));
        Ok(gongqiao_gate::router(gate))
    }

    /// Whoever sends to webhooks.
    pub(crate) fn post(&self) -> anyhow::Result<Post> {
        let gate = self.gate_client("feeds")?;
        Ok(Post::new(self.webhooks(), self.webhook_keys()?, gate)?)
    }

    fn webhooks(&self) -> WebhookOptions {
        let webhooks = &self.config.webhooks;
        WebhookOptions {
            outside: self.outside(),
            in_flight: webhooks.in_flight,
            in_flight_each: webhooks.in_flight_each,
            timeout: Duration::from_millis(webhooks.timeout_ms),
            retries: webhooks.retries().unwrap_or_default(),
            retry_after_max: Duration::from_millis(webhooks.retry_after_max_ms),
            disable_after: Duration::from_millis(webhooks.disable_after_ms),
        }
    }

    /// What makes the secrets of webhooks.
    fn webhook_keys(&self) -> anyhow::Result<WebhookKeys> {
        WebhookKeys::open(&self.keys().join("webhooks.key")).context("webhooks.key")
    }

    /// Where webhooks may point to.
    fn outside(&self) -> Outside {
        let webhooks = &self.config.webhooks;
        Outside { networks: webhooks.networks().unwrap_or_default(), http: webhooks.allow_http }
    }

    /// What makes users of the broker, where its keys are here.
    fn accounts(&self) -> Option<Accounts> {
        let keys = self.keys();
        keys.join("operator.nk").exists().then(|| Accounts::open(&keys).ok()).flatten()
    }

    fn open(&self, listener: TcpListener, router: OpenApiRouter, api: Api) -> anyhow::Result<()> {
        let (router, documented) = documents::served(router, self.feed_options())?;
        let server = &self.config.server;
        let timeout =
            TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, server.request_timeout());
        let router = router
            .layer(timeout)
            .layer(DefaultBodyLimit::max(server.body_limit_bytes))
            .layer(Extension(JsonLimit(server.body_limit_bytes)))
            .layer(CatchPanicLayer::new())
            .layer(middleware::from_fn_with_state(Rendering { api, documented }, problem::render));
        let (limits, token) = (server.limits(), self.lifecycle.token());
        self.lifecycle.spawn("http", async move {
            http::serve_within(limits, listener, router, token).await;
            anyhow::Ok(())
        });
        Ok(())
    }

    /// Starts those who act on the log. They speak to the gate as anybody.
    fn act(&mut self, parts: Parts) -> anyhow::Result<()> {
        // Why: the steward first, since the matcher acts after it.
        if parts.steward {
            let steward = Steward::new(
                self.live.clone(),
                self.gate_client("steward")?,
                retention(&self.config),
            );
            self.run("steward", steward);
            if let Some((accounts, url)) = self.accounts().zip(self.url()) {
                let creds = self.keys().join("sys-admin.creds");
                let permissions = Permissions::new(self.live.clone(), accounts, url, creds);
                self.run("permissions", permissions);
            }
        }
        if parts.matcher {
            let (live, gate) = (self.live.clone(), self.gate_client("matcher")?);
            let matcher = &self.config.matcher;
            let respond = Respond { ordinary: matcher.respond(), urgent: matcher.urgent_respond() };
            self.run("matcher", Matcher::new(live, gate, respond));
        }
        Ok(())
    }

    fn run<R: React>(&self, name: &'static str, service: R) {
        self.progress.begin(R::NAME);
        let token = self.lifecycle.token();
        let (live, clock, progress) =
            (self.live.clone(), self.clock.clone(), self.progress.clone());
        self.lifecycle.spawn(name, react::run(service, live, clock, progress, token));
    }

    /// The gate as a service reaches it: in another process by configuration,
    /// otherwise at our own door.
    pub(super) fn gate_client(&self, service: &str) -> anyhow::Result<Client> {
        let services = &self.config.services;
        match (&services.gate_url, &services.key) {
            (Some(url), Some(key)) => {
                Ok(Client::new(http_client()?, url, SecretString::clone(key)))
            }
            (Some(url), None) => {
                let path = self.keys().join(format!("{service}.key"));
                let key = key::load(&path).with_context(|| {
                    format!("services.key is not set, and {} can't be read", path.display())
                })?;
                Ok(Client::new(http_client()?, url, key))
            }
            (None, _) => self.client(service),
        }
    }

    fn watch_schema(&self, health: &Health) {
        let (live, health, token) = (self.live.clone(), health.clone(), self.lifecycle.token());
        self.lifecycle.spawn("health.schema", async move {
            let mut facts = live.facts();
            loop {
                let count = live.city().not_understood.len() + live.register().read_only();
                let status = match count {
                    0 => Status::Ok,
                    n => Status::Degraded(
                        format!(
                            "{n} entities were written by a newer version and are read-only here"
                        )
                        .into(),
                    ),
                };
                health.set("schema", status);
                if !matches!(token.run_until_cancelled(facts.changed()).await, Some(Ok(()))) {
                    return anyhow::Ok(());
                }
            }
        });
    }

    /// Ends everything in order: doors, services, then the broker.
    pub(crate) async fn stop(self) -> gongqiao_shell::Outcome {
        self.lifecycle.stop();
        let outcome = self.lifecycle.shutdown(self.config.server.shutdown_timeout()).await;
        if let Some(broker) = self.broker {
            broker.stop().await;
        }
        outcome
    }

    /// Where the broker answers.
    pub(super) fn url(&self) -> Option<String> {
        self.broker_url().map(str::to_owned).or_else(|| self.config.nats.url.clone())
    }

    /// Waits until something asks the process to end.
    pub(crate) async fn wait(&self) {
        self.lifecycle.stopping().await;
    }

    /// Where the broker answers, for whoever wants to look.
    pub(crate) fn broker_url(&self) -> Option<&str> {
        self.broker.as_ref().map(|broker| broker.url())
    }
}

fn lot(
    config: &Config,
    clock: &Clock,
    connection: &Connection,
    cell: Cell,
    health: &Health,
) -> anyhow::Result<Lot> {
    let key = ParkedKey::open(&config.data.dir.join("keys/parked.key")).context("parked.key")?;
    Ok(Lot::new(connection.clone(), cell, clock.clone(), key, health.clone()))
}

fn retention(config: &Config) -> Retention {
    let days = |days: u32| (days > 0).then(|| time::Duration::days(days.into()));
    let retention = &config.retention;
    Retention {
        idle: days(retention.idle_card_days),
        unverified: days(retention.unverified_card_days),
    }
}

async fn embedded_broker(config: &Config, clock: &Clock) -> anyhow::Result<Option<Broker>> {
    if config.nats.url.is_some() {
        return Ok(None);
    }
    Ok(Some(Broker::start(broker_config(config, clock)).await?))
}

/// How the embedded broker is started.
pub(super) fn broker_config(config: &Config, clock: &Clock) -> BrokerConfig {
    let mut broker = BrokerConfig::new(&config.data.dir, issued_at(clock));
    broker.obtain.program.clone_from(&config.nats.binary);
    broker.obtain.offline = config.nats.offline;
    broker.max_store_bytes = config.nats.max_file_store_bytes;
    broker
}

/// Why: the broker knows no virtual clock, and refuses tokens of the future.
fn issued_at(clock: &Clock) -> time::OffsetDateTime {
    if clock.is_manual() { Clock::system().now() } else { clock.now() }
}

pub(super) async fn connect(
    config: &Config,
    broker: Option<&Broker>,
    origin: &str,
) -> anyhow::Result<Connection> {
    let (url, creds) = match (broker, &config.nats.url) {
        (Some(broker), _) => (broker.url().to_owned(), Some(broker.creds_path().to_owned())),
        (None, Some(url)) => (url.clone(), config.nats.creds.clone()),
        (None, None) => anyhow::bail!("nats.url is not set"),
    };
    let endpoint = Endpoint {
        url,
        creds,
        timeout: config.nats.ack_timeout(),
        name: format!("gongqiao {origin}"),
    };
    Ok(Connection::open(&endpoint).await?)
}

fn watch_broker(
    connection: &Connection,
    broker: Option<&Broker>,
    health: &Health,
    lifecycle: &Lifecycle,
) {
    let (mut connection, health, token) = (connection.clone(), health.clone(), lifecycle.token());
    let state = broker.map(|broker| broker.state());
    lifecycle.spawn("health.broker", async move {
        loop {
            let failed = state.as_ref().and_then(|state| match &*state.borrow() {
                BrokerState::Failed { reason } => Some(reason.clone()),
                _ => None,
            });
            // Why: without a quorum the link is up, and nothing can be stored.
            let answers =
                connection.is_up() && read::head(&connection, StreamName::Facts).await.is_ok();
            let status = match (failed, answers) {
                (Some(reason), _) => {
                    Status::NotReady(format!("the broker was given up: {reason}").into())
                }
                (None, true) => Status::Ok,
                (None, false) => Status::NotReady("the broker can't be reached".into()),
            };
            health.set("broker", status);
            let next = async {
                tokio::select! {
                    () = connection.changed() => {}
                    () = tokio::time::sleep(PROBE) => {}
                }
            };
            if token.run_until_cancelled(next).await.is_none() {
                return anyhow::Ok(());
            }
        }
    });
}
