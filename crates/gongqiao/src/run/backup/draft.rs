//! A directory that comes into being whole or not at all.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::BackupError;

/// A hidden directory beside the one that it becomes. Dropped, it goes.
pub(super) struct Draft {
    draft: TempDir,
    to: PathBuf,
}

impl Draft {
    /// Begins what will be `to`, which is not there yet, or empty.
    pub(super) fn beside(to: &Path) -> Result<Self, BackupError> {
        let to = std::path::absolute(to).map_err(BackupError::file(to))?;
        if !is_free(&to).map_err(BackupError::file(&to))? {
            return Err(BackupError::Exists(to));
        }
        let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
            return Err(BackupError::Exists(to));
        };
        private_dir(parent)?;
        let prefix = format!(".{}.", name.to_string_lossy());
        let draft = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".part")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(BackupError::file(parent))?;
        Ok(Self { draft, to })
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        self.draft.path()
    }

    /// Puts everything on the disk, then makes it what it shall be.
    pub(super) fn keep(self) -> Result<PathBuf, BackupError> {
        let Self { draft, to } = self;
        sync(draft.path())?;
        // Why it overwrites nothing: a directory replaces an empty one only.
        fs::rename(draft.path(), &to).map_err(BackupError::file(&to))?;
        // Why: what was renamed is not there to be removed.
        let _ = draft.keep();
        if let Some(parent) = to.parent() {
            let synced = fs::File::open(parent).and_then(|dir| dir.sync_all());
            synced.map_err(BackupError::file(parent))?;
        }
        Ok(to)
    }
}

/// Makes `dir` and what is above it, for its owner alone; what is there stays.
pub(super) fn private_dir(dir: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(BackupError::file(dir))
}

/// Copies one file, readable by its owner alone.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = fs::File::open(from).map_err(BackupError::file(from))?;
    let mut options = fs::File::options();
    let mut file =
        options.write(true).create_new(true).mode(0o600).open(to).map_err(BackupError::file(to))?;
    io::copy(&mut source, &mut file).map(drop).map_err(BackupError::file(to))
}

/// Everything below `dir` is on the disk when this returns.
pub(super) fn sync(dir: &Path) -> Result<(), BackupError> {
    let failed = BackupError::file;
    for entry in fs::read_dir(dir).map_err(failed(dir))? {
        let path = entry.map_err(failed(dir))?.path();
        let metadata = fs::symlink_metadata(&path).map_err(failed(&path))?;
        if metadata.is_dir() {
            sync(&path)?;
        } else if metadata.is_file() {
            fs::File::open(&path).and_then(|file| file.sync_all()).map_err(failed(&path))?;
        }
    }
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed(dir))
}

fn is_free(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_overwritten_and_what_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("a/b");
        drop(Draft::beside(&to).unwrap());
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 0);
        let late = Draft::beside(&to).unwrap();
        let draft = Draft::beside(&to).unwrap();
        fs::write(draft.path().join("file"), "x").unwrap();
        draft.keep().unwrap();
        assert_eq!(Draft::beside(&to).err().unwrap().code(), "backup.exists");
        assert_eq!(late.keep().unwrap_err().code(), "backup.file", "somebody was quicker");
        assert_eq!(fs::read_to_string(to.join("file")).unwrap(), "x");
        assert_eq!(Draft::beside(&to.join("file")).err().unwrap().code(), "backup.exists");
    }
}
