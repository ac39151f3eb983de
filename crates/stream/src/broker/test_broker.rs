//! A real server for one test.

use std::{path::Path, time::Duration};

use async_nats::{Client, ConnectOptions};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};

use super::{Broker, BrokerConfig};

/// The time of issue of every test's tokens; the server only compares them with each other.
const ISSUED_AT: OffsetDateTime = datetime!(2025-07-01 00:00 UTC);
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// A real nats-server with a store of its own on a port of its own. Dropping it kills the server and, for one started
/// by [`TestBroker::start`], removes the store.
///
/// Its methods panic, with the reason, where a test could not go on: above all if there is no program.
#[derive(Debug)]
pub struct TestBroker {
    // Before the directory, so that the server is gone when that is removed.
    broker: Broker,
    _dir: Option<TempDir>,
}

impl TestBroker {
    /// Starts one with a temporary store.
    pub async fn start() -> Self {
        let dir = TempDir::with_prefix("gongqiao-test-")
            .unwrap_or_else(|error| panic!("no temporary store: {error}"));
        let broker = start_broker(dir.path()).await;
        Self { broker, _dir: Some(dir) }
    }

    /// Starts one on a data directory of the test's own, which stays.
    pub async fn start_in(dir: impl AsRef<Path>) -> Self {
        Self { broker: start_broker(dir.as_ref()).await, _dir: None }
    }

    /// Kills the server (SIGKILL); it stays down until [`TestBroker::restart`].
    pub async fn kill(&self) {
        self.broker.kill().await;
    }

    /// Starts the server again on the same port and store; one that runs is stopped first.
    pub async fn restart(&self) {
        self.broker
            .restart()
            .await
            .unwrap_or_else(|error| panic!("the test's broker did not restart: {error}"));
    }

    /// A connection as this software's service user, which reconnects quickly.
    pub async fn client(&self) -> Client {
        let options = ConnectOptions::with_credentials_file(self.creds_path()).await;
        let options =
            options.unwrap_or_else(|error| panic!("credentials of the test's broker: {error}"));
        let options = options.reconnect_delay_callback(|_| RECONNECT_PAUSE);
        options
            .connect(self.url())
            .await
            .unwrap_or_else(|error| panic!("connecting to the test's broker: {error}"))
    }

    /// The address for clients; stays the same over restarts.
    pub fn url(&self) -> &str {
        self.broker.url()
    }

    /// The `.creds` file of the service user.
    pub fn creds_path(&self) -> &Path {
        self.broker.creds_path()
    }

    /// The broker beneath.
    pub fn broker(&self) -> &Broker {
        &self.broker
    }
}

async fn start_broker(dir: &Path) -> Broker {
    let config = BrokerConfig::new(dir, ISSUED_AT);
    Broker::start(config)
        .await
        .unwrap_or_else(|error| panic!("the test's broker did not start: {error}"))
}
