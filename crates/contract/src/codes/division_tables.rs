//! The divisions that exist: the national table down to the counties, and
//! Chenzhou's townships and villages; and the codes that went out of use.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    division::{Closeness, DivisionCode, DivisionLevel},
    text::rows,
};

static NATIONAL: &str = include_str!("../../data/divisions-national.csv");
static CHENZHOU: &str = include_str!("../../data/divisions-chenzhou.csv");
static CROSSWALK: &str = include_str!("../../data/division-crosswalk.csv");
static TABLE: LazyLock<Divisions> = LazyLock::new(Divisions::read);

/// One division.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Division {
    /// Its code; the key, since names repeat.
    pub code: DivisionCode,
    /// Its name in full (桂阳县).
    pub name: &'static str,
    /// Its level.
    pub level: DivisionLevel,
    /// The division above; nothing for a province.
    pub parent: Option<DivisionCode>,
    /// Degrees east, where a point is known; counties and above only.
    pub lon: Option<f64>,
    /// Degrees north, where a point is known; counties and above only.
    pub lat: Option<f64>,
}

/// A code as it is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The code in use.
    pub code: DivisionCode,
    /// Whether another one was given.
    pub mapped: bool,
}

/// All divisions known, in the order of their codes, so that whatever lies in
/// a division stands right behind it.
#[derive(Debug)]
pub struct Divisions {
    all: Vec<Division>,
    crosswalk: HashMap<DivisionCode, DivisionCode>,
}

impl Divisions {
    /// The embedded tables, read at first use.
    pub fn table() -> &'static Self {
        &TABLE
    }

    /// Every division, in the order of the codes.
    pub fn all(&self) -> &[Division] {
        &self.all
    }

    /// The division with this code.
    pub fn get(&self, code: DivisionCode) -> Option<&Division> {
        let at = self.all.binary_search_by_key(&code, |division| division.code).ok()?;
        self.all.get(at)
    }

    /// The code in use for one that was given, perhaps an old one. Nothing if
    /// neither table knows it, as with townships outside Chenzhou.
    pub fn resolve(&self, code: DivisionCode) -> Option<Resolved> {
        if self.get(code).is_some() {
            return Some(Resolved { code, mapped: false });
        }
        self.crosswalk.get(&code).map(|&code| Resolved { code, mapped: true })
    }

    /// The division and those above it, up to the province. What the tables
    /// don't hold is left out.
    pub fn chain(&self, code: DivisionCode) -> Vec<&Division> {
        std::iter::successors(Some(code), |code| code.parent())
            .filter_map(|code| self.get(code))
            .collect()
    }

    /// Whether `code` is `ancestor` or lies in it. Arithmetic alone.
    pub fn contains(&self, ancestor: DivisionCode, code: DivisionCode) -> bool {
        ancestor.contains(code)
    }

    /// See [`DivisionCode::closeness`].
    pub fn closeness(&self, a: DivisionCode, b: DivisionCode) -> Closeness {
        a.closeness(b)
    }

    /// What lies directly below, in the order of the codes.
    pub fn children(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        self.within(code).iter().filter(move |division| division.parent == Some(code))
    }

    /// The townships of a county, or of any division.
    pub fn townships_of(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        self.below(code, DivisionLevel::Township)
    }

    /// The villages of a county, or of any division.
    pub fn villages_of(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        self.below(code, DivisionLevel::Village)
    }

    /// The counties of a prefecture, or of a province. Three prefectures
    /// (东莞, 中山, 儋州) have none.
    pub fn counties_of(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        self.below(code, DivisionLevel::County)
    }

    fn below(&self, code: DivisionCode, level: DivisionLevel) -> impl Iterator<Item = &Division> {
        self.within(code).iter().filter(move |division| division.level == level)
    }

    /// The division and all in it.
    fn within(&self, code: DivisionCode) -> &[Division] {
        let range = code.range();
        let from = self.all.partition_point(|division| division.code < *range.start());
        let to = self.all.partition_point(|division| division.code <= *range.end());
        self.all.get(from..to).unwrap_or_default()
    }

    fn read() -> Self {
        let national = rows::<6>(NATIONAL).filter_map(|[code, name, _, _, lon, lat]| {
            division(code, name, lon.parse().ok(), lat.parse().ok())
        });
        let chenzhou =
            rows::<4>(CHENZHOU).filter_map(|[code, name, _, _]| division(code, name, None, None));
        let mut all: Vec<Division> = national.chain(chenzhou).collect();
        all.sort_by_key(|division| division.code);
        // Why: prefectures without counties stand in the table twice, the
        // second time as their own county.
        all.dedup_by_key(|division| division.code);
        let crosswalk = rows::<6>(CROSSWALK)
            .filter_map(|[old, _, new, ..]| Some((old.parse().ok()?, new.parse().ok()?)))
            .collect();
        Self { all, crosswalk }
    }
}

fn division(
    code: &str,
    name: &'static str,
    lon: Option<f64>,
    lat: Option<f64>,
) -> Option<Division> {
    let code: DivisionCode = code.parse().ok()?;
    Some(Division { code, name, level: code.level(), parent: code.parent(), lon, lat })
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    fn count(divisions: &Divisions, level: DivisionLevel) -> usize {
        divisions.all().iter().filter(|division| division.level == level).count()
    }

    #[test]
    fn every_row_is_read() {
        let table = Divisions::table();
        let lines = NATIONAL.lines().count() + CHENZHOU.lines().count() - 2;
        // 东莞, 中山 and 儋州 stand in the file twice.
        assert_eq!(table.all().len(), lines - 3);
        assert_eq!(count(table, DivisionLevel::Province), 31);
        assert_eq!(count(table, DivisionLevel::Prefecture), 342);
        assert_eq!(count(table, DivisionLevel::County), 2_978 - 3);
        assert_eq!(table.townships_of(code("431000")).count(), 162);
        assert_eq!(table.villages_of(code("431000")).count(), 2_420);
        assert_eq!(table.counties_of(code("431000")).count(), 11);
    }

    #[test]
    fn level_and_parent_of_the_file_follow_from_the_code() {
        let table = Divisions::table();
        let national =
            rows::<6>(NATIONAL).map(|[code, _, level, parent, ..]| [code, level, parent]);
        let chenzhou = rows::<4>(CHENZHOU).map(|[code, _, level, parent]| [code, level, parent]);
        for [text, level, parent] in national.chain(chenzhou).filter(|row| row[0] != row[2]) {
            let division = table.get(code(text)).unwrap();
            assert_eq!(format!("{:?}", division.level).to_lowercase(), level);
            assert_eq!(division.parent.map_or(String::new(), |p| p.to_string()), parent);
            assert!(division.parent.is_none_or(|parent| table.get(parent).is_some()));
        }
    }

    #[test]
    fn a_village_leads_up_to_its_province() {
        let table = Divisions::table();
        let village = table.villages_of(code("431021")).next().unwrap();
        let chain = table.chain(village.code);
        let levels: Vec<_> = chain.iter().map(|division| division.level).collect();
        assert_eq!(
            levels,
            [
                DivisionLevel::Village,
                DivisionLevel::Township,
                DivisionLevel::County,
                DivisionLevel::Prefecture,
                DivisionLevel::Province,
            ]
        );
        let names: Vec<_> = chain[2..].iter().map(|division| division.name).collect();
        assert_eq!(names, ["桂阳县", "郴州市", "湖南省"]);
        assert!(table.chain(code("99")).is_empty());
        assert_eq!(table.chain(code("431021999999")).len(), 3);
    }

    #[test]
    fn points_are_read_where_there_are_any() {
        let table = Divisions::table();
        let guiyang = table.get(code("431021")).unwrap();
        assert!(guiyang.lon.is_some_and(|lon| (112.0..113.5).contains(&lon)));
        assert!(guiyang.lat.is_some_and(|lat| (25.0..26.5).contains(&lat)));
        assert_eq!(table.get(code("110100")).unwrap().lon, None);
    }

    #[test]
    fn an_old_code_leads_to_the_one_in_use() {
        let table = Divisions::table();
        let resolved = |text: &str| table.resolve(code(text));
        let haimen = code("320614");
        assert_eq!(resolved("320684"), Some(Resolved { code: haimen, mapped: true }));
        assert_eq!(resolved("320614"), Some(Resolved { code: haimen, mapped: false }));
        assert_eq!(table.get(haimen).unwrap().name, "海门区");
        assert_eq!(resolved("432826").unwrap().code, code("431024"));
        assert_eq!(resolved("999999"), None);
        assert_eq!(resolved("320614100000"), None);
    }

    #[test]
    fn the_crosswalk_leads_from_dead_codes_to_living_ones() {
        let table = Divisions::table();
        let lines = super::super::text::lines(CROSSWALK).count() - 1;
        assert_eq!(table.crosswalk.len(), lines);
        for [old, _, new, new_name, year, _] in rows::<6>(CROSSWALK) {
            assert!(table.get(code(old)).is_none(), "{old} is in use");
            assert_eq!(table.get(code(new)).unwrap().name, new_name);
            assert!((1994..=2023).contains(&year.parse::<u16>().unwrap()));
        }
    }

    #[test]
    fn children_of_all_levels_make_up_the_table() {
        let table = Divisions::table();
        let children: usize = table.all().iter().map(|d| table.children(d.code).count()).sum();
        assert_eq!(children + 31, table.all().len());
    }

    proptest! {
        #[test]
        fn contains_is_transitive(low in any::<Index>(), up in 0..5_usize, further in 0..5_usize) {
            let table = Divisions::table();
            let chain = table.chain(low.get(table.all()).code);
            let middle = chain[up.min(chain.len() - 1)].code;
            let top = chain[(up + further).min(chain.len() - 1)].code;
            prop_assert!(table.contains(middle, chain[0].code));
            prop_assert!(table.contains(top, middle));
            prop_assert!(table.contains(top, chain[0].code));
        }

        #[test]
        fn contains_is_exactly_the_chain(a in any::<Index>(), b in any::<Index>()) {
            let table = Divisions::table();
            let (a, b) = (a.get(table.all()).code, b.get(table.all()).code);
            let in_chain = table.chain(b).iter().any(|division| division.code == a);
            prop_assert_eq!(table.contains(a, b), in_chain);
        }
    }
}
