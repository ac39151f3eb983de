//! Replay jobs, by a user of the broker that can't write facts.

use anyhow::Context as _;
use gongqiao_replay::{JobOptions, Jobs};
use gongqiao_stream::{Connection, Endpoint};

use super::stack::Stack;

/// Begins the jobs, where there is such a user.
pub(super) async fn jobs(stack: &Stack) -> anyhow::Result<Option<Jobs>> {
    let config = &stack.config;
    let kept = stack.keys().join("gq-replay.creds");
    let creds = config.replay.creds.clone().or_else(|| kept.exists().then_some(kept));
    let Some((creds, url)) = creds.zip(stack.url()) else {
        tracing::warn!("replay.off");
        return Ok(None);
    };
    let endpoint = Endpoint {
        url,
        creds: Some(creds),
        timeout: config.nats.ack_timeout(),
        name: format!("gongqiao replay {}", stack.origin),
    };
    let writer = Connection::open(&endpoint).await.context("the user of replays")?;
    let options = JobOptions {
        keep: config.replay.keep(),
        replicas: config.nats.replicas,
        approval: config.replay.approval,
    };
    let (live, clock) = (stack.live.clone(), stack.clock.clone());
    let dir = config.data.dir.join("replays");
    let (feeds, token) = (stack.gate_client("feeds")?, stack.lifecycle.token());
    Ok(Some(Jobs::open(live, clock, writer, feeds, &dir, options, token).await?))
}
