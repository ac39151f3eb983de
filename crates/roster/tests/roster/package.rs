//! What a workbook unpacks to.

use std::io::{Cursor, Read, Write};

use gongqiao_contract::refusal::Code;
use gongqiao_roster::{
    Context, Format, Limits,
    package::{BUFFER_BYTES, Unpacked, measure},
    read,
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::support::{context, right, xlsx};

fn pack(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A right workbook with some parts replaced or added.
fn with_parts(changes: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(xlsx(&[right(1)]))).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if changes.iter().all(|(changed, _)| *changed != name) {
            parts.push((name, bytes));
        }
    }
    let kept = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    pack(&kept.chain(changes.iter().copied()).collect::<Vec<_>>())
}

fn code(bytes: &[u8], limits: Limits) -> Code {
    read(bytes, Format::Xlsx, &Context { limits, ..context() }).unwrap_err().code
}

/// Overwrites what the zip says of every part's unpacked size, in the local
/// headers (APPNOTE 4.3.7) and in the directory (4.3.12).
fn with_lying_sizes(mut bytes: Vec<u8>) -> Vec<u8> {
    for (signature, offset) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let found: Vec<usize> =
            (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == signature).collect();
        assert!(!found.is_empty());
        for at in found {
            bytes[at + offset..at + offset + 4].copy_from_slice(&100_u32.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn a_bomb_is_inflated_up_to_the_limit_and_no_further() {
    let zeros = vec![0; 64 << 20];
    let bomb = with_parts(&[("xl/worksheets/sheet1.xml", &zeros)]);
    assert!(bomb.len() < 200 << 10);
    let limits = Limits { unpacked_bytes: 8 << 20, unpack_ratio: u64::MAX, ..Limits::default() };
    for bomb in [bomb.clone(), with_lying_sizes(bomb)] {
        let mut unpacked = Unpacked::default();
        let refusal = measure(&bomb, &limits, &mut unpacked).unwrap_err();
        // With sizes that lie, the reader below may see the end first.
        assert!(matches!(refusal.code, Code::RosterTooLarge | Code::RosterDamaged), "{refusal}");
        assert!(unpacked.bytes <= limits.unpacked_bytes + BUFFER_BYTES as u64, "{unpacked:?}");
    }
}

#[test]
fn honest_sizes_give_the_limit_as_the_reason() {
    let zeros = vec![0; 16 << 20];
    let bomb = with_parts(&[("xl/worksheets/sheet1.xml", &zeros)]);
    let limits = Limits { unpacked_bytes: 8 << 20, unpack_ratio: u64::MAX, ..Limits::default() };
    assert_eq!(code(&bomb, limits), Code::RosterTooLarge);
    assert_eq!(code(&bomb, Limits::default()), Code::RosterPacked);
    let texts = with_parts(&[("xl/sharedStrings.xml", &vec![b' '; 4 << 20])]);
    let limits = Limits { held_bytes: 2 << 20, unpack_ratio: u64::MAX, ..Limits::default() };
    assert_eq!(code(&texts, limits), Code::RosterTooLarge);
}

#[test]
fn many_parts_are_refused_before_the_directory_is_built() {
    let names: Vec<String> = (0..50).map(|number| format!("xl/media/{number}")).collect();
    let extra: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let bytes = with_parts(&extra);
    assert_eq!(
        code(&bytes, Limits { zip_entries: 40, ..Limits::default() }),
        Code::RosterTooManyParts
    );
    assert!(read(&bytes, Format::Xlsx, &context()).is_ok());
}

#[test]
fn what_is_no_workbook_is_told_so() {
    assert_eq!(code(b"name,citizenId", Limits::default()), Code::RosterNotWorkbook);
    assert_eq!(code(b"", Limits::default()), Code::RosterNotWorkbook);
    let old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more";
    assert_eq!(code(old, Limits::default()), Code::RosterOldWorkbook);
    assert_eq!(code(&pack(&[("a.txt", b"text")]), Limits::default()), Code::RosterNotWorkbook);
    let bytes = xlsx(&[right(1)]);
    for cut in [10, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(code(&bytes[..cut], Limits::default()), Code::RosterDamaged, "cut at {cut}");
    }
}

#[test]
fn declared_counts_of_shared_texts_are_not_believed() {
    let sst =
        |attribute: &str| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><sst {attribute}/>");
    let blanks = " ".repeat(500);
    for attribute in [
        "uniqueCount=\"1000000000000\"".to_owned(),
        "uniqueCount = '99999999999999999999'".to_owned(),
        format!("uniqueCount{blanks}=\"1000000000000\""),
        format!("uniqueCount={blanks}\"1000000000000\""),
    ] {
        let bytes = with_parts(&[("xl/sharedStrings.xml", sst(&attribute).as_bytes())]);
        assert_eq!(code(&bytes, Limits::default()), Code::RosterDamaged, "{attribute}");
    }
    let wide: Vec<u8> = sst("uniqueCount=\"1000000000000\"").bytes().flat_map(|b| [b, 0]).collect();
    let bytes = with_parts(&[("xl/sharedStrings.xml", &wide)]);
    assert_eq!(code(&bytes, Limits::default()), Code::RosterDamaged);
    // Across the edge of a buffer.
    let late = format!(
        "<!--{}-->{}",
        "x".repeat(BUFFER_BYTES - 60),
        "<sst uniqueCount=\"1000000000000\"/>"
    );
    let bytes = with_parts(&[("xl/sharedStrings.xml", late.as_bytes())]);
    assert_eq!(code(&bytes, Limits::default()), Code::RosterDamaged);
}

#[test]
fn references_that_overflow_are_refused_without_a_panic_outside() {
    let sheet = |dimension: &str, cell: &str| {
        format!(
            "<worksheet><dimension ref=\"{dimension}\"/><sheetData><row r=\"1\"><c r=\"{cell}\"><v>1</v></c></row></sheetData></worksheet>"
        )
    };
    for (dimension, cell) in [
        ("B2:A1", "A1"),
        ("A1", "ZZZZZZZZZ1"),
        ("A1", "A99999999999"),
        ("A1", "A1048577"),
        ("A1", "XFE1"),
    ] {
        let text = sheet(dimension, cell);
        let bytes = with_parts(&[("xl/worksheets/sheet1.xml", text.as_bytes())]);
        let code = code(&bytes, Limits::default());
        // A dimension is only declared: a build that wraps may read on to the header.
        assert!(
            matches!(code, Code::RosterDamaged | Code::RosterHeader),
            "{dimension} {cell}: {code:?}"
        );
    }
}
