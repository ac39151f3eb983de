//! What opens people and what the store belongs to. A copy of a person's key
//! outlives the person's erasure, so copies are kept for few days only.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gongqiao_contract::Lang;
use gongqiao_shell::{Clock, Config};
use gongqiao_stream::broker::account_of;
use gongqiao_vault::Vault;
use serde::Serialize;
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use super::{
    BackupError,
    draft::{self, Draft},
    manifest::{Kind, Manifest},
};
use crate::output::Output;

/// Of names that are told by their time.
const PREFIX: &str = "keys-";

/// What was saved, as it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    dir: String,
    taken_at: String,
    files: usize,
    bytes: u64,
    /// Older copies that are gone.
    deleted: Vec<String>,
    kept_for_days: u32,
}

pub(super) async fn save(config: &Config, out: &Path, output: Output) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let data = config.data.dir.clone();
    if !data.join("vault/vault.db").exists() {
        let missing = "vault/vault.db";
        return Err(BackupError::NothingHere { dir: data, missing }.into());
    }
    draft::private_dir(out)?;
    let draft = Draft::beside(&out.join(name_of(now)?))?;
    let to = draft.path().to_owned();
    tokio::task::spawn_blocking(move || copy(&data, &to)).await??;
    let creds = config.nats.creds.clone();
    let creds = creds.unwrap_or_else(|| config.data.dir.join("keys/gq-service.creds"));
    let account = account_of(&creds);
    let manifest = Manifest::of(draft.path(), Kind::Keys, config, account, now, Vec::new())?;
    manifest.write(draft.path())?;
    Manifest::verified(draft.path(), Kind::Keys)?;
    let dir = draft.keep()?;
    let deleted = delete_older(&dir, now - config.vault.key_backup())?;
    let told = Told {
        dir: dir.display().to_string(),
        taken_at: manifest.taken_at.clone(),
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        deleted,
        kept_for_days: config.vault.key_backup_days,
    };
    output.show(&told, || text(output, &told))
}

/// Of `given`, which is a backup of keys or holds several, the newest.
pub(super) fn newest(given: &Path) -> PathBuf {
    if given.join("manifest.json").exists() {
        return given.to_owned();
    }
    let Ok(entries) = fs::read_dir(given) else { return given.to_owned() };
    let backups = entries.flatten().map(|entry| entry.path()).filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
    });
    backups.max().unwrap_or_else(|| given.to_owned())
}

fn copy(data: &Path, to: &Path) -> anyhow::Result<()> {
    copy_files(&data.join("keys"), &to.join("keys"))?;
    draft::private_dir(&to.join("vault"))?;
    Ok(Vault::copy(data, &to.join("vault/vault.db"))?)
}

/// All files below `from`: the accounts of parties have a directory of their own.
fn copy_files(from: &Path, to: &Path) -> Result<(), BackupError> {
    draft::private_dir(to)?;
    for entry in fs::read_dir(from).map_err(BackupError::file(from))? {
        let path = entry.map_err(BackupError::file(from))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        // Why: another process may be making a key at this very moment.
        let passing = |name: &String| name.starts_with('.') || name.ends_with(".new");
        let Some(name) = name.filter(|name| !passing(name)) else { continue };
        if path.is_dir() {
            copy_files(&path, &to.join(name))?;
        } else {
            draft::copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Deletes the copies beside `kept` that were made before `limit`, also those
/// that were never finished.
fn delete_older(kept: &Path, limit: OffsetDateTime) -> Result<Vec<String>, BackupError> {
    let dir = kept.parent().unwrap_or(kept);
    let mut deleted = Vec::new();
    for entry in fs::read_dir(dir).map_err(BackupError::file(dir))? {
        let entry = entry.map_err(BackupError::file(dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let old = time_in(&name).is_some_and(|made| made < limit);
        if old && entry.path() != kept && entry.path().is_dir() {
            fs::remove_dir_all(entry.path()).map_err(BackupError::file(&entry.path()))?;
            deleted.push(name);
        }
    }
    deleted.sort();
    Ok(deleted)
}

const TIME: &[time::format_description::BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

fn name_of(now: OffsetDateTime) -> anyhow::Result<String> {
    Ok(format!("{PREFIX}{}", now.to_offset(time::UtcOffset::UTC).format(TIME)?))
}

/// When a backup of that name was made; of an unfinished one as well.
fn time_in(name: &str) -> Option<OffsetDateTime> {
    let rest = name.trim_start_matches('.').strip_prefix(PREFIX)?;
    Some(PrimitiveDateTime::parse(rest.get(..16)?, TIME).ok()?.assume_utc())
}

fn text(output: Output, told: &Told) -> String {
    let Told { dir, files, bytes, deleted, kept_for_days: days, .. } = told;
    let gone = deleted.join(", ");
    match (output.lang, deleted.is_empty()) {
        (Lang::En, true) => format!(
            "{dir}: {files} files, {bytes} bytes, checked. Copies are kept for {days} days; none \
             was older. Whoever has one can read people who were erased since: keep it apart from \
             the streams, and nowhere longer."
        ),
        (Lang::En, false) => format!(
            "{dir}: {files} files, {bytes} bytes, checked. Deleted, since older than {days} days: \
             {gone}. Whoever has a copy can read people who were erased since: keep it apart from \
             the streams, and nowhere longer."
        ),
        (Lang::Zh, none) => {
            let gone = if none {
                "没有更早的副本".to_owned()
            } else {
                format!("已删除过期副本：{gone}")
            };
            format!(
                "{dir}：{files} 个文件，{bytes} 字节，已校验。副本保留 {days} 天；{gone}。持有副本者仍能读取此后被删除的人员：\
                 请与数据流分开存放，勿超期保留。"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn copies_that_are_too_old_go_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let now = datetime!(2025-07-10 12:00 UTC);
        let names = [
            "keys-20250701T120000Z",
            "keys-20250703T120001Z",
            ".keys-20250601T120000Z.x7.part",
            "keys-by-hand",
            "other",
        ];
        names.iter().for_each(|name| fs::create_dir(dir.path().join(name)).unwrap());
        fs::write(dir.path().join("keys-20240701T120000Z"), "a file").unwrap();
        assert_eq!(name_of(now).unwrap(), "keys-20250710T120000Z");
        let kept = dir.path().join(names[1]);
        let deleted = delete_older(&kept, now - time::Duration::days(7)).unwrap();
        assert_eq!(deleted, [names[2], names[0]]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        assert_eq!(delete_older(&kept, now).unwrap(), Vec::<String>::new(), "itself");
        assert_eq!(newest(dir.path()).file_name().unwrap(), "keys-by-hand");
    }
}
