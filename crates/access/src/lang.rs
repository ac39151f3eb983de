//! The language of a request.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use gongqiao_contract::Lang;

/// The language in which the caller wants texts for people, by
/// `Accept-Language`.
#[derive(Debug, Clone, Copy)]
pub struct Language(pub Lang);

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE);
        let named = header.and_then(|value| value.to_str().ok());
        Ok(Self(named.map(Lang::from_accept).unwrap_or_default()))
    }
}
