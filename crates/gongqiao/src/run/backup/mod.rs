//! `backup` and `restore`: the log and the keys into directories of their
//! own, and back.
//!
//! | file | does |
//! |---|---|
//! | `streams` | all streams of a running exchange into one directory |
//! | `keys` | what opens people and what the store belongs to, in a directory that is kept apart and rotated |
//! | `restore` | both into an empty data directory, erasures first |
//! | `proof` | folds what was restored, and compares it with what was saved |
//! | `manifest` | what is in a backup, with a hash of each file |
//! | `draft` | a directory that comes into being whole or not at all |
//! | `source` | the broker, wherever it runs |

mod draft;
mod error;
mod keys;
mod manifest;
mod proof;
mod restore;
mod source;
mod streams;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use gongqiao_shell::Config;

pub(crate) use error::BackupError;
pub(crate) use restore::restore;

use crate::{cli::Global, output::Output};

/// Save the streams, or the keys, while the exchange runs (备份).
///
/// Without --keys: every stream, into a new directory. With --keys: the keys
/// of people and of the store, into a new directory below DIR; those below it
/// that are older than vault.key_backup_days are deleted, since whoever has
/// such a copy can read people who were erased since. Keep the two apart.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Directory to make, or with --keys the one in which to make one.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Save the keys instead of the streams.
    #[arg(long)]
    keys: bool,
}

/// Restore a backup into a new data directory (恢复).
///
/// Checks everything first, applies the erasures of the log to the keys, folds
/// the log and compares it with what was saved. Whatever goes wrong, nothing is
/// half restored. The directory is named with --data-dir.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup of the streams.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The backup of the keys; of several in a directory, the newest.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
}

pub(crate) async fn backup(
    args: BackupArgs,
    global: &Global,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let config = configuration(global)?;
    if args.keys {
        keys::save(&config, &args.out, output).await?;
    } else {
        streams::save(&config, &args.out, output).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn configuration(global: &Global) -> anyhow::Result<Config> {
    let named =
        global.data_dir.iter().map(|dir| ("data.dir".to_owned(), dir.display().to_string()));
    Ok(Config::load(global.config.as_deref(), &named.collect::<Vec<_>>())?)
}
