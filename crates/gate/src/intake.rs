//! The NATS door of the gate: what parties say under `gq.v1.in.>`, each with
//! an answer on its reply subject. The party comes from the subject, into which
//! the broker puts it, and the person from what the broker tells of the user;
//! neither from anything that is sent.
//!
//! Why no stream in between: the answer says that a fact is on disk, and
//! whoever gets none sends again under the same `Nats-Msg-Id`. A queue would
//! make a second promise beside that one.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use gongqiao_access::{
    auth, body, problem,
    refusals::{self, Door, Presented},
};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::{NotAToken, PartyId, SignalId},
    subject, wire,
};
use gongqiao_domain::decide::{Ages, Command, Speaker};
use gongqiao_stream::{Connection, Request, StreamError, requests};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    Gate,
    commit::{Accepted, Submission},
    http::{dispatches, signals, vacancies},
    receipt::{self, Receipt},
};

/// Requests that are worked on at once.
const AT_ONCE: usize = 256;
/// One thing that a party may say.
#[derive(Debug, Clone, Copy)]
pub struct Saying {
    /// The subject behind the party, with the name of an id in braces.
    pub subject: &'static str,
    /// The message of `proto/` that is sent with it, if there is one.
    pub body: Option<&'static str>,
    /// What it is for.
    pub summary: &'static str,
}

/// All that may be said.
pub const SAYINGS: [Saying; 8] = [
    saying("vacancies.post", Some("PostVacancy"), "Posts a demand for people"),
    saying("vacancies.{vacancy}.update", Some("UpdateVacancy"), "Replaces the terms of a vacancy"),
    saying("vacancies.{vacancy}.reduce", Some("ReduceVacancy"), "Asks for fewer people"),
    saying("vacancies.{vacancy}.withdraw", None, "Withdraws a vacancy"),
    saying(
        "dispatches.{dispatch}.events",
        Some("RecordDispatchEvent"),
        "Records what happened to a group, or to people of it",
    ),
    saying("signals.{signal}.answer", Some("AnswerSignal"), "Answers a signal"),
    saying("subscriptions.open", Some("OpenSubscription"), "Opens a feed"),
    saying("subscriptions.{subscription}.close", None, "Closes a feed"),
];

const fn saying(
    subject: &'static str,
    body: Option<&'static str>,
    summary: &'static str,
) -> Saying {
    Saying { subject, body, summary }
}

/// Takes what parties say until `stop`.
///
/// # Errors
/// The broker can't be reached at the start.
pub async fn serve(
    gate: Gate,
    connection: Connection,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    let mut asked = std::pin::pin!(requests(&connection, subject::INTAKE, "gate").await?);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(Some(request)) = stop.run_until_cancelled(asked.next()).await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (gate, connection) = (gate.clone(), connection.clone());
        tokio::spawn(async move {
            answer(&gate, &connection, &request).await;
            drop(place);
        });
    }
    Ok(())
}

async fn answer(gate: &Gate, connection: &Connection, request: &Request) {
    let lang = Lang::from_accept(request.language.as_deref().unwrap_or_default());
    let (status, said) = match take(gate, request).await {
        Ok(accepted) => (201, json!(Receipt::from(accepted))),
        Err(refusal) => {
            was_refused(gate, request, refusal.code);
            (problem::status(refusal.code.kind()).as_u16(), problem::document(&refusal, lang))
        }
    };
    let headers =
        [("Content-Type", "application/json".to_owned()), ("Gq-Status", status.to_string())];
    if let Err(e) = request.answer(connection, &headers, Bytes::from(said.to_string())).await {
        tracing::warn!(code = e.code(), error = %e, "intake.answer");
    }
}

/// Counts and logs a refusal; for want of permission, it is kept too.
fn was_refused(gate: &Gate, request: &Request, code: Code) {
    let party = subject::parse_intake(&request.subject).map(|(party, _)| party);
    let user = request.user.as_deref();
    let by = party.map(|party| Presented::by_nats_user(&gate.api, party, user)).unwrap_or_default();
    let (name, subject) = (code.as_str(), refusals::printable(&request.subject));
    tracing::warn!(code = name, subject, party = by.party(), key = by.key(), "intake.refused");
    metrics::counter!("intake_refusals_total", "code" => name).increment(1);
    let now = gate.api.clock.now();
    gate.api.refusals.note(now, Door::Nats { subject: &subject }, by, code);
}

async fn take(gate: &Gate, request: &Request) -> Result<Accepted, Refusal> {
    let (party, tokens) = subject::parse_intake(&request.subject).ok_or_else(unknown)?;
    let user = request.user.as_deref().ok_or(Code::NatsUser)?;
    let speaker = auth::of_nats_user(&gate.api, &party, user)?;
    let idempotency = match &request.id {
        Some(id) => {
            let path = &request.subject;
            Some(receipt::idempotency(&party, id, path, &request.payload)?)
        }
        None => None,
    };
    let (command, ages) = match command(gate, &speaker, &tokens, request).await {
        Ok(command) => command,
        // Why: time alone may have made wrong what was taken before.
        Err(refusal) => {
            return gate.committer.first_answer(idempotency.as_ref(), refusal).await;
        }
    };
    gate.committer.submit(Submission { speaker, command, idempotency, ages }).await
}

fn unknown() -> Refusal {
    let known = SAYINGS.map(|one| one.subject.replace('{', "<").replace('}', ">"));
    Refusal::new(Code::NatsSubject).with("known", known.join(", "))
}

/// What is asked for, with the ages that were looked at for it.
async fn command(
    gate: &Gate,
    speaker: &Speaker,
    tokens: &[&str],
    request: &Request,
) -> Result<(Command, Ages), Refusal> {
    let id = |code: Code| move |_| Refusal::new(code);
    let command = match tokens {
        ["vacancies", "post"] => {
            let ask: wire::PostVacancy = read(request)?;
            Command::PostVacancy { enterprise: None, terms: vacancies::checked(gate, ask.terms)? }
        }
        ["vacancies", vacancy, "update"] => {
            let vacancy = vacancy.parse().map_err(id(Code::VacancyNotFound))?;
            let ask: wire::UpdateVacancy = read(request)?;
            Command::UpdateVacancy { vacancy, terms: vacancies::checked(gate, ask.terms)? }
        }
        ["vacancies", vacancy, "reduce"] => {
            let vacancy = vacancy.parse().map_err(id(Code::VacancyNotFound))?;
            let ask: wire::ReduceVacancy = read(request)?;
            Command::ReduceVacancy { vacancy, headcount: ask.headcount }
        }
        ["vacancies", vacancy, "withdraw"] => {
            Command::WithdrawVacancy(vacancy.parse().map_err(id(Code::VacancyNotFound))?)
        }
        ["subscriptions", "open"] => Command::OpenSubscription(read(request)?),
        ["subscriptions", subscription, "close"] => {
            let subscription = subscription.parse().map_err(id(Code::SubscriptionNotFound))?;
            Command::CloseSubscription(subscription)
        }
        ["dispatches", dispatch, "events"] => {
            let dispatch = dispatch.parse().map_err(id(Code::DispatchNotFound))?;
            return dispatches::recorded(gate, speaker, dispatch, read(request)?).await;
        }
        ["signals", token, "answer"] => {
            let signal = signal(&speaker.party, token)?;
            return signals::answered(gate, speaker, signal, read(request)?).await;
        }
        _ => return Err(unknown()),
    };
    Ok((command, Ages::default()))
}

/// A signal by its id; one's own by the vacancy alone.
fn signal(speaker: &PartyId, token: &str) -> Result<SignalId, Refusal> {
    let own = || Ok(SignalId { point: speaker.clone(), vacancy: token.parse()? });
    token.parse().or_else(|_| own()).map_err(|_: NotAToken| Code::SignalNotFound.into())
}

/// A body: JSON, or protobuf where the request says so.
fn read<T: DeserializeOwned + Message + Default>(request: &Request) -> Result<T, Refusal> {
    match request.content_type.as_deref() {
        Some(media) if media.contains("protobuf") => T::decode(request.payload.clone())
            .map_err(|e| Refusal::new(Code::BodyMalformed).with("why", e)),
        None => body::parse(&request.payload),
        Some(media) if media.contains("json") => body::parse(&request.payload),
        Some(_) => {
            let accepted = "application/json, application/protobuf";
            Err(Refusal::new(Code::BodyMediaType).with("accepted", accepted))
        }
    }
}
