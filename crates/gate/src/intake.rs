//! The NATS door of the gate: what parties say under `gq.v1.in.>`, each with
//! an answer on its reply subject. The party comes from the subject, into which
//! the broker puts it, and the person from what the broker tells of the user;
//! neither from anything that is sent.
//!
//! Why no stream in between: the answer says that a fact is on disk, and
//! whoever gets none sends again under the same `Nats-Msg-Id`. A queue would
//! make a second promise beside that one. What is not understood, and what
//! nobody would learn of, is parked for an operator (`parked`).

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use gongqiao_access::{
    auth, body,
    parked::MOST_BODY,
    problem,
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
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    Gate,
    commit::{Accepted, Idempotency, Submission},
    http::{dispatches, signals, vacancies},
    parked,
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
    // Why: what makes us stumble must not be lost, nor keep others waiting.
    let taken = AssertUnwindSafe(take(gate, request)).catch_unwind().await;
    let (status, said) = match taken.unwrap_or_else(|_| Err(Code::Internal.into())) {
        Ok(accepted) => (201, json!(Receipt::from(accepted))),
        Err(refusal) => {
            was_refused(gate, request, refusal.code);
            parked::keep(gate, request, &refusal).await;
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
    if request.payload.len() > MOST_BODY {
        return Err(Code::BodyTooLarge.into());
    }
    let idempotency = match &request.id {
        Some(id) => {
            let path = &request.subject;
            Some(receipt::idempotency(&party, id, path, &request.payload)?)
        }
        None => None,
    };
    let said = Said { body: &request.payload, media: request.content_type.as_deref() };
    carry_out(gate, speaker, &tokens, said, idempotency).await
}

/// What is said, as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// The body.
    pub(crate) body: &'a Bytes,
    /// Its `Content-Type`.
    pub(crate) media: Option<&'a str>,
}

/// Has carried out what a speaker says, or gives the first answer to it.
pub(crate) async fn carry_out(
    gate: &Gate,
    speaker: Speaker,
    tokens: &[&str],
    said: Said<'_>,
    idempotency: Option<Idempotency>,
) -> Result<Accepted, Refusal> {
    match command(gate, &speaker, tokens, said).await {
        Ok((command, ages)) => {
            gate.committer.submit(Submission { speaker, command, idempotency, ages }).await
        }
        // Why: time alone may have made wrong what was taken before.
        Err(refusal) => gate.committer.first_answer(idempotency.as_ref(), refusal).await,
    }
}

/// What a body says, by the type that belongs to its subject.
///
/// # Errors
/// The refusal of what is not understood.
pub(crate) fn decoded(tokens: &[&str], said: Said<'_>) -> Result<Value, Refusal> {
    fn as_json<T: DeserializeOwned + Serialize + Message + Default>(
        said: Said<'_>,
    ) -> Result<Value, Refusal> {
        let read: T = read(said)?;
        serde_json::to_value(&read).map_err(|_| Code::Internal.into())
    }
    match tokens {
        ["vacancies", "post"] => as_json::<wire::PostVacancy>(said),
        ["vacancies", _, "update"] => as_json::<wire::UpdateVacancy>(said),
        ["vacancies", _, "reduce"] => as_json::<wire::ReduceVacancy>(said),
        ["vacancies", _, "withdraw"] | ["subscriptions", _, "close"] => Ok(Value::Null),
        ["subscriptions", "open"] => as_json::<wire::OpenSubscription>(said),
        ["dispatches", _, "events"] => as_json::<wire::RecordDispatchEvent>(said),
        ["signals", _, "answer"] => as_json::<wire::AnswerSignal>(said),
        _ => Err(unknown()),
    }
}

pub(crate) fn unknown() -> Refusal {
    let known = SAYINGS.map(|one| one.subject.replace('{', "<").replace('}', ">"));
    Refusal::new(Code::NatsSubject).with("known", known.join(", "))
}

/// What is asked for, with the ages that were looked at for it.
pub(crate) async fn command(
    gate: &Gate,
    speaker: &Speaker,
    tokens: &[&str],
    said: Said<'_>,
) -> Result<(Command, Ages), Refusal> {
    let id = |code: Code| move |_| Refusal::new(code);
    let command = match tokens {
        ["vacancies", "post"] => {
            let ask: wire::PostVacancy = read(said)?;
            Command::PostVacancy { enterprise: None, terms: vacancies::checked(gate, ask.terms)? }
        }
        ["vacancies", vacancy, "update"] => {
            let vacancy = vacancy.parse().map_err(id(Code::VacancyNotFound))?;
            let ask: wire::UpdateVacancy = read(said)?;
            Command::UpdateVacancy { vacancy, terms: vacancies::checked(gate, ask.terms)? }
        }
        ["vacancies", vacancy, "reduce"] => {
            let vacancy = vacancy.parse().map_err(id(Code::VacancyNotFound))?;
            let ask: wire::ReduceVacancy = read(said)?;
            Command::ReduceVacancy { vacancy, headcount: ask.headcount }
        }
        ["vacancies", vacancy, "withdraw"] => {
            Command::WithdrawVacancy(vacancy.parse().map_err(id(Code::VacancyNotFound))?)
        }
        ["subscriptions", "open"] => Command::OpenSubscription(read(said)?),
        ["subscriptions", subscription, "close"] => {
            let subscription = subscription.parse().map_err(id(Code::SubscriptionNotFound))?;
            Command::CloseSubscription(subscription)
        }
        ["dispatches", dispatch, "events"] => {
            let dispatch = dispatch.parse().map_err(id(Code::DispatchNotFound))?;
            return dispatches::recorded(gate, speaker, dispatch, read(said)?).await;
        }
        ["signals", token, "answer"] => {
            let signal = signal(&speaker.party, token)?;
            return signals::answered(gate, speaker, signal, read(said)?).await;
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
fn read<T: DeserializeOwned + Message + Default>(said: Said<'_>) -> Result<T, Refusal> {
    match said.media {
        Some(media) if media.contains("protobuf") => T::decode(said.body.clone())
            .map_err(|e| Refusal::new(Code::BodyMalformed).with("why", e)),
        None => body::parse(said.body),
        Some(media) if media.contains("json") => body::parse(said.body),
        Some(_) => {
            let accepted = "application/json, application/protobuf";
            Err(Refusal::new(Code::BodyMediaType).with("accepted", accepted))
        }
    }
}
