use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use bytes::{BufMut as _, BytesMut};
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{Code, Refusal, feed::Cursor, subject::feed_all, view};
use gongqiao_stream::feed::read_feed;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{gone, sse, wants_sse};
use crate::{
    Feeds,
    event::{Deed, Event},
    shelf::{Feed, Followed, Told},
};

/// Events of a page when no number is asked for, and the most.
const DEFAULT_LIMIT: usize = 500;
const MAX_LIMIT: usize = 1_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    after: Option<String>,
    limit: Option<usize>,
}

/// Events of a feed after a cursor: a page, or server-sent events with `Accept:
/// text/event-stream`.
#[utoipa::path(
    get,
    path = "/v1/feeds/{subscription}/events",
    tag = "feeds",
    params(Ask),
    responses((status = 200, content(
        (view::EventsPage = "application/json"),
        (String = "text/event-stream"),
    ))),
    extensions(("x-refusals" = json!([
        Code::SubscriptionNotFound, Code::SubscriptionOver, Code::FeedGone, Code::FeedCursor,
        Code::ReadBehind, Code::BrokerUnavailable,
    ]))),
)]
pub(super) async fn events(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(ask): Query<Ask>,
) -> Result<Response, Problem> {
    let feed = feeds.feed(&speaker, &id).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let cursor = match last.map(str::to_owned).or(ask.after) {
        None => Cursor::default(),
        Some(text) => text.parse().map_err(|_| Refusal::new(Code::FeedCursor))?,
    };
    if wants_sse(&headers) {
        // Why: a cursor that is refused is refused before the stream begins.
        feeds.next(&feed, cursor, 1).await?;
        let token = headers.get(header::AUTHORIZATION).cloned();
        return Ok(sse::stream(feeds, feed, cursor, token));
    }
    let limit = ask.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    Ok(page(&feed, cursor, &feeds.next(&feed, cursor, limit).await?))
}

/// One page: the events, the cursor from which the next one goes on, and
/// whether there is one now.
fn page(feed: &Feed, after: Cursor, events: &[Arc<Told>]) -> Response {
    let next = events.last().map_or(after, |last| last.event.cursor);
    let more = !events.is_empty() && feed.read(|book| book.cursor) > next;
    let mut body = BytesMut::from(&b"{\"events\":["[..]);
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            body.put_u8(b',');
        }
        body.put_slice(event.json());
    }
    body.put_slice(format!("],\"next\":\"{next}\",\"more\":{more}}}").as_bytes());
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from(body.freeze())).into_response()
}

impl Feeds {
    /// The events after a cursor. Of a feed that is at an end nothing but that.
    pub(crate) async fn next(
        &self,
        feed: &Arc<Feed>,
        cursor: Cursor,
        most: usize,
    ) -> Result<Vec<Arc<Told>>, Refusal> {
        let end = || Ok(feed.end().into_iter().filter(|end| end.event.cursor > cursor).collect());
        if !self.readable(feed)? {
            return end();
        }
        match feed.after(cursor, most) {
            Followed::Here(events) => Ok(events),
            Followed::Ahead => Err(Code::FeedCursor.into()),
            Followed::Gone => Err(gone(feed)),
            Followed::InStream(place) => {
                let events = self.stored(feed, cursor, place, most).await?;
                // Why again: the broker may have taken its time.
                if self.readable(feed)? { Ok(events) } else { end() }
            }
        }
    }

    /// Events that are held in memory no longer.
    async fn stored(
        &self,
        feed: &Feed,
        cursor: Cursor,
        place: u64,
        most: usize,
    ) -> Result<Vec<Arc<Told>>, Refusal> {
        let stream = feed.home.stream(&feed.subscription);
        let filter = feed_all(&feed.subscription);
        let read = read_feed(self.api.live.connection(), &stream, &filter, place, most).await;
        let read = read.map_err(|_| Refusal::new(Code::BrokerUnavailable))?;
        let events: Vec<Event> = read.iter().filter_map(|one| Event::read(one).ok()).collect();
        let first = events.first().map(|first| first.cursor);
        let is_next = first.is_some_and(|first| {
            let same = cursor == Cursor::default() || first.epoch == cursor.epoch;
            same && first.sequence == cursor.sequence + 1
        });
        let is_one = events.iter().all(|one| Some(one.cursor.epoch) == first.map(|one| one.epoch));
        // Why: what the stream has forgotten is not passed over in silence.
        if !is_next || !is_one {
            return Err(gone(feed));
        }
        Ok(events.into_iter().map(|one| Arc::new(Told::new(&feed.subscription, one))).collect())
    }
}

impl Feed {
    /// The word that it is closed, once it is written.
    pub(crate) fn end(&self) -> Option<Arc<Told>> {
        self.latest().filter(|last| last.event.deed == Deed::Closed)
    }
}
