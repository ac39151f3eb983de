//! Bodies and queries, read with an answer for whatever is wrong with them.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{StatusCode, header, request::Parts},
};
use bytes::Bytes;
use gongqiao_contract::{Code, Refusal};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::problem::Problem;

/// A JSON body of a known form, with the bytes it came as.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// As it came; what an Idempotency-Key is compared by.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request.headers().get(header::CONTENT_TYPE);
        // Why: without a type it is taken for JSON; people forget it.
        let is_json = media.is_none_or(|m| m.to_str().is_ok_and(|m| m.contains("json")));
        if !is_json {
            return Err(Refusal::new(Code::BodyMediaType)
                .with("accepted", "application/json")
                .into());
        }
        let bytes = read(request, state).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// What is read of a body that is too large before it is refused: a caller
/// that is still sending would else see a broken connection and no answer.
const DRAINED: usize = 16 << 20;

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let limit = request.extensions().get::<JsonLimit>().map_or(usize::MAX, |limit| limit.0);
    if declared.is_some_and(|bytes| bytes > limit) {
        // Why: whether it could be read to its end makes no difference.
        let _ = axum::body::to_bytes(request.into_body(), DRAINED).await;
        return Err(Code::BodyTooLarge.into());
    }
    Bytes::from_request(request, state).await.map_err(|e| unreadable(&e))
}

/// The largest JSON body, as an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct JsonLimit(pub usize);

/// The refusal for a body that did not arrive whole.
pub fn unreadable(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::new(Code::BodyTooLarge)
    } else {
        Refusal::new(Code::BodyMalformed).with("why", "it did not arrive whole")
    }
}

/// Reads JSON.
///
/// # Errors
/// The refusal names the place, as a JSON pointer.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| explain(&e))?;
    deserializer.end().map_err(|_| {
        Refusal::new(Code::BodyMalformed).with("why", "something follows after the JSON value")
    })?;
    Ok(value)
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let why = without_position(&error.inner().to_string());
    let mut pointer = pointer(error.path());
    if error.inner().is_syntax() || error.inner().is_eof() {
        return if why.starts_with("recursion limit") {
            Refusal::new(Code::BodyTooDeep)
        } else {
            Refusal::new(Code::BodyMalformed).with("why", why)
        };
    }
    match why.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((field, _)) => {
            if !pointer.ends_with(&format!("/{field}")) {
                pointer = format!("{pointer}/{}", escape(field));
            }
            Refusal::new(Code::BodyUnknownField).with("why", field).at(pointer)
        }
        None => Refusal::new(Code::BodyWrongType).with("why", why).at(pointer),
    }
}

fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).chars().take(200).collect()
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A query string of a known form.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|q| Self(q.0)).map_err(|e| {
            Refusal::new(Code::RequestQuery).with("why", e.body_text().replace('\n', " ")).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::wire::PostVacancy;

    use super::*;

    fn refused(text: &str) -> (Code, Option<String>) {
        let refusal = parse::<PostVacancy>(text.as_bytes()).unwrap_err();
        (refusal.code, refusal.pointer)
    }

    #[test]
    fn what_is_wrong_with_a_body_is_named_with_its_place() {
        let at = |pointer: &str| Some(pointer.to_owned());
        assert_eq!(refused("{"), (Code::BodyMalformed, None));
        assert_eq!(refused("{} {}"), (Code::BodyMalformed, None));
        assert_eq!(
            refused(r#"{"terms":{"titel":"x"}}"#),
            (Code::BodyUnknownField, at("/terms/titel"))
        );
        assert_eq!(
            refused(r#"{"terms":{"headcount":"many"}}"#),
            (Code::BodyWrongType, at("/terms/headcount"))
        );
        assert_eq!(
            refused(r#"{"terms":{"pay":{"unit":"WEEK"}}}"#),
            (Code::BodyWrongType, at("/terms/pay/unit"))
        );
        assert!(parse::<serde_json::Value>(&b"[".repeat(100_000)).is_err());
        assert_eq!(
            parse::<serde_json::Value>(&b"[".repeat(100_000)).unwrap_err().code,
            Code::BodyTooDeep
        );
    }
}
