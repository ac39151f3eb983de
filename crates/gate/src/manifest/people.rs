//! Whom the rows name: by the ID, or else by name among those who are promised.
//!
//! The register's name is compared with the roster's, since a column that was
//! sorted apart from the others puts one person's ID beside another's name.

use std::collections::{HashMap, HashSet};

use gongqiao_contract::{
    Code, Refusal,
    codes::CitizenId,
    id::{CardId, DispatchId, PartyId, VacancyId},
    wire::{access_purpose, person_field::Value as Field, placement_state::Value as State},
};
use gongqiao_domain::decide::{Speaker, serves, serves_division};
use gongqiao_roster::{
    manifest::{Manifest, Traveller},
    name_key,
};
use gongqiao_vault::{Claim, Fields, VaultError};

use crate::{Gate, people};

/// Somebody who can travel for the vacancy, or does.
pub(super) enum Found {
    /// Promised, and in no group yet.
    Promised(CardId),
    /// In this group already.
    Travels(DispatchId),
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sheet: String,
    pub(super) row: u32,
}

/// The people of a roster, looked up at once.
pub(super) struct People {
    /// Whose ID it is, of the IDs that stand in the roster.
    by_id: HashMap<CitizenId, CardId>,
    /// The promised people of the points that the speaker serves.
    promised: HashMap<CardId, Promised>,
    /// The same by their names.
    by_name: HashMap<String, Vec<CardId>>,
    /// Who stands in the registers that the speaker serves, of `by_id`.
    served: HashSet<CardId>,
    /// In which row somebody was met first.
    met: HashMap<CardId, Place>,
}

struct Promised {
    /// `None` for somebody who was erased meanwhile, or whom no row can mean.
    person: Option<Fields>,
    dispatch: Option<DispatchId>,
}

impl People {
    /// Looks people up, and opens the names of those who are promised and may
    /// be meant: the desk's own people, with a record.
    ///
    /// # Errors
    /// The vacancy is none that the speaker was asked for; or names can't be
    /// opened just now.
    pub(super) async fn look(
        gate: &Gate,
        speaker: &Speaker,
        vacancy: &VacancyId,
        manifest: &Manifest,
    ) -> Result<Self, Refusal> {
        was_asked(gate, speaker, vacancy)?;
        let by_id = by_id(gate, manifest).await?;
        let promised = promised(gate, speaker, vacancy);
        let served = {
            let register = gate.api.live.register();
            let serves = |card: &&CardId| {
                register.get(card).is_some_and(|one| serves_division(&speaker.party, one.point))
            };
            by_id.values().filter(serves).cloned().collect()
        };
        // Why: nobody's name is opened whom no row can mean.
        let any_by_name = travellers(manifest).any(|who| who.citizen_id.is_none());
        let named: HashSet<&CardId> = by_id.values().collect();
        let meant = promised.keys().filter(|card| any_by_name || named.contains(card));
        let cards: Vec<CardId> = meant.cloned().collect();
        let why = (access_purpose::Value::Dispatch, vacancy.as_str());
        let fields = [Field::Name, Field::Phone];
        let opened = people::open(gate, speaker, why, &fields, &cards).await?;
        let mut people =
            Self { by_id, promised, by_name: HashMap::new(), served, met: HashMap::new() };
        for (card, person) in cards.into_iter().zip(opened) {
            people.name(card, person);
        }
        Ok(people)
    }

    fn name(&mut self, card: CardId, person: Option<Fields>) {
        if let Some(name) = person.as_ref().and_then(|person| person.get(Field::Name)) {
            self.by_name.entry(name_key(name)).or_default().push(card.clone());
        }
        if let Some(one) = self.promised.get_mut(&card) {
            one.person = person;
        }
    }

    /// The person of a row, and whether the name alone told who it is.
    pub(super) fn find(&mut self, place: Place, who: &Traveller) -> Result<(Found, bool), Refusal> {
        let (card, by_name) = match &who.citizen_id {
            Some(id) => (self.of_id(id, who)?, false),
            None => (self.of_name(who)?, true),
        };
        if let Some(first) = self.met.get(&card) {
            return Err(Refusal::new(Code::RowDuplicate).with("row", first.seen_from(&place)));
        }
        let promised = self.promised.get(&card).ok_or(Code::CardNotPromised)?;
        let found = match &promised.dispatch {
            Some(dispatch) => Found::Travels(dispatch.clone()),
            None => Found::Promised(card.clone()),
        };
        self.met.insert(card, place);
        Ok((found, by_name))
    }

    /// The person was refused after all, and may be meant by another row.
    pub(super) fn forget(&mut self, card: &CardId) {
        self.met.remove(card);
    }

    fn of_id(&self, id: &CitizenId, who: &Traveller) -> Result<CardId, Refusal> {
        // Why: of another point's register nobody learns who stands in it.
        let card = self.by_id.get(id).filter(|card| self.served.contains(*card));
        let card = card.ok_or(Code::ManifestUnknown)?;
        let promised = self.promised.get(card).ok_or(Code::CardNotPromised)?;
        if promised.is_named(&who.name) { Ok(card.clone()) } else { Err(Code::ManifestName.into()) }
    }

    /// The one of this name; of several that with this number.
    fn of_name(&self, who: &Traveller) -> Result<CardId, Refusal> {
        let named = self.by_name.get(&name_key(&who.name)).map(Vec::as_slice).unwrap_or_default();
        let has_phone = |card: &&CardId| {
            let one = self.promised.get(*card);
            one.is_some_and(|one| !who.phone.is_empty() && one.phone() == who.phone)
        };
        match named {
            [] => Err(Code::ManifestNobody.into()),
            [card] if who.phone.is_empty() || has_phone(&card) => Ok(card.clone()),
            [card] if self.promised.get(card).is_none_or(|one| one.phone().is_empty()) => {
                Ok(card.clone())
            }
            [_] => Err(Code::ManifestPhone.into()),
            _ => {
                let mut by_phone = named.iter().filter(has_phone);
                let found = by_phone.next().filter(|_| by_phone.next().is_none());
                found.cloned().ok_or_else(|| Code::ManifestNamesakes.into())
            }
        }
    }
}

impl Promised {
    fn is_named(&self, name: &str) -> bool {
        let known = self.person.as_ref().and_then(|person| person.get(Field::Name));
        known.is_some_and(|known| name_key(known) == name_key(name))
    }

    fn phone(&self) -> &str {
        self.person.as_ref().and_then(|person| person.get(Field::Phone)).unwrap_or_default()
    }
}

impl Place {
    /// With the sheet, where that is another one.
    fn seen_from(&self, other: &Self) -> String {
        if self.sheet == other.sheet {
            self.row.to_string()
        } else {
            format!("{} {}", self.sheet, self.row)
        }
    }
}

fn travellers(manifest: &Manifest) -> impl Iterator<Item = &Traveller> {
    let rows = manifest.groups.iter().flat_map(|group| &group.people);
    rows.filter_map(|row| row.result.as_ref().ok())
}

/// Why: whoever was not asked does not learn that there is such a vacancy.
fn was_asked(gate: &Gate, speaker: &Speaker, vacancy: &VacancyId) -> Result<(), Refusal> {
    let city = gate.api.live.city();
    let signals = city.index.signals_for.get(vacancy).into_iter().flatten();
    let mut points = signals.map(|signal| &signal.point);
    if points.any(|point: &PartyId| serves(&speaker.party, point)) {
        Ok(())
    } else {
        Err(Code::VacancyNotFound.into())
    }
}

/// Who is promised to the vacancy, of the speaker's people, and travels not at
/// all or for it.
fn promised(gate: &Gate, speaker: &Speaker, vacancy: &VacancyId) -> HashMap<CardId, Promised> {
    let (city, register) = (gate.api.live.city(), gate.api.live.register());
    let seats = city.vacancy(vacancy).into_iter().flat_map(|vacancy| vacancy.seats.keys());
    let one = |card: &CardId| {
        let known = register.get(card)?;
        let placement = city.placement(card).filter(|one| one.vacancy == *vacancy)?;
        let can = placement.state() == State::Held || placement.dispatch.is_some();
        (can && serves_division(&speaker.party, known.point)).then(|| {
            (card.clone(), Promised { person: None, dispatch: placement.dispatch.clone() })
        })
    };
    seats.filter_map(one).collect()
}

/// The cards of the IDs that stand in the roster.
async fn by_id(gate: &Gate, manifest: &Manifest) -> Result<HashMap<CitizenId, CardId>, Refusal> {
    let ids = travellers(manifest).filter_map(|who| who.citizen_id.clone());
    let claims: Vec<Claim> =
        ids.map(|id| Claim { citizen_id: Some(id), provisional: Vec::new() }).collect();
    let vault = gate.vault.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let found = vault.lookup(&claims)?;
        let known = claims.into_iter().zip(found);
        Ok(known.filter_map(|(claim, card)| Some((claim.citizen_id?, card?))).collect())
    });
    let found: Result<_, VaultError> = looking.await.map_err(|_| Refusal::new(Code::Internal))?;
    found.map_err(|e| {
        tracing::error!(code = e.code(), error = %e, "gate.vault");
        Refusal::new(Code::Internal)
    })
}
