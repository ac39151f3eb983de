//! Requests of others, taken by one of several processes each, and answered.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use crate::{connect::Connection, error::StreamError};

/// What the broker tells of who asks, where an account shares it.
const WHO: &str = "Nats-Request-Info";
/// Under which a client marks a request that it may send again.
const ID: &str = "Nats-Msg-Id";

/// What somebody asks.
#[derive(Debug)]
pub struct Request {
    /// The subject, into which the broker has put whose it is.
    pub subject: String,
    /// The body.
    pub payload: Bytes,
    /// Public key of the user who asks, by the broker's own word.
    pub user: Option<String>,
    /// What makes the request recognisable when it is sent again.
    pub id: Option<String>,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its `Accept-Language`.
    pub language: Option<String>,
    /// All headers as they came, name and value.
    pub headers: Vec<(String, String)>,
    reply: Option<async_nats::Subject>,
}

/// Takes requests on `subject`; of several processes in `group` one gets each.
///
/// # Errors
/// The broker can't be reached.
pub async fn requests(
    connection: &Connection,
    subject: &'static str,
    group: &str,
) -> Result<impl Stream<Item = Request> + use<>, StreamError> {
    let subscribed = connection.client.queue_subscribe(subject, group.to_owned());
    let subscription = connection.bounded(subscribed).await?;
    connection.bounded(connection.client.flush()).await?;
    Ok(subscription.map(|message| {
        let header = |name: &str| text(message.headers.as_ref(), name);
        Request {
            user: header(WHO).as_deref().and_then(user),
            id: header(ID),
            content_type: header("Content-Type"),
            language: header("Accept-Language"),
            headers: message.headers.as_ref().map(all).unwrap_or_default(),
            subject: message.subject.to_string(),
            payload: message.payload,
            reply: message.reply,
        }
    }))
}

impl Request {
    /// Whether an answer is waited for.
    pub fn is_waited_for(&self) -> bool {
        self.reply.is_some()
    }

    /// Answers, where an answer is waited for.
    ///
    /// # Errors
    /// The broker can't be reached.
    pub async fn answer(
        &self,
        connection: &Connection,
        headers: &[(&'static str, String)],
        payload: Bytes,
    ) -> Result<(), StreamError> {
        let Some(reply) = self.reply.clone() else { return Ok(()) };
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(*name, value.as_str());
        }
        let sent = connection.client.publish_with_headers(reply, all, payload);
        connection.bounded(sent).await
    }
}

fn all(headers: &HeaderMap) -> Vec<(String, String)> {
    let each = headers.iter().flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
    each.map(|(name, value)| (name.to_string(), value.as_str().to_owned())).collect()
}

fn text(headers: Option<&HeaderMap>, name: &str) -> Option<String> {
    headers?.get(name).map(|value| value.as_str().to_owned())
}

fn user(info: &str) -> Option<String> {
    let info: serde_json::Value = serde_json::from_str(info).ok()?;
    info.get("user").and_then(|user| user.as_str()).map(str::to_owned)
}

/// Asks whoever takes requests on `subject`, and gives the answer.
///
/// # Errors
/// Nobody answers within `patience`, or the broker can't be reached.
pub async fn ask(
    connection: &Connection,
    subject: &'static str,
    payload: Bytes,
    patience: Duration,
) -> Result<Bytes, StreamError> {
    let request = async_nats::Request::new().payload(payload).timeout(Some(patience));
    let asked = connection.client.send_request(subject, request).await;
    Ok(asked.map_err(|e| StreamError::Unreachable(e.to_string()))?.payload)
}
