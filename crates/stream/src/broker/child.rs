//! One server process: spawned, waited for until it answers, ended.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    process::{Child, Command},
    time::{Instant, timeout},
};

use super::{
    BrokerError, Identity,
    config::{self, Layout, Sync},
    files::{self, failed},
    probe,
};

/// Between two looks at whether the server is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// As much of the log's end is read for the last words of a server that ended.
const LAST_WORDS_BYTES: u64 = 16 << 10;
const LAST_WORDS_LINES: usize = 3;

/// All that is needed to spawn the server, again and again.
#[derive(Debug)]
pub(super) struct Launcher {
    pub(super) program: PathBuf,
    pub(super) layout: Layout,
    pub(super) identity: Identity,
    /// The text of the service user's `.creds`.
    pub(super) creds: String,
    pub(super) max_store_bytes: Option<u64>,
    pub(super) filling: bool,
    pub(super) ready_timeout: Duration,
    pub(super) stop_timeout: Duration,
    /// The store's lock; every server gets a copy.
    pub(super) lock: File,
}

/// A server process that was spawned.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Its process number.
    pub(super) pid: u32,
    log_began_at: u64,
}

impl Launcher {
    /// Spawns the server. Must be called on a thread that lives as long as the server shall (see [`die_with_parent`]).
    pub(super) fn spawn(&self, port: Option<u16>) -> Result<Server, BrokerError> {
        let layout = &self.layout;
        let sync = if self.filling { Sync::AtTheEnd } else { Sync::Always };
        let text = config::render(layout, &self.identity, port, self.max_store_bytes, sync);
        files::write_private(&layout.conf(), text.as_bytes())?;
        clear_ports(&layout.ports())?;
        let words = layout.first_words();
        let words_file = File::create(&words).map_err(failed("write", &words))?;
        let second = words_file.try_clone().map_err(failed("write", &words))?;
        // Why: the server keeps the store locked even if this process is killed and a new one is quicker than it.
        let lock = self.lock.try_clone().map_err(failed("share the lock of", &layout.root))?;

        let mut command = Command::new(&self.program);
        command.arg("-c").arg(layout.conf()).current_dir(&layout.root).kill_on_drop(true);
        command
            .stdin(Stdio::from(lock))
            .stdout(Stdio::from(words_file))
            .stderr(Stdio::from(second));
        // Why a group of its own: Ctrl-C in a terminal is for us; we then stop the server in our order.
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(target_os = "linux")]
        die_with_parent(&mut command);

        let log_began_at = fs::metadata(layout.log()).map_or(0, |log| log.len());
        let child = command
            .spawn()
            .map_err(|source| BrokerError::Spawn { program: self.program.clone(), source })?;
        let pid = child.id().ok_or(BrokerError::SupervisorGone)?;
        Ok(Server { child, pid, log_began_at })
    }

    /// Waits until the server answers a JetStream request, and gives the port that it listens on.
    pub(super) async fn ready(&self, server: &mut Server) -> Result<u16, BrokerError> {
        let until = Instant::now() + self.ready_timeout;
        let mut reason = "it has not said on which port it listens".to_owned();
        loop {
            if let Some(port) = port_in(&self.layout.ports(), server.pid) {
                match probe::jetstream_answers(&url(port), &self.creds).await {
                    Ok(()) => return Ok(port),
                    Err(why) => reason = why,
                }
            }
            if let Ok(ended) = timeout(LOOK_AGAIN, server.child.wait()).await {
                return Err(self.ended(server, ended));
            }
            if Instant::now() > until {
                return Err(BrokerError::NotReady {
                    after: self.ready_timeout,
                    reason,
                    log: self.layout.log(),
                });
            }
        }
    }

    /// Ends the server: politely, then, after the bounded time, for certain.
    pub(super) async fn stop(&self, mut server: Server) {
        server.ask_to_end();
        if timeout(self.stop_timeout, server.child.wait()).await.is_err() {
            tracing::warn!(pid = server.pid, "nats-server did not end when asked; killing it");
            server.kill().await;
        }
    }

    fn ended(&self, server: &Server, status: io::Result<ExitStatus>) -> BrokerError {
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let mut words = last_words(&self.layout.log(), server.log_began_at);
        if words.is_empty() {
            words = last_words(&self.layout.first_words(), 0);
        }
        BrokerError::Ended { status, words, log: self.layout.log() }
    }
}

impl Server {
    /// Waits for its end.
    pub(super) async fn wait(&mut self) -> String {
        self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Ends it at once, and waits until it is gone.
    pub(super) async fn kill(&mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(pid = self.pid, %error, "could not kill nats-server");
        }
    }

    #[cfg(unix)]
    fn ask_to_end(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        // Why from `id()`: it is `None` once the child is reaped, so that no other process gets the signal.
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, Signal::TERM)) {
            tracing::warn!(pid = self.pid, %error, "could not ask nats-server to end");
        }
    }

    #[cfg(not(unix))]
    fn ask_to_end(&mut self) {
        if let Err(error) = self.child.start_kill() {
            tracing::warn!(pid = self.pid, %error, "could not end nats-server");
        }
    }
}

/// The address of the server on this machine.
pub(super) fn url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

/// Has the kernel kill the child when the thread that spawned it ends, however it ends.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "the death signal can only be set between fork and exec; no crate offers that safely"
)]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    let before_exec = move || {
        // Why KILL: it can't be delayed, and everything acknowledged is on the disk.
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the call above.
        if getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: the closure runs in the forked child before exec, where only async-signal-safe work is allowed: it makes
    // two system calls, allocates nothing, takes no lock.
    unsafe {
        command.pre_exec(before_exec);
    }
}

fn clear_ports(dir: &Path) -> Result<(), BrokerError> {
    for entry in fs::read_dir(dir).map_err(failed("read", dir))?.flatten() {
        let path = entry.path();
        fs::remove_file(&path).map_err(failed("remove", &path))?;
    }
    Ok(())
}

/// What the server writes into its ports file; more than we need stands in it.
#[derive(Deserialize)]
struct Ports {
    nats: Vec<String>,
}

/// The port in `<program>_<pid>.ports`, once the file is there and whole.
pub(super) fn port_in(dir: &Path, pid: u32) -> Option<u16> {
    let ending = format!("_{pid}.ports");
    let mut entries = fs::read_dir(dir).ok()?.flatten();
    let entry = entries.find(|entry| entry.file_name().to_string_lossy().ends_with(&ending))?;
    let ports: Ports = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
    ports.nats.first()?.rsplit(':').next()?.parse().ok()
}

/// The last lines that tell of an error, or else the last lines.
fn last_words(path: &Path, began_at: u64) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        // A log that was turned over is shorter than before.
        let began_at = if began_at > length { 0 } else { began_at };
        file.seek(SeekFrom::Start(began_at.max(length.saturating_sub(LAST_WORDS_BYTES))))?;
        let mut bytes = Vec::new();
        file.take(LAST_WORDS_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let told: Vec<&str> =
        text.lines().filter(|line| line.contains("[ERR]") || line.contains("[FTL]")).collect();
    let lines = if told.is_empty() { text.lines().collect() } else { told };
    lines[lines.len().saturating_sub(LAST_WORDS_LINES)..].join(" | ")
}
