//! What an old workbook (MS-XLS) really holds, found out before it is read.
//!
//! The library that reads it believes what records declare, holds every cell
//! of the rectangle that the outermost cells span, and writes formulas out. So
//! the records are walked here first, as it walks them, and counted; what it
//! would only reserve memory for, or work out for nothing, is blanked.

use std::{
    io::{Cursor, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use cfb::{CompoundFile, Version};
use gongqiao_contract::refusal::{Code, Refusal};

use crate::limits::Limits;

/// The stream of an Excel 97 workbook, and of an Excel 95 one.
const STREAMS: [&str; 2] = ["Workbook", "Book"];
/// What a workbook with a password is wrapped in (MS-OFFCRYPTO 2.3).
const ENCRYPTED: &str = "EncryptedPackage";

/// Record types (MS-XLS 2.3).
mod kind {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const CONTINUE: u16 = 0x003C;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const RICH_TEXT: u16 = 0x00D6;
    pub(super) const SHARED_TEXTS: u16 = 0x00FC;
    pub(super) const SHARED_TEXT: u16 = 0x00FD;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_OR_ERROR: u16 = 0x0205;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const BOF: u16 = 0x0809;
}

/// Bounds that no workbook made by a person comes near.
const SHEETS: usize = 255;
const COLUMNS: u16 = 256;
const CONTINUES: usize = 8_192;
/// What one cell of a rectangle takes in memory, as a value and as a formula.
const CELL_BYTES: u64 = 64;

/// The workbook's stream, checked, in a container of our own making.
///
/// # Errors
/// A refusal says that the file is no such workbook, has a password, is
/// damaged, or goes beyond a limit.
pub(super) fn checked(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    // Why: no panic of the library is known; the file is hostile all the same.
    let unpacked = catch_unwind(AssertUnwindSafe(|| unpack(bytes)));
    let (name, mut stream) = unpacked.unwrap_or_else(|_| Err(Code::RosterDamaged.into()))?;
    Walk { limits, held: 0, records: 0 }.workbook(&mut stream)?;
    pack(name, &stream).map_err(|_| Code::RosterDamaged.into())
}

fn unpack(bytes: &[u8]) -> Result<(&'static str, Vec<u8>), Refusal> {
    let damaged = |_| Refusal::new(Code::RosterDamaged);
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(damaged)?;
    if file.is_stream(ENCRYPTED) {
        return Err(Code::RosterOldWorkbook.into());
    }
    let Some(name) = STREAMS.into_iter().find(|name| file.is_stream(name)) else {
        return Err(Code::RosterNotWorkbook.into());
    };
    let mut stream = Vec::new();
    let opened = file.open_stream(name).map_err(damaged)?;
    // Why: a stream can't be longer than its file.
    opened.take(bytes.len() as u64).read_to_end(&mut stream).map_err(damaged)?;
    Ok((name, stream))
}

fn pack(name: &str, stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Cursor::new(Vec::with_capacity(stream.len() + (64 << 10)));
    // Why: calamine reads no newer version without small streams in it.
    let mut file = CompoundFile::create_with_version(Version::V3, room)?;
    file.create_stream(name)?.write_all(stream)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

fn damaged() -> Refusal {
    Code::RosterDamaged.into()
}

/// One record: its type, and where its data stands.
struct Record {
    kind: u16,
    from: usize,
    to: usize,
}

impl Record {
    fn data<'s>(&self, stream: &'s [u8]) -> &'s [u8] {
        &stream[self.from..self.to]
    }
}

/// The record that begins at `at`; `None` at the end.
fn record(stream: &[u8], at: usize) -> Result<Option<Record>, Refusal> {
    let Some(&[k1, k2, l1, l2]) = stream.get(at..at + 4) else {
        return if at >= stream.len() { Ok(None) } else { Err(damaged()) };
    };
    let (from, length) = (at + 4, usize::from(u16::from_le_bytes([l1, l2])));
    let record = Record { kind: u16::from_le_bytes([k1, k2]), from, to: from + length };
    if record.to <= stream.len() { Ok(Some(record)) } else { Err(damaged()) }
}

fn u16_at(data: &[u8], at: usize) -> Result<u16, Refusal> {
    let bytes = data.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u16::from_le_bytes).ok_or_else(damaged)
}

fn u32_at(data: &[u8], at: usize) -> Result<u32, Refusal> {
    let bytes = data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_le_bytes).ok_or_else(damaged)
}

/// What was counted so far.
struct Walk<'l> {
    limits: &'l Limits,
    /// Bytes that the reader will hold.
    held: u64,
    records: usize,
}

impl Walk<'_> {
    fn workbook(&mut self, stream: &mut [u8]) -> Result<(), Refusal> {
        let (mut sheets, mut texts) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(record) = self.next(stream, at)? {
            let data = record.data(stream);
            match record.kind {
                kind::FILE_PASS => return Err(Code::RosterOldWorkbook.into()),
                kind::BOUND_SHEET => sheets.push(u32_at(data, 0)? as usize),
                kind::SHARED_TEXTS => texts = self.shared_texts(stream, &record)?,
                kind::EOF => break,
                _ => {}
            }
            at = record.to;
        }
        if sheets.len() > SHEETS {
            return Err(damaged());
        }
        sheets.into_iter().try_for_each(|sheet| self.sheet(stream, sheet, &texts))
    }

    /// Why a count: a sheet's place is only declared, so all of them may lie
    /// one in another.
    fn next(&mut self, stream: &[u8], at: usize) -> Result<Option<Record>, Refusal> {
        self.records += 1;
        if self.records > 2 * (stream.len() / 4) + 1_024 {
            return Err(damaged());
        }
        record(stream, at)
    }

    fn hold(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.held = self.held.saturating_add(bytes);
        let limit = self.limits.held_bytes.saturating_mul(2);
        if self.held <= limit {
            return Ok(());
        }
        Err(Refusal::new(Code::RosterTooLarge).with("limit", limit >> 20).with("what", "MiB"))
    }

    fn sheet(&mut self, stream: &mut [u8], from: usize, texts: &[u32]) -> Result<(), Refusal> {
        if from >= stream.len() {
            return Err(damaged());
        }
        let (mut at, mut depth) = (from, 0_u32);
        let mut area = Area::default();
        while let Some(record) = self.next(stream, at)? {
            at = record.to;
            match record.kind {
                kind::BOF => depth += 1,
                kind::EOF if depth <= 1 => break,
                kind::EOF => depth -= 1,
                // Why: an embedded chart has records of the same types.
                _ if depth > 1 => {}
                // Why: memory is reserved for the rectangle that it declares.
                kind::DIMENSIONS => stream[record.from..record.to].fill(0),
                kind::FORMULA => {
                    area.add(record.data(stream), 1)?;
                    // Why: only its value is read; to write it out can take
                    // many times its size.
                    if let Some(length) = stream[record.from..record.to].get_mut(20..22) {
                        length.fill(0);
                    }
                }
                kind::SHARED_TEXT => {
                    let data = record.data(stream);
                    area.add(data, 1)?;
                    let text = texts.get(u32_at(data, 6)? as usize);
                    self.hold(text.copied().unwrap_or_default().into())?;
                }
                kind::MUL_RK => {
                    let data = record.data(stream);
                    let last = u16_at(data, data.len().saturating_sub(2))?;
                    let first = u16_at(data, 2)?;
                    area.add(data, last.checked_sub(first).ok_or_else(damaged)? + 1)?;
                }
                kind::NUMBER | kind::LABEL | kind::RICH_TEXT | kind::BOOL_OR_ERROR | kind::RK => {
                    let data = record.data(stream);
                    area.add(data, 1)?;
                    self.hold(data.len() as u64)?;
                }
                _ => {}
            }
        }
        self.hold(area.cells() * CELL_BYTES)
    }

    /// How many bytes each shared text takes at most (MS-XLS 2.4.265, 2.5.293).
    fn shared_texts(&mut self, stream: &[u8], first: &Record) -> Result<Vec<u32>, Refusal> {
        let mut pieces = vec![first.data(stream)];
        let mut at = first.to;
        while let Some(record) = record(stream, at)?.filter(|one| one.kind == kind::CONTINUE) {
            pieces.push(record.data(stream));
            at = record.to;
        }
        if pieces.len() > CONTINUES {
            return Err(damaged());
        }
        let mut reading =
            SharedTexts { rest: pieces[0].get(8..).ok_or_else(damaged)?, pieces: &pieces[1..] };
        let mut texts = Vec::new();
        while !reading.rest.is_empty() || reading.next_piece() {
            let bytes = reading.text()?;
            self.hold(u64::from(bytes) + size_of::<String>() as u64)?;
            texts.push(bytes);
        }
        Ok(texts)
    }
}

/// The rectangle that the cells of a sheet span.
#[derive(Default)]
struct Area(Option<(u16, u16, u16, u16)>);

impl Area {
    /// `width` cells from the one whose row and column `data` begins with.
    fn add(&mut self, data: &[u8], width: u16) -> Result<(), Refusal> {
        let (row, left) = (u16_at(data, 0)?, u16_at(data, 2)?);
        let right = left.saturating_add(width - 1);
        if right >= COLUMNS {
            return Err(damaged());
        }
        let (top, bottom, west, east) = self.0.unwrap_or((row, row, left, right));
        self.0 = Some((top.min(row), bottom.max(row), west.min(left), east.max(right)));
        Ok(())
    }

    fn cells(&self) -> u64 {
        let span = |from: u16, to: u16| u64::from(to - from) + 1;
        self.0.map_or(0, |(top, bottom, west, east)| span(top, bottom) * span(west, east))
    }
}

struct SharedTexts<'s> {
    rest: &'s [u8],
    pieces: &'s [&'s [u8]],
}

impl<'s> SharedTexts<'s> {
    fn next_piece(&mut self) -> bool {
        let Some((next, pieces)) = self.pieces.split_first() else { return false };
        (self.rest, self.pieces) = (*next, pieces);
        true
    }

    fn take(&mut self, length: usize) -> Result<&'s [u8], Refusal> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(damaged)?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip(&mut self, mut length: usize) -> Result<(), Refusal> {
        while length > 0 {
            if self.rest.is_empty() && !self.next_piece() {
                return Err(damaged());
            }
            let now = length.min(self.rest.len());
            self.rest = &self.rest[now..];
            length -= now;
        }
        Ok(())
    }

    /// Passes one text. Its characters may go on in the next piece, which
    /// then says anew how wide they are.
    fn text(&mut self) -> Result<u32, Refusal> {
        if self.rest.is_empty() {
            return Ok(0);
        }
        let head = self.take(3)?;
        let (mut characters, flags) = (usize::from(u16_at(head, 0)?), head[2]);
        let bytes = characters * 3;
        let runs = if flags & 8 != 0 { usize::from(u16_at(self.take(2)?, 0)?) } else { 0 };
        let phonetic = if flags & 4 != 0 { u32_at(self.take(4)?, 0)? as usize } else { 0 };
        let mut width = usize::from(flags & 1) + 1;
        while characters > 0 {
            let now = characters.min(self.rest.len() / width);
            self.rest = &self.rest[now * width..];
            characters -= now;
            if characters > 0 {
                if !self.next_piece() {
                    return Err(damaged());
                }
                width = usize::from(self.take(1)?[0] & 1) + 1;
            }
        }
        self.skip(runs * 4)?;
        self.skip(phonetic)?;
        Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
    }
}
