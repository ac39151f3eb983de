//! `up`: everything in one process, broker included.

use std::{net::SocketAddr, process::ExitCode};

use clap::Args;
use gongqiao_shell::{Clock, Config, ConfigError, Metrics, telemetry};

use super::stack::{Parts, Stack};
use crate::cli::Global;

/// Run everything in one process, with a broker of its own (一键运行全部服务).
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Never download a nats-server.
    #[arg(long)]
    offline: bool,
}

impl UpArgs {
    /// The configuration, with what the flags say on top.
    pub(crate) fn config(&self, global: &Global) -> Result<Config, ConfigError> {
        Config::load(global.config.as_deref(), &self.overrides(global))
    }

    fn overrides(&self, global: &Global) -> Vec<(String, String)> {
        let mut overrides = Vec::new();
        let mut set = |key: &str, value: String| overrides.push((key.to_owned(), value));
        if let Some(listen) = self.listen {
            set("server.listen", listen.to_string());
        }
        if let Some(dir) = &global.data_dir {
            set("data.dir", dir.display().to_string());
        }
        if self.offline {
            set("nats.offline", "true".into());
        }
        overrides
    }
}

pub(crate) async fn up(args: UpArgs, global: Global) -> anyhow::Result<ExitCode> {
    let config = args.config(&global)?;
    telemetry::init_logs(&config.log)?;
    let stack = Stack::start(config, Parts::ALL, Clock::system(), Metrics::install()?).await?;
    tracing::info!(
        origin = stack.origin,
        broker = stack.broker_url().unwrap_or_default(),
        operator_key = %stack.keys().join("operator.key").display(),
        "up"
    );
    stack.wait().await;
    Ok(stack.stop().await.exit_code())
}
