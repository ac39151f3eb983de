//! What is kept in files: of a feed its book, since a stream forgets old events
//! (a file that is missing or damaged costs an epoch and nothing else); of a
//! webhook how far it is.

use std::{fs, io, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};

/// A directory of files of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    dir: PathBuf,
    extension: &'static str,
}

impl Files {
    /// Opens the directory, and makes it at the first start.
    ///
    /// # Errors
    /// It can't be made.
    pub(crate) fn open(dir: PathBuf, extension: &'static str) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        Ok(Self { dir, extension })
    }

    /// What was kept under an id, if anything was.
    pub(crate) fn load<T: DeserializeOwned>(&self, id: &str) -> Option<T> {
        let bytes = fs::read(self.path(id)).ok()?;
        postcard::from_bytes(&bytes).ok()
    }

    /// Keeps something, in place of what was kept before.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn store(&self, id: &str, kept: &impl Serialize) -> io::Result<()> {
        let path = self.path(id);
        let draft = path.with_extension("new");
        let bytes = postcard::to_stdvec(kept).map_err(io::Error::other)?;
        fs::write(&draft, bytes)?;
        fs::rename(&draft, &path)
    }

    /// Forgets it.
    pub(crate) fn remove(&self, id: &str) {
        // Why: one that is not there is what is wanted.
        let _ = fs::remove_file(self.path(id));
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.{}", self.extension))
    }
}
