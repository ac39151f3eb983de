//! The supply as it is told, the same to all feeds of a cell: counted card by
//! card, published in ticks.

use std::collections::{BTreeSet, HashSet};

use gongqiao_access::key::Pepper;
use gongqiao_contract::{id::CardId, subject::Entity};
use gongqiao_domain::{
    City, Register,
    entity::beijing_day,
    feed::Thing,
    supply::{Cards, Cell, Places, Publication, Publisher, Tally},
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
    /// Where single people are shown, while a feed shows any.
    places: Option<Places>,
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
            places: None,
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
        let (tally, old) = match self.count.take() {
            Some(Count { mut tally, day: known, .. }) if known == day => {
                looked_at.iter().for_each(|card| tally.look(city, register, card, now));
                (tally, None)
            }
            // Why: who could come later can come now, or is of age.
            before => (Tally::count(city, register, now), before.map(|count| count.tally)),
        };
        let publication = self.publisher.publish(&tally);
        let before = std::mem::replace(&mut self.publication, publication);
        let differs = |cell: &&Cell| before.get(cell) != self.publication.get(cell);
        let cells = before.keys().chain(self.publication.keys()).filter(differs).copied();
        let mut told: BTreeSet<Thing> = cells.map(Thing::Supply).collect();
        if self.places.is_some() {
            told.extend(self.place(&tally, old.as_ref()).into_iter().map(Thing::Card));
            // Why these as well: whoever was counted elsewhere is among them; and
            // whom a person agrees to be shown to is asked for each feed.
            told.extend(looked_at.into_iter().map(Thing::Card));
        }
        self.count = Some(Count { tally, day, at: now });
        told
    }

    /// Places single people as they are counted now, and says whose place is
    /// another although nothing happened to them; if they were counted anew,
    /// whose place is another than in the `old` count.
    fn place(&mut self, tally: &Tally, old: Option<&Tally>) -> Vec<CardId> {
        let places = Places::of(tally);
        let cards = Cards { tally, places: &places };
        let before = self.places.take().unwrap_or_default();
        let moved = match old {
            Some(old) => cards.changed(Cards { tally: old, places: &before }).cloned().collect(),
            None => cards.shifted(&before).cloned().collect(),
        };
        self.places = Some(places);
        moved
    }

    /// Places single people, or none: only where a feed shows any. Says whether
    /// none were placed before, so that such feeds must be looked at whole.
    pub(crate) fn deal(&mut self, wanted: bool) -> bool {
        match (&self.places, &self.count) {
            (None, Some(count)) if wanted => {
                self.places = Some(Places::of(&count.tally));
                true
            }
            (Some(_), _) if !wanted => {
                self.places = None;
                false
            }
            _ => false,
        }
    }

    /// Counts nobody any more: no feed shows it.
    pub(crate) fn rest(&mut self) {
        self.count = None;
        self.places = None;
        self.marked.clear();
    }

    /// What was published last.
    pub(crate) fn publication(&self) -> &Publication {
        &self.publication
    }

    /// Who may be shown, while a feed shows any.
    pub(crate) fn cards(&self) -> Option<Cards<'_>> {
        let (places, count) = (self.places.as_ref()?, self.count.as_ref()?);
        Some(Cards { tally: &count.tally, places })
    }

    /// What stands for such a text in a feed.
    pub(crate) fn pseudonym(&self, text: &str) -> String {
        self.pepper.pseudonym(text)
    }
}

#[cfg(test)]
mod tests;
