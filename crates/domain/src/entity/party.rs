use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{KeyId, PartyId, SubscriptionId, WebhookId},
    wire::{fact::Body, party_kind, role},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, Subscription, Webhook, instant};

/// A body that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Its public code.
    pub id: PartyId,
    /// A [`party_kind::Value`].
    pub kind: i32,
    /// Its public name.
    pub name: String,
    /// The division it stands in; a service point's own code.
    pub division: Option<DivisionCode>,
    /// The park it stands in.
    pub park: Option<String>,
    /// It no longer takes part.
    pub revoked: bool,
    /// Months whose report is closed, as `YYYY-MM`: of the operator.
    pub closed_periods: BTreeSet<String>,
    /// Its people's keys.
    pub credentials: BTreeMap<KeyId, Credential>,
    /// What it has itself told of, also what is at an end.
    pub subscriptions: BTreeMap<SubscriptionId, Subscription>,
    /// Where it has feeds sent to.
    pub webhooks: BTreeMap<WebhookId, Webhook>,
}

/// One person's API key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// Staff number of the person.
    pub person: String,
    /// A [`role::Value`].
    pub role: i32,
    /// HMAC of the secret.
    pub mac: Vec<u8>,
    /// From when on it no longer works.
    pub expires_at: Option<OffsetDateTime>,
    /// It was revoked.
    pub revoked: bool,
    /// Public key of its user of the broker.
    pub nats_user: Option<String>,
}

impl Party {
    /// What it is.
    pub fn kind(&self) -> party_kind::Value {
        party_kind::Value::try_from(self.kind).unwrap_or(party_kind::Value::Unspecified)
    }
}

impl Party {
    /// Whether its feeds stand in streams of their own, from which it consumes
    /// over NATS: of a partner city.
    pub fn has_feed_streams(&self) -> bool {
        self.kind() == party_kind::Value::City
    }

    fn webhook(&mut self, id: &str) -> Result<&mut Webhook, NotUnderstood> {
        self.webhooks.get_mut(id).ok_or(NotUnderstood)
    }

    /// The credential of a user of the broker, with the id of its key.
    pub fn credential_of(&self, nats_user: &str) -> Option<(&KeyId, &Credential)> {
        self.credentials.iter().find(|(_, one)| one.nats_user.as_deref() == Some(nats_user))
    }
}

impl Credential {
    /// What its holder may do.
    pub fn role(&self) -> role::Value {
        role::Value::try_from(self.role).unwrap_or(role::Value::Unspecified)
    }
}

impl Fold for Party {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (state, body) {
            (state @ None, Body::PartyRegistered(e)) => {
                *state = Some(Self {
                    id: e.party.parse().map_err(|_| NotUnderstood)?,
                    kind: e.kind,
                    name: e.name.clone(),
                    division: e.division.parse().ok(),
                    park: (!e.park.is_empty()).then(|| e.park.clone()),
                    revoked: false,
                    closed_periods: BTreeSet::new(),
                    credentials: BTreeMap::new(),
                    subscriptions: BTreeMap::new(),
                    webhooks: BTreeMap::new(),
                });
            }
            (Some(party), Body::PartyRevoked(_)) => party.revoked = true,
            (Some(party), Body::CredentialIssued(e)) => {
                let key = e.key_id.parse().map_err(|_| NotUnderstood)?;
                let credential = Credential {
                    person: e.person.clone(),
                    role: e.role,
                    mac: e.mac.to_vec(),
                    expires_at: e.expires_at.as_ref().map(instant),
                    revoked: false,
                    nats_user: (!e.nats_user.is_empty()).then(|| e.nats_user.clone()),
                };
                party.credentials.insert(key, credential);
            }
            (Some(party), Body::CredentialRevoked(e)) => {
                let key = party.credentials.get_mut(e.key_id.as_str()).ok_or(NotUnderstood)?;
                key.revoked = true;
            }
            (Some(_), Body::RosterImported(_)) => {}
            (Some(party), Body::SubscriptionOpened(e)) => {
                let opened = Subscription::opened(at, e)?;
                party.subscriptions.insert(opened.id.clone(), opened);
            }
            (Some(party), Body::SubscriptionClosed(e)) => {
                let one = party.subscriptions.get_mut(e.subscription.as_str());
                one.ok_or(NotUnderstood)?.closed_at = Some(at.recorded_at);
            }
            (Some(party), Body::WebhookAdded(e)) => {
                let added = Webhook::added(at, e)?;
                party.webhooks.insert(added.id.clone(), added);
            }
            (Some(party), Body::WebhookRotated(e)) => party.webhook(&e.webhook)?.rotated(at, e),
            (Some(party), Body::WebhookDisabled(e)) => {
                party.webhook(&e.webhook)?.disabled = Some((e.why, at.recorded_at));
            }
            (Some(party), Body::WebhookEnabled(e)) => {
                let webhook = party.webhook(&e.webhook)?;
                (webhook.disabled, webhook.enabled_at) = (None, at.recorded_at);
            }
            (Some(party), Body::WebhookRemoved(e)) => {
                party.webhooks.remove(e.webhook.as_str()).ok_or(NotUnderstood)?;
            }
            (Some(party), Body::PeriodClosed(e)) => {
                party.closed_periods.insert(e.period.clone());
            }
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}
