//! Feeds as requests to receivers of the subscribers' own: who delivers is
//! started and stopped as the log says, and what is known of each webhook is
//! kept in a file, so that nothing is passed over when the program dies; what
//! was under way then is sent again, under the same id.

mod courier;
mod post;
mod progress;

use std::{
    collections::{HashMap, HashSet},
    io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use gongqiao_contract::{feed::Cursor, id::WebhookId};
use parking_lot::RwLock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use courier::Courier;
pub use post::{Post, WebhookOptions};
pub(crate) use progress::{Attempt, Progress};

use crate::{Feeds, files::Files};

/// How often what has changed is kept.
const KEEP_EVERY: Duration = Duration::from_millis(250);

/// Every webhook of the cell, also those that are disabled.
#[derive(Default)]
pub(crate) struct Couriers(RwLock<HashMap<WebhookId, Arc<Courier>>>);

impl Couriers {
    pub(crate) fn get(&self, id: &WebhookId) -> Option<Arc<Courier>> {
        self.0.read().get(id).cloned()
    }
}

/// One who delivers.
struct Task {
    stop: CancellationToken,
    handle: JoinHandle<()>,
}

/// Starts and stops who delivers.
struct Dispatcher {
    feeds: Feeds,
    files: Files,
    tasks: HashMap<WebhookId, Task>,
}

impl Feeds {
    /// Delivers to webhooks until all ends; `dir` holds how far each is.
    ///
    /// # Errors
    /// The directory can't be made.
    pub async fn deliver(self, dir: PathBuf) -> io::Result<()> {
        let files = Files::open(dir, "webhook")?;
        let (stop, mut facts) = (self.stop.clone(), self.api.live.facts());
        let mut dispatcher = Dispatcher { feeds: self, files, tasks: HashMap::new() };
        let mut keep = tokio::time::interval(KEEP_EVERY);
        while !stop.is_cancelled() {
            facts.borrow_and_update();
            dispatcher.follow();
            tokio::select! {
                () = stop.cancelled() => {}
                _ = facts.changed() => {}
                _ = keep.tick() => dispatcher.keep(),
            }
        }
        dispatcher.end().await;
        Ok(())
    }
}

impl Dispatcher {
    /// Has each webhook delivered to that is there and enabled, and no other.
    fn follow(&mut self) {
        let all: Vec<(WebhookId, bool, Cursor)> = {
            let city = self.feeds.api.live.city();
            let all = city.index.webhooks.values().filter_map(|id| city.webhook(id));
            let after = |text: &str| text.parse().unwrap_or_default();
            all.map(|one| (one.id.clone(), one.disabled.is_none(), after(&one.after))).collect()
        };
        let there: HashSet<&WebhookId> = all.iter().map(|(id, ..)| id).collect();
        self.forget(&there);
        for (id, is_enabled, after) in &all {
            let courier = self.courier(id, *after);
            if *is_enabled && self.tasks.get(id).is_none_or(|task| task.handle.is_finished()) {
                let stop = self.feeds.stop.child_token();
                let handle = tokio::spawn(courier.run(stop.clone()));
                self.tasks.insert(id.clone(), Task { stop, handle });
            }
        }
    }

    fn courier(&self, id: &WebhookId, after: Cursor) -> Arc<Courier> {
        if let Some(known) = self.feeds.couriers.get(id) {
            return known;
        }
        // Why from the beginning without a file: a repeat is known by its id.
        let kept = self.files.load(id.as_str());
        let progress = kept.unwrap_or_else(|| Progress::after(after));
        let courier = Courier::new(self.feeds.clone(), id.clone(), progress);
        self.feeds.couriers.0.write().insert(id.clone(), Arc::clone(&courier));
        courier
    }

    /// Forgets those that were removed.
    fn forget(&mut self, there: &HashSet<&WebhookId>) {
        let gone: Vec<WebhookId> = {
            let known = self.feeds.couriers.0.read();
            known.keys().filter(|id| !there.contains(id)).cloned().collect()
        };
        for id in gone {
            self.feeds.couriers.0.write().remove(&id);
            if let Some(task) = self.tasks.remove(&id) {
                task.stop.cancel();
            }
            self.files.remove(id.as_str());
        }
    }

    /// Keeps what has changed.
    fn keep(&self) {
        for (id, courier) in self.feeds.couriers.0.read().iter() {
            if !courier.is_dirty.swap(false, Ordering::Relaxed) {
                continue;
            }
            let progress = courier.progress.lock().clone();
            if let Err(e) = self.files.store(id.as_str(), &progress) {
                courier.is_dirty.store(true, Ordering::Relaxed);
                tracing::warn!(webhook = %id, error = %e, "webhooks.keep");
            }
        }
    }

    async fn end(mut self) {
        for (_, task) in self.tasks.drain() {
            task.stop.cancel();
            // Why: one that has failed is as much at an end.
            let _ = task.handle.await;
        }
        self.keep();
        // Why: each holds the feeds, which hold them all.
        self.feeds.couriers.0.write().clear();
    }
}
