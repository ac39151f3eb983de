//! What is sealed beside a person: notes of a case, the crew of a dispatch.

use gongqiao_contract::{
    id::{CardId, DispatchId},
    wire::{self, person_field::Value as Field},
};
use prost::Message;

use crate::{
    access::Recorded,
    error::VaultError,
    seal::{open_bound, seal_bound},
    store::Vault,
};

/// Under whose key something is sealed; with the key it becomes unreadable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A person.
    Card(CardId),
    /// A group on the way; [`Vault::enrol_dispatch`] gives it a key.
    Dispatch(DispatchId),
}

impl Owner {
    /// The person, if it is one.
    pub(crate) fn card(&self) -> Option<&CardId> {
        match self {
            Self::Card(card) => Some(card),
            Self::Dispatch(_) => None,
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Card(card) => card.as_str(),
            Self::Dispatch(dispatch) => dispatch.as_str(),
        }
    }
}

/// A message that stands sealed only.
pub trait Secret: Message + Default + 'static {
    /// Sealed with it, so that one kind is never opened as another.
    const KIND: &'static str;
    /// What an access record calls it.
    const FIELD: Field;
}

impl Secret for wire::Note {
    const KIND: &'static str = "note";
    const FIELD: Field = Field::Note;
}

impl Secret for wire::Crew {
    const KIND: &'static str = "crew";
    const FIELD: Field = Field::Crew;
}

impl Vault {
    /// Seals a message under its owner's key, bound to the owner's id and the
    /// kind of message. Blocks on the disk.
    ///
    /// # Errors
    /// [`VaultError::Unknown`] for an owner without a key; or the vault fails.
    pub fn seal_message<S: Secret>(
        &self,
        owner: &Owner,
        message: &S,
    ) -> Result<wire::Sealed, VaultError> {
        let key = self.owner_keys(std::iter::once(owner.as_str()))?.pop().flatten();
        let key = key.ok_or_else(|| VaultError::Unknown { owner: owner.as_str().to_owned() })?;
        seal_bound(&key, &binding::<S>(owner), message)
    }

    /// Opens what may be opened, as the record of it proves.
    pub(crate) fn open_secrets<S: Secret>(
        &self,
        _proof: &Recorded,
        items: &[(Owner, wire::Sealed)],
    ) -> Result<Vec<Option<S>>, VaultError> {
        let keys = self.owner_keys(items.iter().map(|(owner, _)| owner.as_str()))?;
        let opened = items
            .iter()
            .zip(keys)
            .map(|((owner, sealed), key)| open_bound(&key?, &binding::<S>(owner), sealed));
        Ok(opened.collect())
    }
}

fn binding<S: Secret>(owner: &Owner) -> String {
    format!("{} {}", owner.as_str(), S::KIND)
}
