//! A roster comes in: every row becomes a card or ends with its reason, and
//! one bad row never stops the others.

mod report;
mod take;

use gongqiao_contract::{Code, Lang, Refusal, codes::DivisionCode, id::PartyId};
use gongqiao_domain::decide::Speaker;
use gongqiao_roster::{Context, Format, Limits, Outcome, Roster, Row, read};
use serde::Serialize;
use tokio::sync::mpsc;

pub use gongqiao_contract::view::ImportReport;

use self::{report::Reporter, take::Importer};
use crate::Gate;

/// Rows that are stored in one transaction.
const CHUNK: usize = 500;

/// How a roster is taken in.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The service point.
    pub point: PartyId,
    /// The form of the file.
    pub format: Format,
    /// Say what would happen, row by row, and change nothing.
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

/// Where a row stands: the sheet's number, and the row's.
type Place = (u16, u32);

/// A person of the file, and where the row stands.
struct Standing {
    place: Place,
    row: Row,
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
    let mut roster = parse(gate, options.format, point, bytes).await?;
    let total = roster.rows.len();
    let mut reporter = Reporter::new(options, &mut roster);
    let people = sort_out(roster, &mut reporter);
    let ended = total - people.len();
    let mut importer = Importer::new(gate, speaker, point, reporter);
    for (index, chunk) in people.chunks(CHUNK).enumerate() {
        importer.take(chunk).await?;
        // Why: progress is for whoever watches; nobody may.
        let _ = progress.try_send(Progress { done: ended + (index * CHUNK) + chunk.len(), total });
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

/// Parts people from rows that have ended already, and notes what there is to
/// note.
fn sort_out(roster: Roster, reporter: &mut Reporter) -> Vec<Standing> {
    let mut people = Vec::with_capacity(roster.rows.len());
    for outcome in roster.rows {
        let place = (outcome.sheet, outcome.row);
        match outcome.outcome {
            Outcome::Taken(row) => people.push(Standing { place, row }),
            Outcome::Unverified(row, why) => {
                reporter.unverified(place, &why);
                people.push(Standing { place, row });
            }
            Outcome::Refused(notes) => reporter.refused(place, &notes),
            // Why: of a row that is left out nothing else is of interest.
            Outcome::LeftOut(why) => {
                reporter.left_out(place, &why);
                continue;
            }
        }
        outcome.warnings.iter().for_each(|warning| reporter.warned(place, warning));
    }
    people
}
