//! The supply as it is told, the same to all feeds of a cell: counted card by
//! card, published in ticks.

use std::collections::{BTreeSet, HashSet};

use gongqiao_access::key::Pepper;
use gongqiao_contract::{id::CardId, subject::Entity};
use gongqiao_domain::{
    City, Register,
    entity::beijing_day,
    feed::Thing,
    supply::{Cards, Cell, Publication, Publisher, Tally},
};
use time::{Date, Duration, OffsetDateTime};

/// Time between two publications.
const TICK: Duration = Duration::seconds(10);

/// What is published, and what it is made of.
pub(crate) struct Supply {
    publisher: Publisher,
    /// Whoever must be looked at before the next tick.
    marked: HashSet<CardId>,
    count: Option<Count>,
    publication: Publication,
    /// Single people, while a feed shows any.
    cards: Option<Cards>,
    pepper: Pepper,
}

/// Everybody, counted on one day.
struct Count {
    tally: Tally,
    day: Date,
    at: OffsetDateTime,
}

impl Supply {
    /// One that has counted nobody yet.
    pub(crate) fn new(pepper: Pepper) -> Self {
        let secret = pepper.clone();
        Self {
            publisher: Publisher::new(Box::new(move |text| secret.number(text))),
            marked: HashSet::new(),
            count: None,
            publication: Publication::new(),
            cards: None,
            pepper,
        }
    }

    /// Takes note of whom an event was about.
    pub(crate) fn mark<'a>(&mut self, entities: impl Iterator<Item = &'a Entity>) {
        // Why: nobody is counted yet, or everybody will be.
        if self.count.is_none() {
            return;
        }
        self.marked.extend(entities.filter_map(|entity| match entity {
            Entity::Placement(card) | Entity::Card(card) => Some(card.clone()),
            _ => None,
        }));
    }

    /// Whether it is time to publish.
    pub(crate) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.count.as_ref().is_none_or(|count| now >= count.at + TICK || now < count.at)
    }

    /// Publishes, and says what is told otherwise than before, or may be.
    pub(crate) fn tick(
        &mut self,
        city: &City,
        register: &Register,
        now: OffsetDateTime,
    ) -> BTreeSet<Thing> {
        let day = beijing_day(now);
        // Why also the second: a word on consents may run out by itself.
        let looked_at: Vec<CardId> =
            self.marked.drain().chain(city.index.spoken.iter().cloned()).collect();
        let count = self.count.take().filter(|count| count.day == day);
        let tally = match count {
            Some(Count { mut tally, .. }) => {
                looked_at.iter().for_each(|card| tally.look(city, register, card, now));
                tally
            }
            // Why: who could come later can come now, or is of age.
            None => Tally::count(city, register, now),
        };
        let publication = self.publisher.publish(&tally);
        let before = std::mem::replace(&mut self.publication, publication);
        let differs = |cell: &&Cell| before.get(cell) != self.publication.get(cell);
        let cells = before.keys().chain(self.publication.keys()).filter(differs).copied();
        let mut told: BTreeSet<Thing> = cells.map(Thing::Supply).collect();
        if let Some(before) = &self.cards {
            let cards = Cards::of(&tally);
            told.extend(cards.changed(before).cloned().map(Thing::Card));
            // Why these as well: whom a person agrees to be shown to is asked for
            // each feed.
            told.extend(looked_at.into_iter().map(Thing::Card));
            self.cards = Some(cards);
        }
        self.count = Some(Count { tally, day, at: now });
        told
    }

    /// Holds single cards, or none: only where a feed shows any.
    pub(crate) fn deal(&mut self, wanted: bool) {
        match (&self.cards, &self.count) {
            (None, Some(count)) if wanted => self.cards = Some(Cards::of(&count.tally)),
            (Some(_), _) if !wanted => self.cards = None,
            _ => {}
        }
    }

    /// Counts nobody any more: no feed shows it.
    pub(crate) fn rest(&mut self) {
        self.count = None;
        self.cards = None;
        self.marked.clear();
    }

    /// What was published last.
    pub(crate) fn publication(&self) -> &Publication {
        &self.publication
    }

    /// Who may be shown, while a feed shows any.
    pub(crate) fn cards(&self) -> Option<&Cards> {
        self.cards.as_ref()
    }

    /// What stands for such a text in a feed.
    pub(crate) fn pseudonym(&self, text: &str) -> String {
        self.pepper.pseudonym(text)
    }
}

#[cfg(test)]
mod tests;
