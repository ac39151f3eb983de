//! What a workbook really unpacks to, found out before it is read.
//!
//! A workbook is a zip of XML parts. The library that reads it inflates
//! whatever it finds and believes the counts that the parts declare, so the
//! parts are inflated here first, into a buffer of fixed size that is thrown
//! away, and counted. On the way the merged cells are noted, which stand behind
//! all cells and would cost a second reading.

mod merged;

use std::io::{Cursor, Read};

use gongqiao_contract::refusal::{Code, Refusal};
use zip::ZipArchive;

pub(crate) use merged::{Merged, Region};

use crate::{
    format::{COMPOUND_FILE, ZIP},
    limits::Limits,
};

/// What was counted, also when the count was broken off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Entries in the zip directory.
    pub entries: usize,
    /// Bytes inflated, at most one buffer ([`BUFFER_BYTES`]) above a limit.
    pub bytes: u64,
}

/// How much is inflated at a time.
pub const BUFFER_BYTES: usize = 64 << 10;

/// A part smaller than this may be packed as tightly as it likes, as in
/// Apache POI's check of the same thing (its grace size is 100 KiB).
const RATIO_GRACE_BYTES: u64 = 1 << 20;

/// Inflates and counts every part of a workbook, up to the limits.
///
/// # Errors
/// A refusal says that the file is no workbook, is damaged, or goes beyond a
/// limit. `unpacked` then holds what was counted until there.
pub fn measure(bytes: &[u8], limits: &Limits, unpacked: &mut Unpacked) -> Result<(), Refusal> {
    look_through(bytes, limits, unpacked).map(|_| ())
}

/// [`measure`], and which cells are merged in each sheet.
pub(crate) fn look_through(
    bytes: &[u8],
    limits: &Limits,
    unpacked: &mut Unpacked,
) -> Result<Merged, Refusal> {
    if bytes.starts_with(COMPOUND_FILE) {
        return Err(Code::RosterOldWorkbook.into());
    }
    if !bytes.starts_with(ZIP) {
        return Err(Code::RosterNotWorkbook.into());
    }
    // Why: opening the archive builds every directory entry, so their number
    // is bounded before, by their signatures (APPNOTE 4.3.12).
    unpacked.entries = bytes.windows(4).filter(|window| window == b"PK\x01\x02").count();
    if unpacked.entries > limits.zip_entries {
        return Err(Refusal::new(Code::RosterTooManyParts).with("limit", limits.zip_entries));
    }
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::new(Code::RosterDamaged))?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut merged = Merged::default();
    for index in 0..archive.len() {
        measure_part(&mut archive, index, limits, &mut buffer, unpacked, &mut merged)?;
    }
    Ok(merged)
}

fn measure_part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    limits: &Limits,
    buffer: &mut [u8],
    unpacked: &mut Unpacked,
    merged: &mut Merged,
) -> Result<(), Refusal> {
    let damaged = || Refusal::new(Code::RosterDamaged);
    let mut part = archive.by_index(index).map_err(|_| damaged())?;
    let name = part.name().map_err(|_| damaged())?.to_ascii_lowercase();
    let packed = part.compressed_size();
    let held_limit = if is_streamed(&name) { u64::MAX } else { limits.held_bytes };
    let mut texts = name.ends_with("sharedstrings.xml").then(SharedTexts::default);
    let mut part_merged = merged.part(&name);
    let mut inflated = 0_u64;
    loop {
        let read = part.read(buffer).map_err(|_| damaged())?;
        if read == 0 {
            break;
        }
        inflated += read as u64;
        unpacked.bytes += read as u64;
        if unpacked.bytes > limits.unpacked_bytes {
            return Err(too_large(limits.unpacked_bytes));
        }
        if inflated > held_limit {
            return Err(too_large(held_limit));
        }
        if inflated > RATIO_GRACE_BYTES && inflated / packed.max(1) > limits.unpack_ratio {
            return Err(Refusal::new(Code::RosterPacked).with("limit", limits.unpack_ratio));
        }
        if let Some(texts) = &mut texts {
            texts.feed(&buffer[..read]).ok_or_else(damaged)?;
        }
        part_merged.feed(&buffer[..read]);
    }
    merged.finish(part_merged)?;
    match texts {
        Some(texts) if !texts.declares_no_more_than_fits(inflated) => Err(damaged()),
        _ => Ok(()),
    }
}

/// Is it read piece by piece (worksheets) or not at all (pictures)?
fn is_streamed(name: &str) -> bool {
    name.contains("worksheets/") || !(name.ends_with(".xml") || name.ends_with(".rels"))
}

fn too_large(bytes: u64) -> Refusal {
    Refusal::new(Code::RosterTooLarge).with("limit", bytes >> 20).with("what", "MiB")
}

/// Checks how many shared texts a workbook declares.
///
/// Why: calamine 0.38 reserves memory for `uniqueCount` texts before it has
/// read one (`Xlsx::read_shared_strings`); a number too large aborts the
/// process, which nothing can catch.
#[derive(Default)]
struct SharedTexts {
    /// The end of the piece before, so that a match across pieces is found.
    tail: Vec<u8>,
    started: bool,
    declared: u64,
}

/// The attribute's name, and how much after it must be in sight to read it.
const COUNT: &[u8] = b"uniqueCount";
const COUNT_REACH: usize = 128;

impl SharedTexts {
    /// Looks through the next piece. `None`: not in an encoding in which the
    /// attribute could be found, or not a number.
    fn feed(&mut self, piece: &[u8]) -> Option<()> {
        self.tail.extend_from_slice(piece);
        if !self.started {
            self.started = true;
            if !is_utf8_xml(&self.tail) {
                return None;
            }
        }
        let mut from = 0;
        while let Some(found) = find(&self.tail[from..], COUNT) {
            let after = from + found + COUNT.len();
            if let Some(count) = attribute_number(&self.tail[after..])? {
                self.declared = self.declared.max(count);
            }
            from = after;
        }
        let keep = (COUNT.len() + COUNT_REACH).min(self.tail.len());
        let drop = self.tail.len() - keep;
        self.tail.drain(..drop);
        Some(())
    }

    /// A text takes five bytes at least (`<si/>`).
    fn declares_no_more_than_fits(&self, inflated: u64) -> bool {
        self.declared <= inflated / 5 + 1
    }
}

/// The number in `="123"`; `Ok(None)` as `Some(None)` where no value follows
/// (the word stands in a text). `None` where the value is out of reach, so
/// that white space can't hide it.
#[expect(clippy::option_option, reason = "three outcomes, used in one place with `?`")]
fn attribute_number(after: &[u8]) -> Option<Option<u64>> {
    let reach = &after[..after.len().min(COUNT_REACH)];
    let hidden = reach.len() == COUNT_REACH;
    let mut rest = reach.iter().copied().skip_while(u8::is_ascii_whitespace);
    match rest.next() {
        Some(b'=') => {}
        None if hidden => return None,
        _ => return Some(None),
    }
    let is_padding = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let mut rest = rest.skip_while(is_padding).peekable();
    if rest.peek().is_none() && hidden {
        return None;
    }
    let digits: Vec<u8> = rest.take_while(u8::is_ascii_digit).collect();
    if digits.len() > 18 {
        return None;
    }
    Some(Some(digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))))
}

/// Is the part written in UTF-8, as every known program writes it?
fn is_utf8_xml(start: &[u8]) -> bool {
    let head = &start[..start.len().min(256)];
    if head.contains(&0) || head.starts_with(&[0xFE, 0xFF]) || head.starts_with(&[0xFF, 0xFE]) {
        return false;
    }
    let lower = head.to_ascii_lowercase();
    let declaration = match find(&lower, b"?>") {
        Some(end) => &lower[..end],
        None => return !lower.starts_with(b"<?xml"),
    };
    match find(declaration, b"encoding") {
        Some(at) => find(&declaration[at..], b"utf-8").is_some(),
        None => true,
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, _) = needle.split_first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| byte == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
