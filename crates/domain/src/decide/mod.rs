//! Decisions: what a command makes of the city as it is. One file per
//! subject of commands; each turns a command into events or a refusal, and
//! nothing here reads a clock, makes an id or stores anything.

mod ages;
mod agreement;
mod answer;
mod case;
mod correction;
mod party;
mod period;
mod person;
mod release;
mod signal;
mod standby;
mod subscription;
mod travel;
mod vacancy;
mod webhook;

use gongqiao_contract::{
    Code, Refusal,
    codes::{DivisionCode, DivisionLevel},
    id::{
        AgreementId, CardId, CaseId, DispatchId, KeyId, PartyId, SignalId, SubscriptionId,
        VacancyId, WebhookId,
    },
    subject::Entity,
    wire::{
        self, VacancyTerms, data_class::Value as Class, erasure_reason, fact::Body, grievance_kind,
        hold_end, party_kind, record_case_event, role,
    },
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    City, Register,
    entity::{Agreement, Draft, Placement, Vacancy, Versioned},
    reach,
    report::Period,
};

pub use ages::Ages;
pub use case::{card_to_move, concerns, holder, home};
pub use subscription::MAX_SUBSCRIPTIONS;
pub use travel::{SealedCrew, check_crew, first_day, involves, leads, warnings};
pub use webhook::{MAX_WEBHOOK_KEYS, MAX_WEBHOOKS, NewSecret, signing as webhook_signing};

/// Who speaks, as the credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The party.
    pub party: PartyId,
    /// What the party is.
    pub kind: party_kind::Value,
    /// The person within it, as a staff number.
    pub person: String,
    /// What the person may do.
    pub role: role::Value,
}

impl Speaker {
    /// As it is recorded in events.
    pub fn actor(&self) -> wire::Actor {
        wire::Actor {
            party: self.party.to_string(),
            person: self.person.clone(),
            role: self.role as i32,
        }
    }

    /// Only for those who may do more than read.
    ///
    /// # Errors
    /// [`Code::AuthRole`].
    pub fn may_act(&self) -> Result<(), Refusal> {
        if self.role == role::Value::Auditor {
            return Err(Refusal::new(Code::AuthRole).with("needed", "clerk"));
        }
        Ok(())
    }

    /// Only for those of the operator who may mend what could not be processed.
    ///
    /// # Errors
    /// [`Code::AuthKind`], [`Code::AuthRole`].
    pub fn may_mend(&self) -> Result<(), Refusal> {
        if !self.is_operator() {
            return Err(Refusal::new(Code::AuthKind).with("needed", "operator"));
        }
        if self.role != role::Value::Mender {
            return Err(Refusal::new(Code::AuthRole).with("needed", "mender"));
        }
        Ok(())
    }

    /// Whether it speaks for the bureau that runs this cell.
    pub fn is_operator(&self) -> bool {
        self.kind == party_kind::Value::Operator
    }
}

/// How long promises last.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long a hold lasts before it needs a dispatch.
    pub hold: time::Duration,
    /// How long after its departure a dispatch keeps a hold alive.
    pub hold_after_departure: time::Duration,
    /// How long backups may still hold the key of somebody who was erased.
    pub key_backup: time::Duration,
}

/// What a decision is made from.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Context<'a> {
    pub now: OffsetDateTime,
    pub speaker: &'a Speaker,
    pub draft: &'a Draft<'a>,
    pub city: &'a City,
    pub register: &'a Register,
    pub terms: Terms,
    /// For the one new id that a command may need.
    pub fresh: Uuid,
    /// What the gate saw in dates of birth.
    pub ages: &'a Ages,
}

/// What is asked of the exchange. Bodies were checked for shape before.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the types say it")]
pub enum Command {
    RegisterParty(wire::RegisterParty),
    RevokeParty(PartyId),
    IssueCredential {
        party: PartyId,
        key: KeyId,
        mac: Vec<u8>,
        /// Public key of a user of the broker.
        nats_user: Option<String>,
        ask: wire::IssueCredential,
    },
    RevokeCredential {
        key: KeyId,
    },
    RecordImport(wire::RosterImported),
    SignAgreement(wire::SignAgreement),
    AmendAgreement {
        agreement: AgreementId,
        ask: wire::AmendAgreement,
    },
    TerminateAgreement(AgreementId),
    EndAgreement(AgreementId),
    OpenSubscription(wire::OpenSubscription),
    CloseSubscription(SubscriptionId),
    AddWebhook {
        secret: NewSecret,
        ask: wire::AddWebhook,
    },
    RotateWebhook {
        webhook: WebhookId,
        secret: NewSecret,
        ask: wire::RotateWebhook,
    },
    DisableWebhook {
        webhook: WebhookId,
        ask: wire::DisableWebhook,
    },
    EnableWebhook(WebhookId),
    RemoveWebhook(WebhookId),
    PostVacancy {
        enterprise: Option<PartyId>,
        terms: Box<VacancyTerms>,
    },
    UpdateVacancy {
        vacancy: VacancyId,
        terms: Box<VacancyTerms>,
    },
    ReduceVacancy {
        vacancy: VacancyId,
        headcount: u32,
    },
    WithdrawVacancy(VacancyId),
    LapseVacancy(VacancyId),
    RaiseSignals {
        vacancy: VacancyId,
        ask: wire::RaiseSignals,
    },
    EscalateSignals {
        vacancy: VacancyId,
        points: Vec<PartyId>,
    },
    RecallSignals {
        vacancy: VacancyId,
        points: Vec<PartyId>,
    },
    AnswerSignal {
        signal: SignalId,
        ask: wire::AnswerSignal,
    },
    EndHolds {
        vacancy: VacancyId,
        cards: Vec<CardId>,
        why: hold_end::Value,
    },
    OpenDispatch {
        ask: wire::OpenDispatch,
        crew: Option<SealedCrew>,
    },
    RecordDispatchEvent {
        dispatch: DispatchId,
        ask: wire::RecordDispatchEvent,
    },
    OpenFollowUp {
        onboarding: u64,
        day: u32,
    },
    OpenGrievance {
        card: CardId,
        kind: grievance_kind::Value,
        note: Option<wire::Sealed>,
    },
    RequestTransfers {
        to: PartyId,
        cards: Vec<CardId>,
    },
    RecordCaseEvent {
        case: CaseId,
        event: record_case_event::Event,
        note: Option<wire::Sealed>,
    },
    ClosePeriod(Period),
    PromoteStandby(VacancyId),
    ErasePerson {
        card: CardId,
        reason: erasure_reason::Value,
    },
    FreezePerson {
        card: CardId,
        frozen: bool,
    },
    GiveConsent {
        card: CardId,
        ask: wire::GiveConsent,
    },
    WithdrawConsent {
        card: CardId,
        ask: wire::WithdrawConsent,
    },
}

/// What a command comes to.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The events to store, together or not at all.
    pub events: Vec<(Entity, Body)>,
    /// Id of the entity that came out of it.
    pub entity: String,
    /// The agreement that it relied upon.
    pub agreement: Option<AgreementId>,
    /// What the speaker is told beyond "done".
    pub told: wire::Told,
}

impl Decision {
    fn of(entity: impl std::fmt::Display, events: Vec<(Entity, Body)>) -> Self {
        Self { events, entity: entity.to_string(), ..Self::default() }
    }

    fn telling(mut self, told: wire::Told) -> Self {
        self.told = told;
        self
    }

    fn under(mut self, agreement: &AgreementId) -> Self {
        self.agreement = Some(agreement.clone());
        self
    }
}

/// Most cards that one command may name: a command is one transaction, and a
/// transaction holds a thousand events.
pub const MAX_CARDS: usize = 300;

/// Decides a command.
///
/// # Errors
/// The refusal, with its stable code and the place in the body.
pub fn decide(cx: &Context<'_>, command: &Command) -> Result<Decision, Refusal> {
    cx.speaker.may_act()?;
    match command {
        Command::RegisterParty(ask) => party::register(cx, ask),
        Command::RevokeParty(id) => party::revoke(cx, id),
        Command::IssueCredential { party, key, mac, nats_user, ask } => {
            party::issue(cx, party, key, (mac, nats_user.as_deref()), ask)
        }
        Command::RevokeCredential { key } => party::revoke_credential(cx, key),
        Command::RecordImport(ask) => party::record_import(cx, ask),
        Command::SignAgreement(ask) => agreement::sign(cx, ask),
        Command::AmendAgreement { agreement, ask } => agreement::amend(cx, agreement, ask),
        Command::TerminateAgreement(id) => agreement::terminate(cx, id),
        Command::EndAgreement(id) => agreement::end(cx, id),
        Command::OpenSubscription(ask) => subscription::open(cx, ask),
        Command::CloseSubscription(id) => subscription::close(cx, id),
        Command::AddWebhook { secret, ask } => webhook::add(cx, secret, ask),
        Command::RotateWebhook { webhook, secret, ask } => {
            webhook::rotate(cx, webhook, secret, ask)
        }
        Command::DisableWebhook { webhook, ask } => webhook::disable(cx, webhook, ask),
        Command::EnableWebhook(id) => webhook::enable(cx, id),
        Command::RemoveWebhook(id) => webhook::remove(cx, id),
        Command::PostVacancy { enterprise, terms } => vacancy::post(cx, enterprise.as_ref(), terms),
        Command::UpdateVacancy { vacancy, terms } => vacancy::update(cx, vacancy, terms),
        Command::ReduceVacancy { vacancy, headcount } => vacancy::reduce(cx, vacancy, *headcount),
        Command::WithdrawVacancy(id) => vacancy::withdraw(cx, id),
        Command::LapseVacancy(id) => vacancy::lapse(cx, id),
        Command::RaiseSignals { vacancy, ask } => signal::raise(cx, vacancy, ask),
        Command::EscalateSignals { vacancy, points } => signal::escalate(cx, vacancy, points),
        Command::RecallSignals { vacancy, points } => signal::recall(cx, vacancy, points),
        Command::AnswerSignal { signal, ask } => answer::answer(cx, signal, ask),
        Command::EndHolds { vacancy, cards, why } => signal::end_holds(cx, vacancy, cards, *why),
        Command::OpenDispatch { ask, crew } => travel::open(cx, ask, crew.as_ref()),
        Command::RecordDispatchEvent { dispatch, ask } => travel::record(cx, dispatch, ask),
        Command::OpenFollowUp { onboarding, day } => case::follow_up(cx, *onboarding, *day),
        Command::OpenGrievance { card, kind, note } => {
            case::grievance(cx, card, *kind, note.as_ref())
        }
        Command::RequestTransfers { to, cards } => case::request_transfers(cx, to, cards),
        Command::RecordCaseEvent { case, event, note } => {
            case::record(cx, case, event, note.as_ref())
        }
        Command::ClosePeriod(period) => period::close(cx, *period),
        Command::PromoteStandby(id) => standby::promote(cx, id),
        Command::ErasePerson { card, reason } => person::erase(cx, card, *reason),
        Command::FreezePerson { card, frozen } => person::freeze(cx, card, *frozen),
        Command::GiveConsent { card, ask } => person::consent(cx, card, ask),
        Command::WithdrawConsent { card, ask } => person::withdraw(cx, card, ask),
    }
}

impl Context<'_> {
    /// The card's latest placement, unless there is none (`missing`) or a newer
    /// version wrote to it.
    fn placement(&self, card: &CardId, missing: Code) -> Result<&Placement, Refusal> {
        self.placement_if_any(card)?.ok_or_else(|| missing.into())
    }

    /// As [`Context::placement`], of a person who may have none yet.
    fn placement_if_any(&self, card: &CardId) -> Result<Option<&Placement>, Refusal> {
        match self.draft.worker(card) {
            Some(entry) if entry.read_only => Err(Code::NewerSchema.into()),
            entry => Ok(entry.and_then(|entry| entry.value.as_ref()?.placement.as_ref())),
        }
    }

    /// Only for one of these kinds of party.
    fn only(&self, kinds: &[party_kind::Value]) -> Result<(), Refusal> {
        if kinds.contains(&self.speaker.kind) {
            return Ok(());
        }
        let needed: Vec<String> = kinds.iter().map(|k| k.as_str_name().to_lowercase()).collect();
        Err(Refusal::new(Code::AuthKind).with("needed", needed.join(", ")))
    }

    /// Only for the operator's approvers: what binds the bureau.
    fn only_operator_approver(&self) -> Result<(), Refusal> {
        self.only(&[party_kind::Value::Operator])?;
        if self.speaker.role == role::Value::Approver {
            Ok(())
        } else {
            Err(Refusal::new(Code::AuthRole).with("needed", "approver"))
        }
    }

    /// Only for our own services.
    fn only_service(&self) -> Result<(), Refusal> {
        self.only(&[party_kind::Value::Service])
    }

    /// The agreement in force that opens `class` to the enterprise of a vacancy
    /// and covers it, also if it did so when the vacancy was posted.
    fn still_covered(&self, vacancy: &Vacancy, class: Class) -> Result<&Agreement, Refusal> {
        let found = self.agreement_for(&vacancy.enterprise, class, Some(&vacancy.terms));
        // Why: the terms are not in this body.
        found.map_err(|refusal| Refusal { pointer: None, ..refusal })
    }

    /// The agreement in force that opens `class` to `party` and covers
    /// `terms`, if one does.
    fn agreement_for(
        &self,
        party: &PartyId,
        class: Class,
        terms: Option<&VacancyTerms>,
    ) -> Result<&Agreement, Refusal> {
        if writable(self.draft.party(party), Code::PartyNotFound)?.revoked {
            return Err(Code::PartyRevoked.into());
        }
        let stored = self.city.index.agreements_of.get(party).into_iter().flatten();
        let in_force = stored
            .chain(self.draft.new_agreements())
            .filter_map(|id| self.draft.agreement(id).filter(|entry| !entry.read_only))
            .filter_map(|entry| entry.value.as_ref())
            .filter(|a| a.party == *party && a.in_force(self.now));
        let mut refusal = Refusal::new(Code::AgreementNone);
        for agreement in in_force {
            if !agreement.opens(class) {
                let what = class.as_str_name().to_lowercase();
                refusal = Refusal::new(Code::AgreementScope).with("what", what);
                continue;
            }
            match terms.map_or(Ok(()), |terms| covered(agreement, terms)) {
                Ok(()) => return Ok(agreement),
                Err(uncovered) => refusal = uncovered,
            }
        }
        Err(refusal)
    }
}

/// Whether `desk` acts for the people of `point`: the point itself, or the
/// desk of the township to which the point's village belongs.
pub fn serves(desk: &PartyId, point: &PartyId) -> bool {
    desk == point || point.as_str().parse().is_ok_and(|point| serves_division(desk, point))
}

/// As [`serves`], of a point by its division.
pub fn serves_division(desk: &PartyId, point: DivisionCode) -> bool {
    desk.as_str().parse().is_ok_and(|desk: DivisionCode| {
        desk == point || desk.level() == DivisionLevel::Township && desk.contains(point)
    })
}

/// Refuses a vacancy's place or occupation that an agreement leaves out.
fn covered(agreement: &Agreement, terms: &VacancyTerms) -> Result<(), Refusal> {
    let Some(what) = reach::outside(&agreement.scope, terms) else { return Ok(()) };
    let pointer = if what == "place" { "/terms/place" } else { "/terms/occupations" };
    Err(Refusal::new(Code::AgreementScope).with("what", what).at(pointer))
}

/// The entity itself, unless it is unknown or a newer version wrote to it.
fn writable<T>(found: Option<&Versioned<T>>, missing: Code) -> Result<&T, Refusal> {
    match found {
        Some(entry) if entry.read_only => Err(Code::NewerSchema.into()),
        Some(Versioned { value: Some(value), .. }) => Ok(value),
        _ => Err(missing.into()),
    }
}

/// Parses the cards that a body names: no two alike, not too many.
fn cards_at(pointer: &str, list: &[String]) -> Result<Vec<CardId>, Refusal> {
    if list.is_empty() {
        return Err(Refusal::new(Code::FieldRequired).at(pointer));
    }
    if list.len() > MAX_CARDS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 1).with("max", MAX_CARDS);
        return Err(refusal.at(pointer));
    }
    let mut seen = std::collections::HashSet::with_capacity(list.len());
    let mut cards = Vec::with_capacity(list.len());
    for (index, text) in list.iter().enumerate() {
        let at = || format!("{pointer}/{index}");
        let card: CardId = text.parse().map_err(|_| Refusal::new(Code::CardNotFound).at(at()))?;
        if !seen.insert(card.clone()) {
            return Err(Refusal::new(Code::CardTwice).at(at()));
        }
        cards.push(card);
    }
    Ok(cards)
}
