//! How the rows of a dispatch roster ended.

use gongqiao_contract::{
    Lang, Refusal,
    view::{DispatchReport, ImportedGroup, RowNote, SheetNote},
    wire::{self, travel_warning::Value as Warning},
};
use gongqiao_domain::entity::instant;
use gongqiao_roster::manifest::{Column, Group, Manifest, ManifestNote};
use gongqiao_shell::beijing;

use super::{Came, ManifestOptions, ask::Note, people::Place};

/// Writes the report, sheet by sheet.
pub(super) struct Reporter {
    report: DispatchReport,
    lang: Lang,
    /// The sheet that is being taken in.
    sheet: String,
}

impl Reporter {
    pub(super) fn new(options: &ManifestOptions, manifest: &Manifest) -> Self {
        let lang = options.lang;
        let sheets = manifest.passed_over.iter().map(|(sheet, why)| {
            let why = why.refusal();
            let code = why.code.as_str().to_owned();
            SheetNote { sheet: sheet.clone(), code, reason: why.detail(lang) }
        });
        let report = DispatchReport {
            vacancy: options.vacancy.clone(),
            dry_run: options.dry_run,
            rows: 0,
            listed: 0,
            unchanged: 0,
            refused: 0,
            left_out_rows: 0,
            groups: Vec::new(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            left_out: Vec::new(),
            dropped_columns: Vec::new(),
            unknown_columns: Vec::new(),
            sheets: sheets.collect(),
        };
        Self { report, lang, sheet: String::new() }
    }

    /// The next sheet: its rows, and what was left out of it.
    pub(super) fn sheet(&mut self, group: &Group) {
        group.sheet.clone_into(&mut self.sheet);
        let rows = group.people.len() + group.left_out.len();
        self.report.rows += number(rows);
        self.report.left_out_rows += number(group.left_out.len());
        for (row, why) in &group.left_out {
            let note = self.note(*row, "", &why.code().into());
            self.report.left_out.push(note);
        }
        let report = &mut self.report;
        add(&mut report.dropped_columns, &group.dropped_columns);
        add(&mut report.unknown_columns, &group.unknown_columns);
        if group
            .people
            .iter()
            .any(|person| matches!(&person.result, Ok(who) if who.emergency.is_some()))
        {
            // Why: whom to call stands in the register, and nowhere else.
            add(&mut report.dropped_columns, &[Column::Emergency.header().to_owned()]);
        }
    }

    /// Where a row of this sheet stands.
    pub(super) fn place(&self, row: u32) -> Place {
        Place { sheet: self.sheet.clone(), row }
    }

    /// The row's person has been in the group before.
    pub(super) fn unchanged(&mut self) {
        self.report.unchanged += 1;
    }

    /// A row was not taken; because of `column`, or of what stands beside the
    /// table.
    pub(super) fn refused(&mut self, row: u32, column: &str, why: &Refusal) {
        self.report.refused += 1;
        let note = self.note(row, column, why);
        self.report.refusals.push(note);
    }

    /// A row that names nobody as it stands.
    pub(super) fn refused_row(&mut self, row: u32, notes: &[ManifestNote]) {
        self.report.refused += 1;
        let notes = notes.iter().map(|one| self.note(row, header(one.column), &one.refusal));
        let notes: Vec<RowNote> = notes.collect();
        self.report.refusals.extend(notes);
    }

    pub(super) fn warn(&mut self, row: u32, column: &str, what: &Refusal) {
        let note = self.note(row, column, what);
        self.report.warnings.push(note);
    }

    pub(super) fn warned(&mut self, row: u32, notes: &[ManifestNote]) {
        let notes = notes.iter().map(|one| self.note(row, header(one.column), &one.refusal));
        let notes: Vec<RowNote> = notes.collect();
        self.report.warnings.extend(notes);
    }

    /// What is to be looked at of the group as it was read.
    pub(super) fn read_as(&mut self, group: &Group, notes: &[Note]) {
        self.warned(0, &group.warnings);
        let notes = notes.iter().map(|(row, column, what)| self.note(*row, header(*column), what));
        let notes: Vec<RowNote> = notes.collect();
        self.report.warnings.extend(notes);
    }

    /// What became of those of the sheet who go one way: of `listed` people,
    /// unless nobody was left.
    pub(super) fn stands(
        &mut self,
        outcome: &str,
        came: Option<Came>,
        listed: usize,
        ask: Option<&wire::OpenDispatch>,
    ) {
        let outcome = if came.is_some() { outcome } else { "refused" };
        let (dispatch, warnings) =
            came.map_or_else(Default::default, |came| (came.dispatch, came.warnings));
        let warnings = warnings.into_iter().filter_map(|one| Warning::try_from(one).ok());
        let departs_at = ask.and_then(|ask| ask.departs_at.as_ref());
        self.report.listed += number(listed);
        self.report.groups.push(ImportedGroup {
            sheet: self.sheet.clone(),
            dispatch,
            outcome: outcome.to_owned(),
            listed: number(listed),
            departs_at: departs_at.map(|at| beijing::rfc3339(instant(at))),
            vehicle: ask.and_then(|ask| ask.vehicle.clone()),
            stops: ask.map(|ask| ask.stops.clone()).unwrap_or_default(),
            warnings: warnings.map(|one| one.as_str_name().to_owned()).collect(),
        });
    }

    pub(super) fn finish(self) -> DispatchReport {
        self.report
    }

    fn note(&self, row: u32, column: &str, what: &Refusal) -> RowNote {
        RowNote {
            sheet: self.sheet.clone(),
            row,
            column: column.to_owned(),
            code: what.code.as_str().to_owned(),
            reason: what.detail(self.lang),
        }
    }
}

fn header(column: Option<Column>) -> &'static str {
    column.map_or("", Column::header)
}

fn add(known: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !known.contains(one) {
            known.push(one.clone());
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
