//! 户籍村: from a code, from names, from an address, from the row above, or
//! the register's own.

use gongqiao_contract::{
    codes::{DivisionCode, DivisionLevel},
    refusal::{Code, Refusal},
};

use super::{
    fields::Fields,
    places::{self, Place},
    remembered::Remembered,
};
use crate::{columns::Column, row::Note};

/// Finds home villages, row after row.
pub(super) struct Homes {
    point: DivisionCode,
    named: Remembered<Result<DivisionCode, Refusal>>,
    /// The village that the sheet as a whole is of.
    own: Option<DivisionCode>,
    above: Option<DivisionCode>,
    /// Does a column say it?
    has_column: bool,
}

impl Homes {
    pub(super) fn new(point: DivisionCode) -> Self {
        let own = Some(point).filter(|point| point.level() == DivisionLevel::Village);
        Self { point, named: Remembered::default(), own, above: None, has_column: true }
    }

    /// A sheet begins. Of a township's register its name or a title above the
    /// header may say of which village it is. Returns that village.
    pub(super) fn begin<'t>(
        &mut self,
        mut titles: impl Iterator<Item = &'t str>,
        has_column: bool,
    ) -> Option<DivisionCode> {
        self.above = None;
        self.has_column = has_column;
        if self.point.level() != DivisionLevel::Village {
            let place = |village| Place { village, township: "", county: "" };
            self.own = titles.find_map(|title| places::home(place(title), self.point).ok());
        }
        self.own
    }

    /// A line between rows that names a village is over those of that village.
    pub(super) fn section(&mut self, text: &str) {
        let place = Place { village: text, township: "", county: "" };
        if self.point.level() != DivisionLevel::Village
            && let Ok(village) = places::home(place, self.point)
        {
            self.own = Some(village);
        }
    }

    /// The village of one row.
    pub(super) fn of(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        notes: &mut Vec<Note>,
    ) -> Result<DivisionCode, Note> {
        let found = self.find(fields, max, notes)?;
        self.above = Some(found);
        Ok(found)
    }

    fn find(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        notes: &mut Vec<Note>,
    ) -> Result<DivisionCode, Note> {
        use Column as C;
        let at = |column| move |refusal| Note::at(column, refusal);
        let village = fields.text(C::HomeVillage, max).map_err(at(C::HomeVillage))?;
        let code = fields.text(C::DivisionCode, max).ok().flatten();
        let coded = code.as_deref().map(str::trim).and_then(places::village_of_code);
        if let Some(found) = coded {
            let other = village.as_deref().filter(|name| !places::is_name_of(name, found));
            if other.is_some_and(|name| places::village_of_code(name) != Some(found)) {
                let conflict = Refusal::new(Code::RowVillageConflict);
                let conflict = conflict.with("village", places::name_of(found));
                notes.push(Note::at(C::HomeVillage, conflict));
            }
            return Ok(found);
        }
        let township = fields.text(C::Township, max).ok().flatten().unwrap_or_default();
        let county = fields.text(C::County, max).ok().flatten().unwrap_or_default();
        let found = match &village {
            Some(village) => {
                Some(self.named(village, &township, &county).map_err(at(C::HomeVillage))?)
            }
            None => self.by_address(fields, max, &township, &county, notes),
        };
        match found {
            Some(found) => {
                if code.is_some_and(|code| is_wrong(&code)) {
                    notes.push(Note::at(C::DivisionCode, Code::RowVillageCode));
                }
                Ok(found)
            }
            None => self.unnamed(notes),
        }
    }

    fn named(
        &mut self,
        village: &str,
        township: &str,
        county: &str,
    ) -> Result<DivisionCode, Refusal> {
        let point = self.point;
        let place = Place { village, township, county };
        let found = if township.is_empty() && county.is_empty() {
            self.named.get(village, |_| places::home(place, point))
        } else {
            let key = [village, township, county].join("\u{1F}");
            self.named.get(&key, |_| places::home(place, point))
        };
        Result::clone(&found)
    }

    fn by_address(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        township: &str,
        county: &str,
        notes: &mut Vec<Note>,
    ) -> Option<DivisionCode> {
        let address = fields.text(Column::Address, max).ok().flatten()?;
        if let Ok(found) = self.named(&address, township, county) {
            return Some(found);
        }
        self.own.inspect(|own| notes.push(Note::at(Column::Address, own_village(*own))))
    }

    /// Nothing in the row says it.
    fn unnamed(&self, notes: &mut Vec<Note>) -> Result<DivisionCode, Note> {
        if let Some(own) = self.own {
            if self.has_column {
                notes.push(Note::at(Column::HomeVillage, own_village(own)));
            }
            return Ok(own);
        }
        match self.above {
            Some(above) => {
                notes.push(Note::at(Column::HomeVillage, Code::RowVillageAbove));
                Ok(above)
            }
            None => Err(Note::at(Column::HomeVillage, Code::RowRequired)),
        }
    }
}

fn own_village(own: DivisionCode) -> Refusal {
    Refusal::new(Code::RowVillageOwn).with("village", places::name_of(own))
}

/// A code that is none; those of townships and counties only say less.
fn is_wrong(code: &str) -> bool {
    let known = code
        .parse()
        .ok()
        .and_then(|code| gongqiao_contract::codes::Divisions::table().resolve(code));
    known.is_none()
}
