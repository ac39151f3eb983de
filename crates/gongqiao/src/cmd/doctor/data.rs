//! The data directory and the modes of its keys.

use std::{fs, io, path::Path};

use gongqiao_shell::Config;

use super::Check;

const NAME: &str = "data directory";
const KEYS: &str = "keys";

pub(super) fn look(config: &Config) -> Vec<Check> {
    let dir = &config.data.dir;
    let shown = dir.display();
    match fs::metadata(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            vec![Check::ok(NAME, format!("{shown}: not there yet; the first start makes it"))]
        }
        Err(e) => vec![Check::fail(NAME, format!("{shown}: {e}"), "give yourself the right to it")],
        Ok(metadata) if !metadata.is_dir() => {
            let advice = "name another with --data-dir or data.dir";
            vec![Check::fail(NAME, format!("{shown}: not a directory"), advice)]
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            let advice = "make it writable for the user who runs the exchange";
            vec![Check::fail(NAME, format!("{shown}: can't be written"), advice)]
        }
        Ok(_) => {
            let mut checks = vec![Check::ok(NAME, shown.to_string())];
            checks.push(keys(&dir.join("keys")));
            checks
        }
    }
}

/// Whether nobody else can read the keys.
fn keys(dir: &Path) -> Check {
    let mut open = Vec::new();
    let mut count = 0;
    match files_open_to_others(dir, &mut open, &mut count) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Check::ok(KEYS, "none yet; the first start makes them")
        }
        Err(e) => {
            let advice = "run doctor as the user who runs the exchange";
            Check::warn(KEYS, format!("{}: {e}", dir.display()), advice)
        }
        Ok(()) if open.is_empty() => Check::ok(KEYS, format!("{count}, readable by you alone")),
        Ok(()) => {
            let advice = "chmod 600 them; if strangers had access to this machine, make new keys";
            Check::fail(KEYS, format!("others can read: {}", open.join(", ")), advice)
        }
    }
}

fn files_open_to_others(dir: &Path, open: &mut Vec<String>, count: &mut usize) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        // Why: a link is judged by itself, and never followed in a circle.
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_dir() {
            files_open_to_others(&path, open, count)?;
        } else if metadata.is_file() {
            *count += 1;
            if is_open_to_others(&metadata) {
                open.push(path.display().to_string());
            }
        }
    }
    Ok(())
}

/// Whether group or others may do anything with a file.
#[cfg(unix)]
pub(super) fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

/// Whether others may do anything with a file; not told by modes here.
#[cfg(not(unix))]
pub(super) fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{super::Grade, *};

    fn config(dir: &Path) -> Config {
        let mut config = Config::default();
        config.data.dir = dir.to_owned();
        config
    }

    #[test]
    fn a_key_that_others_can_read_is_named_and_fails() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("keys/nats/account.nk");
        fs::create_dir_all(key.parent().unwrap()).unwrap();
        fs::write(&key, "x").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let grades = |checks: Vec<Check>| checks.iter().map(|c| c.status).collect::<Vec<_>>();
        assert_eq!(grades(look(&config(dir.path()))), [Grade::Ok, Grade::Ok]);

        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let checks = look(&config(dir.path()));
        assert!(checks[1].found.contains("account.nk"), "{}", checks[1].found);
        assert_eq!(grades(checks), [Grade::Ok, Grade::Fail]);
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        let checks = look(&config(&dir.path().join("none")));
        assert_eq!(checks.iter().map(|c| c.status).collect::<Vec<_>>(), [Grade::Ok]);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(look(&config(&file))[0].status, Grade::Fail);
    }
}
