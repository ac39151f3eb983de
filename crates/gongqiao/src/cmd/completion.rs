//! `completion SHELL`.

use std::io::{self, Write as _};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;

/// Print the shell's completion script (命令补全脚本).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao completion bash > ~/.local/share/bash-completion/completions/gongqiao")]
pub(crate) struct CompletionArgs {
    /// For which shell.
    shell: Shell,
}

/// Writes the script to stdout.
pub(crate) fn completion(args: &CompletionArgs) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gongqiao", &mut script);
    match io::stdout().lock().write_all(&script) {
        // Why: whoever reads us has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
