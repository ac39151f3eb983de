use std::collections::BTreeMap;

use gongqiao_contract::Lang;
use gongqiao_domain::{
    entity::{AgreementState, CaseState, SignalState},
    ledger::Figure,
    matching::fit::Unfit,
    report::{Measure, Reach},
};
use serde::Serialize;

use super::*;

/// The console's words, whose keys are `prefix.code`.
const DICTIONARY: &str = include_str!("../../../../console/assets/dictionary.json");

/// What the console calls a sort.
const SORTS: [(&str, Sort); 25] = [
    ("boardingRefusal", Sort::BoardingRefusal),
    ("callOutcome", Sort::CallOutcome),
    ("caseKind", Sort::CaseKind),
    ("contractWith", Sort::ContractWith),
    ("correctionReason", Sort::CorrectionReason),
    ("declineReason", Sort::DeclineReason),
    ("dispatchState", Sort::DispatchState),
    ("event", Sort::Event),
    ("evidence", Sort::Evidence),
    ("figure", Sort::Figure),
    ("grievanceEnd", Sort::GrievanceEnd),
    ("grievanceKind", Sort::GrievanceKind),
    ("holdEnd", Sort::HoldEnd),
    ("matchReason", Sort::MatchReason),
    ("mode", Sort::TravelMode),
    ("payUnit", Sort::PayUnit),
    ("personState", Sort::PlacementState),
    ("role", Sort::Role),
    ("shift", Sort::Shift),
    ("signalState", Sort::SignalState),
    ("standbyEnd", Sort::StandbyEnd),
    ("travelWarning", Sort::TravelWarning),
    ("vacancyState", Sort::VacancyState),
    ("visitMethod", Sort::VisitMethod),
    ("visitOutcome", Sort::VisitOutcome),
];

#[test]
fn the_page_and_the_command_line_say_the_same() {
    let page: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(DICTIONARY).unwrap();
    for (prefix, sort) in SORTS {
        let mut compared = 0;
        for (code, en, zh) in sort.table() {
            let Some(said) = page.get(&format!("{prefix}.{code}")) else { continue };
            assert_eq!(said["zh"], *zh, "{prefix}.{code}");
            assert_eq!(said["en"].to_lowercase(), en.to_lowercase(), "{prefix}.{code}");
            compared += 1;
        }
        assert!(compared >= 2, "{prefix} was not compared");
    }
}

fn check(sort: Sort, codes: &[&str]) {
    for code in codes {
        for lang in [Lang::En, Lang::Zh] {
            assert!(sort.word(code, lang).is_some(), "no words for {sort:?} {code}");
        }
    }
}

fn names<T: Serialize>(values: &[T]) -> Vec<String> {
    let name = |value: &T| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned();
    values.iter().map(name).collect()
}

#[test]
fn whatever_the_rules_can_say_has_words() {
    for unfit in Unfit::ALL {
        let both = [Lang::En, Lang::Zh].map(|lang| Sort::Unfit.word(unfit.code(), lang));
        assert_eq!(both, [Lang::En, Lang::Zh].map(|lang| Some(unfit.text(lang))));
    }
    let figures = names(&Figure::ALL);
    check(Sort::Figure, &figures.iter().map(String::as_str).collect::<Vec<_>>());
    let reaches = names(&[Reach::County, Reach::Province, Reach::Beyond]);
    check(Sort::Reach, &reaches.iter().map(String::as_str).collect::<Vec<_>>());
    let measures = names(&[Measure::Dispatched, Measure::Onboarded, Measure::Ended]);
    check(Sort::Measure, &measures.iter().map(String::as_str).collect::<Vec<_>>());
    use AgreementState as A;
    check(Sort::AgreementState, &[A::Signed, A::Terminated, A::Ended].map(A::as_str));
    use CaseState as C;
    let cases = [C::Open, C::Done, C::Unreachable, C::Agreed, C::Refused];
    check(Sort::CaseState, &cases.map(C::as_str));
    use SignalState as S;
    let signals = [S::Open, S::Partly, S::Answered, S::Declined, S::Escalated, S::Recalled];
    check(Sort::SignalState, &signals.map(S::as_str));
}

#[test]
fn every_state_that_can_be_asked_for_has_words() {
    use crate::cmd::{case, dispatch, placement, signal, vacancy};
    check(Sort::CaseState, &case::STATES);
    check(Sort::DispatchState, &dispatch::STATES);
    check(Sort::PlacementState, &placement::STATES);
    check(Sort::SignalState, &signal::STATES);
    check(Sort::VacancyState, &vacancy::STATES);
}

/// A why of a refusal that the wire has as an English sentence.
fn whys(source: &str) -> Vec<String> {
    let before = ["let why = \"", "with(\"why\", \"", "not_due(\"", "invalid(\""];
    let mut found = Vec::new();
    for opening in before {
        for (at, _) in source.match_indices(opening) {
            let text = source[at + opening.len()..].split('"').next().unwrap_or_default();
            found.push(text.to_owned());
        }
    }
    // `invalid("/pointer", "why")`: the why stands second.
    for (at, _) in source.match_indices("invalid(\"/") {
        let second = source[at..].split('"').nth(3).unwrap_or_default();
        found.push(second.to_owned());
    }
    found.retain(|text| !text.starts_with('/'));
    found
}

#[test]
fn every_why_of_a_refusal_has_chinese() {
    use gongqiao_contract::{Code, Refusal};
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut todo: Vec<_> =
        ["domain", "gate", "board"].map(|one| crates.join(one).join("src")).into();
    let mut seen = 0;
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        for why in whys(&std::fs::read_to_string(&path).unwrap()) {
            let said = Refusal::new(Code::FieldInvalid).with("why", &why).detail(Lang::Zh);
            assert!(!said.contains(&why), "{}: {why} has no Chinese", path.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} whys were found");
}
