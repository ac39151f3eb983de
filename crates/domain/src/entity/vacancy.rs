use std::collections::BTreeMap;

use gongqiao_contract::{
    id::{AgreementId, CardId, PartyId, VacancyId},
    wire::{Standby, VacancyTerms, fact::Body},
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
    /// Whose the seats are now, with the order in which they were promised.
    pub seats: BTreeMap<CardId, u64>,
    /// The order of the next promise.
    pub next_seat: u64,
    /// Who waits for a seat, in the order in which they joined.
    #[serde(with = "standby")]
    pub standby: Vec<Standby>,
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
        self.terms.headcount.saturating_sub(self.taken())
    }

    /// Seats promised to cards now. Never above the headcount.
    pub fn taken(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    /// Who waits for a seat, the best first: by the score of the match, then
    /// by when they joined.
    pub fn standby_ranked(&self) -> Vec<&Standby> {
        let mut ranked: Vec<&Standby> = self.standby.iter().collect();
        ranked.sort_by_key(|one| std::cmp::Reverse(one.score));
        ranked
    }

    /// Whether this person waits for a seat.
    pub fn on_standby(&self, card: &CardId) -> bool {
        self.standby.iter().any(|one| one.card == card.as_str())
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
                    seats: BTreeMap::new(),
                    next_seat: 0,
                    standby: Vec::new(),
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
            (Some(vacancy), Body::SeatsTaken(e)) => {
                for card in &e.cards {
                    let card = card.parse().map_err(|_| NotUnderstood)?;
                    vacancy.seats.insert(card, vacancy.next_seat);
                    vacancy.next_seat += 1;
                }
            }
            (Some(vacancy), Body::SeatsFreed(e)) => {
                for card in &e.cards {
                    vacancy.seats.remove(card.as_str()).ok_or(NotUnderstood)?;
                }
            }
            (Some(vacancy), Body::StandbyJoined(e)) => {
                vacancy.standby.extend(e.people.iter().cloned());
            }
            (Some(vacancy), Body::StandbyLeft(e)) => {
                vacancy.standby.retain(|one| !e.cards.contains(&one.card));
            }
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}

mod standby {
    use gongqiao_contract::wire::{Standby, StandbyJoined};
    use serde::{Deserializer, Serializer};

    use super::as_proto;

    // Why: inside of a message, since a bare list has no protobuf form.
    pub(super) fn serialize<S: Serializer>(list: &[Standby], s: S) -> Result<S::Ok, S::Error> {
        as_proto::serialize(&StandbyJoined { people: list.to_vec(), ..Default::default() }, s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Standby>, D::Error> {
        as_proto::deserialize::<StandbyJoined, D>(d).map(|m| m.people)
    }
}
