//! How far a scope or a filter reaches: lists of divisions and occupations, of
//! which an empty one does not limit.

use gongqiao_contract::{
    codes::{DivisionCode, OccupationCode},
    wire::{Scope, VacancyTerms},
};

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

/// What of a vacancy a scope leaves out: `place`, `occupation`, or nothing.
pub fn outside(scope: &Scope, terms: &VacancyTerms) -> Option<&'static str> {
    if !divisions(&scope.divisions, terms.place.parse().ok()) {
        return Some("place");
    }
    (!occupations(&scope.occupations, &terms.occupations)).then_some("occupation")
}

/// Whether something that `before` covered lies outside of `after`.
pub fn narrows(before: &Scope, after: &Scope) -> bool {
    let classes = before.classes.iter().all(|class| after.classes.contains(class));
    // Why: a list without an entry covers everything.
    let within = |before: &[String], after: &[String], covers: &dyn Fn(&String) -> bool| {
        after.is_empty() || !before.is_empty() && before.iter().all(covers)
    };
    let places = within(&before.divisions, &after.divisions, &|one| {
        divisions(&after.divisions, one.parse().ok())
    });
    let work = within(&before.occupations, &after.occupations, &|one| {
        occupations(&after.occupations, std::slice::from_ref(one))
    });
    before.purpose != after.purpose || !classes || !places || !work
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::wire::{data_class::Value as Class, purpose::Value as Purpose};

    use super::*;

    fn scope(classes: &[Class], divisions: &[&str], occupations: &[&str]) -> Scope {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Scope {
            classes: classes.iter().map(|class| *class as i32).collect(),
            divisions: owned(divisions),
            occupations: owned(occupations),
            purpose: Purpose::Cooperation as i32,
        }
    }

    #[test]
    fn a_scope_is_narrowed_when_anything_falls_out_of_it_and_not_when_it_grows() {
        let (dispatches, vacancies) = (Class::Dispatches, Class::Vacancies);
        let wide = scope(&[dispatches, vacancies], &[], &[]);
        let town = scope(&[dispatches, vacancies], &["431021"], &["6-10"]);
        let prefecture = scope(&[dispatches, vacancies], &["431000"], &["6-10", "6-11"]);
        for (before, after, narrowed) in [
            (&wide, &wide, false),
            (&wide, &town, true),
            (&town, &wide, false),
            (&town, &prefecture, false),
            (&prefecture, &town, true),
            (&wide, &scope(&[dispatches], &[], &[]), true),
            (&town, &scope(&[dispatches, vacancies], &["431021", "431000"], &["6-10"]), false),
            (&town, &scope(&[dispatches, vacancies], &["431021"], &["6-11"]), true),
            (&wide, &Scope { purpose: Purpose::Unspecified as i32, ..wide.clone() }, true),
        ] {
            assert_eq!(narrows(before, after), narrowed, "{before:?} {after:?}");
        }
    }
}
