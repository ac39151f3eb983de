//! Webhooks: added, rotated, enabled and removed by whoever subscribes, or for
//! it by the bureau; disabled by the one who delivers.

use gongqiao_contract::{
    Code, Refusal,
    feed::Cursor,
    id::{SubscriptionId, WebhookId},
    subject::Entity,
    wire::{
        self, fact::Body, webhook_failure::Value as Failure, webhook_signing::Value as Signing,
    },
};
use time::Duration;

use super::{Context, Decision, writable};
use crate::{
    entity::{Party, Webhook, timestamp},
    feed::over_since,
};

/// Webhooks that one party may have at once.
pub const MAX_WEBHOOKS: usize = 16;
/// Secrets of a webhook that may sign at once.
pub const MAX_WEBHOOK_KEYS: usize = 3;
/// The longest address.
const MAX_URL: usize = 500;
/// How long an earlier secret signs when nothing else is said, and at most.
const OVERLAP_SECONDS: u32 = 86_400;
const MAX_OVERLAP_SECONDS: u32 = 7 * 86_400;

/// What a new secret leaves in the log.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// Out of which, with the cell's key, it is made.
    pub salt: Vec<u8>,
    /// Its public half, of ed25519.
    pub public_key: Option<String>,
}

pub(super) fn add(
    cx: &Context<'_>,
    secret: &NewSecret,
    ask: &wire::AddWebhook,
) -> Result<Decision, Refusal> {
    let missing = || Refusal::new(Code::SubscriptionNotFound).at("/subscription");
    let subscription: SubscriptionId = ask.subscription.parse().map_err(|_| missing())?;
    let owner = cx.city.index.party_of_subscription.get(&subscription).ok_or_else(missing)?;
    if !cx.speaker.is_operator() && cx.speaker.party != *owner {
        return Err(missing());
    }
    let party = writable(cx.draft.party(owner), Code::PartyNotFound)?;
    let one = party.subscriptions.get(&subscription).ok_or_else(missing)?;
    if party.revoked || over_since(cx.city, one, cx.now).is_some() {
        return Err(Refusal::new(Code::SubscriptionOver).at("/subscription"));
    }
    if ask.url.is_empty() {
        return Err(Refusal::new(Code::FieldRequired).at("/url"));
    }
    if ask.url.chars().count() > MAX_URL {
        return Err(Refusal::new(Code::FieldTooLong).with("max", MAX_URL).at("/url"));
    }
    if !ask.after.is_empty() && ask.after.parse::<Cursor>().is_err() {
        return Err(Refusal::new(Code::FeedCursor).at("/after"));
    }
    if party.webhooks.len() >= MAX_WEBHOOKS {
        return Err(Refusal::new(Code::WebhookMany).with("max", MAX_WEBHOOKS));
    }
    let webhook = WebhookId::from_uuid(cx.fresh);
    let event = Body::WebhookAdded(wire::WebhookAdded {
        webhook: webhook.to_string(),
        party: owner.to_string(),
        subscription: subscription.to_string(),
        url: ask.url.clone(),
        signing: signing(ask) as i32,
        salt: secret.salt.clone().into(),
        public_key: secret.public_key.clone().unwrap_or_default(),
        any_order: ask.any_order,
        after: ask.after.clone(),
    });
    Ok(Decision::of(webhook, vec![(Entity::Party(owner.clone()), event)]))
}

/// How a webhook that is asked for signs: with HMAC, unless something else is
/// named.
pub fn signing(ask: &wire::AddWebhook) -> Signing {
    match Signing::try_from(ask.signing) {
        Ok(Signing::Ed25519) => Signing::Ed25519,
        _ => Signing::Hmac,
    }
}

pub(super) fn rotate(
    cx: &Context<'_>,
    id: &WebhookId,
    secret: &NewSecret,
    ask: &wire::RotateWebhook,
) -> Result<Decision, Refusal> {
    let (party, webhook) = theirs(cx, id)?;
    let overlap = ask.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    if overlap > MAX_OVERLAP_SECONDS {
        let range = Refusal::new(Code::FieldRange).with("min", 0).with("max", MAX_OVERLAP_SECONDS);
        return Err(range.at("/overlapSeconds"));
    }
    if overlap > 0 && webhook.keys_at(cx.now).count() >= MAX_WEBHOOK_KEYS {
        return Err(Refusal::new(Code::WebhookRotating).with("max", MAX_WEBHOOK_KEYS));
    }
    let until = cx.now + Duration::seconds(overlap.into());
    let event = Body::WebhookRotated(wire::WebhookRotated {
        webhook: id.to_string(),
        party: party.id.to_string(),
        salt: secret.salt.clone().into(),
        public_key: secret.public_key.clone().unwrap_or_default(),
        earlier_until: Some(timestamp(until)),
    });
    Ok(Decision::of(id, vec![(Entity::Party(party.id.clone()), event)]))
}

pub(super) fn disable(
    cx: &Context<'_>,
    id: &WebhookId,
    ask: &wire::DisableWebhook,
) -> Result<Decision, Refusal> {
    cx.only_service()?;
    let (party, webhook) = any(cx, id)?;
    if webhook.disabled.is_some() {
        return Err(Code::WebhookDisabled.into());
    }
    if Failure::try_from(ask.why).unwrap_or_default() == Failure::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/why"));
    }
    let event = Body::WebhookDisabled(wire::WebhookDisabled {
        webhook: id.to_string(),
        party: party.id.to_string(),
        why: ask.why,
    });
    Ok(Decision::of(id, vec![(Entity::Party(party.id.clone()), event)]))
}

pub(super) fn enable(cx: &Context<'_>, id: &WebhookId) -> Result<Decision, Refusal> {
    let (party, webhook) = theirs(cx, id)?;
    if webhook.disabled.is_none() {
        return Err(Code::WebhookEnabled.into());
    }
    let event = Body::WebhookEnabled(wire::WebhookEnabled {
        webhook: id.to_string(),
        party: party.id.to_string(),
    });
    Ok(Decision::of(id, vec![(Entity::Party(party.id.clone()), event)]))
}

pub(super) fn remove(cx: &Context<'_>, id: &WebhookId) -> Result<Decision, Refusal> {
    let (party, _) = theirs(cx, id)?;
    let event = Body::WebhookRemoved(wire::WebhookRemoved {
        webhook: id.to_string(),
        party: party.id.to_string(),
    });
    Ok(Decision::of(id, vec![(Entity::Party(party.id.clone()), event)]))
}

/// A webhook, for whoever it belongs to, and the bureau.
fn theirs<'a>(cx: &Context<'a>, id: &WebhookId) -> Result<(&'a Party, &'a Webhook), Refusal> {
    let found = any(cx, id)?;
    if cx.speaker.is_operator() || cx.speaker.party == found.0.id {
        return Ok(found);
    }
    Err(Code::WebhookNotFound.into())
}

fn any<'a>(cx: &Context<'a>, id: &WebhookId) -> Result<(&'a Party, &'a Webhook), Refusal> {
    let missing = || Refusal::new(Code::WebhookNotFound);
    let owner = cx.city.index.party_of_webhook.get(id).ok_or_else(missing)?;
    let party = writable(cx.draft.party(owner), Code::PartyNotFound)?;
    Ok((party, party.webhooks.get(id).ok_or_else(missing)?))
}
