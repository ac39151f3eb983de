//! Events of the log as a table: what stands behind a number or a dispatch.

use std::collections::BTreeMap;

use comfy_table::Cell;
use gongqiao_contract::{
    view::{Event, Name},
    words::Sort,
};
use serde_json::Value;

use super::{session::Session, words::word};
use crate::output::{Output, cell, minutes, when};

/// Shows events in the order of the log.
pub(super) fn show(session: &Session, events: &[Event]) -> anyhow::Result<()> {
    session.output.show(events, || {
        let headings = [
            ("Sequence", "序号"),
            ("When", "时间"),
            ("Who", "办理单位"),
            ("Event", "事件"),
            ("Change", "变动"),
            ("Content", "内容"),
        ];
        let rows = events.iter().map(|event| row(&session.output, event));
        session.output.table(&headings, rows.collect())
    })
}

fn row(output: &Output, event: &Event) -> Vec<Cell> {
    let text = |pointer: &str| {
        let found = event.fact.pointer(pointer).and_then(|value| value.as_str());
        found.unwrap_or_default().to_owned()
    };
    let change = event.change.map_or_else(String::new, |change| format!("{change:+}"));
    let party = word(output, Sort::OwnParty, &text("/actor/party"));
    vec![
        cell(event.sequence),
        when(&text("/recordedAt")),
        cell(format!("{party} {}", text("/actor/person")).trim()),
        cell(word(output, Sort::Event, &event.kind)),
        cell(change),
        cell(content(output, event, &Names::new())),
    ]
}

/// What the event itself says, people and other lists by their length.
pub(super) fn content(output: &Output, event: &Event, names: &Names) -> String {
    let Some(first) = event.kind.chars().next() else { return String::new() };
    let name = format!("{}{}", first.to_ascii_lowercase(), &event.kind[first.len_utf8()..]);
    let Some(body) = event.fact.get(&name).and_then(|body| body.as_object()) else {
        return String::new();
    };
    // Why: in the order of the table of words, the most telling first.
    let place = |key: &str| Sort::Field.table().iter().position(|(known, ..)| *known == key);
    let mut parts: Vec<(&String, String)> = body
        .iter()
        .filter_map(|(key, value)| Some((key, said(output, (&event.kind, key), value, names)?)))
        .collect();
    parts.sort_by_key(|(key, _)| (place(key).is_none(), place(key), key.as_str()));
    let part = |(key, said): (&String, String)| {
        format!("{}{}{said}", word(output, Sort::Field, key), output.say(": ", "："))
    };
    parts.into_iter().map(part).collect::<Vec<_>>().join(output.say("; ", "；"))
}

/// Names behind codes, by the code.
pub(super) type Names = BTreeMap<String, Name>;

/// A code with the name behind it, if one is known.
pub(super) fn named(output: &Output, names: &Names, code: &str) -> String {
    match names.get(code) {
        Some(name) => format!("{} {code}", output.say(&name.en, &name.zh)),
        None => code.to_owned(),
    }
}

/// One value of an event; none where it says nothing by itself.
fn said(
    output: &Output,
    (event, key): (&str, &str),
    value: &Value,
    names: &Names,
) -> Option<String> {
    let sort = sort(event, key);
    let one = |text: &str| match sort {
        Some(sort) => word(output, sort, text),
        None if TIMES.contains(&key) => minutes(text),
        None => named(output, names, text),
    };
    match value {
        Value::String(text) => Some(one(text)),
        Value::Array(list) if sort.is_some() => {
            let codes = list.iter().filter_map(Value::as_str);
            Some(codes.map(one).collect::<Vec<_>>().join(output.say(", ", "、")))
        }
        Value::Array(list) => Some(list.len().to_string()),
        Value::Bool(true) => Some(output.say("yes", "是").to_owned()),
        Value::Bool(false) => Some(output.say("no", "否").to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) | Value::Null => None,
    }
}

/// Fields that hold a moment.
const TIMES: [&str; 5] = ["departsAt", "arrivesAt", "expiresAt", "recordedAt", "respondBy"];

/// Of which sort a field's codes are.
fn sort(event: &str, key: &str) -> Option<Sort> {
    Some(match (event, key) {
        ("DispatchMoved", "to") => Sort::DispatchState,
        (
            "PlacementMoved"
            | "PlacementCorrected"
            | "DispatchPeopleMoved"
            | "DispatchCorrected"
            | "CorrectionRequested",
            "to" | "from" | "done" | "undone",
        ) => Sort::PlacementState,
        ("SignalDeclined", "reason") => Sort::DeclineReason,
        ("BoardingRefused", "reason") => Sort::BoardingRefusal,
        ("PersonErased", "reason") => Sort::ErasureReason,
        ("ConsentGiven" | "ConsentWithdrawn", "purpose") => Sort::Consent,
        (_, "recipient") => Sort::RecipientKind,
        (_, "fields") => Sort::PersonField,
        (_, "reason") => Sort::CorrectionReason,
        ("StandbyLeft", "why") => Sort::StandbyEnd,
        ("HoldEnded", "why") => Sort::HoldEnd,
        (_, "evidence") => Sort::Evidence,
        (_, "mode") => Sort::TravelMode,
        (_, "warnings") => Sort::TravelWarning,
        (_, "method") => Sort::VisitMethod,
        (_, "outcome") => Sort::VisitOutcome,
        (_, "atWork" | "paidOnTime" | "insured") => Sort::Answer,
        ("GrievanceOpened", "kind") => Sort::GrievanceKind,
        ("GrievanceClosed", "end") => Sort::GrievanceEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::{Lang, wire::DESCRIPTORS};
    use prost_reflect::{DescriptorPool, Kind};
    use serde_json::json;

    use super::*;

    fn told(lang: Lang, event: &Event) -> Vec<String> {
        row(&Output::new(false, lang), event).iter().map(Cell::content).collect()
    }

    #[test]
    fn an_event_is_told_in_words() {
        let event = Event {
            sequence: 7,
            kind: "DispatchPeopleMoved".to_owned(),
            subject: "gq.v1.dispatch.43.431000.p.d".to_owned(),
            change: Some(2),
            fact: json!({
                "recordedAt": "2021-07-20T10:00:00Z",
                "actor": {"party": "431021102205", "person": "staff-1"},
                "dispatchPeopleMoved": {
                    "dispatch": "dsp_1", "evidence": "ROLL_CALL", "to": "NO_SHOW", "cards": ["a", "b"],
                },
            }),
        };
        let beside = ["7", "2021-07-20 18:00", "431021102205 staff-1"];
        let en = ["people of a dispatch moved on", "+2"];
        let zh = ["派遣人员变更", "+2"];
        let said = told(Lang::En, &event);
        assert_eq!(said[..5], [&beside[..], &en].concat());
        assert_eq!(said[5], "to: no-show; on: roll call; people: 2; dispatch: dsp_1");
        let said = told(Lang::Zh, &event);
        assert_eq!(said[..5], [&beside[..], &zh].concat());
        assert_eq!(said[5], "至：未到；依据：车门点名；人员：2；派遣：dsp_1");
    }

    #[test]
    fn a_field_that_is_new_to_us_is_shown_as_it_is() {
        let event = Event {
            sequence: 1,
            kind: "OfALaterVersion".to_owned(),
            subject: String::new(),
            change: None,
            fact: json!({ "ofALaterVersion": {"strange": "CODE", "vacancy": "vac_1"} }),
        };
        assert_eq!(
            told(Lang::Zh, &event)[3..],
            ["OfALaterVersion", "", "需求：vac_1；strange：CODE"]
        );
    }

    #[test]
    fn every_code_in_an_event_is_said_in_words() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let fact = pool.get_message_by_name("gongqiao.v1.Fact").unwrap();
        let mut seen = 0;
        for body in
            fact.oneofs().next().unwrap().fields().filter(|f| (40..90).contains(&f.number()))
        {
            let event = body.kind().as_message().unwrap().clone();
            for field in event.fields() {
                let Kind::Enum(values) = field.kind() else { continue };
                let (name, key) = (event.name(), field.json_name());
                let sort = sort(name, key).unwrap_or_else(|| panic!("no sort for {name}.{key}"));
                for value in values.values().filter(|value| value.number() != 0) {
                    let word = sort.word(value.name(), Lang::Zh);
                    assert!(word.is_some(), "no words for {name}.{key} {}", value.name());
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen} values were seen");
    }
}
