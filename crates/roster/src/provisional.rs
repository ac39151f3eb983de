//! By what somebody is known again whose ID can't be read.

use std::fmt;

use gongqiao_contract::codes::IdStart;
use zeroize::Zeroize;

use crate::{
    row::Row,
    text::{half_width, is_blank},
};

/// What stands in for an ID: the name with what can be read of the ID, or
/// with the phone number. For a keyed hash, never to be stored in clear.
///
/// Neither `Display` nor `Debug` shows it, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Provisional(String);

impl Provisional {
    pub(crate) fn by_start(name: &str, start: &str) -> Self {
        Self::new(name, 'D', start)
    }

    pub(crate) fn by_phone(name: &str, phone: &str) -> Self {
        Self::new(name, 'P', phone)
    }

    fn new(name: &str, what: char, with: &str) -> Self {
        let mut key = String::with_capacity(name.len() + with.len() + 2);
        key.extend(compared(name));
        key.extend(['\u{1F}', what]);
        key.push_str(with);
        Self(key)
    }

    /// The key itself. Whoever calls this takes care of where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Provisional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provisional(…)")
    }
}

impl Drop for Provisional {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What two names have in common that are one, as a clerk would say.
pub fn name_key(name: &str) -> String {
    compared(name).collect()
}

/// Names are compared without the blanks that people put between two
/// characters, and whatever dot they use in transcribed ones.
fn compared(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|c| !is_blank(*c)).map(half_width).map(|c| match c {
        '•' | '・' | '‧' | '．' | '.' | '●' | '∙' => '·',
        c => c.to_ascii_lowercase(),
    })
}

/// The keys under which the person may stand already without a right ID. Of
/// somebody unverified it is the one key; of somebody verified those that the
/// person could have had before.
pub fn provisional_keys(row: &Row) -> Vec<Provisional> {
    let Some(id) = &row.citizen_id else { return row.provisional.iter().cloned().collect() };
    let mut keys = vec![Provisional::by_start(&row.person.name, IdStart::expose(&id.start()))];
    if !row.person.phone.is_empty() {
        keys.push(Provisional::by_phone(&row.person.name, &row.person.phone));
    }
    keys
}
