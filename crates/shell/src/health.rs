//! Whether a process lives, and whether it can do its work.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::telemetry::Metrics;

/// How one part of the process is. A reason is for operators: it says what
/// is wrong, never whose data was touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "status", content = "reason", rename_all = "snake_case")]
pub enum Status {
    /// Works.
    Ok,
    /// Works, with something to look at.
    Degraded(Cow<'static, str>),
    /// Does not work, or not yet; takes no traffic.
    NotReady(Cow<'static, str>),
}

/// Named checks. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Health(watch::Sender<BTreeMap<Cow<'static, str>, Status>>);

/// What `/readyz` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// The worst of the checks: `ok`, `degraded` or `not_ready`.
    pub status: &'static str,
    /// Every check by its name.
    pub checks: BTreeMap<Cow<'static, str>, Status>,
}

impl Health {
    /// No check yet, which counts as ready. Whoever opens a listener first
    /// sets its parts to [`Status::NotReady`] before it does.
    pub fn new() -> Self {
        Self(watch::Sender::new(BTreeMap::new()))
    }

    /// Says how the part `name` is, from now on.
    pub fn set(&self, name: impl Into<Cow<'static, str>>, status: Status) {
        let name = name.into();
        self.0.send_if_modified(|checks| {
            let changed = checks.get(&name) != Some(&status);
            if changed {
                tracing::debug!(check = %name, ?status, "health");
                checks.insert(name, status);
            }
            changed
        });
    }

    /// All checks as they are now.
    pub fn readiness(&self) -> Readiness {
        let checks = self.0.borrow().clone();
        let has = |wanted: fn(&Status) -> bool| checks.values().any(wanted);
        let status = if has(|s| matches!(s, Status::NotReady(_))) {
            "not_ready"
        } else if has(|s| matches!(s, Status::Degraded(_))) {
            "degraded"
        } else {
            "ok"
        };
        Readiness { status, checks }
    }

    /// Whether no check stands at [`Status::NotReady`].
    pub fn is_ready(&self) -> bool {
        all_ready(&self.0.borrow())
    }

    /// Returns when the process is ready; at once if it is already.
    pub async fn ready(&self) {
        // Why: it errs only when the sender is gone, and `self` holds it.
        let _ = self.0.subscribe().wait_for(all_ready).await;
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

fn all_ready(checks: &BTreeMap<Cow<'static, str>, Status>) -> bool {
    !checks.values().any(|status| matches!(status, Status::NotReady(_)))
}

/// `GET /healthz` (200 while the process answers), `GET /readyz` (200, or 503
/// with the reasons; a [`Readiness`] as JSON either way) and `GET /metrics`
/// (Prometheus text).
pub fn router(health: Health, metrics: Metrics) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .merge(OpenApiRouter::new().routes(routes!(readyz)).with_state(health))
        .merge(OpenApiRouter::new().routes(routes!(render)).with_state(metrics))
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain")),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the process can do its work, part by part.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    security(()),
    responses(
        (status = 200, body = Readiness),
        (status = 503, body = Readiness, description = "A part is not ready"),
    ),
)]
async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    let readiness = health.readiness();
    let code = match readiness.status {
        "not_ready" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (code, Json(readiness))
}

/// What is measured, as Prometheus reads it.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain")),
)]
async fn render(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([("content-type", "text/plain; version=0.0.4")], metrics.render())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    async fn ask(health: &Health, path: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (router, _) = router(health.clone(), Metrics::detached()).split_for_parts();
        let response = router.oneshot(request).await.unwrap();
        let code = response.status();
        (code, axum::body::to_bytes(response.into_body(), 10_000).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn a_part_that_is_not_ready_makes_503_with_its_reason() {
        let health = Health::new();
        health.set("broker", Status::NotReady("no connection".into()));
        health.set("board", Status::Ok);
        let (code, body) = ask(&health, "/readyz").await;
        assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
        let expected = json!({"status": "not_ready", "checks": {
            "board": {"status": "ok"},
            "broker": {"status": "not_ready", "reason": "no connection"},
        }});
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        assert_eq!(ask(&health, "/healthz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_degraded_part_still_takes_traffic() {
        let health = Health::new();
        health.set("board", Status::Degraded("two entities are read-only".into()));
        assert_eq!(ask(&health, "/readyz").await.0, StatusCode::OK);
        assert_eq!(health.readiness().status, "degraded");
    }

    #[tokio::test]
    async fn who_waits_for_readiness_is_woken_by_the_last_check() {
        let health = Health::new();
        health.set("broker", Status::NotReady("starting".into()));
        let waiting = tokio::spawn({
            let health = health.clone();
            async move { health.ready().await }
        });
        assert!(!health.is_ready());
        health.set("broker", Status::Ok);
        waiting.await.unwrap();
        assert!(health.is_ready());
    }

    #[tokio::test]
    async fn a_process_without_metrics_answers_with_none() {
        assert_eq!(ask(&Health::new(), "/metrics").await, (StatusCode::OK, Vec::new()));
    }
}
