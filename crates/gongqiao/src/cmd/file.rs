//! Files that commands write: always new ones.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use crate::output::{Failure, Output};

/// Refuses a path at which there is something, before anything is asked for
/// that would then have nowhere to go.
pub(crate) fn free(output: Output, path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Err(unwritable(output, path, &io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// A new file for its owner alone: keys, and what tells of people.
pub(crate) fn create(output: Output, path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    // Why: what is there may be somebody's work.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| unwritable(output, path, &e))
}

/// Writes a new file for its owner alone.
pub(crate) fn write(output: Output, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create(output, path)?.write_all(bytes).map_err(|e| unwritable(output, path, &e))
}

fn unwritable(output: Output, path: &Path, why: &io::Error) -> Failure {
    let why = match why.kind() {
        io::ErrorKind::AlreadyExists => output
            .say(
                "there is a file of this name already; choose another",
                "已有同名文件，请换一个文件名",
            )
            .to_owned(),
        _ => why.to_string(),
    };
    Failure::new("output.unwritable", format!("{}: {why}", path.display()))
}
