//! Refusals as problem+json (RFC 9457). This is the one place where a kind
//! of refusal becomes a status.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
    middleware::Next,
    response::IntoResponse,
};
use gongqiao_contract::{Code, Kind, Lang, Refusal, id::check_token};
use serde_json::json;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A refusal on its way out of a handler.
#[derive(Debug, Clone)]
pub struct Problem(pub Refusal);

impl<R: Into<Refusal>> From<R> for Problem {
    fn from(refusal: R) -> Self {
        Self(refusal.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.0.code.kind());
        // Why: the language is known to the middleware only.
        response.extensions_mut().insert(self);
        response
    }
}

/// The status of a kind of refusal.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Turns every refusal, and every answer of the framework that is no success,
/// into a problem in the language of the request.
pub async fn render(request: Request, next: Next) -> Response<Body> {
    let lang = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(Lang::from_accept)
        .unwrap_or_default();
    let id = request_id(&request);
    let span = tracing::info_span!(
        "http.request",
        request_id = id,
        method = %request.method(),
        path = request.uri().path(),
    );
    let mut response = answer(next.run(request).instrument(span.clone()).await, lang, &span);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The caller's own id for the request if it is a token, or a new one.
fn request_id(request: &Request) -> String {
    let named = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match named {
        Some(named) if check_token(named).is_ok() => named.to_owned(),
        _ => Uuid::new_v4().simple().to_string(),
    }
}

fn answer(response: Response<Body>, lang: Lang, span: &Span) -> Response<Body> {
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.0.clone(),
        None => match framework(&response) {
            Some(code) => Refusal::new(code),
            None => return response,
        },
    };
    if problem.code == Code::Internal {
        span.in_scope(|| tracing::error!("http.internal"));
    }
    metrics::counter!("http_refusals_total", "code" => problem.code.as_str()).increment(1);
    to_response(&problem, lang)
}

/// What a bare answer of the framework means.
fn framework(response: &Response<Body>) -> Option<Code> {
    // Why: what has a content type was written by a handler of ours.
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|t| *t == "application/json") {
        return None;
    }
    Some(match response.status() {
        StatusCode::NOT_FOUND => Code::RequestPath,
        StatusCode::METHOD_NOT_ALLOWED => Code::RequestMethod,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        status if status.is_server_error() => Code::Internal,
        _ => return None,
    })
}

fn to_response(refusal: &Refusal, lang: Lang) -> Response<Body> {
    let status = status(refusal.code.kind());
    let mut body = json!({
        "type": format!("urn:gongqiao:problem:{}", refusal.code.as_str()),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "code": refusal.code.as_str(),
        "detail": refusal.detail(lang),
    });
    if let Some(pointer) = &refusal.pointer {
        body["errors"] = json!([{ "pointer": pointer, "detail": refusal.detail(lang) }]);
        body["pointer"] = json!(pointer);
    }
    let words = refusal.words.iter().map(|(name, words)| (*name, words.of(lang)));
    let params = refusal.params.iter().map(|(name, value)| (*name, value.as_str())).chain(words);
    let params: BTreeMap<_, _> = params.collect();
    if !params.is_empty() {
        body["params"] = json!(params);
    }
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(if lang == Lang::Zh { "zh-CN" } else { "en" }),
    );
    match refusal.code.kind() {
        Kind::Unavailable => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Kind::TooMany => {
            let seconds = refusal.params.iter().find(|(name, _)| *name == "seconds");
            let seconds = seconds.and_then(|(_, value)| HeaderValue::from_str(value).ok());
            headers.insert(header::RETRY_AFTER, seconds.unwrap_or(HeaderValue::from_static("1")));
        }
        Kind::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    response
}
