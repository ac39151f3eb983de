//! The documents that machines read: OpenAPI, of all that this process serves.

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::header,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use gongqiao_access::{Documented, openapi};
use gongqiao_contract::schema::Schemas;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The documents, as they are sent.
#[derive(Clone)]
struct Documents {
    openapi: Bytes,
}

/// A router with its documents, and what they say of refusals.
pub(super) fn served(router: OpenApiRouter) -> anyhow::Result<(Router, Arc<Documented>)> {
    let router = router.routes(routes!(openapi_json));
    let (router, api) = router.split_for_parts();
    let (document, documented) = openapi::complete(&api, &Schemas::read()?)?;
    let documents = Documents { openapi: document.to_string().into() };
    Ok((router.layer(Extension(documents)), Arc::new(documented)))
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "page",
    security(()),
    responses((status = 200, body = Object, content_type = "application/json")),
)]
async fn openapi_json(Extension(documents): Extension<Documents>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], documents.openapi).into_response()
}
