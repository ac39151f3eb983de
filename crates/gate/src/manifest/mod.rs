//! A dispatch roster (输送花名册) comes in: each of its sheets becomes a group
//! on the way, or more people of one; every row ends as a passenger or with
//! its reason, and one bad row never stops the others.
//!
//! The same roster again changes nothing: its people are found in their group.
//! So a roster can be corrected where rows were refused, and sent again whole.

mod ask;
mod people;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    Code, Kind, Lang, Refusal,
    id::{CardId, DispatchId, VacancyId},
    view::DispatchReport,
    wire::{self, record_dispatch_event, travel_mode::Value as Mode},
};
use gongqiao_domain::{
    decide::{Command, MAX_CARDS, Speaker},
    entity::instant,
};
use gongqiao_roster::{
    Format, Limits,
    manifest::{Column, Group, Manifest, ManifestContext, PersonRow, Traveller, Vehicle, read},
};
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use self::{
    people::{Found, People},
    report::Reporter,
};
use crate::{
    Gate, age,
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
    /// When they should arrive, whatever the roster says.
    pub(crate) arrives_at: Option<OffsetDateTime>,
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
        today: beijing::date(gate.api.clock.now()),
        rule: gate.rule,
        limits: Limits { file_bytes: gate.upload_limit, rows: MOST_ROWS, ..Limits::default() },
    };
    let format = options.format;
    let reading = tokio::task::spawn_blocking(move || read(&bytes, format, &context));
    let manifest: Manifest = reading.await.map_err(|_| Refusal::new(Code::Internal))??;
    let people = People::look(gate, speaker, &options.vacancy, &manifest).await?;
    let reporter = Reporter::new(options, &manifest);
    let mut importer = Importer { gate, speaker, options, people, reporter };
    for group in &manifest.groups {
        importer.take(group).await?;
    }
    Ok(importer.reporter.finish())
}

struct Importer<'a> {
    gate: &'a Gate,
    speaker: &'a Speaker,
    options: &'a ManifestOptions,
    people: People,
    reporter: Reporter,
}

/// A sheet's people who go one way, and which: most sheets know one.
struct Way<'g> {
    group: &'g Group,
    mode: Mode,
}

/// Who is to travel, by row.
struct Newcomer<'g> {
    row: u32,
    card: CardId,
    who: &'g Traveller,
}

/// Those of a sheet who go the same way.
#[derive(Default)]
struct Party<'g> {
    newcomers: Vec<Newcomer<'g>>,
    /// Rows of people who travel already, and with which group.
    travelling: Vec<(u32, DispatchId)>,
}

/// Whether the group of a sheet stands already.
enum Known {
    No,
    One(DispatchId),
    Several,
}

/// What is asked for people.
enum Step<'w> {
    Open(&'w Way<'w>),
    Join(DispatchId, Option<wire::Stop>),
}

/// What came of it.
struct Came {
    /// `None` for a group that a dry run would open.
    dispatch: Option<DispatchId>,
    warnings: Vec<i32>,
}

impl Importer<'_> {
    async fn take(&mut self, group: &Group) -> Result<(), Refusal> {
        self.reporter.sheet(group);
        for (mode, party) in self.parties(group) {
            let way = Way { group, mode };
            match self.known(&way, &party) {
                Known::No => self.open(&way, party.newcomers).await?,
                Known::One(dispatch) => self.join(&way, dispatch, party.newcomers).await?,
                Known::Several => {
                    for one in &party.newcomers {
                        self.refuse(one, "", &Code::ManifestSeveral.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// The sheet's people by the way they go. Who is nobody's to send, or
    /// leaves on another day, is refused here.
    fn parties<'g>(&mut self, group: &'g Group) -> BTreeMap<Mode, Party<'g>> {
        let mut parties: BTreeMap<Mode, Party<'g>> = BTreeMap::new();
        for person in &group.people {
            let Some((who, found)) = self.find(person, group) else { continue };
            let party = parties.entry(who.mode.unwrap_or(ask::mode(group))).or_default();
            match found {
                Found::Promised(card) => {
                    party.newcomers.push(Newcomer { row: person.row, card, who });
                }
                Found::Travels(dispatch) => party.travelling.push((person.row, dispatch)),
            }
        }
        parties
    }

    /// Whom a row names.
    fn find<'g>(&mut self, person: &'g PersonRow, group: &Group) -> Option<(&'g Traveller, Found)> {
        let who = match &person.result {
            Ok(who) => who,
            Err(notes) => {
                self.reporter.refused_row(person.row, notes);
                return None;
            }
        };
        let days = who.departs_on.zip(group.journey.departs_on);
        if self.options.departs_at.is_none() && days.is_some_and(|(one, others)| one != others) {
            let column = Column::Departs.header();
            self.reporter.refused(person.row, column, &Code::ManifestOtherDay.into());
            return None;
        }
        match self.people.find(self.reporter.place(person.row), who) {
            Ok((found, by_name)) => {
                self.reporter.warned(person.row, &person.warnings);
                if by_name {
                    self.reporter.warn(person.row, "", &Code::ManifestByName.into());
                }
                Some((who, found))
            }
            Err(refusal) => {
                self.reporter.refused(person.row, "", &refusal);
                None
            }
        }
    }

    /// The group of a sheet, if it stands already. Whoever travels with another
    /// one is refused, and does not pull the rest along.
    fn known(&mut self, way: &Way<'_>, party: &Party<'_>) -> Known {
        let mut known = BTreeSet::new();
        for (row, dispatch) in &party.travelling {
            if self.is_of(way, party, dispatch) {
                self.reporter.unchanged();
                known.insert(dispatch);
            } else {
                let refusal = Refusal::new(Code::CardOnGroup).with("dispatch", dispatch);
                self.reporter.refused(*row, "", &refusal);
            }
        }
        match (known.pop_first(), known.is_empty()) {
            (None, _) => Known::No,
            (Some(dispatch), true) => Known::One(dispatch.clone()),
            (Some(_), false) => Known::Several,
        }
    }

    /// By the vehicle where both name one; otherwise by the people: not fewer
    /// of the sheet travel with it than are new.
    fn is_of(&self, way: &Way<'_>, party: &Party<'_>, id: &DispatchId) -> bool {
        let city = self.gate.api.live.city();
        let Some(dispatch) = city.dispatch(id).filter(|one| one.opened.mode() == way.mode) else {
            return false;
        };
        let known = dispatch.opened.vehicle.as_ref().map(|one| one.plate.as_str());
        let named = way.vehicle().map(|one| one.plate.as_str());
        match (known.unwrap_or_default(), named.unwrap_or_default()) {
            ("", _) | (_, "") => {
                let with_it = party.travelling.iter().filter(|(_, one)| one == id).count();
                with_it >= party.newcomers.len()
            }
            (known, named) => ask::same_plate(known, named),
        }
    }

    async fn open(
        &mut self,
        way: &Way<'_>,
        mut newcomers: Vec<Newcomer<'_>>,
    ) -> Result<(), Refusal> {
        for one in newcomers.split_off(newcomers.len().min(MAX_CARDS)) {
            let refusal = Refusal::new(Code::ManifestTooMany).with("most", MAX_CARDS);
            self.refuse(&one, "", &refusal);
        }
        if newcomers.is_empty() {
            return Ok(());
        }
        let (ask, notes) = ask::open(self.gate, self.options, way, &newcomers);
        self.reporter.read_as(way.group, &notes);
        let came = self.stored(&Step::Open(way), &mut newcomers).await?;
        self.reporter.stands("opened", came, newcomers.len(), Some(&ask));
        Ok(())
    }

    async fn join(
        &mut self,
        way: &Way<'_>,
        dispatch: DispatchId,
        mut newcomers: Vec<Newcomer<'_>>,
    ) -> Result<(), Refusal> {
        let (stop, notes) = ask::join(self.gate, self.options, way, &dispatch, &newcomers);
        self.reporter.read_as(way.group, &notes);
        if newcomers.is_empty() {
            let came = Came { dispatch: Some(dispatch), warnings: Vec::new() };
            self.reporter.stands("unchanged", Some(came), 0, None);
            return Ok(());
        }
        let step = Step::Join(dispatch, stop);
        let came = self.stored(&step, &mut newcomers).await?;
        self.reporter.stands("joined", came, newcomers.len(), None);
        Ok(())
    }

    /// Has it carried out for as many as possible: whoever stands in the way is
    /// refused, and the others go on. `None` if nobody is left.
    async fn stored(
        &mut self,
        step: &Step<'_>,
        newcomers: &mut Vec<Newcomer<'_>>,
    ) -> Result<Option<Came>, Refusal> {
        while !newcomers.is_empty() {
            let refusal = match self.submit(step, newcomers).await {
                Ok(came) => return Ok(Some(came)),
                Err(refusal) => refusal,
            };
            // Why: then nothing is known of this group. What was stored before
            // stays, and the same file again finds it.
            if matches!(refusal.code.kind(), Kind::Unavailable | Kind::Internal) {
                return Err(refusal);
            }
            let pointer = refusal.pointer.clone().unwrap_or_default();
            match ask::index(&pointer).filter(|index| *index < newcomers.len()) {
                Some(index) => {
                    let one = newcomers.remove(index);
                    self.refuse(&one, "", &refusal);
                }
                None => {
                    for one in newcomers.drain(..) {
                        self.refuse(&one, ask::what(&pointer), &refusal);
                    }
                }
            }
        }
        Ok(None)
    }

    async fn submit(&self, step: &Step<'_>, newcomers: &[Newcomer<'_>]) -> Result<Came, Refusal> {
        match step {
            Step::Open(way) => self.submit_open(way, newcomers).await,
            Step::Join(dispatch, stop) => {
                let cards = newcomers.iter().map(|one| one.card.to_string()).collect();
                let join = record_dispatch_event::Join { cards, stop: stop.clone() };
                let ask = wire::RecordDispatchEvent {
                    event: Some(record_dispatch_event::Event::Join(join)),
                    ..Default::default()
                };
                let departs_at = {
                    let city = self.gate.api.live.city();
                    let known = city.dispatch(dispatch);
                    known.and_then(|one| one.opened.departs_at.as_ref().map(instant))
                };
                let command = Command::RecordDispatchEvent { dispatch: dispatch.clone(), ask };
                let came = self.carry_out(command, departs_at, newcomers).await?;
                Ok(Came { dispatch: Some(dispatch.clone()), ..came })
            }
        }
    }

    async fn submit_open(
        &self,
        way: &Way<'_>,
        newcomers: &[Newcomer<'_>],
    ) -> Result<Came, Refusal> {
        let (ask, _) = ask::open(self.gate, self.options, way, newcomers);
        let departs_at = ask.departs_at.as_ref().map(instant);
        let Some(crew) = way.vehicle().and_then(ask::crew) else {
            let command = Command::OpenDispatch { ask, crew: None };
            return self.carry_out(command, departs_at, newcomers).await;
        };
        if self.options.dry_run {
            let crew = Some(crew::unsealed(self.gate, &crew)?);
            let command = Command::OpenDispatch { ask, crew };
            return self.carry_out(command, departs_at, newcomers).await;
        }
        let sealed = crew::seal(self.gate, crew).await?;
        let dispatch = sealed.dispatch.clone();
        let command = Command::OpenDispatch { ask, crew: Some(sealed) };
        let opened = self.accepted(command, departs_at, newcomers).await;
        crew::forget_unless_opened(self.gate, dispatch, &opened).await;
        opened.map(Came::of)
    }

    async fn carry_out(
        &self,
        command: Command,
        departs_at: Option<OffsetDateTime>,
        newcomers: &[Newcomer<'_>],
    ) -> Result<Came, Refusal> {
        if !self.options.dry_run {
            return self.accepted(command, departs_at, newcomers).await.map(Came::of);
        }
        let told =
            self.gate.committer.would(&self.knowing(command, departs_at, newcomers).await?)?;
        Ok(Came { dispatch: None, warnings: told.warnings })
    }

    async fn accepted(
        &self,
        command: Command,
        departs_at: Option<OffsetDateTime>,
        newcomers: &[Newcomer<'_>],
    ) -> Result<Accepted, Refusal> {
        let submission = self.knowing(command, departs_at, newcomers).await?;
        self.gate.committer.submit(submission).await
    }

    /// The command, with the ages of whoever may be too young.
    async fn knowing(
        &self,
        command: Command,
        departs_at: Option<OffsetDateTime>,
        newcomers: &[Newcomer<'_>],
    ) -> Result<Submission, Refusal> {
        let (speaker, vacancy) = (self.speaker, &self.options.vacancy);
        let cards = newcomers.iter().map(|one| one.card.as_str());
        let ages = age::look(self.gate, speaker, vacancy, departs_at, cards).await?;
        Ok(Submission { ages, ..Submission::of_ours(speaker, command) })
    }

    fn refuse(&mut self, one: &Newcomer<'_>, column: &str, why: &Refusal) {
        self.people.forget(&one.card);
        self.reporter.refused(one.row, column, why);
    }
}

impl Way<'_> {
    /// Whoever travels alone has no vehicle of the group.
    fn vehicle(&self) -> Option<&Vehicle> {
        self.group.vehicle.as_ref().filter(|_| self.mode != Mode::Alone)
    }
}

impl Came {
    fn of(accepted: Accepted) -> Self {
        Self { dispatch: accepted.entity.parse().ok(), warnings: accepted.told.warnings }
    }
}
