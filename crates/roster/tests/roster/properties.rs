//! Rules that hold for every file.

use gongqiao_roster::{
    Column, EXAMPLE_PREFIX, Format, Limits, Outcome, RowOutcome, errors_workbook, read,
};
use proptest::{prelude::*, sample::Index};

use crate::support::{context, csv, ndjson, right, xlsx};

/// A row that is right, an example, or has one cell of anything.
fn row() -> impl Strategy<Value = [String; 9]> {
    let cell = prop_oneof![
        "\\PC{0,12}",
        Just(String::new()),
        Just("=1+1".to_owned()),
        Just("\"".to_owned()),
        Just("a\nb".to_owned()),
    ];
    (0..40_u32, 0..9_usize, cell, 0..4_u8).prop_map(|(number, column, cell, kind)| {
        let mut row = right(number);
        match kind {
            0 => row[0] = format!("{EXAMPLE_PREFIX}{number}"),
            1 => row[column] = cell,
            _ => {}
        }
        row
    })
}

fn files(rows: &[[String; 9]]) -> [(Vec<u8>, Format); 3] {
    [(xlsx(rows), Format::Xlsx), (csv(rows), Format::Csv), (ndjson(rows), Format::Ndjson)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_row_in_has_an_outcome(rows in prop::collection::vec(row(), 1..30)) {
        for (bytes, format) in files(&rows) {
            let roster = read(&bytes, format, &context()).unwrap();
            prop_assert_eq!(roster.rows.len(), rows.len());
            prop_assert!(roster.rows.is_sorted_by_key(|row| row.row));
            let has_reason = |row: &RowOutcome| match &row.outcome {
                Outcome::Refused(notes) => !notes.is_empty(),
                _ => true,
            };
            prop_assert!(roster.rows.iter().all(has_reason));
        }
    }

    #[test]
    fn a_refused_row_changes_nothing_for_the_others(
        rows in prop::collection::vec(0..1_000_u32, 1..20),
        at in any::<Index>(),
    ) {
        let rows: Vec<_> = rows.into_iter().map(right).collect();
        let mut with_bad = rows.clone();
        let mut bad = right(5_000);
        bad[Column::Consents as usize] = "别的".into();
        with_bad.insert(at.index(rows.len() + 1), bad);
        for ((before, format), (after, _)) in files(&rows).into_iter().zip(files(&with_bad)) {
            let people = |bytes: &[u8]| -> Vec<String> {
                let roster = read(bytes, format, &context()).unwrap();
                let people = roster.rows.iter().filter_map(RowOutcome::person);
                people.map(|row| row.person.citizen_id.clone()).collect()
            };
            prop_assert_eq!(people(&before), people(&after));
        }
    }

    #[test]
    fn changed_bytes_never_make_it_panic(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<Index>()),
    ) {
        for (mut bytes, format) in files(&[right(1), right(2), right(3)]) {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let read = read(&bytes, format, &context());
            let back = errors_workbook(&bytes, format, &[], &Limits::default());
            if read.is_ok() {
                prop_assert!(back.is_ok());
            }
        }
    }

    #[test]
    fn changed_parts_of_a_workbook_never_make_it_panic(
        part in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let bytes = repacked(&xlsx(&[right(1), right(2)]), part, &changes);
        // Either answer is right; that there is one is the point.
        if let Ok(roster) = read(&bytes, Format::Xlsx, &context()) {
            prop_assert!(roster.rows.len() <= 2);
        }
    }
}

/// Changes bytes inside one part and packs everything again, so that check
/// sums fit and the XML reader sees the change.
fn repacked(bytes: &[u8], part: Index, changes: &[(Index, u8)]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let changed = part.index(archive.len());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        for (at, byte) in changes.iter().filter(|_| index == changed) {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let name = entry.name().unwrap().into_owned();
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
