//! Backups that must not be restored, and targets that must not be touched.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use gongqiao_stream::{StreamName, broker::TestBroker, read};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Backups, connection, elsewhere, run};
use crate::support::{Exchange, enterprise, until, vacancy};

/// A backup of an exchange with a little in it.
async fn backup(into: &Path) -> (Exchange, Backups) {
    let exchange = Exchange::up();
    let (_, factory) = enterprise(&exchange.client("operator"), 1).await;
    factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    let backups = Backups::take(exchange.data(), into);
    (exchange, backups)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Changes the manifest as somebody would who knows how it is made.
fn forge(dir: &Path, change: impl FnOnce(&mut Value)) {
    let path = dir.join("manifest.json");
    let mut whole: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut whole["manifest"]);
    let hash = Sha256::digest(serde_json::to_vec(&whole["manifest"]).unwrap());
    whole["sha256"] = json!(hex::encode(hash));
    fs::write(&path, serde_json::to_vec(&whole).unwrap()).unwrap();
}

type Damage = Box<dyn Fn(&Path)>;

fn damages() -> Vec<(&'static str, Damage)> {
    let bytes = |dir: &Path, file: &str, change: fn(&mut Vec<u8>)| {
        let path = dir.join(file);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
    };
    vec![
        ("backup.damaged", Box::new(move |dir| bytes(dir, "facts.archive", |b| b.truncate(500)))),
        ("backup.damaged", Box::new(move |dir| bytes(dir, "facts.archive", |b| b[300] ^= 1))),
        ("backup.damaged", Box::new(move |dir| bytes(dir, "manifest.json", |b| b.truncate(99)))),
        (
            "backup.damaged",
            Box::new(|dir| {
                let path = dir.join("manifest.json");
                let text = fs::read_to_string(&path).unwrap().replace("431000", "320600");
                fs::write(&path, text).unwrap();
            }),
        ),
        ("backup.damaged", Box::new(|dir| fs::remove_file(dir.join("audit.archive")).unwrap())),
        ("backup.damaged", Box::new(|dir| forge(dir, |m| m["streams"][0]["messages"] = json!(5)))),
        (
            "backup.damaged",
            Box::new(|dir| {
                forge(dir, |m| m["files"][0]["path"] = json!("../elsewhere"));
            }),
        ),
        ("backup.damaged", Box::new(|dir| forge(dir, |m| m["streams"] = json!([])))),
        (
            "backup.damaged",
            Box::new(|dir| forge(dir, |m| m["streams"][0]["file"] = json!("../facts"))),
        ),
        (
            "backup.incomplete",
            Box::new(|dir| {
                fs::remove_file(dir.join("manifest.json")).unwrap();
            }),
        ),
        ("backup.newer", Box::new(|dir| forge(dir, |m| m["format"] = json!(2)))),
        ("backup.newer", Box::new(|dir| forge(dir, |m| m["schema"] = json!(1_000)))),
        ("backup.other_city", Box::new(|dir| forge(dir, |m| m["cell"] = json!("320600")))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_refuses_what_is_damaged_newer_foreign_or_half_written_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (_exchange, backups) = backup(dir.path()).await;
    let work = dir.path().join("work");
    let left = || fs::read_dir(&work).map_or(0, Iterator::count);
    let to = work.join("restored");
    for (index, (code, damage)) in damages().into_iter().enumerate() {
        let streams = dir.path().join(format!("damaged-{index}"));
        copy(&backups.streams, &streams);
        damage(&streams);
        let damaged = Backups { streams, keys: backups.keys.clone(), told: Value::Null };
        let problem = damaged.restore(&to, &[]).unwrap_err();
        assert_eq!(problem["code"], code, "damage {index}: {problem}");
        assert_eq!(left(), 0, "damage {index}");
    }
    let other = dir.path().join("other");
    let (_other, foreign) = backup(&other).await;
    let of = |streams: &PathBuf, keys: &PathBuf| Backups {
        streams: streams.clone(),
        keys: keys.clone(),
        told: Value::Null,
    };
    let mixed = [
        (of(&backups.streams, &foreign.keys), "backup.foreign"),
        (of(&backups.streams, &backups.streams), "backup.kind"),
        (of(&backups.streams, &dir.path().join("nowhere")), "backup.incomplete"),
    ];
    for (mixed, code) in mixed {
        let problem = mixed.restore(&to, &[]).unwrap_err();
        assert_eq!(problem["code"], code, "{problem}");
    }
    assert_eq!(left(), 0);
    backups.restore(&to, &[]).unwrap();
    assert_eq!(left(), 1, "the undamaged one is restored, and nothing beside it");
    let again = backups.restore(&to, &[]).unwrap_err();
    assert_eq!(again["code"], "backup.exists", "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_that_is_killed_leaves_no_data_directory_and_the_next_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let (_exchange, backups) = backup(dir.path()).await;
    let work = dir.path().join("work");
    fs::create_dir(&work).unwrap();
    let to = work.join("restored");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gongqiao"))
        .args(["restore", "--from"])
        .arg(&backups.streams)
        .arg("--keys")
        .arg(&backups.keys)
        .arg("--data-dir")
        .arg(&to)
        .spawn()
        .unwrap();
    let begun = || fs::read_dir(&work).unwrap().next().is_some();
    until("the beginning", async || begun().then_some(())).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!to.exists(), "killed, and there is something that looks restored");
    let told = backups.restore(&to, &[]).unwrap();
    assert_eq!(told["position"], backups.last("FACTS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_are_for_their_owner_alone_and_never_overwrite() {
    let dir = tempfile::tempdir().unwrap();
    let (exchange, backups) = backup(dir.path()).await;
    let mut open = Vec::new();
    for root in [&backups.streams, &backups.keys] {
        modes(root, &mut open);
    }
    assert_eq!(open, Vec::<String>::new());
    let (data, out) =
        (exchange.data().display().to_string(), backups.streams.display().to_string());
    let problem = run(&["backup", "--data-dir", &data, "--out", &out], &[]).unwrap_err();
    assert_eq!(problem["code"], "backup.exists", "{problem}");
    let nothing = dir.path().join("nothing").display().to_string();
    let out = dir.path().join("out").display().to_string();
    for keys in [&["--keys"][..], &[]] {
        let args = [&["backup", "--data-dir", &nothing, "--out", &out], keys].concat();
        let problem = run(&args, &[]).unwrap_err();
        assert_eq!(problem["code"], "backup.nothing_here", "{problem}");
    }
}

fn modes(path: &Path, open: &mut Vec<String>) {
    let metadata = fs::metadata(path).unwrap();
    let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
    if metadata.permissions().mode() & 0o777 != wanted {
        open.push(path.display().to_string());
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            modes(&entry.unwrap().path(), open);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_into_a_broker_that_runs_elsewhere_fills_it_once_and_takes_nothing_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let (_exchange, backups) = backup(dir.path()).await;
    let copied = fs::read_dir(&backups.keys).unwrap().next().unwrap().unwrap().path();
    let there = dir.path().join("elsewhere");
    copy(&copied.join("keys"), &there.join("keys"));
    let broker = TestBroker::start_in(&there).await;
    let env = elsewhere(&broker);
    let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let told = backups.restore(&dir.path().join("data"), &env).unwrap();
    assert_eq!(told["position"], backups.last("FACTS"));
    let again = backups.restore(&dir.path().join("again"), &env).unwrap_err();
    assert_eq!(again["code"], "restore.stream_exists", "{again}");
    let head = read::head(&connection(&broker).await, StreamName::Facts).await.unwrap();
    assert_eq!(head, backups.last("FACTS"), "what was there stays");

    let out = dir.path().join("second").display().to_string();
    let second = run(&["backup", "--out", &out], &env).unwrap();
    assert_eq!(second["streams"], backups.told["streams"]);

    let foreign = TestBroker::start().await;
    let env = elsewhere(&foreign);
    let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let refused = backups.restore(&dir.path().join("foreign"), &env).unwrap_err();
    assert_eq!(refused["code"], "backup.foreign", "{refused}");
}
