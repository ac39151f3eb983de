//! How far a scope or a filter reaches: lists of divisions and occupations, of
//! which an empty one does not limit.

use gongqiao_contract::codes::{DivisionCode, OccupationCode};

/// Whether `place` lies in one of the divisions.
pub fn divisions(list: &[String], place: Option<DivisionCode>) -> bool {
    let inside = |division: &String| match (division.parse::<DivisionCode>(), place) {
        (Ok(division), Some(place)) => division.contains(place),
        _ => false,
    };
    list.is_empty() || list.iter().any(inside)
}

/// Whether one of `asked` lies in one of the groups.
pub fn occupations(groups: &[String], asked: &[String]) -> bool {
    let groups_read: Vec<OccupationCode> = groups.iter().filter_map(|o| o.parse().ok()).collect();
    let open = |code: &String| {
        code.parse::<OccupationCode>().is_ok_and(|c| groups_read.iter().any(|g| c.in_group(*g)))
    };
    // Why: of groups that nobody can read nothing is known, and nothing open.
    groups.is_empty() || asked.iter().any(open)
}
