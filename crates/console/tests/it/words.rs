use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::wire;
use gongqiao_domain::ledger::Figure;
use prost_reflect::DescriptorPool;
use serde_json::Value;

use crate::{asset, assets, between};

/// Prefixes whose keys are put together from a value.
const OF_VALUES: [&str; 45] = [
    "boardingRefusal.",
    "callOutcome.",
    "caseKind.",
    "city.",
    "contractWith.",
    "correctionReason.",
    "declineReason.",
    "dispatchState.",
    "empty.",
    "event.",
    "evidence.",
    "figure.",
    "grievanceEnd.",
    "grievanceKind.",
    "holdEnd.",
    "link.",
    "manifest.",
    "matchReason.",
    "meaning.",
    "mode.",
    "offer.",
    "party.",
    "payUnit.",
    "pastKind.",
    "personState.",
    "recipientKind.",
    "replayPurpose.",
    "replayState.",
    "replayTarget.",
    "replays.",
    "role.",
    "rowEnd.",
    "roster.",
    "shift.",
    "signalState.",
    "standbyEnd.",
    "step.",
    "sums.",
    "tab.",
    "todo.",
    "travelWarning.",
    "vacancyState.",
    "visitMethod.",
    "visitOutcome.",
    "what.",
];

fn dictionary() -> BTreeMap<String, (String, String)> {
    let all: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&asset("dictionary.json")).unwrap();
    all.into_iter()
        .map(|(key, mut both)| {
            let zh = both.remove("zh").unwrap_or_else(|| panic!("{key} has no Chinese"));
            let en = both.remove("en").unwrap_or_else(|| panic!("{key} has no English"));
            assert!(both.is_empty(), "{key} has more than two languages");
            (key, (zh, en))
        })
        .collect()
}

/// Keys that pages and scripts name in full.
fn named() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (file, text) in assets() {
        match file.rsplit_once('.').unwrap().1 {
            "html" => {
                keys.extend(between(&text, "data-i18n=\"", '"').into_iter().map(str::to_owned))
            }
            "mjs" => keys.extend(called(&text)),
            _ => {}
        }
    }
    keys
}

/// What is given to the function `t` itself, not to one whose name ends so.
fn called(script: &str) -> Vec<String> {
    script
        .match_indices("t(\"")
        .filter(|(at, _)| !script[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
        .filter_map(|(at, call)| Some(script[at + call.len()..].split_once('"')?.0.to_owned()))
        .collect()
}

fn check_has(dictionary: &BTreeMap<String, (String, String)>, prefix: &str, values: &[String]) {
    assert!(!values.is_empty(), "{prefix} has no values");
    for value in values {
        let key = format!("{prefix}.{value}");
        assert!(dictionary.contains_key(&key), "no words for {key}");
    }
}

/// The values of an enumeration of the wire, but for "unspecified".
fn values(pool: &DescriptorPool, name: &str) -> Vec<String> {
    let found = pool.get_enum_by_name(&format!("gongqiao.v1.{name}.Value")).unwrap();
    found.values().filter(|v| v.number() != 0).map(|v| v.name().to_owned()).collect()
}

fn lower(values: Vec<String>) -> Vec<String> {
    values.into_iter().map(|value| value.to_lowercase()).collect()
}

#[test]
fn every_key_has_both_languages() {
    for (key, (zh, en)) in dictionary() {
        assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
        let han = |text: &str| text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
        assert!(!han(&en), "{key} is not English: {en}");
        // Why: a key whose Chinese has no Chinese in it only puts values together.
        assert!(han(&zh) || zh.contains('{'), "{key} is not Chinese: {zh}");
        let places = |text: &str| -> BTreeSet<String> {
            between(text, "{", '}').into_iter().map(str::to_owned).collect()
        };
        assert_eq!(places(&zh), places(&en), "{key} names other values in its two languages");
    }
}

#[test]
fn every_key_that_is_named_has_words() {
    let dictionary = dictionary();
    let named = named();
    assert!(named.len() > 50, "the keys were not found: {named:?}");
    for key in named {
        assert!(dictionary.contains_key(&key), "no words for {key}");
    }
}

#[test]
fn no_words_are_left_over() {
    let scripts: String = assets()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".mjs") || name.ends_with(".html"))
        .map(|(_, text)| text)
        .collect();
    for key in dictionary().keys() {
        let of_value = OF_VALUES.iter().any(|one| key.starts_with(one));
        assert!(of_value || scripts.contains(&format!("\"{key}\"")), "nobody says {key}");
    }
}

#[test]
fn the_page_shows_the_chinese_words_before_any_script_runs() {
    let dictionary = dictionary();
    for (key, rest) in
        asset("index.html").split("data-i18n=\"").skip(1).map(|s| s.split_once('"').unwrap())
    {
        let shown = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(shown, dictionary[key].0, "{key}");
    }
}

#[test]
fn every_figure_of_the_ledger_is_shown_and_explained() {
    let dictionary = dictionary();
    let figures: Vec<String> = Figure::ALL
        .into_iter()
        .map(|figure| match serde_json::to_value(figure).unwrap() {
            Value::String(name) => name,
            other => panic!("{other} is no name"),
        })
        .collect();
    check_has(&dictionary, "figure", &figures);
    check_has(&dictionary, "meaning", &figures);
    let card = asset("ledger.mjs");
    for figure in figures {
        assert!(card.contains(&format!("\"{figure}\"")), "the card has no {figure}");
    }
}

#[test]
fn every_value_of_the_wire_has_words() {
    let dictionary = dictionary();
    let pool = DescriptorPool::decode(wire::DESCRIPTORS).unwrap();
    check_has(&dictionary, "personState", &lower(values(&pool, "PlacementState")));
    check_has(&dictionary, "dispatchState", &lower(values(&pool, "DispatchState")));
    check_has(&dictionary, "mode", &values(&pool, "TravelMode"));
    check_has(&dictionary, "declineReason", &values(&pool, "DeclineReason"));
    check_has(&dictionary, "holdEnd", &values(&pool, "HoldEnd"));
    check_has(&dictionary, "evidence", &values(&pool, "Evidence"));
    check_has(&dictionary, "role", &values(&pool, "Role"));
    check_has(&dictionary, "callOutcome", &values(&pool, "CallOutcome"));
    check_has(&dictionary, "standbyEnd", &values(&pool, "StandbyEnd"));
    check_has(&dictionary, "correctionReason", &values(&pool, "CorrectionReason"));
    check_has(&dictionary, "boardingRefusal", &values(&pool, "BoardingRefusal"));
    check_has(&dictionary, "visitOutcome", &values(&pool, "VisitOutcome"));
    check_has(&dictionary, "visitMethod", &values(&pool, "VisitMethod"));
    check_has(&dictionary, "caseKind", &values(&pool, "CaseKind"));
    check_has(&dictionary, "recipientKind", &values(&pool, "RecipientKind"));
    check_has(&dictionary, "grievanceKind", &values(&pool, "GrievanceKind"));
    check_has(&dictionary, "grievanceEnd", &values(&pool, "GrievanceEnd"));
    check_has(&dictionary, "matchReason", &values(&pool, "MatchReason"));
    check_has(&dictionary, "travelWarning", &values(&pool, "TravelWarning"));
    check_has(&dictionary, "shift", &values(&pool, "Shift"));
    check_has(&dictionary, "payUnit", &values(&pool, "PayUnit"));
    check_has(&dictionary, "replayPurpose", &values(&pool, "ReplayPurpose"));
    check_has(&dictionary, "replayTarget", &values(&pool, "ReplayTarget"));
    check_has(&dictionary, "contractWith", &values(&pool, "ContractWith"));
}

#[test]
fn every_kind_of_value_that_a_script_says_has_words() {
    let dictionary = dictionary();
    for (file, text) in assets().into_iter().filter(|(name, _)| name.ends_with(".mjs")) {
        for kind in between(&text, "word(\"", '"') {
            let prefix = format!("{kind}.");
            let has = dictionary.keys().any(|key| key.starts_with(&prefix));
            assert!(has, "{file} says {kind}, which has no words");
        }
    }
}

#[test]
fn every_event_of_a_vacancy_dispatch_or_case_has_a_name_and_a_sentence() {
    let dictionary = dictionary();
    let pool = DescriptorPool::decode(wire::DESCRIPTORS).unwrap();
    let fact = pool.get_message_by_name("gongqiao.v1.Fact").unwrap();
    let body = fact.oneofs().next().unwrap();
    let shown: Vec<String> = body
        .fields()
        // Why: below and above stand those of parties, which no history shows.
        .filter(|field| (40..100).contains(&field.number()) && field.name() != "receipt")
        .map(|field| field.kind().as_message().unwrap().name().to_owned())
        .collect();
    check_has(&dictionary, "event", &shown);
    check_has(&dictionary, "what", &shown);
}
