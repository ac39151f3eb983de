//! One row after the other, with a memory of whom it has seen.

use std::collections::HashMap;

use gongqiao_contract::{
    codes::{CitizenId, DivisionCode},
    refusal::{Code, Refusal},
    wire::{Person, consent},
};

use super::{
    availability::{self, Available},
    checks,
    dates::iso_date,
    fields::Fields,
    home::Homes,
    identity::{self, Damaged, Identity},
    lists, phones, places,
    remembered::Remembered,
    situation, skills, wages,
};
use crate::{
    columns::Column,
    provisional::Provisional,
    read::Context,
    row::{Note, Outcome, Row, RowOutcome},
    sheet::Value,
    text::is_blank,
};

/// Longest name taken, in characters; the longest on a Chinese ID card are
/// transcriptions of some thirty.
const NAME_CHARS: usize = 60;

/// Columns that say where somebody is at home.
pub(crate) const HOME_COLUMNS: [Column; 3] =
    [Column::HomeVillage, Column::Address, Column::DivisionCode];

/// Where a row stands: the sheet's number, and the row's.
pub(crate) type Place = (u16, u32);

/// Reads rows one after the other and remembers whom it has seen.
pub(crate) struct Interpreter<'c> {
    context: &'c Context,
    homes: Homes,
    skills: Remembered<skills::Mapped>,
    destinations: Remembered<places::Destinations>,
    available: Remembered<Available>,
    consents: Remembered<Result<Vec<consent::Value>, Code>>,
    /// In which row somebody was taken.
    taken: HashMap<CitizenId, Place>,
    unverified: HashMap<Provisional, Place>,
    /// No column speaks of consents.
    consents_unasked: bool,
    /// A column asks for them, and can't be read.
    asks_unread: bool,
    /// The names of the sheets seen so far.
    sheets: Vec<String>,
}

/// Who somebody is, as far as the row says it.
struct Who {
    id: Option<CitizenId>,
    damaged: Damaged,
}

impl<'c> Interpreter<'c> {
    /// Starts with nobody seen. There is room for `expected` people at once,
    /// since to make it row by row is slow.
    pub(crate) fn new(context: &'c Context, expected: usize) -> Self {
        Self {
            context,
            homes: Homes::new(context.point),
            skills: Remembered::default(),
            destinations: Remembered::default(),
            available: Remembered::default(),
            consents: Remembered::default(),
            taken: HashMap::with_capacity(expected),
            unverified: HashMap::new(),
            consents_unasked: false,
            asks_unread: false,
            sheets: Vec::new(),
        }
    }

    /// A sheet begins, or another table in it: its number and name, the titles
    /// above its header, and which columns it has. Returns the village that
    /// the sheet is of. `asks_unread`: some column asks what people agree to,
    /// and is none that is read.
    pub(crate) fn begin<'t>(
        &mut self,
        number: u16,
        name: &'t str,
        titles: impl Iterator<Item = &'t str>,
        has: impl Fn(Column) -> bool,
        asks_unread: bool,
    ) -> Option<DivisionCode> {
        if self.sheets.len() <= usize::from(number) {
            self.sheets.push(name.to_owned());
        }
        self.consents_unasked = !has(Column::Consents) && !asks_unread;
        self.asks_unread = asks_unread;
        let has_home = HOME_COLUMNS.into_iter().any(has);
        self.homes.begin(std::iter::once(name).chain(titles), has_home)
    }

    /// Has somebody been met whose ID is not right?
    pub(crate) fn met_unverified(&self) -> bool {
        !self.unverified.is_empty()
    }

    /// A line between rows, which may name the village of those below it.
    pub(crate) fn section(&mut self, text: &str) {
        self.homes.section(text);
    }

    /// One row.
    pub(crate) fn row(&mut self, place: Place, fields: &Fields<'_>) -> RowOutcome {
        let mut warnings: Vec<Note> = Vec::new();
        for column in &fields.repeated {
            warnings.push(Note::at(*column, Code::RowSameAsAbove));
        }
        let mut problems = Vec::new();
        let outcome = match self.read(fields, &mut problems, &mut warnings) {
            Some((row, why)) if problems.is_empty() => self.settle(place, row, why),
            _ => Outcome::Refused(problems),
        };
        RowOutcome { sheet: place.0, row: place.1, outcome, warnings }
    }

    /// Is this person new in the file, and can the person be told from others?
    fn settle(&mut self, place: Place, mut row: Row, why: Code) -> Outcome {
        if let Some(id) = &row.citizen_id {
            if let Some(first) = self.taken.get(id) {
                return Outcome::LeftOut(self.duplicate(*first, place.0));
            }
            self.taken.insert(id.clone(), place);
            return Outcome::Taken(row);
        }
        let Some(key) = row.provisional.take() else {
            return Outcome::Refused(vec![Note::at(Column::CitizenId, Code::RowUnidentifiable)]);
        };
        if let Some(first) = self.unverified.get(&key) {
            return Outcome::LeftOut(self.duplicate(*first, place.0));
        }
        self.unverified.insert(key.clone(), place);
        row.provisional = Some(key);
        Outcome::Unverified(row, Note::at(Column::CitizenId, why))
    }

    /// "The same person as in row …", as seen from a sheet.
    pub(crate) fn duplicate(&self, first: Place, sheet: u16) -> Refusal {
        let name = self.sheets.get(usize::from(first.0)).filter(|_| first.0 != sheet);
        let row = match name {
            Some(name) => format!("{name} {}", first.1),
            None => first.1.to_string(),
        };
        Refusal::new(Code::RowDuplicate).with("row", row)
    }

    /// Reads every column, so that every problem is found, before it asks
    /// whether all could be read.
    fn read(
        &mut self,
        fields: &Fields<'_>,
        problems: &mut Vec<Note>,
        notes: &mut Vec<Note>,
    ) -> Option<(Row, Code)> {
        let max = self.context.limits.cell_chars;
        let name = taken(name(fields, NAME_CHARS.min(max)), problems);
        let who = self.who(fields, problems, notes);
        let home = taken(self.homes.of(fields, max, notes), problems);
        let consents = taken(self.consents(fields, max, notes), problems);
        let (phone, phone2) = phones_of(fields, max, notes);
        let skills = self.skills(fields, max, notes);
        let wage = wage(fields, notes);
        let available = self.available(fields, max, notes);
        let destinations = self.destinations(fields, max, notes);
        let (name, who, home) = (name?, who?, home?);
        let why = who.damaged.why.unwrap_or(Code::RowIdMissing);
        let provisional = who.id.is_none().then(|| provisional(&name, &who.damaged, &phone));
        let (birth_year, birth_date) = self.born(fields, &who, notes);
        let text =
            |column| fields.text(column, max).ok().flatten().unwrap_or_default().into_owned();
        let emergency = emergency_phone(fields, max, notes);
        let row = Row {
            person: Person {
                name,
                citizen_id: who.id.as_ref().map(|id| id.expose().to_owned()).unwrap_or_default(),
                phone,
                birth_date,
                occupations_as_written: skills.1,
                phone2,
                emergency_contact: text(Column::EmergencyContact),
                emergency_phone: emergency,
                citizen_id_as_written: who.damaged.as_written,
                availability_as_written: available.as_written.unwrap_or_default(),
            },
            citizen_id: who.id,
            provisional: provisional.flatten(),
            home,
            birth_year,
            skills: skills.0.skills,
            wage_expected_yuan: wage,
            available_from: available.from,
            available_at_once: available.at_once,
            destinations,
            consents: consents?,
            poverty_lifted: situation::poverty_lifted(fields, max),
        };
        Some((row, why))
    }

    fn who(
        &self,
        fields: &Fields<'_>,
        problems: &mut Vec<Note>,
        notes: &mut Vec<Note>,
    ) -> Option<Who> {
        match identity::read(fields.get(Column::CitizenId), self.context.rule) {
            Identity::Refused(refusal) => {
                problems.push(Note::at(Column::CitizenId, refusal));
                None
            }
            Identity::Damaged(damaged) => Some(Who { id: None, damaged }),
            Identity::Verified { id, note } => {
                notes.extend(note.map(|note| Note::at(Column::CitizenId, note)));
                checks::against_id(fields, &id, self.context.today, notes);
                Some(Who { id: Some(id), damaged: Damaged::default() })
            }
        }
    }

    /// Year and date of birth: of the ID, of what is left of it, or of the
    /// columns that say it.
    fn born(&self, fields: &Fields<'_>, who: &Who, notes: &mut Vec<Note>) -> (u16, String) {
        let known = who.id.as_ref().map(CitizenId::birth_date);
        let known = known.or_else(|| who.damaged.start.as_ref().map(|start| start.birth_date()));
        if let Some(birth) = known {
            return (u16::try_from(birth.year()).unwrap_or_default(), iso_date(birth));
        }
        match checks::born(fields, self.context.today, notes) {
            Some(born) => (born.year, born.date.map(iso_date).unwrap_or_default()),
            None => (0, String::new()),
        }
    }

    fn consents(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<consent::Value>, Note> {
        let at = |refusal| Note::at(Column::Consents, refusal);
        match fields.text(Column::Consents, max).map_err(at)? {
            Some(text) => {
                let found = self.consents.get(&text, lists::consents);
                Result::clone(&found).map_err(|code| at(code.into()))
            }
            // Why: to keep a register is the bureau's duty; the point phones
            // everybody before it promises them, and asks then.
            None if self.consents_unasked => {
                Ok(vec![consent::Value::Register, consent::Value::Matching])
            }
            // Why: what was not understood is no yes.
            None if self.asks_unread => Ok(vec![consent::Value::Register]),
            None => {
                notes.push(Note::at(Column::Consents, Code::RowConsentBlank));
                Ok(vec![consent::Value::Register])
            }
        }
    }

    /// What somebody can and wants to do, from up to five columns, and the
    /// words for it.
    fn skills(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        notes: &mut Vec<Note>,
    ) -> (skills::Mapped, String) {
        use Column as C;
        let mut mapped = skills::Mapped::default();
        let mut written = String::new();
        let level = soft(fields, C::SkillLevel, max, notes).map(|text| {
            let level = skills::level(&text);
            if level.is_none() {
                notes.push(Note::at(C::SkillLevel, Code::RowSkill));
            }
            level.unwrap_or_default()
        });
        for column in [C::Occupations, C::CurrentOccupation, C::Skills, C::Certificate] {
            let Some(text) = soft(fields, column, max, notes) else { continue };
            let found = self.skills.get(&text, skills::map);
            if found.unmapped {
                notes.push(Note::at(column, Code::RowOccupationUnmapped));
            }
            if found.bad_level {
                notes.push(Note::at(column, Code::RowSkill));
            }
            // Why: the level of a column of its own is that of the certificate.
            let own = if column == C::Certificate { level.unwrap_or_default() } else { 0 };
            if mapped.skills.is_empty() && own == 0 {
                mapped.skills.clone_from(&found.skills);
            } else {
                mapped.add(&found, own);
            }
            if !written.is_empty() {
                written.push(';');
            }
            written.push_str(&text);
        }
        // Why: without a certificate's name it can only be of the one occupation.
        if let (Some(level), None, [one]) =
            (level, fields.get(C::Certificate), mapped.skills.as_mut_slice())
            && one.level == 0
        {
            one.level = level;
        }
        (mapped, written)
    }

    fn available(&mut self, fields: &Fields<'_>, max: usize, notes: &mut Vec<Note>) -> Available {
        let today = self.context.today;
        let (column, available) = match fields.get(Column::AvailableFrom) {
            Some(Value::Text(text)) => {
                let read = |text: &str| availability::read(&text_value(text), today, max);
                let found = self.available.get(text, read);
                (Column::AvailableFrom, Available::clone(&found))
            }
            Some(value) => (Column::AvailableFrom, availability::read(value, today, max)),
            None => match situation::works_at(fields) {
                Some(column) => (column, Available::not(Code::RowEmployed, None)),
                None => (Column::AvailableFrom, Available::at_once(today)),
            },
        };
        notes.extend(available.note.clone().map(|note| Note::at(column, note)));
        available
    }

    fn destinations(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
        notes: &mut Vec<Note>,
    ) -> Vec<DivisionCode> {
        let Some(text) = soft(fields, Column::Destinations, max, notes) else { return Vec::new() };
        let point = self.context.point;
        let found = self.destinations.get(&text, |text| places::destinations(text, point));
        let told = found.notes.iter().cloned();
        notes.extend(told.map(|note| Note::at(Column::Destinations, note)));
        found.codes.clone()
    }
}

fn text_value(text: &str) -> Value<'_> {
    Value::Text(std::borrow::Cow::Borrowed(text))
}

/// The value, or a note of why there is none.
fn taken<T>(value: Result<T, Note>, problems: &mut Vec<Note>) -> Option<T> {
    value.map_err(|note| problems.push(note)).ok()
}

/// The text of a cell that a row can do without: what can't be read is left
/// out, and told.
fn soft<'v>(
    fields: &Fields<'v>,
    column: Column,
    max: usize,
    notes: &mut Vec<Note>,
) -> Option<std::borrow::Cow<'v, str>> {
    fields.text(column, max).unwrap_or_else(|refusal| {
        notes.push(Note::at(column, refusal));
        None
    })
}

/// 姓名: any text in one line. Blanks are dropped at the ends and between
/// Chinese characters, where people put them to fill the cell; `·` stays.
fn name(fields: &Fields<'_>, max: usize) -> Result<String, Note> {
    let at = |refusal| Note::at(Column::Name, refusal);
    let name = fields.text(Column::Name, max).map_err(at)?;
    let name = name.ok_or_else(|| at(Code::RowRequired.into()))?;
    if !name.contains(is_blank) {
        return Ok(name.into_owned());
    }
    if name.contains(char::is_control) {
        return Err(at(Code::RowCharacters.into()));
    }
    let is_latin = name.chars().any(|c| c.is_alphabetic() && c < '\u{2E80}');
    Ok(name.chars().filter(|c| is_latin || !is_blank(*c)).collect())
}

/// By what somebody without a right ID is known again: what can be read of
/// the ID if it can be right, or else the phone number, or else whatever
/// digits there are.
fn provisional(name: &str, damaged: &Damaged, phone: &str) -> Option<Provisional> {
    if let Some(start) = &damaged.start {
        return Some(Provisional::by_start(name, start.expose()));
    }
    if !phone.is_empty() {
        return Some(Provisional::by_phone(name, phone));
    }
    damaged.digits.as_ref().map(|digits| Provisional::by_start(name, digits))
}

fn phones_of(fields: &Fields<'_>, max: usize, notes: &mut Vec<Note>) -> (String, String) {
    let read = |column: Column, notes: &mut Vec<Note>| -> phones::Phones {
        let Some(value) = fields.get(column) else { return phones::Phones::default() };
        let mut found = phones::read(value, max);
        notes.extend(found.notes.drain(..).map(|note| Note::at(column, note)));
        found
    };
    let mut first = read(Column::Phone, notes);
    let second = read(Column::Phone2, notes);
    if first.first.is_empty() {
        if second.first.is_empty() {
            notes.push(Note::at(Column::Phone, Code::RowPhoneMissing));
        }
        return (second.first, second.second);
    }
    if first.second.is_empty() {
        first.second = second.first;
    }
    (first.first, first.second)
}

fn emergency_phone(fields: &Fields<'_>, max: usize, notes: &mut Vec<Note>) -> String {
    let Some(value) = fields.get(Column::EmergencyPhone) else { return String::new() };
    let found = phones::read(value, max);
    if found.first.is_empty() && !found.notes.is_empty() {
        notes.push(Note::at(Column::EmergencyPhone, Code::RowPhone));
    }
    found.first
}

fn wage(fields: &Fields<'_>, notes: &mut Vec<Note>) -> u32 {
    let (column, (wage, note)) =
        match (fields.get(Column::WageExpected), fields.get(Column::AnnualWageExpected)) {
            (Some(value), _) => (Column::WageExpected, wages::monthly(value)),
            (None, Some(value)) => (Column::AnnualWageExpected, wages::yearly(value)),
            (None, None) => return 0,
        };
    notes.extend(note.map(|note| Note::at(column, note)));
    wage
}
