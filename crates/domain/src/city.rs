//! A city as its log tells it: the entities, and what is derived from them.
//! Folded from the log alone, so it can be thrown away and built anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gongqiao_contract::{
    codes::DivisionCode,
    id::{
        AgreementId, CardId, CaseId, DispatchId, KeyId, PartyId, SignalId, SubscriptionId,
        VacancyId, WebhookId,
    },
    subject::Entity,
    wire::{self, data_class::Value as Class, fact::Body, party_kind},
};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    consent,
    employment::Employments,
    entity::{
        Agreement, At, CaseState, Entities, Placement, SignalState, Standing, Subscription,
        Vacancy, Webhook, instant,
    },
    ledger::{self, Ledger},
    matching::quota::History,
    reach,
    report::{self, Report},
};

/// Everything that FACTS says about one city, up to `position`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct City {
    /// Last sequence of FACTS that was folded.
    pub position: u64,
    /// The entities.
    pub entities: Entities,
    /// The ledger of each vacancy.
    pub ledgers: HashMap<VacancyId, Ledger>,
    /// How each point has answered so far.
    pub histories: HashMap<PartyId, History>,
    /// Who was brought to work, and how long it lasted.
    pub employments: Employments,
    /// What the monthly reports count.
    pub report: Report,
    /// Where the entities are found.
    pub index: Index,
    /// Subjects that hold an event this build does not understand.
    pub not_understood: BTreeSet<String>,
    /// REGISTER must be read up to here to see all imported rosters.
    pub register_needed: u64,
}

/// Ways to the entities. Orders are by the sequence of the first event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Index {
    pub parties: BTreeMap<u64, PartyId>,
    pub agreements: BTreeMap<u64, AgreementId>,
    pub agreements_of: HashMap<PartyId, Vec<AgreementId>>,
    pub party_of_key: HashMap<KeyId, PartyId>,
    pub party_of_subscription: HashMap<SubscriptionId, PartyId>,
    pub subscriptions: BTreeMap<u64, SubscriptionId>,
    pub party_of_webhook: HashMap<WebhookId, PartyId>,
    pub webhooks: BTreeMap<u64, WebhookId>,
    pub vacancies: BTreeMap<u64, VacancyId>,
    pub open_vacancies: BTreeSet<VacancyId>,
    pub signals: BTreeMap<u64, SignalId>,
    pub signals_at: HashMap<PartyId, Vec<(u64, SignalId)>>,
    pub signals_for: HashMap<VacancyId, Vec<SignalId>>,
    pub open_signals: BTreeSet<SignalId>,
    pub dispatches: BTreeMap<u64, DispatchId>,
    /// Cards held and not yet on a manifest.
    pub loose_holds: BTreeSet<CardId>,
    /// Sequences of a dispatch's own events.
    pub dispatch_events: HashMap<DispatchId, Vec<u64>>,
    /// Groups that are neither closed nor cancelled nor declined.
    pub open_dispatches: BTreeSet<DispatchId>,
    pub cases: BTreeMap<u64, CaseId>,
    pub open_cases: BTreeSet<CaseId>,
    /// The last transfer that was asked for a card.
    pub transfer_of: HashMap<CardId, CaseId>,
    /// The correction of a card about which the other side is being asked.
    pub correction_of: HashMap<CardId, CaseId>,
    /// Who was erased, by the sequence of the event. Whatever holds keys or
    /// cards goes through all of them before it serves.
    pub erased: BTreeMap<u64, CardId>,
    /// People of whom events say more than the register: words on consents, or
    /// a freeze.
    pub spoken: BTreeSet<CardId>,
    /// Vacancies for which somebody waits for a seat.
    pub with_standby: BTreeSet<VacancyId>,
    /// Agreements that may still come to an end.
    pub live_agreements: BTreeSet<AgreementId>,
}

impl City {
    /// Folds one message of FACTS. A message that can't be read, or that
    /// needs a newer reader, makes its entity read-only; it is never skipped.
    pub fn apply(&mut self, sequence: u64, subject: &str, payload: &[u8]) {
        if sequence <= self.position {
            return;
        }
        self.position = sequence;
        let Some(entity) = Entity::parse(subject) else {
            self.not_understood.insert(subject.to_owned());
            return;
        };
        // Why: what can't be decoded folds as an event without a body, which
        // no entity understands.
        let fact = wire::Fact::decode(payload).unwrap_or_default();
        let recorded_at =
            fact.recorded_at.as_ref().map_or(time::OffsetDateTime::UNIX_EPOCH, instant);
        let at = At { sequence, recorded_at };
        // Why: an erasure holds, whatever else of this person is not understood.
        if let (Entity::Placement(card), Some(Body::PersonErased(_))) = (&entity, &fact.body) {
            self.index.erased.insert(sequence, card.clone());
        }
        // Why: unknown commands have an answer all the same, by their subject.
        let is_receipt = matches!(entity, Entity::Receipt { .. });
        if self.entities.apply(&entity, at, &fact) && (is_receipt || fact.body.is_some()) {
            if let Some(body) = &fact.body {
                self.derive(at, &entity, body);
            }
        } else {
            self.not_understood.insert(subject.to_owned());
        }
    }

    fn derive(&mut self, at: At, entity: &Entity, body: &Body) {
        ledger::record(&mut self.ledgers, at, body);
        match entity {
            Entity::Party(id) => self.derive_party(at, id, body),
            Entity::Agreement(id) => self.derive_agreement(at, id, body),
            Entity::Vacancy { vacancy, .. } => self.derive_vacancy(at, vacancy, body),
            Entity::Signal(id) => self.derive_signal(at, id, body),
            Entity::Placement(id) => {
                self.derive_placement(id);
                self.employments.record(&self.entities, at, id, body);
            }
            Entity::Dispatch { dispatch, .. } => self.derive_dispatch(at, dispatch, body),
            Entity::Case(id) => self.derive_case(at, id, body),
            Entity::Receipt { .. } | Entity::Card(_) => {}
        }
        report::record(self, at, body);
    }

    fn derive_party(&mut self, at: At, id: &PartyId, body: &Body) {
        match body {
            Body::PartyRegistered(_) => drop(self.index.parties.insert(at.sequence, id.clone())),
            Body::CredentialIssued(e) => {
                if let Ok(key) = e.key_id.parse() {
                    self.index.party_of_key.insert(key, id.clone());
                }
            }
            Body::SubscriptionOpened(e) => {
                if let Ok(subscription) = e.subscription.parse::<SubscriptionId>() {
                    self.index.subscriptions.insert(at.sequence, subscription.clone());
                    self.index.party_of_subscription.insert(subscription, id.clone());
                }
            }
            Body::WebhookAdded(e) => {
                if let Ok(webhook) = e.webhook.parse::<WebhookId>() {
                    self.index.webhooks.insert(at.sequence, webhook.clone());
                    self.index.party_of_webhook.insert(webhook, id.clone());
                }
            }
            Body::WebhookRemoved(e) => {
                self.index.webhooks.retain(|_, webhook| webhook.as_str() != e.webhook);
                self.index.party_of_webhook.remove(e.webhook.as_str());
            }
            Body::RosterImported(e) => {
                self.register_needed = self.register_needed.max(e.register_sequence);
            }
            _ => {}
        }
    }

    fn derive_agreement(&mut self, at: At, id: &AgreementId, body: &Body) {
        match body {
            Body::AgreementSigned(e) => {
                self.index.agreements.insert(at.sequence, id.clone());
                self.index.live_agreements.insert(id.clone());
                if let Ok(party) = e.party.parse() {
                    self.index.agreements_of.entry(party).or_default().push(id.clone());
                }
            }
            Body::AgreementTerminated(_) | Body::AgreementEnded(_) => {
                self.index.live_agreements.remove(id);
            }
            _ => {}
        }
    }

    fn derive_vacancy(&mut self, at: At, id: &VacancyId, body: &Body) {
        match body {
            Body::VacancyPosted(_) => {
                self.index.vacancies.insert(at.sequence, id.clone());
                self.index.open_vacancies.insert(id.clone());
            }
            Body::VacancyWithdrawn(_) | Body::VacancyLapsed(_) => {
                self.index.open_vacancies.remove(id);
            }
            Body::StandbyJoined(_) => drop(self.index.with_standby.insert(id.clone())),
            Body::StandbyLeft(_)
                if self.vacancy(id).is_none_or(|vacancy| vacancy.standby.is_empty()) =>
            {
                self.index.with_standby.remove(id);
            }
            _ => {}
        }
    }

    fn derive_signal(&mut self, at: At, id: &SignalId, body: &Body) {
        let Some(signal) = self.entities.signals.get(id).and_then(|s| s.value.as_ref()) else {
            return;
        };
        let known = self.index.signals_for.entry(id.vacancy.clone()).or_default();
        if !known.contains(id) {
            known.push(id.clone());
            self.index.signals.insert(at.sequence, id.clone());
            self.index
                .signals_at
                .entry(id.point.clone())
                .or_default()
                .push((at.sequence, id.clone()));
        }
        let was_open = self.index.open_signals.contains(id);
        if signal.is_open() {
            self.index.open_signals.insert(id.clone());
        } else {
            self.index.open_signals.remove(id);
        }
        let history = self.histories.entry(id.point.clone()).or_default();
        if let Body::SignalAnswered(e) = body {
            history.committed += u32::try_from(e.cards.len()).unwrap_or(u32::MAX);
        }
        // Why: a recalled signal says nothing of how the point answers.
        if was_open && !signal.is_open() && signal.state != SignalState::Recalled {
            history.asked += u32::try_from(signal.candidates.len()).unwrap_or(u32::MAX);
            history.declined += u32::from(signal.state == SignalState::Declined);
        }
    }

    fn derive_placement(&mut self, id: &CardId) {
        let spoken = |standing: &Standing| standing.frozen.is_some() || !standing.words.is_empty();
        if self.standing(id).is_some_and(spoken) {
            self.index.spoken.insert(id.clone());
        } else {
            self.index.spoken.remove(id);
        }
        let placement = self.placement(id);
        let loose = placement.is_some_and(|p| {
            p.state() == wire::placement_state::Value::Held && p.dispatch.is_none()
        });
        if loose {
            self.index.loose_holds.insert(id.clone());
        } else {
            self.index.loose_holds.remove(id);
        }
    }

    fn derive_case(&mut self, at: At, id: &CaseId, body: &Body) {
        let Some(case) = self.entities.cases.get(id).and_then(|c| c.value.as_ref()) else {
            return;
        };
        if case.state == CaseState::Open {
            self.index.open_cases.insert(id.clone());
        } else {
            self.index.open_cases.remove(id);
        }
        if case.events.len() == 1 {
            self.index.cases.insert(at.sequence, id.clone());
        }
        match body {
            Body::TransferRequested(_) => {
                self.index.transfer_of.insert(case.card.clone(), id.clone());
            }
            Body::CorrectionRequested(e) => {
                let cards = e.cards.iter().filter_map(|card| card.parse().ok());
                self.index.correction_of.extend(cards.map(|card| (card, id.clone())));
            }
            Body::FollowUpDue(e) => self.employments.visited(e.onboarding, e.day),
            Body::CorrectionAnswered(_) => self.index.correction_of.retain(|_, one| one != id),
            _ => {}
        }
    }

    fn derive_dispatch(&mut self, at: At, id: &DispatchId, body: &Body) {
        if let Body::DispatchOpened(_) = body {
            self.index.dispatches.insert(at.sequence, id.clone());
        }
        self.index.dispatch_events.entry(id.clone()).or_default().push(at.sequence);
        let open = self.dispatch(id).is_some_and(|dispatch| !dispatch.is_over());
        if open {
            self.index.open_dispatches.insert(id.clone());
        } else {
            self.index.open_dispatches.remove(id);
        }
    }
}

impl City {
    /// The agreements that permit `party` anything at `now`.
    pub fn agreements_in_force(
        &self,
        party: &PartyId,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = &Agreement> {
        let signed = self.index.agreements_of.get(party).into_iter().flatten();
        signed.filter_map(|id| self.agreement(id)).filter(move |a| a.in_force(now))
    }

    /// The next moment after `now` at which an agreement begins or ends.
    pub fn next_turn(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let live = self.index.live_agreements.iter().filter_map(|id| self.agreement(id));
        live.flat_map(|one| [one.from, one.until]).filter(|at| *at > now).min()
    }

    /// Whether people may be asked for, and promised to, this vacancy at `now`.
    pub fn may_promise(&self, vacancy: &Vacancy, now: OffsetDateTime) -> bool {
        let mut agreements = self.agreements_in_force(&vacancy.enterprise, now);
        self.party(&vacancy.enterprise).is_some_and(|party| !party.revoked)
            && agreements.any(|agreement| {
                agreement.opens(Class::Vacancies)
                    && reach::outside(&agreement.scope, &vacancy.terms).is_none()
            })
    }

    /// The subscription, if there is one.
    pub fn subscription(&self, id: &SubscriptionId) -> Option<&Subscription> {
        self.party(self.index.party_of_subscription.get(id)?)?.subscriptions.get(id)
    }

    /// The webhook, if there is one.
    pub fn webhook(&self, id: &WebhookId) -> Option<&Webhook> {
        self.party(self.index.party_of_webhook.get(id)?)?.webhooks.get(id)
    }

    /// The card's latest placement, if there is one.
    pub fn placement(&self, card: &CardId) -> Option<&Placement> {
        self.worker(card)?.placement.as_ref()
    }

    /// How the person of the card stands, if events say anything about it.
    pub fn standing(&self, card: &CardId) -> Option<&Standing> {
        self.worker(card).map(|worker| &worker.standing)
    }

    /// The agreement that a request rests on which is about this vacancy, signal
    /// or dispatch.
    pub fn agreement_behind(&self, subject: &str) -> Option<&AgreementId> {
        if let Some(found) = self.entities.dispatches.get(subject) {
            return found.value.as_ref().map(|dispatch| &dispatch.agreement);
        }
        let asked = subject.parse().ok().map(|signal: SignalId| signal.vacancy);
        let vacancy = asked.or_else(|| subject.parse().ok())?;
        self.vacancy(&vacancy).map(|vacancy| &vacancy.agreement)
    }

    /// Whether nothing of this person may be opened: frozen, or erased.
    pub fn is_closed(&self, card: &CardId) -> bool {
        consent::is_closed(self.standing(card))
    }

    /// The desk that acts for the people of a point: its own while it takes
    /// part, else its township's if there is one.
    pub fn desk_of(&self, point: DivisionCode) -> Option<DivisionCode> {
        let is_active = |code: &DivisionCode| {
            let party = self.entities.parties.get(code.to_string().as_str());
            party.and_then(|entry| entry.value.as_ref()).is_some_and(|party| {
                !party.revoked && party.kind() == party_kind::Value::ServicePoint
            })
        };
        Some(point).filter(is_active).or_else(|| point.township().filter(is_active))
    }
}

macro_rules! lookup {
    ($($(#[$doc:meta])* $name:ident $table:ident $id:ty => $entity:ident;)*) => {
        impl City {
            $($(#[$doc])*
            pub fn $name(&self, id: &$id) -> Option<&crate::entity::$entity> {
                self.entities.$table.get(id)?.value.as_ref()
            })*
        }
    };
}

lookup! {
    /// The party, if there is one.
    party parties PartyId => Party;
    /// The agreement, if there is one.
    agreement agreements AgreementId => Agreement;
    /// The vacancy, if there is one.
    vacancy vacancies VacancyId => Vacancy;
    /// The signal, if there is one.
    signal signals SignalId => Signal;
    /// The person of the card, if anything has happened with it.
    worker workers CardId => Worker;
    /// The dispatch, if there is one.
    dispatch dispatches DispatchId => Dispatch;
    /// The case, if there is one.
    case cases CaseId => Case;
}

/// Tells folding code apart: a snapshot of another build's folding is not ours.
pub const FOLD: &str = env!("GONGQIAO_FOLD");
