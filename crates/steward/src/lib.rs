//! What time does, and what follows from an end: holds expire, signals
//! escalate or are recalled, vacancies lapse, agreements end. Each is an
//! event that goes through the gate like any other; folds read no clock.

mod due;
mod merge;
mod permissions;
mod retention;

pub use retention::Retention;

use gongqiao_access::{
    Live,
    react::{React, TryAgain},
};
use gongqiao_client::{Client, ClientError};
use parking_lot::Mutex;
use serde_json::json;
use time::OffsetDateTime;

pub use permissions::Permissions;

use crate::{
    due::{Due, due},
    merge::Proposal,
};

/// How often it is looked for people who are erased by time. Why not at each
/// event: the whole register is gone through.
const LOOK_OVER: time::Duration = time::Duration::hours(1);
/// People who are erased after one look.
const ERASED_AT_ONCE: usize = 500;

/// The steward.
pub struct Steward {
    live: Live,
    gate: Client,
    retention: Retention,
    /// When the register was last gone through to its end.
    looked: Mutex<Option<OffsetDateTime>>,
}

impl Steward {
    /// A steward that speaks to `gate` as a service.
    pub fn new(live: Live, gate: Client, retention: Retention) -> Self {
        Self { live, gate, retention, looked: Mutex::new(None) }
    }

    /// Has those erased whose data is no longer needed.
    async fn look_over(&self, now: OffsetDateTime) -> Result<(), TryAgain> {
        let recent = |at: OffsetDateTime| now >= at && now - at < LOOK_OVER;
        if !self.retention.is_on() || self.looked.lock().is_some_and(recent) {
            return Ok(());
        }
        loop {
            let over = {
                let (city, register) = (self.live.city(), self.live.register());
                self.retention.over(&city, &register, now, ERASED_AT_ONCE)
            };
            let all = over.len() < ERASED_AT_ONCE;
            let mut erased = 0;
            for card in over {
                let body = json!({ "reason": "RETENTION" });
                let path = format!("/v1/people/{card}/erase");
                let sent = self.gate.post(&path, &body, None).await;
                erased += usize::from(sent.is_ok());
                settled("erase_by_time", sent)?;
            }
            // Why: whoever is refused would be found again at once.
            if all || erased == 0 {
                *self.looked.lock() = Some(now);
                return Ok(());
            }
        }
    }

    async fn carry_out(&self, due: Due) -> Result<(), TryAgain> {
        let name = due.name();
        let sent = match due {
            Due::EscalateSignals { vacancy, points } => {
                let body = json!({ "points": points });
                self.gate.post(&format!("/v1/vacancies/{vacancy}/escalate"), &body, None).await
            }
            Due::RecallSignals { vacancy, points } => {
                let body = json!({ "points": points });
                self.gate.post(&format!("/v1/vacancies/{vacancy}/recall"), &body, None).await
            }
            Due::LapseVacancy(id) => {
                self.gate.post_empty(&format!("/v1/vacancies/{id}/lapse")).await
            }
            Due::EndHolds { vacancy, cards, why } => {
                let body = json!({ "cards": cards, "why": why.as_str_name() });
                self.gate.post(&format!("/v1/vacancies/{vacancy}/release"), &body, None).await
            }
            Due::EndAgreement(id) => {
                self.gate.post_empty(&format!("/v1/agreements/{id}/end")).await
            }
            Due::PromoteStandby(id) => {
                self.gate.post_empty(&format!("/v1/vacancies/{id}/promote")).await
            }
            Due::OpenFollowUp { onboarding, day } => {
                // Why: as proto3 writes a 64-bit number in JSON.
                let onboarding = onboarding.to_string();
                let body = json!({ "followUp": { "onboarding": onboarding, "day": day } });
                self.gate.post("/v1/cases", &body, None).await
            }
            Due::ProposeMerge(Proposal { host, guests }) => {
                let body = json!({ "propose": { "guests": guests } });
                self.gate.post(&format!("/v1/dispatches/{host}/events"), &body, None).await
            }
            Due::ChaseDispatch(id) => {
                let body = json!({ "chase": {} });
                self.gate.post(&format!("/v1/dispatches/{id}/events"), &body, None).await
            }
        };
        settled(name, sent)
    }
}

fn settled<T>(name: &'static str, sent: Result<T, ClientError>) -> Result<(), TryAgain> {
    match sent {
        Ok(_) => {
            metrics::counter!("steward_acts_total", "act" => name).increment(1);
            Ok(())
        }
        // Why: somebody was faster, and the city is looked at again.
        Err(ClientError::Refused(problem)) if problem.status != 503 => {
            tracing::info!(act = name, code = problem.code, "steward.refused");
            Ok(())
        }
        Err(e) => Err(TryAgain(e.to_string())),
    }
}

impl React for Steward {
    const NAME: &'static str = "steward";

    async fn react(&self, now: OffsetDateTime) -> Result<(), TryAgain> {
        let all = due(&self.live.city(), now);
        for one in all {
            self.carry_out(one).await?;
        }
        self.look_over(now).await
    }
}
