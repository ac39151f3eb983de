//! A demand sheet comes in: every row is posted like a single vacancy or ends
//! with its reason, and one bad row never stops the others.
//!
//! The same row again posts nothing: what it says is its key. So a sheet can
//! be corrected where rows were refused, and sent again whole.

use std::collections::HashMap;

use futures::{StreamExt as _, stream};
use gongqiao_contract::{
    Code, Lang, Refusal,
    codes::Park,
    id::VacancyId,
    view::{DemandReport, DemandVacancy, RowNote, SheetNote},
    wire::VacancyTerms,
};
use gongqiao_domain::{
    decide::{Ages, Command, Speaker},
    terms,
};
use gongqiao_roster::{
    Format, Limits,
    demand::{Column, Demand, DemandContext, DemandNote, DemandRow, Enterprise, read},
};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use time::{Date, OffsetDateTime};

use crate::{
    Gate,
    commit::{Accepted, Submission},
    receipt,
};

/// Rows of one sheet: each is a command.
const MOST_ROWS: u32 = 2_000;
/// Commands that wait at once.
const AT_ONCE: usize = 64;

/// How a demand sheet is taken in.
#[derive(Debug, Clone)]
pub(crate) struct DemandOptions {
    /// The form of the file.
    pub(crate) format: Format,
    /// Say what would happen, and post nothing.
    pub(crate) dry_run: bool,
    /// By which day people are needed if a row does not say.
    pub(crate) needed_by: Option<Date>,
    /// Until when a vacancy stands if a row does not say.
    pub(crate) valid_until: Option<OffsetDateTime>,
    /// Language of the reasons.
    pub(crate) lang: Lang,
    /// The request's Idempotency-Key: with another one the same rows are
    /// posted again.
    pub(crate) key: Option<String>,
    /// The request's path.
    pub(crate) path: String,
}

/// Takes in a demand sheet of the speaker's enterprise.
///
/// # Errors
/// A refusal of the whole file. Rows that were posted before something broke
/// stay, and the same file again finds them.
pub(crate) async fn import(
    gate: &Gate,
    speaker: &Speaker,
    options: &DemandOptions,
    bytes: bytes::Bytes,
) -> Result<DemandReport, Refusal> {
    let (context, format) = (context(gate, speaker, options), options.format);
    let reading = tokio::task::spawn_blocking(move || read(&bytes, format, &context));
    let demand = reading.await.map_err(|_| Refusal::new(Code::Internal))??;
    let mut report = Report::new(speaker, options, &demand);
    let rows = report.sort_out(gate, demand.rows);
    let start = *gate.api.live.facts().borrow();
    let work = rows.into_iter().map(|row| async move {
        let ended = post(gate, speaker, options, &row).await;
        (row, ended)
    });
    // Why: in the file's order, although many wait at once.
    let mut posted = stream::iter(work).buffered(AT_ONCE);
    while let Some((row, ended)) = posted.next().await {
        report.ended(&row, ended, start);
    }
    drop(posted);
    Ok(report.finish())
}

/// What the reader must know of the city and the enterprise.
fn context(gate: &Gate, speaker: &Speaker, options: &DemandOptions) -> DemandContext {
    let city = gate.api.live.city();
    let party = city.entities.parties.get(&speaker.party).and_then(|entry| entry.value.as_ref());
    let park = party.and_then(|party| party.park.as_deref()).and_then(Park::get);
    DemandContext {
        today: gongqiao_shell::beijing::date(gate.api.clock.now()),
        enterprise: party
            .map(|party| Enterprise { code: speaker.party.to_string(), name: party.name.clone() }),
        city: gate.api.live.cell().city(),
        place: party.and_then(|party| party.division).filter(|place| place.county().is_some()),
        park,
        needed_by: options.needed_by,
        valid_until: options.valid_until,
        limits: Limits { file_bytes: gate.upload_limit, rows: MOST_ROWS, ..Limits::default() },
    }
}

/// A row whose terms may be posted.
struct Posting {
    sheet: String,
    row: u32,
    terms: Box<VacancyTerms>,
    /// What the row says, hashed.
    content: [u8; 32],
    /// Why the gate would not take it by now; it may have been posted before.
    refusal: Option<Refusal>,
}

async fn post(
    gate: &Gate,
    speaker: &Speaker,
    options: &DemandOptions,
    row: &Posting,
) -> Result<Option<Accepted>, Refusal> {
    let mut submission = Submission {
        speaker: speaker.clone(),
        command: Command::PostVacancy { enterprise: None, terms: row.terms.clone() },
        idempotency: None,
        ages: Ages::default(),
    };
    if options.dry_run {
        return match &row.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => gate.committer.would(&submission).map(|_| None),
        };
    }
    let key = row_key(options.key.as_deref(), &row.content);
    let idempotency = receipt::idempotency(&speaker.party, &key, &options.path, &row.content)?;
    if let Some(refusal) = &row.refusal {
        let first = gate.committer.first_answer(Some(&idempotency), refusal.clone());
        return first.await.map(Some);
    }
    submission.idempotency = Some(idempotency);
    gate.committer.submit(submission).await.map(Some)
}

/// The key under which a row is posted once.
fn row_key(key: Option<&str>, content: &[u8; 32]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(key.unwrap_or_default().as_bytes());
    hasher.update(content);
    format!("demand-{}", hex::encode(&hasher.finalize()[..16]))
}

/// Writes the report, row by row.
struct Report {
    report: DemandReport,
    lang: Lang,
}

impl Report {
    fn new(speaker: &Speaker, options: &DemandOptions, demand: &Demand) -> Self {
        let lang = options.lang;
        let left_out = demand.left_out.iter().map(|one| {
            let why = one.why.code();
            note(&one.sheet, one.row, None, &why.into(), lang)
        });
        let sheets = demand.passed_over.iter().map(|(sheet, why)| {
            let why = why.refusal();
            let code = why.code.as_str().to_owned();
            SheetNote { sheet: sheet.clone(), code, reason: why.detail(lang) }
        });
        let report = DemandReport {
            enterprise: speaker.party.to_string(),
            dry_run: options.dry_run,
            rows: u32::try_from(demand.rows.len()).unwrap_or(u32::MAX),
            left_out: left_out.collect(),
            dropped_columns: demand.dropped_columns.clone(),
            unknown_columns: demand.unknown_columns.clone(),
            sheets: sheets.collect(),
            ..DemandReport::default()
        };
        Self { report, lang }
    }

    /// Parts rows that may be posted from those that have ended already.
    fn sort_out(&mut self, gate: &Gate, rows: Vec<DemandRow>) -> Vec<Posting> {
        let now = gate.api.clock.now();
        let mut seen: HashMap<[u8; 32], u32> = HashMap::new();
        let mut postings = Vec::with_capacity(rows.len());
        for DemandRow { sheet, row, result, warnings } in rows {
            let terms = match result {
                Ok(terms) => terms,
                Err(notes) => {
                    self.report.refused += 1;
                    let notes = notes.iter().map(|one| self.note_of(&sheet, row, one));
                    self.report.refusals.extend(notes.collect::<Vec<_>>());
                    continue;
                }
            };
            let notes = warnings.iter().map(|one| self.note_of(&sheet, row, one));
            self.report.warnings.extend(notes.collect::<Vec<_>>());
            let content = Sha256::digest(terms.encode_to_vec()).into();
            if let Some(first) = seen.get(&content) {
                let twice = Refusal::new(Code::DemandTwice).with("row", first);
                self.report.warnings.push(note(&sheet, row, None, &twice, self.lang));
                self.report.unchanged += 1;
                continue;
            }
            seen.insert(content, row);
            let (terms, refusal) = match terms::check((*terms).clone(), now) {
                Ok(checked) => (Box::new(checked), None),
                Err(refusal) => (terms, Some(refusal)),
            };
            postings.push(Posting { sheet, row, terms, content, refusal });
        }
        postings
    }

    /// Enters how a row ended. What was stored at or before `start` was
    /// posted before.
    fn ended(&mut self, row: &Posting, ended: Result<Option<Accepted>, Refusal>, start: u64) {
        let accepted = match ended {
            Ok(accepted) => accepted,
            Err(refusal) => {
                let column = refusal.pointer.as_deref().and_then(Column::of_pointer);
                self.report.refused += 1;
                let refusal = note(&row.sheet, row.row, column, &refusal, self.lang);
                self.report.refusals.push(refusal);
                return;
            }
        };
        let unchanged = accepted.as_ref().is_some_and(|accepted| accepted.sequence <= start);
        if unchanged {
            self.report.unchanged += 1;
        } else {
            self.report.created += 1;
        }
        let id = accepted.and_then(|accepted| accepted.entity.parse::<VacancyId>().ok());
        self.report.vacancies.push(DemandVacancy {
            sheet: row.sheet.clone(),
            row: row.row,
            id,
            title: row.terms.title.clone(),
            headcount: row.terms.headcount,
            unchanged,
        });
    }

    fn note_of(&self, sheet: &str, row: u32, one: &DemandNote) -> RowNote {
        note(sheet, row, one.column, &one.refusal, self.lang)
    }

    fn finish(mut self) -> DemandReport {
        self.report.refusals.sort_by(|a, b| (&a.sheet, a.row).cmp(&(&b.sheet, b.row)));
        self.report
    }
}

fn note(sheet: &str, row: u32, column: Option<Column>, what: &Refusal, lang: Lang) -> RowNote {
    RowNote {
        sheet: sheet.to_owned(),
        row,
        column: column.map_or("", Column::header).to_owned(),
        code: what.code.as_str().to_owned(),
        reason: what.detail(lang),
    }
}
