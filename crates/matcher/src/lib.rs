//! From register and vacancies to signals. Watches the log, plans quotas by
//! the rules of `domain::matching`, and proposes through the gate. It decides
//! nothing: a person answers every signal, and the gate checks everything.

mod plan;

use gongqiao_access::{
    Live,
    react::{React, TryAgain},
};
use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{
    id::VacancyId,
    wire::{data_class, raise_signals},
};
use gongqiao_domain::entity::Vacancy;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

/// Most points that are asked in one request.
const AT_ONCE: usize = 100;

/// The matcher.
pub struct Matcher {
    live: Live,
    gate: Client,
    respond: Duration,
}

#[derive(Serialize)]
struct RaiseSignals<'a> {
    asks: &'a [raise_signals::Ask],
}

impl Matcher {
    /// A matcher that speaks to `gate` as a service, and gives points
    /// `respond` to answer.
    pub fn new(live: Live, gate: Client, respond: Duration) -> Self {
        Self { live, gate, respond }
    }

    async fn fill(&self, vacancy: &VacancyId, now: OffsetDateTime) -> Result<(), TryAgain> {
        let asks = plan::asks(&self.live, vacancy, now, self.respond);
        for chunk in asks.chunks(AT_ONCE) {
            let path = format!("/v1/vacancies/{vacancy}/signals");
            let raised = self.gate.post(&path, &RaiseSignals { asks: chunk }, None).await;
            match raised {
                Ok(_) => {
                    metrics::counter!("matcher_signals_total").increment(chunk.len() as u64);
                }
                // Why: the city has moved on since the plan was made; it is
                // looked at again as soon as we have read that.
                Err(ClientError::Refused(problem)) if problem.status != 503 => {
                    tracing::info!(code = problem.code, %vacancy, "matcher.refused");
                }
                Err(e) => return Err(TryAgain(e.to_string())),
            }
        }
        Ok(())
    }
}

impl React for Matcher {
    const NAME: &'static str = "matcher";
    const AFTER: Option<&'static str> = Some("steward");

    async fn react(&self, now: OffsetDateTime) -> Result<(), TryAgain> {
        let (vacancies, register) = {
            let city = self.live.city();
            let open = city.index.open_vacancies.iter().filter_map(|id| city.vacancy(id));
            // Why: the gate would refuse to ask for these, each time anew.
            let permitted = |vacancy: &Vacancy| {
                let mut agreements = city.agreements_in_force(&vacancy.enterprise, now);
                city.party(&vacancy.enterprise).is_some_and(|party| !party.revoked)
                    && agreements.any(|agreement| agreement.opens(data_class::Value::Vacancies))
            };
            let short = open.filter(|vacancy| vacancy.wants_people() && permitted(vacancy));
            // Why: in the order of posting, and not of ids, which hold chance.
            let mut short: Vec<_> = short.map(|v| (v.posted_sequence, v.id.clone())).collect();
            short.sort_unstable();
            (short, city.register_needed)
        };
        if vacancies.is_empty() {
            return Ok(());
        }
        // Why: rosters that were taken in before the vacancy must be seen.
        let patience = std::time::Duration::from_secs(10);
        let seen = self.live.wait_cards(register, patience).await;
        seen.map_err(|refusal| TryAgain(refusal.to_string()))?;
        for (_, vacancy) in vacancies {
            self.fill(&vacancy, now).await?;
        }
        Ok(())
    }
}
