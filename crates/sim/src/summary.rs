use gongqiao_client::Client;
use gongqiao_contract::{
    id::{PartyId, VacancyId},
    view::{Indicators, Vacancy},
};
use serde::Serialize;

use crate::{Outcome, SimError, call::get};

/// What came of the week. Its JSON is the demonstration's last line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// People asked for by the urgent vacancies. This and the next nine are
    /// sums over them.
    pub requested: i64,
    /// People at work.
    pub onboarded: i64,
    /// People whose last word on the phone was yes.
    pub willing: i64,
    /// People promised, those included who did not come.
    pub committed: i64,
    /// People who wait for a seat.
    pub standby: i64,
    /// People who did not turn up.
    pub no_show: i64,
    /// People in whose place another went.
    pub substituted: i64,
    /// Signals answered "nobody to send".
    pub declined_signals: i64,
    /// Signals that ran out.
    pub escalated_signals: i64,
    /// Points that promised somebody. No point promises to both plants.
    pub service_points_involved: usize,
    /// Worker cards in the register.
    pub cards: u64,
    /// Service points that take part.
    pub service_points: u64,
    /// Enterprises with an agreement in force.
    pub enterprises: u64,
    /// Cities with an agreement in force.
    pub partner_cities: u64,
    /// Facts in the log.
    pub events: u64,
    /// The urgent vacancies one by one.
    pub vacancies: Vec<VacancyFigures>,
    /// How long it took, as the caller measured it.
    pub seconds: f64,
}

/// One urgent vacancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VacancyFigures {
    /// Its id.
    pub id: VacancyId,
    /// Whose it is.
    pub enterprise: PartyId,
    /// People asked for.
    pub requested: i64,
    /// People at work.
    pub onboarded: i64,
}

/// Reads the figures from the exchange; none comes out of the simulation but
/// `seconds`, which is the caller's.
///
/// # Errors
/// An answer can't be had, or lacks a figure.
pub async fn read_back(
    client: &Client,
    outcome: &Outcome,
    seconds: f64,
) -> Result<Summary, SimError> {
    let failed = SimError::call("the figures are read back");
    let mut vacancies: Vec<Vacancy> = Vec::with_capacity(outcome.vacancies.len());
    for id in &outcome.vacancies {
        let path = format!("/v1/vacancies/{id}?min_sequence={}", outcome.sequence);
        vacancies.push(get(client, &path).await.map_err(&failed)?);
    }
    let path = format!("/v1/indicators?min_sequence={}", outcome.sequence);
    let city: Indicators = get(client, &path).await.map_err(&failed)?;
    let sum = |name: &str| vacancies.iter().map(|v| figure(v, name)).sum::<Result<i64, _>>();
    Ok(Summary {
        requested: sum("requested")?,
        onboarded: sum("onboarded")?,
        willing: sum("willing")?,
        committed: sum("committed")?,
        standby: sum("standby")?,
        no_show: sum("noShow")?,
        substituted: sum("substituted")?,
        declined_signals: sum("declinedSignals")?,
        escalated_signals: sum("escalatedSignals")?,
        service_points_involved: vacancies.iter().map(|v| v.service_points_involved).sum(),
        cards: city.cards,
        service_points: city.service_points,
        enterprises: city.enterprises,
        partner_cities: city.partner_cities,
        events: city.events,
        vacancies: vacancies.iter().map(figures).collect::<Result<_, _>>()?,
        seconds,
    })
}

/// A figure of a vacancy's ledger.
pub(crate) fn figure(vacancy: &Vacancy, name: &str) -> Result<i64, SimError> {
    let figure = vacancy.ledger.get(name).ok_or(SimError::Incomplete("a vacancy's ledger"))?;
    Ok(figure.value)
}

fn figures(vacancy: &Vacancy) -> Result<VacancyFigures, SimError> {
    Ok(VacancyFigures {
        id: vacancy.id.clone(),
        enterprise: vacancy.enterprise.clone(),
        requested: figure(vacancy, "requested")?,
        onboarded: figure(vacancy, "onboarded")?,
    })
}
