//! The embedded server's configuration file and the places of its files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{BrokerError, Identity, files};

/// The largest message that the broker takes, in bytes: well above any event, below what would stall a client.
pub const MAX_PAYLOAD_BYTES: u64 = 8 << 20;
/// The server's log is turned over at this size, and so many old ones are kept.
const LOG_BYTES: u64 = 64 << 20;
const LOGS_KEPT: u32 = 5;

/// Where the embedded server keeps its things, all beneath `<data>/nats`.
#[derive(Clone, Debug)]
pub struct Layout {
    /// `<data>/nats`, absolute.
    pub root: PathBuf,
    /// `<data>/keys`, absolute.
    pub keys: PathBuf,
}

impl Layout {
    /// Makes the private directories beneath `data_dir`.
    ///
    /// # Errors
    /// [`BrokerError::File`] if they can't be made.
    pub fn create(data_dir: &Path) -> Result<Self, BrokerError> {
        fs::create_dir_all(data_dir).map_err(files::failed("make the directory", data_dir))?;
        // Why absolute: the server runs in a working directory of its own.
        let data_dir =
            fs::canonicalize(data_dir).map_err(files::failed("find the directory", data_dir))?;
        if data_dir.to_str().is_none() {
            let source = std::io::Error::other(
                "its name is not UTF-8, which a server configuration can't express",
            );
            return Err(BrokerError::File { action: "use", path: data_dir, source });
        }
        let layout = Self { root: data_dir.join("nats"), keys: data_dir.join("keys") };
        for dir in [&layout.root, &layout.store(), &layout.ports(), &layout.accounts()] {
            files::private_dir(dir)?;
        }
        Ok(layout)
    }

    /// The same, of a data directory that is there; makes nothing.
    pub(super) fn of(data_dir: &Path) -> Self {
        Self { root: data_dir.join("nats"), keys: data_dir.join("keys") }
    }

    /// Where the server writes its process number.
    pub(super) fn pid(&self) -> PathBuf {
        self.root.join("nats-server.pid")
    }

    /// The store; JetStream makes `jetstream/<account>` in it.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.root.join("nats-server.log")
    }

    /// What the server wrote before it had a log.
    pub fn first_words(&self) -> PathBuf {
        self.root.join("nats-server.err")
    }

    /// The configuration file.
    pub fn conf(&self) -> PathBuf {
        self.root.join("nats-server.conf")
    }

    pub(super) fn ports(&self) -> PathBuf {
        self.root.join("ports")
    }

    pub(super) fn accounts(&self) -> PathBuf {
        self.root.join("accounts")
    }
}

/// When the server puts on the disk what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before it acknowledges it.
    Always,
    /// When it likes, and at the latest when it ends: while streams are filled from files.
    AtTheEnd,
}

/// The text of the configuration file. `port` is `None` for a free one, which the server tells in its ports file.
pub fn render(
    layout: &Layout,
    identity: &Identity,
    port: Option<u16>,
    max_store_bytes: Option<u64>,
    sync: Sync,
) -> String {
    let port = port.map_or_else(|| "-1".to_owned(), |port| port.to_string());
    let max_store =
        max_store_bytes.map(|bytes| format!("  max_file_store: {bytes}\n")).unwrap_or_default();
    let sync = match sync {
        Sync::Always => {
            "# Nothing is acknowledged before it is on the disk.\n  sync_interval: always"
        }
        Sync::AtTheEnd => {
            "# A restore fills it, and syncs it at the end.\n  sync_interval: \"10m\""
        }
    };
    format!(
        "# Made by gongqiao at every start: changes here are lost.\n\
         listen: \"127.0.0.1:{port}\"\n\
         ports_file_dir: {ports}\n\
         pid_file: {pid}\n\
         log_file: {log}\n\
         logfile_size_limit: {LOG_BYTES}\n\
         logfile_max_num: {LOGS_KEPT}\n\
         max_payload: {MAX_PAYLOAD_BYTES}\n\
         \n\
         jetstream {{\n  \
           store_dir: {store}\n\
         {max_store}  \
           {sync}\n\
         }}\n\
         \n\
         # Every connection is a user of an account; there is no anonymous one.\n\
         resolver {{\n  type: full\n  dir: {accounts}\n  allow_delete: false\n}}\n\
         {operator}",
        ports = quoted(&layout.ports()),
        pid = quoted(&layout.pid()),
        log = quoted(&layout.log()),
        store = quoted(&layout.store()),
        accounts = quoted(&layout.accounts()),
        operator = identity.operator_conf(),
    )
}

/// A path as a string of the configuration language, whose escapes are those of JSON.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
