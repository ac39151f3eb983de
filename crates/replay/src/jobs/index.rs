//! Where in the log the events stand that are about something, for selections
//! that subjects can't make. Derived from the log alone: it can be thrown away.
//!
//! The log is cut into segments of 65,536 sequences. One that is full stands in
//! a file that never changes: how many keys it has, then for each key in order
//! the key, where its places begin and how many there are, then the places, two
//! bytes each, counted from the segment's beginning; all little-endian. The
//! segment that is not full yet is kept in memory, and read again at a start.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use gongqiao_contract::wire;
use gongqiao_stream::{Connection, Message, StreamName, follow};
use parking_lot::RwLock;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::filter::{Key, Relations, Wanted};

/// Sequences of a segment.
pub(crate) const SEGMENT: u64 = 1 << 16;

/// Changes whenever an event gets other keys.
const VERSION: u32 = 1;

/// Bytes of a key's entry.
const ENTRY: usize = 16;

/// The index of one log.
pub(crate) struct Index {
    dir: PathBuf,
    open: RwLock<Open>,
    position: watch::Sender<u64>,
}

/// The segment that is not full.
#[derive(Default)]
struct Open {
    relations: Relations,
    number: u64,
    postings: BTreeMap<Key, Vec<u16>>,
    /// A segment could not be kept: nothing more is taken in until a start.
    is_broken: bool,
}

/// What is kept between segments: what the next one leans on.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    log: i128,
    /// Full segments.
    segments: u64,
    relations: Relations,
}

impl Index {
    /// Opens the index of a log, told from others by when it was made. What
    /// does not fit is made anew.
    pub(crate) fn open(dir: PathBuf, log: i128) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        let kept = read(&dir.join("relations"));
        let kept = kept.filter(|kept| kept.version == VERSION && kept.log == log);
        let kept = kept.unwrap_or_default();
        let open = Open { relations: kept.relations, number: kept.segments, ..Open::default() };
        let position = watch::Sender::new(kept.segments * SEGMENT);
        Ok(Self { dir, open: RwLock::new(open), position })
    }

    /// Follows the log until `stop`.
    pub(crate) async fn run(&self, connection: &Connection, log: i128, stop: CancellationToken) {
        let from = *self.position.borrow() + 1;
        follow(connection, StreamName::Facts, from, &stop, |chunk| self.take(&chunk, log)).await;
    }

    fn take(&self, chunk: &[Message], log: i128) {
        let mut open = self.open.write();
        for message in chunk {
            let number = (message.sequence - 1) / SEGMENT;
            if number > open.number
                && let Err(e) = self.turn(&mut open, number, log)
            {
                tracing::error!(error = %e, "replay.index");
                open.is_broken = true;
            }
            if open.is_broken {
                return;
            }
            let fact = wire::Fact::decode(message.payload.clone()).unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, reason = "a segment has 65,536 places")]
            let place = ((message.sequence - 1) % SEGMENT) as u16;
            for key in open.relations.keys(&message.subject, &fact) {
                open.postings.entry(key).or_default().push(place);
            }
        }
        drop(open);
        if let Some(last) = chunk.last() {
            self.position.send_replace(last.sequence);
        }
    }

    /// Keeps the segment that is full, and begins the next.
    fn turn(&self, open: &mut Open, next: u64, log: i128) -> io::Result<()> {
        let full = std::mem::take(&mut open.postings);
        let number = std::mem::replace(&mut open.number, next);
        write(&self.dir, &format!("{number}.segment"), &encode(&full))?;
        let kept =
            Kept { version: VERSION, log, segments: next, relations: open.relations.clone() };
        let kept = postcard::to_stdvec(&kept).map_err(io::Error::other)?;
        write(&self.dir, "relations", &kept)
    }

    /// Waits until the log was read up to `sequence`; `false` after `patience`.
    pub(crate) async fn reach(&self, sequence: u64, patience: Duration) -> bool {
        let mut position = self.position.subscribe();
        let reached = position.wait_for(|at| *at >= sequence);
        tokio::time::timeout(patience, reached).await.is_ok()
    }

    /// The sequences of a segment that are wanted, in order.
    pub(crate) fn select(&self, number: u64, wanted: &Wanted) -> io::Result<Vec<u64>> {
        let open = self.open.read();
        let places = if number == open.number {
            places(wanted, |key| open.postings.get(&key).cloned().unwrap_or_default())
        } else {
            drop(open);
            let file = fs::read(self.dir.join(format!("{number}.segment")))?;
            let segment = Segment::of(&file).ok_or_else(|| io::Error::other("damaged"))?;
            places(wanted, |key| segment.places(key))
        };
        Ok(places.into_iter().map(|place| number * SEGMENT + u64::from(place) + 1).collect())
    }
}

/// The places that have a key of each list.
fn places(wanted: &Wanted, of: impl Fn(Key) -> Vec<u16>) -> Vec<u16> {
    let any = |keys: &Vec<Key>| {
        let mut any: Vec<u16> = keys.iter().flat_map(|key| of(*key)).collect();
        any.sort_unstable();
        any.dedup();
        any
    };
    let mut lists = wanted.0.iter().map(any);
    let Some(mut all) = lists.next() else { return Vec::new() };
    for list in lists {
        all.retain(|place| list.binary_search(place).is_ok());
    }
    all
}

fn encode(postings: &BTreeMap<Key, Vec<u16>>) -> Vec<u8> {
    let count = u32::try_from(postings.len()).unwrap_or(u32::MAX);
    let mut bytes = count.to_le_bytes().to_vec();
    let mut begin = 0_u32;
    for (key, places) in postings {
        let length = u32::try_from(places.len()).unwrap_or(u32::MAX);
        bytes.extend(key.to_le_bytes());
        bytes.extend(begin.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        begin += length;
    }
    bytes.extend(postings.values().flatten().flat_map(|place| place.to_le_bytes()));
    bytes
}

/// A segment as it stands in its file.
struct Segment<'a> {
    entries: &'a [[u8; ENTRY]],
    places: &'a [[u8; 2]],
}

impl<'a> Segment<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let entries = u32::from_le_bytes(*count) as usize * ENTRY;
        let (entries, places) = rest.split_at_checked(entries)?;
        Some(Self { entries: entries.as_chunks().0, places: places.as_chunks().0 })
    }

    fn places(&self, key: Key) -> Vec<u16> {
        let found = self.entries.binary_search_by_key(&key, |[a, b, c, d, e, f, g, h, ..]| {
            u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h])
        });
        let Some([.., a, b, c, d, e, f, g, h]) = found.ok().map(|at| self.entries[at]) else {
            return Vec::new();
        };
        let begin = u32::from_le_bytes([a, b, c, d]) as usize;
        let length = u32::from_le_bytes([e, f, g, h]) as usize;
        let places = self.places.get(begin..begin + length).unwrap_or_default();
        places.iter().map(|place| u16::from_le_bytes(*place)).collect()
    }
}

fn read(path: &Path) -> Option<Kept> {
    postcard::from_bytes(&fs::read(path).ok()?).ok()
}

/// All of it or nothing.
fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let beside = dir.join(format!("{name}.new"));
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, dir.join(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_segment_gives_back_what_was_put_in(
            postings in prop::collection::btree_map(any::<u64>(), prop::collection::btree_set(any::<u16>(), 1..20), 0..40),
            other in any::<u64>(),
        ) {
            let postings: BTreeMap<u64, Vec<u16>> =
                postings.into_iter().map(|(key, places)| (key, places.into_iter().collect())).collect();
            let bytes = encode(&postings);
            let segment = Segment::of(&bytes).unwrap();
            for (key, places) in &postings {
                prop_assert_eq!(&segment.places(*key), places);
            }
            prop_assert_eq!(segment.places(other), postings.get(&other).cloned().unwrap_or_default());
        }

        #[test]
        fn a_selection_is_what_a_scan_finds(
            events in prop::collection::vec(prop::collection::btree_set(0_u64..6, 0..4), 0..50),
            wanted in prop::collection::vec(prop::collection::vec(0_u64..6, 1..3), 1..3),
        ) {
            let mut postings: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
            for (place, keys) in (0_u16..).zip(&events) {
                for key in keys {
                    postings.entry(*key).or_default().push(place);
                }
            }
            let fits = |keys: &std::collections::BTreeSet<u64>| {
                wanted.iter().all(|list| list.iter().any(|key| keys.contains(key)))
            };
            let scanned: Vec<u16> =
                (0_u16..).zip(&events).filter(|(_, keys)| fits(keys)).map(|(place, _)| place).collect();
            let bytes = encode(&postings);
            let segment = Segment::of(&bytes).unwrap();
            prop_assert_eq!(places(&Wanted(wanted), |key| segment.places(key)), scanned);
        }
    }
}
