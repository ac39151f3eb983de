//! What is in a backup. Written last, so that a backup without it is none.

use std::{
    fs, io,
    path::{Component, Path},
};

use gongqiao_contract::SCHEMA;
use gongqiao_shell::{Config, beijing};
use gongqiao_stream::snapshot::Contents;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::BackupError;

/// The name of its file.
const NAME: &str = "manifest.json";
/// The form of backups that this program writes, and the newest that it reads.
const FORMAT: u64 = 1;

/// What is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The streams.
    Streams,
    /// What opens people, and what the streams belong to.
    Keys,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Streams => "streams",
            Self::Keys => "keys",
        }
    }
}

/// What is in a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    /// Which form it has.
    format: u64,
    pub(super) kind: Kind,
    /// The program that made it.
    version: String,
    /// The newest events that this program understands.
    schema: u32,
    /// The city.
    pub(super) cell: String,
    /// The public key of the account that holds the streams, if the broker
    /// has accounts with keys.
    pub(super) account: Option<String>,
    pub(super) taken_at: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) streams: Vec<Saved>,
    pub(super) files: Vec<FileEntry>,
}

/// One stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) contents: Contents,
}

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FileEntry {
    /// Its path below the backup's directory.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Manifest {
    /// Of the files that stand in `dir` now.
    pub(super) fn of(
        dir: &Path,
        kind: Kind,
        config: &Config,
        account: Option<String>,
        taken_at: OffsetDateTime,
        streams: Vec<Saved>,
    ) -> Result<Self, BackupError> {
        let mut files = Vec::new();
        list(dir, dir, &mut files)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self {
            format: FORMAT,
            kind,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA,
            cell: config.cell.city.clone(),
            account,
            taken_at: beijing::rfc3339(taken_at),
            streams,
            files,
        })
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Writes it into `dir`, with a hash of itself.
    pub(super) fn write(&self, dir: &Path) -> Result<(), BackupError> {
        use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
        let path = dir.join(NAME);
        let write = || -> io::Result<()> {
            let manifest = serde_json::to_value(self)?;
            let whole = json!({ "sha256": hash_of(&manifest)?, "manifest": manifest });
            let mut options = fs::File::options();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(&serde_json::to_vec_pretty(&whole)?)?;
            file.sync_all()
        };
        write().map_err(BackupError::file(&path))
    }

    /// Reads the manifest of `dir`, and every file that it names.
    ///
    /// # Errors
    /// It is not there, of another kind or newer, or anything differs from
    /// what was written.
    pub(super) fn verified(dir: &Path, needed: Kind) -> Result<Self, BackupError> {
        let path = dir.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Incomplete(dir.to_owned()));
            }
            Err(e) => return Err(BackupError::file(&path)(e)),
        };
        let unreadable = |_| BackupError::damaged(&path, "it can't be read");
        let mut whole: Value = serde_json::from_slice(&text).map_err(unreadable)?;
        let manifest = whole["manifest"].take();
        if hash_of(&manifest).map_err(BackupError::file(&path))? != whole["sha256"] {
            return Err(BackupError::damaged(&path, "it was altered"));
        }
        let newer = |of: &str, known: u64| manifest[of].as_u64().is_some_and(|found| found > known);
        if newer("format", FORMAT) || newer("schema", SCHEMA.into()) {
            let made_by = manifest["version"].as_str().unwrap_or("?").to_owned();
            return Err(BackupError::Newer { path: dir.to_owned(), made_by });
        }
        let manifest: Self = serde_json::from_value(manifest).map_err(unreadable)?;
        if manifest.kind != needed {
            let (found, needed) = (manifest.kind.as_str(), needed.as_str());
            return Err(BackupError::Kind { path: dir.to_owned(), found, needed });
        }
        manifest.files.iter().try_for_each(|file| file.verify(dir))?;
        Ok(manifest)
    }
}

impl FileEntry {
    fn verify(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(&self.path);
        // Why: whoever can write a manifest shall not name files elsewhere.
        let below = Path::new(&self.path).components().all(|c| matches!(c, Component::Normal(_)));
        if !below {
            return Err(BackupError::damaged(&dir.join(NAME), "it names a file elsewhere"));
        }
        match digest(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Err(BackupError::damaged(&path, "it is missing"))
            }
            Err(e) => Err(BackupError::file(&path)(e)),
            Ok((bytes, _)) if bytes != self.bytes => {
                let why = format!("it has {bytes} bytes instead of {}", self.bytes);
                Err(BackupError::damaged(&path, why))
            }
            Ok((_, sha256)) if sha256 != self.sha256 => {
                Err(BackupError::damaged(&path, "its hash differs"))
            }
            Ok(_) => Ok(()),
        }
    }
}

fn list(root: &Path, dir: &Path, files: &mut Vec<FileEntry>) -> Result<(), BackupError> {
    for entry in fs::read_dir(dir).map_err(BackupError::file(dir))? {
        let path = entry.map_err(BackupError::file(dir))?.path();
        if path.is_dir() {
            list(root, &path, files)?;
            continue;
        }
        let (bytes, sha256) = digest(&path).map_err(BackupError::file(&path))?;
        let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        files.push(FileEntry { path: below, bytes, sha256 });
    }
    Ok(())
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut file = io::BufReader::with_capacity(1 << 20, fs::File::open(path)?);
    let mut bytes = 0;
    loop {
        let chunk = io::BufRead::fill_buf(&mut file)?;
        if chunk.is_empty() {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(chunk);
        let read = chunk.len();
        bytes += read as u64;
        io::BufRead::consume(&mut file, read);
    }
}

/// Of its compact form, whose keys are sorted.
fn hash_of(manifest: &Value) -> io::Result<String> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(manifest)?)))
}
