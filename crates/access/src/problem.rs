//! Refusals as problem+json (RFC 9457). This is the one place where a kind
//! of refusal becomes a status.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::Next,
    response::IntoResponse,
};
use gongqiao_contract::{Code, Kind, Lang, Refusal, id::check_token};
use serde_json::{Value, json};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    api::Api,
    auth,
    openapi::Documented,
    refusals::{self, Door, Presented, Refusals},
};

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
        Kind::Gone => StatusCode::GONE,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What the rendering of refusals needs to know.
#[derive(Clone)]
pub struct Rendering {
    /// Who speaks, and what is kept of refused attempts.
    pub api: Api,
    /// What each operation is said to be refused with.
    pub documented: Arc<Documented>,
}

/// Turns every refusal, and every answer of the framework that is no success,
/// into a problem in the language of the request; what was refused for want of
/// permission is kept for the operator.
pub async fn render(
    State(rendering): State<Rendering>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Rendering { api, documented } = rendering;
    let asked = Asked::of(&request);
    let id = request_id(&request);
    let span = tracing::info_span!(
        "http.request",
        request_id = id,
        method = %asked.method,
        path = asked.path,
    );
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = match refused(&response) {
        Some(refusal) => {
            span.in_scope(|| {
                asked.was_refused(&api, &refusal);
                asked.compare(&documented, refusal.code);
            });
            to_response(&refusal, asked.lang)
        }
        None => response,
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What is still to be known of a request when it is answered.
struct Asked {
    lang: Lang,
    method: Method,
    path: String,
    authorization: Option<HeaderValue>,
    /// The path of the route, as `/v1/vacancies/{vacancy}`.
    route: Option<MatchedPath>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        let lang = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            lang: lang.map(Lang::from_accept).unwrap_or_default(),
            method: request.method().clone(),
            path: refusals::printable(request.uri().path()),
            authorization: headers.get(header::AUTHORIZATION).cloned(),
            route: request.extensions().get().cloned(),
        }
    }

    /// Says when a refusal is none that the document names for the operation.
    fn compare(&self, documented: &Documented, code: Code) {
        let route = self.route.as_ref().map_or("", MatchedPath::as_str);
        if !documented.names(self.method.as_str(), route, code) {
            tracing::error!(code = code.as_str(), route, "http.undocumented");
        }
    }

    /// Counts a refusal; for want of permission, it is kept and logged too.
    fn was_refused(&self, api: &Api, refusal: &Refusal) {
        let code = refusal.code.as_str();
        metrics::counter!("http_refusals_total", "code" => code).increment(1);
        if refusal.code == Code::Internal {
            tracing::error!("http.internal");
        }
        if Refusals::concern(refusal.code) {
            let token = self.authorization.as_ref().and_then(auth::bearer);
            let by = token.map(|token| Presented::by_token(api, token)).unwrap_or_default();
            tracing::warn!(code, party = by.party(), key = by.key(), "http.refused");
            let door = Door::Http { method: self.method.as_str(), path: &self.path };
            api.refusals.note(api.clock.now(), door, by, refusal.code);
        }
    }
}

/// The caller's own id for the request if it is a token, or a new one.
fn request_id(request: &Request) -> String {
    let named = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match named {
        Some(named) if check_token(named).is_ok() => named.to_owned(),
        _ => Uuid::new_v4().simple().to_string(),
    }
}

/// The refusal that an answer stands for.
fn refused(response: &Response<Body>) -> Option<Refusal> {
    match response.extensions().get::<Problem>() {
        Some(problem) => Some(problem.0.clone()),
        None => framework(response).map(Refusal::new),
    }
}

/// What a bare answer of the framework means.
fn framework(response: &Response<Body>) -> Option<Code> {
    // Why: what has a content type was written by a handler of ours.
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|t| *t == "application/json") {
        return None;
    }
    Some(match response.status() {
        StatusCode::NOT_FOUND => Code::RequestPath,
        // Why: the only one that no handler of ours writes is of a path whose
        // ids are no text.
        StatusCode::BAD_REQUEST => Code::RequestId,
        StatusCode::METHOD_NOT_ALLOWED => Code::RequestMethod,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        status if status.is_server_error() => Code::Internal,
        _ => return None,
    })
}

/// A refusal as a problem, as every door answers it.
pub fn document(refusal: &Refusal, lang: Lang) -> Value {
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
    body
}

fn to_response(refusal: &Refusal, lang: Lang) -> Response<Body> {
    let body = document(refusal, lang);
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status(refusal.code.kind());
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
