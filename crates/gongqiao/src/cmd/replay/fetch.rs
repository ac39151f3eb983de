//! What a replay has written or gives to read, brought here.

use std::{io::Write as _, path::Path};

use futures::StreamExt as _;
use gongqiao_contract::{view, wire, words::Sort};
use serde_json::Value;

use super::{ASK, path};
use crate::{
    cmd::{file, session::Session, words::word},
    output::{Failure, Output, cell},
};

/// How often a reading that broke off is taken up again with nothing read.
const TRIES: u32 = 5;

/// The file of a replay, or what it gives to read.
pub(super) async fn fetch(
    session: &Session,
    job: &view::Replay,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    if job.events.is_some() {
        return read(session, job, out).await;
    }
    let Some(from) = &job.file else {
        let state = word(&session.output, Sort::ReplayState, &job.state);
        let why = session.output.say("there is no file to fetch", "没有可获取的文件");
        return Err(Failure::new("replay.no_file", format!("{why} ({state})")).into());
    };
    let mut sink = Sink::open(session.output, out)?;
    let bar = session.output.bar("{bar:30} {bytes}/{total_bytes}");
    bar.set_length(job.progress.bytes.unwrap_or_default());
    let body = session.client.pieces(from).await.map_err(|e| session.explained(e))?;
    let mut body = std::pin::pin!(body);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|e| session.explained(e))?;
        sink.write(&piece)?;
        bar.inc(piece.len() as u64);
    }
    bar.finish_and_clear();
    sink.finish(session, job)
}

/// What a replay gives to read; what breaks off is taken up after the last event
/// that came whole.
pub(super) async fn read(
    session: &Session,
    job: &view::Replay,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    let mut sink = Sink::open(session.output, out)?;
    let mut whole = Whole::new(&job.format);
    let mut tries = 0;
    loop {
        let from = format!("{}?after={}", path(&job.id, "events"), whole.after);
        let before = whole.after;
        let broke = match session.client.pieces(&from).await {
            Err(e) if whole.after == 0 => return Err(session.explained(e)),
            Err(e) => Some(e),
            Ok(body) => {
                let mut body = std::pin::pin!(body);
                loop {
                    match body.next().await {
                        Some(Ok(piece)) => sink.write(&whole.take(&piece))?,
                        Some(Err(e)) => break Some(e),
                        None => break None,
                    }
                }
            }
        };
        let Some(e) = broke else { break };
        whole.forget();
        tries = if whole.after > before { 0 } else { tries + 1 };
        if tries > TRIES {
            return Err(session.explained(e));
        }
        tokio::time::sleep(ASK * tries).await;
    }
    if out.is_none() {
        return Ok(());
    }
    sink.finish(session, &session.get(&path(&job.id, "")).await?)
}

/// Where events go on this machine.
enum Sink<'a> {
    Stdout,
    File(std::fs::File, &'a Path),
}

impl<'a> Sink<'a> {
    fn open(output: Output, out: Option<&'a Path>) -> anyhow::Result<Self> {
        match out {
            None => Ok(Self::Stdout),
            Some(path) => Ok(Self::File(file::create(output, path)?, path)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()
            }
            Self::File(file, _) => file.write_all(bytes),
        }
    }

    fn finish(self, session: &Session, job: &view::Replay) -> anyhow::Result<()> {
        let Self::File(file, path) = self else { return Ok(()) };
        file.sync_all()?;
        session.output.show(job, || {
            session.output.details(vec![
                (("Replay", "重放任务"), cell(&job.id)),
                (("Events", "条数"), cell(job.progress.events)),
                (("SHA-256", "校验值"), cell(job.progress.sha256.as_deref().unwrap_or("-"))),
                (("File", "文件"), cell(path.display())),
            ])
        })
    }
}

/// Cuts what comes into whole events, and knows the sequence of the last one.
struct Whole {
    is_lines: bool,
    rest: Vec<u8>,
    after: u64,
}

impl Whole {
    fn new(format: &str) -> Self {
        Self { is_lines: format != "PROTOBUF", rest: Vec::new(), after: 0 }
    }

    /// The whole events that are there now.
    fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(piece);
        let mut end = 0;
        while let Some((length, sequence)) = self.next(end) {
            end += length;
            self.after = sequence;
        }
        let rest = self.rest.split_off(end);
        std::mem::replace(&mut self.rest, rest)
    }

    /// The length and the sequence of the event at `begin`, if it is all there.
    fn next(&self, begin: usize) -> Option<(usize, u64)> {
        use prost::Message as _;
        let rest = &self.rest[begin..];
        if self.is_lines {
            let length = rest.iter().position(|byte| *byte == b'\n')? + 1;
            let line: Value = serde_json::from_slice(&rest[..length]).ok()?;
            return Some((length, line["sequence"].as_u64()?));
        }
        let mut unread = rest;
        let event = wire::ReplayedEvent::decode_length_delimited(&mut unread).ok()?;
        Some((rest.len() - unread.len(), event.sequence))
    }

    /// Forgets what did not come whole.
    fn forget(&mut self) {
        self.rest.clear();
    }
}
