//! A connection that has proved itself with a real request.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_nats::{Client, ConnectOptions, Event, jetstream};
use tokio::sync::watch;

use crate::{
    broker::{NEEDED_VERSION, ServerVersion},
    error::StreamError,
};

/// Where the broker is and as whom we speak to it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `nats://host:port`, or several separated by commas for a cluster.
    pub url: String,
    /// A `.creds` file.
    pub creds: Option<PathBuf>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Name of this client in the server's lists.
    pub name: String,
}

/// The socket as last heard.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    up: bool,
    /// How often it has broken.
    breaks: u64,
}

/// A live connection; cheap to clone.
#[derive(Clone)]
pub struct Connection {
    pub(crate) client: Client,
    pub(crate) context: jetstream::Context,
    pub(crate) timeout: Duration,
    link: watch::Receiver<Link>,
}

impl Connection {
    /// Connects, and asks JetStream something before it says that it is
    /// connected.
    ///
    /// # Errors
    /// [`StreamError::Unreachable`], [`StreamError::TooOld`],
    /// [`StreamError::Credentials`].
    pub async fn open(endpoint: &Endpoint) -> Result<Self, StreamError> {
        let (report, link) = watch::channel(Link { up: true, breaks: 0 });
        let report = Arc::new(report);
        let mut options = ConnectOptions::new()
            .name(&endpoint.name)
            .connection_timeout(endpoint.timeout)
            .request_timeout(Some(endpoint.timeout))
            // Why: the ack of a batch comes over the same socket as what the
            // tail reads; a slow reader must not make the client drop it.
            .subscription_capacity(262_144)
            .reconnect_delay_callback(|attempt| {
                Duration::from_millis(50).saturating_mul(1 << attempt.min(5))
            })
            .event_callback(move |event| {
                let report = Arc::clone(&report);
                async move {
                    match event {
                        Event::Connected => report.send_modify(|link| link.up = true),
                        Event::Disconnected | Event::Closed => report.send_modify(|link| {
                            *link = Link { up: false, breaks: link.breaks + 1 };
                        }),
                        other => tracing::warn!(event = %other, "nats.event"),
                    }
                }
            });
        if let Some(path) = &endpoint.creds {
            let creds = tokio::fs::read_to_string(path).await.map_err(|e| credentials(path, &e))?;
            options = options.credentials(&creds).map_err(|e| credentials(path, &e))?;
        }
        let servers: Vec<&str> = endpoint.url.split(',').map(str::trim).collect();
        let client = tokio::time::timeout(endpoint.timeout, options.connect(servers))
            .await
            .map_err(|_| StreamError::TimedOut(endpoint.timeout))?
            .map_err(|e| StreamError::Unreachable(e.to_string()))?;
        let found = client.server_info().version;
        if !ServerVersion::parse(&found).is_some_and(ServerVersion::is_enough) {
            return Err(StreamError::TooOld { found, needed: NEEDED_VERSION });
        }
        let mut context = jetstream::new(client.clone());
        context.set_timeout(endpoint.timeout);
        let connection = Self { client, context, timeout: endpoint.timeout, link };
        // Why: connect() can return Ok and then flap for ever when auth is refused.
        connection.bounded(connection.context.query_account()).await?;
        Ok(connection)
    }

    /// Whether the socket is up, as last heard.
    pub fn is_up(&self) -> bool {
        self.link.borrow().up
    }

    /// Waits for the next change between up and down.
    pub async fn changed(&mut self) {
        if self.link.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the link has broken since this was called.
    pub(crate) fn broken(&self) -> impl Future<Output = ()> + use<> {
        self.link_until(|now, before| now.breaks > before)
    }

    /// Returns when the link has broken since this was called, and is mended.
    pub(crate) fn mended(&self) -> impl Future<Output = ()> + use<> {
        self.link_until(|now, before| now.breaks > before && now.up)
    }

    fn link_until(&self, there: fn(&Link, u64) -> bool) -> impl Future<Output = ()> + use<> {
        let mut link = self.link.clone();
        // Why: counted now, and not when the future is first polled.
        let before = link.borrow().breaks;
        async move {
            if link.wait_for(|now| there(now, before)).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Runs a request, but not for longer than the time-out.
    pub(crate) async fn bounded<T, E: std::fmt::Display>(
        &self,
        request: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StreamError> {
        // Why: a request outlives its own time-out once the client's queue is full.
        match tokio::time::timeout(self.timeout, request).await {
            Err(_) => Err(StreamError::TimedOut(self.timeout)),
            Ok(Err(e)) => Err(StreamError::Refused(e.to_string())),
            Ok(Ok(value)) => Ok(value),
        }
    }
}

fn credentials(path: &std::path::Path, e: &std::io::Error) -> StreamError {
    StreamError::Credentials { path: path.display().to_string(), why: e.to_string() }
}
