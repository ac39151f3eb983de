//! `feed tail|snapshot|verify`.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use futures::StreamExt as _;
use gongqiao_client::feed::Held;
use gongqiao_contract::{feed::Cursor, id::SubscriptionId, view::SnapshotManifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{file, session::Session};
use crate::output::{Failure, cell};

/// What stands in feeds.
#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Print events as they come, a CloudEvent in JSON each line (跟踪推送).
    #[command(after_help = "A cursor is an event's id. Without one, all that is kept is printed
first. Ends when the feed is closed, or the link breaks: go on with --after.")]
    Tail {
        /// The subscription.
        subscription: SubscriptionId,
        /// Only what comes after this cursor.
        #[arg(long, value_name = "CURSOR", value_parser = cursor)]
        after: Option<Cursor>,
        /// End once there is nothing more now.
        #[arg(long)]
        once: bool,
    },
    /// Write all that the feed holds now, a JSON object each line (获取快照).
    Snapshot {
        /// The subscription.
        subscription: SubscriptionId,
        /// Where to; otherwise they are printed.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Prove that snapshot, events and digests say the same (核对推送).
    Verify {
        /// The subscription; its format is JSON.
        subscription: SubscriptionId,
    },
}

fn cursor(text: &str) -> Result<Cursor, String> {
    text.parse().map_err(|_| "a cursor is written as epoch.sequence".to_owned())
}

/// One page of a snapshot.
#[derive(Debug, Deserialize)]
struct Page {
    manifest: SnapshotManifest,
    items: Vec<Value>,
    next_page_token: Option<String>,
}

/// One page of events.
#[derive(Debug, Deserialize)]
struct Events {
    events: Vec<Value>,
    next: String,
    more: bool,
}

impl FeedCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Tail { subscription, after, once: true } => {
                print_events(session, &subscription, after).await
            }
            Self::Tail { subscription, after, once: false } => {
                tail(session, &subscription, after).await
            }
            Self::Snapshot { subscription, out } => {
                snapshot(session, &subscription, out.as_deref()).await
            }
            Self::Verify { subscription } => verify(session, &subscription).await,
        }
    }
}

async fn tail(session: &Session, id: &SubscriptionId, after: Option<Cursor>) -> anyhow::Result<()> {
    let path = format!("/v1/feeds/{id}/events");
    let last = after.map(|cursor| cursor.to_string());
    let events = session.client.stream(&path, last.as_deref()).await;
    let mut events = std::pin::pin!(events.map_err(|e| session.explained(e))?);
    while let Some(event) = events.next().await {
        let event = event.map_err(|e| session.explained(e))?;
        match event.event.as_str() {
            "caught-up" => {}
            "resync" => {
                let why = "the feed is ahead of what it keeps for you: take the snapshot";
                return Err(Failure::new("feed.gone", why).into());
            }
            _ => line(&event.data)?,
        }
    }
    Ok(())
}

async fn print_events(
    session: &Session,
    id: &SubscriptionId,
    after: Option<Cursor>,
) -> anyhow::Result<()> {
    let mut after = after.unwrap_or_default().to_string();
    loop {
        let page: Events = session.get(&format!("/v1/feeds/{id}/events?after={after}")).await?;
        page.events.iter().try_for_each(|event| line(&event.to_string()))?;
        if !page.more {
            return Ok(());
        }
        after = page.next;
    }
}

fn line(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// All pages of one snapshot.
async fn read_snapshot(
    session: &Session,
    id: &SubscriptionId,
) -> anyhow::Result<(SnapshotManifest, Vec<Value>)> {
    let path = format!("/v1/feeds/{id}/snapshot?page_size=5000");
    let mut page: Page = session.get(&path).await?;
    let mut items = std::mem::take(&mut page.items);
    while let Some(token) = page.next_page_token {
        page = session.get(&format!("{path}&page_token={token}")).await?;
        items.append(&mut page.items);
    }
    Ok((page.manifest, items))
}

async fn snapshot(
    session: &Session,
    id: &SubscriptionId,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    let (manifest, items) = read_snapshot(session, id).await?;
    let lines: String = items.iter().map(|item| format!("{item}\n")).collect();
    match out {
        None => {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(lines.as_bytes())?;
            Ok(())
        }
        Some(path) => {
            file::write(session.output, path, lines.as_bytes())?;
            session.output.show(&manifest, || {
                session.output.details(vec![
                    (("Cursor", "游标"), cell(&manifest.cursor)),
                    (("Items", "条数"), cell(manifest.items)),
                    (("Digest", "摘要"), cell(&manifest.digest)),
                    (("File", "文件"), cell(path.display())),
                ])
            })
        }
    }
}

/// What was proved.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    cursor: String,
    items: usize,
    digest: String,
    events: u64,
    digests_compared: u64,
}

/// Takes a snapshot, follows the events from it to a later snapshot, and
/// compares at each digest on the way and at the end.
async fn verify(session: &Session, id: &SubscriptionId) -> anyhow::Result<()> {
    let amiss = |e: gongqiao_client::feed::Amiss| Failure::new(e.code(), e.to_string());
    let (first, items) = read_snapshot(session, id).await?;
    if first.format != "JSON" {
        let why = "only a feed in JSON can be verified here";
        return Err(Failure::new("feed.format", why).into());
    }
    let mut held = Held::default();
    items.iter().try_for_each(|item| held.take_item(item)).map_err(amiss)?;
    held.cursor = first.cursor.parse().unwrap_or_default();
    held.compare(held.cursor, &first.digest).map_err(amiss)?;
    let (last, _) = read_snapshot(session, id).await?;
    let end: Cursor = last.cursor.parse().unwrap_or_default();
    let mut events = 0;
    while held.cursor < end {
        let path = format!("/v1/feeds/{id}/events?after={}", held.cursor);
        let page: Events = session.get(&path).await?;
        for event in &page.events {
            let at = event["id"].as_str().and_then(|id| id.parse::<Cursor>().ok());
            if at.is_some_and(|at| at > end) {
                break;
            }
            held.take(event).map_err(amiss)?;
            events += 1;
        }
        if page.events.is_empty() {
            return Err(amiss(gongqiao_client::feed::Amiss::Gap(end.to_string())).into());
        }
    }
    held.compare(end, &last.digest).map_err(amiss)?;
    let proof = Proof {
        cursor: end.to_string(),
        items: held.items.len(),
        digest: last.digest,
        events,
        digests_compared: held.compared + 2,
    };
    session.output.show(&proof, || {
        session.output.details(vec![
            (("Verified up to", "已核对至"), cell(&proof.cursor)),
            (("Items", "条数"), cell(proof.items)),
            (("Events followed", "跟踪事件"), cell(proof.events)),
            (("Digests compared", "比对摘要"), cell(proof.digests_compared)),
            (("Digest", "摘要"), cell(&proof.digest)),
        ])
    })
}
