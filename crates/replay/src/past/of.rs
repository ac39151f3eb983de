use std::str::FromStr;

use gongqiao_access::show;
use gongqiao_contract::{
    Code, Refusal,
    id::{AgreementId, DispatchId, PartyId, VacancyId},
    subject::Entity,
    view::PastState,
};
use gongqiao_domain::City;
use time::OffsetDateTime;

use super::show as numbers;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Of {
    City,
    Dispatch(DispatchId),
    Vacancy(VacancyId),
    Point(PartyId),
    Agreement(AgreementId),
}

impl FromStr for Of {
    type Err = Refusal;

    /// Reads `dispatch/dsp_…`.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let read = || {
            let (kind, id) = text.split_once('/')?;
            Some(match kind {
                "dispatch" => Self::Dispatch(id.parse().ok()?),
                "vacancy" => Self::Vacancy(id.parse().ok()?),
                "point" => Self::Point(id.parse().ok()?),
                "agreement" => Self::Agreement(id.parse().ok()?),
                _ => return None,
            })
        };
        let why = "of: expected dispatch/ID, vacancy/ID, point/ID or agreement/ID";
        read().ok_or_else(|| Refusal::new(Code::RequestQuery).with("why", why))
    }
}

impl Of {
    /// Puts what was asked for into the answer; `false` if there is no such
    /// thing.
    pub(super) fn show(&self, city: &City, at: OffsetDateTime, into: &mut PastState) -> bool {
        match self {
            Self::City => into.city = Some(numbers::city(city, at)),
            Self::Dispatch(id) => {
                into.dispatch = city.dispatch(id).map(|one| show::dispatch(city, one, true));
            }
            Self::Vacancy(id) => {
                into.vacancy = city.vacancy(id).map(|one| show::vacancy(city, one));
            }
            Self::Point(id) => into.point = numbers::point(city, id),
            Self::Agreement(id) => {
                into.agreement = city.agreement(id).map(|one| show::agreement(one, at));
            }
        }
        into.city.is_some()
            || into.dispatch.is_some()
            || into.vacancy.is_some()
            || into.point.is_some()
            || into.agreement.is_some()
    }

    /// The same as JSON, without the place in the log; nothing if there is no
    /// such thing.
    pub(super) fn json(&self, city: &City, at: OffsetDateTime) -> Option<serde_json::Value> {
        let shown = match self {
            Self::City => serde_json::to_value(numbers::city(city, at)),
            Self::Dispatch(id) => {
                serde_json::to_value(show::dispatch(city, city.dispatch(id)?, true))
            }
            Self::Vacancy(id) => serde_json::to_value(show::vacancy(city, city.vacancy(id)?)),
            Self::Point(id) => serde_json::to_value(numbers::point(city, id)?),
            Self::Agreement(id) => serde_json::to_value(show::agreement(city.agreement(id)?, at)),
        };
        let mut shown = shown.ok()?;
        shown.as_object_mut()?.remove("position");
        Some(shown)
    }

    /// An event stands on it that is not understood.
    pub(super) fn is_read_only(&self, city: &City) -> bool {
        let entities = &city.entities;
        match self {
            Self::City => !city.not_understood.is_empty(),
            Self::Dispatch(id) => entities.dispatches.get(id).is_some_and(|one| one.read_only),
            Self::Vacancy(id) => entities.vacancies.get(id).is_some_and(|one| one.read_only),
            Self::Point(id) => entities.parties.get(id).is_some_and(|one| one.read_only),
            Self::Agreement(id) => entities.agreements.get(id).is_some_and(|one| one.read_only),
        }
    }

    /// Whether an event on this entity may change what is shown; `city` does
    /// not hold it yet, or does.
    pub(super) fn may_change_by(&self, city: &City, entity: &Entity) -> bool {
        let at = |point: &PartyId| matches!(self, Self::Point(own) if own == point);
        match (self, entity) {
            (Self::City, _) => true,
            (Self::Agreement(id), Entity::Agreement(other)) => id == other,
            (Self::Agreement(_), _) => false,
            (Self::Point(_), Entity::Party(party)) => at(party),
            (Self::Point(_), Entity::Signal(signal)) => at(&signal.point),
            (Self::Point(_), Entity::Placement(card)) => {
                city.placement(card).is_some_and(|placement| at(&placement.point))
            }
            (Self::Point(_), _) => false,
            // Why all others: a ledger counts people and groups, and names of
            // parties are shown.
            (_, Entity::Case(_) | Entity::Receipt { .. } | Entity::Card(_)) => false,
            (_, _) => true,
        }
    }
}
