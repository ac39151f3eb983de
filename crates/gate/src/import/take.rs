//! People of a roster into the register: identified, compared, sealed, stored.

use std::collections::{HashMap, HashSet};

use gongqiao_contract::{
    Code, Refusal, SCHEMA,
    codes::DivisionCode,
    id::CardId,
    subject::Entity,
    view::ImportReport,
    wire::{
        self, access_purpose, consent::Value as Consent, person_field::Value as Field, verification,
    },
};
use gongqiao_domain::{
    decide::{Command, Speaker},
    entity::timestamp,
    register::{CardFacets, Consents},
};
use gongqiao_roster::{Column, Note, Row, content, name_key, provisional_keys};
use gongqiao_stream::{Outcome, StreamError, StreamName, Write, commit_surely};
use gongqiao_vault::{Claim, VaultError};
use prost::Message as _;
use time::OffsetDateTime;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{
    Place, Standing,
    report::{End, Reporter},
};
use crate::{Gate, commit::Submission, people, transfer};

/// How long a chunk may take, with whatever is in its way.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

pub(super) struct Importer<'a> {
    gate: &'a Gate,
    speaker: &'a Speaker,
    point: DivisionCode,
    reporter: Reporter,
    /// Whose row was met, and where first.
    met: HashMap<CardId, Place>,
    /// People of other points' registers, who are asked for.
    elsewhere: Vec<CardId>,
    register_sequence: u64,
}

/// What is to be done with one row.
enum Fate<'r> {
    Store(End, Card<'r>),
    Same,
    /// The same person as in another row.
    Twice(Place),
    /// Stands with a right ID, which this row lacks.
    Known,
    /// In another point's register.
    Elsewhere(CardId),
    Refused(Code),
}

/// A card to be written.
#[derive(Clone)]
struct Card<'r> {
    row: &'r Row,
    card: CardId,
    /// The version that it replaces; 0 for none.
    expect: u64,
    mac: [u8; 16],
    /// The register has another name for it.
    renamed: bool,
    said: SaidBefore,
}

/// What the row said of consents before, and since when.
#[derive(Clone, Copy, Default)]
struct SaidBefore(Option<(Consents, OffsetDateTime, OffsetDateTime)>);

impl SaidBefore {
    fn of(known: &CardFacets) -> Self {
        let at = |consent| known.said_at(consent);
        Self(Some((known.consents, at(Consent::Matching), at(Consent::Disclosure))))
    }

    /// Since when the roster says what `row` says: what is repeated unchanged
    /// is no new word.
    fn at(self, row: &Row, consent: Consent, now: OffsetDateTime) -> OffsetDateTime {
        let Some((said, matching, disclosure)) = self.0 else { return now };
        if said.has(consent) != row.consents.contains(&consent) {
            return now;
        }
        if consent == Consent::Matching { matching } else { disclosure }
    }
}

impl<'a> Importer<'a> {
    pub(super) fn new(
        gate: &'a Gate,
        speaker: &'a Speaker,
        point: DivisionCode,
        reporter: Reporter,
    ) -> Self {
        Self {
            gate,
            speaker,
            point,
            reporter,
            met: HashMap::new(),
            elsewhere: Vec::new(),
            register_sequence: 0,
        }
    }

    /// Takes in one chunk.
    pub(super) async fn take(&mut self, people: &[Standing]) -> Result<(), Refusal> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Why: each time anew, for whoever was erased meanwhile has another card.
            let cards = self.identify(people).await?;
            let fates = self.compare(people, &cards);
            let fates = self.compare_names(people, fates).await?;
            if self.reporter.is_dry_run() || self.store(&fates, deadline).await? {
                self.report(people, &cards, fates);
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

    /// The cards of the people; on a dry run `None` for somebody new.
    async fn identify(&self, people: &[Standing]) -> Result<Vec<Option<CardId>>, Refusal> {
        let claims: Vec<Claim> = people.iter().map(|one| claim(&one.row)).collect();
        let vault = self.gate.vault.clone();
        let dry_run = self.reporter.is_dry_run();
        let work = tokio::task::spawn_blocking(move || {
            if dry_run {
                return vault.lookup(&claims);
            }
            Ok(vault.enrol(&claims)?.into_iter().map(|one| Some(one.card)).collect())
        });
        work.await.map_err(|_| Refusal::new(Code::Internal))?.map_err(|e| vault_failed(&e))
    }

    fn compare<'r>(&self, people: &'r [Standing], cards: &[Option<CardId>]) -> Vec<Fate<'r>> {
        let mut here: HashMap<&CardId, Place> = HashMap::new();
        let mut fates = Vec::with_capacity(people.len());
        for (Standing { place, row }, card) in people.iter().zip(cards) {
            let before = card
                .as_ref()
                .and_then(|card| self.met.get(card).copied().or_else(|| here.insert(card, *place)));
            fates.push(match before {
                Some(first) => Fate::Twice(first),
                None => self.fate(row, card.as_ref()),
            });
        }
        fates
    }

    fn fate<'r>(&self, row: &'r Row, card: Option<&CardId>) -> Fate<'r> {
        let mac = self.gate.vault.content_mac(&content(row));
        let store = |end, card: CardId, expect, said| {
            Fate::Store(end, Card { row, card, expect, mac, renamed: false, said })
        };
        let first = SaidBefore::default();
        // Why: on a dry run, somebody new has no card yet.
        let Some(card) = card else {
            return store(End::Created, CardId::from_random([0; 16]), 0, first);
        };
        let register = self.gate.api.live.register();
        match register.get(card) {
            None => store(End::Created, card.clone(), 0, first),
            Some(known) if known.point != self.point => Fate::Elsewhere(card.clone()),
            Some(known) if known.read_only => Fate::Refused(Code::NewerSchema),
            Some(known) if known.verified && row.citizen_id.is_none() => Fate::Known,
            Some(known) if *known.content_mac == mac => Fate::Same,
            Some(known) => store(End::Updated, card.clone(), known.sequence, SaidBefore::of(known)),
        }
    }

    /// Looks at the names of those whose card changes: a column that was moved
    /// against the others puts one person's name beside another's ID.
    async fn compare_names<'r>(
        &self,
        people: &[Standing],
        mut fates: Vec<Fate<'r>>,
    ) -> Result<Vec<Fate<'r>>, Refusal> {
        let changes = |fate: &Fate<'_>| match fate {
            Fate::Store(End::Updated, card) => Some(card.card.clone()),
            _ => None,
        };
        let changed: Vec<CardId> = fates.iter().filter_map(changes).collect();
        let why = (access_purpose::Value::Register, self.speaker.party.as_str());
        let opened = people::open(self.gate, self.speaker, why, &[Field::Name], &changed).await?;
        let known = opened.into_iter().map(|one| {
            one.as_ref().and_then(|one| one.get(Field::Name)).map(name_key).unwrap_or_default()
        });
        let known: HashMap<CardId, String> = changed.into_iter().zip(known).collect();
        for (fate, Standing { row, .. }) in fates.iter_mut().zip(people) {
            let Fate::Store(End::Updated, card) = fate else { continue };
            let name = name_key(&row.person.name);
            if known.get(&card.card) == Some(&name) {
                continue;
            }
            if known.iter().any(|(other, known)| *other != card.card && *known == name) {
                *fate = Fate::Refused(Code::RowNamesShifted);
            } else {
                card.renamed = true;
            }
        }
        Ok(fates)
    }

    /// Stores what is new or changed. `false` if somebody else was faster.
    async fn store(&mut self, fates: &[Fate<'_>], deadline: Instant) -> Result<bool, Refusal> {
        let Some(writes) = self.seal(fates).await? else { return Ok(false) };
        if writes.is_empty() {
            return Ok(true);
        }
        let connection = self.gate.api.live.connection();
        let stored = commit_surely(connection, StreamName::Register, &writes, deadline).await;
        match stored.map_err(|e| unavailable(&e))? {
            Outcome::Stored(stored) => {
                self.register_sequence = self.register_sequence.max(stored.last_sequence);
                Ok(true)
            }
            Outcome::Conflict => Ok(false),
        }
    }

    /// `None` if somebody was erased between being identified and being sealed.
    async fn seal(&self, fates: &[Fate<'_>]) -> Result<Option<Vec<Write>>, Refusal> {
        let work: Vec<_> = fates
            .iter()
            .filter_map(|fate| match fate {
                Fate::Store(_, Card { row, card, expect, mac, said, .. }) => {
                    Some(((*row).clone(), card.clone(), *expect, *mac, *said))
                }
                _ => None,
            })
            .collect();
        let vault = self.gate.vault.clone();
        let (actor, now) = (self.speaker.actor(), self.gate.api.clock.now());
        let (cell, point) = (self.gate.api.live.cell(), self.point.to_string());
        let sealing = tokio::task::spawn_blocking(move || {
            let people: Vec<_> = work.iter().map(|(row, card, ..)| (card, &row.person)).collect();
            let sealed = vault.seal_many(&people)?;
            let writes = work.iter().zip(sealed).map(|((row, card, expect, mac, said), person)| {
                let facts = card_of(row, card, &point, mac);
                let card_message = wire::Card {
                    person: Some(person?),
                    updated_at: Some(timestamp(now)),
                    actor: Some(actor.clone()),
                    matching_said_at: Some(timestamp(said.at(row, Consent::Matching, now))),
                    disclosure_said_at: Some(timestamp(said.at(row, Consent::Disclosure, now))),
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
        let sealed: Result<Option<Vec<Write>>, VaultError> =
            sealing.await.map_err(|_| Refusal::new(Code::Internal))?;
        sealed.map_err(|e| vault_failed(&e))
    }

    fn report(&mut self, people: &[Standing], cards: &[Option<CardId>], fates: Vec<Fate<'_>>) {
        for ((Standing { place, row }, card), fate) in people.iter().zip(cards).zip(fates) {
            let verified = row.citizen_id.is_some();
            match fate {
                Fate::Store(end, card) => {
                    if card.renamed {
                        let refusal = Code::RowNameChanged.into();
                        let note = Note { column: Some(Column::Name), refusal };
                        self.reporter.warned(*place, &note);
                    }
                    self.reporter.stands(*place, end, verified);
                }
                Fate::Same => self.reporter.stands(*place, End::Unchanged, verified),
                Fate::Twice(first) => {
                    let why = self.reporter.duplicate(first, *place);
                    self.reporter.left_out(*place, &why);
                }
                Fate::Known => self.reporter.left_out(*place, &Code::RowKnown.into()),
                Fate::Elsewhere(card) => {
                    self.reporter.left_out(*place, &Code::RowElsewhere.into());
                    self.elsewhere.push(card);
                }
                Fate::Refused(code) => self.reporter.refused_person(*place, code),
            }
            if let Some(card) = card {
                self.met.entry(card.clone()).or_insert(*place);
            }
        }
    }

    /// Records the import, and waits until it can be read here.
    pub(super) async fn finish(mut self) -> Result<ImportReport, Refusal> {
        self.look_for_absent();
        self.name_absent().await;
        if self.reporter.is_dry_run() {
            return Ok(self.reporter.finish());
        }
        let report = self.reporter.so_far();
        let imported = wire::RosterImported {
            point: report.point.clone(),
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            refused: report.refused,
            register_sequence: self.register_sequence,
            unverified: report.unverified,
            left_out: report.left_out_rows,
            absent: report.absent.count,
        };
        let submission = Submission::of_ours(self.speaker, Command::RecordImport(imported));
        let sequence = self.gate.committer.submit(submission).await?.sequence;
        transfer::request(self.gate, self.speaker, &self.speaker.party, &self.elsewhere).await?;
        let patience = self.gate.api.patience;
        self.gate.api.live.wait_cards(self.register_sequence, patience).await?;
        Ok(ImportReport { sequence: Some(sequence), ..self.reporter.finish() })
    }

    /// People of this register whom the file lacks. They stay as they are:
    /// a roster may be one page of many.
    fn look_for_absent(&mut self) {
        let met: HashSet<&CardId> = self.met.keys().collect();
        let register = self.gate.api.live.register();
        let cards = register.of_point(self.point).map(|known| &known.card);
        self.reporter.absent(cards.filter(|card| !met.contains(card)).cloned());
    }

    /// Why: a clerk knows people by name. Without the names, if they can't be
    /// opened just now: the rows have ended as they have.
    async fn name_absent(&mut self) {
        let absent = &self.reporter.so_far().absent.people;
        let cards: Vec<CardId> = absent.iter().filter_map(|one| one.card.parse().ok()).collect();
        let why = (access_purpose::Value::Register, self.speaker.party.as_str());
        let opened = people::open(self.gate, self.speaker, why, &[Field::Name], &cards).await;
        let names = opened.unwrap_or_default().into_iter();
        self.reporter.name_absent(
            names.map(|person| person.and_then(|one| one.get(Field::Name).map(str::to_owned))),
        );
    }
}

/// Who the row says it is.
fn claim(row: &Row) -> Claim {
    let keys = provisional_keys(row);
    Claim {
        citizen_id: row.citizen_id.clone(),
        provisional: keys.iter().map(|key| Zeroizing::new(key.expose().to_owned())).collect(),
    }
}

/// The readable side of a card.
fn card_of(row: &Row, card: &CardId, point: &str, mac: &[u8]) -> wire::Card {
    let verification = match row.citizen_id {
        Some(_) => verification::Value::Verified,
        None => verification::Value::Unverified,
    };
    wire::Card {
        card: card.to_string(),
        point: point.to_owned(),
        home: row.home.to_string(),
        verification: verification.into(),
        birth_year: u32::from(row.birth_year),
        skills: row.skills.clone(),
        wage_expected_yuan: row.wage_expected_yuan,
        available_from: row.available_from.to_string(),
        destinations: row.destinations.iter().map(ToString::to_string).collect(),
        consents: row.consents.iter().map(|c| *c as i32).collect(),
        content_mac: mac.to_vec().into(),
        min_reader: SCHEMA,
        poverty_lifted: row.poverty_lifted,
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
