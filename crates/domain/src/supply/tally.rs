//! Who is counted where: kept up card by card, and the same as a recount.

use std::collections::HashMap;

use gongqiao_contract::{
    id::CardId,
    wire::{consent::Value as Consent, placement_state::Value as State},
};
use time::{Date, OffsetDateTime};

use super::Cell;
use crate::{
    City, Register, consent,
    entity::beijing_day,
    matching::fit::{Said, age},
    register::CardFacets,
};

/// How a willing person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Promised to nobody.
    Free,
    /// Promised to a post, and not on the way yet.
    Held,
}

/// People of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heads {
    /// Promised to nobody.
    pub free: u32,
    /// Promised, and not on the way.
    pub held: u32,
}

impl Heads {
    /// Takes in others.
    pub(super) fn add(&mut self, others: Self) {
        self.free += others.free;
        self.held += others.held;
    }

    fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Free => &mut self.free,
            Status::Held => &mut self.held,
        }
    }
}

/// Everybody's place in the lattice, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    places: HashMap<CardId, (Cell, Status)>,
    cells: HashMap<Cell, Heads>,
}

impl Tally {
    /// Counts everybody anew.
    pub fn count(city: &City, register: &Register, now: OffsetDateTime) -> Self {
        let mut tally = Self::default();
        for point in register.points() {
            for card in register.of_point(point) {
                tally.put(&card.card, place(city, card, now));
            }
        }
        tally
    }

    /// Looks at one person again.
    pub fn look(&mut self, city: &City, register: &Register, card: &CardId, now: OffsetDateTime) {
        self.put(card, register.get(card).and_then(|facets| place(city, facets, now)));
    }

    /// Puts a person where it stands now, or nowhere.
    pub fn put(&mut self, card: &CardId, place: Option<(Cell, Status)>) {
        let before = match place {
            Some(place) => self.places.insert(card.clone(), place),
            None => self.places.remove(card),
        };
        if let Some((cell, status)) = place {
            *self.cells.entry(cell).or_default().of(status) += 1;
        }
        let Some((cell, status)) = before else { return };
        if let Some(heads) = self.cells.get_mut(&cell) {
            *heads.of(status) -= 1;
            if *heads == Heads::default() {
                self.cells.remove(&cell);
            }
        }
    }

    /// The cells that hold anybody, all as finely as there are any.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, Heads)> {
        self.cells.iter().map(|(cell, heads)| (cell, *heads))
    }

    /// Everybody who is counted, and where.
    pub fn places(&self) -> impl Iterator<Item = (&CardId, (&Cell, Status))> {
        self.places.iter().map(|(card, (cell, status))| (card, (cell, *status)))
    }

    /// Where somebody is counted.
    pub fn place(&self, card: &CardId) -> Option<(Cell, Status)> {
        self.places.get(card).copied()
    }

    /// Whether anybody is counted in a cell itself.
    pub fn holds(&self, cell: &Cell) -> bool {
        self.cells.contains_key(cell)
    }

    /// How many people are counted.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody is counted.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Where a person is counted: if it may be proposed at all, and is not on the
/// way or at work.
fn place(city: &City, card: &CardFacets, now: OffsetDateTime) -> Option<(Cell, Status)> {
    let today = beijing_day(now);
    if !is_willing(city, card, now, today) {
        return None;
    }
    let placement = city.placement(&card.card).filter(|placement| placement.is_bound());
    let status = match placement.map(|placement| placement.state()) {
        None => Status::Free,
        Some(State::Held) => Status::Held,
        Some(_) => return None,
    };
    // Why the first: a roster names first what the person mainly does.
    let skill = card.skills.first().copied();
    Some((Cell::of(card.home, skill, card.available_from, today)?, status))
}

/// The conditions of [`crate::matching::fit::fit`] that hold for any vacancy.
fn is_willing(city: &City, card: &CardFacets, now: OffsetDateTime, today: Date) -> bool {
    let agrees = match consent::said(card, city.standing(&card.card), now) {
        Some(said) => said == Said::Agrees,
        None => card.consents.has(Consent::Matching),
    };
    agrees
        && card.consents.has(Consent::Register)
        && card.verified
        && !card.read_only
        && age(card.birth_year, today.max(card.available_from)).is_ok()
}
