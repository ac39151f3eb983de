//! Where feeds are read: snapshot, pages of events, and server-sent events.
//! Whose feed it is, and whether its agreement still holds, is asked again for
//! each page and, within a stream, for each piece.

mod events;
mod snapshot;
mod sse;
mod webhooks;

use std::sync::Arc;

use axum::http::HeaderMap;
use gongqiao_access::compression;
use gongqiao_contract::{Code, Refusal, id::SubscriptionId, wire::party_kind::Value as Kind};
use gongqiao_domain::{
    decide::Speaker,
    feed::{Sight, over_since},
};

pub(crate) use snapshot::Snapshots;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Feeds, shelf::Feed};

pub(crate) fn router(feeds: Feeds) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(snapshot::page))
        .routes(routes!(events::events))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::resend))
        .routes(routes!(webhooks::recover))
        .layer(compression::layer())
        .with_state(feeds)
}

impl Feeds {
    /// The feed of a subscription, for whoever it belongs to, and the bureau.
    pub(crate) async fn feed(&self, speaker: &Speaker, id: &str) -> Result<Arc<Feed>, Refusal> {
        let missing = || Refusal::new(Code::SubscriptionNotFound);
        let id: SubscriptionId = id.parse().map_err(|_| missing())?;
        let position = {
            let city = self.api.live.city();
            let owner = city.index.party_of_subscription.get(&id).ok_or_else(missing)?;
            let is_ours = speaker.is_operator() || speaker.kind == Kind::Service;
            if !is_ours && speaker.party != *owner {
                return Err(missing());
            }
            let one = city.subscription(&id).ok_or_else(missing)?;
            let is_over = over_since(&city, one, self.api.clock.now()).is_some();
            if is_over && self.shelf.get(&id).is_none() {
                return Err(Code::SubscriptionOver.into());
            }
            city.position
        };
        // Why it may be waited for: it was opened a moment ago, and is being written.
        let feed = tokio::time::timeout(self.api.patience, self.shelf.wait(&id)).await;
        feed.map_err(|_| Refusal::new(Code::ReadBehind).with("position", position))
    }

    /// Whether the feed may still be read, but for the word that it is closed.
    pub(crate) fn is_open(&self, feed: &Feed) -> bool {
        self.since(feed).is_some()
    }

    /// Whether what stands in the feed may be read now; `false` if nothing but
    /// its end may.
    ///
    /// # Errors
    /// It tells more than the agreement covers now, or nothing certain, and is
    /// about to begin anew.
    pub(crate) fn readable(&self, feed: &Feed) -> Result<bool, Refusal> {
        let Some(since) = self.since(feed) else { return Ok(false) };
        if feed.read(|book| book.torn || book.since < since) {
            let position = self.api.live.city().position;
            return Err(Refusal::new(Code::ReadBehind).with("position", position));
        }
        Ok(true)
    }

    /// Of a feed that is open, the position before which nothing that it says
    /// may have been written.
    fn since(&self, feed: &Feed) -> Option<u64> {
        let city = self.api.live.city();
        let one = city.subscription(&feed.subscription)?;
        Sight::of(&city, one, self.api.clock.now()).ok().map(|sight| sight.since())
    }
}

/// The refusal of a cursor after which events are kept no longer.
fn gone(feed: &Feed) -> Refusal {
    let snapshot = format!("/v1/feeds/{}/snapshot", feed.subscription);
    Refusal::new(Code::FeedGone).with("snapshot", snapshot)
}

/// Whether a client asks for server-sent events.
fn wants_sse(headers: &HeaderMap) -> bool {
    let accept = headers.get(axum::http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}
