//! The grammar of the command line. What a command says and does stands in
//! its own file under `cmd` (clients of the API) or `run` (the exchange).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gongqiao_contract::Lang;
use secrecy::SecretString;

use crate::{
    cmd::{
        agreement::AgreementCommand, case::CaseCommand, completion::CompletionArgs,
        credential::CredentialCommand, dispatch::DispatchCommand, export::ExportArgs,
        feed::FeedCommand, import::ImportCommand, parked::ParkedCommand, party::PartyCommand,
        person::PersonCommand, placement::PlacementCommand, refusal::RefusalCommand,
        register::RegisterCommand, replay::ReplayCommand, report::ReportCommand,
        signal::SignalCommand, state::StateArgs, subscription::SubscriptionCommand,
        vacancy::VacancyCommand, webhook::WebhookCommand,
    },
    run::{BackupArgs, BenchArgs, DemoArgs, RestoreArgs, ServeArgs, UpArgs},
};

#[cfg(test)]
mod tests;

const AFTER_HELP: &str = "\
Examples:
  gongqiao demo                                   the whole story on this machine (演示)
  gongqiao up                                     run the exchange (启动)
  gongqiao party add 431021102205 --kind service-point --name 白云村劳务服务点
  gongqiao credential issue 431021102205 --person staff-1 --role clerk
  gongqiao import roster 名册.xlsx --point 431021102205 --errors 退回.xlsx
  gongqiao vacancy list --state open --urgent

Exit codes (退出码):
  0   done
  1   refused, or failed; the reason is on stderr as error[code]
  2   an import: done, but some rows were refused
  64  the command line itself is wrong

Times are RFC 3339, or \"2021-07-20 18:00\", which is Beijing time (北京时间).
Configuration: gongqiao.toml, then GONGQIAO__SECTION__KEY, then flags.";

/// gongqiao 工桥: a labour-cooperation exchange for cities (城市间劳务协作平台).
#[derive(Debug, Parser)]
#[command(name = "gongqiao", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options (通用选项)")]
pub(crate) struct Global {
    /// Print JSON: one document on stdout, problems on stderr (输出 JSON).
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Configuration file; without it gongqiao.toml here, if there is one (配置文件).
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the exchange is (服务地址).
    #[arg(
        long,
        global = true,
        value_name = "ORIGIN",
        env = "GONGQIAO_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8420"
    )]
    pub(crate) url: String,
    /// API key. Others on this machine see command lines: better give it in
    /// the environment or a file (API 密钥).
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "GONGQIAO_KEY",
        hide_env_values = true,
        value_parser = secret
    )]
    pub(crate) key: Option<SecretString>,
    /// File that holds the API key (密钥文件).
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GONGQIAO_KEY_FILE",
        hide_env_values = true
    )]
    pub(crate) key_file: Option<PathBuf>,
    /// Data directory, gongqiao-data by default; without another key, its
    /// keys/operator.key is used (数据目录).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Language of answers; by default that of LC_ALL or LANG (语言).
    #[arg(long, global = true)]
    pub(crate) lang: Option<Language>,
}

/// A language of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// 简体中文
    Zh,
    /// English
    En,
}

impl Global {
    /// The language that was asked for, or else the locale's.
    pub(crate) fn lang(&self) -> Lang {
        match self.lang {
            Some(Language::Zh) => Lang::Zh,
            Some(Language::En) => Lang::En,
            None => ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
                .map(|locale| Lang::from_accept(&locale))
                .unwrap_or_default(),
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Up(UpArgs),
    Serve(ServeArgs),
    /// Take in a village's roster, or write the empty one (导入名册).
    #[command(subcommand)]
    Import(ImportCommand),
    /// The people of a service point, with their cards (名册).
    #[command(subcommand)]
    Register(RegisterCommand),
    /// The bodies that take part (单位).
    #[command(subcommand)]
    Party(PartyCommand),
    /// API keys of people within a party (凭证).
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Attempts that were refused for want of permission (被拒绝的操作).
    #[command(subcommand)]
    Refusal(RefusalCommand),
    /// What permits everything else (协议).
    #[command(subcommand)]
    Agreement(AgreementCommand),
    /// Demands for people, with their ledgers (用工需求).
    #[command(subcommand)]
    Vacancy(VacancyCommand),
    /// What service points are asked for (用工任务).
    #[command(subcommand)]
    Signal(SignalCommand),
    /// Groups on the way, point to point (点对点派遣).
    #[command(subcommand)]
    Dispatch(DispatchCommand),
    /// Where people stand, and how long they have worked (人员去向).
    #[command(subcommand)]
    Placement(PlacementCommand),
    /// Erase, freeze, consents, and who has looked (个人信息).
    #[command(subcommand)]
    Person(PersonCommand),
    /// Visits, grievances, transfers, corrections, erasures (事项).
    #[command(subcommand)]
    Case(CaseCommand),
    /// What a party has itself told of (订阅).
    #[command(subcommand)]
    Subscription(SubscriptionCommand),
    /// What stands in feeds (数据推送).
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Where feeds are sent to (回调).
    #[command(subcommand)]
    Webhook(WebhookCommand),
    Export(ExportArgs),
    /// What could not be processed: look, edit, redrive, discard (搁置消息).
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// What happened, once more: for an audit, a partner, a view, a test (重放).
    #[command(subcommand)]
    Replay(ReplayCommand),
    /// What is filed every month (报表).
    #[command(subcommand)]
    Report(ReportCommand),
    State(StateArgs),
    /// Fold the log anew and compare it with the live city (核对).
    ///
    /// Everything from the first event on is folded once more and compared
    /// with what the exchange at --url answers from, and with its snapshot on
    /// disk. Names the first event at which they part, and exits with 1 if
    /// they do. For the operator's keys.
    Verify,
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Bench(BenchArgs),
    /// Say what is found, what is wrong and what to do (体检).
    ///
    /// Looks at the configuration, the data directory, nats-server and the
    /// exchange at --url. Exits with 1 if anything fails.
    Doctor,
    /// Make the keys of a broker that runs elsewhere (生成外部消息服务器的密钥).
    ///
    /// Writes operator.conf, which nats-server includes, and the credentials
    /// with which gongqiao connects. Run again, it changes nothing.
    Keys,
    Completion(CompletionArgs),
}

fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text.to_owned()))
}
