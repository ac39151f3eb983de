//! What the keys are for.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use gongqiao_contract::{id::CardId, wire, wire::person_field::Value as Field};
use prost::Message;
use zeroize::Zeroizing;

use crate::{
    access::Recorded,
    error::VaultError,
    keys::{Key, NONCE, decrypt, encrypt, random},
    store::Vault,
};

/// What became of one sealed part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It was opened.
    Person(Fields),
    /// The card has no key: the person was erased, or never was.
    Gone,
    /// It was not sealed for this card, or was changed since.
    Forged,
}

impl Opened {
    /// The fields, if it was opened.
    pub fn fields(&self) -> Option<&Fields> {
        match self {
            Self::Person(fields) => Some(fields),
            Self::Gone | Self::Forged => None,
        }
    }

    /// As [`Opened::fields`], for keeps.
    pub fn into_fields(self) -> Option<Fields> {
        match self {
            Self::Person(fields) => Some(fields),
            Self::Gone | Self::Forged => None,
        }
    }
}

/// Those fields of a person that were asked for. `Debug` names them and
/// shows none; their memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields(BTreeMap<Field, Zeroizing<String>>);

impl Fields {
    /// The value; `None` if it was not asked for or is not known.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(|text| text.as_str())
    }

    fn of(person: wire::Person, wanted: &[Field]) -> Self {
        let wire::Person {
            name,
            citizen_id,
            phone,
            birth_date,
            occupations_as_written,
            phone2,
            emergency_contact,
            emergency_phone,
            citizen_id_as_written,
            availability_as_written,
        } = person;
        // Why: what could not be read nobody asks for; it is wiped all the same.
        drop([citizen_id_as_written, availability_as_written].map(Zeroizing::new));
        let [phone2, emergency_phone] = [phone2, emergency_phone].map(Zeroizing::new);
        let all = [
            (Field::Name, name),
            (Field::CitizenId, citizen_id),
            (Field::Phone, both(phone, &phone2, " / ")),
            (Field::BirthDate, birth_date),
            (Field::OccupationsAsWritten, occupations_as_written),
            (Field::EmergencyContact, both(emergency_contact, &emergency_phone, " ")),
        ];
        // Why: first into wiping memory, also those that nobody asked for.
        let all = all.map(|(field, text)| (field, Zeroizing::new(text)));
        let asked =
            |(field, text): &(Field, Zeroizing<String>)| wanted.contains(field) && !text.is_empty();
        Self(all.into_iter().filter(asked).collect())
    }
}

/// Two texts as one, if there are two.
fn both(first: String, second: &str, between: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (_, true) => first,
        (true, false) => second.to_owned(),
        (false, false) => [&first, between, second].concat(),
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Vault {
    /// Seals a person for a card, with XChaCha20-Poly1305 under the person's
    /// key, bound to the card's id. Blocks on the disk.
    ///
    /// # Errors
    /// [`VaultError::Unknown`] for a card without a key; or the vault fails.
    pub fn seal(&self, card: &CardId, person: &wire::Person) -> Result<wire::Sealed, VaultError> {
        let sealed = self.seal_many(&[(card, person)])?.pop().flatten();
        sealed.ok_or_else(|| VaultError::Unknown { owner: card.to_string() })
    }

    /// [`Vault::seal`] for many, in their order; `None` for a card without a
    /// key, as of somebody erased meanwhile. Blocks on the disk.
    ///
    /// # Errors
    /// The vault fails.
    pub fn seal_many(
        &self,
        people: &[(&CardId, &wire::Person)],
    ) -> Result<Vec<Option<wire::Sealed>>, VaultError> {
        let keys = self.person_keys(people.iter().map(|(card, _)| *card))?;
        let sealed = people
            .iter()
            .zip(keys)
            .map(|((card, person), key)| key.map(|key| seal_one(card, &key, person)).transpose());
        sealed.collect()
    }

    /// Opens what may be opened, as the record of it proves.
    pub(crate) fn open_sealed(
        &self,
        _proof: &Recorded,
        items: &[(CardId, wire::Sealed)],
        wanted: &[Field],
    ) -> Result<Vec<Opened>, VaultError> {
        let keys = self.person_keys(items.iter().map(|(card, _)| card))?;
        let opened = items.iter().zip(keys).map(|((card, sealed), key)| match key {
            None => Opened::Gone,
            Some(key) => match open_one(card, &key, sealed) {
                None => Opened::Forged,
                Some(person) => Opened::Person(Fields::of(person, wanted)),
            },
        });
        Ok(opened.collect())
    }
}

fn seal_one(card: &CardId, key: &Key, person: &wire::Person) -> Result<wire::Sealed, VaultError> {
    seal_bound(key, card.as_str(), person)
}

fn open_one(card: &CardId, key: &Key, sealed: &wire::Sealed) -> Option<wire::Person> {
    open_bound(key, card.as_str(), sealed)
}

/// Seals a message so that it opens with this key and these words alone.
pub(crate) fn seal_bound(
    key: &Key,
    bound_to: &str,
    message: &impl Message,
) -> Result<wire::Sealed, VaultError> {
    let plain = Zeroizing::new(message.encode_to_vec());
    let nonce: Zeroizing<[u8; NONCE]> = random()?;
    let ciphertext = encrypt(key, &nonce, bound_to.as_bytes(), &plain)
        .ok_or_else(|| VaultError::Damaged { card: bound_to.to_owned() })?;
    Ok(wire::Sealed { nonce: Bytes::copy_from_slice(&*nonce), ciphertext: ciphertext.into() })
}

/// Undoes [`seal_bound`].
pub(crate) fn open_bound<M: Message + Default>(
    key: &Key,
    bound_to: &str,
    sealed: &wire::Sealed,
) -> Option<M> {
    let nonce: &[u8; NONCE] = sealed.nonce.as_ref().try_into().ok()?;
    let plain = decrypt(key, nonce, bound_to.as_bytes(), &sealed.ciphertext)?;
    M::decode(plain.as_slice()).ok()
}
