//! Books in files: a stream forgets old events, and what they made is kept
//! here. A file that is missing or damaged costs an epoch and nothing else.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use gongqiao_contract::id::SubscriptionId;

use crate::book::Kept;

/// The directory of the books.
#[derive(Debug, Clone)]
pub(crate) struct Files(PathBuf);

impl Files {
    /// Opens the directory, and makes it at the first start.
    ///
    /// # Errors
    /// It can't be made.
    pub(crate) fn open(dir: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }

    /// The book of a subscription, if one was kept.
    pub(crate) fn load(&self, subscription: &SubscriptionId) -> Option<Kept> {
        let bytes = fs::read(self.path(subscription)).ok()?;
        postcard::from_bytes(&bytes).ok()
    }

    /// Keeps a book, in place of the one before.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn store(&self, subscription: &SubscriptionId, kept: &Kept) -> io::Result<()> {
        let path = self.path(subscription);
        let draft = path.with_extension("new");
        let bytes = postcard::to_stdvec(kept).map_err(io::Error::other)?;
        fs::write(&draft, bytes)?;
        fs::rename(&draft, &path)
    }

    /// Forgets a book.
    pub(crate) fn remove(&self, subscription: &SubscriptionId) {
        // Why: one that is not there is what is wanted.
        let _ = fs::remove_file(self.path(subscription));
    }

    fn path(&self, subscription: &SubscriptionId) -> PathBuf {
        Path::new(&self.0).join(format!("{subscription}.book"))
    }
}
