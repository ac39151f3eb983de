//! Logs to stderr, metrics for `/metrics`.
//!
//! A metric's name ends in its unit: `_seconds`, `_bytes`, `_total` for
//! counters of things, nothing for plain gauges. Outcomes are a label
//! `outcome` with few values. Spans are named `service.verb` and skip all
//! arguments but named ones, so that no personal data gets into a log.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use crate::config::{LogConfig, LogFormat};

/// From half a millisecond (one fsync on a good disk) to the longest time
/// that a request may take.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// Sizes of batches and of results.
const COUNTS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0];
/// How often samples that nobody scraped are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why logs or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is no filter in the syntax of `tracing`'s `EnvFilter`.
    #[error("log.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The process writes logs already.
    #[error("logs are set up already: {0}")]
    Logs(#[from] tracing_subscriber::util::TryInitError),
    /// The process has metrics already, or a bucket list is bad.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

impl TelemetryError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Filter(_) => "telemetry.filter",
            Self::Logs(_) => "telemetry.logs",
            Self::Metrics(_) => "telemetry.metrics",
        }
    }
}

/// Starts logs to stderr, for the rest of the process's life.
///
/// # Errors
/// A bad filter, or a second call in one process.
pub fn init_logs(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(true)
        .with_ansi(io::stderr().is_terminal())
        // Why: whoever read stderr may be gone; complaining there about it panics.
        .log_internal_errors(false);
    match config.format {
        LogFormat::Text => builder.finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

/// Reads the process's metrics. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Makes the recorder behind the `metrics` macros, for the rest of the
    /// process's life.
    ///
    /// # Errors
    /// A second call in one process.
    pub fn install() -> Result<Self, TelemetryError> {
        Ok(Self(builder()?.install_recorder()?))
    }

    /// A reader of nothing, for a process or a test without metrics.
    pub fn detached() -> Self {
        Self(PrometheusBuilder::new().build_recorder().handle())
    }

    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds samples into buckets until `token` is cancelled, so that they
    /// take no memory when nobody scrapes.
    pub async fn keep_up(self, token: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP);
        while token.run_until_cancelled(ticks.tick()).await.is_some() {
            self.0.run_upkeep();
        }
    }
}

fn builder() -> Result<PrometheusBuilder, TelemetryError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets(&COUNTS)?.set_buckets_for_metric(seconds, &SECONDS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_lands_in_buckets_of_seconds_and_a_size_in_buckets_of_counts() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("gate_commands_total", "outcome" => "accepted").increment(2);
            metrics::histogram!("gate_commit_seconds").record(0.0007);
            metrics::histogram!("gate_batch_commands").record(40.0);
        });
        let text = metrics.render();
        for line in [
            "gate_commands_total{outcome=\"accepted\"} 2",
            "gate_commit_seconds_bucket{le=\"0.0005\"} 0",
            "gate_commit_seconds_bucket{le=\"0.001\"} 1",
            "gate_batch_commands_bucket{le=\"25\"} 0",
            "gate_batch_commands_bucket{le=\"50\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn a_bad_filter_is_refused_before_anything_is_set_up() {
        let config = LogConfig { filter: "info,=".to_owned(), ..LogConfig::default() };
        assert!(matches!(init_logs(&config), Err(TelemetryError::Filter(_))));
    }

    #[tokio::test]
    async fn upkeep_ends_when_asked() {
        let token = CancellationToken::new();
        token.cancel();
        Metrics::detached().keep_up(token).await;
    }
}
