//! A dispatch roster (输送花名册) comes in: each of its sheets becomes a group
//! on the way, or more people of one; every row ends as a passenger or with
//! its reason, and one bad row never stops the others.
//!
//! The same roster again changes nothing: its people are found in their group.
//! So a roster can be corrected where rows were refused, and sent again whole.

mod ask;
mod people;
mod report;

use std::collections::HashMap;

use gongqiao_contract::{
    Code, Kind, Lang, Refusal,
    id::{CardId, DispatchId, VacancyId},
    view::DispatchReport,
    wire::{self, record_dispatch_event},
};
use gongqiao_domain::decide::{Command, Speaker};
use gongqiao_roster::{
    Format, Limits,
    manifest::{Group, Manifest, ManifestContext, PersonRow, Traveller, read},
};
use time::OffsetDateTime;

use self::{
    people::{Found, People},
    report::Reporter,
};
use crate::{
    Gate,
    commit::{Accepted, Submission},
    crew,
};

/// Rows of one roster.
const MOST_ROWS: u32 = 2_000;

/// How a dispatch roster is taken in.
#[derive(Debug, Clone)]
pub(crate) struct ManifestOptions {
    /// The vacancy for which people travel.
    pub(crate) vacancy: VacancyId,
    /// The form of the file.
    pub(crate) format: Format,
    /// Say what would happen, row by row, and change nothing.
    pub(crate) dry_run: bool,
    /// When the groups leave, whatever the roster says.
    pub(crate) departs_at: Option<OffsetDateTime>,
    /// Language of the reasons.
    pub(crate) lang: Lang,
}

/// Takes in a dispatch roster of the speaker's point.
///
/// # Errors
/// A refusal of the whole file. Groups that were opened before something broke
/// stay, and the same file again finds them.
pub(crate) async fn import(
    gate: &Gate,
    speaker: &Speaker,
    options: &ManifestOptions,
    bytes: bytes::Bytes,
) -> Result<DispatchReport, Refusal> {
    let context = ManifestContext {
        today: gongqiao_shell::beijing::date(gate.api.clock.now()),
        rule: gate.rule,
        limits: Limits { file_bytes: gate.upload_limit, rows: MOST_ROWS, ..Limits::default() },
    };
    let format = options.format;
    let reading = tokio::task::spawn_blocking(move || read(&bytes, format, &context));
    let manifest: Manifest = reading.await.map_err(|_| Refusal::new(Code::Internal))??;
    let mut reporter = Reporter::new(options, &manifest);
    let mut people = People::look(gate, speaker, &options.vacancy, &manifest).await?;
    for group in &manifest.groups {
        let importer = Importer { gate, speaker, options, group };
        importer.take(&mut people, &mut reporter).await?;
    }
    Ok(reporter.finish())
}

/// One sheet on its way in.
struct Importer<'a> {
    gate: &'a Gate,
    speaker: &'a Speaker,
    options: &'a ManifestOptions,
    group: &'a Group,
}

/// Who is to travel, by row.
struct Newcomer<'g> {
    row: u32,
    card: CardId,
    who: &'g Traveller,
}

impl Importer<'_> {
    async fn take(&self, people: &mut People, reporter: &mut Reporter) -> Result<(), Refusal> {
        reporter.group(self.group);
        let mut newcomers = Vec::new();
        // Why: whose people travel already, and in which rows they stand.
        let mut on: HashMap<DispatchId, u32> = HashMap::new();
        for person in &self.group.people {
            let Some((who, found)) = self.find(people, person, reporter) else { continue };
            match found {
                Found::Promised(card) => newcomers.push(Newcomer { row: person.row, card, who }),
                Found::Travels(dispatch) => {
                    reporter.unchanged();
                    *on.entry(dispatch).or_default() += 1;
                }
            }
        }
        let known = on.keys().next().cloned();
        match (known, on.len()) {
            (known, 0 | 1) if newcomers.is_empty() => {
                // Why: of a sheet in which every row was refused, the rows say why.
                if known.is_some() {
                    reporter.stands(None, known, "unchanged", &[]);
                }
                Ok(())
            }
            (None, _) => self.open(&newcomers, reporter).await,
            (Some(dispatch), 1) => self.join(dispatch, &newcomers, reporter).await,
            (Some(_), _) => {
                for one in &newcomers {
                    reporter.refused(one.row, None, &Code::ManifestSeveral.into());
                }
                reporter.stands(None, None, "refused", &[]);
                Ok(())
            }
        }
    }

    /// Whom a row names. Who is nobody's to send is refused here.
    fn find<'g>(
        &'g self,
        people: &mut People,
        person: &'g PersonRow,
        reporter: &mut Reporter,
    ) -> Option<(&'g Traveller, Found)> {
        let who = match &person.result {
            Ok(who) => who,
            Err(notes) => {
                reporter.refused_row(person.row, notes);
                return None;
            }
        };
        match people.find(person.row, who) {
            Ok((found, by_name)) => {
                reporter.warned(person.row, &person.warnings);
                if by_name {
                    reporter.warn(person.row, &Code::ManifestByName.into());
                }
                Some((who, found))
            }
            Err(refusal) => {
                reporter.refused(person.row, None, &refusal);
                None
            }
        }
    }

    async fn open(
        &self,
        newcomers: &[Newcomer<'_>],
        reporter: &mut Reporter,
    ) -> Result<(), Refusal> {
        let (ask, notes) = ask::open(self.gate, self.options, self.group, newcomers);
        reporter.read_as(self.group, &notes);
        let opened = self.submit_open(&ask).await;
        Self::ended(opened, Way { outcome: "opened", ask: Some(&ask), newcomers }, reporter)
    }

    async fn submit_open(&self, ask: &wire::OpenDispatch) -> Result<Came, Refusal> {
        let ask = ask.clone();
        let Some(crew) = self.group.vehicle.as_ref().and_then(ask::crew) else {
            return self.submit(Command::OpenDispatch { ask, crew: None }).await;
        };
        if self.options.dry_run {
            let crew = Some(crew::unsealed(self.gate, &crew)?);
            return self.submit(Command::OpenDispatch { ask, crew }).await;
        }
        let sealed = crew::seal(self.gate, crew).await?;
        let dispatch = sealed.dispatch.clone();
        let command = Command::OpenDispatch { ask, crew: Some(sealed) };
        let opened = self.gate.committer.submit(Submission::of_ours(self.speaker, command)).await;
        crew::forget_unless_opened(self.gate, dispatch, &opened).await;
        opened.map(Came::of)
    }

    async fn join(
        &self,
        dispatch: DispatchId,
        newcomers: &[Newcomer<'_>],
        reporter: &mut Reporter,
    ) -> Result<(), Refusal> {
        let cards = newcomers.iter().map(|one| one.card.to_string()).collect();
        let join = record_dispatch_event::Join { cards, stop: None };
        let ask = wire::RecordDispatchEvent {
            event: Some(record_dispatch_event::Event::Join(join)),
            ..Default::default()
        };
        let command = Command::RecordDispatchEvent { dispatch: dispatch.clone(), ask };
        let joined = self.submit(command).await;
        let joined = joined.map(|came| Came { dispatch: Some(dispatch), ..came });
        Self::ended(joined, Way { outcome: "joined", ask: None, newcomers }, reporter)
    }

    async fn submit(&self, command: Command) -> Result<Came, Refusal> {
        let submission = Submission::of_ours(self.speaker, command);
        if self.options.dry_run {
            let told = self.gate.committer.would(&submission)?;
            return Ok(Came { dispatch: None, warnings: told.warnings });
        }
        self.gate.committer.submit(submission).await.map(Came::of)
    }

    /// Enters how the group as a whole ended, and with it its newcomers.
    fn ended(
        ended: Result<Came, Refusal>,
        way: Way<'_>,
        reporter: &mut Reporter,
    ) -> Result<(), Refusal> {
        match ended {
            Ok(came) => {
                reporter.listed(way.newcomers.len());
                reporter.stands(way.ask, came.dispatch, way.outcome, &came.warnings);
                Ok(())
            }
            // Why: nothing is known of this group then. What was stored before
            // stays, and the same file again finds it.
            Err(refusal) if matches!(refusal.code.kind(), Kind::Unavailable | Kind::Internal) => {
                Err(refusal)
            }
            Err(refusal) => {
                reporter.refused_group(way.newcomers, &refusal);
                reporter.stands(way.ask, None, "refused", &[]);
                Ok(())
            }
        }
    }
}

/// How a sheet was to be taken in.
struct Way<'a> {
    outcome: &'static str,
    ask: Option<&'a wire::OpenDispatch>,
    newcomers: &'a [Newcomer<'a>],
}

/// What came of a sheet.
struct Came {
    /// `None` for a group that a dry run would open.
    dispatch: Option<DispatchId>,
    warnings: Vec<i32>,
}

impl Came {
    fn of(accepted: Accepted) -> Self {
        Self { dispatch: accepted.entity.parse().ok(), warnings: accepted.told.warnings }
    }
}
