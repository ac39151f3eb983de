//! The HTTP door of the gate. One file per kind of thing; a handler parses,
//! submits and answers, and decides nothing.

mod agreements;
mod cases;
pub(crate) mod dispatches;
mod parked;
mod parties;
mod people;
mod register;
mod reports;
pub(crate) mod signals;
mod subscriptions;
pub(crate) mod vacancies;
mod webhooks;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use gongqiao_access::{Caller, Problem};
use gongqiao_contract::{Code, Refusal};
use gongqiao_domain::decide::{Ages, Command};
use gongqiao_roster::Format;
use utoipa::{
    IntoParams,
    openapi::{
        Object, Type,
        path::{Parameter, ParameterIn},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Gate,
    commit::{Accepted, Idempotency, Submission},
    receipt::{self, Receipt},
};

/// Everything that writes.
pub fn router(gate: Gate) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(parties::routes())
        .merge(agreements::routes())
        .merge(register::routes(gate.upload_limit))
        .merge(vacancies::routes(gate.upload_limit))
        .merge(signals::routes())
        .merge(dispatches::routes(gate.upload_limit))
        .merge(cases::routes())
        .merge(reports::routes())
        .merge(people::routes())
        .merge(subscriptions::routes())
        .merge(webhooks::routes())
        .merge(parked::routes())
        .with_state(gate)
}

/// An answer to a command that made something (201) or changed it (200).
struct Answer {
    accepted: Accepted,
    made_under: Option<&'static str>,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let location = self.made_under.map(|path| format!("{path}/{}", self.accepted.entity));
        let receipt = axum::Json(Receipt::from(self.accepted));
        let Some(location) = location else { return receipt.into_response() };
        let mut response = (StatusCode::CREATED, receipt).into_response();
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// The Idempotency-Key of a request, if it has one, and its path.
struct Key {
    key: Option<String>,
    path: String,
}

impl Key {
    /// What makes this request of this caller recognisable.
    fn of(&self, caller: &Caller, body: &[u8]) -> Result<Option<Idempotency>, Refusal> {
        let key = self.key.as_ref();
        key.map(|text| receipt::idempotency(&caller.0.party, text, &self.path, body)).transpose()
    }
}

impl IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = Object::builder().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
        let header = Parameter::builder().name("Idempotency-Key").parameter_in(ParameterIn::Header);
        let words = "The same request under the same key has the first answer, days later too";
        vec![header.description(Some(words)).schema(Some(text)).build()]
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key").map(|value| {
            value.to_str().map(str::to_owned).map_err(|_| Refusal::new(Code::IdempotencyShape))
        });
        Ok(Self { key: key.transpose()?, path: parts.uri.path().to_owned() })
    }
}

/// The form of an upload, by its `Content-Type` or its bytes.
fn form_of(media: Option<&HeaderValue>, bytes: &[u8]) -> Result<Format, Refusal> {
    match media.and_then(|media| media.to_str().ok()) {
        // Why: browsers and curl send these when they do not know better.
        None | Some("application/x-www-form-urlencoded") => Ok(Format::sniff(bytes)),
        Some(named) => Format::of(named, bytes)
            .ok_or_else(|| Refusal::new(Code::BodyMediaType).with("accepted", Format::MEDIA_TYPES)),
    }
}

/// What may stand beside a row of an upload's report: codes that begin so.
fn notes(begin: &[&str]) -> Vec<Code> {
    let all = Code::ALL.iter().copied();
    all.filter(|code| begin.iter().any(|begin| code.as_str().starts_with(begin))).collect()
}

/// An id in the path, parsed.
struct Id<T>(T);

impl<T: std::str::FromStr + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let malformed = || Refusal::new(Code::RequestId);
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| malformed())?;
        Ok(Self(text.parse().map_err(|_| malformed())?))
    }
}

impl Gate {
    /// The first answer to this request, or else the refusal.
    async fn first_answer(
        &self,
        caller: &Caller,
        key: &Key,
        body: &[u8],
        refusal: Refusal,
    ) -> Result<Accepted, Refusal> {
        let idempotency = key.of(caller, body)?;
        self.committer.first_answer(idempotency.as_ref(), refusal).await
    }

    /// Submits a command of a caller.
    async fn submit(
        &self,
        caller: Caller,
        key: Key,
        body: &[u8],
        command: Command,
    ) -> Result<Accepted, Refusal> {
        self.submit_knowing(caller, key, body, command, Ages::default()).await
    }

    /// Submits a command about people whose ages were looked at.
    async fn submit_knowing(
        &self,
        caller: Caller,
        key: Key,
        body: &[u8],
        command: Command,
        ages: Ages,
    ) -> Result<Accepted, Refusal> {
        let idempotency = key.of(&caller, body)?;
        let speaker = caller.0;
        self.committer.submit(Submission { speaker, command, idempotency, ages }).await
    }
}

fn made(accepted: Accepted, under: &'static str) -> Answer {
    Answer { accepted, made_under: Some(under) }
}

fn changed(accepted: Accepted) -> Answer {
    Answer { accepted, made_under: None }
}
