use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    feed::Cursor,
    id::{ReplayId, WebhookId},
    view,
    wire::{self, party_kind::Value as Kind},
};
use gongqiao_domain::{decide::Speaker, entity::Webhook};
use gongqiao_shell::beijing::{self, rfc3339};
use time::OffsetDateTime;

use crate::{
    Feeds,
    shelf::Feed,
    webhook::{Attempt, Courier},
};

/// Events that are gone through at once for a time.
const PAGE: usize = 1_000;

/// How far a webhook is, and the latest attempts.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook}/deliveries",
    operation_id = "list_deliveries",
    tag = "feeds",
    responses((status = 200, body = view::Deliveries)),
    extensions(("x-refusals" = json!([Code::WebhookNotFound, Code::ReadBehind]))),
)]
pub(super) async fn deliveries(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
) -> Result<Json<view::Deliveries>, Problem> {
    let (hook, courier) = feeds.webhook(&speaker, &id)?;
    let feed = feeds.shelf.get(&hook.subscription);
    let at = feed.map(|feed| feed.read(|book| book.cursor)).unwrap_or_default();
    let progress = courier.progress.lock();
    let pending = progress.pending().map(|(cursor, open)| view::PendingDelivery {
        event: cursor.to_string(),
        attempts: open.attempts,
        since: rfc3339(open.since),
        next_at: rfc3339(open.next_at),
    });
    Ok(Json(view::Deliveries {
        delivered: progress.delivered().to_string(),
        feed: at.to_string(),
        pending: pending.collect(),
        attempts: progress.log().map(shown).collect(),
    }))
}

/// Sends a test now, also to a webhook that is disabled.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/test",
    operation_id = "test_webhook",
    tag = "feeds",
    responses((status = 200, body = view::DeliveryAttempt)),
    extensions(("x-refusals" = json!([Code::AuthRole, Code::WebhookNotFound, Code::ReadBehind]))),
)]
pub(super) async fn test(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
) -> Result<Json<view::DeliveryAttempt>, Problem> {
    speaker.may_act()?;
    let (hook, courier) = feeds.webhook(&speaker, &id)?;
    Ok(Json(shown(&courier.test(&hook).await)))
}

/// Sends one event again now, also to a webhook that is disabled.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/resend",
    operation_id = "resend_delivery",
    tag = "feeds",
    request_body(content = wire::ResendDelivery, example = json!({ "event": "1795544726.2" })),
    responses((status = 200, body = view::DeliveryAttempt)),
    extensions(("x-refusals" = json!([Code::AuthRole, Code::WebhookNotFound, Code::SubscriptionNotFound, Code::SubscriptionOver, Code::FeedCursor, Code::FeedGone, Code::ReadBehind, Code::ReplayNotFound]))),
)]
pub(super) async fn resend(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    body: Body<wire::ResendDelivery>,
) -> Result<Json<view::DeliveryAttempt>, Problem> {
    speaker.may_act()?;
    let (hook, courier) = feeds.webhook(&speaker, &id)?;
    let cursor = body.value.event.parse();
    let cursor = cursor.map_err(|_| Refusal::new(Code::FeedCursor).at("/event"))?;
    let feed = feeds.feed(&speaker, hook.subscription.as_str()).await?;
    let replay = &body.value.replay;
    if !replay.is_empty() {
        let id = replay.parse::<ReplayId>();
        id.map_err(|_| Refusal::new(Code::ReplayNotFound).at("/replay"))?;
    }
    Ok(Json(shown(&courier.resend(&hook, &feed, cursor, replay).await?)))
}

/// Sends everything again that came after a cursor, or since a time.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook}/recover",
    operation_id = "recover_deliveries",
    tag = "feeds",
    request_body(content = wire::RecoverDeliveries, example = json!({ "since": "1795544726.2" })),
    responses((status = 200, body = view::Recovered)),
    extensions(("x-refusals" = json!([Code::AuthRole, Code::WebhookNotFound, Code::WebhookDisabled, Code::SubscriptionNotFound, Code::SubscriptionOver, Code::FeedCursor, Code::FeedGone, Code::ReadBehind]))),
)]
pub(super) async fn recover(
    State(feeds): State<Feeds>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    body: Body<wire::RecoverDeliveries>,
) -> Result<Json<view::Recovered>, Problem> {
    speaker.may_act()?;
    let (hook, courier) = feeds.webhook(&speaker, &id)?;
    if hook.disabled.is_some() {
        return Err(Refusal::new(Code::WebhookDisabled).into());
    }
    let feed = feeds.feed(&speaker, hook.subscription.as_str()).await?;
    let since = body.value.since.as_str();
    let after = match (since.parse::<Cursor>(), beijing::parse(since)) {
        (Ok(cursor), _) => {
            // Why: a cursor that is refused is refused before anything is sent.
            feeds.next(&feed, cursor, 1).await?;
            cursor
        }
        (_, Ok(time)) => feeds.before(&feed, time).await?,
        _ => return Err(Refusal::new(Code::FeedCursor).at("/since").into()),
    };
    courier.recover(after);
    Ok(Json(view::Recovered { after: after.to_string() }))
}

impl Feeds {
    /// A webhook, for whoever it belongs to, and the bureau.
    fn webhook(
        &self,
        speaker: &Speaker,
        id: &str,
    ) -> Result<(Arc<Webhook>, Arc<Courier>), Refusal> {
        let missing = || Refusal::new(Code::WebhookNotFound);
        let id: WebhookId = id.parse().map_err(|_| missing())?;
        let city = self.api.live.city();
        let hook = city.webhook(&id).ok_or_else(missing)?;
        // Why a service: a replay asks for each event by its own name.
        let is_ours = speaker.is_operator() || speaker.kind == Kind::Service;
        if !is_ours && speaker.party != hook.party {
            return Err(missing());
        }
        let behind = || Refusal::new(Code::ReadBehind).with("position", city.position);
        let courier = self.couriers.get(&id).ok_or_else(behind)?;
        Ok((Arc::new(hook.clone()), courier))
    }

    /// The cursor after which everything was written at `time` or later; the
    /// epoch's beginning, if it may be that something of it is kept no longer.
    async fn before(&self, feed: &Arc<Feed>, time: OffsetDateTime) -> Result<Cursor, Refusal> {
        let epoch = feed.read(|book| book.cursor.epoch);
        let mut after = Cursor { epoch, sequence: 0 };
        loop {
            let page = match self.next(feed, after, PAGE).await {
                Ok(page) => page,
                Err(e) if e.code == Code::FeedGone => match feed.oldest() {
                    // Why: then what is asked for begins among what is kept.
                    Some(oldest) if oldest.event.time < time => {
                        after = oldest.event.cursor;
                        continue;
                    }
                    _ => return Ok(after),
                },
                Err(e) => return Err(e),
            };
            let first = page.iter().find(|told| told.event.time >= time);
            match (first, page.last()) {
                (Some(first), _) => {
                    let sequence = first.event.cursor.sequence.saturating_sub(1);
                    return Ok(Cursor { sequence, ..first.event.cursor });
                }
                (None, Some(last)) => after = last.event.cursor,
                (None, None) => return Ok(after),
            }
        }
    }
}

fn shown(attempt: &Attempt) -> view::DeliveryAttempt {
    let event = attempt.event.map(|(epoch, sequence)| Cursor { epoch, sequence }.to_string());
    view::DeliveryAttempt {
        at: rfc3339(attempt.at),
        event,
        webhook_id: attempt.webhook_id.clone(),
        outcome: attempt.outcome.clone(),
        status: attempt.status,
        took_ms: attempt.took_ms,
    }
}
