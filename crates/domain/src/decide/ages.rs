//! What the gate saw in sealed dates of birth. Decisions know a year; where
//! that leaves the age open, the gate looks at the date beforehand.

use std::collections::HashMap;

use gongqiao_contract::id::CardId;
use time::Date;

use crate::matching::fit::{Age, Unfit, age_by_date};

/// Ages on the days on which people are needed, of those who were looked at.
#[derive(Debug, Clone, Default)]
pub struct Ages(HashMap<CardId, (Date, Result<Age, Unfit>)>);

impl Ages {
    /// Takes note of how old somebody born on `birth` is on `day`.
    pub fn note(&mut self, card: CardId, birth: Date, day: Date) {
        self.0.insert(card, (day, age_by_date(birth, day)));
    }

    /// How old the person is on `day`; nothing if nobody has looked for that
    /// day, as when the vacancy has moved to another meanwhile.
    pub(super) fn on(&self, card: &CardId, day: Date) -> Option<Result<Age, Unfit>> {
        self.0.get(card).filter(|(looked, _)| *looked == day).map(|(_, age)| *age)
    }
}
