//! What a person agrees to in the end: the latest word counts, whether it was
//! recorded as an event or stands in a roster. A roster's row that is repeated
//! unchanged is no new word, so that it undoes nothing.

use gongqiao_contract::{
    id::PartyId,
    wire::{
        consent::Value as Consent, person_field::Value as Field,
        recipient_kind::Value as RecipientKind,
    },
};
use time::OffsetDateTime;

use crate::{
    entity::{Standing, Word},
    matching::fit::Said,
    register::CardFacets,
};

/// Whom the person may be disclosed to.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// What it is.
    pub kind: RecipientKind,
    /// Who it is, where it is a party here.
    pub party: Option<&'a PartyId>,
}

/// What may be disclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disclosure {
    /// Nothing.
    Nothing,
    /// All that the recipient needs.
    Needed,
    /// These fields, as far as the recipient needs them.
    Only(Vec<Field>),
}

impl Disclosure {
    /// Whether nothing may be disclosed.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// Whether this field may be disclosed to whom needs it.
    pub fn covers(&self, field: Field) -> bool {
        match self {
            Self::Nothing => false,
            Self::Needed => true,
            Self::Only(fields) => fields.contains(&field),
        }
    }
}

/// Whether nothing is to be done with the person's data but keeping it.
pub fn is_frozen(standing: Option<&Standing>) -> bool {
    standing.is_some_and(|standing| standing.frozen.is_some())
}

/// Why nothing is disclosed or done, as it stands in JSON: `frozen`, `erased`.
pub fn closed_name(standing: &Standing) -> Option<&'static str> {
    match standing {
        Standing { erased: Some(_), .. } => Some("erased"),
        Standing { frozen: Some(_), .. } => Some("frozen"),
        _ => None,
    }
}

/// What may be disclosed of the person to `recipient` at `now`.
pub fn disclosure(
    facets: &CardFacets,
    standing: Option<&Standing>,
    recipient: Recipient<'_>,
    now: OffsetDateTime,
) -> Disclosure {
    if is_closed(standing) || facets.read_only {
        return Disclosure::Nothing;
    }
    let fits = |word: &&Word| {
        let kind = matches!(word.recipient(), kind if kind == recipient.kind
            || kind == RecipientKind::Unspecified);
        kind && word.party.as_ref().is_none_or(|party| Some(party) == recipient.party)
    };
    match latest(facets, standing, Consent::Disclosure, fits) {
        Some(word) if !word.agrees || word.until.is_some_and(|until| until <= now) => {
            Disclosure::Nothing
        }
        Some(word) if !word.fields.is_empty() => Disclosure::Only(word.fields().collect()),
        Some(_) => Disclosure::Needed,
        None if facets.consents.has(Consent::Disclosure) => Disclosure::Needed,
        None => Disclosure::Nothing,
    }
}

/// Whether a kind of recipient may have been told of the person at some time
/// after `since`: the person agrees, or has taken it back since.
pub fn may_know(
    facets: &CardFacets,
    standing: Option<&Standing>,
    kind: RecipientKind,
    since: OffsetDateTime,
) -> bool {
    let about = |word: &Word| {
        word.purpose() == Consent::Disclosure
            && [kind, RecipientKind::Unspecified].contains(&word.recipient())
    };
    // Why the time: a roster that said something new then said yes before.
    facets.consents.has(Consent::Disclosure)
        || facets.disclosure_said_at > since
        || standing.is_some_and(|standing| standing.words.iter().any(about))
}

/// What events say of being proposed, where that counts before the roster.
pub fn said(facets: &CardFacets, standing: Option<&Standing>, now: OffsetDateTime) -> Option<Said> {
    if is_closed(standing) {
        return Some(Said::Frozen);
    }
    let word = latest(facets, standing, Consent::Matching, |_| true)?;
    let agrees = word.agrees && word.until.is_none_or(|until| until > now);
    Some(if agrees { Said::Agrees } else { Said::Disagrees })
}

/// Whether nothing of the person may be opened, matched or disclosed.
pub fn is_closed(standing: Option<&Standing>) -> bool {
    is_frozen(standing) || standing.is_some_and(|standing| standing.erased.is_some())
}

/// The latest word that was recorded as an event, unless the roster has said
/// something new since.
fn latest<'a>(
    facets: &CardFacets,
    standing: Option<&'a Standing>,
    purpose: Consent,
    fits: impl Fn(&&Word) -> bool,
) -> Option<&'a Word> {
    let words = standing?.words.iter().rev();
    let word = words.filter(|word| word.purpose() == purpose).find(fits)?;
    (word.at >= facets.said_at(purpose)).then_some(word)
}
