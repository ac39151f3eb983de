//! Whether the present follows from the log.

mod thing;
mod track;

use std::collections::HashMap;

use gongqiao_access::Live;
use gongqiao_contract::{
    Refusal, SCHEMA,
    subject::Entity,
    view::{Parted, PastEvent, Verdict},
    wire,
};
use gongqiao_domain::City;
use gongqiao_stream::{Connection, Message, StreamName, read};
use prost::Message as _;

use self::{
    thing::{Thing, differing, ledgers, sections},
    track::Tracks,
};
use super::{apply, diff::named, fold_on, unreachable};

/// Things that are named in an answer.
const NAMED: usize = 100;
/// Paths that are named of each.
const PATHS: usize = 20;
/// Things whose events are searched: each keeps the values that differ.
const SEARCHED: usize = 10_000;

/// Folds everything anew and compares: first with the snapshot where that
/// stands, then with the live city.
///
/// # Errors
/// The log can't be reached.
pub(crate) async fn verify(live: &Live) -> Result<Verdict, Refusal> {
    let connection = live.connection();
    // Why a copy: the live city moves on meanwhile.
    let present = live.city().clone();
    let kept = live.kept(present.position).await;
    let mut unknown = Unknown::default();
    let mut city = City::default();
    let mut found = Vec::new();
    for (copy, other) in [("snapshot", kept.as_ref()), ("live", Some(&present))] {
        let Some(other) = other else { continue };
        let take = |city: &mut City, message: &Message| unknown.take(city, message);
        fold_on(connection, &mut city, other.position, take).await;
        found.extend(compare(copy, &city, other));
    }
    let (position, snapshot) = (present.position, kept.map(|kept| kept.position));
    drop(city);
    explain(connection, &mut found, position).await?;
    found.sort_by_key(|one| one.parted.event.as_ref().map_or(u64::MAX, |event| event.sequence));
    let parted_count = found.len() as u64;
    let parted: Vec<Parted> = found.into_iter().take(NAMED).map(|one| one.parted).collect();
    Ok(Verdict {
        agree: parted.is_empty(),
        position,
        snapshot,
        first: parted.first().and_then(|one| one.event.clone()),
        parted,
        parted_count,
        not_understood_count: unknown.count,
        first_not_understood: unknown.first,
    })
}

/// Something that differs, and how its events are searched.
struct Found {
    parted: Parted,
    /// The copy was folded up to here.
    until: u64,
    search: Search,
}

enum Search {
    /// Fold anew, and look at this thing after each of its events.
    Fold(Thing, Tracks),
    /// This event, as the thing names it itself.
    Event(u64),
    /// It has no events of its own.
    None,
}

fn compare(copy: &str, city: &City, other: &City) -> Vec<Found> {
    let found = |of: String, paths: Vec<String>, search: Search| Found {
        parted: Parted {
            copy: copy.to_owned(),
            of,
            paths: paths.into_iter().take(PATHS).collect(),
            event: None,
            explained: false,
        },
        until: other.position,
        search,
    };
    let entities = differing(city, other).into_iter().map(|thing| {
        let tracks = Tracks::new(thing.json(city).as_ref(), thing.json(other).as_ref());
        let paths = tracks.paths().map(str::to_owned).collect();
        found(thing.to_string(), paths, Search::Fold(thing, tracks))
    });
    let ledgers = ledgers(city, other).into_iter().map(|(vacancy, event)| {
        let search = event.map_or(Search::None, Search::Event);
        found(format!("ledgers/{vacancy}"), Vec::new(), search)
    });
    let sections = sections(city, other).into_iter();
    let sections = sections.map(|name| found(name.to_owned(), Vec::new(), Search::None));
    entities.chain(ledgers).chain(sections).collect()
}

/// Looks for the event at which each began to differ.
async fn explain(
    connection: &Connection,
    found: &mut [Found],
    position: u64,
) -> Result<(), Refusal> {
    let mut searched: HashMap<String, Vec<(u64, &Thing, &mut Tracks)>> = HashMap::new();
    let mut events = Vec::new();
    for (index, one) in found.iter_mut().enumerate() {
        match &mut one.search {
            Search::Fold(thing, tracks) if searched.len() < SEARCHED => {
                searched.entry(thing.to_string()).or_default().push((one.until, thing, tracks));
            }
            Search::Event(sequence) => events.push((index, *sequence)),
            Search::Fold(..) | Search::None => {}
        }
    }
    if !searched.is_empty() {
        let mut city = City::default();
        fold_on(connection, &mut city, position, |city, message| {
            apply(city, message);
            let thing = Entity::parse(&message.subject).as_ref().and_then(Thing::of);
            let tracked = thing.and_then(|thing| searched.get_mut(&thing.to_string()));
            for (until, thing, tracks) in tracked.into_iter().flatten() {
                if message.sequence <= *until {
                    tracks.take(thing.json(city).as_ref(), message);
                }
            }
        })
        .await;
    }
    for (index, sequence) in events {
        let message = read::at(connection, StreamName::Facts, sequence).await;
        found[index].parted.event = message.map_err(unreachable)?.as_ref().map(named);
        found[index].parted.explained = true;
    }
    for one in found.iter_mut() {
        if let Search::Fold(_, tracks) = &one.search
            && let Some((event, explained)) = tracks.first()
        {
            (one.parted.event, one.parted.explained) = (Some(event.clone()), explained);
        }
    }
    Ok(())
}

/// Facts that this build does not understand.
#[derive(Default)]
struct Unknown {
    count: u64,
    first: Option<PastEvent>,
}

impl Unknown {
    fn take(&mut self, city: &mut City, message: &Message) {
        let before = city.not_understood.len();
        apply(city, message);
        if is_readable(message) && city.not_understood.len() == before {
            return;
        }
        self.count += 1;
        self.first.get_or_insert_with(|| named(message));
    }
}

/// Whether the fact can be decoded, and is not meant for newer readers only.
fn is_readable(message: &Message) -> bool {
    let Some(entity) = Entity::parse(&message.subject) else { return false };
    let Ok(fact) = wire::Fact::decode(message.payload.clone()) else { return false };
    let is_receipt = matches!(entity, Entity::Receipt { .. });
    is_receipt || (fact.body.is_some() && fact.min_reader <= SCHEMA)
}
