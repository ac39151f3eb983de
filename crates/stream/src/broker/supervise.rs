//! The broker as its user sees it: started, watched, stopped.

use std::{
    fs,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{
    runtime,
    sync::{mpsc, oneshot, watch},
    task::spawn_blocking,
};

use super::{
    BrokerError, Identity, ObtainConfig, Program,
    child::{self, Launcher},
    config::Layout,
    files::{self, failed},
    lock, obtain,
    supervisor::{self, Order},
};

/// What an embedded broker needs to know.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// The data directory; keys go to `keys/` in it, everything of the server to `nats/`.
    pub data_dir: PathBuf,
    /// The time of issue of tokens that are made at this start.
    pub now: OffsetDateTime,
    /// Where the program comes from.
    pub obtain: ObtainConfig,
    /// The port on 127.0.0.1; `None` for a free one. Restarts keep it either way.
    pub port: Option<u16>,
    /// The most that the streams may take on disk; `None` leaves it to the server (three quarters of what is free).
    pub max_store_bytes: Option<u64>,
    /// Whether streams are filled from files, and nobody is answered: then nothing has to be on the disk before the
    /// server has ended, and whoever fills them syncs it.
    pub filling: bool,
    /// How long a start may take, the recovery of the store included.
    pub ready_timeout: Duration,
    /// How long the server may take to end when asked, before it is killed.
    pub stop_timeout: Duration,
    /// When to start it again.
    pub restart: RestartPolicy,
}

impl BrokerConfig {
    /// A broker on a free port with the usual settings.
    pub fn new(data_dir: impl Into<PathBuf>, now: OffsetDateTime) -> Self {
        Self {
            data_dir: data_dir.into(),
            now,
            obtain: ObtainConfig::for_this_user(),
            port: None,
            max_store_bytes: None,
            filling: false,
            ready_timeout: Duration::from_secs(120),
            stop_timeout: Duration::from_secs(20),
            restart: RestartPolicy::default(),
        }
    }
}

/// When a server that died is started again, and when no more.
#[derive(Clone, Debug)]
pub struct RestartPolicy {
    /// The wait before the first attempt; each further one in a row waits twice as long.
    pub first_wait: Duration,
    /// The longest wait between two attempts.
    pub longest_wait: Duration,
    /// So many attempts in a row may fail.
    pub most_failed_attempts: u32,
    /// So many restarts may happen within a minute.
    pub most_per_minute: usize,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
            most_failed_attempts: 10,
            most_per_minute: 60,
        }
    }
}

/// What the broker is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerState {
    /// It answers.
    Up {
        /// The server's process number.
        pid: u32,
        /// How often it was restarted since the start.
        restarts: u32,
    },
    /// It died and is being started again.
    Restarting {
        /// How often, this time included.
        restarts: u32,
    },
    /// It was stopped.
    Down,
    /// It kept dying and is no longer started.
    Failed {
        /// Why it was given up.
        reason: String,
    },
}

/// A running embedded broker. Dropping it kills the server; [`Broker::stop`] is the polite way.
#[derive(Debug)]
pub struct Broker {
    url: String,
    program: Program,
    identity: Identity,
    state: watch::Receiver<BrokerState>,
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Broker {
    /// Obtains the program, takes the store, makes or loads the keys, starts the server, and returns when a JetStream
    /// request was answered.
    ///
    /// # Errors
    /// Any [`BrokerError`]; nothing is left running then.
    pub async fn start(config: BrokerConfig) -> Result<Self, BrokerError> {
        let program = obtain::obtain(&config.obtain).await?;
        let data_dir = config.data_dir.clone();
        let layout = blocking(move || Layout::create(&data_dir)).await?;
        let lock = lock::take(&layout.root).await?;
        let (keys, now) = (layout.keys.clone(), config.now);
        let identity = blocking(move || Identity::load_or_create(&keys, now)).await?;
        refuse_strange_store(&layout, &identity)?;
        let creds_path = identity.service_creds_path();
        let creds = files::read_private(creds_path)?
            .ok_or_else(|| failed("find", creds_path)(std::io::ErrorKind::NotFound.into()))?;
        let launcher = Launcher {
            program: program.path.clone(),
            layout,
            identity: identity.clone(),
            creds,
            max_store_bytes: config.max_store_bytes,
            filling: config.filling,
            ready_timeout: config.ready_timeout,
            stop_timeout: config.stop_timeout,
            lock,
        };

        let (orders, orders_in) = mpsc::channel(8);
        let (state_out, state) = watch::channel(BrokerState::Restarting { restarts: 0 });
        let (started_out, started) = oneshot::channel();
        let supervise = supervisor::run(
            launcher,
            config.restart,
            config.port,
            orders_in,
            state_out,
            started_out,
        );
        let mut broker = Self {
            url: String::new(),
            program,
            identity,
            state,
            orders: Some(orders),
            thread: Some(thread_for(supervise)?),
        };
        let port = started.await.map_err(|_| BrokerError::SupervisorGone)??;
        broker.url = child::url(port);
        tracing::info!(url = broker.url, version = %broker.program.version, "nats-server is up");
        Ok(broker)
    }

    /// The address for clients; stays the same over restarts.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `.creds` file of this software's own services.
    pub fn creds_path(&self) -> &Path {
        self.identity.service_creds_path()
    }

    /// The keys and accounts.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The program that runs.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The server's process number, while it is up.
    pub fn pid(&self) -> Option<u32> {
        match *self.state.borrow() {
            BrokerState::Up { pid, .. } => Some(pid),
            _ => None,
        }
    }

    /// What it is doing, to be watched.
    pub fn state(&self) -> watch::Receiver<BrokerState> {
        self.state.clone()
    }

    /// Ends the server politely, after a bounded time by force, and waits until it is gone and the store is free. A
    /// broker that has ended already stays as it is.
    pub async fn stop(&self) {
        let (waiting, ended) = oneshot::channel();
        self.order(Order::Stop(waiting)).await;
        // Gone without an answer is gone as well.
        let _ = ended.await;
    }

    /// Kills the server (SIGKILL) and leaves it so.
    #[cfg(feature = "testing")]
    pub(super) async fn kill(&self) {
        let (waiting, killed) = oneshot::channel();
        self.order(Order::Kill(waiting)).await;
        let _ = killed.await;
    }

    /// Starts the server on the same port and store; one that runs is stopped first.
    #[cfg(feature = "testing")]
    pub(super) async fn restart(&self) -> Result<(), BrokerError> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Restart(answer)).await;
        answered.await.map_err(|_| BrokerError::SupervisorGone)?
    }

    /// An order that can't be given is dropped, and with it the sender of its answer.
    async fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order).await;
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A closed channel means: kill the server and end. That takes milliseconds.
        self.orders = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the broker's supervisor broke off");
        }
    }
}

/// A thread with a runtime of its own, on which the server is spawned and watched.
///
/// Why a thread: the kernel kills the server when the *thread* that spawned it ends, and a runtime's worker threads
/// may end before the process does.
fn thread_for(
    supervise: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, BrokerError> {
    let failed =
        |source| BrokerError::Spawn { program: PathBuf::from("the broker's supervisor"), source };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let run = move || runtime.block_on(supervise);
    thread::Builder::new().name("broker".to_owned()).spawn(run).map_err(failed)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BrokerError> + Send + 'static,
) -> Result<T, BrokerError> {
    spawn_blocking(work).await.map_err(|_| BrokerError::SupervisorGone)?
}

/// JetStream keeps each account's streams under the account's public key.
fn refuse_strange_store(layout: &Layout, identity: &Identity) -> Result<(), BrokerError> {
    let accounts = layout.store().join("jetstream");
    let Ok(entries) = fs::read_dir(&accounts) else { return Ok(()) };
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let is_account =
        |name: &std::ffi::OsString| name.len() == 56 && name.as_encoded_bytes().starts_with(b"A");
    if names.iter().any(is_account) && !names.iter().any(|name| name == identity.service_account())
    {
        return Err(BrokerError::StrangeStore { store: layout.store(), keys: layout.keys.clone() });
    }
    Ok(())
}
