//! `restore`: streams and keys into an empty data directory.

use std::{path::Path, process::ExitCode};

use gongqiao_shell::{Clock, Config};
use gongqiao_stream::{
    StreamName, declare,
    snapshot::{self, SnapshotError},
};
use gongqiao_vault::Vault;
use serde::Serialize;

use super::{
    BackupError, RestoreArgs, configuration,
    draft::{self, Draft},
    keys,
    manifest::{Kind, Manifest, Saved},
    proof,
    source::Source,
};
use crate::{
    cli::Global,
    output::{Failure, Output, cell},
};

/// What was restored, as it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    data_dir: String,
    taken_at: String,
    keys_taken_at: String,
    cell: String,
    streams: Vec<Saved>,
    /// The last fact that was folded.
    position: u64,
    /// Cards in the register.
    cards: usize,
    /// People whom the log has erased.
    erased: usize,
    /// Those of them whose keys were in the copy, and were destroyed.
    keys_destroyed: usize,
    /// Cards that can't be opened, though nobody erased them: the copy of the
    /// keys is older than they are.
    cards_without_key: usize,
    /// Entities that this program does not understand.
    not_understood: usize,
    seconds: f64,
}

/// The two backups, once everything in them was checked.
struct Checked<'a> {
    from: &'a Path,
    streams: Manifest,
    keys: Manifest,
}

pub(crate) async fn restore(
    args: RestoreArgs,
    global: &Global,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let began = std::time::Instant::now();
    if global.data_dir.is_none() {
        let detail = "name the new data directory with --data-dir";
        return Err(Failure::new("restore.data_dir", detail).into());
    }
    let mut config = configuration(global)?;
    let clock = Clock::system();
    let keys = keys::newest(&args.keys);
    let checked = check(&args.from, &keys, &config).await?;
    let draft = Draft::beside(&config.data.dir)?;
    config.data.dir = draft.path().to_owned();
    put_keys(&checked.keys, &keys, draft.path())?;

    let mut made = Vec::new();
    let filled = Box::pin(fill(&checked, &config, &clock, output, &mut made)).await;
    let (told, dir) = match filled.and_then(|told| Ok((told, draft.keep()?))) {
        Ok(kept) => kept,
        Err(error) => {
            take_back(&config, &clock, &made).await;
            return Err(error);
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    let told = Told { data_dir: dir.display().to_string(), seconds, ..told };
    output.show(&told, || text(output, &told))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all of both backups before anything is made.
async fn check<'a>(from: &'a Path, keys: &Path, config: &Config) -> anyhow::Result<Checked<'a>> {
    let streams = Manifest::verified(from, Kind::Streams)?;
    let keys = Manifest::verified(keys, Kind::Keys)?;
    let account = |manifest: &Manifest| manifest.account.clone().unwrap_or_default();
    if streams.account != keys.account {
        let (streams, keys) = (account(&streams), account(&keys));
        return Err(BackupError::Foreign { streams, keys }.into());
    }
    for found in [&streams.cell, &keys.cell] {
        if *found != config.cell.city {
            let configured = config.cell.city.clone();
            return Err(BackupError::OtherCell { found: found.clone(), configured }.into());
        }
    }
    if !streams.streams.iter().any(|saved| saved.name == StreamName::Facts.as_str()) {
        return Err(BackupError::damaged(from, "it has no facts").into());
    }
    for saved in &streams.streams {
        let path = from.join(&saved.file);
        if !streams.files.iter().any(|file| file.path == saved.file) {
            return Err(BackupError::damaged(&path, "it is not among the files").into());
        }
        let found = snapshot::inspect(name_of(saved, from)?, &path).await?;
        if found != saved.contents {
            return Err(BackupError::damaged(&path, "it holds other messages").into());
        }
    }
    Ok(Checked { from, streams, keys })
}

fn name_of(saved: &Saved, from: &Path) -> Result<StreamName, BackupError> {
    let known = StreamName::ALL.into_iter().find(|name| name.as_str() == saved.name);
    known.ok_or_else(|| BackupError::damaged(from, format!("{} is no stream", saved.name)))
}

/// Copies keys and vault to where a data directory has them.
fn put_keys(manifest: &Manifest, from: &Path, to: &Path) -> Result<(), BackupError> {
    for file in &manifest.files {
        let path = to.join(&file.path);
        if let Some(dir) = path.parent() {
            draft::private_dir(dir)?;
        }
        draft::copy(&from.join(&file.path), &path)?;
    }
    Ok(())
}

/// Fills the broker, starts it anew, and looks at what it has.
async fn fill(
    checked: &Checked<'_>,
    config: &Config,
    clock: &Clock,
    output: Output,
    made: &mut Vec<StreamName>,
) -> anyhow::Result<Told> {
    let source = Source::start(config, clock, true).await?;
    let filled = Box::pin(streams(checked, config, &source, output, made)).await;
    source.stop().await;
    filled?;
    draft::sync(&config.data.dir)?;

    // Why a second time: what counts is what the disk gives back.
    let source = Source::start(config, clock, false).await?;
    let told = Box::pin(prove(checked, config, &source)).await;
    source.stop().await;
    told
}

async fn streams(
    checked: &Checked<'_>,
    config: &Config,
    source: &Source,
    output: Output,
    made: &mut Vec<StreamName>,
) -> anyhow::Result<()> {
    let streams = &checked.streams;
    if streams.account.is_some() && streams.account != source.account {
        let of = |account: &Option<String>| account.clone().unwrap_or_default();
        let (streams, keys) = (of(&streams.account), of(&source.account));
        return Err(BackupError::Foreign { streams, keys }.into());
    }
    // Why all of them first: a broker that has one is another exchange's.
    for name in StreamName::ALL {
        if snapshot::exists(&source.connection, name).await? {
            return Err(SnapshotError::Exists { stream: name.as_str() }.into());
        }
    }
    for saved in &streams.streams {
        let name = name_of(saved, checked.from)?;
        let bar = output.bar("{prefix:10} {bar:40} {bytes} / {total_bytes} {eta}");
        bar.set_prefix(name.as_str());
        let mut progress = |done: u64, all: u64| {
            bar.set_length(all);
            bar.set_position(done);
        };
        made.push(name);
        let (replicas, path) = (config.nats.replicas, checked.from.join(&saved.file));
        let restored =
            snapshot::restore(&source.connection, name, replicas, &path, &mut progress).await;
        bar.finish_and_clear();
        // Why: what somebody else has made meanwhile is not taken back.
        if let Err(SnapshotError::Exists { .. }) = &restored {
            made.pop();
        }
        restored?;
    }
    Ok(())
}

/// Folds what is there, and has the vault forget whom the log has erased,
/// before anybody is served.
async fn prove(checked: &Checked<'_>, config: &Config, source: &Source) -> anyhow::Result<Told> {
    declare(&source.connection, config.nats.replicas).await?;
    let folded = proof::fold(&source.connection, &checked.streams.streams).await?;
    let dir = config.data.dir.clone();
    let looked = move || -> anyhow::Result<_> {
        let vault = Vault::open(&dir)?;
        let destroyed = proof::erase(&vault, &folded.city)?;
        let erased: std::collections::HashSet<_> = folded.city.index.erased.values().collect();
        let kept: Vec<_> =
            folded.cards.iter().filter(|card| !erased.contains(card)).cloned().collect();
        Ok((destroyed, vault.without_key(&kept)?, folded))
    };
    let (keys_destroyed, cards_without_key, folded) = tokio::task::spawn_blocking(looked).await??;
    Ok(Told {
        data_dir: String::new(),
        taken_at: checked.streams.taken_at.clone(),
        keys_taken_at: checked.keys.taken_at.clone(),
        cell: checked.streams.cell.clone(),
        streams: checked.streams.streams.clone(),
        position: folded.city.position,
        cards: folded.cards.len(),
        erased: folded.city.index.erased.len(),
        keys_destroyed,
        cards_without_key,
        not_understood: folded.city.not_understood.len(),
        seconds: 0.0,
    })
}

/// Removes from a broker that runs elsewhere what this run has put there; the
/// embedded one goes with its directory.
async fn take_back(config: &Config, clock: &Clock, made: &[StreamName]) {
    if config.nats.url.is_none() || made.is_empty() {
        return;
    }
    let Ok(source) = Source::start(config, clock, false).await else { return };
    for name in made {
        if let Err(error) = snapshot::discard(&source.connection, *name).await {
            tracing::warn!(stream = name.as_str(), %error, "restore.take_back");
        }
    }
}

fn text(output: Output, told: &Told) -> String {
    let rows = vec![
        (("Data directory", "数据目录"), cell(&told.data_dir)),
        (("Streams as of", "数据流时间"), cell(&told.taken_at)),
        (("Keys as of", "密钥时间"), cell(&told.keys_taken_at)),
        (("Facts", "事件"), cell(told.position)),
        (("Cards", "登记卡"), cell(told.cards)),
        (("Erased people", "已删除人员"), cell(told.erased)),
        (("Their keys destroyed here", "本次销毁的密钥"), cell(told.keys_destroyed)),
        (("Cards without a key", "缺密钥的登记卡"), cell(told.cards_without_key)),
        (("Not understood", "无法识别"), cell(told.not_understood)),
        (("Seconds", "用时（秒）"), cell(format!("{:.1}", told.seconds))),
    ];
    let mut text = output.details(rows);
    if told.cards_without_key > 0 {
        text.push('\n');
        let (en, zh) = without_key(told);
        text.push_str(output.say(en, zh));
    }
    text
}

/// What to do with cards that can't be opened. Both times are RFC 3339 in
/// Beijing time, and so in order as text.
fn without_key(told: &Told) -> (&'static str, &'static str) {
    if told.keys_taken_at > told.taken_at {
        return (
            "The keys were saved after the streams: cards without a key are of people who were \
             erased in between. Carry out their erasures again (person erase); do not import them.",
            "密钥备份晚于数据流：缺密钥的登记卡属于其间已删除的人员。请重新执行删除（person erase），不要再导入。",
        );
    }
    (
        "Cards without a key are of people who were registered after the keys were saved. Erase \
         these cards, which nobody can open, and import the rosters again.",
        "缺密钥的登记卡登记于密钥备份之后，已无法打开：请删除这些登记卡（person erase），并重新导入相应名册。",
    )
}
