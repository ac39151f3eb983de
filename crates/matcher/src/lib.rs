//! From register and vacancies to signals. Watches the log, plans quotas by
//! the rules of `domain::matching`, and proposes through the gate. It decides
//! nothing: a person answers every signal, and the gate checks everything.

mod plan;

use std::time::Duration;

use gongqiao_access::{
    Live,
    react::{React, TryAgain},
};
use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{
    codes::{Calendar, Office, deadline},
    id::VacancyId,
    wire::raise_signals,
};
use serde::Serialize;
use time::OffsetDateTime;

/// Most points that are asked in one request.
const AT_ONCE: usize = 100;

/// How long points have to answer, in hours of their desks' time.
#[derive(Debug, Clone, Copy)]
pub struct Respond {
    /// Office hours of working days.
    pub ordinary: Duration,
    /// Hours of any day, where it is urgent.
    pub urgent: Duration,
}

impl Respond {
    fn by(self, urgent: bool, now: OffsetDateTime) -> OffsetDateTime {
        let (work, office) = if urgent {
            (self.urgent, Office::urgent())
        } else {
            (self.ordinary, Office::ordinary())
        };
        deadline(now, work, &office, Calendar::china())
    }
}

/// The matcher.
pub struct Matcher {
    live: Live,
    gate: Client,
    respond: Respond,
}

#[derive(Serialize)]
struct RaiseSignals<'a> {
    asks: &'a [raise_signals::Ask],
}

impl Matcher {
    /// A matcher that speaks to `gate` as a service, and gives points
    /// `respond` to answer.
    pub fn new(live: Live, gate: Client, respond: Respond) -> Self {
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
            // Why: the gate would refuse to ask for the others, each time anew.
            let short = open.filter(|v| v.wants_people() && city.may_promise(v, now));
            // Why: in the order of posting, and not of ids, which hold chance.
            let mut short: Vec<_> = short.map(|v| (v.posted_sequence, v.id.clone())).collect();
            short.sort_unstable();
            (short, city.register_needed)
        };
        if vacancies.is_empty() {
            return Ok(());
        }
        // Why: rosters that were taken in before the vacancy must be seen.
        let patience = Duration::from_secs(10);
        let seen = self.live.wait_cards(register, patience).await;
        seen.map_err(|refusal| TryAgain(refusal.to_string()))?;
        for (_, vacancy) in vacancies {
            self.fill(&vacancy, now).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_desk_has_two_working_days_and_where_it_is_urgent_one_day_of_any_kind() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let respond = Respond { ordinary: hours(14), urgent: hours(12) };
        let friday = datetime!(2021-07-16 15:30 +8);
        assert_eq!(respond.by(false, friday), datetime!(2021-07-20 15:30 +8), "over a weekend");
        assert_eq!(respond.by(true, friday), datetime!(2021-07-17 15:30 +8));
        let night = datetime!(2021-07-17 23:00 +8);
        assert_eq!(respond.by(true, night), datetime!(2021-07-18 20:00 +8));
    }
}
