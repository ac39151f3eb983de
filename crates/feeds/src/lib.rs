//! Feeds: what each subscriber may see, written for it as a stream of its own
//! with a snapshot. Masks, filter, agreement and format are applied when an
//! event is written, so that a feed has no gaps and one permission covers it.

mod book;
mod event;
mod files;
mod http;
mod shelf;
mod staged;
mod supply;
mod webhook;
mod writer;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use axum::extract::FromRef;
use gongqiao_access::{Api, key::Pepper};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

pub use event::{HEADERS, types};

use crate::{
    files::Files, http::Snapshots, shelf::Shelf, supply::Supply, webhook::Couriers, writer::Writer,
};

pub use staged::Staged;
pub use webhook::{Post, WebhookOptions};

/// How feeds are kept.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long an event can be read after it was written.
    pub keep: Duration,
    /// Copies of each stream.
    pub replicas: usize,
}

/// The feeds of a cell. Cheap to clone.
#[derive(Clone)]
pub struct Feeds {
    api: Api,
    options: Options,
    shelf: Arc<Shelf>,
    snapshots: Snapshots,
    post: Arc<Post>,
    couriers: Arc<Couriers>,
    stop: CancellationToken,
}

impl Feeds {
    /// Feeds that nobody writes yet; `post` sends them to webhooks. With `stop`,
    /// streams that stand open end.
    pub fn new(api: Api, options: Options, post: Post, stop: CancellationToken) -> Self {
        Self {
            api,
            options,
            shelf: Arc::default(),
            snapshots: Snapshots::default(),
            post: Arc::new(post),
            couriers: Arc::default(),
            stop,
        }
    }

    /// Writes them until all ends; `dir` holds their books, and with `pepper`
    /// counts are blurred.
    ///
    /// # Errors
    /// The directory can't be made.
    pub async fn write(self, dir: PathBuf, pepper: Pepper) -> io::Result<()> {
        let (live, clock) = (self.api.live, self.api.clock);
        let supply = Supply::new(pepper);
        let files = Files::open(dir, "book")?;
        let writer = Writer::new(live, clock, files, supply, self.options, self.shelf);
        writer.run(self.stop).await;
        Ok(())
    }

    /// Where they are read.
    pub fn router(self) -> OpenApiRouter {
        http::router(self)
    }
}

impl FromRef<Feeds> for Api {
    fn from_ref(feeds: &Feeds) -> Self {
        feeds.api.clone()
    }
}
