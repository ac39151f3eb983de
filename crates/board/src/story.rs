//! A group's story: each of its events with headers, transaction, receipt and
//! names, and what followed from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use futures::{StreamExt as _, TryStreamExt as _};
use gongqiao_access::Live;
use gongqiao_contract::{
    Code, Lang, Refusal,
    codes::{DivisionCode, Divisions, OccupationCode, Occupations},
    id::{AgreementId, CardId, DispatchId, PartyId, VacancyId},
    subject::{self, Entity},
    view,
    wire::{fact::Body, party_kind::Value as Kind},
    words::Sort,
};
use gongqiao_domain::{City, decide::Speaker, entity::Dispatch};
use gongqiao_stream::{StreamError, original_at, transaction_of};

use crate::{
    events::{Read, read_facts, shown},
    http::sight,
};

/// Events of one command on either side that are looked at.
const AROUND: u64 = 200;
/// Later events that are looked at, and so many at most are told.
const LATER: usize = 200;
/// Events of the story that are read at once.
const AT_ONCE: usize = 4;

/// What a story is told of: all that must be known before anything is read.
pub(crate) struct Telling {
    dispatch: DispatchId,
    vacancy: VacancyId,
    agreement: AgreementId,
    cards: BTreeSet<CardId>,
    services: BTreeSet<PartyId>,
}

impl Telling {
    pub(crate) fn of(city: &City, dispatch: &Dispatch) -> Self {
        let parties = city.entities.parties.values().filter_map(|one| one.value.as_ref());
        let services = parties.filter(|one| one.kind() == Kind::Service);
        Self {
            dispatch: dispatch.id.clone(),
            vacancy: dispatch.vacancy.clone(),
            agreement: dispatch.agreement.clone(),
            cards: dispatch.manifest.keys().cloned().collect(),
            services: services.map(|one| one.id.clone()).collect(),
        }
    }
}

/// An event to be told, and the later ones among which its consequences are.
pub(crate) struct Chapter {
    pub(crate) sequence: u64,
    later: Vec<u64>,
}

impl Chapter {
    /// The chapter of the event at `sequence`: up to the group's next.
    pub(crate) fn of(city: &City, telling: &Telling, sequence: u64) -> Self {
        let own = city.index.dispatch_events.get(&telling.dispatch);
        let next = own.into_iter().flatten().find(|one| **one > sequence).copied();
        let entries = city.ledgers.get(&telling.vacancy).map(|ledger| ledger.all());
        let entries = entries.unwrap_or_default();
        let from = entries.partition_point(|entry| entry.sequence <= sequence);
        let mut later: Vec<u64> = entries[from..]
            .iter()
            .map(|entry| entry.sequence)
            .take_while(|one| next.is_none_or(|next| *one < next))
            .take(LATER)
            .collect();
        later.dedup();
        Self { sequence, later }
    }
}

/// Reads the chapters and tells them as `speaker` may hear them.
///
/// # Errors
/// [`Code::BrokerUnavailable`].
pub(crate) async fn tell(
    live: &Live,
    speaker: &Speaker,
    telling: &Telling,
    chapters: Vec<Chapter>,
) -> Result<Vec<view::StoryEvent>, Refusal> {
    let told: Vec<Option<view::StoryEvent>> = futures::stream::iter(chapters)
        .map(|chapter| one(live, speaker, telling, chapter))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut told: Vec<view::StoryEvent> = told.into_iter().flatten().collect();
    let city = live.city();
    for one in &mut told {
        one.names = names(&city, one);
    }
    Ok(told)
}

async fn one(
    live: &Live,
    speaker: &Speaker,
    telling: &Telling,
    chapter: Chapter,
) -> Result<Option<view::StoryEvent>, Refusal> {
    let connection = live.connection();
    let found = original_at(connection, subject::FACTS, chapter.sequence).await;
    let Some(found) = found.map_err(unavailable)? else { return Ok(None) };
    let whole = transaction_of(connection, subject::FACTS, chapter.sequence).await;
    let whole = whole.map_err(unavailable)?;
    let around = around(&whole, chapter.sequence);
    let facts = read_facts(live, around.collect()).await?;
    let facts: Vec<Read> = facts.into_iter().flatten().collect();
    let Some(at) = facts.iter().position(|one| one.sequence == chapter.sequence) else {
        return Ok(None);
    };
    let command = command(&facts, at);
    let receipt = command.iter().find_map(|one| receipt(speaker, one));
    let with_it: Vec<&Read> =
        command.iter().filter(|one| one.sequence != chapter.sequence && !is_receipt(one)).collect();
    let frees = command.iter().any(|one| matches!(one.fact.body, Some(Body::SeatsFreed(_))));
    let later = chapter.later.into_iter().filter(|one| !whole.contains(one)).collect();
    let later: Vec<Read> = read_facts(live, later).await?.into_iter().flatten().collect();
    let later = consequences(telling, &later, frees);
    // Why: what other points are asked is between them and the bureau.
    let may_hear = |one: &&Read| sight::sees_all(speaker) || telling.names(one);
    let followed = |how: &'static str| {
        move |one: &Read| {
            let event = shown(one.clone(), speaker, None)?;
            Some(view::Followed { event, how: how.to_owned() })
        }
    };
    let with_it = with_it.into_iter().filter(may_hear).filter_map(followed("transaction"));
    let later = later.into_iter().filter(may_hear).filter_map(followed("later"));
    let follows = with_it.chain(later).collect();
    let Some(event) = shown(facts[at].clone(), speaker, None) else { return Ok(None) };
    Ok(Some(view::StoryEvent {
        event,
        headers: owned(found.headers()),
        transaction_first: *whole.start(),
        transaction_last: *whole.end(),
        agreement: telling.agreement.clone(),
        receipt,
        names: BTreeMap::new(),
        follows,
    }))
}

fn around(whole: &RangeInclusive<u64>, sequence: u64) -> RangeInclusive<u64> {
    let first = sequence.saturating_sub(AROUND).max(*whole.start());
    first..=sequence.saturating_add(AROUND).min(*whole.end())
}

/// The events of the command to which the one at `at` belongs. A batch holds
/// many commands one after the other; a receipt ends one, and another speaker
/// begins another.
fn command(facts: &[Read], at: usize) -> &[Read] {
    let own = |one: &Read| one.fact.actor == facts[at].fact.actor;
    let before = facts[..at].iter().rev().take_while(|one| own(one) && !is_receipt(one)).count();
    let after = facts[at + 1..].iter().take_while(|one| own(one));
    let mut last = at;
    for one in after {
        last += 1;
        if is_receipt(one) {
            break;
        }
    }
    &facts[at - before..=last]
}

fn is_receipt(one: &Read) -> bool {
    matches!(one.fact.body, Some(Body::Receipt(_)))
}

/// The receipt, for whoever asked and for the bureau.
fn receipt(speaker: &Speaker, one: &Read) -> Option<view::StoryReceipt> {
    let Some(Body::Receipt(receipt)) = &one.fact.body else { return None };
    let asked = one.fact.actor.as_ref().map(|actor| actor.party.as_str());
    let may_know = sight::sees_all(speaker) || asked == Some(speaker.party.as_str());
    may_know.then(|| view::StoryReceipt {
        sequence: one.sequence,
        entity: receipt.entity.clone(),
        agreement: receipt.agreement.clone(),
    })
}

/// What our services did about the group's people, and, once seats have been
/// freed, about its vacancy.
fn consequences<'a>(telling: &Telling, later: &'a [Read], mut frees: bool) -> Vec<&'a Read> {
    let mut found = Vec::new();
    for one in later {
        let by = one.fact.actor.as_ref().map(|actor| actor.party.as_str());
        if !by.is_some_and(|by| telling.services.contains(by)) {
            continue;
        }
        let about_it = telling.names(one);
        if about_it && matches!(one.fact.body, Some(Body::HoldEnded(_) | Body::SeatsFreed(_))) {
            frees = true;
        }
        if about_it || frees {
            found.push(one);
        }
    }
    found
}

impl Telling {
    /// Whether an event is about the group or somebody on it.
    fn names(&self, one: &Read) -> bool {
        if let Some(Body::SeatsFreed(freed)) = &one.fact.body {
            return freed.cards.iter().any(|card| self.cards.contains(card.as_str()));
        }
        match Entity::parse(&one.subject) {
            Some(Entity::Dispatch { dispatch, .. }) => dispatch == self.dispatch,
            Some(Entity::Placement(card)) => self.cards.contains(&card),
            _ => false,
        }
    }
}

fn owned(headers: Vec<(&str, &str)>) -> BTreeMap<String, String> {
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn unavailable(error: StreamError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "board.story");
    Refusal::new(Code::BrokerUnavailable)
}

/// Names behind whatever is a code in an event and in what followed from it.
fn names(city: &City, told: &view::StoryEvent) -> BTreeMap<String, view::Name> {
    let mut texts = BTreeSet::from([told.event.kind.as_str()]);
    gather(&told.event.fact, &mut texts);
    for followed in &told.follows {
        texts.insert(followed.event.kind.as_str());
        gather(&followed.event.fact, &mut texts);
    }
    texts.into_iter().filter_map(|code| Some((code.to_owned(), name(city, code)?))).collect()
}

fn gather<'a>(value: &'a serde_json::Value, texts: &mut BTreeSet<&'a str>) {
    match value {
        serde_json::Value::String(text) => drop(texts.insert(text)),
        serde_json::Value::Array(items) => items.iter().for_each(|one| gather(one, texts)),
        serde_json::Value::Object(fields) => fields.values().for_each(|one| gather(one, texts)),
        _ => {}
    }
}

fn name(city: &City, code: &str) -> Option<view::Name> {
    let same = |name: &str| view::Name { en: name.to_owned(), zh: name.to_owned() };
    for sort in [Sort::Event, Sort::OwnParty] {
        if let Some((en, zh)) = sort.word(code, Lang::En).zip(sort.word(code, Lang::Zh)) {
            return Some(view::Name { en: en.to_owned(), zh: zh.to_owned() });
        }
    }
    if let Some(party) = code.parse().ok().and_then(|id: PartyId| city.party(&id)) {
        return Some(same(&party.name));
    }
    if let Ok(code) = code.parse::<DivisionCode>() {
        return Divisions::table().get(code).map(|one| same(one.name));
    }
    let occupation: OccupationCode = code.parse().ok()?;
    Occupations::table().get(occupation).map(|one| same(&one.name))
}
