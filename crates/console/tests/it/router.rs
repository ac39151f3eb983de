use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode, header},
};
use gongqiao_console::{CONTENT_SECURITY_POLICY, router};
use tower::ServiceExt as _;

use crate::assets;

async fn ask(method: Method, path: &str, if_none_match: Option<&str>) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(tag) = if_none_match {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    router().split_for_parts().0.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn get(path: &str) -> Response<Body> {
    ask(Method::GET, path, None).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

fn check_hardened(headers: &HeaderMap) {
    let expected = [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(header(headers, name), value, "{name}");
    }
    assert!(headers.contains_key("permissions-policy"));
}

fn type_of(file: &str) -> &'static str {
    match file.rsplit_once('.').unwrap().1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        other => panic!("no type for {other}"),
    }
}

#[tokio::test]
async fn every_file_is_served_whole_with_its_type_and_strict_headers() {
    for (file, text) in assets() {
        let path = if file == "index.html" { "/".to_owned() } else { format!("/assets/{file}") };
        let response = get(&path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        check_hardened(response.headers());
        assert_eq!(header(response.headers(), "content-type"), type_of(&file), "{path}");
        assert_eq!(header(response.headers(), "cache-control"), "no-cache", "{path}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(body == text.as_bytes(), "{path} is not the file");
    }
}

#[tokio::test]
async fn a_copy_that_is_the_same_is_not_sent_again() {
    for path in ["/", "/assets/console.mjs"] {
        let first = get(path).await;
        let tag = header(first.headers(), "etag").to_owned();
        for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = ask(Method::GET, path, Some(&held)).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path} {held}");
            check_hardened(again.headers());
            assert_eq!(header(again.headers(), "etag"), tag);
            assert!(to_bytes(again.into_body(), 1).await.unwrap().is_empty());
        }
        let other = ask(Method::GET, path, Some("\"0123\"")).await;
        assert_eq!(other.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn files_have_tags_of_their_own() {
    let mut tags = Vec::new();
    for path in ["/", "/assets/console.mjs", "/assets/console.css", "/assets/api.mjs"] {
        tags.push(header(get(path).await.headers(), "etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "{tags:?}");
}

#[tokio::test]
async fn what_is_no_page_is_not_found() {
    let outside = [
        "/index.html",
        "/assets/index.html",
        "/assets/",
        "/assets/none.css",
        "/assets/..%2FCargo.toml",
        "/assets/%2Fetc%2Fpasswd",
        "/assets/..",
        "/v1/vacancies",
    ];
    for path in outside {
        assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    check_hardened(get("/assets/none.css").await.headers());
}

#[tokio::test]
async fn pages_are_only_read() {
    assert_eq!(ask(Method::HEAD, "/", None).await.status(), StatusCode::OK);
    let posted = ask(Method::POST, "/", None).await;
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    check_hardened(posted.headers());
}

#[test]
fn the_policy_allows_this_origin_and_nothing_inline() {
    let directives: Vec<&str> = CONTENT_SECURITY_POLICY.split(';').map(str::trim).collect();
    assert!(directives.contains(&"default-src 'none'"));
    assert!(directives.contains(&"script-src 'self'"));
    assert!(directives.contains(&"style-src 'self'"));
    for loose in ["unsafe-", "*", "http:", "https:", "data:", "blob:"] {
        assert!(!CONTENT_SECURITY_POLICY.contains(loose), "{loose} is allowed");
    }
}
