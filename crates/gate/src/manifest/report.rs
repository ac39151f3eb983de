//! How the rows of a dispatch roster ended.

use gongqiao_contract::{
    Lang, Refusal,
    id::DispatchId,
    view::{DispatchReport, ImportedGroup, RowNote, SheetNote},
    wire::{self, travel_warning},
};
use gongqiao_domain::entity::instant;
use gongqiao_roster::manifest::{Column, Group, Manifest, ManifestNote};
use gongqiao_shell::beijing;

use super::{ManifestOptions, Newcomer, ask::Note};

/// Writes the report, sheet by sheet.
pub(super) struct Reporter {
    report: DispatchReport,
    lang: Lang,
    /// The sheet that is being taken in.
    sheet: String,
    /// People of this sheet who were listed by this import.
    listed: u32,
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
        Self { report, lang, sheet: String::new(), listed: 0 }
    }

    /// The next sheet: its rows, and what was left out of it.
    pub(super) fn group(&mut self, group: &Group) {
        group.sheet.clone_into(&mut self.sheet);
        self.listed = 0;
        let rows = group.people.len() + group.left_out.len();
        self.report.rows += number(rows);
        self.report.left_out_rows += number(group.left_out.len());
        for (row, why) in &group.left_out {
            let note = self.note(*row, None, &why.code().into());
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

    /// The row's person has been in the group before.
    pub(super) fn unchanged(&mut self) {
        self.report.unchanged += 1;
    }

    /// So many people of the sheet are in the group now.
    pub(super) fn listed(&mut self, people: usize) {
        self.listed = number(people);
        self.report.listed += self.listed;
    }

    pub(super) fn refused(&mut self, row: u32, column: Option<Column>, why: &Refusal) {
        self.report.refused += 1;
        let note = self.note(row, column, why);
        self.report.refusals.push(note);
    }

    /// A row that names nobody as it stands.
    pub(super) fn refused_row(&mut self, row: u32, notes: &[ManifestNote]) {
        self.report.refused += 1;
        let notes = notes.iter().map(|one| self.note(row, one.column, &one.refusal));
        let notes: Vec<RowNote> = notes.collect();
        self.report.refusals.extend(notes);
    }

    /// Nobody of these was taken, for a reason that is the group's. A reason
    /// that is one person's names the row.
    pub(super) fn refused_group(&mut self, newcomers: &[Newcomer<'_>], why: &Refusal) {
        self.report.refused += number(newcomers.len());
        let pointer = why.pointer.as_deref().unwrap_or_default();
        let person = ["/manifest/", "/join/cards/"].iter().find_map(|at| pointer.strip_prefix(at));
        let row = person.and_then(|index| newcomers.get(index.parse::<usize>().ok()?));
        let mut note = self.note(row.map_or(0, |one| one.row), None, why);
        if row.is_none() {
            what(pointer).clone_into(&mut note.column);
        }
        self.report.refusals.push(note);
    }

    pub(super) fn warn(&mut self, row: u32, what: &Refusal) {
        let note = self.note(row, None, what);
        self.report.warnings.push(note);
    }

    pub(super) fn warned(&mut self, row: u32, notes: &[ManifestNote]) {
        let notes = notes.iter().map(|one| self.note(row, one.column, &one.refusal));
        let notes: Vec<RowNote> = notes.collect();
        self.report.warnings.extend(notes);
    }

    /// What is to be looked at of the group as it was read.
    pub(super) fn read_as(&mut self, group: &Group, notes: &[Note]) {
        self.warned(0, &group.warnings);
        let notes = notes.iter().map(|(row, column, what)| self.note(*row, *column, what));
        let notes: Vec<RowNote> = notes.collect();
        self.report.warnings.extend(notes);
    }

    /// What became of the sheet as a whole.
    pub(super) fn stands(
        &mut self,
        ask: Option<&wire::OpenDispatch>,
        dispatch: Option<DispatchId>,
        outcome: &str,
        warnings: &[i32],
    ) {
        let departs_at = ask.and_then(|ask| ask.departs_at.as_ref());
        let warnings = warnings.iter().filter_map(|one| travel_warning::Value::try_from(*one).ok());
        self.report.groups.push(ImportedGroup {
            sheet: self.sheet.clone(),
            dispatch,
            outcome: outcome.to_owned(),
            listed: self.listed,
            departs_at: departs_at.map(|at| beijing::rfc3339(instant(at))),
            vehicle: ask.and_then(|ask| ask.vehicle.clone()),
            stops: ask.map(|ask| ask.stops.clone()).unwrap_or_default(),
            warnings: warnings.map(|one| one.as_str_name().to_owned()).collect(),
        });
    }

    pub(super) fn finish(self) -> DispatchReport {
        self.report
    }

    fn note(&self, row: u32, column: Option<Column>, what: &Refusal) -> RowNote {
        RowNote {
            sheet: self.sheet.clone(),
            row,
            column: column.map_or("", Column::header).to_owned(),
            code: what.code.as_str().to_owned(),
            reason: what.detail(self.lang),
        }
    }
}

/// The words of a roster for a place in the command.
fn what(pointer: &str) -> &str {
    match pointer {
        "/mode" => Column::Mode.header(),
        "/departsAt" => Column::Departs.header(),
        "/vehicle" => "车辆",
        "/vehicle/plate" => "车牌",
        "/vehicle/seats" => "核载",
        "/vehicle/carrier" => "承运单位",
        _ if pointer.starts_with("/crew/attendant") => "跟车管理员",
        _ if pointer.starts_with("/crew") => "驾驶员",
        _ if pointer.starts_with("/stops") => Column::PickUp.header(),
        _ => "",
    }
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
