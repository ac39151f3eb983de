//! The city's worker cards, as far as they can be read without keys: what
//! matching needs, rebuilt from REGISTER at every start.

use std::collections::{BTreeMap, HashMap};

use gongqiao_contract::{
    SCHEMA,
    codes::{DivisionCode, OccupationCode, SkillLevel},
    id::CardId,
    wire::{self, consent, verification},
};
use time::{Date, OffsetDateTime};

use crate::{entity::instant, terms::day};

/// What a person agreed to, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consents(u8);

impl Consents {
    /// Whether `consent` was given.
    pub fn has(self, consent: consent::Value) -> bool {
        self.0 & Self::bit(consent) != 0
    }

    fn bit(consent: consent::Value) -> u8 {
        match consent {
            consent::Value::Unspecified => 0,
            consent::Value::Register => 1,
            consent::Value::Matching => 2,
            consent::Value::Disclosure => 4,
        }
    }
}

impl FromIterator<consent::Value> for Consents {
    fn from_iter<T: IntoIterator<Item = consent::Value>>(consents: T) -> Self {
        Self(consents.into_iter().fold(0, |set, consent| set | Self::bit(consent)))
    }
}

/// The readable side of one card (一人一卡), in its last version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFacets {
    /// The card's random id.
    pub card: CardId,
    /// Service point whose register holds it.
    pub point: DivisionCode,
    /// Home village.
    pub home: DivisionCode,
    /// Occupations, with the level certified in each.
    pub skills: Box<[(OccupationCode, SkillLevel)]>,
    /// Divisions of any level to which the person would go; empty for anywhere.
    pub destinations: Box<[DivisionCode]>,
    /// Keyed hash of the row's content, to tell changed from unchanged.
    pub content_mac: Box<[u8]>,
    /// When the card was last confirmed.
    pub updated_at: OffsetDateTime,
    /// When the roster last said something new about being proposed, and about
    /// being disclosed.
    pub matching_said_at: OffsetDateTime,
    /// See above.
    pub disclosure_said_at: OffsetDateTime,
    /// REGISTER sequence of this version.
    pub sequence: u64,
    /// Yuan a month; 0 for no expectation.
    pub wage_expected_yuan: u32,
    /// First day on which the person can work.
    pub available_from: Date,
    /// Year of birth; 0 where it isn't known.
    pub birth_year: u16,
    /// What the person agreed to.
    pub consents: Consents,
    /// Whether the ID was checked (otherwise 待核).
    pub verified: bool,
    /// A newer version of the software wrote the latest version of this card:
    /// it is shown and never matched.
    pub read_only: bool,
}

impl CardFacets {
    /// When the roster last said something new about this consent.
    pub fn said_at(&self, consent: consent::Value) -> OffsetDateTime {
        match consent {
            consent::Value::Matching => self.matching_said_at,
            consent::Value::Disclosure => self.disclosure_said_at,
            consent::Value::Register | consent::Value::Unspecified => self.updated_at,
        }
    }
}

/// Something in a card of REGISTER has a form that this version can't read.
/// Names the field and never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the card's {field} can't be read")]
pub struct CardUnreadable {
    /// Field of `wire::Card`.
    pub field: &'static str,
}

impl CardUnreadable {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "register.card_unreadable"
    }
}

/// Every card of the city, by id and by service point. Holds about 250 bytes
/// a card, so that the 2.1 million of a city take about half a gigabyte.
#[derive(Debug, Clone, Default)]
pub struct Register {
    cards: Vec<CardFacets>,
    // Places in `cards`.
    by_card: HashMap<CardId, u32>,
    // Places in `cards`, each list in the order of their sequences.
    by_point: BTreeMap<DivisionCode, Vec<u32>>,
    /// Who was erased, with the sequence that said so.
    erased: HashMap<CardId, u64>,
    read_only: usize,
}

impl Register {
    /// Takes in one message of REGISTER. The highest sequence of a card wins,
    /// in whatever order they come, so that applying twice changes nothing.
    ///
    /// # Errors
    /// A card that can't be read is not taken in. If an older version of it is
    /// known, that one stays, read-only: what it says is no longer the latest.
    pub fn apply(&mut self, sequence: u64, card: &wire::Card) -> Result<(), CardUnreadable> {
        let known = self.by_card.get(card.card.as_str()).copied();
        if known.is_some_and(|slot| self.cards[slot as usize].sequence >= sequence) {
            return Ok(());
        }
        if card.erased {
            let id = card.card.parse().map_err(|_| CardUnreadable { field: "card" })?;
            self.erase(sequence, id, known);
            return Ok(());
        }
        if self.erased.get(card.card.as_str()).is_some_and(|erased| *erased >= sequence) {
            return Ok(());
        }
        match (read(sequence, card), known) {
            (Ok(facets), None) => self.insert(facets),
            (Ok(facets), Some(slot)) => {
                self.replace(slot, facets);
                Ok(())
            }
            (Err(unreadable), known) => {
                if let Some(slot) = known {
                    self.outdate(slot, sequence);
                }
                Err(unreadable)
            }
        }
    }

    /// Takes note of a version that can't be decoded at all: the one that is
    /// known stays, read-only.
    pub fn apply_unreadable(&mut self, sequence: u64, card: &CardId) {
        let Some(slot) = self.by_card.get(card).copied() else { return };
        if self.cards[slot as usize].sequence < sequence {
            self.outdate(slot, sequence);
        }
    }

    /// What is known is no longer the latest, and stays read-only.
    fn outdate(&mut self, slot: u32, sequence: u64) {
        let known = self.cards[slot as usize].clone();
        self.replace(slot, CardFacets { sequence, read_only: true, ..known });
    }

    /// Nothing stays of the card but that it was there.
    fn erase(&mut self, sequence: u64, card: CardId, known: Option<u32>) {
        let last = self.erased.entry(card).or_default();
        *last = sequence.max(*last);
        let Some(slot) = known else { return };
        let gone = &self.cards[slot as usize];
        let (point, at) = (gone.point, gone.sequence);
        self.read_only -= usize::from(gone.read_only);
        self.unlink(point, at);
        let gone = self.cards.swap_remove(slot as usize);
        self.by_card.remove(&gone.card);
        let Some(moved) = self.cards.get(slot as usize) else { return };
        let from = u32::try_from(self.cards.len()).unwrap_or(u32::MAX);
        if let Some(place) = self.by_card.get_mut(&moved.card) {
            *place = slot;
        }
        let slots = self.by_point.get_mut(&moved.point);
        if let Some(place) = slots.and_then(|all| all.iter_mut().find(|one| **one == from)) {
            *place = slot;
        }
    }

    /// Whether the register says that this person was erased.
    pub fn is_erased(&self, card: &CardId) -> bool {
        self.erased.contains_key(card)
    }

    /// The card with this id.
    pub fn get(&self, card: &CardId) -> Option<&CardFacets> {
        self.by_card.get(card).map(|slot| &self.cards[*slot as usize])
    }

    /// The cards of one service point, in the order of their sequences.
    pub fn of_point(
        &self,
        point: DivisionCode,
    ) -> impl ExactSizeIterator<Item = &CardFacets> + use<'_> {
        let slots = self.by_point.get(&point).map_or(&[][..], Vec::as_slice);
        slots.iter().map(|slot| &self.cards[*slot as usize])
    }

    /// Service points that hold at least one card, by code.
    pub fn points(&self) -> impl ExactSizeIterator<Item = DivisionCode> + use<'_> {
        self.by_point.keys().copied()
    }

    /// How many cards there are.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is no card.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// How many cards a newer version wrote; readiness tells it.
    pub fn read_only(&self) -> usize {
        self.read_only
    }

    fn insert(&mut self, facets: CardFacets) -> Result<(), CardUnreadable> {
        // Why: places are u32 to keep the lists small; four billion cards are
        // three times the country's people.
        let slot = u32::try_from(self.cards.len()).map_err(|_| CardUnreadable { field: "card" })?;
        self.by_card.insert(facets.card.clone(), slot);
        self.link(slot, facets.point, facets.sequence);
        self.read_only += usize::from(facets.read_only);
        self.cards.push(facets);
        Ok(())
    }

    fn replace(&mut self, slot: u32, mut facets: CardFacets) {
        let old = &self.cards[slot as usize];
        facets.card = old.card.clone();
        self.read_only -= usize::from(old.read_only);
        self.read_only += usize::from(facets.read_only);
        self.unlink(old.point, old.sequence);
        self.link(slot, facets.point, facets.sequence);
        self.cards[slot as usize] = facets;
    }

    fn link(&mut self, slot: u32, point: DivisionCode, sequence: u64) {
        let cards = &self.cards;
        let slots = self.by_point.entry(point).or_default();
        let at = slots.partition_point(|slot| cards[*slot as usize].sequence < sequence);
        slots.insert(at, slot);
    }

    fn unlink(&mut self, point: DivisionCode, sequence: u64) {
        let cards = &self.cards;
        let Some(slots) = self.by_point.get_mut(&point) else { return };
        if let Ok(at) = slots.binary_search_by_key(&sequence, |slot| cards[*slot as usize].sequence)
        {
            slots.remove(at);
        }
        if slots.is_empty() {
            self.by_point.remove(&point);
        }
    }
}

fn read(sequence: u64, card: &wire::Card) -> Result<CardFacets, CardUnreadable> {
    let unreadable = |field| CardUnreadable { field };
    let skills = card
        .skills
        .iter()
        .map(|skill| Some((skill.occupation.parse().ok()?, SkillLevel::new(skill.level).ok()?)))
        .collect::<Option<_>>();
    let updated_at = card.updated_at.as_ref().map(instant).ok_or(unreadable("updated_at"))?;
    // Why: a card from before this was noted may have said it when it was written.
    let said = |at: &Option<pbjson_types::Timestamp>| at.as_ref().map_or(updated_at, instant);
    let destinations =
        card.destinations.iter().map(|code| code.parse().ok()).collect::<Option<_>>();
    Ok(CardFacets {
        card: card.card.parse().map_err(|_| unreadable("card"))?,
        point: card.point.parse().map_err(|_| unreadable("point"))?,
        home: card.home.parse().map_err(|_| unreadable("home"))?,
        skills: skills.ok_or(unreadable("skills"))?,
        destinations: destinations.ok_or(unreadable("destinations"))?,
        content_mac: card.content_mac.as_ref().into(),
        updated_at,
        matching_said_at: said(&card.matching_said_at),
        disclosure_said_at: said(&card.disclosure_said_at),
        sequence,
        wage_expected_yuan: card.wage_expected_yuan,
        available_from: day("", &card.available_from).map_err(|_| unreadable("available_from"))?,
        birth_year: u16::try_from(card.birth_year).map_err(|_| unreadable("birth_year"))?,
        consents: card.consents().collect(),
        verified: card.verification() == verification::Value::Verified,
        read_only: card.min_reader > SCHEMA,
    })
}

#[cfg(test)]
mod tests;
