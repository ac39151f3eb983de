//! The file in which a broker gives away a stream (nats-server 2.15:
//! `server/archive`): the stream's state, then every message with its
//! sequence, time and headers, then a mark that nothing is missing. All of it
//! S2-compressed, with checksums.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use minlz::s2;
use serde_json::Value;

/// What every archive begins with.
const MAGIC: &[u8; 8] = b"NATSARC1";
/// The entry of the stream's state, which comes first.
const STATE: &str = "state.json";
/// No subject and no state is longer than this; a damaged length may be.
const MAX_NAME: u64 = 1 << 16;
/// No message is longer than this, above what the server takes by default.
const MAX_PAYLOAD: u64 = 64 << 20;

/// One entry: a message, the state, or the mark of the end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its subject.
    pub(super) name: String,
    /// When it was stored, in nanoseconds since 1970.
    pub(super) timestamp: i64,
    /// Its place in the stream.
    pub(super) sequence: u64,
    /// Its headers as they are on the wire.
    pub(super) headers: Vec<u8>,
    /// What it says.
    pub(super) payload: Vec<u8>,
}

impl Entry {
    /// Whether it says that the archive is whole.
    fn is_end(&self) -> bool {
        *self == Self::default()
    }

    /// Whether more of its transaction has to follow.
    pub(super) fn is_unfinished(&self) -> bool {
        let has = |name: &[u8]| self.headers.windows(name.len()).any(|window| window == name);
        has(b"Nats-Batch-Id:") && !has(b"Nats-Batch-Commit:")
    }
}

/// Reads an archive from its beginning to its end.
pub(super) struct Reader {
    source: BufReader<s2::Reader<BufReader<File>>>,
    /// The stream's state, as the server wrote it.
    pub(super) state: Value,
}

impl Reader {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut source = BufReader::with_capacity(1 << 20, s2::Reader::new(file));
        let mut magic = [0; 8];
        source.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Err(invalid("it is no archive of a nats-server 2.15"));
        }
        let first = read_entry(&mut source)?;
        if first.name != STATE {
            return Err(invalid("it does not begin with the stream's state"));
        }
        let state = serde_json::from_slice(&first.payload)?;
        Ok(Self { source, state })
    }

    /// The next message; `None` at the end, if it was marked as such.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let entry = read_entry(&mut self.source)?;
        if !entry.is_end() {
            return if entry.sequence == 0 {
                Err(invalid("a message has no sequence"))
            } else {
                Ok(Some(entry))
            };
        }
        match self.source.read(&mut [0])? {
            0 => Ok(None),
            _ => Err(invalid("something follows its end")),
        }
    }
}

/// Writes an archive.
pub(super) struct Writer(s2::Writer<BufWriter<File>>);

impl Writer {
    pub(super) fn new(file: File, state: &Value) -> io::Result<Self> {
        let mut writer = Self(s2::Writer::new(BufWriter::with_capacity(1 << 20, file)));
        writer.0.write_all(MAGIC)?;
        let payload = serde_json::to_vec(state)?;
        writer.write(&Entry { name: STATE.to_owned(), payload, ..Entry::default() })?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut head = Vec::with_capacity(64 + entry.name.len());
        put_varint(&mut head, entry.name.len() as u64);
        put_varint(&mut head, zigzag(entry.timestamp));
        put_varint(&mut head, entry.sequence);
        put_varint(&mut head, entry.headers.len() as u64);
        put_varint(&mut head, entry.payload.len() as u64);
        head.extend_from_slice(entry.name.as_bytes());
        self.0.write_all(&head)?;
        self.0.write_all(&entry.headers)?;
        self.0.write_all(&entry.payload)
    }

    /// Marks the end, and puts everything on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write(&Entry::default())?;
        self.0.flush()?;
        self.0.get_mut().flush()?;
        self.0.get_ref().get_ref().sync_all()
    }
}

fn read_entry(source: &mut impl Read) -> io::Result<Entry> {
    let name = varint(source)?;
    let timestamp = unzigzag(varint(source)?);
    let sequence = varint(source)?;
    let (headers, payload) = (varint(source)?, varint(source)?);
    if name > MAX_NAME || headers > MAX_PAYLOAD || payload > MAX_PAYLOAD {
        return Err(invalid("a length in it can't be"));
    }
    let name = String::from_utf8(bytes(source, name)?)
        .map_err(|_| invalid("a subject in it is no text"))?;
    let (headers, payload) = (bytes(source, headers)?, bytes(source, payload)?);
    Ok(Entry { name, timestamp, sequence, headers, payload })
}

fn bytes(source: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Why: a length may be damaged; only what is there is made room for.
    source.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// An unsigned number in groups of seven bits, the lowest first.
fn varint(source: &mut impl Read) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        source.read_exact(&mut byte)?;
        value |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            return Ok(value);
        }
    }
    Err(invalid("a number in it is too long"))
}

fn put_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_back(value: u64, signed: i64) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            prop_assert_eq!(varint(&mut bytes.as_slice()).unwrap(), value);
            prop_assert_eq!(unzigzag(zigzag(signed)), signed);
        }
    }

    fn entry(sequence: u64) -> Entry {
        let name = format!("gq.v1.card.43.431000.c{sequence}");
        let payload = vec![7; 3_000 * sequence as usize];
        Entry { name, timestamp: -5, sequence, headers: b"NATS/1.0\r\n\r\n".to_vec(), payload }
    }

    #[test]
    fn an_archive_reads_back_and_a_cut_or_altered_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive");
        let state = json!({ "last_seq": 9 });
        let mut writer = Writer::new(File::create(&path).unwrap(), &state).unwrap();
        let entries = [entry(1), entry(9)];
        entries.iter().for_each(|entry| writer.write(entry).unwrap());
        writer.finish().unwrap();

        let read = || -> io::Result<Vec<Entry>> {
            let mut reader = Reader::open(&path)?;
            assert_eq!(reader.state, state);
            let mut entries = Vec::new();
            while let Some(entry) = reader.next()? {
                entries.push(entry);
            }
            Ok(entries)
        };
        assert_eq!(read().unwrap(), entries);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(read().is_err(), "cut at {at}");
        }
        let mut altered = whole.clone();
        let last = altered.len() - 1;
        altered[last] ^= 1;
        std::fs::write(&path, altered).unwrap();
        assert!(read().is_err(), "altered");
    }
}
