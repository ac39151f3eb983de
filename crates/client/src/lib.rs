//! A typed client of the public HTTP API. The command line, our own services
//! and the simulation speak to the exchange through it, as anybody can.

mod error;
pub mod feed;

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use eventsource_stream::{Event, EventStreamError, Eventsource as _};
use futures::{Stream, StreamExt as _};
use gongqiao_contract::{
    Lang,
    view::{self, Page, Receipt},
};
use reqwest::{Method, RequestBuilder, Response, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};

pub use error::ClientError;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The media type of server-sent events.
const EVENTS: &str = "text/event-stream";

/// A caller of the API. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
    key: SecretString,
    lang: Lang,
}

/// The HTTP client that all callers share: no proxy, no redirects, bounded in
/// time. Without TLS roots of its own beyond the system's.
///
/// # Errors
/// The system can't give what a client needs.
pub fn http_client() -> Result<reqwest::Client, ClientError> {
    client_builder().build().map_err(ClientError::Unreachable)
}

/// What [`http_client`] is made with, for whoever sets more.
pub fn client_builder() -> reqwest::ClientBuilder {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        // Why: fails only if somebody installed one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

impl Client {
    /// A caller with an API key, at `origin` (`http://127.0.0.1:8420`).
    pub fn new(http: reqwest::Client, origin: &str, key: SecretString) -> Self {
        let origin = origin.trim_end_matches('/').to_owned();
        Self { http, origin, key, lang: Lang::default() }
    }

    /// The same caller, answered in `lang`.
    #[must_use]
    pub fn speaking(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Somebody else at the same door.
    #[must_use]
    pub fn with_key(&self, key: SecretString) -> Self {
        Self { key, ..self.clone() }
    }

    /// The same caller at another door.
    #[must_use]
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// Where it calls.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads `path`, as `/v1/vacancies/{id}`.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.request(Method::GET, path).timeout(TIMEOUT)).await
    }

    /// Reads `path` as a file of this media type.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn download(&self, path: &str, media_type: &str) -> Result<Vec<u8>, ClientError> {
        let request = self.request(Method::GET, path).timeout(TIMEOUT);
        let request = request.header(header::ACCEPT, media_type);
        let response = checked(request.send().await.map_err(ClientError::Unreachable)?).await?;
        Ok(response.bytes().await.map_err(ClientError::Unreachable)?.to_vec())
    }

    /// Reads `path` piece by piece, however long it takes.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn pieces(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, ClientError>> + use<>, ClientError> {
        let request = self.request(Method::GET, path);
        let response = checked(request.send().await.map_err(ClientError::Unreachable)?).await?;
        Ok(response.bytes_stream().map(|piece| piece.map_err(ClientError::Unreachable)))
    }

    /// Sends a command to `path`. With a `key`, sending it again is safe.
    ///
    /// # Errors
    /// The refusal, or no answer; whether it was carried out is then unknown.
    pub async fn post(
        &self,
        path: &str,
        body: &impl Serialize,
        key: Option<&str>,
    ) -> Result<Receipt, ClientError> {
        let mut request = self.request(Method::POST, path).timeout(TIMEOUT).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        read(request).await
    }

    /// Asks for something to be done that leaves no fact, and reads what came
    /// of it.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        read(self.request(Method::POST, path).timeout(TIMEOUT).json(body)).await
    }

    /// Sends a command that has no body.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn post_empty(&self, path: &str) -> Result<Receipt, ClientError> {
        read(self.request(Method::POST, path).timeout(TIMEOUT)).await
    }

    /// Reads a whole list, page by page.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ClientError> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page: Page<T> = match &token {
                None => self.get(&format!("{path}{joint}page_size=500")).await?,
                Some(token) => {
                    self.get(&format!("{path}{joint}page_size=500&page_token={token}")).await?
                }
            };
            items.extend(page.items);
            token = page.next_page_token;
            if token.is_none() {
                return Ok(items);
            }
        }
    }

    /// Uploads a roster and gives the lines of the answer as they come:
    /// `{"progress":{"done","total"}}` as often as there is some, and
    /// `{"report":…}` or `{"problem":…}` at the end.
    ///
    /// # Errors
    /// The refusal of the whole file, or no answer.
    pub async fn upload(
        &self,
        path: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<impl Stream<Item = Result<serde_json::Value, ClientError>> + use<>, ClientError>
    {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, media_type)
            .header(header::ACCEPT, "application/x-ndjson")
            .body(bytes);
        let response = checked(request.send().await.map_err(ClientError::Unreachable)?).await?;
        Ok(lines(response))
    }

    /// Sends a file and reads the one answer to it, as of a demand sheet. With
    /// a `key`, sending it again is safe.
    ///
    /// # Errors
    /// The refusal of the whole file, or no answer.
    pub async fn send_file<T: DeserializeOwned>(
        &self,
        path: &str,
        media_type: &str,
        bytes: Vec<u8>,
        key: Option<&str>,
    ) -> Result<T, ClientError> {
        let mut request =
            self.request(Method::POST, path).header(header::CONTENT_TYPE, media_type).body(bytes);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        read(request).await
    }

    /// Reads a feed as server-sent events, after the event `last` if one is
    /// named, until the server ends it or the link breaks.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn stream(
        &self,
        path: &str,
        last: Option<&str>,
    ) -> Result<impl Stream<Item = Result<Event, ClientError>> + use<>, ClientError> {
        let mut request = self.request(Method::GET, path).header(header::ACCEPT, EVENTS);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = checked(request.send().await.map_err(ClientError::Unreachable)?).await?;
        Ok(response.bytes_stream().eventsource().map(|event| {
            event.map_err(|e| match e {
                EventStreamError::Transport(e) => ClientError::Unreachable(e),
                EventStreamError::Utf8(_) | EventStreamError::Parser(_) => ClientError::NoEvents,
            })
        }))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let lang = match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        };
        self.http
            .request(method, format!("{}{path}", self.origin))
            .bearer_auth(self.key.expose_secret())
            .header(header::ACCEPT_LANGUAGE, lang)
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ClientError> {
    let response = checked(request.send().await.map_err(ClientError::Unreachable)?).await?;
    let bytes = response.bytes().await.map_err(ClientError::Unreachable)?;
    serde_json::from_slice(&bytes).map_err(ClientError::Unreadable)
}

async fn checked(response: Response) -> Result<Response, ClientError> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(ClientError::Unreachable)?;
    match serde_json::from_slice::<view::Problem>(&bytes) {
        Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
        Err(_) => Err(ClientError::Status(status)),
    }
}

/// The JSON lines of a body, as they arrive.
fn lines(response: Response) -> impl Stream<Item = Result<serde_json::Value, ClientError>> {
    let chunks = Box::pin(response.bytes_stream());
    futures::stream::unfold((chunks, Vec::new()), |(mut chunks, mut buffer)| async move {
        loop {
            if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                let value = serde_json::from_slice(&line).map_err(ClientError::Unreadable);
                return Some((value, (chunks, buffer)));
            }
            match chunks.next().await {
                Some(Ok(chunk)) => buffer.extend_from_slice(&chunk),
                Some(Err(e)) => return Some((Err(ClientError::Unreachable(e)), (chunks, buffer))),
                None => return None,
            }
        }
    })
}
