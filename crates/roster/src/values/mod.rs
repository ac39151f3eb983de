//! Third stage: the cells of one row to a [`Row`](crate::Row), or to
//! everything that is wrong with it.

mod lists;
mod places;
mod remembered;
mod scalars;
mod skills;

use std::{borrow::Cow, collections::HashMap};

use gongqiao_contract::{
    codes::{CitizenId, DivisionCode},
    refusal::{Code, Refusal},
    wire::Person,
};
use time::Date;

pub(crate) use scalars::{iso_date, number_text, parse_iso_date};

use remembered::Remembered;

use crate::{
    columns::Column,
    read::Context,
    row::{Row, RowOutcome, RowRefusal, Warning, WarningKind},
    sheet::Value,
    template::EXAMPLE_PREFIX,
};

/// The cells of one row by what they mean. Blank cells count as absent.
#[derive(Default)]
pub(crate) struct Fields<'v> {
    cells: [Option<&'v Value<'v>>; Column::ALL.len()],
}

impl<'v> Fields<'v> {
    /// Sets a cell, unless it is blank.
    pub(crate) fn set(&mut self, column: Column, value: &'v Value<'v>) {
        if !value.is_blank() {
            self.cells[column as usize] = Some(value);
        }
    }

    /// Is this one of the template's examples?
    pub(crate) fn is_example(&self) -> bool {
        match self.get(Column::Name) {
            Some(Value::Text(name)) => name.trim_start().starts_with(EXAMPLE_PREFIX),
            _ => false,
        }
    }

    fn get(&self, column: Column) -> Option<&'v Value<'v>> {
        self.cells[column as usize]
    }

    /// The trimmed text of a cell; a whole number counts as the text that a
    /// clerk sees. `None` where nothing stands.
    fn text(&self, column: Column, max: usize) -> Result<Option<Cow<'v, str>>, Refusal> {
        let text = match self.get(column) {
            None => return Ok(None),
            Some(Value::Text(text)) => Cow::Borrowed(text.trim()),
            Some(Value::Number(number)) => {
                Cow::Owned(number_text(*number).ok_or(Code::RowValueType)?)
            }
            Some(Value::Date(_) | Value::Other(_)) => return Err(Code::RowValueType.into()),
        };
        // Why: bytes first; counting characters is only needed near the limit.
        if text.len() > max && text.chars().count() > max {
            return Err(Refusal::new(Code::RowTooLong).with("max", max));
        }
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.chars().any(is_control) {
            return Err(Code::RowCharacters.into());
        }
        Ok(Some(text))
    }

    fn required_text(&self, column: Column, max: usize) -> Result<Cow<'v, str>, Refusal> {
        self.text(column, max)?.ok_or_else(|| Code::RowRequired.into())
    }
}

/// Longest name taken, in characters; the longest on a Chinese ID card are
/// transcriptions of some thirty.
const NAME_CHARS: usize = 60;

/// Reads rows one after the other and remembers whom it has seen.
pub(crate) struct Interpreter<'c> {
    context: &'c Context,
    homes: Remembered<DivisionCode>,
    skills: Remembered<skills::Mapped>,
    destinations: Remembered<Vec<DivisionCode>>,
    /// In which row an ID was taken.
    taken: HashMap<CitizenId, u32>,
}

impl<'c> Interpreter<'c> {
    /// Starts with nobody seen.
    pub(crate) fn new(context: &'c Context) -> Self {
        Self {
            context,
            homes: Remembered::default(),
            skills: Remembered::default(),
            destinations: Remembered::default(),
            taken: HashMap::new(),
        }
    }

    /// One row.
    pub(crate) fn row(&mut self, row: u32, fields: &Fields<'_>) -> RowOutcome {
        let mut warnings = Vec::new();
        let mut problems = Problems(Vec::new());
        let read = self.fields(fields, &mut problems, &mut warnings);
        let result = match read {
            Some(read) if problems.0.is_empty() => {
                self.taken.insert(read.citizen_id.clone(), row);
                Ok(read)
            }
            _ => Err(problems.0),
        };
        RowOutcome { row, result, warnings }
    }

    /// Reads every column, so that every problem is found, before it asks
    /// whether all could be read.
    fn fields(
        &mut self,
        fields: &Fields<'_>,
        problems: &mut Problems,
        warnings: &mut Vec<Warning>,
    ) -> Option<Row> {
        use Column as C;
        let max = self.context.limits.cell_chars;
        let name = problems.take(C::Name, scalars::name(fields, NAME_CHARS.min(max)));
        let citizen_id = problems.take(C::CitizenId, self.citizen_id(fields, max));
        let phone = problems.take(C::Phone, scalars::phone(fields, max));
        let home = problems.take(C::HomeVillage, self.home(fields, max));
        let occupations = problems.take(C::Occupations, fields.text(C::Occupations, max));
        let skills = match &occupations {
            Some(Some(text)) => problems.take(C::Occupations, self.skills.get(text, skills::map)),
            Some(None) => Some(skills::Mapped::default()),
            None => None,
        };
        let wage = problems.take(C::WageExpected, scalars::wage(fields, max));
        let available = problems.take(C::AvailableFrom, scalars::available_from(fields, max));
        let destinations = problems.take(C::Destinations, self.destinations(fields, max));
        let consents = problems.take(C::Consents, lists::consents(fields, max));

        if phone.as_ref().is_some_and(String::is_empty) {
            warnings.push(Warning { column: C::Phone, kind: WarningKind::PhoneMissing });
        }
        if skills.as_ref().is_some_and(|skills| skills.unmapped) {
            warnings
                .push(Warning { column: C::Occupations, kind: WarningKind::OccupationUnmapped });
        }
        let (citizen_id, available, skills) = (citizen_id?, available?, skills?);
        let birth: Date = citizen_id.birth_date();
        Some(Row {
            person: Person {
                name: name?,
                citizen_id: citizen_id.expose().to_owned(),
                phone: phone?,
                birth_date: scalars::iso_date(birth),
                occupations_as_written: occupations?.unwrap_or_default().into_owned(),
            },
            home: home?,
            birth_year: u16::try_from(birth.year()).unwrap_or_default(),
            skills: skills.skills,
            wage_expected_yuan: wage?,
            available_from: available.unwrap_or(self.context.today),
            available_at_once: available.is_none(),
            destinations: destinations?,
            consents: consents?,
            citizen_id,
        })
    }

    fn citizen_id(&self, fields: &Fields<'_>, max: usize) -> Result<CitizenId, Refusal> {
        if let Some(Value::Number(_) | Value::Date(_)) = fields.get(Column::CitizenId) {
            return Err(Code::RowIdNumeric.into());
        }
        let text = fields.required_text(Column::CitizenId, max)?;
        let id = CitizenId::parse(&text, self.context.rule).map_err(|error| error.code())?;
        match self.taken.get(&id) {
            Some(first) => Err(Refusal::new(Code::RowDuplicate).with("row", first)),
            None => Ok(id),
        }
    }

    fn home(&mut self, fields: &Fields<'_>, max: usize) -> Result<DivisionCode, Refusal> {
        let text = fields.required_text(Column::HomeVillage, max)?;
        self.homes.get(&text, |text| places::home(text, self.context.point))
    }

    fn destinations(
        &mut self,
        fields: &Fields<'_>,
        max: usize,
    ) -> Result<Vec<DivisionCode>, Refusal> {
        match fields.text(Column::Destinations, max)? {
            Some(text) => self.destinations.get(&text, places::destinations),
            None => Ok(Vec::new()),
        }
    }
}

/// Everything wrong with one row.
struct Problems(Vec<RowRefusal>);

impl Problems {
    /// The value, or a note of why there is none.
    fn take<T>(&mut self, column: Column, value: Result<T, Refusal>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.0.push(RowRefusal { column: Some(column), refusal });
                None
            }
        }
    }
}
