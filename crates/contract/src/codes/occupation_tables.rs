//! The classification itself, and the everyday titles mapped to it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use super::{
    occupation::OccupationCode,
    text::{half_width, is_blank, parts, rows},
};

/// The edition whose codes are in use. Another edition is another table.
pub const CLASSIFICATION_EDITION: &str = "2022";

static CLASSIFICATION: &str = include_str!("../../data/occupations-2022.csv");
static EVERYDAY: &str = include_str!("../../data/everyday-titles-2022.csv");
static TABLE: LazyLock<Occupations> = LazyLock::new(Occupations::read);
/// Shorter aliases (农, 酒) come from group names cut at their commas.
const SHORTEST_ALIAS: usize = 2;

/// An occupation or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation {
    /// Its code.
    pub code: OccupationCode,
    /// Its name without the marks of the printed book.
    pub name: String,
    /// 1 main group, 2 middle group, 3 small group, 4 occupation. Some small
    /// groups (6-14-02-00) are occupations themselves.
    pub level: u8,
    /// Marked L: a green occupation.
    pub green: bool,
    /// Marked S: a digital occupation.
    pub digital: bool,
    /// Other names of it in the classification's data.
    pub aliases: Vec<&'static str>,
}

/// The classification, with what titles lead to.
#[derive(Debug)]
pub struct Occupations {
    all: BTreeMap<OccupationCode, Occupation>,
    names: Index,
    aliases: Index,
    everyday: Index,
}

type Index = HashMap<String, Vec<OccupationCode>>;

impl Occupations {
    /// The embedded tables, read at first use.
    pub fn table() -> &'static Self {
        &TABLE
    }

    /// The occupation or group with this code.
    pub fn get(&self, code: OccupationCode) -> Option<&Occupation> {
        self.all.get(&code)
    }

    /// All entries, in the order of the codes.
    pub fn all(&self) -> impl Iterator<Item = &Occupation> {
        self.all.values()
    }

    /// The entries of a group, itself included, in the order of the codes.
    pub fn in_group(&self, group: OccupationCode) -> impl Iterator<Item = &Occupation> {
        self.all
            .range(group..)
            .map(|(_, occupation)| occupation)
            .take_while(move |occupation| occupation.code.in_group(group))
    }

    pub(super) fn by_name(&self, title: &str) -> Option<&[OccupationCode]> {
        self.names.get(title).map(Vec::as_slice)
    }

    pub(super) fn by_alias(&self, title: &str) -> Option<&[OccupationCode]> {
        self.aliases.get(title).map(Vec::as_slice)
    }

    pub(super) fn by_everyday_title(&self, title: &str) -> Option<&[OccupationCode]> {
        self.everyday.get(title).map(Vec::as_slice)
    }

    fn read() -> Self {
        let mut table = Self {
            all: BTreeMap::new(),
            names: Index::new(),
            aliases: Index::new(),
            everyday: Index::new(),
        };
        for occupation in rows::<4>(CLASSIFICATION).filter_map(read_occupation) {
            add(&mut table.names, &occupation.name, occupation.code);
            for alias in &occupation.aliases {
                add(&mut table.aliases, alias, occupation.code);
            }
            // Why: four codes stand in the file twice; the later row is the
            // same or says that the group is an occupation itself.
            table.all.insert(occupation.code, occupation);
        }
        for [title, codes, _] in rows::<3>(EVERYDAY) {
            for code in parts(codes).filter_map(|code| code.parse().ok()) {
                add(&mut table.everyday, title, code);
            }
        }
        table
    }
}

/// The form in which titles are compared: half-width, without blanks, capitals.
pub(super) fn key(title: &str) -> String {
    title.chars().filter(|&c| !is_blank(c)).map(|c| half_width(c).to_ascii_uppercase()).collect()
}

fn add(index: &mut Index, title: &str, code: OccupationCode) {
    let codes = index.entry(key(title)).or_default();
    if !codes.contains(&code) {
        codes.push(code);
    }
}

fn read_occupation([code, name, level, aliases]: [&'static str; 4]) -> Option<Occupation> {
    let marks = name.trim_start_matches(|c: char| !matches!(c, 'L' | 'S' | '/'));
    Some(Occupation {
        code: code.parse().ok()?,
        name: name.strip_suffix(marks)?.chars().filter(|&c| !is_blank(c)).collect(),
        level: level.parse().ok()?,
        green: marks.contains('L'),
        digital: marks.contains('S'),
        aliases: parts(aliases).filter(|alias| alias.chars().count() >= SHORTEST_ALIAS).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::text::lines, *};

    fn get(code: &str) -> &'static Occupation {
        Occupations::table().get(code.parse().unwrap()).unwrap()
    }

    #[test]
    fn every_row_is_read() {
        // 2,051 rows, four of them for a code that stands there already.
        assert_eq!(rows::<4>(CLASSIFICATION).filter_map(read_occupation).count(), 2_051);
        assert_eq!(Occupations::table().all().count(), 2_051 - 4);
    }

    #[test]
    fn marks_become_flags() {
        let printing = get("6-18-01-13");
        assert_eq!(printing.name, "增材制造设备操作员");
        assert!(printing.green && printing.digital);
        let cleaner = get("4-09-08-01");
        assert!(cleaner.green && !cleaner.digital && cleaner.name == "保洁员");
        let fitter = get("6-25-04-07");
        assert!(!fitter.green && !fitter.digital && fitter.level == 4);
        for occupation in Occupations::table().all() {
            assert!(!occupation.name.ends_with(['L', 'S', '/']), "{}", occupation.name);
        }
    }

    #[test]
    fn a_group_holds_its_occupations() {
        let table = Occupations::table();
        let group = |code: &str| table.in_group(code.parse().unwrap()).count();
        assert_eq!(group("6-25-04"), 10);
        assert_eq!(group("6-25-04-07"), 1);
        assert_eq!(
            table
                .all()
                .filter(|o| o.level == 1)
                .map(|o| o.code)
                .map(|c| { table.in_group(c).count() })
                .sum::<usize>(),
            2_051 - 4
        );
    }

    #[test]
    fn every_everyday_title_leads_to_codes_that_exist() {
        let table = Occupations::table();
        let titles: Vec<_> = rows::<3>(EVERYDAY).collect();
        assert_eq!(titles.len(), lines(EVERYDAY).count() - 1, "a row is not read");
        assert!(titles.len() >= 200);
        assert_eq!(table.everyday.len(), titles.len(), "a title stands there twice");
        for [title, codes, _] in titles {
            assert_eq!(parts(codes).count(), table.everyday[&key(title)].len(), "{title}");
            for code in parts(codes) {
                let occupation = table
                    .get(code.parse().unwrap())
                    .unwrap_or_else(|| panic!("{title}: there is no {code}"));
                let group = code.ends_with("-00") && occupation.level < 4;
                assert!(occupation.level == 4 || group, "{title}: {code}");
            }
        }
    }

    #[test]
    fn the_tables_say_which_edition_they_hold() {
        assert!(
            EVERYDAY
                .lines()
                .any(|line| { line.starts_with('#') && line.contains(CLASSIFICATION_EDITION) })
        );
    }
}
