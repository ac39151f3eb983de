//! Single people, as a partner city may hold them whose agreement opens cards:
//! coarse facets under a pseudonym.
//!
//! **What it protects.** Nobody's name, village, year, sex or card can be found
//! from an item. What an item says but for the state, [`LEAST`] willing people
//! of this city share: where fewer are alike, all of them are told as coarsely
//! as the lattice of supply would count them, and whom no cell of it could
//! show, is not told of. Pseudonyms of two subscriptions can't be joined, nor
//! can the order in which they are told.
//!
//! **What it does not.** An item stands for one person by design, and stays the
//! same one's: whoever holds it sees that person become held and free again,
//! leave and come back. Whoever knows from elsewhere when one of ten moved
//! knows which item moved then; whoever holds two subscriptions may compare
//! what moved in the same tick. Hence a class of its own in the agreement, and
//! the person's consent to be disclosed to a partner city.

use std::{collections::HashMap, iter};

use gongqiao_contract::{
    id::{CardId, PartyId, SubscriptionId},
    wire::{
        CardItem, card_state::Value as State, person_field::Value as Field,
        recipient_kind::Value as RecipientKind,
    },
};
use time::OffsetDateTime;

use super::{Cell, Status, Tally, publish::LEAST, roll_up, tally::Heads};
use crate::{
    City,
    consent::{self, Recipient},
    register::CardFacets,
};

/// For each finest cell that is told of, the one that says as much as may be
/// told of its people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(HashMap<Cell, Cell>);

impl Places {
    /// As coarse as there must be for ten to be alike.
    pub fn of(tally: &Tally) -> Self {
        let cells = tally.cells().map(|(cell, heads)| (*cell, heads));
        let shown =
            roll_up(
                cells,
                |_, heads| {
                    if heads.free + heads.held < LEAST { Heads::default() } else { heads }
                },
            );
        let place = |cell: &Cell| {
            iter::successors(Some(*cell), Cell::rolled_up).find(|cell| shown.contains_key(cell))
        };
        Self(tally.cells().filter_map(|(cell, _)| Some((*cell, place(cell)?))).collect())
    }
}

/// Everybody who may be told of at all, each with the cell that says as much as
/// may be told.
#[derive(Debug, Clone, Copy)]
pub struct Cards<'a> {
    /// Who is counted where.
    pub tally: &'a Tally,
    /// Where those are shown.
    pub places: &'a Places,
}

impl<'a> Cards<'a> {
    /// Where somebody is shown, and how that person stands.
    pub fn get(self, card: &CardId) -> Option<(Cell, Status)> {
        let (cell, status) = self.tally.place(card)?;
        Some((*self.places.0.get(&cell)?, status))
    }

    /// All of them.
    pub fn ids(self) -> impl Iterator<Item = &'a CardId> {
        let all =
            self.tally.places().filter(move |(_, (cell, _))| self.places.0.contains_key(cell));
        all.map(|(card, _)| card)
    }

    /// Who is counted where they were before and shown elsewhere, or in one of
    /// the two alone: what others did has made their cell coarser, or finer.
    pub fn shifted(self, before: &'a Places) -> impl Iterator<Item = &'a CardId> {
        let differs = move |cell: &Cell| self.places.0.get(cell) != before.0.get(cell);
        // Why first: mostly no cell is, and then nobody need be looked at.
        let any = self.tally.cells().any(|(cell, _)| differs(cell));
        let all = self.tally.places().filter(move |(_, (cell, _))| any && differs(cell));
        all.map(|(card, _)| card)
    }

    /// Who is shown otherwise than before, or in one of the two alone, whatever
    /// has happened in between.
    pub fn changed(self, before: Self) -> impl Iterator<Item = &'a CardId> {
        let differs = move |card: &&CardId| self.get(card) != before.get(card);
        let gone = before.ids().filter(move |card| self.get(card).is_none());
        self.ids().filter(differs).chain(gone)
    }
}

/// Whether the person agrees to be shown to a partner city, under a pseudonym.
pub fn may_show(city: &City, card: &CardFacets, to: &PartyId, now: OffsetDateTime) -> bool {
    let recipient = Recipient { kind: RecipientKind::City, party: Some(to) };
    let disclosure = consent::disclosure(card, city.standing(&card.card), recipient, now);
    // Why this one: of what can be named in a consent, an item says nothing else.
    disclosure.covers(Field::OccupationsAsWritten)
}

/// What a pseudonym is made of, by a keyed hash.
pub fn named(subscription: &SubscriptionId, card: &CardId) -> String {
    format!("card/{subscription}/{card}")
}

/// The item of somebody who is shown in this cell.
pub fn item(cell: &Cell, status: Status) -> CardItem {
    let (from, until) = cell.days();
    let state = match status {
        Status::Free => State::Free,
        Status::Held => State::Held,
    };
    CardItem {
        division: cell.division.to_string(),
        occupation: cell.occupation.map(|code| code.to_string()).unwrap_or_default(),
        level: cell.band as i32,
        from,
        until,
        state: state as i32,
    }
}
