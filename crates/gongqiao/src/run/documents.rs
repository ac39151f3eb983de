//! The documents that machines read: OpenAPI, of all that this process serves
//! over HTTP, and AsyncAPI, of what stands on the broker.

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::header,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use gongqiao_access::{Documented, compression, openapi};
use gongqiao_contract::schema::Schemas;
use gongqiao_feeds::Options as FeedOptions;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::asyncapi;

/// The documents, as they are sent.
#[derive(Clone)]
struct Documents {
    openapi: Bytes,
    asyncapi: Bytes,
}

/// A router with its documents, and what they say of refusals.
pub(super) fn served(
    router: OpenApiRouter,
    feeds: FeedOptions,
) -> anyhow::Result<(Router, Arc<Documented>)> {
    let documents = OpenApiRouter::new()
        .routes(routes!(openapi_json))
        .routes(routes!(asyncapi_json))
        .layer(compression::layer());
    let router = router.merge(documents);
    let (router, api) = router.split_for_parts();
    let schemas = Schemas::read()?;
    let (openapi, documented) = openapi::complete(&api, &schemas)?;
    let asyncapi = asyncapi::document(&schemas, feeds);
    let documents =
        Documents { openapi: openapi.to_string().into(), asyncapi: asyncapi.to_string().into() };
    Ok((router.layer(Extension(documents)), Arc::new(documented)))
}

/// What stands on the broker, as AsyncAPI 3.0.
#[utoipa::path(
    get,
    path = "/asyncapi.json",
    tag = "page",
    security(()),
    responses((status = 200, body = Object, content_type = "application/json")),
)]
async fn asyncapi_json(Extension(documents): Extension<Documents>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], documents.asyncapi).into_response()
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
