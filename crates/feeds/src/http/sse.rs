//! A feed as server-sent events: frames that were rendered once, several of
//! them in one piece where several wait.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use gongqiao_access::auth;
use gongqiao_contract::{Code, feed::Cursor};
use tokio::{sync::watch, time::Instant};

use crate::{Feeds, event::Deed, shelf::Feed};

/// A comment is sent when nothing else was for so long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that go out in one piece.
const PIECE: usize = 256;
/// Pieces follow one another no faster: what is said in between goes out
/// together. Why: a write costs more than the events in it, and with many
/// readers all time would go into writes. An event after silence goes at once.
const GATHER: Duration = Duration::from_millis(20);
/// How often it is asked whether key and agreement still hold.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// How long the word is waited for that a feed is closed.
const END_WAIT: u32 = 40;

/// One reader.
struct Reader {
    feeds: Feeds,
    feed: Arc<Feed>,
    cursor: Cursor,
    moved: watch::Receiver<Cursor>,
    token: Option<HeaderValue>,
    caught_up: bool,
    over: bool,
    /// When the next piece may go out.
    gathered: Instant,
}

/// The stream of a feed from a cursor on.
pub(super) fn stream(
    feeds: Feeds,
    feed: Arc<Feed>,
    cursor: Cursor,
    token: Option<HeaderValue>,
) -> Response {
    let moved = feed.moved();
    let reader = Reader {
        feeds,
        feed,
        cursor,
        moved,
        token,
        caught_up: false,
        over: false,
        gathered: Instant::now(),
    };
    let pieces = futures::stream::unfold(reader, |mut reader| async move {
        let piece = reader.piece().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), reader))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Why: proxies that gather an answer before they pass it on would hold it back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

impl Reader {
    /// What is sent next; `None` at the end.
    async fn piece(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let mut silent = Duration::ZERO;
        tokio::time::sleep_until(self.gathered).await;
        loop {
            if self.feeds.stop.is_cancelled() {
                return None;
            }
            self.take_up_anew();
            self.moved.borrow_and_update();
            if !self.may_read() {
                return self.end().await;
            }
            match self.feeds.next(&self.feed, self.cursor, PIECE).await {
                Ok(events) if !events.is_empty() => {
                    self.gathered = Instant::now() + GATHER;
                    let mut piece = BytesMut::new();
                    for told in &events {
                        piece.extend_from_slice(&told.frame);
                        self.cursor = told.event.cursor;
                        self.over |= told.event.deed == Deed::Closed;
                    }
                    return Some(piece.freeze());
                }
                // Why: whoever has the last word already gets nothing after it.
                Ok(_) if !self.feeds.is_open(&self.feed) => return self.end().await,
                Ok(_) => {}
                Err(e) if matches!(e.code, Code::FeedGone | Code::FeedCursor) => {
                    return Some(self.resync());
                }
                // Why waited for: it is about to begin anew.
                Err(e) if e.code == Code::ReadBehind => {
                    let _ = tokio::time::timeout(ASK_AGAIN, self.moved.changed()).await;
                    continue;
                }
                // The client comes again, with its cursor.
                Err(_) => return None,
            }
            if !self.caught_up {
                self.caught_up = true;
                let cursor = self.cursor;
                return Some(format!("id: {cursor}\nevent: caught-up\ndata: {{}}\n\n").into());
            }
            let moved = tokio::time::timeout(ASK_AGAIN, self.moved.changed()).await;
            silent = if moved.is_err() { silent + ASK_AGAIN } else { Duration::ZERO };
            if silent >= HEARTBEAT {
                return Some(Bytes::from_static(b": heartbeat\n\n"));
            }
        }
    }

    /// After a failure the writer reads its feeds anew, and what this reader
    /// listens to is written no more.
    fn take_up_anew(&mut self) {
        let now = self.feeds.shelf.get(&self.feed.subscription);
        if let Some(now) = now.filter(|now| !Arc::ptr_eq(now, &self.feed)) {
            self.moved = now.moved();
            self.feed = now;
        }
    }

    /// Whether the key still is one.
    fn may_read(&self) -> bool {
        let token = self.token.as_ref().and_then(auth::bearer);
        token.is_some_and(|token| auth::still_holds(&self.feeds.api, token))
    }

    /// Nothing more may be read with this key, or of this party.
    async fn end(&mut self) -> Option<Bytes> {
        self.over = true;
        for _ in 0..END_WAIT {
            self.take_up_anew();
            // Why: then it is the key alone that holds no longer.
            if self.feeds.is_open(&self.feed) {
                return None;
            }
            if let Some(end) = self.feed.end() {
                return (end.event.cursor > self.cursor).then(|| end.frame.clone());
            }
            let _ = tokio::time::timeout(ASK_AGAIN, self.moved.changed()).await;
        }
        None
    }

    /// The reader fell behind what is kept: it is told so, and where to go on.
    fn resync(&mut self) -> Bytes {
        self.over = true;
        let snapshot = format!("/v1/feeds/{}/snapshot", self.feed.subscription);
        format!("event: resync\ndata: {{\"snapshot\":\"{snapshot}\"}}\n\n").into()
    }
}
