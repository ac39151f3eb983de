//! A folded city on disk, so that a start need not read the log from the
//! beginning. It is only a shortcut: whatever is wrong with it, the log is
//! read instead.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use gongqiao_domain::{City, city::FOLD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const NAME: &str = "city.snapshot";

#[derive(Serialize, Deserialize, PartialEq)]
struct Header {
    /// The folding code that made it.
    fold: String,
    /// The log it was folded from: when its stream was made.
    log: i128,
    position: u64,
    sha256: [u8; 32],
}

/// Writes a snapshot of the log that was made at `log`: all of it or nothing.
///
/// # Errors
/// The file can't be written.
pub fn store(dir: &Path, log: i128, city: &City) -> io::Result<()> {
    let body = postcard::to_stdvec(city).map_err(io::Error::other)?;
    let header = Header {
        fold: FOLD.to_owned(),
        log,
        position: city.position,
        sha256: Sha256::digest(&body).into(),
    };
    let header = postcard::to_stdvec(&header).map_err(io::Error::other)?;
    fs::create_dir_all(dir)?;
    let beside: PathBuf = dir.join(format!("{NAME}.{}.new", std::process::id()));
    let mut file = fs::File::create(&beside)?;
    file.write_all(&u32::try_from(header.len()).map_err(io::Error::other)?.to_le_bytes())?;
    file.write_all(&header)?;
    file.write_all(&body)?;
    file.sync_all()?;
    fs::rename(&beside, dir.join(NAME))
}

/// Reads the snapshot, if it is of this log, of this folding code, not
/// damaged, and not ahead of `head`.
pub fn load(dir: &Path, log: i128, head: u64) -> Option<City> {
    let bytes = fs::read(dir.join(NAME)).ok()?;
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (header, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = postcard::from_bytes(header).ok()?;
    let fits = header.fold == FOLD
        && header.log == log
        && header.position <= head
        && header.sha256 == <[u8; 32]>::from(Sha256::digest(body));
    if !fits {
        tracing::info!("snapshot.passed_over");
        return None;
    }
    postcard::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_reads_back_and_is_passed_over_when_anything_differs() {
        let dir = tempfile::tempdir().unwrap();
        let city = City { position: 5, register_needed: 3, ..City::default() };
        store(dir.path(), 7, &city).unwrap();
        assert_eq!(load(dir.path(), 7, 5).unwrap(), city);
        assert!(load(dir.path(), 8, 5).is_none(), "of another log");
        assert!(load(dir.path(), 7, 4).is_none(), "ahead of the log");
        let path = dir.path().join(NAME);
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(load(dir.path(), 7, 5).is_none(), "damaged");
    }
}
