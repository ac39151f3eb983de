use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{Code, Refusal, feed::Cursor, id::SubscriptionId, view};
use gongqiao_shell::beijing::rfc3339;
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::gone;
use crate::{
    Feeds,
    event::{Sort, shown},
    shelf::Feed,
};

/// Items of a page when no number is asked for, and the most.
const DEFAULT_SIZE: usize = 1_000;
const MAX_SIZE: usize = 5_000;
/// How long the pages of a snapshot can be got.
const KEEP: Duration = Duration::from_secs(600);
/// Snapshots that are held at once.
const HELD: u64 = 256;

/// Snapshots whose pages are being read: each stays as it was taken.
#[derive(Clone)]
pub(crate) struct Snapshots(Cache<(SubscriptionId, String), Arc<Taken>>);

impl Default for Snapshots {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(HELD).time_to_live(KEEP).build())
    }
}

/// A feed at one moment.
struct Taken {
    cursor: Cursor,
    sort: Sort,
    manifest: view::SnapshotManifest,
    items: Vec<(String, Bytes)>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    page_size: Option<usize>,
    page_token: Option<String>,
}

/// What a feed holds at one cursor, page by page; each page names the manifest
/// of the whole.
#[utoipa::path(
    get,
    path = "/v1/feeds/{subscription}/snapshot",
    tag = "feeds",
    params(Ask),
    responses((status = 200, body = view::SnapshotPage)),
    extensions(("x-refusals" = json!([
        Code::SubscriptionNotFound, Code::SubscriptionOver, Code::FeedGone, Code::ReadBehind,
    ]))),
)]
pub(super) async fn page(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(ask): Query<Ask>,
) -> Result<Json<Value>, Problem> {
    let feed = feeds.feed(&speaker, &id).await?;
    if !feeds.readable(&feed)? {
        return Err(Refusal::new(Code::SubscriptionOver).into());
    }
    let (taken, from) = match ask.page_token {
        None => (feeds.take(&feed), 0),
        Some(token) => {
            let (cursor, from) = read_token(&token).ok_or(Refusal::new(Code::RequestPage))?;
            let kept = feeds.snapshots.0.get(&(feed.subscription.clone(), cursor.to_string()));
            // Why the epoch: what was taken in an earlier one may hold more than
            // the agreement covers now.
            let epoch = feed.read(|book| book.cursor.epoch);
            let kept = kept.filter(|kept| kept.cursor.epoch == epoch);
            (kept.ok_or_else(|| gone(&feed))?, from)
        }
    };
    let size = ask.page_size.unwrap_or(DEFAULT_SIZE).clamp(1, MAX_SIZE);
    let format = feed.read(|book| book.format);
    let items: Vec<Value> = taken
        .items
        .iter()
        .skip(from)
        .take(size)
        .map(|(key, data)| {
            let (name, data) = shown(format, data);
            json!({ "key": key, "type": taken.sort.ce_type(), name: data })
        })
        .collect();
    let end = from + items.len();
    let mut page = json!({ "manifest": taken.manifest, "items": items });
    if end < taken.items.len() {
        page["next_page_token"] = json!(URL_SAFE_NO_PAD.encode(format!("{}:{end}", taken.cursor)));
    }
    Ok(Json(page))
}

fn read_token(token: &str) -> Option<(Cursor, usize)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (cursor, from) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((cursor.parse().ok()?, from.parse().ok()?))
}

impl Feeds {
    fn take(&self, feed: &Feed) -> Arc<Taken> {
        let now = self.api.clock.now();
        let taken = Arc::new(self.taken(feed, now));
        let key = (feed.subscription.clone(), taken.cursor.to_string());
        self.snapshots.0.insert(key, Arc::clone(&taken));
        taken
    }

    fn taken(&self, feed: &Feed, now: OffsetDateTime) -> Taken {
        let city = self.api.live.city();
        let one = city.subscription(&feed.subscription);
        let agreement = one.and_then(|one| one.agreement.clone());
        let filter = one.map(|one| one.filter.clone()).unwrap_or_default();
        drop(city);
        feed.read(|book| Taken {
            cursor: book.cursor,
            sort: book.sort,
            manifest: view::SnapshotManifest {
                subscription: feed.subscription.clone(),
                cursor: book.cursor.to_string(),
                items: u64::try_from(book.items.len()).unwrap_or(u64::MAX),
                digest: book.digest.to_string(),
                format: book.format.as_str_name().to_owned(),
                agreement,
                filter,
                taken_at: rfc3339(now),
            },
            items: book.items.iter().map(|(key, data)| (key.clone(), data.clone())).collect(),
        })
    }
}
