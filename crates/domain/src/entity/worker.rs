use gongqiao_contract::{
    id::PartyId,
    wire::{
        consent::Value as Consent, erasure_reason::Value as Reason, fact::Body,
        person_field::Value as Field, recipient_kind::Value as RecipientKind,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{At, Fold, NotUnderstood, Placement, instant};

/// What FACTS says about one person: the post last promised, and how the
/// person stands with the register. Either may come first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    /// The post last promised, once there was one.
    pub placement: Option<Placement>,
    /// How the person stands.
    pub standing: Standing,
}

/// How a person stands with the register, as far as events say it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Set once the person was erased; never taken back.
    pub erased: Option<Erased>,
    /// Since when nothing is done with the person's data but keeping it.
    pub frozen: Option<OffsetDateTime>,
    /// What the person said of consents, beside the roster; in order of time.
    pub words: Vec<Word>,
}

/// That a person was erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    /// Sequence of the event.
    pub sequence: u64,
    /// When.
    pub at: OffsetDateTime,
    /// The point whose register held the card.
    pub point: PartyId,
    /// A [`Reason`].
    pub reason: i32,
    /// YYYY-MM-DD: from then on no backup holds the key either.
    pub keys_gone_on: String,
}

impl Erased {
    /// Why.
    pub fn reason(&self) -> Reason {
        Reason::try_from(self.reason).unwrap_or_default()
    }
}

/// A person's word on one purpose, and for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// Who recorded it.
    pub by: Option<PartyId>,
    /// Yes or no.
    pub agrees: bool,
    /// What for: a [`Consent`].
    pub purpose: i32,
    /// To whom: a [`RecipientKind`], unspecified for all.
    pub recipient: i32,
    /// To this party alone.
    pub party: Option<PartyId>,
    /// Which fields, as [`Field`]s; none for all that the recipient needs.
    pub fields: Vec<i32>,
    /// Until when.
    pub until: Option<OffsetDateTime>,
}

impl Word {
    /// What for.
    pub fn purpose(&self) -> Consent {
        Consent::try_from(self.purpose).unwrap_or_default()
    }

    /// To whom.
    pub fn recipient(&self) -> RecipientKind {
        RecipientKind::try_from(self.recipient).unwrap_or_default()
    }

    /// Which fields.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.fields.iter().filter_map(|field| Field::try_from(*field).ok())
    }

    /// Whether the two speak of the same purpose and recipient.
    fn is_about(&self, other: &Self) -> bool {
        (self.purpose, self.recipient, &self.party)
            == (other.purpose, other.recipient, &other.party)
    }
}

impl Standing {
    /// A later word takes the place of an earlier one about the same.
    fn says(&mut self, word: Word) {
        self.words.retain(|known| !known.is_about(&word));
        self.words.push(word);
    }

    fn fold(&mut self, at: At, body: &Body) -> Result<(), NotUnderstood> {
        match body {
            Body::PersonErased(e) => {
                self.erased.get_or_insert(Erased {
                    sequence: at.sequence,
                    at: at.recorded_at,
                    point: e.point.parse().map_err(|_| NotUnderstood)?,
                    reason: e.reason,
                    keys_gone_on: e.keys_gone_on.clone(),
                });
                // Why: what the person agreed to is about the person as well.
                self.words.clear();
            }
            Body::PersonFrozen(_) => self.frozen = Some(at.recorded_at),
            Body::PersonUnfrozen(_) => self.frozen = None,
            Body::ConsentGiven(e) => self.says(Word {
                at: at.recorded_at,
                by: e.by.parse().ok(),
                agrees: true,
                purpose: e.purpose,
                recipient: e.recipient,
                party: party(&e.party)?,
                fields: e.fields.clone(),
                until: e.until.as_ref().map(instant),
            }),
            Body::ConsentWithdrawn(e) => self.says(Word {
                at: at.recorded_at,
                by: e.by.parse().ok(),
                agrees: false,
                purpose: e.purpose,
                recipient: e.recipient,
                party: party(&e.party)?,
                fields: Vec::new(),
                until: None,
            }),
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }
}

/// A party that may be left open. Why: a consent to one party must never be
/// read as a consent to all.
fn party(id: &str) -> Result<Option<PartyId>, NotUnderstood> {
    if id.is_empty() {
        return Ok(None);
    }
    id.parse().map(Some).map_err(|_| NotUnderstood)
}

impl Fold for Worker {
    fn fold(state: &mut Option<Self>, at: At, body: &Body) -> Result<(), NotUnderstood> {
        // Why: laid back only when understood, so that what is not understood
        // makes nobody known.
        let mut worker = state.clone().unwrap_or_default();
        match body {
            Body::PersonErased(_)
            | Body::PersonFrozen(_)
            | Body::PersonUnfrozen(_)
            | Body::ConsentGiven(_)
            | Body::ConsentWithdrawn(_) => worker.standing.fold(at, body)?,
            _ => Placement::fold(&mut worker.placement, at, body)?,
        }
        *state = Some(worker);
        Ok(())
    }
}

/// As a reason stands in JSON.
pub fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Unspecified => "unknown",
        Reason::Request => "request",
        Reason::Retention => "retention",
        Reason::ConsentWithdrawn => "consent_withdrawn",
        Reason::Mistake => "mistake",
    }
}
