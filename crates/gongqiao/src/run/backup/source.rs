//! The broker, wherever it runs: elsewhere by configuration, in another
//! process on this data directory, or in none, and then here for a while.

use gongqiao_shell::{Clock, Config};
use gongqiao_stream::{
    Connection, Endpoint,
    broker::{Broker, account_of, running},
};

use super::BackupError;
use crate::run::stack::{broker_config, connect};

/// A connection to whoever holds the streams.
pub(super) struct Source {
    pub(super) connection: Connection,
    /// The account that holds them.
    pub(super) account: Option<String>,
    broker: Option<Broker>,
}

impl Source {
    /// Of an exchange that is there.
    pub(super) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        if config.nats.url.is_some() {
            let connection = connect(config, None, NAME).await?;
            let account = config.nats.creds.as_deref().and_then(account_of);
            return Ok(Self { connection, account, broker: None });
        }
        let dir = &config.data.dir;
        // Why: a broker would make new keys, and see no streams.
        if !dir.join("keys/gq.nk").exists() {
            let missing = "keys/gq.nk";
            return Err(BackupError::NothingHere { dir: dir.clone(), missing }.into());
        }
        if let Some(found) = running(dir) {
            let account = account_of(&found.creds);
            let endpoint = Endpoint {
                url: found.url,
                creds: Some(found.creds),
                timeout: config.nats.ack_timeout(),
                name: NAME.to_owned(),
            };
            // Why: the files of a broker that was killed stay behind.
            if let Ok(connection) = Connection::open(&endpoint).await {
                return Ok(Self { connection, account, broker: None });
            }
        }
        Self::start(config, clock, false).await
    }

    /// Of an exchange that comes into being in the data directory, or at the
    /// broker that the configuration names.
    pub(super) async fn start(
        config: &Config,
        clock: &Clock,
        filling: bool,
    ) -> anyhow::Result<Self> {
        let broker = match config.nats.url {
            Some(_) => None,
            None => {
                let mut settings = broker_config(config, clock);
                settings.filling = filling;
                Some(Broker::start(settings).await?)
            }
        };
        let connection = connect(config, broker.as_ref(), NAME).await?;
        let account = match &broker {
            Some(broker) => Some(broker.identity().service_account().to_owned()),
            None => config.nats.creds.as_deref().and_then(account_of),
        };
        Ok(Self { connection, account, broker })
    }

    /// Ends the broker, if it was started here.
    pub(super) async fn stop(self) {
        if let Some(broker) = self.broker {
            broker.stop().await;
        }
    }
}

const NAME: &str = "backup";
