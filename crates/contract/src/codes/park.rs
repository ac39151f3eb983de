//! Industrial parks (园区). They are no divisions: a park stands in a county
//! and has service points that are asked first.

use std::sync::LazyLock;

use super::{
    division::DivisionCode,
    text::{parts, rows},
};

static TABLE: &str = include_str!("../../data/parks.csv");
static PARKS: LazyLock<Vec<Park>> = LazyLock::new(|| rows(TABLE).filter_map(Park::read).collect());

/// A park.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Park {
    /// Its token in payloads and subjects (`chenzhou-hitech`).
    pub code: &'static str,
    /// Its name (郴州高新区).
    pub name: &'static str,
    /// What people on the spot call it (高新区).
    pub short: &'static str,
    /// The prefecture city that it belongs to.
    pub prefecture: DivisionCode,
    /// The county that it stands in.
    pub county: DivisionCode,
    /// Whether `county` is our assumption, not the bureau's word.
    pub county_assumed: bool,
    /// Counties whose service points are asked first (三级对接); empty where
    /// all counties of the prefecture are asked alike.
    pub docking: Vec<DivisionCode>,
}

impl Park {
    /// The park with this code.
    pub fn get(code: &str) -> Option<&'static Self> {
        PARKS.iter().find(|park| park.code == code)
    }

    /// The park that a form in this prefecture means by a name, in full or short.
    pub fn named(prefecture: DivisionCode, name: &str) -> Option<&'static Self> {
        let name = name.trim();
        PARKS
            .iter()
            .find(|park| park.prefecture == prefecture && (park.name == name || park.short == name))
    }

    /// All parks known.
    pub fn all() -> &'static [Self] {
        &PARKS
    }

    fn read(row: [&'static str; 7]) -> Option<Self> {
        let [code, name, short, prefecture, county, docking, assumed] = row;
        Some(Self {
            code,
            name,
            short,
            prefecture: prefecture.parse().ok()?,
            county: county.parse().ok()?,
            county_assumed: assumed == "yes",
            docking: parts(docking).map(str::parse).collect::<Result<_, _>>().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Divisions, *};

    #[test]
    fn the_high_tech_zone_asks_guiyang_and_linwu_first() {
        let park = Park::get("chenzhou-hitech").unwrap();
        let docking: Vec<_> = park.docking.iter().map(ToString::to_string).collect();
        assert_eq!((park.name, docking), ("郴州高新区", vec!["431021".into(), "431025".into()]));
        assert!(park.county_assumed);
        assert_eq!(Park::named(park.prefecture, " 高新区"), Some(park));
        assert_eq!(Park::named("320600".parse().unwrap(), "高新区"), None);
        assert_eq!(Park::get("no-such-park"), None);
    }

    #[test]
    fn every_park_stands_where_it_says() {
        let lines = super::super::text::lines(TABLE).count() - 1;
        assert_eq!(Park::all().len(), lines);
        for park in Park::all() {
            assert!(crate::id::check_token(park.code).is_ok());
            for &county in park.docking.iter().chain([&park.county]) {
                assert!(park.prefecture.contains(county));
                assert!(Divisions::table().get(county).is_some());
            }
        }
    }
}
