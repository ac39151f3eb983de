//! All streams of a running exchange into one directory.

use std::path::Path;

use gongqiao_shell::{Clock, Config};
use gongqiao_stream::{
    StreamName,
    snapshot::{self, Contents},
};
use serde::Serialize;

use super::{
    draft::Draft,
    manifest::{Kind, Manifest, Saved},
    source::Source,
};
use crate::output::{Output, cell};

/// What was saved, as it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    dir: String,
    taken_at: String,
    bytes: u64,
    streams: Vec<Saved>,
    seconds: f64,
}

/// FACTS first. Why: whatever a fact speaks of stands in the other streams
/// before it (a roster's cards before the import, the record of an access
/// before what follows from it). So the others, copied later, hold at least
/// what these facts speak of; what they hold beyond it is what a gate leaves
/// that was cut off between the two, and that is understood: to import the
/// roster again finds its cards unchanged.
fn order() -> impl Iterator<Item = StreamName> {
    let others = StreamName::ALL.into_iter().filter(|name| *name != StreamName::Facts);
    std::iter::once(StreamName::Facts).chain(others)
}

pub(super) async fn save(config: &Config, out: &Path, output: Output) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    let clock = Clock::system();
    let now = clock.now();
    let draft = Draft::beside(out)?;
    let source = Source::open(config, &clock).await?;
    let mut streams = Vec::new();
    for name in order() {
        let file = file_of(name);
        let contents = copy(&source, name, &draft.path().join(&file), output).await?;
        streams.push(Saved { name: name.as_str().to_owned(), file, contents });
    }
    let account = source.account.clone();
    source.stop().await;
    let manifest = Manifest::of(draft.path(), Kind::Streams, config, account, now, streams)?;
    manifest.write(draft.path())?;
    // Why: what can't be read back is no backup.
    Manifest::verified(draft.path(), Kind::Streams)?;
    let told = Told {
        bytes: manifest.bytes(),
        taken_at: manifest.taken_at,
        streams: manifest.streams,
        dir: draft.keep()?.display().to_string(),
        seconds: began.elapsed().as_secs_f64(),
    };
    output.show(&told, || text(output, &told))
}

/// The file of a stream in a backup.
fn file_of(name: StreamName) -> String {
    format!("{}.archive", name.as_str().to_lowercase())
}

async fn copy(
    source: &Source,
    name: StreamName,
    to: &Path,
    output: Output,
) -> anyhow::Result<Contents> {
    let bar = output.bar("{prefix:10} {bar:40} {bytes}, at most {total_bytes}");
    bar.set_prefix(name.as_str());
    let mut progress = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let saved = snapshot::save(&source.connection, name, to, &mut progress).await;
    bar.finish_and_clear();
    Ok(saved?)
}

fn text(output: Output, told: &Told) -> String {
    let headings =
        [("Stream", "流"), ("Messages", "条数"), ("First", "首序号"), ("Last", "末序号")];
    let rows = told.streams.iter().map(|saved| {
        let Contents { messages, first_sequence, last_sequence } = saved.contents;
        vec![cell(&saved.name), cell(messages), cell(first_sequence), cell(last_sequence)]
    });
    let table = output.table(&headings, rows.collect());
    let (dir, bytes, seconds) = (&told.dir, told.bytes, told.seconds);
    match output.lang {
        gongqiao_contract::Lang::En => format!(
            "{table}\n{dir}: {bytes} bytes in {seconds:.1} s, checked. The keys are saved apart, \
             with --keys."
        ),
        gongqiao_contract::Lang::Zh => {
            format!(
                "{table}\n{dir}：{bytes} 字节，用时 {seconds:.1} 秒，已校验。密钥另用 --keys 备份。"
            )
        }
    }
}
