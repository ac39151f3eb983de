//! The numbers of a ledger, in the order of the way through them.

use std::collections::BTreeMap;

use gongqiao_contract::{view::Figure, words::Sort};

/// The names that can be asked for, in the order of the way.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Sort::Figure.table().iter().map(|(name, ..)| *name)
}

/// Name and number of each; those that a newer exchange has beyond ours stand
/// at the end.
pub(super) fn in_order(ledger: &BTreeMap<String, Figure>) -> Vec<(&str, i64)> {
    let known = names().filter_map(|name| Some((name, ledger.get(name)?.value)));
    let newer = ledger.iter().filter(|(name, _)| names().all(|known| known != name.as_str()));
    known.chain(newer.map(|(name, figure)| (name.as_str(), figure.value))).collect()
}

#[cfg(test)]
mod tests {
    use gongqiao_domain::ledger;

    use super::*;

    #[test]
    fn every_figure_of_the_ledger_can_be_asked_for_by_its_name() {
        let all = ledger::Figure::ALL.map(|figure| serde_json::to_value(figure).unwrap());
        assert!(names().map(serde_json::Value::from).eq(all));
    }

    #[test]
    fn a_figure_that_is_new_to_us_is_shown_at_the_end() {
        let figure = |value| Figure { value, events: String::new() };
        let ledger = BTreeMap::from([
            ("ofALaterVersion".to_owned(), figure(4)),
            ("onboarded".to_owned(), figure(2)),
            ("requested".to_owned(), figure(9)),
        ]);
        let expected = [("requested", 9), ("onboarded", 2), ("ofALaterVersion", 4)];
        assert_eq!(in_order(&ledger), expected);
    }
}
