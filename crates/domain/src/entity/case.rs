use gongqiao_contract::{
    id::{CardId, CaseId, DispatchId, PartyId, VacancyId},
    wire::{
        CorrectionRequested, case_kind::Value as Kind, fact::Body, recipient_kind,
        visit_outcome::Value as Outcome,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, as_proto};

/// Calls in vain after which a person counts as unreachable (失联).
pub const ATTEMPTS: u32 = 3;

/// What must be followed up, asked or settled about one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The person's card. Of a correction: the first of those concerned.
    pub card: CardId,
    /// The point that looks after the person, or asked.
    pub point: PartyId,
    /// The enterprise that it is about, if any.
    pub enterprise: Option<PartyId>,
    /// The vacancy, if any.
    pub vacancy: Option<VacancyId>,
    /// What it is about.
    pub matter: Matter,
    /// Open, or how it ended.
    pub state: CaseState,
    /// Who must act next.
    pub with: PartyId,
    /// When it was opened.
    pub opened_at: OffsetDateTime,
    /// When something was last done about it.
    pub updated_at: OffsetDateTime,
    /// Sequences of its own events.
    pub events: Vec<u64>,
}

/// What a case is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Matter {
    /// A visit after the onboarding (回访).
    FollowUp {
        /// How many days after it.
        day: u32,
        /// Sequence of the onboarding.
        onboarding: u64,
        /// Calls so far.
        attempts: u32,
        /// An `Answer` each: still at work, paid on time, insured.
        at_work: i32,
        /// See above.
        paid_on_time: i32,
        /// See above.
        insured: i32,
    },
    /// A rights case (维权), of a `GrievanceKind`; with its `GrievanceEnd`.
    Grievance {
        /// Its kind.
        kind: i32,
        /// How it ended; 0 while it is open.
        end: i32,
    },
    /// The person stands in `point`'s register, and in the roster of `to`.
    Transfer {
        /// Who asks for the person.
        to: PartyId,
    },
    /// Whom the case is with may have got the person's data, and must erase its
    /// copies, or have them erased by the firm it handed them to: the person
    /// was erased here.
    Erasure {
        /// Groups on whose manifests the person stood.
        dispatches: Vec<DispatchId>,
        /// A [`recipient_kind::Value`]: the firm that is to be told, if one is.
        outside: i32,
        /// Its name, of a carrier.
        firm: String,
    },
    /// A correction that waits for the other side.
    Correction {
        /// The group.
        dispatch: DispatchId,
        /// What is asked for.
        #[serde(with = "as_proto")]
        ask: Box<CorrectionRequested>,
    },
}

/// The life of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseState {
    /// Something must be done.
    Open,
    /// A visit was made, a grievance closed.
    Done,
    /// Nobody answered three times (失联).
    Unreachable,
    /// The other side said yes.
    Agreed,
    /// The other side said no.
    Refused,
    /// The person was erased while it was open.
    Dropped,
}

impl CaseState {
    /// As it stands in JSON and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Unreachable => "unreachable",
            Self::Agreed => "agreed",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
        }
    }
}

impl Case {
    /// What kind of case it is.
    pub fn kind(&self) -> Kind {
        match self.matter {
            Matter::FollowUp { .. } => Kind::FollowUp,
            Matter::Grievance { .. } => Kind::Grievance,
            Matter::Transfer { .. } => Kind::Transfer,
            Matter::Correction { .. } => Kind::Correction,
            Matter::Erasure { .. } => Kind::Erasure,
        }
    }

    fn answered(&mut self, agreed: bool) {
        self.state = if agreed { CaseState::Agreed } else { CaseState::Refused };
    }
}

/// The kind of a firm outside, as it stands in JSON; none for a party's own
/// copies.
pub fn outside_name(outside: i32) -> Option<&'static str> {
    match recipient_kind::Value::try_from(outside).unwrap_or_default() {
        recipient_kind::Value::Unspecified => None,
        kind => Some(kind.as_str_name()),
    }
}

impl Fold for Case {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (&mut *state, body) {
            (None, opening) => *state = Some(opened(at, opening)?),
            (Some(case), Body::FollowUpAttempted(e)) => {
                let Matter::FollowUp { attempts, at_work, paid_on_time, insured, .. } =
                    &mut case.matter
                else {
                    return Err(NotUnderstood);
                };
                *attempts += 1;
                (*at_work, *paid_on_time, *insured) = (e.at_work, e.paid_on_time, e.insured);
                let in_vain = matches!(e.outcome(), Outcome::NoAnswer | Outcome::WrongNumber);
                case.state = match in_vain {
                    false => CaseState::Done,
                    true if *attempts >= ATTEMPTS => CaseState::Unreachable,
                    true => CaseState::Open,
                };
            }
            (Some(case), Body::GrievanceHandedOn(e)) => {
                case.with = e.to.parse().map_err(|_| NotUnderstood)?;
            }
            (Some(case), Body::GrievanceClosed(e)) => {
                let Matter::Grievance { end, .. } = &mut case.matter else {
                    return Err(NotUnderstood);
                };
                *end = e.end;
                case.state = CaseState::Done;
            }
            (Some(case), Body::TransferAnswered(e)) => case.answered(e.agreed),
            (Some(case), Body::CorrectionAnswered(e)) => case.answered(e.agreed),
            (Some(case), Body::ErasureAcknowledged(_)) => case.state = CaseState::Done,
            (Some(case), Body::CaseDropped(_)) => case.state = CaseState::Dropped,
            _ => return Err(NotUnderstood),
        }
        if let Some(case) = state {
            case.updated_at = at.recorded_at;
            case.events.push(at.sequence);
        }
        Ok(())
    }
}

/// The case that its first event makes.
fn opened(at: At, body: &Body) -> Result<Case, NotUnderstood> {
    let not = |_| NotUnderstood;
    let case = |id: &str, card: &str, point: &str, with: &str, matter| {
        Ok(Case {
            id: id.parse().map_err(not)?,
            card: card.parse().map_err(not)?,
            point: point.parse().map_err(not)?,
            enterprise: None,
            vacancy: None,
            matter,
            state: CaseState::Open,
            with: with.parse().map_err(not)?,
            opened_at: at.recorded_at,
            updated_at: at.recorded_at,
            events: Vec::new(),
        })
    };
    Ok(match body {
        Body::FollowUpDue(e) => {
            let matter = Matter::FollowUp {
                day: e.day,
                onboarding: e.onboarding,
                attempts: 0,
                at_work: 0,
                paid_on_time: 0,
                insured: 0,
            };
            let opened = case(&e.case, &e.card, &e.point, &e.point, matter)?;
            Case {
                enterprise: e.enterprise.parse().ok(),
                vacancy: e.vacancy.parse().ok(),
                ..opened
            }
        }
        Body::GrievanceOpened(e) => {
            let matter = Matter::Grievance { kind: e.kind, end: 0 };
            let opened = case(&e.case, &e.card, &e.point, &e.point, matter)?;
            Case {
                enterprise: e.enterprise.parse().ok(),
                vacancy: e.vacancy.parse().ok(),
                ..opened
            }
        }
        Body::TransferRequested(e) => {
            let matter = Matter::Transfer { to: e.to.parse().map_err(not)? };
            case(&e.case, &e.card, &e.from, &e.from, matter)?
        }
        Body::ErasureNotified(e) => {
            let dispatches: Result<_, _> = e.dispatches.iter().map(|id| id.parse()).collect();
            let dispatches = dispatches.map_err(not)?;
            let matter = Matter::Erasure { dispatches, outside: e.outside, firm: e.firm.clone() };
            let opened = case(&e.case, &e.card, &e.point, &e.recipient, matter)?;
            Case {
                enterprise: e.enterprise.parse().ok(),
                vacancy: e.vacancy.parse().ok(),
                ..opened
            }
        }
        Body::CorrectionRequested(e) => {
            let dispatch = e.dispatch.parse().map_err(not)?;
            let matter = Matter::Correction { dispatch, ask: Box::new(e.clone()) };
            let card = e.cards.first().ok_or(NotUnderstood)?;
            let opened = case(&e.case, card, &e.by, &e.counterparty, matter)?;
            Case { vacancy: e.vacancy.parse().ok(), ..opened }
        }
        _ => return Err(NotUnderstood),
    })
}
