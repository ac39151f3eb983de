//! Where the service points are: villages out of the real table.

use std::collections::BTreeMap;

use gongqiao_contract::{
    codes::{Division, DivisionCode, Divisions},
    id::PartyId,
};

use crate::{
    SimError,
    random::{Lot, draw},
};

/// Village service points of the city in July 2021 (DOMAIN: 1,267 of 1,000 planned).
pub(crate) const POINTS: usize = 1_267;

/// 郴州市.
pub(crate) const CITY: &str = "431000";

/// Counties in which more villages have a point: those that dock with the
/// High-tech Zone (桂阳县, 临武县).
const DENSE: [&str; 2] = ["431021", "431025"];

/// What stands behind a village's name in the table and is not spoken.
const ENDINGS: [&str; 5] = ["村民委员会", "居民委员会", "村委会", "居委会", "委员会"];

/// A village's service point, and which people are its own.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Its village.
    pub(crate) code: DivisionCode,
    /// The same as a party's id.
    pub(crate) id: PartyId,
    /// Its public name.
    pub(crate) name: String,
    /// County and name, as it is told.
    pub(crate) label: String,
    /// Number of the first of its people; they are numbered on from there.
    pub(crate) first: u64,
    /// How many people it has.
    pub(crate) people: u64,
    /// Number of the first person of its county.
    pub(crate) county_first: u64,
    /// What many in this village have learnt.
    pub(crate) trade: usize,
}

/// All points in the order of their codes, with `workers` people dealt out.
pub(crate) fn points(seed: u64, workers: u64, trades: usize) -> Result<Vec<Point>, SimError> {
    let villages = chosen()?;
    // Why: between half and one and a half times the mean, so that points differ.
    let weight = |code: DivisionCode| 50 + draw(seed, Lot::PointSize, number(code), 0).below(101);
    let total: u64 = villages.iter().map(|village| weight(village.code)).sum();
    let dealt = |weights: u64| {
        let share = u128::from(workers) * u128::from(weights) / u128::from(total.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let mut weights = 0;
    let mut county: Option<(DivisionCode, u64)> = None;
    let mut points = Vec::with_capacity(villages.len());
    for village in villages {
        let code = village.code;
        let first = dealt(weights);
        weights += weight(code);
        let own = code.county().ok_or(SimError::Table("county of a village"))?;
        let county_first = match county {
            Some((same, first)) if same == own => first,
            _ => first,
        };
        county = Some((own, county_first));
        let (name, label) = names(village)?;
        points.push(Point {
            code,
            id: code.to_string().parse().map_err(|_| SimError::Table("usable village code"))?,
            name,
            label,
            first,
            people: dealt(weights) - first,
            county_first,
            trade: draw(seed, Lot::PointTrade, number(code), 0).index(trades),
        });
    }
    Ok(points)
}

/// A code as a number to draw lots with.
pub(crate) fn number(code: DivisionCode) -> u64 {
    code.to_string().parse().unwrap_or_default()
}

/// The villages that have a point: one in every township, then by lot. The
/// same for every seed: the table is the city's, the people are not.
fn chosen() -> Result<Vec<&'static Division>, SimError> {
    let city: DivisionCode = CITY.parse().map_err(|_| SimError::Table("city"))?;
    let lot = |village: &Division| {
        let value = draw(0, Lot::PointPlace, number(village.code), 0).value();
        let dense = village.code.county().is_some_and(|c| DENSE.contains(&c.to_string().as_str()));
        if dense { value / 2 } else { value }
    };
    let mut villages: Vec<(u64, &Division)> =
        Divisions::table().villages_of(city).map(|village| (lot(village), village)).collect();
    villages.sort_by_key(|(lot, village)| (*lot, village.code));
    let mut firsts = BTreeMap::new();
    for (_, village) in &villages {
        firsts.entry(village.parent).or_insert(village.code);
    }
    let is_first = |village: &Division| firsts.get(&village.parent) == Some(&village.code);
    villages.sort_by_key(|(lot, village)| (!is_first(village), *lot, village.code));
    let mut chosen: Vec<_> = villages.into_iter().take(POINTS).map(|(_, v)| v).collect();
    if chosen.len() < POINTS {
        return Err(SimError::Table("1,267 villages"));
    }
    chosen.sort_by_key(|village| village.code);
    Ok(chosen)
}

fn names(village: &Division) -> Result<(String, String), SimError> {
    let chain = Divisions::table().chain(village.code);
    let [_, township, county, ..] = chain.as_slice() else {
        return Err(SimError::Table("way up from a village"));
    };
    let spoken = ENDINGS
        .iter()
        .find_map(|ending| village.name.strip_suffix(ending))
        .filter(|name| !name.is_empty())
        .unwrap_or(village.name);
    let name = format!("{}{spoken}劳务服务点", township.name);
    let label = format!("{}{name}", county.name);
    Ok((name, label))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_township_has_a_point_and_there_are_as_many_as_there_were() {
        let points = points(1, 60_000, 5).unwrap();
        assert_eq!(points.len(), POINTS);
        let townships: HashSet<_> = points.iter().map(|p| p.code.township()).collect();
        assert_eq!(townships.len(), 162);
        let codes: HashSet<_> = points.iter().map(|p| p.code).collect();
        assert_eq!(codes.len(), POINTS);
    }

    #[test]
    fn the_counties_that_dock_with_the_park_have_many() {
        let points = points(1, 60_000, 5).unwrap();
        let dense = points.iter().filter(|p| DENSE.contains(&&p.id.as_str()[..6])).count();
        assert!(dense > 400, "{dense}");
    }

    #[test]
    fn everybody_belongs_to_one_point_and_one_county() {
        for workers in [5_000, 60_000, 2_100_000, 59_999] {
            let points = points(3, workers, 5).unwrap();
            let mut next = 0;
            for point in &points {
                assert_eq!(point.first, next);
                next += point.people;
            }
            assert_eq!(next, workers);
            let mut counties: BTreeMap<_, HashSet<u64>> = BTreeMap::new();
            for point in &points {
                counties.entry(point.code.county()).or_default().insert(point.county_first);
            }
            assert_eq!(counties.len(), 11);
            assert!(counties.values().all(|firsts| firsts.len() == 1));
        }
    }

    #[test]
    fn a_name_is_made_of_the_tables_words() {
        let points = points(1, 60_000, 5).unwrap();
        assert!(points.iter().all(|p| p.name.ends_with("劳务服务点") && !p.name.contains("委会")));
        assert!(points.iter().any(|p| p.label.starts_with("桂阳县")));
    }
}
