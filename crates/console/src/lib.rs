//! The web pages, embedded: plain HTML, one style sheet, ES modules and the
//! words in both languages, served as they stand in `assets/`. Nothing here
//! reads data: the pages ask the API, with the key of whoever looks at them.

use axum::{
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse as _,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// What the page may do: run and load what this origin serves, and talk to
/// this origin. No inline script or style, no frame, no form that is sent, no
/// string that becomes markup.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// On every answer, also on refusals.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// The pages: `/`, and what they are made of under `/assets/`. A path that is
/// not a page is a bare 404.
pub fn router() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(page))
        .routes(routes!(asset))
        .layer(axum::middleware::map_response(harden))
}

/// The page for people.
#[utoipa::path(
    get,
    path = "/",
    tag = "page",
    security(()),
    params(("If-None-Match" = Option<String>, Header, description = "The copy that you have")),
    responses(
        (status = 200, body = String, content_type = "text/html", headers(("ETag" = String))),
        (status = 304, description = "Your copy is the same"),
    ),
)]
async fn page(headers: HeaderMap) -> Response<Body> {
    serve("index.html", &headers)
}

/// What the page is made of.
#[utoipa::path(
    get,
    path = "/assets/{file}",
    tag = "page",
    security(()),
    params(("If-None-Match" = Option<String>, Header, description = "The copy that you have")),
    responses(
        (status = 200, content(
            (String = "text/css"),
            (String = "text/javascript"),
            (String = "application/json"),
            (String = "image/svg+xml"),
        ), headers(("ETag" = String))),
        (status = 304, description = "Your copy is the same"),
    ),
    extensions(("x-refusals" = json!(["request.unknown_path"]))),
)]
async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response<Body> {
    // Why: the page itself has one address, which is `/`.
    if file == "index.html" { missing() } else { serve(&file, &headers) }
}

async fn harden(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn serve(file: &str, request: &HeaderMap) -> Response<Body> {
    let Some((found, kind)) = Assets::get(file).zip(media_type(file)) else { return missing() };
    let tag = etag(&found);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        // Why: the names carry no version, so a copy is asked about each time
        // and answered in a few bytes while it is the same.
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if has(request, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Bytes::from(found.data.into_owned())).into_response()
}

fn missing() -> Response<Body> {
    StatusCode::NOT_FOUND.into_response()
}

/// A strong tag: the first half of the file's SHA-256.
fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Whether the asker has this copy: `If-None-Match` (RFC 9110, 13.1.2), whose
/// comparison is the weak one.
fn has(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim())
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// Only what the pages are made of has a type; nothing else is served.
fn media_type(file: &str) -> Option<&'static str> {
    Some(match file.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}
