//! A file, and beside it an index of places, by which a job that was broken off
//! goes on and a reader finds a sequence without reading everything.
//!
//! An entry of the index is 24 bytes, little-endian: the sequence of an event,
//! where in the file it begins, and how many stand before it. There is one for
//! the first of every 1,024 events, written once what stands before it in the
//! file is on the disk. Whoever goes on cuts the file at the last entry, and
//! writes from there what stood there before.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use gongqiao_contract::wire::replay_format::Value as Format;
use gongqiao_stream::Original;
use sha2::{Digest as _, Sha256};
use tokio::{task::JoinHandle, time::Instant};

use super::super::{record, source::BATCH};

/// Events between two entries of the index.
const EVERY: u64 = 1_024;
/// How often what was written is put on the disk.
const SYNC: Duration = Duration::from_secs(1);
/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Where a job's files stand.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) data: PathBuf,
    pub(crate) index: PathBuf,
}

impl Paths {
    pub(crate) fn new(dir: &Path, job: &str, format: Format) -> Self {
        let extension = match format {
            Format::Protobuf => "pb",
            Format::Jsonl | Format::Unspecified => "jsonl",
        };
        Self {
            data: dir.join(format!("{job}.{extension}")),
            index: dir.join(format!("{job}.index")),
        }
    }

    /// Removes what was written.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for path in [&self.data, &self.index] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }
}

/// An entry of the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Entry {
    sequence: u64,
    offset: u64,
    events: u64,
}

impl Entry {
    const BYTES: usize = 24;

    fn encode(self) -> Vec<u8> {
        [self.sequence, self.offset, self.events].iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn decode(bytes: &[u8; Self::BYTES]) -> Self {
        let [sequence, offset, events] =
            [0, 8, 16].map(|at| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i])));
        Self { sequence, offset, events }
    }
}

/// The file of one job.
pub(crate) struct ToFile {
    format: Format,
    data: BufWriter<File>,
    index: File,
    offset: u64,
    /// Events that the file holds.
    pub(crate) events: u64,
    scratch: Vec<u8>,
    /// Entries of what is not on the disk yet.
    waiting: Vec<Entry>,
    syncing: Option<JoinHandle<io::Result<Vec<Entry>>>>,
    synced_at: Instant,
}

impl ToFile {
    /// Opens the file where it was left, and says from which sequence on it is
    /// written: `first` at the beginning.
    pub(crate) fn open(paths: &Paths, format: Format, first: u64) -> io::Result<(Self, u64)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let (mut data, mut index) = (options.open(&paths.data)?, options.open(&paths.index)?);
        let mut bytes = Vec::new();
        index.read_to_end(&mut bytes)?;
        let (entries, _) = bytes.as_chunks::<{ Entry::BYTES }>();
        let begin = Entry { sequence: first, offset: 0, events: 0 };
        let last = entries.last().map_or(begin, Entry::decode);
        data.set_len(last.offset)?;
        data.seek(io::SeekFrom::End(0))?;
        // Why one less: the event at the cut is written, and gets its entry, again.
        let kept = entries.len().saturating_sub(1) * Entry::BYTES;
        index.set_len(kept as u64)?;
        index.seek(io::SeekFrom::End(0))?;
        let file = Self {
            format,
            data: BufWriter::with_capacity(BUFFER, data),
            index,
            offset: last.offset,
            events: last.events,
            scratch: Vec::with_capacity(BATCH),
            waiting: Vec::new(),
            syncing: None,
            synced_at: Instant::now(),
        };
        Ok((file, last.sequence))
    }

    /// Appends messages.
    pub(crate) async fn put(&mut self, messages: &[Original]) -> io::Result<()> {
        for message in messages {
            if self.events.is_multiple_of(EVERY) {
                let (offset, events) = (self.offset, self.events);
                self.waiting.push(Entry { sequence: message.sequence, offset, events });
            }
            self.scratch.clear();
            record::write(self.format, message, &mut self.scratch);
            self.data.write_all(&self.scratch)?;
            self.offset += self.scratch.len() as u64;
            self.events += 1;
        }
        if self.synced_at.elapsed() >= SYNC {
            self.begin_sync().await?;
        }
        Ok(())
    }

    /// Puts what was written on the disk while more is written.
    async fn begin_sync(&mut self) -> io::Result<()> {
        self.end_sync().await?;
        self.data.flush()?;
        let (data, entries) = (self.data.get_ref().try_clone()?, std::mem::take(&mut self.waiting));
        self.syncing = Some(tokio::task::spawn_blocking(move || {
            data.sync_data()?;
            Ok(entries)
        }));
        self.synced_at = Instant::now();
        Ok(())
    }

    async fn end_sync(&mut self) -> io::Result<()> {
        let Some(syncing) = self.syncing.take() else { return Ok(()) };
        let entries = syncing.await.map_err(io::Error::other)??;
        let bytes: Vec<u8> = entries.into_iter().flat_map(Entry::encode).collect();
        self.index.write_all(&bytes)?;
        self.index.sync_data()
    }

    /// Puts everything on the disk.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        self.begin_sync().await?;
        self.end_sync().await
    }
}

/// The SHA-256 of a file.
pub(crate) fn sha256(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_back() {
        let entry = Entry { sequence: 7, offset: 1 << 40, events: 3 };
        assert_eq!(Entry::decode(entry.encode().as_chunks().0.first().unwrap()), entry);
    }
}
