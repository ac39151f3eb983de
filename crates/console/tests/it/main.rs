//! The pages as they are served, and as they are written.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

mod router;
mod source;
mod words;

use std::{fs, path::PathBuf};

/// Every file of the pages: its name and its text.
fn assets() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets");
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() >= 8, "the pages are not there: {found:?}");
    found
}

/// The text of one file.
fn asset(name: &str) -> String {
    assets().into_iter().find(|(found, _)| found == name).unwrap().1
}

/// Every text between `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}
