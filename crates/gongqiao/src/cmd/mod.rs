//! The commands that are clients of the API, one file each. They know the
//! API's bodies and nothing of the rules behind it.

pub(crate) mod agreement;
pub(crate) mod case;
pub(crate) mod completion;
pub(crate) mod credential;
pub(crate) mod dispatch;
mod doctor;
mod event;
pub(crate) mod export;
pub(crate) mod feed;
mod file;
pub(crate) mod import;
mod input;
pub(crate) mod parked;
pub(crate) mod party;
mod people;
pub(crate) mod person;
pub(crate) mod placement;
pub(crate) mod refusal;
pub(crate) mod register;
pub(crate) mod replay;
pub(crate) mod report;
mod session;
pub(crate) mod signal;
pub(crate) mod state;
pub(crate) mod subscription;
pub(crate) mod vacancy;
pub(crate) mod verify;
pub(crate) mod webhook;
mod words;

use std::process::ExitCode;

use crate::{
    cli::{Cli, Command},
    output::Output,
    run,
};
use session::Session;

/// Carries out what was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = cli;
    let output = Output::new(global.json, global.lang());
    match command {
        Command::Demo(args) => return Box::pin(run::demo(args, global)).await,
        Command::Up(args) => return run::up(args, global).await,
        Command::Serve(args) => return run::serve(args, global).await,
        Command::Backup(args) => return run::backup(args, &global, output).await,
        Command::Restore(args) => return run::restore(args, &global, output).await,
        Command::Bench(args) => return run::bench(args, global.json).await,
        Command::Doctor => return doctor::doctor(&global, output).await,
        Command::Keys => return run::keys(&global, output),
        Command::Completion(args) => completion::completion(&args)?,
        Command::Import(command) => return command.run(&global, output).await,
        Command::Party(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Credential(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Refusal(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Agreement(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Vacancy(command) => return command.run(&Session::open(&global, output)?).await,
        Command::Signal(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Dispatch(command) => return command.run(&Session::open(&global, output)?).await,
        Command::Register(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Placement(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Person(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Case(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Subscription(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Webhook(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Feed(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Export(args) => args.run(&Session::open(&global, output)?).await?,
        Command::State(args) => args.run(&Session::open(&global, output)?).await?,
        Command::Verify => return verify::run(&Session::open(&global, output)?).await,
        Command::Parked(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Replay(command) => command.run(&Session::open(&global, output)?).await?,
        Command::Report(command) => command.run(&Session::open(&global, output)?).await?,
    }
    Ok(ExitCode::SUCCESS)
}
