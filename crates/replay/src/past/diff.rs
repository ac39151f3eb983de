use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal, event,
    subject::Entity,
    view::{PastChange, PastDiff, PastEvent},
    wire,
};
use gongqiao_domain::City;
use gongqiao_shell::beijing::rfc3339;
use gongqiao_stream::{Connection, Message};
use prost::Message as _;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Found, Of, apply, fold_on, paths};
use crate::place::recorded_at;

/// Events that are named.
const NAMED: usize = 500;

/// Folds from one place to the other, and notes what changes what is shown.
pub(super) async fn between(
    connection: &Connection,
    mut city: City,
    (from, until): (Found, Found),
    of: &Of,
) -> Result<PastDiff, Refusal> {
    let first = leaves(of, &city, from.seen_from);
    let not_understood = city.not_understood.len();
    let mut notes = Notes {
        of,
        at: from.seen_from,
        shown: first.clone(),
        by: BTreeMap::new(),
        events: Vec::new(),
        count: 0,
    };
    fold_on(connection, &mut city, until.place.position, |city, message| notes.take(city, message))
        .await;
    let last = leaves(of, &city, until.seen_from);
    if first.is_empty() && last.is_empty() && !of.is_read_only(&city) {
        return Err(Refusal::new(Code::PastNotThere).with("position", until.place.position));
    }
    let Notes { mut by, events, count, .. } = notes;
    let changes = paths::differing(&first, &last).into_iter().map(|path| PastChange {
        before: first.get(&path).cloned(),
        after: last.get(&path).cloned(),
        by: by.remove(&path).unwrap_or_default(),
        path,
    });
    Ok(PastDiff {
        changes: changes.collect(),
        from: from.place,
        until: until.place,
        events,
        events_count: count,
        not_understood_count: (city.not_understood.len() - not_understood) as u64,
    })
}

fn leaves(of: &Of, city: &City, at: OffsetDateTime) -> BTreeMap<String, Value> {
    paths::leaves(of.json(city, at).as_ref())
}

/// What is noted on the way from one place to another.
struct Notes<'a> {
    of: &'a Of,
    /// Why one time for all: of the events only what they changed is noted,
    /// and not what time did.
    at: OffsetDateTime,
    shown: BTreeMap<String, Value>,
    by: BTreeMap<String, Vec<u64>>,
    events: Vec<PastEvent>,
    count: u64,
}

impl Notes<'_> {
    fn take(&mut self, city: &mut City, message: &Message) {
        let entity = Entity::parse(&message.subject);
        let may_change =
            |city: &City| entity.as_ref().is_some_and(|entity| self.of.may_change_by(city, entity));
        let before = may_change(city);
        apply(city, message);
        // Why: of a city every event is noted, and none by what it changed;
        // counting everything anew for each would take hours.
        if *self.of == Of::City {
            return self.note(message);
        }
        if !before && !may_change(city) {
            return;
        }
        let shown = leaves(self.of, city, self.at);
        let changed = paths::differing(&self.shown, &shown);
        if changed.is_empty() {
            return;
        }
        for path in changed {
            self.by.entry(path).or_default().push(message.sequence);
        }
        self.shown = shown;
        self.note(message);
    }

    fn note(&mut self, message: &Message) {
        self.count += 1;
        if self.events.len() < NAMED {
            self.events.push(named(message));
        }
    }
}

/// An event by its name, its time and who acted.
pub(crate) fn named(message: &Message) -> PastEvent {
    let fact = wire::Fact::decode(message.payload.clone()).unwrap_or_default();
    PastEvent {
        sequence: message.sequence,
        recorded_at: recorded_at(message).map(rfc3339),
        kind: fact.body.as_ref().map_or("Unknown", event::name).to_owned(),
        party: fact.actor.map(|actor| actor.party).filter(|party| !party.is_empty()),
        subject: message.subject.clone(),
    }
}
