//! Whom the rows name: by the ID, or else by name among those who are promised.
//!
//! The register's name is compared with the roster's, since a column that was
//! sorted apart from the others puts one person's ID beside another's name.

use std::collections::{HashMap, HashSet};

use gongqiao_contract::{
    Code, Refusal,
    codes::CitizenId,
    id::{CardId, DispatchId, VacancyId},
    wire::{access_purpose, person_field::Value as Field, placement_state::Value as State},
};
use gongqiao_domain::decide::{Speaker, serves_division};
use gongqiao_roster::{
    manifest::{Manifest, Traveller},
    same_name,
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

/// The people of a roster, looked up at once.
pub(super) struct People {
    /// Whose ID it is, of the IDs that stand in the roster.
    by_id: HashMap<CitizenId, CardId>,
    /// The promised people of the points that the speaker serves.
    promised: HashMap<CardId, Promised>,
    /// Who stands in the registers that the speaker serves, of `by_id`.
    served: HashSet<CardId>,
    /// In which row somebody was met first.
    met: HashMap<CardId, u32>,
}

struct Promised {
    /// `None` for somebody who was erased meanwhile.
    person: Option<Fields>,
    dispatch: Option<DispatchId>,
}

impl People {
    /// Looks people up, and opens the names of those who are promised: the
    /// desk's own people, with a record.
    pub(super) async fn look(
        gate: &Gate,
        speaker: &Speaker,
        vacancy: &VacancyId,
        manifest: &Manifest,
    ) -> Result<Self, Refusal> {
        let by_id = by_id(gate, manifest).await?;
        let (promised, served) = {
            let city = gate.api.live.city();
            let register = gate.api.live.register();
            let serves = |card: &CardId| {
                register.get(card).is_some_and(|known| serves_division(&speaker.party, known.point))
            };
            let seats = city.vacancy(vacancy).ok_or(Code::VacancyNotFound)?.seats.keys();
            let promised: Vec<(CardId, Option<DispatchId>)> = seats
                .filter(|card| serves(card))
                .filter_map(|card| {
                    let placement = city.placement(card)?;
                    let is_held = placement.state() == State::Held;
                    (placement.vacancy == *vacancy && (is_held || placement.dispatch.is_some()))
                        .then(|| (card.clone(), placement.dispatch.clone()))
                })
                .collect();
            let served = by_id.values().filter(|card| serves(card)).cloned().collect();
            (promised, served)
        };
        let cards: Vec<CardId> = promised.iter().map(|(card, _)| card.clone()).collect();
        let why = (access_purpose::Value::Dispatch, vacancy.as_str());
        let fields = [Field::Name, Field::Phone];
        let names = people::open(gate, speaker, why, &fields, &cards).await?;
        let promised = promised.into_iter().zip(names);
        let promised = promised
            .map(|((card, dispatch), person)| (card, Promised { person, dispatch }))
            .collect();
        Ok(Self { by_id, promised, served, met: HashMap::new() })
    }

    /// The person of a row, and whether the name alone told who it is.
    pub(super) fn find(&mut self, row: u32, who: &Traveller) -> Result<(Found, bool), Refusal> {
        let (card, by_name) = match &who.citizen_id {
            Some(id) => (self.of_id(id, who)?, false),
            None => (self.of_name(who)?, true),
        };
        if let Some(first) = self.met.get(&card) {
            return Err(Refusal::new(Code::RowDuplicate).with("row", first));
        }
        let promised = self.promised.get(&card).ok_or(Code::CardNotPromised)?;
        let found = match &promised.dispatch {
            Some(dispatch) => Found::Travels(dispatch.clone()),
            None => Found::Promised(card.clone()),
        };
        self.met.insert(card, row);
        Ok((found, by_name))
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
        let named = || self.promised.iter().filter(|(_, one)| one.is_named(&who.name));
        let found = match named().count() {
            0 => return Err(Code::ManifestNobody.into()),
            1 => named().next(),
            _ => {
                let mut by_phone = named().filter(|(_, one)| one.has_phone(&who.phone));
                by_phone.next().filter(|_| by_phone.next().is_none())
            }
        };
        found.map(|(card, _)| card.clone()).ok_or_else(|| Code::ManifestNamesakes.into())
    }
}

impl Promised {
    fn is_named(&self, name: &str) -> bool {
        let known = self.person.as_ref().and_then(|person| person.get(Field::Name));
        known.is_some_and(|known| same_name(known, name))
    }

    fn has_phone(&self, phone: &str) -> bool {
        let known = self.person.as_ref().and_then(|person| person.get(Field::Phone));
        !phone.is_empty() && known == Some(phone)
    }
}

/// The cards of the IDs that stand in the roster.
async fn by_id(gate: &Gate, manifest: &Manifest) -> Result<HashMap<CitizenId, CardId>, Refusal> {
    let rows = manifest.groups.iter().flat_map(|group| &group.people);
    let ids = rows.filter_map(|row| row.result.as_ref().ok()?.citizen_id.clone());
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
