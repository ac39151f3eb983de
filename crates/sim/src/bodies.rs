//! Enterprises and partner cities.

use gongqiao_contract::{
    codes::{CreditCode, Division, DivisionCode, Divisions},
    id::PartyId,
};

use crate::{SimError, points::CITY};

/// Contracted enterprises in July 2021 (DOMAIN: 211 of 100 planned).
pub(crate) const ENTERPRISES: usize = 211;

/// The park of the two plants.
pub(crate) const HIGH_TECH: &str = "chenzhou-hitech";

/// The two plants that the newspaper names; everybody else is invented.
const PLANTS: [&str; 2] = ["炬神电子", "台达电子"];

/// What the invented firms do, and what such a firm is called.
const KINDS: [(&str, &str); 8] = [
    ("电子", "厂"),
    ("服装", "厂"),
    ("五金", "厂"),
    ("物流", "公司"),
    ("养老服务", "中心"),
    ("食品", "厂"),
    ("建材", "厂"),
    ("家具", "厂"),
];

/// Partner cities (DOMAIN: 36 of 10 planned). Haimen is the one that is named;
/// the others are cities to which people from Chenzhou may go.
pub(crate) const PARTNERS: [&str; 36] = [
    "320614", "440100", "440300", "441900", "440600", "442000", "441300", "440400", "440700",
    "441200", "441800", "440200", "440500", "310115", "320100", "320200", "320400", "320500",
    "320600", "330100", "330200", "330300", "330400", "330600", "330700", "331000", "350100",
    "350200", "350500", "430100", "430200", "430300", "430400", "420100", "360700", "450300",
];

/// A contracted enterprise.
#[derive(Debug, Clone)]
pub(crate) struct Enterprise {
    /// Its credit code.
    pub(crate) id: PartyId,
    /// Its public name.
    pub(crate) name: String,
    /// Its county; the park's for those in one.
    pub(crate) division: Option<DivisionCode>,
    /// Its park.
    pub(crate) park: Option<&'static str>,
}

/// All enterprises; the two plants come first.
pub(crate) fn enterprises() -> Result<Vec<Enterprise>, SimError> {
    let city: DivisionCode = CITY.parse().map_err(|_| SimError::Table("city"))?;
    let counties: Vec<DivisionCode> =
        Divisions::table().counties_of(city).map(|c| c.code).collect();
    (0..ENTERPRISES)
        .map(|index| {
            let plant = PLANTS.get(index);
            let (kind, suffix) = KINDS[index % KINDS.len()];
            let invented = || format!("郴州市示例{kind}{index:03}{suffix}");
            Ok(Enterprise {
                id: credit_code(index)?,
                name: plant.map_or_else(invented, |name| (*name).to_owned()),
                division: counties
                    .get((index / KINDS.len()) % counties.len().max(1))
                    .copied()
                    .filter(|_| plant.is_none()),
                park: plant.map(|_| HIGH_TECH),
            })
        })
        .collect()
}

/// The partner cities, out of the national table.
pub(crate) fn partners() -> Result<Vec<&'static Division>, SimError> {
    let table = Divisions::table();
    let found = |code: &&str| code.parse().ok().and_then(|code| table.get(code));
    PARTNERS.iter().map(|code| found(code).ok_or(SimError::Table("partner city"))).collect()
}

/// A code that no firm has: GB 32100 gives Y1 to bodies of kinds not listed,
/// and the organisation's part is ours.
fn credit_code(index: usize) -> Result<PartyId, SimError> {
    let code = CreditCode::make(&format!("Y1431000DEM{index:06}"))?;
    code.as_str().parse().map_err(|_| SimError::Table("usable credit code"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_as_many_enterprises_and_cities_as_there_were() {
        let enterprises = enterprises().unwrap();
        let ids: HashSet<_> = enterprises.iter().map(|e| e.id.clone()).collect();
        let names: HashSet<_> = enterprises.iter().map(|e| e.name.clone()).collect();
        assert_eq!((ids.len(), names.len()), (211, 211));
        assert!(ids.iter().all(|id| CreditCode::parse(id.as_str()).is_ok()));
        let cities: HashSet<_> = partners().unwrap().iter().map(|c| c.code).collect();
        assert_eq!(cities.len(), 36);
        assert!(cities.contains(&"320614".parse().unwrap()));
    }

    #[test]
    fn only_the_two_plants_stand_in_the_high_tech_zone() {
        let enterprises = enterprises().unwrap();
        let inside: Vec<_> = enterprises.iter().filter(|e| e.park == Some(HIGH_TECH)).collect();
        assert_eq!(inside.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), PLANTS);
        assert!(enterprises.iter().all(|e| e.park.is_some() || e.division.is_some()));
    }
}
