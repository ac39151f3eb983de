//! Events of the log as a table: what stands behind a number or a dispatch.

use comfy_table::Cell;
use gongqiao_contract::view::Event;

use super::session::Session;
use crate::output::{cell, when};

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
        session.output.table(&headings, events.iter().map(row).collect())
    })
}

fn row(event: &Event) -> Vec<Cell> {
    let text = |pointer: &str| {
        let found = event.fact.pointer(pointer).and_then(|value| value.as_str());
        found.unwrap_or_default().to_owned()
    };
    let change = event.change.map_or_else(String::new, |change| format!("{change:+}"));
    vec![
        cell(event.sequence),
        when(&text("/recordedAt")),
        cell(format!("{} {}", text("/actor/party"), text("/actor/person")).trim()),
        cell(&event.kind),
        cell(change),
        cell(content(event)),
    ]
}

/// What the event itself says, lists by their length.
fn content(event: &Event) -> String {
    let Some(first) = event.kind.chars().next() else { return String::new() };
    let name = format!("{}{}", first.to_ascii_lowercase(), &event.kind[first.len_utf8()..]);
    let Some(body) = event.fact.get(&name).and_then(|body| body.as_object()) else {
        return String::new();
    };
    let parts = body.iter().filter_map(|(key, value)| match value {
        serde_json::Value::String(text) => Some(format!("{key}={text}")),
        serde_json::Value::Array(list) => Some(format!("{key}:{}", list.len())),
        serde_json::Value::Object(_) | serde_json::Value::Null => None,
        other => Some(format!("{key}={other}")),
    });
    let mut parts: Vec<String> = parts.collect();
    parts.sort();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_told_by_its_own_words() {
        let event = Event {
            sequence: 7,
            kind: "SeatsTaken".to_owned(),
            subject: "gq.v1.vacancy.43.431000.e.v".to_owned(),
            change: Some(2),
            fact: json!({
                "recordedAt": "2021-07-20T10:00:00Z",
                "actor": {"party": "431021102205", "person": "staff-1"},
                "seatsTaken": {"vacancy": "v", "point": "431021102205", "cards": ["a", "b"]},
            }),
        };
        let cells: Vec<String> = row(&event).iter().map(Cell::content).collect();
        assert_eq!(
            cells,
            [
                "7",
                "2021-07-20 18:00",
                "431021102205 staff-1",
                "SeatsTaken",
                "+2",
                "cards:2 point=431021102205 vacancy=v",
            ]
        );
    }
}
