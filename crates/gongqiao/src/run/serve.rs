//! `serve NAME`: one service, with a broker that runs elsewhere.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gongqiao_shell::{Clock, Metrics, config::NotifyAdapter, telemetry};

use super::{
    stack::{Parts, Stack},
    up::UpArgs,
};
use crate::cli::Global;

/// Run one service, with a broker that runs elsewhere (单独运行一个服务).
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Which one.
    service: Service,
    #[command(flatten)]
    common: UpArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Service {
    /// The one way in: everything that writes.
    Gate,
    /// The read side and the pages.
    Board,
    /// From register and vacancies to signals.
    Matcher,
    /// What time does.
    Steward,
    /// Who tells those concerned.
    Notify,
    /// What subscribers are told: one process of a cell.
    Feeds,
    /// Replays, the past and exports: one process of a cell.
    Replay,
}

pub(crate) async fn serve(args: ServeArgs, global: Global) -> anyhow::Result<ExitCode> {
    let config = args.common.config(&global)?;
    telemetry::init_logs(&config.log)?;
    anyhow::ensure!(
        config.nats.url.is_some(),
        "nats.url is not set: one service alone needs a broker that runs elsewhere; \
         `gongqiao up` starts everything with a broker of its own"
    );
    let none = Parts {
        gate: false,
        board: false,
        matcher: false,
        steward: false,
        notify: false,
        feeds: false,
        replay: false,
    };
    let parts = match args.service {
        Service::Gate => Parts { gate: true, ..none },
        Service::Board => Parts { board: true, ..none },
        Service::Matcher => Parts { matcher: true, ..none },
        Service::Steward => Parts { steward: true, ..none },
        Service::Notify => Parts { notify: true, ..none },
        Service::Feeds => Parts { feeds: true, ..none },
        Service::Replay => Parts { replay: true, ..none },
    };
    anyhow::ensure!(
        !(parts.matcher || parts.steward || parts.feeds || parts.replay)
            || config.services.gate_url.is_some(),
        "services.gate_url is not set: this service submits through a gate"
    );
    anyhow::ensure!(
        !parts.notify || config.notify.adapter != NotifyAdapter::Off,
        "notify.adapter is off: there is nobody to pass notices on"
    );
    let stack = Stack::start(config, parts, Clock::system(), Metrics::install()?).await?;
    tracing::info!(origin = stack.origin, service = ?args.service, "serve");
    stack.wait().await;
    Ok(stack.stop().await.exit_code())
}
