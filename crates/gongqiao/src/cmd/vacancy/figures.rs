//! The numbers of a ledger, in the order of the way through them.

use std::collections::BTreeMap;

use gongqiao_contract::view::Figure;

/// Name in the API, and what it is called in Chinese.
const FIGURES: [(&str, &str); 26] = [
    ("requested", "需求人数"),
    ("signalled", "任务人数"),
    ("signals", "任务数"),
    ("declinedSignals", "婉拒任务"),
    ("escalatedSignals", "升级任务"),
    ("recalledSignals", "撤回任务"),
    ("willing", "愿意"),
    ("committed", "累计承诺"),
    ("standby", "候补"),
    ("seatsTaken", "占用名额"),
    ("released", "释放"),
    ("refusedBoarding", "未准上车"),
    ("boarded", "上车"),
    ("departed", "发车"),
    ("arrived", "到达"),
    ("onboarded", "入职"),
    ("notHired", "企业未录用"),
    ("declined", "本人放弃"),
    ("noShow", "未到"),
    ("substituted", "被替补"),
    ("leftEnRoute", "途中离开"),
    ("returned", "返乡"),
    ("transferred", "转岗"),
    ("ended", "结束"),
    ("retained", "稳定在岗"),
    ("corrected", "更正"),
];

/// The names that can be asked for.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIGURES.iter().map(|(name, _)| *name)
}

/// Name, Chinese name and number of each; those that a newer exchange has
/// beyond ours stand at the end.
pub(super) fn in_order(ledger: &BTreeMap<String, Figure>) -> Vec<(&str, &'static str, i64)> {
    let known = FIGURES
        .iter()
        .filter_map(|(name, label)| ledger.get(*name).map(|figure| (*name, *label, figure.value)));
    let newer = ledger.iter().filter(|(name, _)| names().all(|known| known != name.as_str()));
    known.chain(newer.map(|(name, figure)| (name.as_str(), "", figure.value))).collect()
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
        let expected =
            [("requested", "需求人数", 9), ("onboarded", "入职", 2), ("ofALaterVersion", "", 4)];
        assert_eq!(in_order(&ledger), expected);
    }
}
