//! One process per store.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
    time::Duration,
};

use tokio::time::Instant;

use super::{BrokerError, files::failed};

/// A server whose parent was killed a moment ago may still be on its way out.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(25);

/// Takes the lock of the store in `root`, and writes this process's number into it.
///
/// The lock belongs to the open file: whoever holds a copy of it (the server has it as its standard input) holds the
/// lock, until the last copy is closed.
pub(super) async fn take(root: &Path) -> Result<File, BrokerError> {
    let path = root.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(failed("open", &path))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                tokio::time::sleep(PAUSE).await
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder =
                    file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(BrokerError::Locked { path: root.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
        }
    }
    let mut sign = || {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    sign().map_err(failed("write", &path))?;
    Ok(file)
}
