//! The configuration: defaults, then `gongqiao.toml`, then the environment
//! (`GONGQIAO__SECTION__KEY`), then flags, each above the one before.

mod section;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use config::{Environment, File, FileFormat};
use serde::Deserialize;

pub use section::{
    CellConfig, ClockConfig, DataConfig, FeedsConfig, GateConfig, LogConfig, LogFormat,
    MatcherConfig, NatsConfig, NotifyAdapter, NotifyConfig, RegisterConfig, ReplayConfig,
    RetentionConfig, ServerConfig, ServicesConfig, VaultConfig, WebhooksConfig,
};

/// The file that is read from the working directory when none is named.
pub const DEFAULT_FILE: &str = "gongqiao.toml";
/// What the environment's keys begin with.
pub const ENV_PREFIX: &str = "GONGQIAO";

/// Everything that can be set. Secrets are redacted in `Debug`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The door.
    pub server: ServerConfig,
    /// Where things are kept.
    pub data: DataConfig,
    /// Whose exchange this is.
    pub cell: CellConfig,
    /// The broker.
    pub nats: NatsConfig,
    /// How facts are committed.
    pub gate: GateConfig,
    /// How people are proposed.
    pub matcher: MatcherConfig,
    /// What subscribers are told.
    pub feeds: FeedsConfig,
    /// What operators repeat of the past.
    pub replay: ReplayConfig,
    /// How feeds are sent to their subscribers.
    pub webhooks: WebhooksConfig,
    /// Who may be registered.
    pub register: RegisterConfig,
    /// The keys of people.
    pub vault: VaultConfig,
    /// When people are erased by time.
    pub retention: RetentionConfig,
    /// Logs.
    pub log: LogConfig,
    /// How one of our services in a process of its own reaches the gate.
    pub services: ServicesConfig,
    /// How those concerned are told.
    pub notify: NotifyConfig,
    /// What time it is.
    pub clock: ClockConfig,
}

/// Why the configuration was refused. Names the place, and never the value
/// of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read, or is not TOML.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the line when it is known.
        reason: String,
    },
    /// A key is unknown or its value doesn't fit.
    #[error("{source_name}: {reason}")]
    Key {
        /// The file, `environment` or `flags`.
        source_name: String,
        /// What is wrong, with the key.
        reason: String,
    },
    /// A value is of the right type, but can't be worked with.
    #[error("{key}: {reason}")]
    Value {
        /// The key, as in `gate.queue`.
        key: &'static str,
        /// What it has to be.
        reason: &'static str,
    },
}

impl ConfigError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "config.file",
            Self::Key { .. } => "config.key",
            Self::Value { .. } => "config.value",
        }
    }
}

impl Config {
    /// Reads `path` (which then must exist) or else `gongqiao.toml` in the
    /// working directory (which need not), the environment, and `overrides`
    /// as pairs of dotted key and value, as in `("server.listen", "[::1]:0")`.
    ///
    /// # Errors
    /// A file that can't be read, an unknown key, a value that doesn't fit.
    pub fn load(path: Option<&Path>, overrides: &[(String, String)]) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::from_sources(path, environment, overrides)
    }

    /// [`Config::load`] with an environment that is given.
    ///
    /// # Errors
    /// As there.
    pub fn from_sources(
        path: Option<&Path>,
        environment: HashMap<String, String>,
        overrides: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let mut layers = Vec::new();
        let file = path.unwrap_or(Path::new(DEFAULT_FILE));
        if path.is_some() || file.exists() {
            let text = std::fs::read_to_string(file).map_err(|error| ConfigError::File {
                path: file.to_owned(),
                reason: error.to_string(),
            })?;
            let builder = config::Config::builder();
            let built = builder.add_source(File::from_str(&text, FileFormat::Toml)).build();
            layers.push((file.display().to_string(), built.map_err(|e| not_toml(file, &e))?));
        }
        layers.push(("environment".to_owned(), from_environment(environment)?));
        layers.push(("flags".to_owned(), from_flags(overrides)?));

        let mut merged = config::Config::builder();
        for (name, layer) in layers {
            // Why: each alone first, so that a refusal can say whose it is.
            layer.clone().try_deserialize::<Self>().map_err(|e| refused(&name, &e))?;
            merged = merged.add_source(layer);
        }
        let config: Self = merged
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| refused("configuration", &error))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let city = &self.cell.city;
        let rules = [
            (
                "cell.city",
                city.len() == 6 && city.bytes().all(|b| b.is_ascii_digit()),
                "has to be the six-digit code of a division",
            ),
            ("server.body_limit_bytes", self.server.body_limit_bytes > 0, "has to be above 0"),
            ("server.upload_limit_bytes", self.server.upload_limit_bytes > 0, "has to be above 0"),
            ("server.request_timeout_ms", self.server.request_timeout_ms > 0, "has to be above 0"),
            ("server.header_timeout_ms", self.server.header_timeout_ms > 0, "has to be above 0"),
            ("server.max_connections", self.server.max_connections > 0, "has to be above 0"),
            (
                "server.requests_per_second_per_key",
                self.server.requests_per_second_per_key <= 1_000_000,
                "has to be a million at most; 0 is no limit",
            ),
            ("nats.replicas", matches!(self.nats.replicas, 1 | 3 | 5), "has to be 1, 3 or 5"),
            ("nats.ack_timeout_ms", self.nats.ack_timeout_ms > 0, "has to be above 0"),
            (
                "gate.max_batch_commands",
                (1..=1000).contains(&self.gate.max_batch_commands),
                "has to be 1 to 1000: the broker takes 1000 messages in a batch",
            ),
            ("gate.queue", self.gate.queue > 0, "has to be above 0"),
            ("gate.commit_timeout_ms", self.gate.commit_timeout_ms > 0, "has to be above 0"),
            ("gate.hold_hours", self.gate.hold_hours > 0, "has to be above 0"),
            (
                "feeds.keep_days",
                (1..=3_660).contains(&self.feeds.keep_days),
                "has to be 1 day to ten years",
            ),
            (
                "replay.keep_days",
                (1..=3_660).contains(&self.replay.keep_days),
                "has to be 1 day to ten years",
            ),
            (
                "webhooks.allow_networks",
                self.webhooks.networks().is_some(),
                "has to be networks parted by commas, as 10.20.0.0/16",
            ),
            ("webhooks.in_flight", self.webhooks.in_flight > 0, "has to be above 0"),
            ("webhooks.in_flight_each", self.webhooks.in_flight_each > 0, "has to be above 0"),
            ("webhooks.timeout_ms", self.webhooks.timeout_ms > 0, "has to be above 0"),
            (
                "webhooks.retries_ms",
                self.webhooks.retries().is_some(),
                "has to be one or more numbers parted by commas",
            ),
            (
                "vault.key_backup_days",
                self.vault.key_backup_days <= 3_660,
                "has to be ten years at most",
            ),
            ("matcher.respond_hours", self.matcher.respond_hours > 0, "has to be above 0"),
            ("notify.timeout_ms", self.notify.timeout_ms > 0, "has to be above 0"),
            ("notify.attempts", self.notify.attempts > 0, "has to be above 0"),
            (
                "matcher.urgent_respond_hours",
                self.matcher.urgent_respond_hours > 0,
                "has to be above 0",
            ),
            (
                "clock.manual_from",
                self.clock.manual_from.is_empty()
                    || self.register.test_ids && self.clock.manual_from().is_some(),
                "has to be a time, and works only with register.test_ids",
            ),
        ];
        match rules.into_iter().find(|(_, fits, _)| !fits) {
            Some((key, _, reason)) => Err(ConfigError::Value { key, reason }),
            None => Ok(()),
        }
    }
}

fn from_environment(variables: HashMap<String, String>) -> Result<config::Config, ConfigError> {
    // Why: it reads numbers and booleans out of strings where the type asks
    // for one; parsing them here would turn a secret "007" into 7.
    let source = Environment::with_prefix(ENV_PREFIX)
        .separator("__")
        .ignore_empty(true)
        .source(Some(variables));
    let built = config::Config::builder().add_source(source).build();
    built.map_err(|error| refused("environment", &error))
}

fn from_flags(overrides: &[(String, String)]) -> Result<config::Config, ConfigError> {
    let mut builder = config::Config::builder();
    for (key, value) in overrides {
        builder =
            builder.set_override(key, value.as_str()).map_err(|error| refused("flags", &error))?;
    }
    builder.build().map_err(|error| refused("flags", &error))
}

/// Says where a file stops to be TOML, and not what stands there: the rest of
/// the error quotes the line, and a secret may stand in it.
fn not_toml(path: &Path, error: &config::ConfigError) -> ConfigError {
    let text = match error {
        config::ConfigError::FileParse { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    let reason = text.lines().next().unwrap_or_default().to_owned();
    ConfigError::File { path: path.to_owned(), reason }
}

fn refused(source: &str, error: &config::ConfigError) -> ConfigError {
    let reason = match error {
        config::ConfigError::Type { unexpected, expected, key: Some(key), .. } => {
            format!("{key}: {unexpected}, expected {expected}")
        }
        config::ConfigError::At { error, key: Some(key), .. } => format!("{key}: {error}"),
        other => other.to_string(),
    };
    ConfigError::Key { source_name: source.to_owned(), reason }
}

#[cfg(test)]
mod tests;
