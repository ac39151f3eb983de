//! The gongqiao command: the whole exchange in one program.

mod cli;
mod cmd;
mod output;
mod run;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return output::usage(usage),
    };
    let json = cli.global.json;
    match Box::pin(cmd::run(cli)).await {
        Ok(code) => code,
        Err(error) => output::failed(&error, json),
    }
}
