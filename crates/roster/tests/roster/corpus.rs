//! Every file of `tests/corpus`: registers as clerks keep them, and what has
//! to become of each of their rows.

use std::{collections::BTreeMap, path::PathBuf, sync::LazyLock};

use gongqiao_contract::codes::IdRule;
use gongqiao_roster::{
    Context, Format, Limits, Note, Outcome, Roster, Row, RowOutcome, errors_workbook, read,
};
use proptest::{prelude::*, sample::Index};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Date, macros::format_description};

/// What `make.py` wrote beside a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    point: String,
    today: String,
    refused: Option<String>,
    warnings: Vec<String>,
    passed_over: BTreeMap<String, String>,
    dropped: Vec<String>,
    unknown: Vec<String>,
    rows: Vec<ExpectedRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRow {
    sheet: String,
    row: u32,
    outcome: String,
    notes: Vec<String>,
    #[serde(default)]
    values: BTreeMap<String, Value>,
}

struct File {
    name: String,
    bytes: Vec<u8>,
    expected: Expected,
}

fn files() -> Vec<File> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/corpus/files"].iter().collect();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<File> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension != "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let beside = path.with_file_name(format!("{name}.json"));
            let expected = serde_json::from_slice(&std::fs::read(beside).unwrap()).unwrap();
            File { name, bytes: std::fs::read(path).unwrap(), expected }
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

impl File {
    fn context(&self) -> Context {
        let today = format_description!("[year]-[month]-[day]");
        Context {
            point: self.expected.point.parse().unwrap(),
            rule: IdRule::Test,
            limits: Limits::default(),
            today: Date::parse(&self.expected.today, today).unwrap(),
        }
    }

    /// As the gate finds it out: by the bytes, for what is called .xls is not
    /// always one.
    fn format(&self) -> Format {
        let looks = Format::sniff(&self.bytes);
        if self.name.ends_with(".xlsx") && looks != Format::Xls { Format::Xlsx } else { looks }
    }
}

fn sorted(notes: &[Note]) -> Vec<String> {
    let mut codes: Vec<String> =
        notes.iter().map(|note| note.refusal.code.as_str().into()).collect();
    codes.sort();
    codes
}

/// The outcome's name, and all codes of the row.
fn told(outcome: &RowOutcome) -> (&'static str, Vec<String>) {
    let (name, mut notes) = match &outcome.outcome {
        Outcome::Taken(_) => ("taken", Vec::new()),
        Outcome::Unverified(_, why) => ("unverified", vec![why.clone()]),
        Outcome::Refused(notes) => ("refused", notes.clone()),
        // Why: of a row that is left out nothing else is of interest.
        Outcome::LeftOut(why) => return ("left_out", vec![why.code.as_str().to_owned()]),
    };
    notes.extend(outcome.warnings.iter().cloned());
    (name, sorted(&notes))
}

/// A value that was read, in the form of `make.py`.
fn value(row: &Row, name: &str) -> Value {
    let person = &row.person;
    match name {
        "name" => json!(person.name),
        "id" => json!(person.citizen_id),
        "phone" => json!(person.phone),
        "phone2" => json!(person.phone2),
        "birthDate" => json!(person.birth_date),
        "birthYear" => json!(row.birth_year),
        "written" => json!(person.availability_as_written),
        "emergency" => json!(person.emergency_contact),
        "emergencyPhone" => json!(person.emergency_phone),
        "home" => json!(row.home.to_string()),
        "wage" => json!(row.wage_expected_yuan),
        "from" => json!(row.available_from.to_string()),
        "atOnce" => json!(row.available_at_once),
        "poverty" => json!(row.poverty_lifted),
        "consents" => json!(row.consents.iter().map(|one| *one as i32).collect::<Vec<_>>()),
        "destinations" => {
            json!(row.destinations.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        "skills" => {
            let skills = row.skills.iter().map(|one| format!("{}:{}", one.occupation, one.level));
            json!(skills.collect::<Vec<_>>())
        }
        other => panic!("make.py names a value {other}"),
    }
}

fn differences(file: &File, roster: &Roster) -> Vec<String> {
    let expected = &file.expected;
    let mut found = Vec::new();
    let mut differ = |what: &str, is: String, should: String| {
        if is != should {
            found.push(format!("{}: {what} is {is}, should be {should}", file.name));
        }
    };
    let shown = |list: &[String]| list.join(" ");
    differ("warnings", shown(&sorted(&roster.warnings)), shown(&expected.warnings));
    let passed: BTreeMap<String, String> = roster
        .passed_over
        .iter()
        .map(|(sheet, why)| (sheet.clone(), why.refusal().code.as_str().to_owned()))
        .collect();
    differ("passed over", format!("{passed:?}"), format!("{:?}", expected.passed_over));
    differ("dropped", shown(&roster.dropped_columns), shown(&expected.dropped));
    differ("unknown", shown(&roster.unknown_columns), shown(&expected.unknown));
    differ("rows", roster.rows.len().to_string(), expected.rows.len().to_string());
    for (row, should) in roster.rows.iter().zip(&expected.rows) {
        let place = format!("{} {}", should.sheet, should.row);
        differ(&place, format!("{} {}", roster.sheet(row), row.row), place.clone());
        let (name, codes) = told(row);
        differ(
            &place,
            format!("{name} {}", shown(&codes)),
            format!("{} {}", should.outcome, shown(&should.notes)),
        );
        for (name, should) in &should.values {
            let is = row.person().map_or(Value::Null, |row| value(row, name));
            differ(&format!("{place} {name}"), is.to_string(), should.to_string());
        }
    }
    found
}

#[test]
fn every_row_of_the_corpus_ends_as_it_should() {
    let files = files();
    assert!(files.len() >= 60, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        match (read(&file.bytes, file.format(), &file.context()), &file.expected.refused) {
            (Ok(roster), None) => wrong.extend(differences(file, &roster)),
            (Ok(_), Some(code)) => wrong.push(format!("{}: read, not {code}", file.name)),
            (Err(refusal), expected) => {
                if Some(refusal.code.as_str()) != expected.as_deref() {
                    wrong.push(format!("{}: {refusal}, should be {expected:?}", file.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn scenario_one_of_the_field_ends_as_the_field_says() {
    let files = files();
    for file in files.iter().filter(|file| file.name.starts_with("scenario_312")) {
        let roster = read(&file.bytes, file.format(), &file.context()).unwrap();
        let count = |name: &str| roster.rows.iter().filter(|row| told(row).0 == name).count();
        assert_eq!((count("taken"), count("unverified"), count("refused")), (296, 14, 0));
        let noted = |code: &str| {
            roster.rows.iter().filter(|row| told(row).1.iter().any(|one| one == code)).count()
        };
        assert_eq!(noted("row.duplicate"), 2);
        assert_eq!(noted("row.sex_conflict"), 7);
        assert_eq!(noted("row.citizen_id_old"), 3);
        assert_eq!((noted("row.citizen_id_length"), noted("row.citizen_id_placeholder")), (9, 5));
    }
}

#[test]
fn every_file_of_the_corpus_that_is_read_can_go_back() {
    for file in files() {
        let back = errors_workbook(&file.bytes, file.format(), &[], &Limits::default());
        match (back, &file.expected.refused) {
            (Ok(back), None) => {
                let again = read(&back, Format::Xlsx, &file.context()).unwrap();
                let first = read(&file.bytes, file.format(), &file.context()).unwrap();
                let rows =
                    |roster: &Roster| roster.rows.iter().map(|row| row.row).collect::<Vec<_>>();
                assert_eq!(rows(&again), rows(&first), "{}", file.name);
            }
            (_, Some(_)) => {}
            (Err(refusal), None) => panic!("{}: {refusal}", file.name),
        }
    }
}

/// Something that happens to a file on its way.
#[derive(Debug, Clone)]
enum Change {
    Bytes(Vec<(Index, u8)>),
    Cut(Index),
    Twice(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop::collection::vec((any::<Index>(), any::<u8>()), 1..8).prop_map(Change::Bytes),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Twice(from, to)),
    ]
}

fn changed(bytes: &[u8], change: &Change) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.is_empty() {
        return bytes;
    }
    match change {
        Change::Bytes(changes) => {
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
        }
        Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Change::Twice(from, to) => {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(from..from, piece);
        }
    }
    bytes
}

/// Nothing was lost and nothing said twice: rows are in their order, each once.
fn check_whole(roster: &Roster) -> Result<(), TestCaseError> {
    let places: Vec<(u16, u32)> = roster.rows.iter().map(|row| (row.sheet, row.row)).collect();
    prop_assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]));
    for row in &roster.rows {
        if let Outcome::Refused(notes) = &row.outcome {
            prop_assert!(!notes.is_empty());
        }
        if let Outcome::Unverified(row, _) = &row.outcome {
            prop_assert!(row.citizen_id.is_none() && row.provisional.is_some());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_was_damaged_on_the_way_never_makes_it_panic(
        at in any::<Index>(),
        change in change(),
    ) {
        let files = FILES.as_slice();
        let file = &files[at.index(files.len())];
        let bytes = changed(&file.bytes, &change);
        for format in [file.format(), Format::sniff(&bytes)] {
            if let Ok(roster) = read(&bytes, format, &file.context()) {
                check_whole(&roster)?;
            }
        }
    }

    #[test]
    fn cells_that_were_moved_or_changed_lose_no_row(
        at in any::<Index>(),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..6),
        columns in any::<u64>(),
        text in prop_oneof![Just(String::new()), "\\PC{0,12}", "[0-9X]{14,18}", Just("同上".to_owned()), Just("合计".to_owned())],
    ) {
        let files = GRIDS.as_slice();
        let file = files[at.index(files.len())];
        let mut grid = grid(&file.bytes).unwrap();
        let header = usize::try_from(header_row(file)).unwrap();
        let cells: Vec<(usize, usize)> = (header..grid.len())
            .flat_map(|row| (0..grid[row].len()).map(move |column| (row, column)))
            .collect();
        for (a, b) in swaps {
            let (a, b) = (cells[a.index(cells.len())], cells[b.index(cells.len())]);
            let kept = std::mem::replace(&mut grid[a.0][a.1], text.clone());
            grid[b.0][b.1] = kept;
        }
        shuffle(&mut grid, columns);
        let below = grid[header..].iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty()));
        let count = below.count();
        let written = write(&grid);
        match read(&written, Format::Csv, &file.context()) {
            Ok(roster) => {
                check_whole(&roster)?;
                let rows = roster.rows.iter().filter(|row| row.row as usize > header).count();
                prop_assert_eq!(rows, count, "{}", file.name);
            }
            Err(refusal) => prop_assert!(count == 0, "{}: {}", file.name, refusal),
        }
    }
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(files);

/// Those whose cells can be moved about as texts.
static GRIDS: LazyLock<Vec<&File>> = LazyLock::new(|| {
    let is_grid = |file: &&File| {
        file.format() == Format::Csv
            && file.expected.refused.is_none()
            && grid(&file.bytes).is_some()
    };
    FILES.iter().filter(is_grid).collect()
});

/// The last row of the first header, by the first row that is expected.
fn header_row(file: &File) -> u32 {
    file.expected.rows.first().map_or(1, |row| row.row - 1)
}

/// The cells of a CSV in UTF-8, blank lines included.
fn grid(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|one| text.bytes().filter(|byte| byte == one).count())?;
    if text.contains("\r\n\r\n") || text.contains("\n\n") || text.contains('"') {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap().iter().map(Into::into).collect());
    Some(rows.collect())
}

/// The same columns in another order, in all rows.
fn shuffle(grid: &mut [Vec<String>], seed: u64) {
    let width = grid.iter().map(Vec::len).max().unwrap_or(0);
    for row in grid.iter_mut() {
        row.resize(width, String::new());
    }
    let mut state = seed;
    for last in (1..width).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (last + 1);
        for row in grid.iter_mut() {
            row.swap(last, other);
        }
    }
}

fn write(grid: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in grid {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}
