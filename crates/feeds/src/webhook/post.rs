//! One request to a receiver: to a public address that was looked up and is
//! kept for the connection, signed, bounded in time and in what is read of
//! the answer, without proxies and redirects.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::future::BoxFuture;
use gongqiao_access::{
    Outside,
    webhook::{Signer, WebhookKeys},
};
use gongqiao_client::{Client, ClientError, client_builder};
use gongqiao_shell::Clock;
use reqwest::{
    StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// As much of an answer is read, so that the connection can serve again.
const ANSWER_BYTES: usize = 65_536;
/// The media type of a CloudEvent in structured JSON.
const MEDIA: &str = "application/cloudevents+json; charset=utf-8";
/// The shortest wait that a receiver may ask for.
const AT_LEAST: Duration = Duration::from_secs(1);
/// A request that takes longer gives its place to others, and takes one among
/// the slow ones.
const PROMPT: Duration = Duration::from_secs(1);

/// How feeds are sent.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// Where requests may go.
    pub outside: Outside,
    /// Requests on their way at once to those who answer promptly, and as many
    /// again to those who do not.
    pub in_flight: usize,
    /// Requests on their way at once to one webhook that takes any order.
    pub in_flight_each: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// After how long an event is sent again, by the number of attempts; the
    /// last one repeats.
    pub retries: Vec<Duration>,
    /// The longest wait that a receiver may ask for.
    pub retry_after_max: Duration,
    /// A webhook is disabled when an event did not arrive for so long.
    pub disable_after: Duration,
}

/// Whoever sends for all webhooks of a cell.
pub struct Post {
    http: reqwest::Client,
    /// Makes the secrets.
    pub(crate) keys: WebhookKeys,
    /// The gate, which is told when a webhook is disabled.
    pub(crate) gate: Client,
    pub(crate) options: WebhookOptions,
    prompt: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// The same for every attempt of one event at one webhook.
    pub(crate) id: String,
    pub(crate) body: Bytes,
    /// The replay that it is part of.
    pub(crate) replay: Option<String>,
}

impl Parcel {
    pub(crate) fn new(id: String, body: Bytes) -> Self {
        Self { id, body, replay: None }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a status of 200 to 299.
    Delivered(u16),
    /// With another one, and how long the receiver asks to wait.
    Refused(u16, Option<Duration>),
    TimedOut,
    Unreachable,
    /// The address is not one to send to.
    Forbidden,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Delivered(_) => "delivered",
            Self::Refused(..) => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Forbidden => "forbidden",
        }
    }

    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Delivered(status) | Self::Refused(status, _) => Some(status),
            _ => None,
        }
    }

    /// Whether the receiver wants no more at all.
    pub(crate) fn is_gone(self) -> bool {
        matches!(self, Self::Refused(status, _) if status == StatusCode::GONE.as_u16())
    }
}

/// How a name is looked up.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

impl Post {
    /// Whoever sends, with secrets of `keys`; `gate` is told by our own name.
    ///
    /// # Errors
    /// The system can't give what an HTTP client needs.
    pub fn new(
        options: WebhookOptions,
        keys: WebhookKeys,
        gate: Client,
    ) -> Result<Self, ClientError> {
        let lookup: Lookup = Arc::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        });
        Self::looking_up(options, keys, gate, lookup)
    }

    fn looking_up(
        options: WebhookOptions,
        keys: WebhookKeys,
        gate: Client,
        lookup: Lookup,
    ) -> Result<Self, ClientError> {
        let resolver = Resolver { outside: options.outside.clone(), lookup };
        let http = client_builder()
            .dns_resolver(Arc::new(resolver))
            .timeout(options.timeout)
            .pool_max_idle_per_host(options.in_flight)
            .user_agent(concat!("gongqiao/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError::Unreachable)?;
        let places = || Arc::new(Semaphore::new(options.in_flight));
        Ok(Self { http, keys, gate, prompt: places(), slow: places(), options })
    }

    /// Sends a parcel, once there is a place: among those who answer promptly,
    /// unless `is_slow`. However many don't answer, these are not held up.
    pub(crate) async fn send(
        &self,
        clock: &Clock,
        url: &str,
        signers: &[Signer],
        parcel: &Parcel,
        is_slow: bool,
    ) -> Outcome {
        let mut place = Some(self.place(is_slow).await);
        let mut sent = std::pin::pin!(self.request(clock, url, signers, parcel));
        if let Ok(outcome) = tokio::time::timeout(PROMPT, &mut sent).await {
            return outcome;
        }
        if !is_slow && let Ok(slow) = Arc::clone(&self.slow).try_acquire_owned() {
            place = Some(slow);
        }
        let outcome = sent.await;
        drop(place);
        outcome
    }

    /// Sends one body as events are sent, for whoever measures it. Whether the
    /// receiver took it.
    pub async fn send_one(
        &self,
        clock: &Clock,
        url: &str,
        signers: &[Signer],
        id: &str,
        body: Bytes,
    ) -> bool {
        let parcel = Parcel::new(id.to_owned(), body);
        let outcome = self.send(clock, url, signers, &parcel, false).await;
        matches!(outcome, Outcome::Delivered(_))
    }

    async fn place(&self, is_slow: bool) -> OwnedSemaphorePermit {
        let places = if is_slow { &self.slow } else { &self.prompt };
        #[expect(clippy::expect_used, reason = "nobody closes it")]
        Arc::clone(places).acquire_owned().await.expect("never closed")
    }

    async fn request(
        &self,
        clock: &Clock,
        url: &str,
        signers: &[Signer],
        parcel: &Parcel,
    ) -> Outcome {
        // Why again: what may be sent to can have changed since it was added.
        let Ok(url) = self.options.outside.url(url) else { return Outcome::Forbidden };
        let at = clock.now().unix_timestamp();
        let mut request = self
            .http
            .post(url)
            .header(header::CONTENT_TYPE, MEDIA)
            .header("webhook-id", &parcel.id)
            .header("webhook-timestamp", at);
        if let Some(replay) = &parcel.replay {
            request = request.header("gongqiao-replay", replay);
        }
        if !signers.is_empty() {
            let signed = signers.iter().map(|signer| signer.sign(&parcel.id, at, &parcel.body));
            let signed: Vec<String> = signed.collect();
            request = request.header("webhook-signature", signed.join(" "));
        }
        let mut response = match request.body(parcel.body.clone()).send().await {
            Ok(response) => response,
            Err(e) => return failed(&e),
        };
        let status = response.status();
        let wait = retry_after(&response, clock.now());
        let mut read = 0;
        while read < ANSWER_BYTES {
            // Why: the status is the answer, however its body ends.
            let Ok(Some(chunk)) = response.chunk().await else { break };
            read += chunk.len();
        }
        match status.as_u16() {
            status @ 200..=299 => Outcome::Delivered(status),
            status => Outcome::Refused(status, wait),
        }
    }

    /// How long to wait after the `attempts`th attempt, which ended so.
    pub(crate) fn wait(&self, attempts: u32, outcome: Outcome) -> Duration {
        if let Outcome::Refused(_, Some(wait)) = outcome {
            return wait.max(AT_LEAST).min(self.options.retry_after_max);
        }
        let last = self.options.retries.len().saturating_sub(1);
        let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(last).min(last);
        let wait = self.options.retries.get(index).copied().unwrap_or_default();
        wait.mul_f64(jitter())
    }
}

/// 0.9 to 1.1: so that what failed together does not come again together.
fn jitter() -> f64 {
    // Why without: a wait that is not spread out is a wait all the same.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    0.9 + 0.2 * f64::from(random) / f64::from(u32::MAX)
}

fn failed(error: &reqwest::Error) -> Outcome {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one.is::<NotOutside>() {
            return Outcome::Forbidden;
        }
        cause = one.source();
    }
    if error.is_timeout() { Outcome::TimedOut } else { Outcome::Unreachable }
}

/// What the receiver asks for: seconds, or a moment.
fn retry_after(response: &reqwest::Response, now: OffsetDateTime) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = httpdate::parse_http_date(text).ok()?;
    Some(moment.duration_since(SystemTime::from(now)).unwrap_or_default())
}

/// A name that leads to an address that is not public.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("it resolves to no public address")]
struct NotOutside;

/// Looks names up, and hands out public addresses alone. The connection is
/// made to what was handed out, and the name is not looked up again for it.
struct Resolver {
    outside: Outside,
    lookup: Lookup,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (outside, found) = (self.outside.clone(), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            // Why all: a name that leads inside as well is not meant for us.
            if !found.iter().all(|address| outside.may(*address)) {
                return Err(NotOutside.into());
            }
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            let addresses: Addrs = Box::new(addresses);
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
