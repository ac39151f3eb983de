//! Old workbooks: what they declare is not believed.

use std::ops::Range;

use gongqiao_contract::refusal::Code;
use gongqiao_roster::{Context, Format, Limits, read};

use crate::support::context;

const PLAIN: &[u8] = include_bytes!("../corpus/files/format_plain.xls");

/// Where the workbook's stream begins in this file.
const STREAM: usize = 512;

/// The data of every record of a type (MS-XLS 2.1.4).
fn records(bytes: &[u8], kind: u16) -> Vec<Range<usize>> {
    let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (mut at, mut found) = (STREAM, Vec::new());
    while at + 4 < bytes.len() && u16_at(at) != 0 {
        let (from, length) = (at + 4, usize::from(u16_at(at + 2)));
        if u16_at(at) == kind {
            found.push(from..from + length);
        }
        at = from + length;
    }
    found
}

fn code(bytes: &[u8], limits: Limits) -> Option<Code> {
    let context = Context { limits, ..context() };
    read(bytes, Format::Xls, &context).err().map(|refusal| refusal.code)
}

#[test]
fn a_declared_rectangle_is_not_believed() {
    let mut bytes = PLAIN.to_vec();
    let dimensions = records(&bytes, 0x0200);
    assert_eq!(dimensions.len(), 1);
    bytes[dimensions[0].clone()].fill(0xFF);
    assert_eq!(code(&bytes, Limits::default()), None);
}

#[test]
fn cells_that_span_more_than_is_held_are_refused_before_they_are_held() {
    let mut bytes = PLAIN.to_vec();
    let last = records(&bytes, 0x00FD).pop().unwrap();
    bytes[last.start..last.start + 2].copy_from_slice(&0xFFFF_u16.to_le_bytes());
    bytes[last.start + 2..last.start + 4].copy_from_slice(&0x00FF_u16.to_le_bytes());
    assert_eq!(code(&bytes, Limits::default()), Some(Code::RosterTooLarge));
    bytes[last.start + 2..last.start + 4].copy_from_slice(&0x0100_u16.to_le_bytes());
    assert_eq!(code(&bytes, Limits::default()), Some(Code::RosterDamaged));
}

#[test]
fn texts_that_are_shown_many_times_count_as_often() {
    let limits = Limits { held_bytes: 300, ..Limits::default() };
    assert_eq!(code(PLAIN, limits), Some(Code::RosterTooLarge));
    assert_eq!(code(PLAIN, Limits { held_bytes: 3_000, ..limits }), None);
}

#[test]
fn sectors_that_lead_in_a_circle_are_refused() {
    let mut bytes = PLAIN.to_vec();
    let fat = u32::from_le_bytes(bytes[76..80].try_into().unwrap()) as usize;
    let entries = 512 + fat * 512;
    let directory = u32::from_le_bytes(bytes[48..52].try_into().unwrap());
    let entry = entries + directory as usize * 4;
    bytes[entry..entry + 4].copy_from_slice(&directory.to_le_bytes());
    assert_eq!(code(&bytes, Limits::default()), Some(Code::RosterDamaged));
}

#[test]
fn sheets_whose_place_is_none_are_refused() {
    let mut bytes = PLAIN.to_vec();
    let sheet = records(&bytes, 0x0085).pop().unwrap();
    bytes[sheet.start..sheet.start + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(code(&bytes, Limits::default()), Some(Code::RosterDamaged));
}

#[test]
fn a_workbook_with_a_password_is_told_so() {
    let mut bytes = PLAIN.to_vec();
    // A record of no interest becomes FilePass (MS-XLS 2.4.117).
    let record = records(&bytes, 0x00E1).pop().unwrap();
    bytes[record.start - 4..record.start - 2].copy_from_slice(&0x002F_u16.to_le_bytes());
    assert_eq!(code(&bytes, Limits::default()), Some(Code::RosterOldWorkbook));
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("EncryptedPackage").unwrap();
    let locked = file.into_inner().into_inner();
    assert_eq!(code(&locked, Limits::default()), Some(Code::RosterOldWorkbook));
    assert_eq!(Format::sniff(&locked), Format::Xls);
}
