//! A roster comes in: every row becomes a card or a refusal with its reason,
//! and one bad row never stops the others.

use gongqiao_contract::{
    Code, Lang, Refusal, SCHEMA,
    codes::{CitizenId, DivisionCode},
    id::{CardId, PartyId},
    subject::Entity,
    view::RowNote,
    wire::{self, verification},
};
use gongqiao_domain::{
    decide::{Ages, Command, Speaker},
    entity::timestamp,
};
use gongqiao_roster::{Context, Format, Limits, Roster, Row, RowOutcome, content, read};
use gongqiao_stream::{Outcome, StreamError, StreamName, Write, commit_surely};
use gongqiao_vault::VaultError;
use prost::Message as _;
use serde::Serialize;
use tokio::{sync::mpsc, time::Instant};

pub use gongqiao_contract::view::ImportReport;

use crate::{Gate, commit::Submission};

/// Rows that are stored in one transaction.
const CHUNK: usize = 500;

/// How a roster is taken in.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The service point.
    pub point: PartyId,
    /// The form of the file.
    pub format: Format,
    /// Say what would happen, and change nothing.
    pub dry_run: bool,
    /// Language of the reasons.
    pub lang: Lang,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Progress {
    /// Rows dealt with.
    pub done: usize,
    /// Rows in all.
    pub total: usize,
}

/// Takes in a roster. Progress goes to `progress` as it is made.
///
/// # Errors
/// A refusal of the whole file, or [`Code::BrokerUnavailable`]; rows that
/// were stored before stay, and the same file again finds them unchanged.
pub(crate) async fn import(
    gate: &Gate,
    speaker: &Speaker,
    options: &ImportOptions,
    bytes: bytes::Bytes,
    progress: &mpsc::Sender<Progress>,
) -> Result<ImportReport, Refusal> {
    let point: DivisionCode =
        options.point.as_str().parse().map_err(|_| Refusal::new(Code::PartyNotFound))?;
    let roster = parse(gate, options.format, point, bytes).await?;
    let mut report = ImportReport {
        point: options.point.to_string(),
        dry_run: options.dry_run,
        rows: u32::try_from(roster.rows.len()).unwrap_or(u32::MAX),
        left_out: roster.left_out,
        unknown_columns: roster.unknown_columns,
        ..ImportReport::default()
    };
    let total = roster.rows.len();
    let rows = sort_out(roster.rows, options.lang, &mut report);
    let refused = total - rows.len();
    let mut importer = Importer { gate, speaker, options, point, report, register_sequence: 0 };
    for (index, chunk) in rows.chunks(CHUNK).enumerate() {
        importer.take(chunk).await?;
        // Why: progress is for whoever watches; nobody may.
        let _ =
            progress.try_send(Progress { done: refused + (index * CHUNK) + chunk.len(), total });
    }
    importer.finish().await
}

async fn parse(
    gate: &Gate,
    format: Format,
    point: DivisionCode,
    bytes: bytes::Bytes,
) -> Result<Roster, Refusal> {
    let context = Context {
        point,
        rule: gate.rule,
        limits: Limits { file_bytes: gate.upload_limit, ..Limits::default() },
        today: gongqiao_shell::beijing::date(gate.api.clock.now()),
    };
    let reading = tokio::task::spawn_blocking(move || read(&bytes, format, &context));
    reading.await.map_err(|_| Refusal::new(Code::Internal))?
}

/// Parts good rows from bad ones, and notes what there is to note.
fn sort_out(rows: Vec<RowOutcome>, lang: Lang, report: &mut ImportReport) -> Vec<(u32, Row)> {
    let mut good = Vec::with_capacity(rows.len());
    for outcome in rows {
        let row = outcome.row;
        report.warnings.extend(outcome.warnings.iter().map(|warning| RowNote {
            row,
            column: warning.column.header().to_owned(),
            code: warning.kind.as_str().to_owned(),
            reason: warning.kind.text(lang).to_owned(),
        }));
        match outcome.result {
            Ok(value) => good.push((row, value)),
            Err(refusals) => {
                report.refused += 1;
                report.refusals.extend(refusals.iter().map(|one| RowNote {
                    row,
                    column: one.column.map_or("", |c| c.header()).to_owned(),
                    code: one.refusal.code.as_str().to_owned(),
                    reason: one.refusal.detail(lang),
                }));
            }
        }
    }
    good
}

struct Importer<'a> {
    gate: &'a Gate,
    speaker: &'a Speaker,
    options: &'a ImportOptions,
    point: DivisionCode,
    report: ImportReport,
    register_sequence: u64,
}

/// What is to be done with one row.
enum Fate<'a> {
    New(&'a Row, CardId, u64, [u8; 16]),
    Changed(&'a Row, CardId, u64, [u8; 16]),
    Same,
    Refused(Code),
}

impl Importer<'_> {
    /// Takes in one chunk: identified, compared, sealed, stored.
    async fn take(&mut self, rows: &[(u32, Row)]) -> Result<(), Refusal> {
        let ids: Vec<CitizenId> = rows.iter().map(|(_, row)| row.citizen_id.clone()).collect();
        let cards = self.identify(ids).await?;
        let deadline = Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let todo = self.compare(rows, &cards);
            if self.options.dry_run || self.store(&todo, deadline).await? {
                self.count(rows, &todo);
                return Ok(());
            }
            // Why: another upload was faster with one of these people.
            let connection = self.gate.api.live.connection();
            let head = gongqiao_stream::read::head(connection, StreamName::Register).await;
            let head = head.map_err(|e| unavailable(&e))?;
            if Instant::now() >= deadline {
                return Err(Code::BrokerUnavailable.into());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            self.gate.api.live.wait_cards(head, left).await?;
        }
    }

    async fn identify(&self, ids: Vec<CitizenId>) -> Result<Vec<Option<CardId>>, Refusal> {
        let vault = self.gate.vault.clone();
        let dry_run = self.options.dry_run;
        let work = tokio::task::spawn_blocking(move || {
            let ids: Vec<&CitizenId> = ids.iter().collect();
            if dry_run {
                return vault.lookup(&ids);
            }
            Ok(vault.enrol(&ids)?.into_iter().map(|one| Some(one.card)).collect())
        });
        work.await.map_err(|_| Refusal::new(Code::Internal))?.map_err(|e| vault_failed(&e))
    }

    fn compare<'r>(&self, rows: &'r [(u32, Row)], cards: &[Option<CardId>]) -> Vec<Fate<'r>> {
        let register = self.gate.api.live.register();
        let compared = rows.iter().zip(cards).map(|((_, row), card)| {
            let mac = self.gate.vault.content_mac(&content(row));
            // Why: on a dry run, somebody new has no card yet.
            let Some(card) = card else {
                return Fate::New(row, CardId::from_random([0; 16]), 0, mac);
            };
            match register.get(card) {
                None => Fate::New(row, card.clone(), 0, mac),
                Some(known) if known.point != self.point => Fate::Refused(Code::RowElsewhere),
                Some(known) if known.read_only => Fate::Refused(Code::NewerSchema),
                Some(known) if *known.content_mac == mac => Fate::Same,
                Some(known) => Fate::Changed(row, card.clone(), known.sequence, mac),
            }
        });
        compared.collect()
    }

    /// Stores what is new or changed. `false` if somebody else was faster.
    async fn store(&mut self, todo: &[Fate<'_>], deadline: Instant) -> Result<bool, Refusal> {
        let writes = self.seal(todo).await?;
        if writes.is_empty() {
            return Ok(true);
        }
        let connection = self.gate.api.live.connection();
        let stored = commit_surely(connection, StreamName::Register, &writes, deadline).await;
        match stored.map_err(|e| unavailable(&e))? {
            Outcome::Stored(stored) => Ok(self.stored(stored.last_sequence)),
            Outcome::Conflict => Ok(false),
        }
    }

    fn stored(&mut self, sequence: u64) -> bool {
        self.register_sequence = self.register_sequence.max(sequence);
        true
    }

    async fn seal(&self, todo: &[Fate<'_>]) -> Result<Vec<Write>, Refusal> {
        let work: Vec<_> = todo
            .iter()
            .filter_map(|one| match one {
                Fate::New(row, card, expect, mac) | Fate::Changed(row, card, expect, mac) => {
                    Some(((*row).clone(), card.clone(), *expect, *mac))
                }
                Fate::Same | Fate::Refused(_) => None,
            })
            .collect();
        let vault = self.gate.vault.clone();
        let (actor, now) = (self.speaker.actor(), self.gate.api.clock.now());
        let (cell, point) = (self.gate.api.live.cell(), self.point.to_string());
        let sealing = tokio::task::spawn_blocking(move || {
            let people: Vec<_> = work.iter().map(|(row, card, ..)| (card, &row.person)).collect();
            let sealed = vault.seal_many(&people)?;
            let writes =
                work.iter().zip(sealed).filter_map(|((row, card, expect, mac), person)| {
                    let facts = card_of(row, card, &point, mac);
                    let card_message = wire::Card {
                        // Why: erased between being identified and being sealed;
                        // the next upload makes a new card.
                        person: Some(person?),
                        updated_at: Some(timestamp(now)),
                        actor: Some(actor.clone()),
                        ..facts
                    };
                    Some(Write {
                        subject: Entity::Card(card.clone()).subject(&cell),
                        payload: card_message.encode_to_vec().into(),
                        expect: Some(*expect),
                        headers: Vec::new(),
                    })
                });
            Ok(writes.collect())
        });
        let sealed: Result<Vec<Write>, VaultError> =
            sealing.await.map_err(|_| Refusal::new(Code::Internal))?;
        sealed.map_err(|e| vault_failed(&e))
    }

    fn count(&mut self, rows: &[(u32, Row)], todo: &[Fate<'_>]) {
        for ((row, _), one) in rows.iter().zip(todo) {
            match one {
                Fate::New(..) => self.report.created += 1,
                Fate::Changed(..) => self.report.updated += 1,
                Fate::Same => self.report.unchanged += 1,
                Fate::Refused(code) => {
                    let refusal = Refusal::new(*code);
                    self.report.refused += 1;
                    self.report.refusals.push(RowNote {
                        row: *row,
                        column: gongqiao_roster::Column::CitizenId.header().to_owned(),
                        code: refusal.code.as_str().to_owned(),
                        reason: refusal.detail(self.options.lang),
                    });
                }
            }
        }
    }

    /// Records the import, and waits until it can be read here.
    async fn finish(mut self) -> Result<ImportReport, Refusal> {
        self.report.refusals.sort_by_key(|note| note.row);
        if self.options.dry_run {
            return Ok(self.report);
        }
        let report = &self.report;
        let imported = wire::RosterImported {
            point: report.point.clone(),
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            refused: report.refused,
            register_sequence: self.register_sequence,
            ..Default::default()
        };
        let submission = Submission {
            speaker: self.speaker.clone(),
            command: Command::RecordImport(imported),
            idempotency: None,
            ages: Ages::default(),
        };
        self.report.sequence = Some(self.gate.committer.submit(submission).await?.sequence);
        let patience = self.gate.api.patience;
        self.gate.api.live.wait_cards(self.register_sequence, patience).await?;
        Ok(self.report)
    }
}

/// The readable side of a card.
fn card_of(row: &Row, card: &CardId, point: &str, mac: &[u8]) -> wire::Card {
    wire::Card {
        card: card.to_string(),
        point: point.to_owned(),
        home: row.home.to_string(),
        verification: verification::Value::Verified as i32,
        birth_year: u32::from(row.birth_year),
        skills: row.skills.clone(),
        wage_expected_yuan: row.wage_expected_yuan,
        available_from: row.available_from.to_string(),
        destinations: row.destinations.iter().map(ToString::to_string).collect(),
        consents: row.consents.iter().map(|c| *c as i32).collect(),
        content_mac: mac.to_vec().into(),
        min_reader: SCHEMA,
        ..wire::Card::default()
    }
}

fn unavailable(e: &StreamError) -> Refusal {
    tracing::warn!(code = e.code(), error = %e, "gate.import");
    Code::BrokerUnavailable.into()
}

fn vault_failed(e: &VaultError) -> Refusal {
    tracing::error!(code = e.code(), error = %e, "gate.vault");
    Code::Internal.into()
}
