//! What a clerk is told of an import.

use std::collections::HashMap;

use gongqiao_contract::{
    Code, Lang, Refusal,
    id::CardId,
    view::{
        Absent, AbsentPerson, ImportReport, MOST_ABSENT, MOST_NOTES, RowEnd, RowNote, SheetNote,
    },
};
use gongqiao_roster::{Column, Note, Roster};

use super::{ImportOptions, Place};

/// How the row of a person ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Created,
    Updated,
    Unchanged,
}

/// Writes the report, row by row.
pub(super) struct Reporter {
    lang: Lang,
    sheets: Vec<String>,
    report: ImportReport,
    /// Of a dry run: how each row ends, and the codes on the way.
    ends: HashMap<Place, (&'static str, bool)>,
    codes: HashMap<Place, Vec<&'static str>>,
}

impl Reporter {
    /// Begins with what concerns the file as a whole.
    pub(super) fn new(options: &ImportOptions, roster: &mut Roster) -> Self {
        let report = ImportReport {
            point: options.point.to_string(),
            dry_run: options.dry_run,
            rows: u32::try_from(roster.rows.len()).unwrap_or(u32::MAX),
            dropped_columns: std::mem::take(&mut roster.dropped_columns),
            unknown_columns: std::mem::take(&mut roster.unknown_columns),
            ..ImportReport::default()
        };
        let mut reporter = Self {
            lang: options.lang,
            sheets: std::mem::take(&mut roster.sheets),
            report,
            ends: HashMap::new(),
            codes: HashMap::new(),
        };
        for (sheet, why) in roster.passed_over.drain(..) {
            let why = why.refusal();
            reporter.report.sheets.push(SheetNote {
                sheet,
                code: why.code.as_str().to_owned(),
                reason: why.detail(reporter.lang),
            });
        }
        for warning in std::mem::take(&mut roster.warnings) {
            let note = reporter.note((0, 0), warning.column, &warning.refusal);
            reporter.report.warnings.push(note);
        }
        reporter
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.report.dry_run
    }

    /// Something to look at.
    pub(super) fn warned(&mut self, place: Place, warning: &Note) {
        let note = self.note(place, warning.column, &warning.refusal);
        if self.report.warnings.len() < MOST_NOTES {
            self.report.warnings.push(note);
        }
    }

    /// Why the person of a row is unverified.
    pub(super) fn unverified(&mut self, place: Place, why: &Note) {
        let note = self.note(place, why.column, &why.refusal);
        self.report.unverified_rows.push(note);
    }

    /// A row was refused, for all these reasons.
    pub(super) fn refused(&mut self, place: Place, why: &[Note]) {
        self.report.refused += 1;
        for one in why {
            let note = self.note(place, one.column, &one.refusal);
            // Why: not bounded but by the rows: the sheet that goes back has them all.
            self.report.refusals.push(note);
        }
        self.ended(place, "refused", false);
    }

    /// The person of a row can't be written, for this reason.
    pub(super) fn refused_person(&mut self, place: Place, code: Code) {
        self.refused(place, &[Note { column: Some(Column::CitizenId), refusal: code.into() }]);
    }

    /// A row is no person of its own.
    pub(super) fn left_out(&mut self, place: Place, why: &Refusal) {
        let outcome = if why.code == Code::RowElsewhere { "elsewhere" } else { "left_out" };
        self.report.left_out_rows += 1;
        self.report.elsewhere += u32::from(why.code == Code::RowElsewhere);
        let note = self.note(place, None, why);
        if self.report.left_out.len() < MOST_NOTES {
            self.report.left_out.push(note);
        }
        self.ended(place, outcome, false);
    }

    /// The person of a row stands in the register, or would.
    pub(super) fn stands(&mut self, place: Place, end: End, verified: bool) {
        let (count, outcome) = match end {
            End::Created => (&mut self.report.created, "created"),
            End::Updated => (&mut self.report.updated, "updated"),
            End::Unchanged => (&mut self.report.unchanged, "unchanged"),
        };
        // Why: so that the numbers add up to the rows.
        let count =
            if verified || end == End::Unchanged { count } else { &mut self.report.unverified };
        *count += 1;
        self.ended(place, outcome, !verified);
    }

    /// The row that stood before another one of the same person.
    pub(super) fn duplicate(&self, first: Place, place: Place) -> Refusal {
        let row = match self.sheets.get(usize::from(first.0)).filter(|_| first.0 != place.0) {
            Some(sheet) => format!("{sheet} {}", first.1),
            None => first.1.to_string(),
        };
        Refusal::new(Code::RowDuplicate).with("row", row)
    }

    /// Who is absent, as the register has it.
    pub(super) fn absent(&mut self, absent: impl Iterator<Item = CardId>) {
        let told = &mut self.report.absent;
        *told = Absent::default();
        for card in absent {
            told.count += 1;
            if told.people.len() < MOST_ABSENT {
                told.people.push(AbsentPerson { card: card.to_string(), name: None });
            }
        }
    }

    /// Names of the absent who are told, in their order.
    pub(super) fn name_absent(&mut self, names: impl Iterator<Item = Option<String>>) {
        for (person, name) in self.report.absent.people.iter_mut().zip(names) {
            person.name = name;
        }
    }

    pub(super) fn so_far(&self) -> &ImportReport {
        &self.report
    }

    /// The report, with everything in the order of the rows.
    pub(super) fn finish(mut self) -> ImportReport {
        let sheets = &self.sheets;
        let order =
            |note: &RowNote| (sheets.iter().position(|sheet| *sheet == note.sheet), note.row);
        self.report.refusals.sort_by_key(order);
        self.report.unverified_rows.sort_by_key(order);
        self.report.left_out.sort_by_key(order);
        self.report.warnings.sort_by_key(order);
        let mut ends: Vec<_> = self.ends.into_iter().collect();
        ends.sort_unstable_by_key(|(place, _)| *place);
        let outcomes = ends.into_iter().map(|(place, (outcome, unverified))| RowEnd {
            sheet: sheets.get(usize::from(place.0)).cloned().unwrap_or_default(),
            row: place.1,
            outcome: outcome.to_owned(),
            unverified,
            codes: self
                .codes
                .remove(&place)
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
        });
        self.report.outcomes = outcomes.collect();
        self.report
    }

    fn ended(&mut self, place: Place, outcome: &'static str, unverified: bool) {
        if self.report.dry_run {
            self.ends.insert(place, (outcome, unverified));
        }
    }

    fn note(&mut self, place: Place, column: Option<Column>, what: &Refusal) -> RowNote {
        let code = what.code.as_str();
        *self.report.counts.entry(code.to_owned()).or_default() += 1;
        let is_row = place.1 > 0;
        if self.report.dry_run && is_row {
            self.codes.entry(place).or_default().push(code);
        }
        let sheet = self.sheets.get(usize::from(place.0)).filter(|_| is_row);
        RowNote {
            sheet: sheet.cloned().unwrap_or_default(),
            row: place.1,
            column: column.map_or("", Column::header).to_owned(),
            code: code.to_owned(),
            reason: what.detail(self.lang),
        }
    }
}
