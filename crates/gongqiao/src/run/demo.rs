//! `demo`: the whole story on one machine. A city on the real tables, and one
//! July week in which two plants that lack 200 people find them.

mod stage;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Context as _;
use clap::Args;
use gongqiao_shell::{Clock, Config, ManualClock, Metrics, telemetry};
use gongqiao_sim::{Operator, SimConfig, Summary, build_city, live_the_week, read_back};
use secrecy::ExposeSecret as _;

use self::stage::Stage;
use super::stack::{Parts, Stack};
use crate::cli::Global;

/// Every working person of the city.
const FULL: u64 = 2_100_000;
const DEFAULT_LISTEN: &str = "127.0.0.1:8420";

/// Show the whole story: a city, and 200 people wanted at once (演示).
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End by itself, and print the figures as the last line.
    #[arg(long)]
    once: bool,
    /// Worker cards in the city.
    #[arg(long, value_name = "N", default_value_t = 60_000, conflicts_with = "full")]
    workers: u64,
    /// All 2,100,000 of them.
    #[arg(long)]
    full: bool,
    /// Equal seeds tell the same story.
    #[arg(long, value_name = "N", default_value_t = 2021)]
    seed: u64,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Never download a nats-server.
    #[arg(long)]
    offline: bool,
}

impl DemoArgs {
    fn sim(&self) -> SimConfig {
        SimConfig { workers: if self.full { FULL } else { self.workers }, seed: self.seed }
    }
}

/// Runs the demonstration.
pub(crate) async fn demo(args: DemoArgs, global: Global) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let json = global.json;
    let stage = Stage::new(global.lang(), json);
    let home = Home::new(global.data_dir)?;
    let config = configuration(&args, global.config, &home).await?;
    telemetry::init_logs(&config.log)?;
    let (clock, hand) = Clock::manual(gongqiao_sim::start());
    stage.say("启动消息服务器和全部服务……", "starting the broker and all services …");
    let stack = Stack::start(config, Parts::ALL, clock, Metrics::install()?).await?;
    let told = tell(&args, &stack, &hand, &stage, started).await;
    let summary = match told {
        Ok(Some(summary)) => summary,
        Ok(None) => return Ok(stack.stop().await.exit_code()),
        Err(e) => {
            // Why: what went wrong first is what is to be told.
            let _ = stack.stop().await;
            return Err(e);
        }
    };
    stage.end(&summary);
    if !args.once {
        stage.say(
            "演示结束，服务继续运行；按 Ctrl-C 停止。",
            "the story is told; serving on, Ctrl-C ends it",
        );
        stack.wait().await;
    }
    let outcome = stack.stop().await;
    print(&summary, json)?;
    Ok(outcome.exit_code())
}

/// Tells the story; nothing if somebody ended it before its end.
async fn tell(
    args: &DemoArgs,
    stack: &Stack,
    hand: &ManualClock,
    stage: &Stage,
    started: Instant,
) -> anyhow::Result<Option<Summary>> {
    let operator = Operator { client: stack.client("operator")? };
    if !args.once {
        let key = gongqiao_access::key::load(&stack.keys().join("operator.key"))?;
        // Why: the key stands in the fragment, which no browser sends or logs.
        let page = format!("{}/#key={}", stack.origin, key.expose_secret());
        stage.say(&format!("网页：{page}"), &format!("page: {page}"));
    }
    let story = async {
        let config = args.sim().check()?;
        let city = build_city(&config, &operator, stage).await?;
        let outcome =
            live_the_week(&config, &city, hand, &stack.clock, &stack.progress, stage).await?;
        let seconds = started.elapsed().as_secs_f64();
        let summary = read_back(&operator.client, &outcome, seconds).await?;
        anyhow::Ok(Some(summary))
    };
    tokio::select! {
        told = story => told,
        () = stack.wait() => Ok(None),
    }
}

/// Where the demonstration keeps its data.
struct Home {
    dir: PathBuf,
    /// Goes when the demonstration ends, unless a directory was named.
    _temporary: Option<tempfile::TempDir>,
}

impl Home {
    fn new(named: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(dir) = named else {
            let temporary = tempfile::Builder::new().prefix("gongqiao-demo-").tempdir()?;
            return Ok(Self { dir: temporary.path().to_owned(), _temporary: Some(temporary) });
        };
        let empty = !dir.exists() || std::fs::read_dir(&dir)?.next().is_none();
        anyhow::ensure!(
            empty,
            "{} is not empty: a demonstration begins with nothing. Name another directory, or remove it",
            dir.display()
        );
        Ok(Self { dir, _temporary: None })
    }
}

async fn configuration(
    args: &DemoArgs,
    file: Option<PathBuf>,
    home: &Home,
) -> anyhow::Result<Config> {
    let listen = match args.listen {
        Some(listen) => listen.to_string(),
        None if args.once => "127.0.0.1:0".to_owned(),
        None => free_or_default().await,
    };
    let set = |key: &str, value: String| (key.to_owned(), value);
    let mut overrides = vec![
        set("server.listen", listen),
        set("data.dir", home.dir.display().to_string()),
        set("register.test_ids", "true".into()),
        // Why: a whole city is registered with one key, in seconds.
        set("server.requests_per_second_per_key", "0".into()),
    ];
    if args.offline {
        overrides.push(set("nats.offline", "true".into()));
    }
    if std::env::var_os("GONGQIAO__LOG__FILTER").is_none() {
        overrides.push(set("log.filter", "warn".into()));
    }
    Config::load(file.as_deref(), &overrides).context("the configuration")
}

/// The usual address, or a free one when somebody has it.
async fn free_or_default() -> String {
    match tokio::net::TcpListener::bind(DEFAULT_LISTEN).await {
        Ok(_) => DEFAULT_LISTEN.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(summary: &Summary, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(summary)?);
    }
    Ok(())
}
