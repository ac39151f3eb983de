//! Private directories and files, written whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use tempfile::{NamedTempFile, TempPath};

use super::BrokerError;

/// Makes `path` (and its parents) with mode 0700; an existing directory is narrowed to that.
pub(super) fn private_dir(path: &Path) -> Result<(), BrokerError> {
    fs::create_dir_all(path).map_err(failed("make the directory", path))?;
    set_mode(path, 0o700).map_err(failed("narrow the rights of", path))
}

/// Replaces `path` by `content` atomically and durably, mode 0600.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), BrokerError> {
    write(path, content, 0o600).map_err(failed("write", path))
}

/// Writes `content` to `path` atomically and durably, mode 0600, unless something is there already.
pub(super) fn write_new_private(path: &Path, content: &[u8]) -> Result<(), BrokerError> {
    match prepared(path, content, 0o600).and_then(|file| persist_new(file, path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(failed("write", path)),
    }
}

/// Replaces `path` by `content` atomically and durably, mode 0700: a program.
pub(super) fn write_program(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, 0o700)
}

/// Reads a private text file; `None` if there is none, an error if group or others may use it.
pub(super) fn read_private(path: &Path) -> Result<Option<String>, BrokerError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path)(error)),
    };
    if is_open_to_others(path).map_err(failed("read the rights of", path))? {
        return Err(BrokerError::Keys {
            path: path.to_owned(),
            reason: "others on this machine may read it. Run `chmod 600` on it, and if strangers had access, restore \
                     onto new keys"
                .to_owned(),
        });
    }
    Ok(Some(text))
}

/// For `map_err`: names what was tried on which path.
pub(super) fn failed<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> BrokerError + 'a {
    move |source| BrokerError::File { action, path: path.to_owned(), source }
}

fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    prepared(path, content, mode)?.persist(path)?;
    sync_dir(parent(path)?)
}

/// The content, on the disk beside `path`. Closed: a program that is still open for writing can't be run.
fn prepared(path: &Path, content: &[u8], mode: u32) -> io::Result<TempPath> {
    let mut file = NamedTempFile::new_in(parent(path)?)?;
    file.write_all(content)?;
    set_mode(file.path(), mode)?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}

fn persist_new(file: TempPath, path: &Path) -> io::Result<()> {
    file.persist_noclobber(path)?;
    sync_dir(parent(path)?)
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}
