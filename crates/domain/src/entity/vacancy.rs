use gongqiao_contract::{
    id::{AgreementId, PartyId, VacancyId},
    wire::{VacancyTerms, fact::Body},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, as_proto, instant};

/// A demand for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vacancy {
    /// Its id.
    pub id: VacancyId,
    /// Whose it is.
    pub enterprise: PartyId,
    /// Under which agreement it was posted.
    pub agreement: AgreementId,
    /// What it asks and offers now.
    #[serde(with = "as_proto")]
    pub terms: VacancyTerms,
    /// Standing, or at an end.
    pub state: VacancyState,
    /// Seats promised to cards now. Never above the headcount.
    pub taken: u32,
    /// When it was posted.
    pub posted_at: OffsetDateTime,
    /// Where in the log it was posted: ids hold chance, this does not.
    pub posted_sequence: u64,
}

/// The life of a vacancy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VacancyState {
    /// Seats may be taken.
    Open,
    /// Taken back by the enterprise.
    Withdrawn,
    /// Its validity ran out.
    Lapsed,
}

impl VacancyState {
    /// As it stands in JSON and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Vacancy {
    /// Seats that nobody holds yet.
    pub fn free_seats(&self) -> u32 {
        self.terms.headcount.saturating_sub(self.taken)
    }

    /// Whether more people are wanted than are promised.
    pub fn wants_people(&self) -> bool {
        self.state == VacancyState::Open && self.free_seats() > 0
    }

    /// Until when it stands.
    pub fn valid_until(&self) -> Option<OffsetDateTime> {
        self.terms.valid_until.as_ref().map(instant)
    }
}

impl Fold for Vacancy {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match (state, body) {
            (state @ None, Body::VacancyPosted(e)) => {
                *state = Some(Self {
                    id: e.vacancy.parse().map_err(|_| NotUnderstood)?,
                    enterprise: e.enterprise.parse().map_err(|_| NotUnderstood)?,
                    agreement: e.agreement.parse().map_err(|_| NotUnderstood)?,
                    terms: e.terms.clone().ok_or(NotUnderstood)?,
                    state: VacancyState::Open,
                    taken: 0,
                    posted_at: at.recorded_at,
                    posted_sequence: at.sequence,
                });
            }
            (Some(vacancy), Body::VacancyUpdated(e)) => {
                vacancy.terms = e.terms.clone().ok_or(NotUnderstood)?;
            }
            (Some(vacancy), Body::VacancyReduced(e)) => vacancy.terms.headcount = e.headcount,
            (Some(vacancy), Body::VacancyWithdrawn(_)) => vacancy.state = VacancyState::Withdrawn,
            (Some(vacancy), Body::VacancyLapsed(_)) => vacancy.state = VacancyState::Lapsed,
            (Some(vacancy), Body::SeatsTaken(e)) => vacancy.taken += people(&e.cards)?,
            (Some(vacancy), Body::SeatsFreed(e)) => {
                vacancy.taken =
                    vacancy.taken.checked_sub(people(&e.cards)?).ok_or(NotUnderstood)?;
            }
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}

fn people(cards: &[String]) -> Result<u32, NotUnderstood> {
    u32::try_from(cards.len()).map_err(|_| NotUnderstood)
}
