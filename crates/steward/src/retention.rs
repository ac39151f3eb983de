//! Whose data is no longer needed: nothing new was said of the person for so
//! long, and nobody was promised meanwhile. Pure.

use gongqiao_contract::id::CardId;
use gongqiao_domain::{City, Register, register::CardFacets};
use time::{Duration, OffsetDateTime};

/// How long cards are kept of whom nothing is heard; none for ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retention {
    /// Cards as such.
    pub idle: Option<Duration>,
    /// Of somebody unverified (待核).
    pub unverified: Option<Duration>,
}

impl Retention {
    /// Whether anybody is ever erased by time.
    pub fn is_on(&self) -> bool {
        self.idle.is_some() || self.unverified.is_some()
    }

    /// At most `most` people who are to be erased at `now`, in the order of
    /// their cards.
    pub(crate) fn over(
        &self,
        city: &City,
        register: &Register,
        now: OffsetDateTime,
        most: usize,
    ) -> Vec<CardId> {
        let points = register.points().flat_map(|point| register.of_point(point));
        let over = points.filter(|facets| self.is_over(city, facets, now));
        over.take(most).map(|facets| facets.card.clone()).collect()
    }

    fn is_over(&self, city: &City, facets: &CardFacets, now: OffsetDateTime) -> bool {
        let kept = if facets.verified { self.idle } else { self.unverified.or(self.idle) };
        let Some(kept) = kept else { return false };
        let past = |at: OffsetDateTime| now - at >= kept;
        // Why: what was frozen is to be kept, until the person says otherwise.
        past(facets.updated_at)
            && !facets.read_only
            && !city.is_closed(&facets.card)
            && city
                .standing(&facets.card)
                .is_none_or(|standing| standing.words.iter().all(|word| past(word.at)))
            && city.placement(&facets.card).is_none_or(|p| !p.is_bound() && past(p.since))
    }
}
