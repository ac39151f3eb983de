use gongqiao_contract::{
    id::{PartyId, SubscriptionId, WebhookId},
    wire::{WebhookAdded, WebhookRotated, webhook_failure, webhook_signing},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, NotUnderstood, instant};

/// Where a party has a feed sent to. Stands on its party's subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub party: PartyId,
    /// What it sends.
    pub subscription: SubscriptionId,
    /// Where requests go.
    pub url: String,
    /// A [`webhook_signing::Value`].
    pub signing: i32,
    /// Events go out in any order, several at once.
    pub any_order: bool,
    /// The cursor after which it begins; empty for the feed's beginning.
    pub after: String,
    /// What signs, the newest last.
    pub keys: Vec<WebhookKey>,
    /// Why and since when nothing is sent.
    pub disabled: Option<(i32, OffsetDateTime)>,
    /// When it was last added or enabled: what failed before counts no more.
    pub enabled_at: OffsetDateTime,
    /// When it was added.
    pub added_at: OffsetDateTime,
}

/// What one secret is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookKey {
    /// With the cell's key it makes the secret.
    pub salt: Vec<u8>,
    /// The public half, of ed25519.
    pub public_key: Option<String>,
    /// Since when it signs.
    pub since: OffsetDateTime,
    /// Until when, if there is a newer one.
    pub until: Option<OffsetDateTime>,
}

impl Webhook {
    /// A new one.
    pub(super) fn added(at: At, e: &WebhookAdded) -> Result<Self, NotUnderstood> {
        Ok(Self {
            id: e.webhook.parse().map_err(|_| NotUnderstood)?,
            party: e.party.parse().map_err(|_| NotUnderstood)?,
            subscription: e.subscription.parse().map_err(|_| NotUnderstood)?,
            url: e.url.clone(),
            signing: e.signing,
            any_order: e.any_order,
            after: e.after.clone(),
            keys: vec![WebhookKey::new(at, &e.salt, &e.public_key)],
            disabled: None,
            enabled_at: at.recorded_at,
            added_at: at.recorded_at,
        })
    }

    /// Takes a new secret in. Those that had run out by then are forgotten.
    pub(super) fn rotated(&mut self, at: At, e: &WebhookRotated) {
        let until = e.earlier_until.as_ref().map_or(at.recorded_at, instant);
        for key in &mut self.keys {
            key.until = Some(key.until.map_or(until, |before| before.min(until)));
        }
        self.keys.retain(|key| key.signs(at.recorded_at));
        self.keys.push(WebhookKey::new(at, &e.salt, &e.public_key));
    }

    /// How it signs.
    pub fn signing(&self) -> webhook_signing::Value {
        webhook_signing::Value::try_from(self.signing).unwrap_or_default()
    }

    /// Why nothing is sent, if so.
    pub fn failure(&self) -> Option<webhook_failure::Value> {
        let (why, _) = self.disabled?;
        Some(webhook_failure::Value::try_from(why).unwrap_or_default())
    }

    /// What signs at `now`, the newest first.
    pub fn keys_at(&self, now: OffsetDateTime) -> impl Iterator<Item = &WebhookKey> {
        self.keys.iter().rev().filter(move |key| key.signs(now))
    }
}

impl WebhookKey {
    fn new(at: At, salt: &[u8], public_key: &str) -> Self {
        let public_key = (!public_key.is_empty()).then(|| public_key.to_owned());
        Self { salt: salt.to_vec(), public_key, since: at.recorded_at, until: None }
    }

    fn signs(&self, now: OffsetDateTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 08:00 UTC);

    proptest! {
        /// However often secrets are rotated, and with whatever overlaps: the
        /// newest signs, and an earlier one no longer than anybody has said.
        #[test]
        fn the_newest_signs_first_and_an_earlier_one_no_longer_than_was_said(
            rotations in prop::collection::vec((0i64..100, 0i64..300), 0..12),
        ) {
            let mut at = At { sequence: 1, recorded_at: NOW };
            let added = WebhookAdded {
                webhook: "wh_1".into(),
                party: "440300".into(),
                subscription: "sub_1".into(),
                salt: vec![0].into(),
                ..WebhookAdded::default()
            };
            let mut webhook = Webhook::added(at, &added).unwrap();
            let mut until: Vec<Option<OffsetDateTime>> = vec![None];
            for (number, (later, overlap)) in (1u8..).zip(rotations) {
                at.recorded_at += Duration::seconds(later);
                let earlier_until = at.recorded_at + Duration::seconds(overlap);
                webhook.rotated(at, &WebhookRotated {
                    salt: vec![number].into(),
                    earlier_until: Some(super::super::timestamp(earlier_until)),
                    ..WebhookRotated::default()
                });
                for end in &mut until {
                    *end = Some(end.map_or(earlier_until, |end| end.min(earlier_until)));
                }
                until.push(None);
                for after in [0, 50, 150] {
                    let now = at.recorded_at + Duration::seconds(after);
                    let signing: Vec<u8> = webhook.keys_at(now).map(|key| key.salt[0]).collect();
                    let all = (0u8..).zip(&until);
                    let left = all.filter(|(_, end)| end.is_none_or(|end| now < end));
                    let mut wanted: Vec<u8> = left.map(|(number, _)| number).collect();
                    wanted.reverse();
                    prop_assert_eq!(signing, wanted);
                }
            }
        }
    }
}
